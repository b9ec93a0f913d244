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
