/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Both the early return and the late one give the lock back. */
#include <pthread.h>

int stopping(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int rounds;

static void *early_return(void *arg)
{
    pthread_mutex_lock(&lock);
    if (stopping()) {
        pthread_mutex_unlock(&lock);
        return arg;
    }
    rounds++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, early_return, NULL);
    pthread_join(thread, NULL);
    return 0;
}
