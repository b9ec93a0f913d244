"""Windows of an endless video: the doubles of one whole run, and memory that does not grow."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from test_scoring import planes, same

import vmafpy
from vmafpy.errors import MismatchError, OptionError

FEATURES = ("motion:motion_five_frame_window=true:motion_moving_average=true", "psnr")


@pytest.fixture(scope="module")
def video():
    """Twenty-three frames, and the same rounded to multiples of 8."""
    reference = planes(23, noise=4)
    return reference, [[plane // 8 * 8 for plane in frame] for frame in reference]


@pytest.mark.parametrize(
    ("n_frames", "n_subsample"), [(1, 1), (2, 1), (5, 1), (11, 1), (23, 1), (40, 1), (5, 3), (2, 5)]
)
def test_windows_join_to_the_whole_run(video, n_frames, n_subsample):
    """Iterators read once give windows whose scores are the whole run's, whatever the length and the subsampling."""
    options = {"features": FEATURES, "n_subsample": n_subsample, "n_threads": 0}
    whole = vmafpy.score(reference=video[0], distorted=video[1], **options)
    windows = list(
        vmafpy.score_windows(reference=iter(video[0]), distorted=iter(video[1]), n_frames=n_frames, **options)
    )
    assert all(window.n_frames <= n_frames for window in windows)
    same(vmafpy.ScoreResult.join(windows), whole)


def test_an_error_comes_after_the_windows_before_it(video):
    """Unequal counts raise in the window where they show; that window's scores so far are on the error."""
    seen = []
    windows = vmafpy.score_windows(reference=video[0], distorted=video[1][:12], n_frames=5)
    with pytest.raises(MismatchError, match="ends after 12 frames") as caught:
        seen.extend(window.indices.tolist() for window in windows)
    assert seen == [[0, 1, 2, 3, 4], [5, 6, 7, 8, 9]]
    assert caught.value.partial.indices.tolist() == [10, 11]


@pytest.mark.parametrize("options", [{"n_frames": 0}, {"frames": (0, 3)}, {"progress": True}, {"n_subsample": 0}])
def test_refused(video, options):
    """Empty windows, and options without a meaning here."""
    with pytest.raises(OptionError, match=next(iter(options))):
        next(vmafpy.score_windows(reference=video[0], distorted=video[1], **options))


LONG = """
import gc, sys
import numpy as np, vmafpy

def resident():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))

frame = np.random.default_rng(1).integers(0, 256, (40, 40)).astype(np.uint8)
coarse = frame // 8 * 8
n = 12000
windows = vmafpy.score_windows(
    reference=(frame for _ in range(n)), distorted=(coarse for _ in range(n)), n_frames=500, models="neg", n_threads=0
)
readings = []
for window in windows:
    readings.append(resident())
print(*readings)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="resident memory is read from /proc")
def test_memory_stays_flat():
    """Twelve thousand frames in windows: after a quarter of them, resident memory stays within 2 per cent."""
    run = subprocess.run([sys.executable, "-c", LONG], capture_output=True, text=True, check=True)
    readings = np.array([int(word) for word in run.stdout.split()])
    assert len(readings) == 24
    settled = readings[6:]
    assert settled.max() <= 1.02 * settled.min()
