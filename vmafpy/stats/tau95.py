"""Kendall's tau-b against subjective ranks in which stimuli that people could not tell apart are tied."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import stats

from vmafpy.errors import ConstantInputError
from vmafpy.stats._input import Bools, Floats, choice, half_widths, not_constant, pair, vector
from vmafpy.stats.values import Coefficient

#: Bytes a block of pairs may take.
_BLOCK_BYTES = 32 << 20


def tau_b95_ranks(subjective: npt.ArrayLike, ci: npt.ArrayLike, *, decimals: int | None = 2) -> Floats:
    """
    Ranks of subjective scores in which indistinguishable stimuli share a rank [1]_.

    Two stimuli are tied if one's score lies in the other's 95 % interval, after rounding both; neighbours in order of
    score are then grouped so that every group is tied throughout.

    Parameters
    ----------
    subjective : array_like of float, shape (n,)
        MOS, DMOS or JND.
    ci : array_like of float, shape (n,)
        Half-widths of their 95 % intervals, 0 or more.
    decimals : int or None
        Rounding of scores and interval ends in the test of a tie; None for none. The published method uses 2.

    Returns
    -------
    ndarray of float, shape (n,)
        Mid-ranks from 1, in input order.

    Notes
    -----
    Stimuli with equal scores and unequal intervals are taken in input order, so a table with such ties may give
    another value when its rows are shuffled.

    References
    ----------
    .. [1] B. Naderi and S. Möller, "Transformation of mean opinion scores to avoid misleading of ranked based
       statistical techniques", QoMEX 2020.
    """
    mos = vector(subjective, "subjective")
    half = half_widths(ci, len(mos))
    order = np.argsort(mos, kind="stable")
    labels = np.empty(len(mos))
    labels[order] = _group(mos[order], half[order], decimals)
    return np.asarray(stats.rankdata(labels), np.float64)


def _group(mos: Floats, half: Floats, decimals: int | None) -> npt.NDArray[np.int64]:
    """Label stimuli in order of score; equal labels are ties."""
    n = len(mos)
    low, high, value = mos - half, mos + half, mos
    if decimals is not None:
        low, high, value = (np.round(v, decimals) for v in (low, high, value))

    def tied(i: int, others: slice) -> bool:
        """Return whether stimulus i is tied with each of *others*."""
        in_theirs = (value[i] >= low[others]) & (value[i] <= high[others])
        in_mine = (value[others] >= low[i]) & (value[others] <= high[i])
        return bool((in_theirs | in_mine).all())

    labels = np.ones(n, np.int64)
    start = -1  # first of the open group, which reaches to i - 1 and is tied throughout; -1 without one
    for i in range(1, n):
        if not tied(i, slice(i - 1, i)):
            labels[i] = labels[i - 1] + 1
            start = -1
            continue
        labels[i] = labels[i - 1]
        if start < 0:
            start = i - 1
            continue
        if tied(i, slice(start, i)):
            continue
        # i opens a group of its own and draws in predecessors nearer to it than to theirs
        first = i
        while (
            first - start > 1
            and mos[first] - mos[first - 1] < mos[first - 1] - mos[first - 2]
            and tied(first - 1, slice(first, i + 1))
        ):
            first -= 1
        labels[first : i + 1] = labels[start] + 1
        start = first
    return labels


def tau_b95(
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    ci: npt.ArrayLike,
    *,
    decimals: int | None = 2,
    lower_is_better: bool = False,
) -> Coefficient:
    """
    Kendall's tau-b of a prediction against `tau_b95_ranks` of the subjective scores.

    Pairs that people could not tell apart no longer count against the prediction. A prediction equal to the
    subjective scores does not reach 1, because it orders pairs that are tied; ``result.ceiling`` is what it reaches.

    Parameters
    ----------
    prediction, subjective, ci : array_like of float, shape (n,)
        n at least 3; *ci* as in `tau_b95_ranks`.
    decimals : int or None
        As in `tau_b95_ranks`.
    lower_is_better : bool
        Negate the prediction.

    Returns
    -------
    Coefficient

    Raises
    ------
    ConstantInputError
        The prediction is constant, or all stimuli are tied.
    InvalidValueError, LengthMismatchError, TooFewPointsError
    """
    x, y = pair(prediction, subjective)
    if lower_is_better:
        x = -x
    ranks = tau_b95_ranks(y, ci, decimals=decimals)
    _not_all_tied(ranks)
    return Coefficient(
        name="tau_b95",
        value=float(stats.kendalltau(x, ranks).statistic),
        n=len(x),
        lower_is_better=lower_is_better,
        ceiling=float(stats.kendalltau(y, ranks).statistic),
        convention=_convention(decimals),
    )


def tau_b95_ceiling(subjective: npt.ArrayLike, ci: npt.ArrayLike, *, decimals: int | None = 2) -> Coefficient:
    """Value of `tau_b95` that the subjective scores themselves reach as a prediction; parameters as there."""
    y = vector(subjective, "subjective", least=3)
    not_constant(y, "subjective")
    ranks = tau_b95_ranks(y, ci, decimals=decimals)
    _not_all_tied(ranks)
    return Coefficient(
        name="tau_b95_ceiling",
        value=float(stats.kendalltau(y, ranks).statistic),
        n=len(y),
        convention=_convention(decimals),
    )


def _convention(decimals: int | None) -> str:
    rounding = "no rounding" if decimals is None else f"rounded to {decimals} decimals"
    return f"subjective ranks tied by 95 % interval, {rounding}, equal scores in input order"


def _not_all_tied(ranks: Floats) -> None:
    if np.ptp(ranks) == 0:
        raise ConstantInputError(
            f"all {len(ranks)} stimuli are tied within their intervals; no order is left to predict"
        )


def tau_b_pairwise(
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    ci: npt.ArrayLike,
    *,
    tie: str = "within",
    lower_is_better: bool = False,
) -> Coefficient:
    """
    Kendall's tau-b with each pair tied or not by itself, without groups and rounding.

    Not the published tau-b 95: ties need not be transitive here, so no ranks belong to them.

    Parameters
    ----------
    prediction, subjective, ci : array_like of float, shape (n,)
    tie : {"within", "overlap"}
        A pair is tied if one score lies in the other's interval, or if the intervals overlap.
    lower_is_better : bool
        Negate the prediction.

    Returns
    -------
    Coefficient

    Raises
    ------
    ConstantInputError
        The prediction is constant, or all pairs are tied.
    InvalidValueError, LengthMismatchError, TooFewPointsError

    Notes
    -----
    Takes time of order n²; memory stays below 200 MB.
    """
    choice(tie, ("within", "overlap"), "tie")
    x, y = pair(prediction, subjective)
    if lower_is_better:
        x = -x
    half = half_widths(ci, len(y))
    n = len(x)
    score, tied_x, tied_y = 0, 0, 0
    rows = max(1, _BLOCK_BYTES // (8 * n))
    for begin in range(0, n, rows):
        block = slice(begin, min(begin + rows, n))
        later = np.arange(n) > np.arange(n)[block, None]
        order_x = np.sign(x[block, None] - x).astype(np.int8)
        ties = _tied(y, half, block, tie)
        order_y = np.where(ties, 0, np.sign(y[block, None] - y)).astype(np.int8)
        score += int(np.sum(order_x * order_y, where=later, dtype=np.int64))
        tied_x += int(np.count_nonzero((order_x == 0) & later))
        tied_y += int(np.count_nonzero((order_y == 0) & later))
    pairs = n * (n - 1) // 2
    if tied_y == pairs:
        raise ConstantInputError(f"all {n} stimuli are tied within their intervals; no order is left to predict")
    return Coefficient(
        name=f"tau_b_pairwise_{tie}",
        value=score / float(np.sqrt(float(pairs - tied_x) * float(pairs - tied_y))),
        n=n,
        lower_is_better=lower_is_better,
        convention=f"pairs tied one by one: {tie}",
    )


def _tied(y: Floats, half: Floats, block: slice, tie: str) -> Bools:
    if tie == "overlap":
        return np.asarray(np.abs(y[block, None] - y) <= half[block, None] + half, np.bool_)
    low, high = y - half, y + half
    mine = (y >= low[block, None]) & (y <= high[block, None])
    theirs = (y[block, None] >= low) & (y[block, None] <= high)
    return np.asarray(mine | theirs, np.bool_)
