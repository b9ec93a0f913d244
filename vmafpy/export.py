"""Frames to look at: reference and distorted side by side, as PNG."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from vmafpy.errors import InputError
from vmafpy.frames.base import Frame
from vmafpy.frames.convert import to_av
from vmafpy.frames.open import Video
from vmafpy.paired import paired_frames


def _rgb(frame: Frame) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.asarray(to_av(frame).to_ndarray(format="rgb24"), np.uint8)


def _write_png(path: Path, rgb: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    import av

    part = path.with_suffix(".part.png")
    try:
        with av.open(str(part), "w", format="image2", options={"update": "1"}) as container:
            stream: Any = container.add_stream("png", rate=1)
            stream.height, stream.width, stream.pix_fmt = rgb.shape[0], rgb.shape[1], "rgb24"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb, format="rgb24")))
            container.mux(stream.encode(None))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def export_frames(
    numbers: Iterable[int],
    folder: str | os.PathLike[str],
    *,
    reference: Video,
    distorted: Video,
    **preparation: Any,
) -> list[Path]:
    """
    Write pairs of frames as PNG, the reference on the left.

    Parameters
    ----------
    numbers : iterable of int
        Frame numbers, for example of ``result.worst(5)``.
    folder : path-like
        Made if it does not exist; files are called ``frame_000123.png``.
    reference, distorted : path-like, FrameSource, or sequence of frames
        Read from their start.
    **preparation
        ``pairing``, ``offset``, ``scale``, ``crop``, ``pix_fmt``, ... as they were given to `vmafpy.score`, so that
        the same pairs are shown.

    Returns
    -------
    list of pathlib.Path
        The files, in frame order.

    Raises
    ------
    InputError
        If a video ends before a frame asked for, or the folder cannot be made.
    """
    wanted = sorted(set(numbers))
    target = Path(folder)
    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"cannot make the folder {target}: {error.strerror}") from error
    out = []
    paired = paired_frames(reference=reference, distorted=distorted, **preparation).pairs
    left = list(wanted)
    for number, pair in enumerate(paired):
        if not left:
            break
        if number == left[0]:
            path = target / f"frame_{number:06d}.png"
            _write_png(path, np.hstack([_rgb(pair.reference), _rgb(pair.distorted)]))
            out.append(path)
            left.pop(0)
    paired.close()
    if left:
        raise InputError(f"frame {left[0]} was asked for; the videos end before it")
    return out
