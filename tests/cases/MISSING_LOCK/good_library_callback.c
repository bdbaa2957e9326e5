/* SPDX-License-Identifier: MIT */
// profile: pthread
/*
 * A library that is not thread-safe: every call into it is made with the lock
 * held, so that what it calls back has it, too.
 */
#include <pthread.h>

struct conn;
struct conn *conn_new(void);
int conn_service(struct conn *c);
int conn_read(struct conn *c, void (*done)(int status, void *opaque),
              void *opaque);
int conn_write(struct conn *c, void (*done)(int status, void *opaque),
               void *opaque);

struct disk {
    pthread_mutex_t lock;
    struct conn *conn;
    int timed_out;
};

static void disk_done(int status, void *opaque)
{
    struct disk *d = opaque;

    if (status == 7) {
        d->timed_out = 1;
    }
}

int disk_read(struct disk *d)
{
    int ret;

    pthread_mutex_lock(&d->lock);
    ret = conn_read(d->conn, disk_done, d);
    pthread_mutex_unlock(&d->lock);
    return ret;
}

int disk_write(struct disk *d)
{
    int ret;

    pthread_mutex_lock(&d->lock);
    ret = conn_write(d->conn, disk_done, d);
    pthread_mutex_unlock(&d->lock);
    return ret;
}

void disk_poll(struct disk *d)
{
    pthread_mutex_lock(&d->lock);
    conn_service(d->conn);
    if (d->timed_out) {
        d->timed_out = 0;
    }
    pthread_mutex_unlock(&d->lock);
}

int disk_ready(struct disk *d)
{
    int ready;

    pthread_mutex_lock(&d->lock);
    ready = !d->timed_out;
    pthread_mutex_unlock(&d->lock);
    return ready;
}
