/* Models as a context uses them: kept alive, with their features and scores looked up once. */
#ifndef VP_ENGINE_BINDING_H
#define VP_ENGINE_BINDING_H

#include <pthread.h>

#include "engine/collector.h"
#include "predict/predict.h"

typedef struct VpBinding {
    VmafModel *model;
    VpSeries *score;
    VpSeries *feature[VP_FEATURES_MAX];
} VpBinding;

enum { VP_BAGGING, VP_STDDEV, VP_LO, VP_HI, VP_STATISTICS };
typedef struct VpCollectionBinding {
    VmafModelCollection *collection;
    VpBinding **member;
    VpSeries *statistic[VP_STATISTICS];
} VpCollectionBinding;

typedef struct VpBindings {
    pthread_mutex_t lock;
    VpCollector *collector;
    VpBinding **model;
    VpCollectionBinding **collection;
    size_t n_models, n_collections;
} VpBindings;

int vp_bindings_open(VpBindings *bindings, VpCollector *collector);
void vp_bindings_close(VpBindings *bindings);

/* The binding of a model, made if it is new; it holds a reference of the model until the bindings are closed. 0;
 * -EINVAL if another model has its name here, or if its options are none of its extractors'; -ENOMEM. Any thread. */
int vp_bind_model(VpBindings *bindings, VmafModel *model, VpBinding **binding);
int vp_bind_collection(VpBindings *bindings, VmafModelCollection *collection, VpCollectionBinding **binding);

/* The score of a frame: the stored one, or predicted from the stored features and then stored. 0, or -EINVAL if a
 * feature is missing. */
int vp_binding_score(VpBindings *bindings, const VpBinding *binding, unsigned index, double *score);
int vp_collection_binding_score(VpBindings *bindings, const VpCollectionBinding *binding, unsigned index,
                                double score[VP_STATISTICS]);

#endif
