/* SPDX-License-Identifier: MIT */
// profile: pthread
/* One section, entered and left. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int items;

static void *pair(void *arg)
{
    pthread_mutex_lock(&lock);
    items++;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, pair, NULL);
    pthread_join(thread, NULL);
    return 0;
}
