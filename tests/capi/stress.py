"""
Thousands of shared frames, each in memory of its own that is unmapped the moment it is released.

A frame read after its release ends the process; one held for ever shows in the count. To be run by hand under
valgrind as well (docs/capi.md), and in short by test_lifetimes.py::

    python tests/capi/stress.py --frames 3000 [--library PATH]
"""

from __future__ import annotations

import argparse
import ctypes
import sys
import weakref

import numpy as np
from pictures import clip, distort

from vmafpy.capi import Context, Library, Picture

FEATURES = ("vif", "motion", "adm")
NAMES = ("integer_vif_scale0", "integer_vif_scale3", "integer_motion2", "integer_adm2")
WIDTH, HEIGHT = 70, 50
C = ctypes.CDLL(None, use_errno=True)
C.mmap.restype = ctypes.c_void_p
C.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
C.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]


class Mapped:
    """A frame in pages of its own; *mapped* counts those there are."""

    mapped = 0

    def __init__(self, planes):
        size = sum(plane.nbytes for plane in planes) + 4096
        address = C.mmap(None, size, 3, 0x22, -1, 0)  # read and write, private and anonymous
        if address in (None, ctypes.c_void_p(-1).value):
            raise MemoryError
        self.planes, offset = [], 0
        for plane in planes:
            raw = (ctypes.c_uint8 * plane.nbytes).from_address(address + offset)
            view = np.frombuffer(raw, plane.dtype).reshape(plane.shape)
            view[...] = plane
            self.planes.append(view)
            offset += plane.nbytes
        Mapped.mapped += 1
        weakref.finalize(self, self.unmap, address, size)

    @staticmethod
    def unmap(address, size):
        Mapped.mapped -= 1
        if C.munmap(address, size):
            raise OSError(ctypes.get_errno(), "munmap")


def run(library: Library, reference, distorted, n_frames: int, n_threads: int, shared: bool) -> np.ndarray:
    """Scores of a long clip that goes round; the most frames held at a time is checked on the way."""
    with Context(library, n_threads=n_threads) as context:
        for feature in FEATURES:
            context.use_feature(feature)
        for i in range(n_frames):
            pair = reference[i % len(reference)], distorted[i % len(distorted)]
            if shared:
                owners = [Mapped(planes) for planes in pair]
                pictures = [Picture.wrap(owner.planes, "420", 8, owner) for owner in owners]
                del owners
            else:
                pictures = [Picture.copy(planes, "420", 8) for planes in pair]
            context.read(pictures[0], pictures[1], i)
            del pictures
            if Mapped.mapped > 2 * (n_threads + 4) + 2:
                sys.exit(f"{Mapped.mapped} frames held at a time")
        context.flush()
        scores = np.array([context.feature_scores(name) for name in NAMES])
        if shared and context.frames_shared != 2 * n_frames:
            sys.exit(f"{context.frames_shared} of {2 * n_frames} pictures shared: {context.frames_copied}")
    if Mapped.mapped:
        sys.exit(f"{Mapped.mapped} frames never released")
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--frames", type=int, default=3000)
    parser.add_argument("--library", default="embedded")
    parser.add_argument("--threads", type=int, nargs="*", default=[0, 1, 4])
    options = parser.parse_args()
    library = Library.embedded() if options.library == "embedded" else Library.open(options.library)
    reference = clip(12, WIDTH, HEIGHT)
    distorted = distort(reference)
    expected = run(library, reference, distorted, options.frames, 0, shared=False)
    for n_threads in options.threads:
        if not np.array_equal(run(library, reference, distorted, options.frames, n_threads, shared=True), expected):
            sys.exit(f"other scores with {n_threads} threads")
        print(f"{library}, {n_threads} threads: {options.frames} pairs shared, scores equal, all frames released")


if __name__ == "__main__":
    main()
