/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The object comes out of a maker by a pointer to a pointer, its lock set up:
 * it is its first user's own. */
#include <pthread.h>
#include <stdlib.h>

struct info {
    pthread_mutex_t lock;
    int active;
};

static void *run(void *opaque)
{
    struct info *i = opaque;

    pthread_mutex_lock(&i->lock);
    i->active = 0;
    pthread_mutex_unlock(&i->lock);
    return 0;
}

int info_is_active(struct info *i)
{
    int active;

    pthread_mutex_lock(&i->lock);
    active = i->active;
    pthread_mutex_unlock(&i->lock);
    return active;
}

void info_wake(struct info *i)
{
    pthread_mutex_lock(&i->lock);
    i->active = 2;
    pthread_mutex_unlock(&i->lock);
}

static int info_new(struct info **to)
{
    struct info *i = calloc(1, sizeof(*i));

    if (!i) {
        return -1;
    }
    pthread_mutex_init(&i->lock, 0);
    *to = i;
    return 0;
}

int info_start(pthread_t *t)
{
    struct info *i;
    int ret = info_new(&i);

    if (ret) {
        return ret;
    }
    i->active = 1;
    return pthread_create(t, 0, run, i);
}
