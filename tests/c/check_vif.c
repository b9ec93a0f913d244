#include <string.h>

#include "check.h"
#include "kernel/vif.h"

static const int radius[VP_VIF_SCALES] = {8, 4, 2, 1};

/* Samples of `bits` bits in pairs, 8-bit ones centred. Half of the rows of the second picture repeat the first's. */
static void draw_pairs(VpCheck *t, int pairs, int bits, const VpVifPairRow **x, const VpVifPairRow **y)
{
    const VpCheckFill fill = (VpCheckFill)vp_check_range(t, VP_CHECK_NOISE, VP_CHECK_ANY);
    for (int i = 0; i < 2 * pairs; i++) {
        uint16_t *const row = vp_check_u16(t, 2 * VP_VIF_SPAN, bits, fill);
        for (int k = 0; bits == 8 && k < 2 * VP_VIF_SPAN; k++) row[k] = (uint16_t)(row[k] - 128);
        if (i % 2 && vp_check_range(t, 0, 1))
            y[i / 2] = x[i / 2];
        else
            (i % 2 ? y : x)[i / 2] = (const void *)row;
    }
}

static void compare_moments(VpCheck *t, const VpVifMoments *a, const VpVifMoments *b, int w, int scale, int bits)
{
    for (int m = 0; m < 2; m++)
        for (int p = 0; p < VP_VIF_PLANES; p++)
            vp_check_bytes(t, a[m].plane[p], b[m].plane[p], (size_t)w * sizeof(int16_t),
                           "moments scale=%d bits=%d w=%d row %d plane %d", scale, bits, w, m, p);
}

static void check_moments(VpCheck *t, const VpVifKernels *ref, const VpVifKernels *got, int scale, int bits)
{
    const int mean = scale ? 16 : bits, square = scale ? 16 : 2 * (bits - 8);
    for (int w = 1; w <= VP_VIF_TILE + 2 * VP_VIF_HALO; w += w < 50 ? 1 : 41) {
        const VpVifPairRow *x[VP_VIF_PAIRS], *y[VP_VIF_PAIRS];
        draw_pairs(t, radius[scale] + 1, bits, x, y);
        VpVifMoments *const a = vp_check_alloc(t, 2, sizeof *a), *const b = vp_check_alloc(t, 2, sizeof *b);
        if (bits == 8) {
            ref->moments8(x, y, w, a);
            got->moments8(x, y, w, b);
        } else {
            ref->moments16(x, y, w, scale, mean, square, a);
            got->moments16(x, y, w, scale, mean, square, b);
        }
        compare_moments(t, a, b, w, scale, bits);
        vp_check_free(t);
    }
}

/* Moments of any content, possible or not: the sums are taken modulo 2^32. */
static VpVifMoments *any_moments(VpCheck *t)
{
    VpVifMoments *const m = vp_check_alloc(t, 1, sizeof *m);
    for (int p = 0; p < VP_VIF_PLANES; p++) {
        const uint16_t *const v = vp_check_u16(t, VP_VIF_SPAN, 16, VP_CHECK_ANY);
        memcpy(m->plane[p], v, sizeof m->plane[p]);
    }
    return m;
}

static void check_covariance(VpCheck *t, const VpVifKernels *ref, const VpVifKernels *got, int scale)
{
    for (int n = 1; n <= VP_VIF_TILE; n += n < 70 ? 1 : 31) {
        const VpVifMoments *const m = any_moments(t);
        int32_t *a[3], *b[3];
        for (int i = 0; i < 3; i++) {
            a[i] = vp_check_alloc(t, VP_VIF_SPAN, sizeof **a);
            b[i] = vp_check_alloc(t, VP_VIF_SPAN, sizeof **b);
        }
        ref->covariance(m, scale, n, a[0], a[1], a[2]);
        got->covariance(m, scale, n, b[0], b[1], b[2]);
        for (int i = 0; i < 3; i++)
            vp_check_bytes(t, a[i], b[i], (size_t)n * sizeof **a, "covariance[%d] scale=%d n=%d", i, scale, n);
        vp_check_free(t);
    }
}

/* Triples that pictures can give: variances below 2^30, nearly within Cauchy and Schwarz, about the noise threshold,
 * and pairs with equal variance and covariance. */
static void draw_covariances(VpCheck *t, int n, int32_t *s1, int32_t *s2, int32_t *s12)
{
    const int style = vp_check_range(t, 0, 5);
    for (int i = 0; i < n; i++) {
        const int magnitude = vp_check_range(t, 3, 30);
        int64_t a = vp_check_range(t, -3, (1 << magnitude) - 1), b = vp_check_range(t, 0, (1 << magnitude) - 1);
        if (style == 1) a = 131072 + vp_check_range(t, -2, 2);
        if (style == 2) a = vp_check_range(t, -40000, 131071);
        if (style == 3) b = vp_check_range(t, 0, 1);
        const int64_t least = a < b ? a : b; /* no more than the root of the product */
        int64_t ab = least <= 0 ? vp_check_range(t, -2, 2) : vp_check_range(t, -(int)least, (int)least);
        if (style == 4 || vp_check_range(t, 0, 3) == 0) ab = least + vp_check_range(t, -1, 1);
        if (style == 5) b = ab = a + vp_check_range(t, -1, 1);
        s1[i] = (int32_t)a;
        s2[i] = (int32_t)(b > 0 ? b : 0);
        s12[i] = (int32_t)ab;
    }
}

static void check_statistics(VpCheck *t, const VpVifKernels *ref, const VpVifKernels *got, const VpVifTables *tables)
{
    enum { LIMITS = 5 };
    const double limits[LIMITS] = {100, 1, 1.2, 1 + 1e-9, 3};
    for (int n = 1; n <= 5 * VP_VIF_TILE; n++) {
        const int m = n <= VP_VIF_TILE ? n : VP_VIF_TILE, k = vp_check_range(t, 1, LIMITS);
        int32_t *v[3];
        for (int i = 0; i < 3; i++) v[i] = vp_check_alloc(t, VP_VIF_SPAN, sizeof **v);
        draw_covariances(t, m, v[0], v[1], v[2]); /* after those: noise, to be ignored */
        VpVifSums a = {1, 2, 3}, b = a;
        int64_t num_a[LIMITS] = {7, 8, 9}, num_b[LIMITS] = {7, 8, 9};
        ref->statistics(tables, v[0], v[1], v[2], m, limits, k, &a, num_a);
        got->statistics(tables, v[0], v[1], v[2], m, limits, k, &b, num_b);
        vp_check_u64(t, (uint64_t)a.den_log, (uint64_t)b.den_log, "statistics den_log n=%d", m);
        vp_check_u64(t, (uint64_t)a.num_nonlog, (uint64_t)b.num_nonlog, "statistics num_nonlog n=%d", m);
        vp_check_u64(t, (uint64_t)a.den_nonlog, (uint64_t)b.den_nonlog, "statistics den_nonlog n=%d", m);
        for (int i = 0; i < LIMITS; i++)
            vp_check_u64(t, (uint64_t)num_a[i], (uint64_t)num_b[i], "statistics num_log[%d of %d] n=%d", i, k, m);
        vp_check_free(t);
    }
}

static void check_blur(VpCheck *t, const VpVifKernels *ref, const VpVifKernels *got, int scale, int bits)
{
    for (int w = 1; w <= 150; w++) {
        const VpCheckFill fill = (VpCheckFill)vp_check_range(t, VP_CHECK_NOISE, VP_CHECK_ANY);
        const void *rows[2 * VP_VIF_HALO + 1];
        for (int i = 0; i < 2 * radius[scale] + 1; i++) {
            if (bits == 8)
                rows[i] = vp_check_u8(t, w, bits, fill);
            else
                rows[i] = vp_check_u16(t, w, bits, fill);
        }
        const size_t n = (size_t)w + 2 * VP_VIF_HALO + VP_VIF_PAD;
        int16_t *const a = vp_check_alloc(t, n, sizeof *a), *const b = vp_check_alloc(t, n, sizeof *b);
        memcpy(b, a, n * sizeof *a);
        if (bits == 8) {
            ref->blur8(rows, w, scale, a);
            got->blur8(rows, w, scale, b);
        } else {
            ref->blur16(rows, w, scale, bits, a);
            got->blur16(rows, w, scale, bits, b);
        }
        vp_check_bytes(t, a, b, n * sizeof *a, "blur scale=%d bits=%d w=%d", scale, bits, w);
        vp_check_free(t);
    }
}

static void check_halve(VpCheck *t, const VpVifKernels *ref, const VpVifKernels *got, int scale)
{
    for (int w = 2; w <= 200; w++) {
        const int n = w / 2;
        const size_t room = (size_t)(n + VP_VIF_ROUND - 1) / VP_VIF_ROUND * VP_VIF_ROUND;
        const uint16_t *const in = vp_check_u16(t, w + 2 * VP_VIF_HALO + VP_VIF_PAD, 16, VP_CHECK_ANY);
        uint16_t *const a = vp_check_alloc(t, room, sizeof *a), *const b = vp_check_alloc(t, room, sizeof *b);
        ref->halve((const void *)in, scale, n, a);
        got->halve((const void *)in, scale, n, b);
        vp_check_bytes(t, a, b, (size_t)n * sizeof *a, "halve scale=%d n=%d", scale, n);
        vp_check_free(t);
    }
}

void vp_check_family(VpCheck *t)
{
    VpVifKernels ref, got;
    vp_vif_kernels_init(&ref, 0);
    vp_vif_kernels_init(&got, t->cpu);
    for (int bits = 8; bits <= 16; bits++) check_moments(t, &ref, &got, 0, bits);
    for (int scale = 1; scale < VP_VIF_SCALES; scale++) check_moments(t, &ref, &got, scale, 16);
    for (int scale = 0; scale < VP_VIF_SCALES; scale++) check_covariance(t, &ref, &got, scale);
    for (int bits = 8; bits <= 16; bits++) check_blur(t, &ref, &got, 1, bits);
    for (int scale = 1; scale < VP_VIF_SCALES; scale++) {
        check_blur(t, &ref, &got, scale, 16);
        check_halve(t, &ref, &got, scale);
    }
    static VpVifTables tables;
    vp_vif_tables_init(&tables);
    check_statistics(t, &ref, &got, &tables);
}

typedef struct Bench {
    VpVifKernels k;
    VpVifTables tables;
    VpVifPairRow pairs8[2][VP_VIF_PAIRS], pairs16[2][VP_VIF_PAIRS];
    const VpVifPairRow *x[VP_VIF_PAIRS], *y[VP_VIF_PAIRS], *x16[VP_VIF_PAIRS], *y16[VP_VIF_PAIRS];
    const void *rows[2 * VP_VIF_HALO + 1];
    VpVifMoments out[2];
    int32_t s1[VP_VIF_SPAN], s2[VP_VIF_SPAN], s12[VP_VIF_SPAN];
    VpVifSums sums;
    int64_t num_log[2];
    int16_t blurred[VP_VIF_SPAN + VP_VIF_PAD];
    uint16_t half[VP_VIF_SPAN];
    int scale;
} Bench;

enum { N = VP_VIF_TILE, WIDE = VP_VIF_TILE + 2 * VP_VIF_HALO };

static void bench_moments8(void *arg)
{
    Bench *const b = arg;
    b->k.moments8(b->x, b->y, WIDE, b->out);
}

static void bench_moments16(void *arg)
{
    Bench *const b = arg;
    b->k.moments16(b->x16, b->y16, WIDE, b->scale, b->scale ? 16 : 10, b->scale ? 16 : 4, b->out);
}

static void bench_covariance(void *arg)
{
    Bench *const b = arg;
    b->k.covariance(b->out, b->scale, N, b->s1, b->s2, b->s12);
}

static void bench_statistics(void *arg)
{
    Bench *const b = arg;
    const double limit[2] = {100, 1};
    b->k.statistics(&b->tables, b->s1, b->s2, b->s12, N, limit, 2, &b->sums, b->num_log);
}

static void bench_blur8(void *arg)
{
    Bench *const b = arg;
    b->k.blur8(b->rows, N, 1, b->blurred);
}

static void bench_halve(void *arg)
{
    Bench *const b = arg;
    b->k.halve(b->blurred, 1, N / 2, b->half);
}

/* The distorted picture is half the reference and half noise. */
static void draw_bench(VpCheck *t, Bench *b)
{
    const uint8_t *const row8 = vp_check_u8(t, 1920 * 17, 8, VP_CHECK_NOISE);
    for (int i = 0; i <= 2 * VP_VIF_HALO; i++) b->rows[i] = row8 + 1920 * i;
    for (int i = 0; i < VP_VIF_PAIRS; i++) {
        for (int k = 0; k < 2 * VP_VIF_SPAN; k++) {
            const int v = vp_check_range(t, 0, 31), noise = vp_check_range(t, 0, 15);
            b->pairs8[0][i].centred[k / 2][k % 2] = (int16_t)(v - 128);
            b->pairs8[1][i].centred[k / 2][k % 2] = (int16_t)((v + noise) / 2 - 128);
            b->pairs16[0][i].sample[k / 2][k % 2] = (uint16_t)(32 * v);
            b->pairs16[1][i].sample[k / 2][k % 2] = (uint16_t)(16 * (v + noise));
        }
        b->x[i] = &b->pairs8[0][i];
        b->y[i] = &b->pairs8[1][i];
        b->x16[i] = &b->pairs16[0][i];
        b->y16[i] = &b->pairs16[1][i];
    }
}

void vp_bench_family(VpCheck *t)
{
    Bench *const b = vp_check_alloc(t, 1, sizeof *b);
    vp_vif_kernels_init(&b->k, t->cpu);
    vp_vif_tables_init(&b->tables);
    draw_bench(t, b);
    vp_bench(t, "vif/moments8", "w=208 rows=2", bench_moments8, b);
    for (b->scale = 0; b->scale < 2; b->scale++)
        vp_bench(t, "vif/moments16", b->scale ? "scale=1 w=208 rows=2" : "scale=0 w=208 rows=2", bench_moments16, b);
    bench_moments8(b);
    b->scale = 0;
    vp_bench(t, "vif/covariance", "scale=0 n=192", bench_covariance, b);
    vp_bench(t, "vif/statistics", "n=192 limits=2", bench_statistics, b);
    vp_bench(t, "vif/blur8", "w=192", bench_blur8, b);
    vp_bench(t, "vif/halve", "scale=1 n=96", bench_halve, b);
}
