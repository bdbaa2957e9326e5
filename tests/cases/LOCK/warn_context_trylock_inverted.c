/* SPDX-License-Identifier: MIT */
// profile: pthread
/* trylock answers 0 when it succeeds; read the other way round, the lock leaks
 * when it was taken and is given back when it was not. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *trylock_inverted(void *arg)
{
    if (pthread_mutex_trylock(&lock)) {
        pthread_mutex_unlock(&lock); // expect: LOCK
    }
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, trylock_inverted, NULL);
    pthread_join(thread, NULL);
    return 0;
}
