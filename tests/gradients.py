"""Slow gradients with grain, the inputs of the golden numbers of CAMBI, SpEED and VMAF v1: integers by formula."""

from __future__ import annotations

import numpy as np

SUBSAMPLING = {"420": (2, 2), "422": (2, 1), "444": (1, 1)}


def _hash(x, y, frame: int, channel: int) -> np.ndarray:
    n = (x * 374761393 + y * 668265263 + frame * 2246822519 + channel * 3266489917) & 0xFFFFFFFF
    n = ((n ^ (n >> 13)) * 1274126177) & 0xFFFFFFFF
    return n ^ (n >> 16)


def _triangle(t, period: int) -> np.ndarray:
    return np.abs(t % (2 * period) - period)


def _grid(w: int, h: int) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:h, 0:w].astype(np.int64)
    return x, y


def _luma(w: int, h: int, k: int, frame: int, coarse_blocks: bool) -> tuple[np.ndarray, np.ndarray]:
    x, y = _grid(w, h)
    g = 2560 + x * 1600 // w + y * 900 // h + _triangle(x + 3 * frame, 211) + 6 * _triangle(y + frame, 149)
    n = _hash(x + 3 * frame, y + frame, 0, 1)
    textured = (4 * x > 3 * w) & ((y >> 5) % 2 == 0)
    ref = ((g * 2**k + (n & 63)) >> 6) + np.where(textured, ((n >> 8) & 15) * 2**k, 0)
    dis = (g >> 6) * 2**k + np.where(textured, ((n >> 9) & 7) * 2**k, 0)
    if coarse_blocks:
        block = ((x >> 6) + (y >> 6)) % 3 == 0
        dis = np.where(block, dis, ref + (_hash(x, y, frame, 3) % 5 - 2) * 2**k)
    return ref, dis


def _chroma(w: int, h: int, k: int, frame: int, plane: int) -> tuple[np.ndarray, np.ndarray]:
    x, y = _grid(w, h)
    s = _triangle(x + 2 * y + 5 * frame, 70 + 9 * plane)
    s += _hash((x + frame) >> 4, (y + 2 * frame) >> 4, 0, plane) & 63
    fine = _hash(x, y, frame, plane + 16) & (2**k - 1)
    ref = (48 + s + (_hash(x, y, frame, plane + 4) & 7)) * 2**k + fine
    dis = (58 + ((7 * s) >> 3) + (_hash(x >> 3, y >> 3, frame, plane + 8) & 7)) * 2**k
    return ref, dis


def pair(
    w: int, h: int, fmt: str, bpc: int, frame: int, *, coarse_blocks: bool = False
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """
    Reference and distorted planes Y, Cb, Cr of one frame: uint8, or uint16 above 8 bits.

    The distorted luma has lost its grain and shows bands: everywhere, or in every third block of 64 x 64 samples.
    """
    k = bpc - 8
    sx, sy = SUBSAMPLING[fmt]
    planes = [_luma(w, h, k, frame, coarse_blocks)]
    planes += [_chroma(w // sx, h // sy, k, frame, plane) for plane in (2, 3)]
    dtype = np.uint8 if bpc == 8 else np.uint16
    ref, dis = ([np.clip(p[i], 0, 2**bpc - 1).astype(dtype) for p in planes] for i in (0, 1))
    return ref, dis
