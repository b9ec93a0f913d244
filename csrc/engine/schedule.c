#include "engine/schedule.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/thread_pool.h"

enum { FRAMES_AHEAD = 2 }; /* frames beyond one per thread that may be on their way: the queue that keeps threads fed */

/* A picture and those before it. */
typedef struct Past {
    VmafPicture picture[1 + VP_HISTORY]; /* each with a reference of its own */
    VpPicture view[1 + VP_HISTORY];
} Past;

/* One frame on its way from pictures to scores. */
typedef struct Job {
    unsigned index;
    Past ref, *dis;   /* of each distorted stream */
    VpFrames *frames; /* what an extractor sees of each */
    VpRow *row;       /* of each group, inside it of each distorted stream */
    int rc;
    bool extracted;
    struct Job *next_free;
} Job;

struct VpSchedule {
    VpReceiver *receiver;
    const VpGroups *groups; /* of the first one: the others' are equal */
    VpStream stream;
    unsigned n, n_max; /* receivers, and distorted pictures of a frame: now, and at first */
    unsigned n_subsample;
    VpPool *pool; /* NULL: the caller's thread is the only worker */
    unsigned n_workers;
    void **state; /* workers outer, groups inner; each touched by its worker alone */

    VmafPicture ref[VP_HISTORY], (*dis)[VP_HISTORY]; /* the frames before the next, as far as any group asks */
    int history_ref, history_dis;
    unsigned n_frames;

    pthread_mutex_t lock;
    pthread_cond_t sequenced;
    Job *job, *free_job;
    unsigned n_jobs;
    Job **on_way;   /* by index modulo n_jobs: frames pushed and not yet sequenced */
    unsigned next;  /* the frame whose scores come next */
    atomic_int error; /* of the earliest frame that failed; written under the lock */

    pthread_mutex_t closing;
    unsigned n_open; /* receivers; under the lock above */
    bool ended;
};

static bool runs_at(const VpSchedule *s, const VpGroup *group, unsigned index)
{
    return group->extractor->every_frame || index % s->n_subsample == 0;
}

static void see(const Past *past, int depth, const VpPicture *view[1 + VP_HISTORY])
{
    for (int k = 0; k <= VP_HISTORY; k++) view[k] = k <= depth && past->picture[k].ref ? past->view + k : NULL;
}

static int extract_group(VpSchedule *s, unsigned worker, int g, Job *job)
{
    const VpGroup *group = s->groups->group + g;
    const VpExtractor *e = group->extractor;
    const size_t n_values = (size_t)(group->n_variants * group->n_outputs);
    VpRow *row = job->row + (size_t)g * s->n_max;
    void **state = s->state + (size_t)worker * (size_t)s->groups->n + (size_t)g;
    int rc = *state ? 0 : e->open(&s->stream, group->options, group->n_variants, state);
    for (unsigned i = 0; i < s->n; i++) {
        job->frames[i].index = job->index;
        see(&job->ref, group->history_ref, job->frames[i].ref);
        see(job->dis + i, group->history_dis, job->frames[i].dis);
        memset(row[i].set, 0, n_values * sizeof(*row[i].set));
    }
    if (!rc && s->n > 1 && e->extract_several) return e->extract_several(*state, job->frames, (int)s->n, row);
    for (unsigned i = 0; i < s->n && !rc; i++) rc = e->extract(*state, job->frames + i, row + i);
    return rc;
}

static void view(Past *past)
{
    for (int k = 0; k <= VP_HISTORY; k++)
        if (past->picture[k].ref) past->view[k] = vp_picture_view(past->picture + k);
}

static int extract(VpSchedule *s, unsigned worker, Job *job)
{
    int rc = 0;
    view(&job->ref);
    for (unsigned i = 0; i < s->n; i++) view(job->dis + i);
    for (int g = 0; g < s->groups->n && !rc; g++)
        if (runs_at(s, s->groups->group + g, job->index)) rc = extract_group(s, worker, g, job);
    return rc;
}

static void drop_pictures(const VpSchedule *s, Job *job)
{
    for (int k = 0; k <= VP_HISTORY; k++) {
        vp_picture_drop(job->ref.picture + k);
        for (unsigned i = 0; i < s->n; i++) vp_picture_drop(job->dis[i].picture + k);
    }
}

static int sequence(VpSchedule *s, const Job *job)
{
    int rc = job->rc;
    for (unsigned i = 0; i < s->n; i++)
        for (int g = 0; g < s->groups->n && !rc; g++)
            if (runs_at(s, s->groups->group + g, job->index))
                rc = vp_group_next(s->receiver[i].groups->group + g, job->index, job->row + (size_t)g * s->n_max + i);
    return rc;
}

/* Extracts a frame, then hands on all frames whose turn has come. The order is kept by the lock; what is done under it
 * is cheap. */
static void run(void *self, unsigned worker, void *item)
{
    VpSchedule *s = self;
    Job *job = item;
    job->rc = atomic_load(&s->error) ? -ECANCELED : extract(s, worker, job);
    drop_pictures(s, job);

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

static int make_rows(const VpSchedule *s, Job *job)
{
    job->row = calloc((size_t)s->groups->n * s->n_max + 1, sizeof(*job->row));
    if (!job->row) return -ENOMEM;
    for (size_t k = 0; k < (size_t)s->groups->n * s->n_max; k++) {
        const VpGroup *group = s->groups->group + k / s->n_max;
        const size_t n_values = (size_t)(group->n_variants * group->n_outputs);
        job->row[k].n_outputs = group->n_outputs;
        job->row[k].value = calloc(n_values + 1, sizeof(*job->row[k].value));
        job->row[k].set = calloc(n_values + 1, sizeof(*job->row[k].set));
        if (!job->row[k].value || !job->row[k].set) return -ENOMEM;
    }
    return 0;
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
        job->dis = calloc(s->n, sizeof(*job->dis));
        job->frames = calloc(s->n, sizeof(*job->frames));
        if (!job->dis || !job->frames) return -ENOMEM;
        const int rc = make_rows(s, job);
        if (rc) return rc;
    }
    return 0;
}

static int begin_groups(VpSchedule *s, const VpReceiver *to)
{
    int rc = 0;
    for (int g = 0; g < to->groups->n && !rc; g++) {
        VpGroup *group = to->groups->group + g;
        rc = vp_group_begin(group, &s->stream, to->collector);
        if (group->history_ref > s->history_ref) s->history_ref = group->history_ref;
        if (group->history_dis > s->history_dis) s->history_dis = group->history_dis;
    }
    return rc;
}

static void forget(VpSchedule *s)
{
    for (int k = 0; k < VP_HISTORY; k++) {
        vp_picture_drop(s->ref + k);
        for (unsigned i = 0; s->dis && i < s->n; i++) vp_picture_drop(s->dis[i] + k);
    }
}

static void drop_job(void *self, void *item)
{
    drop_pictures(self, item);
}

static void free_job(const VpSchedule *s, Job *job)
{
    for (size_t k = 0; job->row && k < (size_t)s->groups->n * s->n_max; k++) {
        free(job->row[k].value);
        free(job->row[k].set);
    }
    free(job->row);
    free(job->frames);
    free(job->dis);
}

static void close_states(VpSchedule *s)
{
    for (size_t i = 0; s->state && i < (size_t)s->n_workers * (size_t)s->groups->n; i++) {
        const VpExtractor *e = s->groups->group[i % (size_t)s->groups->n].extractor;
        if (s->state[i]) e->close(s->state[i]);
        s->state[i] = NULL;
    }
}

static void end_groups(const VpReceiver *receiver)
{
    for (int g = 0; g < receiver->groups->n; g++) vp_group_end(receiver->groups->group + g);
}

/* After this the receivers are free to go. */
static void end(VpSchedule *s)
{
    vp_pool_close(s->pool, drop_job);
    forget(s);
    close_states(s);
    free(s->state);
    for (unsigned i = 0; s->job && i < s->n_jobs; i++) free_job(s, s->job + i);
    free(s->job);
    free(s->on_way);
    free(s->dis);
    for (unsigned i = 0; s->receiver && s->receiver[0].groups && i < s->n; i++) end_groups(s->receiver + i);
    free(s->receiver);
    s->ended = true;
}

static void release(VpSchedule *s)
{
    pthread_mutex_destroy(&s->closing);
    pthread_cond_destroy(&s->sequenced);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

int vp_schedule_open(VpSchedule **schedule, const VpReceiver *receivers, const VpStream *stream, unsigned n_threads,
                     unsigned n_subsample)
{
    const VpGroups *groups = receivers[0].groups;
    int rc = 0;
    for (int g = 0; g < groups->n && !rc; g++) rc = vp_group_check(groups->group + g, stream);
    if (rc) return rc;
    VpSchedule *s = calloc(1, sizeof(*s));
    if (!s) return -ENOMEM;
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->closing, NULL);
    pthread_cond_init(&s->sequenced, NULL);
    atomic_init(&s->error, 0);
    s->groups = groups;
    s->stream = *stream;
    s->n = s->n_max = s->n_open = (unsigned)stream->n_distorted;
    s->n_subsample = n_subsample ? n_subsample : 1;
    s->n_workers = n_threads ? n_threads : 1;
    s->receiver = calloc(s->n, sizeof(*s->receiver));
    s->dis = calloc(s->n, sizeof(*s->dis));
    rc = s->receiver && s->dis ? 0 : -ENOMEM;
    if (!rc) memcpy(s->receiver, receivers, s->n * sizeof(*s->receiver));
    for (unsigned i = 0; i < s->n && !rc; i++) rc = begin_groups(s, receivers + i);
    if (!rc) rc = make_jobs(s, n_threads ? n_threads + FRAMES_AHEAD : 1);
    if (rc) goto fail;
    s->state = calloc((size_t)s->n_workers * (size_t)groups->n + 1, sizeof(*s->state));
    rc = s->state ? 0 : -ENOMEM;
    if (!rc && n_threads) rc = vp_pool_open(&s->pool, n_threads, s->n_jobs, run, s);
    if (rc) goto fail;
    *schedule = s;
    return 0;
fail:
    end(s);
    release(s);
    return rc;
}

bool vp_schedule_serves(const VpSchedule *s, unsigned n)
{
    return s->n == n;
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

static void hold(Past *past, const VmafPicture *now, const VmafPicture *history, int depth)
{
    past->picture[0] = vp_picture_hold(now);
    for (int k = 0; k < depth; k++) past->picture[1 + k] = vp_picture_hold(history + k);
}

int vp_schedule_push(VpSchedule *s, const VmafPicture *ref, const VmafPicture *dis)
{
    Job *job = take_job(s);
    if (!job) return atomic_load(&s->error);
    hold(&job->ref, ref, s->ref, s->history_ref);
    for (unsigned i = 0; i < s->n; i++) hold(job->dis + i, dis + i, s->dis[i], s->history_dis);
    if (s->pool) {
        vp_pool_push(s->pool, job);
    } else {
        run(s, 0, job);
        const int rc = atomic_load(&s->error);
        if (rc) return rc;
    }
    remember(s->ref, s->history_ref, ref);
    for (unsigned i = 0; i < s->n; i++) remember(s->dis[i], s->history_dis, dis + i);
    return 0;
}

/* Until every frame has been handed on. */
static void wait_for_all(VpSchedule *s)
{
    pthread_mutex_lock(&s->lock);
    while (s->next != s->n_frames) pthread_cond_wait(&s->sequenced, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

static int finish(VpSchedule *s, unsigned i)
{
    int rc = atomic_load(&s->error);
    for (int g = 0; g < s->groups->n && !rc; g++)
        rc = vp_group_finish(s->receiver[i].groups->group + g, s->n_frames);
    return rc;
}

int vp_schedule_finish(VpSchedule *s)
{
    int rc = 0;
    forget(s);
    wait_for_all(s);
    for (unsigned i = 0; i < s->n && !rc; i++) rc = finish(s, i);
    return rc;
}

int vp_schedule_finish_one(VpSchedule *s, unsigned i)
{
    wait_for_all(s);
    const int rc = finish(s, i);
    if (!i) close_states(s); /* they may look at its options: the next frame opens them anew */
    end_groups(s->receiver + i);
    for (int k = 0; k < VP_HISTORY; k++) vp_picture_drop(s->dis[i] + k);
    s->n--;
    memmove(s->receiver + i, s->receiver + i + 1, (s->n - i) * sizeof(*s->receiver));
    memmove(s->dis + i, s->dis + i + 1, (s->n - i) * sizeof(*s->dis));
    memset(s->dis + s->n, 0, sizeof(*s->dis));
    s->groups = s->receiver[0].groups;
    pthread_mutex_lock(&s->closing);
    s->n_open--;
    pthread_mutex_unlock(&s->closing);
    return rc;
}

void vp_schedule_close(VpSchedule *s)
{
    if (!s) return;
    pthread_mutex_lock(&s->closing);
    if (!s->ended) end(s);
    const bool last = --s->n_open == 0;
    pthread_mutex_unlock(&s->closing);
    if (last) release(s);
}
