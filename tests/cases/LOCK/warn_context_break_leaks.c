/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The loop may end in the middle of a section. */
#include <pthread.h>

int more(void);
int stopping(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int turns;

static void *break_leaks(void *arg)
{
    while (more()) {
        pthread_mutex_lock(&lock);
        if (stopping()) {
            break;
        }
        turns++;
        pthread_mutex_unlock(&lock);
    }
    return NULL; // expect: LOCK
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, break_leaks, NULL);
    pthread_join(thread, NULL);
    return 0;
}
