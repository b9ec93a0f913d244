"""Moments of luma against libvmaf 3.2.0 and against numpy."""

from __future__ import annotations

import classiccases
import numpy as np
import pytest
from classiccases import LEVELS, noise
from enginetools import run_features
from floatcases import accepts
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.mark.parametrize("case", classiccases.cases("float_moment"), ids=lambda case: case["id"])
def test_golden(case):
    """Every score is libvmaf's double, and there are no others."""
    classiccases.assert_equal(classiccases.run_case(case), classiccases.expected(case))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 150), st.integers(1, 30), st.sampled_from([8, 10, 12]))
@pytest.mark.parametrize("cpumask", LEVELS)
def test_is_the_definition(cpumask, seed, w, h, bpc):
    """Mean and mean square on the scale of 8 bits, exactly, on every level of instructions."""
    ref, dis = noise(seed, w, h, "400", bpc), noise(seed + 1, w, h, "400", bpc)
    got = run_features([("float_moment", {})], ref, dis, fmt="400", bpc=bpc, cpumask=cpumask)
    for name, frames in (("ref", ref), ("dis", dis)):
        samples = frames[0][0].astype(np.int64)
        unit = 2 ** (bpc - 8)
        assert got[f"float_moment_{name}1st"][0] == int(samples.sum()) / unit / samples.size
        assert got[f"float_moment_{name}2nd"][0] == int((samples**2).sum()) / unit**2 / samples.size


def test_16_bits():
    """Squares of more than 24 bits are rounded to single precision one by one."""
    ref = noise(5, 70, 40, "400", 16)
    v = ref[0][0].astype(np.float32) / np.float32(256)
    got = run_features([("float_moment", {})], ref, ref, fmt="400", bpc=16)
    assert got["float_moment_ref1st"][0] == v.astype(np.float64).sum() / v.size
    assert got["float_moment_ref2nd"][0] == (v * v).astype(np.float64).sum() / v.size


def test_refused():
    """Depths other than 8, 10, 12 and 16 bits are errors; no picture is too small."""
    assert accepts("float_moment", 1, 1, fmt="400")
    assert not accepts("float_moment", 40, 30, bpc=9)
