#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "engine/context.h"

int vmaf_import_feature_score(VmafContext *c, const char *feature_name, double value, unsigned index)
{
    VpSeries *series;
    int rc = vp_context_check(c);
    if (rc) return rc;
    if (!feature_name || !feature_name[0] || strlen(feature_name) >= VP_NAME_SIZE) return -EINVAL;
    rc = vp_collector_claim(c->collector, feature_name, NULL, &series);
    return rc ? rc : vp_collector_put(c->collector, series, index, value);
}

int vmaf_feature_score_at_index(VmafContext *c, const char *feature_name, double *score, unsigned index)
{
    const int rc = vp_context_check(c);
    if (rc) return rc;
    return feature_name && score ? vp_collector_get_named(c->collector, feature_name, index, score) : -EINVAL;
}

int vmaf_score_at_index(VmafContext *c, VmafModel *model, double *score, unsigned index)
{
    VpBinding *binding;
    int rc = vp_context_check(c);
    if (rc) return rc;
    if (!model || !score) return -EINVAL;
    rc = vp_bind_model(&c->bindings, model, &binding);
    return rc ? rc : vp_binding_score(&c->bindings, binding, index, score);
}

static int collection_score(VmafContext *c, VmafModelCollection *collection, double score[VP_STATISTICS],
                            unsigned index)
{
    VpCollectionBinding *binding;
    int rc = vp_context_check(c);
    if (rc) return rc;
    if (!collection) return -EINVAL;
    rc = vp_bind_collection(&c->bindings, collection, &binding);
    return rc ? rc : vp_collection_binding_score(&c->bindings, binding, index, score);
}

static VmafModelCollectionScore make_score(const double score[VP_STATISTICS])
{
    VmafModelCollectionScore s = {.type = 1};
    s.bootstrap.bagging_score = score[VP_BAGGING];
    s.bootstrap.stddev = score[VP_STDDEV];
    s.bootstrap.ci.p95.lo = score[VP_LO];
    s.bootstrap.ci.p95.hi = score[VP_HI];
    return s;
}

int vmaf_score_at_index_model_collection(VmafContext *c, VmafModelCollection *model_collection,
                                         VmafModelCollectionScore *score, unsigned index)
{
    double values[VP_STATISTICS];
    if (!score) return -EINVAL;
    const int rc = collection_score(c, model_collection, values, index);
    if (!rc) *score = make_score(values);
    return rc;
}

/* What is pooled: the value or values of one frame. */
typedef struct {
    VmafContext *context;
    const char *feature;
    VmafModel *model;
    VmafModelCollection *collection;
    int n; /* values: 1, or VP_STATISTICS */
} Source;

static int source_values(const Source *s, unsigned index, double *value)
{
    if (s->feature) return vmaf_feature_score_at_index(s->context, s->feature, value, index);
    if (s->model) return vmaf_score_at_index(s->context, s->model, value, index);
    return collection_score(s->context, s->collection, value, index);
}

/* Over the frames lo to hi, both included, that subsampling leaves; in order, in double. */
static int pool(const Source *source, enum VmafPoolingMethod method, unsigned lo, unsigned hi, double *pooled)
{
    if (method < VMAF_POOL_METHOD_MIN || method > VMAF_POOL_METHOD_HARMONIC_MEAN || lo > hi) return -EINVAL;
    const uint64_t step = source->context->cfg.n_subsample > 1 ? source->context->cfg.n_subsample : 1;
    double min[VP_STATISTICS], max[VP_STATISTICS], sum[VP_STATISTICS] = {0}, inverse[VP_STATISTICS] = {0};
    uint64_t n = 0;
    for (uint64_t i = (lo + step - 1) / step * step; i <= hi; i += step, n++) {
        double value[VP_STATISTICS];
        const int rc = source_values(source, (unsigned)i, value);
        if (rc) return rc;
        for (int k = 0; k < source->n; k++) {
            if (!n || value[k] < min[k]) min[k] = value[k];
            if (!n || value[k] > max[k]) max[k] = value[k];
            sum[k] += value[k];
            inverse[k] += 1 / (value[k] + 1);
        }
    }
    if (!n) return -EINVAL;
    for (int k = 0; k < source->n; k++) {
        if (method == VMAF_POOL_METHOD_MIN) pooled[k] = min[k];
        if (method == VMAF_POOL_METHOD_MAX) pooled[k] = max[k];
        if (method == VMAF_POOL_METHOD_MEAN) pooled[k] = sum[k] / (double)n;
        if (method == VMAF_POOL_METHOD_HARMONIC_MEAN) pooled[k] = (double)n / inverse[k] - 1;
    }
    return 0;
}

int vmaf_feature_score_pooled(VmafContext *c, const char *feature_name, enum VmafPoolingMethod pool_method,
                              double *score, unsigned index_low, unsigned index_high)
{
    const Source source = {.context = c, .feature = feature_name, .n = 1};
    const int rc = vp_context_check(c);
    if (rc) return rc;
    return feature_name && score ? pool(&source, pool_method, index_low, index_high, score) : -EINVAL;
}

int vmaf_score_pooled(VmafContext *c, VmafModel *model, enum VmafPoolingMethod pool_method, double *score,
                      unsigned index_low, unsigned index_high)
{
    const Source source = {.context = c, .model = model, .n = 1};
    const int rc = vp_context_check(c);
    if (rc) return rc;
    return model && score ? pool(&source, pool_method, index_low, index_high, score) : -EINVAL;
}

int vmaf_score_pooled_model_collection(VmafContext *c, VmafModelCollection *model_collection,
                                       enum VmafPoolingMethod pool_method, VmafModelCollectionScore *score,
                                       unsigned index_low, unsigned index_high)
{
    const Source source = {.context = c, .collection = model_collection, .n = VP_STATISTICS};
    double values[VP_STATISTICS];
    int rc = vp_context_check(c);
    if (rc) return rc;
    if (!model_collection || !score) return -EINVAL;
    rc = pool(&source, pool_method, index_low, index_high, values);
    if (!rc) *score = make_score(values);
    return rc;
}

const char *vmafpy_stored_name(VmafContext *c, unsigned i)
{
    return vp_context_check(c) ? NULL : vp_collector_name(c->collector, i);
}

int vmafpy_aggregate(VmafContext *c, const char *name, double *value)
{
    const int rc = vp_context_check(c);
    if (rc) return rc;
    return name && value ? vp_collector_get_aggregate(c->collector, name, value) : -EINVAL;
}
