#include "base/cpu.h"

#if defined(VP_X86)
#include <immintrin.h>

#include "kernel/cambi_levels.h"
#include "kernel/cambi_runs.h"

enum { CHUNK = VP_CAMBI_CHUNK, LANES = 32 };

VP_AVX512 static inline __m512i load(const void *p)
{
    return _mm512_loadu_si512(p);
}

VP_AVX512 static inline void store(void *p, __m512i v)
{
    _mm512_storeu_si512(p, v);
}

/* One bit for each of 32 entries compared equal. */
VP_AVX512 static inline uint32_t equal32(const uint16_t *a, const uint16_t *b)
{
    return _mm512_cmpeq_epi16_mask(load(a), load(b));
}

VP_AVX512 static inline uint32_t none32(const uint16_t *a)
{
    return _mm512_cmpeq_epi16_mask(load(a), _mm512_set1_epi16(-1));
}

VP_AVX512 static inline __m256i upper(__m512i v)
{
    return _mm512_extracti64x4_epi64(v, 1);
}

VP_AVX512 static inline void add_runs(VpCambiRuns runs, const VpCambiBand *band, uint16_t *count, ptrdiff_t stride,
                                      const uint16_t *code, bool subtract)
{
    static const int16_t numbers[LANES] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                                           17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
    const __m512i up = load(numbers);
    const __m512i zero = _mm512_setzero_si512(), step = _mm512_set1_epi16(LANES);
    while (runs.starts) {
        int length;
        const int start = vp_cambi_next_run(&runs, &length);
        const int window = 2 * band->radius + 1, span = length + window - 1;
        uint16_t *const row = count + (code[start] + band->n_diffs) * stride + start;
        const __m512i most = _mm512_set1_epi16((short)(length < window ? length : window));
        __m512i rise = up, fall = _mm512_sub_epi16(_mm512_set1_epi16((short)(span + 1)), up);
        for (int i = 0; i < span; i += LANES) {
            const __m512i add = _mm512_max_epi16(zero, _mm512_min_epi16(_mm512_min_epi16(rise, fall), most));
            const __m512i old = load(row + i);
            store(row + i, subtract ? _mm512_sub_epi16(old, add) : _mm512_add_epi16(old, add));
            rise = _mm512_add_epi16(rise, step);
            fall = _mm512_sub_epi16(fall, step);
        }
    }
}

VP_AVX512 static void slide(const VpCambiBand *band, uint16_t *count, ptrdiff_t stride, const uint16_t *in,
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

VP_AVX512 static inline void collect(Counts *to, const VpCambiBand *band, const uint16_t *own, ptrdiff_t stride,
                                     int first, int length)
{
    for (int i = 0; i < length; i += LANES) {
        const int at = to->n + i;
        store(to->own + at, load(own + i));
        for (int d = 1; d < first; d++) store(to->other[d - 1] + at, _mm512_setzero_si512());
        for (int d = first; d <= band->n_diffs; d++) {
            const __m512i above = load(own + d * stride + i), below = load(own - d * stride + i);
            store(to->other[d - 1] + at, _mm512_max_epu16(above, below));
        }
    }
    to->n += length;
}

/* Of 16 samples: weight * own * other is exact up to its one rounding, as own * other is below 2^24. */
VP_AVX512 static inline __m512 value16(const VpCambiBand *band, __m256i own, __m256i other, __m512 weight)
{
    const __m512i p0 = _mm512_cvtepu16_epi32(own), p = _mm512_cvtepu16_epi32(other);
    const __m512 product = _mm512_mul_ps(_mm512_cvtepi32_ps(p0), _mm512_cvtepi32_ps(p));
    const __m512 reciprocal = _mm512_i32gather_ps(_mm512_add_epi32(p0, p), band->reciprocal, 4);
    return _mm512_mul_ps(_mm512_mul_ps(product, weight), reciprocal);
}

VP_AVX512 static int contrast(const VpCambiBand *band, const uint16_t *count, ptrdiff_t stride, const uint16_t *code,
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
    store(counts.own + found, _mm512_setzero_si512());
    for (int d = 0; d < band->n_diffs; d++) store(counts.other[d] + found, _mm512_setzero_si512());
    for (int i = 0; i < found; i += LANES) {
        const __m512i own = load(counts.own + i);
        __m512 low = _mm512_setzero_ps(), high = _mm512_setzero_ps();
        for (int d = 0; d < band->n_diffs; d++) {
            const __m512i other = load(counts.other[d] + i);
            if (!_mm512_test_epi16_mask(other, other)) continue;
            const __m512 weight = _mm512_set1_ps((float)vp_cambi_weight[d + 1]);
            const __m512 a = value16(band, _mm512_castsi512_si256(own), _mm512_castsi512_si256(other), weight);
            const __m512 b = value16(band, upper(own), upper(other), weight);
            low = _mm512_max_ps(low, a);
            high = _mm512_max_ps(high, b);
        }
        _mm512_storeu_ps(c + i, low);
        _mm512_storeu_ps(c + i + 16, high);
    }
    return found;
}

void vp_cambi_kernels_avx512(VpCambiKernels *k)
{
    k->slide = slide;
    k->contrast = contrast;
}
#endif
