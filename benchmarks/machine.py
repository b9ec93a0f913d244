"""The machine, the engine and the checkout: what every row carries, so that it can be judged later."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

#: Bits of VmafConfiguration.cpumask that leave each instruction level as the highest.
MASKS = {"best": 0, "avx512": 32, "avx2": 16 | 32, "c": 1 | 2 | 4 | 8 | 16 | 32}
# what vmafpy_cpu_levels() has a bit for, highest first
_LEVELS = ((32, "avx512_vnni"), (16, "avx512"), (8, "avx2"))


def cpu_name() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in text.splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def cpu_details() -> str:
    """Family and model, which some virtual machines tell although the name says little; and the second-level cache."""
    facts = {}
    try:
        for line in Path("/proc/cpuinfo").read_text().split("\n\n")[0].splitlines():
            key, _, value = line.partition(":")
            facts[key.strip()] = value.strip()
    except OSError:
        return ""
    words = [f"{word} {facts[key]}" for word, key in (("family", "cpu family"), ("model", "model")) if key in facts]
    return ", ".join(words)


def commit() -> str:
    """The checkout's commit; "-dirty" if anything but the results and the page of them differs from it."""
    told = _git("describe", "--always")
    changed = _git(
        "status", "--porcelain", "--untracked-files=no", "--", ":!benchmarks/results", ":!docs/performance.md"
    )
    return f"{told}-dirty" if told and changed else told or "unknown"


def _git(*words: str) -> str:
    root = Path(__file__).resolve().parent.parent
    run = subprocess.run(["git", *words], capture_output=True, text=True, check=False, cwd=root)
    return run.stdout.strip()


def level_name(cpu_levels: int) -> str:
    """The highest instruction level among the bits of ``vmafpy_cpu_levels()``; "neon" on arm64."""
    if platform.machine() in ("aarch64", "arm64"):
        return "neon"
    return next((name for bit, name in _LEVELS if cpu_levels & bit), "c")


def levels() -> dict[str, int]:
    """Instruction levels of this machine and their masks, the best first."""
    from vmafpy.capi import Library

    have = int(Library.embedded().lib.vmafpy_cpu_levels())
    best = level_name(have)
    found = {best: 0}
    for name in ("avx512", "avx2", "c"):
        bit = {"avx512": 16, "avx2": 8, "c": 0}[name]
        if name != best and (not bit or have & bit):
            found[name] = MASKS[name]
    return found


def load() -> float:
    """Processes that wanted to run, averaged over the last minute."""
    return round(os.getloadavg()[0], 2)


def environment() -> dict[str, Any]:
    """CPU, system, versions, commit, load and time."""
    from vmafpy import __version__
    from vmafpy.capi import Library

    engine = Library.embedded()
    return {
        "cpu": cpu_name(),
        "cpu_details": cpu_details(),
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "vmafpy": __version__,
        "engine": engine.version,
        "cpu_levels": int(engine.lib.vmafpy_cpu_levels()),
        "commit": commit(),
        "load": load(),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }
