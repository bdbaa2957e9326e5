/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The argument says what the callee does, and it is the wrong one. */
#include <pthread.h>
#include <stdbool.h>

struct dev {
    pthread_mutex_t lock;
    int n;
    int m;
};

static int count(struct dev *d, bool locked)
{
    int n;

    if (!locked) {
        pthread_mutex_lock(&d->lock);
    }
    n = d->n;
    if (!locked) {
        pthread_mutex_unlock(&d->lock);
    }
    return n;
}

int count_outside(struct dev *d)
{
    return count(d, false);
}

int count_again(struct dev *d)
{
    return count(d, false) + 1;
}

int count_inside(struct dev *d)
{
    int n;

    pthread_mutex_lock(&d->lock);
    n = count(d, false); // expect: LOCK
    pthread_mutex_unlock(&d->lock);
    return n;
}

static void done(struct dev *d, bool keep)
{
    d->m = 0;
    if (keep) {
        return;
    }
    pthread_mutex_unlock(&d->lock);
}

void finish(struct dev *d)
{
    pthread_mutex_lock(&d->lock);
    done(d, false);
    pthread_mutex_unlock(&d->lock); // expect: LOCK
}

int begin(struct dev *d)
{
    pthread_mutex_lock(&d->lock);
    done(d, true);
    if (d->n > 3) {
        return 1; // expect: LOCK
    }
    pthread_mutex_unlock(&d->lock);
    return 0;
}
