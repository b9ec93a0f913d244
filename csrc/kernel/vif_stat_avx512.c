#include "base/cpu.h"

#if defined(VP_X86)
#include <immintrin.h>
#include <string.h>

#include "kernel/vif_levels.h"

#define INLINE static inline __attribute__((always_inline)) VP_AVX512

/* As in vif_stat_avx2.c: all in doubles, even and odd lanes apart, logarithms from the upper halves of doubles. */
enum { NOISE = 131072, LANES = 16, BLOCK = 32, QUEUE = VP_VIF_TILE + BLOCK };
enum { TOWARD_ZERO = _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC };

typedef struct Doubles {
    __m512d even, odd;
} Doubles;

/* v: 0 .. 2^31 - 1 */
INLINE Doubles widen(__m512i v)
{
    const __m512i two52 = _mm512_set1_epi64(INT64_C(0x4330000000000000));
    const __m512d base = _mm512_castsi512_pd(two52);
    return (Doubles){
        _mm512_sub_pd(_mm512_castsi512_pd(_mm512_mask_blend_epi32(0xAAAA, v, two52)), base),
        _mm512_sub_pd(_mm512_castsi512_pd(_mm512_or_si512(_mm512_srli_epi64(v, 32), two52)), base),
    };
}

INLINE __m512d truncate(__m512d v)
{
    return _mm512_roundscale_pd(v, TOWARD_ZERO);
}

INLINE __m512d gain(__m512d s1, __m512d s12)
{
    return _mm512_div_pd(s12, _mm512_add_pd(s1, _mm512_set1_pd(65536 * 1e-10)));
}

/* The noise, and of s2 what the gain does not explain, truncated, at least 0. */
INLINE __m512d noise_of(__m512d s2, __m512d s12, __m512d g)
{
    const __m512d rest = truncate(_mm512_sub_pd(s2, _mm512_mul_pd(g, s12)));
    return _mm512_add_pd(_mm512_max_pd(rest, _mm512_setzero_pd()), _mm512_set1_pd(NOISE));
}

INLINE __m512d signal_of(__m512d s1, __m512d g)
{
    return truncate(_mm512_mul_pd(_mm512_mul_pd(g, g), s1));
}

/* The upper halves of sixteen doubles. */
INLINE __m512i tops(__m512d even, __m512d odd)
{
    return _mm512_castps_si512(_mm512_shuffle_ps(_mm512_castpd_ps(even), _mm512_castpd_ps(odd), 0xDD));
}

INLINE __m512i load(const void *p)
{
    return _mm512_loadu_si512(p);
}

INLINE void store(void *p, __m512i v)
{
    _mm512_storeu_si512(p, v);
}

/* Logarithms of a row to be summed: of each, which entry of the table, and what is added to it. */
typedef struct Logs {
    uint16_t at[QUEUE], rest[QUEUE];
} Logs;

/* Puts BLOCK of them, given as upper halves of doubles, at entry n. Returns the sums of two exponents each. */
INLINE __m512i put(Logs *to, int n, __m512i a, __m512i b)
{
    /* 15 bits of the mantissa */
    const __m512i index = _mm512_mask_blend_epi16(0xAAAAAAAA, _mm512_srli_epi32(a, 5), _mm512_slli_epi32(b, 11));
    store(to->at + n, _mm512_and_si512(_mm512_srli_epi16(index, 3), _mm512_set1_epi16(0xfff)));
    store(to->rest + n, _mm512_and_si512(index, _mm512_set1_epi16(7)));
    return _mm512_add_epi32(_mm512_srli_epi32(a, 20), _mm512_srli_epi32(b, 20));
}

/* Eight entries of the table, for four indices in each of two words. */
INLINE __m128i look_up8(const uint16_t *log, uint64_t a, uint64_t b)
{
    __m128i v = _mm_cvtsi32_si128(log[a & 0xffff]);
    v = _mm_insert_epi16(v, log[a >> 16 & 0xffff], 1);
    v = _mm_insert_epi16(v, log[a >> 32 & 0xffff], 2);
    v = _mm_insert_epi16(v, log[a >> 48], 3);
    v = _mm_insert_epi16(v, log[b & 0xffff], 4);
    v = _mm_insert_epi16(v, log[b >> 16 & 0xffff], 5);
    v = _mm_insert_epi16(v, log[b >> 32 & 0xffff], 6);
    return _mm_insert_epi16(v, log[b >> 48], 7);
}

/* Adds BLOCK logarithms in steps of 1/2048, exponents aside, to four sums. The table is read by scalar loads, about one
 * cycle each anywhere: a gather of sixteen takes 9 cycles on the newest Intel cores, but by published tables several times
 * that on Zen 4 and where microcode guards gathers. */
INLINE __m128i add_logs(__m128i sum, const VpVifTables *tables, const Logs *from, int first)
{
#pragma GCC unroll 4
    for (int i = first; i < first + BLOCK; i += 8) {
        uint64_t at[2];
        memcpy(at, from->at + i, sizeof at);
        __asm__("" : "+r"(at[0]), "+r"(at[1])); /* or GCC takes vectors apart */
        const __m128i rest = _mm_loadu_si128((const void *)(from->rest + i));
        const __m128i logs = _mm_srli_epi16(_mm_add_epi16(look_up8(tables->log, at[0], at[1]), rest), 3);
        sum = _mm_add_epi32(sum, _mm_madd_epi16(logs, _mm_set1_epi16(1)));
    }
    return sum;
}

INLINE int64_t sum4(__m128i v)
{
    uint32_t lane[4];
    _mm_storeu_si128((void *)lane, v);
    return (int64_t)lane[0] + lane[1] + lane[2] + lane[3];
}

INLINE int64_t sum_logs(const VpVifTables *tables, const Logs *from, int n)
{
    __m128i sum = _mm_setzero_si128();
    for (int i = 0; i < n; i += BLOCK) sum = add_logs(sum, tables, from, i);
    return sum4(sum);
}

INLINE int64_t sum64(__m512i v)
{
    const __m256i s = _mm256_add_epi64(_mm512_castsi512_si256(v), _mm512_extracti64x4_epi64(v, 1));
    const __m128i t = _mm_add_epi64(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
    return _mm_cvtsi128_si64(t) + _mm_extract_epi64(t, 1);
}

/* Unsigned 32-bit lanes added to 64-bit ones. */
INLINE __m512i widen_add(__m512i sum, __m512i v)
{
    const __m512i low = _mm512_and_si512(v, _mm512_set1_epi64(0xffffffff));
    return _mm512_add_epi64(_mm512_add_epi64(sum, low), _mm512_srli_epi64(v, 32));
}

INLINE int64_t sum32(__m512i v)
{
    return sum64(widen_add(_mm512_setzero_si512(), v));
}

INLINE int round_up(int n)
{
    return (n + VP_VIF_ROUND - 1) / VP_VIF_ROUND * VP_VIF_ROUND;
}

VP_AVX512 void vp_vif_denominators_avx512(const VpVifTables *tables, const int32_t *s1, int n, VpVifDenominators *sums)
{
    const __m512d noise = _mm512_set1_pd(NOISE);
    __m512i exponents = _mm512_setzero_si512();
    Logs logs;
    int filled = 0, active_lanes = 0;
    for (int i = 0; i < round_up(n); i += BLOCK) {
        __m512i top[2];
        for (int k = 0; k < 2; k++) {
            const __m512i v = load(s1 + i + k * LANES);
            const __mmask16 active = _mm512_cmpgt_epi32_mask(v, _mm512_set1_epi32(NOISE - 1));
            active_lanes += __builtin_popcount(active);
            /* inactive lanes give 2^17, whose logarithm is what is taken off for each */
            const Doubles s = widen(_mm512_maskz_mov_epi32(active, v));
            top[k] = tops(_mm512_add_pd(s.even, noise), _mm512_add_pd(s.odd, noise));
        }
        exponents = _mm512_add_epi32(exponents, put(&logs, filled, top[0], top[1]));
        filled += BLOCK;
    }
    sums->log += sum_logs(tables, &logs, filled) + 2048 * (sum32(exponents) - (int64_t)(1023 + 17) * filled);
    sums->nonlog += n - active_lanes;
}

/* Pixels whose gain may exceed the lowest limit: few, and looked at together, once per row. */
typedef struct Queue {
    int32_t s1[QUEUE], s2[QUEUE], s12[QUEUE];
    int n;
} Queue;

/* Appends the lanes of the set; those after them become 0. */
INLINE void append(Queue *q, __mmask16 set, __m512i s1, __m512i s2, __m512i s12)
{
    store(q->s1 + q->n, _mm512_maskz_compress_epi32(set, s1));
    store(q->s2 + q->n, _mm512_maskz_compress_epi32(set, s2));
    store(q->s12 + q->n, _mm512_maskz_compress_epi32(set, s12));
    q->n += __builtin_popcount(set);
}

/* What each limit takes from the sum of unlimited gains: log(n1 + limited signal) - log(n2). */
static VP_AVX512 void limited(const VpVifTables *tables, Queue *q, const double *limit, int n_limits, int64_t *num_log)
{
    const int n = (q->n + BLOCK - 1) / BLOCK * BLOCK;
    /* no signal beside the noise in the lanes that fill up the last block */
    for (int i = q->n; i < q->n + BLOCK; i += LANES) {
        store(q->s1 + i, _mm512_setzero_si512());
        store(q->s2 + i, _mm512_setzero_si512());
        store(q->s12 + i, _mm512_setzero_si512());
    }
    for (int k = 0; k < n_limits; k++) {
        const __m512d most = _mm512_set1_pd(limit[k]);
        __m512i more = _mm512_setzero_si512(), less = more;
        Logs with, without;
        int filled = 0;
        for (int i = 0; i < n; i += BLOCK) {
            __m512i top[2], limited_top[2];
            unsigned over = 0;
            for (int h = 0; h < 2; h++) {
                const Doubles s1 = widen(load(q->s1 + i + h * LANES)), s2 = widen(load(q->s2 + i + h * LANES));
                const Doubles s12 = widen(load(q->s12 + i + h * LANES));
                const __m512d even = gain(s1.even, s12.even), odd = gain(s1.odd, s12.odd);
                const __m512d noise_even = noise_of(s2.even, s12.even, even), noise_odd = noise_of(s2.odd, s12.odd, odd);
                over |= _mm512_cmp_pd_mask(_mm512_max_pd(even, odd), most, _CMP_GT_OQ);
                top[h] = tops(_mm512_add_pd(signal_of(s1.even, even), noise_even),
                              _mm512_add_pd(signal_of(s1.odd, odd), noise_odd));
                limited_top[h] = tops(_mm512_add_pd(signal_of(s1.even, _mm512_min_pd(even, most)), noise_even),
                                      _mm512_add_pd(signal_of(s1.odd, _mm512_min_pd(odd, most)), noise_odd));
            }
            if (!over) continue;
            more = _mm512_add_epi32(more, put(&with, filled, limited_top[0], limited_top[1]));
            less = _mm512_add_epi32(less, put(&without, filled, top[0], top[1]));
            filled += BLOCK;
        }
        num_log[k] += sum_logs(tables, &with, filled) - sum_logs(tables, &without, filled);
        num_log[k] += 2048 * (sum32(more) - sum32(less));
    }
}

VP_AVX512 void vp_vif_numerators_avx512(const VpVifTables *tables, const int32_t *s1, const int32_t *s2,
                                        const int32_t *s12, int n, const double *limit, int n_limits,
                                        int64_t *num_nonlog, int64_t *num_log)
{
    const __m512i zero = _mm512_setzero_si512();
    const __m128i halvings = _mm_cvtsi32_si128(vp_vif_halvings(limit, n_limits));
    __m512i nonlog = zero, more = zero, less = zero;
    __m128i sum_with = _mm_setzero_si128(), sum_without = sum_with;
    Logs with, without;
    Queue q;
    q.n = 0;
    int filled = 0, summed = 0;
    for (int i = 0; i < round_up(n); i += BLOCK) {
        /* beside the divisions, which leave the scalar units idle; not just after the indices were written, when reading
         * them would be slow */
        if (filled - summed == 2 * BLOCK) {
            sum_with = add_logs(sum_with, tables, &with, summed);
            sum_without = add_logs(sum_without, tables, &without, summed);
            summed += BLOCK;
        }
        __mmask16 active[2];
        __m512i top[2], noise_top[2];
        for (int k = 0; k < 2; k++) {
            active[k] = _mm512_cmpgt_epi32_mask(load(s1 + i + k * LANES), _mm512_set1_epi32(NOISE - 1));
            nonlog = widen_add(nonlog, _mm512_maskz_mov_epi32((__mmask16)~active[k], load(s2 + i + k * LANES)));
        }
        if (!(active[0] | active[1])) continue;
        for (int k = 0; k < 2; k++) {
            /* a covariance of 0 is a gain of 0, and n2 = n1 then adds nothing */
            const __m512i v1 = _mm512_maskz_mov_epi32(active[k], load(s1 + i + k * LANES));
            const __m512i v2 = load(s2 + i + k * LANES);
            const __mmask16 both = (__mmask16)(active[k] & _mm512_cmpgt_epi32_mask(v2, zero));
            const __m512i v12 = _mm512_maskz_mov_epi32(both, _mm512_max_epi32(load(s12 + i + k * LANES), zero));
            const __mmask16 over = _mm512_cmpgt_epi32_mask(_mm512_sra_epi32(v12, halvings), v1);
            if (over) append(&q, over, v1, v2, v12);
            const Doubles d1 = widen(v1), d2 = widen(v2), d12 = widen(v12);
            const __m512d even = gain(d1.even, d12.even), odd = gain(d1.odd, d12.odd);
            const __m512d noise_even = noise_of(d2.even, d12.even, even), noise_odd = noise_of(d2.odd, d12.odd, odd);
            noise_top[k] = tops(noise_even, noise_odd);
            top[k] = tops(_mm512_add_pd(signal_of(d1.even, even), noise_even),
                          _mm512_add_pd(signal_of(d1.odd, odd), noise_odd));
        }
        more = _mm512_add_epi32(more, put(&with, filled, top[0], top[1]));
        less = _mm512_add_epi32(less, put(&without, filled, noise_top[0], noise_top[1]));
        filled += BLOCK;
    }
    for (; summed < filled; summed += BLOCK) {
        sum_with = add_logs(sum_with, tables, &with, summed);
        sum_without = add_logs(sum_without, tables, &without, summed);
    }
    const int64_t num = sum4(sum_with) - sum4(sum_without) + 2048 * (sum32(more) - sum32(less));
    *num_nonlog += sum64(nonlog);
    for (int k = 0; k < n_limits; k++) num_log[k] += num;
    if (q.n) limited(tables, &q, limit, n_limits, num_log);
}
#endif
