/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Taken under the condition, given back under its opposite. */
#include <pthread.h>

void copy(int value);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *correlated_opposite(void *arg)
{
    int need_lock = arg != NULL;

    if (need_lock) {
        pthread_mutex_lock(&lock);
    }
    copy(1);
    if (!need_lock) {
        pthread_mutex_unlock(&lock); // expect: LOCK
    }
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, correlated_opposite, NULL);
    pthread_join(thread, NULL);
    return 0;
}
