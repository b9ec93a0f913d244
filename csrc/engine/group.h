/* The extractors of a context, each with all the option sets it has to serve. */
#ifndef VP_ENGINE_GROUP_H
#define VP_ENGINE_GROUP_H

#include "base/dictionary.h"
#include "engine/collector.h"
#include "feature/extractor.h"
#include "feature/options.h"

typedef struct VpVariant {
    void *options;
    char suffix[VP_NAME_SIZE]; /* of its score names */
} VpVariant;

typedef struct VpGroup {
    const VpExtractor *extractor;
    VpVariant *variant;
    int n_variants, n_outputs;
    /* from vp_group_begin() on */
    const void **options; /* of the variants */
    VpSeries **series;    /* variants outer; NULL for what is not stored */
    int history_ref, history_dis;
    void *sequence;
    VpCollector *collector;
} VpGroup;

typedef struct VpGroups {
    VpGroup *group;
    int n;
} VpGroups;

/* Registers an extractor with options (NULL: defaults). One whose options give the same score names is there already
 * and stays as it is. With `frozen` nothing new is taken. 0, -EINVAL, -ENOMEM. */
int vp_groups_add(VpGroups *groups, const VpExtractor *extractor, const VmafFeatureDictionary *dict, bool frozen);
/* What vp_groups_add() would say, memory aside. */
int vp_groups_check(const VpGroups *groups, const VpExtractor *extractor, const VmafFeatureDictionary *dict,
                    bool frozen);
/* Whether both have the same extractors with the same options, in the same order. */
bool vp_groups_equal(const VpGroups *a, const VpGroups *b);
void vp_groups_free(VpGroups *groups);

/* Whether a stream can be scored at all. 0 or -EINVAL. */
int vp_group_check(const VpGroup *group, const VpStream *stream);
/* Readies the ordered side. 0 or a negative errno; then vp_group_end() undoes what was done. */
int vp_group_begin(VpGroup *group, const VpStream *stream, VpCollector *collector);
/* One frame, in order. */
int vp_group_next(VpGroup *group, unsigned index, const VpRow *row);
int vp_group_finish(VpGroup *group, unsigned n_frames);
void vp_group_end(VpGroup *group);

#endif
