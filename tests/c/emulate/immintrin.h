/* In place of the compiler's: the same instructions as plain C, by SIMDe. What version 0.7 lacks stands below. */
#ifndef VP_EMULATE_IMMINTRIN_H
#define VP_EMULATE_IMMINTRIN_H

#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>

#define VP_EMULATE static inline __attribute__((unused))

#if !defined(__mmask16)
typedef simde__mmask16 __mmask16;
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

#endif
