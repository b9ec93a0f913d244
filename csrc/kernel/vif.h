/* Integer VIF: the row kernels. What is exact here is exact on every instruction level, bit for bit.
 *
 * Arithmetic: Z. Li et al., "Toward a practical perceptual video quality metric" (2016), in the fixed point of
 * libvmaf 3.2. Each 2-D filter is a vertical pass, a rounding, a horizontal pass, a rounding.
 *
 * 16-bit values travel less 32768, as int16_t, because the vector multiply-add is signed. Taps sum to 65536, so a
 * filtered sum of such values is the true sum less 2^31, modulo 2^32; the true sum fits 32 bits. A 32-bit value v is
 * filtered as two 16-bit halves: with v = 65536 H + L, for any shift 0 <= S <= 16 and R = 2^S / 2,
 *     (sum f v + R) >> S  =  ((sum f H) << (16 - S)) + ((sum f L + R) >> S)   modulo 2^32. */
#ifndef VP_KERNEL_VIF_H
#define VP_KERNEL_VIF_H

#include <stdint.h>

enum {
    VP_VIF_SCALES = 4,
    VP_VIF_RADIUS = 8, /* the largest */
    VP_VIF_ROWS = 2 * VP_VIF_RADIUS + 2,
    VP_VIF_TILE = 256, /* columns worked on at a time, so that all between the passes stays in the first-level cache */
    VP_VIF_HALO = VP_VIF_RADIUS,
    VP_VIF_SPAN = VP_VIF_HALO + VP_VIF_TILE + VP_VIF_HALO,
};

/* Taps of each scale. The centre of scale 3, 43728, stands as two equal terms because a tap must fit int16_t. */
typedef struct VpVifFilter {
    int radius, n;       /* n terms */
    int8_t at[17];       /* 0 .. 2 radius */
    int16_t tap[17];
} VpVifFilter;
extern const VpVifFilter vp_vif_filter[VP_VIF_SCALES];

/* Planes of local moments after the vertical pass: means of reference and distorted, then the high and low halves of
 * the means of squares and of the product. Column x of a tile is at [VP_VIF_HALO + x]. */
enum { VP_VIF_M1, VP_VIF_M2, VP_VIF_XX, VP_VIF_YY = 4, VP_VIF_XY = 6, VP_VIF_PLANES = 8 };
typedef struct VpVifMoments {
    int16_t plane[VP_VIF_PLANES][VP_VIF_SPAN];
} VpVifMoments;

/* log2 for the statistics: log2 of 32768 + i in steps of 1/2048, i = 0..32767, less 30720; two entries of padding,
 * so that each entry may be read as the low half of a 32-bit word. */
enum { VP_VIF_LOG = 32768 };
typedef struct VpVifLog {
    uint16_t step[VP_VIF_LOG + 2];
} VpVifLog;
void vp_vif_log_init(VpVifLog *log);

/* Sums of one scale. num_log is per gain limit and lies elsewhere. */
typedef struct VpVifSums {
    int64_t den_log, num_nonlog, den_nonlog;
} VpVifSums;

typedef struct VpVifKernels {
    /* Vertical pass of the moments at scale 0 of 8-bit pictures, for two output rows. x, y: the 18 rows of bytes around
     * them, from 8 above the first to 8 below the second; w: samples of each, 1 or more, nothing after them is read.
     * Writes w columns of each plane from index `at` on, and nothing else. */
    void (*moments8)(const void *const *x, const void *const *y, int w, VpVifMoments out[2], int at);
    /* The same for rows of uint16_t with the filter of `scale`: 2 radius + 2 rows. The means are shifted by mean_shift,
     * 1 to 16, the squares by square_shift, 0 to 16, both rounded to nearest. */
    void (*moments16)(const void *const *x, const void *const *y, int w, int scale, int mean_shift,
                      int square_shift, VpVifMoments out[2], int at);
    /* Horizontal pass and covariances of n columns, 1 to VP_VIF_TILE, of which the radius of the scale is valid on
     * both sides. Units: pixel variance of the 8-bit scale times 65536. s2 is 0 or more. The outputs hold
     * VP_VIF_TILE entries; those from n on become undefined. */
    void (*covariance)(const VpVifMoments *in, int scale, int n, int32_t *s1, int32_t *s2, int32_t *s12);
    /* Adds n columns to *sums, and to num_log[i] for each of n_limits gain limits, at least 1.0. The outputs of
     * covariance() only: their ranges are relied upon. Entries from n to VP_VIF_TILE may be read. */
    void (*statistics)(const VpVifLog *log, const int32_t *s1, const int32_t *s2, const int32_t *s12, int n,
                       const double *limit, int n_limits, VpVifSums *sums, int64_t *num_log);
    /* Vertical pass of the next scale's picture: one row from the 2 radius + 1 rows around it, with the filter of
     * `scale`, 1 to 3; w columns from out[VP_VIF_HALO] on. shift: 1 to 16, rounded to nearest. */
    void (*blur8)(const void *const *rows, int w, int scale, int16_t *out);
    void (*blur16)(const void *const *rows, int w, int scale, int shift, int16_t *out);
    /* Its horizontal pass: n samples from every other column; in[VP_VIF_HALO] is the first, the radius of the scale
     * is valid on both sides, VP_VIF_PAD entries more may be read. */
    void (*halve)(const int16_t *in, int scale, int n, uint16_t *out);
} VpVifKernels;
enum { VP_VIF_PAD = 64 };

/* cpu: VP_CPU_ flags */
void vp_vif_kernels_init(VpVifKernels *k, unsigned cpu);

#endif
