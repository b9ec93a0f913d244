#include "predict/model.h"

#include <stdlib.h>

void vp_model_hold(VmafModel *m)
{
    atomic_fetch_add(&m->refs, 1);
}

void vp_model_drop(VmafModel *m)
{
    if (!m || atomic_fetch_sub(&m->refs, 1) != 1) return;
    for (int i = 0; i < m->n_features; i++) {
        free(m->feature[i].name);
        vmaf_feature_dictionary_free(&m->feature[i].options);
    }
    vp_svm_free(&m->svm);
    free(m->name);
    free(m);
}

void vp_collection_hold(VmafModelCollection *c)
{
    atomic_fetch_add(&c->refs, 1);
}

void vp_collection_drop(VmafModelCollection *c)
{
    if (!c || atomic_fetch_sub(&c->refs, 1) != 1) return;
    for (int i = 0; i < c->n; i++) vp_model_drop(c->member[i]);
    free(c->member);
    free(c->name);
    free(c);
}
