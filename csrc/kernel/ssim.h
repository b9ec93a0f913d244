/* Structural similarity of one scale, and the low-pass filters between scales.
 *
 * Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to structural
 * similarity", IEEE Transactions on Image Processing 13(4), 2004. Z. Wang, E. P. Simoncelli, A. C. Bovik, "Multi-scale
 * structural similarity for image quality assessment", Asilomar 2003.
 *
 * All filters: products in single precision, sums in double precision from the first tap (in raster order) to the
 * last, results in single precision. Every level returns the same bits. */
#ifndef VP_KERNEL_SSIM_H
#define VP_KERNEL_SSIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"
#include "base/plane.h"

enum {
    VP_SSIM_WINDOW = 11, /* taps of the windowed means; the positions of w samples are w - 10 */
    VP_SSIM_HALF = 9,    /* taps of the filter before decimation by 2, in both directions */
    VP_SSIM_MAPS = 5,    /* x, y, x^2, y^2, xy of the reference x and the distorted y */
    VP_SSIM_PARTS = 4,   /* rows of results that are unfinished between two pairs of rows */
    VP_SSIM_LANES = 16,
    VP_SSIM_BLOCK = VP_SSIM_WINDOW * VP_SSIM_MAPS * VP_SSIM_LANES, /* floats */
    VP_SSIM_MARGIN = 16, /* floats on each side of a row; 4 of them are read as its mirror image */
};

/* Sums over positions in raster order; SSIM is the mean of the products of the three terms. */
enum { VP_SSIM_PRODUCT, VP_SSIM_L, VP_SSIM_C, VP_SSIM_S, VP_SSIM_SUMS };

extern const float vp_ssim_window[VP_SSIM_WINDOW];
extern const float vp_ssim_half[VP_SSIM_HALF][VP_SSIM_HALF];

/* positive: no sample is negative, nor below 2^-20 but 0. "Padded": widths are rounded up to a multiple of
 * VP_SSIM_LANES; so many floats are written, whatever stands in the excess, and what they need is read: VP_SSIM_LANES
 * floats more for the window, twice as many and 2 * VP_SSIM_LANES more for the half.
 *
 * The windowed sums of the last 11 rows stand in a ring, in blocks of VP_SSIM_LANES positions, so that all that one
 * position needs is one run of memory: row y of map i of a block is at (y % 11 * VP_SSIM_MAPS + i) * VP_SSIM_LANES. */
typedef struct VpSsimKernels {
    /* dst[x] = src[x] / 2^(bpc - 8). src: w samples and no more, bytes if bpc is 8, else uint16_t. */
    void (*load)(const void *src, int bpc, int w, float *dst);
    /* Windowed sums along one row of n positions; maps: its place in the first block. Padded. */
    void (*window_row)(const float *x, const float *y, int n, bool positive, float *maps);
    /* Adds the terms of n positions to sum. first_row: of the window, modulo 11. Product and luminance only if `all`.
     * Reads whole blocks. */
    void (*position_row)(const float *ring, int first_row, int n, bool positive, bool all,
                         double sum[VP_SSIM_SUMS]);
    /* dst[x] is centred on row[4][2 * x]; row[k][-4] .. are readable. Padded. */
    void (*halve_row)(const float *const row[VP_SSIM_HALF], int n, float *dst);
    /* The same for samples as `load` leaves them, two rows of them at a time: adds rows 2 * m and 2 * m + 1 to the sums
     * of the rows of results m - 2 .. m + 2 that they are in. sum[0 .. 3]: of rows m - 2 .. m + 1; row m - 2, which is
     * complete then, goes to dst, and row m + 2 begins in sum[0]. Whatever the order, no sum is rounded before the end:
     * products are multiples of 2^-43, and their magnitudes add up to less than 2^9. */
    void (*halve_pair)(const float *even, const float *odd, int n, double *const sum[VP_SSIM_PARTS], float *dst);
} VpSsimKernels;

void vp_ssim_kernels_init(VpSsimKernels *k, unsigned cpu);

/* A pair of pictures of w x h: samples of a stream, or with bpc 0 rows of floats. */
typedef struct VpSsimPair {
    const void *data[2];
    ptrdiff_t stride[2]; /* bytes */
    int bpc, w, h;
    bool positive; /* no sample is negative, nor below 2^-20 but 0; true of samples of a stream */
} VpSsimPair;

/* Room for vp_ssim_scale() on pictures up to w wide, in bytes. */
size_t vp_ssim_memory(int w);

/* Sums over the (w - 10) x (h - 10) positions of a pair. w, h > 10. next: planes of vp_ssim_halved() size, for the pair
 * decimated by 2, their rows padded to VP_SSIM_LANES floats; NULL, or one of them NULL: not wanted. memory:
 * vp_ssim_memory(w) bytes, zero before the first use. */
void vp_ssim_scale(const VpSsimKernels *k, const VpSsimPair *pair, bool all, double sum[VP_SSIM_SUMS],
                   float *const next[2], ptrdiff_t next_stride, void *memory);

static inline int vp_ssim_padded(int n)
{
    return (n + VP_SSIM_LANES - 1) / VP_SSIM_LANES * VP_SSIM_LANES;
}

/* Size after decimation: by 2, and by the factor of a box filter. */
static inline int vp_ssim_halved(int n)
{
    return n / 2 + n % 2;
}
static inline int vp_ssim_shrunk(int n, int factor)
{
    return n / factor + n % 2;
}

/* Index i of a signal of n samples mirrored at both ends; the edge is repeated. -n <= i < 2 * n. */
static inline int vp_ssim_mirror(int i, int n)
{
    if (i < 0) return -1 - i;
    return i >= n ? 2 * n - 1 - i : i;
}

/* Room for vp_ssim_shrink() on planes w wide, in bytes. */
size_t vp_ssim_shrink_memory(int w, int factor);

/* dst: the plane decimated by `factor`, 2 or more, with a box filter, vp_ssim_shrunk() wide and high; stride in floats.
 * Sides of more than `factor` samples. */
void vp_ssim_shrink(const VpSsimKernels *k, const VpPlane *src, int bpc, int factor, float *dst, ptrdiff_t stride,
                    void *memory);

#endif
