#include <string.h>

#include "check.h"
#include "kernel/vif.h"

static const int radius[VP_VIF_SCALES] = {8, 4, 2, 1};

static int rounded(int n)
{
    return (n + VP_VIF_ROUND - 1) / VP_VIF_ROUND * VP_VIF_ROUND;
}

/* The rows of two pictures, and what each level makes of them. */
typedef struct Pairs {
    const VpVifPairRow *x[VP_VIF_PAIRS], *y[VP_VIF_PAIRS];
} Pairs;

static VpVifPairRow *pair(VpCheck *t, const VpVifKernels *k, const void *a, const void *b, int w, int bits)
{
    VpVifPairRow *const p = vp_check_alloc(t, 1, sizeof *p);
    if (bits == 8)
        k->pair8(a, b, w, p);
    else
        k->pair16(a, b, w, p);
    return p;
}

/* Samples of `bits` bits. Half of the rows of the second picture repeat the first's. */
static void draw_pairs(VpCheck *t, const VpVifKernels *ref, const VpVifKernels *got, int pairs, int w, int bits, Pairs *a,
                       Pairs *b)
{
    const VpCheckFill fill = (VpCheckFill)vp_check_range(t, VP_CHECK_NOISE, VP_CHECK_ANY);
    for (int i = 0; i < pairs; i++) {
        const void *row[4];
        for (int k = 0; k < 4; k++) {
            if (k >= 2 && vp_check_range(t, 0, 1))
                row[k] = row[k - 2];
            else if (bits == 8)
                row[k] = vp_check_u8(t, rounded(w), bits, fill);
            else
                row[k] = vp_check_u16(t, rounded(w), bits, fill);
        }
        a->x[i] = pair(t, ref, row[0], row[1], w, bits);
        b->x[i] = pair(t, got, row[0], row[1], w, bits);
        a->y[i] = pair(t, ref, row[2], row[3], w, bits);
        b->y[i] = pair(t, got, row[2], row[3], w, bits);
    }
}

/* Runs one level's vertical passes. */
static void moments(const VpVifKernels *k, const Pairs *p, int w, int scale, int bits, VpVifReference *reference,
                    VpVifDistorted *distorted)
{
    const int mean = scale ? 16 : bits, square = scale ? 16 : 2 * (bits - 8);
    if (bits == 8) {
        k->reference8(p->x, w, reference);
        k->distorted8(p->x, reference, p->y, w, distorted);
    } else {
        k->reference16(p->x, w, scale, mean, square, reference);
        k->distorted16(p->x, p->y, w, scale, mean, square, distorted);
    }
}

static void check_moments(VpCheck *t, const VpVifKernels *ref, const VpVifKernels *got, int scale, int bits)
{
    for (int w = 1; w <= VP_VIF_TILE + 2 * VP_VIF_HALO; w += w < 50 ? 1 : 101) {
        Pairs a, b;
        draw_pairs(t, ref, got, radius[scale] + 1, w, bits, &a, &b);
        VpVifReference *const ra = vp_check_alloc(t, 2, sizeof *ra), *const rb = vp_check_alloc(t, 2, sizeof *rb);
        VpVifDistorted *const da = vp_check_alloc(t, 2, sizeof *da), *const db = vp_check_alloc(t, 2, sizeof *db);
        moments(ref, &a, w, scale, bits, ra, da);
        moments(got, &b, w, scale, bits, rb, db);
        for (int m = 0; m < 2; m++) {
            for (int p = 0; p < 3; p++)
                vp_check_bytes(t, ra[m].plane[p], rb[m].plane[p], (size_t)w * sizeof(int16_t),
                               "reference scale=%d bits=%d w=%d row %d plane %d", scale, bits, w, m, p);
            for (int p = 0; p < 5; p++)
                vp_check_bytes(t, da[m].plane[p], db[m].plane[p], (size_t)w * sizeof(int16_t),
                               "distorted scale=%d bits=%d w=%d row %d plane %d", scale, bits, w, m, p);
        }
        vp_check_free(t);
    }
}

/* Moments of any content, possible or not: the sums are taken modulo 2^32. Some keep so few bits that many sums are
 * halfway between two results. */
static void draw_planes(VpCheck *t, int16_t (*plane)[VP_VIF_SPAN], int n)
{
    for (int p = 0; p < n; p++) {
        uint16_t *const v = vp_check_u16(t, VP_VIF_SPAN, 16, VP_CHECK_ANY);
        const int few = vp_check_range(t, 0, 3) == 0;
        for (int i = 0; few && i < VP_VIF_SPAN; i++) v[i] &= 0xf000;
        memcpy(plane[p], v, sizeof plane[p]);
    }
}

/* n columns in the order of `k`, put into the natural one. */
static const uint32_t *in_order(VpCheck *t, const VpVifKernels *k, const void *from, int n)
{
    const uint32_t *const in = from;
    uint32_t *const out = vp_check_alloc(t, (size_t)n, sizeof *out);
    for (int i = 0; i < rounded(n); i++) {
        const int column = i / VP_VIF_ROUND * VP_VIF_ROUND + k->order[i % VP_VIF_ROUND];
        if (column < n) out[column] = in[i];
    }
    return out;
}

static void check_zeros(VpCheck *t, const VpVifKernels *k, const int32_t *v, int n, const char *what)
{
    for (int i = 0; i < rounded(n); i++)
        if (i / VP_VIF_ROUND * VP_VIF_ROUND + k->order[i % VP_VIF_ROUND] >= n)
            vp_check_u64(t, 0, (uint32_t)v[i], "%s: entry %d after n=%d", what, i, n);
}

static void check_covariance(VpCheck *t, const VpVifKernels *ref, const VpVifKernels *got, int scale)
{
    const VpVifKernels *const level[2] = {ref, got};
    for (int n = 1; n <= VP_VIF_TILE; n += n < 70 ? 1 : 57) {
        VpVifReference *const r = vp_check_alloc(t, 1, sizeof *r);
        VpVifDistorted *const d = vp_check_alloc(t, 1, sizeof *d);
        draw_planes(t, r->plane, 3);
        draw_planes(t, d->plane, 5);
        const uint32_t *v[2][4];
        for (int k = 0; k < 2; k++) {
            uint32_t *const m1 = vp_check_alloc(t, VP_VIF_SPAN, sizeof *m1);
            int32_t *s[3];
            for (int i = 0; i < 3; i++) s[i] = vp_check_alloc(t, VP_VIF_SPAN, sizeof *s[i]);
            level[k]->variance(r, scale, n, m1, s[0]);
            level[k]->covariance(d, m1, scale, n, s[1], s[2]);
            v[k][0] = in_order(t, level[k], m1, n);
            for (int i = 0; i < 3; i++) {
                v[k][1 + i] = in_order(t, level[k], s[i], n);
                check_zeros(t, level[k], s[i], n, i ? "covariance" : "variance");
            }
        }
        for (int i = 0; i < 4; i++)
            vp_check_bytes(t, v[0][i], v[1][i], (size_t)n * sizeof **v[0], "covariance[%d] scale=%d n=%d", i, scale, n);
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
    enum { LIMITS = 6 };
    const double limits[LIMITS] = {100, 1, 1.2, 1 + 1e-9, 3, 4};
    for (int n = 1; n <= 900; n++) {
        const int m = n <= 300 ? n : vp_check_range(t, 1, VP_VIF_TILE), k = vp_check_range(t, 1, LIMITS);
        const double *const limit = limits + vp_check_range(t, 0, LIMITS - k);
        int32_t *v[3];
        for (int i = 0; i < 3; i++) {
            v[i] = vp_check_alloc(t, (size_t)rounded(m), sizeof **v);
            memset(v[i], 0, (size_t)rounded(m) * sizeof **v);
        }
        draw_covariances(t, m, v[0], v[1], v[2]);
        VpVifDenominators a = {1, 2}, b = a;
        int64_t nonlog_a = 3, nonlog_b = 3, log_a[LIMITS] = {7, 8, 9}, log_b[LIMITS] = {7, 8, 9};
        ref->denominators(tables, v[0], m, &a);
        got->denominators(tables, v[0], m, &b);
        ref->numerators(tables, v[0], v[1], v[2], m, limit, k, &nonlog_a, log_a);
        got->numerators(tables, v[0], v[1], v[2], m, limit, k, &nonlog_b, log_b);
        vp_check_u64(t, (uint64_t)a.log, (uint64_t)b.log, "denominators log n=%d", m);
        vp_check_u64(t, (uint64_t)a.nonlog, (uint64_t)b.nonlog, "denominators nonlog n=%d", m);
        vp_check_u64(t, (uint64_t)nonlog_a, (uint64_t)nonlog_b, "numerators nonlog n=%d", m);
        for (int i = 0; i < LIMITS; i++)
            vp_check_u64(t, (uint64_t)log_a[i], (uint64_t)log_b[i], "numerators log[%d of %d] n=%d", i, k, m);
        vp_check_free(t);
    }
}

static void check_blur(VpCheck *t, const VpVifKernels *ref, const VpVifKernels *got, int scale, int bits)
{
    for (int w = 1; w <= VP_VIF_TILE + 2 * VP_VIF_HALO; w += w < 70 ? 1 : 73) {
        Pairs a, b;
        draw_pairs(t, ref, got, radius[scale] + 1, w, bits, &a, &b);
        int16_t *const out_a = vp_check_alloc(t, (size_t)rounded(w), sizeof *out_a);
        int16_t *const out_b = vp_check_alloc(t, (size_t)rounded(w), sizeof *out_b);
        if (bits == 8) {
            ref->blur8(a.x, w, out_a);
            got->blur8(b.x, w, out_b);
        } else {
            ref->blur16(a.x, w, scale, bits, out_a);
            got->blur16(b.x, w, scale, bits, out_b);
        }
        vp_check_bytes(t, out_a, out_b, (size_t)w * sizeof *out_a, "blur scale=%d bits=%d w=%d", scale, bits, w);
        vp_check_free(t);
    }
}

static void check_halve(VpCheck *t, const VpVifKernels *ref, const VpVifKernels *got, int scale)
{
    for (int n = 1; n <= VP_VIF_TILE / 2; n += n < 96 ? 1 : 32) {
        const size_t room = (size_t)rounded(n);
        const uint16_t *const in = vp_check_u16(t, VP_VIF_SPAN, 16, VP_CHECK_ANY);
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

enum { N = VP_VIF_TILE, WIDE = VP_VIF_TILE + 2 * VP_VIF_HALO };

/* Noise of 5 bits; the distorted picture is half the reference and half other noise. */
typedef struct Bench {
    VpVifKernels k;
    VpVifTables tables;
    const void *row[2]; /* bytes */
    VpVifPairRow pair;
    Pairs bytes, words;
    VpVifReference reference[2];
    VpVifDistorted distorted[2];
    uint32_t m1[VP_VIF_SPAN];
    int32_t s1[VP_VIF_SPAN], s2[VP_VIF_SPAN], s12[VP_VIF_SPAN];
    VpVifDenominators sums;
    int64_t nonlog, log[2];
    int16_t blurred[VP_VIF_SPAN];
    uint16_t half[VP_VIF_SPAN];
    int scale;
} Bench;

static void bench_pair8(void *arg)
{
    Bench *const b = arg;
    b->k.pair8(b->row[0], b->row[1], WIDE, &b->pair);
}

static void bench_reference8(void *arg)
{
    Bench *const b = arg;
    b->k.reference8(b->bytes.x, WIDE, b->reference);
}

static void bench_distorted8(void *arg)
{
    Bench *const b = arg;
    b->k.distorted8(b->bytes.x, b->reference, b->bytes.y, WIDE, b->distorted);
}

static void bench_reference16(void *arg)
{
    Bench *const b = arg;
    b->k.reference16(b->words.x, WIDE, b->scale, b->scale ? 16 : 10, b->scale ? 16 : 4, b->reference);
}

static void bench_distorted16(void *arg)
{
    Bench *const b = arg;
    b->k.distorted16(b->words.x, b->words.y, WIDE, b->scale, b->scale ? 16 : 10, b->scale ? 16 : 4, b->distorted);
}

static void bench_variance(void *arg)
{
    Bench *const b = arg;
    b->k.variance(b->reference, b->scale, N, b->m1, b->s1);
}

static void bench_covariance(void *arg)
{
    Bench *const b = arg;
    b->k.covariance(b->distorted, b->m1, b->scale, N, b->s2, b->s12);
}

static void bench_denominators(void *arg)
{
    Bench *const b = arg;
    b->k.denominators(&b->tables, b->s1, N, &b->sums);
}

static void bench_numerators(void *arg)
{
    Bench *const b = arg;
    const double limit[2] = {100, 1};
    b->k.numerators(&b->tables, b->s1, b->s2, b->s12, N, limit, 2, &b->nonlog, b->log);
}

static void bench_blur8(void *arg)
{
    Bench *const b = arg;
    b->k.blur8(b->bytes.x, WIDE, b->blurred);
}

static void bench_halve(void *arg)
{
    Bench *const b = arg;
    b->k.halve(b->blurred, 1, N / 2, b->half);
}

static void draw_bench(VpCheck *t, Bench *b)
{
    for (int i = 0; i < VP_VIF_PAIRS; i++) {
        uint8_t *row8[4];
        uint16_t *row16[4];
        for (int k = 0; k < 4; k++) {
            row8[k] = vp_check_u8(t, VP_VIF_SPAN, 5, VP_CHECK_NOISE);
            row16[k] = vp_check_u16(t, VP_VIF_SPAN, 16, VP_CHECK_NOISE);
            for (int x = 0; x < VP_VIF_SPAN; x++) {
                if (k >= 2) row8[k][x] = (uint8_t)((row8[k - 2][x] + row8[k][x] / 2) / 2);
                row16[k][x] = (uint16_t)(32 * row8[k][x]);
            }
        }
        b->row[0] = row8[0];
        b->row[1] = row8[1];
        b->bytes.x[i] = pair(t, &b->k, row8[0], row8[1], VP_VIF_SPAN, 8);
        b->bytes.y[i] = pair(t, &b->k, row8[2], row8[3], VP_VIF_SPAN, 8);
        b->words.x[i] = pair(t, &b->k, row16[0], row16[1], VP_VIF_SPAN, 16);
        b->words.y[i] = pair(t, &b->k, row16[2], row16[3], VP_VIF_SPAN, 16);
    }
}

void vp_bench_family(VpCheck *t)
{
    Bench *const b = vp_check_alloc(t, 1, sizeof *b);
    vp_vif_kernels_init(&b->k, t->cpu);
    vp_vif_tables_init(&b->tables);
    draw_bench(t, b);
    vp_bench(t, "vif/pair8", "w=656", bench_pair8, b);
    for (b->scale = 0; b->scale < 2; b->scale++) {
        const char *const shape = b->scale ? "scale=1 w=656 rows=2" : "scale=0 w=656 rows=2";
        vp_bench(t, "vif/reference16", shape, bench_reference16, b);
        vp_bench(t, "vif/distorted16", shape, bench_distorted16, b);
    }
    vp_bench(t, "vif/reference8", "w=656 rows=2", bench_reference8, b);
    vp_bench(t, "vif/distorted8", "w=656 rows=2", bench_distorted8, b);
    b->scale = 0;
    vp_bench(t, "vif/variance", "scale=0 n=640", bench_variance, b);
    vp_bench(t, "vif/covariance", "scale=0 n=640", bench_covariance, b);
    vp_bench(t, "vif/denominators", "n=640", bench_denominators, b);
    vp_bench(t, "vif/numerators", "n=640 limits=2", bench_numerators, b);
    vp_bench(t, "vif/blur8", "w=656", bench_blur8, b);
    vp_bench(t, "vif/halve", "scale=1 n=320", bench_halve, b);
}
