/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A flag in an object says whether the lock was taken, round a loop as well;
 * and a callee that locks for itself gives back its own only. */
#include <pthread.h>

struct walk {
    pthread_mutex_t *lock;
    int locked, n;
};

static void enter(struct walk *w, int wanted)
{
    w->locked = 0;
    if (wanted) {
        pthread_mutex_lock(w->lock);
        w->locked = 1;
    }
}

static void leave(struct walk *w)
{
    if (w->locked) {
        pthread_mutex_unlock(w->lock);
    }
}

void walk_all(struct walk *w, int wanted)
{
    for (int i = 0; i < w->n; i++) {
        w->locked = 0;
        if (wanted) {
            pthread_mutex_lock(w->lock);
            w->locked = 1;
        }
        if (w->locked) {
            pthread_mutex_unlock(w->lock);
        }
    }
}

void walk_once(struct walk *w, int wanted)
{
    enter(w, wanted);
    leave(w);
}
