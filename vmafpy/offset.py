"""How many frames one video is ahead of the other: a search to be asked for, with its confidence."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np
import numpy.typing as npt

from vmafpy.errors import MismatchError, OptionError
from vmafpy.frames.base import Frame, FrameSource
from vmafpy.frames.open import Video, open_source

_SIDE = 32  # thumbnails of 32 x 32 means: coding leaves them alone, motion of a few samples does not


@dataclass(frozen=True, slots=True)
class Offset:
    """
    Temporal offset of a distorted video.

    Attributes
    ----------
    frames : int
        Distorted frame ``i + frames`` shows what reference frame ``i`` shows.
    confidence : float
        0 to 1: how much worse the next best offset explains the frames. Below 0.1 the scene hardly moves.
    similarity : float
        Correlation of the aligned thumbnails' changes over time, -1 to 1.
    n_frames : int
        Pairs compared at this offset.
    """

    frames: int
    confidence: float
    similarity: float
    n_frames: int

    def __int__(self) -> int:
        return self.frames


def _thumbnail(frame: Frame) -> npt.NDArray[np.float64]:
    """Means of luma over a grid of cells, on the 8-bit scale; the size of the picture does not matter."""
    luma = frame.planes[0]
    rows = np.linspace(0, luma.shape[0], _SIDE + 1).astype(int)[:-1]
    columns = np.linspace(0, luma.shape[1], _SIDE + 1).astype(int)[:-1]
    sums = np.add.reduceat(np.add.reduceat(luma.astype(np.float64), rows, axis=0), columns, axis=1)
    counts = np.outer(np.diff([*rows, luma.shape[0]]), np.diff([*columns, luma.shape[1]]))
    return np.asarray(sums / counts / (1 << (frame.format.bit_depth - 8)), np.float64)


def _thumbnails(source: FrameSource, count: int) -> npt.NDArray[np.float64]:
    frames = iter(source)
    try:
        out = [_thumbnail(frame) for frame in islice(frames, count)]
    finally:
        close = getattr(frames, "close", None)
        if close is not None:
            close()
    return np.array(out).reshape(len(out), _SIDE * _SIDE)


def find_offset(
    *, reference: Video, distorted: Video, max_offset: int = 30, n_frames: int = 300, least_similarity: float = 0.7
) -> Offset:
    """
    Find the offset at which the distorted video's frames look most like the reference's.

    Sizes, formats and depths may differ. The first frames of both are reduced to thumbnails; for each offset the
    mean squared difference of the paired thumbnails is taken, the mean brightness of each video removed.

    Parameters
    ----------
    reference, distorted : path-like, FrameSource, or sequence of frames
        As for `vmafpy.score`; they are read from their start, so an iterator is used up.
    max_offset : int
        Frames to search in either direction.
    n_frames : int
        Frames of each video to look at.
    least_similarity : float
        Correlation the best offset must reach.

    Raises
    ------
    MismatchError
        If no offset makes the two look alike: another video, or an offset beyond *max_offset*. Also if a video has
        fewer than three frames.
    OptionError
        If *max_offset* or *n_frames* is no useful number.
    """
    if max_offset < 0 or n_frames < 3:
        raise OptionError(f"max_offset={max_offset} must be 0 or more, n_frames={n_frames} 3 or more")
    ref_source = open_source(reference, label="reference frames")
    dis_source = open_source(distorted, label="distorted frames")
    ref = _thumbnails(ref_source, n_frames + max_offset)
    dis = _thumbnails(dis_source, n_frames + max_offset)
    shortest = min(len(ref), len(dis))
    if shortest < 3:
        raise MismatchError(
            f"an offset cannot be told from {len(ref)} and {len(dis)} frames (reference {ref_source.info.label}, "
            f"distorted {dis_source.info.label}); give three or more of each"
        )
    ref, dis = ref - ref.mean(), dis - dis.mean()
    reach = min(max_offset, shortest - max(3, shortest // 4))
    errors = {}
    for offset in range(-reach, reach + 1):
        a, b = _overlap(ref, dis, offset)
        errors[offset] = float(np.mean((a - b) ** 2))
    best = min(errors, key=lambda k: (errors[k], abs(k)))
    a, b = _overlap(ref, dis, best)
    similarity = _correlation(a, b)
    if similarity < least_similarity:
        raise MismatchError(
            f"no offset from {-reach} to {reach} makes the videos look alike: the best, {best}, correlates by "
            f"{similarity:.2f} (reference {ref_source.info.label}, distorted {dis_source.info.label}). Either "
            "they show something else, or they are further apart; raise max_offset if so."
        )
    others = [error for offset, error in errors.items() if offset != best]
    second = min(others) if others else 0.0
    confidence = 1 - errors[best] / second if second > 0 else 0.0
    return Offset(best, confidence, similarity, len(a))


def _overlap(
    ref: npt.NDArray[np.float64], dis: npt.NDArray[np.float64], offset: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    a, b = ref[max(0, -offset) :], dis[max(0, offset) :]
    n = min(len(a), len(b))
    return a[:n], b[:n]


def _correlation(a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]) -> float:
    """Pearson correlation of all thumbnail samples, each frame's mean removed: pictures, not brightness, must agree."""
    a = a - a.mean(axis=1, keepdims=True)
    b = b - b.mean(axis=1, keepdims=True)
    scale = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else float(np.allclose(a, b))
