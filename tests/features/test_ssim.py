"""SSIM and MS-SSIM against libvmaf 3.2.0 and against their definition in double precision."""

from __future__ import annotations

import classiccases
import numpy as np
import pytest
from classiccases import LEVELS, flat, noise
from enginetools import run_features
from floatcases import accepts
from hypothesis import given, settings
from hypothesis import strategies as st

WINDOW = [0.001028, 0.007599, 0.036001, 0.109361, 0.213006, 0.266012]
WINDOW = np.array([*WINDOW, *WINDOW[-2::-1]])


@pytest.mark.parametrize("case", classiccases.cases("float_ssim", "float_ms_ssim"), ids=lambda case: case["id"])
@pytest.mark.parametrize("cpumask", LEVELS)
def test_golden(case, cpumask):
    """Every score is libvmaf's double, on every level of instructions, and there are no others."""
    classiccases.assert_equal(classiccases.run_case(case, cpumask=cpumask), classiccases.expected(case))


def means(x, y):
    """Mean of l c s, of l, of c and of s of two pictures in double precision."""

    def blur(p):
        for axis in (0, 1):
            p = np.apply_along_axis(np.convolve, axis, p, WINDOW, "valid")
        return p

    mx, my = blur(x), blur(y)
    vx, vy = np.maximum(blur(x * x) - mx**2, 0), np.maximum(blur(y * y) - my**2, 0)
    cov, sigma = blur(x * y) - mx * my, np.sqrt(vx * vy)
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    lum = (2 * mx * my + c1) / (mx**2 + my**2 + c1)
    con = (2 * sigma + c2) / (vx + vy + c2)
    cov = np.where((cov < 0) & (sigma <= 0), 0, cov)
    struct = (cov + c2 / 2) / (sigma + c2 / 2)
    return [(lum * con * struct).mean(), lum.mean(), con.mean(), struct.mean()]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(11, 80), st.integers(11, 40), st.sampled_from([8, 10, 12, 16]))
@pytest.mark.parametrize("cpumask", LEVELS)
def test_is_the_definition(cpumask, seed, w, h, bpc):
    """The windowed terms and their means, on every level of instructions, to the rounding of single precision."""
    ref, dis = noise(seed, w, h, "400", bpc)[0][0], noise(seed + 1, w, h, "400", bpc)[0][0]
    if seed % 2:
        dis = classiccases.plane((ref.astype(np.int64) * 7 + dis) // 8, bpc)
    got = run_features([("float_ssim", {"enable_lcs": True})], [[ref]], [[dis]], fmt="400", bpc=bpc, cpumask=cpumask)
    unit = 2 ** (bpc - 8)
    names = ("float_ssim", "float_ssim_l", "float_ssim_c", "float_ssim_s")
    # float32 keeps second moments of up to 65025 to 0.004; the divisors are 58 and more
    np.testing.assert_allclose([got[name][0] for name in names], means(ref / unit, dis / unit), atol=1e-4)


@pytest.mark.parametrize("factor", [2, 4])
def test_scale_is_a_box_filter(factor):
    """Away from the border a score at scale n is that of the means of n x n samples."""
    ref, dis = noise(3, 160, 120, "400")[0][0], noise(4, 160, 120, "400")[0][0]
    dis = classiccases.plane((ref.astype(int) * 3 + dis) // 4, 8)
    got = run_features([("float_ssim", {"scale": factor})], [[ref]], [[dis]], fmt="400")

    def box(plane):
        padded = np.pad(plane, factor // 2, mode="symmetric")[:120, :160].astype(float)
        return padded.reshape(120 // factor, factor, 160 // factor, factor).mean((1, 3))

    assert got["float_ssim"][0] == pytest.approx(means(box(ref), box(dis))[0], abs=1e-5)


def test_large_pictures():
    """8K pictures are decimated by 16 and more, beyond what the option allows."""
    ref, dis = noise(5, 4096, 4096, "400")[0][0], noise(6, 4096, 4096, "400")[0][0]
    got = run_features([("float_ssim", {})], [[ref]], [[dis]], fmt="400")

    def box(plane):
        return np.pad(plane, 8, mode="symmetric")[:4096, :4096].reshape(256, 16, 256, 16).mean((1, 3))

    assert got["float_ssim"][0] == pytest.approx(means(box(ref), box(dis))[0], abs=1e-5)


def test_automatic_scale():
    """Pictures of 384 to 639 lines are halved, smaller ones are not; a stated factor wins."""
    for h, factor in ((383, 1), (384, 2), (639, 2), (640, 3)):
        ref, dis = noise(h, 645, h, "400"), noise(h + 1, 645, h, "400")
        auto = run_features([("float_ssim", {})], ref, dis, fmt="400")["float_ssim"]
        stated = {n: run_features([("float_ssim", {"scale": n})], ref, dis, fmt="400")["float_ssim"] for n in (1, 2, 3)}
        assert [n for n in stated if stated[n] == auto] == [factor]


def test_identical_pictures():
    """1 exactly; in decibels infinity, or the limit if there is one."""
    ref = noise(1, 180, 176, "400")
    for name in ("float_ssim", "float_ms_ssim"):
        assert run_features([(name, {})], ref, ref, fmt="400")[name] == 1
        assert run_features([(name, {"enable_db": True})], ref, ref, fmt="400")[name] == np.inf
        clipped = run_features([(name, {"enable_db": True, "clip_db": True})], ref, ref, fmt="400")
        assert clipped[name] == np.ceil(10 * np.log10(255**2 * 2 * 180 * 176))


def test_flat_pictures():
    """Without structure the luminance term remains."""
    ref, dis = flat([100], 176, 176, "400"), flat([120], 176, 176, "400")
    got = run_features([("float_ssim", {"enable_lcs": True})], [ref], [dis], fmt="400")
    # second moments cancel to within 0.004 of the 58 they are added to
    want = (2 * 100 * 120 + 6.5025) / (100**2 + 120**2 + 6.5025)
    assert got["float_ssim"][0] == pytest.approx(want, abs=1e-3)
    assert got["float_ssim_l"][0] == pytest.approx(want, abs=1e-5)


def test_negative_structure_gives_no_ms_ssim():
    """A picture against its negative has a negative mean of s: SSIM is negative, MS-SSIM not a number."""
    ref = noise(7, 176, 176, "400")
    dis = [[255 - frame[0]] for frame in ref]
    got = run_features([("float_ssim", {}), ("float_ms_ssim", {"enable_lcs": True})], ref, dis, fmt="400")
    assert got["float_ssim"][0] < 0
    assert got["float_ms_ssim_s_scale0"][0] < 0
    assert np.isnan(got["float_ms_ssim"][0])


@pytest.mark.parametrize("threads", [0, 3])
def test_variants_together_equal_each_alone(threads):
    """Scales, decibels and parts: one pass gives each its scores when alone, from one thread or three."""
    ref, dis = noise(1, 181, 177, frames=4), noise(2, 181, 177, frames=4)
    features = [
        ("float_ssim", {"enable_lcs": True, "scale": 2}),
        ("float_ms_ssim", {"enable_db": True, "clip_db": True}),
        ("float_ms_ssim", {"enable_lcs": True}),
    ]
    for feature in features:
        alone = run_features([feature], ref, dis)
        together = run_features([feature, *features], ref, dis, n_threads=threads)
        for name, scores in alone.items():
            np.testing.assert_array_equal(together[name], scores, name)


def test_refused():
    """What leaves no position for a window, at any scale, and odd depths are errors."""
    assert accepts("float_ssim", 11, 11)
    assert not accepts("float_ssim", 10, 11)
    assert not accepts("float_ssim", 11, 10)
    assert accepts("float_ssim", 22, 22, scale=2)
    assert not accepts("float_ssim", 20, 22, scale=2)
    assert accepts("float_ms_ssim", 176, 176)
    assert not accepts("float_ms_ssim", 175, 176)
    assert not accepts("float_ms_ssim", 176, 175)
    assert accepts("float_ms_ssim", 176, 176, fmt="400", bpc=16)
    for name in ("float_ssim", "float_ms_ssim"):
        assert not accepts(name, 200, 200, bpc=9)
