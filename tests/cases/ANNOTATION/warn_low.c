/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What may well be right, and only cannot be told: hidden unless asked for. */
#include <holdfast/annotations.h>
#include <pthread.h>

HF_ROLE_DECLARE(role_worker);

typedef struct Job {
    pthread_mutex_t lock;
    int n HF_GUARDED_BY(&lock);
} Job;

/* No code touches the role, so nobody knows that it exists. */
static void step(Job *job) HF_REQUIRES(role_worker); // expect-low: ANNOTATION
static void step(Job *job)
{
}

void finish(Job *job) HF_EXCLUDES(&job->lock);
void finish(Job *job)
{
    step(job);
    pthread_mutex_lock(&job->lock);
    job->n = 0;
    pthread_mutex_unlock(&job->lock);
}
