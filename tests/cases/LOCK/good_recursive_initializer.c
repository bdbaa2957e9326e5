/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A mutex may be made recursive where it is defined. */
#define _GNU_SOURCE
#include <pthread.h>

static pthread_mutex_t outer = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static int n; static pthread_mutex_t wrapped =
    PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

int depth(int n)
{
    int below = 0;

    pthread_mutex_lock(&outer);
    pthread_mutex_lock(&outer);
    if (n > 0) {
        below = depth(n - 1);
    }
    pthread_mutex_unlock(&outer);
    pthread_mutex_unlock(&outer);
    return below + 1;
}

void twice(void)
{
    pthread_mutex_lock(&wrapped);
    pthread_mutex_lock(&wrapped);
    n++;
    pthread_mutex_unlock(&wrapped);
    pthread_mutex_unlock(&wrapped);
}
