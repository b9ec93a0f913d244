"""Many pairs of videos: in any executor, resumable, no finished work done twice, no half-written file ever visible."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from vmafpy.capi import find_library
from vmafpy.errors import InputError, VmafError
from vmafpy.frames.open import Video
from vmafpy.models import Model
from vmafpy.results import ScoreResult
from vmafpy.scorer import load_models
from vmafpy.scoring import score
from vmafpy.workers import Workers, completed


@dataclass(frozen=True, slots=True)
class Job:
    """
    One pair to score.

    Attributes
    ----------
    reference, distorted : path-like or FrameSource
        Paths or `RawVideo`, so that the job can be sent to another process.
    name : str
        Of the job in answers; the distorted video's path if empty.
    options : mapping
        Arguments of `vmafpy.score` for this pair alone.
    """

    reference: Video
    distorted: Video
    name: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """Name, or what stands for it."""
        return self.name or str(self.distorted)


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What became of a job.

    Attributes
    ----------
    job : Job
    result : ScoreResult or None
        None after an error.
    error : VmafError or None
        Its ``partial`` holds the scores before it.
    resumed : bool
        The result was read from the results directory, not computed.
    """

    job: Job
    result: ScoreResult | None = None
    error: VmafError | None = None
    resumed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """One line of NDJSON: the pooled scores, or the error."""
        out: dict[str, Any] = {"type": "score" if self.result else "error", "name": self.job.label}
        if self.result is not None:
            out["resumed"] = self.resumed
            out["n_frames"] = self.result.n_frames
            out["pooled_metrics"] = self.result.to_dict()["pooled_metrics"]
        if self.error is not None:
            out["error"] = type(self.error).__name__
            out["message"] = str(self.error)
        return out


def _identity(video: Video) -> Any:
    """What tells a video from a changed one: path, size and time of change; raw video its form too."""
    if isinstance(video, (str, os.PathLike)):
        path = os.path.abspath(video)
        with suppress(OSError):
            stat = os.stat(path)
            return [path, stat.st_size, stat.st_mtime_ns]
        return [path]
    info = getattr(video, "info", None)
    if info is None or not os.path.exists(info.label):
        raise InputError(
            "a resumable batch needs videos that can be told apart: paths or RawVideo, not frames in memory"
        )
    return [_identity(info.label), info.width, info.height, info.format.name, info.conversion]


def _key(job: Job, options: Mapping[str, Any], models: Iterable[Model]) -> str:
    """Content address of a result: the videos, the library, the models with their checksums, and every option."""
    given = {**options, **job.options}
    library = find_library(given.pop("library", None))
    for name in ("models", "n_threads", "progress"):
        given.pop(name, None)
    facts = {
        "reference": _identity(job.reference),
        "distorted": _identity(job.distorted),
        "models": [[model.to_dict(), model.sha256] for model in models],
        "library": [str(library.path), library.version],
        "options": given,
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()[:32]


def _run(job: Job, options: Mapping[str, Any], path: Path | None) -> ScoreResult:
    """Score one pair, in whatever process this is; the file appears whole or not at all."""
    result = score(reference=job.reference, distorted=job.distorted, **{**options, **job.options})
    if path is not None:
        result.to_json(path)
    return result


def score_many(
    jobs: Iterable[Job | tuple[Video, Video]],
    *,
    executor: Workers | None = None,
    results: str | os.PathLike[str] | None = None,
    retries: int = 2,
    progress: Callable[[int, int], object] | None = None,
    **options: Any,
) -> Iterator[Outcome]:
    """
    Score many pairs, and yield each outcome as it is ready.

    Parameters
    ----------
    jobs : iterable of Job, or of (reference, distorted)
    executor : concurrent.futures.Executor or distributed.Client, optional
        A ProcessPoolExecutor, a ThreadPoolExecutor, anything with their ``submit``, or the client of a Dask cluster.
        None scores one pair after the other here. With as many workers as cores give ``n_threads=0``: one core each,
        decoding and all.
    results : path-like, optional
        A directory for one JSON file per pair, named by content. A run that was killed goes on where it stopped:
        pairs whose file is there are read, not scored again. A changed video, model or option is another file.
    retries : int
        Of a pair whose Dask worker failed (see `vmafpy.workers.completed`); a `VmafError` is an answer, not retried.
    progress : callable, optional
        Called with the pairs done and their number.
    **options
        Arguments of `vmafpy.score` for all pairs.

    Yields
    ------
    Outcome
        In order without an executor, else as they finish. An error of one pair does not stop the others.

    Raises
    ------
    InputError
        If the directory cannot be made, or a job has frames in memory where they cannot be told apart.
    ExecutorError
        If the workers are gone; finished pairs are kept in *results*.
    """
    todo = [job if isinstance(job, Job) else Job(*job) for job in jobs]
    folder = None if results is None else Path(results)
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"cannot make the results directory {folder}: {error.strerror}") from error
    paths: dict[int, Path] = {}
    if folder is not None:
        for k, job in enumerate(todo):
            models = load_models({**options, **job.options}.get("models"))
            paths[k] = folder / f"{_key(job, options, models)}.json"
    done = 0

    def report(outcome: Outcome) -> Outcome:
        nonlocal done
        done += 1
        if progress is not None:
            progress(done, len(todo))
        return outcome

    left: list[int] = []
    for k, job in enumerate(todo):
        path = paths.get(k)
        if path is not None and path.exists():
            yield report(Outcome(job, ScoreResult.from_json(path), resumed=True))
        elif executor is None:
            yield report(_outcome(job, partial(_run, job, options, path)))
        else:
            left.append(k)
    if executor is not None:
        calls = [(todo[k], options, paths.get(k)) for k in left]
        for n, answer in completed(executor, _run, calls, retries=retries):
            job = todo[left[n]]
            failed = isinstance(answer, VmafError)
            yield report(Outcome(job, error=answer) if failed else Outcome(job, answer))


def _outcome(job: Job, get: Callable[[], ScoreResult]) -> Outcome:
    try:
        return Outcome(job, get())
    except VmafError as error:
        return Outcome(job, error=error)
