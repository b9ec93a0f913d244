"""Integer ADM against libvmaf 3.2.0, against the definition written for reading, and what must not change it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import admreference
import numpy as np
import pytest
from enginetools import FORMATS, dictionary, run_features
from vmafpy.capi._embedded import ffi, lib

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "adm.json").read_text())
MODELS = ("adm2", "aim", "adm3")  # the three whose stored and reported names differ
SCORES = (*MODELS, *(f"adm_scale{s}" for s in range(4)))
PARTS = ("num", "den", *(f"{part}_scale{s}" for part in ("num", "den") for s in range(4)))


def stored(short: str, suffix: str = "") -> str:
    """The name a score is stored under."""
    if short in MODELS:
        return f"integer_{short}{suffix}" if suffix else f"VMAF_integer_feature_{short}_score"
    return f"integer_{short if short in SCORES else 'adm_' + short}{suffix}"


def suffix(options) -> str:
    tags = {"csf_mode": "csf", "csf_scale": "scf", "csf_diag_scale": "scfd", "dlm_weight": "dlmw"}
    tags |= {"enhn_gain_limit": "egl", "min_val": "min", "noise_weight": "nw", "norm_view_dist": "nvd"}
    tags |= {"ref_display_height": "rdh", "skip_scale0": "ssz"}
    out = ""
    for name in sorted(options):
        value, tag = options[name], tags.get(name.removeprefix("adm_"))
        if tag and value != admreference.DEFAULTS[name]:
            out += f"_{tag}" if value is True else f"_{tag}_{value:g}"
    return out


def pattern(width, height, bpc, frame):
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    m, s = 2**bpc, 2 ** (bpc - 8)
    ref = m // 4 + (((((7 * x + 13 * y + 29 * frame + (x * y) % 31) * s) + (3 * x + 5 * y) % s) % m) >> 1)
    noise = ((5 * x + 3 * y + frame) % 7 - 3) * s
    base = m // 2 + (((ref - m // 2) * 5) >> 2)
    if frame == 0:
        beside = np.pad(ref, ((0, 0), (1, 1)), "edge")
        base = (beside[:, :-2] + 2 * ref + beside[:, 2:] + 2) >> 2
    return ref, np.clip(base + noise, 0, m - 1)


def hashed(width, height, bpc, key):
    y, x = np.mgrid[0:height, 0:width].astype(np.uint64)
    low = np.uint64(2**32 - 1)
    n = (1103515245 * x + 12345 * y + np.uint64(747796405 * key) + ((2654435761 * x) & low) * y) & low
    n ^= n >> np.uint64(15)
    n = (n * np.uint64(2246822519)) & low
    n ^= n >> np.uint64(13)
    n = (n * np.uint64(3266489917)) & low
    n ^= n >> np.uint64(16)
    return (n % np.uint64(2**bpc)).astype(np.int64)


def golden_pair(case, frame):
    size = case["width"], case["height"], case["bpc"]
    if case["input"] == "pattern":
        return pattern(*size, frame)
    return hashed(*size, frame), hashed(*size, frame + 100)


def run(pairs, bpc, *option_sets, **kwargs):
    """Scores by stored name, with debug ones."""
    features = [("adm", {**options, "debug": True}) for options in option_sets]
    return run_features(features, [(r,) for r, _ in pairs], [(d,) for _, d in pairs], fmt="400", bpc=bpc, **kwargs)


def assert_is(got, expected, end=""):
    """Equal doubles, NaN equal to NaN."""
    for short, value in expected.items():
        np.testing.assert_array_equal(got[stored(short, end)][0], value, err_msg=short)


@pytest.mark.parametrize("case", GOLDEN["cases"], ids="{input}-{width}x{height}-{bpc}bit-{options}".format_map)
def test_golden(case):
    """Every score and partial sum equals libvmaf's double."""
    options = GOLDEN["option_sets"][case["options"]]
    got = run([golden_pair(case, i) for i in range(len(case["frames"]))], case["bpc"], options)
    assert len(got) == len(SCORES) + len(PARTS) + 1
    for column, values in zip(GOLDEN["columns"], zip(*case["frames"], strict=True), strict=True):
        assert got[stored(column, suffix(options))].tolist() == list(values), column
    assert got["integer_adm" + suffix(options)].tolist() == got[stored("adm2", suffix(options))].tolist()


def test_variants_share_a_pass():
    """All option sets of the golden file at once give what each gives alone."""
    cases = [c for c in GOLDEN["cases"] if (c["input"], c["width"], c["bpc"]) == ("hash", 128, 16)]
    assert len(cases) > 5
    # two sets without a trace of their difference in the names cannot live in one context
    sets = {c["options"]: GOLDEN["option_sets"][c["options"]] for c in cases if c["options"] != "skip_aim"}
    got = run([golden_pair(cases[0], i) for i in range(2)], 16, *sets.values())
    for case in cases:
        if case["options"] in sets:
            for column, values in zip(GOLDEN["columns"], zip(*case["frames"], strict=True), strict=True):
                assert got[stored(column, suffix(sets[case["options"]]))].tolist() == list(values), column


def test_reference_reproduces_libvmaf():
    """The Python definition gives libvmaf's doubles, and its integers at every stage."""
    for case in GOLDEN["cases"]:
        if case["width"] > 200:
            continue
        ref, dis = golden_pair(case, 0)
        scores, _ = admreference.adm(ref, dis, case["bpc"], **GOLDEN["option_sets"][case["options"]])
        assert [scores[c] for c in GOLDEN["columns"]] == case["frames"][0]
    case = GOLDEN["stages"]["case"]
    _, stages = admreference.adm(*golden_pair(case, case["frame"]), case["bpc"])
    for stage, expected in zip(stages, GOLDEN["stages"]["scales"], strict=True):
        assert [int(stage["o"][b].sum()) for b in "ahvd"] == expected["ref_band_sums_a_h_v_d"]
        assert [int(stage["t"][b].sum()) for b in "ahvd"] == expected["dis_band_sums_a_h_v_d"]
        assert int(stage["flag"].sum()) == expected["angle_flag_count_full_band"]
        assert [int(stage["r"][b].sum()) for b in "hvd"] == expected["restored_sums_h_v_d_full_band"]
        assert [int(stage["a"][b].sum()) for b in "hvd"] == expected["additive_sums_h_v_d_full_band"]
        for part in ("den", "num", "aim"):
            assert stage["sums"][part] == expected[f"{part}_accumulators_h_v_d"]


def random_pair(rng, width, height, bpc):
    """Anything from flat through natural to full-scale noise; distorted from equal to unrelated."""
    top = 2**bpc - 1
    y, x = np.mgrid[0:height, 0:width]
    kind = rng.integers(5)
    if kind == 0:
        ref = rng.random((height, width))
    elif kind == 1:
        ref = (rng.random((height, width)) < 0.5).astype(float)
    elif kind == 2:
        ref = 0.5 + 0.4 * np.sin(x * rng.random() + y * rng.random()) * rng.random((height, width))
    elif kind == 3:
        ref = np.kron(rng.random((height // 8 + 1, width // 8 + 1)), np.ones((8, 8)))[:height, :width]
    else:
        ref = ((x // rng.integers(1, 5) + y // rng.integers(1, 5)) % 2).astype(float)
    ref[: rng.integers(height), : rng.integers(width)] = rng.random()
    how = rng.integers(6)
    noise = rng.normal(0, rng.choice([0.002, 0.02, 0.3]), ref.shape)
    # gains just under and over 1 keep angles within a degree, where gain limits act
    dis = (
        ref,
        ref + noise,
        0.5 + (ref - 0.5) * rng.uniform(0.3, 1.8),
        1 - ref,
        rng.random(ref.shape),
        ref * 0.97 + noise / 9,
    )[how]
    return tuple(np.clip(np.round(p * top), 0, top).astype(np.int64) for p in (ref, dis))


def random_options(rng):
    options = {
        "adm_enhn_gain_limit": round(float(rng.choice([1, 2, 100, rng.uniform(1, 3), rng.uniform(1, 100)])), 3),
        "adm_noise_weight": round(float(rng.choice([0, 0.02, 0.03125, rng.uniform(0, 10)])), 5),
        "adm_dlm_weight": round(float(rng.random()), 3),
        "adm_min_val": round(float(rng.choice([0, 0.5, 1])), 3),
        "adm_skip_scale0": bool(rng.random() < 0.2),
        "adm_skip_aim": bool(rng.random() < 0.2),
        "adm_csf_mode": int(rng.integers(4)),
    }
    if options["adm_csf_mode"] < 2:
        height = int(rng.integers(400, 4320))
        options["adm_ref_display_height"] = height
        options["adm_norm_view_dist"] = round(float(rng.uniform(3241 / height, 24)), 4)
        for name in ("adm_csf_scale", "adm_csf_diag_scale"):
            options[name] = round(float(rng.uniform(0, 0.0015)), 6)
    else:
        heights = list(admreference.TABLES)
        height, distance = heights[rng.integers(len(heights))]
        options |= {"adm_ref_display_height": height, "adm_norm_view_dist": distance}
    return options


@pytest.mark.parametrize("seed", range(60))
def test_definition(seed):
    """
    Any picture, any options: equal to the definition, at every bit depth and odd sizes.

    Reaches what the golden vectors do not tell apart: fractional gain limits, the skips, viewing distances off the
    default, all four CSF modes and every row of their tables.
    """
    rng = np.random.default_rng(seed)
    bpc = int(rng.choice([8, 8, 9, 10, 12, 16]))
    width, height = (int(v) for v in rng.integers(33, 150, 2))
    ref, dis = random_pair(rng, width, height, bpc)
    options = random_options(rng)
    expected, _ = admreference.adm(ref, dis, bpc, **options)
    assert_is(run([(ref, dis)], bpc, options), expected, suffix(options))


@pytest.mark.parametrize("height", range(33, 66))
def test_sizes(height):
    """Every parity of the four scales in both directions, crops that start at the first coefficient included."""
    rng = np.random.default_rng(height)
    for width in (height, 98 - height):
        ref, dis = random_pair(rng, width, height, 8)
        assert_is(run([(ref, dis)], 8, {}), admreference.adm(ref, dis, 8)[0])


def test_large_sums():
    """Accumulators beyond 2^53 are rounded to double and then to single precision."""
    rng = np.random.default_rng(1)
    ref, dis = (rng.integers(0, 2, (300, 400)) * 65535 for _ in range(2))
    expected, stages = admreference.adm(ref, dis, 16)
    assert max(stages[0]["sums"]["num"]) > 2**53
    assert_is(run([(ref, dis)], 16, {}), expected)


def test_large_area():
    """Row sums of the reference are rounded once the area of scale 0 is above 2^20 coefficients."""
    rng = np.random.default_rng(2)
    ref = rng.integers(0, 256, (2600, 2600), dtype=np.uint8)
    dis = np.clip(ref + rng.integers(-9, 10, ref.shape), 0, 255).astype(np.uint8)
    expected, stages = admreference.adm(ref, dis, 8)
    rows, columns = (int(n * 0.1 - 0.5) for n in stages[0]["o"]["h"].shape)
    assert (1300 - 2 * rows) * (1300 - 2 * columns) > 2**20
    assert_is(run([(ref, dis)], 8, {}), expected)


@pytest.mark.parametrize("weight", [0, 1e-44, 1e-42, 1e-40, 1e-38])
def test_limit(weight):
    """Sums below 1e-10 of a 1080p picture's worth are zero, and a flat reference then scores 1."""
    flat = np.full((200, 300), 77)
    weight = float(f"{np.float32(weight):g}")  # options keep six digits of a float
    options = {"adm_noise_weight": weight}
    expected, _ = admreference.adm(flat, flat, 8, **options)
    assert (expected["den"] == 0) == (weight < 1e-41)
    assert expected["adm2"] == 1
    assert_is(run([(flat, flat)], 8, options), expected, suffix(options))
    assert math.isnan(expected["adm_scale0"]) == (weight == 0)


@pytest.mark.parametrize("scale", [0.05, 1.0, 50.0])
def test_factors_out_of_range(scale):
    """CSF mode 1 far beyond its fixed point wraps as libvmaf's scalar path does, and never crashes."""
    ref, dis = golden_pair(GOLDEN["cases"][0], 0)
    got = run([(ref, dis)], 8, {"adm_csf_mode": 1, "adm_csf_scale": scale, "adm_csf_diag_scale": scale})
    assert len(got) == len(SCORES) + len(PARTS) + 1


@pytest.mark.parametrize("bpc", [8, 10, 16])
def test_levels(bpc):
    """Vector code gives plain C's doubles, also in rows of several vector blocks and at their ends."""
    rng = np.random.default_rng(bpc)
    sets = {}, {"adm_enhn_gain_limit": 1.0}, GOLDEN["option_sets"]["v1_3d0h"]
    for width in (1395, 1396, 33):
        pair = random_pair(rng, width, 50, bpc)
        best, plain = (run([pair], bpc, *sets, cpumask=mask) for mask in (0, 2**64 - 1))
        assert {k: v.tolist() for k, v in best.items()} == {k: v.tolist() for k, v in plain.items()}


def test_outside_is_not_read():
    """Luma that no summed coefficient or mask sees does not matter: 25 percent of 1080p."""
    rng = np.random.default_rng(3)
    ref, dis = (rng.integers(0, 256, (1080, 1920), dtype=np.uint8) for _ in range(2))
    other = []
    for plane in (ref, dis):
        copy = rng.integers(0, 256, plane.shape, dtype=np.uint8)
        copy[65:1023, 145:1775] = plane[65:1023, 145:1775]
        other.append(copy)
    a, b = run([(ref, dis)], 8, {}), run([tuple(other)], 8, {})
    assert {k: v.tolist() for k, v in a.items()} == {k: v.tolist() for k, v in b.items()}


def check(options, width, height, bpc=8):
    name, text = b"adm", dictionary(options) if options else ffi.NULL
    return lib.vmafpy_extractor_check(name, text, FORMATS["400"], bpc, width, height)


def test_refused():
    """
    Streams and options without a defined score are refused before the first frame.

    Sides below 33; closer than three heights of 1080; mode 2 and 3 away from their tables.
    """
    assert check({}, 33, 33) == 0
    assert check({}, 32, 33) < 0
    assert check({}, 33, 32) < 0
    assert check({"adm_norm_view_dist": 2.9}, 64, 64) < 0
    assert check({"adm_norm_view_dist": 1.5, "adm_ref_display_height": 2160}, 64, 64) == 0
    assert check({"adm_csf_mode": 2, "adm_norm_view_dist": 4.0}, 64, 64) < 0
    assert check({"adm_csf_mode": 3, "adm_ref_display_height": 720, "adm_norm_view_dist": 5.0}, 64, 64) == 0
    assert check({"adm_csf_mode": 3, "adm_ref_display_height": 720, "adm_norm_view_dist": 4.6}, 64, 64) < 0


def test_identical():
    """A picture against itself: adm2 a hair from 1, nothing added."""
    ref, _ = golden_pair(GOLDEN["cases"][0], 0)
    got = run([(ref, ref)], 8, {}, {"adm_enhn_gain_limit": 1.0})
    for end in ("", "_egl_1"):
        assert got[stored("adm2", end)][0] == pytest.approx(1, abs=1e-3)  # masking of scale 0 keeps it off 1
        assert got[stored("aim", end)][0] == pytest.approx(0, abs=1e-3)
