#include "base/cpu.h"

#if defined(VP_X86)
#include <immintrin.h>

#include "kernel/cambi_levels.h"

enum { LANES = 32 };
typedef __m512i V;
typedef __m512 VF;
typedef __m256i H;

VP_AVX512 static inline V load(const void *p)
{
    return _mm512_loadu_si512(p);
}

VP_AVX512 static inline void store(void *p, V v)
{
    _mm512_storeu_si512(p, v);
}

VP_AVX512 static inline void store_f(float *p, VF v)
{
    _mm512_storeu_ps(p, v);
}

#define set16(x) _mm512_set1_epi16((short)(x))
#define add16(a, b) _mm512_add_epi16(a, b)
#define sub16(a, b) _mm512_sub_epi16(a, b)
#define min16(a, b) _mm512_min_epi16(a, b)
#define max16(a, b) _mm512_max_epi16(a, b)
#define max_u16(a, b) _mm512_max_epu16(a, b)
#define set_f(x) _mm512_set1_ps(x)
#define max_f(a, b) _mm512_max_ps(a, b)
#define mul_f(a, b) _mm512_mul_ps(a, b)
#define lower_half(v) _mm512_castsi512_si256(v)
#define upper_half(v) _mm512_extracti64x4_epi64(v, 1)
#define any(v) (_mm512_test_epi16_mask(v, v) != 0)

VP_AVX512 static inline V counting(void)
{
    static const int16_t numbers[LANES] = {1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16,
                                           17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};
    return load(numbers);
}

VP_AVX512 static inline VF count_product(const float *reciprocals, H own, H other, VF *reciprocal)
{
    const V p0 = _mm512_cvtepu16_epi32(own), p = _mm512_cvtepu16_epi32(other);
    *reciprocal = _mm512_i32gather_ps(_mm512_add_epi32(p0, p), reciprocals, 4);
    return _mm512_mul_ps(_mm512_cvtepi32_ps(p0), _mm512_cvtepi32_ps(p));
}

/* One bit for each of 32 entries compared equal. */
VP_AVX512 static inline uint32_t equal32(const uint16_t *a, const uint16_t *b)
{
    return _mm512_cmpeq_epi16_mask(load(a), load(b));
}

VP_AVX512 static inline uint32_t none32(const uint16_t *a)
{
    return _mm512_cmpeq_epi16_mask(load(a), _mm512_set1_epi16(-1));
}

#define VP_LEVEL VP_AVX512
#include "kernel/cambi_counts.h"

void vp_cambi_kernels_avx512(VpCambiKernels *k)
{
    k->slide = slide;
    k->contrast = contrast;
}
#endif
