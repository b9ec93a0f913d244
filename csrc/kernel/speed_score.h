/* SpEED: entropies of the blocks of a field, and how far two fields' entropies are apart. */
#ifndef VP_KERNEL_SPEED_SCORE_H
#define VP_KERNEL_SPEED_SCORE_H

#include "kernel/speed_field.h"

/* What is known of one field. */
typedef struct VpSpeedSide {
    bool singular;            /* its covariance has no inverse: nothing else is set */
    float lambda[VP_SPEED_N]; /* eigenvalues of the covariance of its blocks, in the order they are found */
    float *variance;          /* of each block, as seen by the inverse covariance; row_length entries */
    int n_blocks, row_length; /* row_length: n_blocks rounded up to VP_SPEED_LANES */
} VpSpeedSide;

typedef struct VpSpeedAnalysis VpSpeedAnalysis; /* buffers for fields of up to a size */
int vp_speed_n_blocks(const VpSpeedShape *shape);
int vp_speed_row_length(int n_blocks);
VpSpeedAnalysis *vp_speed_analysis_open(int max_blocks); /* NULL: no memory */
void vp_speed_analysis_close(VpSpeedAnalysis *analysis); /* NULL allowed */

/* side->variance: at least the row length of the field's blocks. */
void vp_speed_analyse(VpSpeedAnalysis *analysis, const VpSpeedKernels *k, const VpSpeedField *field,
                      VpSpeedSide *side);

/* Eigenvalues of the symmetric tridiagonal matrix with diagonal d (which they replace) and side diagonal e
 * (destroyed). */
void vp_speed_eigenvalues(float *d, float *e);

typedef struct VpSpeedWeights {
    float sigma;   /* variance of the neural noise */
    float floor;   /* relative entropy below which a block of both fields does not count */
    int mode;      /* 0 to 6: which variances weigh the entropies */
} VpSpeedWeights;
/* Mean distance of weighted entropies; e_ref, e_dis: entropies of the blocks. Neither side is singular. */
float vp_speed_distance(const VpSpeedWeights *weights, const VpSpeedSide *ref, const float *e_ref,
                        const VpSpeedSide *dis, const float *e_dis);

#endif
