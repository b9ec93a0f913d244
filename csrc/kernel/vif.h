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

#include <stddef.h>
#include <stdint.h>

enum {
    VP_VIF_SCALES = 4,
    VP_VIF_HALO = 8,   /* the largest radius */
    VP_VIF_PAIRS = 9,  /* of rows that the largest filter needs for two outputs */
    VP_VIF_TILE = 192, /* columns worked on at a time, so that all between the passes stays in the first-level cache */
    VP_VIF_ROUND = 32, /* vector code may touch entries up to a multiple of this */
    VP_VIF_SPAN = VP_VIF_HALO + VP_VIF_TILE + VP_VIF_HALO + VP_VIF_ROUND,
};

#define VP_VIF_TAPS0 489, 935, 1640, 2640, 3896, 5274, 6547, 7455, 7784, 7455, 6547, 5274, 3896, 2640, 1640, 935, 489
#define VP_VIF_TAPS1 1244, 3663, 7925, 12590, 14692, 12590, 7925, 3663, 1244
#define VP_VIF_TAPS2 3571, 16004, 26386, 16004, 3571
/* 10904, 43728, 10904: the centre stands as two equal terms because a tap must fit int16_t */
#define VP_VIF_TAPS3 10904, 21864, 21864, 10904

/* Taps of each scale. */
typedef struct VpVifFilter {
    int radius, n; /* n terms */
    int8_t at[17]; /* 0 .. 2 radius */
    int16_t tap[17];
} VpVifFilter;
extern const VpVifFilter vp_vif_filter[VP_VIF_SCALES];

/* Two neighbouring rows of a tile, sample beside sample. Bytes are kept less 128, larger samples as they are. Entries
 * 0 to w - 1 are the columns from `radius` before the tile to as many after it. */
typedef union VpVifPairRow {
    int16_t centred[VP_VIF_SPAN][2];
    uint16_t sample[VP_VIF_SPAN][2];
} VpVifPairRow;

/* Planes of local moments after the vertical pass: means of reference and distorted, then the high and low halves of
 * the means of squares and of the product. The same columns. */
enum { VP_VIF_M1, VP_VIF_M2, VP_VIF_XX, VP_VIF_YY = 4, VP_VIF_XY = 6, VP_VIF_PLANES = 8 };
typedef struct VpVifMoments {
    int16_t plane[VP_VIF_PLANES][VP_VIF_SPAN];
} VpVifMoments;

/* What the statistics look up. The logarithm of i = 32768 .. 65535 in steps of 1/2048 is
 * 2048 log2(i) = 30720 + (i - 32768) / 16 + log[i - 32768], the quotient rounded down: as bytes, half of the table fits
 * the first-level cache, and the quotients are summed apart. front: for each set of 8 lanes, as bits, their numbers in
 * order as bytes, the lowest byte first. */
enum { VP_VIF_LOG = 32768 };
typedef struct VpVifTables {
    uint8_t log[VP_VIF_LOG];
    uint64_t front[256];
} VpVifTables;
void vp_vif_tables_init(VpVifTables *tables);

/* Sums of one scale. num_log is per gain limit and lies elsewhere. */
typedef struct VpVifSums {
    int64_t den_log, num_nonlog, den_nonlog;
} VpVifSums;

/* w: up to VP_VIF_TILE + 2 VP_VIF_HALO; n: up to VP_VIF_TILE; both at least 1. What lies from w or n on, up to the next
 * multiple of VP_VIF_ROUND, may be read, and becomes undefined in what is written. */
typedef struct VpVifKernels {
    /* Vertical pass of the moments at scale 0 of 8-bit pictures, for two output rows, from the 9 pairs of rows around
     * them: 8 above the first to 8 below the second. */
    void (*moments8)(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, VpVifMoments out[2]);
    /* The same for larger samples with the filter of `scale`: radius + 1 pairs. The means are shifted by mean_shift,
     * 1 to 16, the squares by square_shift, 0 to 16, both rounded to nearest. */
    void (*moments16)(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale, int mean_shift,
                      int square_shift, VpVifMoments out[2]);
    /* Horizontal pass and covariances of n columns, from n + 2 radius columns of moments. Units: pixel variance of the
     * 8-bit scale times 65536. s2 is 0 or more. */
    void (*covariance)(const VpVifMoments *in, int scale, int n, int32_t *s1, int32_t *s2, int32_t *s12);
    /* Adds n columns to *sums, and to num_log[i] for each of n_limits gain limits, at least 1.0. The outputs of
     * covariance() only: their ranges are relied upon. */
    void (*statistics)(const VpVifTables *tables, const int32_t *s1, const int32_t *s2, const int32_t *s12, int n,
                       const double *limit, int n_limits, VpVifSums *sums, int64_t *num_log);
    /* Vertical pass of the next scale's picture: one row from the 2 radius + 1 rows around it, with the filter of
     * `scale`, 1 to 3; w columns, any number, from out[VP_VIF_HALO] on, and nothing else is read or written. shift: 1
     * to 16, rounded to nearest. */
    void (*blur8)(const void *const *rows, int w, int scale, int16_t *out);
    void (*blur16)(const void *const *rows, int w, int scale, int shift, int16_t *out);
    /* Its horizontal pass: n samples, any number, from every other column; in[VP_VIF_HALO] is the first, the radius of
     * the scale is valid on both sides, VP_VIF_PAD entries more may be read. */
    void (*halve)(const int16_t *in, int scale, int n, uint16_t *out);
} VpVifKernels;
enum { VP_VIF_PAD = 64 };

/* cpu: VP_CPU_ flags */
void vp_vif_kernels_init(VpVifKernels *k, unsigned cpu);

#endif
