"""The public names of the statistics."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vmafpy import stats


@pytest.mark.parametrize("name", stats.__all__)
def test_every_name_is_there(name):
    """What `__all__` promises can be had, and is documented."""
    thing = getattr(stats, name)
    assert name in dir(stats)
    assert name == "MAPPINGS" or thing.__doc__


def test_unknown_names_are_unknown():
    """A name that is not there is an AttributeError as of any module."""
    with pytest.raises(AttributeError, match="no attribute 'bd_rates'"):
        stats.bd_rates  # noqa: B018


def test_scoring_does_not_wait_for_scipy():
    """Importing the package and its pooling leaves SciPy alone."""
    code = "import sys, vmafpy, vmafpy.stats.pooling; sys.exit('scipy' in sys.modules)"
    root = Path(stats.__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
