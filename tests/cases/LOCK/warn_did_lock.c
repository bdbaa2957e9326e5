/* SPDX-License-Identifier: MIT */
// profile: pthread
/* "Did I lock?", and nobody listens. */
#include <pthread.h>
#include <stdbool.h>

struct dev {
    pthread_mutex_t lock;
    int open;
    int n;
};

void work(struct dev *d);

static int enter_out(struct dev *d, bool *locked)
{
    *locked = false;
    if (d->open < 0) {
        return -1;
    }
    if (d->open) {
        pthread_mutex_lock(&d->lock);
        *locked = true;
    }
    return 0;
}

int by_out(struct dev *d)
{
    bool locked;
    int ret = enter_out(d, &locked);

    if (d->n > 4) {
        return -2; // expect: LOCK
    }
    work(d);
    if (locked) {
        pthread_mutex_unlock(&d->lock);
    }
    return ret;
}

struct guard {
    struct dev *d;
    bool locked;
};

static void guard_enter(struct guard *g, struct dev *d)
{
    g->d = d;
    g->locked = false;
    if (d->open) {
        pthread_mutex_lock(&d->lock);
        g->locked = true;
    }
}

void by_member(struct dev *d)
{
    struct guard g;

    guard_enter(&g, d);
    work(d);
    if (g.locked) {
        pthread_mutex_unlock(&d->lock);
        pthread_mutex_unlock(&d->lock); // expect: LOCK
    }
}
