"""
Two cffi modules from one set of declarations.

``vmafpy.capi._embedded`` is compiled with the engine. ``vmafpy.capi._external`` holds declarations only and
opens a libvmaf at run time: ``dlopen`` on the compiled module would go on calling the embedded engine.
"""

import os
from pathlib import Path

import cffi

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
API = (HERE / "vmaf_api.cdef").read_text()
EXTENSIONS = (HERE / "vmafpy_ext.cdef").read_text()
LIBVMAF_EXTRA = (HERE / "libvmaf_extra.cdef").read_text()
# setuptools wants sources relative to the project, in a stable order
SOURCES = sorted(str(path.relative_to(ROOT)) for path in HERE.rglob("*.c"))
EXTRA = os.environ.get("VMAFPY_CFLAGS", "").split()  # sanitizer builds of the tests

embedded = cffi.FFI()
embedded.cdef(API + EXTENSIONS)
embedded.set_source(
    "vmafpy.capi._embedded",
    '#include "vmaf_api.h"',
    sources=SOURCES,
    include_dirs=["csrc"],
    depends=sorted(str(path.relative_to(ROOT)) for kind in ("*.h", "*.cdef") for path in HERE.rglob(kind)),
    extra_compile_args=[
        "-std=c11",
        "-O3",
        "-ffp-contract=off",
        "-fno-wrapv",  # Python's own flags may ask for it; loops over int indices are no vectors then
        "-fvisibility=hidden",
        "-Wall",
        "-Wextra",
        *EXTRA,
    ],
    extra_link_args=EXTRA,
    libraries=["m", "pthread"],
    py_limited_api=True,
)

external = cffi.FFI()
external.cdef(API + LIBVMAF_EXTRA)
external.set_source("vmafpy.capi._external", None)
