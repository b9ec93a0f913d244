"""Child processes on chosen cores, with the time and memory they took."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

LAUNCHER = Path(__file__).with_name("launch.py")
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Usage:
    """Seconds and mebibytes of one finished child, and what it printed."""

    wall: float
    cpu: float
    peak_mib: float
    output: str


class ChildError(RuntimeError):
    """A contender ended with an error; the text is its own."""


def available_cores() -> list[int]:
    """Cores this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def run(
    command: Sequence[str | Path],
    cores: Collection[int],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path = ROOT,
) -> Usage:
    """
    Run *command* on *cores* until it ends.

    Raises
    ------
    ChildError
        If it ends with another status than 0.
    """
    read, write = os.pipe()
    words = [sys.executable, "-S", "-E", str(LAUNCHER), str(write), ",".join(map(str, sorted(cores)))]
    with os.fdopen(read) as report:
        try:
            done = subprocess.run(
                [*words, *map(str, command)],
                pass_fds=[write],
                cwd=folder,
                env={**os.environ, **(environment or {})},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        finally:
            os.close(write)
        text = report.read()
    if done.returncode or not text:
        tail = (done.stderr.strip() or done.stdout.strip())[-800:]
        raise ChildError(f"{Path(command[0]).name} ended with status {done.returncode}: {tail}")
    facts = json.loads(text)
    # ru_maxrss: KiB, but bytes on macOS
    peak = facts["peak"] / (2**20 if sys.platform == "darwin" else 2**10)
    return Usage(facts["wall"], facts["cpu"], peak, done.stdout)
