"""Pairs of stimuli: Netflix's published figures, scikit-learn's areas, resolving power."""

from __future__ import annotations

import csv
import gzip

import numpy as np
import pytest
from goldens import HERE, golden
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from vmafpy import stats
from vmafpy.errors import DegenerateError, InvalidValueError, StatisticsError

GOLDEN = golden("performance_metrics.json")
FIGURES = (
    ("auc_different_similar", "AUC_DS"),
    ("auc_better_worse", "AUC_BW"),
    ("correct", "CC_0"),
    ("threshold", "THR"),
    ("p_different_similar", "pDS_DL"),
    ("p_better_worse", "pBW_DL"),
    ("p_correct", "pCC0_b"),
)


def test_netflix_parity():
    """Pairs counted as Netflix does, both ways and with themselves, give its figures to 1e-12."""
    case = GOLDEN["auc_two_metrics"]
    votes = [np.array(v) for v in case["raw_scores"]]
    mos, se = [v.mean() for v in votes], [v.std(ddof=1) / np.sqrt(len(v)) for v in votes]
    metrics = dict(zip("ab", case["predictions"], strict=True))
    got = stats.analyse_pairs(metrics, mos, se, z=2, pairs="ordered_with_self")
    for ours, theirs in FIGURES:
        assert getattr(got, ours) == pytest.approx(np.array(case["expected"][theirs]), abs=1e-12), ours
    assert (got.n_pairs, got.pairs) == (16, "ordered_with_self")


def test_each_pair_once():
    """The default counts each pair once: areas over 6 pairs of 4 stimuli instead of 16."""
    case = GOLDEN["auc_two_metrics"]
    votes = [np.array(v) for v in case["raw_scores"]]
    mos, se = [v.mean() for v in votes], [v.std(ddof=1) / np.sqrt(len(v)) for v in votes]
    got = stats.analyse_pairs(dict(zip("ab", case["predictions"], strict=True)), mos, se, z=2)
    assert (got.n_pairs, got.n_significant) == (6, 4)
    assert got.auc_different_similar[1] == 0.25


def test_toyama():
    """14,028 pairs of the Toyama study with five metrics: Netflix's figures to 1e-12."""
    with gzip.open(HERE / "toyama_pairs.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    differences = {f"d{i}": [float(r[f"d{i}"]) for r in rows] for i in range(1, 6)}
    got = stats.analyse_differences(differences, [float(r["signif"]) for r in rows])
    assert got.n_pairs == 14028
    for ours, theirs in FIGURES:
        expected = np.array(GOLDEN["toyama"]["expected"][theirs])
        assert getattr(got, ours) == pytest.approx(expected, abs=1e-12), ours
    published = GOLDEN["toyama"]["published_means"]
    for ours, theirs in FIGURES[:4]:
        assert getattr(got, ours).mean() == pytest.approx(published[theirs], abs=1e-9)


@given(st.integers(0, 2**32 - 1))
def test_areas_are_scikit_learn_s(seed):
    """With ties in the scores, too."""
    rng = np.random.default_rng(seed)
    scores, label = rng.integers(0, 9, 60), rng.random(60) < 0.4
    if 2 <= label.sum() <= 58:
        assert stats.auc(scores, label) == pytest.approx(roc_auc_score(label, scores), abs=1e-12)
        areas, _, p = stats.delong([scores, -scores, scores], label)
        assert areas[1] == pytest.approx(1 - areas[0], abs=1e-12)
        assert p[0, 2] == 1


def test_delong_error_is_that_of_repeated_samples():
    """The standard error is the spread of the area over repeated draws of the same population, to a tenth."""
    rng = np.random.default_rng(0)
    label = np.repeat([True, False], 80)
    areas, errors = [], []
    for _ in range(600):
        scores = rng.normal(size=160) + label
        area, se, _ = stats.delong([scores], label)
        areas.append(area[0])
        errors.append(se[0])
    assert np.mean(errors) == pytest.approx(np.std(areas), rel=0.1)


@pytest.mark.parametrize("case", ["resolving_power_1", "resolving_power_2_unequal_counts"])
def test_resolving_power(case):
    """Netflix's resolving power, to 1e-12."""
    data = GOLDEN[case]
    votes = [np.array(v) for v in data["raw_scores"]]
    got = stats.resolving_power(
        data["prediction"], [v.mean() for v in votes], [v.var() for v in votes], [len(v) for v in votes]
    )
    assert got.reached
    assert float(got) == pytest.approx(data["resolving_power_95"], abs=1e-12)


def test_resolving_power_not_reached():
    """A metric that says nothing reaches no confidence: that is a result, not a number."""
    rng = np.random.default_rng(0)
    got = stats.resolving_power(rng.normal(size=30), rng.uniform(2, 3, 30), np.full(30, 4.0), np.full(30, 4))
    assert not got.reached
    with pytest.raises(DegenerateError, match=r"no difference of the metric reaches a confidence of 0\.95"):
        float(got)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: stats.analyse_pairs({"a": [1, 2, 3]}, [1, 2, 3], [0, 0, 0]), DegenerateError, "3 of 3 pairs differ"),
        (lambda: stats.analyse_pairs({"a": [1, 2, 3]}, [1, 2, 3], [9, 9, 9]), DegenerateError, "0 of 3 pairs differ"),
        (lambda: stats.analyse_pairs({"a": [1, 2, 3]}, [1, 2, 3], [1, -1, 1]), InvalidValueError, "in row 1"),
        (lambda: stats.analyse_differences({"a": [1, 2]}, [1, 2]), InvalidValueError, "order holds 2"),
        (
            lambda: stats.analyse_pairs({"a": range(7000)}, range(7000), [1] * 7000),
            StatisticsError,
            "24496500 pairs, too many",
        ),
        (lambda: stats.auc([1, 2], [True, True]), DegenerateError, "2 positive and 0 negative"),
        (
            lambda: stats.resolving_power([1, 2, 3], [1, 2, 3], [0, 0, 1], [5, 5, 5]),
            DegenerateError,
            "stimuli 0 and 1 have no variance",
        ),
        (lambda: stats.resolving_power([1, 2, 3], [1, 2, 3], [1, 1, 1], [5, 0, 5]), InvalidValueError, "row 1"),
    ],
)
def test_bad_input(call, error, text):
    """A class without pairs, a list too long, votes without variance: named."""
    with pytest.raises(error, match=text):
        call()
