/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Taken and given back under one condition that does not change. */
#include <pthread.h>

void copy(int value);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void copy_maybe_locked(int value, int need_lock)
{
    if (need_lock) {
        pthread_mutex_lock(&lock);
    }
    copy(value);
    if (need_lock) {
        pthread_mutex_unlock(&lock);
    }
}

static void *correlated(void *arg)
{
    copy_maybe_locked(1, arg != NULL);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, correlated, NULL);
    pthread_join(thread, NULL);
    return 0;
}
