"""The VMAF v1.0.16 models from pictures to scores, against libvmaf 3.2.0."""

from __future__ import annotations

import json
from pathlib import Path

import gradients
import pytest
from formulas import crc32

import vmafpy

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "v1_models.json").read_text())
FEATURES = ("cambi", "speed_chroma_u", "speed_chroma_v", "speed_chroma_uv", "adm3", "motion3")


def of(columns, feature):
    """The columns of a feature, whatever its options; an integer feature carries that in its name."""
    named = [(name.removeprefix("integer_") + "_", scores.tolist()) for name, scores in columns.items()]
    return [scores for name, scores in named if name.startswith(f"{feature}_")]


@pytest.fixture(scope="module", params=GOLDEN["clips"], ids=lambda clip: clip["name"])
def clip(request):
    """A clip of the golden numbers and its pictures."""
    c = request.param
    pairs = [gradients.pair(c["w"], c["h"], c["format"], c["bitdepth"], f, coarse_blocks=True) for f in c["frames"]]
    assert [int(crc32(dis[0]), 16) for _, dis in pairs] == c["crc32_of_dis_Y_per_frame"]
    return c, [ref for ref, _ in pairs], [dis for _, dis in pairs]


@pytest.mark.filterwarnings("ignore:the distorted video has:vmafpy.VmafWarning")  # it has: noise by formula
def test_golden(clip):
    """
    All eight models in one pass: every score, every mean and every feature is libvmaf's double.

    Among them clips whose chroma has no SpEED, where the detail loss of luma speaks for it.
    """
    c, reference, distorted = clip
    pix_fmt = "yuv420p" if c["bitdepth"] == 8 else f"yuv420p{c['bitdepth']}le"
    reference, distorted = (vmafpy.ArrayVideo(frames, pix_fmt=pix_fmt) for frames in (reference, distorted))
    result = vmafpy.score(reference=reference, distorted=distorted, models=list(c["models"]))
    for name, want in c["models"].items():
        assert result.models[name].values.tolist() == want["score"], name
        assert result.models[name].mean == want["mean"], name
    for feature in FEATURES:
        expected = {tuple(model["features"][feature]) for model in c["models"].values()}
        assert {tuple(scores) for scores in of(result.columns(), feature)} == expected, feature
