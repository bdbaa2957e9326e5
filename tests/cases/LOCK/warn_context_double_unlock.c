/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Taken once, given back twice. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int items;

static void *double_unlock(void *arg)
{
    pthread_mutex_lock(&lock);
    items++;
    pthread_mutex_unlock(&lock);
    pthread_mutex_unlock(&lock); // expect: LOCK
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, double_unlock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
