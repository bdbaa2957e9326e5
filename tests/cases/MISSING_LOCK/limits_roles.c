/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A thread whose start cannot be told from its end: it counts as running. */
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

/* Joined on one way only; on the other it runs on, and the read is wrong: the
 * lock's own words do not tell which. */
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
