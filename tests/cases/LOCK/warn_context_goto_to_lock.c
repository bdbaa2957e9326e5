/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The jump leaves the unlock out and lands before another lock. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int jumps;

static void *goto_to_lock(void *arg)
{
    pthread_mutex_lock(&lock);
    goto again;
    pthread_mutex_unlock(&lock);
again:
    pthread_mutex_lock(&lock); // expect: LOCK
    jumps++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_to_lock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
