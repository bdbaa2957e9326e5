/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * Loops on a flag that this function sets before, and others clear: they end,
 * and what comes after them is part of the function.
 */
#include <pthread.h>

struct loop {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int running, done, n;
    void (*dispatch)(struct loop *);
};

void loop_quit(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    l->running = 0;
    l->done = 1;
    pthread_cond_signal(&l->changed);
    pthread_mutex_unlock(&l->lock);
}

static void iterate(struct loop *l)
{
    pthread_mutex_unlock(&l->lock);
    l->dispatch(l);
    pthread_mutex_lock(&l->lock);
}

int loop_run_atomic(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    if (l->n > 3) {
        return -1; // expect: LOCK
    }
    __atomic_store_n(&l->n, 1, __ATOMIC_SEQ_CST);
    while (__atomic_load_n(&l->n, __ATOMIC_SEQ_CST)) {
        iterate(l);
    }
    pthread_mutex_unlock(&l->lock);
    return 0;
}

int loop_wait(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    l->done = 0;
    while (!l->done) {
        pthread_cond_wait(&l->changed, &l->lock);
    }
    if (l->n < 0) {
        return -1; // expect: LOCK
    }
    pthread_mutex_unlock(&l->lock);
    return 0;
}

void loop_run(struct loop *l)
{
    pthread_mutex_lock(&l->lock);
    l->running = 1;
    do {
        iterate(l);
    } while (l->running);
    pthread_mutex_unlock(&l->lock);
    pthread_mutex_unlock(&l->lock); // expect: LOCK
}
