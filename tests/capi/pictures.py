"""Seeded pictures for the tests of the C API."""

from __future__ import annotations

import numpy as np

from vmafpy.capi import PixelFormat

Planes = list[np.ndarray]


def clip(n: int, width: int, height: int, *, fmt: str = "420", bpc: int = 8, seed: int = 0) -> list[Planes]:
    """*n* frames of moving texture, each [Y] or [Y, Cb, Cr]; chroma halves rounded down."""
    rng = np.random.default_rng(seed)
    dtype = np.uint8 if bpc == 8 else np.uint16
    peak = (1 << bpc) - 1
    sizes = [(width, height)]
    chroma = PixelFormat.of(fmt).chroma_size(width, height)
    sizes += [] if chroma is None else [chroma] * 2
    frames = []
    for t in range(n):
        planes = []
        for w, h in sizes:
            y, x = np.mgrid[0:h, 0:w]
            wave = 0.5 + 0.3 * np.sin((x + 3 * t) / 7.0) * np.cos((y - 2 * t) / 5.0)
            noise = rng.normal(0.0, 0.03, (h, w))
            planes.append((np.clip(wave + noise, 0, 1) * peak).astype(dtype))
        frames.append(planes)
    return frames


def distort(frames: list[Planes], *, bpc: int = 8, seed: int = 1) -> list[Planes]:
    """The same frames with noise of about 3 % of the range."""
    rng = np.random.default_rng(seed)
    peak = (1 << bpc) - 1

    def noisy(plane: np.ndarray) -> np.ndarray:
        return np.clip(plane + rng.normal(0.0, 0.03 * peak, plane.shape), 0, peak).astype(plane.dtype)

    return [[noisy(plane) for plane in planes] for planes in frames]
