/* SPDX-License-Identifier: MIT */
/*
 * rcu.c - see rcu.h.
 *
 * liburcu does the counting; what is ours is the nesting depth (so that inner
 * sections cost an increment), the thread that runs callbacks in its role,
 * and telling ThreadSanitizer, which cannot look into liburcu, what orders
 * what.
 *
 * Thread context: any thread; the list of callbacks has a lock, and the RCU
 * thread empties it.
 */
#include "base/rcu.h"
#include "base/lock.h"
#include "base/thread.h"
#include <stdio.h>
#include <stdlib.h>
#if defined(__SANITIZE_THREAD__)
#define RCU_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define RCU_TSAN 1
#endif
#endif
/* Its read side in line: that is what the header's authors allow to any
 * program, since each function is less than ten lines long.  We do not put it
 * into our header: a coroutine may begin a section in one thread and the next
 * in another, and must not keep a thread-local's address.
 * (ThreadSanitizer would find its own mistakes in it.) */
#ifndef RCU_TSAN
#define _LGPL_SOURCE
#endif
#include <urcu/urcu-memb.h>

#ifdef RCU_TSAN
#include <sanitizer/tsan_interface.h>
/* Everything before an unlock happens before what follows a grace period. */
static char grace;
#define rcu_release() __tsan_release(&grace)
#define rcu_acquire() __tsan_acquire(&grace)
#else
#define rcu_release() ((void)0)
#define rcu_acquire() ((void)0)
#endif

typedef struct RcuCallback RcuCallback;
struct RcuCallback {
    RcuCallback *next;
    void (*fn)(void *opaque);
    void *opaque;
};

static _Thread_local struct {
    unsigned depth;
    bool registered;
} reader;

static struct {
    VmMutex lock LOCK_RANK(RANK_RCU);
    VmCond changed; /* with lock: first, stop */
    RcuCallback *first GUARDED_BY(&lock);
    RcuCallback **last GUARDED_BY(&lock);
    VmThread *thread GUARDED_BY(&lock);
    bool stop GUARDED_BY(&lock);
} rcu_thread = {
    .lock = VM_MUTEX_INIT("rcu", RANK_RCU),
    .changed = VM_COND_INIT,
    .last = &rcu_thread.first,
};

/* Threads that nobody registered leave by this. */
static pthread_key_t exit_key;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;

static void thread_exits(void *value)
{
    vm_rcu_unregister_thread();
}

static void make_exit_key(void)
{
    pthread_key_create(&exit_key, thread_exits);
}

void vm_rcu_register_thread(void)
{
    IO_CODE();
    if (reader.registered) {
        return;
    }
    pthread_once(&exit_once, make_exit_key);
    pthread_setspecific(exit_key, &reader);
    urcu_memb_register_thread();
    reader.registered = true;
}

void vm_rcu_unregister_thread(void)
{
    IO_CODE();
    if (reader.registered) {
        g_assert(reader.depth == 0);
        urcu_memb_unregister_thread();
        pthread_setspecific(exit_key, NULL);
        reader.registered = false;
    }
}

void vm_rcu_init(void)
{
    IO_CODE();
    vm_rcu_register_thread();
}

/* ---- reading ------------------------------------------------------------ */

void NO_ANALYSIS vm_rcu_read_lock(void)
{
    if (reader.depth++) {
        return;
    }
    if (G_UNLIKELY(!reader.registered)) {
        vm_rcu_register_thread();
    }
    urcu_memb_read_lock();
}

void NO_ANALYSIS vm_rcu_read_unlock(void)
{
    if (G_UNLIKELY(!reader.depth)) {
        fprintf(stderr, "an RCU section ends that never began\n");
        abort();
    }
    if (--reader.depth == 0) {
        rcu_release();
        urcu_memb_read_unlock();
    }
}

bool vm_rcu_read_held(void)
{
    return reader.depth != 0;
}

unsigned vm_rcu_depth(void)
{
    return reader.depth;
}

/* ---- waiting ------------------------------------------------------------ */

/* A reader may wait for any lock that we hold, the BQL above all. */
static void check_may_wait(const char *what)
{
    vm_assert_none_held();
    if (reader.depth) {
        fprintf(stderr, "%s() within an RCU section waits for ever\n", what);
        abort();
    }
}

void vm_rcu_synchronize(void)
{
    IO_CODE();
    check_may_wait("vm_rcu_synchronize");
    urcu_memb_synchronize_rcu();
    rcu_acquire();
}

static RcuCallback *take_callbacks(bool *ret_stop)
{
    RcuCallback *list;

    vm_mutex_lock(&rcu_thread.lock);
    while (!rcu_thread.first && !rcu_thread.stop) {
        vm_cond_wait(&rcu_thread.changed, &rcu_thread.lock);
    }
    list = rcu_thread.first;
    rcu_thread.first = NULL;
    rcu_thread.last = &rcu_thread.first;
    *ret_stop = rcu_thread.stop;
    vm_mutex_unlock(&rcu_thread.lock);
    return list;
}

static void *rcu_main(void *opaque) ROLE_ENTRY(role_rcu)
{
    RcuCallback *list, *next;
    bool stop;

    while ((list = take_callbacks(&stop)) || !stop) {
        if (list) {
            vm_rcu_synchronize();
        }
        for (; list; list = next) {
            next = list->next;
            list->fn(list->opaque);
            g_free(list);
        }
    }
    return NULL;
}

/* Made when first needed: most tools and tests never do. */
static void start_thread(void) REQUIRES(&rcu_thread.lock)
{
    GError *error = NULL;

    rcu_thread.thread = vm_thread_create("rcu", VM_ROLE_RCU, rcu_main, NULL,
                                         &error);
    if (!rcu_thread.thread) {
        /* As with memory: there is no going on without. */
        g_error("%s", error->message);
    }
}

void vm_rcu_call(void (*fn)(void *opaque), void *opaque)
{
    RcuCallback *cb = g_new0(RcuCallback, 1);

    IO_CODE();
    cb->fn = fn;
    cb->opaque = opaque;
    vm_mutex_lock(&rcu_thread.lock);
    if (!rcu_thread.thread) {
        start_thread();
    }
    *rcu_thread.last = cb;
    rcu_thread.last = &cb->next;
    vm_cond_signal(&rcu_thread.changed);
    vm_mutex_unlock(&rcu_thread.lock);
}

typedef struct Barrier {
    VmCond reached; /* with rcu_thread.lock: done */
    bool done SLOT(GUARDED_BY(&rcu_thread.lock));
} Barrier;

static void reach_barrier(void *opaque)
{
    Barrier *b = opaque;

    vm_mutex_lock(&rcu_thread.lock);
    b->done = true;
    vm_cond_signal(&b->reached);
    vm_mutex_unlock(&rcu_thread.lock);
}

void vm_rcu_barrier(void)
{
    Barrier b = { .done = false };

    IO_CODE();
    check_may_wait("vm_rcu_barrier");
    vm_cond_init(&b.reached);
    vm_rcu_call(reach_barrier, &b);
    vm_mutex_lock(&rcu_thread.lock);
    while (!b.done) {
        vm_cond_wait(&b.reached, &rcu_thread.lock);
    }
    vm_mutex_unlock(&rcu_thread.lock);
    vm_cond_destroy(&b.reached);
}

void vm_rcu_finish(void)
{
    VmThread *thread;

    IO_CODE();
    vm_mutex_lock(&rcu_thread.lock);
    thread = rcu_thread.thread;
    rcu_thread.stop = true;
    vm_cond_signal(&rcu_thread.changed);
    vm_mutex_unlock(&rcu_thread.lock);
    if (thread) {
        /* It stays in place for callbacks that call vm_rcu_call(). */
        vm_thread_join(thread);
    }
    vm_mutex_lock(&rcu_thread.lock);
    rcu_thread.thread = NULL;
    rcu_thread.stop = false;
    vm_mutex_unlock(&rcu_thread.lock);
}
