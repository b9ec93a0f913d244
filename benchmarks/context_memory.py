"""What a context adds to a process that scores: ``context_memory.py TASK`` in a process of its own prints JSON."""

from __future__ import annotations

import contextlib
import ctypes
import json
import re
import sys
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")
REFERENCES = Path("/proc/self/clear_refs")


def resident_mib(peak: bool) -> float:
    """Resident memory of this process now, or at its peak since the last reset."""
    match = re.search(rf"^{'VmHWM' if peak else 'VmRSS'}:\s+(\d+) kB", STATUS.read_text(), re.M)
    if match is None:
        raise OSError(f"{STATUS} does not tell the resident memory")
    return int(match[1]) / 1024


def pictures(width: int, height: int, bits: int, n: int) -> list[tuple[list[Any], list[Any]]]:
    """Pairs of 4:2:0 pictures, textured and all different."""
    import numpy as np

    rng = np.random.default_rng(5)
    dtype = np.uint8 if bits == 8 else np.uint16
    shapes = [(height, width), *[((height + 1) // 2, (width + 1) // 2)] * 2]
    reference = [rng.integers(0, 1 << bits, shape, dtype) for shape in shapes]
    return [
        ([np.roll(plane, k) for plane in reference], [np.roll(plane, k) // 8 * 8 for plane in reference])
        for k in range(n)
    ]


def _measure(task: dict[str, Any]) -> dict[str, float]:
    from vmafpy import capi
    from vmafpy.models import load_model, score_key

    threads, bits = task["threads"], task["bits"]
    library = capi.Library.embedded()
    pairs = pictures(task["width"], task["height"], bits, 3)
    n_frames = 2 * (threads + 2)
    with contextlib.suppress(OSError, AttributeError):  # what was freed goes back, or it would hide what comes
        ctypes.CDLL(None).malloc_trim(0)
    before = resident_mib(peak=False)
    REFERENCES.write_text("5")  # the peak starts again from here
    with capi.Context(library, n_threads=threads) as context:
        models = []
        for name in task["models"]:
            loaded = load_model(name)
            models.append(capi.Model.load(library, loaded.path, name=score_key(loaded)))
            context.use_model(models[-1])
        for name in task["features"]:
            context.use_feature(name)
        for index in range(n_frames):
            reference, distorted = (capi.Picture.wrap(planes, "420", bits) for planes in pairs[index % 3])
            context.read(reference, distorted, index)
        context.flush()
        for model in models:
            context.model_pooled(model)
    return {"mib": resident_mib(peak=True) - before}


if __name__ == "__main__":
    print(json.dumps(_measure(json.loads(sys.argv[1]))))
