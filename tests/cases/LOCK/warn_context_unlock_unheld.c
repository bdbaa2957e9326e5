/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Nobody had taken what is given back. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *unlock_unheld(void *arg)
{
    pthread_mutex_unlock(&lock); // expect: LOCK
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, unlock_unheld, NULL);
    pthread_join(thread, NULL);
    return 0;
}
