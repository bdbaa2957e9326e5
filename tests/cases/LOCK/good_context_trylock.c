/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Given back exactly where trylock succeeded. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int lucky;

static void *try_section(void *arg)
{
    if (pthread_mutex_trylock(&lock) == 0) {
        lucky++;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, try_section, NULL);
    pthread_join(thread, NULL);
    return 0;
}
