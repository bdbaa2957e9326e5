/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Beside a recursive mutex, one that is not. */
#define _GNU_SOURCE
#include <pthread.h>

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t other = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

void twice(void)
{
    pthread_mutex_lock(&other);
    pthread_mutex_lock(&other);
    pthread_mutex_lock(&plain);
    pthread_mutex_lock(&plain); // expect: LOCK
    pthread_mutex_unlock(&plain);
    pthread_mutex_unlock(&plain);
    pthread_mutex_unlock(&other);
    pthread_mutex_unlock(&other);
}
