"""Drives the embedded engine through its bare C API: the shortest way from numpy planes to feature scores."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

import numpy as np
from vmafpy.capi._embedded import ffi, lib

FORMATS = {
    "420": lib.VMAF_PIX_FMT_YUV420P,
    "422": lib.VMAF_PIX_FMT_YUV422P,
    "444": lib.VMAF_PIX_FMT_YUV444P,
    "400": lib.VMAF_PIX_FMT_YUV400P,
}
Planes = Sequence[np.ndarray]  # Y, or Y, Cb, Cr; uint8, or uint16 above 8 bits


def dictionary(options: Mapping[str, object]):
    """A VmafFeatureDictionary from Python values; booleans become true and false."""
    out = ffi.new("VmafFeatureDictionary **")
    for key, value in options.items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        assert lib.vmaf_feature_dictionary_set(out, key.encode(), text.encode()) == 0
    return out[0]


def picture(planes: Planes, fmt: str, bpc: int):
    """A library-owned copy of numpy planes."""
    h, w = planes[0].shape
    pic = ffi.new("VmafPicture *")
    assert lib.vmaf_picture_alloc(pic, FORMATS[fmt], bpc, w, h) == 0
    for i, plane in enumerate(planes):
        dtype = np.uint8 if bpc == 8 else np.uint16
        rows = np.ascontiguousarray(plane, dtype)
        base = ffi.cast("char *", pic.data[i])
        for y in range(rows.shape[0]):
            ffi.memmove(base + y * pic.stride[i], rows[y].tobytes(), rows[y].nbytes)
    return pic


def run_features(
    features: Sequence[tuple[str, Mapping[str, object]]],
    reference: Sequence[Planes],
    distorted: Sequence[Planes],
    *,
    fmt: str = "420",
    bpc: int = 8,
    n_threads: int = 0,
    n_subsample: int = 1,
    cpumask: int = 0,
) -> dict[str, np.ndarray]:
    """
    Every score the features give, by stored name: float64, one per frame, NaN where a frame has none.

    Whole-sequence values (apsnr_y, ...) are not part of the answer.
    """
    with contextlib.ExitStack() as opened:
        ctx = open_context(opened, features, n_threads, n_subsample, cpumask)
        for i, (ref, dis) in enumerate(zip(reference, distorted, strict=True)):
            rc = lib.vmaf_read_pictures(ctx, picture(ref, fmt, bpc), picture(dis, fmt, bpc), i)
            assert rc == 0, f"vmaf_read_pictures({i}) = {rc}"
        rc = lib.vmaf_read_pictures(ctx, ffi.NULL, ffi.NULL, 0)
        assert rc == 0, f"flush = {rc}"
        return stored_scores(ctx, len(reference))


def run_several(
    features: Sequence[tuple[str, Mapping[str, object]]],
    reference: Sequence[Planes],
    distorted: Sequence[Sequence[Planes]],
    *,
    fmt: str = "420",
    bpc: int = 8,
    n_threads: int = 0,
    n_subsample: int = 1,
    cpumask: int = 0,
) -> list[dict[str, np.ndarray]]:
    """As `run_features`, of several distorted clips that share the reference."""
    with contextlib.ExitStack() as opened:
        contexts = [open_context(opened, features, n_threads, n_subsample, cpumask) for _ in distorted]
        handles = ffi.new("VmafContext *[]", contexts)
        for i, ref in enumerate(reference):
            pictures = ffi.new("VmafPicture[]", [picture(clip[i], fmt, bpc)[0] for clip in distorted])
            rc = lib.vmafpy_read_pictures_several(handles, len(handles), picture(ref, fmt, bpc), pictures, i)
            assert rc == 0, f"vmafpy_read_pictures_several({i}) = {rc}"
        rc = lib.vmafpy_read_pictures_several(handles, len(handles), ffi.NULL, ffi.NULL, 0)
        assert rc == 0, f"flush = {rc}"
        return [stored_scores(ctx, len(reference)) for ctx in contexts]


def open_context(
    opened: contextlib.ExitStack,
    features: Sequence[tuple[str, Mapping[str, object]]],
    n_threads: int,
    n_subsample: int,
    cpumask: int,
):
    """A context with the features, closed with the stack."""
    ctx = ffi.new("VmafContext **")
    config = ffi.new("VmafConfiguration *", [0, n_threads, n_subsample, cpumask, 0])
    assert lib.vmaf_init(ctx, config[0]) == 0
    opened.callback(lib.vmaf_close, ctx[0])
    for name, options in features:
        rc = lib.vmaf_use_feature(ctx[0], name.encode(), dictionary(options))
        assert rc == 0, f"vmaf_use_feature({name}, {options}) = {rc}"
    return ctx[0]


def stored_scores(ctx, n: int) -> dict[str, np.ndarray]:
    """All scores of a context, of frames 0 to n - 1."""
    out: dict[str, np.ndarray] = {}
    value = ffi.new("double *")
    k = 0
    while (stored := lib.vmafpy_stored_name(ctx, k)) != ffi.NULL:
        scores = np.full(n, np.nan)
        for i in range(n):
            if lib.vmaf_feature_score_at_index(ctx, stored, value, i) == 0:
                scores[i] = value[0]
        out[ffi.string(stored).decode()] = scores
        k += 1
    return out
