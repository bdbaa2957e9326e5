/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The list is looked at, not taken; or something else is walked than what was
 * taken. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct Job Job;
struct Job {
    Job *next HF_GUARDED_BY(&lock);
    int state HF_GUARDED_BY(&lock);
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Job *pending HF_GUARDED_BY(&lock);
static Job *done HF_GUARDED_BY(&lock);

void run(int state);

static void *kept_there(void *opaque)
{
    Job *all;

    pthread_mutex_lock(&lock);
    all = pending;
    pthread_mutex_unlock(&lock);
    for (; all;) {
        run(all->state); // expect: GUARDED_BY
        pthread_mutex_lock(&lock);
        all = all->next;
        pthread_mutex_unlock(&lock);
    }
    return opaque;
}

static void *of_another(void *opaque)
{
    Job *mine, *other;

    pthread_mutex_lock(&lock);
    mine = pending;
    pending = NULL;
    other = done;
    pthread_mutex_unlock(&lock);
    run(mine->state);
    while (other) {
        run(other->state); // expect: GUARDED_BY
        pthread_mutex_lock(&lock);
        other = other->next;
        pthread_mutex_unlock(&lock);
    }
    return opaque;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, kept_there, NULL);
    pthread_create(&b, NULL, of_another, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
