"""A pipeline that runs for long: resident memory and latency of pushed frames, over very many of them."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np

from benchmarks.rows import environment


def resident_mib() -> float:
    """Resident memory of this process, MiB."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


def main() -> None:
    import vmafpy

    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_long", description=__doc__)
    parser.add_argument("--frames", type=int, default=5000)
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--every", type=int, help="frames between two readings of memory; a tenth of all if not given")
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
    latency = np.empty(args.frames)
    with vmafpy.Scorer(width=width, height=height, pix_fmt="yuv420p", n_threads=args.threads) as scorer:
        started = time.perf_counter()
        for i in range(args.frames):
            before = time.perf_counter()
            scorer.push(reference[i % 5], distorted[i % 5])
            latency[i] = time.perf_counter() - before
            if i + 1 == 200 or (i + 1) % every == 0:
                readings.append((i + 1, round(resident_mib(), 1)))
        result = scorer.finish()
        seconds = time.perf_counter() - started
    row = {
        "row": "long run",
        "size": args.size,
        "frames": args.frames,
        "threads": args.threads,
        "frames_per_s": round(args.frames / seconds, 1),
        "rss_mib": readings,
        "push_ms": {f"p{q}": round(float(np.percentile(latency, q)) * 1000, 3) for q in (50, 99, 100)},
        "shared": result.provenance.frames_shared,
        "copied": result.provenance.frames_copied,
        **environment(),
    }
    print(json.dumps(row))


if __name__ == "__main__":
    main()
