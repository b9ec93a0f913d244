#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "engine/context.h"

int vmaf_import_feature_score(VmafContext *c, const char *feature_name, double value, unsigned index)
{
    const int rc = vp_context_check(c);
    if (rc) return rc;
    if (!feature_name || !feature_name[0] || strlen(feature_name) >= VP_NAME_SIZE) return -EINVAL;
    VpSeries *series = vp_collector_series(c->collector, feature_name);
    return series ? vp_collector_put(c->collector, series, index, value) : -ENOMEM;
}

int vmaf_feature_score_at_index(VmafContext *c, const char *feature_name, double *score, unsigned index)
{
    const int rc = vp_context_check(c);
    if (rc) return rc;
    return feature_name && score ? vp_collector_get_named(c->collector, feature_name, index, score) : -EINVAL;
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
