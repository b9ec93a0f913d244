"""What a libvmaf cannot take, refused before the call: where it would crash, or read outside the pictures."""

from __future__ import annotations

from collections.abc import Mapping

from vmafpy.capi.library import Generation, Library
from vmafpy.capi.picture import Picture
from vmafpy.errors import InputError, PictureSizeError, UnsupportedFormatError

# Most distinct score names of one context; the next one writes past the end of a table.
NAME_LIMIT = 128

_FLOAT_DEPTHS = (8, 10, 12, 16)
_DEPTHS: Mapping[str, tuple[int, ...]] = {
    **dict.fromkeys(("psnr", "ciede", "float_psnr", "float_ssim", "float_ms_ssim"), _FLOAT_DEPTHS),
    **dict.fromkeys(("float_vif", "float_adm", "float_motion", "float_moment", "float_ansnr"), _FLOAT_DEPTHS),
    "psnr_hvs": tuple(range(8, 13)),
}
# Smallest side of the luma plane, in samples, with which the score is defined.
_SMALLEST_SIDE: Mapping[str, int] = {
    "adm": 33,  # below, a wavelet level reads before its buffer; from 16 down it crashes
    "float_adm": 17,
    "vif": 16,  # below 8 it crashes
    "float_vif": 16,
    "motion": 3,
    "float_motion": 3,
    "float_ansnr": 3,
    "float_ms_ssim": 176,  # 11 samples left at the fifth scale
}
_NEEDS_CHROMA = ("ciede", "psnr_hvs", "speed_chroma")
_SPEED_KERNELS: tuple[float, ...] = (
    1,
    1 / 2,
    3 / 2,
    2,
    2 / 3,
    2.4,
    360 / 97,
    4 / 3,
    3.5 / 3,
    3.75 / 3,
    4.25 / 3,
    5 / 3,
    3,
)
_SPEED_KERNELS += (1 / 2.25, 1.4746, 1.54, 1.6, 1.06667, 0.711111, 0.74074, 1.111111)
_PRESCALERS = ("nearest", "bilinear", "bicubic", "lanczos4")


def option_fault(extractor: str, texts: Mapping[str, str]) -> str:
    """Return why these options would make a libvmaf crash or hang; empty if they would not."""
    for name in ("speed_prescale_method", "vif_prescale_method"):
        if texts.get(name, "nearest") not in _PRESCALERS:
            return f"{name}={texts[name]}: has to be one of {', '.join(_PRESCALERS)}"
    kernel = float(texts.get("speed_kernelscale", "1"))
    if not any(abs(kernel - known) <= 1e-3 for known in _SPEED_KERNELS):
        return f"speed_kernelscale={kernel:g}: there is no such kernel"
    if extractor == "speed_temporal" and float(texts.get("speed_prescale", "1")) > 1:
        return "speed_prescale above 1: speed_temporal overruns a buffer"
    for name in ("eotf", "cambi_eotf"):
        if texts.get(name, "bt1886") not in ("bt1886", "pq"):
            return f"{name}={texts[name]}: has to be bt1886 or pq"
    if float(texts.get("cambi_vis_lum_threshold", "0")) > 84:
        return "cambi_vis_lum_threshold above 84: cambi writes outside its tables"
    if extractor == "adm":
        distance = float(texts.get("adm_norm_view_dist", "3"))
        height = float(texts.get("adm_ref_display_height", "1080"))
        if distance * height < 3240:
            return f"adm_norm_view_dist x adm_ref_display_height = {distance * height:g} is below 3240"
    return ""


def picture_fault(
    extractor: str,
    texts: Mapping[str, str],
    generation: Generation,
    *,
    chroma: tuple[int, int] | None,
    bpc: int,
    width: int,
    height: int,
) -> InputError | None:
    """
    Return why an extractor of a libvmaf cannot take pictures of this form; None if it can.

    Parameters
    ----------
    extractor, texts, generation
        What is to run.
    chroma : tuple of int, or None
        Width and height of a chroma plane; None for 4:0:0.
    bpc : int
        Bits per sample.
    width, height : int
        Of the luma plane, in samples.
    """
    depths = _DEPTHS.get(extractor, tuple(range(8, 17)))
    if bpc not in depths:
        return UnsupportedFormatError(f"{extractor} takes {', '.join(map(str, depths))} bits per sample, not {bpc}")
    if extractor in _NEEDS_CHROMA and chroma is None:
        return UnsupportedFormatError(f"{extractor} needs chroma, and the pictures are 4:0:0")
    fault = _size_fault(extractor, texts, generation, chroma, width, height)
    return PictureSizeError(f"{extractor} {fault}, the pictures are {width} x {height}") if fault else None


def _size_fault(
    extractor: str,
    texts: Mapping[str, str],
    generation: Generation,
    chroma: tuple[int, int] | None,
    width: int,
    height: int,
) -> str:
    smallest = _SMALLEST_SIDE.get(extractor, 1)
    if extractor in ("motion", "float_motion") and generation < Generation.V3_2:
        smallest = 16
    if min(width, height) < smallest:
        return f"needs at least {smallest} x {smallest} samples"
    if chroma is not None and min(chroma) < (least := {"psnr": 1, "ciede": 1, "psnr_hvs": 8}.get(extractor, 0)):
        return f"needs chroma planes of at least {least} x {least} samples"
    if extractor == "psnr_hvs" and min(width, height) < 8:
        return "needs at least 8 x 8 samples"
    if extractor == "float_ssim":
        scale = int(float(texts.get("scale", "0")))
        factor = scale if scale > 0 else max(1, int(min(width, height) / 256 + 0.5))
        if min(width // factor + width % 2, height // factor + height % 2) < 11:
            return f"needs at least 11 x 11 samples after decimation by {factor}"
    if extractor == "cambi":
        side = 320 if generation < Generation.V3_2 else 216
        if width < side and height < side:
            return f"needs a width or height of at least {side} samples"
    if extractor in ("speed_chroma", "speed_temporal"):
        plane = chroma if extractor == "speed_chroma" and chroma is not None else (width, height)
        prescale = float(texts.get("speed_prescale", "1"))
        if min(int(side * prescale + 0.5) for side in plane) < 80:
            name = "chroma" if extractor == "speed_chroma" else "luma"
            return f"needs at least 80 x 80 samples of {name} after a prescale of {prescale:g}"
    return ""


def embedded_fault(library: Library, extractor: str, texts: Mapping[str, str], picture: Picture) -> InputError | None:
    """Return why an extractor of the embedded engine cannot take pictures of this form; None if it can."""
    dictionary = library.dictionary(texts)

    def takes(width: int, height: int) -> bool:
        call = library.lib.vmafpy_extractor_check
        return not call(extractor.encode(), dictionary, int(picture.pix_fmt), picture.bpc, width, height)

    try:
        if takes(picture.width, picture.height):
            return None
        if not takes(1920, 1080):
            chosen = ", ".join(f"{name}={text}" for name, text in texts.items())
            return UnsupportedFormatError(f"{extractor}{chosen and f' with {chosen}'} does not take {picture.form()}")
        sides = range(min(picture.width, picture.height), 1081)
        enough = next((f"; it needs at least {side} x {side}" for side in sides if takes(side, side)), "")
        return PictureSizeError(f"{extractor} does not take pictures of {picture.width} x {picture.height}{enough}")
    finally:
        library.free_dictionary(dictionary)
