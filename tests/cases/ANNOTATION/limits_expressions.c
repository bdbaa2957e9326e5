/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Not noticed: a guard that exists and is the wrong one. */
#include <holdfast/annotations.h>
#include <pthread.h>

struct row {
    pthread_mutex_t lock;
    pthread_mutex_t other;
    int value HF_GUARDED_BY(&other); // known-limit: ANNOTATION
};

int value(struct row *r)
{
    int n;

    pthread_mutex_lock(&r->other);
    n = r->value;
    pthread_mutex_unlock(&r->other);
    return n;
}
