"""
What each kernel of the harness has to do, counted from the algorithm, for the shape that the harness times.

Bytes are those of the call's arguments, read and written once each. Terms are ``sum += tap * sample`` of the filters:
taps times outputs times planes, and one for each product of samples, which neighbouring outputs share; nothing is
taken off for symmetric taps. Additions, shifts, divisions, lookups and logarithms are not counted, so kernels that are
made of those have no terms; their bandwidth is shown alone. Calls are those of one 1920x1080 frame of 8-bit 4:2:0,
every sample of the plane or scale that the kernel serves first; ADM leaves out a border, so it makes up to a third
fewer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from benchmarks.process import ROOT

W, H = 1920, 1080
INT16, F32, F64 = "terms/int16", "terms/f32", "terms/f64"


@dataclass(frozen=True)
class Count:
    """One kernel in one shape; see the module."""

    kernel: str
    shape: str
    calls: float
    bytes: float
    terms: float = 0
    kind: str = ""


# VIF works on tiles of some columns, with 8 more on each side for the horizontal pass, and on pairs of rows, two
# samples side by side in 4 bytes. Squares and products of samples are filtered as two 16-bit halves, those of bytes as
# one. The reference has a mean and a mean square, the distorted picture also the mean product of both.
_TILE = int(re.findall(r"VP_VIF_TILE = (\d+)", (ROOT / "csrc" / "kernel" / "vif.h").read_text())[0])
_SPAN = _TILE + 16
_PAIR, _HALVES = 4 * _SPAN, 2 * _SPAN  # bytes of a pair of rows, and of a plane of 16-bit halves
_TILES0, _TILES1 = W / _TILE, W / 2 / _TILE

VIF = (
    Count("vif/pair8", f"w={_SPAN}", 2 * _TILES0 * H / 2, 2 * _SPAN + _PAIR),
    # 17 taps for two rows of results; each product of the 18 rows around them once
    Count(
        "vif/reference8",
        f"w={_SPAN} rows=2",
        _TILES0 * H / 2,
        9 * _PAIR + 2 * (3 * _HALVES + 4 * _SPAN),
        2 * _SPAN * 17 * 2 + 18 * _SPAN,
        INT16,
    ),
    Count(
        "vif/distorted8",
        f"w={_SPAN} rows=2",
        _TILES0 * H / 2,
        2 * 9 * _PAIR + 2 * 4 * _SPAN + 2 * 5 * _HALVES,
        2 * _SPAN * 17 * 3 + 2 * 18 * _SPAN,
        INT16,
    ),
    # 9 taps at scale 1
    Count(
        "vif/reference16",
        f"scale=1 w={_SPAN} rows=2",
        _TILES1 * H / 4,
        5 * _PAIR + 2 * 3 * _HALVES,
        2 * _SPAN * 9 * 3 + 10 * _SPAN,
        INT16,
    ),
    Count(
        "vif/distorted16",
        f"scale=1 w={_SPAN} rows=2",
        _TILES1 * H / 4,
        2 * 5 * _PAIR + 2 * 5 * _HALVES,
        2 * _SPAN * 9 * 5 + 2 * 10 * _SPAN,
        INT16,
    ),
    Count("vif/variance", f"scale=0 n={_TILE}", _TILES0 * H, 3 * _HALVES + 2 * 4 * _TILE, _TILE * 17 * 3, INT16),
    Count("vif/covariance", f"scale=0 n={_TILE}", _TILES0 * H, 5 * _HALVES + 3 * 4 * _TILE, _TILE * 17 * 5, INT16),
    Count("vif/denominators", f"n={_TILE}", _TILES0 * H, 4 * _TILE),
    Count("vif/numerators", f"n={_TILE} limits=2", _TILES0 * H, 3 * 4 * _TILE),
    # the picture of scale 1: every other row and column, two pictures
    Count("vif/blur8", f"w={_SPAN}", 2 * _TILES0 * H / 2, 5 * _PAIR + 2 * _SPAN, 9 * _SPAN, INT16),
    Count(
        "vif/halve",
        f"scale=1 n={_TILE // 2}",
        2 * _TILES0 * H / 2,
        2 * (_TILE + 8) + 2 * (_TILE // 2),
        9 * (_TILE // 2),
        INT16,
    ),
)

MOTION = (
    Count("motion/diff8", "w=1920", H, 2 * W + 2 * W),
    Count("motion/row", "w=1920", H, 5 * 2 * W + 2 * 4 * W, 10 * W, INT16),
)

# the harness times rows of 960: the coefficients of a row at scale 0, half a row of the picture
_N = 960
ADM = (
    # four taps of two filters
    Count("adm/rows8", "w=960", 2 * W / _N * H / 2, 4 * _N + 2 * 2 * _N, 8 * _N, INT16),
    Count("adm/columns16", "w=960", 2 * 2 * H / 2, 2 * 2 * _N + 2 * 2 * _N, 8 * _N, INT16),
    Count("adm/restore16", "w=960", H / 2, (6 + 3 + 1) * 2 * _N),
    Count("adm/limit16", "w=960", H / 2, (3 + 1 + 3 + 3 + 3) * 2 * _N),
    Count("adm/mask16", "w=960", H / 2, 3 * 2 * _N + 2 * 4 * _N),
    Count("adm/cubes16", "w=960", H / 2, 3 * 2 * _N + 4 * _N),
    Count("adm/cubes_reference16", "w=960", H / 2, 3 * 2 * _N),
)

SSIM = (
    Count("ssim/load", "w=1920", 2 * H, W + 4 * W),
    # 11 taps on five maps, single products summed in double; three products of samples
    Count("ssim/window_row", "n=1910", H, 2 * 4 * W + 5 * 4 * 1910, 1910 * (11 * 5 + 3), F64),
    Count("ssim/position_row", "n=1910", H - 10, 11 * 5 * 4 * 1910, 1910 * 11 * 5, F64),
    # 9 x 9 taps, decimation by 2 in both directions, two pictures; the first decimation two rows at a time
    Count("ssim/halve_pair", "n=960", 2 * H / 2, 2 * 4 * W + 2 * 4 * 8 * _N + 4 * _N, 81 * _N, F64),
    # the other three, in units of rows of the first
    Count("ssim/halve_row", "n=960", 2 * H / 2 * (1 / 4 + 1 / 16 + 1 / 64), 9 * 4 * W + 4 * _N, 81 * _N, F64),
)

# blocks of 8 x 8 at every seventh sample, of three planes
_BLOCKS = sum(((w - 8) // 7 + 1) * ((h - 8) // 7 + 1) for w, h in ((W, H), (W // 2, H // 2), (W // 2, H // 2)))
CLASSIC = (
    Count("psnr_hvs/group8", "16 blocks", _BLOCKS / 16, 2 * 8 * (15 * 7 + 8)),
    Count("ciede/row", "n=1920", H, 6 * 2 * W),
)

FLOAT = (
    Count("float_vif/moments", "w=1920 rows=8 taps=17", H / 8, 2 * 24 * 4 * W + 8 * 5 * 4 * W,
          8 * W * 17 * 5 + 3 * 24 * W, F32),
    Count("float_vif/information", "w=1920", H, 5 * 4 * W + 2 * 4 * W),
    Count("float_vif/information", "w=1920 with NEG", H, 5 * 4 * W + 3 * 4 * W),
    # the horizontal pass of the five moments at scale 0
    Count("float_rows/horizontal", "w=1920 taps=17", 5 * H, 2 * 4 * W, 17 * W, F32),
    Count("float_adm/split_rows", "w=1920", 2 * H / 2, 4 * 4 * W + 2 * 4 * W, 8 * W, F32),
    Count("float_adm/split_row", "w=960", 2 * 2 * H / 2, 2 * 4 * _N + 2 * 4 * _N, 8 * _N, F32),
    Count("float_adm/decouple", "w=960", H / 2, 6 * 4 * _N + 12 * 4 * _N),
    Count("float_adm/masked_energy", "w=960", H / 2, (3 + 3 + 9 + 3) * 4 * _N),
)  # fmt: skip

COUNTS = {(count.kernel, count.shape): count for count in (*VIF, *MOTION, *ADM, *SSIM, *CLASSIC, *FLOAT)}
