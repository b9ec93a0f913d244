"""Floating-point ADM against libvmaf 3.2.0, and what must not change it."""

from __future__ import annotations

import floatcases
import numpy as np
import pytest
from enginetools import run_features
from floatcases import accepts, flat, noise
from formulas import planes

# libvmaf divides through the processor's reciprocal estimate and one Newton step, a bit or two from the quotient
# taken here; scores move by at most this, partial sums by as much of their size
TOLERANCE = 2e-7


@pytest.mark.parametrize("case", floatcases.cases("float_adm"), ids=lambda case: case["id"])
def test_golden(case):
    """Every score within 2e-7 of libvmaf's, partial sums relatively, under libvmaf's names."""
    got = floatcases.run_case(case)
    assert (
        got.pop("adm").tolist()
        == next(v for k, v in got.items() if k.startswith(("VMAF_feature_adm2", "adm2"))).tolist()
    )
    assert got.keys() == case["scores"].keys()
    for name, want in case["scores"].items():
        relative = TOLERANCE if "num" in name or "den" in name else 0
        np.testing.assert_allclose(got[name], want, rtol=relative, atol=0 if relative else TOLERANCE, err_msg=name)


def test_denominators_are_exact():
    """The reference's energy has no quotient in it: its sums are libvmaf's doubles."""
    for case in floatcases.cases("float_adm"):
        got = floatcases.run_case(case)
        for name, want in case["scores"].items():
            if "den" in name:
                assert got[name].tolist() == want, (case["id"], name)


def test_variants_in_one_pass_equal_single_runs():
    """Gain limit, sensitivity, power, masking, levels left out: one pass gives each its scores when alone."""
    variants = [
        {"debug": True},
        {"adm_enhn_gain_limit": 1, "debug": True},
        {"adm_enhn_gain_limit": 1.2, "adm_skip_scale0": True},
        {"adm_csf_mode": 2, "adm_p_norm": 2.5},
        {"adm_csf_mode": 1, "adm_bypass_cm": 1},
        {"adm_f1s0": 0.1, "adm_skip_aim_scale": 1},
    ]
    ref, dis = noise(1, 90, 71), noise(2, 90, 71)
    dis = [((3 * a[0].astype(int) + b[0]) // 4,) for a, b in zip(ref, dis, strict=True)]
    together = run_features([("float_adm", v) for v in variants], ref, dis, fmt="400")
    alone = {}
    for v in variants:
        alone |= run_features([("float_adm", v)], ref, dis, fmt="400")
    alone["adm"] = together["adm"]  # bears no suffix, so it belongs to the first
    assert together.keys() == alone.keys()
    for name, scores in alone.items():
        np.testing.assert_array_equal(together[name], scores, name)


@pytest.mark.parametrize("bpc", [8, 10, 12, 16])
def test_threads_and_levels_do_not_change_a_bit(bpc):
    """The same doubles without threads and with three, and at every instruction level."""
    ref, dis = noise(3, 147, 93, bpc, 5), noise(4, 147, 93, bpc, 5)
    features = [("float_adm", {"debug": True}), ("float_adm", {"adm_enhn_gain_limit": 1, "adm_p_norm": 2})]
    want = run_features(features, ref, dis, fmt="400", bpc=bpc)
    for config in [{"n_threads": 3}, {"cpumask": 16}, {"cpumask": 1}]:
        got = run_features(features, ref, dis, fmt="400", bpc=bpc, **config)
        for name in want:
            np.testing.assert_array_equal(got[name], want[name], f"{name} {config}")


@pytest.mark.parametrize(("w", "h"), [(17, 17), (18, 22), (33, 17), (64, 48), (151, 83)])
@pytest.mark.parametrize("gain", [1, 1.2, 100])
def test_identical_pictures(w, h, gain):
    """Nothing lost, nothing added: adm2 and adm3 are 1 and aim is 0, at every size and gain limit."""
    ref = noise(5, w, h)
    got = run_features([("float_adm", {"adm_enhn_gain_limit": gain})], ref, ref, fmt="400")
    for name, scores in got.items():
        if not np.isnan(scores).all():
            assert scores[0] == (0 if "aim" in name else 1), name


def test_contrast_within_the_gain_limit_is_free():
    """Higher contrast loses no detail; with a gain limit of 1 the excess counts as an impairment, not as detail."""
    ref = planes("main", 96, 80, "400", 8, 0)[0]
    boosted = (np.clip((ref[0].astype(int) - 128) * 5 // 4 + 128, 0, 255).astype(np.uint8),)
    got = run_features([("float_adm", {}), ("float_adm", {"adm_enhn_gain_limit": 1})], [ref], [boosted], fmt="400")
    assert got["VMAF_feature_adm2_score"][0] > 1.1
    assert got["adm2_egl_1"][0] <= 1 + 1e-6
    assert got["aim_egl_1"][0] > got["VMAF_feature_aim_score"][0]


def test_reference_without_detail_and_without_noise():
    """Nothing to lose: adm2 is 1 and aim is 0, where libvmaf leaves aim undefined."""
    got = run_features([("float_adm", {"adm_noise_weight": 0})], [flat(128, 64, 48)], noise(6, 64, 48), fmt="400")
    assert (got["adm2_nw_0"][0], got["aim_nw_0"][0], got["adm3_nw_0"][0]) == (1, 0, 1)


def test_extremes():
    """Full-range checkerboards, their negatives, noise and flat pictures: finite, and within range."""
    w, h = 64, 48
    board = ((np.indices((h, w)).sum(0) % 2) * 255).astype(np.uint8)
    ref = [(board,), noise(7, w, h)[0], flat(0, w, h), flat(255, w, h)]
    dis = [(255 - board,), noise(8, w, h)[0], noise(9, w, h)[0], flat(0, w, h)]
    got = run_features([("float_adm", {})], ref, dis, fmt="400")
    for name in ("adm2", "aim", "adm3"):
        scores = got[f"VMAF_feature_{name}_score"]
        assert np.isfinite(scores).all(), name
        assert (scores >= 0).all(), name
        assert (scores <= 1).all(), name


def test_what_it_refuses():
    """Below 17 samples a side, and at undefined depths."""
    assert accepts("float_adm", 17, 17)
    assert not accepts("float_adm", 16, 17)
    assert not accepts("float_adm", 17, 16)
    assert not accepts("float_adm", 64, 64, bpc=14)
