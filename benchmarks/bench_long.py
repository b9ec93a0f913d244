"""A pipeline that runs for long: resident memory and latency of pushed frames, over very many of them."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import environment


def resident_mib() -> float:
    """Resident memory of this process, MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_long", description=__doc__)
    parser.add_argument("--frames", type=int, default=5000)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=int, help="frames between two readings of memory; a tenth of all if not given")
    parser.add_argument("--windows", action="store_true", help="score_windows in place of one Scorer")
    args = parser.parse_args()
    width, height = map(int, args.size.split("x"))
    rng = np.random.default_rng(3)
    # a handful of pictures that differ, so that motion and detail are real; nothing else is kept
    reference = [
        [
            rng.integers(0, 256, s).astype(np.uint8)
            for s in ((height, width), *((((height + 1) // 2, (width + 1) // 2),) * 2))
        ]
        for _ in range(5)
    ]
    distorted = [[plane // 8 * 8 for plane in planes] for planes in reference]
    every = args.every or max(1, args.frames // 10)
    readings: list[tuple[int, float]] = []
    latency = np.full(args.frames, np.nan)  # its pages are touched now, not as the run goes on

    def note(done: int, seconds: float) -> None:
        latency[done - 1] = seconds
        if done == 200 or done % every == 0:
            readings.append((done, round(resident_mib(), 1)))

    run = windows if args.windows else pushed
    started = time.perf_counter()
    facts = run(reference, distorted, args, note)
    seconds = time.perf_counter() - started
    row = {
        "row": "long run, in windows" if args.windows else "long run",
        "size": args.size,
        "frames": args.frames,
        "threads": args.threads,
        "frames_per_s": round(args.frames / seconds, 1),
        "rss_mib": readings,
        "push_ms": {f"p{q}": round(float(np.percentile(latency, q)) * 1000, 3) for q in (50, 99, 100)},
        **facts,
        **environment(),
    }
    print(json.dumps(row))


def pushed(reference: list[Any], distorted: list[Any], args: Any, note: Callable[[int, float], None]) -> dict[str, Any]:
    """One Scorer for all frames, which keeps all scores."""
    import vmafpy

    height, width = reference[0][0].shape
    with vmafpy.Scorer(width=width, height=height, pix_fmt="yuv420p", n_threads=args.threads) as scorer:
        for i in range(args.frames):
            before = time.perf_counter()
            scorer.push(reference[i % 5], distorted[i % 5])
            note(i + 1, time.perf_counter() - before)
        facts = scorer.finish().provenance
    return {"shared": facts.frames_shared, "copied": facts.frames_copied}


def windows(
    reference: list[Any], distorted: list[Any], args: Any, note: Callable[[int, float], None]
) -> dict[str, Any]:
    """The same frames through score_windows, which hands scores out and forgets them."""
    import vmafpy

    def timed() -> Iterator[Any]:
        before = time.perf_counter()
        for i in range(args.frames):
            yield distorted[i % 5]
            after = time.perf_counter()
            note(i + 1, after - before)
            before = after

    frames = 0
    made = vmafpy.score_windows(
        reference=(reference[i % 5] for i in range(args.frames)), distorted=timed(), n_threads=args.threads
    )
    for window in made:
        frames += window.n_frames
    return {"scored": frames}


if __name__ == "__main__":
    main()
