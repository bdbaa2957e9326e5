/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The lock is held except for a gap in each turn, where the loop may end. */
#include <pthread.h>

int work(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int turns;

static void *gap_in_loop(void *arg)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        turns++;
        pthread_mutex_unlock(&lock);
        if (work()) {
            break;
        }
        pthread_mutex_lock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, gap_in_loop, NULL);
    pthread_join(thread, NULL);
    return 0;
}
