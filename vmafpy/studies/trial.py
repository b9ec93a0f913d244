"""Encodes and their scores: one decoded source, several settings at once, nothing on disk but a cache if asked for."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from copy import copy
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from vmafpy import __version__
from vmafpy.atomic import atomic_write
from vmafpy.errors import InputError, MediaError, OptionError, VmafError
from vmafpy.frame_scores import FrameScores
from vmafpy.models import Model, aliases_of
from vmafpy.results import ScoreResult
from vmafpy.scorer import Feature, ModelLike, Scorer, load_models
from vmafpy.studies.encode import Encoder, EncoderError, Session, fingerprint
from vmafpy.studies.prefilter import Filter, apply, cache_key
from vmafpy.workers import Workers, completed

if TYPE_CHECKING:
    import av

#: Half-open range of frame numbers of a source; None for its last frame.
Window: TypeAlias = tuple[int, int | None]


@dataclass(frozen=True)
class Trial:
    """An encoder at one quality setting."""

    encoder: Encoder
    crf: int

    def __post_init__(self) -> None:
        best, worst = self.encoder.crf_range
        if not min(best, worst) <= self.crf <= max(best, worst):
            raise EncoderError(f"CRF {self.crf} is outside {self.encoder.name}'s range {best} to {worst}")


@dataclass(frozen=True, eq=False)
class Encode:
    """
    One encode and its scores.

    Attributes
    ----------
    encoder : str
    crf : int
    kbps : float
        kbit/s, from the packets.
    n_frames : int
    result : ScoreResult
        Against the source.
    cached : bool
        Read from a cache, not made now.
    """

    encoder: str
    crf: int
    kbps: float
    n_frames: int
    result: ScoreResult
    cached: bool = False

    def scores(self, name: str | None = None) -> FrameScores:
        """
        Per-frame scores of a model or feature; the first model if *name* is None.

        Raises
        ------
        InputError
            If it was not scored.
        """
        models, features = self.result.models, self.result.features
        if name is None and models:
            return next(iter(models.values()))
        if name in models:
            return models[str(name)]
        if name in features:
            return features[str(name)]
        raise InputError(f"{name or 'a model'!r} was not scored; {', '.join((*models, *features))} were")

    def score(self, name: str | None = None, pooling: str = "mean") -> float:
        """
        Pooled score of a model or feature; the first model if *name* is None.

        Raises
        ------
        InputError
            If it was not scored, or the pooling is unknown: "mean", "harmonic_mean", "min", "max", "p1" ... "p99".
        """
        scores = self.scores(name)
        if pooling in ("mean", "harmonic_mean", "min", "max"):
            return float(getattr(scores, pooling))
        if pooling.startswith("p") and pooling[1:].isdigit() and int(pooling[1:]) <= 100:
            return float(scores.percentile(int(pooling[1:])))
        raise InputError(f"pooling {pooling!r} is unknown; there are mean, harmonic_mean, min, max and p0 to p100")

    def to_dict(self) -> dict[str, Any]:
        """Return settings, bitrate and mean scores as plain types."""
        means = {n: s.mean for n, s in (*self.result.models.items(), *self.result.features.items())}
        facts = {"encoder": self.encoder, "crf": self.crf, "kbps": self.kbps, "n_frames": self.n_frames}
        return {**facts, "cached": self.cached, "mean": {n: v if math.isfinite(v) else None for n, v in means.items()}}


class _Running:
    """A trial in progress: source frames wait for their decoded ones."""

    def __init__(self, trial: Trial, scorer: Scorer, session: Session) -> None:
        self.trial, self.scorer, self.session = trial, scorer, session
        self._waiting: deque[av.VideoFrame] = deque()

    def push(self, reference: av.VideoFrame, source: av.VideoFrame) -> None:
        self._waiting.append(reference)
        self._take(self.session.push(source))

    def finish(self, rate: Fraction) -> Encode:
        self._take(self.session.finish())
        name, crf = self.trial.encoder.name, self.trial.crf
        if self._waiting:
            raise EncoderError(f"{name} at CRF {crf} gave {len(self._waiting)} frames less than it took")
        n = self.scorer.n_pushed
        return Encode(name, crf, float(self.session.bits * rate / n / 1000), n, self.scorer.finish())

    def _take(self, decoded: Iterable[av.VideoFrame]) -> None:
        for frame in decoded:
            if not self._waiting:
                raise EncoderError(f"{self.trial.encoder.name} gave more frames than it took")
            self.scorer.push(self._waiting.popleft(), frame)


def run_trials(
    frames: Iterable[tuple[av.VideoFrame, av.VideoFrame]],
    trials: Sequence[Trial],
    *,
    rate: Fraction,
    models: ModelLike | Iterable[ModelLike] | None = None,
    features: str | Iterable[Feature] = (),
    n_threads: int | None = None,
) -> list[Encode]:
    """
    Encode one sequence with several settings at once, decode and score as the frames come.

    Memory holds the encoders' delay per trial, not the clip.

    Parameters
    ----------
    frames : iterable of (reference, source)
        What to score against, and what to encode: the same frame unless a filter stands between them.
    trials : sequence of Trial
    rate : fractions.Fraction
        Frames per second.
    models, features, n_threads
        As for `vmafpy.score`.

    Raises
    ------
    MediaError
        If there is no frame.
    EncoderError
        If an encoder is missing, fails, or changes the number of frames.
    """
    running: list[_Running] = []
    with ExitStack() as stack:
        for reference, source in frames:
            if not running:
                for trial in trials:
                    scorer = stack.enter_context(
                        Scorer(
                            width=reference.width,
                            height=reference.height,
                            pix_fmt=reference.format.name,
                            models=models,
                            features=features,
                            n_threads=n_threads,
                            reference="source",
                            distorted=f"{trial.encoder.name} CRF {trial.crf}",
                        )
                    )
                    session = trial.encoder.start(trial.crf, source.width, source.height, source.format.name, rate)
                    running.append(_Running(trial, scorer, session))
            for each in running:
                each.push(reference, source)
        if not running:
            raise MediaError("there is no frame to encode")
        return [each.finish(rate) for each in running]


@dataclass(frozen=True)
class Source:
    """
    A clip to encode again and again.

    Parameters
    ----------
    path : path-like
    frames : tuple (first, end), optional
        Half-open range; *end* None for the last.
    size : tuple of int, optional
        Scale to this size first, bicubic.
    pix_fmt : str
        Format to encode and score in.
    """

    path: str | os.PathLike[str]
    frames: tuple[int, int | None] = (0, None)
    size: tuple[int, int] | None = None
    pix_fmt: str = "yuv420p"

    @property
    def label(self) -> str:
        """Path, and what sets this source apart from the whole file."""
        first, end = self.frames
        parts = [os.fspath(self.path)]
        if (first, end) != (0, None):
            parts.append(f"frames {first}:{'' if end is None else end}")
        if self.size:
            parts.append(f"{self.size[0]}x{self.size[1]}")
        return " ".join(parts)

    def n_frames(self) -> int:
        """
        Count the frames, without decoding them.

        Raises
        ------
        MediaError
            If the file cannot be read, or ends before the range begins.
        """
        import av

        try:
            with av.open(os.fspath(self.path)) as container:
                count = sum(1 for packet in container.demux(video=0) if packet.size)
        except (av.error.FFmpegError, OSError) as error:
            raise MediaError(f"cannot read {self.path}: {error}") from error
        first, end = self.frames
        n = (count if end is None else min(end, count)) - first
        if n < 1:
            raise MediaError(f"{self.path} has no frame {first}; it has {count}")
        return n

    def rate(self) -> Fraction:
        """Frames per second."""
        from vmafpy.frames import VideoFile

        source = VideoFile(self.path, pix_fmt=self.pix_fmt)
        source.close()
        return source.info.fps or Fraction(25)

    def read(self) -> Iterator[av.VideoFrame]:
        """
        Decode the frames, one at a time.

        Raises
        ------
        MediaError
            If the file cannot be read, or ends before the range begins.
        """
        from vmafpy.frames import VideoFile
        from vmafpy.frames.ahead import ReadAhead
        from vmafpy.frames.convert import ConvertedVideo, to_av

        source = VideoFile(self.path, pix_fmt=self.pix_fmt)
        converted = ConvertedVideo(source, size=self.size) if self.size else source
        first, end = self.frames
        count = 0
        with closing(iter(ReadAhead(converted))) as frames:
            for frame in islice(frames, first, end):
                count += 1
                yield to_av(frame)
        if not count:
            raise MediaError(f"{self.path} has no frame {first}")

    def identity(self) -> list[Any]:
        """What tells this source from another one, or from itself after a change."""
        stat = os.stat(self.path)
        path = os.path.abspath(self.path)
        return [path, stat.st_size, stat.st_mtime_ns, list(self.frames), self.size, self.pix_fmt]


class Cache:
    """
    Encodes and scores by content: what was finished is never done again, also after the process was killed.

    Parameters
    ----------
    folder : path-like
        Made if it does not exist. Entries appear whole or not at all.

    Raises
    ------
    InputError
        If the folder cannot be made or written to.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the cache directory {self._folder}: {error.strerror}") from error
        if not os.access(self._folder, os.W_OK):
            raise InputError(f"the cache directory {self._folder} is read-only")

    def _path(self, key: Sequence[Any]) -> Path:
        text = json.dumps(key, sort_keys=True, default=str)
        return self._folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"

    def get(self, key: Sequence[Any]) -> Encode | None:
        """
        Return the entry, or None.

        Raises
        ------
        InputError
            If the entry was damaged after it was written.
        """
        path = self._path(key)
        if not path.exists():
            return None
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            result = ScoreResult.from_dict(document["result"])
            facts = {name: document[name] for name in ("encoder", "crf", "kbps", "n_frames")}
            return Encode(**facts, result=result, cached=True)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise InputError(f"the cache entry {path} cannot be read ({error}); delete it") from error

    def put(self, key: Sequence[Any], encode: Encode) -> None:
        """
        Store an entry.

        Raises
        ------
        InputError
            If it cannot be written: disk full, quota, read-only. Entries written before stay.
        """
        document: Mapping[str, Any] = {
            "encoder": encode.encoder,
            "crf": encode.crf,
            "kbps": encode.kbps,
            "n_frames": encode.n_frames,
            "result": encode.result.to_dict(),
        }
        with atomic_write(self._path(key)) as file:
            json.dump(document, file, allow_nan=False)


@dataclass(frozen=True)
class Sampling:
    """
    Parts of a long source that stand for the whole, evenly spread.

    Attributes
    ----------
    count : int
        Number of parts, 2 or more: their spread tells the error.
    length : int
        Frames of each.
    """

    count: int
    length: int

    def __post_init__(self) -> None:
        if self.count < 2 or self.length < 1:
            raise OptionError(f"sampling {self.count} parts of {self.length} frames: give 2 or more, of 1 or more")

    def windows(self, n_frames: int) -> list[Window]:
        """Place the parts in a source; the whole of it where they would fill it."""
        if self.count * self.length >= n_frames:
            return [(0, None)]
        step = n_frames / self.count
        starts = [int(step * k + (step - self.length) / 2) for k in range(self.count)]
        return [(start, start + self.length) for start in starts]


class Bench:
    """
    A source, what to score with, and a cache: encodes on request, each once.

    Parameters
    ----------
    source : Source or path-like
    models, features, n_threads
        As for `vmafpy.score`.
    filter : str or callable, optional
        Applied before encoding (see `vmafpy.studies.prefilter`); scores are always against the unfiltered source.
    sample : Sampling, optional
        Encode and score parts of the source only; `sampling_error` tells what that costs.
    cache : Cache or path-like, optional
    at_once : int
        Encodes that share one pass over the source. Each holds its encoder's delay in memory.
    executor : concurrent.futures.Executor or distributed.Client, optional
        Where encodes are made, each a call of its own; here if None. The source must be readable there under its
        path, and callables must be picklable. The cache is written here.
    report : callable, optional
        Called with every encode as it is made or read.

    Raises
    ------
    InputError
        If the cache cannot be used, or not with this filter.
    """

    def __init__(
        self,
        source: Source | str | os.PathLike[str],
        *,
        models: ModelLike | Iterable[ModelLike] | None = None,
        features: str | Iterable[Feature] = (),
        n_threads: int | None = None,
        filter: Filter | None = None,
        sample: Sampling | None = None,
        cache: Cache | str | os.PathLike[str] | None = None,
        at_once: int = 4,
        executor: Workers | None = None,
        report: Callable[[Encode], object] | None = None,
    ) -> None:
        if at_once < 1:
            raise OptionError(f"at_once={at_once}: one encode or more")
        self.source = source if isinstance(source, Source) else Source(source)
        self.rate = self.source.rate()
        self.windows: list[Window] = [(0, None)] if sample is None else sample.windows(self.source.n_frames())
        self.n_encoded = 0
        self.models: list[Model] = load_models(models)
        self.has_filter = filter is not None
        self.features = [features] if isinstance(features, str) else list(features)
        self._n_threads = n_threads
        self._filter = filter
        self._cache = cache if isinstance(cache, Cache) or cache is None else Cache(cache)
        self._filter_key = cache_key(filter) if self._cache else ""
        self._at_once = at_once
        self._executor = executor
        self._report = report

    def encodes(self, trials: Sequence[Trial]) -> list[Encode]:
        """Return the encodes in order; those not in the cache are made, several on one decoded source."""
        made = self.encode_windows([(window, trial) for trial in trials for window in self.windows])
        n = len(self.windows)
        return [_merged(made[k : k + n]) for k in range(0, len(made), n)]

    def encode(self, trial: Trial) -> Encode:
        """Return one encode."""
        return self.encodes([trial])[0]

    def encode_windows(self, requests: Sequence[tuple[Window, Trial]]) -> list[Encode]:
        """
        Encode parts of the source, each by itself, starting with a key frame.

        Windows that do not overlap share one pass over the source. Frame numbers in the results are the source's.

        Raises
        ------
        MediaError
            If the source ends before a window does.
        """
        found: dict[int, Encode] = {}
        missing: dict[Window, list[int]] = {}
        for k, (window, trial) in enumerate(requests):
            cached = self._cache.get(self._key(window, trial)) if self._cache else None
            if cached is None:
                missing.setdefault(window, []).append(k)
            else:
                found[k] = cached
                self._tell(cached)
        if self._executor is not None and missing:
            elsewhere = copy(self)
            elsewhere._executor = elsewhere._cache = elsewhere._report = None
            left = [k for numbers in missing.values() for k in numbers]
            for n, answer in completed(self._executor, elsewhere._alone, [requests[k] for k in left]):
                if isinstance(answer, VmafError):
                    raise answer
                found[left[n]] = answer
                self._keep(requests[left[n]], answer)
            missing = {}
        while missing:
            position = 0
            with closing(self._pairs()) as pairs:
                for window in sorted(missing, key=lambda w: w[0]):
                    first, end = window
                    if first < position:
                        continue  # overlaps the one before: in the next pass
                    batch, rest = missing[window][: self._at_once], missing[window][self._at_once :]
                    for _ in islice(pairs, first - position):
                        pass
                    made = self._run(pairs, window, [requests[k][1] for k in batch])
                    found.update(zip(batch, made, strict=True))
                    if rest:
                        missing[window] = rest
                    else:
                        del missing[window]
                    if end is None:
                        break
                    position = end
        return [found[k] for k in range(len(requests))]

    def _run(
        self, pairs: Iterator[tuple[av.VideoFrame, av.VideoFrame]], window: Window, trials: list[Trial]
    ) -> list[Encode]:
        first, end = window
        wanted = None if end is None else end - first
        made = run_trials(
            islice(pairs, wanted),
            trials,
            rate=self.rate,
            models=self.models,
            features=self.features,
            n_threads=self._n_threads,
        )
        if wanted is not None and made[0].n_frames < wanted:
            raise MediaError(f"{self.source.label} ends at frame {first + made[0].n_frames}, before frame {end}")
        made = [replace(encode, result=encode.result.window(first, None, first)) for encode in made]
        for trial, encode in zip(trials, made, strict=True):
            self._keep((window, trial), encode)
        return made

    def _alone(self, window: Window, trial: Trial) -> Encode:
        return self.encode_windows([(window, trial)])[0]

    def _keep(self, request: tuple[Window, Trial], encode: Encode) -> None:
        self.n_encoded += 1
        if self._cache:
            self._cache.put(self._key(*request), encode)
        self._tell(encode)

    def _tell(self, encode: Encode) -> None:
        if self._report is not None:
            self._report(encode)

    def sampling_error(self, encode: Encode, name: str | None = None) -> float:
        """
        Return the half-width of the 95 % interval of a sampled mean, from the spread of the parts; 0 without sampling.

        Student's t over the parts' means, with the correction for a finite source. Parts start with a key frame
        each, so the bitrate of a sampled encode tends to lie above the whole's; that is not part of this figure.
        """
        if len(self.windows) < 2:
            return 0.0
        from scipy import stats

        scores = encode.scores(name)
        means = [scores.values[(scores.indices >= a) & (scores.indices < (b or 0))].mean() for a, b in self.windows]
        k = len(means)
        left = max(0.0, 1 - len(scores) / self.source.n_frames())
        return float(stats.t.ppf(0.975, k - 1) * np.std(means, ddof=1) / math.sqrt(k) * math.sqrt(left))

    def check_target(self, target: float, model: str | None) -> None:
        """
        Require that a target can be reached by the model at all.

        Raises
        ------
        InputError
            If it lies outside the model's range.
        """
        for m in self.models:
            if model is None or model == m.id or aliases_of([m.id]).get(model) == m.id:
                low, high = m.score_range
                if not low < target <= high:
                    raise InputError(f"a target of {target:g} is outside what {m.id} can give, {low:g} to {high:g}")
                return

    def _pairs(self) -> Generator[tuple[av.VideoFrame, av.VideoFrame], None, None]:
        if self._filter is None:
            for frame in self.source.read():
                yield frame, frame
            return
        # two readers, so that a filter that writes into its frames cannot touch the reference
        yield from zip(self.source.read(), apply(self.source.read(), self.rate, self._filter), strict=True)

    def _key(self, window: Window, trial: Trial) -> list[Any]:
        return [
            __version__,
            self.source.identity(),
            window,
            self._filter_key,
            fingerprint(trial.encoder),
            trial.crf,
            [[model.to_dict(), model.sha256] for model in self.models],
            self.features,
        ]


def _merged(parts: Sequence[Encode]) -> Encode:
    """One encode out of those of several windows."""
    if len(parts) == 1:
        return parts[0]
    n = sum(part.n_frames for part in parts)
    return Encode(
        parts[0].encoder,
        parts[0].crf,
        sum(part.kbps * part.n_frames for part in parts) / n,
        n,
        ScoreResult.join(part.result for part in parts),
        all(part.cached for part in parts),
    )
