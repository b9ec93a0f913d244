/* 512-bit vectors under the names that kernels written once for several widths use. 16-bit lanes unless told.
 * With VP_VEC_VNNI defined, the level is that of the fused multiply-add of pairs. */
#ifndef VP_KERNEL_VEC_H
#define VP_KERNEL_VEC_H

#include <immintrin.h>

#include "base/cpu.h"

#if defined(VP_VEC_VNNI)
#define VP_LEVEL VP_AVX512_VNNI
#define VP_NAME(stem) stem##_avx512_vnni
#else
#define VP_LEVEL VP_AVX512
#define VP_NAME(stem) stem##_avx512
#endif
enum { V16 = 32, V32 = 16 }; /* lanes */

typedef __m512i V;

#define v_load(p) _mm512_loadu_si512((const void *)(p))
#define v_store(p, v) _mm512_storeu_si512((void *)(p), v)
#define v_zero() _mm512_setzero_si512()
#define v_set16(x) _mm512_set1_epi16(x)
#define v_set32(x) _mm512_set1_epi32(x)
#define v_set64(x) _mm512_set1_epi64(x)
#define v_and(a, b) _mm512_and_si512(a, b)
#define v_or(a, b) _mm512_or_si512(a, b)
#define v_xor(a, b) _mm512_xor_si512(a, b)
#define v_any(v) (_mm512_test_epi32_mask(v, v) != 0)

#define v_add16(a, b) _mm512_add_epi16(a, b)
#define v_sub16(a, b) _mm512_sub_epi16(a, b)
#define v_mullo16(a, b) _mm512_mullo_epi16(a, b)
#define v_mulhi16(a, b) _mm512_mulhi_epi16(a, b)
#define v_mulhi16u(a, b) _mm512_mulhi_epu16(a, b)
#define v_add32(a, b) _mm512_add_epi32(a, b)
#define v_sub32(a, b) _mm512_sub_epi32(a, b)
#define v_add64(a, b) _mm512_add_epi64(a, b)
#define v_max32(a, b) _mm512_max_epi32(a, b)
#define v_abs32(a) _mm512_abs_epi32(a)
#define v_mul32u(a, b) _mm512_mul_epu32(a, b) /* even 32-bit lanes, to 64 bits */
#define v_sll32(v, n) _mm512_slli_epi32(v, n)
#define v_srl32(v, n) _mm512_srli_epi32(v, n)
#define v_sra32(v, n) _mm512_srai_epi32(v, n)
#define v_srl64(v, n) _mm512_srli_epi64(v, n)
#define v_sll32_by(v, n) _mm512_sll_epi32(v, n) /* n: a count in an __m128i */
#define v_srl32_by(v, n) _mm512_srl_epi32(v, n)
#define v_sra32_by(v, n) _mm512_sra_epi32(v, n)
/* a0 b0 + a1 b1 of neighbouring signed lanes, added to a 32-bit lane */
#define v_madd(a, b) _mm512_madd_epi16(a, b)

/* V16 bytes widened */
#define v_load8(p) _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)(p)))
/* within 128-bit blocks, all of these: v_packs32(v_lo16(a, b), v_hi16(a, b)) keeps the order */
#define v_lo16(a, b) _mm512_unpacklo_epi16(a, b)
#define v_hi16(a, b) _mm512_unpackhi_epi16(a, b)
#define v_lo64(a, b) _mm512_unpacklo_epi64(a, b)
#define v_hi64(a, b) _mm512_unpackhi_epi64(a, b)
/* four low halves of 32-bit lanes, then the four high ones */
#define v_split32(v)                                                                                                 \
    _mm512_shuffle_epi8(v, _mm512_broadcast_i32x4(                                                                   \
                               _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15)))
#define v_packs32(a, b) _mm512_packs_epi32(a, b)
#define v_packus32(a, b) _mm512_packus_epi32(a, b)
/* odd 32-bit lanes of `odd`, even ones of `even` */
#define v_blend32(even, odd) _mm512_mask_blend_epi32(0xAAAA, even, odd)
/* lanes below n keep their value, others become 0 */
#define v_first32(v, n) _mm512_maskz_mov_epi32((__mmask16)((1u << (n)) - 1), v)

/* Keeps a value in a register at this point. Without it GCC gathers the additions of unrolled sums at the end and
 * spills what they add, and reads constants from memory at each use. */
#ifndef v_keep
#define v_keep(v) __asm__("" : "+v"(v))
#endif

static inline VP_LEVEL V v_dot(V sum, V a, V b)
{
#if defined(VP_VEC_VNNI)
    sum = _mm512_dpwssd_epi32(sum, a, b);
#else
    sum = v_add32(sum, v_madd(a, b));
#endif
    v_keep(sum);
    return sum;
}

/* V32 samples of two rows, sample beside sample; bytes less 128 */
static inline VP_LEVEL V v_pair8(const uint8_t *a, const uint8_t *b)
{
    const V x = _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)a));
    const V y = _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)b));
    return v_sub16(v_or(x, v_sll32(y, 16)), v_set16(128));
}

static inline VP_LEVEL V v_pair16(const uint16_t *a, const uint16_t *b)
{
    const V x = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)a));
    const V y = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const void *)b));
    return v_or(x, v_sll32(y, 16));
}

/* The two halves of a v_packs32(x, y) or v_packus32(x, y), each in order. */
static inline VP_LEVEL void v_store_packed(void *x, void *y, V packed)
{
    const V v = _mm512_permutexvar_epi64(_mm512_set_epi64(7, 5, 3, 1, 6, 4, 2, 0), packed);
    _mm256_storeu_si256(x, _mm512_castsi512_si256(v));
    _mm256_storeu_si256(y, _mm512_extracti64x4_epi64(v, 1));
}

/* even[0] odd[0] even[1] odd[1] ..., two vectors */
static inline VP_LEVEL void v_store_zip32(int32_t *p, V even, V odd)
{
    const V low = _mm512_set_epi32(23, 7, 22, 6, 21, 5, 20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    v_store(p, _mm512_permutex2var_epi32(even, low, odd));
    v_store(p + V32, _mm512_permutex2var_epi32(even, v_add32(low, v_set32(8)), odd));
}

static inline VP_LEVEL int64_t v_sum64(V v)
{
    const __m256i s = _mm256_add_epi64(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    const __m128i t = _mm_add_epi64(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
    return _mm_cvtsi128_si64(t) + _mm_extract_epi64(t, 1);
}

/* Unsigned 32-bit lanes, to 64 bits. */
static inline VP_LEVEL V v_widen_add64(V sum, V v)
{
    return v_add64(v_add64(sum, v_srl64(v, 32)), v_and(v, v_set64(0xffffffff)));
}

#endif
