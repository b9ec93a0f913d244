"""Where a video cuts: a measure on thumbnails of the decoded frames, nothing but numpy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from vmafpy.errors import OptionError

if TYPE_CHECKING:
    import av

#: Cells of a thumbnail, columns x rows.
CELLS = (32, 18)


def _cells(plane: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    """Mean of a plane over a grid of cells."""
    rows = np.linspace(0, plane.shape[0], min(CELLS[1], plane.shape[0]) + 1).astype(int)[:-1]
    columns = np.linspace(0, plane.shape[1], min(CELLS[0], plane.shape[1]) + 1).astype(int)[:-1]
    sums = np.add.reduceat(np.add.reduceat(plane, rows, axis=0, dtype=np.float64), columns, axis=1)
    heights = np.diff(np.append(rows, plane.shape[0]))
    widths = np.diff(np.append(columns, plane.shape[1]))
    cells: npt.NDArray[np.float64] = sums / np.outer(heights, widths)
    return cells


def differences(frames: Iterable[av.VideoFrame]) -> Iterator[float]:
    """
    Yield how far each frame is from the one before, 0 for the first.

    The mean over cells of the absolute differences of luma and both chroma, summed, on the 8-bit scale.
    """
    from vmafpy.frames.video import frame_from_av

    before: list[npt.NDArray[np.float64]] | None = None
    for index, picture in enumerate(frames):
        frame = frame_from_av(picture, index, "frames")
        scale = 2.0 ** (8 - frame.format.bit_depth)
        now = [_cells(plane) * scale for plane in frame.planes]
        yield 0.0 if before is None else sum(float(np.abs(a - b).mean()) for a, b in zip(now, before, strict=True))
        before = now


def find_shots(
    frames: Iterable[av.VideoFrame], *, threshold: float = 12.0, ratio: float = 2.0, min_length: int = 12
) -> list[tuple[int, int]]:
    """
    Split frames into shots at hard cuts.

    A cut stands out twice: by its size, and against its neighbourhood, so that fast motion and flashes do not count.
    Dissolves and fades are not found: they lie inside a shot. PySceneDetect is not used because it needs OpenCV, with
    a second FFmpeg to decode the video again; its adaptive detector compares with the neighbourhood likewise.

    Parameters
    ----------
    frames : iterable of av.VideoFrame
        Planar Y'CbCr or luma.
    threshold : float
        Least difference of a cut, see `differences`.
    ratio : float
        Least ratio of a cut's difference to the greatest of the two before and the two after it.
    min_length : int
        Frames of the shortest shot.

    Returns
    -------
    list of tuple of int
        Half-open ranges that cover all frames; empty for none.

    Raises
    ------
    OptionError
        If a parameter is not positive.
    """
    if threshold <= 0 or ratio <= 0 or min_length < 1:
        raise OptionError(f"threshold={threshold:g}, ratio={ratio:g} and min_length={min_length} must be positive")
    measured = np.array(list(differences(frames)))
    n = len(measured)
    cuts = [0]
    for k in range(1, n):
        around = np.concatenate([measured[max(1, k - 2) : k], measured[k + 1 : k + 3]])
        usual = float(around.max()) if len(around) else 0.0
        stands_out = measured[k] >= threshold and measured[k] >= ratio * usual
        if stands_out and k - cuts[-1] >= min_length and n - k >= min_length:
            cuts.append(k)
    return list(zip(cuts, [*cuts[1:], n], strict=True)) if n else []
