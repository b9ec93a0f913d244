"""Integer VIF against libvmaf 3.2.0, and what must not change it."""

from __future__ import annotations

import json
from pathlib import Path

import formulas
import numpy as np
import pytest
from enginetools import run_features, run_several
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


TAPS = [
    [489, 935, 1640, 2640, 3896, 5274, 6547, 7455, 7784, 7455, 6547, 5274, 3896, 2640, 1640, 935, 489],
    [1244, 3663, 7925, 12590, 14692, 12590, 7925, 3663, 1244],
    [3571, 16004, 26386, 16004, 3571],
    [10904, 43728, 10904],
]


def filtered(rows, taps, axis):
    """Sums of whole-sample reflected neighbours along an axis; Python integers, so that none overflows."""
    r = len(taps) // 2
    width = [(0, 0), (0, 0)]
    width[axis] = (r, r)
    padded = np.pad(rows, width, mode="reflect")
    n = rows.shape[axis]
    return sum(tap * np.take(padded, range(k, k + n), axis) for k, tap in enumerate(taps))


def halved(rows, taps, shift):
    """The picture of the next scale."""
    vertical = (filtered(rows, taps, 0) + (1 << (shift - 1))) >> shift
    out = (filtered(vertical, taps, 1) + 32768) >> 16
    return out[: 2 * (rows.shape[0] // 2) : 2, : 2 * (rows.shape[1] // 2) : 2]


def log_of(v):
    """2048 log2 of the sixteen top bits of integers of at least 2^17, by way of steps of 2^-20."""
    k = np.array([int(i).bit_length() - 16 for i in v], np.int64)
    return (np.rint(np.log2((v >> k).astype(float)) * 2**20).astype(np.int64) + 256 >> 9) + 2048 * k


def ratio(ref, dis, scale, bpc, limit):
    """The score of one scale, by the definition, in whole numbers of any size."""
    taps, mean, square = TAPS[scale], 16 if scale else bpc, 16 if scale else 2 * (bpc - 8)

    def moment(plane, shift):
        return filtered((filtered(plane, taps, 0) + ((1 << shift) >> 1)) >> shift, taps, 1)

    def product(a, b):
        return (a * b + (1 << 31)) >> 32

    m1, m2 = moment(ref, mean), moment(dis, mean)
    xx, yy, xy = ((moment(p, square) + 32768) >> 16 for p in (ref * ref, dis * dis, ref * dis))
    s1, s2, s12 = (v.ravel() for v in (xx - product(m1, m1), yy - product(m2, m2), xy - product(m1, m2)))
    s1, s2, s12 = s1.astype(np.int64), np.maximum(s2.astype(np.int64), 0), s12.astype(np.int64)
    noise = 131072
    flat = s1 < noise
    den = np.sum(log_of(s1[~flat] + noise) - 34816) / 2048 + flat.sum()
    some = ~flat & (s12 > 0) & (s2 > 0)
    a, b, ab = s1[some], s2[some], s12[some]
    gain = ab / (a + 65536 * 1e-10)
    rest = np.maximum((b - gain * ab).astype(np.int64), 0) + noise
    gain = np.minimum(gain, limit)
    log = np.sum(log_of((gain * gain * a).astype(np.int64) + rest) - log_of(rest))
    num = log / 2048 + (flat.sum() - s2[flat].sum() / 16384 / 65025)
    return float(np.float32(num) / np.float32(den))


@pytest.mark.parametrize(("w", "h", "bpc"), [(1303, 21, 8), (1283, 17, 10), (641, 18, 8), (655, 16, 16)])
def test_wide_pictures_by_definition(w, h, bpc):
    """Pictures of several tiles, whose last may be a column wide, give what whole-number arithmetic gives."""
    ref, dis = random_pairs(w, w, h, bpc)
    got = run_features([("vif", {}), ("vif", {"vif_enhn_gain_limit": 1})], ref, dis, fmt="400", bpc=bpc)
    x, y = (np.array(rows[0][0].tolist(), object) for rows in (ref, dis))
    for scale in range(4):
        assert got[f"VMAF_integer_feature_vif_scale{scale}_score"][0] == ratio(x, y, scale, bpc, 100)
        assert got[f"integer_vif_scale{scale}_egl_1"][0] == ratio(x, y, scale, bpc, 1)
        if scale < 3:
            x, y = (halved(p, TAPS[scale + 1], 16 if scale else bpc) for p in (x, y))


@settings(max_examples=20, deadline=None)
@given(
    st.integers(0, 2**32), st.integers(16, 700), st.integers(16, 40), st.sampled_from([8, 10, 16]), st.integers(2, 4)
)
def test_several_distorted_equal_each_alone(seed, w, h, bpc, n):
    """Distorted clips that share the work on their reference have, all of them, the scores of a run of their own."""
    ref, _ = random_pairs(seed, w, h, bpc, n=2)
    clips = [random_pairs(seed + 1 + k, w, h, bpc, n=2)[1] for k in range(n)]
    features = [("vif", {"debug": True}), ("vif", {"debug": True, "vif_enhn_gain_limit": 1})]
    together = run_several(features, ref, clips, fmt="400", bpc=bpc)
    for clip, got in zip(clips, together, strict=True):
        alone = run_features(features, ref, clip, fmt="400", bpc=bpc)
        assert {k: v.tolist() for k, v in got.items()} == {k: v.tolist() for k, v in alone.items()}


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
@given(st.integers(0, 2**32), st.integers(16, 1400), st.integers(16, 50), st.integers(8, 16))
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
