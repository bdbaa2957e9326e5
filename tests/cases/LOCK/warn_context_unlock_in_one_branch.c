/* SPDX-License-Identifier: MIT */
// profile: pthread
/* One branch gives the lock back, then the paths meet. */
#include <pthread.h>

int stopping(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int rounds;

static void *unlock_in_one_branch(void *arg)
{
    pthread_mutex_lock(&lock);
    rounds++;
    if (stopping()) {
        pthread_mutex_unlock(&lock);
    }
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, unlock_in_one_branch, NULL);
    pthread_join(thread, NULL);
    return 0;
}
