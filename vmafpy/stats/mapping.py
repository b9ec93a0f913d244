"""Functions fitted from a prediction to the subjective scale before PLCC and RMSE."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

from vmafpy.errors import ConvergenceError, DegenerateError, VmafWarning
from vmafpy.stats._input import Floats, choice, pair

MAPPINGS = ("linear", "cubic", "cubic_monotonic", "logistic4", "logistic5", "netflix_sigmoid")

#: Starts of the logistic fits: centres over the data's range, widths in its standard deviations.
_CENTRES, _WIDTHS = 100, np.logspace(-2, 1, 16)


@dataclass(frozen=True, slots=True)
class Mapping:
    """
    A fitted function; call it with predictions.

    Attributes
    ----------
    name : str
        One of `MAPPINGS`.
    coefficients : tuple of float
        linear and cubics: c0, c1, ... of the powers of x. logistic4: b1, b2, b3, b4 of
        ``b2 + (b1 - b2) / (1 + exp(-(x - b3) / |b4|))``. logistic5: b1 to b5 of
        ``b1 (1/2 - 1 / (1 + exp(b2 (x - b3)))) + b4 x + b5``. netflix_sigmoid: m, M, a, b of
        ``m + (M - m) / (1 + exp(-(x - a) / b))``.
    monotonic : bool
        Whether it keeps one direction over the fitted data.
    rmse : float
        Root mean square residual of the fit (divisor n).
    """

    name: str
    coefficients: tuple[float, ...]
    monotonic: bool
    rmse: float

    @property
    def n_coefficients(self) -> int:
        """Degrees of freedom the fit uses up, the *d* of an RMSE."""
        return len(self.coefficients)

    def __call__(self, prediction: npt.ArrayLike) -> Floats:
        """Return predictions on the subjective scale."""
        return _evaluate(self.name, self.coefficients, np.asarray(prediction, np.float64))


def _evaluate(name: str, c: tuple[float, ...], x: Floats) -> Floats:
    with np.errstate(over="ignore"):  # a steep logistic saturates
        if name == "logistic4":
            return np.asarray(c[1] + (c[0] - c[1]) / (1 + np.exp(-(x - c[2]) / abs(c[3]))), np.float64)
        if name == "logistic5":
            return np.asarray(c[0] * (0.5 - 1 / (1 + np.exp(c[1] * (x - c[2])))) + c[3] * x + c[4], np.float64)
        if name == "netflix_sigmoid":
            return np.asarray(c[0] + (c[1] - c[0]) / (1 + np.exp(-(x - c[2]) / c[3])), np.float64)
    return np.asarray(np.polynomial.polynomial.polyval(x, c), np.float64)


def fit_mapping(prediction: npt.ArrayLike, subjective: npt.ArrayLike, kind: str = "cubic_monotonic") -> Mapping:
    """
    Fit a function from predictions to subjective scores by least squares.

    Parameters
    ----------
    prediction, subjective : array_like of float, shape (n,)
        The whole data set that is evaluated; n at least the number of coefficients.
    kind : str
        ``"linear"``; ``"cubic"`` (may turn back: see ``monotonic``); ``"cubic_monotonic"``, the third-order polynomial
        of P.1401 [1]_, in the direction of the SRCC over the data's range; ``"logistic4"``; ``"logistic5"`` [2]_ (may
        turn back); ``"netflix_sigmoid"``, Netflix's closed-form logistic.

    Returns
    -------
    Mapping

    Raises
    ------
    ConvergenceError
        No start of a logistic fit converged. The raw prediction is never used instead.
    DegenerateError
        Too few distinct predictions for the coefficients, or no direction (SRCC of 0) for a monotonic fit.
    ConstantInputError, InvalidValueError, LengthMismatchError, TooFewPointsError

    Warns
    -----
    VmafWarning
        The best logistic is a step between two neighbouring predictions.

    References
    ----------
    .. [1] ITU-T P.1401, 2020.
    .. [2] H. R. Sheikh, M. F. Sabir, A. C. Bovik, IEEE Trans. Image Processing 15(11), 2006.
    """
    choice(kind, MAPPINGS, "mapping")
    x, y = pair(prediction, subjective)
    need = {"linear": 2, "netflix_sigmoid": 2, "logistic5": 5}.get(kind, 4)
    distinct = len(np.unique(x))
    if distinct < need:
        raise DegenerateError(f"{distinct} distinct predictions do not determine the {need} coefficients of {kind}")
    fits: dict[str, Callable[[Floats, Floats], tuple[float, ...]]] = {
        "linear": lambda x, y: _polynomial(x, y, 1),
        "cubic": lambda x, y: _polynomial(x, y, 3),
        "cubic_monotonic": _monotonic_cubic,
        "logistic4": lambda x, y: _logistic(x, y, five=False),
        "logistic5": lambda x, y: _logistic(x, y, five=True),
        "netflix_sigmoid": _netflix_sigmoid,
    }
    c = fits[kind](x, y)
    residual = y - _evaluate(kind, c, x)
    grid = _evaluate(kind, c, np.union1d(np.linspace(x.min(), x.max(), 2001), x))
    step = np.diff(grid)
    slack = 1e-9 * np.ptp(y)
    monotonic = kind == "cubic_monotonic" or bool((step >= -slack).all() or (step <= slack).all())
    return Mapping(kind, c, monotonic, float(np.sqrt(np.mean(residual**2))))


def _polynomial(x: Floats, y: Floats, degree: int) -> tuple[float, ...]:
    # fitted on [-1, 1], where the powers are well conditioned
    fit = np.polynomial.Polynomial.fit(x, y, degree).convert().coef
    return tuple(float(v) for v in np.pad(fit, (0, degree + 1 - len(fit))))


def _monotonic_cubic(x: Floats, y: Floats) -> tuple[float, ...]:
    """
    Best cubic whose derivative keeps the sign of the SRCC over the data's range.

    The problem is convex. If the free cubic is not admissible, the best one lies on the border of the admissible set:
    its derivative has a zero at an end of the range, or a double zero inside. Each of these families is linear in
    non-negative weights, the last one after its place r is chosen.
    """
    sign = np.sign(stats.spearmanr(x, y).statistic)
    if sign == 0:
        raise DegenerateError("SRCC is 0, so a monotonic mapping has no direction; use mapping='cubic' or None")
    low, width = x.min(), np.ptp(x)
    t = (x - low) / width
    free = np.polynomial.Polynomial.fit(t, y, 3, domain=[0, 1]).convert()
    slope = sign * free.deriv()
    turns = [r.real for r in slope.deriv().roots() if abs(r.imag) < 1e-12 and 0 < r.real < 1]
    if min(float(slope(v)) for v in (0.0, 1.0, *turns)) >= 0:
        return _from_unit(free, low, width)

    def powers(derivative: list[float]) -> np.polynomial.Polynomial:
        out: np.polynomial.Polynomial = np.polynomial.Polynomial(derivative).integ()
        return out

    middle = powers([0, 1, -1])  # t (1 - t)
    families = [[powers([0, 0, 1]), middle], [powers([1, -2, 1]), middle]]  # zero at 0; zero at 1
    centred = y - y.mean()

    def solve(basis: list[np.polynomial.Polynomial]) -> tuple[float, np.polynomial.Polynomial]:
        columns = np.column_stack([sign * p(t) for p in basis])
        means = columns.mean(axis=0)
        weights, norm = optimize.nnls(columns - means, centred)
        shape = np.polynomial.Polynomial([float(y.mean() - weights @ means)])
        for w, p in zip(weights, basis, strict=True):
            shape = shape + float(sign * w) * p
        return float(norm), shape

    def at(r: float) -> list[np.polynomial.Polynomial]:
        return [powers([r * r, -2 * r, 1])]  # (t - r)²

    places = np.linspace(0, 1, 101)
    norms = [solve(at(r))[0] for r in places]
    k = int(np.argmin(norms))
    best_r = optimize.minimize_scalar(
        lambda r: solve(at(r))[0],
        bounds=(places[max(k - 1, 0)], places[min(k + 1, 100)]),
        method="bounded",
        options={"xatol": 1e-10},
    ).x
    best = min((solve(basis) for basis in (*families, at(float(best_r)))), key=lambda s: s[0])[1]
    return _from_unit(best, low, width)


def _from_unit(p: np.polynomial.Polynomial, low: float, width: float) -> tuple[float, ...]:
    """Coefficients in x of a polynomial in t = (x - low) / width."""
    q = p(np.polynomial.Polynomial([-low / width, 1 / width]))
    return tuple(float(v) for v in np.pad(q.coef, (0, 4 - len(q.coef))))


def _netflix_sigmoid(x: Floats, y: Floats) -> tuple[float, ...]:
    low, high = float(y.min() - 0.1), float(y.max() + 0.1)
    z = -np.log((high - low) / (y - low) - 1)
    b, a = np.polynomial.Polynomial.fit(z, x, 1).convert().coef[::-1]
    if abs(b) < 1e-12 * np.ptp(x):
        raise DegenerateError("the prediction does not depend on the subjective scores; no sigmoid fits")
    return low, high, float(a), float(b)


def _logistic(x: Floats, y: Floats, *, five: bool) -> tuple[float, ...]:
    """
    Best logistic from every local minimum of a grid of centres and widths.

    For a fixed centre and width the other coefficients are linear least squares, so the grid costs one projection per
    node, and the refinement has two unknowns.
    """
    mean, scale = float(x.mean()), float(x.std())
    t = (x - mean) / scale
    fixed = np.column_stack([np.ones_like(t), t]) if five else np.ones((len(t), 1))
    base, _ = np.linalg.qr(fixed)
    target = y - base @ (base.T @ y)

    def shape(centre: npt.ArrayLike, width: npt.ArrayLike) -> Floats:
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp(-(t - np.asarray(centre)) / np.asarray(width))), np.float64)

    def remaining(p: Floats) -> float:
        column = shape(p[0], np.exp(p[1]))
        column = column - base @ (base.T @ column)
        power = float(column @ column)
        return float(target @ target) - (float(column @ target) ** 2 / power if power > floor else 0.0)

    floor = 1e-20 * len(t)
    centres = np.linspace(t.min(), t.max(), _CENTRES)
    loss = np.empty((_CENTRES, len(_WIDTHS)))
    for i, centre in enumerate(centres):
        columns = shape(centre, _WIDTHS[:, None])
        columns = columns - (columns @ base) @ base.T
        power = np.sum(columns**2, axis=1)
        gain = np.divide((columns @ target) ** 2, power, out=np.zeros_like(power), where=power > floor)
        loss[i] = float(target @ target) - gain
    padded = np.pad(loss, 1, constant_values=np.inf)
    around = [
        padded[1 + i : 1 + i + loss.shape[0], 1 + j : 1 + j + loss.shape[1]]
        for i in (-1, 0, 1)
        for j in (-1, 0, 1)
        if (i, j) != (0, 0)
    ]
    starts = np.argwhere(np.all([loss <= other for other in around], axis=0))
    best: tuple[float, Floats] | None = None
    # narrower than any gap of the data is a step, and as good as any narrower one
    narrowest = min(float(np.log(max(np.diff(np.unique(t)).min(), 1e-6) / 50)), float(np.log(_WIDTHS[0])) - 1)
    bounds = [(float(t.min()) - 10, float(t.max()) + 10), (narrowest, 7.0)]
    reach = np.array([[0, 0], [centres[1] - centres[0], 0], [0, np.log(_WIDTHS[1] / _WIDTHS[0])]])
    # a plateau of equal losses is one minimum
    for i, j in {float(loss[i, j]): (i, j) for i, j in starts}.values():
        start = np.array([centres[i], np.log(_WIDTHS[j])])
        # a simplex, because near a step the loss is all but flat in one direction and not smooth in the other
        fit = optimize.minimize(
            remaining,
            start,
            method="Nelder-Mead",
            bounds=bounds,
            options={
                "initial_simplex": start + 0.5 * reach,
                "xatol": 1e-8,
                "fatol": 1e-14 * float(target @ target),
                "maxfev": 4000,
            },
        )
        if fit.success and (best is None or fit.fun < best[0]):
            best = (float(fit.fun), fit.x)
    if best is None:
        raise ConvergenceError(f"no start of the {'five' if five else 'four'}-parameter logistic converged")
    centre, width = float(best[1][0]), float(np.exp(best[1][1]))
    column = shape(centre, width)
    weights = np.linalg.lstsq(np.column_stack([fixed, column]), y, rcond=None)[0]
    neighbours = np.unique(t)
    k = int(np.clip(np.searchsorted(neighbours, centre), 1, len(neighbours) - 1))
    if width < (neighbours[k] - neighbours[k - 1]) / 4:
        warnings.warn(
            f"the best logistic is a step between the predictions {mean + scale * neighbours[k - 1]:g} and "
            f"{mean + scale * neighbours[k]:g}; another mapping may describe the data better",
            VmafWarning,
            stacklevel=4,
        )
    if not five:
        b2 = float(weights[0])
        return b2 + float(weights[1]), b2, mean + scale * centre, scale * width
    b1 = float(weights[2])
    # w / (1 + exp(-u)) = b1 (1/2 - 1 / (1 + exp(u))) + b1 / 2
    b4 = float(weights[1]) / scale
    return b1, 1 / (scale * width), mean + scale * centre, b4, float(weights[0]) + b1 / 2 - b4 * mean
