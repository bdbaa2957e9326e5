/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The thread ends and keeps the lock. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int items;

static void *missing_unlock(void *arg)
{
    pthread_mutex_lock(&lock);
    items++;
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, missing_unlock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
