#include "base/cpu.h"

#if defined(VP_X86)
#include <immintrin.h>

#include "kernel/vif_levels.h"

#define INLINE static inline __attribute__((always_inline)) VP_AVX2

enum { NOISE = 131072, LANES = 8, QUEUE = VP_VIF_TILE + LANES };

/* Pixels whose gain exceeds the lowest limit: few, and looked at together, once per row. */
typedef struct Queue {
    int32_t s1[QUEUE], s12[QUEUE], n1[QUEUE], n2[QUEUE];
    int n;
} Queue;

/* v: 2^17 or more. Its index in the table; and, added to *whole, what its logarithm is beside the entry. */
INLINE __m256i log_index(__m256i v, __m256i *whole)
{
    /* bits below the top eight are cleared where a set one above them is, so that the conversion cannot round up to
     * the next power of two; the exponent is then that of the top bit */
    const __m256i top = _mm256_andnot_si256(_mm256_srli_epi32(v, 8), v);
    const __m256i exponent = _mm256_srli_epi32(_mm256_castps_si256(_mm256_cvtepi32_ps(top)), 23);
    const __m256i shift = _mm256_sub_epi32(exponent, _mm256_set1_epi32(127 + 15));
    const __m256i index = _mm256_sub_epi32(_mm256_srlv_epi32(v, shift), _mm256_set1_epi32(VP_VIF_LOG));
    *whole = _mm256_add_epi32(*whole, _mm256_add_epi32(_mm256_slli_epi32(shift, 11), _mm256_srli_epi32(index, 4)));
    return index;
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

INLINE __m256i join(__m128i low, __m128i high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

INLINE __m256d gain(__m128i s1, __m128i s12)
{
    return _mm256_div_pd(_mm256_cvtepi32_pd(s12),
                         _mm256_add_pd(_mm256_cvtepi32_pd(s1), _mm256_set1_pd(65536 * 1e-10)));
}

/* s2 less what the gain explains, truncated, at least 0 */
INLINE __m128i rest(__m128i s2, __m128i s12, __m256d g)
{
    const __m256d v = _mm256_sub_pd(_mm256_cvtepi32_pd(s2), _mm256_mul_pd(g, _mm256_cvtepi32_pd(s12)));
    return _mm_max_epi32(_mm256_cvttpd_epi32(v), _mm_setzero_si128());
}

INLINE __m128i signal(__m128i s1, __m256d g)
{
    return _mm256_cvttpd_epi32(_mm256_mul_pd(_mm256_mul_pd(g, g), _mm256_cvtepi32_pd(s1)));
}

/* Stores v in another order of lanes. */
INLINE void append(int32_t *to, __m256i v, __m256i order)
{
    _mm256_storeu_si256((void *)to, _mm256_permutevar8x32_epi32(v, order));
}

/* The arguments of logarithms, a row of them. */
typedef struct Arguments {
    int32_t v[QUEUE];
    int n; /* a multiple of LANES */
} Arguments;

INLINE void push(Arguments *to, __m256i v)
{
    _mm256_storeu_si256((void *)(to->v + to->n), v);
    to->n += LANES;
}

INLINE uint32_t look_up4(const uint8_t *log, uint64_t at)
{
    return (uint32_t)log[at & 0xffff] + log[at >> 16 & 0xffff] + log[at >> 32 & 0xffff] + log[at >> 48];
}

/* The sum of the logarithms less 30720 each. The table is read by scalar loads: gathers are no faster where they are
 * good, and many times slower where microcode guards them. */
INLINE int64_t sum_logs(const VpVifTables *tables, Arguments *from)
{
    const int n = from->n;
    /* of 2^17, that is 4096, to make up an even number of vectors */
    _mm256_storeu_si256((void *)(from->v + n), _mm256_set1_epi32(NOISE));
    __m256i whole = _mm256_setzero_si256();
    int64_t sum = 0;
    for (int i = 0; i < n; i += 2 * LANES) {
        const __m256i a = log_index(_mm256_loadu_si256((const void *)(from->v + i)), &whole);
        const __m256i b = log_index(_mm256_loadu_si256((const void *)(from->v + i + LANES)), &whole);
        const __m256i at = _mm256_packus_epi32(a, b);
        const __m128i low = _mm256_castsi256_si128(at), high = _mm256_extracti128_si256(at, 1);
        sum += look_up4(tables->log, (uint64_t)_mm_cvtsi128_si64(low));
        sum += look_up4(tables->log, (uint64_t)_mm_extract_epi64(low, 1));
        sum += look_up4(tables->log, (uint64_t)_mm_cvtsi128_si64(high));
        sum += look_up4(tables->log, (uint64_t)_mm_extract_epi64(high, 1));
    }
    return sum + sum32(whole) - (n % (2 * LANES) ? LANES * 4096 : 0);
}

/* What each limit takes from the sum of unlimited gains: log(n1 + limited signal) - log(n2). */
static VP_AVX2 void limited(const VpVifTables *tables, Queue *q, const double *limit, int n_limits, int64_t *num_log)
{
    const __m256i noise = _mm256_set1_epi32(NOISE), zero = _mm256_setzero_si256();
    /* no signal beside the noise in the lanes that fill up the last vector */
    _mm256_storeu_si256((void *)(q->s1 + q->n), zero);
    _mm256_storeu_si256((void *)(q->s12 + q->n), zero);
    _mm256_storeu_si256((void *)(q->n1 + q->n), noise);
    _mm256_storeu_si256((void *)(q->n2 + q->n), noise);
    double g[QUEUE + LANES];
    for (int i = 0; i < q->n + LANES; i += 4)
        _mm256_storeu_pd(g + i, gain(_mm_loadu_si128((const void *)(q->s1 + i)),
                                 _mm_loadu_si128((const void *)(q->s12 + i))));
    for (int k = 0; k < n_limits; k++) {
        const __m256d most = _mm256_set1_pd(limit[k]);
        Arguments with, without;
        with.n = without.n = 0;
        for (int i = 0; i < q->n; i += LANES) {
            const __m256d ga = _mm256_loadu_pd(g + i), gb = _mm256_loadu_pd(g + i + 4);
            const __m256d over =
                _mm256_or_pd(_mm256_cmp_pd(ga, most, _CMP_GT_OQ), _mm256_cmp_pd(gb, most, _CMP_GT_OQ));
            if (!_mm256_movemask_pd(over)) continue;
            const __m128i s1a = _mm_loadu_si128((const void *)(q->s1 + i));
            const __m128i s1b = _mm_loadu_si128((const void *)(q->s1 + i + 4));
            const __m256i own = join(signal(s1a, _mm256_min_pd(ga, most)), signal(s1b, _mm256_min_pd(gb, most)));
            const __m256i n1 = _mm256_loadu_si256((const void *)(q->n1 + i));
            push(&with, _mm256_add_epi32(own, n1));
            push(&without, _mm256_loadu_si256((const void *)(q->n2 + i)));
        }
        num_log[k] += sum_logs(tables, &with) - sum_logs(tables, &without);
    }
}

VP_AVX2 void vp_vif_statistics_avx2(const VpVifTables *tables, const int32_t *s1, const int32_t *s2,
                                    const int32_t *s12, int n, const double *limit, int n_limits, VpVifSums *sums,
                                    int64_t *num_log)
{
    const __m256i noise = _mm256_set1_epi32(NOISE), zero = _mm256_setzero_si256(), ones = _mm256_set1_epi32(-1);
    const __m256i low = _mm256_set1_epi64x(0xffffffff), lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    double lowest = limit[0];
    for (int k = 1; k < n_limits; k++) lowest = limit[k] < lowest ? limit[k] : lowest;
    const __m256d most = _mm256_set1_pd(lowest);

    __m256i nonlog = zero, flat_lanes = zero;
    Arguments n0, n1, n2;
    Queue q;
    n0.n = n1.n = n2.n = q.n = 0;
    for (int i = 0; i < n; i += LANES) {
        const __m256i in = _mm256_cmpgt_epi32(_mm256_set1_epi32(n - i), lane);
        const __m256i v1 = _mm256_and_si256(_mm256_loadu_si256((const void *)(s1 + i)), in);
        const __m256i v2 = _mm256_and_si256(_mm256_loadu_si256((const void *)(s2 + i)), in);
        const __m256i active = _mm256_cmpgt_epi32(v1, _mm256_set1_epi32(NOISE - 1));
        const __m256i flat = _mm256_andnot_si256(active, v2);
        nonlog = _mm256_add_epi64(nonlog, _mm256_add_epi64(_mm256_and_si256(flat, low), _mm256_srli_epi64(flat, 32)));
        flat_lanes = _mm256_sub_epi32(flat_lanes, _mm256_andnot_si256(active, in));
        if (_mm256_testz_si256(active, ones)) continue;

        /* a covariance of 0 is a gain of 0, and n2 = n1 then adds nothing */
        const __m256i both = _mm256_and_si256(active, _mm256_cmpgt_epi32(v2, zero));
        const __m256i v12 = _mm256_max_epi32(_mm256_and_si256(_mm256_loadu_si256((const void *)(s12 + i)), both), zero);
        const __m128i s1a = _mm256_castsi256_si128(v1), s1b = _mm256_extracti128_si256(v1, 1);
        const __m128i s2a = _mm256_castsi256_si128(v2), s2b = _mm256_extracti128_si256(v2, 1);
        const __m128i s12a = _mm256_castsi256_si128(v12), s12b = _mm256_extracti128_si256(v12, 1);
        const __m256d ga = gain(s1a, s12a), gb = gain(s1b, s12b);
        const __m256i without = _mm256_add_epi32(join(rest(s2a, s12a, ga), rest(s2b, s12b, gb)), noise);
        const __m256i with = _mm256_add_epi32(join(signal(s1a, ga), signal(s1b, gb)), without);
        /* inactive lanes give 2^17, whose logarithm, 4096, is what is taken off for each */
        push(&n0, _mm256_add_epi32(_mm256_and_si256(v1, active), noise));
        push(&n1, without);
        push(&n2, with);

        const unsigned over = (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(ga, most, _CMP_GT_OQ)) |
                              (unsigned)_mm256_movemask_pd(_mm256_cmp_pd(gb, most, _CMP_GT_OQ)) << 4;
        if (over) {
            const __m256i order = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)tables->front[over]));
            append(q.s1 + q.n, v1, order);
            append(q.s12 + q.n, v12, order);
            append(q.n1 + q.n, without, order);
            append(q.n2 + q.n, with, order);
            q.n += __builtin_popcount(over);
        }
    }
    const int64_t num = sum_logs(tables, &n2) - sum_logs(tables, &n1);
    sums->num_nonlog += sum64(nonlog);
    sums->den_nonlog += sum32(flat_lanes);
    sums->den_log += sum_logs(tables, &n0) - (int64_t)4096 * n0.n;
    for (int k = 0; k < n_limits; k++) num_log[k] += num;
    if (q.n) limited(tables, &q, limit, n_limits, num_log);
}
#endif
