/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Nothing leaves the endless loop but the branch that unlocks. */
#include <pthread.h>

int stopping(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int spins;

static void *unlock_before_break(void *arg)
{
    pthread_mutex_lock(&lock);
    for (;;) {
        spins++;
        if (stopping()) {
            pthread_mutex_unlock(&lock);
            break;
        }
    }
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, unlock_before_break, NULL);
    pthread_join(thread, NULL);
    return 0;
}
