"""Pictures by formula: the inputs of golden numbers, the same on every machine."""

from __future__ import annotations

import zlib

import numpy as np

INPUTS = ("ramp_noise", "contrast_boost", "low_texture", "hash_noise", "identical")


def pair(name: str, width: int, height: int, bpc: int, frame: int) -> tuple[np.ndarray, np.ndarray]:
    """Reference and distorted luma of one frame: uint8, or uint16 above 8 bits."""
    y, x = np.mgrid[0:height, 0:width].astype(np.int64)
    shift, largest = bpc - 8, 2**bpc - 1
    ramp = (x * 7 + y * 13 + frame * 29 + (x * y) % 31) % 256
    if name == "hash_noise":
        noise = ((x * 73856093) ^ (y * 19349663) ^ (frame * 83492791)) & 0xFFFFFFFF
        ref = (noise >> 7) & largest
        dis = (3 * ref + ((noise >> 16) & largest)) >> 2
    else:
        ref8, dis8 = {
            "ramp_noise": (
                ramp,
                np.clip(ramp + (x * 11 + y * 17 + frame * 5 + (x * x + 3 * y) % 23) % 33 - 16, 0, 255),
            ),
            "contrast_boost": (64 + ramp // 2, np.clip(128 + ((64 + ramp // 2 - 128) * 5) // 4, 0, 255)),
            "low_texture": (100 + (x + 2 * y + frame) % 3, 101 + (2 * x + y + frame) % 4),
            "identical": (120 + ramp // 32,) * 2,
        }[name]
        ref = (ref8 << shift) + (x * 5 + y * 3 + frame) % 2**shift
        dis = ref if name == "identical" else (dis8 << shift) + (x * 3 + y * 7 + 2 * frame) % 2**shift
    dtype = np.uint8 if bpc == 8 else np.uint16
    return ref.astype(dtype), dis.astype(dtype)


def crc32(plane: np.ndarray) -> str:
    """Of the samples row by row, little endian."""
    return f"{zlib.crc32(plane.astype(plane.dtype.newbyteorder('<')).tobytes()):08x}"


def _hash(x: np.ndarray, y: np.ndarray, frame: int, plane: int, salt: int) -> np.ndarray:
    a = (x * 374761393 + y * 668265263 + frame * 2246822519 + plane * 3266489917 + salt * 1013904223) & 0xFFFFFFFF
    a ^= a >> 13
    a = (a * 1274126177) & 0xFFFFFFFF
    return a ^ (a >> 16)


def _triangle(v: np.ndarray) -> np.ndarray:
    return np.abs(v % 256 - 128)


def planes(
    kind: str, width: int, height: int, fmt: str, bpc: int, frame: int
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """
    All planes of one frame, reference and distorted: uint8, or uint16 above 8 bits.

    Kinds: main (texture; coarse steps, noise or smoothing), same, flat (levels one or two apart), inv (negative).
    """
    shift = bpc - 8
    ref, dis = [], []
    for p in range(1 if fmt == "400" else 3):
        w = width if p == 0 or fmt == "444" else width >> 1
        h = height if p == 0 or fmt != "420" else height >> 1
        y, x = np.mgrid[0:h, 0:w].astype(np.int64)
        if kind == "flat":
            r = np.full((h, w), (128 if p else 100) << shift)
            d = np.full((h, w), (101 + frame, 130, 127)[p] << shift)
        else:
            base = (
                32
                + _triangle(3 * x + 2 * y + 5 * frame + 37 * p)
                + (_triangle(((x * y) >> 3) + 7 * frame + 11 * p) >> 1)
            )
            r8 = np.clip(base + _hash(x, y, frame, p, 0) % 9 - 4, 0, 255)
            noisy = np.clip(r8 + _hash(x, y, frame, p, 1) % 13 - 6, 0, 255)
            part = ((x >> 3) + (y >> 3) + frame + p) % 3
            d8 = np.choose(part, [(r8 >> 4) * 16 + 8, noisy, np.clip(base + 3, 0, 255)])
            r = (r8 << shift) + _hash(x, y, frame, p, 2) % 2**shift
            d = (d8 << shift) + _hash(x, y, frame, p, 3) % 2**shift
            d = {"main": d, "same": r, "inv": 2**bpc - 1 - r}[kind]
        dtype = np.uint8 if bpc == 8 else np.uint16
        ref.append(r.astype(dtype))
        dis.append(d.astype(dtype))
    return ref, dis
