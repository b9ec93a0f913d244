"""The row format: one JSON object per measurement, with everything needed to judge it."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parent / "results"


def cpu_name() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def commit() -> str:
    run = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return run.stdout.strip() or "unknown"


def environment() -> dict[str, Any]:
    """CPU, system and versions every row carries."""
    from vmafpy import __version__
    from vmafpy.capi import Library

    engine = Library.embedded()
    return {
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "vmafpy": __version__,
        "engine": engine.version,
        "cpu_levels": int(engine.lib.vmafpy_cpu_levels()),
        "commit": commit(),
    }


@dataclass(frozen=True)
class Row:
    """One piece of work by two contenders in turn: times per frame, and their ratio pair by pair."""

    work: str
    clip: str
    threads: int
    ours: str
    theirs: str
    ours_ms: list[float]
    theirs_ms: list[float]
    note: str = ""
    environment: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times faster ours is: the median over pairs."""
        return statistics.median(self.ratios)

    @property
    def ratios(self) -> list[float]:
        return [theirs / ours for ours, theirs in zip(self.ours_ms, self.theirs_ms, strict=True)]

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "ratio": self.ratio, "spread": [min(self.ratios), max(self.ratios)]})

    def __str__(self) -> str:
        low, high = min(self.ratios), max(self.ratios)
        return (
            f"{self.work:28} {self.clip:16} {self.threads} thr  {self.ours} {statistics.median(self.ours_ms):8.2f} ms  "
            f"{self.theirs} {statistics.median(self.theirs_ms):8.2f} ms  x{self.ratio:5.2f} ({low:.2f}-{high:.2f})"
        )
