/* Integer ADM: the sums of a frame over four wavelet scales, in one pass over a reference and the pictures compared with
 * it.
 *
 * Rows stream from scale to scale: as soon as four rows of a scale's low-pass band are there, the next scale makes a
 * row of them. Only a few rows of anything exist at a time, and only the part of the pictures that the scores see is
 * read. */
#ifndef VP_KERNEL_ADM_PYRAMID_H
#define VP_KERNEL_ADM_PYRAMID_H

#include "base/plane.h"
#include "kernel/adm_axis.h"

/* What one masking pass depends on. */
typedef struct VpAdmRun {
    double gain_limit; /* 1 to 100 */
    VpAdmFactors factors[VP_ADM_SCALES];
    bool scale0, restored, added; /* wanted: sums at scale 0, of the restored signal, of the added one */
} VpAdmRun;

typedef struct VpAdmRunSums {
    int64_t restored[VP_ADM_BANDS], added[VP_ADM_BANDS];
} VpAdmRunSums;

typedef struct VpAdmPyramid VpAdmPyramid;

/* Luma of stream->w x stream->h, each at least 33, and room for stream->n_distorted distorted pictures. runs: copied. Release with vp_adm_pyramid_close(). 0 or -ENOMEM. */
int vp_adm_pyramid_open(const VpStream *stream, const VpAdmRun *runs, int n, VpAdmPyramid **pyramid);
void vp_adm_pyramid_close(VpAdmPyramid *p); /* NULL allowed */
void vp_adm_pyramid_extract(VpAdmPyramid *p, const VpPlane *reference, const VpPlane *const *distorted, int n);

/* Of the last pictures. The reference sums hold no matter what the runs are. */
const VpAdmAxis *vp_adm_pyramid_columns(const VpAdmPyramid *p, int scale);
const VpAdmAxis *vp_adm_pyramid_rows(const VpAdmPyramid *p, int scale);
const uint64_t *vp_adm_pyramid_reference(const VpAdmPyramid *p, int scale); /* VP_ADM_BANDS of them */
const VpAdmRunSums *vp_adm_pyramid_run(const VpAdmPyramid *p, int distorted, int scale, int run);

/* The smallest k with 2^k >= n; n >= 1. */
static inline int vp_adm_log2_up(int n)
{
    int k = 0;
    while ((int64_t)1 << k < n) k++;
    return k;
}

/* How many bits the row sums of the reference lose at scale 0, where the area is large. */
static inline int vp_adm_area_shift(int area)
{
    const int k = vp_adm_log2_up(area);
    return k > 20 ? k - 20 : 0;
}

#endif
