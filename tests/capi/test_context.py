"""Contexts on both libraries: scores, their names, and every misuse answered by an error."""

from __future__ import annotations

import math

import numpy as np
import pytest
from capi.pictures import clip, distort

from vmafpy.capi import Context, Library, Picture, Pooling
from vmafpy.errors import (
    ClosedError,
    InputError,
    MismatchError,
    OptionError,
    PendingScoreError,
    PictureSizeError,
    SequenceError,
    UnknownFeatureError,
)

VIF = tuple(f"integer_vif_scale{k}" for k in range(4))


def feed(context: Context, reference, distorted, fmt="420", bpc=8, make=Picture.wrap) -> None:
    for i, (ref, dis) in enumerate(zip(reference, distorted, strict=True)):
        context.read(make(ref, fmt, bpc), make(dis, fmt, bpc), i)


def vif(library: Library, reference, distorted, fmt="420", bpc=8, make=Picture.wrap, **options) -> np.ndarray:
    with Context(library, **options) as context:
        context.use_feature("vif")
        feed(context, reference, distorted, fmt, bpc, make)
        context.flush()
        frames = range(0, len(reference), options.get("n_subsample", 1))
        return np.array([[context.feature_score(name, i) for name in VIF] for i in frames])


@pytest.mark.parametrize("n_threads", [0, 3])
@pytest.mark.parametrize(
    ("fmt", "bpc", "width", "height"), [("420", 8, 320, 180), ("422", 10, 233, 119), ("400", 16, 64, 50)]
)
def test_vif_equals_libvmaf(embedded, libvmaf, fmt, bpc, width, height, n_threads):
    """VIF of the embedded engine is libvmaf 2.3.1's, bit for bit, with and without threads."""
    reference = clip(6, width, height, fmt=fmt, bpc=bpc)
    distorted = distort(reference, bpc=bpc)
    expected = vif(libvmaf, reference, distorted, fmt, bpc)
    assert np.array_equal(vif(embedded, reference, distorted, fmt, bpc, n_threads=n_threads), expected)
    assert np.array_equal(vif(libvmaf, reference, distorted, fmt, bpc, n_threads=n_threads), expected)
    assert np.ptp(expected) > 0.01


def test_copies_score_like_shared_pictures(library):
    """A picture read in place and a copied one give the same scores."""
    reference = clip(4, 96, 64)
    distorted = distort(reference)
    assert np.array_equal(
        vif(library, reference, distorted), vif(library, reference, distorted, make=Picture.copy, n_threads=2)
    )


def test_subsampling(library):
    """With n_subsample=3 frames 0, 3, 6 have the scores they have without, and the others say why they have none."""
    reference = clip(8, 64, 64)
    distorted = distort(reference)
    assert np.array_equal(vif(library, reference, distorted)[::3], vif(library, reference, distorted, n_subsample=3))
    with Context(library, n_subsample=3) as context:
        context.use_feature("vif")
        feed(context, reference, distorted)
        context.flush()
        with pytest.raises(SequenceError, match="frame 4 is not scored with n_subsample=3"):
            context.feature_score("integer_vif_scale0", 4)


def test_names(library):
    """Options that are part of names end up in them; a default given explicitly does not."""
    with Context(library) as context:
        plain = context.use_feature("vif")
        same = context.use_feature("vif", {"vif_enhn_gain_limit": 100})
        neg = context.use_feature("vif", {"vif_enhn_gain_limit": 1})
        assert plain is same
        assert (plain[0].stored, plain[0].printed) == ("VMAF_integer_feature_vif_scale0_score", "integer_vif_scale0")
        assert (neg[0].stored, neg[0].printed) == ("integer_vif_scale0_egl_1", "integer_vif_scale0_egl_1")
        feed(context, clip(1, 64, 64), distort(clip(1, 64, 64)))
        context.flush()
        expected = {name.stored for name in (*plain, *neg)}
        assert set(context.stored_names()) == expected
        assert context.printed_name(plain[2].stored) == "integer_vif_scale2"


def test_unknown_and_unfit_options_are_refused(library):
    """A feature or option that the library would ignore, misread or crash on never reaches it."""
    with Context(library) as context:
        for name, options, error, text in [
            ("vifs", {}, UnknownFeatureError, "'vifs'.*vif"),
            ("vif", {"egl": 1.0}, OptionError, "no option 'egl'.*vif_enhn_gain_limit"),
            ("vif", {"vif_enhn_gain_limit": math.nan}, OptionError, "from 1 to 100"),
            ("vif", {"vif_enhn_gain_limit": 0.5}, OptionError, "from 1 to 100"),
            ("vif", {"vif_enhn_gain_limit": "much"}, OptionError, "a number"),
            ("vif", {"vif_enhn_gain_limit": 1.23456789}, OptionError, "1.23457"),
            ("vif", {"debug": "yes"}, OptionError, "True or False"),
            ("motion", {"motion_force_zero": 1.5}, OptionError, "True or False"),
        ]:
            with pytest.raises(error, match=text):
                context.use_feature(name, options)
        context.use_feature("vif")
        with pytest.raises(OptionError, match="same names"):
            context.use_feature("vif", {"debug": True})


def test_pairs_have_to_agree_and_come_in_order(library):
    """Size, format, depth and index are checked before the library sees them; the context goes on working."""
    small, other = clip(2, 64, 48), clip(1, 64, 64)
    ten = clip(1, 64, 48, bpc=10)
    full = clip(1, 64, 48, fmt="444")
    with Context(library) as context:
        context.use_feature("vif")
        good = Picture.wrap(small[0], "420", 8)
        for bad, text in [
            (Picture.wrap(other[0], "420", 8), "64x64"),
            (Picture.wrap(ten[0], "420", 10), "10 bit"),
            (Picture.wrap(full[0], "444", 8), "yuv444p"),
        ]:
            with pytest.raises(MismatchError, match=text):
                context.read(good, bad, 0)
        with pytest.raises(SequenceError, match="next one is 0"):
            context.read(good, good, 1)
        context.read(good, good, 0)
        for bad in (Picture.wrap(other[0], "420", 8), Picture.wrap(ten[0], "420", 10)):
            with pytest.raises(MismatchError, match="first one was 64x48 yuv420p 8 bit"):
                context.read(bad, bad, 1)
        with pytest.raises(SequenceError, match="next one is 1"):
            context.read(good, good, 0)
        with pytest.raises(SequenceError, match="before the first picture"):
            context.use_feature("motion")
        context.read(good, good, 1)
        context.flush()
        assert context.feature_score("integer_vif_scale0", 1) == pytest.approx(1.0, abs=1e-6)


def test_small_pictures_are_refused(library):
    """Pictures below a feature's smallest size are an error, where libvmaf would crash."""
    with Context(library) as context:
        context.use_feature("vif")
        tiny = Picture.wrap(clip(1, 64, 6)[0], "420", 8)
        with pytest.raises(PictureSizeError, match="at least"):
            context.read(tiny, tiny, 0)


def test_scores_say_when_they_are_not_there(library):
    """A score is pending before it is final, unknown if nothing gives it, and out of range past the last frame."""
    reference = clip(3, 64, 64)
    with Context(library, n_threads=1) as context:
        context.use_feature("vif")
        context.use_feature("motion")
        with pytest.raises(SequenceError, match="nothing was read"):
            context.flush()
        with pytest.raises(PendingScoreError):
            context.feature_score("integer_vif_scale0", 0)
        feed(context, reference, reference)
        with pytest.raises(PendingScoreError, match="frame 2 is not final yet: 3 pairs"):
            context.feature_score("integer_motion2", 2)
        with pytest.raises(UnknownFeatureError, match=r"'psnr_y'.*integer_vif_scale0"):
            context.feature_score("psnr_y", 0)
        context.flush()
        with pytest.raises(SequenceError, match="no frame 3"):
            context.feature_score("integer_motion2", 3)
        with pytest.raises(SequenceError, match="already flushed"):
            context.flush()
        with pytest.raises(SequenceError, match="flushed: no more pictures"):
            context.read(Picture.wrap(reference[0], "420", 8), Picture.wrap(reference[0], "420", 8), 3)
        assert context.feature_score("integer_motion2", 2) >= 0


def test_imported_scores(library):
    """A score of elsewhere is stored as it is, once per frame."""
    with Context(library) as context:
        context.import_score("mine", 0.1, 0)
        context.import_score("mine", 1 / 3, 7)
        context.import_score("größe", 1.0, 7)
        assert context.feature_score("größe", 7) == 1.0
        assert context.feature_score("mine", 7) == 1 / 3
        with pytest.raises(SequenceError, match="already has a score mine"):
            context.import_score("mine", 2.0, 7)
        with pytest.raises(InputError, match="no finite number"):
            context.import_score("mine", math.nan, 8)
        with pytest.raises(InputError, match="no name of a score"):
            context.import_score("a\0b", 1.0, 8)
        with pytest.raises(UnknownFeatureError, match="no name of a score"):
            context.feature_score("a\0b", 8)
        assert context.stored_names() == ("mine", "größe")


def test_closing(library):
    """Closing twice is fine, use after close is an error, and closing does not need a flush."""
    frames = clip(2, 64, 64)
    context = Context(library, n_threads=2)
    context.use_feature("vif")
    feed(context, frames, frames)
    context.close()
    context.close()
    assert context.closed
    for call in (
        context.flush,
        context.stored_names,
        lambda: context.use_feature("vif"),
        lambda: context.feature_score("integer_vif_scale0", 0),
        lambda: context.import_score("a", 1.0, 0),
        lambda: feed(context, frames, frames),
    ):
        with pytest.raises(ClosedError):
            call()


@pytest.mark.parametrize(
    "options", [{"n_threads": -1}, {"n_threads": 10**6}, {"n_subsample": 0}, {"cpumask": -1}, {"n_threads": 1.5}]
)
def test_numbers_of_a_context_are_checked(library, options):
    """A number out of range is an error that names it."""
    with pytest.raises(OptionError, match=next(iter(options))):
        Context(library, **options)


def test_pooling(library):
    """Pooled scores follow libvmaf's formulas over the scored frames, whatever frame the range begins with."""
    reference = clip(9, 64, 64)
    distorted = distort(reference)
    with Context(library, n_subsample=2) as context:
        context.use_feature("vif")
        feed(context, reference, distorted)
        context.flush()
        used = np.array([context.feature_score("integer_vif_scale1", i) for i in (2, 4, 6, 8)])
        expected = {
            "min": used.min(),
            "max": used.max(),
            "mean": used.mean(),
            "harmonic_mean": len(used) / np.sum(1 / (used + 1)) - 1,
        }
        for method, value in expected.items():
            assert context.feature_pooled("integer_vif_scale1", method, 1, 8) == pytest.approx(value, rel=1e-14)
        assert Pooling.of("HARMONIC_MEAN") is Pooling.HARMONIC_MEAN
        with pytest.raises(OptionError, match="median"):
            context.feature_pooled("integer_vif_scale1", "median")
        with pytest.raises(SequenceError, match="no frame from 3 to 3"):
            context.feature_pooled("integer_vif_scale1", "mean", 3, 3)
        with pytest.raises(SequenceError, match="no frame 10"):
            context.feature_pooled("integer_vif_scale1", "mean", 0, 10)
