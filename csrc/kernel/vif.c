#include "kernel/vif.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/cpu.h"
#include "kernel/vif_levels.h"

const VpVifFilter vp_vif_filter[VP_VIF_SCALES] = {
    {8, 17, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, {VP_VIF_TAPS0}},
    {4, 9, {0, 1, 2, 3, 4, 5, 6, 7, 8}, {VP_VIF_TAPS1}},
    {2, 5, {0, 1, 2, 3, 4}, {VP_VIF_TAPS2}},
    {1, 4, {0, 1, 1, 2}, {VP_VIF_TAPS3}},
};

#define PAIR(a, b) (int32_t)((uint32_t)(a) | (uint32_t)(b) << 16)
const int32_t vp_vif_pairs[VP_VIF_SCALES][VP_VIF_PAIRS][3] = {
    {
        {PAIR(489, 935), PAIR(0, 489)},
        {PAIR(1640, 2640), PAIR(935, 1640)},
        {PAIR(3896, 5274), PAIR(2640, 3896)},
        {PAIR(6547, 7455), PAIR(5274, 6547)},
        {PAIR(7784, 7455), PAIR(7455, 7784)},
        {PAIR(6547, 5274), PAIR(7455, 6547)},
        {PAIR(3896, 2640), PAIR(5274, 3896)},
        {PAIR(1640, 935), PAIR(2640, 1640)},
        {PAIR(489, 0), PAIR(935, 489)},
    },
    {
        {PAIR(1244, 3663), PAIR(0, 1244)},
        {PAIR(7925, 12590), PAIR(3663, 7925)},
        {PAIR(14692, 12590), PAIR(12590, 14692)},
        {PAIR(7925, 3663), PAIR(12590, 7925)},
        {PAIR(1244, 0), PAIR(3663, 1244)},
    },
    {
        {PAIR(3571, 16004), PAIR(0, 3571)},
        {PAIR(26386, 16004), PAIR(16004, 26386)},
        {PAIR(3571, 0), PAIR(16004, 3571)},
    },
    {
        {PAIR(10904, 21864), PAIR(0, 10904), PAIR(0, 21864)},
        {PAIR(10904, 0), PAIR(21864, 10904), PAIR(21864, 0)},
    },
};
#undef PAIR

/* 2048 log2(i), i: 32768 .. 65535. Steps of 2^-20 first: that is how fine a float logarithm of this range is. No entry
 * is close enough to a tie for the last bits of log2() to matter. */
static int log_entry(int i)
{
    const long fine = lround(ldexp(log2(i), 20));
    return (int)((fine + 256) >> 9);
}

void vp_vif_tables_init(VpVifTables *tables)
{
    memset(tables, 0, sizeof *tables);
    for (int i = 0; i < VP_VIF_LOG; i += 8) {
        const int first = log_entry(VP_VIF_LOG + i);
        int same = 1; /* how many of the eight equal the first */
        while (same < 8 && log_entry(VP_VIF_LOG + i + same) == first) same++;
        tables->log[i / 8] = (uint16_t)(8 * (first - 30720) + 8 - same);
    }
    for (unsigned set = 0; set < 256; set++) {
        int n = 0;
        for (unsigned lane = 0; lane < 8; lane++)
            if (set >> lane & 1) tables->front[set] |= (uint64_t)lane << 8 * n++;
    }
}

/* sum[i] += tap * row[i], modulo 2^32. Not inlined: GCC then sees that both factors have 16 bits. */
static __attribute__((noinline)) void add_row(uint32_t *restrict sum, const int16_t *restrict row, int16_t tap, int w)
{
    for (int i = 0; i < w; i++) sum[i] += (uint32_t)((int32_t)tap * row[i]);
}

static int16_t signed16(uint32_t v) /* v: 0 .. 65535 */
{
    return (int16_t)((int32_t)v - 32768);
}

static void put_halves(int16_t (*plane)[VP_VIF_SPAN], int i, uint32_t v)
{
    plane[0][i] = signed16(v >> 16);
    plane[1][i] = signed16(v & 0xffff);
}

static void pair8_c(const uint8_t *a, const uint8_t *b, int w, VpVifPairRow *out)
{
    for (int i = 0; i < w; i++) {
        out->v[2 * i] = a[i];
        out->v[2 * i + 1] = b[i];
    }
}

static void pair16_c(const uint16_t *a, const uint16_t *b, int w, VpVifPairRow *out)
{
    for (int i = 0; i < w; i++) {
        out->v[2 * i] = a[i];
        out->v[2 * i + 1] = b[i];
    }
}

enum { CHUNK = 64 }; /* columns of one set of accumulators */

/* Samples of column `at` and those after it, of the row `line` below the first of the pairs. */
static const uint16_t *samples(const VpVifPairRow *const *x, int line, int at)
{
    return x[line / 2]->v + 2 * at + line % 2;
}

/* Vertical sums of n columns from `at`: of the samples less 32768, and of their products' high and low halves, less 32768
 * too, modulo 2^32. */
typedef struct Column {
    uint32_t mean[CHUNK], high[CHUNK], low[CHUNK];
} Column;

enum { MEANS = 1, HIGH_HALVES = 2 }; /* wanted beside the low halves; products of bytes have no high ones */

static void filter_columns(const VpVifPairRow *const *x, const VpVifPairRow *const *y, const VpVifFilter *f, int row,
                           int at, int n, unsigned wanted, Column *sum)
{
    int16_t term[CHUNK];
    memset(sum, 0, sizeof *sum);
    for (int k = 0; k < f->n; k++) {
        const uint16_t *const a = samples(x, row + f->at[k], at), *const b = samples(y, row + f->at[k], at);
        if (wanted & MEANS) {
            for (int i = 0; i < n; i++) term[i] = signed16(a[2 * i]);
            add_row(sum->mean, term, f->tap[k], n);
        }
        if (wanted & HIGH_HALVES) {
            for (int i = 0; i < n; i++) term[i] = signed16((uint32_t)a[2 * i] * b[2 * i] >> 16);
            add_row(sum->high, term, f->tap[k], n);
        }
        for (int i = 0; i < n; i++) term[i] = signed16((uint32_t)a[2 * i] * b[2 * i] & 0xffff);
        add_row(sum->low, term, f->tap[k], n);
    }
}

/* The mean and the mean square of x, or the mean product with y. */
static void moments(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int row, int w, int scale, bool bytes,
                    int mean_shift, int square_shift, int16_t *mean, int16_t (*halves)[VP_VIF_SPAN])
{
    const uint32_t bias = UINT32_C(1) << 31;
    const uint32_t mean_round = bias + (mean_shift ? UINT32_C(1) << (mean_shift - 1) : 0);
    const uint32_t low_round = bias + ((UINT32_C(1) << square_shift) >> 1);
    for (int at = 0; at < w; at += CHUNK) {
        const int n = w - at < CHUNK ? w - at : CHUNK;
        Column sum;
        filter_columns(x, y, &vp_vif_filter[scale], row, at, n, (mean ? MEANS : 0u) | (bytes ? 0u : HIGH_HALVES), &sum);
        for (int i = 0; i < n; i++) {
            if (mean) mean[at + i] = signed16((sum.mean[i] + mean_round) >> mean_shift);
            const uint32_t high = bytes ? 0 : (sum.high[i] + bias) << (16 - square_shift);
            put_halves(halves, at + i, high + ((sum.low[i] + low_round) >> square_shift));
        }
    }
}

static void reference_of(const VpVifPairRow *const *x, int w, int scale, bool bytes, int mean_shift, int square_shift,
                         VpVifReference out[2])
{
    for (int r = 0; r < 2; r++) {
        int16_t(*const p)[VP_VIF_SPAN] = out[r].plane;
        moments(x, x, r, w, scale, bytes, mean_shift, square_shift, p[VP_VIF_M], p + VP_VIF_SQUARE);
    }
}

static void distorted_of(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale, bool bytes,
                         int mean_shift, int square_shift, VpVifDistorted out[2])
{
    for (int r = 0; r < 2; r++) {
        int16_t(*const p)[VP_VIF_SPAN] = out[r].plane;
        moments(y, y, r, w, scale, bytes, mean_shift, square_shift, p[VP_VIF_M], p + VP_VIF_SQUARE);
        moments(x, y, r, w, scale, bytes, mean_shift, square_shift, NULL, p + VP_VIF_PRODUCT);
    }
}

static void reference16_c(const VpVifPairRow *const *x, int w, int scale, int mean_shift, int square_shift,
                          VpVifReference out[2])
{
    reference_of(x, w, scale, false, mean_shift, square_shift, out);
}

static void distorted16_c(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale, int mean_shift,
                          int square_shift, VpVifDistorted out[2])
{
    distorted_of(x, y, w, scale, false, mean_shift, square_shift, out);
}

/* At 8 bits the squares are not shifted. */
static void reference8_c(const VpVifPairRow *const *x, int w, VpVifReference out[2])
{
    reference_of(x, w, 0, true, 8, 0, out);
}

static void distorted8_c(const VpVifPairRow *const *x, const VpVifReference ref[2], const VpVifPairRow *const *y, int w,
                         VpVifDistorted out[2])
{
    (void)ref;
    distorted_of(x, y, w, 0, true, 8, 0, out);
}

/* Horizontal sums of n columns, the true ones; in: the leftmost sample under the filter of the first column. */
static void filter_row(const int16_t *in, const VpVifFilter *f, int n, uint32_t *sum)
{
    for (int i = 0; i < n; i++) sum[i] = UINT32_C(1) << 31;
    for (int k = 0; k < f->n; k++) add_row(sum, in + f->at[k], f->tap[k], n);
}

/* Horizontal sums of a value from those of its halves, rounded. */
static void filter_halves(const int16_t (*halves)[VP_VIF_SPAN], const VpVifFilter *f, int at, int n, uint32_t *sum)
{
    uint32_t low[CHUNK];
    filter_row(halves[0] + at, f, n, sum);
    filter_row(halves[1] + at, f, n, low);
    for (int i = 0; i < n; i++) sum[i] += (low[i] + 32768) >> 16;
}

static uint32_t mean_product(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a * b + (UINT64_C(1) << 31)) >> 32);
}

static int rounded(int n)
{
    return (n + VP_VIF_ROUND - 1) / VP_VIF_ROUND * VP_VIF_ROUND;
}

static void variance_c(const VpVifReference *in, int scale, int n, uint32_t *m1, int32_t *s1)
{
    const VpVifFilter *const f = &vp_vif_filter[scale];
    for (int at = 0; at < n; at += CHUNK) {
        const int w = n - at < CHUNK ? n - at : CHUNK;
        uint32_t xx[CHUNK];
        filter_row(in->plane[VP_VIF_M] + at, f, w, m1 + at);
        filter_halves(in->plane + VP_VIF_SQUARE, f, at, w, xx);
        for (int i = 0; i < w; i++) s1[at + i] = (int32_t)(xx[i] - mean_product(m1[at + i], m1[at + i]));
    }
    for (int i = n; i < rounded(n); i++) s1[i] = 0;
}

static void covariance_c(const VpVifDistorted *in, const uint32_t *m1, int scale, int n, int32_t *s2, int32_t *s12)
{
    const VpVifFilter *const f = &vp_vif_filter[scale];
    for (int at = 0; at < n; at += CHUNK) {
        const int w = n - at < CHUNK ? n - at : CHUNK;
        uint32_t m2[CHUNK], yy[CHUNK], xy[CHUNK];
        filter_row(in->plane[VP_VIF_M] + at, f, w, m2);
        filter_halves(in->plane + VP_VIF_SQUARE, f, at, w, yy);
        filter_halves(in->plane + VP_VIF_PRODUCT, f, at, w, xy);
        for (int i = 0; i < w; i++) {
            const int32_t v = (int32_t)(yy[i] - mean_product(m2[i], m2[i]));
            s2[at + i] = v > 0 ? v : 0;
            s12[at + i] = (int32_t)(xy[i] - mean_product(m1[at + i], m2[i]));
        }
    }
    for (int i = n; i < rounded(n); i++) s2[i] = s12[i] = 0;
}

enum { NOISE = 131072 }; /* variance of the internal noise, 2.0, in units of s1 */

/* 2048 log2(v), low bits of v dropped, less 30720; v: 2^17 or more */
static int32_t log_of(const VpVifTables *tables, uint32_t v)
{
    const int shift = 16 - __builtin_clz(v);
    const uint32_t i = (v >> shift) - VP_VIF_LOG;
    return (int32_t)((tables->log[i / 8] + i % 8) / 8) + 2048 * shift;
}

static void denominators_c(const VpVifTables *tables, const int32_t *s1, int n, VpVifDenominators *sums)
{
    for (int i = 0; i < n; i++) {
        if (s1[i] < NOISE)
            sums->nonlog++;
        else
            sums->log += log_of(tables, (uint32_t)(s1[i] + NOISE)) - (34816 - 30720);
    }
}

static void numerators_c(const VpVifTables *tables, const int32_t *s1, const int32_t *s2, const int32_t *s12, int n,
                         const double *limit, int n_limits, int64_t *num_nonlog, int64_t *num_log)
{
    for (int i = 0; i < n; i++) {
        if (s1[i] < NOISE) {
            *num_nonlog += s2[i];
            continue;
        }
        if (s12[i] <= 0 || s2[i] <= 0) continue;
        const double gain = s12[i] / (s1[i] + 65536 * 1e-10);
        int32_t rest = (int32_t)(s2[i] - gain * s12[i]); /* by the gain before its limit */
        if (rest < 0) rest = 0;
        const int32_t noise = rest + NOISE;
        const int32_t log_noise = log_of(tables, (uint32_t)noise);
        for (int k = 0; k < n_limits; k++) {
            const double g = gain < limit[k] ? gain : limit[k];
            num_log[k] += log_of(tables, (uint32_t)((int32_t)(g * g * s1[i]) + noise)) - log_noise;
        }
    }
}

static void blur16_c(const VpVifPairRow *const *x, int w, int scale, int shift, int16_t *out)
{
    const VpVifFilter *const f = &vp_vif_filter[scale];
    const int first = f->radius % 2; /* the pairs begin at an even distance */
    const uint32_t offset = (UINT32_C(1) << 31) + (UINT32_C(1) << (shift - 1));
    for (int at = 0; at < w; at += CHUNK) {
        const int n = w - at < CHUNK ? w - at : CHUNK;
        uint32_t sum[CHUNK];
        int16_t row[CHUNK];
        memset(sum, 0, sizeof sum);
        for (int k = 0; k < f->n; k++) {
            const uint16_t *const v = samples(x, first + f->at[k], at);
            for (int i = 0; i < n; i++) row[i] = signed16(v[2 * i]);
            add_row(sum, row, f->tap[k], n);
        }
        for (int i = 0; i < n; i++) out[at + i] = signed16((sum[i] + offset) >> shift);
    }
}

static void blur8_c(const VpVifPairRow *const *x, int w, int16_t *out)
{
    blur16_c(x, w, 1, 8, out);
}

static void halve_c(const int16_t *in, int scale, int n, uint16_t *out)
{
    const VpVifFilter *const f = &vp_vif_filter[scale];
    for (int i = 0; i < n; i++) {
        uint32_t sum = (UINT32_C(1) << 31) + 32768;
        for (int k = 0; k < f->n; k++) sum += (uint32_t)((int32_t)f->tap[k] * in[2 * i + f->at[k]]);
        out[i] = (uint16_t)(sum >> 16);
    }
}

#if defined(VP_X86)
/* variance() and covariance() of vectors with n lanes of 16 bits: the even columns of each vector, then the odd. */
static void even_then_odd(uint8_t *order, int n)
{
    for (int i = 0; i < VP_VIF_ROUND; i++) order[i] = (uint8_t)(i / n * n + i % (n / 2) * 2 + i % n / (n / 2));
}
#endif

#define ROWS(level)                                                                                                  \
    do {                                                                                                             \
        k->pair8 = vp_vif_pair8_##level;                                                                             \
        k->pair16 = vp_vif_pair16_##level;                                                                           \
        k->reference8 = vp_vif_reference8_##level;                                                                   \
        k->distorted8 = vp_vif_distorted8_##level;                                                                   \
        k->reference16 = vp_vif_reference16_##level;                                                                 \
        k->distorted16 = vp_vif_distorted16_##level;                                                                 \
        k->variance = vp_vif_variance_##level;                                                                       \
        k->covariance = vp_vif_covariance_##level;                                                                   \
        k->blur8 = vp_vif_blur8_##level;                                                                             \
        k->blur16 = vp_vif_blur16_##level;                                                                           \
        k->halve = vp_vif_halve_##level;                                                                             \
    } while (0)
#define STATISTICS(level)                                                                                            \
    do {                                                                                                             \
        k->denominators = vp_vif_denominators_##level;                                                               \
        k->numerators = vp_vif_numerators_##level;                                                                   \
    } while (0)

void vp_vif_kernels_init(VpVifKernels *k, unsigned cpu)
{
    *k = (VpVifKernels){
        .pair8 = pair8_c,
        .pair16 = pair16_c,
        .reference8 = reference8_c,
        .distorted8 = distorted8_c,
        .reference16 = reference16_c,
        .distorted16 = distorted16_c,
        .variance = variance_c,
        .covariance = covariance_c,
        .denominators = denominators_c,
        .numerators = numerators_c,
        .blur8 = blur8_c,
        .blur16 = blur16_c,
        .halve = halve_c,
    };
    for (int i = 0; i < VP_VIF_ROUND; i++) k->order[i] = (uint8_t)i;
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) {
        ROWS(avx2);
        STATISTICS(avx2);
        even_then_odd(k->order, 16);
    }
    if (cpu & VP_CPU_AVX512) {
        ROWS(avx512);
        STATISTICS(avx512);
        even_then_odd(k->order, 32);
    }
    if (cpu & VP_CPU_AVX512_VNNI) ROWS(avx512_vnni);
#endif
#if defined(VP_ARM64)
    if (cpu & VP_CPU_NEON) {
        ROWS(neon);
        STATISTICS(neon);
    }
#endif
    (void)cpu;
}
