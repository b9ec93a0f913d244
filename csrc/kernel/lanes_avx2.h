/* Eight floats at a time with AVX2: the vocabulary of the *_lanes.h kernels, included by *_avx2.c alone.
 *
 * What each word means, for every level:
 * vf_max(a, b) is a > b ? a : b and vf_min(a, b) is a < b ? a : b, also for zeros and not-a-numbers; comparisons with
 * not-a-number are false. *64: the stated expression in double precision, rounded to single once. */
#ifndef VP_KERNEL_LANES_AVX2_H
#define VP_KERNEL_LANES_AVX2_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cpu.h"

#define VP_LEVEL VP_AVX2
#define VP_LEVEL_NAME(stem) stem##_avx2
#define VP_LANE_FN static inline VP_AVX2 __attribute__((always_inline, unused))

enum { LANES = 8 };
typedef __m256 vf;
typedef __m256 vm; /* of each lane all bits or none */

/* Makes the compiler finish a here: it would else gather the additions of one sum, each waiting for the one before,
 * where the source takes turns between sums. No instruction. */
VP_LANE_FN void vf_finish(vf *a) { __asm__ volatile("" : "+x"(*a)); }

VP_LANE_FN vf vf_load(const float *p) { return _mm256_loadu_ps(p); }
VP_LANE_FN void vf_store(float *p, vf a) { _mm256_storeu_ps(p, a); }
VP_LANE_FN vf vf_set(float a) { return _mm256_set1_ps(a); }
VP_LANE_FN vf vf_add(vf a, vf b) { return _mm256_add_ps(a, b); }
VP_LANE_FN vf vf_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
VP_LANE_FN vf vf_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
VP_LANE_FN vf vf_div(vf a, vf b) { return _mm256_div_ps(a, b); }
VP_LANE_FN vf vf_sqrt(vf a) { return _mm256_sqrt_ps(a); }
VP_LANE_FN vf vf_max(vf a, vf b) { return _mm256_max_ps(a, b); }
VP_LANE_FN vf vf_min(vf a, vf b) { return _mm256_min_ps(a, b); }
VP_LANE_FN vf vf_abs(vf a) { return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a); }

VP_LANE_FN vm vf_lt(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
VP_LANE_FN vm vf_ge(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_GE_OQ); }
VP_LANE_FN vm vm_and(vm a, vm b) { return _mm256_and_ps(a, b); }
VP_LANE_FN bool vm_all(vm a) { return _mm256_movemask_ps(a) == 0xff; }
/* m ? a : b */
VP_LANE_FN vf vf_select(vm m, vf a, vf b) { return _mm256_blendv_ps(b, a, m); }
/* m ? 0 : a */
VP_LANE_FN vf vf_zero_where(vm m, vf a) { return _mm256_andnot_ps(m, a); }

VP_LANE_FN vf vf_load_u8(const uint8_t *p)
{
    return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)));
}
VP_LANE_FN vf vf_load_u16(const uint16_t *p)
{
    return _mm256_cvtepi32_ps(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)));
}

/* The exponent field of a, less 127. */
VP_LANE_FN vf vf_exponent(vf a)
{
    const __m256i field = _mm256_and_si256(_mm256_srli_epi32(_mm256_castps_si256(a), 23), _mm256_set1_epi32(0xff));
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(field, _mm256_set1_epi32(127)));
}
/* The mantissa of a with its leading one: 1 <= m < 2. */
VP_LANE_FN vf vf_mantissa(vf a)
{
    return _mm256_or_ps(_mm256_and_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffff))), _mm256_set1_ps(1));
}

/* Samples 0, 2, 4, .. and 1, 3, 5, .. of a, then b; in an order of their own, which vf_order() undoes. */
VP_LANE_FN vf vf_even(vf a, vf b) { return _mm256_shuffle_ps(a, b, 0x88); }
VP_LANE_FN vf vf_odd(vf a, vf b) { return _mm256_shuffle_ps(a, b, 0xdd); }
VP_LANE_FN vf vf_order(vf a)
{
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(a), 0xd8));
}

VP_LANE_FN __m256d vf_low64(vf a) { return _mm256_cvtps_pd(_mm256_castps256_ps128(a)); }
VP_LANE_FN __m256d vf_high64(vf a) { return _mm256_cvtps_pd(_mm256_extractf128_ps(a, 1)); }
VP_LANE_FN vf vf_from64(__m256d low, __m256d high)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(low)), _mm256_cvtpd_ps(high), 1);
}
/* c * a */
VP_LANE_FN vf vf_mul64(double c, vf a)
{
    const __m256d k = _mm256_set1_pd(c);
    return vf_from64(_mm256_mul_pd(k, vf_low64(a)), _mm256_mul_pd(k, vf_high64(a)));
}
/* a + c * b */
VP_LANE_FN vf vf_add_mul64(vf a, double c, vf b)
{
    const __m256d k = _mm256_set1_pd(c);
    return vf_from64(_mm256_add_pd(vf_low64(a), _mm256_mul_pd(k, vf_low64(b))),
                     _mm256_add_pd(vf_high64(a), _mm256_mul_pd(k, vf_high64(b))));
}
/* 1 + a / (b + c) */
VP_LANE_FN vf vf_one_plus_ratio64(vf a, vf b, double c)
{
    const __m256d k = _mm256_set1_pd(c), one = _mm256_set1_pd(1);
    const __m256d low = _mm256_div_pd(vf_low64(a), _mm256_add_pd(vf_low64(b), k));
    const __m256d high = _mm256_div_pd(vf_high64(a), _mm256_add_pd(vf_high64(b), k));
    return vf_from64(_mm256_add_pd(one, low), _mm256_add_pd(one, high));
}

#endif
