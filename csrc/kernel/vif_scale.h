/* Integer VIF: whole pictures of one scale, tile by tile through the row kernels. */
#ifndef VP_KERNEL_VIF_SCALE_H
#define VP_KERNEL_VIF_SCALE_H

#include "base/plane.h"
#include "kernel/vif.h"

/* What lies between the passes: fixed size, reused by every tile. */
typedef struct VpVifWork {
    VpVifTables tables;
    VpVifPairRow pairs[2][VP_VIF_PAIRS]; /* of reference and distorted; pair q in slot q mod the pairs of the filter */
    VpVifMoments moments[2];
    int32_t s1[VP_VIF_SPAN], s2[VP_VIF_SPAN], s12[VP_VIF_SPAN];
} VpVifWork;

/* A pair of pictures at one scale: bytes at scale 0 of 8-bit streams, else uint16_t. The sides are the same and at
 * least radius + 1 of the scale's filter: 9, 5, 3, 2. */
typedef struct VpVifPair {
    VpPlane ref, dis;
    int scale, bpc; /* bpc: of the stream */
} VpVifPair;

/* The sums of one scale; num_log: n_limits values. */
void vp_vif_scale(const VpVifKernels *k, const VpVifPair *pair, const double *limit, int n_limits, VpVifWork *work,
                  VpVifSums *sums, int64_t *num_log);

/* The picture of scale + 1: sides halved, rounded down. out: uint16_t, stride in samples. row: w + 2 VP_VIF_HALO +
 * VP_VIF_PAD entries. Sides of `in` at least 16 >> scale. */
void vp_vif_next(const VpVifKernels *k, const VpPlane *in, int scale, int bpc, uint16_t *out, int out_stride,
                 int16_t *row);

#endif
