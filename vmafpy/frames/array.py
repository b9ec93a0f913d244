"""Frames from memory: numpy planes or PyAV frames."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from vmafpy.errors import InputError, MediaError, MismatchError, UnsupportedFormatError
from vmafpy.frames.base import Frame, PixelFormat, VideoInfo, pixel_format

#: A luma plane, planes Y, Cb and Cr, or a PyAV frame.
Picture: TypeAlias = "npt.NDArray[Any] | Sequence[npt.NDArray[Any]] | Any"


def _chroma(shapes: Sequence[tuple[int, ...]], label: str) -> str:
    (rows, columns), *rest = shapes
    if not rest:
        return "400"
    for chroma in ("420", "422", "444"):
        if PixelFormat("", chroma, 8).plane_shapes(columns, rows)[1:] == tuple(rest):
            return chroma
    raise InputError(
        f"{label}: planes of {', '.join('x'.join(map(str, s[::-1])) for s in shapes)} samples are no 4:2:0, 4:2:2 or "
        "4:4:4 picture; give Y, Cb and Cr with chroma sizes rounded up"
    )


def frame_from_planes(picture: Picture, pix_fmt: str | None, index: int, label: str) -> Frame:
    """
    View numpy planes as a frame; nothing is copied.

    Parameters
    ----------
    picture : ndarray, or sequence of one or three ndarrays
        A luma plane of shape (rows, columns), or Y, Cb and Cr. uint8, or uint16 with the value in the low bits.
    pix_fmt : str or None
        FFmpeg's name. None: taken from the shapes, for uint8; the bit depth of uint16 samples is never guessed.
    index : int
    label : str
        For messages.
    """
    planes = [picture] if isinstance(picture, np.ndarray) else list(picture)
    if len(planes) not in (1, 3) or any(not isinstance(p, np.ndarray) or p.ndim != 2 for p in planes):
        got = ", ".join(f"{type(p).__name__}{getattr(p, 'shape', '')}" for p in planes)
        raise InputError(
            f"{label}: frame {index} is ({got}); a frame is one 2-D array (luma) or three (Y, Cb, Cr). An RGB picture "
            "has to be converted to Y'CbCr first, for example with av.VideoFrame.from_ndarray(...).reformat(...)."
        )
    kinds = {p.dtype for p in planes}
    chroma = _chroma([p.shape for p in planes], f"{label}: frame {index}")
    if pix_fmt is not None:
        fmt = pixel_format(pix_fmt)
        if fmt.chroma != chroma or kinds != {fmt.dtype}:
            names = ", ".join(sorted(map(str, kinds)))
            raise MismatchError(
                f"{label}: frame {index} has {chroma[0]}:{chroma[1]}:{chroma[2]} planes of {names}, not {fmt.name}"
            )
    elif kinds == {np.dtype(np.uint8)}:
        fmt = pixel_format("gray" if chroma == "400" else f"yuv{chroma}p")
    elif kinds == {np.dtype("<u2")}:
        raise UnsupportedFormatError(
            f"{label}: frame {index} holds 16-bit words, whose bit depth cannot be seen; wrap the frames in "
            "vmafpy.ArrayVideo(frames, pix_fmt='yuv420p10le') or the format they have"
        )
    else:
        names = ", ".join(sorted(map(str, kinds)))
        raise UnsupportedFormatError(f"{label}: frame {index} holds {names}; samples are uint8, or uint16 above 8 bits")
    return Frame(tuple(planes), fmt, index, color_range="full" if fmt.full_range else None)


class ArrayVideo:
    """
    Frames from any iterable of numpy planes or PyAV frames.

    Parameters
    ----------
    frames : iterable of ndarray, of sequences of ndarrays, or of av.VideoFrame
        A 2-D array is luma only; three are Y, Cb, Cr. An iterator is read once.
    pix_fmt : str, optional
        FFmpeg's name; needed for uint16 samples. PyAV frames carry their own.
    convert : str, optional
        Convert PyAV frames of other formats (NV12, P010, RGB, ...) to this one; see `VideoFile`. Recorded.
    fps : number, optional
        Frames per second, for the record.
    label : str
        For messages and provenance.

    Raises
    ------
    MediaError
        If there is no frame.
    InputError
        If a frame is no luma plane and no triple of planes.
    """

    def __init__(
        self,
        frames: Iterable[Picture],
        *,
        pix_fmt: str | None = None,
        convert: str | None = None,
        fps: Fraction | float | str | None = None,
        label: str = "frames in memory",
    ) -> None:
        self._pix_fmt = pix_fmt
        self._convert = None if convert is None else pixel_format(convert).name
        self._label = label
        again = iter(frames) is not frames
        self._frames: Iterable[Picture] = frames
        iterator = iter(frames)
        try:
            first = next(iterator)
        except StopIteration:
            raise MediaError(f"{label}: there is no frame") from None
        if not again:
            self._frames = itertools.chain([first], iterator)
        head = self._frame(first, 0)
        count = len(frames) if isinstance(frames, Sequence) else None
        self.info = VideoInfo(
            label=label,
            width=head.width,
            height=head.height,
            format=head.format,
            fps=None if fps is None else Fraction(fps).limit_denominator(1 << 20),
            n_frames=count,
            color_range=head.color_range,
            conversion=self._conversion(first),
        )

    def _conversion(self, picture: Picture) -> str:
        import av

        if self._convert is None or not isinstance(picture, av.VideoFrame):
            return ""
        from vmafpy.frames.video import conversion_words

        return conversion_words(picture.format.name, self._convert)

    def _frame(self, picture: Picture, index: int) -> Frame:
        import av

        if isinstance(picture, Frame):
            return picture
        if isinstance(picture, av.VideoFrame):
            from vmafpy.frames.video import frame_from_av

            return frame_from_av(picture, index, self._label, convert=self._convert)
        return frame_from_planes(picture, self._pix_fmt, index, self._label)

    def __iter__(self) -> Iterator[Frame]:
        """Yield views of the given pictures."""
        for index, picture in enumerate(self._frames):
            yield self._frame(picture, index)

    def close(self) -> None:
        """Nothing to release."""
