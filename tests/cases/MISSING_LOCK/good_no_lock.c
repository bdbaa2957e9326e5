/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * Variables that several threads touch without a lock of their own, though
 * never two at once.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* ---- one after the other ------------------------------------------------ */

static char *text;

static void *first_half(void *unused)
{
    text = malloc(8);
    return unused;
}

static void *second_half(void *unused)
{
    if (text) {
        text[0] = 'x';
    }
    return unused;
}

static void in_turns(void)
{
    pthread_t t;

    pthread_create(&t, NULL, first_half, NULL);
    pthread_join(t, NULL);
    pthread_create(&t, NULL, second_half, NULL);
    pthread_join(t, NULL);
}

/* ---- one at a time, in a loop ------------------------------------------- */

static int round_no;

static void *one_round(void *unused)
{
    round_no++;
    return unused;
}

static void rounds(void)
{
    for (int i = 0; i < 3; i++) {
        pthread_t t;

        pthread_create(&t, NULL, one_round, NULL);
        pthread_join(t, NULL);
    }
}

/* ---- a thread that waits for the thread that it starts ------------------ */

static int deep;

static void *inner(void *unused)
{
    deep = 2;
    return unused;
}

static void *outer(void *unused)
{
    pthread_t t;

    pthread_create(&t, NULL, inner, NULL);
    pthread_join(t, NULL);
    return unused;
}

static void nested(void)
{
    pthread_t t;

    deep = 1;
    pthread_create(&t, NULL, outer, NULL);
    pthread_join(t, NULL);
    deep = 3;
}

/* ---- the starter holds the lock for it ---------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int shared;

static void *taker(void *unused)
{
    pthread_mutex_lock(&lock);
    shared++;
    pthread_mutex_unlock(&lock);
    return unused;
}

static void *helper(void *unused)
{
    shared++;
    return unused;
}

static void by_proxy(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, taker, NULL);
    pthread_mutex_lock(&lock);
    pthread_create(&b, NULL, helper, NULL);
    pthread_join(b, NULL);
    pthread_mutex_unlock(&lock);
    pthread_join(a, NULL);
}

/* ---- what is no plain variable, or not the same one --------------------- */

static atomic_int ticks;
static volatile int stop;
static _Thread_local int mine;
static int slots[4];

static void note(int *slot, pthread_mutex_t *by)
{
    pthread_mutex_lock(by);
    *slot += 1;
    pthread_mutex_unlock(by);
}

static void *busy(void *arg)
{
    long i = (long)arg;
    int local = 0;

    note(&local, &lock);
    ticks++;
    mine++;
    slots[i]++;
    while (!stop) {
    }
    return NULL;
}

int main(void)
{
    pthread_t t[4];

    in_turns();
    rounds();
    nested();
    by_proxy();
    for (long i = 0; i < 4; i++) {
        pthread_create(&t[i], NULL, busy, (void *)i);
    }
    stop = 1;
    return 0;
}
