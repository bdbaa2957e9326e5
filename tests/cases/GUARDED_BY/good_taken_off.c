/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The whole list is taken off under the lock; who frees its elements then is
 * the only one to have them. */
#include <pthread.h>
#include <stdlib.h>

#define GUARDED_BY(x) __attribute__((annotate("hf:guarded_by:" #x)))

static pthread_mutex_t jobs_lock = PTHREAD_MUTEX_INITIALIZER;

struct job {
    struct job *next GUARDED_BY(jobs_lock);
    char *name;
};

static struct job *jobs GUARDED_BY(jobs_lock);

static void job_free(struct job *j)
{
    free(j->name);
    free(j);
}

void jobs_drop(void)
{
    struct job *j;

    pthread_mutex_lock(&jobs_lock);
    j = jobs;
    jobs = NULL;
    pthread_mutex_unlock(&jobs_lock);
    while (j) {
        struct job *next = j->next;

        job_free(j);
        j = next;
    }
}
