/* Integer ADM: decoupling with AVX2. */
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

/* The angle test in floating point is sure unless its two sides are within 2^-21 of one another: what is rounded here
 * and what vp_adm_is_close() rounds move neither by half of that. 0 on the right is exact, and so is the left then. */

/* -1 in the 32-bit lanes where the test holds; bits of *unsure: lanes where it must be done again. */
VP_AVX2 static inline __m256i close_pairs(__m256i o, __m256i t, int *unsure)
{
    const __m256 dp = _mm256_cvtepi32_ps(_mm256_madd_epi16(o, t)), om = _mm256_cvtepi32_ps(_mm256_madd_epi16(o, o));
    const __m256 tm = _mm256_cvtepi32_ps(_mm256_madd_epi16(t, t));
    const __m256 p = _mm256_mul_ps(dp, dp), w = _mm256_mul_ps(_mm256_mul_ps(_mm256_set1_ps(VP_ADM_COS2), om), tm);
    const __m256 apart = _mm256_andnot_ps(_mm256_set1_ps(-0.0f), _mm256_sub_ps(p, w));
    *unsure = _mm256_movemask_ps(_mm256_cmp_ps(apart, _mm256_mul_ps(w, _mm256_set1_ps(0x1p-21f)), _CMP_LT_OQ));
    return _mm256_castps_si256(
        _mm256_and_ps(_mm256_cmp_ps(p, w, _CMP_GE_OQ), _mm256_cmp_ps(dp, _mm256_setzero_ps(), _CMP_GE_OQ)));
}

/* Of sixteen positions. */
VP_AVX2 static inline void close16(const int16_t *oh, const int16_t *ov, const int16_t *th, const int16_t *tv,
                                   int16_t *out)
{
    const __m256i o[2] = {load(oh), load(ov)}, t[2] = {load(th), load(tv)};
    int again[2];
    const __m256i lo = close_pairs(_mm256_unpacklo_epi16(o[0], o[1]), _mm256_unpacklo_epi16(t[0], t[1]), again);
    const __m256i hi = close_pairs(_mm256_unpackhi_epi16(o[0], o[1]), _mm256_unpackhi_epi16(t[0], t[1]), again + 1);
    store(out, _mm256_packs_epi32(lo, hi));
    for (int i = 0; i < 2; i++)
        for (int lane = 0; again[i] >> lane; lane++) {
            const int x = (lane & 3) + 4 * i + 8 * (lane >> 2); /* unpacking took four from each half of the vector */
            if (again[i] >> lane & 1) out[x] = (int16_t)-vp_adm_is_close(oh[x], ov[x], th[x], tv[x]);
        }
}

/* The integer quotient 2^30 / q in 32-bit lanes, for q = 1 .. 32768; anything for 0.
 * The quotient c of floats is off by 32 / q and one at most. What is left over, 2^30 - c q, is exact, small, and no
 * multiple of q unless it is 0: so its own quotient, inexact as it is, has the right floor. */
VP_AVX2 static inline __m256i reciprocal(__m256i q)
{
    const __m256 quotient = _mm256_div_ps(_mm256_set1_ps(0x1p30f), _mm256_cvtepi32_ps(q));
    const __m256i c = _mm256_cvttps_epi32(quotient);
    const __m256i left = _mm256_sub_epi32(_mm256_set1_epi32(1 << 30), _mm256_mullo_epi32(c, q));
    const __m256 more = _mm256_mul_ps(_mm256_cvtepi32_ps(left), _mm256_mul_ps(quotient, _mm256_set1_ps(0x1p-30f)));
    return _mm256_add_epi32(c, _mm256_cvttps_epi32(_mm256_floor_ps(more)));
}

/* t within 0 and |o|: the product is 2^30 at most. */
VP_AVX2 static inline __m256i ratio_inside(__m256i size, __m256i t)
{
    return _mm256_srli_epi32(_mm256_add_epi32(_mm256_mullo_epi32(reciprocal(size), t), _mm256_set1_epi32(16384)), 15);
}

VP_AVX2 static inline __m256i restored16(__m256i o, __m256i t)
{
    const __m256i zero = _mm256_setzero_si256(), size = _mm256_abs_epi16(o), along = _mm256_sign_epi16(t, o);
    const __m256i inside = _mm256_min_epi16(_mm256_max_epi16(along, zero), size);
    const __m256i k = _mm256_packus_epi32(
        ratio_inside(_mm256_unpacklo_epi16(size, zero), _mm256_unpacklo_epi16(inside, zero)),
        ratio_inside(_mm256_unpackhi_epi16(size, zero), _mm256_unpackhi_epi16(inside, zero)));
    /* a ratio of 32768, one, is no int16_t: the result is o */
    const __m256i whole = _mm256_or_si256(_mm256_cmpgt_epi16(along, size),
                                          _mm256_cmpeq_epi16(k, _mm256_set1_epi16(INT16_MIN)));
    return _mm256_blendv_epi8(_mm256_mulhrs_epi16(k, o), o, whole);
}

VP_AVX2 static void restore16(const void *const o[VP_ADM_BANDS], const void *const t[VP_ADM_BANDS],
                              void *const r[VP_ADM_BANDS], void *close, int n)
{
    const int16_t *oh = o[VP_ADM_H], *ov = o[VP_ADM_V], *th = t[VP_ADM_H], *tv = t[VP_ADM_V];
    for (int x = 0; x < n; x += 16) close16(oh + x, ov + x, th + x, tv + x, (int16_t *)close + x);
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 16)
            store((int16_t *)r[b] + x, restored16(load((const int16_t *)o[b] + x), load((const int16_t *)t[b] + x)));
}

/* Four positions, in doubles. */
VP_AVX2 static inline __m256d close_doubles(__m256d oh, __m256d ov, __m256d th, __m256d tv, __m256d *unsure)
{
    const __m256d dp = _mm256_add_pd(_mm256_mul_pd(oh, th), _mm256_mul_pd(ov, tv));
    const __m256d om = _mm256_add_pd(_mm256_mul_pd(oh, oh), _mm256_mul_pd(ov, ov));
    const __m256d tm = _mm256_add_pd(_mm256_mul_pd(th, th), _mm256_mul_pd(tv, tv));
    const __m256d p = _mm256_mul_pd(dp, dp);
    const __m256d w = _mm256_mul_pd(_mm256_mul_pd(_mm256_set1_pd((double)VP_ADM_COS2), om), tm);
    const __m256d apart = _mm256_andnot_pd(_mm256_set1_pd(-0.0), _mm256_sub_pd(p, w));
    *unsure = _mm256_cmp_pd(apart, _mm256_mul_pd(w, _mm256_set1_pd(0x1p-21)), _CMP_LT_OQ);
    return _mm256_and_pd(_mm256_cmp_pd(p, w, _CMP_GE_OQ), _mm256_cmp_pd(dp, _mm256_setzero_pd(), _CMP_GE_OQ));
}

/* Of eight positions, n of which are real. */
VP_AVX2 static inline void close32(const int32_t *oh, const int32_t *ov, const int32_t *th, const int32_t *tv, int n,
                                   int32_t *out)
{
    __m256d mask[2], unsure[2];
    for (int i = 0; i < 2; i++)
        mask[i] = close_doubles(_mm256_cvtepi32_pd(_mm_loadu_si128((const void *)(oh + 4 * i))),
                                _mm256_cvtepi32_pd(_mm_loadu_si128((const void *)(ov + 4 * i))),
                                _mm256_cvtepi32_pd(_mm_loadu_si128((const void *)(th + 4 * i))),
                                _mm256_cvtepi32_pd(_mm_loadu_si128((const void *)(tv + 4 * i))), unsure + i);
    const __m256 both = _mm256_shuffle_ps(_mm256_castpd_ps(mask[0]), _mm256_castpd_ps(mask[1]), 0x88);
    store(out, _mm256_permute4x64_epi64(_mm256_castps_si256(both), 0xD8));
    const int again = _mm256_movemask_pd(unsure[0]) | _mm256_movemask_pd(unsure[1]) << 4;
    for (int i = 0; again >> i && i < n; i++)
        if (again >> i & 1) out[i] = -vp_adm_is_close(oh[i], ov[i], th[i], tv[i]);
}

/* Low halves of the 64-bit lanes of even, shifted right, between those of odd. */
VP_AVX2 static inline __m256i interleave(__m256i even, __m256i odd)
{
    return _mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xAA);
}

VP_AVX2 static inline __m256i restored32(__m256i o, __m256i t)
{
    const __m256i zero = _mm256_setzero_si256(), one = _mm256_set1_epi32(1), one64 = _mm256_set1_epi64x(1);
    const __m256i size = _mm256_abs_epi32(o);
    /* twice o gives a ratio above one, as all beyond it does */
    const __m256i toward = _mm256_max_epi32(_mm256_sign_epi32(t, o), zero);
    const __m256i along = _mm256_min_epu32(toward, _mm256_add_epi32(size, size));
    /* e: how many bits above 15 there are; the logarithm is the exponent of a float that was kept from rounding up */
    const __m256 near = _mm256_cvtepi32_ps(_mm256_andnot_si256(_mm256_srli_epi32(size, 8), size));
    const __m256i log2 = _mm256_sub_epi32(_mm256_srli_epi32(_mm256_castps_si256(near), 23), _mm256_set1_epi32(127));
    const __m256i e = _mm256_max_epi32(_mm256_sub_epi32(log2, _mm256_set1_epi32(14)), zero);
    const __m256i half = _mm256_srli_epi32(_mm256_sllv_epi32(one, e), 1);
    const __m256i inverse = reciprocal(_mm256_srlv_epi32(_mm256_add_epi32(size, half), e));
    const __m256i shift = _mm256_add_epi32(e, _mm256_set1_epi32(15));
    const __m256i shift_even = _mm256_blend_epi32(shift, zero, 0xAA), shift_odd = _mm256_srli_epi64(shift, 32);
    const __m256i round_even = _mm256_srli_epi64(_mm256_sllv_epi64(one64, shift_even), 1);
    const __m256i round_odd = _mm256_srli_epi64(_mm256_sllv_epi64(one64, shift_odd), 1);
    const __m256i even = _mm256_mul_epu32(inverse, along);
    const __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(inverse, 32), _mm256_srli_epi64(along, 32));
    const __m256i k = _mm256_min_epu32(
        interleave(_mm256_srlv_epi64(_mm256_add_epi64(even, round_even), shift_even),
                   _mm256_srlv_epi64(_mm256_add_epi64(odd, round_odd), shift_odd)),
        _mm256_set1_epi32(32768));
    const __m256i add = _mm256_set1_epi64x(16384);
    const __m256i r_even = _mm256_add_epi64(_mm256_mul_epi32(k, o), add);
    const __m256i r_odd =
        _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(k, 32), _mm256_srli_epi64(o, 32)), add);
    return _mm256_blend_epi32(_mm256_srli_epi64(r_even, 15), _mm256_slli_epi64(r_odd, 17), 0xAA);
}

VP_AVX2 static void restore32(const void *const o[VP_ADM_BANDS], const void *const t[VP_ADM_BANDS],
                              void *const r[VP_ADM_BANDS], void *close, int n)
{
    const int32_t *oh = o[VP_ADM_H], *ov = o[VP_ADM_V], *th = t[VP_ADM_H], *tv = t[VP_ADM_V];
    for (int x = 0; x < n; x += 8) close32(oh + x, ov + x, th + x, tv + x, n - x, (int32_t *)close + x);
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 8)
            store((int32_t *)r[b] + x, restored32(load((const int32_t *)o[b] + x), load((const int32_t *)t[b] + x)));
}

/* Whole gains only: the magnitude times the gain, kept from wrapping, where everything so large is beyond t. */
VP_AVX2 static void limit16(const void *const restored[VP_ADM_BANDS], const void *close,
                            const void *const t[VP_ADM_BANDS], double gain, void *const r[VP_ADM_BANDS],
                            void *const a[VP_ADM_BANDS], int n)
{
    const int whole = (int)gain;
    if (whole != gain) {
        vp_adm_limit16_c(restored, close, t, gain, r, a, n);
        return;
    }
    const __m256i times = _mm256_set1_epi16((int16_t)whole), most = _mm256_set1_epi16((int16_t)(65535 / whole));
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 16) {
            const __m256i in = load((const int16_t *)restored[b] + x), tb = load((const int16_t *)t[b] + x);
            const __m256i gained = _mm256_mullo_epi16(_mm256_min_epu16(_mm256_abs_epi16(in), most), times);
            const __m256i limited = _mm256_sign_epi16(_mm256_min_epu16(gained, _mm256_abs_epi16(tb)), in);
            const __m256i out = _mm256_blendv_epi8(in, limited, load((const int16_t *)close + x));
            store((int16_t *)r[b] + x, out);
            store((int16_t *)a[b] + x, _mm256_sub_epi16(tb, out));
        }
}

VP_AVX2 static void limit32(const void *const restored[VP_ADM_BANDS], const void *close,
                            const void *const t[VP_ADM_BANDS], double gain, void *const r[VP_ADM_BANDS],
                            void *const a[VP_ADM_BANDS], int n)
{
    const int whole = (int)gain;
    if (whole != gain) {
        vp_adm_limit32_c(restored, close, t, gain, r, a, n);
        return;
    }
    const __m256i times = _mm256_set1_epi32(whole), most = _mm256_set1_epi32((int32_t)(UINT32_MAX / (uint32_t)whole));
    for (int b = 0; b < VP_ADM_BANDS; b++)
        for (int x = 0; x < n; x += 8) {
            const __m256i in = load((const int32_t *)restored[b] + x), tb = load((const int32_t *)t[b] + x);
            const __m256i gained = _mm256_mullo_epi32(_mm256_min_epu32(_mm256_abs_epi32(in), most), times);
            const __m256i limited = _mm256_sign_epi32(_mm256_min_epu32(gained, _mm256_abs_epi32(tb)), in);
            const __m256i out = _mm256_blendv_epi8(in, limited, load((const int32_t *)close + x));
            store((int32_t *)r[b] + x, out);
            store((int32_t *)a[b] + x, _mm256_sub_epi32(tb, out));
        }
}

void vp_adm_decouple_avx2(VpAdmKernels *k)
{
    k->band[0].restore = restore16;
    k->band[0].limit = limit16;
    k->band[1].restore = restore32;
    k->band[1].limit = limit32;
}
#endif
