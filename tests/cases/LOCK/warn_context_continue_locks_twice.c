/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The continued turn still holds the lock that the next one takes; when there
 * is no next one, it leaks. */
#include <pthread.h>

int next(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int sum;

static void *continue_locks_twice(void *arg)
{
    int value;

    while ((value = next()) != 0) {
        pthread_mutex_lock(&lock); // expect: LOCK
        if (value < 0) {
            continue;
        }
        sum += value;
        pthread_mutex_unlock(&lock);
    }
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, continue_locks_twice, NULL);
    pthread_join(thread, NULL);
    return 0;
}
