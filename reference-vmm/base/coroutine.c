/* SPDX-License-Identifier: MIT */
/*
 * coroutine.c - coroutines: see coroutine.h.  Waking them from event loops is
 * in coroutine_aio.c.
 *
 * A coroutine lies at the upper end of its own stack, with a guard page at the
 * lower one.  When its entry has returned, both go to a pool of the thread and
 * from there, when that is full, to one of all threads.
 *
 * Thread context: a coroutine is touched by the thread that runs it, or that
 * has it in its pool.  Thread-locals are reached through co_thread() alone,
 * which is not inlined: a function that yields may go on in another thread,
 * and an address from before would be the first thread's.
 */
#include "base/coroutine_int.h"
#include "base/rcu.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(CO_ASAN) || defined(CO_TSAN)
#define STACK_SIZE (1024 * 1024) /* their frames are larger */
#else
#define STACK_SIZE (256 * 1024)
#endif
#define THREAD_POOL_MAX 64
#define GLOBAL_POOL_MAX 256

typedef struct CoList {
    Coroutine *first;
    unsigned n;
} CoList;

typedef struct CoThread {
    Coroutine *current; /* NULL: the thread's own stack */
    CoContext own;
    bool initialised;
    CoList pool;
} CoThread;

static struct {
    VmMutex lock LOCK_RANK(RANK_CO_POOL);
    CoList list GUARDED_BY(&lock);
} co_pool = { .lock = VM_MUTEX_INIT("coroutine pool", RANK_CO_POOL) };

static _Thread_local CoThread co_thread_;
static pthread_key_t exit_key;
static pthread_once_t exit_once = PTHREAD_ONCE_INIT;

static CoThread *__attribute__((noinline)) co_thread(void)
{
    /* Or the compiler would find out that it always returns the same. */
    __asm__ volatile("" ::: "memory");
    return &co_thread_;
}

/* ---- pools -------------------------------------------------------------- */

static void list_push(CoList *list, Coroutine *co)
{
    co->next = list->first;
    list->first = co;
    list->n++;
}

static Coroutine *list_pop(CoList *list)
{
    Coroutine *co = list->first;

    if (co) {
        list->first = co->next;
        list->n--;
    }
    return co;
}

static void free_coroutine(Coroutine *co)
{
    char *mapping = co->mapping;

    co_context_destroy(&co->context);
    munmap(mapping, STACK_SIZE);
}

static void thread_exits(void *opaque)
{
    CoThread *t = opaque;
    Coroutine *co;

    while ((co = list_pop(&t->pool))) {
        free_coroutine(co);
    }
}

static void make_exit_key(void)
{
    pthread_key_create(&exit_key, thread_exits);
}

static void init_thread(CoThread *t)
{
    co_context_init_thread(&t->own);
    t->initialised = true;
    pthread_once(&exit_once, make_exit_key);
    pthread_setspecific(exit_key, t);
}

/* Half of a thread's pool at a time, so that a thread that only makes them
 * and one that only ends them meet here seldom. */
static void refill(CoThread *t)
{
    Coroutine *co;

    vm_mutex_lock(&co_pool.lock);
    while (t->pool.n < THREAD_POOL_MAX / 2 && (co = list_pop(&co_pool.list))) {
        list_push(&t->pool, co);
    }
    vm_mutex_unlock(&co_pool.lock);
}

static void spill(CoThread *t)
{
    CoList surplus = { NULL, 0 };
    Coroutine *co;

    vm_mutex_lock(&co_pool.lock);
    while (t->pool.n > THREAD_POOL_MAX / 2) {
        co = list_pop(&t->pool);
        list_push(co_pool.list.n < GLOBAL_POOL_MAX ? &co_pool.list : &surplus,
                  co);
    }
    vm_mutex_unlock(&co_pool.lock);
    while ((co = list_pop(&surplus))) {
        free_coroutine(co);
    }
}

/* ---- life --------------------------------------------------------------- */

static void co_main(void)
{
    Coroutine *co = co_thread()->current;

    co_context_started();
    for (;;) {
        CoThread *t;

        co->entry(co->opaque);
        vm_assert_locks_held(co->locks_at_entry, co->name);
        if (co->n_co_locks) {
            fprintf(stderr, "coroutine \"%s\" ends with %d coroutine locks\n",
                    co->name, co->n_co_locks);
            abort();
        }
        co->ended = true;
        t = co_thread();
        t->current = co->caller;
        co_context_switch(&co->context, co->caller ? &co->caller->context
                                                   : &t->own, true);
        /* From the pool, with another entry. */
    }
}

static Coroutine *map_coroutine(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *mapping = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    Coroutine *co;

    /* As g_malloc(): there is no going on without. */
    if (mapping == MAP_FAILED || mprotect(mapping, page, PROT_NONE) < 0) {
        g_error("no memory for a coroutine's stack");
    }
    co = (Coroutine *)(mapping + STACK_SIZE - CO_STRUCT_SIZE);
    co->mapping = mapping;
    co_context_init(&co->context, mapping + page,
                    STACK_SIZE - page - CO_STRUCT_SIZE, co_main);
    return co;
}

Coroutine *coroutine_create_named(CoroutineEntry *entry, void *opaque,
                                  const char *name)
{
    CoThread *t = co_thread();
    Coroutine *co;

    IO_CODE();
    if (!t->initialised) {
        init_thread(t);
    }
    if (!t->pool.n) {
        refill(t);
    }
    co = list_pop(&t->pool);
    if (!co) {
        co = map_coroutine();
    }
    co->entry = entry;
    co->opaque = opaque;
    co->name = name;
    co->ended = false;
    co->ctx = NULL;
    co->n_co_locks = 0;
    __atomic_store_n(&co->active, false, __ATOMIC_RELAXED);
    __atomic_store_n(&co->scheduled, false, __ATOMIC_RELAXED);
    return co;
}

static void release(CoThread *t, Coroutine *co)
{
    list_push(&t->pool, co);
    if (t->pool.n > THREAD_POOL_MAX) {
        spill(t);
    }
}

/* ---- in and out --------------------------------------------------------- */

void coroutine_enter(Coroutine *co)
{
    CoThread *t = co_thread();
    Coroutine *self = t->current;

    IO_CODE();
    if (__atomic_exchange_n(&co->active, true, __ATOMIC_ACQUIRE)) {
        fprintf(stderr, "coroutine \"%s\" is entered, but runs already\n",
                co->name);
        abort();
    }
    if (!t->initialised) {
        init_thread(t);
    }
    co->caller = self;
    co->ctx = aio_context_home();
    co->locks_at_entry = vm_locks_held();
    co->rcu_at_entry = vm_rcu_depth();
    t->current = co;
    co_context_switch(self ? &self->context : &t->own, &co->context, false);
    /* It came back to us, so this is the same thread still. */
    if (co->ended) {
        release(t, co);
    } else {
        __atomic_store_n(&co->active, false, __ATOMIC_RELEASE);
    }
}

void coroutine_yield(void)
{
    CoThread *t = co_thread();
    Coroutine *self = t->current, *caller;

    IO_CODE();
    g_assert(self);
    vm_assert_locks_held(self->locks_at_entry, self->name);
    if (vm_rcu_depth() != self->rcu_at_entry) {
        fprintf(stderr, "coroutine \"%s\" yields within an RCU section\n",
                self->name);
        abort();
    }
    caller = self->caller;
    self->caller = NULL;
    t->current = caller;
    co_context_switch(&self->context, caller ? &caller->context : &t->own,
                      false);
}

Coroutine *coroutine_self(void)
{
    IO_CODE();
    return co_thread()->current;
}

bool in_coroutine(void)
{
    IO_CODE();
    return co_thread()->current != NULL;
}

AioContext *coroutine_context(Coroutine *co)
{
    IO_CODE();
    return co->ctx;
}
