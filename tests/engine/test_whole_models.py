"""Models over pictures with the real extractors: threads, subsampling and company change no bit of a score."""

from __future__ import annotations

import numpy as np
import pytest
from engineapi import ROOT

N = 9
MODELS = ("vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_4k_v0.6.1", "vmaf_float_v0.6.1")


def clip(seed):
    """Smooth pictures that drift, and the same with noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:54, 0:70]
    for i in range(N):
        base = 128 + 60 * np.sin((x + 3 * i) / 9) * np.cos((y - 2 * i) / 7)
        yield np.uint8(base), np.uint8(np.clip(base + rng.normal(0, 20, base.shape), 0, 255))


PAIRS = list(clip(5))


def scores(engine, models, *, n_threads=0, n_subsample=0):
    """{model: unclipped scores}, {name: scores}; None where there is no score."""
    loaded = [engine.load(ROOT / "model" / f"{name}.json", name=name, flags=1) for name in models]
    with engine.context(n_threads=n_threads, n_subsample=n_subsample) as c:
        for code, model in loaded:
            assert code == 0
            assert engine.lib.vmaf_use_features_from_model(c.ctx, model) == 0
        for i, (ref, dis) in enumerate(PAIRS):
            pics = [engine.picture(p, fmt=4, h=54, w=70) for p in (ref, dis)]
            assert c.read(*pics, i) == 0
        assert c.flush() == 0
        found = {}
        for name, (_, model) in zip(models, loaded, strict=True):
            pairs = [c.score(model, i) for i in range(N)]
            found[name] = [None if code else score for code, score in pairs]
        features = {name: c.series(name, N) for name in c.names()}
    for _, model in loaded:
        engine.lib.vmaf_model_destroy(model)
    return found, features


@pytest.fixture(scope="module")
def plain(engine):
    return scores(engine, MODELS)


def test_they_are_scores(plain):
    """Every frame has a score of every model, no two alike; a limited gain never raises a feature."""
    values = np.array([plain[0][name] for name in MODELS], float)
    assert np.all(np.isfinite(values))
    assert len(np.unique(values)) == values.size
    for name in ("adm2", "vif_scale0", "vif_scale1", "vif_scale2", "vif_scale3"):
        limited, free = (plain[1][key] for key in (f"integer_{name}_egl_1", f"VMAF_integer_feature_{name}_score"))
        assert np.all(np.array(limited) <= np.array(free))


@pytest.mark.parametrize("n_threads", [1, 4])
def test_threads(engine, plain, n_threads):
    """Any number of threads gives the same bits."""
    assert scores(engine, MODELS, n_threads=n_threads) == plain


@pytest.mark.parametrize("model", MODELS)
def test_company(engine, plain, model):
    """A model alone scores as it does beside others."""
    assert scores(engine, [model])[0][model] == plain[0][model]


@pytest.mark.parametrize("n_threads", [0, 3])
@pytest.mark.parametrize("step", [2, 4])
def test_subsampling(engine, plain, step, n_threads):
    """The frames that subsampling leaves score as without it; the others have no score."""
    found, _ = scores(engine, MODELS, n_threads=n_threads, n_subsample=step)
    assert found == {m: [v if i % step == 0 else None for i, v in enumerate(s)] for m, s in plain[0].items()}
