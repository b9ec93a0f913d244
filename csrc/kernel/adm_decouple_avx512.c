/* Integer ADM: decoupling with AVX-512. */
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

/* The test of vp_adm_is_close(), of eight positions. */
VP_AVX512 static inline __mmask8 close_floats(__m256 dp, __m256 om, __m256 tm)
{
    const __m512d p = _mm512_cvtps_pd(dp);
    const __m512d w = _mm512_mul_pd(_mm512_mul_pd(_mm512_set1_pd((double)VP_ADM_COS2), _mm512_cvtps_pd(om)),
                                    _mm512_cvtps_pd(tm));
    const __mmask8 ahead = _mm512_cmp_pd_mask(p, _mm512_setzero_pd(), _CMP_GE_OQ);
    return _mm512_cmp_pd_mask(_mm512_mul_pd(p, p), w, _CMP_GE_OQ) & ahead;
}

/* The same in floats, of 32-bit pairs: sure unless the two sides are within 2^-21 of one another. What is rounded
 * here and what vp_adm_is_close() rounds move neither by half of that; 0 on the right is exact, and so is the left
 * then. */
VP_AVX512 static inline __mmask16 close_pairs(__m512i o, __m512i t, __mmask16 *unsure)
{
    const __m512 dp = _mm512_cvtepi32_ps(_mm512_madd_epi16(o, t)), om = _mm512_cvtepi32_ps(_mm512_madd_epi16(o, o));
    const __m512 tm = _mm512_cvtepi32_ps(_mm512_madd_epi16(t, t));
    const __m512 p = _mm512_mul_ps(dp, dp), w = _mm512_mul_ps(_mm512_mul_ps(_mm512_set1_ps(VP_ADM_COS2), om), tm);
    const __m512 apart = _mm512_abs_ps(_mm512_sub_ps(p, w));
    *unsure = _mm512_cmp_ps_mask(apart, _mm512_mul_ps(w, _mm512_set1_ps(0x1p-21f)), _CMP_LT_OQ);
    return _mm512_cmp_ps_mask(p, w, _CMP_GE_OQ) & _mm512_cmp_ps_mask(dp, _mm512_setzero_ps(), _CMP_GE_OQ);
}

/* Sixteen positions with a coefficient in each 32-bit lane. */
VP_AVX512 static inline __mmask16 close16(const int16_t *oh, const int16_t *ov, const int16_t *th, const int16_t *tv)
{
    const __m512i low16 = _mm512_set1_epi32(65535);
    __m512i pair[2];
    for (int i = 0; i < 2; i++) {
        const __m512i h = _mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)(i ? th : oh)));
        const __m512i v = _mm512_cvtepi16_epi32(_mm256_loadu_si256((const void *)(i ? tv : ov)));
        pair[i] = _mm512_or_si512(_mm512_and_si512(h, low16), _mm512_slli_epi32(v, 16));
    }
    __mmask16 unsure;
    unsigned close = close_pairs(pair[0], pair[1], &unsure);
    for (int i = 0; unsure >> i; i++)
        if (unsure >> i & 1)
            close = (close & ~(1u << i)) | (unsigned)vp_adm_is_close(oh[i], ov[i], th[i], tv[i]) << i;
    return (__mmask16)close;
}

/* The integer quotient 2^30 / q in 32-bit lanes, for q = 1 .. 32768; anything for 0.
 * The quotient c of floats is off by 32 / q and one at most. What is left over, 2^30 - c q, is exact, small, and no
 * multiple of q unless it is 0: so its own quotient, inexact as it is, has the right floor. */
VP_AVX512 static inline __m512i reciprocal(__m512i q)
{
    const __m512 quotient = _mm512_div_ps(_mm512_set1_ps(0x1p30f), _mm512_cvtepi32_ps(q));
    const __m512i c = _mm512_cvttps_epi32(quotient);
    const __m512i left = _mm512_sub_epi32(_mm512_set1_epi32(1 << 30), _mm512_mullo_epi32(c, q));
    const __m512 more = _mm512_mul_ps(_mm512_cvtepi32_ps(left), _mm512_mul_ps(quotient, _mm512_set1_ps(0x1p-30f)));
    return _mm512_add_epi32(c, _mm512_cvttps_epi32(_mm512_floor_ps(more)));
}

/* t within 0 and |o|: the product is 2^30 at most. */
VP_AVX512 static inline __m512i ratio_inside(__m512i size, __m512i t)
{
    return _mm512_srli_epi32(_mm512_add_epi32(_mm512_mullo_epi32(reciprocal(size), t), _mm512_set1_epi32(16384)), 15);
}

VP_AVX512 static inline __m512i restored16(__m512i o, __m512i t)
{
    const __m512i zero = _mm512_setzero_si512(), size = _mm512_abs_epi16(o);
    const __m512i along = _mm512_mask_sub_epi16(t, _mm512_movepi16_mask(o), zero, t);
    const __m512i inside = _mm512_min_epi16(_mm512_max_epi16(along, zero), size);
    const __m512i k = _mm512_packus_epi32(
        ratio_inside(_mm512_unpacklo_epi16(size, zero), _mm512_unpacklo_epi16(inside, zero)),
        ratio_inside(_mm512_unpackhi_epi16(size, zero), _mm512_unpackhi_epi16(inside, zero)));
    /* a ratio of 32768, one, is no int16_t: the result is o */
    const __mmask32 whole = _mm512_cmpgt_epi16_mask(along, size) |
                            _mm512_cmpeq_epi16_mask(k, _mm512_set1_epi16(INT16_MIN));
    return _mm512_mask_blend_epi16(whole, _mm512_mulhrs_epi16(k, o), o);
}

VP_AVX512 static void restore16(const void *const o[VP_ADM_BANDS], const void *const t[VP_ADM_BANDS],
                                void *const r[VP_ADM_BANDS], void *close, int n)
{
    const int16_t *oh = o[VP_ADM_H], *ov = o[VP_ADM_V], *th = t[VP_ADM_H], *tv = t[VP_ADM_V];
    for (int x = 0; x < n; x += 32) {
        const __mmask16 lo = close16(oh + x, ov + x, th + x, tv + x);
        const __mmask16 hi = close16(oh + x + 16, ov + x + 16, th + x + 16, tv + x + 16);
        store((int16_t *)close + x, _mm512_movm_epi16((__mmask32)lo | (__mmask32)hi << 16));
    }
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 32)
            store((int16_t *)r[b] + x, restored16(load((const int16_t *)o[b] + x), load((const int16_t *)t[b] + x)));
}

/* Eight positions, the sums as int64_t. */
VP_AVX512 static inline __mmask8 close32(const int32_t *oh, const int32_t *ov, const int32_t *th, const int32_t *tv)
{
    const __m512i ohx = _mm512_cvtepi32_epi64(_mm256_loadu_si256((const void *)oh));
    const __m512i ovx = _mm512_cvtepi32_epi64(_mm256_loadu_si256((const void *)ov));
    const __m512i thx = _mm512_cvtepi32_epi64(_mm256_loadu_si256((const void *)th));
    const __m512i tvx = _mm512_cvtepi32_epi64(_mm256_loadu_si256((const void *)tv));
    const __m512i dp = _mm512_add_epi64(_mm512_mul_epi32(ohx, thx), _mm512_mul_epi32(ovx, tvx));
    const __m512i om = _mm512_add_epi64(_mm512_mul_epi32(ohx, ohx), _mm512_mul_epi32(ovx, ovx));
    const __m512i tm = _mm512_add_epi64(_mm512_mul_epi32(thx, thx), _mm512_mul_epi32(tvx, tvx));
    return close_floats(_mm512_cvtepi64_ps(dp), _mm512_cvtepi64_ps(om), _mm512_cvtepi64_ps(tm));
}

enum { ODD = 0xAAAA };

/* Low halves of the 64-bit lanes of even between those of odd. */
VP_AVX512 static inline __m512i interleave(__m512i even, __m512i odd)
{
    return _mm512_mask_blend_epi32(ODD, even, _mm512_slli_epi64(odd, 32));
}

VP_AVX512 static inline __m512i restored32(__m512i o, __m512i t)
{
    const __m512i zero = _mm512_setzero_si512(), one = _mm512_set1_epi32(1), one64 = _mm512_set1_epi64(1);
    const __m512i size = _mm512_abs_epi32(o);
    const __m512i toward = _mm512_mask_sub_epi32(t, _mm512_movepi32_mask(o), zero, t);
    /* twice o gives a ratio above one, as all beyond it does; o = 0 gives 0 */
    const __m512i along = _mm512_min_epu32(_mm512_max_epi32(toward, zero), _mm512_add_epi32(size, size));
    /* e: how many bits above 15 there are */
    const __m512i e = _mm512_max_epi32(_mm512_sub_epi32(_mm512_set1_epi32(17), _mm512_lzcnt_epi32(size)), zero);
    const __m512i half = _mm512_srli_epi32(_mm512_sllv_epi32(one, e), 1);
    const __m512i inverse = reciprocal(_mm512_srlv_epi32(_mm512_add_epi32(size, half), e));
    const __m512i shift = _mm512_add_epi32(e, _mm512_set1_epi32(15));
    const __m512i shift_even = _mm512_mask_blend_epi32(ODD, shift, zero), shift_odd = _mm512_srli_epi64(shift, 32);
    const __m512i round_even = _mm512_srli_epi64(_mm512_sllv_epi64(one64, shift_even), 1);
    const __m512i round_odd = _mm512_srli_epi64(_mm512_sllv_epi64(one64, shift_odd), 1);
    const __m512i even = _mm512_mul_epu32(inverse, along);
    const __m512i odd = _mm512_mul_epu32(_mm512_srli_epi64(inverse, 32), _mm512_srli_epi64(along, 32));
    const __m512i k = _mm512_min_epu32(
        interleave(_mm512_srlv_epi64(_mm512_add_epi64(even, round_even), shift_even),
                   _mm512_srlv_epi64(_mm512_add_epi64(odd, round_odd), shift_odd)),
        _mm512_set1_epi32(32768));
    const __m512i add = _mm512_set1_epi64(16384);
    const __m512i r_even = _mm512_add_epi64(_mm512_mul_epi32(k, o), add);
    const __m512i r_odd =
        _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(k, 32), _mm512_srli_epi64(o, 32)), add);
    return _mm512_mask_blend_epi32(ODD, _mm512_srli_epi64(r_even, 15), _mm512_slli_epi64(r_odd, 17));
}

VP_AVX512 static void restore32(const void *const o[VP_ADM_BANDS], const void *const t[VP_ADM_BANDS],
                                void *const r[VP_ADM_BANDS], void *close, int n)
{
    const int32_t *oh = o[VP_ADM_H], *ov = o[VP_ADM_V], *th = t[VP_ADM_H], *tv = t[VP_ADM_V];
    for (int x = 0; x < n; x += 16) {
        const unsigned lo = close32(oh + x, ov + x, th + x, tv + x);
        const unsigned hi = close32(oh + x + 8, ov + x + 8, th + x + 8, tv + x + 8);
        store((int32_t *)close + x, _mm512_movm_epi32((__mmask16)(lo | hi << 8)));
    }
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 16)
            store((int32_t *)r[b] + x, restored32(load((const int32_t *)o[b] + x), load((const int32_t *)t[b] + x)));
}

/* Whole gains only: the magnitude times the gain, kept from wrapping, where everything so large is beyond t. */
VP_AVX512 static void limit16(const void *const restored[VP_ADM_BANDS], const void *close,
                              const void *const t[VP_ADM_BANDS], double gain, void *const r[VP_ADM_BANDS],
                              void *const a[VP_ADM_BANDS], int n)
{
    const int whole = (int)gain;
    if (whole != gain) {
        vp_adm_limit16_c(restored, close, t, gain, r, a, n);
        return;
    }
    const __m512i times = _mm512_set1_epi16((int16_t)whole), most = _mm512_set1_epi16((int16_t)(65535 / whole));
    const __m512i zero = _mm512_setzero_si512();
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 32) {
            const __m512i in = load((const int16_t *)restored[b] + x), tb = load((const int16_t *)t[b] + x);
            const __m512i gained = _mm512_mullo_epi16(_mm512_min_epu16(_mm512_abs_epi16(in), most), times);
            const __m512i size = _mm512_min_epu16(gained, _mm512_abs_epi16(tb));
            const __m512i limited = _mm512_mask_sub_epi16(size, _mm512_movepi16_mask(in), zero, size);
            const __mmask32 c = _mm512_movepi16_mask(load((const int16_t *)close + x));
            const __m512i out = _mm512_mask_blend_epi16(c, in, limited);
            store((int16_t *)r[b] + x, out);
            store((int16_t *)a[b] + x, _mm512_sub_epi16(tb, out));
        }
}

VP_AVX512 static void limit32(const void *const restored[VP_ADM_BANDS], const void *close,
                              const void *const t[VP_ADM_BANDS], double gain, void *const r[VP_ADM_BANDS],
                              void *const a[VP_ADM_BANDS], int n)
{
    const int whole = (int)gain;
    if (whole != gain) {
        vp_adm_limit32_c(restored, close, t, gain, r, a, n);
        return;
    }
    const __m512i times = _mm512_set1_epi32(whole), most = _mm512_set1_epi32((int32_t)(UINT32_MAX / (uint32_t)whole));
    const __m512i zero = _mm512_setzero_si512();
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 16) {
            const __m512i in = load((const int32_t *)restored[b] + x), tb = load((const int32_t *)t[b] + x);
            const __m512i gained = _mm512_mullo_epi32(_mm512_min_epu32(_mm512_abs_epi32(in), most), times);
            const __m512i size = _mm512_min_epu32(gained, _mm512_abs_epi32(tb));
            const __m512i limited = _mm512_mask_sub_epi32(size, _mm512_movepi32_mask(in), zero, size);
            const __mmask16 c = _mm512_movepi32_mask(load((const int32_t *)close + x));
            const __m512i out = _mm512_mask_blend_epi32(c, in, limited);
            store((int32_t *)r[b] + x, out);
            store((int32_t *)a[b] + x, _mm512_sub_epi32(tb, out));
        }
}

void vp_adm_decouple_avx512(VpAdmKernels *k)
{
    k->band[0].restore = restore16;
    k->band[0].limit = limit16;
    k->band[1].restore = restore32;
    k->band[1].limit = limit32;
}
#endif
