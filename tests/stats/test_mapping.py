"""Mapping functions: known fits found again, best of what another optimiser finds, monotonic where promised."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from vmafpy import stats
from vmafpy.errors import ConstantInputError, DegenerateError, StatisticsError, VmafWarning


def data(seed, n=80, noise=0.3):
    """An S-shaped relation of a metric from 0 to 100 to a score from 1 to 5."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 100, n)
    return x, 1 + 4 / (1 + np.exp(-(x - 60) / 12)) + rng.normal(0, noise, n)


def sum_of_squares(x, y, kind):
    return stats.fit_mapping(x, y, kind).rmse ** 2 * len(x)


def test_cubic_is_least_squares():
    """Coefficients solve the normal equations on raw x, as NumPy's do."""
    x, y = data(0)
    expected = np.linalg.lstsq(np.vander(x / 100, 4, increasing=True), y, rcond=None)[0] / 100.0 ** np.arange(4)
    assert stats.fit_mapping(x, y, "cubic").coefficients == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("seed", range(6))
def test_monotonic_cubic_is_the_best_one(seed):
    """No cubic with a derivative of one sign fits better, as a general optimiser with that constraint confirms."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(0, 1, 30)
    # relations that pull the free cubic over: up, down, saturating, S-shaped
    shape = [np.sin(4 * x), -np.sin(3 * x), x**0.2, 1 / (1 + np.exp(-20 * (x - 0.8))), (x - 0.5) ** 3, x][seed]
    y = shape + rng.normal(0, 0.05, 30)
    sign = np.sign(stats.srcc(x, y).value)
    fit = stats.fit_mapping(x, y, "cubic_monotonic")
    grid = np.linspace(x.min(), x.max(), 400)
    assert (sign * np.diff(fit(grid)) >= -1e-12).all()
    assert fit.monotonic

    def loss(c):
        return np.sum((y - np.polynomial.polynomial.polyval(x, c)) ** 2)

    powers = np.vander(x, 4, increasing=True)
    slope = np.column_stack([0 * grid, 0 * grid + 1, 2 * grid, 3 * grid**2]) * sign
    best = scipy.optimize.minimize(
        loss,
        fit.coefficients,
        jac=lambda c: -2 * powers.T @ (y - powers @ c),
        constraints={"type": "ineq", "fun": lambda c: slope @ c, "jac": lambda c: slope},
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    # SLSQP sees the constraint at 400 points only, so it may undercut by a hair
    assert loss(fit.coefficients) <= best.fun * (1 + 1e-4) + 1e-9


def test_monotonic_cubic_is_the_free_one_where_that_rises():
    """Where the free cubic already keeps its direction, both are equal."""
    x, y = data(3)
    y = y + 0.05 * x
    free = stats.fit_mapping(x, y, "cubic")
    assert free.monotonic
    assert stats.fit_mapping(x, y, "cubic_monotonic").coefficients == pytest.approx(free.coefficients, rel=1e-9)


def test_a_cubic_that_turns_back_says_so():
    """A parabola is no rank-preserving mapping: the result tells."""
    x = np.linspace(-1, 1, 30)
    assert not stats.fit_mapping(x, x**2 + 0.1 * x, "cubic").monotonic


def test_logistics_find_their_own():
    """Noise-free logistic data give back the coefficients they were made with."""
    x = np.linspace(0, 100, 60)
    four = stats.fit_mapping(x, 1.2 + (4.7 - 1.2) / (1 + np.exp(-(x - 55) / 9)), "logistic4")
    b1, b2, b3, b4 = four.coefficients
    top, bottom = (b1, b2) if b4 > 0 else (b2, b1)
    assert (top, bottom, b3, abs(b4)) == pytest.approx((4.7, 1.2, 55, 9), rel=1e-4)
    y = 3.0 * (0.5 - 1 / (1 + np.exp(0.12 * (x - 40)))) + 0.01 * x + 2
    five = stats.fit_mapping(x, y, "logistic5")
    assert five(x) == pytest.approx(y, abs=1e-6)
    assert five.n_coefficients == 5


@pytest.mark.parametrize("kind", ["logistic4", "logistic5"])
@pytest.mark.parametrize("seed", range(3))
def test_logistics_beat_many_starts(kind, seed):
    """Forty random starts of a general optimiser find nothing better (1e-6 of the residual is the optimiser's own)."""
    x, y = data(seed, n=50)
    ours = sum_of_squares(x, y, kind)
    t = (x - x.mean()) / x.std()
    rng = np.random.default_rng(seed)

    def model(p):
        with np.errstate(over="ignore"):
            if kind == "logistic4":
                return p[1] + (p[0] - p[1]) / (1 + np.exp(-(t - p[2]) / abs(p[3])))
            return p[0] * (0.5 - 1 / (1 + np.exp(p[1] * (t - p[2])))) + p[3] * t + p[4]

    for _ in range(40):
        start = rng.normal(0, 1.5, 4 if kind == "logistic4" else 5)
        fit = scipy.optimize.least_squares(lambda p: y - model(p), start, max_nfev=300)
        assert ours <= 2 * fit.cost * (1 + 1e-6)


def test_a_step_is_told():
    """A relation that jumps between two neighbouring predictions is fitted by a step, and a warning names the place."""
    x = np.arange(20.0)
    with pytest.warns(VmafWarning, match="step between the predictions 9 and 10"):
        fit = stats.fit_mapping(x, np.where(x < 9.5, 1.0, 4.0) + 0.01 * np.sin(7 * x), "logistic4")
    assert fit.rmse < 0.01


@given(st.integers(0, 1000), st.sampled_from(stats.MAPPINGS), st.floats(0.1, 100), st.floats(-50, 50))
def test_the_metric_s_scale_does_not_matter(seed, kind, factor, shift):
    """A metric in other units is mapped to the same scores."""
    x, y = data(seed, n=25, noise=0.1)
    plain, other = stats.fit_mapping(x, y, kind), stats.fit_mapping(factor * x + shift, y, kind)
    assert other.rmse == pytest.approx(plain.rmse, rel=1e-5, abs=1e-9)


def test_no_mapping_worsens_the_fit_of_a_simpler_one():
    """linear within monotonic cubic within cubic."""
    x, y = data(9)
    linear, monotonic, cubic = (sum_of_squares(x, y, k) for k in ("linear", "cubic_monotonic", "cubic"))
    assert cubic <= monotonic * (1 + 1e-12)
    assert monotonic <= linear * (1 + 1e-12)


def test_bad_input():
    """Too few distinct predictions, no direction, or a constant: no mapping."""
    with pytest.raises(DegenerateError, match="2 distinct predictions do not determine the 4"):
        stats.fit_mapping([1, 1, 2, 2], [1, 2, 3, 4], "cubic")
    with pytest.raises(DegenerateError, match="SRCC is 0"):
        stats.fit_mapping([1, 2, 3, 4], [1, 3, 3, 1], "cubic_monotonic")
    with pytest.raises(ConstantInputError):
        stats.fit_mapping([1, 1, 1, 1], [1, 2, 3, 4])
    with pytest.raises(StatisticsError, match="mapping 'probit' is unknown; choose one of linear, cubic"):
        stats.fit_mapping([1, 2, 3], [1, 2, 3], "probit")
