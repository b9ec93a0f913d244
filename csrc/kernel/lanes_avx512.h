/* Sixteen floats at a time with AVX-512. The words are those of lanes_avx2.h. */
#ifndef VP_KERNEL_LANES_AVX512_H
#define VP_KERNEL_LANES_AVX512_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cpu.h"

#define VP_LEVEL VP_AVX512
#define VP_LEVEL_NAME(stem) stem##_avx512
#define VP_LANE_FN static inline VP_AVX512 __attribute__((always_inline, unused))

enum { LANES = 16 };
typedef __m512 vf;
typedef __mmask16 vm;

/* Defined before where such vectors are emulated, and more than a register. */
#ifndef v_keep
#define v_keep(v) __asm__ volatile("" : "+v"(v))
#endif
VP_LANE_FN void vf_finish(vf *a) { v_keep(*a); }

VP_LANE_FN vf vf_load(const float *p) { return _mm512_loadu_ps(p); }
VP_LANE_FN void vf_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
VP_LANE_FN vf vf_set(float a) { return _mm512_set1_ps(a); }
VP_LANE_FN vf vf_add(vf a, vf b) { return _mm512_add_ps(a, b); }
VP_LANE_FN vf vf_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
VP_LANE_FN vf vf_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
VP_LANE_FN vf vf_div(vf a, vf b) { return _mm512_div_ps(a, b); }
VP_LANE_FN vf vf_sqrt(vf a) { return _mm512_sqrt_ps(a); }
VP_LANE_FN vf vf_max(vf a, vf b) { return _mm512_max_ps(a, b); }
VP_LANE_FN vf vf_min(vf a, vf b) { return _mm512_min_ps(a, b); }
VP_LANE_FN vf vf_abs(vf a)
{
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a), _mm512_set1_epi32(0x7fffffff)));
}

VP_LANE_FN vm vf_lt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
VP_LANE_FN vm vf_ge(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ); }
VP_LANE_FN vm vm_and(vm a, vm b) { return (vm)(a & b); }
VP_LANE_FN bool vm_all(vm a) { return a == 0xffff; }
VP_LANE_FN vf vf_select(vm m, vf a, vf b) { return _mm512_mask_blend_ps(m, b, a); }
VP_LANE_FN vf vf_zero_where(vm m, vf a) { return _mm512_mask_blend_ps(m, a, _mm512_setzero_ps()); }

VP_LANE_FN vf vf_load_u8(const uint8_t *p)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)));
}
VP_LANE_FN vf vf_load_u16(const uint16_t *p)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)));
}

VP_LANE_FN vf vf_exponent(vf a)
{
    const __m512i field = _mm512_and_si512(_mm512_srli_epi32(_mm512_castps_si512(a), 23), _mm512_set1_epi32(0xff));
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(field, _mm512_set1_epi32(127)));
}
VP_LANE_FN vf vf_mantissa(vf a)
{
    const __m512i fraction = _mm512_and_si512(_mm512_castps_si512(a), _mm512_set1_epi32(0x7fffff));
    return _mm512_castsi512_ps(_mm512_or_si512(fraction, _mm512_set1_epi32(0x3f800000)));
}

VP_LANE_FN vf vf_even(vf a, vf b) { return _mm512_shuffle_ps(a, b, 0x88); }
VP_LANE_FN vf vf_odd(vf a, vf b) { return _mm512_shuffle_ps(a, b, 0xdd); }
VP_LANE_FN vf vf_order(vf a)
{
    const __m512i pairs = _mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0);
    return _mm512_castpd_ps(_mm512_permutexvar_pd(pairs, _mm512_castps_pd(a)));
}

VP_LANE_FN __m512d vf_low64(vf a) { return _mm512_cvtps_pd(_mm512_castps512_ps256(a)); }
VP_LANE_FN __m512d vf_high64(vf a) { return _mm512_cvtps_pd(_mm512_extractf32x8_ps(a, 1)); }
VP_LANE_FN vf vf_from64(__m512d low, __m512d high)
{
    return _mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(low)), _mm512_cvtpd_ps(high), 1);
}
VP_LANE_FN vf vf_mul64(double c, vf a)
{
    const __m512d k = _mm512_set1_pd(c);
    return vf_from64(_mm512_mul_pd(k, vf_low64(a)), _mm512_mul_pd(k, vf_high64(a)));
}
VP_LANE_FN vf vf_add_mul64(vf a, double c, vf b)
{
    const __m512d k = _mm512_set1_pd(c);
    return vf_from64(_mm512_add_pd(vf_low64(a), _mm512_mul_pd(k, vf_low64(b))),
                     _mm512_add_pd(vf_high64(a), _mm512_mul_pd(k, vf_high64(b))));
}
VP_LANE_FN vf vf_one_plus_ratio64(vf a, vf b, double c)
{
    const __m512d k = _mm512_set1_pd(c), one = _mm512_set1_pd(1);
    const __m512d low = _mm512_div_pd(vf_low64(a), _mm512_add_pd(vf_low64(b), k));
    const __m512d high = _mm512_div_pd(vf_high64(a), _mm512_add_pd(vf_high64(b), k));
    return vf_from64(_mm512_add_pd(one, low), _mm512_add_pd(one, high));
}

#endif
