#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every way in which a thread is started is found, also through a wrapper and
# through a function that all threads start in; how many there can be is told.
. "${0%/*}/../lib.sh"

mkdir -p p/src
cat >p/src/main.c <<'END'
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct thread {
    pthread_t handle;
    void *(*fn)(void *);
    void *opaque;
};

static pthread_t once_handle, workers[4];

static void *once(void *p) { return p; }
static void *worker(void *p) { return p; }
static void *again(void *p) { return p; }
static void *wrapped(void *p) { return p; }
static void *by_object(void *p) { return p; }
static void on_signal(int n) { (void)n; }

static void start(void *(*fn)(void *), void *p)
{
    pthread_t t;

    pthread_create(&t, NULL, fn, p);
}

static void *trampoline(void *p)
{
    struct thread *t = p;

    return t->fn(t->opaque);
}

static struct thread *thread_new(void *(*fn)(void *), void *opaque)
{
    struct thread *t = calloc(1, sizeof(*t));

    t->fn = fn;
    t->opaque = opaque;
    pthread_create(&t->handle, NULL, trampoline, t);
    return t;
}

void anybody_may_call(void)
{
    pthread_t t;

    pthread_create(&t, NULL, again, NULL);
}

int main(void)
{
    int i;

    signal(SIGTERM, on_signal);
    pthread_create(&once_handle, NULL, once, NULL);
    for (i = 0; i < 4; i++) {
        pthread_create(&workers[i], NULL, worker, NULL);
    }
    start(wrapped, NULL);
    thread_new(by_object, NULL);
    for (i = 0; i < 4; i++) {
        pthread_join(workers[i], NULL);
    }
    return pthread_join(once_handle, NULL);
}
END
database p
hf roles -p p -P pthread
exits 0
has out "main: unique, as declared"
has out "once: unique, started once"
has out "worker: many, started in a loop"
has out "again: many, what starts it may run again"
has out "wrapped: unique, started once"
has out "by_object: unique, started once"
has out "enters on_signal"
has out "started in main at main.c:56:5, given 0, handle once_handle"
has out "started in main at main.c:58:9, given 0, handle workers[]"
has out "joined in main at main.c:63:9, handle workers[]"
has out "joined in main at main.c:65:12, handle once_handle"
