"""Tables of stimuli: CSV files, dicts of columns and data frames, read alike and checked by row."""

from __future__ import annotations

import csv
import difflib
import json
import math
import os
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vmafpy.errors import LengthMismatchError, TableError
from vmafpy.stats._input import Bools, Floats

#: Cells that hold no value.
_MISSING = {"", "na", "n/a", "nan", "null", "none"}


@dataclass(frozen=True, slots=True)
class Table:
    """
    Columns of equal length by name.

    Attributes
    ----------
    columns : dict of str to tuple
        Cells as they were given; of a CSV file, text.
    label : str
        Where it came from, for messages.
    """

    columns: dict[str, tuple[Any, ...]]
    label: str

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def column(self, name: str) -> tuple[Any, ...]:
        """Return a column, or raise `TableError` with the names there are."""
        if name not in self.columns:
            close = difflib.get_close_matches(name, self.columns, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise TableError(f"{self.label} has no column {name!r}{hint} It has: {', '.join(self.columns)}")
        return self.columns[name]

    def missing(self, names: Iterable[str]) -> Bools:
        """Return which rows lack a value in one of the columns."""
        out = np.zeros(len(self), np.bool_)
        for name in names:
            out |= [_is_missing(cell) for cell in self.column(name)]
        return out

    def numbers(self, name: str) -> Floats:
        """Return a column as finite numbers; a missing or unreadable cell raises `TableError` with its row."""
        cells = self.column(name)
        out = np.empty(len(cells))
        for i, cell in enumerate(cells):
            if _is_missing(cell):
                raise TableError(f"{self.label}: column {name!r} is empty in {self.row(i)}; fill it, or missing='drop'")
            try:
                out[i] = float(cell)
            except (TypeError, ValueError):
                raise TableError(
                    f"{self.label}: column {name!r} holds {cell!r} in {self.row(i)}, not a number"
                ) from None
            if not math.isfinite(out[i]):
                raise TableError(f"{self.label}: column {name!r} is {out[i]:g} in {self.row(i)}; give a finite number")
        return out

    def labels(self, name: str) -> list[Hashable]:
        """Return a column as labels of groups."""
        out: list[Hashable] = []
        for i, cell in enumerate(self.column(name)):
            if _is_missing(cell):
                raise TableError(f"{self.label}: column {name!r} is empty in {self.row(i)}; fill it, or missing='drop'")
            out.append(cell.item() if isinstance(cell, np.generic) else cell)
        return out

    def row(self, i: int) -> str:
        """Name row *i*, counted from 1 without the header."""
        for name in ("stimulus", "name", "clip", "image"):
            if name in self.columns:
                return f"row {i + 1} ({self.columns[name][i]})"
        return f"row {i + 1}"

    def take(self, rows: Bools) -> Table:
        """Return the rows where *rows* is true."""
        index = np.flatnonzero(rows)
        return Table({k: tuple(v[i] for i in index) for k, v in self.columns.items()}, self.label)


def _is_missing(cell: Any) -> bool:
    if cell is None:
        return True
    if isinstance(cell, str):
        return cell.strip().lower() in _MISSING
    try:
        return bool(math.isnan(cell))
    except (TypeError, ValueError):
        return False


def read_table(source: str | os.PathLike[str] | Mapping[str, Sequence[Any]] | Any) -> Table:
    """
    Read a table of stimuli.

    Parameters
    ----------
    source : path, mapping or data frame
        A CSV file with a header (comma, semicolon or tab); a JSON file (``.json``), a list of objects or an object
        of columns; a mapping of column name to values; or anything with
        ``columns`` and ``frame[name]``, such as a pandas data frame.

    Returns
    -------
    Table

    Raises
    ------
    TableError
        The file cannot be read, has no rows, a repeated column, or a row of another length.
    LengthMismatchError
        Columns of a mapping differ in length.
    """
    if isinstance(source, Table):
        return source
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        return _read_json(path) if path.suffix.lower() == ".json" else _read_csv(path)
    if isinstance(source, Mapping):
        columns = {str(k): tuple(v) for k, v in source.items()}
        label = "table"
    elif hasattr(source, "columns") and hasattr(source, "__getitem__"):
        columns = {str(k): tuple(source[k]) for k in source.columns}
        label = "data frame"
    else:
        raise TableError(
            f"cannot read a table from {type(source).__name__}; give a path, a dict of columns or a data frame"
        )
    lengths = {k: len(v) for k, v in columns.items()}
    if len(set(lengths.values())) > 1:
        raise LengthMismatchError("columns differ in length: " + ", ".join(f"{k} {v}" for k, v in lengths.items()))
    return _not_empty(Table(columns, label))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise TableError(f"cannot read {path}: {error}") from error


def _read_json(path: Path) -> Table:
    try:
        content = json.loads(_read(path))
    except json.JSONDecodeError as error:
        raise TableError(f"{path} is not JSON: {error}") from error
    if isinstance(content, list) and content and all(isinstance(row, dict) for row in content):
        names = dict.fromkeys(name for row in content for name in row)
        content = {name: [row.get(name) for row in content] for name in names}
    if not isinstance(content, dict) or not all(isinstance(column, list) for column in content.values()):
        raise TableError(f"{path} is neither a list of objects nor an object of columns")
    table = read_table(content)
    return Table(table.columns, str(path))


def _read_csv(path: Path) -> Table:
    text = _read(path)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    rows = [row for row in csv.reader(text.splitlines(), delimiter=delimiter) if row]
    if not rows:
        raise TableError(f"{path} is empty")
    head = [name.strip() for name in rows[0]]
    repeated = {name for name in head if head.count(name) > 1}
    if repeated:
        raise TableError(f"{path} has column {sorted(repeated)[0]!r} more than once")
    for i, row in enumerate(rows[1:], 1):
        if len(row) != len(head):
            raise TableError(f"{path}: row {i} has {len(row)} cells, the header {len(head)}")
    return _not_empty(Table({name: tuple(r[k].strip() for r in rows[1:]) for k, name in enumerate(head)}, str(path)))


def _not_empty(table: Table) -> Table:
    if not len(table):
        raise TableError(f"{table.label} has no rows")
    return table
