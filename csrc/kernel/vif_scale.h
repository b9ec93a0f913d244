/* Integer VIF: whole pictures of one scale, tile by tile through the row kernels. */
#ifndef VP_KERNEL_VIF_SCALE_H
#define VP_KERNEL_VIF_SCALE_H

#include <stdbool.h>

#include "base/plane.h"
#include "kernel/vif.h"

/* What lies between the passes: fixed size, reused by every tile. */
typedef struct VpVifWork {
    VpVifTables tables;
    VpVifReference reference[2];
    VpVifDistorted distorted[2];
    _Alignas(64) int32_t s1[2][VP_VIF_SPAN], s2[VP_VIF_SPAN], s12[VP_VIF_SPAN];
    uint32_t m1[2][VP_VIF_SPAN];
    int16_t blurred[VP_VIF_SPAN];
    uint16_t line[2][VP_VIF_SPAN]; /* of the picture, with what is reflected beside it */
    VpVifPairRow pairs[][VP_VIF_PAIRS]; /* of each picture; pair q in slot q mod the pairs of the filter */
} VpVifWork;

/* One picture at one scale: bytes at scale 0 of 8-bit streams, else uint16_t. */
typedef struct VpVifPicture {
    VpPlane plane;
    uint16_t *next;  /* where that of scale + 1 goes, sides halved, rounded down; NULL: not wanted */
    int next_stride; /* samples; a multiple of VP_VIF_ROUND, at least half of the width */
} VpVifPicture;

typedef struct VpVifNumerators {
    int64_t nonlog, *log; /* log: one for each gain limit */
} VpVifNumerators;

/* A reference, first, and n - 1 distorted pictures of its size; the sides are at least radius + 1 of the scale's
 * filter: 9, 5, 3, 2; and 16 >> scale where the next scale is wanted. */
typedef struct VpVifScale {
    VpVifPicture *picture;
    int n, scale, bpc; /* bpc: of the stream */
    bool statistics;   /* wanted; else only the pictures of the next scale are made */
    const double *limit;
    int n_limits;
} VpVifScale;

/* work: with pairs for n pictures. numerators: n - 1. */
void vp_vif_scale(const VpVifKernels *k, const VpVifScale *scale, VpVifWork *work, VpVifDenominators *denominators,
                  VpVifNumerators *numerators);

#endif
