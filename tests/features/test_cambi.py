"""CAMBI against libvmaf 3.2.0, against its definition, and what must not change it."""

from __future__ import annotations

import json
from pathlib import Path

import cambireference
import gradients
import numpy as np
import pytest
from enginetools import FORMATS, dictionary, lib, run_features
from formulas import crc32
from hypothesis import given, settings
from hypothesis import strategies as st

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "cambi_speed.json").read_text())
CAMBI = "Cambi_feature_cambi_score"
V1 = {"cambi_high_res_speedup": 1080, "cambi_vis_lum_threshold": 0.06, "cambi_max_val": 17}


def cambi(ref, dis, bpc=8, options=None, **how):
    """Scores by name, one frame per pair of luma planes."""
    got = run_features([("cambi", options or {})], [(r,) for r in ref], [(d,) for d in dis], fmt="400", bpc=bpc, **how)
    return {name: values.tolist() for name, values in got.items()}


def one(luma, bpc=8, **options):
    """The score of one picture under its only name."""
    ((value,),) = cambi([luma], [luma], bpc, options).values()
    return value


def refused(w, h, bpc=8, **options):
    return lib.vmafpy_extractor_check(b"cambi", dictionary(options), FORMATS["400"], bpc, w, h) == -22


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: case["name"])
def test_golden(case):
    """Every option set of every picture, 4:4:4 to 4:2:0, 8 to 12 bit, odd sizes: libvmaf's doubles."""
    ref, dis = gradients.pair(case["w"], case["h"], case["format"], case["bitdepth"], case["frames"][0])
    assert [int(crc32(p), 16) for p in ref + dis] == case["crc32"]["ref"] + case["crc32"]["dis"]
    for run in case["cambi"]:
        got = run_features([("cambi", run["options"])], [ref], [dis], fmt=case["format"], bpc=case["bitdepth"])
        assert [values[0] for values in got.values()] == list(run["scores"].values()), run["options"]


def test_names():
    """Options that differ from the defaults, sorted by their long names; the path and full_ref never show."""
    ref, dis = gradients.pair(320, 224, "420", 8, 0)
    assert list(cambi(ref[:1], dis[:1], options=V1)) == ["cambi_hrs_1080_cmxv_17_vlt_0.06"]
    options = {"eotf": "pq", "cambi_eotf": "pq", "topk": 0.5, "cambi_topk": 0.25, "src_width": 320, "full_ref": True}
    options |= {"src_height": 224, "enc_bitdepth": 8, "window_size": 63, "tvi_threshold": 0.02}
    assert list(cambi(ref[:1], dis[:1], options=options)) == [
        "cambi_ceot_pq_ctpk_0.25_encbd_8_eotf_pq_srch_224_srcw_320_topk_0.5_tvit_0.02_ws_63",
        "cambi_source",
        "cambi_full_reference",
    ]


@pytest.mark.parametrize(
    ("one_way", "other_way"), [({"topk": 0.2}, {"cambi_topk": 0.2}), ({"eotf": "pq"}, {"cambi_eotf": "pq"})]
)
def test_both_spellings_do_the_same(one_way, other_way):
    """topk and cambi_topk, eotf and cambi_eotf: either is enough, and neither is without effect."""
    _, (dis, *_) = gradients.pair(320, 224, "420", 8, 0)
    assert one(dis, **one_way) == one(dis, **other_way) != one(dis)


def picture(seed, w, h, bpc):
    """Bands of near codes with some noise, sometimes dark or bright, sometimes flat: what banding looks at."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w]
    steps = rng.integers(1, 5) * 2.0 ** (bpc - 10)
    slope = x * rng.random() * 0.4 + y * rng.random() * 0.4
    base = rng.choice([0, 80, 400, 900]) * 2.0 ** (bpc - 10)
    noise = (rng.random((h, w)) < rng.choice([0, 0.02, 0.3])) * rng.integers(0, 4, (h, w)) * steps
    flat = base + np.floor(slope) * steps + noise
    return np.clip(flat, 0, 2**bpc - 1).astype(np.uint8 if bpc == 8 else np.uint16)


OPTIONS = [  # for the engine, and for the definition
    ({}, {}),
    ({"max_log_contrast": 5, "tvi_threshold": 0.1}, {"n_diffs": 32, "threshold": 0.1}),
    ({"max_log_contrast": 0, "window_size": 127}, {"n_diffs": 1, "window": 127}),
    ({"topk": 0.01}, {"topk": 0.01}),
    ({"cambi_topk": 1, "eotf": "pq"}, {"topk": 1.0, "eotf": "pq"}),
    ({"cambi_vis_lum_threshold": 1, "window_size": 15}, {"light": 1.0, "window": 15}),
    ({"cambi_vis_lum_threshold": 300}, {"light": 300.0}),
    ({"enc_bitdepth": 8}, {"smooth": True}),
    ({"enc_bitdepth": 10}, {"smooth": False}),
]


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(216, 330),
    st.integers(1, 60),
    st.integers(8, 16),
    st.sampled_from(OPTIONS),
    st.sampled_from([0, 1, 16]),
)
def test_is_the_definition(seed, w, h, bpc, options, cpumask):
    """On every level of instructions: the definition, step by step, on whole pictures. Sums there are rounded."""
    luma = picture(seed, w, h, bpc)
    (got,) = cambi([luma], [luma], bpc, options[0], cpumask=cpumask).values()
    assert got == pytest.approx([cambireference.score(luma, bpc, **options[1])], rel=1e-13)


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 2**32), st.integers(216, 330), st.integers(150, 160), st.sampled_from([8, 10, 12]))
def test_resizing_and_full_reference(seed, w, h, bpc):
    """Distorted picture at the encoded size, reference at the source size, each as the definition resizes."""
    dis, ref = picture(seed, 331, 161, bpc), picture(seed + 1, 331, 161, bpc)
    options = {"enc_width": w, "enc_height": h, "src_width": 400, "src_height": 203, "full_ref": True}
    smooth = bpc < 10
    d = cambireference.score(dis, bpc, form=(w, h), smooth=smooth)
    r = cambireference.score(ref, bpc, form=(400, 203), smooth=smooth)
    got = [values[0] for values in cambi([ref], [dis], bpc, options).values()]
    assert got == pytest.approx([d, r, max(0, d - r)], rel=1e-12, abs=1e-12)


def test_high_resolution_speed_up():
    """At 1080p and above with the option, a quarter of the samples is judged, in a smaller window."""
    luma = picture(5, 1920, 1080, 8)
    want = cambireference.score(luma, 8, half=True, light=0.06)
    assert one(luma, **V1 | {"cambi_max_val": 1000}) == pytest.approx(want, rel=1e-13)
    assert one(luma[:1079], **V1) == one(luma[:1079], cambi_vis_lum_threshold=0.06, cambi_max_val=17)


def test_variants_together_equal_each_alone():
    """One pass over several option sets gives what separate passes give, with the full reference of any of them."""
    ref, dis = gradients.pair(320, 224, "420", 8, 0)
    sets = [V1, {}, {"cambi_max_val": 3}, {"full_ref": True, "topk": 0.3}, {"max_log_contrast": 1}]
    together = run_features([("cambi", o) for o in sets], [ref], [dis])
    apart = {}
    for options in sets:
        apart |= cambi(ref[:1], dis[:1], options=options)
    assert {name: values.tolist() for name, values in together.items()} == apart
    assert "cambi_full_reference" in apart


@pytest.mark.parametrize("threads", [0, 3])
def test_heatmaps(tmp_path, threads):
    """Five files of 16-bit maps, one frame after another: the contrasts of the definition, 65535 at the largest."""
    frames = [picture(seed, 330, 217, 8) for seed in (1, 2, 3, 4)]
    scores = cambi(frames, frames, options={"heatmaps_path": str(tmp_path / "maps")}, n_threads=threads)
    assert scores == cambi(frames, frames)
    sizes = [(330, 217), (165, 109), (83, 55), (42, 28), (21, 14)]
    names = [f"cambi_heatmap_scale_{i}_{w}x{h}_16b.gray" for i, (w, h) in enumerate(sizes)]
    assert sorted(p.name for p in (tmp_path / "maps").iterdir()) == names
    win = cambireference._window(65, 330, 217, False)
    for frame, luma in enumerate(frames):
        for name, (w, h), c in zip(names, sizes, cambireference.contrasts(luma, 8), strict=True):
            maps = np.fromfile(tmp_path / "maps" / name, np.uint16).reshape(len(frames), h, w)
            want = np.minimum(65535 / (4 * win * win // 4) * c.astype(np.float64), 65535).astype(np.uint16)
            assert (maps[frame] == want).all()


def test_heatmaps_need_a_place(tmp_path):
    """A folder that cannot be made is an error, told before any score; so are two variants that share one."""
    luma = picture(1, 330, 217, 8)
    with pytest.raises(AssertionError, match=r"= -2$"):
        cambi([luma], [luma], options={"heatmaps_path": str(tmp_path / "no" / "maps")})
    both = [("cambi", {"heatmaps_path": str(tmp_path), "topk": topk}) for topk in (0.2, 0.3)]
    with pytest.raises(AssertionError, match=r"= -22$"):
        run_features(both, [(luma,)], [(luma,)], fmt="400")


def test_sizes():
    """One side of 216 samples is enough; nothing that the index is not defined for is scored."""
    assert not refused(216, 120)
    assert not refused(120, 216)
    assert refused(215, 215)
    assert refused(1920, 1080, enc_width=200, enc_height=200)
    assert not refused(1920, 1080, enc_width=200)  # one side alone has no effect
    assert not refused(480, 270, enc_width=960, enc_height=540)  # never enlarged
    assert refused(1280, 720, enc_width=1000, enc_height=720, src_width=1100, src_height=700)
    assert refused(1280, 720, enc_width=1000, enc_height=700, src_width=900, src_height=720)
    assert refused(7680, 4320)  # the window would be too wide
    assert not refused(7680, 4320, cambi_high_res_speedup=2160)


@pytest.mark.parametrize("options", [{"enc_width": 0}, {"src_height": 0}, {"enc_bitdepth": 0}, {"eotf": "bt709"}])
def test_values_out_of_range_are_refused(options):
    """As in libvmaf an explicit 0 is no size; leave the option out for that of the input."""
    luma = picture(1, 330, 217, 8)
    with pytest.raises(AssertionError, match=r"= -22$"):
        one(luma, **options)


@pytest.mark.parametrize("bpc", [9, 10, 12, 15])
def test_samples_beyond_the_bit_depth_are_refused(bpc):
    """One sample above 2^bpc - 1, anywhere, and the frame fails; the largest sample is fine."""
    luma = np.full((217, 330), 2**bpc - 1, np.uint16)
    assert one(luma, bpc) == 0
    luma[216, 329] += 1
    with pytest.raises(AssertionError, match=r"= -22$"):
        one(luma, bpc)


def test_flat_and_noise():
    """Without bands there is no banding: flat pictures and pure noise score 0."""
    assert one(np.full((300, 300), 77, np.uint8)) == 0
    assert one(np.random.default_rng(1).integers(0, 256, (300, 300), np.uint8)) == 0
