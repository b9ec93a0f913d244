"""What a contender is: something that can be given a clip and a piece of work, and answers with time and scores."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from benchmarks.clips import Clip
from benchmarks.work import Work


@dataclass(frozen=True)
class Task:
    """
    One run.

    Attributes
    ----------
    threads : int
        1: one thread does everything, CPU time counts. More: so many workers and cores, wall time counts.
    cores : frozenset of int
        Where it runs.
    """

    work: Work
    clip: Clip
    threads: int
    cores: frozenset[int]

    @property
    def short(self) -> int:
        """Frames of the run that is taken off, so that start-up does not count."""
        return max(2, self.clip.n_frames // 8)


@dataclass(frozen=True)
class Outcome:
    """Milliseconds per frame, and means over all frames by score name."""

    ms: float
    scores: Mapping[str, float]


#: Greatest difference of a score by the beginning of its name, "" for all; the greatest that applies counts.
Limits = Mapping[str, float]
#: Of libvmaf's logs: six decimals. Its float ADM divides by the processor's reciprocal estimate (docs/engine.md).
LIBVMAF: Limits = {"": 1e-6, "vmaf_float": 2.1e-5}


class Described(Protocol):
    """What every contender tells of itself."""

    @property
    def label(self) -> str:
        """Its name in rows."""

    @property
    def limits(self) -> Limits:
        """How far its means may be from ours, for documented reasons."""

    @property
    def note(self) -> str:
        """What a reader of its rows has to know."""

    def missing(self) -> str:
        """Why it cannot run here and how to install it; empty if it can."""

    def version(self) -> str:
        """Name and release of what would be measured."""

    def cannot(self, work: Work) -> str:
        """Why it has no such work; empty if it has."""


class Contender(Described, Protocol):
    """A program or library that scores a clip for so long that start-up can be taken out."""

    def measure(self, task: Task) -> Outcome:
        """Run once."""


def disagreement(
    asked: Iterable[Collection[str]], ours: Mapping[str, float], theirs: Mapping[str, float], limits: Limits
) -> str:
    """
    Why two contenders did not compute the same; empty if they did.

    Parameters
    ----------
    asked : iterable of collections of str
        For each model and feature asked for the names its scores may have: both sides must have one in common.
    ours, theirs : mapping
        Means by name. Of a name that both have they must be within *limits*.
    """
    for names in asked:
        if not any(name in ours and name in theirs for name in names):
            sides = [side for side, has in (("ours", ours), ("theirs", theirs)) if not any(n in has for n in names)]
            return f"no score in common of {', '.join(sorted(names))} (none of {' and '.join(sides) or 'one name'})"
    for name in theirs:
        allowed = max(limit for head, limit in limits.items() if name.startswith(head))
        if name in ours and not _close(ours[name], theirs[name], allowed):
            return f"{name} is {theirs[name]:.6f}, ours {ours[name]:.6f}; {allowed:g} is allowed"
    return ""


def _close(a: float, b: float, tolerance: float) -> bool:
    return abs(a - b) <= tolerance or (math.isnan(a) and math.isnan(b))


def names_asked(work: Work) -> list[set[str]]:
    """For each model and feature of the work, the names its scores may have in reports."""
    from vmafpy.capi import Library, score_names

    engine = Library.embedded()
    features = [{name.printed for name in score_names(feature, library=engine)} for feature in work.features]
    return [*({model} for model in work.models), *features]
