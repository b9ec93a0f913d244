"""Rate-quality curves: checked points, opt-in repairs, and the interpolations BD figures are made of."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.integrate import trapezoid
from scipy.interpolate import Akima1DInterpolator, PchipInterpolator
from scipy.optimize import isotonic_regression

from vmafpy.errors import InvalidValueError, NotMonotonicError, StatisticsError, TooFewPointsError
from vmafpy.stats._input import Floats, choice, same_length

METHODS = ("pchip", "akima", "cubic")
REPAIRS = ("hull", "vmaf_saturation")

#: AOM CTC: VMAF at or above this counts as saturated.
SATURATION = 99.5


@dataclass(frozen=True, slots=True)
class Curve:
    """
    One codec's points, ascending in rate and in quality.

    Attributes
    ----------
    name : str
        ``"anchor"`` or ``"test"``, or what the caller calls it.
    rate : tuple of float
        Any unit of rate or size, greater than 0.
    quality : tuple of float
        Any unit; higher is better.
    dropped : tuple of (float, float)
        Points a repair took out.
    """

    name: str
    rate: tuple[float, ...]
    quality: tuple[float, ...]
    dropped: tuple[tuple[float, float], ...] = ()

    def __len__(self) -> int:
        return len(self.rate)


def make_curve(
    rate: npt.ArrayLike,
    quality: npt.ArrayLike,
    *,
    name: str = "curve",
    method: str = "pchip",
    repair: str | None = None,
    min_points: int = 4,
    infinite_quality: float | None = None,
) -> Curve:
    """
    Sort, check and, if asked, repair the points of one curve.

    Exact duplicates are dropped. Parameters as in `vmafpy.stats.bd_rate`; *name* is used in messages.

    Raises
    ------
    InvalidValueError
        A rate is not positive and finite, or a quality not finite.
    TooFewPointsError
        Fewer than *min_points* points (after the repair), or fewer than the method needs.
    NotMonotonicError
        Quality does not rise strictly with rate.
    LengthMismatchError
    """
    choice(method, METHODS, "method")
    if repair is not None:
        choice(repair, REPAIRS, "repair")
    r, q = _floats(rate, f"{name} rate"), _floats(quality, f"{name} quality")
    same_length(**{f"{name} rate": r, f"{name} quality": q})
    if infinite_quality is not None:
        q = np.where(np.isposinf(q), infinite_quality, q)
    for i in range(len(r)):
        if not (math.isfinite(r[i]) and r[i] > 0):
            raise InvalidValueError(f"{name} curve, point {i}: rate {r[i]:g} is not a positive number")
        if not math.isfinite(q[i]):
            hint = "; give infinite_quality (100 dB is usual) for lossless points" if q[i] == math.inf else ""
            raise InvalidValueError(f"{name} curve, point {i}: quality {q[i]:g} is not finite{hint}")
    points = sorted(set(zip(r.tolist(), q.tolist(), strict=True)))
    kept = points
    if repair == "hull":
        kept = _hull(points)
    elif repair == "vmaf_saturation":
        kept = _cut_saturated(points)
    need = max(min_points, 4 if method == "cubic" else 2)
    if len(kept) < need:
        after = f" after the {repair} repair of {len(points)}" if repair else ""
        raise TooFewPointsError(
            f"{name} curve has {len(kept)} distinct points{after}; {method} with min_points={min_points} needs {need}"
        )
    for (r0, q0), (r1, q1) in pairwise(kept):
        if not (r1 > r0 and q1 > q0):
            raise NotMonotonicError(
                f"{name} curve, sorted points {kept.index((r0, q0))} and {kept.index((r1, q1))}: quality goes from "
                f"{q0:g} to {q1:g} while rate goes from {r0:g} to {r1:g}. Measure again, or accept a repair that says "
                f"what it drops: repair='hull' (several resolutions) or 'vmaf_saturation' (VMAF above {SATURATION})"
            )
    lost = tuple(p for p in points if p not in set(kept))
    return Curve(name, tuple(p[0] for p in kept), tuple(p[1] for p in kept), lost)


def _floats(values: npt.ArrayLike, name: str) -> Floats:
    try:
        out = np.asarray(values, np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValueError(f"{name} is not a list of numbers: {error}") from error
    if out.ndim != 1:
        raise InvalidValueError(f"{name} has shape {out.shape}; give one number per point")
    return out


def _hull(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Upper-left convex hull on (linear rate, quality) of the points that rise (Andrew 1979)."""
    best: list[tuple[float, float]] = []
    for rate, quality in points:
        if best and quality <= best[-1][1]:
            continue
        if best and rate == best[-1][0]:  # of equal rates the better one
            best.pop()
        best.append((rate, quality))
    hull: list[tuple[float, float]] = []
    for p in best:
        while len(hull) > 1 and _turns_left(hull[-2], hull[-1], p):
            hull.pop()
        hull.append(p)
    return hull


def _turns_left(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    """Return whether b lies on or below the chord from a to c."""
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]) >= 0


def _cut_saturated(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Cut the curve where quality falls after saturation; of equal qualities keep the lower rate."""
    kept: list[tuple[float, float]] = []
    for rate, quality in points:
        if kept and quality < kept[-1][1] and kept[-1][1] >= SATURATION:
            break
        if kept and quality == kept[-1][1]:
            continue
        kept.append((rate, quality))
    return kept


class Piecewise:
    """A function through points with an exact integral."""

    def __init__(self, x: npt.ArrayLike, y: npt.ArrayLike, method: str) -> None:
        xs, ys = np.asarray(x, np.float64), np.asarray(y, np.float64)
        self._integral: Callable[[float, float], float]
        if method == "cubic":
            # VCEG-M33; centred and scaled by Polynomial.fit
            fit = np.polynomial.Polynomial.fit(xs, ys, 3)
            primitive = fit.integ()
            self._at = fit
            self._integral = lambda a, b: float(primitive(b) - primitive(a))
        elif len(xs) == 2:
            line = np.polynomial.Polynomial.fit(xs, ys, 1)
            area = line.integ()
            self._at = line
            self._integral = lambda a, b: float(area(b) - area(a))
        else:
            spline = PchipInterpolator(xs, ys) if method == "pchip" else Akima1DInterpolator(xs, ys)
            self._at = spline
            self._integral = lambda a, b: float(spline.integrate(a, b))

    def __call__(self, x: npt.ArrayLike) -> Floats:
        """Return the values at *x*, which must lie within the points."""
        return np.asarray(self._at(np.asarray(x, np.float64)), np.float64)

    def integral(self, low: float, high: float, *, samples: int | None = None) -> float:
        """Return the integral over [low, high]: exact, or by the trapezoid rule over equally spaced samples."""
        if samples is None:
            return self._integral(low, high)
        x = np.linspace(low, high, samples)
        return float(trapezoid(self(x), x))


def restore_monotonic(quality: Floats) -> Floats:
    """Return the nearest non-decreasing values, raised by steps of 1e-6 so that they rise strictly."""
    return np.asarray(isotonic_regression(quality).x + 1e-6 * np.arange(len(quality)), np.float64)


def check_limits(limits: tuple[float | None, float | None] | None) -> tuple[float, float]:
    """Return limits with None as infinity."""
    low, high = limits or (None, None)
    out = (-math.inf if low is None else float(low), math.inf if high is None else float(high))
    if not out[0] < out[1]:
        raise StatisticsError(f"limits {limits} are empty; give (low, high) with low < high, None for open")
    return out
