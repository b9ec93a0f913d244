"""Whole files: two H.264 videos in, scores out; wall time with start-up and without."""

from __future__ import annotations

from typing import Protocol

from benchmarks.clips import Clip, mp4_pair
from benchmarks.contenders.base import Described
from benchmarks.contenders.ffmpeg_libvmaf import FfmpegLibvmaf, scored
from benchmarks.machine import environment
from benchmarks.pairing import checked_scores, in_turn
from benchmarks.process import Usage
from benchmarks.rows import FileRow
from benchmarks.work import Work

CLOCKS = ("wall", "wall with start-up", "cpu, all cores")


class FileContender(Described, Protocol):
    """A program that scores two files and ends."""

    def whole(self, work: Work, clip: Clip, threads: int, cores: frozenset[int]) -> tuple[Usage, dict[str, float]]:
        """Score the files once: what it took, and means by score name."""


class FfmpegFiles(FfmpegLibvmaf):
    """``ffmpeg -i DIS -i REF -lavfi libvmaf=...``."""

    def whole(self, work: Work, clip: Clip, threads: int, cores: frozenset[int]) -> tuple[Usage, dict[str, float]]:
        return scored(work, clip, threads, cores)


def file_rows(
    work: Work,
    size: tuple[int, int],
    n_frames: int,
    threads: int,
    cores: frozenset[int],
    ours: FileContender,
    theirs: FileContender,
    repeats: int,
) -> list[FileRow]:
    """
    Three rows per frame: wall time from the difference to a clip of a fifth of the frames, wall time of the whole
    process, and CPU time of all its threads, again from the difference.

    Decoders use as many threads as they choose, within the cores.
    """
    facts = {**environment(), "theirs": theirs.version()}
    whole, part = mp4_pair(*size, "yuv420p", n_frames), mp4_pair(*size, "yuv420p", max(2, n_frames // 5))

    rest = whole.n_frames - part.n_frames

    def both(side: FileContender) -> tuple[list[float], dict[str, float]]:
        short, _ = side.whole(work, part, threads, cores)
        long, scores = side.whole(work, whole, threads, cores)
        figures = [(long.wall - short.wall) / rest, long.wall / whole.n_frames, (long.cpu - short.cpu) / rest]
        return [seconds * 1000 for seconds in figures], scores

    a, b = in_turn(lambda: both(ours), lambda: both(theirs), repeats)
    scores, refused = checked_scores(work, a[-1][1], b[-1][1], theirs.limits)
    return [
        FileRow(
            work.name,
            whole.label,
            threads,
            ours.label,
            theirs.label,
            [figures[k] for figures, _ in a],
            [figures[k] for figures, _ in b],
            note=theirs.note,
            clock=clock,
            n_frames=n_frames,
            scores=scores,
            refused=refused,
            environment=facts,
        )
        for k, clock in enumerate(CLOCKS)
    ]
