"""Floating-point VIF against libvmaf 3.2.0, and what must not change it."""

from __future__ import annotations

import floatcases
import numpy as np
import pytest
from enginetools import run_features
from floatcases import accepts, flat, noise

SCALES = [f"VMAF_feature_vif_scale{s}_score" for s in range(4)]


@pytest.mark.parametrize("case", floatcases.cases("float_vif"), ids=lambda case: case["id"])
def test_golden(case):
    """Every score, total and partial sum is libvmaf's double, under libvmaf's name, and there are no others."""
    got = floatcases.run_case(case)
    assert {name: scores.tolist() for name, scores in got.items()} == case["scores"]


def test_variants_in_one_pass_equal_single_runs():
    """Gain limit, noise, kernel scale, pre-scaling and scale 0 left out: one pass gives each its scores when alone."""
    variants = [
        {"debug": True},
        {"vif_enhn_gain_limit": 1, "debug": True},
        {"vif_enhn_gain_limit": 1.2, "vif_skip_scale0": True, "debug": True},
        {"vif_sigma_nsq": 0.7, "debug": True},
        {"vif_kernelscale": 1.5, "vif_scale1_min_val": 0.97},
        {"vif_prescale": 0.75, "vif_prescale_method": "bicubic"},
    ]
    ref, dis = noise(1, 90, 70), noise(2, 90, 70)
    dis = [((3 * a[0].astype(int) + b[0]) // 4,) for a, b in zip(ref, dis, strict=True)]
    together = run_features([("float_vif", v) for v in variants], ref, dis, fmt="400")
    alone = {}
    for v in variants:
        alone |= run_features([("float_vif", v)], ref, dis, fmt="400")
    assert together.keys() == alone.keys()
    for name, scores in alone.items():
        np.testing.assert_array_equal(together[name], scores, name)


@pytest.mark.parametrize("bpc", [8, 10, 12, 16])
def test_threads_and_levels_do_not_change_a_bit(bpc):
    """The same doubles without threads and with three, and at every instruction level."""
    ref, dis = noise(3, 147, 93, bpc, 5), noise(4, 147, 93, bpc, 5)
    features = [("float_vif", {"debug": True}), ("float_vif", {"vif_enhn_gain_limit": 1, "vif_sigma_nsq": 0.7})]
    want = run_features(features, ref, dis, fmt="400", bpc=bpc)
    for config in [{"n_threads": 3}, {"cpumask": 16}, {"cpumask": 1}]:
        got = run_features(features, ref, dis, fmt="400", bpc=bpc, **config)
        for name in want:
            np.testing.assert_array_equal(got[name], want[name], f"{name} {config}")


@pytest.mark.parametrize("bpc", [8, 10, 12, 16])
def test_same_value_at_every_depth(bpc):
    """Samples shifted left carry the same picture: equal doubles at every bit depth."""
    ref, dis = noise(5, 64, 48), noise(6, 64, 48)
    lifted = [[(p[0].astype(np.uint16) << (bpc - 8),) for p in clip] for clip in (ref, dis)]
    want = run_features([("float_vif", {})], ref, dis, fmt="400")
    got = run_features([("float_vif", {})], *lifted, fmt="400", bpc=bpc)
    assert {k: v.tolist() for k, v in got.items()} == {k: v.tolist() for k, v in want.items()}


def test_extremes():
    """Flat pictures and a picture against itself score 1, against its negative 0, unrelated noise little."""
    w, h = 64, 48
    board = (((np.indices((h, w)).sum(0) % 2) * 255).astype(np.uint8),)
    ref = [flat(100, w, h), flat(0, w, h), board, board, noise(7, w, h)[0]]
    dis = [flat(101, w, h), flat(255, w, h), board, (255 - board[0],), noise(8, w, h)[0]]
    got = np.array([run_features([("float_vif", {})], ref, dis, fmt="400")[name] for name in SCALES])
    np.testing.assert_allclose(got[:, :3], 1, atol=1e-6)  # single precision: variances of flat areas are not quite 0
    assert (got[:, 3] >= 0).all()
    assert got[0, 3] == 0  # the negative shares nothing
    assert np.isfinite(got).all()
    assert (got[:, 4] < 0.2).all()


def test_noise_without_a_reference_costs():
    """Over a flat reference only the distorted picture's variance counts, and more of it scores less."""
    w, h = 64, 48
    rng = np.random.default_rng(9)
    steps = rng.integers(-1, 2, (h, w))
    dis = [((128 + k * steps).astype(np.uint8),) for k in (0, 10, 40)]
    got = run_features([("float_vif", {})], [flat(128, w, h)] * 3, dis, fmt="400")[SCALES[0]]
    assert got[0] == 1
    assert got[0] > got[1] > got[2]


def test_what_it_refuses():
    """Below 16 samples a side, where a window outgrows its mirrored picture, at undefined depths and kernel scales."""
    assert accepts("float_vif", 16, 16)
    assert not accepts("float_vif", 15, 16)
    assert not accepts("float_vif", 16, 15)
    assert not accepts("float_vif", 16, 16, vif_prescale=0.5)
    assert accepts("float_vif", 32, 32, vif_prescale=0.5)
    assert not accepts("float_vif", 26, 26, vif_kernelscale=3)  # window of 51 at scale 0
    assert accepts("float_vif", 56, 56, vif_kernelscale=3)
    assert not accepts("float_vif", 64, 64, vif_kernelscale=1.01)
    assert not accepts("float_vif", 64, 64, bpc=9)


def test_smallest_picture():
    """16x16 is scored; identical pictures score about 1."""
    ref = noise(10, 16, 16)
    got = run_features([("float_vif", {})], ref, ref, fmt="400")
    for name in SCALES[:3]:
        np.testing.assert_allclose(got[name], 1, atol=1e-6)
    # scale 3 is 2x2 samples of low-passed noise below the visual noise: only 1 - variance * kappa is left
    assert 0.9 < got[SCALES[3]][0] <= 1
