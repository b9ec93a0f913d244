"""PSNR, integer and float, against libvmaf 3.2.0 and against its definition."""

from __future__ import annotations

import math

import classiccases
import numpy as np
import pytest
from classiccases import LEVELS, flat, noise
from enginetools import dictionary, picture, run_features
from floatcases import accepts
from hypothesis import given, settings
from hypothesis import strategies as st
from vmafpy.capi._embedded import ffi, lib


def aggregates(options, ref, dis, fmt="420", bpc=8):
    """The whole-sequence values that psnr leaves."""
    ctx = ffi.new("VmafContext **")
    assert lib.vmaf_init(ctx, ffi.new("VmafConfiguration *")[0]) == 0
    try:
        assert lib.vmaf_use_feature(ctx[0], b"psnr", dictionary(options)) == 0
        for i, (r, d) in enumerate(zip(ref, dis, strict=True)):
            assert lib.vmaf_read_pictures(ctx[0], picture(r, fmt, bpc), picture(d, fmt, bpc), i) == 0
        assert lib.vmaf_read_pictures(ctx[0], ffi.NULL, ffi.NULL, 0) == 0
        value = ffi.new("double *")
        names = [f"apsnr_{plane}" for plane in ("y", "cb", "cr")]
        return {name: value[0] for name in names if lib.vmafpy_aggregate(ctx[0], name.encode(), value) == 0}
    finally:
        lib.vmaf_close(ctx[0])


@pytest.mark.parametrize("case", classiccases.cases("psnr", "float_psnr"), ids=lambda case: case["id"])
def test_golden(case):
    """Every score is libvmaf's double, and there are no others."""
    classiccases.assert_equal(classiccases.run_case(case), classiccases.expected(case))


@pytest.mark.parametrize("case", classiccases.cases("psnr"), ids=lambda case: case["id"])
def test_golden_aggregate(case):
    """PSNR over the sequence is libvmaf's double, and there only if asked for."""
    got = aggregates(case["options"], *classiccases.clip(case), case["fmt"], case["bpc"])
    assert got == case.get("aggregate", {})


def test_aggregate_without_chroma():
    """Planes that were not looked at have the PSNR of no samples, minus infinity, as in libvmaf."""
    ref, dis = noise(1, 40, 30, frames=2), noise(2, 40, 30, frames=2)
    got = aggregates({"enable_chroma": False, "enable_apsnr": True}, ref, dis)
    assert got["apsnr_cb"] == got["apsnr_cr"] == -math.inf
    assert got["apsnr_y"] == aggregates({"enable_apsnr": True}, ref, dis)["apsnr_y"]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 150), st.integers(2, 30), st.sampled_from([8, 10, 12, 16]))
@pytest.mark.parametrize("cpumask", LEVELS)
def test_is_the_definition(cpumask, seed, w, h, bpc):
    """Mean squared error of each plane, exactly, on every level of instructions; PSNR from it."""
    ref, dis = noise(seed, w, h, "420", bpc)[0], noise(seed + 1, w, h, "420", bpc)[0]
    got = run_features([("psnr", {"enable_mse": True})], [ref], [dis], bpc=bpc, cpumask=cpumask)
    for name, r, d in zip(("y", "cb", "cr"), ref, dis, strict=True):
        mse = int(((r.astype(np.int64) - d) ** 2).sum()) / r.size
        assert got[f"mse_{name}"][0] == mse
        cap = 6 * bpc + 12
        want = min(10 * math.log10((2**bpc - 1) ** 2 / mse), cap) if mse else cap
        assert got[f"psnr_{name}"][0] == pytest.approx(want, abs=1e-12)  # another logarithm


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 150), st.integers(1, 30), st.sampled_from([8, 10, 12]))
def test_float_equals_integer(seed, w, h, bpc):
    """Up to 12 bits the float feature is the luma PSNR, up to the rounding of the peak."""
    ref, dis = noise(seed, w, h, "400", bpc), noise(seed + 1, w, h, "400", bpc)
    got = run_features([("psnr", {}), ("float_psnr", {})], ref, dis, fmt="400", bpc=bpc)
    assert got["float_psnr"][0] == pytest.approx(got["psnr_y"][0], abs=1e-12)


def test_float_rounds_squares_of_16_bits():
    """Squares of more than 24 bits are rounded to single precision one by one."""
    ref, dis = noise(5, 70, 40, "400", 16), noise(6, 70, 40, "400", 16)
    d = (ref[0][0].astype(np.float32) - dis[0][0].astype(np.float32)) / np.float32(256)
    want = 10 * math.log10((65535 / 256) ** 2 / ((d * d).astype(np.float64).sum() / d.size))
    got = run_features([("float_psnr", {})], ref, dis, fmt="400", bpc=16)
    assert got["float_psnr"][0] == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize(("bpc", "cap"), [(8, 60), (10, 72), (12, 84), (16, 108)])
def test_identical_pictures_give_the_cap(bpc, cap):
    """60, 72, 84 and 108 dB: never infinity."""
    ref = noise(3, 40, 30, bpc=bpc)
    got = run_features([("psnr", {"enable_mse": True}), ("float_psnr", {})], ref, ref, bpc=bpc)
    for name in ("psnr_y", "psnr_cb", "psnr_cr", "float_psnr"):
        assert got[name].tolist() == [cap]
    assert got["mse_y"].tolist() == [0]


def test_black_against_white():
    """The largest error of every sample: 0 dB, at 8 and at 16 bits."""
    for bpc in (8, 16):
        top = 2**bpc - 1
        ref, dis = flat([0, top, 0], 300, 20, "444", bpc), flat([top, 0, top], 300, 20, "444", bpc)
        got = run_features([("psnr", {}), ("float_psnr", {})], [ref], [dis], fmt="444", bpc=bpc)
        assert got["psnr_y"] == got["psnr_cb"] == got["psnr_cr"] == 0
        assert got["float_psnr"][0] == pytest.approx(0, abs=1e-6)  # 16-bit squares are rounded


def test_without_chroma():
    """Luma alone, because asked for or because there is nothing else."""
    ref, dis = noise(1, 40, 30), noise(2, 40, 30)
    every = run_features([("psnr", {})], ref, dis)
    luma = run_features([("psnr", {"enable_chroma": False})], ref, dis)
    grey = run_features([("psnr", {})], [[ref[0][0]]], [[dis[0][0]]], fmt="400")
    assert luma == grey == {"psnr_y": every["psnr_y"]}


@pytest.mark.parametrize("subsample", [1, 3])
def test_threads_change_nothing(subsample):
    """The same doubles from three threads; no frame is skipped, for the sake of the sequence's PSNR."""
    ref, dis = noise(1, 40, 30, frames=7), noise(2, 40, 30, frames=7)
    want = run_features([("psnr", {})], ref, dis)
    classiccases.assert_equal(run_features([("psnr", {})], ref, dis, n_threads=3, n_subsample=subsample), want)


def test_refused():
    """Depths other than 8, 10, 12 and 16 bits, and pictures without a sample of chroma, are errors."""
    assert accepts("psnr", 2, 2)
    assert accepts("psnr", 1, 1, fmt="400")
    assert accepts("psnr", 1, 1, enable_chroma=False)
    assert not accepts("psnr", 1, 2)
    assert not accepts("psnr", 40, 30, bpc=9)
    assert not accepts("float_psnr", 40, 30, bpc=14)
