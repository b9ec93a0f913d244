"""Kernel rows: what the harness of the kernel checks times, beside what the work and the machine allow."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.counts import COUNTS
from benchmarks.machine import environment
from benchmarks.process import ROOT, available_cores, run
from benchmarks.rows import CeilingRow, KernelRow

HARNESS = ROOT / "tests" / "c"
SOURCES = ROOT / "csrc"
FAMILIES = (
    "vif",
    "adm",
    "motion",
    "ssim",
    "psnr_hvs",
    "ciede",
    "cambi",
    "speed",
    "float_vif",
    "float_adm",
    "float_rows",
)


def _builder() -> ModuleType:
    """The harness's own build script, by path: it is no package."""
    spec = importlib.util.spec_from_file_location("vmafpy_kernel_checks", HARNESS / "build.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError(f"{HARNESS / 'build.py'}: kernel rows need the source checkout")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def missing() -> str:
    """Why kernels cannot be timed here; empty if they can."""
    if not (HARNESS / "build.py").exists():
        return "kernel rows need the source checkout (tests/c)"
    why: str | None = _builder().BENCH.missing()
    return f"kernel rows need {why}" if why else ""


def build_ceilings(out: Path) -> Path:
    """Compile the program that measures the machine."""
    builder = _builder()
    program = out / "ceilings"
    sources = [Path(__file__).parent / "c" / "ceilings.c", HARNESS / "check.c", *sorted((SOURCES / "base").glob("*.c"))]
    flags = [*builder.STRICT, *builder.BENCH.flags, f"-I{SOURCES}", f"-I{HARNESS}"]
    subprocess.run([builder.CC, *flags, *map(str, sources), "-lm", "-lpthread", "-o", str(program)], check=True)
    return program


def parse(output: str) -> Iterator[tuple[str, str, str, float]]:
    """Kernel, level, shape and nanoseconds (the least) of each row that the harness printed."""
    for line in output.splitlines():
        row: dict[str, Any] = json.loads(line)
        if row["unit"] != "ns/call":
            raise ValueError(f"row {row['row']} is in {row['unit']}, not ns/call")
        kernel, _, level = row["row"].rpartition("/")
        yield kernel, level, row["shape"], float(row["min"])


def ceiling(name: str, shape: str, ns: float, facts: dict[str, Any]) -> CeilingRow:
    """Rate of a row of the ceilings program, whose shape says how much one call does."""
    match = re.fullmatch(r"(bytes|terms)=(\d+)", shape)
    if match is None:
        raise ValueError(f"{name}: shape {shape!r} is neither bytes=N nor terms=N")
    return CeilingRow(name, int(match[2]) / ns, "GB/s" if match[1] == "bytes" else "1e9/s", environment=facts)


def kernel_row(kernel: str, shape: str, ns: float, facts: dict[str, Any]) -> KernelRow:
    """Put a time beside its count; kernels that nobody counted have none."""
    count = COUNTS.get((kernel, shape))
    if count is None:
        return KernelRow(kernel, shape, ns, environment=facts)
    return KernelRow(kernel, shape, ns, count.calls, count.bytes, count.terms, count.kind, environment=facts)


def least(program: Path, levels: frozenset[str], rounds: int) -> Iterator[tuple[str, str, str, float]]:
    """Rows of a program of the harness, the least of each over several runs: other load comes and goes."""
    times: dict[tuple[str, str, str], float] = {}
    for _ in range(rounds):
        for kernel, level, shape, ns in parse(run([program, "--bench"], available_cores()[-1:]).output):
            if level in levels:
                times[kernel, level, shape] = min(ns, times.get((kernel, level, shape), ns))
    for (kernel, level, shape), ns in times.items():
        yield kernel, level, shape, ns


def measure(levels: frozenset[str], rounds: int) -> Iterator[CeilingRow | KernelRow]:
    """Time the machine and then every family, on one core, at the *levels*."""
    builder = _builder()
    facts = environment()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        for name, level, shape, ns in least(build_ceilings(out), levels, rounds):
            yield ceiling(name, shape, ns, {**facts, "level": level})
        for family in FAMILIES:
            program = builder.build(builder.BENCH, family, out)
            for kernel, level, shape, ns in least(program, levels, rounds):
                yield kernel_row(kernel, shape, ns, {**facts, "level": level})
