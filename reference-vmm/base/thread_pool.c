/* SPDX-License-Identifier: MIT */
/*
 * thread_pool.c - see thread_pool.h.
 *
 * Thread context: worker() in the workers; the queue has a lock.
 */
#include "base/thread_pool.h"
#include "base/main_loop.h"
#include "base/thread.h"
#include <stdlib.h>

#define MAX_WORKERS 16
#define IDLE_NS 10000000000LL

typedef struct Work Work;
struct Work { /* on the stack of the coroutine that waits for it */
    ThreadPoolFn *fn;
    void *opaque;
    int ret;
    Coroutine *co;
    Work *next SLOT(GUARDED_BY(&pool.lock));
};

typedef struct Worker {
    VmThread *thread SLOT(GUARDED_BY(&pool.lock));
} Worker;

static struct {
    VmMutex lock LOCK_RANK(RANK_THREAD_POOL);
    VmCond changed; /* with lock: first, stop, n_workers */
    Work *first GUARDED_BY(&lock);
    Work **last GUARDED_BY(&lock);
    unsigned n_work GUARDED_BY(&lock);
    unsigned n_workers GUARDED_BY(&lock);
    unsigned n_idle GUARDED_BY(&lock);
    GQueue ended GUARDED_BY(&lock); /* of VmThread*, to be joined */
    bool stop GUARDED_BY(&lock);
} pool = {
    .lock = VM_MUTEX_INIT("thread pool", RANK_THREAD_POOL),
    .last = &pool.first,
};
static pthread_once_t cond_once = PTHREAD_ONCE_INIT;

static void init_cond(void)
{
    vm_cond_init(&pool.changed);
}

/* Those that ended before; without locks, and they come at once. */
static void join_ended(GQueue *ended)
{
    VmThread *thread;

    while ((thread = g_queue_pop_head(ended))) {
        vm_thread_join(thread);
    }
}

/* NULL: nothing came for a while, or the end. */
static Work *next_work(void) DROPS(&pool.lock)
{
    int64_t deadline = vm_clock_ns() + IDLE_NS;
    bool in_time = true;
    Work *work;

    pool.n_idle++;
    while (!pool.first && !pool.stop && in_time) {
        in_time = vm_cond_wait_until(&pool.changed, &pool.lock, deadline);
    }
    pool.n_idle--;
    work = pool.first;
    if (work) {
        pool.first = work->next;
        if (!pool.first) {
            pool.last = &pool.first;
        }
        pool.n_work--;
    }
    return work;
}

static void *worker(void *opaque) ROLE_ENTRY(role_worker)
{
    Worker *self = opaque;
    GQueue ended;
    Work *work;

    vm_mutex_lock(&pool.lock);
    while ((work = next_work())) {
        vm_mutex_unlock(&pool.lock);
        work->ret = work->fn(work->opaque);
        /* Here it may go, with the coroutine's stack. */
        aio_co_schedule(coroutine_context(work->co), work->co);
        vm_mutex_lock(&pool.lock);
    }
    ended = pool.ended;
    g_queue_init(&pool.ended);
    g_queue_push_tail(&pool.ended, self->thread);
    pool.n_workers--;
    vm_cond_broadcast(&pool.changed);
    vm_mutex_unlock(&pool.lock);
    g_free(self);
    join_ended(&ended);
    return NULL;
}

static bool add_worker(void) REQUIRES(&pool.lock)
{
    Worker *w = g_new0(Worker, 1);

    w->thread = vm_thread_create("worker", VM_ROLE_WORKER, worker, w, NULL);
    if (!w->thread) {
        g_free(w);
        return false;
    }
    pool.n_workers++;
    return true;
}

int coroutine_fn thread_pool_submit_co(ThreadPoolFn *fn, void *opaque)
{
    Work work = { .fn = fn, .opaque = opaque, .co = coroutine_self() };
    bool queued = true;

    IO_CODE();
    pthread_once(&cond_once, init_cond);
    vm_mutex_lock(&pool.lock);
    if (pool.n_work >= pool.n_idle && pool.n_workers < MAX_WORKERS) {
        /* When the system has no thread for us, those there are will do, and
         * if there are none we do it ourselves. */
        queued = add_worker() || pool.n_workers;
    }
    if (queued) {
        *pool.last = &work;
        pool.last = &work.next;
        pool.n_work++;
        vm_cond_signal(&pool.changed);
    }
    vm_mutex_unlock(&pool.lock);
    if (!queued) {
        return fn(opaque);
    }
    coroutine_yield();
    return work.ret;
}

void thread_pool_finish(void)
{
    GQueue ended;

    GLOBAL_STATE_CODE();
    pthread_once(&cond_once, init_cond);
    bql_unlock();
    vm_mutex_lock(&pool.lock);
    pool.stop = true;
    vm_cond_broadcast(&pool.changed);
    while (pool.n_workers) {
        vm_cond_wait(&pool.changed, &pool.lock);
    }
    pool.stop = false;
    ended = pool.ended;
    g_queue_init(&pool.ended);
    vm_mutex_unlock(&pool.lock);
    join_ended(&ended);
    bql_lock();
}
