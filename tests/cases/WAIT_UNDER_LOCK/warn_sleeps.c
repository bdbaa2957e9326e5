/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Sleeping until a flag is set, by whoever takes the lock for it. */
#include <pthread.h>
#include <stdbool.h>
#include <unistd.h>

struct job {
    pthread_mutex_t lock;
    bool done;
};

static pthread_mutex_t state = PTHREAD_MUTEX_INITIALIZER;
static bool ready;

void job_init(struct job *j)
{
    pthread_mutex_init(&j->lock, NULL);
    j->done = false; /* with that the wait goes on */
}

void job_finish(struct job *j)
{
    pthread_mutex_lock(&j->lock);
    j->done = true;
    pthread_mutex_unlock(&j->lock);
}

void job_wait(struct job *j)
{
    pthread_mutex_lock(&j->lock);
    while (!j->done) {
        usleep(10); // expect: WAIT_UNDER_LOCK
    }
    pthread_mutex_unlock(&j->lock);
}

static void *work(void *opaque)
{
    pthread_mutex_lock(&state);
    __atomic_store_n(&ready, true, __ATOMIC_RELEASE);
    pthread_mutex_unlock(&state);
    return opaque;
}

static bool is_ready(void)
{
    return __atomic_load_n(&ready, __ATOMIC_ACQUIRE);
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, work, NULL);
    pthread_mutex_lock(&state);
    while (!is_ready()) {
        usleep(1); // expect: WAIT_UNDER_LOCK
    }
    pthread_mutex_unlock(&state);
    pthread_join(thread, NULL);
    return 0;
}
