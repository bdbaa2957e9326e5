/* SPDX-License-Identifier: MIT */
// profile: pthread
/* One wait that several callers reach under one lock: told once, with all the
 * places (every one counts as told here). */
#include <pthread.h>

struct conn {
    pthread_mutex_t out;
    pthread_t sender;
    int n;
};

static void *send_all(void *opaque)
{
    struct conn *c = opaque;

    pthread_mutex_lock(&c->out);
    c->n = 0;
    pthread_mutex_unlock(&c->out);
    return 0;
}

void conn_start(struct conn *c)
{
    pthread_create(&c->sender, 0, send_all, c);
}

static void conn_close(struct conn *c)
{
    pthread_join(c->sender, 0);
}

void conn_write(struct conn *c)
{
    pthread_mutex_lock(&c->out);
    if (++c->n > 3) {
        conn_close(c); // expect: WAIT_UNDER_LOCK
    }
    pthread_mutex_unlock(&c->out);
}

void conn_flush(struct conn *c)
{
    pthread_mutex_lock(&c->out);
    conn_close(c); // expect: WAIT_UNDER_LOCK
    pthread_mutex_unlock(&c->out);
}
