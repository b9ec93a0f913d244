/* Integer ADM: the wavelet with AVX2. */
#include "kernel/adm_levels.h"

#if defined(VP_X86)
#include <immintrin.h>

static const int16_t low[VP_ADM_TAPS] = {VP_ADM_LOW}, high[VP_ADM_TAPS] = {VP_ADM_HIGH};

/* Taps as pairs for the multiply-add of 16-bit pairs. */
typedef struct Taps {
    __m256i first, second;
} Taps;

VP_AVX2 static inline __m256i pair_of(int16_t a, int16_t b)
{
    return _mm256_set1_epi32((int32_t)((uint32_t)(uint16_t)a | (uint32_t)(uint16_t)b << 16));
}

VP_AVX2 static inline Taps taps_of(const int16_t tap[VP_ADM_TAPS])
{
    return (Taps){pair_of(tap[0], tap[1]), pair_of(tap[2], tap[3])};
}

VP_AVX2 static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

VP_AVX2 static inline void store(void *p, __m256i v)
{
    _mm256_storeu_si256(p, v);
}

VP_AVX2 static inline __m256i sum_of(__m256i first, __m256i second, Taps t)
{
    return _mm256_add_epi32(_mm256_madd_epi16(first, t.first), _mm256_madd_epi16(second, t.second));
}

/* Sixteen columns of four rows as pairs of rows. Unpacking and packing stay in the same half of a vector. */
typedef struct Pairs {
    __m256i first[2], second[2];
} Pairs;

VP_AVX2 static inline Pairs pairs_of(__m256i u0, __m256i u1, __m256i u2, __m256i u3)
{
    return (Pairs){{_mm256_unpacklo_epi16(u0, u1), _mm256_unpackhi_epi16(u0, u1)},
                   {_mm256_unpacklo_epi16(u2, u3), _mm256_unpackhi_epi16(u2, u3)}};
}

VP_AVX2 static inline __m256i filter_rows(Pairs p, Taps t, __m256i add, __m128i shift)
{
    const __m256i a = _mm256_add_epi32(sum_of(p.first[0], p.second[0], t), add);
    const __m256i b = _mm256_add_epi32(sum_of(p.first[1], p.second[1], t), add);
    return _mm256_packs_epi32(_mm256_sra_epi32(a, shift), _mm256_sra_epi32(b, shift));
}

VP_AVX2 static void rows8(const void *const in[VP_ADM_TAPS], int bpc, int16_t *lo, int16_t *hi, int n)
{
    (void)bpc;
    const uint8_t *r0 = in[0], *r1 = in[1], *r2 = in[2], *r3 = in[3];
    const Taps tl = taps_of(low), th = taps_of(high);
    /* rounding, and the samples' mid value */
    const __m256i add_lo = _mm256_set1_epi32(128 - 46342 * 128), add_hi = _mm256_set1_epi32(128);
    const __m128i shift = _mm_cvtsi32_si128(8);
    for (int at = 0; at < n; at += 16) {
        const int x = at + 16 <= n ? at : n - 16; /* the last ones may be done twice */
        const Pairs p = pairs_of(_mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(r0 + x))),
                                 _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(r1 + x))),
                                 _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(r2 + x))),
                                 _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(r3 + x))));
        store(lo + x, filter_rows(p, tl, add_lo, shift));
        if (hi) store(hi + x, filter_rows(p, th, add_hi, shift));
    }
}

VP_AVX2 static void rows16(const void *const in[VP_ADM_TAPS], int bpc, int16_t *lo, int16_t *hi, int n)
{
    const uint16_t *r0 = in[0], *r1 = in[1], *r2 = in[2], *r3 = in[3];
    const Taps tl = taps_of(low), th = taps_of(high);
    const __m256i half = _mm256_set1_epi32(1 << (bpc - 1)), mid = _mm256_set1_epi16((int16_t)(1 << (bpc - 1)));
    const __m128i shift = _mm_cvtsi32_si128(bpc);
    for (int at = 0; at < n; at += 16) {
        const int x = at + 16 <= n ? at : n - 16;
        const Pairs p = pairs_of(_mm256_sub_epi16(load(r0 + x), mid), _mm256_sub_epi16(load(r1 + x), mid),
                                 _mm256_sub_epi16(load(r2 + x), mid), _mm256_sub_epi16(load(r3 + x), mid));
        store(lo + x, filter_rows(p, tl, half, shift));
        if (hi) store(hi + x, filter_rows(p, th, half, shift));
    }
}

VP_AVX2 static inline __m256i filter_columns(const __m256i first[2], const __m256i second[2], Taps t)
{
    const __m256i half = _mm256_set1_epi32(32768);
    const __m256i a = _mm256_srai_epi32(_mm256_add_epi32(sum_of(first[0], second[0], t), half), 16);
    const __m256i b = _mm256_srai_epi32(_mm256_add_epi32(sum_of(first[1], second[1], t), half), 16);
    return _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xD8);
}

VP_AVX2 static void columns16(const int16_t *in, int16_t *lo, int16_t *hi, int n)
{
    const Taps tl = taps_of(low), th = taps_of(high);
    for (int x = 0; x < n; x += 16) {
        const int16_t *p = in + 2 * x;
        const __m256i first[2] = {load(p), load(p + 16)}, second[2] = {load(p + 2), load(p + 18)};
        store(lo + x, filter_columns(first, second, tl));
        if (hi) store(hi + x, filter_columns(first, second, th));
    }
}

VP_AVX2 static inline void store_rows(int32_t *out, Pairs p, Taps t)
{
    const __m256i a = sum_of(p.first[0], p.second[0], t), b = sum_of(p.first[1], p.second[1], t);
    store(out, _mm256_permute2x128_si256(a, b, 0x20));
    store(out + 8, _mm256_permute2x128_si256(a, b, 0x31));
}

VP_AVX2 static void rows_widen(const int16_t *const in[VP_ADM_TAPS], int32_t *lo, int32_t *hi, int n)
{
    const Taps tl = taps_of(low), th = taps_of(high);
    for (int x = 0; x < n; x += 16) {
        const Pairs p = pairs_of(load(in[0] + x), load(in[1] + x), load(in[2] + x), load(in[3] + x));
        store_rows(lo + x, p, tl);
        if (hi) store_rows(hi + x, p, th);
    }
}

/* 32-bit values in 16-bit halves, v = 65536 H + L + 32768: the sum of f v, rounded and shifted by 16 or 15, is
 *     sum f H + c + ((sum f L + 32768) >> 16)   or   2 sum f H + 2 c + ((sum f L + 16384) >> 15)
 * with c half the sum of the taps: exact, as 32768 times the sum is a multiple of 65536. */
typedef struct Halves {
    __m256i h, l; /* of two values in each 32-bit lane */
} Halves;

VP_AVX2 static inline __m256i filter_halves(Halves first, Halves second, Taps t, int shift, int32_t c)
{
    const __m256i h = sum_of(first.h, second.h, t), l = sum_of(first.l, second.l, t);
    if (shift == 16)
        return _mm256_add_epi32(_mm256_add_epi32(h, _mm256_set1_epi32(c)),
                                _mm256_srai_epi32(_mm256_add_epi32(l, _mm256_set1_epi32(32768)), 16));
    return _mm256_add_epi32(_mm256_add_epi32(_mm256_add_epi32(h, h), _mm256_set1_epi32(2 * c)),
                            _mm256_srai_epi32(_mm256_add_epi32(l, _mm256_set1_epi32(16384)), 15));
}

enum { HALF_LOW = 23171, HALF_HIGH = 0 };

/* Of two rows: a value of each in a lane. */
VP_AVX2 static inline Halves halves_of_rows(__m256i a, __m256i b)
{
    const __m256i centre = _mm256_set1_epi16(INT16_MIN);
    return (Halves){_mm256_blend_epi16(_mm256_srli_epi32(a, 16), b, 0xAA),
                    _mm256_xor_si256(_mm256_blend_epi16(a, _mm256_slli_epi32(b, 16), 0xAA), centre)};
}

VP_AVX2 static void rows32(const int32_t *const in[VP_ADM_TAPS], int32_t *lo, int32_t *hi, int n)
{
    const Taps tl = taps_of(low), th = taps_of(high);
    for (int x = 0; x < n; x += 8) {
        const Halves first = halves_of_rows(load(in[0] + x), load(in[1] + x));
        const Halves second = halves_of_rows(load(in[2] + x), load(in[3] + x));
        store(lo + x, filter_halves(first, second, tl, 16, HALF_LOW));
        if (hi) store(hi + x, filter_halves(first, second, th, 16, HALF_HIGH));
    }
}

/* Of sixteen neighbouring columns: two neighbours in a lane. Lanes come as 0 1 4 5 2 3 6 7. */
VP_AVX2 static inline Halves halves_of_columns(const int32_t *p)
{
    const __m256i a = load(p), b = load(p + 8), centre = _mm256_set1_epi16(INT16_MIN);
    const __m256i zero = _mm256_setzero_si256();
    return (Halves){_mm256_packs_epi32(_mm256_srai_epi32(a, 16), _mm256_srai_epi32(b, 16)),
                    _mm256_xor_si256(_mm256_packus_epi32(_mm256_blend_epi16(a, zero, 0xAA),
                                                         _mm256_blend_epi16(b, zero, 0xAA)),
                                     centre)};
}

VP_AVX2 static inline void columns32_shift(const int32_t *in, int shift, int32_t *lo, int32_t *hi, int n)
{
    const Taps tl = taps_of(low), th = taps_of(high);
    for (int x = 0; x < n; x += 8) {
        const Halves first = halves_of_columns(in + 2 * x), second = halves_of_columns(in + 2 * x + 2);
        store(lo + x, _mm256_permute4x64_epi64(filter_halves(first, second, tl, shift, HALF_LOW), 0xD8));
        if (hi) store(hi + x, _mm256_permute4x64_epi64(filter_halves(first, second, th, shift, HALF_HIGH), 0xD8));
    }
}

VP_AVX2 static void columns32(const int32_t *in, int shift, int32_t *lo, int32_t *hi, int n)
{
    if (shift == 16)
        columns32_shift(in, 16, lo, hi, n);
    else
        columns32_shift(in, 15, lo, hi, n);
}

void vp_adm_wavelet_avx2(VpAdmKernels *k)
{
    k->wavelet = (VpAdmWaveletKernels){rows8, rows16, columns16, rows_widen, rows32, columns32};
}
#endif
