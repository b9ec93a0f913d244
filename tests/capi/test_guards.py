"""What would crash or mislead a libvmaf is refused before the call, and everything else is let through."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from capi.pictures import clip, distort
from support import ROOT

from vmafpy.capi import Context, Generation, Model, Picture
from vmafpy.capi.guards import NAME_LIMIT, option_fault, picture_fault
from vmafpy.errors import InputError, OptionError, PictureSizeError, UnsupportedFormatError

# Smallest pictures each extractor of 2.3.1 is given: side of the square, formats.
SMALLEST = {
    "adm": (33, ("400", "420", "422", "444")),
    "vif": (16, ("400", "420", "422", "444")),
    "motion": (16, ("400", "420", "422", "444")),
    "float_adm": (17, ("400", "420")),
    "float_vif": (16, ("400", "420")),
    "float_motion": (16, ("400", "420")),
    "float_ssim": (11, ("400", "444")),
    "float_ms_ssim": (176, ("400",)),
    "float_psnr": (2, ("400", "420")),
    "float_moment": (2, ("400", "420")),
    "float_ansnr": (3, ("400", "420")),
    "psnr": (2, ("420", "422", "444")),
    "psnr_hvs": (16, ("420",)),
    "ciede": (2, ("420", "422", "444")),
}


def run(library, name, fmt, bpc, width, height, make, n_threads=0, options=None):
    reference = clip(3, width, height, fmt=fmt, bpc=bpc)
    distorted = distort(reference, bpc=bpc)
    with Context(library, n_threads=n_threads) as context:
        names = context.use_feature(name, options)
        for i, (r, d) in enumerate(zip(reference, distorted, strict=True)):
            context.read(make(r, fmt, bpc), make(d, fmt, bpc), i)
        context.flush()
        return np.array([context.feature_scores(name.stored) for name in names])


@pytest.mark.parametrize("name", SMALLEST)
def test_smallest_pictures(libvmaf, name):
    """The smallest pictures that are let through give finite, repeatable scores; one sample less is refused."""
    side, formats = SMALLEST[name]
    for fmt in formats:
        for bpc in (8, 10):
            for width, height in ((side, side), (side + 1, side + 3), (side + 5, side)):
                scores = run(libvmaf, name, fmt, bpc, width, height, Picture.wrap)
                assert np.isfinite(scores).all()
                again = run(libvmaf, name, fmt, bpc, width, height, Picture.copy, n_threads=2)
                assert np.array_equal(scores, again), (name, fmt, bpc, width, height)
        for width, height in ((side - 1, 200), (200, side - 1)) if side > 2 else ():
            with pytest.raises(PictureSizeError, match=f"{name} needs"):
                run(libvmaf, name, fmt, 8, width, height, Picture.wrap)


@pytest.mark.parametrize("width", range(49, 65))
def test_2_3_1_without_its_avx2(libvmaf, embedded, width):
    """
    vif of libvmaf 2.3.1 is the same twice and equal to the engine's at every width.

    With AVX2 it reads memory it never wrote at widths of 1 to 8 (mod 16), so AVX2 is switched off for it.
    """
    found = [run(one, "vif", "400", 8, width, 40, Picture.wrap) for one in (libvmaf, libvmaf, embedded)]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0], found[2])


@pytest.mark.parametrize(
    ("name", "fmt", "bpc", "text"),
    [
        ("ciede", "400", 8, "ciede needs chroma"),
        ("psnr_hvs", "400", 8, "psnr_hvs needs chroma"),
        ("psnr_hvs", "420", 16, "not 16"),
        ("psnr", "420", 9, "8, 10, 12, 16 bits per sample, not 9"),
        ("ciede", "444", 11, "not 11"),
        ("float_vif", "420", 14, "not 14"),
    ],
)
def test_formats_without_a_score(libvmaf, name, fmt, bpc, text):
    """A format for which a feature has no meaning is refused, naming the feature."""
    with pytest.raises(UnsupportedFormatError, match=text):
        run(libvmaf, name, fmt, bpc, 64, 64, Picture.wrap)


CIEDE = """
import sys
sys.path[:0] = ["tests"]
from capi.pictures import clip, distort
from vmafpy.capi import Context, Library, Picture
library = Library.open(sys.argv[1])
for make in (Picture.wrap, Picture.copy):
    for n_threads in (0, 3):
        for _ in range(20):
            frames = clip(6, 40, 24, fmt="444")
            with Context(library, n_threads=n_threads) as context:
                context.use_feature("ciede")
                for i, (r, d) in enumerate(zip(frames, distort(frames))):
                    context.read(make(r, "444", 8), make(d, "444", 8), i)
                context.flush()
                context.feature_scores("ciede2000")
print("done")
"""


def test_ciede_of_444(libvmaf):
    """libvmaf's ciede lets go of 4:4:4 pictures twice when it is closed; through us that frees nothing."""
    environment = {"MALLOC_CHECK_": "3", "MALLOC_PERTURB_": "165", "PYTHONMALLOC": "malloc", "PATH": ""}
    command = [sys.executable, "-c", CIEDE, str(libvmaf.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


@pytest.mark.parametrize(("width", "height"), [(65, 48), (64, 49), (63, 47)])
def test_ciede_of_odd_420(libvmaf, width, height):
    """Odd 4:2:0 pictures are copied for ciede with their last chroma sample repeated: one score, however they come."""
    reference = clip(2, width, height)
    distorted = distort(reference)
    wide = [[r[0], *(np.pad(p, ((0, height % 2), (0, width % 2)), "edge") for p in r[1:])] for r in reference]
    found = []
    for frames in (reference, wide):
        with Context(libvmaf) as context:
            context.use_feature("ciede")
            for i, (r, d) in enumerate(zip(frames, distorted, strict=True)):
                context.read(Picture.wrap(r, "420", 8), Picture.wrap(d, "420", 8), i)
            context.flush()
            found.append(context.feature_scores("ciede2000"))
            assert dict(context.frames_copied) == {"ciede reads past the chroma rows": 4}
    assert np.array_equal(*found)


def test_cambi(libvmaf):
    """cambi needs one side of 320 samples up to 3.1."""
    with pytest.raises(PictureSizeError, match="320"):
        run(libvmaf, "cambi", "400", 8, 319, 319, Picture.wrap)
    assert np.isfinite(run(libvmaf, "cambi", "400", 8, 320, 180, Picture.wrap)).all()


def test_at_most_128_names(libvmaf, embedded):
    """The 129th name in one context, which would write past libvmaf's table, is refused; the engine has no such end."""
    with Context(libvmaf) as context:
        for i in range(NAME_LIMIT - 4):
            context.import_score(f"score_{i}", 1.0, 0)
        context.use_feature("vif")
        with pytest.raises(OptionError, match="129 different scores"):
            context.import_score("one_more", 1.0, 0)
        with pytest.raises(OptionError, match=r"1\d\d different scores"):
            context.use_feature("psnr")
        with pytest.raises(OptionError, match="different scores"):
            context.use_model(Model.load(libvmaf, ROOT / "model/vmaf_v0.6.1neg.json"))
        assert len(context.stored_names()) == NAME_LIMIT - 4
        context.import_score("score_0", 2.0, 1)
    with Context(embedded) as context:
        for i in range(300):
            context.import_score(f"score_{i}", float(i), 0)
        assert context.feature_score("score_299", 0) == 299.0


def test_options_on_which_libvmaf_crashes():
    """Option values that crash or hang libvmaf 3.2 are refused with the reason."""
    for extractor, texts, part in [
        ("speed_chroma", {"speed_kernelscale": "1.7"}, "no such kernel"),
        ("speed_chroma", {"speed_prescale_method": "area"}, "nearest, bilinear"),
        ("speed_temporal", {"speed_prescale": "2"}, "overruns"),
        ("cambi", {"cambi_eotf": "hlg"}, "bt1886 or pq"),
        ("cambi", {"cambi_vis_lum_threshold": "90"}, "above 84"),
        ("adm", {"adm_norm_view_dist": "1"}, "below 3240"),
    ]:
        assert part in option_fault(extractor, texts)
    for extractor, texts in [
        ("speed_chroma", {"speed_kernelscale": "1.06667", "speed_prescale_method": "bilinear"}),
        ("adm", {"adm_norm_view_dist": "1.5", "adm_ref_display_height": "2160"}),
        ("cambi", {"cambi_vis_lum_threshold": "0.06", "eotf": "pq"}),
    ]:
        assert option_fault(extractor, texts) == ""


@pytest.mark.parametrize(
    ("extractor", "texts", "chroma", "size", "smaller"),
    [
        ("speed_chroma", {}, (80, 80), (160, 160), ((158, 158), (79, 79))),
        ("speed_chroma", {"speed_prescale": "0.6"}, (133, 133), (266, 266), ((240, 240), (120, 120))),
        ("speed_chroma", {"speed_prescale": "0.5"}, (159, 159), (318, 318), ((300, 300), (150, 150))),
        ("speed_temporal", {}, None, (80, 80), ((79, 200), None)),
        ("cambi", {}, None, (216, 10), ((215, 215), None)),
        ("motion", {}, None, (3, 3), ((2, 100), None)),
    ],
)
def test_sizes_of_3_2(extractor, texts, chroma, size, smaller):
    """The sizes at which libvmaf 3.2 was seen to crash are refused, those at which it works are not."""

    def fault(size, chroma) -> InputError | None:
        width, height = size
        return picture_fault(extractor, texts, Generation.V3_2, chroma=chroma, bpc=8, width=width, height=height)

    assert fault(size, chroma) is None
    assert isinstance(fault(*smaller), PictureSizeError)


def test_embedded_engine_says_what_it_needs(embedded):
    """A picture the engine cannot score is refused with the smallest square it could."""
    with Context(embedded) as context:
        context.use_feature("adm")
        picture = Picture.wrap(clip(1, 64, 20)[0], "420", 8)
        with pytest.raises(
            PictureSizeError, match=r"adm does not take pictures of 64 x 20; it needs at least \d+ x \d+"
        ):
            context.read(picture, picture, 0)


def test_a_report_that_cannot_be_written(libvmaf, monkeypatch, tmp_path):
    """Values of the whole sequence come out of libvmaf's report; its folder is gone afterwards."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    reference = clip(3, 64, 48)
    distorted = distort(reference)
    with Context(libvmaf) as context:
        context.use_feature("psnr", {"enable_apsnr": True})
        for i, (r, d) in enumerate(zip(reference, distorted, strict=True)):
            context.read(Picture.wrap(r, "420", 8), Picture.wrap(d, "420", 8), i)
        context.flush()
        found = context.aggregate("apsnr_y")
    sse = sum(float(((r[0].astype(float) - d[0]) ** 2).sum()) for r, d in zip(reference, distorted, strict=True))
    assert found == pytest.approx(10 * np.log10(255**2 * 3 * 64 * 48 / sse), abs=1e-6)
    assert list(Path(tmp_path).iterdir()) == []
