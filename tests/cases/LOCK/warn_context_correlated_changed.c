/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The condition changes between the lock and the unlock. */
#include <pthread.h>

int shared(void);
void copy(int value);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *correlated_changed(void *arg)
{
    int need_lock = shared();

    if (need_lock) {
        pthread_mutex_lock(&lock);
    }
    copy(1);
    need_lock = shared();
    if (need_lock) {
        pthread_mutex_unlock(&lock); // expect: LOCK
    }
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, correlated_changed, NULL);
    pthread_join(thread, NULL);
    return 0;
}
