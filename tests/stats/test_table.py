"""Tables: the same from CSV, dict and data frame; every defect named by column and row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from vmafpy.errors import LengthMismatchError, TableError
from vmafpy.stats.table import read_table

TEXT = "stimulus,mos,codec\nc1,1.5,av1\nc2,2.5,vvc\n"


@pytest.mark.parametrize("text", [TEXT, TEXT.replace(",", ";"), TEXT.replace(",", "\t"), "\ufeff" + TEXT, TEXT + "\n"])
def test_forms_of_csv(tmp_path, text):
    """Comma, semicolon, tab, byte order mark and blank lines read alike."""
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    table = read_table(path)
    assert table.numbers("mos").tolist() == [1.5, 2.5]
    assert table.labels("codec") == ["av1", "vvc"]


@pytest.mark.parametrize(
    "content",
    ['[{"mos": 1.5, "codec": "av1"}, {"mos": 2.5, "codec": "vvc"}]', '{"mos": [1.5, 2.5], "codec": ["av1", "vvc"]}'],
)
def test_forms_of_json(tmp_path, content):
    """A list of objects and an object of columns; an absent member is a missing cell."""
    path = tmp_path / "t.json"
    path.write_text(content)
    table = read_table(path)
    assert table.numbers("mos").tolist() == [1.5, 2.5]
    assert table.labels("codec") == ["av1", "vvc"]
    path.write_text('[{"mos": 1}, {"codec": "vvc"}]')
    with pytest.raises(TableError, match=r"t\.json: column 'mos' is empty in row 2"):
        read_table(path).numbers("mos")
    for broken, text in (("[1]", "neither a list of objects"), ("{", "is not JSON")):
        path.write_text(broken)
        with pytest.raises(TableError, match=text):
            read_table(path)


def test_dict_and_data_frame():
    """Columns of arrays and of a data frame are the same table."""
    columns = {"stimulus": ["c1", "c2"], "mos": np.array([1.5, 2.5]), "codec": np.array([1, 2])}
    for source in (columns, pd.DataFrame(columns)):
        table = read_table(source)
        assert table.numbers("mos").tolist() == [1.5, 2.5]
        assert table.labels("codec") == [1, 2]
        assert len(table) == 2


@pytest.mark.parametrize(
    ("source", "call", "error", "text"),
    [
        ({"mos": [1, 2]}, lambda t: t.numbers("mso"), TableError, "no column 'mso'; did you mean 'mos'"),
        ({"mos": [1, ""]}, lambda t: t.numbers("mos"), TableError, "'mos' is empty in row 2"),
        ({"stimulus": ["a", "b"], "m": [1, None]}, lambda t: t.numbers("m"), TableError, r"row 2 \(b\)"),
        ({"mos": [1, "x"]}, lambda t: t.numbers("mos"), TableError, "holds 'x' in row 2, not a number"),
        ({"mos": [1, float("inf")]}, lambda t: t.numbers("mos"), TableError, "is inf in row 2"),
        ({"codec": ["a", float("nan")]}, lambda t: t.labels("codec"), TableError, "'codec' is empty in row 2"),
        ({"a": [1], "b": [1, 2]}, len, LengthMismatchError, "a 1, b 2"),
        ({"a": []}, len, TableError, "has no rows"),
        (3, len, TableError, "cannot read a table from int"),
        ("nowhere.csv", len, TableError, "cannot read nowhere.csv"),
    ],
)
def test_defects_are_named(source, call, error, text):
    """Unknown column, empty, unreadable or infinite cell, unequal or empty columns, no file."""
    with pytest.raises(error, match=text):
        call(read_table(source))


@pytest.mark.parametrize(
    ("text", "message"),
    [("a,b\n1\n", "row 1 has 1 cells, the header 2"), ("a,a\n1,2\n", "column 'a' more than once"), ("", "is empty")],
)
def test_broken_csv(tmp_path, text, message):
    """Rows of another length, repeated names, an empty file."""
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(TableError, match=message):
        read_table(path)
