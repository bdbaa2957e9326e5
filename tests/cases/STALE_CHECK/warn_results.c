/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The caller believes what the function tells, and the lock was given back
 * between the reading and the telling. */
#include <pthread.h>
#include <stdbool.h>

struct engine {
    pthread_mutex_t lock;
    pthread_cond_t idle;
    int state;
    int active;
};

static bool engine_wait_idle(struct engine *e)
{
    bool was_started = e->state == 1;

    while (e->active) {
        pthread_cond_wait(&e->idle, &e->lock);
    }
    return was_started; // expect: STALE_CHECK
}

void engine_stop(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    if (engine_wait_idle(e)) {
        e->state = 2;
    }
    pthread_mutex_unlock(&e->lock);
}

void engine_start(struct engine *e)
{
    pthread_mutex_lock(&e->lock);
    e->state = 1;
    pthread_mutex_unlock(&e->lock);
}

void engine_work(struct engine *e, int n)
{
    pthread_mutex_lock(&e->lock);
    e->active += n;
    pthread_cond_signal(&e->idle);
    pthread_mutex_unlock(&e->lock);
}
