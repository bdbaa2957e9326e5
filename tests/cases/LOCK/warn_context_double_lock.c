/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Taken twice by one thread: it waits for itself. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int items;

static void *double_lock(void *arg)
{
    pthread_mutex_lock(&lock);
    items++;
    pthread_mutex_lock(&lock); // expect: LOCK
    items++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, double_lock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
