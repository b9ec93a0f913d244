"""Integer motion against libvmaf 3.2.0, and what must not change it."""

from __future__ import annotations

import json
from pathlib import Path

import formulas
import numpy as np
import pytest
from enginetools import run_features
from hypothesis import given, settings
from hypothesis import strategies as st

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "vif_motion.json").read_text())
SAD = "VMAF_integer_feature_motion_sad_score"
MOTION2 = "VMAF_integer_feature_motion2_score"
MOTION3 = "VMAF_integer_feature_motion3_score"


def case_id(case):
    return "{input}-{width}x{height}-{bpc}bit".format(**case)


def clip(name, w, h, bpc, frames):
    pairs = [formulas.pair(name, w, h, bpc, i) for i in frames]
    return [(ref,) for ref, _ in pairs], [(dis,) for _, dis in pairs]


def as_lists(scores):
    return {name: values.tolist() for name, values in scores.items()}


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=case_id)
def test_golden(case):
    """The sum of magnitudes as an integer, and every score as a double, equal libvmaf's."""
    w, h, bpc = case["width"], case["height"], case["bpc"]
    ref, dis = clip(case["input"], w, h, bpc, range(case["frames"]))
    got = run_features([("motion", {"debug": True})], ref, dis, fmt="400", bpc=bpc)
    want = case["motion"]
    assert (got[SAD] * 256 * w * h).round().tolist() == want["sad_sum"]
    assert got[SAD].tolist() == got["VMAF_integer_feature_motion_score"].tolist() == want["motion_sad"]
    assert got[MOTION2].tolist() == want["motion2"]
    assert got[MOTION3].tolist() == want["motion3"]


@pytest.mark.parametrize("threads", [0, 3])
def test_golden_options(threads):
    """Each option, and all together, on clips of 1 to 7 frames with repeated ones: libvmaf's names and doubles."""
    for case in GOLDEN["motion_options"]:
        frames = [0, 1, 1, 4, 5, 20, 21][: case["frames"]]
        ref, dis = clip("ramp_noise", 97, 65, case["bpc"], frames)
        got = run_features([("motion", case["options"])], ref, dis, fmt="400", bpc=case["bpc"], n_threads=threads)
        want = dict(zip(case["names"], (case["motion_sad"], case["motion2"], case["motion3"]), strict=True))
        assert as_lists(got) == want, case["options"]


OPTION_SETS = [
    {},
    {"motion_force_zero": True},
    {"motion_five_frame_window": True},
    {"motion_max_val": 18, "motion_five_frame_window": True, "motion_moving_average": True},
    {"motion_blend_factor": 0.5, "motion_blend_offset": 5.0, "motion_fps_weight": 1.3},
]


def noise(seed, w, h, bpc, n):
    """Frames of noise of differing contrast, each sometimes a repetition, in whole or in part, of the one before."""
    rng = np.random.default_rng(seed)
    dtype = np.uint8 if bpc == 8 else np.uint16
    frames = []
    for _ in range(n):
        frame = rng.integers(0, 2**bpc, (h, w)) >> rng.integers(0, bpc)
        if frames and rng.random() < 0.4:
            keep = rng.integers(0, h + 1)
            frame[:keep] = frames[-1][0][:keep]
        frames.append((frame.astype(dtype),))
    return frames


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 70), st.integers(3, 40), st.integers(8, 16), st.integers(1, 6))
def test_variants_together_equal_each_alone(seed, w, h, bpc, n):
    """One pass over several option sets gives what separate passes give."""
    ref = noise(seed, w, h, bpc, n)
    together = run_features([("motion", o) for o in OPTION_SETS], ref, ref, fmt="400", bpc=bpc)
    apart = {}
    for options in OPTION_SETS:
        apart.update(as_lists(run_features([("motion", options)], ref, ref, fmt="400", bpc=bpc)))
    assert as_lists(together) == apart


def definition(prev, cur, bpc):
    """The sum of magnitudes in integers of any size, as the definition reads."""
    taps = [3571, 16004, 26386, 16004, 3571]
    d = np.pad(prev.astype(np.int64) - cur.astype(np.int64), 2, mode="reflect")
    h, w = prev.shape
    v = (sum(f * d[k : k + h] for k, f in enumerate(taps)) + 2 ** (bpc - 1)) >> bpc
    o = (sum(f * v[:, k : k + w] for k, f in enumerate(taps)) + 32768) >> 16
    return int(np.abs(o).sum())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 150), st.integers(3, 20), st.integers(8, 16), st.sampled_from([0, 1, 16]))
def test_is_the_definition(seed, w, h, bpc, cpumask):
    """On every level of instructions the score is the filtered difference of neighbouring frames."""
    ref = noise(seed, w, h, bpc, 2)
    rng = np.random.default_rng(seed)
    if rng.random() < 0.5:  # black against white, the largest sums
        ref = [(np.where(rng.random((h, w)) < p, 2**bpc - 1, 0).astype(ref[0][0].dtype),) for p in (0.02, 0.98)]
    got = run_features([("motion", {})], ref, ref, fmt="400", bpc=bpc, cpumask=cpumask)
    assert got[SAD].tolist() == [0, definition(ref[0][0], ref[1][0], bpc) / 256 / (w * h)]


def test_five_frame_window_skips_one():
    """With the wider window the difference is taken over two frames."""
    ref = noise(4, 50, 40, 8, 5)
    got = run_features([("motion", {"motion_five_frame_window": True})], ref, ref, fmt="400")
    want = [0, 0] + [definition(ref[i - 2][0], ref[i][0], 8) / 256 / 2000 for i in (2, 3, 4)]
    assert got[f"{SAD}_mffw"].tolist() == want


@pytest.mark.parametrize("threads", [0, 1, 3])
@pytest.mark.parametrize("subsample", [1, 2, 3])
def test_subsampling_and_threads_change_nothing(threads, subsample):
    """Motion is measured between true neighbours: every frame has the same score, however frames are skipped."""
    ref, dis = clip("ramp_noise", 67, 45, 8, [0, 1, 1, 1, 7, 9, 9, 10, 30])
    features = [("motion", o) for o in OPTION_SETS]
    want = as_lists(run_features(features, ref, dis, fmt="400"))
    got = run_features(features, ref, dis, fmt="400", n_threads=threads, n_subsample=subsample)
    assert as_lists(got) == want


def test_distorted_picture_plays_no_part():
    """Only the reference is looked at."""
    ref, dis = clip("ramp_noise", 67, 45, 8, range(4))
    assert as_lists(run_features([("motion", {})], ref, dis, fmt="400")) == as_lists(
        run_features([("motion", {})], ref, ref, fmt="400")
    )


@pytest.mark.parametrize("shape", [(2, 64), (64, 2)])
def test_too_small_is_refused(shape):
    """A side below 3 samples, where a reflected neighbour lies outside the picture, is an error and not a number."""
    flat = np.full(shape, 128, np.uint8)
    with pytest.raises(AssertionError, match="= -22"):
        run_features([("motion", {})], [(flat,)], [(flat,)], fmt="400")
