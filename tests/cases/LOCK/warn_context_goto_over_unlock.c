/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The jump leaves the unlock out. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int jumps;

static void *goto_over_unlock(void *arg)
{
    pthread_mutex_lock(&lock);
    jumps++;
    goto out;
    pthread_mutex_unlock(&lock);
out:
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_over_unlock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
