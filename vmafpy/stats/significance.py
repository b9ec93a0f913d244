"""Is one metric better than another: tests between correlations and between errors, and their correction."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from vmafpy.errors import DegenerateError, InvalidValueError, TooFewPointsError
from vmafpy.stats._input import Floats, choice, confidence_level, pair, vector, z_of
from vmafpy.stats.correlation import fisher_interval, pearson, spearman
from vmafpy.stats.resample import Difference, bootstrap
from vmafpy.stats.values import Interval, Result

DEPENDENT = ("meng", "steiger", "dunn_clark", "hittner", "williams", "zou")
INDEPENDENT = ("fisher", "zou")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison(Result):
    """
    A test of two correlations, or of two errors.

    Attributes
    ----------
    value : float
        First minus second correlation; for RMSE the ratio of the mean squares, larger over smaller.
    method : str
    statistic : float or None
        z, t or F; positive z and t favour the first. None for zou, which is an interval alone.
    df : float or tuple of float or None
        Degrees of freedom of a t or an F.
    p_value : float or None
        Two-sided; one-sided for F. None for zou.
    interval : Interval or None
        meng: of the difference of Fisher's z. zou: of the difference of the correlations.
    n : int or tuple of int
        Number of stimuli.
    """

    value: float
    method: str
    statistic: float | None
    p_value: float | None
    n: int | tuple[int, int]
    df: float | tuple[float, float] | None = None
    interval: Interval | None = None


def _correlation(r: float, name: str) -> float:
    if not -1 <= r <= 1:
        raise InvalidValueError(f"{name} is {r:g}, not a correlation")
    if abs(r) == 1:
        raise DegenerateError(f"{name} is {r:g}: a perfect correlation has no sampling error to test against")
    return float(r)


def _normal(z: float) -> float:
    return float(2 * stats.norm.sf(abs(z)))


def compare_dependent(
    r12: float, r13: float, r23: float, n: int, *, method: str = "meng", confidence: float = 0.95
) -> Comparison:
    """
    Compare two correlations with the same variable on the same stimuli.

    Parameters
    ----------
    r12, r13 : float
        Correlation of the shared variable (subjective scores) with the first and with the second metric.
    r23 : float
        Correlation of the two metrics.
    n : int
        Number of stimuli, at least 4.
    method : {"meng", "steiger", "dunn_clark", "hittner", "williams", "zou"}
        Meng, Rosenthal and Rubin 1992; Steiger 1980; Dunn and Clark 1969; Hittner, May and Silver 2003;
        Williams 1959; Zou 2007 (an interval without a p-value, which may disagree with the tests for r23 above 0.99).
    confidence : float
        Of the interval.

    Returns
    -------
    Comparison

    Raises
    ------
    DegenerateError
        A correlation is perfect, or no three variables can have these correlations.
    InvalidValueError, TooFewPointsError
    """
    choice(method, DEPENDENT, "method")
    confidence_level(confidence)
    if n < 4:
        raise TooFewPointsError(f"{n} stimuli; at least 4 are needed")
    a, b, c = _correlation(r12, "r12"), _correlation(r13, "r13"), _correlation(r23, "r23")
    determinant = 1 - a * a - b * b - c * c + 2 * a * b * c
    if determinant < -1e-12:
        raise DegenerateError(
            f"r12 {a:g}, r13 {b:g} and r23 {c:g} contradict each other; are they of the same stimuli?"
        )
    diff, gap = a - b, math.atanh(a) - math.atanh(b)
    if method == "zou":
        return Comparison(
            value=diff, method=method, statistic=None, p_value=None, n=n, interval=_zou(a, b, c, n, confidence)
        )
    if method == "williams":
        if determinant <= 0:
            raise DegenerateError(f"r12 {a:g}, r13 {b:g} and r23 {c:g} are linearly dependent; williams is undefined")
        spread = 2 * determinant * (n - 1) / (n - 3) + ((a + b) / 2) ** 2 * (1 - c) ** 3
        t = diff * math.sqrt((n - 1) * (1 + c) / spread)
        p = float(2 * stats.t.sf(abs(t), n - 3))
        return Comparison(value=diff, method=method, statistic=t, p_value=p, n=n, df=float(n - 3))
    if method == "meng":
        m = (a * a + b * b) / 2
        f = min(1.0, (1 - c) / (2 * (1 - m)))
        h = (1 - f * m) / (1 - m)
        se = math.sqrt(2 * (1 - c) * h / (n - 3))
        half = z_of(confidence) * se
        return Comparison(
            value=diff,
            method=method,
            statistic=gap / se,
            p_value=_normal(gap / se),
            n=n,
            interval=Interval(gap - half, gap + half, confidence, "meng, of Fisher's z"),
        )
    if method == "dunn_clark":
        covariance = (c * (1 - a * a - b * b) - a * b * (1 - a * a - b * b - c * c) / 2) / ((1 - a * a) * (1 - b * b))
    else:
        r = (a + b) / 2 if method == "steiger" else math.tanh((math.atanh(a) + math.atanh(b)) / 2)
        covariance = (c * (1 - 2 * r * r) - r * r * (1 - 2 * r * r - c * c) / 2) / (1 - r * r) ** 2
    if covariance >= 1:
        raise DegenerateError(f"r12 {a:g}, r13 {b:g}, r23 {c:g}: the difference has no sampling error to test against")
    z = gap * math.sqrt((n - 3) / (2 - 2 * covariance))
    return Comparison(value=diff, method=method, statistic=z, p_value=_normal(z), n=n)


def _zou(a: float, b: float, c: float, n: int, confidence: float) -> Interval:
    one, two = (fisher_interval(r, n, confidence=confidence) for r in (a, b))
    covariance = ((c - a * b / 2) * (1 - a * a - b * b - c * c) + c**3) / ((1 - a * a) * (1 - b * b))
    return _zou_limits(a, b, one, two, covariance, confidence)


def _zou_limits(a: float, b: float, one: Interval, two: Interval, c: float, confidence: float) -> Interval:
    down, up = (a - one.low, two.high - b), (one.high - a, b - two.low)
    low = a - b - math.sqrt(max(0.0, down[0] ** 2 + down[1] ** 2 - 2 * c * down[0] * down[1]))
    high = a - b + math.sqrt(max(0.0, up[0] ** 2 + up[1] ** 2 - 2 * c * up[0] * up[1]))
    return Interval(low, high, confidence, "zou")


def compare_correlations(
    subjective: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    method: str = "meng",
    coefficient: str = "plcc",
    confidence: float = 0.95,
) -> Comparison:
    """
    Test whether metric *a* correlates better with subjective scores than metric *b*.

    Parameters
    ----------
    subjective, a, b : array_like of float, shape (n,)
        On the same stimuli, each once, n at least 4. Both metrics in the same direction. With cross-validation, the
        joined predictions of all test folds.
    method : str
        As in `compare_dependent`.
    coefficient : {"plcc", "srcc"}
    confidence : float
        Of the interval.

    Returns
    -------
    Comparison
        A positive statistic favours *a*.

    Raises
    ------
    DegenerateError
        The metrics are equal up to scale, or one is perfect.
    ConstantInputError, InvalidValueError, LengthMismatchError, TooFewPointsError
    """
    choice(coefficient, ("plcc", "srcc"), "coefficient")
    first, y = pair(a, subjective, least=4)
    second, _ = pair(b, subjective, least=4)
    r = pearson if coefficient == "plcc" else spearman
    r23 = r(first, second)
    if abs(r23) > 1 - 1e-15:
        raise DegenerateError("the two metrics are equal up to scale on these stimuli; there is nothing to compare")
    return compare_dependent(r(y, first), r(y, second), r23, len(y), method=method, confidence=confidence)


def compare_independent(
    r1: float, n1: int, r2: float, n2: int, *, method: str = "fisher", confidence: float = 0.95
) -> Comparison:
    """
    Compare correlations of two different sets of stimuli.

    Parameters
    ----------
    r1, r2 : float
    n1, n2 : int
        Numbers of stimuli, at least 4 each.
    method : {"fisher", "zou"}
        z-test of Fisher's transformations, or Zou's interval of the difference.
    confidence : float

    Raises
    ------
    DegenerateError, InvalidValueError, TooFewPointsError
    """
    choice(method, INDEPENDENT, "method")
    if min(n1, n2) < 4:
        raise TooFewPointsError(f"{min(n1, n2)} stimuli; at least 4 are needed")
    a, b = _correlation(r1, "r1"), _correlation(r2, "r2")
    if method == "zou":
        one, two = fisher_interval(a, n1, confidence=confidence), fisher_interval(b, n2, confidence=confidence)
        bounds = _zou_limits(a, b, one, two, 0.0, confidence)
        return Comparison(value=a - b, method=method, statistic=None, p_value=None, n=(n1, n2), interval=bounds)
    z = (math.atanh(a) - math.atanh(b)) / math.sqrt(1 / (n1 - 3) + 1 / (n2 - 3))
    return Comparison(value=a - b, method=method, statistic=z, p_value=_normal(z), n=(n1, n2))


def compare_rmse(rmse1: float, n1: int, rmse2: float, n2: int, *, dof1: int = 0, dof2: int = 0) -> Comparison:
    """
    F-test of two RMSE (ITU-T P.1401), which takes the errors as independent.

    On the same stimuli they are not; `paired_bootstrap` then has more power.

    Parameters
    ----------
    rmse1, rmse2 : float
        Greater than 0, with divisors n1 - dof1 and n2 - dof2.
    n1, n2 : int
        Numbers of stimuli.
    dof1, dof2 : int
        Coefficients of the mappings.

    Returns
    -------
    Comparison
        One-sided p-value of the larger against the smaller; P.1401 calls it significant below 0.05.

    Raises
    ------
    InvalidValueError, TooFewPointsError
    """
    for name, value in (("rmse1", rmse1), ("rmse2", rmse2)):
        if not (math.isfinite(value) and value > 0):
            raise InvalidValueError(f"{name} is {value:g}; an F-test needs a positive error")
    df = (n1 - dof1, n2 - dof2)
    if min(df) < 1:
        raise TooFewPointsError(f"{min(df)} degrees of freedom; at least 1 is needed")
    if rmse2 > rmse1:
        df = df[::-1]
    f = (max(rmse1, rmse2) / min(rmse1, rmse2)) ** 2
    p = float(stats.f.sf(f, *df))
    return Comparison(value=f, method="f", statistic=f, p_value=p, n=(n1, n2), df=(float(df[0]), float(df[1])))


def paired_bootstrap(
    subjective: npt.ArrayLike,
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    *,
    statistic: str = "srcc",
    ci: npt.ArrayLike | None = None,
    mapping: str | None = None,
    groups: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
    n_draws: int = 2000,
    seed: int = 0,
) -> Difference:
    """
    Difference of any coefficient between metrics *a* and *b*, by drawing the same stimuli for both.

    Parameters as `vmafpy.stats.bootstrap`. The value is *a* minus *b*: for errors, negative favours *a*.
    """
    drawn = bootstrap(
        {"a": a, "b": b},
        subjective,
        ci=ci,
        statistics=(statistic,),
        mapping=mapping,
        groups=groups,
        n_draws=n_draws,
        seed=seed,
    )
    return drawn.difference(statistic, "a", "b", confidence=confidence)


def holm(p_values: npt.ArrayLike) -> Floats:
    """
    Holm's correction of several p-values.

    Parameters
    ----------
    p_values : array_like of float, shape (k,)
        0 to 1.

    Returns
    -------
    ndarray of float, shape (k,)
        Adjusted p-values in input order; compare each with the wanted level.

    Raises
    ------
    InvalidValueError
    """
    p = vector(p_values, "p_values")
    bad = np.flatnonzero((p < 0) | (p > 1))
    if bad.size:
        raise InvalidValueError(f"p_values is {p[bad[0]]:g} in row {bad[0]}; a p-value lies between 0 and 1")
    order = np.argsort(p)
    stepped = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    out = np.empty_like(p)
    out[order] = np.minimum(stepped, 1)
    return out


def paired_t(differences: npt.ArrayLike) -> Comparison:
    """
    Student's t-test of per-fold differences of a coefficient; k - 1 degrees of freedom and little power.

    Raises
    ------
    DegenerateError
        All differences are equal.
    TooFewPointsError
        Fewer than 2 folds.
    """
    d = vector(differences, "differences", least=2)
    if np.ptp(d) == 0:
        raise DegenerateError(f"all {len(d)} differences are {d[0]:g}; a t-test needs some spread")
    t = float(d.mean() / (d.std(ddof=1) / math.sqrt(len(d))))
    p = float(2 * stats.t.sf(abs(t), len(d) - 1))
    return Comparison(value=float(d.mean()), method="paired_t", statistic=t, p_value=p, n=len(d), df=float(len(d) - 1))
