"""Model names, the NEG form, and the rule that chooses."""

from __future__ import annotations

import json

import pytest

from vmafpy.errors import InvalidModelError, OptionError, UnknownModelError
from vmafpy.models import REGISTRY, choose_model, load_model, model_directory


@pytest.mark.parametrize("entry", REGISTRY, ids=lambda e: e.id)
def test_every_registered_model_loads(entry):
    """Each identifier and alias leads to the same file, which exists."""
    models = [load_model(name) for name in (entry.id, *entry.aliases)]
    assert {m.id for m in models} == {entry.id}
    assert {m.path for m in models} == {model_directory() / entry.file}
    assert len(models[0].features) == (4 if "v1.0.16" in entry.id else 6)


def test_neg_of_a_model_is_its_neg_file():
    """Limiting the gains of v0.6.1, 4K and float gives the options, and the name, of Netflix's own NEG files."""
    for name in ("vmaf_v0.6.1", "vmaf_4k_v0.6.1", "vmaf_float_v0.6.1"):
        made, file = load_model(name, neg=True), load_model(f"{name}neg")
        assert made.id == file.id
        assert [made.options_of(i) for i in range(6)] == [
            {**file.options_of(i), **made.overloads.get(made.extractors[i], {})} for i in range(6)
        ]
        assert all(made.options_of(i) == file.options_of(i) for i in range(6) if "motion" not in made.features[i])
        assert made.gain_limited
        assert file.gain_limited


@pytest.mark.parametrize("name", ["neg", "v1", "v1-4k", "4k-neg"])
def test_neg_of_a_gain_limited_model_is_refused(name):
    """There is no second NEG."""
    with pytest.raises(InvalidModelError, match="already"):
        load_model(name, neg=True)


def test_unknown_name_lists_what_exists():
    """The message for a typo names the models there are."""
    with pytest.raises(UnknownModelError, match=r"'vmaf_v9'.*vmaf_v0\.6\.1.*v1-4k"):
        load_model("vmaf_v9")


def test_missing_file():
    """A path without a file is told as such."""
    with pytest.raises(UnknownModelError, match=r"nowhere\.json: No such file"):
        load_model("nowhere.json")


@pytest.mark.parametrize(
    ("document", "match"),
    [
        ("{", "no JSON"),
        ("[1]", "JSON list"),
        ("{}", "no object 'model_dict'"),
        (json.dumps({"model_dict": {}}), "feature_names"),
        (json.dumps({"model_dict": {"feature_names": ["x"]}}), "no extractor provides its feature 'x'"),
        (json.dumps({"0": {"model_dict": {}}}), "at least one member"),
    ],
)
def test_broken_file(tmp_path, document, match):
    """A broken document is refused with its fault."""
    path = tmp_path / "model.json"
    path.write_text(document)
    with pytest.raises(InvalidModelError, match=match):
        load_model(path)


def test_options_make_another_model():
    """Options over a model's own change its key, and an extractor it does not use is refused."""
    plain, shaped = load_model("v1"), load_model("v1", options={"cambi": {"enc_width": 1280, "enc_height": 720}})
    assert plain.id != shaped.id
    assert shaped.options_of(0)["enc_width"] == 1280
    with pytest.raises(OptionError, match="cambi, speed_chroma, adm, motion"):
        load_model("v1", options={"vif": {"vif_enhn_gain_limit": 1.0}})


@pytest.mark.parametrize(
    ("size", "arguments", "expected"),
    [
        ((1920, 1080), {}, "vmaf_v0.6.1"),
        ((1280, 720), {"purpose": "codec"}, "vmaf_v0.6.1neg"),
        ((3840, 2160), {}, "vmaf_4k_v0.6.1"),
        ((2160, 3840), {"purpose": "codec"}, "vmaf_4k_v0.6.1neg"),
        ((1920, 1080), {"device": "phone"}, "vmaf_v0.6.1_phone"),
        ((1920, 1080), {"generation": 1}, "vmaf_v1.0.16_3d0h"),
        ((1920, 1080), {"generation": 1, "fps": 59.94}, "vmaf_v1.0.16_hfr_3d0h"),
        ((3840, 2160), {"generation": 1}, "vmaf_v1.0.16_1d5h_2160"),
        ((1920, 1080), {"generation": 1, "device": "phone"}, "vmaf_v1.0.16_5d0h"),
    ],
)
def test_choice(size, arguments, expected):
    """The documented rule, case by case; what it names can be loaded."""
    choice = choose_model(*size, **arguments)
    assert choice.id == expected
    assert load_model(choice.id).id == expected


def test_v1_asks_for_ten_bits():
    """8-bit input to v1 is to be promoted; 10-bit input is not."""
    assert choose_model(1920, 1080, generation=1, bit_depth=8).bit_depth == 10
    assert choose_model(1920, 1080, generation=1, bit_depth=10).bit_depth is None


def test_unknown_purpose():
    """A word the rule does not know is refused with those it knows."""
    with pytest.raises(OptionError, match="'quality', 'codec'"):
        choose_model(1920, 1080, purpose="fun")
