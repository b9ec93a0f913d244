"""
Compiles the engine's C sources for tests: shared libraries, and the programs of the folder ``c``.

Objects are kept in ``build/tests`` by compiler flags and made anew when a source or a header is newer.

``python tests/engine/compiled.py --flags "-g -O1 -fsanitize=thread" racing_threads --probe`` builds one program by
hand and prints its path.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent / "c"
ROOT = HERE.parent.parent.parent
CSRC = ROOT / "csrc"
COMPILER = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
BASE_FLAGS = ("-std=c11", "-fPIC", "-ffp-contract=off", "-Wall", "-Wextra")
SANITIZERS = ("-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address,undefined", "-fno-sanitize-recover=undefined")
PROBE = HERE / "probe_extractors.c"


def engine_sources(*, probe: bool) -> list[Path]:
    """All of csrc, or with `probe` the parts that are no extractor and the probe extractors in place of them."""
    if not probe:
        return sorted(CSRC.rglob("*.c"))
    rooms = [path for room in ("base", "engine", "predict") for path in (CSRC / room).glob("*.c")]
    return [*sorted(rooms), CSRC / "feature" / "extractor.c", CSRC / "feature" / "options.c", PROBE]


def _run(command: Sequence[str | Path]) -> None:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def _folder(flags: Sequence[str]) -> Path:
    key = hashlib.sha256(" ".join([COMPILER, *BASE_FLAGS, *flags]).encode()).hexdigest()[:12]
    folder = ROOT / "build" / "tests" / key
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _make(target: Path, command: Sequence[str | Path], inputs: Sequence[Path]) -> Path:
    """Run a command that ends in ``-o``, unless its target is newer than what it is made from."""
    if not target.exists() or any(path.stat().st_mtime_ns >= target.stat().st_mtime_ns for path in inputs):
        with tempfile.TemporaryDirectory(dir=target.parent) as scratch:  # another run never sees half a file
            made = Path(scratch) / target.name
            _run([*command, made])
            made.replace(target)
    return target


def _objects(sources: Sequence[Path], flags: Sequence[str]) -> list[Path]:
    headers = [path for kind in ("*.h", "*.cdef") for path in CSRC.rglob(kind)]
    folder = _folder(flags)
    compile_ = [COMPILER, *BASE_FLAGS, *flags, f"-I{CSRC}", "-c"]
    return [
        _make(
            folder / ("_".join(source.relative_to(ROOT).with_suffix(".o").parts)),
            [*compile_, source, "-o"],
            [source, *headers],
        )
        for source in sources
    ]


def shared_library(*, probe: bool, flags: Sequence[str] = ("-O1", "-g")) -> Path:
    """The engine as a library whose whole C API is visible."""
    objects = _objects(engine_sources(probe=probe), flags)
    target = _folder(flags) / ("probe.so" if probe else "engine.so")
    return _make(target, [COMPILER, *flags, "-shared", *objects, "-lm", "-lpthread", "-o"], objects)


def program(name: str, *, probe: bool, flags: Sequence[str] = ("-O1", "-g"), link: Sequence[str] = ()) -> Path:
    """A program of the folder ``c``, linked with the engine."""
    objects = _objects([HERE / f"{name}.c", *engine_sources(probe=probe)], flags)
    target = _folder(flags) / name
    return _make(target, [COMPILER, *flags, *link, *objects, "-lm", "-lpthread", "-o"], objects)


def _main() -> None:
    parser = argparse.ArgumentParser(description="Compile a C program of the folder c with the engine.")
    parser.add_argument("name")
    parser.add_argument("--flags", default="-O1 -g")
    parser.add_argument("--link", default="")
    parser.add_argument("--probe", action="store_true", help="with the probe extractors instead of the real ones")
    args = parser.parse_args()
    sys.stdout.write(f"{program(args.name, probe=args.probe, flags=args.flags.split(), link=args.link.split())}\n")


if __name__ == "__main__":
    _main()
