/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Only the early return remembers the lock. */
#include <pthread.h>

int stopping(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int rounds;

static void *late_return(void *arg)
{
    pthread_mutex_lock(&lock);
    if (stopping()) {
        pthread_mutex_unlock(&lock);
        return arg;
    }
    rounds++;
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, late_return, NULL);
    pthread_join(thread, NULL);
    return 0;
}
