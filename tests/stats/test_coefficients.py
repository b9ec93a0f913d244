"""PLCC, SRCC, tau-b, error measures and their intervals, against SciPy and published figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from goldens import golden
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from vmafpy import stats
from vmafpy.errors import ConstantInputError, InvalidValueError, LengthMismatchError, StatisticsError, TooFewPointsError

ALL = (stats.plcc, stats.srcc, stats.kendall_tau_b)
columns = st.integers(3, 60).flatmap(
    lambda n: st.tuples(*[arrays(np.float64, n, elements=st.integers(-20, 20).map(float)) for _ in range(2)])
)


@given(columns)
def test_scipy_agrees(pair):
    """Values equal SciPy's to 1e-12, ties and all."""
    x, y = pair
    assume(np.ptp(x) > 0 and np.ptp(y) > 0)
    assert float(stats.plcc(x, y)) == pytest.approx(scipy.stats.pearsonr(x, y).statistic, abs=1e-12)
    assert float(stats.srcc(x, y)) == pytest.approx(scipy.stats.spearmanr(x, y).statistic, abs=1e-12)
    assert float(stats.kendall_tau_b(x, y)) == pytest.approx(scipy.stats.kendalltau(x, y).statistic, abs=1e-12)


@given(columns)
def test_symmetries(pair):
    """Rank coefficients ignore rising functions, PLCC linear ones; direction is stated, never dropped."""
    x, y = pair
    assume(np.ptp(x) > 0 and np.ptp(y) > 0)
    for coefficient in (stats.srcc, stats.kendall_tau_b):
        assert float(coefficient(np.exp(x / 5), y)) == pytest.approx(float(coefficient(x, y)), abs=1e-12)
    assert float(stats.plcc(3 * x - 7, y)) == pytest.approx(float(stats.plcc(x, y)), abs=1e-12)
    for coefficient in ALL:
        assert float(coefficient(-x, y)) == pytest.approx(-float(coefficient(x, y)), abs=1e-12)
        assert float(coefficient(-x, y, lower_is_better=True)) == float(coefficient(x, y))
        order = np.random.default_rng(0).permutation(len(x))
        assert float(coefficient(x[order], y[order])) == pytest.approx(float(coefficient(x, y)), abs=1e-12)


def test_netflix_cases():
    """The small cases of Netflix's own tests."""
    first, second, ramp = golden("performance_metrics.json")["simple"]
    for case in (first, second):
        x, y = case["prediction"], case["groundtruth"]
        assert float(stats.srcc(x, y)) == pytest.approx(case["srcc"], abs=1e-12)
        assert float(stats.kendall_tau_b(x, y)) == pytest.approx(case["kendall_tau_b"], abs=1e-12)
    x, y = first["prediction"], first["groundtruth"]
    assert float(stats.plcc(x, y)) == pytest.approx(first["plcc"], abs=1e-12)
    assert float(stats.rmse(x, y, mapping=None)) == pytest.approx(first["rmse"], abs=1e-12)
    identity = np.arange(10_000) / 10_000
    sigmoid = stats.rmse(identity, identity, mapping="netflix_sigmoid", dof=0)
    assert float(sigmoid) == pytest.approx(ramp["rmse_after_netflix_sigmoid_mapping"], abs=1e-12)


def test_interval_of_a_published_correlation():
    """AVT-VQDB-UHD-1-NVC: PLCC of VMAF 0.8864 on 216 clips has this Fisher interval; SciPy agrees."""
    interval = stats.fisher_interval(0.8864461712940408, 216)
    assert (interval.low, interval.high) == pytest.approx((0.8540121608169013, 0.9120163007808426), abs=1e-12)
    rng = np.random.default_rng(1)
    x = rng.normal(size=50)
    y = x + rng.normal(size=50)
    ours, theirs = stats.plcc(x, y).interval, scipy.stats.pearsonr(x, y).confidence_interval()
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


def test_intervals_by_formula():
    """Bonett-Wright and Fieller by hand, and none where the number of stimuli does not allow one."""
    z = 1.959963984540054
    bw = stats.bonett_wright_interval(0.6, 23)
    assert bw.high == pytest.approx(math.tanh(math.atanh(0.6) + z * math.sqrt(1.18 / 20)), abs=1e-12)
    fieller = stats.fieller_interval(0.4, 14)
    assert fieller.low == pytest.approx(math.tanh(math.atanh(0.4) - z * math.sqrt(0.0437)), abs=1e-12)
    assert stats.fisher_interval(1.0, 10).low == 1.0
    assert stats.plcc([1, 2, 4], [1, 2, 3]).interval is None
    assert stats.kendall_tau_b([1, 2, 4, 3], [1, 2, 3, 4]).interval is None
    with pytest.raises(TooFewPointsError, match="fisher interval needs at least 4"):
        stats.fisher_interval(0.5, 3)


def test_intervals_cover():
    """Analytic and bootstrap intervals of normal data hold the true PLCC in about 95 % of studies."""
    rng = np.random.default_rng(7)
    rho, n, studies = 0.8, 60, 300
    held = np.zeros(2)
    for study in range(studies):
        x = rng.normal(size=n)
        y = rho * x + math.sqrt(1 - rho * rho) * rng.normal(size=n)
        for k, interval in enumerate(("analytic", "bootstrap")):
            found = stats.plcc(x, y, interval=interval, n_draws=200, seed=study).interval
            held[k] += found.low <= rho <= found.high
    # 4 standard errors of 300 studies at 95 % are 5 %; the percentile bootstrap runs 1 to 2 % short at n = 60
    assert held[0] / studies == pytest.approx(0.95, abs=0.05)
    assert held[1] / studies == pytest.approx(0.935, abs=0.055)


@pytest.mark.parametrize("coefficient", ALL)
@pytest.mark.parametrize(
    ("x", "y", "error", "text"),
    [
        ([1, 1, 1], [1, 2, 3], ConstantInputError, "prediction is 1 for all 3 stimuli"),
        ([1, 2, 3], [4, 4, 4], ConstantInputError, "subjective is 4"),
        ([1, 2], [1, 2], TooFewPointsError, "2 stimuli; at least 3"),
        ([], [], TooFewPointsError, "prediction has 0 values"),
        ([1, 2, math.nan], [1, 2, 3], InvalidValueError, "prediction is nan in row 2"),
        ([1, 2, 3], [1, math.inf, 3], InvalidValueError, "subjective is inf in row 1"),
        ([1, 2, 3], [1, 2], LengthMismatchError, "prediction 3, subjective 2"),
        ([[1, 2, 3]], [1, 2, 3], InvalidValueError, "shape"),
        (["a", 2, 3], [1, 2, 3], InvalidValueError, "prediction is not a list of numbers"),
    ],
)
def test_bad_input(coefficient, x, y, error, text):
    """No coefficient comes of constants, gaps or unequal lists."""
    with pytest.raises(error, match=text):
        coefficient(x, y)


def test_unknown_options_are_named():
    """An unknown interval or mapping, and a confidence that is no share, are refused."""
    x, y = [1, 2, 3, 5], [1, 3, 2, 4]
    with pytest.raises(StatisticsError, match="'exact' is unknown"):
        stats.plcc(x, y, interval="exact")
    with pytest.raises(StatisticsError, match="mapping 'spline' is unknown"):
        stats.plcc(x, y, mapping="spline")
    with pytest.raises(InvalidValueError, match="confidence 95 is not between"):
        stats.plcc(x, y, confidence=95)


X, Y = np.array([1.0, 2, 3, 4, 5, 6]), np.array([1.2, 1.9, 3.3, 3.6, 5.4, 5.8])
E = np.array([0.2, -0.1, 0.3, -0.4, 0.4, -0.2])


def test_error_measures_by_hand():
    """RMSE with its divisor and chi-square interval, RMSE*, outliers, MAE and Z-RMSE of six given errors."""
    got = stats.rmse(X, Y, mapping=None)
    assert float(got) == pytest.approx(math.sqrt(0.5 / 6))
    assert got.interval.low == pytest.approx(float(got) * math.sqrt(6 / scipy.stats.chi2.ppf(0.975, 6)))
    assert got.interval.high == pytest.approx(float(got) * math.sqrt(6 / scipy.stats.chi2.ppf(0.025, 6)))
    assert float(stats.rmse(X, Y, mapping=None, dof=4)) == pytest.approx(math.sqrt(0.5 / 2))
    ci = np.full(6, 0.25)
    assert float(stats.rmse_star(X, Y, ci, mapping=None)) == pytest.approx(math.sqrt((0.05**2 + 2 * 0.15**2) / 6))
    outliers = stats.outlier_ratio(X, Y, ci, mapping=None)
    assert (float(outliers), outliers.standard_error) == pytest.approx((0.5, math.sqrt(0.25 / 6)))
    assert float(stats.mae(X, Y, mapping=None)) == pytest.approx(1.6 / 6)
    assert float(stats.z_rmse(X, Y, [0.1] * 6, mapping=None)) == pytest.approx(math.sqrt(50 / 6))


def test_error_measures_after_a_mapping():
    """The default divisor is that of the mapping; a mapping fitted before gives the same number."""
    linear = np.polynomial.Polynomial.fit(X, Y, 1)
    residual = Y - linear(X)
    expected = math.sqrt(residual @ residual / 4)
    got = stats.rmse(X, Y, mapping="linear")
    assert (float(got), got.dof, got.mapping) == (pytest.approx(expected), 2, "linear")
    assert float(stats.rmse(X, Y, mapping=stats.fit_mapping(X, Y, "linear"))) == float(got)


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: stats.rmse(X, Y, mapping=None, dof=6), InvalidValueError, "no degrees of freedom after 6"),
        (lambda: stats.rmse(X, Y[:5]), LengthMismatchError, "prediction 6, subjective 5"),
        (lambda: stats.outlier_ratio(X, Y, None), InvalidValueError, "ci is missing"),
        (lambda: stats.rmse_star(X, Y, [-1] * 6), InvalidValueError, "ci is -1 in row 0"),
        (lambda: stats.z_rmse(X, Y, [0.1] * 5 + [0]), InvalidValueError, "standard_error is 0 in row 5"),
    ],
)
def test_bad_input_of_error_measures(call, error, text):
    """No error measure without what it needs."""
    with pytest.raises(error, match=text):
        call()
