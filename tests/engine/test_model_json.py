"""The reader of model files: strict, bounded, deaf to the locale."""

from __future__ import annotations

import json
import locale
import shutil
import subprocess

import pytest
from engineapi import EINVAL, SVM, document, write


def load(engine, tmp_path, content, **kwargs):
    code, model = engine.load(write(tmp_path, content), **kwargs)
    assert (model == engine.ffi.NULL) == (code != 0)
    engine.lib.vmaf_model_destroy(model)
    return code


def svm(**changes):
    """The small regression with lines of its header exchanged; None takes one away."""
    lines = dict(line.split(" ", 1) for line in SVM.split("SV\n")[0].splitlines())
    lines.update(changes)
    header = "".join(f"{key} {value}\n" for key, value in lines.items() if value is not None)
    return header + "SV\n" + SVM.split("SV\n")[1]


ACCEPTED = {
    "plain": document(),
    "unknown keys": {**document(something=[{"deep": [None, True, 1e-5]}]), "param_dict": {"a": "b"}},
    "no scaling": document(norm_type="none", slopes=None, intercepts=None),
    "options": document(feature_opts_dicts=[{"probe_gain": 0.7, "probe_flag": True, "mode": "twice"}, {}]),
    "transform": document(score_transform={"p0": 1, "p1": None, "p2": None, "knots": None, "out_lte_in": None}),
    "knots": document(score_transform={"enabled": True, "knots": [[0, 0], [1, 1]], "out_gte_in": "true"}),
    "one knot": document(score_transform={"enabled": True, "knots": [[0, 0]]}),
    "clip": document(score_clip=[0, 100]),
    "linear kernel": document(model=svm(kernel_type="linear", gamma=None)),
    "epsilon": document(model=svm(svm_type="epsilon_svr", probA="0.5")),
    "windows line ends": document(model=SVM.replace("\n", "\r\n")),
    "no last line end": document(model=SVM.rstrip()),
    "escapes": json.dumps(document()).replace("Probe", "\\u0050rob\\u0065"),
    "blanks": " \t\r\n" + json.dumps(document(), indent=4) + "\n\n",
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_accepted(probe, tmp_path, name):
    """Documents within the format load."""
    assert load(probe, tmp_path, ACCEPTED[name]) == 0


def changed(**changes):
    return document(**changes)


REFUSED = {
    "empty": "",
    "no object": "[]",
    "no model": {"param_dict": {}},
    "two models": json.dumps(document())[:-1] + ', "model_dict": {}}',
    "collection": {"0": document(), "1": document()},
    "no type": changed(model_type=None),
    "unknown type": changed(model_type="LIBSVMNUSV"),
    "type is a number": changed(model_type=1),
    "no norm": changed(norm_type=None),
    "unknown norm": changed(norm_type="clip_0to1"),
    "no names": changed(feature_names=None),
    "empty names": changed(feature_names=[], slopes=[1], intercepts=[0]),
    "65 names": changed(feature_names=["x"] * 65, slopes=[1] * 66, intercepts=[0] * 66),
    "name is null": changed(feature_names=["x", None]),
    "no slopes": changed(slopes=None),
    "few slopes": changed(slopes=[1, 1]),
    "many slopes": changed(slopes=[1, 1, 1, 1]),
    "few intercepts": changed(intercepts=[1]),
    "output slope 0": changed(slopes=[0, 1, 1]),
    "slope is text": changed(slopes=["1", 1, 1]),
    "one options dict": changed(feature_opts_dicts=[{}]),
    "options are no object": changed(feature_opts_dicts=[[], []]),
    "option is null": changed(feature_opts_dicts=[{"a": None}, {}]),
    "option is a list": changed(feature_opts_dicts=[{"a": [1]}, {}]),
    "clip of one": changed(score_clip=[1]),
    "clip of three": changed(score_clip=[1, 2, 3]),
    "clip upside down": changed(score_clip=[100, 0]),
    "clip null": changed(score_clip=None) | {"model_dict": {**document()["model_dict"], "score_clip": None}},
    "enabled null": changed(score_transform={"enabled": None}),
    "enabled text": changed(score_transform={"enabled": "true"}),
    "lte true": changed(score_transform={"out_lte_in": True}),
    "p0 text": changed(score_transform={"p0": "1"}),
    "knots descend": changed(score_transform={"knots": [[0, 0], [0, 1]]}),
    "knot values descend": changed(score_transform={"knots": [[0, 1], [1, 0]]}),
    "knot of three": changed(score_transform={"knots": [[0, 1, 2], [1, 2]]}),
    "11 knots": changed(score_transform={"knots": [[k, k] for k in range(11)]}),
    "chroma without its features": changed(chroma_correction_parameter=120),
    "chroma twice": changed(
        chroma_correction_parameter=120,
        feature_names=["speed_chroma_a", "speed_chroma_b", "adm3"],
        slopes=[1] * 4,
        intercepts=[0] * 4,
    ),
    "number 1e999": json.dumps(document()).replace("0.02", "1e999"),
    "number 0x1": json.dumps(document()).replace("0.02", "0x1"),
    "number 01": json.dumps(document()).replace("0.02", "01"),
    "number 1.": json.dumps(document()).replace("0.02", "1."),
    "number .5": json.dumps(document()).replace("0.02", ".5"),
    "number +1": json.dumps(document()).replace("0.02", "+1"),
    "number 1e": json.dumps(document()).replace("0.02", "1e"),
    "number NaN": json.dumps(document()).replace("0.02", "NaN"),
    "number -": json.dumps(document()).replace("0.02", "-"),
    "number of 600 digits": json.dumps(document()).replace("0.02", "1" * 600),
    "comma at the end": json.dumps(document()).replace("0.5]", "0.5,]"),
    "no comma": json.dumps(document()).replace("0.1,", "0.1"),
    "no colon": json.dumps(document()).replace('"slopes":', '"slopes"'),
    "single quotes": json.dumps(document()).replace('"slopes"', "'slopes'"),
    "text after the end": json.dumps(document()) + "x",
    "second document": json.dumps(document()) * 2,
    "cut": json.dumps(document())[:-1],
    "key twice": json.dumps(document()).replace('"slopes"', '"norm_type": "none", "slopes"'),
    "zero byte": json.dumps(document()).replace("Probe", "\\u0000Probe"),
    "lone surrogate": json.dumps(document()).replace("Probe", "\\ud800Probe"),
    "unknown escape": json.dumps(document()).replace("Probe", "\\x50robe"),
    "line end in a string": json.dumps(document()).replace("Probe", "Pr\nobe"),
    "deep": json.dumps({"a": 0, **document()}).replace("0,", "[" * 100 + "]" * 100 + ",", 1),
    "deep and open": "[" * 1_000_000,
    "no svm": changed(model=None),
    "svm empty": changed(model=""),
    "svm without vectors": changed(model=SVM.split("SV\n")[0]),
    "svm a vector short": changed(model="".join(SVM.splitlines(True)[:-1])),
    "svm a vector long": changed(model=SVM + "1 1:1\n"),
    "svm classifier": changed(model=svm(svm_type="c_svc")),
    "svm kernel": changed(model=svm(kernel_type="precomputed")),
    "svm no kernel": changed(model=svm(kernel_type=None)),
    "svm no gamma": changed(model=svm(gamma=None)),
    "svm no rho": changed(model=svm(rho=None)),
    "svm gamma nan": changed(model=svm(gamma="nan")),
    "svm two rho": changed(model=svm(rho="1 2")),
    "svm 3 classes": changed(model=svm(nr_class="3")),
    "svm huge": changed(model=svm(total_sv="16777216")),
    "svm negative": changed(model=svm(total_sv="-1")),
    "svm labels": changed(model=svm(label="1 2")),
    "svm index 0": changed(model=SVM.replace("1:0.5", "0:0.5")),
    "svm index 3": changed(model=SVM.replace("2:1", "3:1")),
    "svm index down": changed(model=SVM.replace("1:0.5 2:1", "2:1 1:0.5")),
    "svm index twice": changed(model=SVM.replace("1:0.5 2:1", "1:1 1:0.5")),
    "svm no value": changed(model=SVM.replace("1:0.5", "1:")),
    "svm no index": changed(model=SVM.replace("1:0.5", ":0.5")),
    "svm hex": changed(model=SVM.replace("1:0.5", "1:0x1")),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(probe, tmp_path, name):
    """Anything else is -EINVAL, with no model given and nothing guessed."""
    assert load(probe, tmp_path, REFUSED[name]) == EINVAL


def test_bytes_that_are_no_utf8(probe, tmp_path):
    """Text has to be UTF-8: no stray, overlong, surrogate or cut sequences."""
    whole = json.dumps(document()).encode()
    for bad in (b"\xff", b"\x80", b"\xc0\xaf", b"\xe0\x80\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc3"):
        path = tmp_path / "model.json"
        path.write_bytes(whole.replace(b"Probe", bad, 1))
        assert probe.load(path)[0] == EINVAL, bad
    path.write_bytes(whole.replace(b'"norm_type"', '"ключ 😀": 0, "norm_type"'.encode()))
    code, model = probe.load(path)
    assert code == 0
    probe.lib.vmaf_model_destroy(model)


def test_every_prefix_is_refused(probe, tmp_path):
    """A file cut anywhere is refused."""
    whole = json.dumps(document(feature_opts_dicts=[{"a": 1}, {}], score_transform={"knots": [[0, 0], [1, 1]]}))
    for n in range(len(whole)):
        assert load(probe, tmp_path, whole[:n]) == EINVAL, n
    assert load(probe, tmp_path, whole) == 0


def test_files_and_flags(probe, tmp_path):
    """A missing file or a folder gives the system's error; unknown or contradictory flags and bad names -EINVAL."""
    assert probe.load(tmp_path / "none.json")[0] == -2  # ENOENT
    assert probe.load(tmp_path)[0] == -21  # EISDIR
    for flags in (8, 2 | 4, 1 << 40):
        assert load(probe, tmp_path, document(), flags=flags) == EINVAL
    assert load(probe, tmp_path, document(), name="") == EINVAL
    assert load(probe, tmp_path, document(), name="n" * 244) == EINVAL
    assert load(probe, tmp_path, document(), name="n" * 243) == 0


def test_null_arguments(probe, tmp_path):
    """NULL for any pointer of the model calls is an error, never a crash."""
    ffi, lib = probe.ffi, probe.lib
    path = str(write(tmp_path, document())).encode()
    model = ffi.new("VmafModel **")
    collection = ffi.new("VmafModelCollection **")
    config = ffi.new("VmafModelConfig *")
    assert lib.vmaf_model_load_from_path(ffi.NULL, config, path) == EINVAL
    assert lib.vmaf_model_load_from_path(model, ffi.NULL, path) == EINVAL
    assert lib.vmaf_model_load_from_path(model, config, ffi.NULL) == EINVAL
    assert lib.vmaf_model_collection_load_from_path(model, ffi.NULL, config, path) == EINVAL
    assert lib.vmaf_model_collection_load_from_path(ffi.NULL, collection, config, path) == EINVAL
    assert lib.vmaf_model_feature_overload(ffi.NULL, b"probe", probe.dictionary({"a": 1})) == EINVAL
    assert lib.vmaf_model_collection_feature_overload(ffi.NULL, collection, b"probe", ffi.NULL) == EINVAL
    lib.vmaf_model_destroy(ffi.NULL)
    lib.vmaf_model_collection_destroy(ffi.NULL)
    with probe.context() as c:
        assert lib.vmaf_use_features_from_model(c.ctx, ffi.NULL) == EINVAL
        assert lib.vmaf_use_features_from_model_collection(c.ctx, ffi.NULL) == EINVAL
        assert c.score(ffi.NULL, 0)[0] == EINVAL
        assert c.collection_score(ffi.NULL, 0)[0] == EINVAL
        code, m = probe.load(tmp_path / "model.json")
        assert code == 0
        assert lib.vmaf_score_at_index(c.ctx, m, ffi.NULL, 0) == EINVAL
        lib.vmaf_model_destroy(m)


@pytest.fixture
def decimal_comma(tmp_path, monkeypatch):
    """Sets a locale whose decimal point is a comma, compiled on the spot where the machine has none."""
    old = locale.setlocale(locale.LC_NUMERIC)
    if shutil.which("localedef"):
        made = subprocess.run(["localedef", "-i", "de_DE", "-f", "UTF-8", tmp_path / "de_DE.UTF-8"])
        if made.returncode == 0:
            monkeypatch.setenv("LOCPATH", str(tmp_path))

    def enter():
        for name in ("de_DE.UTF-8", "fr_FR.UTF-8", "ru_RU.UTF-8"):
            try:
                return locale.setlocale(locale.LC_NUMERIC, name)
            except locale.Error:
                continue
        return pytest.skip("this machine has no locale with a decimal comma and cannot make one")

    yield enter
    locale.setlocale(locale.LC_NUMERIC, old)


def test_decimal_commas(probe, tmp_path, decimal_comma):
    """A program whose locale writes 0,5 gets the same scores and score names."""

    def run():
        doc = document(feature_opts_dicts=[{"probe_gain": 0.7}, {}])
        code, model = probe.load(write(tmp_path, doc))
        assert code == 0
        with probe.context() as c:
            assert probe.lib.vmaf_use_features_from_model(c.ctx, model) == 0
            assert c.feed([(10, 9)]) == 0
            score = c.score(model, 0)
            names = c.names()
        probe.lib.vmaf_model_destroy(model)
        return score, names

    plain = run()
    decimal_comma()
    assert locale.localeconv()["decimal_point"] == ","
    assert run() == plain
    assert plain[1][0] == "probe_mean_g_0.7"
