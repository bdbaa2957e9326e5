/* SPDX-License-Identifier: MIT */
// profile: pthread
/* What an argument says decides what the callee does to the lock. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct dev {
    pthread_mutex_t lock;
    pthread_mutex_t other;
    int n;
    int m;
};

enum mode { PAUSE, RESUME, FLUSH };

void work(struct dev *d);

/* one switch for both */
static void threads(struct dev *d, enum mode m)
{
    switch (m) {
    case PAUSE:
        pthread_mutex_lock(&d->lock);
        d->n = 1;
        break;
    case RESUME:
        d->n = 0;
        pthread_mutex_unlock(&d->lock);
        break;
    default:
        break;
    }
}

void around(struct dev *d)
{
    threads(d, PAUSE);
    d->m++;
    threads(d, RESUME);
}

/* the caller says whether it holds the lock */
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

int count_inside(struct dev *d)
{
    int n;

    pthread_mutex_lock(&d->lock);
    d->m = 2;
    n = count(d, true);
    pthread_mutex_unlock(&d->lock);
    return n;
}

/* through a function that hands the argument on */
static int count_via(struct dev *d, int flags)
{
    return count(d, flags & 1);
}

int count_inside_via(struct dev *d)
{
    int n;

    pthread_mutex_lock(&d->lock);
    n = count_via(d, 1);
    pthread_mutex_unlock(&d->lock);
    return n;
}

int count_outside_via(struct dev *d)
{
    return count_via(d, 2);
}

/* kept or given back on request */
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
    done(d, true);
    d->n++;
    done(d, false);
}

/* null stands for: no lock */
static void maybe_lock(pthread_mutex_t *lock)
{
    if (lock) {
        pthread_mutex_lock(lock);
    }
}

static void maybe_unlock(pthread_mutex_t *lock)
{
    if (lock) {
        pthread_mutex_unlock(lock);
    }
}

void run_plain(struct dev *d)
{
    pthread_mutex_lock(&d->other);
    maybe_lock(NULL);
    work(d);
    maybe_unlock(NULL);
    pthread_mutex_unlock(&d->other);
}

void run_locked(struct dev *d)
{
    maybe_lock(&d->other);
    work(d);
    maybe_unlock(&d->other);
}
