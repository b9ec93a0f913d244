"""Pairs of frames that may be compared: same form, same moment, nothing converted in silence."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from vmafpy.errors import InputError, MismatchError, OptionError, VmafWarning
from vmafpy.frames.base import Frame, FrameSource, VideoInfo

#: What a check may be told to let pass, with ``accept=``.
ACCEPTABLE = ("range", "matrix", "hdr", "interlaced", "rotation")


@dataclass(frozen=True, slots=True)
class Pair:
    """A reference frame and the distorted frame that shows the same moment."""

    reference: Frame
    distorted: Frame


def _check_accept(accept: Collection[str]) -> None:
    unknown = sorted(set(accept) - set(ACCEPTABLE))
    if unknown:
        raise OptionError(f"accept={unknown[0]!r} is unknown; there are {', '.join(ACCEPTABLE)}")


def check_compatible(reference: VideoInfo, distorted: VideoInfo, *, accept: Collection[str] = ()) -> None:
    """
    Require that two videos can be compared sample by sample.

    Parameters
    ----------
    reference, distorted : VideoInfo
    accept : collection of str
        What to let pass, of `ACCEPTABLE`.

    Raises
    ------
    MismatchError
        If size, chroma format, bit depth, colour range or matrix differ; the text has both values and a remedy.
    InputError
        If a video is HDR (PQ or HLG), for which no model was trained, or interlaced.

    Warns
    -----
    VmafWarning
        If one signals full range and the other signals nothing, or their samples are not equally wide.
    """
    _check_accept(accept)
    pair = f"reference {reference.label}, distorted {distorted.label}"
    if (reference.width, reference.height) != (distorted.width, distorted.height):
        raise MismatchError(
            f"sizes differ: reference {reference.width}x{reference.height}, distorted "
            f'{distorted.width}x{distorted.height} ({pair}). Pass scale="reference" to scale the distorted video '
            "(bicubic) to the reference's size, as its viewers see it."
        )
    ref, dis = reference.format, distorted.format
    if ref.chroma != dis.chroma:
        raise MismatchError(
            f"chroma formats differ: reference {ref.name}, distorted {dis.name} ({pair}). Pass pix_fmt= to convert "
            "both to one format."
        )
    if ref.bit_depth != dis.bit_depth:
        raise MismatchError(
            f"bit depths differ: reference {ref.name} ({ref.bit_depth} bits), distorted {dis.name} ({dis.bit_depth} "
            f"bits) ({pair}). Pass bit_depth={max(ref.bit_depth, dis.bit_depth)} to promote the other one exactly."
        )
    _check_colour(reference, distorted, pair, accept)
    for info in (reference, distorted):
        if info.transfer in ("pq", "hlg") and "hdr" not in accept:
            raise InputError(
                f"{info.label} is HDR ({info.transfer.upper()}); the models were trained on SDR and their scores mean "
                'little here. Tone-map both videos first, or pass accept={"hdr"} to score the code values as they are.'
            )
        if info.interlaced and "interlaced" not in accept:
            raise InputError(
                f"{info.label} is interlaced; the models were trained on progressive frames. Deinterlace both videos "
                'first (FFmpeg\'s bwdif), or pass accept={"interlaced"}.'
            )
    if reference.sample_aspect != distorted.sample_aspect:
        warnings.warn(
            f"sample aspect ratios differ: reference {reference.sample_aspect or 1}, distorted "
            f"{distorted.sample_aspect or 1} ({pair}); viewers see the pictures at different widths",
            VmafWarning,
            stacklevel=3,
        )


def _check_colour(reference: VideoInfo, distorted: VideoInfo, pair: str, accept: Collection[str]) -> None:
    ranges = (reference.color_range, distorted.color_range)
    if ranges[0] != ranges[1] and "range" not in accept:
        if None not in ranges:
            raise MismatchError(
                f"colour ranges differ: reference {ranges[0]}, distorted {ranges[1]} ({pair}). The same picture has "
                "other code values in each; convert one (FFmpeg's scale=in_range=full:out_range=limited), or pass "
                'accept={"range"} if one is labelled wrongly.'
            )
        if "full" in ranges:
            warnings.warn(
                f"one video signals full colour range, the other nothing ({pair}); the scores hold if both use it",
                VmafWarning,
                stacklevel=4,
            )
    matrices = (reference.matrix, distorted.matrix)
    same = {"bt470bg": "smpte170m"}  # two names of the BT.601 matrix
    if None not in matrices and "matrix" not in accept:
        a, b = (same.get(str(m), m) for m in matrices)
        if a != b:
            raise MismatchError(
                f"colour matrices differ: reference {matrices[0]}, distorted {matrices[1]} ({pair}). The same colour "
                'has other code values in each; convert one, or pass accept={"matrix"} if one is labelled wrongly.'
            )


def check_range(frames: tuple[int, int | None] | None) -> tuple[int, int | None]:
    """
    Return the ends of a half-open range of frames; all of them for None.

    Raises
    ------
    OptionError
        If it is empty or starts before frame 0.
    """
    first, end = (0, None) if frames is None else frames
    if first < 0 or (end is not None and end <= first):
        raise OptionError(f"frames {first}:{'' if end is None else end} is no range of frames; it is half-open, from 0")
    return first, end


def pairs(
    reference: FrameSource,
    distorted: FrameSource,
    *,
    by: Literal["index", "time"] = "index",
    offset: int = 0,
    frames: tuple[int, int | None] | None = None,
    shortest: bool = False,
    accept: Collection[str] = (),
) -> Generator[Pair, None, None]:
    """
    Pair the frames of two videos.

    Parameters
    ----------
    reference, distorted : FrameSource
    by : {"index", "time"}
        ``"index"``: the n-th frame with the n-th. ``"time"``: each reference frame with the distorted frame on
        screen at its presentation time, counted from each video's first frame; for variable and different frame
        rates.
    offset : int
        Distorted frame ``i + offset`` shows what reference frame ``i`` shows. The common part is paired.
    frames : tuple (first, end), optional
        Pair reference frames *first* to *end* - 1 only; *end* None for the last.
    shortest : bool
        End with the shorter video. Otherwise unequal counts are an error, raised after all complete pairs.
    accept : collection of str
        See `check_compatible`.

    Raises
    ------
    MismatchError, InputError
        As `check_compatible`, or if the counts differ, the frames of a pair are to be turned differently by a
        player, a frame changes form mid-stream, or has no time where pairing is by time.
    """
    if by not in ("index", "time"):
        raise OptionError(f'pairing by {by!r} is unknown; there are "index" and "time"')
    if by == "time" and offset:
        raise OptionError("offset counts frames; pairing by time has no use for it")
    check_compatible(reference.info, distorted.info, accept=accept)
    first, end = check_range(frames)
    left = _checked(reference, accept)
    right = _checked(distorted, accept)
    with closing(left), closing(right):
        made = _by_time(left, right) if by == "time" else _by_index(left, right, offset)
        for n, (ref, dis) in enumerate(made):
            if ref is None or dis is None:
                if shortest or offset or by == "time":
                    return
                short, long = ("reference", "distorted") if ref is None else ("distorted", "reference")
                raise MismatchError(
                    f"frame counts differ: the {short} video ends after {n} frames, the {long} goes on (reference "
                    f"{reference.info.label}, distorted {distorted.info.label}). Pass shortest=True to score the "
                    "common part, if both start at the same moment."
                )
            if end is not None and n >= end:
                return
            if ref.rotation != dis.rotation and "rotation" not in accept:
                raise MismatchError(
                    f"rotation differs: a player turns the reference by {ref.rotation} and the distorted video by "
                    f"{dis.rotation} degrees (reference {reference.info.label}, distorted {distorted.info.label}), and "
                    "the samples are compared unturned. Encode from the turned pictures, or pass "
                    'accept={"rotation"} if one is labelled wrongly.'
                )
            if n >= first:
                yield Pair(ref, dis)


def _checked(source: FrameSource, accept: Collection[str]) -> Generator[Frame, None, None]:
    info = source.info
    iterator = iter(source)
    try:
        for frame in iterator:
            if (frame.width, frame.height, frame.format) != (info.width, info.height, info.format):
                raise MismatchError(
                    f"{info.label}: frame {frame.index} is {frame.width}x{frame.height} {frame.format.name}, the "
                    f"video began as {info.width}x{info.height} {info.format.name}; score the parts separately"
                )
            if frame.interlaced and "interlaced" not in accept:
                raise InputError(
                    f"{info.label}: frame {frame.index} is interlaced; the models were trained on progressive frames. "
                    'Deinterlace both videos first (FFmpeg\'s bwdif), or pass accept={"interlaced"}.'
                )
            yield frame
    finally:
        close = getattr(iterator, "close", None)
        if close is not None:
            close()


def _by_index(
    left: Iterator[Frame], right: Iterator[Frame], offset: int
) -> Iterator[tuple[Frame | None, Frame | None]]:
    for _ in range(offset):
        next(right, None)
    for _ in range(-offset):
        next(left, None)
    while True:
        ref, dis = next(left, None), next(right, None)
        if ref is None and dis is None:
            return
        yield ref, dis


def _by_time(left: Iterator[Frame], right: Iterator[Frame]) -> Iterator[tuple[Frame | None, Frame | None]]:
    """Sample and hold: the last distorted frame whose time is not after the reference frame's, within a millisecond."""
    slack = Fraction(1, 1000)  # containers round times to their own ticks
    held = next(right, None)
    coming = next(right, None)
    start: tuple[Fraction, Fraction] | None = None
    last_step: Fraction | None = None
    for ref in left:
        if held is None:
            yield ref, None
            return
        if ref.time is None or held.time is None:
            raise InputError("pairing by time needs presentation times, and a frame has none; pair by index")
        if start is None:
            start = (ref.time, held.time)
        now = ref.time - start[0]
        while coming is not None:
            if coming.time is None:
                raise InputError("pairing by time needs presentation times, and a frame has none; pair by index")
            if coming.time - start[1] > now + slack:
                break
            last_step = coming.time - (held.time or coming.time)
            held, coming = coming, next(right, None)
        if coming is None and last_step is not None and now > (held.time or 0) - start[1] + last_step - slack:
            yield ref, None  # the distorted video has ended
            return
        yield ref, held
