/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Listeners are called with the lock held that one of them takes. */
#include <pthread.h>

struct bus;
typedef void (*listener)(struct bus *b, int event);

struct bus {
    pthread_mutex_t lock;
    int n;
    listener listeners[8];
};

static void bus_listen(struct bus *b, listener l)
{
    pthread_mutex_lock(&b->lock);
    if (b->n < 8) {
        b->listeners[b->n++] = l;
    }
    pthread_mutex_unlock(&b->lock);
}

static int seen;

static void counts(struct bus *b, int event)
{
    (void)b;
    __atomic_fetch_add(&seen, event, __ATOMIC_RELAXED);
}

static void joins_in(struct bus *b, int event)
{
    if (event == 1) {
        bus_listen(b, counts);
    }
}

void bus_emit(struct bus *b, int event)
{
    pthread_mutex_lock(&b->lock);
    for (int i = 0; i < b->n; i++) {
        b->listeners[i](b, event); // expect: LOCK
    }
    pthread_mutex_unlock(&b->lock);
}

/* A copy, and no lock. */
void bus_emit_right(struct bus *b, int event)
{
    listener all[8];
    int n;

    pthread_mutex_lock(&b->lock);
    n = b->n;
    for (int i = 0; i < n; i++) {
        all[i] = b->listeners[i];
    }
    pthread_mutex_unlock(&b->lock);
    for (int i = 0; i < n; i++) {
        all[i](b, event);
    }
}

void bus_setup(struct bus *b)
{
    bus_listen(b, counts);
    bus_listen(b, joins_in);
}
