/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Whether a thread has ended is asked of places, not of ways: where it may be
 * running it counts as running. */
#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t poller;
static long polled;

static void count(void)
{
    pthread_mutex_lock(&lock);
    polled++;
    pthread_mutex_unlock(&lock);
}

static void count_more(void)
{
    pthread_mutex_lock(&lock);
    polled += 2;
    pthread_mutex_unlock(&lock);
}

static void *poll_main(void *opaque)
{
    count();
    count_more();
    return opaque;
}

/* Both branches ask the same, so that the read comes after the join, and is
 * right; it is told all the same. */
int main(int argc, char **argv)
{
    int known = argc > 1;

    pthread_create(&poller, NULL, poll_main, argv);
    if (known) {
        pthread_join(poller, NULL);
    }
    if (known) {
        printf("%ld\n", polled); // expect: MISSING_LOCK
    }
    return 0;
}
