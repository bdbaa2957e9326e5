/* SPDX-License-Identifier: MIT */
// profile: pthread
/* A callee takes the lock, but only if this and that happens on the way down:
 * the more conditions, the less it is worth. */
#include <pthread.h>
#include <stdbool.h>

bool unusual(int n);

static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;
static int lines;

static void log_line(void)
{
    pthread_mutex_lock(&log_lock);
    lines++;
    pthread_mutex_unlock(&log_lock);
}

static void log_error(int n)
{
    if (unusual(n)) {
        log_line();
    }
}

static void check(int n)
{
    if (unusual(n + 1)) {
        log_error(n);
    }
}

void flush_always(void)
{
    pthread_mutex_lock(&log_lock);
    log_line(); // expect: LOCK
    lines = 0;
    pthread_mutex_unlock(&log_lock);
}

void flush_sometimes(void)
{
    pthread_mutex_lock(&log_lock);
    log_error(1); // expect: LOCK
    lines = 0;
    pthread_mutex_unlock(&log_lock);
}

void flush_hardly(void)
{
    pthread_mutex_lock(&log_lock);
    check(1); // expect-low: LOCK
    lines = 0;
    pthread_mutex_unlock(&log_lock);
}
