"""Bootstrap of agreement coefficients over stimuli or whole contents, all draws at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vmafpy.errors import DegenerateError, InvalidValueError
from vmafpy.stats._input import (
    Floats,
    Ints,
    choice,
    codes,
    confidence_level,
    half_widths,
    not_constant,
    pair,
    same_length,
    vector,
)
from vmafpy.stats.mapping import fit_mapping
from vmafpy.stats.tau95 import tau_b95_ranks
from vmafpy.stats.values import Interval, Result

STATISTICS = ("plcc", "srcc", "kendall_tau_b", "tau_b95", "rmse", "outlier_ratio", "mae")

#: Bytes one block of draws, or of pairs, may take.
_BLOCK_BYTES = 8 << 20
#: Draws of one block at least, because the signs of the pairs are made anew for each.
_LEAST_DRAWS = 256
_MAX_REDRAWS = 100


@dataclass(frozen=True, slots=True)
class Draws:
    """
    Bootstrap draws of several coefficients of several predictions, the same stimuli in each draw.

    Attributes
    ----------
    values : dict of str to dict of str to ndarray of float, shape (n_draws,)
        ``values[statistic][prediction]``.
    observed : dict of str to dict of str to float
        The same for the data as they are.
    n_draws : int
    redrawn : int
        Draws repeated because a column was constant in them.
    unit : str
        ``"stimulus"`` or ``"group"``: what was drawn.
    """

    values: dict[str, dict[str, Floats]] = field(repr=False)
    observed: dict[str, dict[str, float]]
    n_draws: int
    redrawn: int
    unit: str

    def interval(self, statistic: str, prediction: str, *, confidence: float = 0.95) -> Interval:
        """Percentile interval of one coefficient."""
        return percentile_interval(self.values[statistic][prediction], confidence, f"bootstrap by {self.unit}")

    def difference(self, statistic: str, a: str, b: str, *, confidence: float = 0.95) -> Difference:
        """Paired difference of a coefficient between predictions *a* and *b*."""
        return difference(
            self.values[statistic][a] - self.values[statistic][b],
            self.observed[statistic][a] - self.observed[statistic][b],
            confidence,
            f"bootstrap by {self.unit}",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference(Result):
    """
    Difference of one coefficient between two predictions.

    Attributes
    ----------
    value : float
        First minus second, on the data as they are.
    interval : Interval
        Percentiles of the draws.
    p_value : float
        Two-sided: twice the smaller share of draws on either side of 0, never below 2 / (n_draws + 1).
    """

    value: float
    interval: Interval
    p_value: float


def percentile_interval(draws: Floats, confidence: float, method: str) -> Interval:
    """Return the central percentiles of *draws*."""
    confidence_level(confidence)
    low, high = np.quantile(draws, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high), confidence, method)


def difference(draws: Floats, observed: float, confidence: float, method: str) -> Difference:
    """Return interval and two-sided p-value of drawn differences."""
    sides = min(np.count_nonzero(draws <= 0), np.count_nonzero(draws >= 0))
    p = min(1.0, 2 * (sides + 1) / (len(draws) + 1))
    return Difference(value=observed, interval=percentile_interval(draws, confidence, method), p_value=float(p))


class _Column:
    """Ties and ranks of one column under any multiplicities of its rows."""

    def __init__(self, values: Floats) -> None:
        self.values = values
        distinct, label = np.unique(values, return_inverse=True)
        self.label = label.reshape(-1).astype(np.int32)
        self.order = np.argsort(self.label, kind="stable")
        self.starts = np.searchsorted(self.label[self.order], np.arange(len(distinct)))

    def group_sizes(self, counts: Floats) -> Floats:
        """Rows drawn per distinct value, shape (n_draws, n_distinct)."""
        return np.asarray(np.add.reduceat(counts[:, self.order], self.starts, axis=1), np.float64)

    def tied_pairs(self, sizes: Floats) -> Floats:
        return np.asarray(0.5 * np.einsum("ij,ij->i", sizes, sizes - 1), np.float64)

    def ranks(self, sizes: Floats) -> Floats:
        """Mid-rank of every row, shape (n_draws, n)."""
        middle = np.cumsum(sizes, axis=1) - sizes / 2 + 0.5
        return np.asarray(middle[:, self.label], np.float64)

    def constant(self, counts: Floats) -> npt.NDArray[np.bool_]:
        drawn = counts > 0
        high = np.where(drawn, self.label, -1).max(axis=1)
        low = np.where(drawn, self.label, len(self.label)).min(axis=1)
        return np.asarray(high == low, np.bool_)


def _weighted_pearson(counts: Floats, x: Floats, y: Floats) -> Floats:
    """Pearson correlation of rows with multiplicities; x and y of shape (n,) or (n_draws, n)."""
    total = counts.sum(axis=1)

    def mean(v: Floats) -> Floats:
        return np.asarray((counts @ v if v.ndim == 1 else np.einsum("ij,ij->i", counts, v)) / total, np.float64)

    mx, my = mean(x), mean(y)
    return np.asarray(
        (mean(x * y) - mx * my) / np.sqrt((mean(x * x) - mx * mx) * (mean(y * y) - my * my)), np.float64
    ).clip(-1, 1)


def _concordance(counts: Floats, x: Floats, y: Floats) -> Floats:
    """
    Concordant minus discordant pairs of every draw, exact.

    A draw with multiplicities w has ``w' S w / 2`` of them, S the signs of the pairs; S is made in blocks of rows, and
    single precision is exact here because a row's sum stays below 2**24.
    """
    single = counts.astype(np.float32)
    out = np.zeros(len(counts))
    rows = max(1, _BLOCK_BYTES // (4 * len(x)))
    for begin in range(0, len(x), rows):
        block = slice(begin, begin + rows)
        signs = np.sign(x[block, None] - x).astype(np.float32)
        signs *= np.sign(y[block, None] - y).astype(np.float32)
        out += np.einsum("ij,ij->i", counts[:, block], single @ signs.T)
    return out / 2


def _counts(n: int, codes_of: Ints | None, n_draws: int, rng: np.random.Generator) -> Floats:
    """Multiplicity of every stimulus in each draw, shape (n_draws, n)."""
    units = n if codes_of is None else int(codes_of.max()) + 1
    drawn = rng.integers(units, size=(n_draws, units))
    drawn += units * np.arange(n_draws)[:, None]
    counts = np.bincount(drawn.reshape(-1), minlength=units * n_draws).reshape(n_draws, units)
    return np.asarray(counts if codes_of is None else counts[:, codes_of], np.float64)


def _draw_blocks(
    n: int, columns: Sequence[_Column], groups: Ints | None, n_draws: int, seed: int | Sequence[int]
) -> Iterator[tuple[Floats, int]]:
    """Yield blocks of draws in which no column is constant, and how many were drawn again."""
    rng = np.random.default_rng(seed)
    size = min(n_draws, max(_LEAST_DRAWS, _BLOCK_BYTES // (8 * n)))
    done = 0
    while done < n_draws:
        want = min(size, n_draws - done)
        counts, redrawn = _counts(n, groups, want, rng), 0
        for _ in range(_MAX_REDRAWS):
            bad = np.any([c.constant(counts) for c in columns], axis=0)
            if not bad.any():
                break
            redrawn += int(bad.sum())
            counts[bad] = _counts(n, groups, int(bad.sum()), rng)
        else:
            raise DegenerateError(
                f"bootstrap draws are constant in a column again and again ({n} stimuli"
                + ("" if groups is None else f", {int(groups.max()) + 1} groups")
                + "); there is too little variety to resample"
            )
        yield counts, redrawn
        done += want


def bootstrap(
    predictions: Mapping[str, npt.ArrayLike],
    subjective: npt.ArrayLike,
    *,
    ci: npt.ArrayLike | None = None,
    statistics: Sequence[str] = ("plcc", "srcc", "kendall_tau_b"),
    mapping: str | None = None,
    dof: int | None = None,
    decimals: int | None = 2,
    groups: Sequence[Hashable] | None = None,
    n_draws: int = 2000,
    seed: int | Sequence[int] = 0,
) -> Draws:
    """
    Resample stimuli, or whole contents, and compute coefficients of several predictions on the same draws.

    Parameters
    ----------
    predictions : mapping of str to array_like of float, shape (n,)
        Higher is better.
    subjective : array_like of float, shape (n,)
    ci : array_like of float, shape (n,), optional
        Half-widths of the 95 % intervals, for ``"tau_b95"`` and ``"outlier_ratio"``.
    statistics : sequence of str
        Of ``"plcc"``, ``"srcc"``, ``"kendall_tau_b"``, ``"tau_b95"``, ``"rmse"``, ``"outlier_ratio"``, ``"mae"``.
    mapping : str, optional
        Fitted once to all stimuli and kept in every draw, for plcc and the error measures.
    dof : int, optional
        Taken off the number of stimuli in an RMSE; None for the mapping's number of coefficients.
    decimals : int or None
        Of ``"tau_b95"``. Its ties, too, are found once, on all stimuli.
    groups : sequence of hashable, optional
        Content of each stimulus: whole contents are drawn.
    n_draws : int
    seed : int or sequence of int

    Returns
    -------
    Draws

    Raises
    ------
    DegenerateError
        Nearly every draw has a constant column.
    ConstantInputError, InvalidValueError, LengthMismatchError, TooFewPointsError
    """
    if n_draws < 1:
        raise InvalidValueError(f"n_draws {n_draws} is not positive")
    for name in statistics:
        choice(name, STATISTICS, "statistic")
    y = vector(subjective, "subjective", least=3)
    n = len(y)
    not_constant(y, "subjective")
    raw: dict[str, Floats] = {}
    mapped: dict[str, Floats] = {}
    coefficients = 0
    for name, values in predictions.items():
        raw[name] = vector(values, f"prediction {name}")
        same_length(subjective=y, **{f"prediction {name}": raw[name]})
        not_constant(raw[name], f"prediction {name}")
        mapped[name] = raw[name]
        if mapping is not None and {"plcc", "rmse", "outlier_ratio", "mae"} & set(statistics):
            fit = fit_mapping(raw[name], y, mapping)
            mapped[name], coefficients = fit(raw[name]), fit.n_coefficients
            pair(mapped[name], y)
    half = half_widths(ci, n) if {"tau_b95", "outlier_ratio"} & set(statistics) else np.zeros(n)
    taken = coefficients if dof is None else dof
    if "rmse" in statistics and n - taken < 1:
        raise InvalidValueError(f"{n} stimuli leave no degrees of freedom after {taken}")
    index = None if groups is None else codes(groups, n)[1]
    columns = {name: _Column(x) for name, x in raw.items()}
    y_column = _Column(y)
    ranked = tau_b95_ranks(y, half, decimals=decimals) if "tau_b95" in statistics else None
    tied = None if ranked is None else _Column(ranked)
    checked = [*columns.values(), y_column, *(() if tied is None else (tied,))]
    everyone = np.ones((1, n))

    def of(counts: Floats) -> dict[str, dict[str, Floats]]:
        return _coefficients(counts, statistics, columns, mapped, y_column, tied, half, taken)

    parts: dict[str, dict[str, list[Floats]]] = {s: {name: [] for name in raw} for s in statistics}
    redrawn = 0
    for counts, again in _draw_blocks(n, checked, index, n_draws, seed):
        redrawn += again
        for statistic, by_name in of(counts).items():
            for name, drawn in by_name.items():
                parts[statistic][name].append(drawn)
    return Draws(
        values={s: {name: np.concatenate(drawn) for name, drawn in by.items()} for s, by in parts.items()},
        observed={s: {name: float(v[0]) for name, v in by.items()} for s, by in of(everyone).items()},
        n_draws=n_draws,
        redrawn=redrawn,
        unit="stimulus" if groups is None else "group",
    )


def _coefficients(
    counts: Floats,
    statistics: Sequence[str],
    columns: Mapping[str, _Column],
    mapped: Mapping[str, Floats],
    y: _Column,
    tied: _Column | None,
    half: Floats,
    dof: int,
) -> dict[str, dict[str, Floats]]:
    total = counts.sum(axis=1)
    pairs = total * (total - 1) / 2
    out: dict[str, dict[str, Floats]] = {s: {} for s in statistics}
    ranking = {"srcc", "kendall_tau_b", "tau_b95"} & set(statistics)
    y_sizes = y.group_sizes(counts) if ranking else counts
    y_ranks = y.ranks(y_sizes) if "srcc" in statistics else counts
    tied_sizes = counts if tied is None else tied.group_sizes(counts)
    centred_y = (y.values - y.values.mean()) / np.ptp(y.values)
    for name, x in columns.items():
        sizes = x.group_sizes(counts) if ranking else counts
        free_x = pairs - x.tied_pairs(sizes) if ranking else pairs
        error = y.values - mapped[name]
        for statistic in statistics:
            if statistic == "plcc":
                p = mapped[name]
                value = _weighted_pearson(counts, (p - p.mean()) / np.ptp(p), centred_y)
            elif statistic == "srcc":
                value = _weighted_pearson(counts, x.ranks(sizes), y_ranks)
            elif statistic == "kendall_tau_b":
                free_y = pairs - y.tied_pairs(y_sizes)
                value = _concordance(counts, x.values, y.values) / np.sqrt(free_x * free_y)
            elif statistic == "tau_b95" and tied is not None:
                free_y = pairs - tied.tied_pairs(tied_sizes)
                value = _concordance(counts, x.values, tied.values) / np.sqrt(free_x * free_y)
            elif statistic == "rmse":
                value = np.sqrt(counts @ error**2 / np.maximum(total - dof, 1))
            elif statistic == "outlier_ratio":
                value = counts @ (np.abs(error) > half).astype(np.float64) / total
            else:
                value = counts @ np.abs(error) / total
            out[statistic][name] = np.asarray(value, np.float64)
    return out


def bootstrap_interval(
    statistic: str,
    prediction: npt.ArrayLike,
    subjective: npt.ArrayLike,
    *,
    ci: npt.ArrayLike | None = None,
    groups: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
    n_draws: int = 2000,
    seed: int = 0,
) -> Interval:
    """Return the percentile interval of one coefficient of one prediction; parameters as `bootstrap`."""
    drawn = bootstrap(
        {"prediction": prediction},
        subjective,
        ci=ci,
        statistics=(statistic,),
        groups=groups,
        n_draws=n_draws,
        seed=seed,
    )
    return drawn.interval(statistic, "prediction", confidence=confidence)


def bootstrap_any(
    function: Callable[..., float],
    *columns: npt.ArrayLike,
    groups: Sequence[Hashable] | None = None,
    confidence: float = 0.95,
    n_draws: int = 2000,
    seed: int = 0,
) -> tuple[Interval, Floats]:
    """
    Bootstrap of any function of columns, one call per draw.

    Parameters
    ----------
    function : callable
        Takes as many arrays as there are *columns*, returns a number. An exception ends the bootstrap.
    *columns : array_like, shape (n,) or (n, ...)
        Drawn together, row by row.
    groups : sequence of hashable, optional
        Whole groups are drawn.
    confidence : float
    n_draws, seed : int

    Returns
    -------
    Interval
    ndarray of float, shape (n_draws,)
    """
    arrays = [np.asarray(column) for column in columns]
    n = same_length(**{f"column {i}": a for i, a in enumerate(arrays)})
    index = None if groups is None else codes(groups, n)[1]
    rng = np.random.default_rng(seed)
    drawn = np.empty(n_draws)
    for i in range(n_draws):
        rows = np.repeat(np.arange(n), _counts(n, index, 1, rng)[0].astype(np.int64))
        drawn[i] = function(*(a[rows] for a in arrays))
    return percentile_interval(drawn, confidence, "bootstrap"), drawn
