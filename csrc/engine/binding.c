#include "engine/binding.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feature/options.h"

int vp_bindings_open(VpBindings *b, VpCollector *collector)
{
    *b = (VpBindings){.collector = collector};
    return -pthread_mutex_init(&b->lock, NULL);
}

static void free_collection(VpCollectionBinding *c)
{
    vp_collection_drop(c->collection);
    free(c->member);
    free(c);
}

void vp_bindings_close(VpBindings *b)
{
    for (size_t i = 0; i < b->n_models; i++) {
        vp_model_drop(b->model[i]->model);
        free(b->model[i]);
    }
    for (size_t i = 0; i < b->n_collections; i++) free_collection(b->collection[i]);
    free(b->model);
    free(b->collection);
    pthread_mutex_destroy(&b->lock);
}

/* The name under which a model's feature is stored. One that no extractor gives can only have been imported. */
static int feature_name(const VpModelFeature *feature, char *name, size_t size)
{
    const VpExtractor *e = vp_extractor_by_output(feature->name);
    if (!e) {
        const int n = snprintf(name, size, "%s", feature->name);
        return feature->options || n < 0 || (size_t)n >= size ? -EINVAL : 0;
    }
    void *options;
    char suffix[VP_NAME_SIZE];
    int rc = vp_options_parse(e, feature->options, &options);
    if (rc) return rc;
    rc = vp_options_suffix(e, options, suffix, sizeof(suffix));
    free(options);
    const VpOutput *o = e->outputs;
    while (strcmp(o->name, feature->name)) o++;
    if (!rc) rc = vp_score_name(o, suffix, name, size);
    return rc == -ENOSPC ? -EINVAL : rc;
}

/* A list of n elements with room for one more; NULL: no memory, and the list stays. It is full at powers of two only. */
static void *grow(void *list, size_t n, size_t size)
{
    return n & (n - 1) ? list : realloc(list, (n ? 2 * n : 1) * size);
}

static int bind_model(VpBindings *b, VmafModel *model, VpBinding **binding)
{
    for (size_t i = 0; i < b->n_models; i++)
        if (b->model[i]->model == model) {
            *binding = b->model[i];
            return 0;
        }
    VpBinding *fresh = calloc(1, sizeof(*fresh)), **list = grow(b->model, b->n_models, sizeof(*list));
    int rc = fresh && list ? 0 : -ENOMEM;
    if (list) b->model = list;
    for (int i = 0; i < model->n_features && !rc; i++) {
        char name[VP_NAME_SIZE];
        rc = feature_name(model->feature + i, name, sizeof(name));
        if (!rc) rc = vp_collector_claim(b->collector, name, NULL, fresh->feature + i);
    }
    if (!rc) rc = vp_collector_claim(b->collector, model->name, model, &fresh->score);
    if (rc) {
        free(fresh);
        return rc;
    }
    vp_model_hold(model);
    fresh->model = model;
    b->model[b->n_models++] = fresh;
    *binding = fresh;
    return 0;
}

static int bind_collection(VpBindings *b, VmafModelCollection *c, VpCollectionBinding **binding)
{
    static const char *const suffix[VP_STATISTICS] = {"bagging", "stddev", "ci_p95_lo", "ci_p95_hi"};
    for (size_t i = 0; i < b->n_collections; i++)
        if (b->collection[i]->collection == c) {
            *binding = b->collection[i];
            return 0;
        }
    VpCollectionBinding *fresh = calloc(1, sizeof(*fresh));
    if (!fresh) return -ENOMEM;
    fresh->collection = c;
    vp_collection_hold(c);
    fresh->member = calloc((size_t)c->n, sizeof(*fresh->member));
    VpCollectionBinding **list = grow(b->collection, b->n_collections, sizeof(*list));
    int rc = fresh->member && list ? 0 : -ENOMEM;
    if (list) b->collection = list;
    for (int i = 0; i < VP_STATISTICS && !rc; i++) {
        char name[VP_NAME_SIZE];
        snprintf(name, sizeof(name), "%s_%s", c->name, suffix[i]);
        rc = vp_collector_claim(b->collector, name, c, fresh->statistic + i);
    }
    for (int i = 0; i < c->n && !rc; i++) rc = bind_model(b, c->member[i], fresh->member + i);
    if (rc) {
        free_collection(fresh);
        return rc;
    }
    b->collection[b->n_collections++] = fresh;
    *binding = fresh;
    return 0;
}

int vp_bind_model(VpBindings *b, VmafModel *model, VpBinding **binding)
{
    pthread_mutex_lock(&b->lock);
    const int rc = bind_model(b, model, binding);
    pthread_mutex_unlock(&b->lock);
    return rc;
}

int vp_bind_collection(VpBindings *b, VmafModelCollection *collection, VpCollectionBinding **binding)
{
    pthread_mutex_lock(&b->lock);
    const int rc = bind_collection(b, collection, binding);
    pthread_mutex_unlock(&b->lock);
    return rc;
}

static int predict(VpCollector *collector, const VpBinding *b, unsigned index, double *raw)
{
    double features[VP_FEATURES_MAX];
    for (int i = 0; i < b->model->n_features; i++) {
        const int rc = vp_collector_get(collector, b->feature[i], index, features + i);
        if (rc) return rc;
    }
    *raw = vp_predict_raw(b->model, features);
    return 0;
}

/* Stores a value unless there is one, and answers with what is stored. */
static int settle(VpCollector *collector, VpSeries *series, unsigned index, double *value)
{
    const int rc = vp_collector_put(collector, series, index, *value);
    return rc == -EINVAL ? vp_collector_get(collector, series, index, value) : rc;
}

int vp_binding_score(VpBindings *b, const VpBinding *binding, unsigned index, double *score)
{
    double raw;
    if (!vp_collector_get(b->collector, binding->score, index, score)) return 0;
    const int rc = predict(b->collector, binding, index, &raw);
    if (rc) return rc;
    double value = vp_predict_finish(binding->model, raw);
    const int stored = settle(b->collector, binding->score, index, &value);
    if (!stored) *score = value;
    return stored;
}

int vp_collection_binding_score(VpBindings *b, const VpCollectionBinding *binding, unsigned index,
                                double score[VP_STATISTICS])
{
    const VmafModelCollection *c = binding->collection;
    int n_stored = 0;
    while (n_stored < VP_STATISTICS &&
           !vp_collector_get(b->collector, binding->statistic[n_stored], index, score + n_stored))
        n_stored++;
    if (n_stored == VP_STATISTICS) return 0;

    double raw[VP_MODELS_MAX];
    int rc = 0;
    for (int i = 0; i < c->n && !rc; i++) rc = predict(b->collector, binding->member[i], index, raw + i);
    for (int i = 0; i < c->n && !rc; i++) {
        double value = vp_predict_finish(c->member[i], raw[i]);
        rc = settle(b->collector, binding->member[i]->score, index, &value);
    }
    if (rc) return rc;
    const VpBootstrap all = vp_bootstrap(c->member, c->n, raw);
    const double value[VP_STATISTICS] = {all.bagging, all.stddev, all.lo, all.hi};
    for (int i = 0; i < VP_STATISTICS && !rc; i++) {
        score[i] = value[i];
        rc = settle(b->collector, binding->statistic[i], index, score + i);
    }
    return rc;
}
