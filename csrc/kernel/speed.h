/* SpEED, spatial efficient entropic differencing (Bampis et al., IEEE SPL 2017), as libvmaf 3.2 computes it: kernels.
 *
 * The chain ends in the inverse of an ill-conditioned matrix, so the order of operations in single precision is part of
 * the definition: every sum runs in ascending order from 0, and nothing is fused. Kernels are vectors across sums,
 * never within one. */
#ifndef VP_KERNEL_SPEED_H
#define VP_KERNEL_SPEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VP_SPEED_SIDE = 5,                              /* of a block, samples */
    VP_SPEED_N = VP_SPEED_SIDE * VP_SPEED_SIDE,     /* samples of a block: sides of the covariance matrix */
    VP_SPEED_STRIDE = 32,                           /* of matrices with VP_SPEED_N columns */
    VP_SPEED_LANES = 16,                            /* rows of blocks are a multiple of it long */
    VP_SPEED_PAD = 16,                              /* floats that may be read after the end of a row */
};

/* VP_SPEED_N rows of VP_SPEED_STRIDE floats; the last columns are 0 */
typedef float VpSpeedMatrix[VP_SPEED_N * VP_SPEED_STRIDE];

typedef struct VpSpeedKernels {
    /* x = s * unit - 128, exact for samples of 8, 10, 12 and 16 bits with their units. */
    void (*samples8)(const uint8_t *s, int w, float *x);
    void (*samples16)(const uint16_t *s, int w, float unit, float *x);
    void (*subtract)(const float *a, const float *b, int w, float *x); /* a - b; x may be a or b */
    void (*accumulate)(float tap, const float *x, int n, float *sum); /* sum += tap * x */
    /* sum[i] += tap * x[index[i]] */
    void (*accumulate_at)(float tap, const float *x, const int32_t *index, int n, float *sum);
    /* out[i] = ((1-g)*(1-f))*a[i0] + ((1-g)*f)*a[i1] + (g*(1-f))*b[i0] + (g*f)*b[i1], with f, i0, i1 of each i. */
    void (*blend)(const float *a, const float *b, const int32_t *i0, const int32_t *i1, const float *f, float g, int n,
                  float *out);

    /* Means and covariances of the N windows of w by h samples in z, one for each place in a block: single precision
     * of sums in double precision, in eight lanes (by the running number of a sample in its window, modulo 8) that are
     * added as ((0+4)+(2+6)) + ((1+5)+(3+7)). Rows of z may be read VP_SPEED_PAD entries beyond the last window. */
    void (*covariance)(const float *z, ptrdiff_t stride, int w, int h, float *k);
    /* Householder's steps to tridiagonal form, n = VP_SPEED_N; destroys the symmetric a. d: n, e: n - 1. */
    void (*tridiagonal)(float *a, float *d, float *e);
    /* x from k x = y by Householder's QR; n_blocks columns (a multiple of VP_SPEED_LANES, the stride of x and y).
     * False: singular, x undefined. */
    bool (*solve)(const float *k, const float *y, int n_blocks, float *x);
    /* v[b] = sum of (x * y) / N down column b */
    void (*variance)(const float *x, const float *y, int n_blocks, float *v);
    /* e[b] = sum over i of log2(lambda[i] * v[b] + sigma) + log2(2 pi e), single precision after every term. */
    void (*entropy)(const float *lambda, const float *v, float sigma, int n_blocks, float *e);
} VpSpeedKernels;

/* cpu: VP_CPU_ flags */
void vp_speed_kernels_init(VpSpeedKernels *k, unsigned cpu);

/* log2 within 2 ulp (of libm where x is not a positive normal number), the same on every machine and at every level. */
double vp_speed_log2(double x);
/* Its series: log2((1 + s) / (1 - s)) = s * sum of c[i] * s^(2 i), for |s| up to 0.172 */
enum { VP_SPEED_LOG2_TERMS = 11 };
extern const double vp_speed_log2_series[VP_SPEED_LOG2_TERMS];
extern const double vp_speed_log2_2pie;

#endif
