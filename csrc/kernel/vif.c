#include "kernel/vif.h"

#include <math.h>
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

void vp_vif_tables_init(VpVifTables *tables)
{
    for (int i = 0; i < VP_VIF_LOG; i++) {
        /* Steps of 2^-20 first: that is how fine a float logarithm of this range is. No entry is close enough to a
         * tie for the last bits of log2() to matter. */
        const long fine = lround(ldexp(log2(VP_VIF_LOG + i), 20));
        tables->log[i] = (uint8_t)(((fine + 256) >> 9) - 30720 - i / 16);
    }
    for (unsigned set = 0; set < 256; set++) {
        int n = 0;
        tables->front[set] = 0;
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

static void put_halves(VpVifMoments *out, int plane, int i, uint32_t v)
{
    out->plane[plane][i] = signed16(v >> 16);
    out->plane[plane + 1][i] = signed16(v & 0xffff);
}

enum { CHUNK = 64 }; /* columns of one set of accumulators */

/* Centred samples, a = x - 128 and b = y - 128, keep products in 16 bits:
 * sum f x y = sum f a b + 128 (sum f a + sum f b) + 2^30. */
static void moments8_chunk(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int row, int at, int w,
                           VpVifMoments *out)
{
    const VpVifFilter *const f = &vp_vif_filter[0];
    uint32_t sum[5][CHUNK];
    int16_t v[5][CHUNK];
    memset(sum, 0, sizeof sum);
    for (int k = 0; k < f->n; k++) {
        const int line = row + f->at[k];
        for (int i = 0; i < w; i++) {
            const int a = x[line / 2]->centred[at + i][line % 2], b = y[line / 2]->centred[at + i][line % 2];
            v[0][i] = (int16_t)a;
            v[1][i] = (int16_t)b;
            v[2][i] = (int16_t)(a * a);
            v[3][i] = (int16_t)(b * b);
            v[4][i] = (int16_t)(a * b);
        }
        for (int p = 0; p < 5; p++) add_row(sum[p], v[p], f->tap[k], w);
    }
    for (int i = 0; i < w; i++) {
        const uint32_t a = sum[0][i], b = sum[1][i], offset = UINT32_C(1) << 30;
        out->plane[VP_VIF_M1][at + i] = signed16((a + (128u << 16) + 128) >> 8);
        out->plane[VP_VIF_M2][at + i] = signed16((b + (128u << 16) + 128) >> 8);
        put_halves(out, VP_VIF_XX, at + i, sum[2][i] + 256 * a + offset);
        put_halves(out, VP_VIF_YY, at + i, sum[3][i] + 256 * b + offset);
        put_halves(out, VP_VIF_XY, at + i, sum[4][i] + 128 * (a + b) + offset);
    }
}

static void moments8_c(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, VpVifMoments out[2])
{
    for (int r = 0; r < 2; r++)
        for (int i = 0; i < w; i += CHUNK) moments8_chunk(x, y, r, i, w - i < CHUNK ? w - i : CHUNK, &out[r]);
}

static void moments16_chunk(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int row, int at, int w,
                            int scale, int mean_shift, int square_shift, VpVifMoments *out)
{
    const VpVifFilter *const f = &vp_vif_filter[scale];
    uint32_t sum[8][CHUNK];
    int16_t v[8][CHUNK];
    memset(sum, 0, sizeof sum);
    for (int k = 0; k < f->n; k++) {
        const int line = row + f->at[k];
        for (int i = 0; i < w; i++) {
            const uint32_t a = x[line / 2]->sample[at + i][line % 2], b = y[line / 2]->sample[at + i][line % 2];
            v[0][i] = signed16(a);
            v[1][i] = signed16(b);
            v[2][i] = signed16(a * a >> 16);
            v[3][i] = signed16(a * a & 0xffff);
            v[4][i] = signed16(b * b >> 16);
            v[5][i] = signed16(b * b & 0xffff);
            v[6][i] = signed16(a * b >> 16);
            v[7][i] = signed16(a * b & 0xffff);
        }
        for (int p = 0; p < 8; p++) add_row(sum[p], v[p], f->tap[k], w);
    }
    const uint32_t bias = UINT32_C(1) << 31;
    const uint32_t mean_round = bias + (UINT32_C(1) << (mean_shift - 1));
    const uint32_t low_round = bias + ((UINT32_C(1) << square_shift) >> 1);
    for (int i = 0; i < w; i++) {
        for (int p = 0; p < 2; p++) out->plane[p][at + i] = signed16((sum[p][i] + mean_round) >> mean_shift);
        for (int p = 2; p < 8; p += 2) {
            const uint32_t high = (sum[p][i] + bias) << (16 - square_shift);
            put_halves(out, p, at + i, high + ((sum[p + 1][i] + low_round) >> square_shift));
        }
    }
}

static void moments16_c(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale, int mean_shift,
                        int square_shift, VpVifMoments out[2])
{
    for (int r = 0; r < 2; r++)
        for (int i = 0; i < w; i += CHUNK)
            moments16_chunk(x, y, r, i, w - i < CHUNK ? w - i : CHUNK, scale, mean_shift, square_shift, &out[r]);
}

/* Horizontal sums of n columns, the true ones; in: the leftmost sample under the filter of the first column. */
static void filter_row(const int16_t *in, const VpVifFilter *f, int n, uint32_t *sum)
{
    for (int i = 0; i < n; i++) sum[i] = UINT32_C(1) << 31;
    for (int k = 0; k < f->n; k++) add_row(sum, in + f->at[k], f->tap[k], n);
}

static uint32_t mean_product(uint32_t a, uint32_t b)
{
    return (uint32_t)(((uint64_t)a * b + (UINT64_C(1) << 31)) >> 32);
}

static void covariance_c(const VpVifMoments *in, int scale, int n, int32_t *s1, int32_t *s2, int32_t *s12)
{
    const VpVifFilter *const f = &vp_vif_filter[scale];
    uint32_t sum[VP_VIF_PLANES][CHUNK];
    for (int first = 0; first < n; first += CHUNK) {
        const int w = n - first < CHUNK ? n - first : CHUNK;
        for (int p = 0; p < VP_VIF_PLANES; p++)
            filter_row(in->plane[p] + first, f, w, sum[p]);
        for (int i = 0; i < w; i++) {
            const uint32_t m1 = sum[VP_VIF_M1][i], m2 = sum[VP_VIF_M2][i];
            const uint32_t xx = sum[VP_VIF_XX][i] + ((sum[VP_VIF_XX + 1][i] + 32768) >> 16);
            const uint32_t yy = sum[VP_VIF_YY][i] + ((sum[VP_VIF_YY + 1][i] + 32768) >> 16);
            const uint32_t xy = sum[VP_VIF_XY][i] + ((sum[VP_VIF_XY + 1][i] + 32768) >> 16);
            const int32_t y = (int32_t)(yy - mean_product(m2, m2));
            s1[first + i] = (int32_t)(xx - mean_product(m1, m1));
            s2[first + i] = y > 0 ? y : 0;
            s12[first + i] = (int32_t)(xy - mean_product(m1, m2));
        }
    }
}

enum { NOISE = 131072 }; /* variance of the internal noise, 2.0, in units of s1 */

/* 2048 log2(v), low bits of v dropped, less 30720; v: 2^17 or more */
static int32_t log_of(const VpVifTables *tables, uint32_t v)
{
    const int shift = 16 - __builtin_clz(v);
    const int32_t i = (int32_t)(v >> shift) - VP_VIF_LOG;
    return tables->log[i] + i / 16 + 2048 * shift;
}

static void statistics_c(const VpVifTables *tables, const int32_t *s1, const int32_t *s2, const int32_t *s12, int n,
                         const double *limit, int n_limits, VpVifSums *sums, int64_t *num_log)
{
    for (int i = 0; i < n; i++) {
        if (s1[i] < NOISE) {
            sums->num_nonlog += s2[i];
            sums->den_nonlog++;
            continue;
        }
        sums->den_log += log_of(tables, (uint32_t)(s1[i] + NOISE)) - (34816 - 30720);
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

void vp_vif_blur8_c(const void *const *rows, int w, int scale, int16_t *out)
{
    const VpVifFilter *const f = &vp_vif_filter[scale];
    uint32_t sum[CHUNK];
    int16_t row[CHUNK];
    for (int first = 0; first < w; first += CHUNK) {
        const int m = w - first < CHUNK ? w - first : CHUNK;
        memset(sum, 0, sizeof sum);
        for (int k = 0; k < f->n; k++) {
            const uint8_t *const r = (const uint8_t *)rows[f->at[k]] + first;
            for (int i = 0; i < m; i++) row[i] = r[i];
            add_row(sum, row, f->tap[k], m);
        }
        for (int i = 0; i < m; i++) out[VP_VIF_HALO + first + i] = signed16((sum[i] + 128) >> 8);
    }
}

void vp_vif_blur16_c(const void *const *rows, int w, int scale, int shift, int16_t *out)
{
    const VpVifFilter *const f = &vp_vif_filter[scale];
    const uint32_t offset = (UINT32_C(1) << 31) + (UINT32_C(1) << (shift - 1));
    uint32_t sum[CHUNK];
    int16_t row[CHUNK];
    for (int first = 0; first < w; first += CHUNK) {
        const int m = w - first < CHUNK ? w - first : CHUNK;
        memset(sum, 0, sizeof sum);
        for (int k = 0; k < f->n; k++) {
            const uint16_t *const r = (const uint16_t *)rows[f->at[k]] + first;
            for (int i = 0; i < m; i++) row[i] = signed16(r[i]);
            add_row(sum, row, f->tap[k], m);
        }
        for (int i = 0; i < m; i++) out[VP_VIF_HALO + first + i] = signed16((sum[i] + offset) >> shift);
    }
}

static void halve_c(const int16_t *in, int scale, int n, uint16_t *out)
{
    const VpVifFilter *const f = &vp_vif_filter[scale];
    const int16_t *const left = in + VP_VIF_HALO - f->radius;
    for (int i = 0; i < n; i++) {
        uint32_t sum = (UINT32_C(1) << 31) + 32768;
        for (int k = 0; k < f->n; k++) sum += (uint32_t)((int32_t)f->tap[k] * left[2 * i + f->at[k]]);
        out[i] = (uint16_t)(sum >> 16);
    }
}

void vp_vif_kernels_init(VpVifKernels *k, unsigned cpu)
{
    *k = (VpVifKernels){
        .moments8 = moments8_c,
        .moments16 = moments16_c,
        .covariance = covariance_c,
        .statistics = statistics_c,
        .blur8 = vp_vif_blur8_c,
        .blur16 = vp_vif_blur16_c,
        .halve = halve_c,
    };
#if defined(VP_X86)
    if (cpu & VP_CPU_AVX2) {
        k->moments8 = vp_vif_moments8_avx2;
        k->moments16 = vp_vif_moments16_avx2;
        k->covariance = vp_vif_covariance_avx2;
        k->statistics = vp_vif_statistics_avx2;
        k->blur8 = vp_vif_blur8_avx2;
        k->blur16 = vp_vif_blur16_avx2;
        k->halve = vp_vif_halve_avx2;
    }
    if (cpu & VP_CPU_AVX512) {
        k->moments8 = vp_vif_moments8_avx512;
        k->moments16 = vp_vif_moments16_avx512;
        k->covariance = vp_vif_covariance_avx512;
        k->statistics = vp_vif_statistics_avx512;
        k->blur8 = vp_vif_blur8_avx512;
        k->blur16 = vp_vif_blur16_avx512;
        k->halve = vp_vif_halve_avx512;
    }
    if (cpu & VP_CPU_AVX512_VNNI) {
        k->moments8 = vp_vif_moments8_avx512_vnni;
        k->moments16 = vp_vif_moments16_avx512_vnni;
        k->covariance = vp_vif_covariance_avx512_vnni;
        k->blur8 = vp_vif_blur8_avx512_vnni;
        k->blur16 = vp_vif_blur16_avx512_vnni;
        k->halve = vp_vif_halve_avx512_vnni;
    }
#endif
    (void)cpu;
}
