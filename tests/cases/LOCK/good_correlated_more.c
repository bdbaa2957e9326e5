/* SPDX-License-Identifier: MIT */
// profile: pthread
/* Conditions that are the same although they are not written the same, or
 * are asked for with much else in between. */
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

enum { ZONED = 1, APPEND = 2, MISALIGNED = 8 };

struct Context {
    pthread_mutex_t lock;
};

struct Disk {
    pthread_mutex_t lock;
    struct Context *ctx;
    bool zoned;
    bool needs_alignment;
    int model;
};

int submit(struct Disk *d, int type);
int prepare(struct Disk *d);
bool aligned(struct Disk *d);

/* A bit is set in between; it is another one. */
int disk_write(struct Disk *d, int type)
{
    int ret;

    if ((type & (ZONED | APPEND)) && d->zoned) {
        pthread_mutex_lock(&d->lock);
        if (type & APPEND) {
            d->model++;
        }
    }
    if (d->needs_alignment && !aligned(d)) {
        type |= MISALIGNED;
    } else if (d->needs_alignment) {
        ret = submit(d, 0);
        goto out;
    }
    ret = submit(d, type);
    if (ret == 0 && (type & MISALIGNED)) {
        ret = submit(d, MISALIGNED);
    }
out:
    if ((type & (ZONED | APPEND)) && d->zoned) {
        if (ret) {
            d->model = 0;
        }
        pthread_mutex_unlock(&d->lock);
    }
    return ret;
}

/* What was locked through is no null pointer. */
void disk_start(struct Disk *d)
{
    struct Context *ctx = NULL;

    if (d->zoned) {
        ctx = d->ctx;
        pthread_mutex_lock(&ctx->lock);
        if (prepare(d) < 0) {
            goto out;
        }
    }
    submit(d, 0);
out:
    if (ctx) {
        pthread_mutex_unlock(&ctx->lock);
    }
}

/* The result decides. */
int disk_stop(struct Disk *d)
{
    int ret = prepare(d);

    if (ret < 0) {
        goto out;
    }
    ret = submit(d, 1);
    if (ret < 0) {
        goto out;
    }
    pthread_mutex_lock(&d->lock);
    d->model = 0;
out:
    if (ret >= 0) {
        pthread_mutex_unlock(&d->lock);
    }
    return ret;
}

int disk_mode(struct Disk *d, int mode)
{
    int ret = 0;

    switch (mode) {
    case 0:
    case 1:
        break;
    case 2:
        pthread_mutex_lock(&d->lock);
        ret = submit(d, 2);
        break;
    default:
        return -1;
    }
    if (mode != 2) {
        return ret;
    }
    pthread_mutex_unlock(&d->lock);
    return ret;
}

/* Two booleans, four ways, one lock. */
void disk_both(struct Disk *d, bool a, bool b)
{
    if (a) {
        prepare(d);
    }
    if (a || b) {
        pthread_mutex_lock(&d->lock);
    }
    if (b) {
        submit(d, 3);
    }
    if (a || b) {
        pthread_mutex_unlock(&d->lock);
    }
}
