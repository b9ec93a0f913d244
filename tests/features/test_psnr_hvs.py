"""PSNR-HVS against libvmaf 3.2.0, and what must hold of it."""

from __future__ import annotations

import classiccases
import numpy as np
import pytest
from classiccases import LEVELS, flat, noise
from enginetools import run_features
from floatcases import accepts
from hypothesis import given, settings
from hypothesis import strategies as st

NAMES = ("psnr_hvs_y", "psnr_hvs_cb", "psnr_hvs_cr")


@pytest.mark.parametrize("case", classiccases.cases("psnr_hvs"), ids=lambda case: case["id"])
@pytest.mark.parametrize("cpumask", LEVELS)
def test_golden(case, cpumask):
    """Every score is libvmaf's double, on every level of instructions, and there are no others."""
    classiccases.assert_equal(classiccases.run_case(case, cpumask=cpumask), classiccases.expected(case))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(8, 260), st.integers(8, 40), st.sampled_from([8, 10, 12]))
def test_levels_agree(seed, w, h, bpc):
    """Every level of instructions gives the doubles of plain C: noise, near equality and extremes, any width."""
    ref = noise(seed, w, h, "444", bpc)
    rng = np.random.default_rng(seed)
    top, style = 2**bpc - 1, seed % 3
    if style == 0:
        dis = noise(seed + 1, w, h, "444", bpc)
    elif style == 1:
        step = [rng.integers(-2, 3, p.shape) for p in ref[0]]
        dis = [[classiccases.plane(np.clip(p + s, 0, top), bpc) for p, s in zip(ref[0], step, strict=True)]]
    else:
        ref, dis = ([[classiccases.plane(rng.integers(0, 2, (h, w)) * top, bpc) for _ in range(3)]] for _ in range(2))
    runs = [run_features([("psnr_hvs", {})], ref, dis, fmt="444", bpc=bpc, cpumask=mask) for mask in LEVELS]
    classiccases.assert_equal(*runs)


def test_combined():
    """The combined score weighs the errors of Y, Cb and Cr 8 : 1 : 1."""
    got = run_features([("psnr_hvs", {})], noise(1, 64, 48), noise(2, 64, 48))
    errors = [10 ** (-got[name][0] / 10) for name in NAMES]
    want = -10 * np.log10(0.8 * errors[0] + 0.1 * (errors[1] + errors[2]))
    assert got["psnr_hvs"][0] == pytest.approx(want, abs=1e-9)


def test_identical_pictures():
    """No error is infinitely many decibels: there is no cap."""
    ref = noise(1, 64, 48)
    got = run_features([("psnr_hvs", {})], ref, ref)
    assert [got[name][0] for name in (*NAMES, "psnr_hvs")] == [np.inf] * 4


def test_flat_pictures():
    """A change of level is an error of the DC coefficient alone, 8 times as large, which nothing masks."""
    ref, dis = flat([77, 128, 128], 64, 64), flat([177, 128, 128], 64, 64)
    got = run_features([("psnr_hvs", {})], [ref], [dis])
    want = -10 * np.log10((8 * 100 * 1.6193873005) ** 2 / 64 / 255**2)
    assert got["psnr_hvs_y"][0] == pytest.approx(want, abs=0.03)  # either coefficient rounded by up to 1 in 800
    assert got["psnr_hvs_cb"][0] == np.inf


@pytest.mark.parametrize("axis", [0, 1])
def test_remainder_is_not_looked_at(axis):
    """Samples beyond the last whole block do not count: 8 + 7 n columns and rows do."""
    ref = noise(3, 40, 40, "444")
    dis = noise(4, 40, 40, "444")
    changed = [[p.copy() for p in dis[0]]]
    for p in changed[0]:
        p.swapaxes(0, axis)[36:] ^= 255  # 8 + 4 * 7 = 36
    want = run_features([("psnr_hvs", {})], ref, dis, fmt="444")
    classiccases.assert_equal(run_features([("psnr_hvs", {})], ref, changed, fmt="444"), want)


def test_refused():
    """No chroma, planes below one block, and more than 12 bits are errors."""
    assert accepts("psnr_hvs", 16, 16)
    assert accepts("psnr_hvs", 16, 16, bpc=12)
    assert not accepts("psnr_hvs", 15, 16)
    assert not accepts("psnr_hvs", 16, 15)
    assert not accepts("psnr_hvs", 64, 64, fmt="400")
    assert not accepts("psnr_hvs", 64, 64, bpc=16)
