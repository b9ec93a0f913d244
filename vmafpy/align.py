"""Pairs of frames that may be compared: same form, same moment, nothing converted in silence."""

from __future__ import annotations

import warnings
from collections.abc import Generator
from dataclasses import dataclass

from vmafpy.errors import MismatchError, VmafWarning
from vmafpy.frames.base import Frame, FrameSource, VideoInfo


@dataclass(frozen=True, slots=True)
class Pair:
    """A reference frame and the distorted frame that shows the same moment."""

    reference: Frame
    distorted: Frame


def check_compatible(reference: VideoInfo, distorted: VideoInfo) -> None:
    """
    Require that two videos can be compared sample by sample.

    Raises
    ------
    MismatchError
        If size, chroma format, bit depth or colour range differ; the text has both values and a remedy.

    Warns
    -----
    VmafWarning
        If one signals full range and the other signals nothing.
    """
    pair = f"reference {reference.label}, distorted {distorted.label}"
    if (reference.width, reference.height) != (distorted.width, distorted.height):
        raise MismatchError(
            f"sizes differ: reference {reference.width}x{reference.height}, distorted "
            f"{distorted.width}x{distorted.height} ({pair}). Scale the distorted video to the reference's size as its "
            "viewers see it (bicubic, for example FFmpeg's scale filter) and score that."
        )
    ref, dis = reference.format, distorted.format
    if ref.chroma != dis.chroma:
        raise MismatchError(
            f"chroma formats differ: reference {ref.name}, distorted {dis.name} ({pair}). Convert one of them, for "
            "example with FFmpeg's -pix_fmt, or give luma-only frames of both."
        )
    if ref.bit_depth != dis.bit_depth:
        raise MismatchError(
            f"bit depths differ: reference {ref.name} ({ref.bit_depth} bits), distorted {dis.name} ({dis.bit_depth} "
            f"bits) ({pair}). Bring both to {max(ref.bit_depth, dis.bit_depth)} bits, as with FFmpeg's -pix_fmt."
        )
    ranges = (reference.color_range, distorted.color_range)
    if None not in ranges and ranges[0] != ranges[1]:
        raise MismatchError(
            f"colour ranges differ: reference {ranges[0]}, distorted {ranges[1]} ({pair}). The same picture has other "
            "code values in each; convert one, for example with FFmpeg's scale=in_range=full:out_range=limited."
        )
    if ranges[0] != ranges[1] and "full" in ranges:
        warnings.warn(
            f"one video signals full colour range, the other nothing ({pair}); the scores hold if both use it",
            VmafWarning,
            stacklevel=3,
        )


def pairs(reference: FrameSource, distorted: FrameSource, *, shortest: bool = False) -> Generator[Pair, None, None]:
    """
    Pair two videos by frame index.

    Parameters
    ----------
    reference, distorted : FrameSource
    shortest : bool
        End with the shorter video. Otherwise unequal counts are an error, raised after all complete pairs.

    Raises
    ------
    MismatchError
        As `check_compatible`, or if the counts differ, or a frame changes form mid-stream.
    """
    check_compatible(reference.info, distorted.info)
    end = object()
    left, right = iter(reference), iter(distorted)
    n = 0
    try:
        while True:
            ref, dis = next(left, end), next(right, end)
            if not isinstance(ref, Frame) or not isinstance(dis, Frame):
                if ref is not dis and not shortest:
                    short, long = ("reference", "distorted") if ref is end else ("distorted", "reference")
                    raise MismatchError(
                        f"frame counts differ: the {short} video ends after {n} frames, the {long} goes on (reference "
                        f"{reference.info.label}, distorted {distorted.info.label}). Pass shortest=True to score the "
                        "common part, if both start at the same moment."
                    )
                return
            for frame, info in ((ref, reference.info), (dis, distorted.info)):
                if (frame.width, frame.height, frame.format) != (info.width, info.height, info.format):
                    raise MismatchError(
                        f"{info.label}: frame {frame.index} is {frame.width}x{frame.height} {frame.format.name}, the "
                        f"video began as {info.width}x{info.height} {info.format.name}; score the parts separately"
                    )
            yield Pair(ref, dis)
            n += 1
    finally:
        for iterator in (left, right):
            close = getattr(iterator, "close", None)
            if close is not None:
                close()
