#include <math.h>
#include <string.h>

#include "check.h"
#include "check_float.h"
#include "kernel/speed_field.h"
#include "kernel/speed_score.h"

enum { N = VP_SPEED_N, STRIDE = VP_SPEED_STRIDE, SIDE = VP_SPEED_SIDE, PAD = VP_SPEED_PAD, LANES = VP_SPEED_LANES };

static void check_rows(VpCheck *t, const VpSpeedKernels *ref, const VpSpeedKernels *got)
{
    for (int w = 1; w <= 140; w++) {
        float *const a = vp_check_alloc(t, (size_t)w, sizeof *a), *const b = vp_check_alloc(t, (size_t)w, sizeof *b);
        const size_t bytes = (size_t)w * sizeof *a;
        const uint8_t *const s8 = vp_check_u8(t, w, 8, VP_CHECK_ANY);
        ref->samples8(s8, w, a);
        got->samples8(s8, w, b);
        vp_check_bytes(t, a, b, bytes, "samples8 w=%d", w);
        const uint16_t *const s16 = vp_check_u16(t, w, 16, VP_CHECK_ANY);
        ref->samples16(s16, w, 0.25f, a);
        got->samples16(s16, w, 0.25f, b);
        vp_check_bytes(t, a, b, bytes, "samples16 w=%d", w);

        const float *const x = vp_check_floats(t, w), *const y = vp_check_floats(t, w);
        const float *const f = vp_check_floats(t, w);
        ref->subtract(x, y, w, a);
        got->subtract(x, y, w, b);
        vp_check_bytes(t, a, b, bytes, "subtract w=%d", w);
        ref->accumulate(0.12018894f, x, w, a);
        got->accumulate(0.12018894f, x, w, b);
        vp_check_bytes(t, a, b, bytes, "accumulate w=%d", w);

        int32_t *const i0 = vp_check_alloc(t, (size_t)w, sizeof *i0);
        int32_t *const i1 = vp_check_alloc(t, (size_t)w, sizeof *i1);
        for (int i = 0; i < w; i++) {
            i0[i] = vp_check_range(t, 0, w - 1);
            i1[i] = vp_check_range(t, 0, w - 1);
        }
        ref->accumulate_at(0.12018894f, x, i0, w, a);
        got->accumulate_at(0.12018894f, x, i0, w, b);
        vp_check_bytes(t, a, b, bytes, "accumulate_at w=%d", w);
        ref->blend(x, y, i0, i1, f, 0.3f, w, a);
        got->blend(x, y, i0, i1, f, 0.3f, w, b);
        vp_check_bytes(t, a, b, bytes, "blend w=%d", w);
        vp_check_free(t);
    }
}

static float *matrix(VpCheck *t)
{
    return vp_check_alloc(t, N * STRIDE, sizeof(float));
}

/* Symmetric, and positive definite if `regular`: what covariances of fields are. */
static float *covariance_of(VpCheck *t, const VpSpeedKernels *k, int w, int h, bool regular)
{
    const int stride = w + SIDE - 1, n = stride * (h + SIDE - 1);
    float *const z = vp_check_alloc(t, (size_t)(n + PAD), sizeof *z);
    const float *const noise = vp_check_floats(t, n);
    for (int i = 0; i < n; i++) z[i] = noise[i] + (regular ? (float)vp_check_range(t, -4000, 4000) / 100 : 0);
    float *const out = matrix(t);
    k->covariance(z, stride, w, h, out);
    return out;
}

static void check_matrices(VpCheck *t, const VpSpeedKernels *ref, const VpSpeedKernels *got)
{
    for (int round = 0; round < 60; round++) {
        const int w = vp_check_range(t, 1, 60), h = vp_check_range(t, 1, 40);
        const uint64_t seed = t->random;
        float *const k = covariance_of(t, ref, w, h, round % 3);
        t->random = seed;
        const float *const other = covariance_of(t, got, w, h, round % 3);
        vp_check_bytes(t, k, other, sizeof(VpSpeedMatrix), "covariance %d x %d", w, h);

        float *const a = matrix(t), *const b = matrix(t), d[2][N], e[2][N - 1];
        memcpy(a, k, sizeof(VpSpeedMatrix));
        memcpy(b, k, sizeof(VpSpeedMatrix));
        ref->tridiagonal(a, d[0], e[0]);
        got->tridiagonal(b, d[1], e[1]);
        vp_check_bytes(t, d[0], d[1], sizeof d[0], "tridiagonal, diagonal");
        vp_check_bytes(t, e[0], e[1], sizeof e[0], "tridiagonal, beside it");

        const int n = LANES * vp_check_range(t, 1, 6);
        const float *const y = vp_check_floats(t, N * n);
        float *const x = vp_check_alloc(t, (size_t)(N * n), sizeof *x);
        float *const x2 = vp_check_alloc(t, (size_t)(N * n), sizeof *x2);
        memcpy(x2, x, (size_t)(N * n) * sizeof *x);
        const bool solved = ref->solve(k, y, n, x);
        vp_check_u64(t, solved, got->solve(k, y, n, x2), "solve, regular?");
        if (!solved) memset(x, 0, (size_t)(N * n) * sizeof *x);
        if (solved) vp_check_bytes(t, x, x2, (size_t)(N * n) * sizeof *x, "solve n=%d", n);

        float *const v = vp_check_alloc(t, (size_t)n, sizeof *v), *const v2 = vp_check_alloc(t, (size_t)n, sizeof *v);
        ref->variance(x, y, n, v);
        got->variance(x, y, n, v2);
        vp_check_bytes(t, v, v2, (size_t)n * sizeof *v, "variance n=%d", n);
        if (vp_check_range(t, 0, 3) == 0) v[vp_check_range(t, 0, n - 1)] = -1e9f; /* no logarithm */
        for (int i = 0; i < N; i++) d[0][i] = fabsf(d[0][i]);
        ref->entropy(d[0], v, 0.19f, n, x);
        got->entropy(d[0], v, 0.19f, n, x2);
        for (int i = 0; i < n; i++) /* a NaN is a NaN */
            if (isnan(x[i]) && isnan(x2[i])) x[i] = x2[i] = 0;
        vp_check_bytes(t, x, x2, (size_t)n * sizeof *x, "entropy n=%d", n);
        vp_check_free(t);
    }
}

static void check_near(VpCheck *t, double want, double got, double tolerance, const char *what)
{
    vp_check_u64(t, 1, fabs(want - got) <= tolerance * fabs(want), "%s: %.17g, not %.17g", what, got, want);
}

/* The logarithm against libm's; the taps and the eigenvalues of libvmaf 3.2. */
static void check_facts(VpCheck *t)
{
    for (int i = 0; i < 2000; i++) {
        const double x = ldexp(1 + (double)vp_check_range(t, 0, 1 << 30) / (1 << 30), vp_check_range(t, -60, 60));
        check_near(t, log2(x), vp_speed_log2(x), 5e-16, "log2");
    }
    check_near(t, 0, vp_speed_log2(1), 0, "log2 of 1");
    vp_check_u64(t, 1, vp_speed_log2(0) == -INFINITY && vp_speed_log2(INFINITY) == INFINITY, "log2 of the ends");

    static const double wide[] = {0.07564882934093475, 0.09910339117050171, 0.12018893659114838, 0.13493669033050537,
                                  0.1402442902326584};
    static const double narrow[] = {0.16637851297855377, 0.6672429442405701, 0.16637851297855377};
    float tap[9];
    vp_check_u64(t, 9, (uint64_t)vp_speed_antialias_size(1), "taps of the low-pass");
    vp_speed_gaussian(tap, 9, 3.6f);
    for (int i = 0; i < 9; i++) check_near(t, wide[i < 5 ? i : 8 - i], (double)tap[i], 0, "low-pass");
    vp_check_u64(t, 3, (uint64_t)vp_speed_mean_size(1), "taps of the mean");
    vp_speed_gaussian(tap, 3, 0.6f);
    for (int i = 0; i < 3; i++) check_near(t, narrow[i], (double)tap[i], 0, "mean");

    float d[N], e[N - 1]; /* a chain of equal springs: 2 - 2 cos(pi k / 26) */
    for (int i = 0; i < N; i++) d[i] = 2;
    for (int i = 0; i < N - 1; i++) e[i] = -1;
    vp_speed_eigenvalues(d, e);
    for (int k = 1; k <= N; k++) {
        const double want = 2 - 2 * cos(3.14159265358979 * k / (N + 1));
        double nearest = 1e9;
        for (int i = 0; i < N; i++)
            if (fabs((double)d[i] - want) < fabs(nearest - want)) nearest = (double)d[i];
        check_near(t, want, nearest, 3e-5, "eigenvalue");
    }
}

void vp_check_family(VpCheck *t)
{
    VpSpeedKernels ref, got;
    vp_speed_kernels_init(&ref, 0);
    vp_speed_kernels_init(&got, t->cpu);
    check_facts(t);
    check_rows(t, &ref, &got);
    check_matrices(t, &ref, &got);
}

enum { FIELD_W = 60, FIELD_H = 33, BLOCKS = 80, W = 960 };
typedef struct Bench {
    VpSpeedKernels k;
    const uint8_t *s;
    const int32_t *column;
    float *row, *sum, *z, *covariance, *work, *x, *e;
    const float *y;
} Bench;

static void bench_samples8(void *arg)
{
    Bench *const b = arg;
    b->k.samples8(b->s, W, b->row);
}

static void bench_accumulate(void *arg)
{
    Bench *const b = arg;
    b->k.accumulate(0.12f, b->row, W, b->sum);
}

static void bench_covariance(void *arg)
{
    Bench *const b = arg;
    b->k.covariance(b->z, FIELD_W, FIELD_W - SIDE + 1, FIELD_H - SIDE + 1, b->covariance);
}

static void bench_eigenvalues(void *arg)
{
    Bench *const b = arg;
    float d[N], e[N - 1];
    memcpy(b->work, b->covariance, sizeof(VpSpeedMatrix));
    b->k.tridiagonal(b->work, d, e);
    vp_speed_eigenvalues(d, e);
}

static void bench_solve(void *arg)
{
    Bench *const b = arg;
    b->k.solve(b->covariance, b->y, BLOCKS, b->x);
}

static void bench_entropy(void *arg)
{
    Bench *const b = arg;
    b->k.entropy(b->row, b->row, 0.19f, BLOCKS, b->e);
}

void vp_bench_family(VpCheck *t)
{
    Bench b = {.s = vp_check_u8(t, W, 8, VP_CHECK_NOISE), .y = vp_check_floats(t, N * BLOCKS)};
    vp_speed_kernels_init(&b.k, t->cpu);
    b.row = vp_check_alloc(t, W, sizeof *b.row);
    b.sum = vp_check_alloc(t, W, sizeof *b.sum);
    b.z = vp_check_alloc(t, FIELD_W * FIELD_H + PAD, sizeof *b.z);
    for (int i = 0; i < W; i++) b.sum[i] = 0;
    for (int i = 0; i < FIELD_W * FIELD_H + PAD; i++) b.z[i] = (float)vp_check_range(t, -3000, 3000) / 100;
    b.covariance = matrix(t);
    b.work = matrix(t);
    b.x = vp_check_alloc(t, N * BLOCKS, sizeof *b.x);
    b.e = vp_check_alloc(t, BLOCKS, sizeof *b.e);
    vp_bench(t, "speed/samples8", "w=960", bench_samples8, &b);
    vp_bench(t, "speed/accumulate", "w=960", bench_accumulate, &b);
    vp_bench(t, "speed/covariance", "60 x 33", bench_covariance, &b);
    vp_bench(t, "speed/eigenvalues", "25 x 25", bench_eigenvalues, &b);
    vp_bench(t, "speed/solve", "80 blocks", bench_solve, &b);
    for (int i = 0; i < W; i++) b.row[i] = (float)vp_check_range(t, 1, 4000) / 100;
    vp_bench(t, "speed/entropy", "80 blocks", bench_entropy, &b);
}
