"""tau-b 95: the published ranks, and what ties must do."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from goldens import golden
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vmafpy import stats
from vmafpy.errors import ConstantInputError, InvalidValueError, LengthMismatchError, TooFewPointsError

CASES = golden("tau_b95.json")


@pytest.mark.parametrize("case", CASES["published"], ids=lambda c: c["id"])
def test_published_ranks(case):
    """The ranks of the authors' own tests and README."""
    assert stats.tau_b95_ranks(case["mos"], case["ci95"]).tolist() == case["expected_ranks"]


@pytest.mark.parametrize("case", CASES["random"], ids=lambda c: c["id"])
def test_ranks_and_coefficients_of_random_lists(case):
    """Ranks equal the authors' package's; the coefficients SciPy's on those ranks, to 1e-12."""
    mos, ci, metric = case["mos"], case["ci95"], case["metric"]
    assert stats.tau_b95_ranks(mos, ci).tolist() == case["expected_ranks"]
    result = stats.tau_b95(metric, mos, ci)
    assert float(result) == pytest.approx(case["tau_b95"], abs=1e-12)
    assert float(stats.kendall_tau_b(metric, mos)) == pytest.approx(case["tau_b"], abs=1e-12)
    ceiling = scipy.stats.kendalltau(mos, case["expected_ranks"]).statistic
    assert result.ceiling == pytest.approx(ceiling, abs=1e-12)
    assert float(stats.tau_b95_ceiling(mos, ci)) == result.ceiling
    for tie in ("within", "overlap"):
        got = stats.tau_b_pairwise(metric, mos, ci, tie=tie)
        assert float(got) == pytest.approx(case[f"tau_b95_pairwise_{tie}"], abs=1e-12)
        assert got.name == f"tau_b_pairwise_{tie}"


def test_example_of_three():
    """4 and 3.8 share a rank; 3.3 lies in both intervals' reach of neither."""
    assert stats.tau_b95_ranks([4, 3.8, 3.3], [0.6, 0.6, 0.2]).tolist() == [2.5, 2.5, 1]


def test_rounding_decides_a_tie():
    """At two decimals 3.004 and 3.196 with half-widths of 0.19 are 3 and 3.2: 3.01 and 3.19 touch; unrounded not."""
    assert stats.tau_b95_ranks([3.004, 3.196], [0.19, 0.19], decimals=1).tolist() == [1.5, 1.5]
    assert stats.tau_b95_ranks([3.004, 3.196], [0.19, 0.19], decimals=None).tolist() == [1, 2]


def test_equal_scores_go_by_input_order():
    """Equal scores with unequal intervals may rank otherwise when the rows are exchanged: that is the method."""
    mos = [2.0, 2.7, 3.2, 3.2]
    assert stats.tau_b95_ranks(mos, [0.72, 0.17, 0.38, 0.72]).tolist() == [1.5, 1.5, 3.5, 3.5]
    assert stats.tau_b95_ranks(mos, [0.72, 0.17, 0.72, 0.38]).tolist() == [1, 2, 3.5, 3.5]


scores = arrays(np.float64, st.integers(4, 40), elements=st.integers(100, 500).map(lambda v: v / 100))


@given(scores)
def test_certain_scores_keep_their_ranks(mos):
    """With CI = 0 the ranks are the mid-ranks of the scores."""
    ranks = stats.tau_b95_ranks(mos, np.zeros(len(mos)))
    assert ranks.tolist() == scipy.stats.rankdata(mos).tolist()


@given(scores, st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_ranks_never_contradict_scores(mos, ci, seed):
    """A better score never has a lower rank, and ranks sum as ranks do."""
    half = np.random.default_rng(seed).uniform(0, ci + 1e-9, len(mos))
    ranks = stats.tau_b95_ranks(mos, half)
    order = np.argsort(mos, kind="stable")
    assert (np.diff(ranks[order]) >= 0).all()
    assert ranks.sum() == len(mos) * (len(mos) + 1) / 2


@given(st.permutations(list(range(12))), st.integers(0, 2**32 - 1))
def test_row_order_does_not_matter_without_equal_scores(order, seed):
    """Distinct scores: shuffled rows give the same coefficient."""
    rng = np.random.default_rng(seed)
    mos = 1 + np.arange(12) * 0.31
    ci, metric = rng.uniform(0.05, 0.6, 12), mos + rng.normal(0, 0.5, 12)
    plain, other = (stats.tau_b95(metric[i], mos[i], ci[i]).value for i in (np.arange(12), np.array(order)))
    assert other == pytest.approx(plain, abs=1e-12)


@given(scores, st.integers(0, 2**32 - 1))
def test_monotone_metrics_are_equal(mos, seed):
    """A rising function of the metric changes nothing; a falling one, declared, neither."""
    if len(set(mos.tolist())) < 3:
        return
    rng = np.random.default_rng(seed)
    metric = np.round(rng.normal(size=len(mos)), 3)
    if len(set(metric.tolist())) < 2:
        return
    ci = np.full(len(mos), 0.01)
    plain = stats.tau_b95(metric, mos, ci)
    assert float(stats.tau_b95(np.exp(metric), mos, ci)) == float(plain)
    assert float(stats.tau_b95(-metric, mos, ci, lower_is_better=True)) == float(plain)
    assert float(stats.tau_b95(-metric, mos, ci)) == pytest.approx(-float(plain), abs=1e-12)


def test_long_lists_in_blocks():
    """The pairwise variant by blocks of rows is the plain double loop, also beyond one block."""
    rng = np.random.default_rng(2)
    n = 2500  # two blocks
    mos, metric, ci = rng.uniform(1, 5, n), rng.normal(size=n), rng.uniform(0, 0.2, n)
    dm, dx = mos[:, None] - mos, metric[:, None] - metric
    tie = np.abs(dm) <= ci[:, None] + ci
    top = np.triu_indices(n, 1)
    score = (np.sign(dx) * np.where(tie, 0, np.sign(dm)))[top].sum()
    pairs = n * (n - 1) / 2
    expected = score / np.sqrt(pairs * (pairs - tie[top].sum()))
    assert float(stats.tau_b_pairwise(metric, mos, ci, tie="overlap")) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("metric", "mos", "ci", "error", "text"),
    [
        ([1, 2, 3], [1, 2, 3], None, InvalidValueError, "ci is missing"),
        ([1, 2, 3], [1, 2, 3], [0.1, -0.1, 0.1], InvalidValueError, r"ci is -0\.1 in row 1"),
        ([1, 2, 3], [1, 2, 3], [0.1, np.nan, 0.1], InvalidValueError, "ci is nan in row 1"),
        ([1, 2, 3], [1, 2, 3], [0.1, 0.1], LengthMismatchError, "subjective 3, ci 2"),
        ([1, 2], [1, 2], [0, 0], TooFewPointsError, "2 stimuli"),
        ([1, 1, 1], [1, 2, 3], [0, 0, 0], ConstantInputError, "prediction is 1 for all 3"),
        ([1, 2, 3], [1, 2, 3], [5, 5, 5], ConstantInputError, "all 3 stimuli are tied"),
        ([1, 2, np.nan], [1, 2, 3], [0, 0, 0], InvalidValueError, "prediction is nan in row 2"),
        ([1, 2, 3, 4], [1, 2, 3], [0, 0, 0], LengthMismatchError, "prediction 4, subjective 3"),
    ],
)
def test_bad_input(metric, mos, ci, error, text):
    """Missing, negative or unequal input is named; there is no coefficient of a constant."""
    for function in (stats.tau_b95, stats.tau_b_pairwise):
        with pytest.raises(error, match=text):
            function(metric, mos, ci)
