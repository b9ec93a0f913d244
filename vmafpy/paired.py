"""Two videos opened, brought to one form and paired, as scoring takes them."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Generator, Sequence
from dataclasses import dataclass
from typing import Literal

from vmafpy.align import Pair, pairs
from vmafpy.errors import OptionError
from vmafpy.frames.ahead import read_ahead
from vmafpy.frames.base import FrameSource
from vmafpy.frames.convert import Crop, convert_pair
from vmafpy.frames.open import Video, open_source
from vmafpy.models import Model
from vmafpy.offset import find_offset
from vmafpy.scorer import available_threads

# Frames before and after a range that the features of its own frames look at: the five-frame motion window with its
# moving average reaches four back, every motion one ahead.
LEAD_IN, LEAD_OUT = 4, 1
# The five-frame window gives its first two frames the motion of the third.
LEAST_READ = 3

# Of one decoder: more gain nothing, for scoring a frame takes longer than decoding it, and each holds a picture or two.
MAX_DECODER_THREADS = 16


def read_from(first: int, n_subsample: int) -> int:
    """
    First frame to read, so that the scores from *first* on are those of the whole run.

    Raises
    ------
    OptionError
        If *n_subsample* is less than 1.
    """
    if n_subsample < 1:
        raise OptionError(f"n_subsample is {n_subsample}; it is 1 for every frame, n for every n-th")
    return max(0, first - LEAD_IN) // n_subsample * n_subsample


def read_until(end: int) -> int:
    """Frames to read from the start of a video, so that the scores of the first *end* are those of the whole run."""
    return max(end + LEAD_OUT, LEAST_READ)


@dataclass(frozen=True, slots=True)
class PairedVideos:
    """Two videos brought to one form, and the generator of their pairs."""

    reference: FrameSource
    distorted: FrameSource
    pairing: str
    offset: int
    pairs: Generator[Pair, None, None]


def paired_frames(
    *,
    reference: Video,
    distorted: Video,
    pairing: Literal["index", "time"] = "index",
    offset: int | Literal["auto"] = 0,
    frames: tuple[int, int | None] | None = None,
    shortest: bool = False,
    scale: Literal["reference", "model"] | tuple[int, int] | None = None,
    scaler: str = "bicubic",
    crop: Crop | Literal["black-bars"] | None = None,
    pix_fmt: str | None = None,
    bit_depth: int | Literal["common"] | None = None,
    lines: int = 1080,
    accept: Collection[str] = (),
    accept_truncated: bool = False,
    film_grain: bool = True,
    n_threads: int | None = None,
) -> PairedVideos:
    """
    Open, convert and pair two videos as `score` does; parameters and errors as there, *lines* for "model".

    Files are read ahead by a thread each, on decoders of as many threads as score; all on the caller's with 0.
    """
    n_workers = available_threads() if n_threads is None else n_threads
    with contextlib.ExitStack() as opened:  # what was opened here is closed here, also where the rest fails
        sources = [
            open_into(
                opened,
                video,
                label=label,
                n_threads=n_workers,
                pix_fmt=pix_fmt,
                accept_truncated=accept_truncated,
                film_grain=film_grain,
            )
            for video, label in ((reference, "reference frames"), (distorted, "distorted frames"))
        ]
        shift = int(find_offset(reference=sources[0], distorted=sources[1])) if offset == "auto" else offset
        ref, dis = convert_pair(
            *sources, scale=scale, scaler=scaler, crop=crop, pix_fmt=pix_fmt, bit_depth=bit_depth, lines=lines
        )
        left, right = (read_ahead(ref), read_ahead(dis)) if n_workers else (ref, dis)
        made = pairs(left, right, by=pairing, offset=shift, frames=frames, shortest=shortest, accept=accept)
        return PairedVideos(ref, dis, pairing, shift, _then_closed(made, opened.pop_all()))


def open_into(
    opened: contextlib.ExitStack,
    video: Video,
    *,
    label: str,
    n_threads: int,
    pix_fmt: str | None,
    accept_truncated: bool,
    film_grain: bool,
) -> FrameSource:
    """Open a video on a decoder of about *n_threads* threads; what was opened here is closed with the stack."""
    source = open_source(
        video,
        accept_truncated=accept_truncated,
        pix_fmt=pix_fmt,
        film_grain=film_grain,
        n_threads=min(max(n_threads, 1), MAX_DECODER_THREADS),
        label=label,
    )
    if source is not video:
        opened.callback(source.close)
    return source


def _then_closed(made: Generator[Pair, None, None], opened: contextlib.ExitStack) -> Generator[Pair, None, None]:
    with opened:
        yield from made


def model_lines(models: Sequence[Model]) -> int:
    """Height of the pictures the first model was made for: 1080 or 2160 lines."""
    return 2160 if models and models[0].lines == 2160 else 1080


def pairing_words(pairing: str, offset: int, frames: tuple[int, int | None] | None) -> str:
    """Say for provenance how frames were paired."""
    words = [f"by {pairing}"]
    if offset:
        words.append(f"offset {offset:+d}")
    if frames is not None:
        words.append(f"frames {frames[0]}:{'' if frames[1] is None else frames[1]}")
    return ", ".join(words)
