"""Distance of a prediction from subjective scores: RMSE and its kin, outliers."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from scipy import stats

from vmafpy.errors import InvalidValueError
from vmafpy.stats._input import Floats, confidence_level, half_widths, same_length, vector
from vmafpy.stats.mapping import Mapping, fit_mapping
from vmafpy.stats.values import ErrorMeasure, Interval


def _errors(
    prediction: npt.ArrayLike, subjective: npt.ArrayLike, mapping: str | Mapping | None
) -> tuple[Floats, str | None, int]:
    """Return subjective minus mapped prediction, the mapping's name and its number of coefficients."""
    x, y = vector(prediction, "prediction"), vector(subjective, "subjective")
    same_length(prediction=x, subjective=y)
    if mapping is None:
        return y - x, None, 0
    fit = fit_mapping(x, y, mapping) if isinstance(mapping, str) else mapping
    return y - fit(x), fit.name, fit.n_coefficients


def _root(square_sum: float, n: int, dof: int) -> float:
    if n - dof < 1:
        raise InvalidValueError(f"{n} stimuli leave no degrees of freedom after {dof}; use fewer coefficients or dof=0")
    return math.sqrt(square_sum / (n - dof))


def rmse(
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    *,
    mapping: str | Mapping | None = "cubic_monotonic",
    dof: int | None = None,
    confidence: float = 0.95,
) -> ErrorMeasure:
    """
    Root mean square error of the mapped prediction [1]_.

    Parameters
    ----------
    prediction, subjective : array_like of float, shape (n,)
    mapping : str or Mapping or None
        Fitted here by name, see `fit_mapping`; or one fitted before; None for raw values.
    dof : int, optional
        Taken off n in the divisor; None for the mapping's number of coefficients (0 raw, 4 cubic).
    confidence : float
        Of the interval, by the chi-square distribution with n - dof degrees of freedom.

    Returns
    -------
    ErrorMeasure
        In the unit of the subjective scores.

    Raises
    ------
    InvalidValueError
        Also if n - dof is less than 1.
    ConstantInputError, ConvergenceError, LengthMismatchError, TooFewPointsError

    References
    ----------
    .. [1] ITU-T P.1401, 2020, clause 7.
    """
    error, name, coefficients = _errors(prediction, subjective, mapping)
    d = coefficients if dof is None else dof
    n = len(error)
    value = _root(float(error @ error), n, d)
    level = confidence_level(confidence)
    low, high = (
        value * math.sqrt((n - d) / float(stats.chi2.ppf(q, n - d))) for q in (0.5 + level / 2, 0.5 - level / 2)
    )
    return ErrorMeasure(
        name="rmse", value=value, n=n, dof=d, mapping=name, interval=Interval(low, high, level, "chi-square")
    )


def rmse_star(
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    ci: npt.ArrayLike,
    *,
    mapping: str | Mapping | None = "cubic_monotonic",
    dof: int | None = None,
) -> ErrorMeasure:
    """
    Epsilon-insensitive RMSE (P.1401): only the part of an error beyond the rating's 95 % interval counts.

    *ci* has the half-widths; other parameters, returns and errors as `rmse`.
    """
    error, name, coefficients = _errors(prediction, subjective, mapping)
    beyond = np.maximum(0, np.abs(error) - half_widths(ci, len(error)))
    d = coefficients if dof is None else dof
    return ErrorMeasure(
        name="rmse_star", value=_root(float(beyond @ beyond), len(error), d), n=len(error), dof=d, mapping=name
    )


def outlier_ratio(
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    ci: npt.ArrayLike,
    *,
    mapping: str | Mapping | None = "cubic_monotonic",
) -> ErrorMeasure:
    """
    Share of stimuli whose error exceeds the half-width *ci* of their 95 % interval, 0 to 1.

    For VQEG's FR-TV rule give two standard errors as *ci*. Other parameters and errors as `rmse`.
    """
    error, name, _ = _errors(prediction, subjective, mapping)
    share = float(np.mean(np.abs(error) > half_widths(ci, len(error))))
    return ErrorMeasure(
        name="outlier_ratio",
        value=share,
        n=len(error),
        mapping=name,
        standard_error=math.sqrt(share * (1 - share) / len(error)),
        convention="outlier: error greater than the interval's half-width",
    )


def mae(
    prediction: npt.ArrayLike, subjective: npt.ArrayLike, *, mapping: str | Mapping | None = "cubic_monotonic"
) -> ErrorMeasure:
    """Mean absolute error of the mapped prediction; parameters and errors as `rmse`."""
    error, name, _ = _errors(prediction, subjective, mapping)
    return ErrorMeasure(name="mae", value=float(np.mean(np.abs(error))), n=len(error), mapping=name)


def z_rmse(
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    standard_error: npt.ArrayLike,
    *,
    mapping: str | Mapping | None = "cubic_monotonic",
) -> ErrorMeasure:
    """
    RMSE in units of each rating's standard error, which must be greater than 0.

    Other parameters and errors as `rmse`.
    """
    error, name, _ = _errors(prediction, subjective, mapping)
    se = half_widths(standard_error, len(error), "standard_error")
    if (se == 0).any():
        raise InvalidValueError(f"standard_error is 0 in row {int(np.argmin(se))}; a z-score needs a positive one")
    return ErrorMeasure(name="z_rmse", value=float(np.sqrt(np.mean((error / se) ** 2))), n=len(error), mapping=name)
