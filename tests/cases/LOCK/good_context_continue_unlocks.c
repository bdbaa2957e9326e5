/* SPDX-License-Identifier: MIT */
// profile: pthread
/* `continue` gives the lock back before the next turn takes it. */
#include <pthread.h>

int next(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int sum;

static void *continue_unlocks(void *arg)
{
    int value;

    while ((value = next()) != 0) {
        pthread_mutex_lock(&lock);
        if (value < 0) {
            pthread_mutex_unlock(&lock);
            continue;
        }
        sum += value;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, continue_unlocks, NULL);
    pthread_join(thread, NULL);
    return 0;
}
