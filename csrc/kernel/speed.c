#include "kernel/speed.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "base/cpu.h"

enum { N = VP_SPEED_N, STRIDE = VP_SPEED_STRIDE, SIDE = VP_SPEED_SIDE };

static void samples8(const uint8_t *s, int w, float *x)
{
    for (int i = 0; i < w; i++) x[i] = (float)s[i] - 128.0f;
}

static void samples16(const uint16_t *s, int w, float unit, float *x)
{
    for (int i = 0; i < w; i++) x[i] = (float)s[i] * unit - 128.0f;
}

static void subtract(const float *a, const float *b, int w, float *x)
{
    for (int i = 0; i < w; i++) x[i] = a[i] - b[i];
}

static void accumulate(float tap, const float *x, int n, float *sum)
{
    for (int i = 0; i < n; i++) sum[i] = sum[i] + tap * x[i];
}

static void blend(const float *a, const float *b, const int32_t *i0, const int32_t *i1, const float *f, float g, int n,
                  float *out)
{
    const float g1 = 1.0f - g;
    for (int i = 0; i < n; i++) {
        const float f1 = 1.0f - f[i];
        out[i] = (g1 * f1) * a[i0[i]] + (g1 * f[i]) * a[i1[i]] + (g * f1) * b[i0[i]] + (g * f[i]) * b[i1[i]];
    }
}

static void window_means(const float *z, ptrdiff_t stride, int w, int h, float *mean)
{
    float sum[N] = {0};
    for (int y = 0; y < h; y++) {
        for (int x = 0; x < w; x++) {
            const float *const at = z + y * stride + x;
            for (int r = 0; r < SIDE; r++)
                for (int c = 0; c < SIDE; c++) sum[r * SIDE + c] += at[r * stride + c];
        }
    }
    for (int q = 0; q < N; q++) mean[q] = sum[q] / (float)(w * h);
}

static void covariance(const float *z, ptrdiff_t stride, int w, int h, float *k)
{
    enum { LANES = 8, CHUNK = 128 };
    float mean[N];
    double centred[N][CHUNK];
    double sum[N][N][LANES];
    memset(sum, 0, sizeof sum);
    memset(k, 0, sizeof(VpSpeedMatrix));
    window_means(z, stride, w, h, mean);
    const int n = w * h;
    for (int start = 0; start < n; start += CHUNK) {
        const int length = n - start < CHUNK ? n - start : CHUNK, padded = (length + LANES - 1) / LANES * LANES;
        for (int i = 0; i < padded; i++) {
            const float *const at = z + (start + i) / w * stride + (start + i) % w;
            for (int q = 0; q < N; q++)
                centred[q][i] = i < length ? (double)at[q / SIDE * stride + q % SIDE] - (double)mean[q] : 0.0;
        }
        for (int p = 0; p < N; p++)
            for (int q = p; q < N; q++)
                for (int i = 0; i < padded; i += LANES)
                    for (int l = 0; l < LANES; l++) sum[p][q][l] += centred[p][i + l] * centred[q][i + l];
    }
    for (int p = 0; p < N; p++) {
        for (int q = p; q < N; q++) {
            const double *const s = sum[p][q];
            const double total = ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
            k[p * STRIDE + q] = k[q * STRIDE + p] = (float)(total / (double)n);
        }
    }
}

static float sign(float a)
{
    return a >= 0 ? 1.0f : -1.0f;
}

static void tridiagonal(float *a, float *d, float *e)
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

/* out = f m for rows and sums from `first` on; n columns */
static void multiply(const float *f, const float *m, int first, int from_column, int n, int stride, float *out)
{
    for (int r = first; r < N; r++) {
        for (int c = from_column; c < n; c++) out[r * stride + c] = 0;
        for (int i = first; i < N; i++)
            for (int c = from_column; c < n; c++)
                out[r * stride + c] = out[r * stride + c] + f[r * STRIDE + i] * m[i * stride + c];
    }
}

/* The reflection that clears column k of z below its diagonal; rows and columns from k on. */
static void reflection(const float *z, int k, float sign_k, float *f)
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

static bool solve(const float *k, const float *y, int n_blocks, float *x)
{
    VpSpeedMatrix f, z, q, next, r;
    memcpy(z, k, sizeof z);
    memset(q, 0, sizeof q);
    for (int i = 0; i < N; i++) q[i * STRIDE + i] = 1;
    for (int i = 0; i < N - 1; i++) { /* products with the rows before i add signed zeros only */
        reflection(z, i, sign(k[i * STRIDE + i]), f);
        multiply(f, z, i, i, N, STRIDE, next);
        for (int j = i; j < N; j++)
            memcpy(z + j * STRIDE + i, next + j * STRIDE + i, (size_t)(N - i) * sizeof *z);
        multiply(f, q, i, 0, N, STRIDE, next);
        memcpy(q + i * STRIDE, next + i * STRIDE, (size_t)(N - i) * STRIDE * sizeof *q);
    }
    multiply(q, k, 0, 0, N, STRIDE, r);
    multiply(q, y, 0, 0, n_blocks, n_blocks, x);
    for (int i = N - 1; i >= 0; i--) {
        const float pivot = r[i * STRIDE + i];
        if ((double)fabsf(pivot) < 1e-6) return false;
        float *const u = x + (ptrdiff_t)i * n_blocks;
        for (int m = i + 1; m < N; m++)
            for (int b = 0; b < n_blocks; b++) u[b] = u[b] - x[(ptrdiff_t)m * n_blocks + b] * r[i * STRIDE + m];
        for (int b = 0; b < n_blocks; b++) u[b] = u[b] / pivot;
    }
    return true;
}

static void variance(const float *x, const float *y, int n_blocks, float *v)
{
    memset(v, 0, (size_t)n_blocks * sizeof *v);
    for (ptrdiff_t q = 0; q < N; q++)
        for (int b = 0; b < n_blocks; b++) v[b] += x[q * n_blocks + b] * y[q * n_blocks + b] / (float)N;
}

/* 2 / ((2 i + 1) ln 2) */
const double vp_speed_log2_series[VP_SPEED_LOG2_TERMS] = {
    0x1.71547652b82fep+1, 0x1.ec709dc3a03fdp-1, 0x1.2776c50ef9bfep-1, 0x1.a61762a7aded9p-2, 0x1.484b13d7c02a9p-2,
    0x1.0c9a84994022dp-2, 0x1.c68f568d31760p-3, 0x1.89f3b1694cffep-3, 0x1.5b9ac9b743f0dp-3, 0x1.3703c1f4d0ffep-3,
    0x1.1964ec6fc9491p-3,
};
const double vp_speed_log2_2pie = 4.094191170361282;

double vp_speed_log2(double x)
{
    if (!(x >= DBL_MIN && x <= DBL_MAX)) return log2(x);
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    /* the mantissa, between sqrt(1/2) and sqrt(2) */
    const uint64_t half_root = UINT64_C(0x3fe6a09e667f3bcd);
    const uint64_t shifted = bits - half_root;
    const double exponent = (double)((int64_t)shifted >> 52);
    bits = (shifted & UINT64_C(0x000fffffffffffff)) + half_root;
    double m;
    memcpy(&m, &bits, sizeof m);
    const double s = (m - 1) / (m + 1), z = s * s;
    double p = vp_speed_log2_series[VP_SPEED_LOG2_TERMS - 1];
    for (int i = VP_SPEED_LOG2_TERMS - 2; i >= 0; i--) p = p * z + vp_speed_log2_series[i];
    return exponent + s * p;
}

static void entropy(const float *lambda, const float *v, float sigma, int n_blocks, float *e)
{
    for (int b = 0; b < n_blocks; b++) {
        float sum = 0;
        for (int i = 0; i < N; i++) {
            const double term = vp_speed_log2((double)(lambda[i] * v[b] + sigma)) + vp_speed_log2_2pie;
            sum = (float)((double)sum + term);
        }
        e[b] = sum;
    }
}

void vp_speed_kernels_init(VpSpeedKernels *k, unsigned cpu)
{
    *k = (VpSpeedKernels){
        .samples8 = samples8,
        .samples16 = samples16,
        .subtract = subtract,
        .accumulate = accumulate,
        .blend = blend,
        .covariance = covariance,
        .tridiagonal = tridiagonal,
        .solve = solve,
        .variance = variance,
        .entropy = entropy,
    };
    (void)cpu;
}
