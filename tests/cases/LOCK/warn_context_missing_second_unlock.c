/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The first section is closed, the second is not. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int produced;
static int consumed;

static void *missing_second_unlock(void *arg)
{
    pthread_mutex_lock(&lock);
    produced++;
    pthread_mutex_unlock(&lock);

    pthread_mutex_lock(&lock);
    consumed++;
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, missing_second_unlock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
