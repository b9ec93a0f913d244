/* 256-bit vectors under the names that kernels written once for several widths use. 16-bit lanes unless told. */
#ifndef VP_KERNEL_VEC_H
#define VP_KERNEL_VEC_H

#include <immintrin.h>

#include "base/cpu.h"

#define VP_LEVEL VP_AVX2
#define VP_NAME(stem) stem##_avx2
enum { V16 = 16, V32 = 8 }; /* lanes */

typedef __m256i V;
typedef __m128i VHalf; /* bytes to be widened */

#define v_load(p) _mm256_loadu_si256((const void *)(p))
#define v_store(p, v) _mm256_storeu_si256((void *)(p), v)
#define v_load_half(p) _mm_loadu_si128((const void *)(p))
#define v_zero() _mm256_setzero_si256()
#define v_set8_half(x) _mm_set1_epi8(x)
#define v_set16(x) _mm256_set1_epi16(x)
#define v_set32(x) _mm256_set1_epi32(x)
#define v_set64(x) _mm256_set1_epi64x(x)
#define v_and(a, b) _mm256_and_si256(a, b)
#define v_or(a, b) _mm256_or_si256(a, b)
#define v_xor(a, b) _mm256_xor_si256(a, b)
#define v_xor_half(a, b) _mm_xor_si128(a, b)
#define v_any(v) (!_mm256_testz_si256(v, v))

#define v_add16(a, b) _mm256_add_epi16(a, b)
#define v_sub16(a, b) _mm256_sub_epi16(a, b)
#define v_mullo16(a, b) _mm256_mullo_epi16(a, b)
#define v_mulhi16u(a, b) _mm256_mulhi_epu16(a, b)
#define v_add32(a, b) _mm256_add_epi32(a, b)
#define v_sub32(a, b) _mm256_sub_epi32(a, b)
#define v_add64(a, b) _mm256_add_epi64(a, b)
#define v_max32(a, b) _mm256_max_epi32(a, b)
#define v_abs32(a) _mm256_abs_epi32(a)
#define v_mul32u(a, b) _mm256_mul_epu32(a, b) /* even 32-bit lanes, to 64 bits */
#define v_sll32(v, n) _mm256_slli_epi32(v, n)
#define v_srl32(v, n) _mm256_srli_epi32(v, n)
#define v_sra32(v, n) _mm256_srai_epi32(v, n)
#define v_srl64(v, n) _mm256_srli_epi64(v, n)
#define v_sll32_by(v, n) _mm256_sll_epi32(v, n) /* n: a count in an __m128i */
#define v_srl32_by(v, n) _mm256_srl_epi32(v, n)
#define v_sra32_by(v, n) _mm256_sra_epi32(v, n)
/* a0 b0 + a1 b1 of neighbouring signed lanes, added to a 32-bit lane */
#define v_madd(a, b) _mm256_madd_epi16(a, b)
#define v_dot(sum, a, b) _mm256_add_epi32(sum, _mm256_madd_epi16(a, b))

#define v_widen8u(half) _mm256_cvtepu8_epi16(half)
#define v_widen8s(half) _mm256_cvtepi8_epi16(half)
/* within 128-bit blocks, all four: v_packs32(v_lo16(a, b), v_hi16(a, b)) keeps the order */
#define v_lo16(a, b) _mm256_unpacklo_epi16(a, b)
#define v_hi16(a, b) _mm256_unpackhi_epi16(a, b)
#define v_packs32(a, b) _mm256_packs_epi32(a, b)
#define v_packus32(a, b) _mm256_packus_epi32(a, b)
/* odd 32-bit lanes of `odd`, even ones of `even` */
#define v_blend32(even, odd) _mm256_blend_epi32(even, odd, 0xAA)
/* lanes below n keep their value, others become 0 */
#define v_first32(v, n)                                                                                              \
    _mm256_and_si256(v, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)))

static inline VP_LEVEL int64_t v_sum64(V v)
{
    const __m128i s = _mm_add_epi64(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    return _mm_cvtsi128_si64(s) + _mm_extract_epi64(s, 1);
}

/* Unsigned 32-bit lanes, to 64 bits. */
static inline VP_LEVEL V v_widen_add64(V sum, V v)
{
    return v_add64(v_add64(sum, v_srl64(v, 32)), v_and(v, v_set64(0xffffffff)));
}

#endif
