/* The kernels of kernel/speed.h as loops that a compiler turns into vectors. Included once for each instruction level,
 * with VP_LEVEL as its target attribute and VP_VECTOR as the bytes of its vectors: every level runs the same operations
 * in the same order. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "kernel/speed.h"

enum { N = VP_SPEED_N, STRIDE = VP_SPEED_STRIDE, SIDE = VP_SPEED_SIDE, LANES = VP_SPEED_LANES };

VP_LEVEL static void samples8(const uint8_t *s, int w, float *x)
{
    for (int i = 0; i < w; i++) x[i] = (float)s[i] - 128.0f;
}

VP_LEVEL static void samples16(const uint16_t *s, int w, float unit, float *x)
{
    for (int i = 0; i < w; i++) x[i] = (float)s[i] * unit - 128.0f;
}

VP_LEVEL static void subtract(const float *a, const float *b, int w, float *x)
{
    for (int i = 0; i < w; i++) x[i] = a[i] - b[i];
}

VP_LEVEL static void accumulate(float tap, const float *restrict x, int n, float *restrict sum)
{
    for (int i = 0; i < n; i++) sum[i] = sum[i] + tap * x[i];
}

VP_LEVEL static void accumulate_at(float tap, const float *restrict x, const int32_t *restrict index, int n,
                                   float *restrict sum)
{
    for (int i = 0; i < n; i++) sum[i] = sum[i] + tap * x[index[i]];
}

VP_LEVEL static void blend(const float *restrict a, const float *restrict b, const int32_t *restrict i0,
                           const int32_t *restrict i1, const float *restrict f, float g, int n, float *restrict out)
{
    const float g1 = 1.0f - g;
    for (int i = 0; i < n; i++) {
        const float f1 = 1.0f - f[i];
        out[i] = (g1 * f1) * a[i0[i]] + (g1 * f[i]) * a[i1[i]] + (g * f1) * b[i0[i]] + (g * f[i]) * b[i1[i]];
    }
}

enum { WIDTH = VP_VECTOR / sizeof(float) };
typedef float FloatVector __attribute__((vector_size(VP_VECTOR), aligned(4)));
#define FLOATS(p) (*(const FloatVector *)(const void *)(p))

/* Sums of windows, five neighbouring ones in the first lanes of each row: what the other lanes hold is not used. */
VP_LEVEL static void window_means(const float *z, ptrdiff_t stride, int w, int h, float *mean)
{
    enum { WIDE = 8, PARTS = WIDE / WIDTH };
    FloatVector sum[SIDE][PARTS] = {{{0}}};
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++)
#pragma GCC unroll 5
            for (int r = 0; r < SIDE; r++)
#pragma GCC unroll 2
                for (int i = 0; i < PARTS; i++) sum[r][i] += FLOATS(z + (y + r) * stride + x + i * WIDTH);
    for (int q = 0; q < N; q++) mean[q] = sum[q / SIDE][q % SIDE / WIDTH][q % SIDE % WIDTH] / (float)(w * h);
}

/* Products are summed in tiles of two by two windows, so there is one window more, of zeros. */
enum { WINDOWS = N + 1, SUM_LANES = 8, CHUNK = 128 };
typedef struct Covariance {
    double centred[WINDOWS][CHUNK];
    double sum[WINDOWS / 2][WINDOWS / 2][4][SUM_LANES]; /* of the tiles on and above the diagonal */
} Covariance;

/* Some of the lanes, in registers: left to itself, the compiler keeps arrays of sums in memory. */
enum { SUMS = VP_VECTOR / sizeof(double) };
typedef double SumVector __attribute__((vector_size(VP_VECTOR), aligned(8)));
#define DOUBLES(p) (*(SumVector *)(void *)(p))

VP_LEVEL static void sum_tile(double *a, double *b, int n, double (*total)[SUM_LANES])
{
    for (int lane = 0; lane < SUM_LANES; lane += SUMS) {
        SumVector s00 = DOUBLES(total[0] + lane), s01 = DOUBLES(total[1] + lane);
        SumVector s10 = DOUBLES(total[2] + lane), s11 = DOUBLES(total[3] + lane);
        for (int i = lane; i < n; i += SUM_LANES) {
            const SumVector a0 = DOUBLES(a + i), a1 = DOUBLES(a + CHUNK + i);
            const SumVector b0 = DOUBLES(b + i), b1 = DOUBLES(b + CHUNK + i);
            s00 += a0 * b0;
            s01 += a0 * b1;
            s10 += a1 * b0;
            s11 += a1 * b1;
        }
        DOUBLES(total[0] + lane) = s00;
        DOUBLES(total[1] + lane) = s01;
        DOUBLES(total[2] + lane) = s10;
        DOUBLES(total[3] + lane) = s11;
    }
}

VP_LEVEL static void sum_products(Covariance *s, int n)
{
    const int padded = (n + SUM_LANES - 1) / SUM_LANES * SUM_LANES;
    for (int q = 0; q < N; q++)
        for (int i = n; i < padded; i++) s->centred[q][i] = 0;
    for (int p = 0; p < WINDOWS; p += 2)
        for (int q = p; q < WINDOWS; q += 2)
            sum_tile(s->centred[p], s->centred[q], padded, s->sum[p / 2][q / 2]);
}

VP_LEVEL static void covariance(const float *z, ptrdiff_t stride, int w, int h, float *k)
{
    Covariance s;
    float mean[N];
    memset(&s, 0, sizeof s);
    memset(k, 0, sizeof(VpSpeedMatrix));
    window_means(z, stride, w, h, mean);
    int filled = 0;
    for (int y = 0; y < h; y++) {
        for (int x = 0, n; x < w; x += n) {
            n = w - x < CHUNK - filled ? w - x : CHUNK - filled;
            for (int q = 0; q < N; q++) {
                const float *const at = z + (y + q / SIDE) * stride + x + q % SIDE;
                for (int i = 0; i < n; i++) s.centred[q][filled + i] = (double)at[i] - (double)mean[q];
            }
            filled += n;
            if (filled < CHUNK) continue;
            sum_products(&s, CHUNK);
            filled = 0;
        }
    }
    sum_products(&s, filled);
    for (int p = 0; p < N; p++) {
        for (int q = p; q < N; q++) {
            const double *const l = s.sum[p / 2][q / 2][p % 2 * 2 + q % 2];
            const double total = ((l[0] + l[4]) + (l[2] + l[6])) + ((l[1] + l[5]) + (l[3] + l[7]));
            k[p * STRIDE + q] = k[q * STRIDE + p] = (float)(total / (double)(w * h));
        }
    }
}

VP_LEVEL static float sign(float a)
{
    return a >= 0 ? 1.0f : -1.0f;
}

VP_LEVEL static void tridiagonal(float *a, float *d, float *e)
{
    for (int i = 0; i < N - 2; i++) {
        const int n = N - 1 - i;
        float *const b = a + (i + 1) * STRIDE + i + 1;
        float x[N], v[N], y[N];
        for (int j = 0; j < n; j++) x[j] = a[(i + 1 + j) * STRIDE + i];
        float squares = 0;
        for (int j = 1; j < n; j++) squares += x[j] * x[j];
        const float xi = sqrtf(squares);
        e[i] = x[0];
        if (xi == 0) continue;
        const float beta = -sign(x[0]) * sqrtf(x[0] * x[0] + xi * xi);
        const float tau = (beta - x[0]) / beta, s = x[0] - beta;
        e[i] = beta;
        v[0] = 1;
        for (int j = 1; j < n; j++) v[j] = x[j] / s;
        for (int r = 0; r < n; r++) y[r] = 0;
        for (int c = 0; c < n; c++) /* b is symmetric to the bit: its row c is its column c */
            for (int r = 0; r < n; r++) y[r] += tau * b[c * STRIDE + r] * v[c];
        float dot = 0;
        for (int r = 0; r < n; r++) dot += y[r] * v[r];
        const float kappa = -0.5f * tau * dot;
        for (int r = 0; r < n; r++) y[r] = y[r] + kappa * v[r];
        for (int r = 0; r < n; r++)
            for (int c = 0; c < n; c++) b[r * STRIDE + c] = b[r * STRIDE + c] - (y[r] * v[c] + v[r] * y[c]);
    }
    for (int i = 0; i < N; i++) d[i] = a[i * STRIDE + i];
    e[N - 2] = a[(N - 1) * STRIDE + N - 2];
}

/* Rows from `first` on of out = f m, the sums from there, too; all columns. */
VP_LEVEL static void multiply(const float *f, const float *m, int first, float *out)
{
    for (int c = 0; c < STRIDE; c += 4 * WIDTH) {
        for (int r = first; r < N; r++) {
            FloatVector sum[4] = {{0}};
            for (int i = first; i < N; i++) {
                const float factor = f[r * STRIDE + i], *const row = m + i * STRIDE + c;
                sum[0] += factor * FLOATS(row);
                sum[1] += factor * FLOATS(row + WIDTH);
                sum[2] += factor * FLOATS(row + 2 * WIDTH);
                sum[3] += factor * FLOATS(row + 3 * WIDTH);
            }
            memcpy(out + r * STRIDE + c, sum, sizeof sum);
        }
    }
}

/* The reflection that clears column k of z below its diagonal; rows and columns from k on. */
VP_LEVEL static void reflection(const float *z, int k, float sign_k, float *f)
{
    float v[N], squares = 0;
    for (int j = k; j < N; j++) {
        v[j] = z[j * STRIDE + k];
        squares += v[j] * v[j];
    }
    v[k] = v[k] + sign_k * sqrtf(squares);
    squares = 0;
    for (int j = k; j < N; j++) squares += v[j] * v[j];
    const float norm = sqrtf(squares);
    for (int j = k; j < N; j++) v[j] = v[j] / norm;
    for (int i = k; i < N; i++) {
        for (int j = k; j < N; j++) f[i * STRIDE + j] = (-2.0f * v[i]) * v[j];
        f[i * STRIDE + i] = f[i * STRIDE + i] + 1.0f;
    }
}

/* 2 * WIDTH columns of x = r^-1 q y. */
VP_LEVEL static void solve_columns(const float *q, const float *r, const float *y, int stride, float *x)
{
    FloatVector u[N][2];
    for (int i = 0; i < N; i++) {
        FloatVector s0 = {0}, s1 = {0};
        for (int m = 0; m < N; m++) {
            const float *const row = y + (ptrdiff_t)m * stride;
            s0 += q[i * STRIDE + m] * FLOATS(row);
            s1 += q[i * STRIDE + m] * FLOATS(row + WIDTH);
        }
        u[i][0] = s0;
        u[i][1] = s1;
    }
    for (int i = N - 1; i >= 0; i--) {
        FloatVector s0 = u[i][0], s1 = u[i][1];
        for (int m = i + 1; m < N; m++) {
            s0 -= u[m][0] * r[i * STRIDE + m];
            s1 -= u[m][1] * r[i * STRIDE + m];
        }
        u[i][0] = s0 / r[i * STRIDE + i];
        u[i][1] = s1 / r[i * STRIDE + i];
        memcpy(x + (ptrdiff_t)i * stride, u[i], sizeof u[i]);
    }
}

VP_LEVEL static bool solve(const float *k, const float *y, int n_blocks, float *x)
{
    VpSpeedMatrix f, z, q, next;
    memcpy(z, k, sizeof z);
    memset(q, 0, sizeof q);
    for (int i = 0; i < N; i++) q[i * STRIDE + i] = 1;
    /* Products with the rows before i would add signed zeros only. Columns of z before i are done with. */
    for (int i = 0; i < N - 1; i++) {
        const size_t rows = (size_t)(N - i) * STRIDE * sizeof *next;
        reflection(z, i, sign(k[i * STRIDE + i]), f);
        multiply(f, z, i, next);
        memcpy(z + i * STRIDE, next + i * STRIDE, rows);
        multiply(f, q, i, next);
        memcpy(q + i * STRIDE, next + i * STRIDE, rows);
    }
    multiply(q, k, 0, z); /* the triangle */
    for (int i = 0; i < N; i++)
        if ((double)fabsf(z[i * STRIDE + i]) < 1e-6) return false;
    for (int b = 0; b < n_blocks; b += 2 * WIDTH) solve_columns(q, z, y + b, n_blocks, x + b);
    return true;
}

VP_LEVEL static void variance(const float *x, const float *y, int n_blocks, float *v)
{
    for (int b = 0; b < n_blocks; b += LANES) {
        float sum[LANES] = {0};
        for (ptrdiff_t q = 0; q < N; q++)
            for (int l = 0; l < LANES; l++) sum[l] += x[q * n_blocks + b + l] * y[q * n_blocks + b + l] / (float)N;
        memcpy(v + b, sum, sizeof sum);
    }
}

/* vp_speed_log2() of positive finite numbers */
VP_LEVEL static void log2_lanes(const double *x, double *out)
{
    /* the mantissa, from sqrt(1/2) to sqrt(2); the exponent, biased, becomes the low bits of a number around 2^52 */
    const uint64_t half_root = UINT64_C(0x3fe6a09e667f3bcd), bias = UINT64_C(1024) << 52;
    const uint64_t fraction = (UINT64_C(1) << 52) - 1, two52 = UINT64_C(0x4330000000000000);
    uint64_t bits[LANES], exponent[LANES];
    double m[LANES], e[LANES];
    memcpy(bits, x, sizeof bits);
    for (int l = 0; l < LANES; l++) {
        const uint64_t shifted = bits[l] - half_root;
        exponent[l] = ((shifted + bias) >> 52) | two52;
        bits[l] = (shifted & fraction) + half_root;
    }
    memcpy(m, bits, sizeof m);
    memcpy(e, exponent, sizeof e);
    for (int l = 0; l < LANES; l++) {
        const double s = (m[l] - 1) / (m[l] + 1), z = s * s;
        double p = vp_speed_log2_series[VP_SPEED_LOG2_TERMS - 1];
        for (int i = VP_SPEED_LOG2_TERMS - 2; i >= 0; i--) p = p * z + vp_speed_log2_series[i];
        out[l] = (e[l] - (4503599627370496.0 + 1024)) + s * p;
    }
}

VP_LEVEL static void entropy(const float *lambda, const float *v, float sigma, int n_blocks, float *e)
{
    for (int b = 0; b < n_blocks; b += LANES) {
        float sum[LANES] = {0};
        for (int i = 0; i < N; i++) {
            double x[LANES], term[LANES];
            bool defined = true;
            for (int l = 0; l < LANES; l++) x[l] = (double)(lambda[i] * v[b + l] + sigma);
            for (int l = 0; l < LANES; l++) defined &= x[l] > 0 && x[l] <= DBL_MAX;
            if (defined)
                log2_lanes(x, term);
            else
                for (int l = 0; l < LANES; l++) term[l] = vp_speed_log2(x[l]);
            for (int l = 0; l < LANES; l++) sum[l] = (float)((double)sum[l] + (term[l] + vp_speed_log2_2pie));
        }
        memcpy(e + b, sum, sizeof sum);
    }
}

static const VpSpeedKernels level_kernels = {
    .samples8 = samples8,
    .samples16 = samples16,
    .subtract = subtract,
    .accumulate = accumulate,
    .accumulate_at = accumulate_at,
    .blend = blend,
    .covariance = covariance,
    .tridiagonal = tridiagonal,
    .solve = solve,
    .variance = variance,
    .entropy = entropy,
};
