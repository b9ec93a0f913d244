#include "base/cpu.h"

#if defined(VP_X86)
#include <immintrin.h>

#include "kernel/cambi_levels.h"
#include "kernel/cambi_runs.h"

enum { CHUNK = VP_CAMBI_CHUNK, LANES = 16 };

VP_AVX2 static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

VP_AVX2 static inline void store(void *p, __m256i v)
{
    _mm256_storeu_si256(p, v);
}

/* One bit for each of 32 entries compared equal. */
VP_AVX2 static inline uint32_t equal32(const uint16_t *a, const uint16_t *b)
{
    const __m256i low = _mm256_cmpeq_epi16(load(a), load(b)), high = _mm256_cmpeq_epi16(load(a + 16), load(b + 16));
    return (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8));
}

VP_AVX2 static inline uint32_t none32(const uint16_t *a)
{
    const __m256i none = _mm256_set1_epi16(-1);
    const __m256i low = _mm256_cmpeq_epi16(load(a), none), high = _mm256_cmpeq_epi16(load(a + 16), none);
    return (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8));
}

VP_AVX2 static inline void add_runs(VpCambiRuns runs, const VpCambiBand *band, uint16_t *count, ptrdiff_t stride,
                                    const uint16_t *code, bool subtract)
{
    const __m256i up = _mm256_setr_epi16(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
    const __m256i zero = _mm256_setzero_si256(), step = _mm256_set1_epi16(LANES);
    while (runs.starts) {
        int length;
        const int start = vp_cambi_next_run(&runs, &length);
        const int window = 2 * band->radius + 1, span = length + window - 1;
        uint16_t *const row = count + (code[start] + band->n_diffs) * stride + start;
        const __m256i most = _mm256_set1_epi16((short)(length < window ? length : window));
        __m256i rise = up, fall = _mm256_sub_epi16(_mm256_set1_epi16((short)(span + 1)), up);
        for (int i = 0; i < span; i += LANES) {
            const __m256i add = _mm256_max_epi16(zero, _mm256_min_epi16(_mm256_min_epi16(rise, fall), most));
            const __m256i old = load(row + i);
            store(row + i, subtract ? _mm256_sub_epi16(old, add) : _mm256_add_epi16(old, add));
            rise = _mm256_add_epi16(rise, step);
            fall = _mm256_sub_epi16(fall, step);
        }
    }
}

VP_AVX2 static void slide(const VpCambiBand *band, uint16_t *count, ptrdiff_t stride, const uint16_t *in,
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

VP_AVX2 static inline void collect(Counts *to, const VpCambiBand *band, const uint16_t *own, ptrdiff_t stride,
                                   int first, int length)
{
    for (int i = 0; i < length; i += LANES) {
        const int at = to->n + i;
        store(to->own + at, load(own + i));
        for (int d = 1; d < first; d++) store(to->other[d - 1] + at, _mm256_setzero_si256());
        for (int d = first; d <= band->n_diffs; d++) {
            const __m256i above = load(own + d * stride + i), below = load(own - d * stride + i);
            store(to->other[d - 1] + at, _mm256_max_epu16(above, below));
        }
    }
    to->n += length;
}

/* Of 8 samples: weight * own * other is exact up to its one rounding, as own * other is below 2^24. */
VP_AVX2 static inline __m256 value8(const VpCambiBand *band, __m128i own, __m128i other, __m256 weight)
{
    const __m256i p0 = _mm256_cvtepu16_epi32(own), p = _mm256_cvtepu16_epi32(other);
    const __m256 product = _mm256_mul_ps(_mm256_cvtepi32_ps(p0), _mm256_cvtepi32_ps(p));
    const __m256 reciprocal = _mm256_i32gather_ps(band->reciprocal, _mm256_add_epi32(p0, p), 4);
    return _mm256_mul_ps(_mm256_mul_ps(product, weight), reciprocal);
}

VP_AVX2 static int contrast(const VpCambiBand *band, const uint16_t *count, ptrdiff_t stride, const uint16_t *code,
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
    store(counts.own + found, _mm256_setzero_si256());
    for (int d = 0; d < band->n_diffs; d++) store(counts.other[d] + found, _mm256_setzero_si256());
    for (int i = 0; i < found; i += LANES) {
        const __m256i own = load(counts.own + i);
        __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
        for (int d = 0; d < band->n_diffs; d++) {
            const __m256i other = load(counts.other[d] + i);
            if (_mm256_testz_si256(other, other)) continue;
            const __m256 weight = _mm256_set1_ps((float)vp_cambi_weight[d + 1]);
            const __m256 a = value8(band, _mm256_castsi256_si128(own), _mm256_castsi256_si128(other), weight);
            const __m256 b = value8(band, _mm256_extracti128_si256(own, 1), _mm256_extracti128_si256(other, 1), weight);
            low = _mm256_max_ps(low, a);
            high = _mm256_max_ps(high, b);
        }
        _mm256_storeu_ps(c + i, low);
        _mm256_storeu_ps(c + i + 8, high);
    }
    return found;
}

/* Sums of up to BLOCK contrasts are exact in double precision: below 2^14 each, multiples of 2^-24. */
VP_AVX2 static int64_t sum(const float *c, size_t n, size_t *non_zero)
{
    enum { BLOCK = 4096 };
    int64_t total = 0;
    size_t i = 0, zeros = 0;
    while (n - i >= 8) {
        const size_t end = i + (n - i < BLOCK ? (n - i) / 8 * 8 : BLOCK);
        __m256d low = _mm256_setzero_pd(), high = _mm256_setzero_pd();
        for (; i < end; i += 8) {
            const __m256 v = _mm256_loadu_ps(c + i);
            low = _mm256_add_pd(low, _mm256_cvtps_pd(_mm256_castps256_ps128(v)));
            high = _mm256_add_pd(high, _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)));
            const __m256 is_zero = _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_EQ_OQ);
            zeros += (size_t)_mm_popcnt_u32((unsigned)_mm256_movemask_ps(is_zero));
        }
        double lane[4];
        _mm256_storeu_pd(lane, _mm256_add_pd(low, high));
        total += (int64_t)((lane[0] + lane[1] + lane[2] + lane[3]) * 16777216.0);
    }
    size_t rest;
    total += vp_cambi_plain.sum(c + i, n - i, &rest);
    *non_zero = i - zeros + rest;
    return total;
}

void vp_cambi_kernels_avx2(VpCambiKernels *k)
{
    vp_cambi_picture_kernels_avx2(k);
    k->slide = slide;
    k->contrast = contrast;
    k->sum = sum;
}
#endif
