#include "base/cpu.h"

#if defined(VP_X86)
#include <immintrin.h>

#include "kernel/vif_levels.h"

#define INLINE static inline __attribute__((always_inline)) VP_AVX512

enum { NOISE = 131072, LANES = 16, QUEUE = VP_VIF_TILE + LANES };

/* Pixels whose gain exceeds the lowest limit: few, and looked at together, once per row. */
typedef struct Queue {
    int32_t s1[QUEUE], s12[QUEUE], n1[QUEUE], n2[QUEUE];
    int n;
} Queue;

/* v: 2^17 or more. Its index in the table; and, added to *whole, what its logarithm is beside the entry. */
INLINE __m512i log_index(__m512i v, __m512i *whole)
{
    const __m512i shift = _mm512_sub_epi32(_mm512_set1_epi32(16), _mm512_lzcnt_epi32(v));
    const __m512i index = _mm512_sub_epi32(_mm512_srlv_epi32(v, shift), _mm512_set1_epi32(VP_VIF_LOG));
    *whole = _mm512_add_epi32(*whole, _mm512_add_epi32(_mm512_slli_epi32(shift, 11), _mm512_srli_epi32(index, 4)));
    return index;
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

INLINE __m512i join(__m256i low, __m256i high)
{
    return _mm512_inserti64x4(_mm512_castsi256_si512(low), high, 1);
}

INLINE __m512d gain(__m256i s1, __m256i s12)
{
    return _mm512_div_pd(_mm512_cvtepi32_pd(s12),
                         _mm512_add_pd(_mm512_cvtepi32_pd(s1), _mm512_set1_pd(65536 * 1e-10)));
}

/* s2 less what the gain explains, truncated, at least 0 */
INLINE __m256i rest(__m256i s2, __m256i s12, __m512d g)
{
    const __m512d v = _mm512_sub_pd(_mm512_cvtepi32_pd(s2), _mm512_mul_pd(g, _mm512_cvtepi32_pd(s12)));
    return _mm256_max_epi32(_mm512_cvttpd_epi32(v), _mm256_setzero_si256());
}

INLINE __m256i signal(__m256i s1, __m512d g)
{
    return _mm512_cvttpd_epi32(_mm512_mul_pd(_mm512_mul_pd(g, g), _mm512_cvtepi32_pd(s1)));
}

/* Stores the lanes of the mask side by side; those after them become 0. */
INLINE void append(int32_t *to, __mmask16 mask, __m512i v)
{
    _mm512_storeu_si512((void *)to, _mm512_maskz_compress_epi32(mask, v));
}

/* Indices of a row, for later: apart from the loop that makes them, because the reads would fill the queues in which
 * its divisions wait. */
typedef struct Indices {
    uint32_t at[QUEUE];
    int n;
} Indices;

INLINE void push(Indices *to, __m512i index)
{
    _mm512_storeu_si512((void *)(to->at + to->n), index);
    to->n += LANES;
}

/* The sum of the entries. Scalar reads: gathers are no faster where they are good, and many times slower where
 * microcode guards them. */
INLINE int64_t look_up(const VpVifTables *tables, const Indices *from)
{
    const uint8_t *const log = tables->log;
    const uint32_t *at = from->at;
    uint32_t a = 0, b = 0, c = 0, d = 0;
    for (const uint32_t *const end = at + from->n; at < end; at += 4) {
        a += log[at[0]];
        b += log[at[1]];
        c += log[at[2]];
        d += log[at[3]];
        __asm__("" ::: "memory"); /* or GCC takes vectors of indices apart */
    }
    return (int64_t)a + b + c + d;
}

/* What each limit takes from the sum of unlimited gains: log(n1 + limited signal) - log(n2). */
static VP_AVX512 void limited(const VpVifTables *tables, Queue *q, const double *limit, int n_limits, int64_t *num_log)
{
    const __m512i noise = _mm512_set1_epi32(NOISE), zero = _mm512_setzero_si512();
    /* no signal beside the noise in the lanes that fill up the last vector */
    _mm512_storeu_si512((void *)(q->s1 + q->n), zero);
    _mm512_storeu_si512((void *)(q->s12 + q->n), zero);
    _mm512_storeu_si512((void *)(q->n1 + q->n), noise);
    _mm512_storeu_si512((void *)(q->n2 + q->n), noise);
    double g[QUEUE + LANES];
    for (int i = 0; i < q->n + LANES; i += 8)
        _mm512_storeu_pd(g + i, gain(_mm256_loadu_si256((const void *)(q->s1 + i)),
                                 _mm256_loadu_si256((const void *)(q->s12 + i))));
    for (int k = 0; k < n_limits; k++) {
        const __m512d most = _mm512_set1_pd(limit[k]);
        __m512i more = zero, less = zero;
        Indices with, without;
        with.n = without.n = 0;
        for (int i = 0; i < q->n; i += LANES) {
            const __m512d ga = _mm512_loadu_pd(g + i), gb = _mm512_loadu_pd(g + i + 8);
            if (!(_mm512_cmp_pd_mask(ga, most, _CMP_GT_OQ) | _mm512_cmp_pd_mask(gb, most, _CMP_GT_OQ))) continue;
            const __m256i s1a = _mm256_loadu_si256((const void *)(q->s1 + i));
            const __m256i s1b = _mm256_loadu_si256((const void *)(q->s1 + i + 8));
            const __m512i own = join(signal(s1a, _mm512_min_pd(ga, most)), signal(s1b, _mm512_min_pd(gb, most)));
            const __m512i n1 = _mm512_loadu_si512((const void *)(q->n1 + i));
            push(&with, log_index(_mm512_add_epi32(own, n1), &more));
            push(&without, log_index(_mm512_loadu_si512((const void *)(q->n2 + i)), &less));
        }
        num_log[k] += look_up(tables, &with) - look_up(tables, &without) + sum32(more) - sum32(less);
    }
}

VP_AVX512 void vp_vif_statistics_avx512(const VpVifTables *tables, const int32_t *s1, const int32_t *s2,
                                        const int32_t *s12, int n, const double *limit, int n_limits, VpVifSums *sums,
                                        int64_t *num_log)
{
    const __m512i noise = _mm512_set1_epi32(NOISE), zero = _mm512_setzero_si512();
    double lowest = limit[0];
    for (int k = 1; k < n_limits; k++) lowest = limit[k] < lowest ? limit[k] : lowest;
    const __m512d most = _mm512_set1_pd(lowest);

    __m512i nonlog = zero;
    __m512i whole0 = zero, whole1 = zero, whole2 = zero;
    Indices index0, index1, index2;
    Queue q;
    index0.n = index1.n = index2.n = q.n = 0;
    for (int i = 0; i < n; i += LANES) {
        const int left = n - i;
        const __mmask16 in = (__mmask16)(left < LANES ? (1u << left) - 1 : 0xffff);
        const __m512i v1 = _mm512_maskz_loadu_epi32(in, s1 + i), v2 = _mm512_maskz_loadu_epi32(in, s2 + i);
        const __mmask16 active = _mm512_cmpgt_epi32_mask(v1, _mm512_set1_epi32(NOISE - 1));
        const __mmask16 flat = (__mmask16)(in & ~active);
        nonlog = widen_add(nonlog, _mm512_maskz_mov_epi32(flat, v2));
        sums->den_nonlog += __builtin_popcount(flat);
        if (!active) continue;

        /* a covariance of 0 is a gain of 0, and n2 = n1 then adds nothing */
        const __mmask16 both = (__mmask16)(active & _mm512_cmpgt_epi32_mask(v2, zero));
        const __m512i v12 = _mm512_max_epi32(_mm512_maskz_loadu_epi32(both, s12 + i), zero);
        const __m256i s1a = _mm512_castsi512_si256(v1), s1b = _mm512_extracti64x4_epi64(v1, 1);
        const __m256i s2a = _mm512_castsi512_si256(v2), s2b = _mm512_extracti64x4_epi64(v2, 1);
        const __m256i s12a = _mm512_castsi512_si256(v12), s12b = _mm512_extracti64x4_epi64(v12, 1);
        const __m512d ga = gain(s1a, s12a), gb = gain(s1b, s12b);
        const __m512i n1 = _mm512_add_epi32(join(rest(s2a, s12a, ga), rest(s2b, s12b, gb)), noise);
        const __m512i n2 = _mm512_add_epi32(join(signal(s1a, ga), signal(s1b, gb)), n1);
        /* inactive lanes give 2^17, whose logarithm is what is taken off for each */
        push(&index0, log_index(_mm512_add_epi32(_mm512_maskz_mov_epi32(active, v1), noise), &whole0));
        push(&index1, log_index(n1, &whole1));
        push(&index2, log_index(n2, &whole2));

        const unsigned over = (unsigned)_mm512_cmp_pd_mask(ga, most, _CMP_GT_OQ) |
                              (unsigned)_mm512_cmp_pd_mask(gb, most, _CMP_GT_OQ) << 8;
        if (over) {
            append(q.s1 + q.n, (__mmask16)over, v1);
            append(q.s12 + q.n, (__mmask16)over, v12);
            append(q.n1 + q.n, (__mmask16)over, n1);
            append(q.n2 + q.n, (__mmask16)over, n2);
            q.n += __builtin_popcount(over);
        }
    }
    const int64_t num = look_up(tables, &index2) - look_up(tables, &index1) + sum32(whole2) - sum32(whole1);
    sums->num_nonlog += sum64(nonlog);
    sums->den_log += look_up(tables, &index0) + sum32(whole0) - (int64_t)(34816 - 30720) * index0.n;
    for (int k = 0; k < n_limits; k++) num_log[k] += num;
    if (q.n) limited(tables, &q, limit, n_limits, num_log);
}
#endif
