"""The golden cases of PSNR, SSIM, MS-SSIM, PSNR-HVS, CIEDE2000, moments and ANSNR, and what their tests share."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import formulas
import numpy as np
from enginetools import run_features

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "classic.json").read_text())
LEVELS = [0, 1]  # cpumask: every instruction of the machine; plain C


def cases(*features: str) -> list[dict]:
    """The golden cases of some features."""
    return [case for case in GOLDEN["cases"] if case["feature"] in features]


def clip(case: Mapping) -> tuple[list, list]:
    """Reference and distorted frames of a case, as lists of planes."""
    frames = [
        formulas.planes(case["kind"], case["w"], case["h"], case["fmt"], case["bpc"], t) for t in range(case["frames"])
    ]
    for planes, sums in zip(frames[0], (case["plane_sums"]["ref"], case["plane_sums"]["dis"]), strict=True):
        assert [int(plane.sum(dtype=np.int64)) for plane in planes] == sums
    return [ref for ref, _ in frames], [dis for _, dis in frames]


def run_case(case: Mapping, **config: int) -> dict[str, np.ndarray]:
    """What the engine gives for a case."""
    ref, dis = clip(case)
    return run_features([(case["feature"], case["options"])], ref, dis, fmt=case["fmt"], bpc=case["bpc"], **config)


def expected(case: Mapping) -> dict[str, np.ndarray]:
    """The golden scores of a case as run_features() gives scores."""
    return {name: np.array([float(s) for s in scores]) for name, scores in case["scores"].items()}


def assert_equal(got: Mapping[str, np.ndarray], want: Mapping[str, np.ndarray]) -> None:
    """The same names, the same doubles; NaN equals NaN."""
    assert got.keys() == want.keys()
    for name, scores in want.items():
        np.testing.assert_array_equal(got[name], scores, name)


def noise(seed: int, w: int, h: int, fmt: str = "420", bpc: int = 8, frames: int = 1) -> list[list[np.ndarray]]:
    """Frames of independent uniform samples over the whole range, in all planes."""
    rng = np.random.default_rng(seed)
    return [[plane(rng.integers(0, 2**bpc, shape), bpc) for shape in shapes(w, h, fmt)] for _ in range(frames)]


def flat(levels: Sequence[int], w: int, h: int, fmt: str = "420", bpc: int = 8) -> list[np.ndarray]:
    """A picture of one level in each plane."""
    return [plane(np.full(shape, level), bpc) for level, shape in zip(levels, shapes(w, h, fmt), strict=False)]


def shapes(w: int, h: int, fmt: str) -> list[tuple[int, int]]:
    """Height and width of each plane."""
    chroma = {"400": [], "420": [(h // 2, w // 2)] * 2, "422": [(h, w // 2)] * 2, "444": [(h, w)] * 2}
    return [(h, w), *chroma[fmt]]


def plane(samples: np.ndarray, bpc: int) -> np.ndarray:
    """Samples in the type of their depth."""
    return samples.astype(np.uint8 if bpc == 8 else np.uint16)
