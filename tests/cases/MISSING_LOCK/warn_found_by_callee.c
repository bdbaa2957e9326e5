/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What comes out by a pointer to a pointer need not be new. */
#include <pthread.h>

struct info {
    pthread_mutex_t lock;
    struct info *next;
    int active;
};

static pthread_mutex_t all_lock = PTHREAD_MUTEX_INITIALIZER;
static struct info *all;

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

void info_sleep(struct info *i)
{
    pthread_mutex_lock(&i->lock);
    i->active = 0;
    pthread_mutex_unlock(&i->lock);
}

static int info_find(struct info **to)
{
    pthread_mutex_lock(&all_lock);
    *to = all;
    pthread_mutex_unlock(&all_lock);
    return *to ? 0 : -1;
}

int info_start(void)
{
    struct info *i;
    int ret = info_find(&i);

    if (ret) {
        return ret;
    }
    i->active = 1; // expect: MISSING_LOCK
    return 0;
}
