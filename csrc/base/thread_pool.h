/* A fixed number of threads that work on items in the order they were pushed. */
#ifndef VP_BASE_THREAD_POOL_H
#define VP_BASE_THREAD_POOL_H

#include <stddef.h>

enum { VP_THREADS_MAX = 1024 };

typedef struct VpPool VpPool;

/* Starts 1 to VP_THREADS_MAX threads; run(self, worker, item) is called on thread number `worker`, 0 to n_threads - 1.
 * Signals stay with the threads of the program. 0, -ENOMEM, or what the system says when it has no thread left. */
int vp_pool_open(VpPool **pool, unsigned n_threads, size_t capacity,
                 void (*run)(void *self, unsigned worker, void *item), void *self);
/* The caller sees to it that no more than `capacity` items wait. */
void vp_pool_push(VpPool *pool, void *item);
/* Waits for the items begun, hands those not begun to drop(self, item), ends the threads. NULL allowed. */
void vp_pool_close(VpPool *pool, void (*drop)(void *self, void *item));

#endif
