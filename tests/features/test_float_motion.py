"""Floating-point motion against libvmaf 3.2.0, and what must not change it."""

from __future__ import annotations

import floatcases
import numpy as np
import pytest
from enginetools import run_features
from floatcases import accepts, flat, noise
from formulas import planes

MOTION, MOTION2, MOTION3 = (f"VMAF_feature_motion{n}_score" for n in ("", "2", "3"))


@pytest.mark.parametrize("case", floatcases.cases("float_motion"), ids=lambda case: case["id"])
def test_golden(case):
    """Every score is libvmaf's double, under libvmaf's name, and there are no others."""
    got = floatcases.run_case(case)
    assert {name: scores.tolist() for name, scores in got.items()} == case["scores"]


def test_debug_off_leaves_motion2_and_motion3():
    """The motion score is there by default and goes with debug=false; the others stay the same."""
    ref = noise(1, 40, 30, frames=3)
    with_debug = run_features([("float_motion", {})], ref, ref, fmt="400")
    without = run_features([("float_motion", {"debug": False})], ref, ref, fmt="400")
    assert not np.isnan(with_debug[MOTION]).any()
    assert MOTION not in without
    for name in (MOTION2, MOTION3):
        assert without[name].tolist() == with_debug[name].tolist()


@pytest.mark.parametrize("bpc", [8, 16])
def test_threads_and_levels_do_not_change_a_bit(bpc):
    """The same doubles without threads and with three, whichever worker meets which frame, and at every level."""
    ref = noise(2, 147, 93, bpc, 9)
    features = [("float_motion", {}), ("float_motion", {"motion_filter_size": 3, "motion_add_scale1": True})]
    want = run_features(features, ref, ref, fmt="400", bpc=bpc)
    for config in [{"n_threads": 3}, {"cpumask": 16}, {"cpumask": 1}]:
        got = run_features(features, ref, ref, fmt="400", bpc=bpc, **config)
        for name in want:
            np.testing.assert_array_equal(got[name], want[name], f"{name} {config}")


def test_variants_in_one_pass_equal_single_runs():
    """Blur, scale, chroma, weight, cap: one pass gives each its scores when alone."""
    variants = [
        {},
        {"motion_fps_weight": 2, "motion_max_val": 30},
        {"motion_filter_size": 1},
        {"motion_filter_size": 3, "motion_add_scale1": True},
        {"motion_add_scale1": True},
        {"motion_add_uv": True},
        {"motion_force_zero": True},
    ]
    ref = [planes("main", 61, 47, "420", 8, t)[0] for t in range(4)]
    together = run_features([("float_motion", v) for v in variants], ref, ref)
    alone = {}
    for v in variants:
        alone |= run_features([("float_motion", v)], ref, ref)
    assert together.keys() == alone.keys()
    for name, scores in alone.items():
        np.testing.assert_array_equal(together[name], scores, name)


def test_subsampling_skips_no_frame():
    """Motion is a property of consecutive frames: subsampling must not change what it compares."""
    ref = noise(3, 40, 30, frames=7)
    every = run_features([("float_motion", {})], ref, ref, fmt="400")
    third = run_features([("float_motion", {})], ref, ref, fmt="400", n_subsample=3)
    assert third[MOTION2].tolist() == every[MOTION2].tolist()


def blurred(plane):
    """The blur in double precision."""
    tap = np.array([0.054488685, 0.244201342, 0.402619947, 0.244201342, 0.054488685])
    for axis in (0, 1):
        pad = [(2, 2) if a == axis else (0, 0) for a in (0, 1)]
        padded = np.pad(plane, pad, mode="reflect")
        n = plane.shape[axis]
        plane = sum(t * padded.take(range(k, k + n), axis) for k, t in enumerate(tap))
    return plane


def halved(plane):
    """Means of 2x2 samples: what bilinear halving is at even sizes."""
    return (plane[::2, ::2] + plane[1::2, ::2] + plane[::2, 1::2] + plane[1::2, 1::2]) / 4


@pytest.mark.parametrize("fmt", ["420", "422", "444"])
def test_chroma_and_half_size_together(fmt):
    """add_uv with add_scale1 adds six mean differences; libvmaf reads its chroma at a wrong pitch here."""
    frames = [planes("main", 96, 64, fmt, 8, t)[0] for t in range(2)]
    got = run_features([("float_motion", {"motion_add_uv": True, "motion_add_scale1": True})], frames, frames, fmt=fmt)
    want = 0.0
    for before, now in zip(*frames, strict=True):
        a, b = (blurred(p.astype(float)) for p in (before, now))
        want += np.abs(a - b).mean() + np.abs(halved(a) - halved(b)).mean()
    # the sums are single precision here: 6000 terms, each rounded to 24 bits
    np.testing.assert_allclose(got["motion_mdc_mau"][1], want, rtol=1e-4)


def test_flat_pictures():
    """A change of level alone is its own mean difference: taps sum to 1 within single precision."""
    ref = [flat(v, 40, 30) for v in (10, 10, 74)]
    got = run_features([("float_motion", {})], ref, ref, fmt="400")
    assert got[MOTION][:2].tolist() == [0, 0]
    np.testing.assert_allclose(got[MOTION][2], 64, rtol=1e-5)
    assert got[MOTION2].tolist() == [0, 0, got[MOTION][2]]


def test_what_it_refuses():
    """A plane no larger than half the blur, missing chroma when it is asked for, undefined depths."""
    assert accepts("float_motion", 3, 3)
    assert not accepts("float_motion", 2, 3)
    assert accepts("float_motion", 1, 1, motion_filter_size=1)
    assert not accepts("float_motion", 5, 5, motion_add_uv=True)
    assert accepts("float_motion", 6, 6, motion_add_uv=True)
    assert not accepts("float_motion", 64, 64, fmt="400", motion_add_uv=True)
    assert not accepts("float_motion", 64, 64, bpc=9)
