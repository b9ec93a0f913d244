/* CAMBI's counting for vectors of any width. A level includes it once, after VP_LEVEL, its target attribute, and
 * - LANES of 16 bits in a V, LANES / 2 reals in a VF, half a V: the type H;
 * - load, store, set16, add16, sub16, min16, max16 (signed), max_u16, any; set_f, max_f, mul_f, store_f;
 * - count_product: of the counts in two H, and the reciprocals of their sums;
 * - lower_half, upper_half of a V; counting: 1, 2, 3, ...;
 * - equal32, none32: a bit for each of 32 entries that equals another row's, or is no code. */
#include "kernel/cambi_runs.h"

enum { CHUNK = VP_CAMBI_CHUNK };

VP_LEVEL static inline void add_runs(VpCambiRuns runs, const VpCambiBand *band, uint16_t *count, ptrdiff_t stride,
                                     const uint16_t *code, bool subtract)
{
    const V up = counting(), zero = set16(0), step = set16(LANES);
    while (runs.starts) {
        int length;
        const int start = vp_cambi_next_run(&runs, &length);
        const int window = 2 * band->radius + 1, span = length + window - 1;
        uint16_t *const row = count + (code[start] + band->n_diffs) * stride + start;
        const V most = set16(length < window ? length : window);
        V rise = up, fall = sub16(set16(span + 1), up);
        for (int i = 0; i < span; i += LANES) {
            const V add = max16(zero, min16(min16(rise, fall), most));
            const V old = load(row + i);
            store(row + i, subtract ? sub16(old, add) : add16(old, add));
            rise = add16(rise, step);
            fall = sub16(fall, step);
        }
    }
}

VP_LEVEL static void slide(const VpCambiBand *band, uint16_t *count, ptrdiff_t stride, const uint16_t *in,
                           const uint16_t *out, int n)
{
    for (int x = 0; x < n; x += CHUNK) {
        const uint32_t changed = ~equal32(in + x, out + x) & vp_cambi_valid(n - x);
        if (!changed) continue;
        const uint32_t entered = changed & ~none32(in + x), left = changed & ~none32(out + x);
        const VpCambiRuns entering = vp_cambi_find_runs(entered, equal32(in + x, in + x + 1));
        const VpCambiRuns leaving = vp_cambi_find_runs(left, equal32(out + x, out + x + 1));
        add_runs(entering, band, count + x, stride, in + x, false);
        add_runs(leaving, band, count + x, stride, out + x, true);
    }
}

/* The counts of the samples of a tile that matter, samples side by side: own ones, and by the size of the step the
 * larger of the two next to it. */
typedef struct Counts {
    uint16_t own[VP_CAMBI_TILE + CHUNK];
    uint16_t other[VP_CAMBI_DIFFS][VP_CAMBI_TILE + CHUNK];
    int n;
} Counts;

VP_LEVEL static inline void collect(Counts *to, const VpCambiBand *band, const uint16_t *own, ptrdiff_t stride,
                                    int first, int length)
{
    for (int i = 0; i < length; i += LANES) {
        const int at = to->n + i;
        store(to->own + at, load(own + i));
        for (int d = 1; d < first; d++) store(to->other[d - 1] + at, set16(0));
        for (int d = first; d <= band->n_diffs; d++) {
            const V above = load(own + d * stride + i), below = load(own - d * stride + i);
            store(to->other[d - 1] + at, max_u16(above, below));
        }
    }
    to->n += length;
}

/* Contrasts: weight * own * other is exact up to its one rounding, as own * other is below 2^24. */
VP_LEVEL static inline VF value(const VpCambiBand *band, H own, H other, VF weight)
{
    VF reciprocal;
    const VF product = count_product(band->reciprocal, own, other, &reciprocal);
    return mul_f(mul_f(product, weight), reciprocal);
}

VP_LEVEL static int contrast(const VpCambiBand *band, const uint16_t *count, ptrdiff_t stride, const uint16_t *code,
                             int n, float *c)
{
    Counts counts;
    counts.n = 0;
    for (int x = 0; x < n; x += CHUNK) {
        const uint32_t active = vp_cambi_valid(n - x) & ~none32(code + x);
        VpCambiRuns runs = vp_cambi_find_runs(active, equal32(code + x, code + x + 1));
        while (runs.starts) {
            int length;
            const int start = vp_cambi_next_run(&runs, &length), v = code[x + start], first = band->first[v];
            if (first <= band->n_diffs)
                collect(&counts, band, count + (v + band->n_diffs) * stride + x + start, stride, first, length);
        }
    }
    const int found = counts.n;
    store(counts.own + found, set16(0));
    for (int d = 0; d < band->n_diffs; d++) store(counts.other[d] + found, set16(0));
    for (int i = 0; i < found; i += LANES) {
        const V own = load(counts.own + i);
        VF low = set_f(0), high = set_f(0);
        for (int d = 0; d < band->n_diffs; d++) {
            const V other = load(counts.other[d] + i);
            if (!any(other)) continue;
            const VF weight = set_f(vp_cambi_weight[d + 1]);
            const VF a = value(band, lower_half(own), lower_half(other), weight);
            const VF b = value(band, upper_half(own), upper_half(other), weight);
            low = max_f(low, a);
            high = max_f(high, b);
        }
        store_f(c + i, low);
        store_f(c + i + LANES / 2, high);
    }
    return found;
}
