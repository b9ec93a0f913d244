"""A metric study's numbers, and their tables in every form."""

from __future__ import annotations

import os
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vmafpy.errors import MissingExtraError, StatisticsError
from vmafpy.report import tables
from vmafpy.stats._input import Floats, choice
from vmafpy.stats.mapping import Mapping
from vmafpy.stats.values import Interval, plain

#: Column titles of printed tables.
TITLES = {
    "plcc": "PLCC",
    "plcc_mapped": "PLCC mapped",
    "srcc": "SRCC",
    "kendall_tau_b": "tau-b",
    "tau_b95": "tau-b 95",
    "rmse": "RMSE",
    "outlier_ratio": "OR",
}
#: Coefficients of which the least is best.
ERRORS = ("rmse", "outlier_ratio")


@dataclass(frozen=True, slots=True)
class Cell:
    """
    One coefficient of one metric.

    Attributes
    ----------
    value : float
        Over all stimuli of the scenario, or the mean over its groups.
    interval : Interval
        Bootstrap, the same draws for all metrics.
    best : bool
        Best of the metrics in this scenario.
    p_value : float or None
        Two-sided, against the best; None for the best.
    test : str or None
        What the p-value is of: ``"meng"`` (or the like) or ``"bootstrap"``.
    letter : str
        ``"a"``: below the best at 95 %; ``"b"``: at 90 %; else empty.
    group_std : float or None
        Standard deviation over groups (divisor k - 1).
    """

    value: float
    interval: Interval
    best: bool = False
    p_value: float | None = None
    test: str | None = None
    letter: str = ""
    group_std: float | None = None

    def __float__(self) -> float:
        return self.value


@dataclass(frozen=True, slots=True)
class Row:
    """
    One metric in one scenario at one level.

    Attributes
    ----------
    metric : str
    level : str
        ``"clip"`` or ``"condition"``.
    scenario : str
        ``"all"``, ``"per_<column>"`` or ``"<column>=<value>"``.
    n : int
        Stimuli.
    cells : dict of str to Cell
        By coefficient.
    groups : dict of str to dict of str to float
        Coefficients inside each group of a ``per_`` scenario, and its ``"n"``.
    """

    metric: str
    level: str
    scenario: str
    n: int
    cells: dict[str, Cell]
    groups: dict[str, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Level:
    """
    The data of one level, metrics turned so that higher goes with a higher subjective score.

    Attributes
    ----------
    names : tuple of str
        Of the stimuli or conditions.
    subjective : ndarray of float, shape (n,)
    ci : ndarray of float, shape (n,), or None
        Half-widths.
    predictions : dict of str to ndarray of float, shape (n,)
    mappings : dict of str to Mapping
        Fitted on the whole level; empty without a mapping.
    labels : dict of str to list
        Group of each row by column.
    """

    names: tuple[str, ...]
    subjective: Floats
    ci: Floats | None
    predictions: dict[str, Floats]
    mappings: dict[str, Mapping]
    labels: dict[str, list[Hashable]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """
    A metric study.

    Attributes
    ----------
    rows : tuple of Row
    ceilings : dict of (level, scenario) to float
        What a metric equal to the subjective scores reaches in tau-b 95.
    levels : dict of str to Level
        The data behind the rows.
    conventions : dict of str to Any
        All that has to be equal for two studies to be compared.
    dropped : int
        Rows left out for missing values.
    skipped : tuple of str
        Degenerate groups left out.
    """

    rows: tuple[Row, ...]
    ceilings: dict[tuple[str, str], float]
    levels: dict[str, Level] = field(repr=False)
    conventions: dict[str, Any]
    dropped: int = 0
    skipped: tuple[str, ...] = ()

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics, in the order asked for."""
        return tuple(dict.fromkeys(row.metric for row in self.rows))

    @property
    def scenarios(self) -> tuple[tuple[str, str], ...]:
        """(level, scenario) of every block of rows."""
        return tuple(dict.fromkeys((row.level, row.scenario) for row in self.rows))

    @property
    def coefficients(self) -> tuple[str, ...]:
        """The coefficients computed."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.cells))

    def row(self, metric: str, *, scenario: str = "all", level: str = "clip") -> Row:
        """Return one row, or raise `StatisticsError` with those there are."""
        for row in self.rows:
            if (row.metric, row.scenario, row.level) == (metric, scenario, level):
                return row
        there = ", ".join(f"{lv}/{sc}" for lv, sc in self.scenarios)
        raise StatisticsError(
            f"no row {metric!r} at {level}/{scenario}; metrics: {', '.join(self.metrics)}; scenarios: {there}"
        )

    def cell(self, metric: str, coefficient: str, *, scenario: str = "all", level: str = "clip") -> Cell:
        """Return one coefficient, or raise `StatisticsError` with those there are."""
        cells = self.row(metric, scenario=scenario, level=level).cells
        if coefficient not in cells:
            raise StatisticsError(f"no coefficient {coefficient!r} here; there are {', '.join(cells)}")
        return cells[coefficient]

    def to_dict(self) -> dict[str, Any]:
        """Return all numbers as plain values, ready for JSON."""
        return {
            "rows": [plain(row) for row in self.rows],
            "tau_b95_ceilings": [
                {"level": level, "scenario": scenario, "value": value}
                for (level, scenario), value in self.ceilings.items()
            ],
            "conventions": plain(self.conventions),
            "dropped": self.dropped,
            "skipped": list(self.skipped),
        }

    def to_csv(self, path: str | os.PathLike[str] | None = None) -> str:
        """Return (and write) a line per metric, scenario and level with full precision."""
        return _write(tables.comma_separated(*self._long()), path)

    def to_pandas(self) -> Any:
        """Return the lines of `to_csv` as a data frame; needs the extra ``pandas``."""
        try:
            import pandas as pd
        except ImportError as error:
            raise MissingExtraError("pandas is not installed; pip install 'vmafpy[pandas]'") from error
        head, lines = self._long()
        return pd.DataFrame(lines, columns=head)

    def _long(self) -> tuple[list[str], list[list[object]]]:
        head = ["level", "scenario", "metric", "n"]
        for name in self.coefficients:
            head += [name, f"{name}_low", f"{name}_high", f"{name}_p", f"{name}_letter"]
        head.append("tau_b95_ceiling")
        lines: list[list[object]] = []
        for row in self.rows:
            line: list[object] = [row.level, row.scenario, row.metric, row.n]
            for name in self.coefficients:
                cell = row.cells.get(name)
                if cell is None:
                    line += [None] * 5
                else:
                    line += [cell.value, cell.interval.low, cell.interval.high, cell.p_value, cell.letter]
            lines.append([*line, self.ceilings.get((row.level, row.scenario))])
        return head, lines

    def table(self, coefficient: str | None = None) -> list[tuple[str, list[str], list[list[Cell | str]]]]:
        """
        Lay the study out: a block per scenario, or for one coefficient a single block with a column per scenario.

        Returns
        -------
        list of (title, header, rows)
            The first cell of a row is the metric's name, the others are `Cell`, or text where there is none.
        """
        if coefficient is not None:
            choice(coefficient, self.coefficients, "coefficient")
            head = ["metric", *[s if level == "clip" else f"{s} ({level}s)" for level, s in self.scenarios]]
            body: list[list[Cell | str]] = [
                [m, *[self.row(m, scenario=s, level=level).cells.get(coefficient, "") for level, s in self.scenarios]]
                for m in self.metrics
            ]
            return [(TITLES[coefficient], head, body)]
        out: list[tuple[str, list[str], list[list[Cell | str]]]] = []
        for level, scenario in self.scenarios:
            rows = [r for r in self.rows if (r.level, r.scenario) == (level, scenario)]
            names = list(rows[0].cells)
            title = f"{scenario}, {rows[0].n} {level}s"
            if rows[0].groups:
                sizes = [int(g["n"]) for g in rows[0].groups.values()]
                title += f", mean of {len(sizes)} groups of at least {min(sizes)}"
            if (level, scenario) in self.ceilings:
                title += f", tau-b 95 at most {self.ceilings[level, scenario]:.3f}"
            head = ["metric", *[TITLES[name] for name in names]]
            out.append((title, head, [[r.metric, *[r.cells[name] for name in names]] for r in rows]))
        return out

    def to_text(self, coefficient: str | None = None) -> str:
        """Return fixed-width text; ``*`` marks the best, a and b what is below it at 95 % and 90 %."""

        def show(cell: Cell | str) -> str:
            if isinstance(cell, str):
                return cell
            return f"{cell.value:.3f}{'*' if cell.best else cell.letter or ' '}"

        return "\n\n".join(
            f"{title}\n{tables.text(head, [[show(c) for c in row] for row in rows])}"
            for title, head, rows in self.table(coefficient)
        )

    def to_markdown(self, coefficient: str | None = None) -> str:
        """Return Markdown; the best is bold, letters are superscripts."""

        def show(cell: Cell | str) -> str:
            if isinstance(cell, str):
                return cell
            number = f"**{cell.value:.3f}**" if cell.best else f"{cell.value:.3f}"
            return f"{number}<sup>{cell.letter}</sup>" if cell.letter else number

        return "\n\n".join(
            f"{title}\n\n{tables.markdown(head, [[show(c) for c in row] for row in rows])}"
            for title, head, rows in self.table(coefficient)
        )

    def to_latex(self, coefficient: str | None = None) -> str:
        """Return LaTeX tables with booktabs rules; the best is bold, letters are superscripts."""

        def show(cell: Cell | str) -> str:
            if isinstance(cell, str):
                return cell
            number = rf"\textbf{{{cell.value:.3f}}}" if cell.best else f"{cell.value:.3f}"
            return rf"{number}\textsuperscript{{{cell.letter}}}" if cell.letter else number

        return "\n\n".join(
            f"% {title}\n{tables.latex(head, [[show(c) for c in row] for row in rows])}"
            for title, head, rows in self.table(coefficient)
        )

    def __str__(self) -> str:
        return self.to_text()


def _write(content: str, path: str | os.PathLike[str] | None) -> str:
    if path is not None:
        Path(path).write_text(content, encoding="utf-8")
    return content
