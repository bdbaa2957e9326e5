/* SPDX-License-Identifier: MIT */
// profile: pthread
/* As with inline helpers, but a real call lies in between. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int length;

static void take(void)
{
    pthread_mutex_lock(&lock);
}

static void give(void)
{
    pthread_mutex_unlock(&lock);
}

static void *plain_helpers(void *arg)
{
    take();
    length++;
    give();
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, plain_helpers, NULL);
    pthread_join(thread, NULL);
    return 0;
}
