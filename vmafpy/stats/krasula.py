"""How well a metric tells pairs of stimuli apart: Krasula's analysis, DeLong's test, resolving power."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import stats

from vmafpy.errors import DegenerateError, InvalidValueError, StatisticsError, TooFewPointsError
from vmafpy.stats._input import Bools, Floats, choice, half_widths, same_length, vector
from vmafpy.stats.values import Result

#: What a pair takes besides, and for each metric, and all of them may take (measured).
_PAIR_BYTES, _METRIC_BYTES, _MAX_BYTES = 135, 18, 200_000_000


@dataclass(frozen=True, slots=True)
class PairAnalysis:
    """
    Krasula's figures of several metrics on the same pairs.

    Attributes
    ----------
    names : tuple of str
        The metrics, in the order of every array below.
    auc_different_similar : ndarray of float, shape (k,)
        Area under the ROC curve of |difference of the metric| telling significantly different pairs from others.
    auc_better_worse : ndarray of float, shape (k,)
        The same for telling which stimulus of a significantly different pair is better.
    correct : ndarray of float, shape (k,)
        C0, the share of significantly different pairs in the right order.
    threshold : ndarray of float, shape (k,)
        95th percentile of |difference| over similar pairs, in units of the metric.
    p_different_similar, p_better_worse, p_correct : ndarray of float, shape (k, k)
        Two-sided p-values between metrics: DeLong's for the areas, the test of two proportions for C0.
    n_pairs, n_significant : int
    z : float
        Limit of significance of a pair.
    pairs : str
        ``"unordered"`` or ``"ordered_with_self"``.
    """

    names: tuple[str, ...]
    auc_different_similar: Floats
    auc_better_worse: Floats
    correct: Floats
    threshold: Floats
    p_different_similar: Floats
    p_better_worse: Floats
    p_correct: Floats
    n_pairs: int
    n_significant: int
    z: float
    pairs: str


def auc(scores: npt.ArrayLike, positive: npt.ArrayLike) -> float:
    """
    Area under the ROC curve: the share of (positive, negative) pairs in the right order, ties counting half.

    Parameters
    ----------
    scores : array_like of float, shape (n,)
    positive : array_like of bool, shape (n,)

    Raises
    ------
    DegenerateError
        A class is empty.
    """
    s, label = vector(scores, "scores"), np.asarray(positive, np.bool_)
    same_length(scores=s, positive=label)
    over, _ = _placements(s, label)
    return float(over.mean())


def _placements(scores: Floats, positive: Bools) -> tuple[Floats, Floats]:
    """Share of negatives below each positive, and of positives above each negative (ties half)."""
    m, n = int(positive.sum()), int((~positive).sum())
    if not m or not n:
        raise DegenerateError(f"{m} positive and {n} negative pairs; both classes need members")
    ranks = np.asarray(stats.rankdata(scores), np.float64)
    ours, theirs = ranks[positive], ranks[~positive]
    above = (ours - stats.rankdata(scores[positive])) / n
    below = 1 - (theirs - stats.rankdata(scores[~positive])) / m
    return np.asarray(above, np.float64), np.asarray(below, np.float64)


def _products(columns: Sequence[Floats]) -> Floats:
    """Sums of products of every two columns, without stacking them."""
    return np.array([[float(a @ b) for b in columns] for a in columns])


def delong(scores: Iterable[npt.ArrayLike], positive: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """
    Areas under ROC curves of several scores of the same objects, and tests between them [1]_.

    Parameters
    ----------
    scores : iterable of array_like of float, each of shape (n,)
        Taken one by one.
    positive : array_like of bool, shape (n,)
        At least 2 objects of each class.

    Returns
    -------
    auc : ndarray of float, shape (k,)
    standard_error : ndarray of float, shape (k,)
    p_value : ndarray of float, shape (k, k)
        Two-sided; 1 for equal areas.

    Raises
    ------
    DegenerateError, InvalidValueError, LengthMismatchError

    References
    ----------
    .. [1] E. R. DeLong, D. M. DeLong, D. L. Clarke-Pearson, Biometrics 44, 1988.
    """
    label = np.asarray(positive, np.bool_)
    m, n = int(label.sum()), int((~label).sum())
    if min(m, n) < 2:
        raise DegenerateError(f"{m} positive and {n} negative pairs; a test needs 2 of each")
    above, below, means = [], [], []
    for i, column in enumerate(scores):
        s = vector(column, f"scores {i}")
        same_length(positive=label, **{f"scores {i}": s})
        a, b = _placements(s, label)
        means.append(float(a.mean()))
        above.append(a - a.mean())
        below.append(b - b.mean())
    areas = np.array(means)
    covariance = _products(above) / (m * (m - 1)) + _products(below) / (n * (n - 1))
    variance = np.diag(covariance)
    spread = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0))
    gap = np.abs(areas[:, None] - areas)
    p = np.ones_like(spread)
    for i, j in np.argwhere(gap > 0):
        p[i, j] = 2 * stats.norm.sf(gap[i, j] / spread[i, j]) if spread[i, j] > 0 else 0.0
    return areas, np.sqrt(variance), p


def _check_pairs(n: int, kind: str, metrics: int) -> None:
    choice(kind, ("unordered", "ordered_with_self"), "pairs")
    count = n * (n - 1) // 2 if kind == "unordered" else n * n
    if count * (_PAIR_BYTES + _METRIC_BYTES * metrics) > _MAX_BYTES:
        raise StatisticsError(
            f"{n} stimuli make {count} pairs, too many to hold for {metrics} metrics; draw a sample of the stimuli, or "
            "analyse fewer metrics at once"
        )


def _of_pairs(x: Floats, kind: str, combine: Callable[[Floats, Floats], Floats] = np.subtract) -> Floats:
    """Combine the values of the first and the second of all pairs, row by row."""
    if kind == "unordered":
        return np.concatenate([combine(x[i], x[i + 1 :]) for i in range(len(x) - 1)])
    return np.concatenate([combine(x[i], x) for i in range(len(x))])


def analyse_pairs(
    predictions: Mapping[str, npt.ArrayLike],
    subjective: npt.ArrayLike,
    standard_error: npt.ArrayLike,
    *,
    z: float = 1.96,
    pairs: str = "unordered",
) -> PairAnalysis:
    """
    Krasula's analysis of how metrics tell stimuli apart [1]_.

    Parameters
    ----------
    predictions : mapping of str to array_like of float, shape (n,)
        Higher is better.
    subjective : array_like of float, shape (n,)
    standard_error : array_like of float, shape (n,)
        Of the subjective scores: standard deviation of the votes over the root of their number.
    z : float
        A pair differs significantly above this many standard errors; Netflix uses 2.
    pairs : {"unordered", "ordered_with_self"}
        Each pair once; or as Netflix/vmaf counts them, both orders and each stimulus with itself, which changes the
        different/similar area and all p-values.

    Returns
    -------
    PairAnalysis

    Raises
    ------
    DegenerateError
        All pairs differ significantly, or none.
    InvalidValueError, LengthMismatchError, StatisticsError, TooFewPointsError

    References
    ----------
    .. [1] L. Krasula, K. Fliegel, P. Le Callet, M. Klíma, "On the accuracy of objective image and video quality
       models: new methodology for performance evaluation", QoMEX 2016.
    """
    y = vector(subjective, "subjective", least=3)
    se = half_widths(standard_error, len(y), "standard_error")
    columns = {name: vector(x, f"prediction {name}") for name, x in predictions.items()}
    same_length(subjective=y, **columns)
    _check_pairs(len(y), pairs, len(columns))
    gap, spread = _of_pairs(y, pairs), _of_pairs(se, pairs, np.hypot)
    # without any spread of the votes every difference of the means is significant
    significant = np.where(spread > 0, np.abs(gap) > z * spread, gap != 0)
    order = np.where(significant, np.sign(gap), 0.0)
    lazy = {name: partial(_of_pairs, x, pairs) for name, x in columns.items()}
    return _analyse(lazy, order, z, pairs)


def analyse_differences(
    differences: Mapping[str, npt.ArrayLike],
    order: npt.ArrayLike,
    *,
    z: float = math.nan,
    pairs: str = "as given",
) -> PairAnalysis:
    """
    Krasula's analysis of pairs already compared, as from a pair-comparison test.

    Parameters
    ----------
    differences : mapping of str to array_like of float, shape (n_pairs,)
        Metric of the first stimulus minus metric of the second.
    order : array_like of float, shape (n_pairs,)
        1 if the first is significantly better, -1 if it is worse, 0 if they do not differ.
    z, pairs : float, str
        Only noted in the result.

    Returns
    -------
    PairAnalysis

    Raises
    ------
    DegenerateError, InvalidValueError, LengthMismatchError
    """
    sign = vector(order, "order")
    if not np.isin(sign, (-1, 0, 1)).all():
        raise InvalidValueError(f"order holds {sign[~np.isin(sign, (-1, 0, 1))][0]:g}; give 1, -1 or 0 per pair")
    dx = {name: vector(d, f"difference {name}") for name, d in differences.items()}
    same_length(order=sign, **dx)
    return _analyse({name: partial(_same, d) for name, d in dx.items()}, sign, z, pairs)


def _same(x: Floats) -> Floats:
    return x


def _analyse(differences: Mapping[str, Callable[[], Floats]], sign: Floats, z: float, pairs: str) -> PairAnalysis:
    """Analyse pairs whose differences are made when they are needed, one metric at a time."""
    if not differences:
        raise TooFewPointsError("no metric was given")
    different = sign != 0
    k = int(different.sum())
    if not 0 < k < len(sign):
        raise DegenerateError(
            f"{k} of {len(sign)} pairs differ significantly; the analysis needs pairs that do and pairs that do not"
        )
    threshold, correct = [], []

    def sizes() -> Iterable[Floats]:
        for make in differences.values():
            size = np.abs(make())
            threshold.append(float(np.percentile(size[~different], 95)))
            yield size

    def both_ways() -> Iterable[Floats]:
        for make in differences.values():
            oriented = make()[different] * sign[different]
            correct.append(float(np.mean(oriented > 0)))
            yield np.concatenate([oriented, -oriented])

    areas, _, p_areas = delong(sizes(), different)
    better, _, p_better = delong(both_ways(), np.repeat([True, False], k))
    share = np.array(correct)
    q = (share[:, None] + share) / 2
    gap = np.abs(share[:, None] - share)
    spread = np.sqrt(2 * q * (1 - q) / (2 * k))
    p_correct = np.ones_like(gap)
    moved = gap > 0
    p_correct[moved] = 2 * stats.norm.sf(gap[moved] / spread[moved])
    return PairAnalysis(
        names=tuple(differences),
        auc_different_similar=areas,
        auc_better_worse=better,
        correct=share,
        threshold=np.array(threshold),
        p_different_similar=p_areas,
        p_better_worse=p_better,
        p_correct=p_correct,
        n_pairs=len(sign),
        n_significant=k,
        z=z,
        pairs=pairs,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvingPower(Result):
    """
    Difference of a metric at which viewers agree that the better stimulus is better.

    Attributes
    ----------
    value : float
        In units of the metric. Raises `DegenerateError` on access where not reached; see ``reached``.
    reached : bool
    confidence : tuple of float
        Mean confidence of the pairs in each window.
    difference : tuple of float
        Centre of each window, in units of the metric.
    level : float
    """

    found: float | None
    confidence: tuple[float, ...]
    difference: tuple[float, ...]
    level: float

    @property
    def reached(self) -> bool:
        """Whether the confidence reaches the level."""
        return self.found is not None

    @property
    def value(self) -> float:  # type: ignore[override]
        """Resolving power in units of the metric."""
        if self.found is None:
            raise DegenerateError(f"no difference of the metric reaches a confidence of {self.level:g}")
        return self.found


def resolving_power(
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    variance: npt.ArrayLike,
    n_votes: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> ResolvingPower:
    """
    Resolving power of a metric (ATIS T1.TR.72 / ITU-T J.149).

    Parameters
    ----------
    prediction, subjective : array_like of float, shape (n,)
    variance : array_like of float, shape (n,)
        Population variance of each stimulus's votes.
    n_votes : array_like of int, shape (n,)
    level : float

    Returns
    -------
    ResolvingPower
        ``reached`` is False where no window reaches *level*.

    Raises
    ------
    DegenerateError
        A pair without any variance and with different means has no finite z, or all predictions differ equally.
    InvalidValueError, LengthMismatchError, StatisticsError, TooFewPointsError
    """
    x, y = vector(prediction, "prediction", least=3), vector(subjective, "subjective")
    v, count = half_widths(variance, len(y), "variance"), vector(n_votes, "n_votes")
    same_length(prediction=x, subjective=y, variance=v, n_votes=count)
    if (count < 1).any():
        raise InvalidValueError(f"n_votes is {count.min():g} in row {int(count.argmin())}; give at least 1")
    _check_pairs(len(y), "unordered", 1)
    dx, dy = _of_pairs(x, "unordered"), _of_pairs(y, "unordered")
    bare = np.flatnonzero(v == 0)
    if bare.size > 1:
        raise DegenerateError(f"stimuli {bare[0]} and {bare[1]} have no variance in their votes; leave one out")
    spread = np.sqrt(_of_pairs(v / count, "unordered", np.add))
    certain = stats.norm.cdf(np.where(dx < 0, -dy, dy) / spread)
    size = np.abs(dx)
    width = np.ptp(size) / 10
    if width == 0:
        raise DegenerateError("all pairs differ equally in the metric; there is no range of differences to look at")
    centres, means = [], []
    for step in range(19):
        low = size.min() + step * width / 2
        inside = (size >= low) & (size <= low + width)
        if inside.any():
            centres.append(float(low + width / 2))
            means.append(float(certain[inside].mean()))
    found: float | None = None
    for k in range(len(means) - 1):
        a, b = means[k], means[k + 1]
        if (a - level) * (b - level) <= 0 and a != b:
            found = centres[k] + (level - a) / (b - a) * (centres[k + 1] - centres[k])
            break
    if found is None and means[0] >= level:
        found = centres[0]
    return ResolvingPower(found=found, confidence=tuple(means), difference=tuple(centres), level=level)
