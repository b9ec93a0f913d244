/* A VMAF model: which features it wants, and how their values become a score. */
#ifndef VP_PREDICT_MODEL_H
#define VP_PREDICT_MODEL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/dictionary.h"
#include "predict/svm.h"

enum { VP_FEATURES_MAX = 64, VP_KNOTS_MAX = 10, VP_MODELS_MAX = 1000 };

typedef struct VpModelFeature {
    char *name;                    /* as extractors list their outputs */
    VmafFeatureDictionary *options; /* NULL: defaults */
    double slope, intercept;       /* input of the regression = slope * score + intercept */
} VpModelFeature;

typedef struct VpTransform {
    bool enabled;
    bool has[3];
    double p[3]; /* p[0] + p[1] y + p[2] y^2 over those present */
    int n_knots; /* 0, or 2 to VP_KNOTS_MAX: x ascending, y not descending */
    double x[VP_KNOTS_MAX], y[VP_KNOTS_MAX];
    bool not_above, not_below; /* the score before the transform bounds the one after it */
} VpTransform;

struct VmafModel {
    atomic_uint refs; /* its owner's and one of each context that uses it */
    char *name;       /* of its score */
    bool bootstrap;   /* made to be a member of a collection */
    int n_features;
    VpModelFeature feature[VP_FEATURES_MAX];
    double slope, intercept; /* regression = slope * score + intercept */
    VpSvm svm;
    bool chroma;             /* chroma_correction_parameter given */
    double chroma_parameter;
    int adm3, speed_chroma;  /* the features it concerns */
    VpTransform transform;
    bool clip;
    double clip_min, clip_max;
};

/* The members of a bootstrap model; its main model is one of its own. */
struct VmafModelCollection {
    atomic_uint refs;
    char *name;
    int n;
    VmafModel **member;
};

/* From the text of a model file, by the VMAF_MODEL_FLAG_ bits. 0; -EINVAL for anything that is no such model, down to
 * the last bracket; -ENOMEM. The models have no name yet and one reference each. */
int vp_model_read(const char *text, size_t n, uint64_t flags, VmafModel **model);
/* A collection: the main model and its members in one array. */
int vp_models_read(const char *text, size_t n, uint64_t flags, VmafModel ***models, int *n_models);

void vp_model_hold(VmafModel *model);
void vp_model_drop(VmafModel *model); /* NULL allowed */
void vp_collection_hold(VmafModelCollection *collection);
void vp_collection_drop(VmafModelCollection *collection); /* NULL allowed */

#endif
