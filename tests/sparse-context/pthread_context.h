/* SPDX-License-Identifier: MIT */
/*
 * pthread_context.h - pthread mutexes as sparse 0.6.4 counts them.
 *
 * Included before each case (-include) by ./compare: sparse knows no pthread,
 * so the calls become functions with its context attribute, which adds to one
 * count whatever the lock is.
 */
#ifndef PTHREAD_CONTEXT_H
#define PTHREAD_CONTEXT_H

#include <pthread.h>

int context_lock(pthread_mutex_t *mutex) __attribute__((context(0, 1)));
int context_unlock(pthread_mutex_t *mutex) __attribute__((context(1, 0)));
int context_try(pthread_mutex_t *mutex);

#define pthread_mutex_lock(mutex) context_lock(mutex)
#define pthread_mutex_unlock(mutex) context_unlock(mutex)
#define pthread_mutex_trylock(mutex) \
    (context_try(mutex) ? ({ __context__(1); 0; }) : 1)

#endif
