#define _POSIX_C_SOURCE 200809L

#include "engine/context.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/thread_pool.h"

const char *vmaf_version(void)
{
    return "3.2.0-vmafpy-0.1.0"; /* the API it speaks, and who it is */
}

int vmaf_init(VmafContext **vmaf, VmafConfiguration cfg)
{
    if (!vmaf || cfg.n_threads > VP_THREADS_MAX) return -EINVAL;
    VmafContext *c = calloc(1, sizeof(*c));
    if (!c) return -ENOMEM;
    int rc = vp_collector_open(&c->collector);
    if (!rc) rc = vp_bindings_open(&c->bindings, c->collector);
    if (rc) {
        vp_collector_close(c->collector);
        free(c);
        return rc;
    }
    c->cfg = cfg;
    c->pid = (long)getpid();
    atomic_flag_clear(&c->busy);
    *vmaf = c;
    return 0;
}

int vp_context_check(const VmafContext *c)
{
    if (!c) return -EINVAL;
    return c->cfg.n_threads && c->pid != (long)getpid() ? -ECANCELED : 0;
}

/* One thread at a time: a second one gets an error, not a broken context. */
static int enter(VmafContext *c)
{
    const int rc = vp_context_check(c);
    if (rc) return rc;
    return atomic_flag_test_and_set(&c->busy) ? -EBUSY : 0;
}

static int leave(VmafContext *c, int rc)
{
    atomic_flag_clear(&c->busy);
    return rc;
}

int vmaf_close(VmafContext *c)
{
    int rc = enter(c);
    if (rc) return rc;
    vp_schedule_close(c->schedule);
    vp_groups_free(&c->groups);
    vp_bindings_close(&c->bindings);
    vp_collector_close(c->collector);
    free(c);
    return 0;
}

/* Whether the stream has begun: from then on the extractors are fixed. */
static bool is_frozen(const VmafContext *c)
{
    return c->schedule || c->flushed;
}

int vmaf_use_feature(VmafContext *c, const char *feature_name, VmafFeatureDictionary *opts_dict)
{
    int rc = enter(c);
    if (!rc) {
        const VpExtractor *e = feature_name ? vp_extractor_by_name(feature_name) : NULL;
        rc = leave(c, e ? vp_groups_add(&c->groups, e, opts_dict, is_frozen(c)) : -EINVAL);
    }
    vmaf_feature_dictionary_free(&opts_dict);
    return rc;
}

/* Registers the extractors of a model; `dry`: only tells whether that could be done. */
static int use_model(VmafContext *c, const VmafModel *m, bool dry)
{
    int rc = 0;
    for (int i = 0; i < m->n_features && !rc; i++) {
        const VmafFeatureDictionary *options = m->feature[i].options;
        const VpExtractor *e = vp_extractor_by_output(m->feature[i].name);
        if (!e)
            rc = -EINVAL;
        else
            rc = dry ? vp_groups_check(&c->groups, e, options, is_frozen(c))
                     : vp_groups_add(&c->groups, e, options, is_frozen(c));
    }
    return rc;
}

int vmaf_use_features_from_model(VmafContext *c, VmafModel *model)
{
    VpBinding *binding;
    int rc = enter(c);
    if (rc) return rc;
    rc = model ? use_model(c, model, true) : -EINVAL;
    if (!rc) rc = vp_bind_model(&c->bindings, model, &binding);
    if (!rc) rc = use_model(c, model, false);
    return leave(c, rc);
}

int vmaf_use_features_from_model_collection(VmafContext *c, VmafModelCollection *collection)
{
    VpCollectionBinding *binding;
    int rc = enter(c);
    if (rc) return rc;
    if (!collection) return leave(c, -EINVAL);
    for (int i = 0; i < collection->n && !rc; i++) rc = use_model(c, collection->member[i], true);
    if (!rc) rc = vp_bind_collection(&c->bindings, collection, &binding);
    for (int i = 0; i < collection->n && !rc; i++) rc = use_model(c, collection->member[i], false);
    return leave(c, rc);
}

/* Fixes the form of the stream and what it takes to score it. */
static int start(VmafContext *c, const VmafPicture *first)
{
    const VpStream stream = {
        .w = (int)first->w[0],
        .h = (int)first->h[0],
        .bpc = (int)first->bpc,
        .pix_fmt = first->pix_fmt,
        .cpu = vp_cpu_mask(vp_cpu_detect(), c->cfg.cpumask),
        .n_distorted = 1,
    };
    const int rc =
        vp_schedule_open(&c->schedule, &c->groups, &stream, c->collector, c->cfg.n_threads, c->cfg.n_subsample);
    if (rc) return rc;
    c->form = *first;
    c->form.ref = NULL;
    return 0;
}

static int read_pair(VmafContext *c, VmafPicture *ref, VmafPicture *dis, unsigned index)
{
    if (!ref || !dis || ref == dis || c->flushed || index != c->n_frames || index == UINT_MAX) return -EINVAL;
    if (vp_picture_check(ref) || vp_picture_check(dis) || !vp_picture_same_form(ref, dis)) return -EINVAL;
    int rc = 0;
    if (!c->schedule)
        rc = start(c, ref);
    else if (!vp_picture_same_form(&c->form, ref))
        rc = -EINVAL;
    if (!rc) rc = vp_schedule_push(c->schedule, ref, dis);
    if (rc) return rc;
    c->n_frames++;
    memset(ref, 0, sizeof(*ref));
    memset(dis, 0, sizeof(*dis));
    return 0;
}

static int flush(VmafContext *c)
{
    if (c->flushed || (c->groups.n && !c->schedule)) return -EINVAL;
    c->flushed = true;
    return c->schedule ? vp_schedule_finish(c->schedule) : 0;
}

int vmaf_read_pictures(VmafContext *c, VmafPicture *ref, VmafPicture *dist, unsigned index)
{
    const int rc = enter(c);
    if (rc) return rc;
    return leave(c, ref || dist ? read_pair(c, ref, dist, index) : flush(c));
}
