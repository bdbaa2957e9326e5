/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Each turn takes the lock, none gives it back: the second turn hangs, and a
 * loop of one turn leaks. */
#include <pthread.h>

int more(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *lock_in_loop(void *arg)
{
    while (more()) {
        pthread_mutex_lock(&lock); // expect: LOCK
    }
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, lock_in_loop, NULL);
    pthread_join(thread, NULL);
    return 0;
}
