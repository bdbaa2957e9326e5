/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Waiting on a condition gives the lock back: it has to be held. */
#include <pthread.h>
#include <stddef.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static int length;

static void *wait_after_unlock(void *arg)
{
    pthread_mutex_lock(&lock);
    length++;
    pthread_mutex_unlock(&lock);
    pthread_cond_wait(&filled, &lock); // expect: LOCK
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void *wait_other(void *arg)
{
    pthread_mutex_lock(&lock);
    while (length == 0) {
        pthread_cond_wait(&filled, &other); // expect: LOCK
        pthread_mutex_unlock(&other);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(void)
{
    pthread_t a, b;

    pthread_create(&a, NULL, wait_after_unlock, NULL);
    pthread_create(&b, NULL, wait_other, NULL);
    pthread_join(a, NULL);
    pthread_join(b, NULL);
    return 0;
}
