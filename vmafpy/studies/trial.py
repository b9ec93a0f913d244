"""Encodes and their scores: one decoded source, several settings at once, nothing on disk but a cache if asked for."""

from __future__ import annotations

import hashlib
import json
import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vmafpy.errors import InputError, MediaError
from vmafpy.models import Model
from vmafpy.results import ScoreResult, atomic_write
from vmafpy.scorer import Feature, ModelLike, Scorer, load_models
from vmafpy.studies.encode import Encoder, EncoderError, Session, fingerprint

if TYPE_CHECKING:
    import av


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

    def score(self, name: str | None = None, pooling: str = "mean") -> float:
        """
        Pooled score of a model or feature; the first model if *name* is None.

        Raises
        ------
        InputError
            If it was not scored, or the pooling is unknown: "mean", "harmonic_mean", "min", "max", "p1" ... "p99".
        """
        scores: Any
        if name is None:
            scores = next(iter(self.result.models.values()))
        elif name in self.result.models:
            scores = self.result.models[name]
        elif name in self.result.features:
            scores = self.result.features[name]
        else:
            known = ", ".join((*self.result.models, *self.result.features))
            raise InputError(f"{name!r} was not scored; {known} were")
        if pooling in ("mean", "harmonic_mean", "min", "max"):
            return float(getattr(scores, pooling))
        if pooling.startswith("p") and pooling[1:].isdigit() and 0 <= int(pooling[1:]) <= 100:
            return float(scores.percentile(int(pooling[1:])))
        raise InputError(f"pooling {pooling!r} is unknown; there are mean, harmonic_mean, min, max and p0 to p100")


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

    def _take(self, decoded: list[av.VideoFrame]) -> None:
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
        from vmafpy.frames.convert import ConvertedVideo, to_av

        source = VideoFile(self.path, pix_fmt=self.pix_fmt)
        converted = ConvertedVideo(source, size=self.size) if self.size else source
        first, end = self.frames
        count = 0
        for frame in islice(converted, first, end):
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
        """Return the entry, or None."""
        path = self._path(key)
        if not path.exists():
            return None
        document = json.loads(path.read_text(encoding="utf-8"))
        return Encode(
            document["encoder"],
            document["crf"],
            document["kbps"],
            document["n_frames"],
            ScoreResult.from_dict(document["result"]),
            cached=True,
        )

    def put(self, key: Sequence[Any], encode: Encode) -> None:
        """Store an entry."""
        document: Mapping[str, Any] = {
            "encoder": encode.encoder,
            "crf": encode.crf,
            "kbps": encode.kbps,
            "n_frames": encode.n_frames,
            "result": encode.result.to_dict(),
        }
        with atomic_write(self._path(key)) as file:
            json.dump(document, file, allow_nan=False)


class Bench:
    """
    A source, what to score with, and a cache: encodes on request, each once.

    Parameters
    ----------
    source : Source or path-like
    models, features, n_threads
        As for `vmafpy.score`.
    filter : str, optional
        FFmpeg filter applied before encoding; scores are always against the unfiltered source.
    cache : Cache or path-like, optional
    """

    def __init__(
        self,
        source: Source | str | os.PathLike[str],
        *,
        models: ModelLike | Iterable[ModelLike] | None = None,
        features: str | Iterable[Feature] = (),
        n_threads: int | None = None,
        filter: str = "",
        cache: Cache | str | os.PathLike[str] | None = None,
    ) -> None:
        self.source = source if isinstance(source, Source) else Source(source)
        self.rate = self.source.rate()
        self._models: list[Model] = load_models(models)
        self._features = [features] if isinstance(features, str) else list(features)
        self._n_threads = n_threads
        self._filter = filter
        self._cache = cache if isinstance(cache, Cache) or cache is None else Cache(cache)
        self.n_encoded = 0

    def encodes(self, trials: Sequence[Trial]) -> list[Encode]:
        """Return the encodes in order; those not in the cache are made together, the source decoded once."""
        found: dict[int, Encode] = {}
        for k, trial in enumerate(trials):
            cached = self._cache.get(self._key(trial)) if self._cache else None
            if cached is not None:
                found[k] = cached
        missing = [k for k in range(len(trials)) if k not in found]
        if missing:
            made = run_trials(
                self._pairs(),
                [trials[k] for k in missing],
                rate=self.rate,
                models=self._models,
                features=self._features,
                n_threads=self._n_threads,
            )
            self.n_encoded += len(made)
            for k, encode in zip(missing, made, strict=True):
                found[k] = encode
                if self._cache:
                    self._cache.put(self._key(trials[k]), encode)
        return [found[k] for k in range(len(trials))]

    def encode(self, trial: Trial) -> Encode:
        """Return one encode."""
        return self.encodes([trial])[0]

    def check_target(self, target: float, model: str | None) -> None:
        """
        Require that a target can be reached by the model at all.

        Raises
        ------
        InputError
            If it lies outside the model's range.
        """
        chosen = [m for m in self._models if model in (None, m.id)][:1]
        for m in chosen:
            low, high = m.score_range
            if not low < target <= high:
                raise InputError(f"a target of {target:g} is outside what {m.id} can give, {low:g} to {high:g}")

    def _pairs(self) -> Iterator[tuple[av.VideoFrame, av.VideoFrame]]:
        from vmafpy.studies.encode import filtered

        if not self._filter:
            for frame in self.source.read():
                yield frame, frame
            return
        # two readers, so that a filter with delay or state cannot touch the reference
        yield from zip(self.source.read(), filtered(self.source.read(), self.rate, self._filter), strict=True)

    def _key(self, trial: Trial) -> list[Any]:
        return [
            self.source.identity(),
            self._filter,
            fingerprint(trial.encoder),
            trial.crf,
            [model.to_dict() for model in self._models],
            self._features,
        ]
