"""The pieces of work that are compared: models and features by the names both sides know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """Models by identifier, and features by extractor name."""

    name: str
    models: tuple[str, ...] = ()
    features: tuple[str, ...] = ()


V0, NEG, V1, FLOAT = "vmaf_v0.6.1", "vmaf_v0.6.1neg", "vmaf_v1.0.16_3d0h", "vmaf_float_v0.6.1"
TRIANGULATE = ("psnr", "float_ssim", "float_ms_ssim")

ONE = Work("vmaf_v0.6.1", (V0,))
PAIR = Work("vmaf_v0.6.1 + neg", (V0, NEG))
NEG_ALONE = Work("vmaf_v0.6.1neg", (NEG,))
MODELS = (
    ONE,
    PAIR,
    Work("v0.6.1 + neg + triangulate", (V0, NEG), TRIANGULATE),
    Work("vmaf_v1.0.16_3d0h", (V1,)),
    Work("vmaf_float_v0.6.1", (FLOAT,)),
)
FEATURES = tuple(
    Work(name, (), (name,))
    for name in (
        "vif",
        "adm",
        "motion",
        "psnr",
        "float_ssim",
        "float_ms_ssim",
        "psnr_hvs",
        "ciede",
        "cambi",
        "speed_chroma",
        "float_vif",
        "float_adm",
        "float_motion",
        "float_psnr",
        "float_moment",
        "float_ansnr",
        "speed_temporal",
    )
)
BY_NAME = {work.name: work for work in (*MODELS, NEG_ALONE, *FEATURES)}
