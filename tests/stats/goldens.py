"""Golden numbers of tests/golden/stats, and what several tests here share."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).resolve().parent.parent / "golden" / "stats"


def golden(name):
    return json.loads((HERE / name).read_text())


def votes(name):
    """Votes (stimuli x viewers), contents and reference flags of one file."""
    with (HERE / f"{name}_votes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    viewers = [k for k in rows[0] if k[0] == "s" and k[1:].isdigit()]
    table = np.array([[float(r[v]) if r[v] else np.nan for v in viewers] for r in rows])
    return table, [r["content"] for r in rows], [r["is_reference"] == "1" for r in rows]


def published_table(*path):
    """A file below the directory named by VMAFPY_DATA: tables that may not be passed on with this package."""
    root = os.environ.get("VMAFPY_DATA")
    if not root:
        pytest.skip("VMAFPY_DATA names no directory with the published tables")
    return Path(root).joinpath(*path)
