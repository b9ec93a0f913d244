#include "engine/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static VpGroup *find_group(const VpGroups *groups, const VpExtractor *extractor)
{
    for (int i = 0; i < groups->n; i++)
        if (groups->group[i].extractor == extractor) return groups->group + i;
    return NULL;
}

static bool has_variant(const VpGroup *group, const char *suffix)
{
    for (int i = 0; group && i < group->n_variants; i++)
        if (!strcmp(group->variant[i].suffix, suffix)) return true;
    return false;
}

static VpGroup *add_group(VpGroups *groups, const VpExtractor *extractor)
{
    VpGroup *group = realloc(groups->group, (size_t)(groups->n + 1) * sizeof(*group));
    if (!group) return NULL;
    groups->group = group;
    group += groups->n++;
    *group = (VpGroup){.extractor = extractor, .n_outputs = vp_extractor_n_outputs(extractor)};
    return group;
}

/* Every name the variant will store under has room. */
static int check_names(const VpExtractor *extractor, const char *suffix)
{
    char name[VP_NAME_SIZE];
    for (const VpOutput *o = extractor->outputs; o->name; o++)
        if (vp_score_name(o, suffix, name, sizeof(name))) return -EINVAL;
    return 0;
}

/* Options and the suffix they give, checked. 0, or a negative errno and nothing made. */
static int make_variant(const VpExtractor *extractor, const VmafFeatureDictionary *dict, VpVariant *variant)
{
    int rc = vp_options_parse(extractor, dict, &variant->options);
    if (rc) return rc;
    rc = vp_options_suffix(extractor, variant->options, variant->suffix, sizeof(variant->suffix));
    if (!rc) rc = check_names(extractor, variant->suffix);
    if (rc) free(variant->options);
    return rc == -ENOSPC ? -EINVAL : rc;
}

static int add_variant(VpGroup *group, const VpVariant *variant)
{
    VpVariant *all = realloc(group->variant, (size_t)(group->n_variants + 1) * sizeof(*all));
    if (!all) return -ENOMEM;
    all[group->n_variants++] = *variant;
    group->variant = all;
    return 0;
}

int vp_groups_check(const VpGroups *groups, const VpExtractor *extractor, const VmafFeatureDictionary *dict,
                    bool frozen)
{
    VpVariant variant;
    int rc = make_variant(extractor, dict, &variant);
    if (rc) return rc;
    if (frozen && !has_variant(find_group(groups, extractor), variant.suffix)) rc = -EINVAL;
    free(variant.options);
    return rc;
}

int vp_groups_add(VpGroups *groups, const VpExtractor *extractor, const VmafFeatureDictionary *dict, bool frozen)
{
    VpVariant variant;
    int rc = make_variant(extractor, dict, &variant);
    if (rc) return rc;
    VpGroup *group = find_group(groups, extractor);
    const bool known = has_variant(group, variant.suffix);
    if (!known && frozen) rc = -EINVAL;
    if (!known && !rc && !group) {
        group = add_group(groups, extractor);
        if (!group) rc = -ENOMEM;
    }
    if (!known && !rc) rc = add_variant(group, &variant);
    if (group && !group->n_variants) groups->n--; /* made in vain */
    if (known || rc) free(variant.options);
    return rc;
}

static bool equal_groups(const VpGroup *a, const VpGroup *b)
{
    bool equal = a->extractor == b->extractor && a->n_variants == b->n_variants;
    for (int v = 0; equal && v < a->n_variants; v++)
        equal = vp_options_equal(a->extractor, a->variant[v].options, b->variant[v].options);
    return equal;
}

bool vp_groups_equal(const VpGroups *a, const VpGroups *b)
{
    bool equal = a->n == b->n;
    for (int g = 0; equal && g < a->n; g++) equal = equal_groups(a->group + g, b->group + g);
    return equal;
}

void vp_groups_free(VpGroups *groups)
{
    for (int i = 0; i < groups->n; i++) {
        VpGroup *group = groups->group + i;
        for (int v = 0; v < group->n_variants; v++) free(group->variant[v].options);
        free(group->variant);
    }
    free(groups->group);
    *groups = (VpGroups){0};
}

int vp_group_check(const VpGroup *group, const VpStream *stream)
{
    int rc = 0;
    for (int v = 0; v < group->n_variants && !rc && group->extractor->check; v++)
        rc = group->extractor->check(stream, group->variant[v].options);
    return rc;
}

/* Where the scores of each variant and output go. A name that several variants share belongs to the first. */
static int find_series(VpGroup *group)
{
    for (int v = 0; v < group->n_variants; v++)
        for (int o = 0; o < group->n_outputs; o++) {
            const VpOutput *output = group->extractor->outputs + o;
            VpSeries **at = group->series + v * group->n_outputs + o;
            char name[VP_NAME_SIZE];
            if (output->flags & VP_OUT_HIDDEN) continue;
            if (vp_score_name(output, group->variant[v].suffix, name, sizeof(name))) return -EINVAL;
            const int rc = vp_collector_claim(group->collector, name, group->extractor, at);
            if (rc) return rc;
            for (int w = 0; w < v; w++)
                if (group->series[w * group->n_outputs + o] == *at) *at = NULL;
        }
    return 0;
}

int vp_group_begin(VpGroup *group, const VpStream *stream, VpCollector *collector)
{
    const VpExtractor *e = group->extractor;
    const int n = group->n_variants;
    group->collector = collector;
    group->options = calloc((size_t)n, sizeof(*group->options));
    group->series = calloc((size_t)n * (size_t)group->n_outputs + 1, sizeof(VpSeries *));
    if (!group->options || !group->series) return -ENOMEM;
    group->history_ref = group->history_dis = 0;
    for (int v = 0; v < n; v++) {
        int ref = 0, dis = 0;
        group->options[v] = group->variant[v].options;
        if (e->history) e->history(group->options[v], &ref, &dis);
        if (ref > group->history_ref) group->history_ref = ref;
        if (dis > group->history_dis) group->history_dis = dis;
    }
    if (group->history_ref > VP_HISTORY || group->history_dis > VP_HISTORY) return -EINVAL;
    const int rc = find_series(group);
    if (rc) return rc;
    return e->begin ? e->begin(stream, group->options, n, &group->sequence) : 0;
}

static int put_score(void *self, int variant, int output, unsigned index, double value)
{
    VpGroup *group = self;
    VpSeries *series = group->series[variant * group->n_outputs + output];
    return series ? vp_collector_put(group->collector, series, index, value) : 0;
}

static int put_aggregate(void *self, const char *name, double value)
{
    const VpGroup *group = self;
    return vp_collector_put_aggregate(group->collector, name, value);
}

int vp_group_next(VpGroup *group, unsigned index, const VpRow *row)
{
    const VpSink sink = {group, put_score, put_aggregate};
    if (group->extractor->next) return group->extractor->next(group->sequence, index, row, &sink);
    for (int i = 0; i < group->n_variants * group->n_outputs; i++) {
        if (!row->set[i] || !group->series[i]) continue;
        const int rc = vp_collector_put(group->collector, group->series[i], index, row->value[i].f);
        if (rc) return rc;
    }
    return 0;
}

int vp_group_finish(VpGroup *group, unsigned n_frames)
{
    const VpSink sink = {group, put_score, put_aggregate};
    return group->extractor->finish ? group->extractor->finish(group->sequence, n_frames, &sink) : 0;
}

void vp_group_end(VpGroup *group)
{
    if (group->sequence && group->extractor->end) group->extractor->end(group->sequence);
    group->sequence = NULL;
    free(group->options);
    free(group->series);
    group->options = NULL;
    group->series = NULL;
}
