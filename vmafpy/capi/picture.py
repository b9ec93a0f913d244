"""Pictures by description: where the samples of a frame lie, who owns them, and why they must be copied."""

from __future__ import annotations

import enum
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from vmafpy.errors import InputError, UnsupportedFormatError

Array: TypeAlias = npt.NDArray[Any]
#: A two-dimensional array, or a buffer with the distance of its rows in bytes.
PlaneLike: TypeAlias = Any


class PixelFormat(enum.IntEnum):
    """Chroma formats of the C API, all planar."""

    YUV420P = 1
    YUV422P = 2
    YUV444P = 3
    YUV400P = 4

    @classmethod
    def of(cls, value: PixelFormat | str | int) -> PixelFormat:
        """
        Return a format from ``"420"``, ``"yuv420p"``, its number, or itself.

        Raises
        ------
        UnsupportedFormatError
            For anything else.
        """
        if isinstance(value, str):
            name = value.lower().removeprefix("yuv").removesuffix("p")
            if name in ("420", "422", "444", "400"):
                return cls[f"YUV{name}P"]
        elif value in (1, 2, 3, 4):
            return cls(value)
        raise UnsupportedFormatError(f"{value!r} is no pixel format of the C API; it has 420, 422, 444 and 400")

    @property
    def n_planes(self) -> int:
        """1 without chroma, else 3."""
        return 1 if self is PixelFormat.YUV400P else 3

    def chroma_size(self, width: int, height: int) -> tuple[int, int] | None:
        """Width and height of a chroma plane in samples, halves rounded down; None for 4:0:0."""
        if self is PixelFormat.YUV400P:
            return None
        return (
            width >> (self is not PixelFormat.YUV444P),
            height >> (self is PixelFormat.YUV420P),
        )


@dataclass(frozen=True, slots=True)
class Plane:
    """
    One plane of a picture.

    Attributes
    ----------
    samples : ndarray of uint8 or uint16, shape (height, width)
        A view of the samples; may be larger by one in a chroma direction whose luma size is odd.
    address : int
        Of the first sample.
    stride : int
        Distance of two rows in bytes.
    tail : int
        Readable bytes after the last sample, as far as known.
    """

    samples: Array
    address: int
    stride: int
    tail: int


class Picture:
    """
    The description of one frame: nothing is copied or handed over before :meth:`Context.read`.

    Made by :meth:`wrap` and :meth:`copy`. Immutable; may be read by several contexts, with any library.

    Attributes
    ----------
    pix_fmt : PixelFormat
    bpc : int
        Bits per sample, 8 to 16.
    width, height : int
        Of the luma plane, in samples.
    planes : tuple of Plane
        One or three.
    owner : object
        Whatever keeps the memory alive; held until the library has let go of a shared picture.
    must_copy : str
        Why the picture cannot be shared; empty if it can.
    """

    __slots__ = ("__weakref__", "bpc", "height", "must_copy", "owner", "pix_fmt", "planes", "width")

    def __init__(
        self,
        planes: Sequence[PlaneLike],
        pix_fmt: PixelFormat | str | int,
        bpc: int,
        owner: object,
        width: int | None,
        height: int | None,
        must_copy: str,
    ) -> None:
        self.pix_fmt = PixelFormat.of(pix_fmt)
        try:
            self.bpc = operator.index(bpc)
        except TypeError:
            self.bpc = 0
        if not 8 <= self.bpc <= 16:
            raise UnsupportedFormatError(f"{bpc!r} bits per sample: the C API takes 8 to 16")
        if len(planes) != self.pix_fmt.n_planes:
            raise InputError(f"{self.pix_fmt.name} has {self.pix_fmt.n_planes} planes, not {len(planes)}")
        if width is None or height is None:
            shape: tuple[int, ...] = getattr(planes[0], "shape", ())
            if len(shape) != 2:
                raise InputError("width and height are needed unless the planes are two-dimensional arrays")
            height, width = int(shape[0]), int(shape[1])
        if not (1 <= width < 1 << 16 and 1 <= height < 1 << 16):
            raise InputError(f"a picture of {width} x {height} samples: sides have to be from 1 to 65535")
        self.width, self.height = width, height
        self.planes = tuple(self._plane(i, plane) for i, plane in enumerate(planes))
        self.owner = owner
        self.must_copy = must_copy or next(filter(None, map(self._fault, range(len(self.planes)))), "")

    @classmethod
    def wrap(
        cls,
        planes: Sequence[PlaneLike],
        pix_fmt: PixelFormat | str | int,
        bpc: int,
        owner: object = None,
        *,
        width: int | None = None,
        height: int | None = None,
    ) -> Picture:
        """
        Describe memory that is to be read in place.

        It has to stay unchanged until the library has let go of it: no reuse by a decoder, no filter in place.
        Where the library cannot read it in place (:attr:`must_copy`), it is copied while it is read.

        Parameters
        ----------
        planes : sequence
            Y, or Y, Cb, Cr. Each a two-dimensional array of uint8 (8 bits) or uint16 (more, value in the low
            bits), or a pair of a buffer and the distance of its rows in bytes. Chroma planes of odd-sized
            pictures may be rounded up.
        pix_fmt : PixelFormat or str
            ``"420"``, ``"422"``, ``"444"``, ``"400"``.
        bpc : int
            Bits per sample, 8 to 16.
        owner : object, optional
            What keeps the memory alive besides the planes themselves.
        width, height : int, optional
            Of the luma plane in samples; needed for buffers.

        Raises
        ------
        InputError
            If planes, sizes and sample types do not fit together.
        """
        return cls(planes, pix_fmt, bpc, owner, width, height, "")

    @classmethod
    def copy(
        cls,
        planes: Sequence[PlaneLike],
        pix_fmt: PixelFormat | str | int,
        bpc: int,
        *,
        width: int | None = None,
        height: int | None = None,
        reason: str = "copy asked for",
    ) -> Picture:
        """Describe memory that may change once it was read; like :meth:`wrap` otherwise."""
        return cls(planes, pix_fmt, bpc, None, width, height, reason)

    @property
    def chroma_size(self) -> tuple[int, int] | None:
        """Width and height of a chroma plane as the C API sees it; None for 4:0:0."""
        return self.pix_fmt.chroma_size(self.width, self.height)

    def plane_size(self, i: int) -> tuple[int, int]:
        """Width and height of a plane as the C API sees it."""
        chroma = self.chroma_size
        return (self.width, self.height) if i == 0 or chroma is None else chroma

    def form(self) -> str:
        """Size, format and bit depth in words."""
        return f"{self.width}x{self.height} {self.pix_fmt.name.lower()} {self.bpc} bit"

    def _plane(self, i: int, plane: PlaneLike) -> Plane:
        w, h = self.plane_size(i)
        itemsize = 1 if self.bpc == 8 else 2
        tail = 0
        if isinstance(plane, tuple):
            buffer, stride = plane
            full = _rounded_up(self.pix_fmt, self.width, self.height) if i else (w, h)
            samples, tail = self._view(i, buffer, int(stride), full, itemsize)
            if samples is None:
                samples, tail = self._view(i, buffer, int(stride), (w, h), itemsize)
            if samples is None:
                size = memoryview(buffer).nbytes
                raise InputError(
                    f"plane {i}: {size} bytes cannot hold {w} x {h} samples of {itemsize} bytes in rows of {stride}"
                )
        else:
            samples = np.asarray(plane)
            if samples.ndim != 2:
                raise InputError(f"plane {i}: has to be a two-dimensional array, not of shape {samples.shape}")
            if samples.dtype.kind != "u" or samples.dtype.itemsize != itemsize:
                wanted = "uint8" if itemsize == 1 else "uint16"
                raise InputError(f"plane {i}: {self.bpc}-bit samples have to be {wanted}, not {samples.dtype}")
            full_w, full_h = _rounded_up(self.pix_fmt, self.width, self.height) if i else (w, h)
            if not (w <= samples.shape[1] <= full_w and h <= samples.shape[0] <= full_h):
                raise InputError(
                    f"plane {i}: has to be {h} x {w} (rows x columns) for {self.form()}, not "
                    f"{samples.shape[0]} x {samples.shape[1]}"
                )
        address: int = samples.__array_interface__["data"][0]
        return Plane(samples, address, samples.strides[0], tail)

    @staticmethod
    def _view(i: int, buffer: Any, stride: int, size: tuple[int, int], itemsize: int) -> tuple[Array | None, int]:
        w, h = size
        if stride < w * itemsize and h > 1:
            raise InputError(f"plane {i}: rows of {w} samples need {w * itemsize} bytes, not a stride of {stride}")
        try:
            raw = np.frombuffer(buffer, np.uint8)
        except (TypeError, ValueError, BufferError) as error:
            raise InputError(f"plane {i}: no buffer of bytes that lie together: {error}") from None
        used = (h - 1) * stride + w * itemsize if w and h else 0
        if raw.nbytes < used:
            return None, 0
        dtype = np.uint8 if itemsize == 1 else np.uint16
        return np.ndarray((h, w), dtype, raw, 0, (stride, itemsize)), raw.nbytes - used

    def _fault(self, i: int) -> str:
        """Return why a plane cannot be read in place by any library."""
        plane, itemsize = self.planes[i], 1 if self.bpc == 8 else 2
        samples = plane.samples
        w, h = self.plane_size(i)
        if not samples.dtype.isnative:
            return "samples are big-endian"
        if w > 1 and samples.strides[1] != itemsize:
            return "samples of a row are not adjacent"
        if h > 1 and plane.stride < 0:
            return "rows lie bottom up"
        if h > 1 and plane.stride < w * itemsize:
            return "rows overlap"
        if itemsize == 2 and (plane.address % 2 or plane.stride % 2):
            return "16-bit samples are not aligned"
        return ""


def tail_of(plane: Plane) -> int:
    """Readable bytes after the last sample of a plane, looked up in the array it is a view of."""
    if plane.tail:
        return plane.tail
    root = plane.samples
    while isinstance(root.base, np.ndarray):
        root = root.base
    if not root.flags.c_contiguous:
        return 0
    rows, columns = plane.samples.shape
    end = plane.address + (rows - 1) * plane.stride + columns * plane.samples.itemsize
    root_end = int(root.__array_interface__["data"][0]) + root.nbytes
    return max(0, int(root_end - end))


def _rounded_up(pix_fmt: PixelFormat, width: int, height: int) -> tuple[int, int]:
    """Width and height of a chroma plane, halves rounded up."""
    if pix_fmt is PixelFormat.YUV444P:
        return width, height
    return (width + 1) >> 1, height if pix_fmt is PixelFormat.YUV422P else (height + 1) >> 1
