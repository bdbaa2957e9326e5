/* SPDX-License-Identifier: MIT */
// profile: pthread
/* An attribute, but not the one that makes it recursive. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stddef.h>

struct Box {
    pthread_mutex_t lock;
    int value;
};

void box_init(struct Box *b)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_ERRORCHECK);
    pthread_mutex_init(&b->lock, &attr);
    pthread_mutexattr_destroy(&attr);
}

void box_twice(struct Box *b)
{
    pthread_mutex_lock(&b->lock);
    pthread_mutex_lock(&b->lock); // expect: LOCK
    b->value++;
    pthread_mutex_unlock(&b->lock);
}
