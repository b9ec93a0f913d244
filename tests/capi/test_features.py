"""Every feature of the engine through the C API: announced names, and equality with a real libvmaf."""

from __future__ import annotations

import numpy as np
import pytest
from capi.pictures import clip, distort

from vmafpy.capi import Context, Library, Picture

# Not among them: motion and float_motion, which 3.2 computes in another way; float_vif and float_adm, whose
# arithmetic 3.2 changed in the last digits.
EXACT = ("vif", "adm", "psnr", "float_psnr", "float_ssim", "float_ms_ssim", "psnr_hvs", "ciede", "cambi")
EXACT += ("float_moment", "float_ansnr")
EXTRACTORS = tuple(Library.embedded().features())
FORMS = {
    "420-8": clip(3, 640, 360),
    "444-10": clip(3, 401, 330, fmt="444", bpc=10),
    "422-12": clip(3, 352, 288, fmt="422", bpc=12),
}


def scores(library, name, options, form) -> dict[str, np.ndarray]:
    """Scores by printed name, after a check that what was announced is what is stored."""
    fmt, _, bpc = form.partition("-")
    reference = FORMS[form]
    distorted = distort(reference, bpc=int(bpc))
    with Context(library) as context:
        announced = context.use_feature(name, options)
        for i, (r, d) in enumerate(zip(reference, distorted, strict=True)):
            context.read(Picture.wrap(r, fmt, int(bpc)), Picture.wrap(d, fmt, int(bpc)), i)
        context.flush()
        assert set(context.stored_names()) == {score.stored for score in announced}
        return {score.printed: context.feature_scores(score.stored) for score in announced}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", EXACT)
def test_features_are_those_of_libvmaf(embedded, libvmaf, name, form):
    """Scores of features that did not change between 2.3.1 and 3.2 are equal doubles in both libraries."""
    ours, theirs = scores(embedded, name, {}, form), scores(libvmaf, name, {}, form)
    assert set(theirs) <= set(ours)
    for printed, values in theirs.items():
        assert np.array_equal(ours[printed], values), printed
        assert np.isfinite(values).all()


@pytest.mark.parametrize("name", EXTRACTORS)
def test_what_is_announced_is_stored(embedded, name):
    """use_feature() names exactly the scores that will be there, with every switch off and on."""
    extractor = embedded.features()[name]
    switches = ("debug", "enable_lcs", "enable_mse", "full_ref")
    on = {switch: True for switch in switches if switch in extractor.options}
    plain = scores(embedded, name, {}, "444-10")
    more = scores(embedded, name, on, "444-10")
    assert set(plain) <= set(more)
    for printed, values in plain.items():
        assert np.array_equal(more[printed], values, equal_nan=True)
