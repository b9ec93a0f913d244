"""Headerless planar video with a stated form, memory-mapped."""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from vmafpy.errors import InputError, MediaError
from vmafpy.frames.base import Frame, VideoInfo, pixel_format


class RawVideo:
    """
    A file of nothing but samples: for each frame Y, then Cb, then Cr, rows without padding.

    Parameters
    ----------
    path : path-like
    width, height : int
        Luma samples.
    pix_fmt : str
        FFmpeg's name, such as ``"yuv420p"`` or ``"yuv422p10le"``.
    fps : number, optional
        Frames per second, for the record; no score depends on it.

    Raises
    ------
    UnsupportedFormatError
        If the format cannot be scored as it is.
    MediaError
        If the file is missing or empty, or its size is no whole number of frames.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        width: int,
        height: int,
        pix_fmt: str,
        fps: Fraction | float | str | None = None,
    ) -> None:
        fmt = pixel_format(pix_fmt)
        if width < 1 or height < 1:
            raise InputError(f"a picture of {width}x{height} samples does not exist; give the luma size of {path}")
        self._path = Path(path)
        try:
            size = self._path.stat().st_size
        except OSError as error:
            raise MediaError(f"cannot read {self._path}: {error.strerror}") from error
        frame = fmt.frame_bytes(width, height)
        if size == 0:
            raise MediaError(f"{self._path} is empty")
        if size % frame:
            raise MediaError(
                f"{self._path} has {size} bytes: {size // frame} frames of {width}x{height} {fmt.name} ({frame} bytes "
                f"each) and {size % frame} bytes more. Either the size or the format is another one, the file is cut "
                "short, or it is not raw video (give a compressed file as a plain path)."
            )
        self._frame_bytes = frame
        self.info = VideoInfo(
            label=str(self._path),
            width=width,
            height=height,
            format=fmt,
            fps=None if fps is None else Fraction(fps).limit_denominator(1 << 20),
            n_frames=size // frame,
            color_range="full" if fmt.full_range else None,
        )

    def __iter__(self) -> Iterator[Frame]:
        """Yield views of the mapped file; no sample is copied."""
        info = self.info
        count = info.n_frames or 0
        data = np.memmap(self._path, np.uint8, "r", shape=(count, self._frame_bytes))
        shapes = info.format.plane_shapes(info.width, info.height)
        for index in range(count):
            planes = []
            offset = 0
            for rows, columns in shapes:
                end = offset + rows * columns * info.format.dtype.itemsize
                planes.append(data[index, offset:end].view(info.format.dtype).reshape(rows, columns))
                offset = end
            time = None if info.fps is None else Fraction(index) / info.fps
            yield Frame(tuple(planes), info.format, index, time, info.color_range)

    def close(self) -> None:
        """Nothing to release: a mapping lives as long as the frames made from it."""
