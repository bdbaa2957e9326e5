/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * Threads start in a function that calls what it was given: what it passes on
 * is the object, which the thread shares from there on.
 */
#include <pthread.h>
#include <stdlib.h>

struct start {
    void *(*fn)(void *);
    void *arg;
};

static void *begin(void *opaque)
{
    struct start s = *(struct start *)opaque;

    free(opaque);
    return s.fn(s.arg);
}

static int spawn(pthread_t *t, void *(*fn)(void *), void *arg)
{
    struct start *s = malloc(sizeof(*s));

    s->fn = fn;
    s->arg = arg;
    return pthread_create(t, NULL, begin, s);
}

struct pump {
    pthread_t thread;
    pthread_mutex_t lock;
    int level;
};

static void *pump_run(void *opaque)
{
    struct pump *p = opaque;

    pthread_mutex_lock(&p->lock);
    p->level++;
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

int pump_level(struct pump *p)
{
    int level;

    pthread_mutex_lock(&p->lock);
    level = p->level;
    pthread_mutex_unlock(&p->lock);
    return level;
}

void pump_fill(struct pump *p)
{
    pthread_mutex_lock(&p->lock);
    p->level = 10;
    pthread_mutex_unlock(&p->lock);
}

void pump_start(struct pump *p)
{
    spawn(&p->thread, pump_run, p);
    p->level = 3; // expect: MISSING_LOCK
}

void pump_stop(struct pump *p)
{
    pthread_join(p->thread, NULL);
}
