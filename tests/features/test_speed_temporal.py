"""SpEED of frame differences against libvmaf 3.2.0, and what must not change it."""

from __future__ import annotations

import json
from pathlib import Path

import gradients
import numpy as np
import pytest
from enginetools import run_features

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "cambi_speed.json").read_text())["speed_temporal"]


def clip(frames):
    pairs = [gradients.pair(GOLDEN["w"], GOLDEN["h"], GOLDEN["format"], GOLDEN["bitdepth"], f) for f in frames]
    return [(ref[0],) for ref, _ in pairs], [(dis[0],) for _, dis in pairs]


def scores(frames, options=None, **how):
    got = run_features([("speed_temporal", options or {})], *clip(frames), fmt="400", **how)
    return [values.tolist() for values in got.values()]


@pytest.mark.parametrize("cpumask", [0, 1, 16])
@pytest.mark.parametrize("run", GOLDEN["runs"], ids=lambda run: "-".join(run["options"]) or "default")
def test_golden(run, cpumask):
    """libvmaf's numbers from luma alone, at every level of instructions."""
    assert scores(GOLDEN["frames"], run["options"], cpumask=cpumask) == [run["scores"]]


def test_variants_together_equal_each_alone():
    """Differences to the distorted and to the reference frame, in one pass or apart."""
    sets = [run["options"] for run in GOLDEN["runs"]]
    got = run_features([("speed_temporal", o) for o in sets], *clip(GOLDEN["frames"]), fmt="400")
    assert [values.tolist() for values in got.values()] == [run["scores"] for run in GOLDEN["runs"]]


@pytest.mark.parametrize("threads", [0, 3])
@pytest.mark.parametrize("subsample", [1, 2])
def test_subsampling_and_threads_change_nothing(threads, subsample):
    """Always the difference of true neighbours, whoever computes it."""
    frames = [0, 1, 2, 2, 5]
    got = scores(frames, n_threads=threads, n_subsample=subsample)
    assert got == scores(frames)
    assert got[0][:3] == GOLDEN["runs"][0]["scores"]
    assert got[0][3] == 0  # nothing moved


def test_limit_is_a_name_only():
    """speed_max_val shows in the name and limits nothing, as in libvmaf."""
    ref, dis = clip(GOLDEN["frames"])
    got = run_features([("speed_temporal", {"speed_max_val": 1})], ref, dis, fmt="400")
    assert {name: values.tolist() for name, values in got.items()} == {
        "speed_temporal_mxv_1": GOLDEN["runs"][0]["scores"]
    }


def test_too_small_is_refused():
    """Below 80 samples a side no block is left."""
    flat = np.full((79, 320), 9, np.uint8)
    with pytest.raises(AssertionError, match="= -22"):
        run_features([("speed_temporal", {})], [(flat,)], [(flat,)], fmt="400")
