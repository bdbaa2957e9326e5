/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Two locks are taken, only the inner one is given back. */
#include <pthread.h>

static pthread_mutex_t outer = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t inner = PTHREAD_MUTEX_INITIALIZER;
static int items;

static void *missing_outer_unlock(void *arg)
{
    pthread_mutex_lock(&outer);
    pthread_mutex_lock(&inner);
    items++;
    pthread_mutex_unlock(&inner);
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, missing_outer_unlock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
