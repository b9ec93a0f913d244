"""Where a libvmaf may lie on this machine, in the order of asking. Nothing is opened here."""

from __future__ import annotations

import ctypes.util
import importlib.util
import os
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENT = "VMAFPY_LIBRARY"
PATTERNS = ("libvmaf*.so*", "libvmaf*.dylib", "libvmaf*.dll", "vmaf*.dll")


@dataclass(frozen=True, slots=True)
class Place:
    """
    One place where a libvmaf may be.

    Attributes
    ----------
    origin : str
        Who names the place: ``"argument"``, ``"VMAFPY_LIBRARY"``, ``"PyAV"`` or ``"system"``.
    path : str or None
        What the dynamic loader is to open: a path, or a bare name it looks up itself. None: nothing to open.
    note : str
        What was looked at, for the report of a search that found nothing.
    """

    origin: str
    path: str | None
    note: str


def places(argument: str | os.PathLike[str] | None = None, environ: Mapping[str, str] = os.environ) -> list[Place]:
    """
    Every place a libvmaf is looked for, first choice first.

    Parameters
    ----------
    argument : path, optional
        A library the caller names; it then is the only place.
    environ : mapping, optional
        The environment variables.
    """
    if argument is not None:
        return [Place("argument", os.fspath(argument), "named by the caller")]
    found = [_from_environment(environ), *_from_pyav(), *_from_system(environ)]
    seen: set[str] = set()
    unique = []
    for place in found:
        if place.path is not None:
            real = os.path.realpath(place.path) if os.sep in place.path else place.path
            if real in seen:
                continue
            seen.add(real)
        unique.append(place)
    return unique


def _from_environment(environ: Mapping[str, str]) -> Place:
    value = environ.get(ENVIRONMENT, "")
    if not value:
        return Place(ENVIRONMENT, None, "the variable is not set")
    if value in ("embedded", "libvmaf"):
        return Place(ENVIRONMENT, None, f"the variable says {value!r}, no path")
    return Place(ENVIRONMENT, value, "named by the variable")


def _from_pyav() -> list[Place]:
    """Libraries that PyAV's wheel carries; PyAV itself is not imported."""
    spec = importlib.util.find_spec("av")
    if spec is None or not spec.submodule_search_locations:
        return [Place("PyAV", None, "PyAV is not installed")]
    package = Path(next(iter(spec.submodule_search_locations)))
    folders = [package.parent / name for name in ("av.libs", "pyav.libs", "PyAV.libs")]
    folders += [package / ".dylibs", package / "lib", package]
    folders = [folder for folder in folders if folder.is_dir()]
    found = [Place("PyAV", str(path), "bundled with PyAV") for folder in folders for path in _matches(folder)]
    looked = ", ".join(str(folder) for folder in folders)
    return found or [Place("PyAV", None, f"PyAV's wheel carries no libvmaf (looked in {looked})")]


def _from_system(environ: Mapping[str, str]) -> list[Place]:
    name = ctypes.util.find_library("vmaf")
    if name:
        found = [Place("system", name, "known to the dynamic loader")]
    else:
        found = [Place("system", None, "the dynamic loader knows no library 'vmaf'")]
    folders = list(_system_folders(environ))
    inside = [Place("system", str(path), f"in {folder}") for folder in folders for path in _matches(folder)]
    if not inside:
        inside = [Place("system", None, "no libvmaf in " + ", ".join(str(folder) for folder in folders))]
    return found + inside


def _system_folders(environ: Mapping[str, str]) -> Iterator[Path]:
    names = [*environ.get("LD_LIBRARY_PATH", "").split(os.pathsep), str(Path(sys.prefix, "lib"))]
    multiarch = sysconfig.get_config_var("MULTIARCH")
    names += [f"/usr/local/lib/{multiarch}", f"/usr/lib/{multiarch}"] if multiarch else []
    names += ["/usr/local/lib", "/usr/local/lib64", "/usr/lib", "/usr/lib64", "/opt/homebrew/lib"]
    for name in dict.fromkeys(names):
        folder = Path(name)
        if name and folder.is_dir():
            yield folder


def _matches(folder: Path) -> list[Path]:
    found = {path for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file()}
    return sorted(found, key=lambda path: (len(path.name), path.name))
