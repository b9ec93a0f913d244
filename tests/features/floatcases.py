"""The golden cases of the floating-point VMAF features, and what their tests have in common."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import formulas
import numpy as np
from enginetools import run_features
from vmafpy.capi._embedded import ffi, lib

GOLDEN = json.loads((Path(__file__).parent.parent / "golden" / "float_features.json").read_text())


def cases(feature: str) -> list[dict]:
    """The golden cases of one feature."""
    return [case for case in GOLDEN["cases"] if case["feature"] == feature]


def clip(case: Mapping) -> tuple[list, list]:
    """Reference and distorted frames of a case, as lists of planes."""
    frames = [
        formulas.planes(case["kind"], case["w"], case["h"], case["fmt"], case["bpc"], t) for t in range(case["frames"])
    ]
    for planes, sums in zip(frames[0], (case["plane_sums"]["ref"], case["plane_sums"]["dis"]), strict=True):
        assert [int(plane.sum(dtype=np.int64)) for plane in planes] == sums
    return [ref for ref, _ in frames], [dis for _, dis in frames]


def run_case(case: Mapping) -> dict[str, np.ndarray]:
    """What the engine gives for a case, without the names that no frame has."""
    ref, dis = clip(case)
    got = run_features([(case["feature"], case["options"])], ref, dis, fmt=case["fmt"], bpc=case["bpc"])
    return {name: scores for name, scores in got.items() if not np.isnan(scores).all()}


def accepts(feature: str, w: int, h: int, *, fmt: str = "420", bpc: int = 8, **options: object) -> bool:
    """Whether the extractor takes pictures of this form."""
    formats = {"400": lib.VMAF_PIX_FMT_YUV400P, "420": lib.VMAF_PIX_FMT_YUV420P}
    dictionary = ffi.new("VmafFeatureDictionary **")
    for key, value in options.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        assert lib.vmaf_feature_dictionary_set(dictionary, key.encode(), text.encode()) == 0
    try:
        return lib.vmafpy_extractor_check(feature.encode(), dictionary[0], formats[fmt], bpc, w, h) == 0
    finally:
        lib.vmaf_feature_dictionary_free(dictionary)


def noise(seed: int, w: int, h: int, bpc: int = 8, frames: int = 1) -> list[tuple[np.ndarray]]:
    """Luma of independent uniform samples over the whole range."""
    rng = np.random.default_rng(seed)
    dtype = np.uint8 if bpc == 8 else np.uint16
    return [(rng.integers(0, 2**bpc, (h, w)).astype(dtype),) for _ in range(frames)]


def flat(level: int, w: int, h: int, bpc: int = 8) -> tuple[np.ndarray]:
    """Luma of one level."""
    return (np.full((h, w), level, np.uint8 if bpc == 8 else np.uint16),)
