#define _POSIX_C_SOURCE 200809L

#include "base/thread_pool.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>

typedef struct {
    VpPool *pool;
    pthread_t thread;
    unsigned number;
} Worker;

struct VpPool {
    pthread_mutex_t lock;
    pthread_cond_t pushed;
    bool stop;
    size_t first, n, capacity; /* a ring of waiting items */
    void **item;
    void (*run)(void *self, unsigned worker, void *item);
    void *self;
    unsigned n_workers;
    Worker *worker;
};

static void *work(void *arg)
{
    const Worker *w = arg;
    VpPool *p = w->pool;
    pthread_mutex_lock(&p->lock);
    for (;;) {
        while (!p->n && !p->stop) pthread_cond_wait(&p->pushed, &p->lock);
        if (p->stop) break;
        void *item = p->item[p->first];
        p->first = (p->first + 1) % p->capacity;
        p->n--;
        pthread_mutex_unlock(&p->lock);
        p->run(p->self, w->number, item);
        pthread_mutex_lock(&p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static void join(VpPool *p)
{
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_broadcast(&p->pushed);
    pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->n_workers; i++) pthread_join(p->worker[i].thread, NULL);
}

static void release(VpPool *p)
{
    pthread_cond_destroy(&p->pushed);
    pthread_mutex_destroy(&p->lock);
    free(p->item);
    free(p->worker);
    free(p);
}

int vp_pool_open(VpPool **pool, unsigned n_threads, size_t capacity,
                 void (*run)(void *self, unsigned worker, void *item), void *self)
{
    if (!n_threads || n_threads > VP_THREADS_MAX || !capacity) return -EINVAL;
    VpPool *p = calloc(1, sizeof(*p));
    if (!p) return -ENOMEM;
    p->run = run;
    p->self = self;
    p->capacity = capacity;
    p->item = calloc(capacity, sizeof(*p->item));
    p->worker = calloc(n_threads, sizeof(*p->worker));
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->pushed, NULL);
    int rc = p->item && p->worker ? 0 : -ENOMEM;

    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    while (!rc && p->n_workers < n_threads) {
        Worker *w = p->worker + p->n_workers;
        w->pool = p;
        w->number = p->n_workers;
        rc = -pthread_create(&w->thread, NULL, work, w);
        if (!rc) p->n_workers++;
    }
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (rc) goto fail;
    *pool = p;
    return 0;
fail:
    join(p);
    release(p);
    return rc;
}

void vp_pool_push(VpPool *p, void *item)
{
    pthread_mutex_lock(&p->lock);
    p->item[(p->first + p->n) % p->capacity] = item;
    p->n++;
    pthread_cond_signal(&p->pushed);
    pthread_mutex_unlock(&p->lock);
}

void vp_pool_close(VpPool *p, void (*drop)(void *self, void *item))
{
    if (!p) return;
    join(p);
    for (; p->n; p->n--, p->first = (p->first + 1) % p->capacity) drop(p->self, p->item[p->first]);
    release(p);
}
