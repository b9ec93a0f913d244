/* Integer ADM: contrast sensitivity, contrast masking and the sums of cubes, with AVX2. */
#include "kernel/adm_levels.h"

#if defined(VP_X86)
#include <immintrin.h>

VP_AVX2 static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

VP_AVX2 static inline void store(void *p, __m256i v)
{
    _mm256_storeu_si256(p, v);
}

VP_AVX2 static inline uint64_t sum_lanes(__m256i v)
{
    const __m128i half = _mm_add_epi64(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    return (uint64_t)_mm_cvtsi128_si64(half) + (uint64_t)_mm_extract_epi64(half, 1);
}

/* -1 in the first n of eight lanes. */
VP_AVX2 static inline __m256i first_lanes(int n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}

/* (a f + 16384) >> 15 in 16 bits, for any f of 16 bits: with f = 65536 + m, m negative, 2 a + the same of m. */
typedef struct Multiplier {
    __m256i m, twice; /* twice: -1 if 2 a is to be added */
} Multiplier;

VP_AVX2 static inline Multiplier multiplier(uint32_t f)
{
    return (Multiplier){_mm256_set1_epi16((int16_t)(uint16_t)f), _mm256_set1_epi16(f >= 32768 ? -1 : 0)};
}

VP_AVX2 static inline __m256i weighted16_hv(__m256i z, Multiplier f)
{
    return _mm256_add_epi16(_mm256_mulhrs_epi16(z, f.m), _mm256_and_si256(_mm256_add_epi16(z, z), f.twice));
}

/* (z f + 65535) >> 17: the high half of the product, rounded up, halved */
VP_AVX2 static inline __m256i weighted16_d(__m256i z, Multiplier f)
{
    const __m256i high = _mm256_add_epi16(_mm256_mulhi_epi16(z, f.m), _mm256_and_si256(z, f.twice));
    const __m256i exact = _mm256_cmpeq_epi16(_mm256_mullo_epi16(z, f.m), _mm256_setzero_si256());
    return _mm256_srai_epi16(_mm256_add_epi16(_mm256_add_epi16(high, exact), _mm256_set1_epi16(1)), 1);
}

/* (4369 q + 2048) >> 12 and (8738 q + 2048) >> 12, the latter wrapping: 8 times 4369 is 65536 - 30584, 8 times 8738 is
 * 65536 + 4368. */
VP_AVX2 static inline __m256i around16(__m256i q)
{
    return _mm256_add_epi16(_mm256_mulhrs_epi16(q, _mm256_set1_epi16(-30584)), _mm256_add_epi16(q, q));
}

VP_AVX2 static inline __m256i centre16(__m256i q)
{
    return _mm256_add_epi16(_mm256_mulhrs_epi16(q, _mm256_set1_epi16(4368)), _mm256_add_epi16(q, q));
}

VP_AVX2 static inline __m256i widen(__m256i v, int half)
{
    return _mm256_cvtepi16_epi32(half ? _mm256_extracti128_si256(v, 1) : _mm256_castsi256_si128(v));
}

VP_AVX2 static void mask16(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre, int n)
{
    if (!vp_adm_factors16_fit(f)) {
        vp_adm_mask16_c(z, f, around, centre, n);
        return;
    }
    const Multiplier hv = multiplier(f.hv), d = multiplier(f.d);
    for (int x = 0; x < n; x += 16) {
        const __m256i qh = _mm256_abs_epi16(weighted16_hv(load((const int16_t *)z[VP_ADM_H] + x), hv));
        const __m256i qv = _mm256_abs_epi16(weighted16_hv(load((const int16_t *)z[VP_ADM_V] + x), hv));
        const __m256i qd = _mm256_abs_epi16(weighted16_d(load((const int16_t *)z[VP_ADM_D] + x), d));
        const __m256i a = _mm256_add_epi16(_mm256_add_epi16(around16(qh), around16(qv)), around16(qd));
        const __m256i ch = centre16(qh), cv = centre16(qv), cd = centre16(qd);
        for (int i = 0; i < 2; i++) {
            const __m256i wide =
                _mm256_cvtepu16_epi32(i ? _mm256_extracti128_si256(a, 1) : _mm256_castsi256_si128(a));
            const __m256i c = _mm256_add_epi32(_mm256_add_epi32(widen(ch, i), widen(cv, i)), widen(cd, i));
            store(around + x + 8 * i, wide);
            store(centre + x + 8 * i, _mm256_sub_epi32(c, wide));
        }
    }
}

/* Bits 28 to 59 of the products with a factor below 2^28, rounded. */
VP_AVX2 static inline __m256i weighted32(__m256i z, __m256i f)
{
    const __m256i half = _mm256_set1_epi64x(1 << 27);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(z, f), half);
    const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(z, 32), f), half);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 28), _mm256_slli_epi64(odd, 4), 0xAA);
}

/* The high halves of the products of q, less a half. */
VP_AVX2 static inline __m256i mask_of32(__m256i q, __m256i q_odd, int32_t weight)
{
    const __m256i w = _mm256_set1_epi32(weight), half = _mm256_set1_epi64x((int64_t)1 << 31);
    const __m256i even = _mm256_sub_epi64(_mm256_mul_epu32(q, w), half);
    const __m256i odd = _mm256_sub_epi64(_mm256_mul_epu32(q_odd, w), half);
    return _mm256_blend_epi32(_mm256_srli_epi64(even, 32), odd, 0xAA);
}

VP_AVX2 static void mask32(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre, int n)
{
    if (!vp_adm_factors32_fit(f)) {
        vp_adm_mask32_c(z, f, around, centre, n);
        return;
    }
    const __m256i factor[2] = {_mm256_set1_epi32((int32_t)f.hv), _mm256_set1_epi32((int32_t)f.d)};
    for (int x = 0; x < n; x += 8) {
        __m256i a = _mm256_setzero_si256(), c = a;
        for (int b = 0; b < VP_ADM_BANDS; b++) {
            const __m256i q = _mm256_abs_epi32(weighted32(load((const int32_t *)z[b] + x), factor[b == VP_ADM_D]));
            const __m256i odd = _mm256_srli_epi64(q, 32);
            a = _mm256_add_epi32(a, mask_of32(q, odd, 143165577));
            c = _mm256_add_epi32(c, mask_of32(q, odd, 286331153));
        }
        store(around + x, a);
        store(centre + x, _mm256_sub_epi32(c, a));
    }
}

VP_AVX2 static void threshold(const int32_t *const around[3], const int32_t *centre, int32_t *out, int n)
{
    enum { BLOCK = 256 };
    int32_t column[BLOCK + 16]; /* sums of three rows, from x - 1 on */
    for (int x = 0; x < n; x += BLOCK) {
        const int m = n - x < BLOCK ? n - x : BLOCK;
        for (int i = 0; i < m + 2; i += 8) {
            const __m256i two = _mm256_add_epi32(load(around[0] + x - 1 + i), load(around[1] + x - 1 + i));
            store(column + i, _mm256_add_epi32(two, load(around[2] + x - 1 + i)));
        }
        for (int i = 0; i < m; i += 8) {
            const __m256i two = _mm256_add_epi32(load(column + i), load(column + i + 1));
            const __m256i sum = _mm256_add_epi32(two, load(column + i + 2));
            store(out + x + i, _mm256_add_epi32(sum, load(centre + x + i)));
        }
    }
}

/* Cubes of eight values of 0 to 2^31 - 1, in two rounded steps; the first must fit 32 bits. */
typedef struct CubeSteps {
    __m256i half2, half3;
    __m128i shift2, shift3;
} CubeSteps;

VP_AVX2 static inline CubeSteps cube_steps(int shift2, int shift3)
{
    return (CubeSteps){_mm256_set1_epi64x((int64_t)1 << (shift2 - 1)), _mm256_set1_epi64x((int64_t)1 << (shift3 - 1)),
                       _mm_cvtsi32_si128(shift2), _mm_cvtsi32_si128(shift3)};
}

VP_AVX2 static inline __m256i cube4(__m256i x, CubeSteps s)
{
    const __m256i x2 = _mm256_srl_epi64(_mm256_add_epi64(_mm256_mul_epu32(x, x), s.half2), s.shift2);
    return _mm256_srl_epi64(_mm256_add_epi64(_mm256_mul_epu32(x2, x), s.half3), s.shift3);
}

VP_AVX2 static inline __m256i add_cubes(__m256i sum, __m256i x, CubeSteps s)
{
    sum = _mm256_add_epi64(sum, cube4(x, s));
    return _mm256_add_epi64(sum, cube4(_mm256_srli_epi64(x, 32), s));
}

VP_AVX2 static inline __m256i above(__m256i size, __m256i lowered_by)
{
    return _mm256_max_epi32(_mm256_sub_epi32(size, lowered_by), _mm256_setzero_si256());
}

VP_AVX2 static inline __m256i signal16(const int16_t *z, __m256i f, __m256i lowered_by)
{
    const __m256i wide = _mm256_cvtepi16_epi32(_mm_loadu_si128((const void *)z));
    return above(_mm256_abs_epi32(_mm256_mullo_epi32(wide, f)), lowered_by);
}

VP_AVX2 static void cubes16(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *thr, int log2_width,
                            int n, uint64_t sum[VP_ADM_BANDS])
{
    if (!vp_adm_factors16_fit(f)) {
        vp_adm_cubes16_c(z, f, thr, log2_width, n, sum);
        return;
    }
    const int16_t *h = z[VP_ADM_H], *v = z[VP_ADM_V], *d = z[VP_ADM_D];
    const __m256i fhv = _mm256_set1_epi32((int32_t)f.hv), fd = _mm256_set1_epi32((int32_t)f.d);
    const CubeSteps hv_steps = cube_steps(29, log2_width - 4), d_steps = cube_steps(30, log2_width - 3);
    __m256i sh = _mm256_setzero_si256(), sv = sh, sd = sh;
    for (int x = 0; x < n; x += 8) {
        const __m256i t = load(thr + x), thv = _mm256_slli_epi32(t, 10), td = _mm256_slli_epi32(t, 12);
        const __m256i keep = first_lanes(n - x);
        const __m256i xh = _mm256_and_si256(signal16(h + x, fhv, thv), keep);
        const __m256i xv = _mm256_and_si256(signal16(v + x, fhv, thv), keep);
        const __m256i xd = _mm256_and_si256(signal16(d + x, fd, td), keep);
        const __m256i any = _mm256_or_si256(_mm256_or_si256(xh, xv), xd);
        if (_mm256_testz_si256(any, any)) continue; /* much of what is added is masked */
        sh = add_cubes(sh, xh, hv_steps);
        sv = add_cubes(sv, xv, hv_steps);
        sd = add_cubes(sd, xd, d_steps);
    }
    sum[VP_ADM_H] = sum_lanes(sh);
    sum[VP_ADM_V] = sum_lanes(sv);
    sum[VP_ADM_D] = sum_lanes(sd);
}

VP_AVX2 static void cubes32(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *thr, int log2_width,
                            int n, uint64_t sum[VP_ADM_BANDS])
{
    if (!vp_adm_factors32_fit(f)) {
        vp_adm_cubes32_c(z, f, thr, log2_width, n, sum);
        return;
    }
    const CubeSteps steps = cube_steps(30, log2_width);
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const __m256i factor = _mm256_set1_epi32((int32_t)(b == VP_ADM_D ? f.d : f.hv));
        __m256i s = _mm256_setzero_si256();
        for (int x = 0; x < n; x += 8) {
            const __m256i size = _mm256_abs_epi32(weighted32(load((const int32_t *)z[b] + x), factor));
            s = add_cubes(s, _mm256_and_si256(above(size, load(thr + x)), first_lanes(n - x)), steps);
        }
        sum[b] = sum_lanes(s);
    }
}

VP_AVX2 static void cubes_reference16(const void *const o[VP_ADM_BANDS], int scale, int log2_width, int n,
                                      uint64_t sum[VP_ADM_BANDS])
{
    (void)scale;
    (void)log2_width;
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        __m256i s = _mm256_setzero_si256();
        for (int x = 0; x < n; x += 8) {
            const __m128i size = _mm_abs_epi16(_mm_loadu_si128((const void *)((const int16_t *)o[b] + x)));
            const __m256i wide = _mm256_and_si256(_mm256_cvtepi16_epi32(size), first_lanes(n - x));
            const __m256i square = _mm256_madd_epi16(wide, wide);
            s = _mm256_add_epi64(s, _mm256_mul_epu32(square, wide));
            s = _mm256_add_epi64(s, _mm256_mul_epu32(_mm256_srli_epi64(square, 32), _mm256_srli_epi64(wide, 32)));
        }
        sum[b] = sum_lanes(s);
    }
}

VP_AVX2 static inline __m256i cube_reference4(__m256i size, __m128i shift2, __m256i half3, __m128i shift3)
{
    const __m256i square =
        _mm256_add_epi64(_mm256_srl_epi64(_mm256_mul_epu32(size, size), shift2), _mm256_set1_epi64x(1));
    return _mm256_srl_epi64(_mm256_add_epi64(_mm256_mul_epu32(square, size), half3), shift3);
}

VP_AVX2 static void cubes_reference32(const void *const o[VP_ADM_BANDS], int scale, int log2_width, int n,
                                      uint64_t sum[VP_ADM_BANDS])
{
    const __m128i shift2 = _mm_cvtsi32_si128(scale == 2 ? 30 : 31), shift3 = _mm_cvtsi32_si128(log2_width);
    const __m256i half3 = _mm256_set1_epi64x((int64_t)1 << (log2_width - 1));
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        __m256i s = _mm256_setzero_si256();
        for (int x = 0; x < n; x += 8) {
            const __m256i all = _mm256_abs_epi32(load((const int32_t *)o[b] + x));
            const __m256i size = _mm256_and_si256(all, first_lanes(n - x));
            s = _mm256_add_epi64(s, cube_reference4(size, shift2, half3, shift3));
            s = _mm256_add_epi64(s, cube_reference4(_mm256_srli_epi64(size, 32), shift2, half3, shift3));
        }
        sum[b] = sum_lanes(s);
    }
}

void vp_adm_mask_avx2(VpAdmKernels *k)
{
    k->band[0].mask = mask16;
    k->band[0].cubes = cubes16;
    k->band[0].cubes_reference = cubes_reference16;
    k->band[1].mask = mask32;
    k->band[1].cubes = cubes32;
    k->band[1].cubes_reference = cubes_reference32;
    k->threshold = threshold;
}
#endif
