/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Tested under the lock, acted upon under the lock, but not the same time. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

struct buffer {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    char *data;
    int users;
    int limit;
    int total;
    bool running;
};

void log_something(void);

/* two threads may both find it missing */
char *buffer_data(struct buffer *b)
{
    char *data;

    pthread_mutex_lock(&b->lock);
    if (!b->data) {
        pthread_mutex_unlock(&b->lock);
        data = malloc(4096);
        pthread_mutex_lock(&b->lock);
        b->data = data; // expect: STALE_CHECK
    }
    data = b->data;
    pthread_mutex_unlock(&b->lock);
    return data;
}

void buffer_replace(struct buffer *b, char *data)
{
    pthread_mutex_lock(&b->lock);
    free(b->data);
    b->data = data;
    pthread_mutex_unlock(&b->lock);
}

/* the limit may be reached meanwhile */
bool buffer_join(struct buffer *b)
{
    pthread_mutex_lock(&b->lock);
    if (b->users >= b->limit) {
        pthread_mutex_unlock(&b->lock);
        return false;
    }
    pthread_mutex_unlock(&b->lock);
    log_something();
    pthread_mutex_lock(&b->lock);
    b->users++; // expect: STALE_CHECK
    pthread_mutex_unlock(&b->lock);
    return true;
}

void buffer_leave(struct buffer *b)
{
    pthread_mutex_lock(&b->lock);
    b->users--;
    pthread_mutex_unlock(&b->lock);
}

/* what others add between the two sections is lost */
void buffer_add(struct buffer *b)
{
    int total;

    pthread_mutex_lock(&b->lock);
    total = b->total;
    pthread_mutex_unlock(&b->lock);
    log_something();
    pthread_mutex_lock(&b->lock);
    b->total = total + 1; // expect: STALE_CHECK
    pthread_mutex_unlock(&b->lock);
}

void buffer_reset(struct buffer *b)
{
    pthread_mutex_lock(&b->lock);
    b->total = 0;
    pthread_mutex_unlock(&b->lock);
}

/* the same through a local that remembers the test, and a helper that gives
 * the lock back */
static void breathe(struct buffer *b)
{
    pthread_mutex_unlock(&b->lock);
    log_something();
    pthread_mutex_lock(&b->lock);
}

void buffer_stop(struct buffer *b)
{
    bool was_running;

    pthread_mutex_lock(&b->lock);
    was_running = b->running;
    breathe(b);
    if (was_running) {
        b->running = false; // expect: STALE_CHECK
    }
    pthread_mutex_unlock(&b->lock);
}

void buffer_start(struct buffer *b)
{
    pthread_mutex_lock(&b->lock);
    b->running = true;
    pthread_mutex_unlock(&b->lock);
}
