/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A comment beside the access says that it needs no lock, or seems to. */
#include <pthread.h>

struct idle {
    pthread_mutex_t lock;
    long since, total;
};

long idle_total(struct idle *i)
{
    long total;

    pthread_mutex_lock(&i->lock);
    total = i->total;
    if (i->since) {
        total -= i->since;
    }
    pthread_mutex_unlock(&i->lock);
    return total;
}

void idle_enter(struct idle *i, long now)
{
    pthread_mutex_lock(&i->lock);
    i->since = now;
    pthread_mutex_unlock(&i->lock);
}

void idle_leave(struct idle *i, long now)
{
    /* The thread that gets here is the one that sets it, always.  So it's
     * unnecessary to lock before it is looked at.
     */
    if (i->since == 0) { // expect-low: MISSING_LOCK
        return;
    }
    pthread_mutex_lock(&i->lock);
    i->total += now - i->since;
    i->since = 0;
    pthread_mutex_unlock(&i->lock);
}

void idle_leave_below(struct idle *i, long now)
{
    if (i->since == 0) { // expect-low: MISSING_LOCK
        // only this thread writes it, hence there is no
        // need to take the mutex
        return;
    }
    pthread_mutex_lock(&i->lock);
    i->total += now - i->since;
    i->since = 0;
    pthread_mutex_unlock(&i->lock);
}

void idle_leave_doubtful(struct idle *i, long now)
{
    /* FIXME: is it true that no lock is needed here? */
    if (i->since == 0) { // expect: MISSING_LOCK
        return;
    }
    pthread_mutex_lock(&i->lock);
    i->total += now - i->since;
    i->since = 0;
    pthread_mutex_unlock(&i->lock);
}

void idle_leave_needed(struct idle *i, long now)
{
    /* not yet: the lock is needed for what comes next */
    if (i->since == 0) { // expect: MISSING_LOCK
        return;
    }
    pthread_mutex_lock(&i->lock);
    i->total += now - i->since;
    i->since = 0;
    pthread_mutex_unlock(&i->lock);
}
