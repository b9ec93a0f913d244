"""Scores of models from features, against libvmaf 3.2.0; feature names; collections; pooling."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from engineapi import EBUSY, EINVAL, ROOT, document, write

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "models.json").read_text())
FLAGS = {
    "default": 0,
    "disable_clip": 1,
    "enable_transform": 2,
    "enable_transform+disable_clip": 3,
    "disable_transform": 4,
}
STATISTICS = ("bagging", "stddev", "ci_p95_lo", "ci_p95_hi")
# Agreement of exact sums over support vectors with libvmaf's sequential one, model by model: 1.1e-11 at worst.
TOLERANCE = 1e-11


def raw_document(name):
    entry = GOLDEN["models"][name]
    return entry.get("document") or json.loads((ROOT / "model" / f"{name}.json").read_text())


def parts(doc):
    """The single documents of a file."""
    return [doc] if "model_dict" in doc else list(doc.values())


def without_options(doc):
    for part in parts(doc):
        part["model_dict"].pop("feature_opts_dicts", None)
    return doc


def expected(entry, doc, case, flags):
    """What libvmaf said; for DISABLE_TRANSFORM, which it ignores, what the flag promises: the clipped raw score."""
    transform = parts(doc)[0]["model_dict"].get("score_transform", {})
    if flags != "disable_transform" or not transform.get("enabled"):
        return case["scores"][flags]
    lo, hi = parts(doc)[0]["model_dict"].get("score_clip", [-math.inf, math.inf])
    return min(max(case["scores"]["raw"], lo), hi)


@pytest.mark.parametrize("flags", FLAGS)
@pytest.mark.parametrize("name", GOLDEN["models"])
def test_golden(engine, tmp_path, name, flags):
    """Imported features give libvmaf's score, and a collection's members and statistics, with every set of flags."""
    entry = GOLDEN["models"][name]
    doc = without_options(raw_document(name))
    path = write(tmp_path, doc)
    collection = engine.ffi.NULL
    if entry["kind"] == "collection":
        code, model, collection = engine.load_collection(path, name="m", flags=FLAGS[flags])
    else:
        code, model = engine.load(path, name="m", flags=FLAGS[flags])
    assert code == 0
    with engine.context() as c:
        for i, case in enumerate(entry["cases"]):
            for feature, value in zip(entry["feature_names"], case["features"], strict=True):
                assert c.put(feature, value, i) == 0
            want = expected(entry, doc, case, flags)
            code, score = c.score(model, i)
            assert code == 0
            if entry["kind"] == "single":
                assert score == pytest.approx(want, rel=0, abs=TOLERANCE)
                continue
            assert score == pytest.approx(want["main"], rel=0, abs=TOLERANCE)
            code, statistics = c.collection_score(collection, i)
            assert code == 0
            assert statistics == pytest.approx({k: want[k] for k in STATISTICS}, rel=0, abs=TOLERANCE)
            members = [c.get(f"m_{k:04d}", i) for k in range(1, 1 + len(want["members"]))]
            assert members == pytest.approx(want["members"], rel=0, abs=TOLERANCE)
    engine.lib.vmaf_model_destroy(model)
    engine.lib.vmaf_model_collection_destroy(collection)


def extractor_of(engine, feature):
    """The name of the extractor that gives a feature; None if the engine has none."""
    out = engine.ffi.new("VmafpyOutput *")
    e = 0
    while (name := engine.lib.vmafpy_extractor_name(e)) != engine.ffi.NULL:
        o = 0
        while engine.lib.vmafpy_extractor_output(e, o, out) == 0:
            if engine.ffi.string(out.name).decode() == feature:
                return engine.ffi.string(name).decode()
            o += 1
        e += 1
    return None


@pytest.mark.parametrize("name", [n for n, e in GOLDEN["models"].items() if "document" not in e])
def test_feature_names(engine, name):
    """
    Every feature of a built-in model is stored under libvmaf's name for it, options included; a model with a feature
    that the engine does not compute is refused at registration.
    """
    entry = GOLDEN["models"][name]
    path = ROOT / "model" / f"{name}.json"
    options = parts(json.loads(path.read_text()))[0]["model_dict"].get("feature_opts_dicts")
    text = engine.ffi.new("char[256]")
    extractors = [extractor_of(engine, feature) for feature in entry["feature_names"]]
    for i, (feature, extractor) in enumerate(zip(entry["feature_names"], extractors, strict=True)):
        if extractor is None:
            continue
        opts = engine.dictionary(options[i]) if options else engine.ffi.NULL
        code = engine.lib.vmafpy_score_name(extractor.encode(), feature.encode(), opts, text, 256)
        engine.lib.vmaf_feature_dictionary_free(engine.ffi.new("VmafFeatureDictionary **", opts))
        assert (code, engine.ffi.string(text).decode()) == (0, entry["collector_names"][i])
    load = engine.load_collection if entry["kind"] == "collection" else engine.load
    code, *models = load(path)
    assert code == 0
    with engine.context() as c:
        code = engine.lib.vmaf_use_features_from_model(c.ctx, models[0])
        assert code == (EINVAL if None in extractors else 0)
    engine.lib.vmaf_model_destroy(models[0])
    if len(models) > 1:
        engine.lib.vmaf_model_collection_destroy(models[1])


@pytest.mark.parametrize("name", GOLDEN["rejected"])
def test_rejected(engine, tmp_path, name):
    """What libvmaf refuses is refused; but a null in score_transform, which it means to allow, counts as absent."""
    code, model = engine.load(write(tmp_path, GOLDEN["rejected"][name]["document"]))
    assert code == (0 if name in ("p0_null", "knots_null") else GOLDEN["rejected"][name]["error"])
    engine.lib.vmaf_model_destroy(model)


@pytest.mark.parametrize("case", GOLDEN["pooling"], ids=lambda case: f"subsample{case['n_subsample']}")
def test_pooling(engine, case):
    """The four methods, with and without subsampling, equal libvmaf's to rounding."""
    with engine.context(n_subsample=case["n_subsample"]) as c:
        step = max(case["n_subsample"], 1)
        for i, value in enumerate(case["scores"]):
            if i % step == 0:
                assert c.put("x", value, i) == 0
        for method, key in enumerate(("min", "max", "mean", "harmonic_mean"), 1):
            code, value = c.pooled("x", method, 0, len(case["scores"]) - 1)
            assert code == 0
            assert value == pytest.approx(case["pooled"][key], rel=1e-15)


def test_pooling_of_odd_ranges(engine):
    """Ranges need not start at a scored frame; one without any, or with a hole, is an error and leaves the output."""
    with engine.context(n_subsample=3) as c:
        for i, value in [(0, 50.0), (3, 80.0), (6, 60.0)]:
            assert c.put("x", value, i) == 0
        assert c.pooled("x", 1, 1, 8) == (0, 60.0)
        assert c.pooled("x", 2, 1, 8) == (0, 80.0)
        assert c.pooled("x", 3, 1, 6) == (0, 70.0)
        for lo, hi in [(1, 2), (4, 5), (5, 4), (0, 9), (7, 2**32 - 1)]:
            assert c.pooled("x", 3, lo, hi) == (EINVAL, -12345.0)
        for method in (0, 5):
            assert c.pooled("x", method, 0, 6) == (EINVAL, -12345.0)
        assert c.pooled("y", 3, 0, 6) == (EINVAL, -12345.0)


def test_model_scores_are_cached(probe, tmp_path):
    """A model's score is stored under its name; a score imported there first is taken instead of a prediction."""
    code, model = probe.load(write(tmp_path, document()), name="mine")
    assert code == 0
    with probe.context() as c:
        for i in range(2):
            c.put("Probe_feature_mean_score", 7.5, i)
            c.put("Probe_feature_diff_score", 0.5, i)
        assert c.put("mine", 42.0, 1) == 0
        code, score = c.score(model, 0)
        assert code == 0
        assert c.get("mine", 0) == score != 42.0
        assert c.score(model, 1) == (0, 42.0)
        assert c.score(model, 2) == (EINVAL, -12345.0)
        out = probe.ffi.new("double *")
        assert probe.lib.vmaf_score_pooled(c.ctx, model, 3, out, 0, 1) == 0
        assert out[0] == (score + 42.0) / 2
        assert probe.lib.vmaf_score_pooled(c.ctx, model, 3, out, 0, 2) == EINVAL
    probe.lib.vmaf_model_destroy(model)


def test_models_of_one_name(probe, tmp_path):
    """A second model of the same name is refused, not answered with the first one's scores."""
    path = write(tmp_path, document())
    models = [probe.load(path, name="same")[1] for _ in range(2)]
    with probe.context() as c:
        assert probe.lib.vmaf_use_features_from_model(c.ctx, models[0]) == 0
        assert probe.lib.vmaf_use_features_from_model(c.ctx, models[0]) == 0
        assert probe.lib.vmaf_use_features_from_model(c.ctx, models[1]) == EINVAL
        assert c.feed([(10, 9)]) == 0
        assert c.score(models[0], 0)[0] == 0
        assert c.score(models[1], 0)[0] == EINVAL
    for model in models:
        probe.lib.vmaf_model_destroy(model)


def test_model_named_like_a_feature(probe, tmp_path):
    """A model cannot take the name of a score that an extractor of the context gives."""
    code, model = probe.load(write(tmp_path, document()), name="Probe_feature_mean_score")
    assert code == 0
    with probe.context() as c:
        assert probe.lib.vmaf_use_features_from_model(c.ctx, model) == 0
        assert c.read(probe.picture(1), probe.picture(1), 0) == EINVAL
    probe.lib.vmaf_model_destroy(model)


def test_a_model_outlives_its_owner(probe, tmp_path):
    """A context that uses a model keeps it: destroying it first is safe."""
    code, model = probe.load(write(tmp_path, document()))
    assert code == 0
    with probe.context() as c:
        assert probe.lib.vmaf_use_features_from_model(c.ctx, model) == 0
        probe.lib.vmaf_model_destroy(model)
        assert c.feed([(10, 9)]) == 0
        assert c.score(model, 0)[0] == 0


def test_options_of_models(probe, tmp_path):
    """Options in a model name its features and reach its extractors; both option sets are computed in one pass."""
    doc = document(feature_opts_dicts=[{"probe_gain": 2.0}, {}])
    code, model = probe.load(write(tmp_path, doc))
    assert code == 0
    with probe.context() as c:
        assert probe.lib.vmaf_use_features_from_model(c.ctx, model) == 0
        assert c.feed([(10, 9)]) == 0
        assert c.get("probe_mean_g_2", 0) == 20
        assert c.get("Probe_feature_diff_score", 0) == 1
        assert c.score(model, 0)[0] == 0
    probe.lib.vmaf_model_destroy(model)


def test_overload(probe, tmp_path):
    """An overload changes the features of one extractor, all or nothing, and only before a context uses the model."""
    lib = probe.lib
    code, model = probe.load(write(tmp_path, document()))
    assert code == 0

    def overload(extractor, **options):
        return lib.vmaf_model_feature_overload(model, extractor.encode(), probe.dictionary(options))

    assert overload("probe", probe_gain=3, probe_offset=1) == 0
    assert overload("late") == 0  # no feature of this model: nothing changes
    assert overload("nobody", probe_gain=3) == EINVAL
    assert overload("probe", probe_gain=11) == EINVAL
    assert overload("probe", unknown=1) == EINVAL
    with probe.context() as c:
        assert lib.vmaf_use_features_from_model(c.ctx, model) == 0
        assert overload("probe", probe_gain=4) == EBUSY
        assert c.feed([(10, 9)]) == 0
        assert c.names() == [
            "probe_mean_g_3_off_1",
            "probe_diff_g_3_off_1",
            "probe_past_g_3_off_1",
        ]
        assert c.get("probe_mean_g_3_off_1", 0) == 31
    assert overload("probe", probe_gain=4) == 0
    lib.vmaf_model_destroy(model)


def collection(n=3, **changes):
    """A main model and n members, alike but for the output's intercept."""
    docs = [document(model_type="BOOTSTRAP_LIBSVMNUSVR", intercepts=[-0.1 * k, 0, 0], **changes) for k in range(n + 1)]
    return {str(k): doc for k, doc in enumerate(docs)}


def test_collections_repeat(probe, tmp_path):
    """Scoring a collection again, at an index or over a range, gives the same numbers."""
    code, main, members = probe.load_collection(write(tmp_path, collection()), name="b")
    assert code == 0
    with probe.context() as c:
        assert probe.lib.vmaf_use_features_from_model(c.ctx, main) == 0
        assert probe.lib.vmaf_use_features_from_model_collection(c.ctx, members) == 0
        assert c.feed([(10, 9), (20, 18)]) == 0
        first = c.collection_score(members, 0)
        assert first[0] == 0
        assert c.collection_score(members, 0) == first
        second = c.collection_score(members, 1)
        out = probe.ffi.new("VmafModelCollectionScore *")
        assert probe.lib.vmaf_score_pooled_model_collection(c.ctx, members, 3, out, 0, 1) == 0
        assert out.type == 1
        assert out.bootstrap.bagging_score == (first[1]["bagging"] + second[1]["bagging"]) / 2
        assert c.get("b_ci_p95_hi", 1) == second[1]["ci_p95_hi"]
        # members differ by a constant of 5 each: their spread is known
        scores = [c.get(f"b_{k:04d}", 0) for k in (1, 2, 3)]
        assert [scores[1] - scores[0], scores[2] - scores[1]] == pytest.approx([5, 5], rel=1e-13)
        assert first[1]["bagging"] == pytest.approx(scores[1], rel=1e-13)
        assert first[1]["stddev"] == pytest.approx(5 * math.sqrt(2 / 3), rel=1e-9)
        assert first[1]["ci_p95_lo"] == pytest.approx(scores[0] + 0.05 * 5, rel=1e-13)
    probe.lib.vmaf_model_destroy(main)
    probe.lib.vmaf_model_collection_destroy(members)


@pytest.mark.parametrize(
    "doc",
    [
        document(),
        {},
        {"0": document()},
        {"1": document(), "0": document()},
        {"0": document(), "1": document()},  # members of no bootstrap type
        {**collection(1), "2": document(slopes=[])},
    ],
    ids=["single", "empty", "main_only", "wrong_order", "no_bootstrap", "bad_member"],
)
def test_no_collection(probe, tmp_path, doc):
    """A file that is no complete collection is refused, and no model is given."""
    code, main, members = probe.load_collection(write(tmp_path, doc))
    assert (code, main, members) == (EINVAL, probe.ffi.NULL, probe.ffi.NULL)


def test_overload_of_collections(probe, tmp_path):
    """An overload of a collection reaches the main model and every member."""
    code, main, members = probe.load_collection(write(tmp_path, collection()), name="b")
    assert code == 0
    both = probe.ffi.new("VmafModelCollection **", members)
    options = probe.dictionary({"probe_gain": 2})
    assert probe.lib.vmaf_model_collection_feature_overload(main, both, b"probe", options) == 0
    with probe.context() as c:
        assert probe.lib.vmaf_use_features_from_model_collection(c.ctx, members) == 0
        assert c.feed([(10, 9)]) == 0
        assert c.names() == ["probe_mean_g_2", "probe_diff_g_2", "probe_past_g_2"]
        assert c.collection_score(members, 0)[0] == 0
        assert c.score(main, 0)[0] == 0
    probe.lib.vmaf_model_destroy(main)
    probe.lib.vmaf_model_collection_destroy(members)
