"""CAMBI as its definition reads: numpy, whole pictures, no thought of speed."""

from __future__ import annotations

import numpy as np

WEIGHT = [0, *[1, 2, 3, 4, 4, 5, 5], *[6] * 4, *[7] * 4, *[8] * 7, *[9] * 10]


def _luminance(code, eotf):
    v = (min(max(code, 64), 940) - 64) / 876
    if eotf == "pq":
        m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
        p = v ** (1 / m2)
        return 10000 * (max(p - c1, 0) / (c2 - c3 * p)) ** (1 / m1)
    q = 300 ** (1 / 2.4) - 0.01 ** (1 / 2.4)
    return q**2.4 * max(v + 0.01 ** (1 / 2.4) / q, 0) ** 2.4


def _visible_up_to(diff, threshold, eotf):
    light = [_luminance(s, eotf) for s in range(1024)]
    seen = [s for s in range(64, 941 - diff) if light[s + diff] - light[s] > threshold * light[s]]
    return 0 if not seen else 1023 if seen[-1] == 940 - diff else seen[-1]


def _darkest(luminance, eotf):
    bright = [s for s in range(64, 941) if _luminance(s, eotf) >= luminance]
    return 10**6 if not bright else 0 if bright[0] == 64 else bright[0]


def reciprocals(n_max):
    """1 / n with nine significant decimal digits, as float32."""
    return np.array([0.0] + [float(f"{1 / n:.8e}") for n in range(1, n_max + 1)]).astype(np.float32)


def _positions(n_in, n_out):
    ratio = np.float32(n_in) / np.float32(n_out)
    at = np.float32(np.float64(ratio / np.float32(2)) - 0.5)
    index = []
    for _ in range(n_out):
        index.append(min(int(np.float64(at) + 0.5), n_in - 1))
        at = np.float32(at + ratio)
    return list(range(n_in)) if n_in == n_out else index


def _ten_bit(luma, bpc):
    s = luma.astype(np.int64)
    return s << (10 - bpc) if bpc <= 10 else (s + (1 << (bpc - 11))) >> (bpc - 10)


def _smooth(y):
    p = np.pad(y, ((0, 1), (0, 1)), mode="edge")
    return (p[:-1, :-1] + p[:-1, 1:] + p[1:, :-1] + p[1:, 1:]) >> 2


def _box(a, radius):
    """Sums over squares, cut at the border."""
    p = np.pad(a, radius + 1)[:-1, :-1].cumsum(0).cumsum(1)
    k = 2 * radius + 1
    return p[k:, k:] - p[:-k, k:] - p[k:, :-k] + p[:-k, :-k]


def _mask(y):
    p = np.pad(y, ((0, 1), (0, 1)), mode="edge")
    flat = (p[:-1, :-1] == p[:-1, 1:]) & (p[:-1, :-1] == p[1:, :-1])
    n = (y.shape[1] >> 6) * (y.shape[0] >> 6)
    k = max(n - 1, 0).bit_length()
    p = np.pad(flat.astype(np.int64), 3)
    square = sum(p[i : i + y.shape[0], j : j + y.shape[1]] for i in range(7) for j in range(7))
    return square > (48 + 3 * (k - 11)) >> 1


def _mode3(a, b, c):
    return np.where((a == b) | (a == c), a, np.where(b == c, b, np.minimum(np.minimum(a, b), c)))


def _mode_filter(y):
    t = y.copy()
    t[:, 1:-1] = _mode3(y[:, :-2], y[:, 1:-1], y[:, 2:])
    out = y.copy()
    if len(y) >= 3:
        out[1:-1] = _mode3(t[:-2], t[1:-1], t[2:])
    return out


def _window(option, w, h, half):
    a = ((option * (w + h)) // 375) >> 4
    return ((a + 1) >> 1 if half else a) | 1


def contrasts(luma, bpc, form=None, smooth=None, half=False, window=65, n_diffs=4, **limits):
    """The c-values of the five scales, float32. `form`: width and height of the picture judged."""
    threshold, light = limits.get("threshold", 0.019), limits.get("light", 0.0)
    eotf = limits.get("eotf", "bt1886")
    h_in, w_in = luma.shape
    w, h = form or (w_in, h_in)
    y = _ten_bit(luma, bpc)[np.ix_(_positions(h_in, h), _positions(w_in, w))]
    if bpc < 10 if smooth is None else smooth:
        y = _smooth(y)
    mask = _mask(y)
    win = _window(window, w, h, half)
    tvi = [0] + [_visible_up_to(d, threshold, eotf) for d in range(1, n_diffs + 1)]
    vlt, rcp = _darkest(light, eotf), reciprocals(win * win)
    for scale in range(5):
        if scale or half:
            y, mask = y[::2, ::2], mask[::2, ::2]
        y = _mode_filter(y)
        count = {v: _box(((y == v) & mask).astype(np.int64), win // 2) for v in np.unique(y[mask])}
        none = np.zeros(y.shape, np.int64)
        c = np.zeros(y.shape, np.float32)
        for v, own in count.items():
            best = np.zeros(y.shape, np.float32)
            for d in range(1, n_diffs + 1):
                if v <= tvi[d] and v + n_diffs + d > vlt:
                    p = np.maximum(count.get(v + d, none), count.get(v - d, none))
                    best = np.maximum(best, (WEIGHT[d] * own * p).astype(np.float32) * rcp[own + p])
            here = (y == v) & mask
            c[here] = best[here]
        yield c


def score(luma, bpc, topk=0.6, **options):
    """The index, without upper limit."""
    h, w = luma.shape
    w, h = options.get("form") or (w, h)
    win, total = _window(options.get("window", 65), w, h, options.get("half", False)), 0.0
    for scale, c in enumerate(contrasts(luma, bpc, **options)):
        keep = min(max(int(topk * c.size), 1), c.size)
        total += (16 >> scale) * (np.sort(c, axis=None)[::-1][:keep].astype(np.float64).sum() / keep)
    return total / (win * win)
