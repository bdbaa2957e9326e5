/* SPDX-License-Identifier: MIT */
// profile: pthread
/* The same lock is taken again after it was given back. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int produced;
static int consumed;

static void *two_sections(void *arg)
{
    pthread_mutex_lock(&lock);
    produced++;
    pthread_mutex_unlock(&lock);

    pthread_mutex_lock(&lock);
    consumed++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, two_sections, NULL);
    pthread_join(thread, NULL);
    return 0;
}
