/* CAMBI of a picture: contrasts on five scales, pooled. */
#ifndef VP_KERNEL_CAMBI_SCORE_H
#define VP_KERNEL_CAMBI_SCORE_H

#include "kernel/cambi.h"
#include "kernel/cambi_picture.h"

enum { VP_CAMBI_SCALES = 5 };

/* How a picture is judged. */
typedef struct VpCambiRule {
    VpCambiForm form;
    VpCambiBand band;
    double topk; /* share of the largest contrasts whose mean is taken, above 0 to 1 */
} VpCambiRule;

/* What one frame after another needs, for any number of rules. */
typedef struct VpCambiWork VpCambiWork;
VpCambiWork *vp_cambi_work_open(const VpCambiRule *const *rules, int n); /* NULL: no memory */
void vp_cambi_work_close(VpCambiWork *work);                             /* NULL allowed */

/* Takes the contrasts of one scale, w by h, rows without gap. 0 or a negative errno. */
typedef struct VpCambiMap {
    int (*put)(void *self, int scale, const float *c, int w, int h);
    void *self;
} VpCambiMap;

/* The index, without upper limit. map: NULL, or where the contrasts go. 0; -EINVAL if a sample is larger than the bit
 * depth allows; -ENOMEM; what the map returned. */
int vp_cambi_score(const VpCambiRule *rule, VpCambiPrepare *prepare, const VpCambiKernels *k, const VpPlane *plane,
                   VpCambiWork *work, const VpCambiMap *map, double *score);

/* The exact sum of the `keep` largest of n contrasts that are not 0, in units of 2^-24. Reorders c. keep <= n. */
int64_t vp_cambi_sum_largest(const VpCambiKernels *k, float *c, size_t n, size_t keep);

#endif
