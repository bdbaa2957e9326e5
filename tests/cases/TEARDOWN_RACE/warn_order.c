/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Freed first, joined afterwards. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct map {
    unsigned long *bits;
    int n;
};

struct receiver {
    pthread_t thread;
    pthread_mutex_t lock;
    struct map map;
    char *buffer;
    bool quit;
};

static void *receive(void *opaque)
{
    struct receiver *r = opaque;

    while (!__atomic_load_n(&r->quit, __ATOMIC_ACQUIRE)) {
        pthread_mutex_lock(&r->lock);
        r->map.bits[0] |= 1;
        r->buffer[0] = 1;
        pthread_mutex_unlock(&r->lock);
    }
    return NULL;
}

bool receiver_start(struct receiver *r)
{
    r->buffer = malloc(100);
    r->map.bits = calloc(10, sizeof(long));
    pthread_mutex_init(&r->lock, NULL);
    return pthread_create(&r->thread, NULL, receive, r) == 0;
}

static void map_clear(struct map *m)
{
    free(m->bits);
}

/* a member */
void receiver_stop(struct receiver *r)
{
    __atomic_store_n(&r->quit, true, __ATOMIC_RELEASE);
    free(r->buffer); // expect: TEARDOWN_RACE
    pthread_join(r->thread, NULL);
}

/* a member of a member, by a helper */
void receiver_stop_map(struct receiver *r)
{
    __atomic_store_n(&r->quit, true, __ATOMIC_RELEASE);
    map_clear(&r->map); // expect: TEARDOWN_RACE
    pthread_join(r->thread, NULL);
}

/* its lock */
void receiver_stop_lock(struct receiver *r)
{
    __atomic_store_n(&r->quit, true, __ATOMIC_RELEASE);
    pthread_mutex_destroy(&r->lock); // expect: TEARDOWN_RACE
    pthread_join(r->thread, NULL);
}

/* all of it */
void receiver_reset(struct receiver *r)
{
    pthread_t thread = r->thread;

    __atomic_store_n(&r->quit, true, __ATOMIC_RELEASE);
    memset(r, 0, sizeof(*r)); // expect: TEARDOWN_RACE
    pthread_join(thread, NULL);
}

/* this is the order */
void receiver_stop_right(struct receiver *r)
{
    __atomic_store_n(&r->quit, true, __ATOMIC_RELEASE);
    pthread_join(r->thread, NULL);
    map_clear(&r->map);
    free(r->buffer);
    pthread_mutex_destroy(&r->lock);
    free(r);
}
