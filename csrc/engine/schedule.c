#include "engine/schedule.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread_pool.h"

enum { FRAMES_AHEAD = 2 }; /* frames beyond one per thread that may be on their way: the queue that keeps threads fed */

/* One frame on its way from pictures to scores. */
typedef struct Job {
    unsigned index;
    VmafPicture ref[1 + VP_HISTORY], dis[1 + VP_HISTORY]; /* references of its own */
    VpRow *row;                                           /* of each group */
    int rc;
    bool extracted;
    struct Job *next_free;
} Job;

struct VpSchedule {
    VpGroups *groups;
    VpStream stream;
    unsigned n_subsample;
    VpPool *pool; /* NULL: the caller's thread is the only worker */
    unsigned n_workers;
    void **state; /* workers outer, groups inner; each touched by its worker alone */

    VmafPicture ref[VP_HISTORY], dis[VP_HISTORY]; /* the frames before the next, as far as any group asks */
    int history_ref, history_dis;
    unsigned n_frames;

    pthread_mutex_t lock;
    pthread_cond_t sequenced;
    Job *job, *free_job;
    unsigned n_jobs;
    Job **on_way;   /* by index modulo n_jobs: frames pushed and not yet sequenced */
    unsigned next;  /* the frame whose scores come next */
    atomic_int error; /* of the earliest frame that failed; written under the lock */
};

static bool runs_at(const VpSchedule *s, const VpGroup *group, unsigned index)
{
    return group->extractor->every_frame || index % s->n_subsample == 0;
}

static int extract_group(VpSchedule *s, unsigned worker, int g, Job *job, const VpPicture *ref, const VpPicture *dis)
{
    const VpGroup *group = s->groups->group + g;
    const VpExtractor *e = group->extractor;
    void **state = s->state + (size_t)worker * (size_t)s->groups->n + (size_t)g;
    if (!*state) {
        const int rc = e->open(&s->stream, group->options, group->n_variants, state);
        if (rc) return rc;
    }
    VpFrames frames = {.index = job->index};
    for (int k = 0; k <= VP_HISTORY; k++) {
        if (k <= group->history_ref && job->ref[k].ref) frames.ref[k] = ref + k;
        if (k <= group->history_dis && job->dis[k].ref) frames.dis[k] = dis + k;
    }
    VpRow *row = job->row + g;
    memset(row->set, 0, (size_t)(group->n_variants * group->n_outputs) * sizeof(*row->set));
    return e->extract(*state, &frames, row);
}

static int extract(VpSchedule *s, unsigned worker, Job *job)
{
    VpPicture ref[1 + VP_HISTORY], dis[1 + VP_HISTORY];
    int rc = 0;
    for (int k = 0; k <= VP_HISTORY; k++) {
        if (job->ref[k].ref) ref[k] = vp_picture_view(job->ref + k);
        if (job->dis[k].ref) dis[k] = vp_picture_view(job->dis + k);
    }
    for (int g = 0; g < s->groups->n && !rc; g++)
        if (runs_at(s, s->groups->group + g, job->index)) rc = extract_group(s, worker, g, job, ref, dis);
    return rc;
}

static void drop_pictures(Job *job)
{
    for (int k = 0; k <= VP_HISTORY; k++) {
        vp_picture_drop(job->ref + k);
        vp_picture_drop(job->dis + k);
    }
}

static int sequence(VpSchedule *s, const Job *job)
{
    int rc = job->rc;
    for (int g = 0; g < s->groups->n && !rc; g++)
        if (runs_at(s, s->groups->group + g, job->index))
            rc = vp_group_next(s->groups->group + g, job->index, job->row + g);
    return rc;
}

/* Extracts a frame, then hands on all frames whose turn has come. The order is kept by the lock; what is done under it
 * is cheap. */
static void run(void *self, unsigned worker, void *item)
{
    VpSchedule *s = self;
    Job *job = item;
    job->rc = atomic_load(&s->error) ? -ECANCELED : extract(s, worker, job);
    drop_pictures(job);

    pthread_mutex_lock(&s->lock);
    job->extracted = true;
    for (Job *j; (j = s->on_way[s->next % s->n_jobs]) && j->extracted; s->next++) {
        s->on_way[s->next % s->n_jobs] = NULL;
        if (!s->error) s->error = sequence(s, j);
        j->next_free = s->free_job;
        s->free_job = j;
    }
    pthread_cond_broadcast(&s->sequenced);
    pthread_mutex_unlock(&s->lock);
}

static int make_jobs(VpSchedule *s, unsigned n)
{
    s->n_jobs = n;
    s->job = calloc(n, sizeof(*s->job));
    s->on_way = calloc(n, sizeof(*s->on_way));
    if (!s->job || !s->on_way) return -ENOMEM;
    for (unsigned i = 0; i < n; i++) {
        Job *job = s->job + i;
        job->next_free = s->free_job;
        s->free_job = job;
        job->row = calloc((size_t)s->groups->n + 1, sizeof(*job->row));
        if (!job->row) return -ENOMEM;
        for (int g = 0; g < s->groups->n; g++) {
            const VpGroup *group = s->groups->group + g;
            const size_t n_values = (size_t)(group->n_variants * group->n_outputs);
            job->row[g].n_outputs = group->n_outputs;
            job->row[g].value = calloc(n_values + 1, sizeof(*job->row[g].value));
            job->row[g].set = calloc(n_values + 1, sizeof(*job->row[g].set));
            if (!job->row[g].value || !job->row[g].set) return -ENOMEM;
        }
    }
    return 0;
}

int vp_schedule_open(VpSchedule **schedule, VpGroups *groups, const VpStream *stream, VpCollector *collector,
                     unsigned n_threads, unsigned n_subsample)
{
    int rc = 0;
    for (int g = 0; g < groups->n && !rc; g++) rc = vp_group_check(groups->group + g, stream);
    if (rc) return rc;
    VpSchedule *s = calloc(1, sizeof(*s));
    if (!s) return -ENOMEM;
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->sequenced, NULL);
    atomic_init(&s->error, 0);
    s->groups = groups;
    s->stream = *stream;
    s->n_subsample = n_subsample ? n_subsample : 1;
    s->n_workers = n_threads ? n_threads : 1;
    for (int g = 0; g < groups->n; g++) {
        VpGroup *group = groups->group + g;
        rc = vp_group_begin(group, stream, collector);
        if (rc) goto fail;
        if (group->history_ref > s->history_ref) s->history_ref = group->history_ref;
        if (group->history_dis > s->history_dis) s->history_dis = group->history_dis;
    }
    rc = make_jobs(s, n_threads ? n_threads + FRAMES_AHEAD : 1);
    if (rc) goto fail;
    s->state = calloc((size_t)s->n_workers * (size_t)groups->n + 1, sizeof(*s->state));
    rc = s->state ? 0 : -ENOMEM;
    if (!rc && n_threads) rc = vp_pool_open(&s->pool, n_threads, s->n_jobs, run, s);
    if (rc) goto fail;
    *schedule = s;
    return 0;
fail:
    vp_schedule_close(s);
    return rc;
}

/* A free job for the next frame, once there is one; NULL if a frame has failed meanwhile. */
static Job *take_job(VpSchedule *s)
{
    pthread_mutex_lock(&s->lock);
    while (!s->free_job) pthread_cond_wait(&s->sequenced, &s->lock);
    Job *job = s->error ? NULL : s->free_job;
    if (job) {
        s->free_job = job->next_free;
        s->on_way[s->n_frames % s->n_jobs] = job;
        job->index = s->n_frames++;
        job->rc = 0;
        job->extracted = false;
    }
    pthread_mutex_unlock(&s->lock);
    return job;
}

/* Puts a picture in front of its history; the reference of the caller goes with it. */
static void remember(VmafPicture *history, int depth, const VmafPicture *pic)
{
    VmafPicture gone = depth ? history[depth - 1] : *pic;
    for (int k = depth - 1; k > 0; k--) history[k] = history[k - 1];
    if (depth) history[0] = *pic;
    vp_picture_drop(&gone);
}

int vp_schedule_push(VpSchedule *s, const VmafPicture *ref, const VmafPicture *dis)
{
    Job *job = take_job(s);
    if (!job) return atomic_load(&s->error);
    job->ref[0] = vp_picture_hold(ref);
    job->dis[0] = vp_picture_hold(dis);
    for (int k = 0; k < s->history_ref; k++) job->ref[1 + k] = vp_picture_hold(s->ref + k);
    for (int k = 0; k < s->history_dis; k++) job->dis[1 + k] = vp_picture_hold(s->dis + k);
    if (s->pool) {
        vp_pool_push(s->pool, job);
    } else {
        run(s, 0, job);
        const int rc = atomic_load(&s->error);
        if (rc) return rc;
    }
    remember(s->ref, s->history_ref, ref);
    remember(s->dis, s->history_dis, dis);
    return 0;
}

static void forget(VpSchedule *s)
{
    for (int k = 0; k < VP_HISTORY; k++) {
        vp_picture_drop(s->ref + k);
        vp_picture_drop(s->dis + k);
    }
}

int vp_schedule_finish(VpSchedule *s)
{
    forget(s);
    pthread_mutex_lock(&s->lock);
    while (s->next != s->n_frames) pthread_cond_wait(&s->sequenced, &s->lock);
    pthread_mutex_unlock(&s->lock);
    int rc = atomic_load(&s->error);
    for (int g = 0; g < s->groups->n && !rc; g++) rc = vp_group_finish(s->groups->group + g, s->n_frames);
    return rc;
}

static void drop_job(void *self, void *item)
{
    (void)self;
    drop_pictures(item);
}

void vp_schedule_close(VpSchedule *s)
{
    if (!s) return;
    vp_pool_close(s->pool, drop_job);
    forget(s);
    for (size_t i = 0; s->state && i < (size_t)s->n_workers * (size_t)s->groups->n; i++) {
        const VpExtractor *e = s->groups->group[i % (size_t)s->groups->n].extractor;
        if (s->state[i]) e->close(s->state[i]);
    }
    free(s->state);
    for (unsigned i = 0; s->job && i < s->n_jobs; i++) {
        for (int g = 0; s->job[i].row && g < s->groups->n; g++) {
            free(s->job[i].row[g].value);
            free(s->job[i].row[g].set);
        }
        free(s->job[i].row);
    }
    free(s->job);
    free(s->on_way);
    for (int g = 0; g < s->groups->n; g++) vp_group_end(s->groups->group + g);
    pthread_cond_destroy(&s->sequenced);
    pthread_mutex_destroy(&s->lock);
    free(s);
}
