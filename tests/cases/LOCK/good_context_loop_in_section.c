/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A loop inside the section leaves the lock alone. */
#include <pthread.h>

int poll_device(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int polls;

static void *loop_in_section(void *arg)
{
    pthread_mutex_lock(&lock);
    while (poll_device()) {
        polls++;
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, loop_in_section, NULL);
    pthread_join(thread, NULL);
    return 0;
}
