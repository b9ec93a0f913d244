"""Who may import whom: arrows between the rooms of the package go one way."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parent.parent / "vmafpy"
SCORER = {"errors", "capi", "frames", "stats", "models", "metrics", "atomic", "frame_scores", "results"}
SCORING = SCORER | {"align", "offset", "scorer", "paired", "progress"}
# What each room may import besides itself; None: anything. A module has the rule of the longest name that fits.
RULES: dict[str, set[str] | None] = {
    "errors": set(),
    "capi": {"errors"},
    "frames": {"errors"},
    "stats": {"errors"},
    "metrics": {"errors"},
    "models": {"errors", "capi", "frames.base"},
    "align": {"errors", "frames"},
    "offset": {"errors", "frames"},
    "atomic": {"errors"},
    "frame_scores": {"errors", "stats"},
    "results": {"errors", "stats", "atomic", "frame_scores"},
    "agreement": {"errors", "stats", "metrics", "frame_scores", "results"},
    "scorer": SCORER,
    "paired": SCORER | {"align", "offset", "scorer"},
    "progress": set(),
    "several": SCORING,
    "scoring": SCORING | {"several"},
    "windows": SCORING,
    "export": SCORING,
    "workers": {"errors"},
    "batch": SCORING | {"scoring", "agreement", "workers"},
    "studies": SCORING | {"scoring", "agreement", "batch", "workers"},
    "evaluation": {"errors", "stats", "report"},
    "report": {"errors", "results", "frame_scores", "atomic", "stats"},
    "demo": None,
    "cli": None,
    "cli_stats": None,
    "cli_studies": None,
    "__init__": None,
    "__main__": None,
}
# Inside studies these are leaves: they import no sibling.
LEAVES = {"studies.encode", "studies.prefilter", "studies.shots"}
OPTIONAL = {"matplotlib", "pandas", "sklearn", "dask", "distributed", "skvideo", "imageio_ffmpeg"}


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if path.name != "_external.py"}


def room_of(module: str) -> str:
    """The room a module belongs to, as RULES names it."""
    parts = module.split(".")
    for n in range(len(parts), 0, -1):
        if ".".join(parts[:n]) in RULES:
            return ".".join(parts[:n])
    pytest.fail(f"vmafpy/{module} is in no room this table knows; give it a rule")


def imports(tree: ast.AST, *, top_only: bool = False) -> Iterator[str]:
    """Names of imported modules; what is imported for the type checker alone does not count."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not (top_only and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
            yield from imports(node, top_only=top_only)


def inside(path: Path) -> Iterator[str]:
    """Modules of the package that a module imports, without the package's name."""
    for imported in imports(ast.parse(path.read_text())):
        package, _, rest = imported.partition(".")
        if package == "vmafpy" and rest and rest != "__version__":
            name = rest
            while name not in MODULES and "." in name:  # a name inside a module
                name = name.rpartition(".")[0]
            yield name if rest.partition(".")[0] in {m.partition(".")[0] for m in MODULES} else "__init__"


@pytest.mark.parametrize("module", MODULES)
def test_arrows_go_one_way(module):
    """A module imports only what the table allows its room."""
    room = room_of(module)
    allowed = RULES[room]
    if allowed is None:
        return
    for imported in inside(MODULES[module]):
        if imported.startswith("capi._"):
            continue  # generated
        own = room_of(imported) == room
        if module in LEAVES and own:
            pytest.fail(f"{module} imports its sibling {imported}")
        ok = own or any(imported == name or imported.startswith(f"{name}.") for name in allowed)
        assert ok, (
            f"vmafpy.{module} imports vmafpy.{imported}; {room} may import {', '.join(sorted(allowed)) or 'nothing'}"
        )


@pytest.mark.parametrize("module", MODULES)
def test_optional_packages_are_imported_where_they_are_used(module):
    """No module needs an optional package to be imported."""
    found = {name.partition(".")[0] for name in imports(ast.parse(MODULES[module].read_text()), top_only=True)}
    assert not found & OPTIONAL
