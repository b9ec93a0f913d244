/* Integer ADM: contrast sensitivity, contrast masking and the sums of cubes, with AVX-512. */
#include "kernel/adm_levels.h"

#if defined(VP_X86)
#include <immintrin.h>

VP_AVX512 static inline __m512i load(const void *p)
{
    return _mm512_loadu_si512(p);
}

VP_AVX512 static inline void store(void *p, __m512i v)
{
    _mm512_storeu_si512(p, v);
}

VP_AVX512 static inline uint64_t sum_lanes(__m512i v)
{
    uint64_t lane[8], sum = 0;
    store(lane, v);
    for (int i = 0; i < 8; i++) sum += lane[i];
    return sum;
}

/* The first n of sixteen lanes. */
VP_AVX512 static inline __mmask16 first_lanes(int n)
{
    return (__mmask16)(n >= 16 ? 0xFFFF : (1 << n) - 1);
}

/* (a f + 16384) >> 15 in 16 bits, for any f of 16 bits: with f = 65536 + m, m negative, 2 a + the same of m. */
typedef struct Multiplier {
    __m512i m, twice; /* twice: -1 if 2 a is to be added */
} Multiplier;

VP_AVX512 static inline Multiplier multiplier(uint32_t f)
{
    return (Multiplier){_mm512_set1_epi16((int16_t)(uint16_t)f), _mm512_set1_epi16(f >= 32768 ? -1 : 0)};
}

VP_AVX512 static inline __m512i weighted16_hv(__m512i z, Multiplier f)
{
    return _mm512_add_epi16(_mm512_mulhrs_epi16(z, f.m), _mm512_and_si512(_mm512_add_epi16(z, z), f.twice));
}

/* (z f + 65535) >> 17: the high half of the product, rounded up, halved */
VP_AVX512 static inline __m512i weighted16_d(__m512i z, Multiplier f)
{
    const __m512i high = _mm512_add_epi16(_mm512_mulhi_epi16(z, f.m), _mm512_and_si512(z, f.twice));
    const __m512i rest = _mm512_mullo_epi16(z, f.m);
    const __m512i up = _mm512_mask_add_epi16(high, _mm512_test_epi16_mask(rest, rest), high, _mm512_set1_epi16(1));
    return _mm512_srai_epi16(up, 1);
}

/* (4369 q + 2048) >> 12 and (8738 q + 2048) >> 12, the latter wrapping: 8 times 4369 is 65536 - 30584, 8 times 8738 is
 * 65536 + 4368. */
VP_AVX512 static inline __m512i around16(__m512i q)
{
    return _mm512_add_epi16(_mm512_mulhrs_epi16(q, _mm512_set1_epi16(-30584)), _mm512_add_epi16(q, q));
}

VP_AVX512 static inline __m512i centre16(__m512i q)
{
    return _mm512_add_epi16(_mm512_mulhrs_epi16(q, _mm512_set1_epi16(4368)), _mm512_add_epi16(q, q));
}

VP_AVX512 static inline __m256i half_of(__m512i v, int half)
{
    return half ? _mm512_extracti64x4_epi64(v, 1) : _mm512_castsi512_si256(v);
}

VP_AVX512 static void mask16(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre,
                             int n)
{
    if (!vp_adm_factors16_fit(f)) {
        vp_adm_mask16_c(z, f, around, centre, n);
        return;
    }
    const Multiplier hv = multiplier(f.hv), d = multiplier(f.d);
    for (int x = 0; x < n; x += 32) {
        const __m512i qh = _mm512_abs_epi16(weighted16_hv(load((const int16_t *)z[VP_ADM_H] + x), hv));
        const __m512i qv = _mm512_abs_epi16(weighted16_hv(load((const int16_t *)z[VP_ADM_V] + x), hv));
        const __m512i qd = _mm512_abs_epi16(weighted16_d(load((const int16_t *)z[VP_ADM_D] + x), d));
        const __m512i a = _mm512_add_epi16(_mm512_add_epi16(around16(qh), around16(qv)), around16(qd));
        const __m512i ch = centre16(qh), cv = centre16(qv), cd = centre16(qd);
        for (int i = 0; i < 2; i++) {
            const __m512i wide = _mm512_cvtepu16_epi32(half_of(a, i));
            const __m512i c = _mm512_add_epi32(_mm512_add_epi32(_mm512_cvtepi16_epi32(half_of(ch, i)),
                                                                _mm512_cvtepi16_epi32(half_of(cv, i))),
                                               _mm512_cvtepi16_epi32(half_of(cd, i)));
            store(around + x + 16 * i, wide);
            store(centre + x + 16 * i, _mm512_sub_epi32(c, wide));
        }
    }
}

enum { ODD = 0xAAAA }; /* of 32-bit lanes */

/* Bits 28 to 59 of the products with a factor below 2^28, rounded. */
VP_AVX512 static inline __m512i weighted32(__m512i z, __m512i f)
{
    const __m512i half = _mm512_set1_epi64(1 << 27);
    const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(z, f), half);
    const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(z, 32), f), half);
    return _mm512_mask_blend_epi32(ODD, _mm512_srli_epi64(even, 28), _mm512_slli_epi64(odd, 4));
}

/* The high halves of the products of q, less a half. */
VP_AVX512 static inline __m512i mask_of32(__m512i q, __m512i q_odd, int32_t weight)
{
    const __m512i w = _mm512_set1_epi32(weight), half = _mm512_set1_epi64((int64_t)1 << 31);
    const __m512i even = _mm512_sub_epi64(_mm512_mul_epu32(q, w), half);
    const __m512i odd = _mm512_sub_epi64(_mm512_mul_epu32(q_odd, w), half);
    return _mm512_mask_blend_epi32(ODD, _mm512_srli_epi64(even, 32), odd);
}

VP_AVX512 static void mask32(const void *const z[VP_ADM_BANDS], VpAdmFactors f, int32_t *around, int32_t *centre,
                             int n)
{
    if (!vp_adm_factors32_fit(f)) {
        vp_adm_mask32_c(z, f, around, centre, n);
        return;
    }
    const __m512i factor[2] = {_mm512_set1_epi32((int32_t)f.hv), _mm512_set1_epi32((int32_t)f.d)};
    for (int x = 0; x < n; x += 16) {
        __m512i a = _mm512_setzero_si512(), c = a;
        for (int b = 0; b < VP_ADM_BANDS; b++) {
            const __m512i q = _mm512_abs_epi32(weighted32(load((const int32_t *)z[b] + x), factor[b == VP_ADM_D]));
            const __m512i odd = _mm512_srli_epi64(q, 32);
            a = _mm512_add_epi32(a, mask_of32(q, odd, 143165577));
            c = _mm512_add_epi32(c, mask_of32(q, odd, 286331153));
        }
        store(around + x, a);
        store(centre + x, _mm512_sub_epi32(c, a));
    }
}

VP_AVX512 static void threshold(const int32_t *const around[3], const int32_t *centre, int32_t *out, int n)
{
    enum { BLOCK = 512 };
    int32_t column[BLOCK + 32]; /* sums of three rows, from x - 1 on */
    for (int x = 0; x < n; x += BLOCK) {
        const int m = n - x < BLOCK ? n - x : BLOCK;
        for (int i = 0; i < m + 2; i += 16) {
            const __m512i two = _mm512_add_epi32(load(around[0] + x - 1 + i), load(around[1] + x - 1 + i));
            store(column + i, _mm512_add_epi32(two, load(around[2] + x - 1 + i)));
        }
        for (int i = 0; i < m; i += 16) {
            const __m512i two = _mm512_add_epi32(load(column + i), load(column + i + 1));
            const __m512i sum = _mm512_add_epi32(two, load(column + i + 2));
            store(out + x + i, _mm512_add_epi32(sum, load(centre + x + i)));
        }
    }
}

/* Cubes of values of 0 to 2^31 - 1, in two rounded steps; the first must fit 32 bits. */
typedef struct CubeSteps {
    __m512i half2, half3;
    __m128i shift2, shift3;
} CubeSteps;

VP_AVX512 static inline CubeSteps cube_steps(int shift2, int shift3)
{
    return (CubeSteps){_mm512_set1_epi64((int64_t)1 << (shift2 - 1)), _mm512_set1_epi64((int64_t)1 << (shift3 - 1)),
                       _mm_cvtsi32_si128(shift2), _mm_cvtsi32_si128(shift3)};
}

VP_AVX512 static inline __m512i cube8(__m512i x, CubeSteps s)
{
    const __m512i x2 = _mm512_srl_epi64(_mm512_add_epi64(_mm512_mul_epu32(x, x), s.half2), s.shift2);
    return _mm512_srl_epi64(_mm512_add_epi64(_mm512_mul_epu32(x2, x), s.half3), s.shift3);
}

VP_AVX512 static inline __m512i add_cubes(__m512i sum, __m512i x, CubeSteps s)
{
    sum = _mm512_add_epi64(sum, cube8(x, s));
    return _mm512_add_epi64(sum, cube8(_mm512_srli_epi64(x, 32), s));
}

/* What is above the threshold, in the lanes to keep. */
VP_AVX512 static inline __m512i above(__m512i size, __m512i lowered_by, __mmask16 keep)
{
    return _mm512_maskz_mov_epi32(keep, _mm512_max_epi32(_mm512_sub_epi32(size, lowered_by), _mm512_setzero_si512()));
}

VP_AVX512 static inline __m512i signal16(const int16_t *z, __m512i f)
{
    return _mm512_abs_epi32(_mm512_mullo_epi32(_mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)z)), f));
}

VP_AVX512 static void cubes16(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *thr, int log2_width,
                              int n, uint64_t sum[VP_ADM_BANDS])
{
    if (!vp_adm_factors16_fit(f)) {
        vp_adm_cubes16_c(z, f, thr, log2_width, n, sum);
        return;
    }
    const int16_t *h = z[VP_ADM_H], *v = z[VP_ADM_V], *d = z[VP_ADM_D];
    const __m512i fhv = _mm512_set1_epi32((int32_t)f.hv), fd = _mm512_set1_epi32((int32_t)f.d);
    const CubeSteps hv_steps = cube_steps(29, log2_width - 4), d_steps = cube_steps(30, log2_width - 3);
    __m512i sh = _mm512_setzero_si512(), sv = sh, sd = sh;
    for (int x = 0; x < n; x += 16) {
        const __m512i t = load(thr + x), thv = _mm512_slli_epi32(t, 10), td = _mm512_slli_epi32(t, 12);
        const __mmask16 keep = first_lanes(n - x);
        const __m512i xh = above(signal16(h + x, fhv), thv, keep), xv = above(signal16(v + x, fhv), thv, keep);
        const __m512i xd = above(signal16(d + x, fd), td, keep);
        const __m512i any = _mm512_or_si512(_mm512_or_si512(xh, xv), xd);
        if (!_mm512_test_epi32_mask(any, any)) continue; /* much of what is added is masked */
        sh = add_cubes(sh, xh, hv_steps);
        sv = add_cubes(sv, xv, hv_steps);
        sd = add_cubes(sd, xd, d_steps);
    }
    sum[VP_ADM_H] = sum_lanes(sh);
    sum[VP_ADM_V] = sum_lanes(sv);
    sum[VP_ADM_D] = sum_lanes(sd);
}

VP_AVX512 static void cubes32(const void *const z[VP_ADM_BANDS], VpAdmFactors f, const int32_t *thr, int log2_width,
                              int n, uint64_t sum[VP_ADM_BANDS])
{
    if (!vp_adm_factors32_fit(f)) {
        vp_adm_cubes32_c(z, f, thr, log2_width, n, sum);
        return;
    }
    const CubeSteps steps = cube_steps(30, log2_width);
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        const __m512i factor = _mm512_set1_epi32((int32_t)(b == VP_ADM_D ? f.d : f.hv));
        __m512i s = _mm512_setzero_si512();
        for (int x = 0; x < n; x += 16) {
            const __m512i size = _mm512_abs_epi32(weighted32(load((const int32_t *)z[b] + x), factor));
            s = add_cubes(s, above(size, load(thr + x), first_lanes(n - x)), steps);
        }
        sum[b] = sum_lanes(s);
    }
}

VP_AVX512 static void cubes_reference16(const void *const o[VP_ADM_BANDS], int scale, int log2_width, int n,
                                        uint64_t sum[VP_ADM_BANDS])
{
    (void)scale;
    (void)log2_width;
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        __m512i s = _mm512_setzero_si512();
        for (int x = 0; x < n; x += 16) {
            const __m512i wide =
                _mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)((const int16_t *)o[b] + x)));
            const __m512i size = _mm512_maskz_mov_epi32(first_lanes(n - x), _mm512_abs_epi32(wide));
            const __m512i square = _mm512_madd_epi16(size, size);
            s = _mm512_add_epi64(s, _mm512_mul_epu32(square, size));
            s = _mm512_add_epi64(s, _mm512_mul_epu32(_mm512_srli_epi64(square, 32), _mm512_srli_epi64(size, 32)));
        }
        sum[b] = sum_lanes(s);
    }
}

VP_AVX512 static inline __m512i cube_reference8(__m512i size, __m128i shift2, __m512i half3, __m128i shift3)
{
    const __m512i square =
        _mm512_add_epi64(_mm512_srl_epi64(_mm512_mul_epu32(size, size), shift2), _mm512_set1_epi64(1));
    return _mm512_srl_epi64(_mm512_add_epi64(_mm512_mul_epu32(square, size), half3), shift3);
}

VP_AVX512 static void cubes_reference32(const void *const o[VP_ADM_BANDS], int scale, int log2_width, int n,
                                        uint64_t sum[VP_ADM_BANDS])
{
    const __m128i shift2 = _mm_cvtsi32_si128(scale == 2 ? 30 : 31), shift3 = _mm_cvtsi32_si128(log2_width);
    const __m512i half3 = _mm512_set1_epi64((int64_t)1 << (log2_width - 1));
    for (int b = 0; b < VP_ADM_BANDS; b++) {
        __m512i s = _mm512_setzero_si512();
        for (int x = 0; x < n; x += 16) {
            const __m512i size =
                _mm512_maskz_mov_epi32(first_lanes(n - x), _mm512_abs_epi32(load((const int32_t *)o[b] + x)));
            s = _mm512_add_epi64(s, cube_reference8(size, shift2, half3, shift3));
            s = _mm512_add_epi64(s, cube_reference8(_mm512_srli_epi64(size, 32), shift2, half3, shift3));
        }
        sum[b] = sum_lanes(s);
    }
}

void vp_adm_mask_avx512(VpAdmKernels *k)
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
