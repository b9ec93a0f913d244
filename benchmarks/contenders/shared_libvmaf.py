"""A real libvmaf's shared library, through the same binding as the embedded engine."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from benchmarks.contenders.base import LIBVMAF
from benchmarks.contenders.binding import Binding

INSTALL = (
    "pip download --no-deps --pre --only-binary=:all: --python-version 3.10 --abi cp310 "
    "--platform manylinux2010_x86_64 pyvmaf, unzip the wheel, and name its libvmaf*.so with --libvmaf or VMAFPY_LIBRARY"
)


#: Releases before 3 filter the frames, not their difference, so motion is rounded otherwise, and what is made of it.
OLDER = {"integer_motion": 1e-3, "vmaf_v0": 1e-3}


@dataclass(frozen=True)
class SharedLibvmaf(Binding):
    """A libvmaf*.so by path."""

    def missing(self) -> str:
        if not self.library:
            return f"no libvmaf*.so was named: {INSTALL}"
        if not Path(self.library).exists():
            return f"{self.library} does not exist: {INSTALL}"
        return ""

    def version(self) -> str:
        from vmafpy.capi import find_library

        library = find_library(self.library)
        return f"libvmaf {library.version} (interface of {library.generation})"


def shared_libvmaf(path: str | None) -> list[SharedLibvmaf]:
    """
    The library as our binding drives it; and, if that masks instruction levels, without the mask.

    A release up to 2.3.1 reads memory never written at 8-bit widths of 1 to 8 (mod 16) with AVX2, so the binding
    takes AVX2 from it everywhere. The clips here have other widths, at which AVX2 is safe; without the row that has
    it the comparison would flatter the embedded engine.
    """
    named = path or os.environ.get("VMAFPY_LIBRARY", "")
    library = "" if named in ("embedded", "libvmaf") else named
    unknown = SharedLibvmaf("libvmaf (binding)", library)
    if unknown.missing():
        return [unknown]
    from vmafpy.capi import Generation, find_library

    found = find_library(library)
    limits = LIBVMAF if found.generation >= Generation.V3_0 else {**LIBVMAF, **OLDER}
    label = f"libvmaf {found.generation} (binding)"
    if not found.forced_mask:
        return [SharedLibvmaf(label, library, limits=limits)]
    return [
        SharedLibvmaf(label, library, limits=limits, note="not 3.2; AVX2 masked by the binding (capi.md)"),
        SharedLibvmaf(
            f"{label[:-1]}, AVX2)", library, unmasked=True, limits=limits, note="not 3.2; with AVX2, safe at this width"
        ),
    ]
