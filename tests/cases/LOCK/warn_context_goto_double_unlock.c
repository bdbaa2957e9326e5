/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Without the jump, the label is reached with the lock already given back. */
#include <pthread.h>

int failed(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int steps;

static void *goto_double_unlock(void *arg)
{
    pthread_mutex_lock(&lock);
    if (failed()) {
        goto out;
    }
    steps++;
    pthread_mutex_unlock(&lock);
out:
    pthread_mutex_unlock(&lock); // expect: LOCK
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_double_unlock, NULL);
    pthread_join(thread, NULL);
    return 0;
}
