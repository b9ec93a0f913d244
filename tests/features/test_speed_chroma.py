"""SpEED of chroma against libvmaf 3.2.0, and what must not change it."""

from __future__ import annotations

import json
from pathlib import Path

import gradients
import numpy as np
import pytest
from enginetools import FORMATS, dictionary, lib, run_features
from hypothesis import given, settings
from hypothesis import strategies as st

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "cambi_speed.json").read_text())
V1 = {"speed_nn_floor": 0.1, "speed_sigma_nn": 0.19, "speed_weight_var_mode": 5, "speed_max_val": 45}


def speed(ref, dis, fmt="444", bpc=8, options=None, **how):
    """Scores by name of single frames."""
    got = run_features([("speed_chroma", options or {})], [ref], [dis], fmt=fmt, bpc=bpc, **how)
    return {name: values.tolist() for name, values in got.items()}


def values(*args, **how):
    """u, v and uv."""
    return [score for (score,) in speed(*args, **how).values()]


def refused(fmt, w, h, bpc=8, **options):
    return lib.vmafpy_extractor_check(b"speed_chroma", dictionary(options), FORMATS[fmt], bpc, w, h) == -22


@pytest.mark.parametrize("cpumask", [0, 1, 16])
@pytest.mark.parametrize("case", [c for c in GOLDEN["cases"] if c["speed_chroma"]], ids=lambda case: case["name"])
def test_golden(case, cpumask):
    """Every option set of every picture, at every level of instructions: libvmaf's numbers."""
    how = {"fmt": case["format"], "bpc": case["bitdepth"], "cpumask": cpumask}
    ref, dis = gradients.pair(case["w"], case["h"], case["format"], case["bitdepth"], case["frames"][0])
    for run in case["speed_chroma"]:
        assert values(ref, dis, options=run["options"], **how) == list(run["scores"].values()), run["set"]


def test_names():
    """Options that differ from the defaults, sorted by their long names; a kernel scale of 1 is none."""
    ref, dis = gradients.pair(320, 224, "444", 8, 0)
    options = V1 | {"speed_prescale": 0.6, "speed_prescale_method": "bilinear", "speed_kernelscale": 1}
    assert list(speed(ref, dis, options=options)) == [
        f"speed_chroma_{plane}_mxv_45_nnf_0.1_ps_0.6_psm_bilinear_snn_0.19_wvm_5" for plane in ("u", "v", "uv")
    ]


def test_variants_together_equal_each_alone():
    """One pass over sets that share shapes, noise levels or nothing gives what separate passes give."""
    ref, dis = gradients.pair(647, 331, "422", 8, 0)
    scaled = {"speed_prescale": 0.6, "speed_prescale_method": "bilinear"}
    sets = [V1, {}, V1 | scaled, scaled, {"speed_sigma_nn": 0.19}, {"speed_kernelscale": 2}, {"speed_max_val": 9}]
    together = run_features([("speed_chroma", o) for o in sets], [ref], [dis], fmt="422")
    apart = {}
    for options in sets:
        apart |= speed(ref, dis, "422", options=options)
    assert {name: scores.tolist() for name, scores in together.items()} == apart


def planes(seed, w, h, bpc):
    """Smooth shapes with some noise: covariances of any condition."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w]
    out = []
    for _ in range(3):
        wave = sum(rng.random() * np.sin(x * rng.random() + y * rng.random() + 6 * rng.random()) for _ in range(4))
        p = 0.5 + 0.2 * wave + rng.choice([0, 0.01, 0.2]) * rng.standard_normal((h, w))
        out.append(np.clip(p * 2**bpc, 0, 2**bpc - 1).astype(np.uint8 if bpc == 8 else np.uint16))
    return out


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(160, 700),
    st.integers(160, 500),
    st.sampled_from([8, 10, 12, 16]),
    st.sampled_from([{}, V1, {"speed_prescale": 0.9, "speed_prescale_method": "bilinear"}, {"speed_kernelscale": 3}]),
)
def test_levels_agree(seed, w, h, bpc, options):
    """Plain C, AVX2 and the best level of the machine give the same bits."""
    ref, dis = planes(seed, w, h, bpc), planes(seed + 1, w, h, bpc)
    plain = values(ref, dis, bpc=bpc, options=options, cpumask=1)
    assert values(ref, dis, bpc=bpc, options=options, cpumask=16) == plain
    assert values(ref, dis, bpc=bpc, options=options) == plain


@pytest.mark.parametrize("mode", range(7))
def test_identical_pictures(mode):
    """No distance; in the modes that weigh the two sides by differing roundings, next to none."""
    ref, _ = gradients.pair(320, 224, "444", 8, 0)
    got = values(ref, ref, options={"speed_weight_var_mode": mode})
    assert got == [0, 0, 0] if mode < 4 else max(got) < 2e-5


def test_singular_planes():
    """A flat plane on either side makes its pair 0; then the other pair alone speaks."""
    ref, dis = gradients.pair(320, 224, "444", 8, 0)
    u, v, uv = values(ref, dis)
    assert min(u, v) > 0
    assert uv == np.float32(u + v) / 2
    flat = np.full_like(ref[1], 90)
    assert values([ref[0], flat, ref[2]], dis) == [0, v, v]
    assert values(ref, [dis[0], dis[1], flat]) == [u, 0, u]
    assert values([ref[0], flat, flat], [dis[0], flat, flat]) == [0, 0, 0]


def test_limit():
    """Each of the three is limited by itself; the mean is taken before."""
    ref, dis = gradients.pair(320, 224, "444", 8, 0)
    u, v, uv = values(ref, dis)
    assert u > uv > v
    assert values(ref, dis, options={"speed_max_val": 16}) == [16, v, 16]
    assert values(ref, dis, options={"speed_max_val": 17}) == [17, v, uv]


def test_what_cannot_be_scored_is_refused():
    """No chroma, planes below 80 samples a side after resizing, depths and kernel scales libvmaf has no numbers for."""
    assert refused("400", 640, 480)
    assert refused("420", 159, 480)
    assert not refused("420", 160, 160)
    assert refused("420", 160, 159)
    assert refused("420", 160, 160, speed_prescale=0.9)
    assert not refused("420", 80, 80, speed_prescale=2)
    assert not refused("444", 80, 80)
    assert [bpc for bpc in range(8, 17) if not refused("420", 640, 480, bpc)] == [8, 10, 12, 16]
    assert refused("420", 640, 480, speed_kernelscale=1.2)
    assert not refused("420", 640, 480, speed_kernelscale=1.0009)
    assert refused("420", 640, 480, speed_prescale_method="area")


def test_prescale_of_almost_one_stays_inside_the_plane():
    """A prescale within 0.001 of 1 resizes nothing; where it would reach beyond a wide plane, the plane ends."""
    ref, dis = planes(3, 1100, 200, 8), planes(4, 1100, 200, 8)
    assert values(ref, dis, options={"speed_prescale": 1.0009}) == values(ref, dis)
