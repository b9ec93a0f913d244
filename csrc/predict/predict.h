/* From the features of a frame to its score. All IEEE double, in the order written. */
#ifndef VP_PREDICT_PREDICT_H
#define VP_PREDICT_PREDICT_H

#include "predict/model.h"

/* The regression's score, before transform and clip. features: n_features raw scores in the model's order. */
double vp_predict_raw(const VmafModel *model, const double *features);
/* Transform, then clip, as far as the model has them. */
double vp_predict_finish(const VmafModel *model, double raw);

typedef struct VpBootstrap {
    double bagging, stddev, lo, hi;
} VpBootstrap;

/* What n >= 1 members say together, from their raw scores, which get sorted. */
VpBootstrap vp_bootstrap(VmafModel *const *members, int n, double *raw);

#endif
