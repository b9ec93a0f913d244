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
    VP_VIF_TILE = 640, /* columns worked on at a time: what lies between the passes stays in the second-level cache, for
                        * several distorted pictures too. Narrower tiles filter more columns beside them, and cost more */
    VP_VIF_ROUND = 32, /* vector code touches entries up to a multiple of this */
    VP_VIF_SPAN = (VP_VIF_TILE + 2 * VP_VIF_HALO + VP_VIF_ROUND - 1) / VP_VIF_ROUND * VP_VIF_ROUND,
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

/* Two neighbouring rows of a tile: columns from `radius` before the tile to as many after it. What pair8 or pair16 of an
 * instruction level writes only the kernels of that level read: the order of the columns is its own. */
typedef struct VpVifPairRow {
    _Alignas(64) uint16_t v[2 * VP_VIF_SPAN];
} VpVifPairRow;

/* Local moments of one row after the vertical pass, the same columns in their order: the mean; the high and low halves
 * of the mean square; of distorted pictures, those of the mean product with the reference. */
enum { VP_VIF_M, VP_VIF_SQUARE, VP_VIF_PRODUCT = 3 };
typedef struct VpVifReference {
    _Alignas(64) int16_t plane[3][VP_VIF_SPAN];
    int32_t sum[VP_VIF_SPAN]; /* of 8-bit pictures: the mean before rounding, as the level needs it for products */
} VpVifReference;
typedef struct VpVifDistorted {
    _Alignas(64) int16_t plane[5][VP_VIF_SPAN];
} VpVifDistorted;

/* What the statistics look up. The logarithm of i = 32768 .. 65535 in steps of 1/2048, 2048 log2(i), grows by at most 1
 * within 8 neighbours; so log[(i - 32768) / 8] + i % 8, divided by 8, rounded down, plus 30720, is it, from a table that
 * leaves room in the first-level cache. front: for each set of 8 lanes, as bits, their numbers in order as bytes, the
 * lowest byte first. */
enum { VP_VIF_LOG = 32768 };
typedef struct VpVifTables {
    uint16_t log[VP_VIF_LOG / 8 + 2]; /* two more, so that entries may be read as 32 bits */
    uint64_t front[256];
} VpVifTables;
void vp_vif_tables_init(VpVifTables *tables);

/* Sums of one scale of the reference: over pixels whose variance is at least the noise, and the number of the others. */
typedef struct VpVifDenominators {
    int64_t log, nonlog;
} VpVifDenominators;

/* In the order of work. What concerns the reference alone stands apart, for several distorted pictures may share it.
 * w: up to VP_VIF_TILE + 2 VP_VIF_HALO columns; n: up to VP_VIF_TILE; both at least 1. Up to the next multiple of
 * VP_VIF_ROUND, what lies beyond may be read, and becomes undefined in what is written unless told. Memory of this
 * header's types is aligned as they are; other memory as its samples. */
typedef struct VpVifKernels {
    /* Rows a and b side by side. */
    void (*pair8)(const uint8_t *a, const uint8_t *b, int w, VpVifPairRow *out);
    void (*pair16)(const uint16_t *a, const uint16_t *b, int w, VpVifPairRow *out);

    /* Vertical pass of the moments at scale 0 of 8-bit pictures, for two output rows, from the 9 pairs of rows around
     * them: 8 above the first to 8 below the second. For distorted pictures, `ref` is what reference8 wrote for x. */
    void (*reference8)(const VpVifPairRow *const *x, int w, VpVifReference out[2]);
    void (*distorted8)(const VpVifPairRow *const *x, const VpVifReference ref[2], const VpVifPairRow *const *y, int w,
                       VpVifDistorted out[2]);
    /* The same for larger samples with the filter of `scale`: radius + 1 pairs. The means are shifted by mean_shift,
     * 1 to 16, the squares by square_shift, 0 to 16, both rounded to nearest. */
    void (*reference16)(const VpVifPairRow *const *x, int w, int scale, int mean_shift, int square_shift,
                        VpVifReference out[2]);
    void (*distorted16)(const VpVifPairRow *const *x, const VpVifPairRow *const *y, int w, int scale, int mean_shift,
                        int square_shift, VpVifDistorted out[2]);

    /* Horizontal pass, means, variances and covariance of n columns, from n + 2 radius columns of moments. Units:
     * pixel variance of the 8-bit scale times 65536. s2 is 0 or more. Entry i of every VP_VIF_ROUND belongs to column
     * order[i] of them. Columns from n to the next multiple of VP_VIF_ROUND get s1 = s2 = s12 = 0. */
    void (*variance)(const VpVifReference *in, int scale, int n, uint32_t *m1, int32_t *s1);
    void (*covariance)(const VpVifDistorted *in, const uint32_t *m1, int scale, int n, int32_t *s2, int32_t *s12);
    uint8_t order[VP_VIF_ROUND];

    /* Adds n columns to *sums; and for a distorted picture to *num_nonlog, and to num_log[i] for each of n_limits gain
     * limits, at least 1.0. The outputs of variance() and covariance() only: their ranges, and the zeros after the end,
     * are relied upon. */
    void (*denominators)(const VpVifTables *tables, const int32_t *s1, int n, VpVifDenominators *sums);
    void (*numerators)(const VpVifTables *tables, const int32_t *s1, const int32_t *s2, const int32_t *s12, int n,
                       const double *limit, int n_limits, int64_t *num_nonlog, int64_t *num_log);

    /* Vertical pass of the next scale's picture: one row of w columns from the pairs of rows around it, with the filter
     * of `scale`, 1 to 3; of bytes, scale 1 alone. The 5, 3 or 2 pairs begin 4, 2, 2 rows above. shift: 1 to 16, rounded
     * to nearest. */
    void (*blur8)(const VpVifPairRow *const *x, int w, int16_t *out);
    void (*blur16)(const VpVifPairRow *const *x, int w, int scale, int shift, int16_t *out);
    /* Its horizontal pass: n samples, up to VP_VIF_TILE / 2, from every other column; in[0] is the leftmost under the
     * filter of the first. Reads up to VP_VIF_SPAN entries. */
    void (*halve)(const int16_t *in, int scale, int n, uint16_t *out);
} VpVifKernels;

/* cpu: VP_CPU_ flags */
void vp_vif_kernels_init(VpVifKernels *k, unsigned cpu);

#endif
