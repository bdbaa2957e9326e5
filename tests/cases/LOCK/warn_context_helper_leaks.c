/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The helper keeps the lock on its error path and does not say so. */
#include <pthread.h>

int failed(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int steps;

static void step(void)
{
    pthread_mutex_lock(&lock);
    if (failed()) {
        return; // expect: LOCK
    }
    steps++;
    pthread_mutex_unlock(&lock);
}

static void *helper_leaks(void *arg)
{
    step();
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, helper_leaks, NULL);
    pthread_join(thread, NULL);
    return 0;
}
