/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A jump straight to the unlock. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int jumps;

static void *goto_unlock(void *arg)
{
    pthread_mutex_lock(&lock);
    jumps++;
    goto out;
out:
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_unlock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
