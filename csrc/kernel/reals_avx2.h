/* Four doubles at a time: see reals_scalar.h. */
#ifndef VP_KERNEL_REALS_H
#define VP_KERNEL_REALS_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cpu.h"

#define VP_NAME(stem) stem##_avx2
#define VP_LEVEL VP_AVX2
#define VP_REAL_FN static inline VP_AVX2 __attribute__((always_inline, unused))

enum { VD_LANES = 4 };
typedef __m256d VD;
typedef __m128 VF;
typedef __m256d VM; /* of each lane all bits or none */

/* Has a sum in a register before the next term is begun: left alone, the compiler forms all terms first and keeps them
 * in memory. */
VP_REAL_FN void vd_finish(VD sum[2]) { __asm__ volatile("" : "+x"(sum[0]), "+x"(sum[1])); }

VP_REAL_FN VD vd_set(double a) { return _mm256_set1_pd(a); }
VP_REAL_FN VF vf_set(float a) { return _mm_set1_ps(a); }
VP_REAL_FN VF vf_load(const float *p) { return _mm_loadu_ps(p); }
VP_REAL_FN void vf_store(float *p, VF a) { _mm_storeu_ps(p, a); }
VP_REAL_FN VD vd_load(const double *p) { return _mm256_loadu_pd(p); }
VP_REAL_FN void vd_store(double *p, VD a) { _mm256_storeu_pd(p, a); }
VP_REAL_FN VD vd_load_u16(const uint16_t *p)
{
    return _mm256_cvtepi32_pd(_mm_cvtepu16_epi32(_mm_loadl_epi64((const void *)p)));
}
VP_REAL_FN VD vd_widen(VF a) { return _mm256_cvtps_pd(a); }
VP_REAL_FN VF vd_round(VD a) { return _mm256_cvtpd_ps(a); }
VP_REAL_FN VD vd_sqrt(VD a) { return _mm256_sqrt_pd(a); }
VP_REAL_FN VF vf_sqrt(VF a) { return _mm_sqrt_ps(a); }
VP_REAL_FN VD vd_abs(VD a) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), a); }
VP_REAL_FN VM vd_greater(VD a, VD b) { return _mm256_cmp_pd(a, b, _CMP_GT_OQ); }
VP_REAL_FN bool vm_any(VM a) { return _mm256_movemask_pd(a) != 0; }
VP_REAL_FN VD vd_select(VM m, VD a, VD b) { return _mm256_blendv_pd(b, a, m); }
VP_REAL_FN VD vd_negate(VM m, VD a) { return _mm256_xor_pd(a, _mm256_and_pd(m, _mm256_set1_pd(-0.0))); }
/* a where it is above 0, else 0 */
VP_REAL_FN VF vf_positive(VF a) { return _mm_max_ps(a, _mm_setzero_ps()); }
/* a, but 0 where a < 0 and b <= 0 */
VP_REAL_FN VF vf_drop(VF a, VF b)
{
    const __m128 zero = _mm_setzero_ps();
    return _mm_andnot_ps(_mm_and_ps(_mm_cmplt_ps(a, zero), _mm_cmple_ps(b, zero)), a);
}
/* even and odd ones of 2 * VD_LANES floats */
VP_REAL_FN void vf_deal(const float *p, float *even, float *odd)
{
    const __m128 a = _mm_loadu_ps(p), b = _mm_loadu_ps(p + 4);
    _mm_storeu_ps(even, _mm_shuffle_ps(a, b, 0x88));
    _mm_storeu_ps(odd, _mm_shuffle_ps(a, b, 0xdd));
}
/* blendv looks at the top bit alone: no comparison is needed */
VP_REAL_FN VM vd_bit(VD a, int bit)
{
    const __m256i moved = _mm256_slli_epi64(_mm256_castpd_si256(a), 63 - bit);
    return _mm256_castsi256_pd(moved);
}
VP_REAL_FN VD vd_scale(VD a, VD exponent)
{
    const __m256i n = _mm256_slli_epi64(_mm256_castpd_si256(exponent), 52);
    return _mm256_castsi256_pd(_mm256_add_epi64(_mm256_castpd_si256(a), n));
}
VP_REAL_FN VD vd_guess(VD a, uint64_t first, uint32_t factor)
{
    const __m256i upper = _mm256_srli_epi64(_mm256_castpd_si256(a), 32);
    const __m256i part = _mm256_mul_epu32(upper, _mm256_set1_epi64x(factor));
    return _mm256_castsi256_pd(_mm256_sub_epi64(_mm256_set1_epi64x((int64_t)first), part));
}
/* 2 * VD_LANES products of floats and a factor as doubles, in two vectors. If none is negative they are scaled by 2^-896
 * and dealt, even ones first: the bits of a float moved to the place of those of a double. That costs less than a
 * conversion, and sums of them round as sums of the numbers do. */
VP_REAL_FN void vd_products(const float *p, float factor, bool positive, VD out[2])
{
    if (positive) {
        const __m256i v = _mm256_castps_si256(_mm256_mul_ps(_mm256_loadu_ps(p), _mm256_set1_ps(factor)));
        const __m256i odd = _mm256_and_si256(v, _mm256_set1_epi64x(-(INT64_C(1) << 32)));
        out[0] = _mm256_castsi256_pd(_mm256_mul_epu32(v, _mm256_set1_epi64x(INT64_C(1) << 29)));
        out[1] = _mm256_castsi256_pd(_mm256_srli_epi64(odd, 3));
    } else {
        out[0] = vd_widen(vf_load(p) * vf_set(factor));
        out[1] = vd_widen(vf_load(p + VD_LANES) * vf_set(factor));
    }
}
/* The products of the even ones of 2 * VD_LANES floats with one factor, of the odd ones with another, in order; none
 * negative, and scaled by 1 / VD_DEALT. */
#define VD_DEALT 0x1p896
VP_REAL_FN void vd_deal_products(const float *p, float even, float odd, VD out[2])
{
    const __m256 factor = _mm256_setr_ps(even, odd, even, odd, even, odd, even, odd);
    const __m256i v = _mm256_castps_si256(_mm256_mul_ps(_mm256_loadu_ps(p), factor));
    const __m256i upper = _mm256_and_si256(v, _mm256_set1_epi64x(-(INT64_C(1) << 32)));
    out[0] = _mm256_castsi256_pd(_mm256_mul_epu32(v, _mm256_set1_epi64x(INT64_C(1) << 29)));
    out[1] = _mm256_castsi256_pd(_mm256_srli_epi64(upper, 3));
}
/* Sums of vd_products(), rounded and in their order. */
VP_REAL_FN void vd_store_sums(float *p, const VD sum[2], bool positive)
{
    if (positive) {
        const VD scale = vd_set(0x1p896);
        const __m128 even = vd_round(sum[0] * scale), odd = vd_round(sum[1] * scale);
        vf_store(p, _mm_unpacklo_ps(even, odd));
        vf_store(p + VD_LANES, _mm_unpackhi_ps(even, odd));
    } else {
        vf_store(p, vd_round(sum[0]));
        vf_store(p + VD_LANES, vd_round(sum[1]));
    }
}

#endif
