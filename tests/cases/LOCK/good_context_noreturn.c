/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A path that never comes back owes no unlock. */
#include <pthread.h>
#include <stdlib.h>

int broken(void);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int steps;

static void *noreturn_path(void *arg)
{
    pthread_mutex_lock(&lock);
    if (broken()) {
        abort();
    }
    steps++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, noreturn_path, NULL);
    pthread_join(thread, NULL);
    return 0;
}
