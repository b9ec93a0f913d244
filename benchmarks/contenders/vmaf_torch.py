"""vmaf-torch as its README says: ``VMAF()(reference, distorted)`` on tensors of luma, with a Python of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any, ClassVar

from benchmarks.clips import headerless
from benchmarks.contenders.base import Limits, Outcome, Task
from benchmarks.process import run
from benchmarks.work import NEG_ALONE, ONE, Work

ENVIRONMENT = "VMAFPY_BENCHMARK_TORCH"
INSTALL = (
    "python -m venv torch-env && torch-env/bin/pip install vmaf-torch (some gigabytes), "
    f"then --torch torch-env/bin/python or {ENVIRONMENT}"
)


class VmafTorch:
    """A PyTorch implementation of v0.6.1 and its NEG form, on the CPU."""

    label = "vmaf-torch"
    # Its README tells of up to 0.027 points over the first 50 frames of 79 videos, because it computes in float where
    # libvmaf has integers; a clip of a few grainy frames is somewhat worse.
    limits: ClassVar[Limits] = {"": 0.1}
    note = "all frames in one batch; float arithmetic"

    def __init__(self, python: str | None = None) -> None:
        self.python = python or os.environ.get(ENVIRONMENT, "")

    def missing(self) -> str:
        if not self.python:
            return f"not installed: {INSTALL}"
        code = "import vmaf_torch, torch"
        try:
            done = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=False)
        except OSError as error:
            return f"{error}: {INSTALL}"
        return f"{(done.stderr.strip().splitlines() or ['?'])[-1]}: {INSTALL}" if done.returncode else ""

    def version(self) -> str:
        code = (
            "from importlib.metadata import version as v; import torch; "
            "print('vmaf-torch', v('vmaf-torch'), 'with torch', torch.__version__)"
        )
        return subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()

    def cannot(self, work: Work) -> str:
        return "" if work in (ONE, NEG_ALONE) else "it scores one of v0.6.1 and v0.6.1neg at a time"

    def measure(self, task: Task) -> Outcome:
        clip = task.clip
        words = {
            "neg": task.work == NEG_ALONE,
            "name": task.work.models[0],
            "reference": str(headerless(clip.reference)),
            "distorted": str(headerless(clip.distorted)),
            "width": clip.width,
            "height": clip.height,
            "threads": task.threads,
            "n_frames": clip.n_frames,
            "short": task.short,
        }
        done = run([self.python, "-m", "benchmarks.contenders.vmaf_torch", json.dumps(words)], task.cores)
        answer = json.loads(done.output.splitlines()[-1])
        return Outcome(answer["ms"], answer["scores"])


def _measure(task: dict[str, Any]) -> dict[str, Any]:
    import torch
    from vmaf_torch import VMAF
    from vmaf_torch.utils import yuv_to_tensor

    torch.set_num_threads(task["threads"])
    clock = time.process_time if task["threads"] <= 1 else time.perf_counter
    vmaf = VMAF(NEG=task["neg"], clip_score=True)

    def scored(n_frames: int) -> tuple[float, float]:
        start = clock()
        with torch.inference_mode():
            paths = task["reference"], task["distorted"]
            reference, distorted = (yuv_to_tensor(p, task["width"], task["height"], num_frames=n_frames) for p in paths)
            mean = float(vmaf(reference, distorted).mean())
        return clock() - start, mean

    scored(2)  # warm
    first, _ = scored(task["short"])
    last, mean = scored(task["n_frames"])
    ms = (last - first) / (task["n_frames"] - task["short"]) * 1000
    return {"ms": ms, "scores": {task["name"]: mean}}


if __name__ == "__main__":
    print(json.dumps(_measure(json.loads(sys.argv[1]))))
