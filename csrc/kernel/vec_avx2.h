/* 256-bit vectors under the names that kernels written once for several widths use. 16-bit lanes unless told. */
#ifndef VP_KERNEL_VEC_H
#define VP_KERNEL_VEC_H

#include <immintrin.h>

#include "base/cpu.h"

#define VP_LEVEL VP_AVX2
#define VP_NAME(stem) stem##_avx2
enum { V16 = 16, V32 = 8 }; /* lanes */

typedef __m256i V;

#define v_load(p) _mm256_loadu_si256((const void *)(p))
#define v_store(p, v) _mm256_storeu_si256((void *)(p), v)
#define v_zero() _mm256_setzero_si256()
#define v_set16(x) _mm256_set1_epi16(x)
#define v_set32(x) _mm256_set1_epi32(x)
#define v_set64(x) _mm256_set1_epi64x(x)
#define v_and(a, b) _mm256_and_si256(a, b)
#define v_or(a, b) _mm256_or_si256(a, b)
#define v_xor(a, b) _mm256_xor_si256(a, b)
#define v_any(v) (!_mm256_testz_si256(v, v))

#define v_add16(a, b) _mm256_add_epi16(a, b)
#define v_sub16(a, b) _mm256_sub_epi16(a, b)
#define v_mullo16(a, b) _mm256_mullo_epi16(a, b)
#define v_mulhi16(a, b) _mm256_mulhi_epi16(a, b)
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

/* V16 bytes, V32 words widened */
#define v_load8(p) _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(p)))
/* within 128-bit blocks, all of these: v_packs32(v_lo16(a, b), v_hi16(a, b)) keeps the order */
#define v_lo16(a, b) _mm256_unpacklo_epi16(a, b)
#define v_hi16(a, b) _mm256_unpackhi_epi16(a, b)
#define v_lo64(a, b) _mm256_unpacklo_epi64(a, b)
#define v_hi64(a, b) _mm256_unpackhi_epi64(a, b)
/* four low halves of 32-bit lanes, then the four high ones */
#define v_split32(v)                                                                                                 \
    _mm256_shuffle_epi8(v, _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15, 0, 1, 4, 5, 8, 9,  \
                                            12, 13, 2, 3, 6, 7, 10, 11, 14, 15))
#define v_packs32(a, b) _mm256_packs_epi32(a, b)
#define v_packus32(a, b) _mm256_packus_epi32(a, b)
/* odd 32-bit lanes of `odd`, even ones of `even` */
#define v_blend32(even, odd) _mm256_blend_epi32(even, odd, 0xAA)
/* lanes below n keep their value, others become 0 */
#define v_first32(v, n)                                                                                              \
    _mm256_and_si256(v, _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)))

/* Keeps a value in a register at this point. Without it GCC gathers the additions of unrolled sums at the end and
 * spills what they add, and reads constants from memory at each use. */
#define v_keep(v) __asm__("" : "+x"(v))

static inline VP_LEVEL V v_dot(V sum, V a, V b)
{
    sum = v_add32(sum, v_madd(a, b));
    v_keep(sum);
    return sum;
}

/* V32 samples of two rows, sample beside sample; bytes less 128 */
static inline VP_LEVEL V v_pair8(const uint8_t *a, const uint8_t *b)
{
    const __m128i x = _mm_unpacklo_epi8(_mm_loadl_epi64((const void *)a), _mm_loadl_epi64((const void *)b));
    return _mm256_cvtepi8_epi16(_mm_xor_si128(x, _mm_set1_epi8(-128)));
}

static inline VP_LEVEL V v_pair16(const uint16_t *a, const uint16_t *b)
{
    const V x = _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)a));
    const V y = _mm256_cvtepu16_epi32(_mm_loadu_si128((const void *)b));
    return _mm256_or_si256(x, _mm256_slli_epi32(y, 16));
}

/* The two halves of a v_packs32(x, y) or v_packus32(x, y), each in order. */
static inline VP_LEVEL void v_store_packed(void *x, void *y, V packed)
{
    const V v = _mm256_permute4x64_epi64(packed, 0xD8);
    _mm_storeu_si128(x, _mm256_castsi256_si128(v));
    _mm_storeu_si128(y, _mm256_extracti128_si256(v, 1));
}

/* even[0] odd[0] even[1] odd[1] ..., two vectors */
static inline VP_LEVEL void v_store_zip32(int32_t *p, V even, V odd)
{
    const V lo = _mm256_unpacklo_epi32(even, odd), hi = _mm256_unpackhi_epi32(even, odd);
    v_store(p, _mm256_permute2x128_si256(lo, hi, 0x20));
    v_store(p + V32, _mm256_permute2x128_si256(lo, hi, 0x31));
}

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
