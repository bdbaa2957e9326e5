/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The pointer is taken away before the thread that follows it has ended. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

struct tap {
    int level;
};

struct log {
    pthread_t thread;
    pthread_mutex_t lock;
    bool quit;
    char *buffer;
    struct tap *tap;
    FILE *file;
    char *locked;
};

static void *log_run(void *opaque)
{
    struct log *l = opaque;

    while (!__atomic_load_n(&l->quit, __ATOMIC_ACQUIRE)) {
        l->buffer[0]++;
        l->tap->level++;
        fputs("x", l->file);
        pthread_mutex_lock(&l->lock);
        if (l->locked) {
            l->locked[0]++;
        }
        pthread_mutex_unlock(&l->lock);
    }
    return NULL;
}

bool log_start(struct log *l)
{
    pthread_mutex_init(&l->lock, NULL);
    l->buffer = malloc(10);
    l->locked = malloc(10);
    return pthread_create(&l->thread, NULL, log_run, l) == 0;
}

void log_stop(struct log *l)
{
    char *buffer = l->buffer;

    __atomic_store_n(&l->quit, true, __ATOMIC_RELEASE);
    l->buffer = NULL; // expect: TEARDOWN_RACE
    l->tap = NULL; // expect: TEARDOWN_RACE
    l->file = NULL; // expect: TEARDOWN_RACE
    pthread_join(l->thread, NULL);
    free(buffer);
}

/* one finding for both */
void log_stop_free(struct log *l)
{
    __atomic_store_n(&l->quit, true, __ATOMIC_RELEASE);
    free(l->buffer); // expect: TEARDOWN_RACE
    l->buffer = NULL;
    pthread_join(l->thread, NULL);
}

/* under the lock that the thread takes, too */
void log_stop_locked(struct log *l)
{
    char *locked;

    __atomic_store_n(&l->quit, true, __ATOMIC_RELEASE);
    pthread_mutex_lock(&l->lock);
    locked = l->locked;
    l->locked = NULL; // expect-low: TEARDOWN_RACE
    pthread_mutex_unlock(&l->lock);
    pthread_join(l->thread, NULL);
    free(locked);
}

void log_stop_right(struct log *l)
{
    __atomic_store_n(&l->quit, true, __ATOMIC_RELEASE);
    pthread_join(l->thread, NULL);
    free(l->buffer);
    l->buffer = NULL;
    l->tap = NULL;
    l->file = NULL;
}
