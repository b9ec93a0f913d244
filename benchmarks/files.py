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

WITHOUT, WITH = "wall", "wall with start-up"


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
    Two rows: per frame of the longer clip with start-up, and from the difference to a clip of a fifth of the frames.

    Decoders use as many threads as they choose, within the cores.
    """
    facts = {**environment(), "theirs": theirs.version()}
    whole, part = mp4_pair(*size, "yuv420p", n_frames), mp4_pair(*size, "yuv420p", max(2, n_frames // 5))

    def both(side: FileContender) -> tuple[float, float, dict[str, float]]:
        short, _ = side.whole(work, part, threads, cores)
        long, scores = side.whole(work, whole, threads, cores)
        return short.wall, long.wall, scores

    a, b = in_turn(lambda: both(ours), lambda: both(theirs), repeats)
    scores, refused = checked_scores(work, a[-1][2], b[-1][2], theirs.limits)
    rest = whole.n_frames - part.n_frames
    figures = {
        WITHOUT: [[(long - short) / rest * 1000 for short, long, _ in side] for side in (a, b)],
        WITH: [[long / whole.n_frames * 1000 for _, long, _ in side] for side in (a, b)],
    }
    return [
        FileRow(
            work.name,
            whole.label,
            threads,
            ours.label,
            theirs.label,
            ours_ms,
            theirs_ms,
            note=theirs.note,
            clock=clock,
            n_frames=n_frames,
            scores=scores,
            refused=refused,
            environment=facts,
        )
        for clock, (ours_ms, theirs_ms) in figures.items()
    ]
