/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The label is reached by the jump alone; each exit unlocks for itself. */
#include <pthread.h>

int failed(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int steps;
static int failures;

static void *goto_second_exit(void *arg)
{
    pthread_mutex_lock(&lock);
    if (failed()) {
        goto fail;
    }
    steps++;
    pthread_mutex_unlock(&lock);
    return NULL;

fail:
    failures++;
    pthread_mutex_unlock(&lock);
    return arg;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_second_exit, NULL);
    pthread_join(thread, NULL);
    return 0;
}
