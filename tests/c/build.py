"""
Builds the kernel checks: each ``check_<family>.c`` with the harness and the engine's kernels.

``python tests/c/build.py vif --bench`` builds and times one family.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CSRC = HERE.parent.parent / "csrc"
FAMILIES = sorted(path.stem.removeprefix("check_") for path in HERE.glob("check_*.c"))
VECTOR_SUFFIXES = ("_avx2", "_avx512", "_avx512_vnni", "_neon")
STRICT = ("-std=c11", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")


@dataclass(frozen=True)
class Kind:
    """How the checks are compiled and run."""

    name: str
    compiler: str
    flags: tuple[str, ...]
    vector_flags: tuple[str, ...] = ()  # of the files of one instruction level; none: the same
    emulated_flags: tuple[str, ...] = ()  # of the files that hold instructions this machine may lack; none: the same
    runner: tuple[str, ...] = ()

    def flags_of(self, source: Path) -> tuple[str, ...]:
        """How this file is compiled."""
        if "_avx512" in source.stem and self.emulated_flags:
            return self.emulated_flags
        if source.stem.endswith(VECTOR_SUFFIXES) and self.vector_flags:
            return self.vector_flags
        return self.flags

    def missing(self) -> str | None:
        """What has to be installed first; None if nothing is."""
        source = "#include <simde/x86/avx512.h>\n" if self.emulated_flags else "#include <stdio.h>\n"
        try:
            command = [self.compiler, "-E", "-x", "c", "-"]
            subprocess.run(command, input=source, text=True, capture_output=True, check=True)
            if self.runner:
                subprocess.run([self.runner[0], "--version"], capture_output=True, check=True)
        except (OSError, subprocess.CalledProcessError):
            return " ".join([self.compiler, "with SIMDe" if self.emulated_flags else "", *self.runner[:1]])
        return None


CC = os.environ.get("CC", "cc")
BENCH = Kind("bench", CC, ("-O3",))
# Intrinsics are defined for all values, and take long to instrument.
KINDS = [Kind("native", CC, ("-O2", "-g", "-fsanitize=undefined", "-fno-sanitize-recover=undefined"), ("-O2", "-g"))]
if platform.machine() in ("x86_64", "AMD64"):
    # SIMDe in place of immintrin.h; no target attributes, so that the compiler adds no instruction of its own
    emulated = ("-O1", "-w", "-Wno-psabi", f"-I{HERE / 'emulate'}", "-Dtarget(x)=")
    KINDS.append(Kind("emulated", CC, ("-O1", "-DVP_CHECK_EMULATED"), (), emulated))
    KINDS.append(
        Kind("arm64", "aarch64-linux-gnu-gcc", ("-O2",), runner=("qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"))
    )


def sources_of(family: str) -> list[Path]:
    """The check and, for every kernel header it reaches by includes, the files of that stem, with what they reach."""
    found = {HERE / "check.c", *(CSRC / "base").glob("*.c")}
    waiting = [HERE / f"check_{family}.c"]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        for stem in re.findall(r'^#include "(kernel/\w+)\.h"', path.read_text(), re.M):
            waiting += [*CSRC.glob(f"{stem}.[ch]"), *CSRC.glob(f"{stem}_*.[ch]")]
    return sorted(path for path in found if path.suffix == ".c")


def build(kind: Kind, family: str, out: Path) -> Path:
    """Compile one family; objects in *out* that are newer than every source are used again."""
    newest = max(path.stat().st_mtime for root in (CSRC, HERE) for path in root.rglob("*.[ch]"))
    objects = []
    for source in sources_of(family):
        target = out / f"{source.stem}.o"
        objects.append(target)
        if target.exists() and target.stat().st_mtime > newest:
            continue
        flags = [*STRICT, *kind.flags_of(source), f"-I{CSRC}", f"-I{HERE}"]
        subprocess.run([kind.compiler, *flags, "-c", str(source), "-o", str(target)], check=True)
    program = out / f"check_{family}"
    subprocess.run([kind.compiler, *kind.flags, *map(str, objects), "-lm", "-o", str(program)], check=True)
    return program


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        selected = BENCH if "--bench" in sys.argv else KINDS[0]
        sys.exit(subprocess.run([build(selected, sys.argv[1], Path(scratch)), *sys.argv[2:]]).returncode)
