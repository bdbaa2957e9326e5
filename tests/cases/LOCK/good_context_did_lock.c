/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A helper that answers whether it took the lock. */
#include <pthread.h>
#include <stdbool.h>

int shared(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool lock_if_shared(void)
{
    if (!shared()) {
        return false;
    }
    pthread_mutex_lock(&lock);
    return true;
}

static void *did_lock(void *arg)
{
    if (lock_if_shared()) {
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, did_lock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
