/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A jump back to the top gives the lock back first. */
#include <pthread.h>

int ready(void);
void pause_a_little(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int tries;

static void *goto_retry(void *arg)
{
again:
    pthread_mutex_lock(&lock);
    tries++;
    if (!ready()) {
        pthread_mutex_unlock(&lock);
        pause_a_little();
        goto again;
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, goto_retry, NULL);
    pthread_join(thread, NULL);
    return 0;
}
