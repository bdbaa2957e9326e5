/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Two threads, and only one of them takes care. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct stats {
    unsigned long packets;
    unsigned long *dirty;
    bool stop;
    int level;
};

static struct stats stats;

void receive(void);

/* an increment of the other thread is lost */
static void *receiver(void *opaque)
{
    struct stats *s = opaque;

    while (!__atomic_load_n(&s->stop, __ATOMIC_ACQUIRE)) {
        receive();
        __atomic_fetch_add(&s->packets, 1, __ATOMIC_RELAXED);
        __atomic_fetch_or(&s->dirty[1], 2, __ATOMIC_RELAXED);
        __atomic_store_n(&s->level, 3, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void count_own(struct stats *s)
{
    s->packets += 10; // expect: MIXED_ATOMIC
}

/* a bit set between the two lines is lost */
static unsigned long take_dirty(struct stats *s)
{
    unsigned long bits = s->dirty[1];

    s->dirty[1] = 0; // expect: MIXED_ATOMIC
    return bits;
}

static void wait_level(struct stats *s)
{
    while (s->level != 3) { // expect: MIXED_ATOMIC
    }
}

int main(void)
{
    pthread_t thread;

    stats.packets = 0;
    stats.dirty = calloc(4, sizeof(*stats.dirty));
    pthread_create(&thread, NULL, receiver, &stats);
    count_own(&stats);
    wait_level(&stats);
    take_dirty(&stats);
    __atomic_store_n(&stats.stop, true, __ATOMIC_RELEASE);
    pthread_join(thread, NULL);
    return stats.packets > 100; /* nobody else is left */
}
