/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Each turn gives back what no turn took. */
#include <pthread.h>

int more(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *unlock_in_loop(void *arg)
{
    while (more()) {
        pthread_mutex_unlock(&lock); // expect: LOCK
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, unlock_in_loop, NULL);
    pthread_join(thread, NULL);
    return 0;
}
