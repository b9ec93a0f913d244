/* In place of the compiler's: the same instructions as plain C, by SIMDe. What version 0.7 lacks stands below. */
#ifndef VP_EMULATE_IMMINTRIN_H
#define VP_EMULATE_IMMINTRIN_H

#include <math.h>

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

#if !defined(_MM_FROUND_NO_EXC)
#define _MM_FROUND_TO_ZERO SIMDE_MM_FROUND_TO_ZERO
#define _MM_FROUND_NO_EXC SIMDE_MM_FROUND_NO_EXC
#endif

#define VP_EMULATE static inline __attribute__((unused))

#if !defined(__mmask16)
typedef simde__mmask16 __mmask16;
#endif
#if !defined(__mmask32)
typedef simde__mmask32 __mmask32;
#endif
#if !defined(__mmask8)
typedef simde__mmask8 __mmask8;
#endif

#if !defined(_mm512_cvtepi32_ps)
VP_EMULATE __m512 _mm512_cvtepi32_ps(__m512i a)
{
    simde__m512i_private in = simde__m512i_to_private(a);
    simde__m512_private out;
    for (int i = 0; i < 16; i++) out.f32[i] = (float)in.i32[i];
    return simde__m512_from_private(out);
}
#endif

#if !defined(_mm512_cvtepi32_pd)
VP_EMULATE __m512d _mm512_cvtepi32_pd(__m256i a)
{
    simde__m256i_private in = simde__m256i_to_private(a);
    simde__m512d_private out;
    for (int i = 0; i < 8; i++) out.f64[i] = in.i32[i];
    return simde__m512d_from_private(out);
}
#endif

#if !defined(_mm512_cvtepu8_epi32)
VP_EMULATE __m512i _mm512_cvtepu8_epi32(__m128i a)
{
    simde__m128i_private in = simde__m128i_to_private(a);
    simde__m512i_private out;
    for (int i = 0; i < 16; i++) out.i32[i] = in.u8[i];
    return simde__m512i_from_private(out);
}
#endif

#if !defined(_mm512_cvtepu16_epi32)
VP_EMULATE __m512i _mm512_cvtepu16_epi32(__m256i a)
{
    simde__m256i_private in = simde__m256i_to_private(a);
    simde__m512i_private out;
    for (int i = 0; i < 16; i++) out.i32[i] = in.u16[i];
    return simde__m512i_from_private(out);
}
#endif

#if !defined(_mm512_cvtpd_ps)
VP_EMULATE __m256 _mm512_cvtpd_ps(__m512d a)
{
    simde__m512d_private in = simde__m512d_to_private(a);
    simde__m256_private out;
    for (int i = 0; i < 8; i++) out.f32[i] = (float)in.f64[i];
    return simde__m256_from_private(out);
}
#endif

#if !defined(_mm512_cvtps_pd)
VP_EMULATE __m512d _mm512_cvtps_pd(__m256 a)
{
    simde__m256_private in = simde__m256_to_private(a);
    simde__m512d_private out;
    for (int i = 0; i < 8; i++) out.f64[i] = in.f32[i];
    return simde__m512d_from_private(out);
}
#endif

#if !defined(_mm512_extractf32x8_ps)
VP_EMULATE __m256 _mm512_extractf32x8_ps(__m512 a, int half)
{
    return simde__m512_to_private(a).m256[half];
}
#endif

#if !defined(_mm512_cvttps_epi32)
VP_EMULATE __m512i _mm512_cvttps_epi32(__m512 a)
{
    simde__m512_private in = simde__m512_to_private(a);
    simde__m512i_private out;
    for (int i = 0; i < 16; i++) out.i32[i] = fabsf(in.f32[i]) < 0x1p31f ? (int32_t)in.f32[i] : INT32_MIN;
    return simde__m512i_from_private(out);
}
#endif

#if !defined(_mm512_cvtepi64_ps)
VP_EMULATE __m256 _mm512_cvtepi64_ps(__m512i a)
{
    simde__m512i_private in = simde__m512i_to_private(a);
    simde__m256_private out;
    for (int i = 0; i < 8; i++) out.f32[i] = (float)in.i64[i];
    return simde__m256_from_private(out);
}
#endif

#if !defined(_mm512_cvtepi32_epi64)
VP_EMULATE __m512i _mm512_cvtepi32_epi64(__m256i a)
{
    simde__m256i_private in = simde__m256i_to_private(a);
    simde__m512i_private out;
    for (int i = 0; i < 8; i++) out.i64[i] = in.i32[i];
    return simde__m512i_from_private(out);
}
#endif

#if !defined(_mm512_cvtepi16_epi32)
VP_EMULATE __m512i _mm512_cvtepi16_epi32(__m256i a)
{
    simde__m256i_private in = simde__m256i_to_private(a);
    simde__m512i_private out;
    for (int i = 0; i < 16; i++) out.i32[i] = in.i16[i];
    return simde__m512i_from_private(out);
}
#endif

#if !defined(_mm512_cvtepu8_epi16)
VP_EMULATE __m512i _mm512_cvtepu8_epi16(__m256i a)
{
    simde__m256i_private in = simde__m256i_to_private(a);
    simde__m512i_private out;
    for (int i = 0; i < 32; i++) out.i16[i] = in.u8[i];
    return simde__m512i_from_private(out);
}
#endif

#if !defined(_mm512_lzcnt_epi32)
VP_EMULATE __m512i _mm512_lzcnt_epi32(__m512i a)
{
    simde__m512i_private in = simde__m512i_to_private(a);
    simde__m512i_private out;
    for (int i = 0; i < 16; i++) out.i32[i] = in.u32[i] ? __builtin_clz(in.u32[i]) : 32;
    return simde__m512i_from_private(out);
}
#endif

#if !defined(_mm512_srai_epi32)
VP_EMULATE __m512i _mm512_srai_epi32(__m512i a, unsigned shift)
{
    simde__m512i_private in = simde__m512i_to_private(a);
    simde__m512i_private out;
    for (int i = 0; i < 16; i++) out.i32[i] = in.i32[i] >> shift;
    return simde__m512i_from_private(out);
}
#endif

#if !defined(_mm512_srav_epi32)
VP_EMULATE __m512i _mm512_srav_epi32(__m512i a, __m512i b)
{
    simde__m512i_private x = simde__m512i_to_private(a), y = simde__m512i_to_private(b), out;
    for (int i = 0; i < 16; i++) out.i32[i] = x.i32[i] >> (y.u32[i] < 31 ? y.u32[i] : 31);
    return simde__m512i_from_private(out);
}
#endif

#if !defined(_mm512_mask_sub_epi16)
VP_EMULATE __m512i _mm512_mask_sub_epi16(__m512i src, __mmask32 k, __m512i a, __m512i b)
{
    return _mm512_mask_blend_epi16(k, src, _mm512_sub_epi16(a, b));
}
#endif

#if !defined(_mm512_cmpgt_epi16_mask)
VP_EMULATE __mmask32 _mm512_cmpgt_epi16_mask(__m512i a, __m512i b)
{
    simde__m512i_private x = simde__m512i_to_private(a), y = simde__m512i_to_private(b);
    __mmask32 k = 0;
    for (int i = 0; i < 32; i++) k |= (__mmask32)(x.i16[i] > y.i16[i]) << i;
    return k;
}
#endif

#if !defined(_mm512_cmpeq_epi16_mask)
VP_EMULATE __mmask32 _mm512_cmpeq_epi16_mask(__m512i a, __m512i b)
{
    simde__m512i_private x = simde__m512i_to_private(a), y = simde__m512i_to_private(b);
    __mmask32 k = 0;
    for (int i = 0; i < 32; i++) k |= (__mmask32)(x.i16[i] == y.i16[i]) << i;
    return k;
}
#endif

#if !defined(_mm512_cvttpd_epi32)
VP_EMULATE __m256i _mm512_cvttpd_epi32(__m512d a)
{
    simde__m512d_private in = simde__m512d_to_private(a);
    simde__m256i_private out;
    for (int i = 0; i < 8; i++) out.i32[i] = fabs(in.f64[i]) < 0x1p31 ? (int32_t)in.f64[i] : INT32_MIN;
    return simde__m256i_from_private(out);
}
#endif

#define VP_EMULATE_BY_COUNT(name, lane, shifted)                                                                     \
    VP_EMULATE __m512i name(__m512i a, __m128i count)                                                                \
    {                                                                                                                \
        simde__m512i_private in = simde__m512i_to_private(a), out;                                                   \
        const uint64_t n = simde__m128i_to_private(count).u64[0];                                                    \
        for (int i = 0; i < 16; i++) out.lane[i] = shifted;                                                          \
        return simde__m512i_from_private(out);                                                                       \
    }
#if !defined(_mm512_sll_epi32)
VP_EMULATE_BY_COUNT(_mm512_sll_epi32, u32, n > 31 ? 0 : in.u32[i] << n)
#endif
#if !defined(_mm512_srl_epi32)
VP_EMULATE_BY_COUNT(_mm512_srl_epi32, u32, n > 31 ? 0 : in.u32[i] >> n)
#endif
#if !defined(_mm512_sra_epi32)
VP_EMULATE_BY_COUNT(_mm512_sra_epi32, i32, in.i32[i] >> (n > 31 ? 31 : n))
#endif

#if !defined(_mm512_mulhi_epu16)
VP_EMULATE __m512i _mm512_mulhi_epu16(__m512i a, __m512i b)
{
    simde__m512i_private x = simde__m512i_to_private(a), y = simde__m512i_to_private(b), out;
    for (int i = 0; i < 32; i++) out.u16[i] = (uint16_t)((uint32_t)x.u16[i] * y.u16[i] >> 16);
    return simde__m512i_from_private(out);
}
#endif

/* lanes whose bit is not set are not read */
#if !defined(_mm512_maskz_loadu_epi32)
VP_EMULATE __m512i _mm512_maskz_loadu_epi32(__mmask16 k, const void *p)
{
    simde__m512i_private out;
    for (int i = 0; i < 16; i++) out.i32[i] = k >> i & 1 ? ((const int32_t *)p)[i] : 0;
    return simde__m512i_from_private(out);
}
#endif

#define v_keep(v) ((void)0) /* no registers of that width here */

/* its alias has the arguments of another instruction */
#undef _mm512_madd_epi16
#define _mm512_madd_epi16(a, b) simde_mm512_madd_epi16(a, b)

#if !defined(_mm512_i32gather_ps)
VP_EMULATE __m512 vp_gather_ps(__m512i index, const float *base)
{
    simde__m512i_private in = simde__m512i_to_private(index);
    simde__m512_private out;
    for (int i = 0; i < 16; i++) out.f32[i] = base[in.i32[i]];
    return simde__m512_from_private(out);
}
#define _mm512_i32gather_ps(index, base, scale) vp_gather_ps(index, base) /* scale: 4 */
#endif

#endif
