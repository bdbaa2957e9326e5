/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Calls without the lock that the callee says it needs. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdbool.h>

struct Stats {
    pthread_mutex_t lock;
    struct Stats *parent;
    long total;
};

static pthread_mutex_t registry_lock = PTHREAD_MUTEX_INITIALIZER;
static int registered;

static void stats_add(struct Stats *s, long n) HF_REQUIRES(&s->lock);
static void stats_add(struct Stats *s, long n)
{
    s->total += n;
}

static void HF_REQUIRES(&registry_lock) registry_count(void)
{
    registered++;
}

void stats_never(struct Stats *s)
{
    stats_add(s, 1); // expect: LOCK_CONTRACT
}

void stats_after(struct Stats *s)
{
    pthread_mutex_lock(&s->lock);
    stats_add(s, 1);
    pthread_mutex_unlock(&s->lock);
    stats_add(s, 2); // expect: LOCK_CONTRACT
}

void stats_one_branch(struct Stats *s, bool threaded)
{
    if (threaded) {
        pthread_mutex_lock(&s->lock);
    }
    stats_add(s, 1); // expect: LOCK_CONTRACT
    if (threaded) {
        pthread_mutex_unlock(&s->lock);
    }
}

/* Of another object. */
void stats_wrong_object(struct Stats *s)
{
    pthread_mutex_lock(&s->parent->lock);
    stats_add(s, 1); // expect: LOCK_CONTRACT
    pthread_mutex_unlock(&s->parent->lock);
}

void registry_wrong_lock(struct Stats *s)
{
    pthread_mutex_lock(&s->lock);
    registry_count(); // expect: LOCK_CONTRACT
    pthread_mutex_unlock(&s->lock);
}

/* One caller holds it, the other does not. */
static void stats_between(struct Stats *s)
{
    stats_add(s, 3); // expect: LOCK_CONTRACT
}

void stats_locked(struct Stats *s)
{
    pthread_mutex_lock(&s->lock);
    stats_between(s);
    pthread_mutex_unlock(&s->lock);
}

void stats_unlocked(struct Stats *s)
{
    stats_between(s);
}

/* A thread starts with nothing. */
static void *stats_thread(void *opaque)
{
    stats_add(opaque, 1); // expect: LOCK_CONTRACT
    return NULL;
}

int main(void)
{
    static struct Stats s = { .lock = PTHREAD_MUTEX_INITIALIZER };
    pthread_t t;

    pthread_create(&t, NULL, stats_thread, &s);
    pthread_join(t, NULL);
    return 0;
}
