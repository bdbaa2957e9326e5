/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Calls with the lock, however it came to be held. */
#include <holdfast/annotations.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct Stats {
    pthread_mutex_t lock;
    long total;
};

struct Owner {
    struct Stats stats;
    struct Stats *other;
};

static void HF_REQUIRES(&s->lock) stats_add(struct Stats *s, long n)
{
    s->total += n;
}

void stats_here(struct Stats *s)
{
    pthread_mutex_lock(&s->lock);
    stats_add(s, 1);
    pthread_mutex_unlock(&s->lock);
}

/* Required of the caller as well. */
static void HF_REQUIRES(&s->lock) stats_twice(struct Stats *s)
{
    stats_add(s, 1);
    stats_add(s, 1);
}

/* Not a word, but the callers hold it. */
static void stats_quiet(struct Stats *s)
{
    stats_twice(s);
}

void stats_outer(struct Owner *o)
{
    pthread_mutex_lock(&o->stats.lock);
    stats_quiet(&o->stats);
    pthread_mutex_unlock(&o->stats.lock);
    pthread_mutex_lock(&o->other->lock);
    stats_quiet(o->other);
    pthread_mutex_unlock(&o->other->lock);
}

static void HF_ACQUIRE(&s->lock) stats_lock(struct Stats *s)
{
    pthread_mutex_lock(&s->lock);
}

static void HF_RELEASE(&s->lock) stats_unlock(struct Stats *s)
{
    pthread_mutex_unlock(&s->lock);
}

void stats_helpers(struct Stats *s)
{
    stats_lock(s);
    stats_add(s, 1);
    stats_unlock(s);
}

static bool HF_TRY_ACQUIRE(1, &s->lock) stats_trylock(struct Stats *s)
{
    return pthread_mutex_trylock(&s->lock) == 0;
}

void stats_try(struct Stats *s)
{
    if (stats_trylock(s)) {
        stats_add(s, 1);
        stats_unlock(s);
    }
}

void stats_checked(struct Stats *s)
{
    HF_ASSERT_HELD(&s->lock);
    stats_add(s, 1);
}

/* Nobody else has it yet. */
struct Stats *stats_make(void)
{
    struct Stats *s = calloc(1, sizeof(*s));

    if (s) {
        pthread_mutex_init(&s->lock, NULL);
        stats_add(s, 1);
    }
    return s;
}

/* Not judged. */
HF_NO_ANALYSIS void stats_debug(struct Stats *s)
{
    stats_add(s, 0);
}
