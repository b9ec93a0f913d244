/* Integer ADM: the wavelet in 512-bit vectors, for the files of the levels that have them. To be defined before:
 *     LEVEL                         the target attribute
 *     MULTIPLY_ADD(sum, pairs, taps)  the sum of both products of each pair, added to 32-bit lanes
 *     FILL                          the name of the function that puts the kernels into the table */
#include <immintrin.h>

#include "kernel/adm_levels.h"

static const int16_t low[VP_ADM_TAPS] = {VP_ADM_LOW}, high[VP_ADM_TAPS] = {VP_ADM_HIGH};

typedef struct Taps {
    __m512i first, second;
} Taps;

LEVEL static inline __m512i pair_of(int16_t a, int16_t b)
{
    return _mm512_set1_epi32((int32_t)((uint32_t)(uint16_t)a | (uint32_t)(uint16_t)b << 16));
}

LEVEL static inline Taps taps_of(const int16_t tap[VP_ADM_TAPS])
{
    return (Taps){pair_of(tap[0], tap[1]), pair_of(tap[2], tap[3])};
}

LEVEL static inline __m512i load(const void *p)
{
    return _mm512_loadu_si512(p);
}

LEVEL static inline void store(void *p, __m512i v)
{
    _mm512_storeu_si512(p, v);
}

LEVEL static inline __m512i sum_of(__m512i add, __m512i first, __m512i second, Taps t)
{
    return MULTIPLY_ADD(MULTIPLY_ADD(add, first, t.first), second, t.second);
}

/* Unpacking and packing work on quarters of vectors: this puts the 64-bit parts of the result back in order. */
LEVEL static inline __m512i in_order(__m512i v)
{
    return _mm512_permutexvar_epi64(_mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7), v);
}

/* 32 columns of four rows as pairs of rows */
typedef struct Pairs {
    __m512i first[2], second[2];
} Pairs;

LEVEL static inline Pairs pairs_of(__m512i u0, __m512i u1, __m512i u2, __m512i u3)
{
    return (Pairs){{_mm512_unpacklo_epi16(u0, u1), _mm512_unpackhi_epi16(u0, u1)},
                   {_mm512_unpacklo_epi16(u2, u3), _mm512_unpackhi_epi16(u2, u3)}};
}

LEVEL static inline __m512i filter_rows(Pairs p, Taps t, __m512i add, __m512i shift)
{
    const __m512i a = sum_of(add, p.first[0], p.second[0], t), b = sum_of(add, p.first[1], p.second[1], t);
    return _mm512_packs_epi32(_mm512_srav_epi32(a, shift), _mm512_srav_epi32(b, shift));
}

LEVEL static inline __m512i load8(const uint8_t *p)
{
    return _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)p));
}

LEVEL static void rows8(const void *const in[VP_ADM_TAPS], int bpc, int16_t *lo, int16_t *hi, int n)
{
    (void)bpc;
    const uint8_t *r0 = in[0], *r1 = in[1], *r2 = in[2], *r3 = in[3];
    const Taps tl = taps_of(low), th = taps_of(high);
    /* rounding, and the samples' mid value */
    const __m512i add_lo = _mm512_set1_epi32(128 - 46342 * 128), add_hi = _mm512_set1_epi32(128);
    const __m512i shift = _mm512_set1_epi32(8);
    for (int at = 0; at < n; at += 32) {
        const int x = at + 32 <= n ? at : n - 32; /* the last ones may be done twice */
        const Pairs p = pairs_of(load8(r0 + x), load8(r1 + x), load8(r2 + x), load8(r3 + x));
        store(lo + x, filter_rows(p, tl, add_lo, shift));
        if (hi) store(hi + x, filter_rows(p, th, add_hi, shift));
    }
}

LEVEL static void rows16(const void *const in[VP_ADM_TAPS], int bpc, int16_t *lo, int16_t *hi, int n)
{
    const uint16_t *r0 = in[0], *r1 = in[1], *r2 = in[2], *r3 = in[3];
    const Taps tl = taps_of(low), th = taps_of(high);
    const __m512i half = _mm512_set1_epi32(1 << (bpc - 1)), mid = _mm512_set1_epi16((int16_t)(1 << (bpc - 1)));
    const __m512i shift = _mm512_set1_epi32(bpc);
    for (int at = 0; at < n; at += 32) {
        const int x = at + 32 <= n ? at : n - 32;
        const Pairs p = pairs_of(_mm512_sub_epi16(load(r0 + x), mid), _mm512_sub_epi16(load(r1 + x), mid),
                                 _mm512_sub_epi16(load(r2 + x), mid), _mm512_sub_epi16(load(r3 + x), mid));
        store(lo + x, filter_rows(p, tl, half, shift));
        if (hi) store(hi + x, filter_rows(p, th, half, shift));
    }
}

LEVEL static inline __m512i filter_columns(const __m512i first[2], const __m512i second[2], Taps t)
{
    const __m512i half = _mm512_set1_epi32(32768);
    const __m512i a = _mm512_srai_epi32(sum_of(half, first[0], second[0], t), 16);
    const __m512i b = _mm512_srai_epi32(sum_of(half, first[1], second[1], t), 16);
    return in_order(_mm512_packs_epi32(a, b));
}

LEVEL static void columns16(const int16_t *in, int16_t *lo, int16_t *hi, int n)
{
    const Taps tl = taps_of(low), th = taps_of(high);
    for (int x = 0; x < n; x += 32) {
        const int16_t *p = in + 2 * x;
        const __m512i first[2] = {load(p), load(p + 32)}, second[2] = {load(p + 2), load(p + 34)};
        store(lo + x, filter_columns(first, second, tl));
        if (hi) store(hi + x, filter_columns(first, second, th));
    }
}

LEVEL static inline void store_rows(int32_t *out, Pairs p, Taps t)
{
    const __m512i zero = _mm512_setzero_si512();
    const __m512i a = sum_of(zero, p.first[0], p.second[0], t), b = sum_of(zero, p.first[1], p.second[1], t);
    store(out, _mm512_permutex2var_epi64(a, _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11), b));
    store(out + 16, _mm512_permutex2var_epi64(a, _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15), b));
}

LEVEL static void rows_widen(const int16_t *const in[VP_ADM_TAPS], int32_t *lo, int32_t *hi, int n)
{
    const Taps tl = taps_of(low), th = taps_of(high);
    for (int x = 0; x < n; x += 32) {
        const Pairs p = pairs_of(load(in[0] + x), load(in[1] + x), load(in[2] + x), load(in[3] + x));
        store_rows(lo + x, p, tl);
        if (hi) store_rows(hi + x, p, th);
    }
}

/* 32-bit values in 16-bit halves, v = 65536 H + L + 32768: the sum of f v, rounded and shifted by 16 or 15, is
 *     sum f H + c + ((sum f L + 32768) >> 16)   or   2 sum f H + 2 c + ((sum f L + 16384) >> 15)
 * with c half the sum of the taps: exact, as 32768 times the sum is a multiple of 65536. */
typedef struct Halves {
    __m512i h, l; /* of two values in each 32-bit lane */
} Halves;

enum { HALF_LOW = 23171, HALF_HIGH = 0 };
#define ODD ((__mmask32)0xAAAAAAAA) /* of 16-bit lanes */

LEVEL static inline __m512i filter_halves(Halves first, Halves second, Taps t, int shift, int32_t c)
{
    const __m512i h = sum_of(_mm512_set1_epi32(shift == 16 ? c : 0), first.h, second.h, t);
    const __m512i l = sum_of(_mm512_set1_epi32(1 << (shift - 1)), first.l, second.l, t);
    if (shift == 16) return _mm512_add_epi32(h, _mm512_srai_epi32(l, 16));
    return _mm512_add_epi32(_mm512_add_epi32(_mm512_add_epi32(h, h), _mm512_set1_epi32(2 * c)),
                            _mm512_srai_epi32(l, 15));
}

/* Of two rows: a value of each in a lane. */
LEVEL static inline Halves halves_of_rows(__m512i a, __m512i b)
{
    const __m512i centre = _mm512_set1_epi16(INT16_MIN);
    return (Halves){_mm512_mask_blend_epi16(ODD, _mm512_srli_epi32(a, 16), b),
                    _mm512_xor_si512(_mm512_mask_blend_epi16(ODD, a, _mm512_slli_epi32(b, 16)), centre)};
}

LEVEL static void rows32(const int32_t *const in[VP_ADM_TAPS], int32_t *lo, int32_t *hi, int n)
{
    const Taps tl = taps_of(low), th = taps_of(high);
    for (int x = 0; x < n; x += 16) {
        const Halves first = halves_of_rows(load(in[0] + x), load(in[1] + x));
        const Halves second = halves_of_rows(load(in[2] + x), load(in[3] + x));
        store(lo + x, filter_halves(first, second, tl, 16, HALF_LOW));
        if (hi) store(hi + x, filter_halves(first, second, th, 16, HALF_HIGH));
    }
}

/* Of 32 neighbouring columns: two neighbours in a lane. */
LEVEL static inline Halves halves_of_columns(const int32_t *p)
{
    const __m512i a = load(p), b = load(p + 16), low16 = _mm512_set1_epi32(65535);
    const __m512i l = _mm512_packus_epi32(_mm512_and_si512(a, low16), _mm512_and_si512(b, low16));
    return (Halves){_mm512_packs_epi32(_mm512_srai_epi32(a, 16), _mm512_srai_epi32(b, 16)),
                    _mm512_xor_si512(l, _mm512_set1_epi16(INT16_MIN))};
}

LEVEL static inline void columns32_shift(const int32_t *in, int shift, int32_t *lo, int32_t *hi, int n)
{
    const Taps tl = taps_of(low), th = taps_of(high);
    for (int x = 0; x < n; x += 16) {
        const Halves first = halves_of_columns(in + 2 * x), second = halves_of_columns(in + 2 * x + 2);
        store(lo + x, in_order(filter_halves(first, second, tl, shift, HALF_LOW)));
        if (hi) store(hi + x, in_order(filter_halves(first, second, th, shift, HALF_HIGH)));
    }
}

LEVEL static void columns32(const int32_t *in, int shift, int32_t *lo, int32_t *hi, int n)
{
    if (shift == 16)
        columns32_shift(in, 16, lo, hi, n);
    else
        columns32_shift(in, 15, lo, hi, n);
}

void FILL(VpAdmKernels *k)
{
    k->wavelet = (VpAdmWaveletKernels){rows8, rows16, columns16, rows_widen, rows32, columns32};
}
