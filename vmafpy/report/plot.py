"""
Figures of rates, scores and studies; needs the extra ``plot``.

Every function draws on an axes it is given, or on a new one, and returns it. Colours are those of Okabe and Ito, which
people with colour blindness can tell apart; lines also differ by marker and dash, so that a grey print reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vmafpy.errors import InvalidValueError, LengthMismatchError, MissingExtraError, StatisticsError
from vmafpy.report.study import ERRORS, Evaluation
from vmafpy.stats._input import Floats, vector
from vmafpy.stats.bdrate import BDResult
from vmafpy.stats.correlation import pearson
from vmafpy.stats.curves import Piecewise
from vmafpy.stats.mapping import Mapping as Fit
from vmafpy.stats.values import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Okabe and Ito 2008, darkest first so that thin lines print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
_GREY = "0.35"


def _axes(ax: Axes | None, size: tuple[float, float]) -> Axes:
    if ax is not None:
        return ax
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise MissingExtraError("matplotlib is not installed; pip install 'vmafpy[plot]'") from error
    return plt.subplots(figsize=size, layout="constrained")[1]


def _finish(ax: Axes, title: str, x: str, y: str) -> Axes:
    ax.set_title(title)
    ax.set_xlabel(x)
    ax.set_ylabel(y)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def rate_quality(
    result: BDResult,
    *,
    ax: Axes | None = None,
    title: str = "",
    rate_unit: str = "kbit/s",
    quality: str = "quality",
    names: tuple[str, str] = ("anchor", "test"),
) -> Axes:
    """
    Two rate-quality curves with the area of a BD figure shaded and its number in the title.

    Parameters
    ----------
    result : BDResult
        Of `vmafpy.stats.bd_rate`, `bd_quality` or `bd_rate_subjective`.
    ax : matplotlib Axes, optional
    title : str
        Comes before the number.
    rate_unit, quality : str
        For the labels of the axes: the unit of the rates, and the measure of quality with its unit.
    names : (str, str)
        Anchor and test in the legend.

    Returns
    -------
    matplotlib Axes
        Rate is logarithmic, as the BD figure is.
    """
    out = _axes(ax, (6.0, 4.2))
    edge: list[tuple[Floats, Floats]] = []
    for k, (curve, name) in enumerate(zip((result.anchor, result.test), names, strict=True)):
        log_rate, q = np.log(curve.rate), np.asarray(curve.quality)
        colour = COLOURS[k]
        if result.kind == "rate":
            function = Piecewise(q, log_rate, result.method)
            grid = np.linspace(q[0], q[-1], 300)
            line = np.exp(function(grid)), grid
            inner = np.linspace(result.low, result.high, 300)
            edge.append((np.exp(function(inner)), inner))
        else:
            function = Piecewise(log_rate, q, result.method)
            grid = np.linspace(log_rate[0], log_rate[-1], 300)
            line = np.exp(grid), function(grid)
            inner = np.linspace(np.log(result.low), np.log(result.high), 300)
            edge.append((np.exp(inner), function(inner)))
        out.plot(*line, color=colour, linestyle=("-", "--")[k], zorder=2)
        out.plot(curve.rate, curve.quality, linestyle="none", marker=MARKERS[k], color=colour, label=name, zorder=3)
        if curve.dropped:
            dropped = np.asarray(curve.dropped)
            out.plot(*dropped.T, linestyle="none", marker="x", color=colour, label=f"{name}, dropped", zorder=3)
    if result.kind == "rate":
        out.fill_betweenx(edge[0][1], edge[0][0], edge[1][0], color="0.85", zorder=1)
    else:
        out.fill_between(edge[0][0], edge[0][1], edge[1][1], color="0.85", zorder=1)
    out.set_xscale("log")
    _plain_ticks(out)
    out.legend(frameon=False)
    number = f"BD-rate {result.value:+.1f} %" if result.kind == "rate" else f"BD-quality {result.value:+.3f}"
    if result.interval is not None:
        number += f" [{result.interval.low:+.1f}, {result.interval.high:+.1f}]"
    return _finish(out, f"{title}: {number}" if title else number, f"rate ({rate_unit}, log scale)", quality)


def _plain_ticks(ax: Axes) -> None:
    """Rates as plain numbers at 1, 2 and 5, instead of powers of ten."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())


def frames(
    scores: Mapping[str, npt.ArrayLike] | npt.ArrayLike,
    *,
    ax: Axes | None = None,
    fps: float | None = None,
    shots: Sequence[int] = (),
    band: tuple[float, float] | None = (5.0, 95.0),
    window: int | None = None,
    intervals: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]] | None = None,
    title: str = "Score over time",
    unit: str = "VMAF",
) -> Axes:
    """
    Per-frame scores over time, with a band of percentiles around and marks at shot starts.

    Parameters
    ----------
    scores : array_like of float, shape (n_frames,), or mapping of str to such
        NaN leaves a gap.
    ax : matplotlib Axes, optional
    fps : float, optional
        Frames per second: the axis then counts seconds.
    shots : sequence of int
        First frame of each shot.
    band : (float, float) or None
        Percentiles between which each curve is shaded, 0 to 100.
    window : int, optional
        Frames of the sliding window the percentiles are taken over; None for the whole clip.
    intervals : mapping of str to (low, high), optional
        Per-frame intervals by curve, such as the ``ci95_low`` and ``ci95_high`` of a bootstrap model; drawn in place
        of that curve's band.
    title, unit : str

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    InvalidValueError
        No scores, a shot outside the clip, percentiles out of order, a rate or window that is not positive.
    """
    named = dict(scores) if isinstance(scores, Mapping) else {"": scores}
    if not named:
        raise InvalidValueError("no scores to draw")
    if fps is not None and not fps > 0:
        raise InvalidValueError(f"fps {fps:g} is not positive")
    if window is not None and window < 1:
        raise InvalidValueError(f"window {window} is not positive")
    if band is not None and not 0 <= band[0] < band[1] <= 100:
        raise InvalidValueError(f"band {band} is not a pair of rising percentiles")
    ends = dict(intervals or {})
    unknown = sorted(set(ends) - set(named))
    if unknown:
        raise InvalidValueError(f"an interval of {unknown[0]!r}, which is none of {', '.join(named)}")
    out = _axes(ax, (8.0, 3.6))
    longest = 0
    for k, (name, values) in enumerate(named.items()):
        y = np.asarray(values, np.float64)
        if y.ndim != 1 or not np.isfinite(y).any():
            raise InvalidValueError(f"scores {name or 'given'} are not a list with at least one number")
        longest = max(longest, len(y))
        x = np.arange(len(y)) / (fps or 1)
        colour = COLOURS[k % len(COLOURS)]
        low: npt.ArrayLike
        high: npt.ArrayLike
        if name in ends:
            low, high = ends[name]
            if np.shape(low) != y.shape or np.shape(high) != y.shape:
                raise InvalidValueError(f"the interval of {name or 'the scores'} has not one pair for each frame")
            out.fill_between(x, np.asarray(low, np.float64), np.asarray(high, np.float64), color=colour, alpha=0.3)
        elif band is not None:
            low, high = _percentiles(y, band, window)
            out.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        out.plot(x, y, color=colour, linewidth=1.0, label=name or None, linestyle=("-", "--", "-.", ":")[k % 4])
    for shot in shots:
        if not 0 <= shot < longest:
            raise InvalidValueError(f"shot at frame {shot} is outside the clip of {longest} frames")
        out.axvline(shot / (fps or 1), color=_GREY, linewidth=0.8, linestyle=":")
    if len(named) > 1:
        out.legend(frameon=False)
    if band is not None and len(ends) < len(named):
        where = "of the clip" if window is None else f"over {window} frames"
        title += f" (band: {band[0]:g}-{band[1]:g} % {where})"
    return _finish(out, title, "time (s)" if fps else "frame", unit)


def _percentiles(y: Floats, band: tuple[float, float], window: int | None) -> tuple[Floats, Floats]:
    if window is None:
        low, high = np.nanpercentile(y, band)
        return np.full(len(y), low), np.full(len(y), high)
    half = window // 2
    padded = np.pad(y, half, constant_values=np.nan)
    views = np.lib.stride_tricks.sliding_window_view(padded, 2 * half + 1)
    some = np.isfinite(views).any(axis=1)
    out = np.full((2, len(y)), np.nan)
    out[:, some] = np.nanpercentile(views[some], band, axis=1)
    return out[0], out[1]


def scatter(
    study: Evaluation,
    metric: str,
    *,
    level: str = "clip",
    by: str | None = None,
    mapped: bool = False,
    ax: Axes | None = None,
    title: str = "",
    subjective: str = "MOS",
) -> Axes:
    """
    Subjective against predicted scores, with the fitted mapping or, mapped, the diagonal and the mean interval.

    Parameters
    ----------
    study : Evaluation
    metric : str
    level : {"clip", "condition"}
    by : str, optional
        Column whose values get a colour and a marker each; one of those the study was grouped by.
    mapped : bool
        Draw the mapped prediction, on the subjective scale, with the diagonal and a band of the mean 95 % half-width.
    ax : matplotlib Axes, optional
    title, subjective : str
        *subjective* labels the axis.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    StatisticsError
        Unknown level, metric or column, or no mapping in the study.
    """
    if level not in study.levels or metric not in study.metrics:
        raise StatisticsError(
            f"no {metric!r} at level {level!r}; metrics {', '.join(study.metrics)}; levels {', '.join(study.levels)}"
        )
    data = study.levels[level]
    if by is not None and by not in data.labels:
        raise StatisticsError(f"{by!r} does not group the {level}s of this study; there are {', '.join(data.labels)}")
    fit: Fit | None = data.mappings.get(metric)
    if mapped and fit is None:
        raise StatisticsError("the study was made without a mapping; mapped=True needs one")
    out = _axes(ax, (4.8, 4.4))
    raw: Floats = data.predictions[metric]
    x = fit(raw) if mapped and fit is not None else raw
    groups = data.labels[by] if by else [""] * len(x)
    for k, value in enumerate(dict.fromkeys(groups)):
        rows = np.array([g == value for g in groups])
        out.errorbar(
            x[rows],
            data.subjective[rows],
            yerr=None if data.ci is None else data.ci[rows],
            linestyle="none",
            marker=MARKERS[k % len(MARKERS)],
            markersize=4,
            elinewidth=0.5,
            alpha=0.8,
            color=COLOURS[k % len(COLOURS)],
            label=str(value) or None,
        )
    if mapped:
        ends = np.array([min(x.min(), data.subjective.min()), max(x.max(), data.subjective.max())])
        out.plot(ends, ends, color=_GREY, linewidth=1, label="equal")
        if data.ci is not None:
            half = float(np.mean(data.ci))
            out.fill_between(ends, ends - half, ends + half, color="0.85", zorder=0, label=f"mean 95 % CI ±{half:.2f}")
    elif fit is not None:
        grid = np.linspace(raw.min(), raw.max(), 200)
        out.plot(grid, fit(grid), color=_GREY, linewidth=1, label=fit.name.replace("_", " "))
    if by or mapped or fit is not None:
        out.legend(frameon=False, fontsize="small")
    cell = study.cell(metric, "plcc_mapped" if mapped else "srcc", level=level)
    name = "PLCC" if mapped else "SRCC"
    heading = f"{title or metric}, {len(x)} {level}s: {name} {cell.value:.3f}"
    return _finish(out, heading, f"{metric}, mapped to {subjective}" if mapped else metric, subjective)


def forest(
    study: Evaluation | Mapping[str, tuple[float, Interval]],
    coefficient: str = "srcc",
    *,
    scenario: str = "all",
    level: str = "clip",
    ax: Axes | None = None,
    title: str = "",
) -> Axes:
    """
    Coefficients of metrics with their intervals, best on top, a line at the best.

    Parameters
    ----------
    study : Evaluation, or mapping of str to (value, Interval)
    coefficient, scenario, level : str
        Which cells of a study; the first labels the axis.
    ax : matplotlib Axes, optional
    title : str

    Returns
    -------
    matplotlib Axes
    """
    if isinstance(study, Mapping):
        found = {name: (float(value), interval, "") for name, (value, interval) in study.items()}
    else:
        cells = {m: study.cell(m, coefficient, scenario=scenario, level=level) for m in study.metrics}
        found = {m: (c.value, c.interval, c.letter) for m, c in cells.items()}
    if not found:
        raise InvalidValueError("no coefficient to draw")
    error = coefficient in ERRORS
    order = sorted(found, key=lambda m: found[m][0], reverse=not error)
    out = _axes(ax, (6.0, 0.35 * len(order) + 1.2))
    for k, name in enumerate(order):
        value, interval, letter = found[name]
        colour = COLOURS[1] if k == 0 else COLOURS[0]
        out.plot([interval.low, interval.high], [k, k], color=colour, linewidth=1.5)
        out.plot([value], [k], marker="s" if k == 0 else "o", color=colour)
        out.annotate(f"{value:.3f}{letter}", (interval.high, k), (4, 0), textcoords="offset points", va="center")
    out.axvline(found[order[0]][0], color=_GREY, linewidth=0.8, linestyle=":")
    out.set_yticks(range(len(order)), order)
    out.invert_yaxis()
    out.margins(x=0.12)
    level_text = f"{found[order[0]][1].level:.0%} interval".replace("%", " %")
    label = {"srcc": "SRCC", "plcc": "PLCC", "rmse": "RMSE"}.get(coefficient, coefficient.replace("_", " "))
    return _finish(out, title or f"{label}, {scenario}", f"{label} ({level_text})", "")


def agreement_matrix(
    predictions: Mapping[str, npt.ArrayLike],
    *,
    coefficient: str = "srcc",
    ax: Axes | None = None,
    title: str = "Agreement of metrics",
) -> Axes:
    """
    Correlation of every two metrics on the same stimuli, as a matrix with numbers.

    Parameters
    ----------
    predictions : mapping of str to array_like of float, shape (n,)
        A metric where low is good shows as negative.
    coefficient : {"srcc", "plcc", "kendall_tau_b"}
    ax : matplotlib Axes, optional
    title : str

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    LengthMismatchError, InvalidValueError, ConstantInputError, TooFewPointsError
    """
    from scipy import stats as scipy_stats

    from vmafpy.stats._input import choice, pair

    choice(coefficient, ("srcc", "plcc", "kendall_tau_b"), "coefficient")
    columns = {name: vector(x, name, least=3) for name, x in predictions.items()}
    if not columns:
        raise InvalidValueError("no metric to draw")
    if len({len(x) for x in columns.values()}) > 1:
        raise LengthMismatchError("lengths differ: " + ", ".join(f"{k} {len(x)}" for k, x in columns.items()))
    names = list(columns)
    matrix = np.ones((len(names), len(names)))
    for i, a in enumerate(names):
        for j, b in enumerate(names):
            x, y = pair(columns[a], columns[b])
            if coefficient == "kendall_tau_b":
                matrix[i, j] = scipy_stats.kendalltau(x, y).statistic
            else:
                ranked = (scipy_stats.rankdata(x), scipy_stats.rankdata(y)) if coefficient == "srcc" else (x, y)
                matrix[i, j] = pearson(np.asarray(ranked[0], np.float64), np.asarray(ranked[1], np.float64))
    side = 0.7 * len(names) + 1.8
    out = _axes(ax, (side, side - 0.4))
    image = out.imshow(matrix, vmin=-1, vmax=1, cmap="PuOr")
    for (i, j), value in np.ndenumerate(matrix):
        out.text(j, i, f"{value:.2f}", ha="center", va="center", color="white" if abs(value) > 0.6 else "black")
    out.set_xticks(range(len(names)), names, rotation=45, ha="right")
    out.set_yticks(range(len(names)), names)
    label = {"srcc": "SRCC", "plcc": "PLCC", "kendall_tau_b": "Kendall's tau-b"}[coefficient]
    out.figure.colorbar(image, ax=out, shrink=0.8, label=label)
    out.set_title(title)
    return out
