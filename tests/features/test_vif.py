"""Integer VIF against libvmaf 3.2.0, and what must not change it."""

from __future__ import annotations

import json
from pathlib import Path

import formulas
import numpy as np
import pytest
from enginetools import run_features
from hypothesis import given, settings
from hypothesis import strategies as st

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "vif_motion.json").read_text())
NAMES = {
    **{f"VMAF_integer_feature_vif_scale{i}_score": f"vif_scale{i}" for i in range(4)},
    **{f"integer_vif{total}": f"vif{total}".removeprefix("vif_") for total in ("", "_num", "_den")},
    **{f"integer_vif_{part}_scale{i}": f"{part}_scale{i}" for part in ("num", "den") for i in range(4)},
}


def case_id(case):
    return "{input}-{width}x{height}-{bpc}bit".format(**case)


def clip(case):
    pairs = [formulas.pair(case["input"], case["width"], case["height"], case["bpc"], i) for i in range(case["frames"])]
    return [(ref,) for ref, _ in pairs], [(dis,) for _, dis in pairs]


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=case_id)
def test_golden(case):
    """Every score, total and partial sum equals libvmaf's double, standard and NEG gain limit in one pass."""
    ref, dis = clip(case)
    assert [formulas.crc32(ref[0][0]), formulas.crc32(dis[0][0])] == case["crc32"]
    got = run_features(
        [("vif", {"debug": True}), ("vif", {"debug": True, "vif_enhn_gain_limit": 1.0})],
        ref,
        dis,
        fmt="400",
        bpc=case["bpc"],
    )
    assert len(got) == 2 * len(NAMES)
    for stored, name in NAMES.items():
        assert got[stored].tolist() == case["vif"][name], name
        alias = stored.removeprefix("VMAF_").replace("integer_feature", "integer").removesuffix("_score")
        assert got[f"{alias}_egl_1"].tolist() == case["vif_gain_limit_1"][name], name


def random_pairs(seed, w, h, bpc, n=1):
    """Textured reference; distorted with contrast and noise that reach every branch of the statistics."""
    rng = np.random.default_rng(seed)
    top = 2**bpc - 1
    dtype = np.uint8 if bpc == 8 else np.uint16
    out = []
    for _ in range(n):
        base = rng.random((h, w)) ** rng.choice([0.3, 1, 8])
        base[rng.random((h, w)) < 0.3] = rng.random()
        base[: h // 3, : w // 2] = rng.random()
        other = (base - 0.5) * rng.choice([0.2, 0.9, 1.7]) + 0.5 + rng.normal(0, rng.choice([0, 0.003, 0.1]), (h, w))
        out.append(
            (np.rint(base * top).astype(dtype), np.rint(np.clip(other, 0, 1) * top).astype(dtype)),
        )
    return [(r,) for r, _ in out], [(d,) for _, d in out]


def test_skip_scale0():
    """Scale 0 scores 0, its numerator 0 and denominator -1; the other scales stay, and make up the totals alone."""
    ref, dis = random_pairs(1, 61, 47, 10)
    plain = run_features([("vif", {"debug": True})], ref, dis, fmt="400", bpc=10)
    skip = run_features([("vif", {"debug": True, "vif_skip_scale0": True})], ref, dis, fmt="400", bpc=10)
    value = {name.removesuffix("_ssclz"): scores[0] for name, scores in skip.items()}
    assert value["integer_vif_scale0"] == 0
    assert value["integer_vif_num_scale0"] == 0
    assert value["integer_vif_den_scale0"] == -1
    for i in (1, 2, 3):
        assert value[f"integer_vif_scale{i}"] == plain[f"VMAF_integer_feature_vif_scale{i}_score"][0]
    num = sum(plain[f"integer_vif_num_scale{i}"][0] for i in (1, 2, 3))
    den = sum(plain[f"integer_vif_den_scale{i}"][0] for i in (1, 2, 3))
    assert (value["integer_vif_num"], value["integer_vif_den"]) == (num, den)
    assert value["integer_vif"] == num / den


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32), st.integers(16, 150), st.integers(16, 60), st.integers(8, 16), st.sampled_from([1.2, 2, 50])
)
def test_variants_together_equal_each_alone(seed, w, h, bpc, limit):
    """One pass over several gain limits, with and without scale 0, gives what separate passes give."""
    ref, dis = random_pairs(seed, w, h, bpc)
    variants = [{}, {"vif_enhn_gain_limit": 1}, {"vif_enhn_gain_limit": limit, "vif_skip_scale0": True}]
    together = run_features([("vif", v) for v in variants], ref, dis, fmt="400", bpc=bpc)
    apart = {}
    for v in variants:
        apart.update(run_features([("vif", v)], ref, dis, fmt="400", bpc=bpc))
    assert {k: v.tolist() for k, v in together.items()} == {k: v.tolist() for k, v in apart.items()}


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(16, 600), st.integers(16, 50), st.integers(8, 16))
def test_cpu_levels_agree(seed, w, h, bpc):
    """Every score is the same double with and without vector instructions."""
    ref, dis = random_pairs(seed, w, h, bpc)
    features = [("vif", {"debug": True}), ("vif", {"debug": True, "vif_enhn_gain_limit": 1})]
    best, plain, middle = (run_features(features, ref, dis, fmt="400", bpc=bpc, cpumask=mask) for mask in (0, 1, 16))
    assert {k: v.tolist() for k, v in best.items()} == {k: v.tolist() for k, v in plain.items()}
    assert {k: v.tolist() for k, v in best.items()} == {k: v.tolist() for k, v in middle.items()}


def test_limit_orders_scores():
    """A lower gain limit never raises a score: enhancement is credited less."""
    ref, dis = random_pairs(5, 128, 96, 8, n=4)
    limits = (1, 1.2, 2, 10, 99)
    got = run_features([("vif", {"vif_enhn_gain_limit": x}) for x in limits], ref, dis, fmt="400")
    for i in range(4):
        rows = np.array([got[f"integer_vif_scale{i}_egl_{x:g}"] for x in limits])
        assert (np.diff(rows, axis=0) >= 0).all()
    assert (np.diff(rows, axis=0) > 0).any()


def test_frames_are_independent():
    """A frame's score depends on its own pictures alone, whatever was scored before it, on however many threads."""
    ref, dis = random_pairs(9, 83, 61, 8, n=7)
    one = run_features([("vif", {})], ref, dis, fmt="400")
    three = run_features([("vif", {})], ref, dis, fmt="400", n_threads=3)
    back = run_features([("vif", {})], ref[::-1], dis[::-1], fmt="400")
    for name, scores in one.items():
        assert scores.tolist() == three[name].tolist() == back[name][::-1].tolist()
        assert len(set(scores.tolist())) == 7


def test_subsampling_thins():
    """With a subsampling of 3 the frames 0, 3, 6 have their scores and the others none."""
    ref, dis = random_pairs(3, 40, 33, 8, n=7)
    full = run_features([("vif", {})], ref, dis, fmt="400")
    thin = run_features([("vif", {})], ref, dis, fmt="400", n_subsample=3)
    for name, scores in thin.items():
        assert scores[::3].tolist() == full[name][::3].tolist()
        assert np.isnan(np.delete(scores, [0, 3, 6])).all()


@pytest.mark.parametrize("shape", [(15, 64), (64, 15), (8, 8)])
def test_too_small_is_refused(shape):
    """A side below 16 samples, which leaves the smallest scale without a neighbour, is an error and not a number."""
    flat = np.full(shape, 128, np.uint8)
    with pytest.raises(AssertionError, match="= -22"):
        run_features([("vif", {})], [(flat,)], [(flat,)], fmt="400")
