"""Tests between metrics: published examples to their printed digits, SciPy, simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from goldens import golden
from hypothesis import given
from hypothesis import strategies as st

from vmafpy import stats
from vmafpy.errors import DegenerateError, InvalidValueError, StatisticsError, TooFewPointsError

CASES = golden("correlation_tests.json")
METHODS = {
    "meng1992": "meng",
    "steiger1980": "steiger",
    "hittner2003": "hittner",
    "williams1959": "williams",
    "dunn1969": "dunn_clark",
    "zou2007": "zou",
}


def name(case):
    return "-".join(str(case[k]) for k in ("test", "r12", "r13", "r23") if k in case)


@pytest.mark.parametrize("case", CASES["dependent_overlapping"], ids=name)
def test_dependent_correlations(case):
    """The printed result, to its digits; the formula's full value to 1e-12."""
    got = stats.compare_dependent(case["r12"], case["r13"], case["r23"], case["n"], method=METHODS[case["test"]])
    if case["test"] == "zou2007":
        assert (got.interval.low, got.interval.high) == pytest.approx(case["computed"]["ci95"], abs=1e-12)
        assert [round(v, case["digits"]) for v in (got.interval.low, got.interval.high)] == case["ci95"]
        return
    assert got.statistic == pytest.approx(case["computed"]["statistic"], abs=1e-12)
    assert got.p_value == pytest.approx(case["computed"]["p_two_sided"], abs=1e-12)
    assert round(got.statistic, case["digits"]) == case.get("z", case.get("t"))


@pytest.mark.parametrize("case", CASES["independent"], ids=lambda c: f"{c['test']}-{c['r1']}")
def test_independent_correlations(case):
    """Textbook figures, to their digits."""
    method = "zou" if "zou" in case["test"] else "fisher"
    got = stats.compare_independent(case["r1"], case["n1"], case["r2"], case["n2"], method=method)
    if method == "zou":
        assert [round(v, case["digits"]) for v in (got.interval.low, got.interval.high)] == case["ci95"]
    else:
        assert round(got.statistic, case["digits"]) == case["z"]
        if "p" in case:
            assert got.p_value == pytest.approx(case["p"], abs=1e-9)


def test_metrics_of_a_published_table():
    """AVT-VQDB-UHD-1-NVC, 216 clips: MS-SSIM against PSNR by PLCC, from the three correlations."""
    r = 0.694649866566407, 0.7500840813695842, 0.8754444414931807
    meng = stats.compare_dependent(*r, 216)
    assert (meng.statistic, meng.p_value) == pytest.approx((-2.4333721295013047, 0.01495891803983567), abs=1e-9)
    steiger = stats.compare_dependent(*r, 216, method="steiger")
    assert (steiger.statistic, steiger.p_value) == pytest.approx((-2.4350553651912024, 0.014889511286655662), abs=1e-9)
    williams = stats.compare_dependent(*r, 216, method="williams")
    assert (williams.statistic, williams.p_value) == pytest.approx((-2.462410028838382, 0.014594443514459734), abs=1e-9)
    assert williams.df == 213


def test_from_columns():
    """Correlations taken from columns are those of the coefficients, Pearson's or Spearman's."""
    rng = np.random.default_rng(0)
    y = rng.uniform(1, 5, 40)
    a, b = y + rng.normal(0, 0.5, 40), y + rng.normal(0, 1, 40)
    for coefficient, function in (("plcc", stats.plcc), ("srcc", stats.srcc)):
        expected = stats.compare_dependent(
            function(a, y).value, function(b, y).value, function(a, b).value, 40, method="hittner"
        )
        got = stats.compare_correlations(y, a, b, method="hittner", coefficient=coefficient)
        assert got.statistic == pytest.approx(expected.statistic, abs=1e-10)
    assert float(stats.compare_correlations(y, a, b)) > 0


@given(
    st.floats(-0.95, 0.95), st.floats(-0.95, 0.95), st.floats(-0.95, 0.95), st.sampled_from(sorted(METHODS.values()))
)
def test_swapped_metrics(a, b, c, method):
    """Exchanging the metrics changes the sign and nothing else."""
    if 1 - a * a - b * b - c * c + 2 * a * b * c < 1e-3:
        return
    there, back = (
        stats.compare_dependent(a, b, c, 30, method=method),
        stats.compare_dependent(b, a, c, 30, method=method),
    )
    assert float(there) == -float(back)
    if method == "zou":
        assert there.interval.low == pytest.approx(-back.interval.high, abs=1e-9)
    else:
        assert there.statistic == pytest.approx(-back.statistic, abs=1e-9)
        assert there.p_value == pytest.approx(back.p_value, abs=1e-9)


def test_false_alarms_are_as_rare_as_promised():
    """Two metrics of equal worth differ at 5 % in about 5 % of studies, by every test."""
    rng = np.random.default_rng(3)
    studies, n = 500, 50
    alarms = dict.fromkeys(("meng", "steiger", "dunn_clark", "hittner", "williams", "zou"), 0)
    for _ in range(studies):
        y = rng.normal(size=n)
        a, b = y + rng.normal(size=n), y + rng.normal(size=n)
        for method in alarms:
            got = stats.compare_correlations(y, a, b, method=method)
            alarms[method] += not got.interval.low <= 0 <= got.interval.high if method == "zou" else got.p_value < 0.05
    for method, count in alarms.items():
        assert count / studies == pytest.approx(0.05, abs=4 * math.sqrt(0.05 * 0.95 / studies)), method


def test_rmse_of_two_models():
    """F is the ratio of the mean squares, larger over smaller, against SciPy's F distribution."""
    got = stats.compare_rmse(0.4, 100, 0.5, 100, dof1=4, dof2=1)
    assert (got.statistic, got.df) == (pytest.approx(1.5625), (99, 96))
    assert got.p_value == pytest.approx(scipy.stats.f.sf(1.5625, 99, 96), abs=1e-15)


def test_holm():
    """Holm's own steps: p sorted, times what is left, never falling; order of input kept."""
    assert stats.holm([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert stats.holm([0.9, 0.8]).tolist() == [1, 1]
    with pytest.raises(InvalidValueError, match=r"p_values is 1\.5 in row 1"):
        stats.holm([0.1, 1.5])


def test_paired_t_is_scipy_s():
    """Differences of folds: SciPy's one-sample t."""
    d = [0.01, 0.03, -0.01, 0.02, 0.02]
    expected = scipy.stats.ttest_1samp(d, 0)
    got = stats.paired_t(d)
    assert (got.statistic, got.p_value, got.df) == pytest.approx((expected.statistic, expected.pvalue, 4), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: stats.compare_dependent(1.0, 0.5, 0.5, 30), DegenerateError, "r12 is 1: a perfect correlation"),
        (lambda: stats.compare_dependent(0.5, 0.4, 1.0, 30), DegenerateError, "r23 is 1"),
        (lambda: stats.compare_dependent(0.9, -0.9, 0.9, 30), DegenerateError, "contradict each other"),
        (lambda: stats.compare_dependent(0.5, 0.4, 0.3, 3), TooFewPointsError, "3 stimuli; at least 4"),
        (lambda: stats.compare_dependent(0.5, 1.4, 0.3, 30), InvalidValueError, r"r13 is 1\.4"),
        (lambda: stats.compare_dependent(0.5, 0.4, 0.3, 30, method="t"), StatisticsError, "'t' is unknown"),
        (
            lambda: stats.compare_correlations([1, 2, 3, 4], [1, 2, 4, 3], [2, 4, 8, 6]),
            DegenerateError,
            "equal up to scale",
        ),
        (lambda: stats.compare_independent(0.5, 3, 0.4, 30), TooFewPointsError, "3 stimuli"),
        (lambda: stats.compare_rmse(0, 30, 1, 30), InvalidValueError, "rmse1 is 0"),
        (lambda: stats.compare_rmse(1, 4, 1, 30, dof1=4), TooFewPointsError, "0 degrees"),
        (lambda: stats.paired_t([0.1]), TooFewPointsError, "at least 2"),
        (lambda: stats.paired_t([0.1, 0.1]), DegenerateError, "some spread"),
    ],
)
def test_bad_input(call, error, text):
    """No p-value of what cannot be tested."""
    with pytest.raises(error, match=text):
        call()
