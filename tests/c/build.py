"""
Builds the kernel checks: each ``check_<family>.c`` with the harness and the engine's kernels.

``python tests/c/build.py vif --bench`` builds and times one family.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
CSRC = HERE.parent.parent / "csrc"
FAMILIES = sorted(path.stem.removeprefix("check_") for path in HERE.glob("check_*.c"))
STRICT = ("-std=c11", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror")


@dataclass(frozen=True)
class Kind:
    """How the checks are compiled and run."""

    name: str
    compiler: str
    flags: tuple[str, ...]
    emulated_flags: tuple[str, ...] = ()  # of the files that hold instructions this machine may lack
    runner: tuple[str, ...] = ()

    def missing(self) -> str | None:
        """What has to be installed first; None if nothing is."""
        source = "#include <simde/x86/avx512.h>\n" if self.emulated_flags else "int x;\n"
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
KINDS = [Kind("native", CC, ("-O2", "-g", "-fsanitize=undefined", "-fno-sanitize-recover=undefined"))]
if platform.machine() in ("x86_64", "AMD64"):
    # SIMDe in place of immintrin.h; no target attributes, so that the compiler adds no instruction of its own
    emulated = ("-O1", "-w", f"-I{HERE / 'emulate'}", "-Dtarget(x)=")
    KINDS.append(Kind("emulated", CC, ("-O1", "-DVP_CHECK_EMULATED"), emulated))
    KINDS.append(
        Kind("arm64", "aarch64-linux-gnu-gcc", ("-O2",), runner=("qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"))
    )


def build(kind: Kind, family: str, out: Path) -> Path:
    """Compile one family; objects in *out* that are newer than every source are used again."""
    newest = max(path.stat().st_mtime for root in (CSRC, HERE) for path in root.rglob("*.[ch]"))
    sources = sorted([*(CSRC / "base").glob("*.c"), *(CSRC / "kernel").glob("*.c")])
    sources += [HERE / "check.c", HERE / f"check_{family}.c"]
    objects = []
    for source in sources:
        target = out / f"{source.stem}.o"
        objects.append(target)
        if target.exists() and target.stat().st_mtime > newest:
            continue
        special = kind.emulated_flags and "_avx512" in source.stem
        flags = kind.emulated_flags if special else kind.flags
        command = [kind.compiler, *STRICT, *flags, f"-I{CSRC}", f"-I{HERE}", "-c", str(source), "-o", str(target)]
        subprocess.run(command, check=True)
    program = out / f"check_{family}"
    subprocess.run([kind.compiler, *kind.flags, *map(str, objects), "-lm", "-o", str(program)], check=True)
    return program


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        selected = BENCH if "--bench" in sys.argv else KINDS[0]
        sys.exit(subprocess.run([build(selected, sys.argv[1], Path(scratch)), *sys.argv[2:]]).returncode)
