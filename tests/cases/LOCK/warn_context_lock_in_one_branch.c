/* SPDX-License-Identifier: MIT */
// profile: pthread
/* One branch takes the lock, both give it back. */
#include <pthread.h>

int shared(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *lock_in_one_branch(void *arg)
{
    if (shared()) {
        pthread_mutex_lock(&lock);
    }
    pthread_mutex_unlock(&lock); // expect: LOCK
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, lock_in_one_branch, NULL);
    pthread_join(thread, NULL);
    return 0;
}
