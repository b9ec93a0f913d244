"""How well a metric tells pairs of stimuli apart: Krasula's analysis, DeLong's test, resolving power."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import stats

from vmafpy.errors import DegenerateError, InvalidValueError, StatisticsError, TooFewPointsError
from vmafpy.stats._input import Bools, Floats, Ints, choice, half_widths, same_length, vector
from vmafpy.stats.values import Result

#: Pairs times columns held at once; 8 bytes each.
_MAX_VALUES = 24_000_000


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


def delong(scores: Sequence[npt.ArrayLike], positive: npt.ArrayLike) -> tuple[Floats, Floats, Floats]:
    """
    Areas under ROC curves of several scores of the same objects, and tests between them [1]_.

    Parameters
    ----------
    scores : sequence of array_like of float, each of shape (n,)
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
    above, below = [], []
    for i, column in enumerate(scores):
        s = vector(column, f"scores {i}")
        same_length(positive=label, **{f"scores {i}": s})
        a, b = _placements(s, label)
        above.append(a)
        below.append(b)
    areas = np.array([a.mean() for a in above])
    covariance = np.atleast_2d(np.cov(above)) / m + np.atleast_2d(np.cov(below)) / n
    variance = np.diag(covariance)
    spread = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0))
    gap = np.abs(areas[:, None] - areas)
    p = np.ones_like(spread)
    for i, j in np.argwhere(gap > 0):
        p[i, j] = 2 * stats.norm.sf(gap[i, j] / spread[i, j]) if spread[i, j] > 0 else 0.0
    return areas, np.sqrt(variance), p


def _pairs(n: int, kind: str, columns: int) -> tuple[Ints, Ints]:
    choice(kind, ("unordered", "ordered_with_self"), "pairs")
    count = n * (n - 1) // 2 if kind == "unordered" else n * n
    if count * columns > _MAX_VALUES:
        raise StatisticsError(
            f"{n} stimuli make {count} pairs, too many to hold for {columns - 3} metrics; draw a sample of the "
            "stimuli, or analyse fewer metrics at once"
        )
    if kind == "unordered":
        i, j = np.triu_indices(n, 1)
    else:
        i, j = (v.reshape(-1) for v in np.indices((n, n)))
    return np.asarray(i, np.int64), np.asarray(j, np.int64)


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
    i, j = _pairs(len(y), pairs, 3 + len(columns))
    gap = y[i] - y[j]
    spread = np.hypot(se[i], se[j])
    # without any spread of the votes every difference of the means is significant
    significant = np.where(spread > 0, np.abs(gap) > z * spread, gap != 0)
    order = np.where(significant, np.sign(gap), 0.0)
    differences = {name: x[i] - x[j] for name, x in columns.items()}
    return analyse_differences(differences, order, z=z, pairs=pairs)


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
    if not dx:
        raise TooFewPointsError("no metric was given")
    different = sign != 0
    k = int(different.sum())
    if not 0 < k < len(sign):
        raise DegenerateError(
            f"{k} of {len(sign)} pairs differ significantly; the analysis needs pairs that do and pairs that do not"
        )
    areas, _, p_areas = delong([np.abs(d) for d in dx.values()], different)
    oriented = [d[different] * sign[different] for d in dx.values()]
    both = np.repeat([True, False], k)
    better, _, p_better = delong([np.concatenate([d, -d]) for d in oriented], both)
    correct = np.array([np.mean(d > 0) for d in oriented])
    q = (correct[:, None] + correct) / 2
    gap = np.abs(correct[:, None] - correct)
    spread = np.sqrt(2 * q * (1 - q) / (2 * k))
    p_correct = np.ones_like(gap)
    moved = gap > 0
    p_correct[moved] = 2 * stats.norm.sf(gap[moved] / spread[moved])
    return PairAnalysis(
        names=tuple(dx),
        auc_different_similar=areas,
        auc_better_worse=better,
        correct=correct,
        threshold=np.array([np.percentile(np.abs(d[~different]), 95) for d in dx.values()]),
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
    i, j = _pairs(len(y), "unordered", 4)
    dx, dy = x[i] - x[j], y[i] - y[j]
    spread = np.sqrt(v[i] / count[i] + v[j] / count[j])
    if (spread == 0).any():
        k = int(np.argmin(spread))
        raise DegenerateError(f"stimuli {i[k]} and {j[k]} have no variance in their votes; leave one out")
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
