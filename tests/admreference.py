"""
Integer ADM written for reading: whole planes of int64, rule after rule, as in the scalar path of libvmaf 3.2.

Shares nothing with the engine but the definition. Slow; for small pictures.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import math
from collections.abc import Mapping

import numpy as np

LOW, HIGH = (15826, 27411, 7345, -4240), (-4240, -7345, 27411, -15826)
THIRD = np.float32(1 / 3)
DEFAULTS = {
    "adm_csf_mode": 0,
    "adm_csf_scale": 1.0,
    "adm_csf_diag_scale": 1.0,
    "adm_dlm_weight": 0.5,
    "adm_enhn_gain_limit": 100.0,
    "adm_min_val": 0.0,
    "adm_noise_weight": 0.03125,
    "adm_norm_view_dist": 3.0,
    "adm_ref_display_height": 1080,
    "adm_skip_aim": False,
    "adm_skip_scale0": False,
}
# (display height, distance): mode 2 h and v, mode 2 d, mode 3 h and v, mode 3 d
TABLES = {
    (1080, 3.0): (
        (0.01183, 0.025026, 0.04295, 0.058621),
        (0.004302, 0.011778, 0.023918, 0.035901),
        (0.011249, 0.022606, 0.035930, 0.045673),
        (0.004097, 0.010921, 0.021430, 0.031313),
    ),
    (1080, 5.0): (
        (0.004212, 0.014809, 0.029642, 0.047464),
        (0.000984, 0.005852, 0.0146, 0.027574),
        (0.004052, 0.013939, 0.026298, 0.038833),
        (0.000927, 0.005544, 0.013415, 0.024515),
    ),
    (2160, 3.0): (
        (0.00226, 0.01183, 0.025026, 0.04295),
        (0.000479, 0.004302, 0.011778, 0.023918),
        (0.002166, 0.011249, 0.022606, 0.035930),
        (0.000447, 0.004097, 0.010921, 0.021430),
    ),
    (2160, 5.0): (
        (0.000092, 0.004212, 0.014809, 0.029642),
        (0.000050, 0.000984, 0.005852, 0.0146),
        (0.000077, 0.004052, 0.013939, 0.026298),
        (0.000045, 0.000927, 0.005544, 0.013415),
    ),
    (720, 5.0): (
        (0.010144, 0.022561, 0.040309, 0.05672),
        (0.003463, 0.010282, 0.021839, 0.034641),
        (0.009689, 0.020577, 0.034162, 0.044523),
        (0.003302, 0.009579, 0.019661, 0.030318),
    ),
}
TABLES[2160, 1.5] = TABLES[1080, 3.0]

libm = ctypes.CDLL(ctypes.util.find_library("m"))
libm.powf.restype = ctypes.c_float
libm.powf.argtypes = [ctypes.c_float, ctypes.c_float]


def f32(value) -> np.float32:
    return np.float32(value)


def cube_root(value) -> np.float32:
    """The C library's: not always the nearest float, and part of the result."""
    return np.float32(libm.powf(np.float32(value), THIRD))


def rnd(value, shift):
    """Half up, as arithmetic shifts round."""
    assert shift >= 1
    return (value + (1 << (shift - 1))) >> shift


def log2_up(n: int) -> int:
    return (n - 1).bit_length()


def wrap16(value):
    return ((value + 32768) & 65535) - 32768


def wrap32(value):
    return ((value + 2**31) & (2**32 - 1)) - 2**31


def taps(plane: np.ndarray, filt: tuple[int, ...], axis: int) -> np.ndarray:
    """Sums at every other position along an axis, unrounded."""
    n = plane.shape[axis]
    total = 0
    for k, tap in enumerate(filt):
        at = 2 * np.arange((n + 1) // 2) - 1 + k
        at = np.where(at < 0, -at, np.where(at >= n, 2 * n - 1 - at, at))
        total = total + tap * np.take(plane, at, axis)
    return total


def wavelet(plane: np.ndarray, scale: int, bpc: int) -> dict[str, np.ndarray]:
    rows = {}
    for name, filt in (("low", LOW), ("high", HIGH)):
        total = taps(plane, filt, 0)
        if scale == 0:
            offset = 46342 * 2 ** (bpc - 1) if name == "low" else 0
            rows[name] = (total - offset + 2 ** (bpc - 1)) >> bpc
        else:
            rows[name] = total if scale == 1 else rnd(total, 16)
    shift = (16, 15, 16, 15)[scale]
    return {
        "a": rnd(taps(rows["low"], LOW, 1), shift),
        "v": rnd(taps(rows["low"], HIGH, 1), shift),
        "h": rnd(taps(rows["high"], LOW, 1), shift),
        "d": rnd(taps(rows["high"], HIGH, 1), shift),
    }


def angle_flag(oh, ov, th, tv):
    dp, om, tm = ((p).astype(np.float32) for p in (oh * th + ov * tv, oh * oh + ov * ov, th * th + tv * tv))
    c = np.float64(np.float32(math.cos(math.pi / 180) ** 2))
    return (dp >= 0) & (dp.astype(np.float64) ** 2 >= c * om.astype(np.float64) * tm.astype(np.float64))


def ratio(o, t, scale):
    size = np.abs(o)
    along = np.where(o > 0, t, -t)
    e = np.zeros_like(o)
    if scale:
        length = np.frexp(size.astype(np.float64))[1]  # of binary digits
        e = np.where(size < 32768, 0, length - 15)
    q = np.where(e > 0, (size + (1 << np.maximum(e - 1, 0))) >> e, size)
    k = ((2**30 // np.maximum(q, 1)) * along + (1 << (14 + e))) >> (15 + e)
    return np.where(o == 0, 32768, np.clip(k, 0, 32768))


def decouple(o, t, flag, gain, scale):
    """The restored part before and after its gain is limited."""
    k = ratio(o, t, scale)
    restored = (k * o + 16384) >> 15
    gained = restored.astype(np.float64) * gain
    boosted = np.where(o > 0, np.minimum(gained, t), np.maximum(gained, t))
    r = np.where(flag & (k > 0) & (o != 0), np.trunc(boosted).astype(np.int64), restored)
    return r, t - r


def csf(options: Mapping[str, object]) -> tuple[list, list, list[tuple[int, int]]]:
    """Factors of h and v, of d, and both in fixed point."""
    distance, height, mode = (options[f"adm_{k}"] for k in ("norm_view_dist", "ref_display_height", "csf_mode"))
    resolution = float(f32(distance * height * math.pi / 180.0))
    hv, d = [], []
    for s in range(4):
        if mode == 0:
            a_hv, a_d = (0.67234, 0.41317, 0.22727, 0.11792)[s], (0.72709, 0.49428, 0.28688, 0.15214)[s]
            for out, g, a in ((hv, 1.0, a_hv), (d, float(f32(0.534)), a_d)):
                t = f32(math.log10(2 ** (s + 1) * float(f32(0.401)) * g / resolution))
                e = f32(f32(f32(0.466) * t) * t)
                out.append(f32(1) / f32(2.0 * float(f32(0.495)) * math.pow(10.0, e) / float(f32(a))))
        elif mode == 1:
            p = [f32(float.fromhex(x)) for x in ("0x1.8795E4p-2", "0x1.7D88F0p+1", "0x1.25AC04p+0", "0x1.D06F56p+2")]
            f = f32(resolution / 2 ** (s + 1))
            a = f32(1.0 + math.pow(f32(p[0] * f), p[1]))
            b = f32(1.0 / math.pow(1.0 - math.exp(-math.pow(f32(f / f32(7)), 2.0)), p[2]))
            c = f32(float(p[3]) / math.pow(f32(a * b), 0.5))
            m = f32(0)
            for x, y in (
                (0.424838596301290, 0.028),
                (0.572435103936480, 0.37),
                (0.000167576239164937, 37),
                (0.00255872352306433, 360),
            ):
                m = f32(float(m) + float(f32(x)) * math.exp(f32(-f32(y) * f)))
            base = float(f32(f32(c * m) * f32(float.fromhex("0x1.E1F384p+4"))))
            hv.append(f32(base * options["adm_csf_scale"]))
            d.append(f32(base * options["adm_csf_diag_scale"]))
        else:
            table = TABLES[height, distance]
            hv.append(f32(table[2 * mode - 4][s]))
            d.append(f32(table[2 * mode - 3][s]))
    fixed = [(int(float(hv[s]) * 2**32) % 2**32, int(float(d[s]) * 2**32) % 2**32) for s in range(4)]
    fixed[0] = int(float(hv[0]) * 2**21) % 2**16, int(float(d[0]) * 2**23) % 2**16
    if mode == 0 and abs(distance * height - 3240) < 1e-8:
        fixed[0] = 36453, 49417
    return hv, d, fixed


def threshold(mask, factors, scale):
    """Over the whole band."""
    total = 0
    for band in "hvd":
        f = factors[band == "d"]
        z = mask[band]
        if scale == 0:
            q = np.abs(wrap16((z * f + 65535) >> 17 if band == "d" else (z * f + 16384) >> 15))
            around = wrap16((4369 * q + 2048) >> 12)
            centre = wrap16((8738 * q + 2048) >> 12)
        else:
            q = np.abs(rnd(z * f, 28))
            around = (143165577 * q - 2**31) >> 32
            centre = (286331153 * q - 2**31) >> 32
        high = [np.concatenate(([1], np.arange(n), [n - 1])) for n in z.shape]
        padded = around[np.ix_(*high)]
        h, w = z.shape
        for dy in range(3):
            for dx in range(3):
                total = total + (centre if dy == dx == 1 else padded[dy : dy + h, dx : dx + w])
    return total


def masked(signal, mask, factors, scale, window):
    """The three accumulators of one masking run."""
    rows, columns = window
    h, w = signal["h"].shape
    thr = threshold(mask, factors, scale)
    out = []
    for band in "hvd":
        f, d = factors[band == "d"], band == "d"
        if scale == 0:
            x = np.maximum(np.abs(signal[band] * f) - thr * (4096 if d else 1024), 0)
            x2, shift = rnd(x * x, 30 if d else 29), log2_up(w) - (3 if d else 4)
        else:
            x = np.maximum(np.abs(rnd(signal[band] * f, 28)) - thr, 0)
            x2, shift = rnd(x * x, 30), log2_up(w)
        v = rnd(x2 * x, shift)[rows, columns]
        out.append(sum(rnd(sum(row), log2_up(h)) for row in v.tolist()))
    return out


def reference_sums(o, scale, window):
    rows, columns = window
    h, w = rows.stop - rows.start, columns.stop - columns.start
    out = []
    for band in "hvd":
        x = np.abs(o[band][rows, columns])
        if scale == 0:
            shift = max(log2_up(w * h) - 20, 0)
            sums = [sum(row) for row in (x * x * x).tolist()]
            out.append(sum(rnd(s, shift) if shift else s for s in sums))
        else:
            q = (31, 30, 31)[scale - 1]
            v = rnd(((x * x + (1 << q)) >> q) * x, log2_up(w))
            out.append(sum(rnd(sum(row), log2_up(h)) for row in v.tolist()))
    return out


def pooled(values, noise) -> np.float32:
    roots = [cube_root(v) + noise for v in values]
    return (roots[0] + roots[1]) + roots[2]


def scale_scores(scale, sums, shape, window, options, factors):
    """num, aim and den of one scale, f32."""
    area = (window[0].stop - window[0].start) * (window[1].stop - window[1].start)
    noise = cube_root(f32(area * options["adm_noise_weight"]))
    log_h, log_w = log2_up(shape[0]), log2_up(shape[1])
    signals = []
    for acc in (sums["num"], sums["aim"]):
        if scale == 0:
            bits = (52 - (log_w - 4), 52 - (log_w - 4), 57 - (log_w - 3))
            signals.append([f32(float(a) / 2.0 ** (b - log_h)) for a, b in zip(acc, bits, strict=True)])
        else:
            signals.append(
                [
                    np.array(a, np.int64).astype(np.float32) / f32(2.0 ** ((45, 39, 36)[scale - 1] - log_w - log_h))
                    for a in acc
                ]
            )
    h, w = (window[i].stop - window[i].start for i in (0, 1))
    e = 18 - max(log2_up(area) - 20, 0) if scale == 0 else (32, 27, 23)[scale - 1] - log2_up(w) - log2_up(h)
    den = [f32(float(a) / 2.0**e * math.pow(float(factors[band == 2]), 3.0)) for band, a in enumerate(sums["den"])]
    aim = f32(0) if options["adm_skip_aim"] else pooled(signals[1], f32(0))
    return pooled(signals[0], noise), aim, pooled(den, noise)


def adm(reference: np.ndarray, distorted: np.ndarray, bpc: int, **given) -> tuple[dict[str, float], list[dict]]:
    """Every score of a frame pair, by the short names of the golden file, and the integers of each scale."""
    options = {**DEFAULTS, **given}
    o_plane, t_plane = reference.astype(np.int64), distorted.astype(np.int64)
    height, width = reference.shape
    hv, d, fixed = csf(options)
    scores: dict[str, float] = {}
    stages = []
    num = den = aimn = 0.0
    for s in range(4):
        o, t = wavelet(o_plane, s, bpc), wavelet(t_plane, s, bpc)
        o_plane, t_plane = o["a"], t["a"]
        shape = o_plane.shape
        window = tuple(slice(int(n * 0.1 - 0.5), n - int(n * 0.1 - 0.5)) for n in shape)
        flag = angle_flag(o["h"], o["v"], t["h"], t["v"])
        r, a = {}, {}
        for band in "hvd":
            r[band], a[band] = decouple(o[band], t[band], flag, options["adm_enhn_gain_limit"], s)
        sums = {
            "num": masked(r, a, fixed[s], s, window),
            "aim": masked(a, r, fixed[s], s, window),
            "den": reference_sums(o, s, window),
        }
        stages.append({"o": o, "t": t, "flag": flag, "r": r, "a": a, "sums": sums})
        if s == 0 and options["adm_skip_scale0"]:
            num_s, aim_s, den_s = f32(0), f32(0), f32(1e-10)
        else:
            num_s, aim_s, den_s = scale_scores(s, sums, shape, window, options, (hv[s], d[s]))
        num, aimn, den = num + float(num_s), aimn + float(aim_s), den + float(den_s)
        scores[f"num_scale{s}"], scores[f"den_scale{s}"] = float(num_s), float(den_s)
        with np.errstate(all="ignore"):
            scores[f"adm_scale{s}"] = float(np.float64(num_s) / np.float64(den_s))
    limit = (1e-10 * (width * height)) / (1920.0 * 1080.0)
    num, den = (0.0 if v < limit else v for v in (num, den))
    adm2, aim = (num / den, aimn / den) if den else (1.0, 0.0)
    w = options["adm_dlm_weight"]
    mix = adm2 * w + (1 - aim) * (1 - w)
    scores |= {"adm2": adm2, "aim": aim, "adm3": max(mix, options["adm_min_val"]), "num": num, "den": den}
    return scores, stages
