"""Agreement of a prediction with subjective scores: PLCC, SRCC, Kendall's tau-b, with intervals."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from vmafpy.errors import TooFewPointsError
from vmafpy.stats._input import Floats, choice, confidence_level, pair, z_of
from vmafpy.stats.mapping import fit_mapping
from vmafpy.stats.resample import bootstrap_interval
from vmafpy.stats.values import Coefficient, Interval

INTERVALS = ("analytic", "bootstrap", "none")


def fisher_interval(r: float, n: int, *, confidence: float = 0.95) -> Interval:
    """Interval of a Pearson correlation of *n* stimuli by Fisher's transformation; n at least 4."""
    return _atanh_interval(r, n, 3, 1.0, confidence, "fisher")


def bonett_wright_interval(r: float, n: int, *, confidence: float = 0.95) -> Interval:
    """Interval of a Spearman correlation (Bonett and Wright, Psychometrika 65, 2000); n at least 4."""
    return _atanh_interval(r, n, 3, 1 + r * r / 2, confidence, "bonett-wright")


def fieller_interval(r: float, n: int, *, confidence: float = 0.95) -> Interval:
    """Interval of Kendall's tau (Fieller, Hartley, Pearson, Biometrika 44, 1957); n at least 5."""
    return _atanh_interval(r, n, 4, 0.437, confidence, "fieller")


def _atanh_interval(r: float, n: int, lost: int, variance: float, confidence: float, method: str) -> Interval:
    if n <= lost:
        raise TooFewPointsError(f"{n} stimuli; the {method} interval needs at least {lost + 1}")
    z = z_of(confidence)
    if abs(r) >= 1:
        return Interval(r, r, confidence, method)
    half = z * math.sqrt(variance / (n - lost))
    return Interval(math.tanh(math.atanh(r) - half), math.tanh(math.atanh(r) + half), confidence, method)


def pearson(x: Floats, y: Floats) -> float:
    """Pearson correlation of checked arrays, kept within -1 and 1."""
    a, b = x - x.mean(), y - y.mean()
    a, b = a / np.abs(a).max(), b / np.abs(b).max()
    return float(np.clip(a @ b / math.sqrt(float(a @ a) * float(b @ b)), -1, 1))


def spearman(x: Floats, y: Floats) -> float:
    """Spearman correlation of checked arrays: Pearson's of mid-ranks."""
    return pearson(np.asarray(stats.rankdata(x), np.float64), np.asarray(stats.rankdata(y), np.float64))


def _coefficient(
    name: str,
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    *,
    mapping: str | None,
    lower_is_better: bool,
    interval: str,
    confidence: float,
    groups: Sequence[Hashable] | None,
    n_draws: int,
    seed: int,
) -> Coefficient:
    choice(interval, INTERVALS, "interval")
    confidence_level(confidence)
    x, y = pair(prediction, subjective)
    if lower_is_better:
        x = -x
    if mapping is not None:
        x, y = pair(fit_mapping(x, y, mapping)(x), y)
    function, analytic, least = {
        "plcc": (pearson, fisher_interval, 4),
        "srcc": (spearman, bonett_wright_interval, 4),
        "kendall_tau_b": (lambda a, b: float(stats.kendalltau(a, b).statistic), fieller_interval, 5),
    }[name]
    value = function(x, y)
    bounds: Interval | None = None
    if interval == "analytic" and len(x) >= least:
        bounds = analytic(value, len(x), confidence=confidence)
    elif interval == "bootstrap":
        bounds = bootstrap_interval(name, x, y, groups=groups, confidence=confidence, n_draws=n_draws, seed=seed)
    return Coefficient(
        name=name, value=value, n=len(x), interval=bounds, mapping=mapping, lower_is_better=lower_is_better
    )


def plcc(
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    *,
    mapping: str | None = None,
    lower_is_better: bool = False,
    interval: str = "analytic",
    confidence: float = 0.95,
    groups: Sequence[Hashable] | None = None,
    n_draws: int = 2000,
    seed: int = 0,
) -> Coefficient:
    """
    Pearson's linear correlation coefficient.

    Parameters
    ----------
    prediction, subjective : array_like of float, shape (n,)
        n at least 3.
    mapping : str, optional
        Function fitted to the prediction first, see `fit_mapping`; None for raw values.
    lower_is_better : bool
        Negate the prediction (LPIPS, for example). Signs are never dropped silently.
    interval : {"analytic", "bootstrap", "none"}
        Fisher's (none below 4 stimuli), or percentiles of a bootstrap, in which a mapping is kept as fitted.
    confidence : float
    groups : sequence of hashable, optional
        Content of each stimulus: the bootstrap then draws whole contents, as it should where contents repeat.
    n_draws, seed : int
        Of the bootstrap.

    Returns
    -------
    Coefficient

    Raises
    ------
    ConstantInputError, InvalidValueError, LengthMismatchError, TooFewPointsError
    """
    return _coefficient(
        "plcc",
        prediction,
        subjective,
        mapping=mapping,
        lower_is_better=lower_is_better,
        interval=interval,
        confidence=confidence,
        groups=groups,
        n_draws=n_draws,
        seed=seed,
    )


def srcc(
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    *,
    lower_is_better: bool = False,
    interval: str = "analytic",
    confidence: float = 0.95,
    groups: Sequence[Hashable] | None = None,
    n_draws: int = 2000,
    seed: int = 0,
) -> Coefficient:
    """
    Spearman's rank correlation coefficient, of raw values.

    Parameters, returns and errors as `plcc`; the analytic interval is Bonett and Wright's.
    """
    return _coefficient(
        "srcc",
        prediction,
        subjective,
        mapping=None,
        lower_is_better=lower_is_better,
        interval=interval,
        confidence=confidence,
        groups=groups,
        n_draws=n_draws,
        seed=seed,
    )


def kendall_tau_b(
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    *,
    lower_is_better: bool = False,
    interval: str = "analytic",
    confidence: float = 0.95,
    groups: Sequence[Hashable] | None = None,
    n_draws: int = 2000,
    seed: int = 0,
) -> Coefficient:
    """
    Kendall's tau-b, of raw values.

    Parameters, returns and errors as `plcc`; the analytic interval is Fieller's (none below 5 stimuli).
    """
    return _coefficient(
        "kendall_tau_b",
        prediction,
        subjective,
        mapping=None,
        lower_is_better=lower_is_better,
        interval=interval,
        confidence=confidence,
        groups=groups,
        n_draws=n_draws,
        seed=seed,
    )
