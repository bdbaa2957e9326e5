/* SPDX-License-Identifier: MIT */
// profile: pthread
/* As good_taken_off.c, but the list stays where it is. */
#include <pthread.h>
#include <stdlib.h>

#define GUARDED_BY(x) __attribute__((annotate("hf:guarded_by:" #x)))

static pthread_mutex_t jobs_lock = PTHREAD_MUTEX_INITIALIZER;

struct job {
    struct job *next GUARDED_BY(jobs_lock);
    int state;
};

static struct job *jobs GUARDED_BY(jobs_lock);

int jobs_done(void)
{
    struct job *j;
    int n = 0;

    pthread_mutex_lock(&jobs_lock);
    j = jobs;
    pthread_mutex_unlock(&jobs_lock);
    while (j) {
        n += j->state;
        j = j->next; // expect: GUARDED_BY
    }
    return n;
}
