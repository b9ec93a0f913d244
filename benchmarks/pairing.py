"""Two contenders on one task in turn: A B, B A, A B, ...; a row if they computed the same, else why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from benchmarks.clips import Clip
from benchmarks.contenders.base import Contender, Limits, Task, disagreement, names_asked
from benchmarks.machine import environment
from benchmarks.rows import Row
from benchmarks.work import Work

T = TypeVar("T")


def in_turn(ours: Callable[[], T], theirs: Callable[[], T], repeats: int) -> tuple[list[T], list[T]]:
    """Call both *repeats* times, ours first in odd rounds and second in even ones."""
    answers: tuple[list[T], list[T]] = ([], [])
    calls = (ours, theirs)
    for k in range(repeats):
        for side in (0, 1) if k % 2 == 0 else (1, 0):
            answers[side].append(calls[side]())
    return answers


def checked_scores(
    work: Work, ours: Mapping[str, float], theirs: Mapping[str, float], limits: Limits
) -> tuple[dict[str, list[float]], str]:
    """Means of what both computed, models first; and why the row must be refused, if it must."""
    shared = [name for name in (*work.models, *theirs) if name in ours and name in theirs]
    scores = {name: [round(ours[name], 6), round(theirs[name], 6)] for name in shared}
    return scores, disagreement(names_asked(work), ours, theirs, limits)


def paired(
    work: Work, clip: Clip, threads: int, cores: frozenset[int], ours: Contender, theirs: Contender, repeats: int
) -> Row:
    """Measure one row."""
    task = Task(work, clip, threads, cores)
    facts: dict[str, Any] = {**environment(), "theirs": theirs.version()}
    a, b = in_turn(lambda: ours.measure(task), lambda: theirs.measure(task), repeats)
    scores, refused = checked_scores(work, a[-1].scores, b[-1].scores, theirs.limits)
    return Row(
        work.name,
        clip.label,
        threads,
        ours.label,
        theirs.label,
        [run.ms for run in a],
        [run.ms for run in b],
        note=theirs.note,
        clock="cpu" if threads <= 1 else "wall",
        n_frames=clip.n_frames,
        scores=scores,
        refused=refused,
        environment=facts,
    )
