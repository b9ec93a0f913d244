"""The embedded engine, or a libvmaf through the same binding, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from benchmarks.work import Work

label = "vmafpy"


def version() -> str:
    from vmafpy.capi import Library

    return Library.embedded().version


def milliseconds(
    work: Work,
    reference: Path,
    distorted: Path,
    *,
    threads: int,
    n_frames: int,
    cores: set[int],
    cpumask: int = 0,
    library: str = "",
) -> float:
    """Per frame, reading the files included; start-up taken out and the clock chosen as for the others."""
    task = json.dumps([work.models, work.features, str(reference), str(distorted), threads, n_frames, cpumask, library])
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.contenders.embedded", task],
        check=True,
        capture_output=True,
        text=True,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )
    return float(run.stdout)


def _measure(task: str) -> float:
    from vmafpy import capi
    from vmafpy.frames import VideoFile
    from vmafpy.models import load_model, score_key

    models, features, reference, distorted, threads, n_frames, cpumask, library = json.loads(task)

    clock = time.process_time if threads <= 1 else time.perf_counter

    def seconds(count: int) -> float:
        start = clock()
        opened = capi.find_library(library or "embedded")
        with capi.Context(opened, n_threads=0 if threads <= 1 else threads, cpumask=cpumask) as context:
            loaded = []
            for name in models:
                model = load_model(name)
                loaded.append(capi.Model.load(opened, model.path, name=score_key(model)))
                context.use_model(loaded[-1])
            for name in features:
                context.use_feature(name)
            pairs = zip(VideoFile(reference), VideoFile(distorted), strict=True)
            for index, frames in zip(range(count), pairs, strict=False):
                pictures = [capi.Picture.wrap(f.planes, f.format.chroma, f.format.bit_depth) for f in frames]
                context.read(*pictures, index)
            context.flush()
            for model in loaded:
                context.model_pooled(model)
        return clock() - start

    short = max(2, n_frames // 8)
    seconds(2)  # warm: modules, page cache, tables
    first = seconds(short)
    return (seconds(n_frames) - first) / (n_frames - short) * 1000


if __name__ == "__main__":
    print(_measure(sys.argv[1]))
