#include "base/cpu.h"

#if defined(VP_X86)
#include <immintrin.h>
#include <string.h>

#include "kernel/vif_levels.h"

#define INLINE static inline __attribute__((always_inline)) VP_AVX2

/* Everything is done in doubles, which hold all integers here. The order of pixels is of no account, so even and odd
 * lanes are widened apart, without crossing 128-bit blocks; and the upper half of a double has, ready made, what the
 * logarithm wants: the exponent and the top of the mantissa, nothing rounded up. */
enum { NOISE = 131072, LANES = 8, BLOCK = 16, QUEUE = VP_VIF_TILE + BLOCK };

typedef struct Doubles {
    __m256d even, odd;
} Doubles;

/* v: 0 .. 2^31 - 1 */
INLINE Doubles widen(__m256i v)
{
    const __m256i two52 = _mm256_set1_epi64x(INT64_C(0x4330000000000000));
    const __m256d base = _mm256_castsi256_pd(two52);
    return (Doubles){
        _mm256_sub_pd(_mm256_castsi256_pd(_mm256_blend_epi32(v, two52, 0xAA)), base),
        _mm256_sub_pd(_mm256_castsi256_pd(_mm256_or_si256(_mm256_srli_epi64(v, 32), two52)), base),
    };
}

INLINE __m256d truncate(__m256d v)
{
    return _mm256_round_pd(v, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

INLINE __m256d gain(__m256d s1, __m256d s12)
{
    return _mm256_div_pd(s12, _mm256_add_pd(s1, _mm256_set1_pd(65536 * 1e-10)));
}

/* The noise, and of s2 what the gain does not explain, truncated, at least 0. */
INLINE __m256d noise_of(__m256d s2, __m256d s12, __m256d g)
{
    const __m256d rest = truncate(_mm256_sub_pd(s2, _mm256_mul_pd(g, s12)));
    return _mm256_add_pd(_mm256_max_pd(rest, _mm256_setzero_pd()), _mm256_set1_pd(NOISE));
}

INLINE __m256d signal_of(__m256d s1, __m256d g)
{
    return truncate(_mm256_mul_pd(_mm256_mul_pd(g, g), s1));
}

/* The upper halves of eight doubles. */
INLINE __m256i tops(__m256d even, __m256d odd)
{
    return _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castpd_ps(even), _mm256_castpd_ps(odd), 0xDD));
}

INLINE __m256i load(const void *p)
{
    return _mm256_loadu_si256(p);
}

INLINE void store(void *p, __m256i v)
{
    _mm256_storeu_si256(p, v);
}

INLINE __m256i join(__m128i low, __m128i high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/* Logarithms of a row to be summed: of each, which entry of the table, and what is added to it. */
typedef struct Logs {
    uint16_t at[QUEUE], rest[QUEUE];
} Logs;

/* Puts BLOCK of them, given as upper halves of doubles, at entry n. Returns the sums of two exponents each. */
INLINE __m256i put(Logs *to, int n, __m256i a, __m256i b)
{
    /* 15 bits of the mantissa */
    const __m256i index = _mm256_blend_epi16(_mm256_srli_epi32(a, 5), _mm256_slli_epi32(b, 11), 0xAA);
    store(to->at + n, _mm256_and_si256(_mm256_srli_epi16(index, 3), _mm256_set1_epi16(0xfff)));
    store(to->rest + n, _mm256_and_si256(index, _mm256_set1_epi16(7)));
    return _mm256_add_epi32(_mm256_srli_epi32(a, 20), _mm256_srli_epi32(b, 20));
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

/* The sums of n logarithms in steps of 1/2048, exponents aside, in 32-bit lanes. n: a multiple of BLOCK. The table is
 * read by scalar loads: a gather of eight takes 11 cycles on Zen 3 and many more where microcode guards it. Apart from
 * the loop that makes the indices, because reading them just after they were written is slow. */
INLINE __m256i sum_logs(const VpVifTables *tables, const Logs *from, int n)
{
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < n; i += BLOCK) {
        uint64_t at[4];
        memcpy(at, from->at + i, sizeof at);
        __asm__("" : "+r"(at[0]), "+r"(at[1]), "+r"(at[2]), "+r"(at[3])); /* or GCC takes vectors apart */
        const __m256i v = join(look_up8(tables->log, at[0], at[1]), look_up8(tables->log, at[2], at[3]));
        const __m256i logs = _mm256_srli_epi16(_mm256_add_epi16(v, load(from->rest + i)), 3);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(logs, _mm256_set1_epi16(1)));
    }
    return sum;
}

INLINE int64_t sum32(__m256i v)
{
    const __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    const __m128i t = _mm_add_epi32(s, _mm_unpackhi_epi64(s, s));
    return _mm_cvtsi128_si32(t) + _mm_extract_epi32(t, 1);
}

INLINE int64_t sum64(__m256i v)
{
    const __m128i s = _mm_add_epi64(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    return _mm_cvtsi128_si64(s) + _mm_extract_epi64(s, 1);
}

INLINE int round_up(int n)
{
    return (n + VP_VIF_ROUND - 1) / VP_VIF_ROUND * VP_VIF_ROUND;
}

VP_AVX2 void vp_vif_denominators_avx2(const VpVifTables *tables, const int32_t *s1, int n, VpVifDenominators *sums)
{
    const __m256i least = _mm256_set1_epi32(NOISE - 1);
    const __m256d noise = _mm256_set1_pd(NOISE);
    __m256i exponents = _mm256_setzero_si256(), active_lanes = exponents;
    Logs logs;
    int filled = 0;
    for (int i = 0; i < round_up(n); i += BLOCK) {
        __m256i top[2];
        for (int k = 0; k < 2; k++) {
            const __m256i v = load(s1 + i + k * LANES), active = _mm256_cmpgt_epi32(v, least);
            active_lanes = _mm256_sub_epi32(active_lanes, active);
            /* inactive lanes give 2^17, whose logarithm is what is taken off for each */
            const Doubles s = widen(_mm256_and_si256(v, active));
            top[k] = tops(_mm256_add_pd(s.even, noise), _mm256_add_pd(s.odd, noise));
        }
        exponents = _mm256_add_epi32(exponents, put(&logs, filled, top[0], top[1]));
        filled += BLOCK;
    }
    sums->log += sum32(sum_logs(tables, &logs, filled)) + 2048 * (sum32(exponents) - (int64_t)(1023 + 17) * filled);
    sums->nonlog += n - sum32(active_lanes);
}

/* Pixels whose gain may exceed the lowest limit: few, and looked at together, once per row. */
typedef struct Queue {
    int32_t s1[QUEUE], s2[QUEUE], s12[QUEUE];
    int n;
} Queue;

/* Appends the lanes of the set. */
INLINE void append(Queue *q, const VpVifTables *tables, unsigned set, __m256i s1, __m256i s2, __m256i s12)
{
    const __m256i order = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)&tables->front[set]));
    store(q->s1 + q->n, _mm256_permutevar8x32_epi32(s1, order));
    store(q->s2 + q->n, _mm256_permutevar8x32_epi32(s2, order));
    store(q->s12 + q->n, _mm256_permutevar8x32_epi32(s12, order));
    q->n += __builtin_popcount(set);
}

/* What each limit takes from the sum of unlimited gains: log(n1 + limited signal) - log(n2). */
static VP_AVX2 void limited(const VpVifTables *tables, Queue *q, const double *limit, int n_limits, int64_t *num_log)
{
    const int n = (q->n + BLOCK - 1) / BLOCK * BLOCK;
    /* no signal beside the noise in the lanes that fill up the last block */
    for (int i = q->n; i < q->n + BLOCK; i += LANES) {
        store(q->s1 + i, _mm256_setzero_si256());
        store(q->s2 + i, _mm256_setzero_si256());
        store(q->s12 + i, _mm256_setzero_si256());
    }
    for (int k = 0; k < n_limits; k++) {
        const __m256d most = _mm256_set1_pd(limit[k]);
        __m256i exponents = _mm256_setzero_si256();
        Logs with, without;
        int filled = 0;
        for (int i = 0; i < n; i += BLOCK) {
            __m256i top[2], limited_top[2];
            __m256d over = _mm256_setzero_pd();
            for (int h = 0; h < 2; h++) {
                const Doubles s1 = widen(load(q->s1 + i + h * LANES)), s2 = widen(load(q->s2 + i + h * LANES));
                const Doubles s12 = widen(load(q->s12 + i + h * LANES));
                const __m256d even = gain(s1.even, s12.even), odd = gain(s1.odd, s12.odd);
                const __m256d noise_even = noise_of(s2.even, s12.even, even), noise_odd = noise_of(s2.odd, s12.odd, odd);
                over = _mm256_or_pd(over, _mm256_cmp_pd(_mm256_max_pd(even, odd), most, _CMP_GT_OQ));
                top[h] = tops(_mm256_add_pd(signal_of(s1.even, even), noise_even),
                              _mm256_add_pd(signal_of(s1.odd, odd), noise_odd));
                limited_top[h] =
                    tops(_mm256_add_pd(signal_of(s1.even, _mm256_min_pd(even, most)), noise_even),
                         _mm256_add_pd(signal_of(s1.odd, _mm256_min_pd(odd, most)), noise_odd));
            }
            if (!_mm256_movemask_pd(over)) continue;
            const __m256i more = put(&with, filled, limited_top[0], limited_top[1]);
            exponents = _mm256_add_epi32(exponents, _mm256_sub_epi32(more, put(&without, filled, top[0], top[1])));
            filled += BLOCK;
        }
        num_log[k] += sum32(_mm256_sub_epi32(sum_logs(tables, &with, filled), sum_logs(tables, &without, filled)));
        num_log[k] += 2048 * sum32(exponents);
    }
}

VP_AVX2 void vp_vif_numerators_avx2(const VpVifTables *tables, const int32_t *s1, const int32_t *s2,
                                    const int32_t *s12, int n, const double *limit, int n_limits, int64_t *num_nonlog,
                                    int64_t *num_log)
{
    const __m256i zero = _mm256_setzero_si256(), ones = _mm256_set1_epi32(-1), least = _mm256_set1_epi32(NOISE - 1);
    const __m256i low = _mm256_set1_epi64x(0xffffffff);
    const __m128i halvings = _mm_cvtsi32_si128(vp_vif_halvings(limit, n_limits));
    __m256i nonlog = zero, exponents = zero;
    Logs with, without;
    Queue q;
    q.n = 0;
    int filled = 0;
    for (int i = 0; i < round_up(n); i += BLOCK) {
        const __m256i active[2] = {
            _mm256_cmpgt_epi32(load(s1 + i), least),
            _mm256_cmpgt_epi32(load(s1 + i + LANES), least),
        };
        __m256i top[2], noise_top[2];
        /* s2 is below 2^30 and a little: two fit 32 bits */
        const __m256i flat = _mm256_add_epi32(_mm256_andnot_si256(active[0], load(s2 + i)),
                                              _mm256_andnot_si256(active[1], load(s2 + i + LANES)));
        nonlog = _mm256_add_epi64(nonlog, _mm256_and_si256(flat, low));
        nonlog = _mm256_add_epi64(nonlog, _mm256_srli_epi64(flat, 32));
        if (_mm256_testz_si256(_mm256_or_si256(active[0], active[1]), ones)) continue;
        for (int k = 0; k < 2; k++) {
            /* a covariance of 0 is a gain of 0, and n2 = n1 then adds nothing */
            const __m256i v2 = load(s2 + i + k * LANES);
            const __m256i both = _mm256_and_si256(active[k], _mm256_cmpgt_epi32(v2, zero));
            const __m256i v12 = _mm256_and_si256(_mm256_max_epi32(load(s12 + i + k * LANES), zero), both);
            const __m256i v1 = _mm256_and_si256(load(s1 + i + k * LANES), active[k]);
            const unsigned over = (unsigned)_mm256_movemask_ps(
                _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_sra_epi32(v12, halvings), v1)));
            if (over) append(&q, tables, over, v1, v2, v12);
            const Doubles d1 = widen(v1), d2 = widen(v2), d12 = widen(v12);
            const __m256d even = gain(d1.even, d12.even), odd = gain(d1.odd, d12.odd);
            const __m256d noise_even = noise_of(d2.even, d12.even, even), noise_odd = noise_of(d2.odd, d12.odd, odd);
            noise_top[k] = tops(noise_even, noise_odd);
            top[k] = tops(_mm256_add_pd(signal_of(d1.even, even), noise_even),
                          _mm256_add_pd(signal_of(d1.odd, odd), noise_odd));
        }
        const __m256i more = put(&with, filled, top[0], top[1]), less = put(&without, filled, noise_top[0], noise_top[1]);
        exponents = _mm256_add_epi32(exponents, _mm256_sub_epi32(more, less));
        filled += BLOCK;
    }
    const __m256i entries = _mm256_sub_epi32(sum_logs(tables, &with, filled), sum_logs(tables, &without, filled));
    const int64_t num = sum32(_mm256_add_epi32(entries, _mm256_slli_epi32(exponents, 11)));
    *num_nonlog += sum64(nonlog);
    for (int k = 0; k < n_limits; k++) num_log[k] += num;
    if (q.n) limited(tables, &q, limit, n_limits, num_log);
}
#endif
