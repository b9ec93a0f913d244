"""ANSNR against libvmaf 3.2.0 and against its definition in double precision."""

from __future__ import annotations

import classiccases
import numpy as np
import pytest
from classiccases import LEVELS, flat, noise
from enginetools import run_features
from floatcases import accepts
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("case", classiccases.cases("float_ansnr"), ids=lambda case: case["id"])
def test_golden(case):
    """Every score is libvmaf's double, and there are no others."""
    classiccases.assert_equal(classiccases.run_case(case), classiccases.expected(case))


def filtered(plane, kernel):
    """Two-dimensional filter; index -i is i, index n - 1 + i is n - i."""
    kernel = np.array(kernel, np.float64)
    half = len(kernel) // 2
    for axis in (0, 1):
        n = plane.shape[axis]
        index = [abs(i) if i < n else 2 * n - 1 - i for i in range(-half, n + half)]
        plane = plane.take(index, axis)
    return np.einsum("yxij,ij->yx", np.lib.stride_tricks.sliding_window_view(plane, kernel.shape), kernel)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.integers(3, 70), st.integers(3, 30), st.sampled_from([8, 10, 12, 16]))
@pytest.mark.parametrize("cpumask", LEVELS)
def test_is_the_definition(cpumask, seed, w, h, bpc):
    """Signal over noise of the filtered pictures, on every level of instructions, to the rounding of single sums."""
    ref, dis = noise(seed, w, h, "400", bpc), noise(seed + 1, w, h, "400", bpc)
    got = run_features([("float_ansnr", {})], ref, dis, fmt="400", bpc=bpc, cpumask=cpumask)
    unit = 2 ** (bpc - 8)
    r = filtered(ref[0][0] / unit - 128, np.outer([1, 2, 1], [1, 2, 1]) / 16)
    rows = [[2, 7, 12, 7, 2], [7, 31, 52, 31, 7], [12, 52, 127, 52, 12]]
    d = filtered(dis[0][0] / unit - 128, np.array([*rows, rows[1], rows[0]]) / 571)
    noise_energy = ((r - d) ** 2).sum()
    # single precision sums of up to 70 x 30 positive terms: relative 1e-5 at the very most, 4e-5 dB
    assert got["float_ansnr"][0] == pytest.approx(10 * np.log10((r**2).sum() / noise_energy), abs=4e-5)
    peak = (2**bpc - 1) / unit
    want = min(10 * np.log10(peak**2 * w * h / noise_energy), 6 * bpc + 12)
    assert got["float_anpsnr"][0] == pytest.approx(want, abs=4e-5)


def test_flat_pictures():
    """Equal flat pictures at mid level have neither signal nor noise and get the cap."""
    ref = flat([128], 20, 20, "400")
    got = run_features([("float_ansnr", {})], [ref], [ref], fmt="400")
    assert got["float_ansnr"] == got["float_anpsnr"] == 60


def test_refused():
    """Pictures below 3x3, where the filter's border is not defined, and odd depths are errors."""
    assert accepts("float_ansnr", 3, 3)
    assert not accepts("float_ansnr", 2, 3)
    assert not accepts("float_ansnr", 3, 2)
    assert not accepts("float_ansnr", 30, 20, bpc=11)
