"""Every vector kernel gives plain C's bits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
from support import missing

from build import FAMILIES, KINDS, build


@pytest.fixture(scope="session")
def objects(tmp_path_factory):
    """One directory of object files for each kind of build."""
    return {kind.name: tmp_path_factory.mktemp(kind.name) for kind in KINDS}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_levels_equal_plain_c(kind, family, objects):
    """Random and extreme input of every tail length, between unreadable pages: no bit differs at any level."""
    if lacking := kind.missing():
        missing(f"the {kind.name} check needs {lacking}")
    program = build(kind, family, objects[kind.name])
    ran = subprocess.run([*kind.runner, str(program)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
