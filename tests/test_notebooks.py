"""The notebooks in docs run, and print what is stored in them."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted((ROOT / "docs").glob("*.ipynb"))


def printed(cell):
    """Text of a code cell's outputs; pictures are not compared, they differ between versions of matplotlib."""
    parts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream" and output.name == "stdout":
            parts.append(output.text)
        elif output.output_type == "execute_result":
            parts.append(output.data.get("text/markdown", output.data["text/plain"]))
    return "".join(parts)


def test_there_are_notebooks():
    """Two of them: a BD-rate study and a metric study."""
    assert [n.stem for n in NOTEBOOKS] == ["bd_rate_study", "metric_study"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_notebook(path, monkeypatch):
    """Run from its own folder, every cell prints the stored text, and every stored figure is drawn again."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONWARNINGS", "ignore")  # of the kernel's own packages
    stored = nbformat.read(path, as_version=4)
    fresh = nbformat.read(path, as_version=4)
    NotebookClient(fresh, timeout=300, resources={"metadata": {"path": str(path.parent)}}).execute()
    for before, after in zip(stored.cells, fresh.cells, strict=True):
        if before.cell_type == "code":
            assert printed(after) == printed(before), before.source
            pictures = [sum("image/png" in o.get("data", {}) for o in c.outputs) for c in (before, after)]
            assert pictures[0] == pictures[1], before.source
