/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Waiting on a condition drops the lock and takes it again. */
#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int length;

static void *wait_for_item(void *arg)
{
    pthread_mutex_lock(&lock);
    while (length == 0) {
        pthread_cond_wait(&filled, &lock);
    }
    length--;
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t thread;

    pthread_create(&thread, NULL, wait_for_item, NULL);
    pthread_mutex_lock(&lock);
    length++;
    pthread_cond_signal(&filled);
    pthread_mutex_unlock(&lock);
    pthread_join(thread, NULL);
    return 0;
}
