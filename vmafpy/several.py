"""One reference and several distorted videos: decoded and analysed together, scored each for itself."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from types import TracebackType
from typing import Any, Literal

from vmafpy import capi
from vmafpy.align import Pair, check_range, pairs
from vmafpy.errors import ClosedError, MismatchError, OptionError, SequenceError, VmafError
from vmafpy.frames.ahead import read_ahead
from vmafpy.frames.base import FrameSource, VideoInfo
from vmafpy.frames.convert import Crop, black_bars, convert_pair
from vmafpy.frames.open import Video
from vmafpy.frames.shared import SharedFrames
from vmafpy.offset import find_offset
from vmafpy.paired import model_lines, open_into, pairing_words, read_from, read_until
from vmafpy.progress import Progress, reporter
from vmafpy.results import ScoreResult
from vmafpy.scorer import ModelLike, Scorer, available_threads, load_models


class SeveralScorer:
    """
    Scores several distorted videos against one reference, for a pipeline that pushes frame after frame.

    Every number is that of a `Scorer` of its own. The built-in engine does the work on the reference once, with one
    set of workers; with a libvmaf each video is scored in turn.

    Parameters
    ----------
    distorted : sequence of str
        What each distorted video is called in provenance: as many as there are.
    **options
        Of `Scorer`, the same for all: *width*, *height*, *pix_fmt*, *models*, *features*, ...

    Raises
    ------
    VmafError
        As `Scorer`; OptionError if there is no distorted video.

    Examples
    --------
    >>> with vmafpy.SeveralScorer(                                                     # doctest: +SKIP
    ...     distorted=["1080p", "720p"], width=1920, height=1080, pix_fmt="yuv420p"
    ... ) as scorer:
    ...     for source, renditions in pipeline:
    ...         scorer.push(source, renditions)
    ...     print([result.vmaf for result in scorer.finish()])
    """

    def __init__(self, *, distorted: Sequence[str], **options: Any) -> None:
        if isinstance(distorted, str) or not distorted:
            raise OptionError(f"distorted={distorted!r}: has to be a sequence of names, one for each distorted video")
        self._scorers: list[Scorer] = []
        self._active: list[Scorer] = []
        self._lock = threading.Lock()
        with contextlib.ExitStack() as made:
            for name in distorted:
                self._scorers.append(made.enter_context(Scorer(**options, distorted=name)))
            self._shared = capi.SharedReference([scorer._context for scorer in self._scorers])
            for scorer in self._scorers:
                scorer._flush = partial(self._shared.flush, scorer._context)
            self._active = list(self._scorers)
            made.pop_all()

    @property
    def n_pushed(self) -> int:
        """Frames of the reference pushed so far."""
        return max(scorer.n_pushed for scorer in self._scorers)

    def push(self, reference: Any, distorted: Sequence[Any], *, copy: bool = False) -> int:
        """
        Take the next frame of the reference and of each distorted video.

        Parameters
        ----------
        reference : av.VideoFrame, ndarray, or sequence of ndarrays
            As `Scorer.push`.
        distorted : sequence
            As many frames as there are distorted videos, in their order. None, from some frame on: that video has
            ended before the others.
        copy : bool
            Copy the samples now, so that the caller may overwrite them at once.

        Returns
        -------
        int
            Index of the frame, from 0.

        Raises
        ------
        MismatchError
            If a frame is not of the scorer's size and format, or the number of frames is wrong. Nothing is lost: push
            the right frames instead.
        ClosedError, SequenceError
            After `close`, after `finish`, or if a video goes on that had ended.
        """
        with self._lock:
            if len(distorted) != len(self._scorers):
                raise MismatchError(f"{len(distorted)} frames were pushed for {len(self._scorers)} distorted videos")
            coming = [(s, frame) for s, frame in zip(self._scorers, distorted, strict=True) if frame is not None]
            scorers = [scorer for scorer, _ in coming]
            self._check_coming(scorers)
            first, index = scorers[0], self.n_pushed
            ref = first._frame(reference, index, first._labels[0])
            frames = [scorer._frame(frame, index, scorer._labels[1]) for scorer, frame in coming]
            for scorer in [scorer for scorer in self._active if scorer not in scorers]:
                self._active.remove(scorer)
                scorer.finish()
            pictures = [scorer._picture(frame, copy) for scorer, frame in zip(scorers, frames, strict=True)]
            self._shared.read(first._picture(ref, copy), pictures, index)
            for scorer, frame in zip(scorers, frames, strict=True):
                scorer._note_pair(ref, frame)
            return index

    def _check_coming(self, scorers: Sequence[Scorer]) -> None:
        if self._scorers[0]._context.closed:
            raise ClosedError("the scorer is closed; its scores so far are in result()")
        if not self._active:
            raise SequenceError("finish() was called; a new sequence needs a new scorer")
        if not scorers:
            raise SequenceError("no distorted video has a frame; end them all with finish()")
        late = [k for k, scorer in enumerate(self._scorers) if scorer in scorers and scorer not in self._active]
        if late:
            raise SequenceError(f"distorted video {late[0]} had no frame before: it has ended")

    def score(self, distorted: int, index: int, model: str | None = None) -> float:
        """Score of one frame of a distorted video as soon as it is final; see `Scorer.score`."""
        return self._scorers[distorted].score(index, model)

    def finish(self) -> list[ScoreResult]:
        """
        End the sequence and return all scores, in the order of the distorted videos. May be called again.

        Raises
        ------
        SequenceError
            If no frame was pushed.
        ClosedError
            If the scorer was closed before.
        """
        with self._lock:
            self._active.clear()
            return [scorer.finish() for scorer in self._scorers]

    def result(self) -> list[ScoreResult]:
        """Return the scores that are final so far: all after `finish`, and still there after an error or `close`."""
        return [scorer.result() for scorer in self._scorers]

    def close(self) -> None:
        """Stop the workers and release the library's memory. Scores so far stay in `result`. May be called again."""
        with self._lock, contextlib.ExitStack() as closing:
            self._active.clear()
            for scorer in self._scorers:
                closing.callback(scorer.close)
            self.result()  # of all, before the first one's end ends the others

    def __enter__(self) -> SeveralScorer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class _Clip:
    """One distorted video beside its reference, both as they are scored."""

    place: int  # among the distorted videos
    reference: FrameSource
    distorted: FrameSource
    offset: int


@dataclass(frozen=True, slots=True)
class _Task:
    """What is asked for of every clip, and what became of each so far."""

    scorer: Mapping[str, Any]  # options of Scorer
    pairing: Literal["index", "time"]
    shortest: bool
    accept: Collection[str]
    frames: tuple[int, int | None] | None
    start: int  # of the frames to read
    ahead: bool
    results: list[ScoreResult | None]
    errors: dict[int, VmafError]

    def shown(self, result: ScoreResult) -> ScoreResult:
        """The part of a result that was asked for."""
        return result if self.frames is None else result.window(*self.frames, self.start)


def score_several(
    *,
    reference: Video,
    distorted: Sequence[Video],
    models: ModelLike | Iterable[ModelLike] | None,
    n_threads: int | None,
    n_subsample: int,
    pairing: Literal["index", "time"],
    offset: int | Literal["auto"],
    frames: tuple[int, int | None] | None,
    shortest: bool,
    scale: Literal["reference", "model"] | tuple[int, int] | None,
    scaler: str,
    crop: Crop | Literal["black-bars"] | None,
    pix_fmt: str | None,
    bit_depth: int | Literal["common"] | None,
    accept: Collection[str],
    accept_truncated: bool,
    film_grain: bool,
    progress: Progress,
    **scorer: Any,
) -> list[ScoreResult]:
    """Score several distorted videos as `vmafpy.score` does; parameters and errors as there."""
    loaded = load_models(models)
    first, end = check_range(frames)
    n_workers = available_threads() if n_threads is None else n_threads
    task = _Task(
        scorer={**scorer, "models": loaded, "n_threads": n_threads, "n_subsample": n_subsample},
        pairing=pairing,
        shortest=shortest,
        accept=accept,
        frames=frames,
        start=read_from(first, n_subsample),
        ahead=n_workers > 0,
        results=[None] * len(distorted),
        errors={},
    )
    with contextlib.ExitStack() as opened:
        open_one = partial(open_into, opened, pix_fmt=pix_fmt, accept_truncated=accept_truncated, film_grain=film_grain)
        ref = open_one(reference, label="reference frames", n_threads=n_workers)
        cut = black_bars(ref) if crop == "black-bars" else crop
        passes: dict[tuple[int, VideoInfo], list[_Clip]] = {}
        for place, video in enumerate(distorted):
            source = open_one(video, label=f"distorted frames {place}", n_threads=n_workers // len(distorted))
            shift = int(find_offset(reference=ref, distorted=source)) if offset == "auto" else offset
            pair = convert_pair(
                ref,
                source,
                scale=scale,
                scaler=scaler,
                crop=cut,
                pix_fmt=pix_fmt,
                bit_depth=bit_depth,
                lines=model_lines(loaded),
            )
            # those that begin at the same frame of the same reference go through it side by side
            passes.setdefault((max(0, -shift), pair[0].info), []).append(_Clip(place, *pair, shift))
        totals = [n for n in (ref.info.n_frames, end) if n is not None]
        report = reporter(progress, len(passes) * (min(totals) - task.start) if totals else None)
        opened.callback(report, -1)
        done = count(1)
        try:
            for clips in passes.values():
                _score_together(task, clips, lambda: report(next(done)))
        except BaseException as error:
            error.partials = task.results  # type: ignore[attr-defined]
            raise
    if task.errors:
        place, failed = min(task.errors.items())
        failed.partial, failed.partials, failed.failures = task.results[place], task.results, task.errors
        raise failed
    return [result for result in task.results if result is not None]


def _score_together(task: _Task, clips: list[_Clip], report: Callable[[], None]) -> None:
    """Score videos that go through their reference side by side; *report* is called after each frame of it."""
    with contextlib.ExitStack() as reading:

        def ahead(source: FrameSource) -> FrameSource:
            return read_ahead(source) if task.ahead else source

        shared = SharedFrames(ahead(clips[0].reference), len(clips), max(0, -clips[0].offset))
        reading.callback(shared.close)
        end = None if task.frames is None else task.frames[1]
        made = [
            pairs(
                shared,
                ahead(clip.distorted),
                by=task.pairing,
                offset=max(0, clip.offset),
                frames=(0, None if end is None else read_until(end)),
                shortest=task.shortest or clip.offset != 0,
                accept=task.accept,
            )
            for clip in clips
        ]
        for generator in made:
            reading.callback(generator.close)
        coming = [next(generator, None) for generator in made]  # what does not fit at all is told at once

        def advance() -> None:
            for k, clip in enumerate(clips):
                try:
                    coming[k] = coming[k] and next(made[k], None)
                except VmafError as error:
                    if shared.error is not None:
                        raise
                    coming[k], task.errors[clip.place] = None, error

        for _ in range(task.start):
            advance()
        _note_absent(task, clips, coming)
        present = [k for k, pair in enumerate(coming) if pair is not None]
        if not present:
            return
        info = shared.info
        scorer = reading.enter_context(
            SeveralScorer(
                distorted=[clips[k].distorted.info.label for k in present],
                width=info.width,
                height=info.height,
                pix_fmt=info.format.name,
                reference=info.label,
                **task.scorer,
            )
        )
        for k, one in zip(present, scorer._scorers, strict=True):
            words = pairing_words(task.pairing, clips[k].offset, task.frames)
            one.note_preparation(clips[k].reference.info, clips[k].distorted.info, words, clips[k].offset)
        try:
            while any(coming):
                beside = [pair for pair in coming if pair is not None]
                if any(pair.reference is not beside[0].reference for pair in beside):
                    raise SequenceError("videos that are scored together are at different frames of their reference")
                scorer.push(beside[0].reference, [pair and pair.distorted for pair in (coming[k] for k in present)])
                report()
                advance()
            scorer.finish()
            for k, one in zip(present, scorer._scorers, strict=True):
                if task.frames is not None and task.start + one.n_pushed <= task.frames[0]:
                    task.errors.setdefault(clips[k].place, _too_short(task.frames, task.start + one.n_pushed))
        except BaseException:
            with contextlib.suppress(VmafError):
                scorer.finish()
            raise
        finally:
            for k, result in zip(present, scorer.result(), strict=True):
                task.results[clips[k].place] = task.shown(result)


def _note_absent(task: _Task, clips: Sequence[_Clip], coming: Sequence[Pair | None]) -> None:
    """Find the errors of videos that end before the first frame to be scored."""
    for clip, pair in zip(clips, coming, strict=True):
        if pair is None and task.frames is not None:
            task.errors.setdefault(clip.place, _too_short(task.frames, task.start))
        elif pair is None:
            raise MismatchError(
                f"no frame of the distorted video meets one of the reference (offset {clip.offset:+d}, reference "
                f"{clip.reference.info.label}, distorted {clip.distorted.info.label}); the offset is beyond the end "
                "of one of them"
            )


def _too_short(frames: tuple[int, int | None], n: int) -> OptionError:
    first, end = frames
    return OptionError(f"frames {first}:{'' if end is None else end}: there are only {n}")
