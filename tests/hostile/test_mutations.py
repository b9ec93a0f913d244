"""Damaged videos: an error with the scores before it, or scores; never a crash, a hang or something left open."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))

import mutations

# 33, 120 and 335 once ended in errors of PyAV's: a broken tag, and a stream without a decoder
SEEDS = ((0, 28), (33, 34), (120, 121), (335, 336))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="descriptors and memory are read from /proc")
def test_damaged_videos():
    """Damaged mp4, mkv and y4m files end in a VmafError or in scores; all files are closed again."""
    lines = []
    for first, end in SEEDS:
        some, failures = mutations.watch(first, end)
        assert failures == []
        lines += some
    assert len(lines) == sum(end - first for first, end in SEEDS)
    assert max(int(line["threads"]) for line in lines) == 1
    assert len({line["descriptors"] for line in lines[3:28]}) == 1
    outcomes = {line["strict"] for line in lines}
    assert {"scored", "MediaError"} <= outcomes  # damage neither spares nor stops everything
    assert all(line["frames"] == mutations.FRAMES for line in lines if line["strict"] == "scored")
    assert any(line["frames"] for line in lines if line["strict"] == "MediaError")
