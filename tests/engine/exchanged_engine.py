"""A pytest plugin (``-p exchanged_engine``): the library that VMAFPY_TEST_ENGINE names takes the engine's place."""

from __future__ import annotations

import os
import sys
import types
from pathlib import Path

import cffi

CSRC = Path(__file__).resolve().parent.parent.parent / "csrc"

ffi = cffi.FFI()
ffi.cdef((CSRC / "vmaf_api.cdef").read_text() + (CSRC / "vmafpy_ext.cdef").read_text())
module = types.ModuleType("vmafpy.capi._embedded")
module.ffi, module.lib = ffi, ffi.dlopen(os.environ["VMAFPY_TEST_ENGINE"])
sys.modules[module.__name__] = module
