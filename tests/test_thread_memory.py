"""What a context holds for each of its threads, counted by the C library's allocator."""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys

import pytest

LIMIT = 64  # MiB per thread, at 2160p

SETS = {
    "default": {"models": ["vmaf_v0.6.1", "vmaf_v0.6.1neg"]},
    "triangulate": {"models": ["vmaf_v0.6.1", "vmaf_v0.6.1neg"], "features": "triangulate"},
    "v1": {"models": ["vmaf_v1.0.16_3d0h"]},
    "float": {"models": ["vmaf_float_v0.6.1"]},
    "cambi": {"models": [], "features": "cambi"},
}

MEASURE = """
import ctypes, json, sys
import numpy as np
import vmafpy

class Counts(ctypes.Structure):
    _fields_ = [(name, ctypes.c_size_t) for name in
                "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost".split()]

count = ctypes.CDLL(None).mallinfo2
count.restype = Counts

def held():
    counts = count()
    return counts.uordblks + counts.hblkhd

options, bits = json.loads(sys.argv[1])
luma, chroma = (np.full(shape, 100, np.uint8 if bits == 8 else np.uint16) for shape in [(2160, 3840), (1080, 1920)])
planes = [luma, chroma, chroma]
pix_fmt = "yuv420p" if bits == 8 else "yuv420p10le"
with vmafpy.Scorer(width=3840, height=2160, pix_fmt=pix_fmt, n_threads=0, **options) as scorer:
    before = held()
    scorer.push(planes, planes)
    print((held() - before) / 2**20)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallinfo2"), reason="the allocator of this platform does not count")
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("name", SETS)
def test_the_state_of_a_thread_is_small(name, bits):
    """At 2160p a thread's state of any usual set of models and features is below 64 MiB."""
    task = json.dumps([SETS[name], bits])
    run = subprocess.run([sys.executable, "-c", MEASURE, task], capture_output=True, text=True, check=True)
    assert 1 < float(run.stdout) < LIMIT
