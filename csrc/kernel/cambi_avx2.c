#include "base/cpu.h"

#if defined(VP_X86)
#include <immintrin.h>

#include "kernel/cambi_levels.h"

enum { LANES = 16 };
typedef __m256i V;
typedef __m256 VF;
typedef __m128i H;

VP_AVX2 static inline V load(const void *p)
{
    return _mm256_loadu_si256(p);
}

VP_AVX2 static inline void store(void *p, V v)
{
    _mm256_storeu_si256(p, v);
}

VP_AVX2 static inline void store_f(float *p, VF v)
{
    _mm256_storeu_ps(p, v);
}

#define set16(x) _mm256_set1_epi16((short)(x))
#define add16(a, b) _mm256_add_epi16(a, b)
#define sub16(a, b) _mm256_sub_epi16(a, b)
#define min16(a, b) _mm256_min_epi16(a, b)
#define max16(a, b) _mm256_max_epi16(a, b)
#define max_u16(a, b) _mm256_max_epu16(a, b)
#define set_f(x) _mm256_set1_ps(x)
#define max_f(a, b) _mm256_max_ps(a, b)
#define mul_f(a, b) _mm256_mul_ps(a, b)
#define lower_half(v) _mm256_castsi256_si128(v)
#define upper_half(v) _mm256_extracti128_si256(v, 1)
#define any(v) (!_mm256_testz_si256(v, v))
#define counting() _mm256_setr_epi16(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)

VP_AVX2 static inline VF count_product(const float *reciprocals, H own, H other, VF *reciprocal)
{
    const V p0 = _mm256_cvtepu16_epi32(own), p = _mm256_cvtepu16_epi32(other);
    *reciprocal = _mm256_i32gather_ps(reciprocals, _mm256_add_epi32(p0, p), 4);
    return _mm256_mul_ps(_mm256_cvtepi32_ps(p0), _mm256_cvtepi32_ps(p));
}

/* One bit for each of 32 entries compared equal. */
VP_AVX2 static inline uint32_t equal32(const uint16_t *a, const uint16_t *b)
{
    const __m256i low = _mm256_cmpeq_epi16(load(a), load(b)), high = _mm256_cmpeq_epi16(load(a + 16), load(b + 16));
    return (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8));
}

VP_AVX2 static inline uint32_t none32(const uint16_t *a)
{
    const V none = _mm256_set1_epi16(-1);
    const __m256i low = _mm256_cmpeq_epi16(load(a), none), high = _mm256_cmpeq_epi16(load(a + 16), none);
    return (uint32_t)_mm256_movemask_epi8(_mm256_permute4x64_epi64(_mm256_packs_epi16(low, high), 0xd8));
}

#define VP_LEVEL VP_AVX2
#include "kernel/cambi_counts.h"

/* Sums of up to BLOCK contrasts are exact in double precision: below 2^14 each, multiples of 2^-24. */
VP_AVX2 static int64_t sum(const float *c, size_t n, size_t *non_zero)
{
    enum { BLOCK = 4096 };
    int64_t total = 0;
    size_t i = 0, zeros = 0;
    while (n - i >= 8) {
        const size_t end = i + (n - i < BLOCK ? (n - i) / 8 * 8 : BLOCK);
        __m256d low = _mm256_setzero_pd(), high = _mm256_setzero_pd();
        for (; i < end; i += 8) {
            const __m256 v = _mm256_loadu_ps(c + i);
            low = _mm256_add_pd(low, _mm256_cvtps_pd(_mm256_castps256_ps128(v)));
            high = _mm256_add_pd(high, _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)));
            const __m256 is_zero = _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_EQ_OQ);
            zeros += (size_t)_mm_popcnt_u32((unsigned)_mm256_movemask_ps(is_zero));
        }
        double lane[4];
        _mm256_storeu_pd(lane, _mm256_add_pd(low, high));
        total += (int64_t)((lane[0] + lane[1] + lane[2] + lane[3]) * 16777216.0);
    }
    size_t rest;
    total += vp_cambi_plain.sum(c + i, n - i, &rest);
    *non_zero = i - zeros + rest;
    return total;
}

void vp_cambi_kernels_avx2(VpCambiKernels *k)
{
    vp_cambi_picture_kernels_avx2(k);
    k->slide = slide;
    k->contrast = contrast;
    k->sum = sum;
}
#endif
