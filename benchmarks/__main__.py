"""Measure the embedded engine beside its peers on the same clips, in turn; write rows and the tables made of them."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import date

from benchmarks import clips, report
from benchmarks.contenders import embedded, ffmpeg_libvmaf
from benchmarks.rows import RESULTS, Row, environment
from benchmarks.work import FEATURES, MODELS, Work

MASKS = {"best": 0, "avx2": 16 | 32, "c": 1 | 2 | 4 | 8 | 16 | 32}


def paired(
    work: Work, size: tuple[int, int], pix_fmt: str, *, threads: int, frames: int, repeats: int, mask: int
) -> Row:
    """Run both contenders in turn, ours first in odd rounds and second in even ones, on the same cores."""
    reference, distorted = clips.grainy_pair(*size, pix_fmt, frames)
    cores = set(sorted(os.sched_getaffinity(0))[:threads])
    ours: list[float] = []
    theirs: list[float] = []
    common = {"threads": threads, "n_frames": frames, "cores": cores}
    for k in range(repeats):
        runs = [
            lambda: ours.append(embedded.milliseconds(work, reference, distorted, cpumask=mask, **common)),
            lambda: theirs.append(ffmpeg_libvmaf.milliseconds(work, reference, distorted, **common)),
        ]
        for run in runs if k % 2 == 0 else reversed(runs):
            run()
    level = next(name for name, bits in MASKS.items() if bits == mask)
    facts = {**environment(), "level": level, "theirs": ffmpeg_libvmaf.version(), "date": date.today().isoformat()}
    clip = f"{size[0]}x{size[1]} {pix_fmt}"
    return Row(work.name, clip, threads, embedded.label, ffmpeg_libvmaf.label, ours, theirs, environment=facts)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rows", nargs="*", help="names of work; all of them if none is given")
    parser.add_argument("--features", action="store_true", help="each feature alone too")
    parser.add_argument("--frames", type=int, default=26)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--size", default="1920x1080")
    parser.add_argument("--pix-fmt", default="yuv420p")
    parser.add_argument("--level", choices=MASKS, default="best", help="instruction level of ours")
    parser.add_argument("--save", metavar="NAME", help="append the rows to benchmarks/results/NAME.jsonl")
    parser.add_argument("--report", action="store_true", help="only write docs/performance.md from the saved rows")
    args = parser.parse_args(arguments)
    if args.report:
        report.write()
        return 0
    width, height = map(int, args.size.split("x"))
    chosen = [w for w in (*MODELS, *FEATURES) if (w.name in args.rows if args.rows else w in MODELS or args.features)]
    for work in chosen:
        row = paired(
            work,
            (width, height),
            args.pix_fmt,
            threads=args.threads,
            frames=args.frames,
            repeats=args.repeats,
            mask=MASKS[args.level],
        )
        print(row, flush=True)
        if args.save:
            RESULTS.mkdir(exist_ok=True)
            with (RESULTS / f"{args.save}.jsonl").open("a") as file:
                file.write(row.to_json() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
