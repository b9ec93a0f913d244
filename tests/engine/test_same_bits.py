"""Every feature and every model, at every instruction level of the machine and any thread count: the same doubles."""

from __future__ import annotations

import enginetools
import gradients
import pytest
from engineapi import ROOT

N = 3
W, H = 336, 324  # the least that every model's SpEED has chroma for; no multiple of a vector
PLAIN, NO_AVX512, NO_VNNI = 1, 16, 32  # cpumask
MODELS = sorted(path.stem for path in (ROOT / "model").glob("vmaf_*.json"))
# parts of kernels that neither models nor default options reach
OPTIONS = [
    ("float_ms_ssim", {"enable_lcs": True}),
    ("float_ssim", {"scale": 1}),
    ("float_ssim", {"scale": 3}),
    ("psnr", {"enable_mse": True, "enable_apsnr": True}),  # in place of the default: the same names
    ("speed_temporal", {"speed_use_ref_diff": True}),
]


def features(engine):
    names, k = [], 0
    while (name := engine.lib.vmafpy_extractor_name(k)) != engine.ffi.NULL:
        names.append(engine.ffi.string(name).decode())
        k += 1
    return [(name, {}) for name in names if name != "psnr"] + OPTIONS


def scores(engine, pairs, fmt, bpc, **config):
    """{name: score of each frame} of all there is; models by their file's name."""
    ffi, lib = engine.ffi, engine.lib
    value, bag = ffi.new("double *"), ffi.new("VmafModelCollectionScore *")
    found = {}
    models, collections = {}, {}
    with engine.context(**config) as c:
        for name in MODELS:
            path = ROOT / "model" / f"{name}.json"
            code, models[name] = engine.load(path, name=name)
            if code:
                code, models[name], collections[name] = engine.load_collection(path, name=name)
                assert lib.vmaf_use_features_from_model_collection(c.ctx, collections[name]) == 0
            assert code == 0
            assert lib.vmaf_use_features_from_model(c.ctx, models[name]) == 0
        for name, options in features(engine):
            assert c.use(name, **options) == 0, (name, options)
        for i, pair in enumerate(pairs):
            assert c.read(*(enginetools.picture(planes, fmt, bpc) for planes in pair), i) == 0
        assert c.flush() == 0
        for name, model in models.items():
            for i in range(N):
                if name in collections:
                    assert lib.vmaf_score_at_index_model_collection(c.ctx, collections[name], bag, i) == 0
                    found[name, i] = (bag.bootstrap.bagging_score, bag.bootstrap.stddev)
                else:
                    assert lib.vmaf_score_at_index(c.ctx, model, value, i) == 0
                    found[name, i] = value[0]
        found |= {name: c.series(name, N) for name in c.names()}
        for name in ("apsnr_y", "apsnr_cb", "apsnr_cr"):
            assert lib.vmafpy_aggregate(c.ctx, name.encode(), value) == 0
            found[name] = value[0]
    for name, model in models.items():
        lib.vmaf_model_destroy(model)
        if name in collections:
            lib.vmaf_model_collection_destroy(collections[name])
    return found


@pytest.mark.parametrize("fmt", ["420", "444"])
@pytest.mark.parametrize("bpc", [8, 10])
def test_levels_and_threads(engine, fmt, bpc):
    """One clip, scored plainly and again with more instructions or more threads: not a bit of any score differs."""
    pairs = [gradients.pair(W, H, fmt, bpc, frame, coarse_blocks=True) for frame in range(N)]
    plain = scores(engine, pairs, fmt, bpc, cpumask=PLAIN)
    assert {name for name, _ in filter(lambda key: isinstance(key, tuple), plain)} == set(MODELS)
    assert len(plain) > 150
    for cpumask in [0, *(bit for bit in (NO_AVX512, NO_VNNI) if engine.lib.vmafpy_cpu_levels() & bit)]:
        assert scores(engine, pairs, fmt, bpc, cpumask=cpumask) == plain, cpumask
    for n_threads in (1, 2, 3):
        assert scores(engine, pairs, fmt, bpc, n_threads=n_threads) == plain, n_threads
