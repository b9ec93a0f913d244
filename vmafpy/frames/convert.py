"""Conversions that are made only when asked for, and recorded."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vmafpy.errors import UnsupportedFormatError
from vmafpy.frames.base import Frame, PixelFormat, pixel_format


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
