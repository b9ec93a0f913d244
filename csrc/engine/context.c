#define _POSIX_C_SOURCE 200809L

#include "engine/context.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cpu.h"
#include "base/thread_pool.h"

enum { VP_DISTORTED_MAX = 1024 };

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

/* Whether the contexts may be fed together: those of one schedule, in its order, or new ones that are alike. */
static bool belong_together(VmafContext *const *c, unsigned n)
{
    const VmafContext *first = c[0];
    bool good = !first->schedule || vp_schedule_serves(first->schedule, n);
    for (unsigned i = 0; i < n && good; i++) {
        good = c[i]->schedule == first->schedule && !c[i]->flushed;
        if (first->schedule)
            good = good && c[i]->place == i;
        else
            good = good && c[i]->cfg.n_threads == first->cfg.n_threads &&
                   c[i]->cfg.n_subsample == first->cfg.n_subsample && c[i]->cfg.cpumask == first->cfg.cpumask &&
                   vp_groups_equal(&c[i]->groups, &first->groups);
    }
    return good;
}

/* Fixes the form of the streams and what it takes to score them. */
static int start(VmafContext *const *c, unsigned n, const VmafPicture *first)
{
    const VmafConfiguration *cfg = &c[0]->cfg;
    const VpStream stream = {
        .w = (int)first->w[0],
        .h = (int)first->h[0],
        .bpc = (int)first->bpc,
        .pix_fmt = first->pix_fmt,
        .cpu = vp_cpu_mask(vp_cpu_detect(), cfg->cpumask),
        .n_distorted = (int)n,
    };
    VpSchedule *schedule;
    VpReceiver *receivers = calloc(n, sizeof(*receivers));
    if (!receivers) return -ENOMEM;
    for (unsigned i = 0; i < n; i++) receivers[i] = (VpReceiver){&c[i]->groups, c[i]->collector};
    const int rc = vp_schedule_open(&schedule, receivers, &stream, cfg->n_threads, cfg->n_subsample);
    free(receivers);
    for (unsigned i = 0; i < n && !rc; i++) {
        c[i]->schedule = schedule;
        c[i]->place = i;
        c[i]->form = *first;
        c[i]->form.ref = NULL;
    }
    return rc;
}

static int read_frame(VmafContext *const *c, unsigned n, VmafPicture *ref, VmafPicture *dis, unsigned index)
{
    if (!ref || !dis || index != c[0]->n_frames || index == UINT_MAX || vp_picture_check(ref)) return -EINVAL;
    for (unsigned i = 0; i < n; i++)
        if (ref == dis + i || vp_picture_check(dis + i) || !vp_picture_same_form(ref, dis + i)) return -EINVAL;
    int rc = 0;
    if (!c[0]->schedule)
        rc = start(c, n, ref);
    else if (!vp_picture_same_form(&c[0]->form, ref))
        rc = -EINVAL;
    if (!rc) rc = vp_schedule_push(c[0]->schedule, ref, dis);
    if (rc) return rc;
    for (unsigned i = 0; i < n; i++) c[i]->n_frames++;
    memset(ref, 0, sizeof(*ref));
    memset(dis, 0, n * sizeof(*dis));
    return 0;
}

static int flush(VmafContext *const *c, unsigned n)
{
    VpSchedule *schedule = c[0]->schedule;
    if (c[0]->groups.n && !schedule) return -EINVAL;
    for (unsigned i = 0; i < n; i++) c[i]->flushed = true;
    return schedule ? vp_schedule_finish(schedule) : 0;
}

/* All contexts, or none. */
static int enter_all(VmafContext *const *c, unsigned n)
{
    int rc = 0;
    unsigned i = 0;
    for (unsigned k = 0; k < n; k++)
        for (unsigned l = 0; l < k; l++)
            if (c[k] == c[l]) return -EINVAL;
    while (i < n && !(rc = enter(c[i]))) i++;
    while (rc && i) leave(c[--i], 0);
    return rc;
}

int vmafpy_read_pictures_several(VmafContext **c, unsigned n, VmafPicture *ref, VmafPicture *dist, unsigned index)
{
    if (!c || !n || n > VP_DISTORTED_MAX) return -EINVAL;
    int rc = enter_all(c, n);
    if (rc) return rc;
    if (!belong_together(c, n))
        rc = -EINVAL;
    else
        rc = ref || dist ? read_frame(c, n, ref, dist, index) : flush(c, n);
    for (unsigned i = 0; i < n; i++) leave(c[i], 0);
    return rc;
}

int vmafpy_flush_one_of_several(VmafContext **c, unsigned n, unsigned which)
{
    if (!c || !n || n > VP_DISTORTED_MAX || which >= n) return -EINVAL;
    int rc = enter_all(c, n);
    if (rc) return rc;
    if (!c[0]->schedule || !belong_together(c, n)) {
        rc = -EINVAL;
    } else if (n == 1) {
        rc = flush(c, n);
    } else {
        rc = vp_schedule_finish_one(c[0]->schedule, which);
        c[which]->schedule = NULL;
        c[which]->flushed = true;
        for (unsigned i = which + 1; i < n; i++) c[i]->place--;
    }
    for (unsigned i = 0; i < n; i++) leave(c[i], 0);
    return rc;
}

int vmaf_read_pictures(VmafContext *c, VmafPicture *ref, VmafPicture *dist, unsigned index)
{
    return vmafpy_read_pictures_several(&c, 1, ref, dist, index);
}
