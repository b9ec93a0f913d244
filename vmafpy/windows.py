"""Scores of an endless video, handed out in windows: memory does not grow with its length."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from itertools import chain, islice
from typing import Any

from vmafpy.align import Pair
from vmafpy.errors import OptionError, VmafError
from vmafpy.frames.open import Video
from vmafpy.models import Model
from vmafpy.paired import LEAD_IN, LEAD_OUT, PairedVideos, model_lines, paired_frames, pairing_words, read_until
from vmafpy.results import ScoreResult
from vmafpy.scorer import Scorer, load_models

_OF_SCORER = ("features", "library", "n_threads", "n_subsample", "enc_width", "enc_height", "enc_bitdepth")


def score_windows(
    *, reference: Video, distorted: Video, n_frames: int = 1500, **options: Any
) -> Generator[ScoreResult, None, None]:
    """
    Score a video of any length, or one that never ends, and yield the result of every *n_frames* frames.

    A `Scorer` keeps all scores until it is closed, 8 bytes for each name and frame: nothing for a clip, half a gigabyte
    for a day. Here a window's scores are yielded and forgotten. The windows hold the very scores of one whole run,
    for each reads the few frames around it that motion looks at; `ScoreResult.join` puts them together.

    Parameters
    ----------
    reference, distorted : path-like, FrameSource, or iterable of frames
        As for `vmafpy.score`. Iterators are read once, a window at a time, five frames kept.
    n_frames : int
        Length of a window.
    **options
        Of `vmafpy.score`, except *frames* and *progress*.

    Yields
    ------
    ScoreResult
        Frame numbers are those of the whole video. The last window may be shorter.

    Raises
    ------
    VmafError
        As `vmafpy.score`; the windows before have been yielded, ``partial`` holds the scores of the unfinished one.
    OptionError
        If *n_frames* is less than 1, or an option is given that has no meaning here.
    """
    if n_frames < 1:
        raise OptionError(f"n_frames is {n_frames}; a window has one frame or more")
    for name in ("frames", "progress"):
        if name in options:
            raise OptionError(f"{name}= has no meaning for windows; give score() a range")
    models = load_models(options.pop("models", None))
    of_scorer = {name: options.pop(name) for name in _OF_SCORER if name in options}
    step = int(of_scorer.get("n_subsample", 1))
    options["n_threads"] = of_scorer.get("n_threads")
    prepared = paired_frames(reference=reference, distorted=distorted, lines=model_lines(models), **options)
    recent: deque[Pair] = deque(maxlen=LEAD_IN + LEAD_OUT + max(step, 1) - 1)
    kept: list[Pair] = []
    begin = first = 0
    with closing(prepared.pairs) as coming:
        ended = False
        while not ended:
            end = first + n_frames
            pairs = islice(chain(kept, coming), read_until(end) - begin)
            result = _window(pairs, prepared, models, of_scorer, (first, end), begin, recent)
            ended = begin + result.provenance.n_frames < read_until(end)
            first = end
            begin = max(0, first - LEAD_IN) // step * step
            kept = list(recent)[begin - read_until(end) :]
            if result.n_frames:
                yield result


def _window(
    pairs: Iterator[Pair],
    prepared: PairedVideos,
    models: Sequence[Model],
    of_scorer: Mapping[str, Any],
    frames: tuple[int, int],
    begin: int,
    recent: deque[Pair],
) -> ScoreResult:
    """Score half-open *frames* from pairs that begin at frame number *begin*; *recent* keeps the last of them."""
    reference, distorted = prepared.reference, prepared.distorted
    pair = next(pairs, None)  # opens the videos: what cannot be compared is refused first
    info = reference.info
    with Scorer(
        width=info.width,
        height=info.height,
        pix_fmt=info.format.name,
        models=models,
        reference=info.label,
        distorted=distorted.info.label,
        **of_scorer,
    ) as scorer:
        words = pairing_words(prepared.pairing, prepared.offset, frames)
        scorer.note_preparation(info, distorted.info, words, prepared.offset)
        try:
            while pair is not None:
                scorer.push(pair.reference, pair.distorted)
                recent.append(pair)
                pair = next(pairs, None)
            return scorer.finish().window(*frames, begin)
        except BaseException as error:
            with suppress(VmafError):
                scorer.finish()
            error.partial = scorer.result().window(*frames, begin)  # type: ignore[attr-defined]
            raise
