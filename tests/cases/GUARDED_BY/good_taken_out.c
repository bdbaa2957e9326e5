/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What is taken out under the lock is the function's own, whatever it does
 * with it: walks it, hands it on, looks into it. */
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
static struct table *by_name HF_GUARDED_BY(&lock);

void run(int state);
void table_add(struct table *t, Job *j);
int table_next(struct table *t, int *at, void **value);

static inline void *steal(void *from)
{
    void **place = from;
    void *value = *place;

    *place = NULL;
    return value;
}

static void push(Job *j)
{
    pthread_mutex_lock(&lock);
    j->next = pending;
    j->state = 1;
    pending = j;
    table_add(by_name, j);
    pthread_mutex_unlock(&lock);
}

static void *worker(void *opaque)
{
    Job *all, *next;

    pthread_mutex_lock(&lock);
    all = pending;
    pending = NULL;
    pthread_mutex_unlock(&lock);
    for (; all; all = next) {
        next = all->next;
        run(all->state);
    }
    return opaque;
}

static void *looker(void *opaque)
{
    struct table *old;
    int at = 0;
    void *value;

    pthread_mutex_lock(&lock);
    old = steal(&by_name);
    pthread_mutex_unlock(&lock);
    if (!old) {
        return opaque;
    }
    while (table_next(old, &at, &value)) {
        Job *j = value;

        run(j->state);
    }
    return opaque;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, worker, NULL);
    pthread_create(&b, NULL, looker, NULL);
    push(calloc(1, sizeof(Job)));
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
