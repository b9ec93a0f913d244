"""Measures a library of the C API through our binding: ``binding.py TASK`` in a process of its own prints JSON."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.contenders.base import Limits, Outcome, Task
from benchmarks.process import run
from benchmarks.work import Work


@dataclass(frozen=True)
class Binding:
    """A library behind `vmafpy.capi`: "embedded" or a path, at an instruction level."""

    label: str
    library: str
    cpumask: int = 0
    unmasked: bool = False
    limits: Limits = field(default_factory=lambda: {"": 0.0})
    note: str = ""

    def missing(self) -> str:
        return ""

    def cannot(self, work: Work) -> str:
        from vmafpy import capi

        known = capi.find_library(self.library).features()
        lacking = [name for name in (*_extractors(work.models), *work.features) if name not in known]
        return f"it has no {', '.join(lacking)}" if lacking else ""

    def measure(self, task: Task) -> Outcome:
        words = {
            "models": task.work.models,
            "features": task.work.features,
            "reference": str(task.clip.reference),
            "distorted": str(task.clip.distorted),
            "threads": task.threads,
            "n_frames": task.clip.n_frames,
            "short": task.short,
            "cpumask": self.cpumask,
            "library": self.library,
            "unmasked": self.unmasked,
        }
        done = run([sys.executable, "-m", "benchmarks.contenders.binding", json.dumps(words)], task.cores)
        answer = json.loads(done.output.splitlines()[-1])
        return Outcome(answer["ms"], answer["scores"])


def _extractors(models: tuple[str, ...]) -> set[str]:
    from vmafpy.models import load_model

    return {name for model in models for name in load_model(model).extractors}


def _measure(task: dict[str, Any]) -> dict[str, Any]:
    from vmafpy import capi
    from vmafpy.frames import VideoFile
    from vmafpy.models import load_model, score_key

    threads = task["threads"]
    clock = time.process_time if threads <= 1 else time.perf_counter
    library = capi.find_library(task["library"])
    if task["unmasked"]:
        library.forced_mask = 0

    def scored(n_frames: int) -> tuple[float, dict[str, float]]:
        start = clock()
        pooled = {}
        with capi.Context(library, n_threads=0 if threads <= 1 else threads, cpumask=task["cpumask"]) as context:
            models = []
            for name in task["models"]:
                loaded = load_model(name)
                models.append((name, capi.Model.load(library, loaded.path, name=score_key(loaded))))
                context.use_model(models[-1][1])
            for name in task["features"]:
                context.use_feature(name)
            files = VideoFile(Path(task["reference"])), VideoFile(Path(task["distorted"]))
            pairs = zip(*files, strict=True)
            for index, frames in zip(range(n_frames), pairs, strict=False):
                reference, distorted = (
                    capi.Picture.wrap(f.planes, f.format.chroma, f.format.bit_depth) for f in frames
                )
                context.read(reference, distorted, index)
            context.flush()
            for name, model in models:
                pooled[name] = context.model_pooled(model)
            seconds = clock() - start
            for stored in context.stored_names():
                values = context.feature_scores(stored)
                pooled.setdefault(context.printed_name(stored), float(values.mean()))
        return seconds, pooled

    scored(2)  # warm: modules, page cache, tables
    first, _ = scored(task["short"])
    last, scores = scored(task["n_frames"])
    return {"ms": (last - first) / (task["n_frames"] - task["short"]) * 1000, "scores": scores}


if __name__ == "__main__":
    print(json.dumps(_measure(json.loads(sys.argv[1]))))
