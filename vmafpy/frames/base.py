"""Frames as planes of samples, and the sources that yield them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import numpy.typing as npt

from vmafpy.errors import UnsupportedFormatError

Plane: TypeAlias = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class PixelFormat:
    """
    A planar Y'CbCr or luma-only format that can be scored as it lies in memory.

    Attributes
    ----------
    name : str
        FFmpeg's name, such as ``"yuv420p10le"``.
    chroma : str
        ``"420"``, ``"422"``, ``"444"``, or ``"400"`` for luma only.
    bit_depth : int
        Significant bits of a sample, 8 to 16; above 8 in the low bits of a little-endian 16-bit word.
    full_range : bool
        True for FFmpeg's ``yuvj`` names, whose samples span all codes.
    """

    name: str
    chroma: str
    bit_depth: int
    full_range: bool = False

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of a sample: uint8, or uint16 above 8 bits."""
        return np.dtype(np.uint8 if self.bit_depth == 8 else "<u2")

    def plane_shapes(self, width: int, height: int) -> tuple[tuple[int, int], ...]:
        """(rows, columns) of each plane; chroma of odd sizes is rounded up, as in FFmpeg's and raw files' planes."""
        if self.chroma == "400":
            return ((height, width),)
        cw = width if self.chroma == "444" else (width + 1) // 2
        ch = (height + 1) // 2 if self.chroma == "420" else height
        return ((height, width), (ch, cw), (ch, cw))

    def frame_bytes(self, width: int, height: int) -> int:
        """Bytes of one frame without padding, as in a headerless file."""
        return sum(rows * columns for rows, columns in self.plane_shapes(width, height)) * self.dtype.itemsize


def _formats() -> dict[str, PixelFormat]:
    out = {}
    for chroma in ("420", "422", "444"):
        out[f"yuv{chroma}p"] = PixelFormat(f"yuv{chroma}p", chroma, 8)
        out[f"yuvj{chroma}p"] = PixelFormat(f"yuvj{chroma}p", chroma, 8, full_range=True)
        for depth in (9, 10, 12, 14, 16):
            out[f"yuv{chroma}p{depth}le"] = PixelFormat(f"yuv{chroma}p{depth}le", chroma, depth)
    out["gray"] = PixelFormat("gray", "400", 8)
    for depth in (9, 10, 12, 14, 16):
        out[f"gray{depth}le"] = PixelFormat(f"gray{depth}le", "400", depth)
    return out


#: Every format that can be scored without conversion, by FFmpeg's name.
PIXEL_FORMATS: dict[str, PixelFormat] = _formats()
_ALIASES = {"gray8": "gray", "y8": "gray"}


def pixel_format(name: str) -> PixelFormat:
    """
    Look a format up by FFmpeg's name; a missing endianness means little-endian.

    Raises
    ------
    UnsupportedFormatError
        If the format cannot be scored as it is: packed, RGB, with alpha, big-endian, semi-planar.
    """
    key = _ALIASES.get(name, name)
    found = PIXEL_FORMATS.get(key) or PIXEL_FORMATS.get(f"{key}le")
    if found is None:
        depths = "8 (yuv420p, yuvj420p, gray), 9, 10, 12, 14 or 16 bits (yuv420p10le, gray10le)"
        raise UnsupportedFormatError(
            f"pixel format {name!r} cannot be scored as it is; planar Y'CbCr in 4:2:0, 4:2:2, 4:4:4 or luma only can, "
            f"with {depths}. Pass pix_fmt= to convert the decoded pictures (recorded), or convert the video first."
        )
    return found


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """
    What a source says of itself before its first frame is read.

    Attributes
    ----------
    label : str
        For messages: the path, or what stands in its place.
    width, height : int
        Luma samples.
    format : PixelFormat
    fps : fractions.Fraction or None
        Frames per second, None where the source does not know.
    n_frames : int or None
        Where the source can tell without decoding.
    color_range : str or None
        ``"limited"``, ``"full"``, or None where nothing is signalled.
    transfer, matrix : str or None
        Transfer characteristics (``"pq"``, ``"hlg"``, ``"sdr"``) and matrix (``"bt709"``, ...) where signalled.
    interlaced : bool
        The stream says its frames are pairs of fields.
    sample_aspect : fractions.Fraction or None
        Width of a sample by its height, where signalled and not square.
    conversion : str
        What the source does to the pictures before it yields them; empty for nothing.
    """

    label: str
    width: int
    height: int
    format: PixelFormat
    fps: Fraction | None = None
    n_frames: int | None = None
    color_range: str | None = None
    transfer: str | None = None
    matrix: str | None = None
    interlaced: bool = False
    sample_aspect: Fraction | None = None
    conversion: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """
    One picture: views of planes that something else owns.

    Attributes
    ----------
    planes : tuple of ndarray, shape (rows, columns), uint8 or uint16
        Y, or Y, Cb and Cr. Rows may lie further apart than their length. The arrays keep their memory alive.
    format : PixelFormat
    index : int
        Position in the source, from 0.
    time : fractions.Fraction or None
        Presentation time in seconds.
    color_range : str or None
        ``"limited"``, ``"full"``, or None where nothing is signalled.
    interlaced : bool
        The decoder says the picture is a pair of fields.
    rotation : int
        Degrees by which a player is to turn the picture counter-clockwise; its samples lie unturned.
    """

    planes: tuple[Plane, ...]
    format: PixelFormat
    index: int = 0
    time: Fraction | None = None
    color_range: str | None = None
    interlaced: bool = False
    rotation: int = 0

    @property
    def width(self) -> int:
        """Luma samples in a row."""
        return int(self.planes[0].shape[1])

    @property
    def height(self) -> int:
        """Luma rows."""
        return int(self.planes[0].shape[0])


@runtime_checkable
class FrameSource(Protocol):
    """Anything that can be read as a sequence of frames, from its start, any number of times or once."""

    @property
    def info(self) -> VideoInfo:
        """What is known before reading."""
        ...

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames in presentation order."""
        ...

    def close(self) -> None:
        """Release what the source holds; reading again may reopen it or fail."""
        ...
