"""Conversions that are made only when asked for, and recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from vmafpy.errors import InputError, UnsupportedFormatError
from vmafpy.frames.base import Frame, FrameSource, PixelFormat, VideoInfo, pixel_format

if TYPE_CHECKING:
    import av


def promoted_format(fmt: PixelFormat, bit_depth: int) -> PixelFormat:
    """
    Return the format with more bits per sample and everything else the same.

    Raises
    ------
    UnsupportedFormatError
        If *bit_depth* is lower than the format's, or no such format exists.
    """
    if bit_depth == fmt.bit_depth:
        return fmt
    if bit_depth < fmt.bit_depth:
        raise UnsupportedFormatError(
            f"{fmt.name} has {fmt.bit_depth} bits; reducing it to {bit_depth} would lose some, which is not done here. "
            "Convert both videos first, for example with FFmpeg's -pix_fmt"
        )
    stem = "gray" if fmt.chroma == "400" else f"yuv{fmt.chroma}p"
    return replace(pixel_format(f"{stem}{bit_depth}le"), full_range=fmt.full_range)


def promote(frame: Frame, bit_depth: int) -> Frame:
    """
    Return the frame with more bits per sample: every sample shifted left, so 8-bit 235 is 10-bit 940.

    Exact for limited range; the frame itself if it has that depth already.
    """
    if bit_depth == frame.format.bit_depth:
        return frame
    fmt = promoted_format(frame.format, bit_depth)
    shift = bit_depth - frame.format.bit_depth
    planes = tuple(np.left_shift(plane.astype(np.uint16), shift) for plane in frame.planes)
    return replace(frame, planes=planes, format=fmt)


@dataclass(frozen=True, slots=True)
class Crop:
    """
    A rectangle of luma samples: *width* x *height*, its corner *x* columns from the left and *y* rows from the top.

    In 4:2:0 and 4:2:2 the corner must lie on whole chroma samples.
    """

    width: int
    height: int
    x: int = 0
    y: int = 0

    def __str__(self) -> str:
        return f"{self.width}x{self.height}+{self.x}+{self.y}"


def to_av(frame: Frame) -> av.VideoFrame:
    """Copy a frame's planes into a PyAV frame of the same format."""
    import av

    picture = av.VideoFrame(frame.width, frame.height, frame.format.name)
    for plane, samples in zip(picture.planes, frame.planes, strict=True):
        rows = np.zeros((plane.height, plane.line_size // samples.itemsize), frame.format.dtype)
        rows[:, : plane.width] = samples
        plane.update(rows.tobytes())
    return picture


class ConvertedVideo:
    """
    Another source, its pictures cropped, scaled, converted or promoted; every step is recorded in ``info.conversion``.

    Parameters
    ----------
    source : FrameSource
    crop : Crop, optional
        Cut first, without a copy.
    size : tuple of int, optional
        Width and height to scale to, by PyAV's swscale.
    pix_fmt : str, optional
        Format to convert to, by swscale.
    bit_depth : int, optional
        Depth to promote to, by an exact left shift.
    scaler : str
        ``"bicubic"``, ``"bilinear"``, ``"lanczos"``, ``"area"``, ``"point"``, ``"spline"``.

    Attributes
    ----------
    source : FrameSource
        As given.
    info : VideoInfo
        Of the converted pictures.

    Raises
    ------
    InputError
        If the crop leaves the picture or splits a chroma sample, the size is not positive, or the scaler unknown.
    """

    SCALERS = ("bicubic", "bilinear", "lanczos", "area", "point", "spline")

    def __init__(
        self,
        source: FrameSource,
        *,
        crop: Crop | None = None,
        size: tuple[int, int] | None = None,
        pix_fmt: str | None = None,
        bit_depth: int | None = None,
        scaler: str = "bicubic",
    ) -> None:
        info = source.info
        steps = [info.conversion] if info.conversion else []
        if scaler not in self.SCALERS:
            raise InputError(f"scaler {scaler!r} is unknown; there are {', '.join(self.SCALERS)}")
        width, height = info.width, info.height
        if crop is not None:
            _check_crop(crop, info)
            width, height = crop.width, crop.height
            steps.append(f"crop {crop}")
        target = info.format if pix_fmt is None else pixel_format(pix_fmt)
        scaled = size is not None and size != (width, height)
        if size is not None:
            if min(size) < 1:
                raise InputError(f"cannot scale to {size[0]}x{size[1]}")
            width, height = size
        if scaled:
            steps.append(f"scale to {width}x{height} {scaler}")
        if target != info.format:
            steps.append(f"{info.format.name} to {target.name} by swscale")
        final = target if bit_depth is None else promoted_format(target, bit_depth)
        if final != target:
            steps.append(f"{target.bit_depth} to {final.bit_depth} bits by left shift")
        self.source, self._crop, self._scaler = source, crop, scaler
        self._reformat = (width, height, target) if scaled or target != info.format else None
        shown = "full" if target.full_range else "limited" if info.format.full_range else info.color_range
        self.info = replace(
            info, width=width, height=height, format=final, color_range=shown, conversion="; ".join(steps)
        )

    def __iter__(self) -> Iterator[Frame]:
        """Yield the source's frames, converted."""
        for frame in self.source:
            yield self._convert(frame)

    def _convert(self, frame: Frame) -> Frame:
        if self._crop is not None:
            frame = crop_frame(frame, self._crop)
        if self._reformat is not None:
            from vmafpy.frames.video import frame_from_av

            width, height, target = self._reformat
            picture = to_av(frame).reformat(width, height, target.name, interpolation=self._scaler.upper())
            planes = frame_from_av(picture, frame.index, self.info.label).planes
            frame = replace(frame, planes=planes, format=target)
        return promote(frame, self.info.format.bit_depth)

    def close(self) -> None:
        """Release the source."""
        self.source.close()


def _check_crop(crop: Crop, info: VideoInfo) -> None:
    inside = crop.x >= 0 and crop.y >= 0 and crop.width > 0 and crop.height > 0
    if not inside or crop.x + crop.width > info.width or crop.y + crop.height > info.height:
        raise InputError(f"crop {crop} does not lie inside the {info.width}x{info.height} picture of {info.label}")
    step_x = 1 if info.format.chroma in ("444", "400") else 2
    step_y = 2 if info.format.chroma == "420" else 1
    if crop.x % step_x or crop.y % step_y:
        raise InputError(f"crop {crop} splits a chroma sample of {info.format.name}; give an even corner")


def crop_frame(frame: Frame, crop: Crop) -> Frame:
    """Cut a rectangle out of every plane, as views."""
    planes = []
    for (rows, columns), plane in zip(frame.format.plane_shapes(crop.width, crop.height), frame.planes, strict=True):
        whole = plane.shape == (frame.height, frame.width)
        x = crop.x if whole or frame.format.chroma in ("444", "400") else crop.x // 2
        y = crop.y if whole or frame.format.chroma != "420" else crop.y // 2
        planes.append(plane[y : y + rows, x : x + columns])
    return replace(frame, planes=tuple(planes))


def black_bars(source: FrameSource, *, n_frames: int = 100, threshold: float = 24.0) -> Crop:
    """
    Find the picture inside black bars on the first frames of a source.

    Parameters
    ----------
    source : FrameSource
        Has to be readable again afterwards: a file, not an iterator.
    n_frames : int
        Frames looked at, from the first on.
    threshold : float
        Luma on the 8-bit scale up to which a row or column counts as black in all of them (limited-range black
        is 16).

    Raises
    ------
    InputError
        If all that was looked at is black.
    """
    rows = columns = None
    for frame, _ in zip(source, range(n_frames), strict=False):
        luma = frame.planes[0]
        high = luma.max(axis=1).astype(np.int64), luma.max(axis=0).astype(np.int64)
        rows = high[0] if rows is None else np.maximum(rows, high[0])
        columns = high[1] if columns is None else np.maximum(columns, high[1])
    limit = threshold * (1 << (source.info.format.bit_depth - 8))
    if rows is None or columns is None or rows.max() <= limit:
        raise InputError(f"{source.info.label}: the first {n_frames} frames are all black; no bars can be told")
    y = np.flatnonzero(rows > limit)
    x = np.flatnonzero(columns > limit)
    left, top = int(x[0]) & ~1, int(y[0]) & ~1
    right, bottom = min(-(-int(x[-1] + 1) // 2) * 2, len(columns)), min(-(-int(y[-1] + 1) // 2) * 2, len(rows))
    return Crop(right - left, bottom - top, left, top)


def convert_pair(
    reference: FrameSource,
    distorted: FrameSource,
    *,
    scale: Literal["reference", "model"] | tuple[int, int] | None = None,
    scaler: str = "bicubic",
    crop: Crop | Literal["black-bars"] | None = None,
    pix_fmt: str | None = None,
    bit_depth: int | Literal["common"] | None = None,
    lines: int = 1080,
) -> tuple[FrameSource, FrameSource]:
    """
    Bring two videos to one form, as far as asked for.

    Parameters
    ----------
    scale : {"reference", "model"} or tuple of int, optional
        The distorted video to the reference's size; both to *lines* lines in their shape; or both to a size.
    scaler, crop, pix_fmt, bit_depth
        See `ConvertedVideo`; "black-bars" finds the crop on the reference, "common" takes the greater depth.
    lines : int
        Height the model was made for.

    Raises
    ------
    InputError
        As `ConvertedVideo` and `black_bars`, or if *scale* is none of these.
    """
    cut = black_bars(reference) if crop == "black-bars" else crop
    if isinstance(cut, str):
        raise InputError(f'crop={cut!r} is unknown; give vmafpy.Crop(width, height, x, y) or "black-bars"')
    ref_size = (cut.width, cut.height) if cut else (reference.info.width, reference.info.height)
    size: tuple[int, int] | None = None
    if scale == "reference":
        size = ref_size
    elif scale == "model":
        size = (round(ref_size[0] * lines / ref_size[1] / 2) * 2, lines)
    elif isinstance(scale, tuple) and len(scale) == 2:
        size = (int(scale[0]), int(scale[1]))
    elif scale is not None:
        raise InputError(f'scale={scale!r} is unknown; give "reference", "model" or (width, height)')
    depth = bit_depth
    if depth == "common":
        formats = [pixel_format(pix_fmt)] if pix_fmt else [reference.info.format, distorted.info.format]
        depth = max(fmt.bit_depth for fmt in formats)
    if isinstance(depth, str):
        raise InputError(f'bit_depth={depth!r} is unknown; give a number of bits or "common"')
    if cut is None and size is None and pix_fmt is None and depth is None:
        return reference, distorted

    def converted(source: FrameSource) -> FrameSource:
        return ConvertedVideo(source, crop=cut, size=size, pix_fmt=pix_fmt, bit_depth=depth, scaler=scaler)

    return converted(reference), converted(distorted)
