"""Every metric the engine computes: range, direction, unit, what it needs, and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

_INF = math.inf


@dataclass(frozen=True, slots=True)
class Metric:
    """
    One score, as reports name it.

    Attributes
    ----------
    name : str
        As libvmaf prints it while all options are default.
    extractor : str
        What to put in ``features=`` to get it.
    summary : str
        What it measures, in a line.
    range : tuple of float
        Least and greatest value possible for ordinary pictures.
    higher_is_better : bool or None
        None where the number is no measure of quality.
    unit : str
        ``"dB"``, or empty for a pure number.
    minimum_size : int
        Least length of the shorter luma side, samples.
    chroma : bool
        Reads chroma, so 4:0:0 pictures have no such score.
    bit_depths : tuple of int
        Depths it is defined for.
    full_reference : bool
        False for those that look at one picture only.
    source : str
        Paper or recommendation.
    """

    name: str
    extractor: str
    summary: str
    range: tuple[float, float]
    higher_is_better: bool | None
    unit: str
    minimum_size: int
    chroma: bool
    bit_depths: tuple[int, ...]
    full_reference: bool
    source: str


_ANY_DEPTH = tuple(range(8, 17))
_FLOAT_DEPTHS = (8, 10, 12, 16)
_VIF = "H. R. Sheikh, A. C. Bovik, Image information and visual quality, IEEE TIP 15(2), 2006"
_ADM = "S. Li et al., Image quality assessment by separately evaluating detail losses and additive impairments, 2011"
_VMAF = "Z. Li et al., Toward a practical perceptual video quality metric, Netflix Technology Blog, 2016"
_V1 = "C. G. Bampis et al., VMAF v1: Good is not good enough, Netflix Technology Blog, 2026"
_SSIM = "Z. Wang et al., Image quality assessment: from error visibility to structural similarity, IEEE TIP 13(4), 2004"
_MS_SSIM = "Z. Wang, E. P. Simoncelli, A. C. Bovik, Multiscale structural similarity, Asilomar 2003"
_HVS = "N. Ponomarenko et al., On between-coefficient contrast masking of DCT basis functions, VPQM 2007"
_CIEDE = "CIE 142-2001 (CIEDE2000); G. Sharma et al., Color Research and Application 30(1), 2005"
_CAMBI = "P. Tandon et al., CAMBI: Contrast-aware multiscale banding index, PCS 2021"
_SPEED = "C. G. Bampis et al., SpEED-QA: Spatial efficient entropic differencing, IEEE SPL 24(9), 2017"
_PSNR = "ITU-T J.340 (2010)"
_PICTURE = "first and second moments of the samples"


def _metrics() -> dict[str, Metric]:
    rows: list[Metric] = []

    def add(
        names: str,
        extractor: str,
        summary: str,
        low: float,
        high: float,
        better: bool | None,
        source: str,
        *,
        unit: str = "",
        size: int = 1,
        chroma: bool = False,
        depths: tuple[int, ...] = _ANY_DEPTH,
        full: bool = True,
    ) -> None:
        for name in names.split():
            rows.append(Metric(name, extractor, summary, (low, high), better, unit, size, chroma, depths, full, source))

    for prefix, extractors, depths, sizes in (
        ("integer_", ("adm", "vif", "motion"), _ANY_DEPTH, (33, 16, 3)),
        ("", ("float_adm", "float_vif", "float_motion"), _FLOAT_DEPTHS, (17, 16, 3)),
    ):
        adm, vif, motion = extractors
        add(
            f"{prefix}adm2",
            adm,
            "detail loss measure over four scales",
            0,
            _INF,
            True,
            _ADM,
            size=sizes[0],
            depths=depths,
        )
        add(
            f"{prefix}adm3",
            adm,
            "detail loss and additive impairment in one",
            0,
            _INF,
            True,
            _V1,
            size=sizes[0],
            depths=depths,
        )
        add(f"{prefix}aim", adm, "additive impairment measure", 0, _INF, False, _ADM, size=sizes[0], depths=depths)
        scales = " ".join(f"{prefix}adm_scale{k}" for k in range(4))
        add(scales, adm, "detail loss measure of one scale", 0, _INF, True, _ADM, size=sizes[0], depths=depths)
        scales = " ".join(f"{prefix}vif_scale{k}" for k in range(4))
        add(scales, vif, "visual information fidelity of one scale", 0, _INF, True, _VIF, size=sizes[1], depths=depths)
        names = f"{prefix}motion2 {prefix}motion3"
        add(
            names,
            motion,
            "temporal difference of the reference",
            0,
            _INF,
            None,
            _VMAF,
            size=sizes[2],
            depths=depths,
            full=False,
        )
    add("psnr_y", "psnr", "peak signal-to-noise ratio of luma", 0, 108, True, _PSNR, unit="dB", depths=_FLOAT_DEPTHS)
    add("psnr_cb psnr_cr", "psnr", "of chroma", 0, 108, True, _PSNR, unit="dB", chroma=True, depths=_FLOAT_DEPTHS)
    add("float_psnr", "float_psnr", "of luma, in floating point", 0, 108, True, _PSNR, unit="dB", depths=_FLOAT_DEPTHS)
    add("float_ssim", "float_ssim", "structural similarity of luma", -1, 1, True, _SSIM, size=11, depths=_FLOAT_DEPTHS)
    add("float_ms_ssim", "float_ms_ssim", "over five scales", -1, 1, True, _MS_SSIM, size=176, depths=_FLOAT_DEPTHS)
    names = "psnr_hvs psnr_hvs_y psnr_hvs_cb psnr_hvs_cr"
    summary = "PSNR weighted by contrast sensitivity and masking"
    add(
        names, "psnr_hvs", summary, -_INF, _INF, True, _HVS, unit="dB", size=16, chroma=True, depths=tuple(range(8, 13))
    )
    summary = "mean CIEDE2000 colour difference as 45 - 20 log10"
    add("ciede2000", "ciede", summary, -_INF, _INF, True, _CIEDE, unit="dB", size=2, chroma=True, depths=_FLOAT_DEPTHS)
    # contrasts are at most the window's area, and the five scales weigh 16 + 8 + 4 + 2 + 1
    summary = "visible banding of the distorted picture, at least 216 samples wide or high"
    add("cambi", "cambi", summary, 0, 31, False, _CAMBI, size=1, full=False)
    names = "speed_chroma_u speed_chroma_v speed_chroma_uv"
    summary = "entropic difference of chroma"
    add(names, "speed_chroma", summary, 0, 1000, False, _SPEED, size=160, chroma=True, depths=_FLOAT_DEPTHS)
    summary = "entropic difference of luma frame differences"
    add("speed_temporal", "speed_temporal", summary, 0, _INF, False, _SPEED, size=80, depths=_FLOAT_DEPTHS)
    names = "float_moment_ref1st float_moment_dis1st float_moment_ref2nd float_moment_dis2nd"
    add(names, "float_moment", "moments of luma", 0, 65536, None, _PICTURE, depths=_FLOAT_DEPTHS, full=False)
    summary = "signal-to-noise ratio after a noise-shaping filter"
    add(
        "float_ansnr float_anpsnr",
        "float_ansnr",
        summary,
        0,
        _INF,
        True,
        _VMAF,
        unit="dB",
        size=3,
        depths=_FLOAT_DEPTHS,
    )
    return {row.name: row for row in rows}


#: Every metric by its printed name.
METRICS: Mapping[str, Metric] = MappingProxyType(_metrics())

#: Named sets for ``features=``. "triangulate": do PSNR, SSIM and MS-SSIM agree with VMAF and NEG on the same frames?
PRESETS: Mapping[str, tuple[str, ...]] = MappingProxyType({"triangulate": ("psnr", "float_ssim", "float_ms_ssim")})
