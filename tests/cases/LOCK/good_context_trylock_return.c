/* SPDX-License-Identifier: MIT */
// profile: pthread
/* trylock answers 0 when it succeeds: the early return holds nothing. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int lucky;

static void *try_or_return(void *arg)
{
    if (pthread_mutex_trylock(&lock)) {
        return arg;
    }
    lucky++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, try_or_return, NULL);
    pthread_join(thread, NULL);
    return 0;
}
