"""CIEDE2000 against libvmaf 3.2.0 and against the formula in double precision."""

from __future__ import annotations

import classiccases
import numpy as np
import pytest
from classiccases import LEVELS, flat, noise
from enginetools import run_features
from floatcases import accepts
from hypothesis import given, settings
from hypothesis import strategies as st

TOLERANCE = 1e-8  # powers and angles are our own, rounded otherwise than a C library's in their last bit


@pytest.mark.parametrize("case", classiccases.cases("ciede"), ids=lambda case: case["id"])
@pytest.mark.parametrize("cpumask", LEVELS)
def test_golden(case, cpumask):
    """Every score is libvmaf's, on every level of instructions: odd sizes and 4:2:2 as libvmaf takes them."""
    got, want = classiccases.run_case(case, cpumask=cpumask), classiccases.expected(case)
    assert got.keys() == want.keys()
    np.testing.assert_allclose(got["ciede2000"], want["ciede2000"], rtol=0, atol=TOLERANCE)


def lab(planes, bpc):
    """CIELAB of YCbCr samples of BT.709, limited range, in double precision."""
    unit = 2 ** (bpc - 8)
    y = (planes[0] / unit - 16) / 219
    cb, cr = ((p / unit - 128) / 224 for p in planes[1:])
    rgb = np.stack([y + 1.28033 * cr, y - 0.21482 * cb - 0.38059 * cr, y + 2.12798 * cb])
    rgb = np.where(rgb > 10 / 255, np.maximum((rgb + 0.055) / 1.055, 0) ** 2.4, rgb / 12.92)
    matrix = [
        [0.4124564390896921, 0.357576077643909, 0.18043748326639894],
        [0.21267285140562248, 0.715152155287818, 0.07217499330655958],
        [0.019333895582329317, 0.119192025881303, 0.9503040785363677],
    ]
    xyz = np.tensordot(matrix, rgb, 1) / np.array([0.95047, 1, 1.08883])[:, None, None]
    f = np.where(xyz > 216 / 24389, np.maximum(xyz, 0) ** (1 / 3), (24389 / 27 * xyz + 16) / 116)
    return 116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])


def difference(one, two, k_l=0.65, k_c=1, k_h=4):
    """CIEDE2000 as Sharma, Wu and Dalal (2005) state it, in degrees, with their rules for grey."""
    (l1, a1, b1), (l2, a2, b2) = one, two
    mean_c = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    g = 0.5 * (1 - np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)))
    a1, a2 = (1 + g) * a1, (1 + g) * a2
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    grey = c1 * c2 == 0
    dh = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)
    d_h = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(dh / 2))
    far = np.abs(h1 - h2) > 180
    mean_h = np.where(far, (h1 + h2 + 360) / 2, (h1 + h2) / 2)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    t = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    s_l = 1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2)
    turn = np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2)))
    r_t = -2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7)) * np.sin(turn)
    x = (l2 - l1) / (k_l * s_l)
    y = (c2 - c1) / (k_c * (1 + 0.045 * mean_c))
    z = d_h / (k_h * (1 + 0.015 * mean_c * t))
    return np.sqrt(x**2 + y**2 + z**2 + r_t * y * z)


def test_definition_of_this_test():
    """The formula above gives published differences (Sharma, Wu, Dalal, table 1: pairs 1, 4, 7, 9, 17, 25, 34)."""
    table = [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
    ]
    for one, two, want in table:
        got = difference(np.array(one, float), np.array(two, float), 1, 1, 1)
        assert got == pytest.approx(want, abs=5e-5)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(8, 70), st.integers(8, 20), st.sampled_from([8, 10, 12, 16]))
@pytest.mark.parametrize("cpumask", LEVELS)
def test_is_the_formula(cpumask, seed, w, h, bpc):
    """All colours, any width, every level of instructions: the mean difference of the formula."""
    ref, dis = noise(seed, w, h, "444", bpc)[0], noise(seed + 1, w, h, "444", bpc)[0]
    if seed % 2:
        dis = [classiccases.plane((r.astype(int) * 15 + d) // 16, bpc) for r, d in zip(ref, dis, strict=True)]
    got = run_features([("ciede", {})], [ref], [dis], fmt="444", bpc=bpc, cpumask=cpumask)
    want = 45 - 20 * np.log10(difference(lab(ref, bpc), lab(dis, bpc)).mean())
    # single-precision steps of libvmaf: 2e-7 over a large picture; a pixel where hue jumps by half a turn has more
    assert got["ciede2000"][0] == pytest.approx(want, abs=1e-4)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(2, 70),
    st.integers(2, 20),
    st.sampled_from(["420", "422", "444"]),
    st.sampled_from([8, 10, 12, 16]),
)
def test_levels_agree(seed, w, h, fmt, bpc):
    """Every level of instructions gives the doubles of plain C."""
    ref, dis = noise(seed, w, h, fmt, bpc), noise(seed + 1, w, h, fmt, bpc)
    runs = [run_features([("ciede", {})], ref, dis, fmt=fmt, bpc=bpc, cpumask=mask) for mask in LEVELS]
    classiccases.assert_equal(*runs)


@pytest.mark.parametrize(("w", "h"), [(64, 47), (65, 48), (129, 51)])
def test_odd_sizes_repeat_the_last_chroma_sample(w, h):
    """Where libvmaf reads beyond the plane, 4:2:0 equals 4:4:4 with every chroma sample, and the last, repeated."""
    ref, dis = noise(1, w, h), noise(2, w, h)

    def full(planes):
        at = np.ix_(np.minimum(np.arange(h) // 2, h // 2 - 1), np.minimum(np.arange(w) // 2, w // 2 - 1))
        return [planes[0], planes[1][at], planes[2][at]]

    got = run_features([("ciede", {})], ref, dis)
    want = run_features([("ciede", {})], [full(ref[0])], [full(dis[0])], fmt="444")
    classiccases.assert_equal(got, want)


def test_identical_pictures():
    """No difference is infinitely many decibels."""
    ref = noise(1, 64, 48)
    assert run_features([("ciede", {})], ref, ref)["ciede2000"] == np.inf


@pytest.mark.parametrize("level", [0, 16, 126, 235, 255])
def test_flat_grey(level):
    """One step of luma, without colour, is the difference of lightness alone."""
    ref, dis = flat([level, 128, 128], 32, 16), flat([abs(level - 1), 128, 128], 32, 16)
    got = run_features([("ciede", {})], [ref], [dis])
    one, two = (lab([np.full((1, 1), v) for v in (y, 128, 128)], 8) for y in (level, abs(level - 1)))
    s_l = 1 + 0.015 * ((one[0] + two[0]) / 2 - 50) ** 2 / np.sqrt(20 + ((one[0] + two[0]) / 2 - 50) ** 2)
    want = 45 - 20 * np.log10(np.abs(one[0] - two[0]) / (0.65 * s_l))
    assert got["ciede2000"][0] == pytest.approx(want.item(), abs=1e-3)  # one single-precision colour


def test_threads_change_nothing():
    """The same doubles from three threads."""
    ref, dis = noise(1, 67, 43, frames=5), noise(2, 67, 43, frames=5)
    want = run_features([("ciede", {})], ref, dis)
    classiccases.assert_equal(run_features([("ciede", {})], ref, dis, n_threads=3), want)


def test_refused():
    """No chroma and odd depths are errors."""
    assert accepts("ciede", 2, 2)
    assert not accepts("ciede", 1, 2)
    assert not accepts("ciede", 2, 1)
    assert not accepts("ciede", 64, 64, fmt="400")
    assert not accepts("ciede", 64, 64, bpc=9)
