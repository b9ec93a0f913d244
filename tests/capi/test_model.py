"""Models and collections on both libraries: predictions, names, overrides, and documents no library should see."""

from __future__ import annotations

import copy
import json
import math
import random
from pathlib import Path

import numpy as np
import pytest
from capi.pictures import clip, distort
from hypothesis import given
from hypothesis import strategies as st
from support import ROOT

from vmafpy.capi import Context, Model, ModelCollection, Picture
from vmafpy.capi.document import read_document
from vmafpy.errors import (
    InvalidModelError,
    OptionError,
    PendingScoreError,
    SequenceError,
    UnknownFeatureError,
    UnknownModelError,
    VmafError,
)

MODELS = ROOT / "model"
SINGLE = ("vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_4k_v0.6.1", "vmaf_4k_v0.6.1neg", "vmaf_float_v0.6.1neg")
# adm2, motion2, vif_scale0..3 of good, middling and bad pictures; the last is out of every model's range
FEATURES = (
    (0.99, 3.1, 0.93, 0.98, 0.99, 0.995),
    (0.93, 11.0, 0.55, 0.84, 0.9, 0.93),
    (0.7, 0.0, 0.2, 0.4, 0.5, 0.6),
    (1.2, 60.0, 1.3, 1.1, 1.2, 1.2),
)


def fill(context: Context, model: Model | ModelCollection) -> None:
    """Give a context the features of its model instead of pictures."""
    for index, values in enumerate(FEATURES):
        for (extractor, output, texts), value in zip(model.inputs(), values, strict=True):
            suffix = extractor.suffix(texts)
            context.import_score(output.alias + suffix if suffix else output.name, value, index)


def predict(library, name, **options) -> list[float]:
    with Model.load(library, MODELS / f"{name}.json", **options) as model, Context(library) as context:
        context.use_model(model)
        fill(context, model)
        return [context.model_score(model, i) for i in range(len(FEATURES))]


@pytest.mark.parametrize("options", [{}, {"clip": False}, {"transform": True}, {"transform": True, "clip": False}])
@pytest.mark.parametrize("name", SINGLE)
def test_predictions_are_those_of_libvmaf(embedded, libvmaf, name, options):
    """From equal features both libraries predict equal scores to 1e-9 (the order of a sum of 211 terms is free)."""
    expected = predict(libvmaf, name, **options)
    assert predict(embedded, name, **options) == pytest.approx(expected, abs=1e-9)
    assert len(set(expected)) > 2, "the inputs tell scores apart"
    assert options.get("clip", True) == all(0 <= score <= 100 for score in expected)


def test_the_collection_is_that_of_libvmaf(embedded, libvmaf):
    """Members, bagging score, deviation and interval agree to 1e-9, may be asked for twice, and pool on their own."""
    found = []
    for library in (embedded, libvmaf):
        with ModelCollection.load(library, MODELS / "vmaf_b_v0.6.3.json", name="b") as collection:
            assert (collection.n_members, len(collection.score_names())) == (20, 25)
            with Context(library) as context:
                context.use_model_collection(collection)
                fill(context, collection)
                values = []
                for i in range(len(FEATURES)):
                    score = context.collection_score(collection, i)
                    assert context.collection_score(collection, i) == score
                    members = context.collection_members(collection, i)
                    assert len(members) == 20
                    assert context.feature_score("b_0007", i) == members[6]
                    assert context.feature_score("b_ci_p95_hi", i) == score.ci95[1]
                    main = context.collection_main_score(collection, i)
                    values += [score.bagging, score.stddev, *score.ci95, *members, main]
                pooled = context.collection_pooled(collection, "mean", 0, 3)
                assert pooled.bagging == pytest.approx(np.mean(values[::25]), rel=1e-12)
                found.append([*values, pooled.bagging, pooled.stddev, *pooled.ci95])
                assert {"b", "b_0001", "b_0020", "b_stddev"} <= set(context.stored_names())
    assert found[0] == pytest.approx(found[1], abs=1e-9)
    assert 0 < found[0][26] < 5


def test_scores_from_pictures(library):
    """A model scores frames when they are final, one by one, all at once and pooled."""
    reference = clip(5, 96, 64)
    distorted = distort(reference)
    model = Model.load(library, MODELS / "vmaf_float_v0.6.1.json", name="first")
    phone = Model.load(library, MODELS / "vmaf_float_v0.6.1.json", name="phone", transform=True)
    with Context(library, n_threads=1) as context:
        context.use_model(model)
        context.use_model(phone)
        with pytest.raises(PendingScoreError, match="first of frame 0"):
            context.model_score(model, 0)
        for i, (r, d) in enumerate(zip(reference, distorted, strict=True)):
            context.read(Picture.wrap(r, "420", 8), Picture.wrap(d, "420", 8), i)
        context.flush()
        scores = context.model_scores(model)
        assert scores.shape == (5,)
        assert [context.model_score(model, i) for i in range(5)] == list(scores)
        assert context.feature_score("first", 3) == scores[3]
        assert (context.model_scores(phone) >= scores).all()
        assert context.model_pooled(model, "mean") == pytest.approx(scores.mean(), rel=1e-14)
        assert context.model_pooled(model, "min", 1, 3) == scores[1:4].min()
        assert "motion2" in context._registry.stored
        with pytest.raises(SequenceError, match="no frame 5"):
            context.model_score(model, 5)


def test_overrides(library):
    """Overriding the gain limits turns a model into its NEG form: the same inputs under the same names and scores."""
    limits = {"float_adm": {"adm_enhn_gain_limit": 1.0}, "float_vif": {"vif_enhn_gain_limit": 1.0}}
    neg = Model.load(library, MODELS / "vmaf_float_v0.6.1neg.json")
    made = Model.load(library, MODELS / "vmaf_float_v0.6.1.json", name="made", overloads=limits)
    assert made.inputs() == neg.inputs()
    reference = clip(3, 64, 64)
    distorted = distort(reference)
    with Context(library) as context:
        context.use_model(neg)
        context.use_model(made)
        for i, (r, d) in enumerate(zip(reference, distorted, strict=True)):
            context.read(Picture.wrap(r, "420", 8), Picture.wrap(d, "420", 8), i)
        context.flush()
        assert np.array_equal(context.model_scores(neg), context.model_scores(made))
        assert "adm2_egl_1" in context.stored_names()
        with pytest.raises(SequenceError, match="in use by a context"):
            made.override("float_adm", {"adm_enhn_gain_limit": 2.0})


def test_overrides_of_a_collection(library):
    """Overrides reach every member of a collection."""
    collection = ModelCollection.load(library, MODELS / "vmaf_b_v0.6.3.json", name="b")
    collection.override("adm", {"adm_enhn_gain_limit": 1.0})
    with Context(library) as context:
        context.use_model_collection(collection)
        fill(context, collection)
        assert context.feature_score("integer_adm2_egl_1", 1) == 0.93
        assert len(context.collection_members(collection, 1)) == 20


def test_overrides_that_make_no_sense(library):
    """An override of an extractor or option that is not there is an error; libvmaf would ignore it."""
    model = Model.load(library, MODELS / "vmaf_v0.6.1.json")
    with pytest.raises(UnknownFeatureError, match=r"uses no feature of extractor 'psnr'|no feature extractor 'psnr'"):
        model.override("psnr", {})
    with pytest.raises(OptionError, match="no option 'gain'"):
        model.override("adm", {"gain": 1})
    with pytest.raises(OptionError, match="from 1 to 100"):
        model.override("adm", {"adm_enhn_gain_limit": 101})


def test_names_of_models(library):
    """Two models of one name would share scores, so the second is refused; odd names are refused at once."""
    first = Model.load(library, MODELS / "vmaf_v0.6.1.json")
    second = Model.load(library, MODELS / "vmaf_4k_v0.6.1.json")
    with Context(library) as context:
        context.use_model(first)
        with pytest.raises(SequenceError, match="already has scores named vmaf"):
            context.use_model(second)
        with pytest.raises(UnknownFeatureError, match="does not use model vmaf"):
            context.model_score(second, 0)
    for name in ("", "a\0b", "\udc80", "x" * 101, "ä" * 51, "a\n"):
        with pytest.raises(InvalidModelError, match="no name of a model"):
            Model.load(library, MODELS / "vmaf_v0.6.1.json", name=name)
    named = Model.load(library, MODELS / "vmaf_v0.6.1.json", name="integer_adm2_egl_1")
    with Context(library) as context:
        context.use_feature("adm", {"adm_enhn_gain_limit": 1.0})
        with pytest.raises(SequenceError, match="integer_adm2_egl_1"):
            context.use_model(named)


def test_kinds_of_files(library, tmp_path):
    """A single model is no collection and the reverse; a missing file and a folder say what they are."""
    with pytest.raises(InvalidModelError, match="bootstrap collection; load it as a ModelCollection"):
        Model.load(library, MODELS / "vmaf_b_v0.6.3.json")
    with pytest.raises(InvalidModelError, match="single model; load it as a Model"):
        ModelCollection.load(library, MODELS / "vmaf_v0.6.1.json")
    with pytest.raises(UnknownModelError, match="no such model file"):
        Model.load(library, tmp_path / "absent.json")
    with pytest.raises(InvalidModelError, match="cannot be read"):
        Model.load(library, tmp_path)
    path = tmp_path / "ünïcode name.json"
    path.write_bytes((MODELS / "vmaf_v0.6.1.json").read_bytes())
    assert Model.load(library, path).path == path


def test_a_model_newer_than_the_library(libvmaf, tmp_path):
    """A model with features or options an old libvmaf does not know is refused; it would score without them."""
    with pytest.raises(UnknownFeatureError, match=r"needs Cambi_feature_cambi_score, which libvmaf 2\.3\.1"):
        Model.load(libvmaf, MODELS / "vmaf_v1.0.16_3d0h.json")
    document = json.loads((MODELS / "vmaf_v0.6.1.json").read_text())
    document["model_dict"]["feature_opts_dicts"] = [{"adm_csf_mode": 2}, {}, {}, {}, {}, {}]
    path = tmp_path / "new.json"
    path.write_text(json.dumps(document))
    with Context(libvmaf) as context, pytest.raises(OptionError, match=r"new\.json.*no option 'adm_csf_mode'"):
        context.use_model(Model.load(libvmaf, path))


GOOD = json.loads((MODELS / "vmaf_v0.6.1neg.json").read_text())


def changed(change) -> str:
    document = copy.deepcopy(GOOD)
    change(document["model_dict"])
    return json.dumps(document)


def svm(old: str, new: str):
    def change(model):
        assert old in model["model"]
        model["model"] = model["model"].replace(old, new, 1)

    return change


BROKEN = {
    "": "no JSON",
    "[]": "has to be a JSON object",
    "{}": "neither model_dict nor numbered",
    "[" * 100_000: "no JSON",
    '{"0": {}}': "members are missing",
    '{"model_dict": 3}': "model_dict has to be an object",
    '{"model_dict": {}, "model_dict": {}}': "'model_dict' occurs twice",
    changed(lambda m: m.update(model_type="LIBSVM")): "model_type is 'LIBSVM'",
    changed(lambda m: m.pop("feature_names")): "feature_names has to be a list",
    changed(lambda m: m.update(feature_names=["a"] * 65)): "65 features",
    changed(lambda m: m.update(feature_names=["a\0"] * 6)): "feature_names has to be a list",
    changed(lambda m: m["slopes"].pop()): "slopes has to be 7 finite numbers",
    changed(lambda m: m["slopes"].__setitem__(0, 0)): "slope of the score is 0",
    changed(lambda m: m["intercepts"].__setitem__(2, math.nan)): "intercepts has to be 7 finite",
    changed(lambda m: m["intercepts"].__setitem__(2, None)): "intercepts has to be 7 finite",
    changed(lambda m: m.update(norm_type="zscore")): "norm_type is 'zscore'",
    changed(lambda m: m["feature_opts_dicts"].pop()): "one object per feature, 6",
    changed(lambda m: m["feature_opts_dicts"][0].update(adm_enhn_gain_limit=[1])): "option adm_enhn_gain_limit",
    changed(lambda m: m["feature_opts_dicts"][0].update(adm_enhn_gain_limit=math.inf)): "finite number",
    changed(lambda m: m.update(score_clip=[0, None])): "score_clip has to be two numbers",
    changed(lambda m: m["score_transform"].update(enabled="true")): "enabled has to be true or false",
    changed(lambda m: m["score_transform"].update(p0=None)): "leave it out instead of null",
    changed(lambda m: m["score_transform"].update(out_gte_in=True)): 'the text "true"',
    changed(lambda m: m["score_transform"].update(knots=[[0, 0]] * 11)): "at most 10 pairs",
    changed(lambda m: m["score_transform"].update(knots=[[0, 0], [0, 1]])): "have to ascend",
    changed(lambda m: m.update(model=None)): "text of a support vector machine",
    changed(svm("SV\n", "SW\n")): "no line SV",
    changed(svm("total_sv 211", "total_sv 212")): "total_sv is 212, but there are 211",
    changed(svm("total_sv 211", "total_sv -1")): "total_sv is -1",
    changed(svm("svm_type nu_svr", "svm_type c_svc")): "svm_type c_svc",
    changed(svm("kernel_type rbf", "kernel_type precomputed")): "precomputed",
    changed(svm("nr_class 2", "nr_class 200000")): "nr_class 2, before rho",
    changed(svm("gamma 0.04", "gamma 0.04 1")): "unusable line 'gamma 0.04 1'",
    changed(svm("gamma 0.04", "gamma inf")): "unusable line",
    changed(svm("gamma 0.04", "gamma 0.04\ngamma 0.05")): "gamma twice",
    changed(svm("SV\n", "SV\n\n")): "but there are 212",
    changed(svm(" 1:", " 7:")): "indices ascend from 1 to 6",
    changed(svm(" 2:", " 1:")): "indices ascend",
    changed(svm(" 1:", " 99999999999999999999:")): "indices ascend",
    changed(svm(" 1:", " 1:nan 2:")): "indices ascend",
    changed(svm("\nSV", "\f\nSV")): "printable ASCII",
}


@pytest.mark.parametrize("text", BROKEN, ids=[f"{i}" for i in range(len(BROKEN))])
def test_broken_documents(tmp_path, text):
    """A document with any part missing, contradicting or out of range is refused before a library reads it."""
    path = tmp_path / "broken.json"
    path.write_text(text)
    with pytest.raises(InvalidModelError) as caught:
        read_document(path)
    assert BROKEN[text] in str(caught.value)
    assert str(path) in str(caught.value)


def test_no_text(tmp_path):
    """Bytes that are no UTF-8 text are refused."""
    path = tmp_path / "broken.json"
    path.write_bytes(b'{"model_dict": "\xff"}')
    with pytest.raises(InvalidModelError, match="UTF-8"):
        read_document(path)


def mutated(text: str, seed: int) -> str:
    """A document with a few of its characters, numbers or lines exchanged, removed or doubled."""
    random_ = random.Random(seed)
    for _ in range(random_.randint(1, 4)):
        i = random_.randrange(len(text))
        j = min(len(text), i + random_.choice((1, 1, 2, 5, 30, 400)))
        piece = random_.choice(
            ("", text[i:j] * 2, "0", "-1", "1e999", "null", "[]", "{", '"', "\\u0000", " ", "9" * 30)
        )
        text = text[:i] + piece + text[j:]
    return text


@given(seed=st.integers(0, 2**32))
def test_mutated_documents(embedded, libvmaf, tmp_path_factory, seed):
    """Whatever happened to a document, each library either scores with it or says what is wrong."""
    path = Path(tmp_path_factory.getbasetemp(), "mutated.json")
    path.write_text(mutated(json.dumps(GOOD), seed))
    for library in (embedded, libvmaf):
        try:
            with Model.load(library, path) as model, Context(library) as context:
                context.use_model(model)
                fill(context, model)
                assert isinstance(context.model_score(model, 0), float)
        except VmafError:
            continue
