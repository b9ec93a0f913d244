"""BD-rate and BD-quality: the average distance between two rate-quality curves."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from vmafpy.errors import (
    InvalidValueError,
    NoOverlapError,
    StatisticsError,
    TableError,
    TooFewPointsError,
    VmafWarning,
)
from vmafpy.stats._input import Floats, choice, confidence_level, half_widths
from vmafpy.stats.curves import Curve, Piecewise, check_limits, make_curve, restore_monotonic
from vmafpy.stats.values import Interval, Result

#: Cubic and pchip further apart than this (points of BD-rate) earn a warning.
CUBIC_TOLERANCE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BDResult(Result):
    """
    The average distance between two curves.

    Attributes
    ----------
    value : float
        BD-rate: percent, negative if the test needs less rate for the same quality. BD-quality: quality units,
        positive if the test is better at the same rate.
    kind : str
        ``"rate"`` or ``"quality"``.
    method : str
        Interpolation.
    low, high : float
        Range averaged over: of quality for BD-rate, of rate for BD-quality.
    overlap : float
        That range as a share of the union of both curves' ranges, 0 to 1 (of log rate for BD-quality).
    anchor, test : Curve
        The points used, with what a repair dropped.
    integration : str
        ``"exact"`` or ``"trapezoid100"``.
    interval : Interval or None
        From rating uncertainty, see `bd_rate_subjective`.
    draws_failed : int
        Bootstrap draws that had no value.
    """

    value: float
    kind: str
    method: str
    low: float
    high: float
    overlap: float
    anchor: Curve
    test: Curve
    integration: str = "exact"
    interval: Interval | None = None
    draws_failed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BDMean(Result):
    """
    The mean of one BD figure per sequence.

    Attributes
    ----------
    value : float
        Arithmetic mean over sequences, or over classes where classes are given.
    sequences : dict of str to BDResult
    classes : dict of str to float
        Mean per class; empty without classes.
    n : int
        Number of sequences.
    standard_error : float or None
        Of the mean over sequences (over classes: of the mean of class means, sequences independent). None for one.
    interval : Interval or None
    """

    value: float
    sequences: dict[str, BDResult]
    classes: dict[str, float]
    n: int
    standard_error: float | None
    interval: Interval | None


def _axes(curve: Curve, kind: str) -> tuple[Floats, Floats]:
    log_rate = np.log(np.asarray(curve.rate))
    quality = np.asarray(curve.quality)
    return (quality, log_rate) if kind == "rate" else (log_rate, quality)


def _range(a: Floats, b: Floats) -> tuple[float, float, float]:
    low, high = max(a[0], b[0]), min(a[-1], b[-1])
    union = max(a[-1], b[-1]) - min(a[0], b[0])
    return float(low), float(high), float((high - low) / union)


def _distance(
    anchor: Curve, test: Curve, kind: str, method: str, limits: tuple[float, float], samples: int | None
) -> tuple[float, float, float, float]:
    """Return the mean distance, the range in x, and the overlap."""
    (xa, ya), (xb, yb) = _axes(anchor, kind), _axes(test, kind)
    low, high, overlap = _range(xa, xb)
    what = "quality" if kind == "rate" else "rate"
    if high <= low:
        ends = [np.exp(x) if kind == "quality" else x for x in (xa[[0, -1]], xb[[0, -1]])]
        raise NoOverlapError(
            f"no common {what}: {anchor.name} {ends[0][0]:g} to {ends[0][1]:g}, {test.name} {ends[1][0]:g} to "
            f"{ends[1][1]:g}; measure points that reach into the other's range"
        )
    low, high = max(low, limits[0]), min(high, limits[1])
    if high <= low:
        raise NoOverlapError(f"the limits leave nothing of the common range of {what}; widen them")
    fa, fb = Piecewise(xa, ya, method), Piecewise(xb, yb, method)
    mean = (fb.integral(low, high, samples=samples) - fa.integral(low, high, samples=samples)) / (high - low)
    return mean, low, high, overlap


def _value(mean: float, kind: str) -> float:
    return 100.0 * math.expm1(mean) if kind == "rate" else mean


def _log_limits(limits: tuple[float, float]) -> tuple[float, float]:
    for limit in limits:
        if limit <= 0 and limit != -math.inf:
            raise InvalidValueError(f"rate limit {limit:g} is not positive; use None for open")
    return (math.log(limits[0]) if limits[0] > 0 else -math.inf, math.log(limits[1]))


def _bd(
    kind: str,
    points: tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, npt.ArrayLike],
    *,
    method: str,
    repair: str | None,
    integration: str,
    limits: tuple[float | None, float | None] | None,
    min_points: int,
    infinite_quality: float | None,
    warn_overlap: float,
) -> BDResult:
    choice(integration, ("exact", "trapezoid100"), "integration")
    anchor, test = (
        make_curve(
            rate,
            quality,
            name=name,
            method=method,
            repair=repair,
            min_points=min_points,
            infinite_quality=infinite_quality,
        )
        for name, rate, quality in (("anchor", *points[:2]), ("test", *points[2:]))
    )
    bounds = check_limits(limits)
    if kind == "quality":
        bounds = _log_limits(bounds)
    samples = 100 if integration == "trapezoid100" else None
    mean, low, high, overlap = _distance(anchor, test, kind, method, bounds, samples)
    value = _value(mean, kind)
    if overlap < warn_overlap:
        what = "quality" if kind == "rate" else "log rate"
        warnings.warn(
            f"the curves share {100 * overlap:.0f} % of their {what} range; the figure says nothing of the rest",
            VmafWarning,
            stacklevel=3,
        )
    if method == "cubic" and kind == "rate":
        other = _value(_distance(anchor, test, kind, "pchip", bounds, samples)[0], kind)
        if abs(other - value) > CUBIC_TOLERANCE:
            warnings.warn(
                f"cubic gives {value:.1f} %, pchip {other:.1f} %: a third-order polynomial follows uneven points badly",
                VmafWarning,
                stacklevel=3,
            )
    if kind == "quality":
        low, high = math.exp(low), math.exp(high)
    return BDResult(
        value=value,
        kind=kind,
        method=method,
        low=low,
        high=high,
        overlap=overlap,
        anchor=anchor,
        test=test,
        integration=integration,
    )


def bd_rate(
    rate_anchor: npt.ArrayLike,
    quality_anchor: npt.ArrayLike,
    rate_test: npt.ArrayLike,
    quality_test: npt.ArrayLike,
    *,
    method: str = "pchip",
    repair: str | None = None,
    integration: str = "exact",
    limits: tuple[float | None, float | None] | None = None,
    min_points: int = 4,
    infinite_quality: float | None = None,
    warn_overlap: float = 0.75,
) -> BDResult:
    """
    Average rate difference at equal quality, in percent [1]_.

    Parameters
    ----------
    rate_anchor, rate_test : array_like of float, shape (n,)
        Rates or sizes in any one unit, greater than 0, in any order. The curves may differ in length.
    quality_anchor, quality_test : array_like of float, shape (n,)
        VMAF, PSNR, MOS or the like; higher is better.
    method : {"pchip", "akima", "cubic"}
        Interpolation of log rate over quality. pchip is that of the JCT-VC and JVET sheets, AOM and Netflix [2]_;
        cubic is VCEG-M33's and fails on uneven points.
    repair : {None, "hull", "vmaf_saturation"}
        What to do about points that do not rise: refuse (None), keep the upper convex hull on linear rate (several
        resolutions of one codec), or cut where VMAF falls after 99.5 (AOM CTC). The result lists dropped points.
    integration : {"exact", "trapezoid100"}
        trapezoid100 gives the figures of the AOM and Netflix scripts, up to 0.07 points off.
    limits : (float or None, float or None), optional
        Qualities that narrow the common range.
    min_points : int
        Points each curve must have, at least 2 (cubic: 4).
    infinite_quality : float, optional
        Stands for a quality of +inf (lossless); usual is 100 dB.
    warn_overlap : float
        Warn if the common quality range is less than this share of the union.

    Returns
    -------
    BDResult
        ``float(result)`` is the percentage; negative if the test needs less rate.

    Raises
    ------
    InvalidValueError, LengthMismatchError, TooFewPointsError, NotMonotonicError, NoOverlapError

    References
    ----------
    .. [1] G. Bjontegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33, 2001.
    .. [2] JCTVC-E137; F. N. Fritsch and J. Butland, SIAM J. Sci. Stat. Comput. 5, 1984.
    """
    return _bd(
        "rate",
        (rate_anchor, quality_anchor, rate_test, quality_test),
        method=method,
        repair=repair,
        integration=integration,
        limits=limits,
        min_points=min_points,
        infinite_quality=infinite_quality,
        warn_overlap=warn_overlap,
    )


def bd_quality(
    rate_anchor: npt.ArrayLike,
    quality_anchor: npt.ArrayLike,
    rate_test: npt.ArrayLike,
    quality_test: npt.ArrayLike,
    *,
    method: str = "pchip",
    repair: str | None = None,
    integration: str = "exact",
    limits: tuple[float | None, float | None] | None = None,
    min_points: int = 4,
    infinite_quality: float | None = None,
    warn_overlap: float = 0.75,
) -> BDResult:
    """
    Average quality difference at equal rate, in quality units (BD-PSNR, BD-VMAF, BD-MOS).

    Parameters as `bd_rate`, but *limits* are rates.

    Returns
    -------
    BDResult
        Positive if the test is better.

    Raises
    ------
    InvalidValueError, LengthMismatchError, TooFewPointsError, NotMonotonicError, NoOverlapError
    """
    return _bd(
        "quality",
        (rate_anchor, quality_anchor, rate_test, quality_test),
        method=method,
        repair=repair,
        integration=integration,
        limits=limits,
        min_points=min_points,
        infinite_quality=infinite_quality,
        warn_overlap=warn_overlap,
    )


def rate_difference_at(result: BDResult, *, quality: float | None = None, percent: float | None = None) -> float:
    """
    Rate difference of the curves of a BD-rate at one quality, in percent.

    Parameters
    ----------
    result : BDResult
        Of `bd_rate`.
    quality : float
        A quality both curves reach; or
    percent : float
        a place in the range averaged over, 0 to 100.

    Raises
    ------
    NoOverlapError
        One of the curves does not reach the quality.
    """
    if result.kind != "rate":
        raise StatisticsError("rate_difference_at takes the result of bd_rate, not of bd_quality")
    if percent is not None and quality is None:
        if not 0 <= percent <= 100:
            raise InvalidValueError(f"percent {percent:g} is not between 0 and 100")
        wanted = result.low + (result.high - result.low) * percent / 100
    elif quality is not None and percent is None:
        wanted = quality
    else:
        raise StatisticsError("give either quality or percent")
    for curve in (result.anchor, result.test):
        if not curve.quality[0] <= wanted <= curve.quality[-1]:
            raise NoOverlapError(
                f"quality {wanted:g} is outside the {curve.name} curve's {curve.quality[0]:g} to {curve.quality[-1]:g}"
            )
    fa, fb = (Piecewise(*_axes(curve, "rate"), result.method) for curve in (result.anchor, result.test))
    return 100.0 * math.expm1(float(fb(wanted) - fa(wanted)))


def bd_mean(
    curves: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]],
    *,
    measure: Callable[..., BDResult] = bd_rate,
    classes: Mapping[str, Hashable] | None = None,
    interval: str = "t",
    confidence: float = 0.95,
    n_draws: int = 10_000,
    seed: int = 0,
    **options: object,
) -> BDMean:
    """
    BD figure of every sequence, and their arithmetic mean.

    Points of different contents are never pooled into one curve.

    Parameters
    ----------
    curves : mapping of str to (rate_anchor, quality_anchor, rate_test, quality_test)
        Per sequence.
    measure : callable
        `bd_rate` or `bd_quality`.
    classes : mapping of str to hashable, optional
        Class of each sequence; the mean is then that of the class means.
    interval : {"t", "bootstrap"}
        Student's t with n - 1 degrees of freedom, or the bootstrap over sequences. With classes always the bootstrap,
        inside each class.
    confidence : float
    n_draws, seed : int
        Of the bootstrap.
    **options
        Passed to *measure*.

    Raises
    ------
    TableError
        No sequence, or one without a class.
    StatisticsError
        What *measure* raises, with the name of the sequence.
    """
    if not curves:
        raise TableError("no sequence was given")
    choice(interval, ("t", "bootstrap"), "interval")
    level = confidence_level(confidence)
    results: dict[str, BDResult] = {}
    for name, four in curves.items():
        try:
            results[name] = measure(*four, **options)
        except StatisticsError as error:
            raise type(error)(f"sequence {name}: {error}") from error
    values = np.array([r.value for r in results.values()])
    labels: list[Hashable] = [0] * len(values)
    if classes is not None:
        missing = [name for name in results if name not in classes]
        if missing:
            raise TableError(f"sequence {missing[0]} has no class")
        labels = [classes[name] for name in results]
    members = {label: np.array([m == label for m in labels]) for label in dict.fromkeys(labels)}
    means = {label: float(values[m].mean()) for label, m in members.items()}
    value = float(np.mean(list(means.values())))
    n = len(values)
    error_of_mean: float | None = None
    if all(m.sum() > 1 for m in members.values()):
        parts = [values[m].var(ddof=1) / m.sum() for m in members.values()]
        error_of_mean = math.sqrt(sum(parts)) / len(parts)
    bounds: Interval | None = None
    if error_of_mean is not None:
        if interval == "t" and classes is None:
            half = float(stats.t.ppf(0.5 + level / 2, n - 1)) * error_of_mean
            bounds = Interval(value - half, value + half, level, "t")
        else:
            rng = np.random.default_rng(seed)
            drawn = np.mean(
                [
                    rng.choice(values[m], size=(n_draws, int(m.sum())), replace=True).mean(axis=1)
                    for m in members.values()
                ],
                axis=0,
            )
            low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
            bounds = Interval(float(low), float(high), level, "bootstrap")
    return BDMean(
        value=value,
        sequences=results,
        classes={} if classes is None else {str(k): v for k, v in means.items()},
        n=n,
        standard_error=error_of_mean,
        interval=bounds,
    )


def bd_rate_subjective(
    rate_anchor: npt.ArrayLike,
    mos_anchor: npt.ArrayLike,
    rate_test: npt.ArrayLike,
    mos_test: npt.ArrayLike,
    *,
    ci_anchor: npt.ArrayLike | None = None,
    ci_test: npt.ArrayLike | None = None,
    measure: Callable[..., BDResult] = bd_rate,
    confidence: float = 0.95,
    n_draws: int = 2000,
    seed: int = 0,
    **options: object,
) -> BDResult:
    """
    BD figure of curves rated by people, with its interval from the uncertainty of the ratings.

    Each draw takes every point's MOS from a normal distribution around it (or its votes with replacement), restores
    the order by isotonic regression with steps of 1e-6, and computes the figure again. Points whose intervals overlap
    are no error as long as the means rise.

    Parameters
    ----------
    rate_anchor, rate_test : array_like of float, shape (n,)
    mos_anchor, mos_test : array_like of float, shape (n,) or (n, n_votes)
        Mean opinion scores, or the votes themselves (NaN where one is missing).
    ci_anchor, ci_test : array_like of float, shape (n,)
        Half-widths of the 95 % intervals of the MOS, 1.96 standard errors; not with votes.
    measure : callable
        `bd_rate` or `bd_quality`.
    confidence : float
    n_draws, seed : int
    **options
        Passed to *measure*.

    Returns
    -------
    BDResult
        With ``interval`` (percentiles of the draws) and ``draws_failed`` (no common range).

    Raises
    ------
    StatisticsError
        As *measure*; also if fewer than half the draws have a value.
    """
    level = confidence_level(confidence)
    rng = np.random.default_rng(seed)
    rates, means, draw = [], [], []
    for name, rate, mos, ci in (("anchor", rate_anchor, mos_anchor, ci_anchor), ("test", rate_test, mos_test, ci_test)):
        r, mean, drawn = _drawn_mos(name, rate, mos, ci, n_draws, rng)
        rates.append(r)
        means.append(mean)
        draw.append(drawn)
    result = measure(rates[0], means[0], rates[1], means[1], **options)
    found: list[float] = []
    kinds = result.kind, result.method, 100 if result.integration == "trapezoid100" else None
    bounds = check_limits(options.get("limits"))  # type: ignore[arg-type]
    if result.kind == "quality":
        bounds = _log_limits(bounds)
    used = [
        (np.array([list(rates[k]).index(p) for p in curve.rate]), curve)
        for k, curve in enumerate((result.anchor, result.test))
    ]
    for i in range(n_draws):
        drawn_curves = [
            Curve(curve.name, curve.rate, tuple(restore_monotonic(draw[k][i, index])))
            for k, (index, curve) in enumerate(used)
        ]
        try:
            distance = _distance(drawn_curves[0], drawn_curves[1], kinds[0], kinds[1], bounds, kinds[2])[0]
            found.append(_value(distance, kinds[0]))
        except (NoOverlapError, OverflowError):
            continue
    failed = n_draws - len(found)
    if failed > n_draws // 2:
        raise NoOverlapError(f"{failed} of {n_draws} bootstrap draws have no common range; the interval is unknown")
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return BDResult(
        **{f: getattr(result, f) for f in BDResult.__slots__ if f not in ("interval", "draws_failed")},
        interval=Interval(float(low), float(high), level, "bootstrap of ratings"),
        draws_failed=failed,
    )


def _drawn_mos(
    name: str,
    rate: npt.ArrayLike,
    mos: npt.ArrayLike,
    ci: npt.ArrayLike | None,
    n_draws: int,
    rng: np.random.Generator,
) -> tuple[Floats, Floats, Floats]:
    """Return the rates in rising order, the MOS, and draws of them of shape (n_draws, n)."""
    r, q = np.asarray(rate, np.float64), np.asarray(mos, np.float64)
    if r.ndim != 1 or not len(r) or q.shape[:1] != r.shape:
        raise InvalidValueError(f"{name} curve: rates of shape {r.shape} and ratings of shape {q.shape} do not match")
    if len(set(r.tolist())) < len(r):
        raise InvalidValueError(f"{name} curve: a rate occurs twice; give each point once")
    order = np.argsort(r)
    r, q = r[order], q[order]
    if q.ndim == 1:
        half = half_widths(ci, len(r), f"ci_{name}")[order]
        return r, q, rng.normal(q, half / 1.96, size=(n_draws, len(r)))
    if q.ndim != 2 or ci is not None:
        raise InvalidValueError(f"{name} curve: give MOS of shape (n,) with a CI, or votes of shape (n, n_votes)")
    out = np.empty((n_draws, len(r)))
    for i, votes in enumerate(q):
        cast = votes[~np.isnan(votes)]
        if len(cast) < 2:
            raise TooFewPointsError(f"{name} curve, rate {r[i]:g}: {len(cast)} votes; at least 2 are needed")
        out[:, i] = rng.choice(cast, size=(n_draws, len(cast)), replace=True).mean(axis=1)
    return r, np.nanmean(q, axis=1), out
