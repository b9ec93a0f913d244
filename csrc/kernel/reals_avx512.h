/* Eight doubles at a time: see reals_scalar.h. */
#ifndef VP_KERNEL_REALS_H
#define VP_KERNEL_REALS_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cpu.h"

#define VP_NAME(stem) stem##_avx512
#define VP_LEVEL VP_AVX512
#define VP_REAL_FN static inline VP_AVX512 __attribute__((always_inline, unused))

enum { VD_LANES = 8 };
typedef __m512d VD;
typedef __m256 VF;
typedef __mmask8 VM;

/* Defined before where such vectors are emulated, and more than a register. */
#ifndef v_keep
#define v_keep(v) __asm__ volatile("" : "+v"(v))
#endif
VP_REAL_FN void vd_finish(VD sum[2])
{
    v_keep(sum[0]);
    v_keep(sum[1]);
}

VP_REAL_FN VD vd_set(double a) { return _mm512_set1_pd(a); }
VP_REAL_FN VF vf_set(float a) { return _mm256_set1_ps(a); }
VP_REAL_FN VF vf_load(const float *p) { return _mm256_loadu_ps(p); }
VP_REAL_FN void vf_store(float *p, VF a) { _mm256_storeu_ps(p, a); }
VP_REAL_FN VD vd_load(const double *p) { return _mm512_loadu_pd(p); }
VP_REAL_FN void vd_store(double *p, VD a) { _mm512_storeu_pd(p, a); }
VP_REAL_FN VD vd_load_u16(const uint16_t *p)
{
    return _mm512_cvtepi32_pd(_mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)p)));
}
VP_REAL_FN VD vd_widen(VF a) { return _mm512_cvtps_pd(a); }
VP_REAL_FN VF vd_round(VD a) { return _mm512_cvtpd_ps(a); }
VP_REAL_FN VD vd_sqrt(VD a) { return _mm512_sqrt_pd(a); }
VP_REAL_FN VF vf_sqrt(VF a) { return _mm256_sqrt_ps(a); }
VP_REAL_FN VD vd_abs(VD a)
{
    const __m512i bits = _mm512_andnot_si512(_mm512_set1_epi64(INT64_MIN), _mm512_castpd_si512(a));
    return _mm512_castsi512_pd(bits);
}
VP_REAL_FN VM vd_greater(VD a, VD b) { return _mm512_cmp_pd_mask(a, b, _CMP_GT_OQ); }
VP_REAL_FN bool vm_any(VM a) { return a != 0; }
VP_REAL_FN VD vd_select(VM m, VD a, VD b) { return _mm512_mask_blend_pd(m, b, a); }
VP_REAL_FN VD vd_negate(VM m, VD a)
{
    const __m512i sign = _mm512_maskz_set1_epi64(m, INT64_MIN);
    return _mm512_castsi512_pd(_mm512_xor_si512(_mm512_castpd_si512(a), sign));
}
VP_REAL_FN VF vf_positive(VF a) { return _mm256_max_ps(a, _mm256_setzero_ps()); }
VP_REAL_FN VF vf_drop(VF a, VF b)
{
    const __m256 zero = _mm256_setzero_ps();
    return _mm256_andnot_ps(_mm256_and_ps(_mm256_cmp_ps(a, zero, _CMP_LT_OQ), _mm256_cmp_ps(b, zero, _CMP_LE_OQ)), a);
}
VP_REAL_FN void vf_deal(const float *p, float *even, float *odd)
{
    const __m256 a = _mm256_loadu_ps(p), b = _mm256_loadu_ps(p + 8);
    const __m256d e = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0x88));
    const __m256d o = _mm256_castps_pd(_mm256_shuffle_ps(a, b, 0xdd));
    _mm256_storeu_ps(even, _mm256_castpd_ps(_mm256_permute4x64_pd(e, 0xd8)));
    _mm256_storeu_ps(odd, _mm256_castpd_ps(_mm256_permute4x64_pd(o, 0xd8)));
}
VP_REAL_FN VM vd_bit(VD a, int bit)
{
    return _mm512_test_epi64_mask(_mm512_castpd_si512(a), _mm512_set1_epi64(INT64_C(1) << bit));
}
VP_REAL_FN VD vd_scale(VD a, VD exponent)
{
    const __m512i n = _mm512_slli_epi64(_mm512_castpd_si512(exponent), 52);
    return _mm512_castsi512_pd(_mm512_add_epi64(_mm512_castpd_si512(a), n));
}
VP_REAL_FN VD vd_guess(VD a, uint64_t first, uint32_t factor)
{
    const __m512i upper = _mm512_srli_epi64(_mm512_castpd_si512(a), 32);
    const __m512i part = _mm512_mul_epu32(upper, _mm512_set1_epi64(factor));
    return _mm512_castsi512_pd(_mm512_sub_epi64(_mm512_set1_epi64((int64_t)first), part));
}
VP_REAL_FN void vd_products(const float *p, float factor, bool positive, VD out[2])
{
    if (positive) {
        const __m512i v = _mm512_castps_si512(_mm512_mul_ps(_mm512_loadu_ps(p), _mm512_set1_ps(factor)));
        const __m512i odd = _mm512_and_si512(v, _mm512_set1_epi64(-(INT64_C(1) << 32)));
        out[0] = _mm512_castsi512_pd(_mm512_mul_epu32(v, _mm512_set1_epi64(INT64_C(1) << 29)));
        out[1] = _mm512_castsi512_pd(_mm512_srli_epi64(odd, 3));
    } else {
        out[0] = vd_widen(vf_load(p) * vf_set(factor));
        out[1] = vd_widen(vf_load(p + VD_LANES) * vf_set(factor));
    }
}
#define VD_DEALT 0x1p896
VP_REAL_FN void vd_deal_products(const float *p, float even, float odd, VD out[2])
{
    const __m512 factor = _mm512_mask_blend_ps(0xAAAA, _mm512_set1_ps(even), _mm512_set1_ps(odd));
    const __m512i v = _mm512_castps_si512(_mm512_mul_ps(_mm512_loadu_ps(p), factor));
    const __m512i upper = _mm512_and_si512(v, _mm512_set1_epi64(-(INT64_C(1) << 32)));
    out[0] = _mm512_castsi512_pd(_mm512_mul_epu32(v, _mm512_set1_epi64(INT64_C(1) << 29)));
    out[1] = _mm512_castsi512_pd(_mm512_srli_epi64(upper, 3));
}
VP_REAL_FN void vd_store_sums(float *p, const VD sum[2], bool positive)
{
    if (positive) {
        const VD scale = vd_set(0x1p896);
        const __m256 even = vd_round(sum[0] * scale), odd = vd_round(sum[1] * scale);
        const __m256 low = _mm256_unpacklo_ps(even, odd), high = _mm256_unpackhi_ps(even, odd);
        vf_store(p, _mm256_permute2f128_ps(low, high, 0x20));
        vf_store(p + VD_LANES, _mm256_permute2f128_ps(low, high, 0x31));
    } else {
        vf_store(p, vd_round(sum[0]));
        vf_store(p + VD_LANES, vd_round(sum[1]));
    }
}

#endif
