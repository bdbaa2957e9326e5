/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Given back also where trylock failed. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int lucky;

static void *trylock_unlock_outside(void *arg)
{
    if (pthread_mutex_trylock(&lock) == 0) {
        lucky++;
    }
    pthread_mutex_unlock(&lock); // expect: LOCK
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, trylock_unlock_outside, NULL);
    pthread_join(thread, NULL);
    return 0;
}
