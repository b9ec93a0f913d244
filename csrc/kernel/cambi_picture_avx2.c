#include "base/cpu.h"

#if defined(VP_X86)
#include <immintrin.h>

#include "kernel/cambi_levels.h"

/* What is left of a row goes to plain C. */

VP_AVX2 static inline __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

VP_AVX2 static inline void store(void *p, __m256i v)
{
    _mm256_storeu_si256(p, v);
}

VP_AVX2 static bool exceeds(const uint16_t *s, int w, int largest)
{
    __m256i most = _mm256_setzero_si256();
    int x = 0;
    for (; x + 16 <= w; x += 16) most = _mm256_max_epu16(most, load(s + x));
    const __m256i over = _mm256_subs_epu16(most, _mm256_set1_epi16((short)largest));
    return !_mm256_testz_si256(over, over) || vp_cambi_plain.exceeds(s + x, w - x, largest);
}

VP_AVX2 static void widen8(const uint8_t *s, int w, uint16_t *y)
{
    int x = 0;
    for (; x + 16 <= w; x += 16)
        store(y + x, _mm256_slli_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)(s + x))), 2));
    vp_cambi_plain.widen8(s + x, w - x, y + x);
}

VP_AVX2 static void scale16(const uint16_t *s, int w, int bpc, uint16_t *y)
{
    const __m128i up = _mm_cvtsi32_si128(bpc < 10 ? 10 - bpc : 0);
    int x = 0;
    if (bpc <= 10) {
        for (; x + 16 <= w; x += 16) store(y + x, _mm256_sll_epi16(load(s + x), up));
    } else {
        /* (s >> down) plus the bit below rounds without leaving 16 bits */
        const __m128i down = _mm_cvtsi32_si128(bpc - 10), half = _mm_cvtsi32_si128(bpc - 11);
        const __m256i one = _mm256_set1_epi16(1);
        for (; x + 16 <= w; x += 16) {
            const __m256i v = load(s + x);
            store(y + x, _mm256_add_epi16(_mm256_srl_epi16(v, down), _mm256_and_si256(_mm256_srl_epi16(v, half), one)));
        }
    }
    vp_cambi_plain.scale16(s + x, w - x, bpc, y + x);
}

VP_AVX2 static void smooth(const uint16_t *a, const uint16_t *b, int w, uint16_t *y)
{
    int x = 0;
    for (; x + 16 <= w; x += 16) {
        const __m256i left = _mm256_add_epi16(load(a + x), load(b + x));
        const __m256i right = _mm256_add_epi16(load(a + x + 1), load(b + x + 1));
        store(y + x, _mm256_srli_epi16(_mm256_add_epi16(left, right), 2));
    }
    vp_cambi_plain.smooth(a + x, b + x, w - x, y + x);
}

/* 16-bit masks of 32 entries to bytes, in order */
VP_AVX2 static inline __m256i narrow(__m256i a, __m256i b)
{
    return _mm256_permute4x64_epi64(_mm256_packs_epi16(a, b), 0xd8);
}

VP_AVX2 static inline __m256i flat16(const uint16_t *a, const uint16_t *below)
{
    const __m256i v = load(a);
    return _mm256_and_si256(_mm256_cmpeq_epi16(v, load(a + 1)), _mm256_cmpeq_epi16(v, load(below)));
}

VP_AVX2 static void flat(const uint16_t *a, const uint16_t *below, int w, uint8_t *z, uint8_t *sum)
{
    const __m256i one = _mm256_set1_epi8(1);
    int x = 0;
    for (; x + 32 <= w; x += 32) {
        const __m256i now = _mm256_and_si256(narrow(flat16(a + x, below + x), flat16(a + x + 16, below + x + 16)), one);
        store(sum + x, _mm256_sub_epi8(_mm256_add_epi8(load(sum + x), now), load(z + x)));
        store(z + x, now);
    }
    vp_cambi_plain.flat(a + x, below + x, w - x, z + x, sum + x);
}

/* 0xff where the square around one of 32 columns is not above the threshold */
VP_AVX2 static inline __m256i sparse32(const uint8_t *sum, __m256i threshold)
{
    __m256i square = load(sum - 3);
    for (int k = -2; k <= 3; k++) square = _mm256_add_epi8(square, load(sum + k));
    return _mm256_cmpeq_epi8(_mm256_max_epu8(square, threshold), threshold);
}

VP_AVX2 static void mask(const uint8_t *sum, int n, int step, int threshold, uint16_t *y)
{
    const __m256i limit = _mm256_set1_epi8((char)threshold), flag = _mm256_set1_epi16((short)VP_CAMBI_UNMASKED);
    int i = 0;
    if (step == 2) {
        for (; i + 16 <= n; i += 16) {
            const __m256i high = _mm256_slli_epi16(sparse32(sum + 2 * i, limit), 8); /* of the even columns */
            store(y + i, _mm256_or_si256(load(y + i), _mm256_and_si256(high, flag)));
        }
    } else {
        for (; i + 32 <= n; i += 32) {
            const __m256i sparse = sparse32(sum + i, limit);
            const __m256i low = _mm256_cvtepi8_epi16(_mm256_castsi256_si128(sparse));
            const __m256i high = _mm256_cvtepi8_epi16(_mm256_extracti128_si256(sparse, 1));
            store(y + i, _mm256_or_si256(load(y + i), _mm256_and_si256(low, flag)));
            store(y + i + 16, _mm256_or_si256(load(y + i + 16), _mm256_and_si256(high, flag)));
        }
    }
    vp_cambi_plain.mask(sum + i * step, n - i, step, threshold, y + i);
}

VP_AVX2 static void every_second(const uint16_t *y, int n, uint16_t *out)
{
    const __m256i even = _mm256_set1_epi32(0xffff);
    int i = 0;
    for (; i + 16 < n; i += 16) { /* one sample more: the last odd one need not exist */
        const __m256i a = _mm256_and_si256(load(y + 2 * i), even), b = _mm256_and_si256(load(y + 2 * i + 16), even);
        store(out + i, _mm256_permute4x64_epi64(_mm256_packus_epi32(a, b), 0xd8));
    }
    vp_cambi_plain.every_second(y + 2 * i, n - i, out + i);
}

VP_AVX2 static inline __m256i mode3(__m256i a, __m256i b, __m256i c)
{
    const __m256i least = _mm256_min_epu16(_mm256_min_epu16(a, b), c);
    const __m256i mode = _mm256_blendv_epi8(least, b, _mm256_cmpeq_epi16(b, c));
    return _mm256_blendv_epi8(mode, a, _mm256_or_si256(_mm256_cmpeq_epi16(a, b), _mm256_cmpeq_epi16(a, c)));
}

VP_AVX2 static void mode_across(const uint16_t *y, int w, uint16_t *t)
{
    const __m256i code = _mm256_set1_epi16(VP_CAMBI_UNMASKED - 1);
    int x = 1;
    for (; x + 16 < w; x += 16) {
        const __m256i a = _mm256_and_si256(load(y + x - 1), code), b = _mm256_and_si256(load(y + x), code);
        store(t + x, mode3(a, b, _mm256_and_si256(load(y + x + 1), code)));
    }
    if (x > 1) { /* plain C takes the first of its columns for an edge: that one is done */
        const uint16_t done = t[x - 1];
        vp_cambi_plain.mode_across(y + x - 1, w - x + 1, t + x - 1);
        t[x - 1] = done;
        t[0] = y[0] & (VP_CAMBI_UNMASKED - 1);
    } else {
        vp_cambi_plain.mode_across(y, w, t);
    }
}

VP_AVX2 static void mode_down(const uint16_t *above, const uint16_t *t, const uint16_t *below, int w, uint16_t *y)
{
    const __m256i flag = _mm256_set1_epi16((short)VP_CAMBI_UNMASKED);
    int x = 0;
    for (; x + 16 <= w; x += 16) {
        const __m256i kept = _mm256_and_si256(load(y + x), flag);
        store(y + x, _mm256_or_si256(kept, mode3(load(above + x), load(t + x), load(below + x))));
    }
    vp_cambi_plain.mode_down(above + x, t + x, below + x, w - x, y + x);
}

VP_AVX2 static void codes(uint16_t *y, int w, int low, int n_codes)
{
    int x = 0;
    if (n_codes) {
        const __m256i first = _mm256_set1_epi16((short)low), last = _mm256_set1_epi16((short)(n_codes - 1));
        for (; x + 16 <= w; x += 16) {
            const __m256i code = _mm256_sub_epi16(load(y + x), first);
            const __m256i in = _mm256_cmpeq_epi16(_mm256_min_epu16(code, last), code);
            store(y + x, _mm256_or_si256(code, _mm256_xor_si256(in, _mm256_set1_epi16(-1))));
        }
    }
    vp_cambi_plain.codes(y + x, w - x, low, n_codes);
}

void vp_cambi_picture_kernels_avx2(VpCambiKernels *k)
{
    k->exceeds = exceeds;
    k->widen8 = widen8;
    k->scale16 = scale16;
    k->smooth = smooth;
    k->flat = flat;
    k->mask = mask;
    k->every_second = every_second;
    k->mode_across = mode_across;
    k->mode_down = mode_down;
    k->codes = codes;
}
#endif
