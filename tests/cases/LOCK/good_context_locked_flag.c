/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A local remembers whether the lock was taken. */
#include <pthread.h>
#include <stdbool.h>

int shared(void);
int failed(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *locked_flag(void *arg)
{
    bool locked = false;

    if (failed()) {
        goto out;
    }
    if (shared()) {
        pthread_mutex_lock(&lock);
        locked = true;
    }
    if (failed()) {
        goto out;
    }
out:
    if (locked) {
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, locked_flag, NULL);
    pthread_join(thread, NULL);
    return 0;
}
