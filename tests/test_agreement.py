"""Agreement: the gap to NEG and rankings that contradict one another are seen at once."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kendalltau

from tests.test_results import FACTS
from vmafpy.agreement import metric_agreement
from vmafpy.errors import InputError
from vmafpy.frame_scores import FrameScores, ScoreMap
from vmafpy.results import ScoreResult


def clip(**columns):
    """A result with VMAF and NEG as models, everything else as features."""
    indices = np.arange(len(next(iter(columns.values()))))
    made = {name: FrameScores(name, np.asarray(values, float), indices) for name, values in columns.items()}
    names = {"vmaf": "vmaf_v0.6.1", "neg": "vmaf_v0.6.1neg"}
    models = {names[n]: FrameScores(names[n], made.pop(n).values, indices) for n in names if n in made}
    return ScoreResult(models=ScoreMap(models), features=ScoreMap(made), provenance=FACTS)


def test_one_clip():
    """Over frames: tau-b is SciPy's, cambi counts as lower-is-better, the gap is the difference of means."""
    rng = np.random.default_rng(2)
    columns = {name: rng.normal(50, 10, 20) for name in ("vmaf", "neg", "psnr_y", "cambi")}
    found = metric_agreement(clip(**columns))
    assert found.metrics == ("vmaf_v0.6.1", "vmaf_v0.6.1neg", "psnr_y", "cambi")
    assert found.tau_b[0, 2] == pytest.approx(kendalltau(columns["vmaf"], columns["psnr_y"]).statistic, abs=1e-15)
    assert found.tau_b[0, 3] == pytest.approx(-kendalltau(columns["vmaf"], columns["cambi"]).statistic, abs=1e-15)
    assert found.gap["this clip"] == pytest.approx(columns["vmaf"].mean() - columns["neg"].mean(), abs=1e-9)


def test_a_lifted_clip_is_marked():
    """Sharpened beside plain: VMAF prefers the one, NEG and PSNR the other, and the gap marks it."""
    found = metric_agreement(
        {
            "plain": clip(vmaf=[93, 94], neg=[91, 92], psnr_y=[40, 41]),
            "sharpened": clip(vmaf=[99, 100], neg=[85, 86], psnr_y=[33, 34]),
        }
    )
    assert found.enhanced == ("sharpened",)
    (pair,) = found.disagreements
    assert pair.first_better == ("vmaf_v0.6.1neg", "psnr_y")
    assert pair.second_better == ("vmaf_v0.6.1",)
    assert found.tau_b[0, 1] == -1
    assert "sharpened: +14.00  <- lifted" in str(found)


def test_refused():
    """One metric cannot agree; a clip that lacks a metric is named."""
    with pytest.raises(InputError, match="triangulate"):
        metric_agreement(clip(vmaf=[1, 2]))
    with pytest.raises(InputError, match="b was not scored with psnr_y"):
        metric_agreement({"a": clip(vmaf=[1, 2], psnr_y=[3, 4]), "b": clip(vmaf=[1, 2])})
