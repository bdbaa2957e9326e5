/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Plain accesses that meet no other. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct job {
    pthread_mutex_t lock;
    pthread_t thread;
    int progress;
    int errors;
    int refs;
    bool done;
};

/* the lock keeps all who change it apart; only looking needs none */
static void job_fail(struct job *j)
{
    pthread_mutex_lock(&j->lock);
    __atomic_store_n(&j->errors, j->errors + 1, __ATOMIC_RELAXED);
    pthread_mutex_unlock(&j->lock);
}

/* it alone writes this: it may look at its own value */
static void *job_run(void *opaque)
{
    struct job *j = opaque;

    for (int i = 0; i < 100; i++) {
        __atomic_store_n(&j->progress, i, __ATOMIC_RELAXED);
        if (j->progress > 50) {
            job_fail(j);
        }
    }
    __atomic_store_n(&j->done, true, __ATOMIC_RELEASE);
    return NULL;
}

static struct job *job_new(void)
{
    struct job *j = malloc(sizeof(*j));

    memset(j, 0, sizeof(*j));
    pthread_mutex_init(&j->lock, NULL);
    j->progress = -1;
    j->done = false;
    j->refs = 1;
    return j;
}

static void job_unref(struct job *j)
{
    if (__atomic_sub_fetch(&j->refs, 1, __ATOMIC_ACQ_REL) == 0) {
        free(j);
    }
}

int main(void)
{
    struct job *j = job_new();
    int last, errors;

    pthread_create(&j->thread, NULL, job_run, j);
    while (!__atomic_load_n(&j->done, __ATOMIC_ACQUIRE)) {
        errors = __atomic_load_n(&j->errors, __ATOMIC_RELAXED);
    }
    pthread_join(j->thread, NULL);
    last = j->progress;
    errors = j->errors;
    job_unref(j);
    return last + errors;
}
