"""A metric study in one call: how well metrics agree with people, by level, scenario and group."""

from __future__ import annotations

import math
import os
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vmafpy.errors import ConstantInputError, DegenerateError, StatisticsError, TableError, TooFewPointsError
from vmafpy.report.study import ERRORS, TITLES, Cell, Evaluation, Level, Row
from vmafpy.stats._input import Bools, Floats, choice, confidence_level
from vmafpy.stats.mapping import fit_mapping
from vmafpy.stats.resample import bootstrap, difference, percentile_interval
from vmafpy.stats.significance import DEPENDENT, compare_correlations, holm
from vmafpy.stats.subjective import Z95, pool_votes
from vmafpy.stats.table import Table, read_table
from vmafpy.stats.tau95 import tau_b95_ceiling


@dataclass(frozen=True, slots=True)
class _Plan:
    """What to compute for each set of rows."""

    mapping: str | None
    dof: int | None
    decimals: int | None
    test: str
    correct: str | None
    resample_by: str | None
    skip_degenerate: bool
    confidence: float
    n_draws: int
    seed: int


def evaluate(
    table: str | os.PathLike[str] | Mapping[str, Sequence[Any]] | Any,
    metrics: Sequence[str],
    *,
    subjective: str = "mos",
    ci: str | tuple[str, str] | None = None,
    by: Sequence[str] = (),
    only: Mapping[str, Hashable | Sequence[Hashable]] | None = None,
    condition: Sequence[str] = (),
    n: str | None = None,
    std: str | None = None,
    stimulus: str | None = None,
    folds: str | None = None,
    lower_is_better: Sequence[str] = (),
    subjective_lower_is_better: bool = False,
    mapping: str | None = "cubic_monotonic",
    dof: int | None = None,
    decimals: int | None = 2,
    test: str = "meng",
    correct: str | None = None,
    resample_by: str | None = None,
    missing: str = "error",
    skip_degenerate: bool = False,
    confidence: float = 0.95,
    n_draws: int = 2000,
    seed: int = 0,
) -> Evaluation:
    """
    Judge metrics by subjective scores: every coefficient, level and scenario, with intervals and significance.

    Parameters
    ----------
    table : path, mapping or data frame
        One row per stimulus, see `vmafpy.stats.table.read_table`.
    metrics : sequence of str
        Columns of metric values, from anywhere.
    subjective : str
        Column of MOS, DMOS or JND.
    ci : str or (str, str), optional
        Column of half-widths of the 95 % intervals, or columns of their ends (half the difference is then used).
        Without it there is no tau-b 95 and no outlier ratio.
    by : sequence of str
        Columns whose groups are evaluated one by one and averaged: scenarios ``per_<column>``.
    only : mapping of str to value or sequence of values
        Scenarios ``<column>=<value>`` of the rows with that value.
    condition : sequence of str
        Columns that together name a condition (one codec at one setting): adds the level ``"condition"``, with the
        mean of each metric and the pooled votes of the clips.
    n, std : str, optional
        Columns of the number of votes and their standard deviation, for pooling. With *ci* and *n* alone the deviation
        is ci * sqrt(n) / 1.96.
    stimulus : str, optional
        Column that names stimuli, each of which may occur once. ``"stimulus"`` if there is one.
    folds : str, optional
        Column of the cross-validation fold in whose test set a clip was predicted; adds ``per_<column>``. All other
        scenarios use the joined predictions.
    lower_is_better : sequence of str
        Metrics where low is good (LPIPS).
    subjective_lower_is_better : bool
        The subjective column is a distortion (JND).
    mapping : str or None
        Fitted once per level on all its rows, for mapped PLCC, RMSE and OR; None leaves raw values for RMSE and OR.
    dof : int, optional
        Taken off n in the RMSE of ``"all"``; None for the mapping's number of coefficients. Inside groups and parts
        of the table, where nothing is fitted, it is 0.
    decimals : int or None
        Of tau-b 95.
    test : str
        Test of PLCC and SRCC against the best, see `compare_dependent`. Other coefficients, and means over groups,
        are compared by the paired bootstrap.
    correct : {None, "holm"}
        Correction of the p-values of each column.
    resample_by : str, optional
        Column whose values (contents) are drawn as a whole in the bootstrap, in sets of rows with at least two.
    missing : {"error", "drop"}
        What to do with a row that lacks a value in a column used.
    skip_degenerate : bool
        Leave out groups below 3 stimuli or with a constant column, instead of an error.
    confidence : float
        Of the intervals.
    n_draws, seed : int
        Of the bootstrap.

    Returns
    -------
    Evaluation

    Raises
    ------
    TableError
        Unknown column, missing cell, repeated stimulus, empty group, no number of votes for a condition's interval.
    StatisticsError
        What the coefficients raise, with level, scenario and group.

    Examples
    --------
    >>> import vmafpy
    >>> study = vmafpy.evaluate(
    ...     {"mos": [1, 2, 3, 4, 5], "m1": [1, 2, 3, 5, 4], "m2": [2, 1, 4, 5, 3]}, ["m1", "m2"], mapping=None
    ... )
    >>> round(study.cell("m1", "srcc").value, 3)
    0.9
    """
    choice(missing, ("error", "drop"), "missing")
    choice(test, [t for t in DEPENDENT if t != "zou"], "test")
    if correct is not None:
        choice(correct, ("holm",), "correct")
    confidence_level(confidence)
    if isinstance(metrics, str) or not metrics:
        raise TableError("name at least one metric column, as a list")
    data = read_table(table)
    ci_columns = () if ci is None else (ci,) if isinstance(ci, str) else tuple(ci)
    groups = tuple(dict.fromkeys([*by, *([folds] if folds else [])]))
    extra = [c for c in (n, std, stimulus, resample_by) if c]
    used = [*metrics, subjective, *ci_columns, *groups, *(only or {}), *condition, *extra]
    for name in (*used, *lower_is_better):
        data.column(name)
    unknown = [m for m in lower_is_better if m not in metrics]
    if unknown:
        raise TableError(f"lower_is_better names {unknown[0]!r}, which is not among the metrics")
    gaps = data.missing(used)
    dropped = 0
    if missing == "drop" and gaps.any():
        dropped = int(gaps.sum())
        data = data.take(~gaps)
        if not len(data):
            raise TableError(f"{data.label}: every row lacks a value in a column used")
    names = _stimulus_names(data, stimulus)
    turn = {m: -1.0 if (m in lower_is_better) != subjective_lower_is_better else 1.0 for m in metrics}
    predictions = {m: turn[m] * data.numbers(m) for m in metrics}
    half = _half_widths(data, ci_columns)
    label_columns = tuple(dict.fromkeys([*groups, *(only or {}), *([resample_by] if resample_by else [])]))
    labels = {c: data.labels(c) for c in label_columns}
    plan = _Plan(mapping, dof, decimals, test, correct, resample_by, skip_degenerate, confidence, n_draws, seed)
    levels = {"clip": _level("clip", names, data.numbers(subjective), half, predictions, labels, plan)}
    if condition:
        levels["condition"] = _conditions(data, levels["clip"], condition, n, std, plan)
    rows: list[Row] = []
    ceilings: dict[tuple[str, str], float] = {}
    skipped: list[str] = []
    for level, content in levels.items():
        for scenario, members in _scenarios(content, groups, only or {}, level):
            rows += _evaluate_scenario(level, scenario, content, members, plan, ceilings, skipped)
    conventions = {
        "subjective": subjective,
        "subjective_lower_is_better": subjective_lower_is_better,
        "lower_is_better": list(lower_is_better),
        "ci": ci,
        "ci_of_conditions": "1.96 standard errors of the pooled votes" if condition and half is not None else None,
        "mapping": mapping and f"{mapping}, fitted on all rows of a level",
        "tau_b95": None if half is None else f"ties by interval, decimals {decimals}, equal scores in row order",
        "interval": f"{confidence:g} bootstrap of {resample_by or 'stimuli'}, {n_draws} draws, seed {seed}",
        "test": f"{test} for PLCC and SRCC over all rows, paired bootstrap else; correction {correct or 'none'}",
    }
    return Evaluation(tuple(rows), ceilings, levels, conventions, dropped, tuple(skipped))


def _stimulus_names(data: Table, stimulus: str | None) -> tuple[str, ...]:
    column = stimulus or ("stimulus" if "stimulus" in data.columns else None)
    seen: dict[Any, int] = {}
    if column is not None:
        cells: list[Any] = data.labels(column)
        what = f"stimulus {{}} occurs in rows {{}} and {{}} of column {column!r}"
    else:
        cells = list(zip(*data.columns.values(), strict=True))
        what = "{} rows {} and {} are equal in every column"
    for i, cell in enumerate(cells):
        if cell in seen:
            first = cell if column is not None else data.label + ":"
            raise TableError(what.format(first, seen[cell] + 1, i + 1) + "; each stimulus may occur once")
        seen[cell] = i
    return tuple(str(c) if column is not None else data.row(i) for i, c in enumerate(cells))


def _half_widths(data: Table, columns: tuple[str, ...]) -> Floats | None:
    if not columns:
        return None
    if len(columns) > 2:
        raise TableError(f"ci names {len(columns)} columns; give one of half-widths, or those of both ends")
    half = data.numbers(columns[0])
    if len(columns) == 2:
        half = (data.numbers(columns[1]) - half) / 2
    bad = np.flatnonzero(half < 0)
    if bad.size:
        raise TableError(f"{data.label}: the interval in {data.row(int(bad[0]))} has half-width {half[bad[0]]:g}")
    return half


def _level(
    level: str,
    names: tuple[str, ...],
    y: Floats,
    ci: Floats | None,
    predictions: dict[str, Floats],
    labels: dict[str, list[Hashable]],
    plan: _Plan,
) -> Level:
    fits = {}
    if plan.mapping is not None:
        for metric, x in predictions.items():
            try:
                fits[metric] = fit_mapping(x, y, plan.mapping)
            except StatisticsError as error:
                raise type(error)(f"{level} level, metric {metric}: {error}") from error
    return Level(names, y, ci, predictions, fits, labels)


def _conditions(
    data: Table, clips: Level, condition: Sequence[str], n: str | None, std: str | None, plan: _Plan
) -> Level:
    """Average the metrics and pool the votes of each condition."""
    keys = list(zip(*[data.labels(c) for c in condition], strict=True))
    order = list(dict.fromkeys(keys))
    members = [np.array([k == key for k in keys]) for key in order]
    count = None if n is None else data.numbers(n)
    deviation = None if std is None else data.numbers(std)
    if count is not None and deviation is None and clips.ci is not None:
        deviation = clips.ci * np.sqrt(count) / Z95
    half: Floats | None = None
    if count is not None and deviation is not None:
        pooled = [pool_votes(clips.subjective[m], deviation[m], count[m]) for m in members]
        mos = np.array([p.mos for p in pooled])
        half = np.array([p.ci for p in pooled])
    elif clips.ci is not None:
        raise TableError(
            "a condition's interval needs the number of votes of its clips: name that column as n (and their standard "
            "deviation as std), or leave out ci or condition"
        )
    else:
        mos = np.array([clips.subjective[m].mean() for m in members])
    predictions = {k: np.array([x[m].mean() for m in members]) for k, x in clips.predictions.items()}
    labels: dict[str, list[Hashable]] = {}
    for column, values in clips.labels.items():
        sets = [{values[i] for i in np.flatnonzero(m)} for m in members]
        if all(len(s) == 1 for s in sets):  # a column that varies inside conditions, as the source does, has no group
            labels[column] = [next(iter(s)) for s in sets]
    names = tuple(" ".join(map(str, key)) for key in order)
    return _level("condition", names, mos, half if clips.ci is not None else None, predictions, labels, plan)


def _scenarios(
    content: Level,
    groups: Sequence[str],
    only: Mapping[str, Hashable | Sequence[Hashable]],
    level: str,
) -> list[tuple[str, dict[str, Bools]]]:
    """List scenarios with the rows of each of their groups; one unnamed group where nothing is averaged."""
    size = len(content.subjective)
    out: list[tuple[str, dict[str, Bools]]] = [("all", {"": np.ones(size, np.bool_)})]
    for column in groups:
        if column in content.labels:
            values = content.labels[column]
            members = {str(v): np.array([w == v for w in values]) for v in dict.fromkeys(values)}
            out.append((f"per_{column}", members))
    for column, wanted in only.items():
        if column not in content.labels:
            continue
        for value in [wanted] if isinstance(wanted, str) or not isinstance(wanted, Sequence) else wanted:
            rows = np.array([str(v) == str(value) for v in content.labels[column]])
            if not rows.any():
                there = ", ".join(str(v) for v in dict.fromkeys(content.labels[column]))
                raise TableError(f"no {level} has {column}={value}; there are {there}")
            out.append((f"{column}={value}", {"": rows}))
    return out


def _evaluate_scenario(
    level: str,
    scenario: str,
    content: Level,
    members: dict[str, Bools],
    plan: _Plan,
    ceilings: dict[tuple[str, str], float],
    skipped: list[str],
) -> list[Row]:
    averaged = "" not in members
    found: list[_Group] = []
    for index, (name, rows) in enumerate(members.items()):
        where = f"{level} level, {scenario}" + (f", group {name}" if name else "")
        try:
            found.append(_group(name, content, rows, plan, (plan.seed, index), fitted=scenario == "all"))
        except (ConstantInputError, TooFewPointsError) as error:
            if not (averaged and plan.skip_degenerate):
                hint = "; skip_degenerate=True leaves such groups out" if averaged else ""
                raise type(error)(f"{where}: {error}{hint}") from error
            skipped.append(where)
        except StatisticsError as error:
            raise type(error)(f"{where}: {error}") from error
    if not found:
        raise TableError(f"{level} level, {scenario}: no group is left")
    if content.ci is not None:
        ceilings[level, scenario] = float(np.mean([g.ceiling for g in found]))
    metrics = list(content.predictions)
    columns = {c: _column(c, metrics, found, content, members, plan, averaged) for c in found[0].values}
    return [
        Row(
            metric=m,
            level=level,
            scenario=scenario,
            n=sum(g.n for g in found),
            cells={c: columns[c][m] for c in columns},
            groups={g.name: {"n": float(g.n), **{c: g.values[c][m] for c in columns}} for g in found}
            if averaged
            else {},
        )
        for m in metrics
    ]


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    n: int
    values: dict[str, dict[str, float]]
    draws: dict[str, dict[str, Floats]]
    ceiling: float


def _group(name: str, content: Level, rows: Bools, plan: _Plan, seed: tuple[int, int], *, fitted: bool) -> _Group:
    """All coefficients of all metrics on some rows, with bootstrap draws that owe nothing to other groups'."""
    y = content.subjective[rows]
    ci = None if content.ci is None else content.ci[rows]
    raw = {m: x[rows] for m, x in content.predictions.items()}
    ranks = ["plcc", "srcc", "kendall_tau_b", *(["tau_b95"] if ci is not None else [])]
    errors = ["plcc", "rmse", *(["outlier_ratio"] if ci is not None else [])]
    contents: list[Hashable] | None = None
    if plan.resample_by is not None and plan.resample_by in content.labels:
        labels = content.labels[plan.resample_by]
        chosen = [labels[i] for i in np.flatnonzero(rows)]
        contents = chosen if len(set(chosen)) > 1 else None
    common: dict[str, Any] = {
        "ci": ci,
        "decimals": plan.decimals,
        "groups": contents,
        "n_draws": plan.n_draws,
        "seed": seed,
    }
    plain_draws = bootstrap(raw, y, statistics=ranks, **common)
    values, draws = dict(plain_draws.observed), dict(plain_draws.values)
    mapped = {m: fit(raw[m]) for m, fit in content.mappings.items()} or raw
    taken = next((f.n_coefficients for f in content.mappings.values()), 0)
    degrees = (taken if plan.dof is None else plan.dof) if fitted else 0
    error_draws = bootstrap(mapped, y, statistics=errors, dof=degrees, **common)
    if content.mappings:
        values["plcc_mapped"], draws["plcc_mapped"] = error_draws.observed["plcc"], error_draws.values["plcc"]
    for statistic in errors[1:]:
        values[statistic], draws[statistic] = error_draws.observed[statistic], error_draws.values[statistic]
    ceiling = math.nan if ci is None else tau_b95_ceiling(y, ci, decimals=plan.decimals).value
    ordered = [c for c in TITLES if c in values]
    return _Group(name, len(y), {c: values[c] for c in ordered}, {c: draws[c] for c in ordered}, ceiling)


def _column(
    coefficient: str,
    metrics: list[str],
    found: list[_Group],
    content: Level,
    members: dict[str, Bools],
    plan: _Plan,
    averaged: bool,
) -> dict[str, Cell]:
    """Mark the best of one coefficient and compare the others with it."""
    values = {m: float(np.mean([g.values[coefficient][m] for g in found])) for m in metrics}
    draws = {m: np.mean([g.draws[coefficient][m] for g in found], axis=0) for m in metrics}
    pick = min if coefficient in ERRORS else max
    best = pick(metrics, key=lambda m: values[m])
    rivals = [m for m in metrics if m != best]
    p: dict[str, float] = {}
    tests: dict[str, str] = {}
    for m in rivals:
        p[m], tests[m] = _p_value(coefficient, best, m, values, draws, content, members, plan, averaged)
    if plan.correct == "holm" and rivals:
        p = dict(zip(rivals, holm([p[m] for m in rivals]).tolist(), strict=True))
    how = f"bootstrap by {plan.resample_by or 'stimulus'}"
    out = {}
    for m in metrics:
        spread = [g.values[coefficient][m] for g in found]
        out[m] = Cell(
            value=values[m],
            interval=percentile_interval(draws[m], plan.confidence, how),
            best=m == best,
            p_value=p.get(m),
            test=tests.get(m),
            letter="" if m == best else "a" if p[m] < 0.05 else "b" if p[m] < 0.10 else "",
            group_std=float(np.std(spread, ddof=1)) if averaged and len(spread) > 1 else None,
        )
    return out


def _p_value(
    coefficient: str,
    best: str,
    other: str,
    values: dict[str, float],
    draws: dict[str, Floats],
    content: Level,
    members: dict[str, Bools],
    plan: _Plan,
    averaged: bool,
) -> tuple[float, str]:
    """Two-sided p-value of *other* against *best*, and the test it is of."""
    if not averaged and coefficient in ("plcc", "plcc_mapped", "srcc"):
        rows = members[""]
        a, b = (content.predictions[m][rows] for m in (best, other))
        if coefficient == "plcc_mapped":
            a, b = content.mappings[best](a), content.mappings[other](b)
        kind = "srcc" if coefficient == "srcc" else "plcc"
        try:
            found = compare_correlations(content.subjective[rows], a, b, method=plan.test, coefficient=kind)
        except (DegenerateError, TooFewPointsError):
            # a perfect metric, or two equal ones: no formula, but the draws still tell
            pass
        else:
            if found.p_value is not None:
                return found.p_value, plan.test
    gap = difference(draws[best] - draws[other], values[best] - values[other], plan.confidence, "bootstrap")
    return gap.p_value, "bootstrap"
