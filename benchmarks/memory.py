"""Memory rows: peaks of whole processes that score files, and what contexts add per thread."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from benchmarks.clips import Clip, mp4_pair
from benchmarks.contenders.command_line import CommandLine
from benchmarks.context_memory import REFERENCES
from benchmarks.files import FfmpegFiles, FileContender
from benchmarks.process import ROOT, available_cores, run
from benchmarks.rows import MemoryRow
from benchmarks.work import Work

IMPORTS = "import av, vmafpy.cli, vmafpy.scoring; from vmafpy.capi import Library; Library.embedded()"
DECODE = f"""{IMPORTS}
import sys
from vmafpy.frames import VideoFile
for pair in zip(*map(VideoFile, sys.argv[1:])):
    pass
"""


def peaks(work: Work, size: tuple[int, int], n_frames: int, threads: int, facts: dict[str, Any]) -> Iterator[MemoryRow]:
    """Peak resident memory of scoring two H.264 files, ours and ffmpeg's, on as many cores as threads."""
    cores = frozenset(available_cores()[:threads])
    clip = mp4_pair(*size, "yuv420p", n_frames)
    contenders: tuple[FileContender, ...] = (CommandLine(), FfmpegFiles())
    for contender in contenders:
        if why := contender.missing():
            print(f"left out: {contender.label}: {why}", file=sys.stderr)
            continue
        mib = max(contender.whole(work, clip, threads, cores)[0].peak_mib for _ in range(3))
        parts = _parts(clip, cores, mib) if isinstance(contender, CommandLine) else {}
        more = {**facts, "theirs": contender.version()}
        yield MemoryRow("process", work.name, clip.label, threads, contender.label, round(mib, 1), parts, more)


def _parts(clip: Clip, cores: frozenset[int], whole: float) -> dict[str, float]:
    """Of our peak: the interpreter with what it imports, the two decoders beside that, and the rest."""
    python = run([sys.executable, "-c", IMPORTS], cores).peak_mib
    decoding = run([sys.executable, "-c", DECODE, clip.reference, clip.distorted], cores).peak_mib
    parts = {"python and imports": python, "two decoders": decoding - python, "scoring": whole - decoding}
    return {name: round(mib, 1) for name, mib in parts.items()}


def missing() -> str:
    """Why the memory of contexts cannot be measured here; empty if it can."""
    return "" if REFERENCES.exists() else f"the memory of contexts needs Linux ({REFERENCES})"


def contexts(
    work: Work, size: tuple[int, int], bits: int, threads: Sequence[int], facts: dict[str, Any]
) -> Iterator[MemoryRow]:
    """What a context with that many workers adds; and, from the second count on, what each more does."""
    pix_fmt = "yuv420p" if bits == 8 else f"yuv420p{bits}le"
    last: tuple[int, float] | None = None
    for n in threads:
        words = {
            "models": work.models,
            "features": work.features,
            "width": size[0],
            "height": size[1],
            "bits": bits,
            "threads": n,
        }
        command = [sys.executable, "-m", "benchmarks.context_memory", json.dumps(words)]
        done = run(command, available_cores()[: max(1, n)], folder=ROOT)
        mib = json.loads(done.output.splitlines()[-1])["mib"]
        parts = {} if last is None else {"each thread more": round((mib - last[1]) / (n - last[0]), 1)}
        last = n, mib
        label = f"{size[0]}x{size[1]} {pix_fmt}"
        yield MemoryRow("context", work.name, label, n, "vmafpy", round(mib, 1), parts, facts)
