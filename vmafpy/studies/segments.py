"""Long videos in parts: scored anywhere, joined to exactly the unsplit scores."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from vmafpy.batch import Job, score_many
from vmafpy.errors import OptionError
from vmafpy.results import ScoreResult
from vmafpy.studies.trial import Source
from vmafpy.workers import Workers


def score_segments(
    *,
    reference: str | os.PathLike[str],
    distorted: str | os.PathLike[str],
    length: int,
    executor: Workers | None = None,
    results: str | os.PathLike[str] | None = None,
    retries: int = 2,
    progress: Callable[[int, int], object] | None = None,
    **options: Any,
) -> ScoreResult:
    """
    Score a video in parts that workers share, and join them to the unsplit run's scores, bit for bit.

    Frames around each part are read for motion. Both files are decoded from their start to the part's end, so cut
    into few long parts: with *n* parts, (n + 1) / 2 times the frames are decoded.

    Parameters
    ----------
    reference, distorted : path-like
        Readable under these paths on every worker.
    length : int
        Frames of a part; the last one takes what is left.
    executor, results, retries, progress
        See `vmafpy.score_many`; *results* keeps a file per part, so that a killed run goes on.
    **options
        Arguments of `vmafpy.score`, but ``frames`` and ``pairing="time"``.

    Returns
    -------
    ScoreResult
        Without whole-sequence values such as ``apsnr_y``.

    Raises
    ------
    OptionError
        If *length* is not positive, or an option does not go with parts.
    ExecutorError
        If the workers are gone.
    VmafError
        The first part's that failed; finished parts are kept in *results*.
    """
    if length < 1:
        raise OptionError(f"parts of {length} frames; give 1 or more")
    if "frames" in options or options.get("pairing") == "time":
        raise OptionError("frames= and pairing='time' do not go with parts; cut the video first")
    starts = range(0, Source(reference).n_frames(), length)
    windows = [(a, a + length if a != starts[-1] else None) for a in starts]
    jobs = [Job(reference, distorted, f"frames {a}:{b or ''}", {"frames": (a, b)}) for a, b in windows]
    parts: list[ScoreResult] = []
    for outcome in score_many(jobs, executor=executor, results=results, retries=retries, progress=progress, **options):
        if outcome.result is None:
            raise outcome.error or OptionError(f"{outcome.job.label} has no result")
        parts.append(outcome.result)
    return ScoreResult.join(parts)
