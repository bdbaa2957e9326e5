/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The count is right, the lock is not: one is taken, another given back. */
#include <pthread.h>

static pthread_mutex_t reader_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t writer_lock = PTHREAD_MUTEX_INITIALIZER;
static int items;

static void *other_lock(void *arg)
{
    pthread_mutex_lock(&reader_lock);
    items++;
    pthread_mutex_unlock(&writer_lock); // expect: LOCK
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, other_lock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
