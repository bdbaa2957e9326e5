/* SPDX-License-Identifier: MIT */
// profile: qemu
/*
 * The lock is held for other things: that the field is touched under it, too,
 * is a reason to look where two threads meet, and a weak one where one event
 * loop perhaps runs both.
 */
#include <stddef.h>

typedef struct QemuMutex { int locked; } QemuMutex;
typedef struct QEMUBH QEMUBH;
typedef struct AioContext AioContext;
typedef struct QemuThread { int id; } QemuThread;
void qemu_mutex_lock(QemuMutex *m);
void qemu_mutex_unlock(QemuMutex *m);
QEMUBH *aio_bh_new_full(AioContext *ctx, void (*cb)(void *), void *opaque);
void qemu_thread_create(QemuThread *t, const char *name,
                        void *(*start)(void *), void *arg, int mode);

typedef struct Port {
    QemuMutex lock;
    int a, b, c, d;
    int seen; /* by callbacks */
    int sent; /* by a thread */
} Port;

static void port_write(void *opaque)
{
    Port *p = opaque;

    qemu_mutex_lock(&p->lock);
    p->a++;
    p->b++;
    p->c++;
    p->d++;
    p->seen++;
    p->sent++;
    qemu_mutex_unlock(&p->lock);
}

static void port_flush(void *opaque)
{
    Port *p = opaque;

    qemu_mutex_lock(&p->lock);
    p->a = 0;
    p->b = 0;
    p->c = 0;
    p->d = 0;
    p->seen = 0;
    p->sent = 0;
    qemu_mutex_unlock(&p->lock);
}

static void port_event(void *opaque)
{
    Port *p = opaque;

    p->seen = 7; // expect-low: MISSING_LOCK
}

static void *port_thread(void *opaque)
{
    Port *p = opaque;

    p->sent = 7; // expect: MISSING_LOCK
    return NULL;
}

void port_start(Port *p, AioContext *ctx, QemuThread *t);
void port_start(Port *p, AioContext *ctx, QemuThread *t)
{
    aio_bh_new_full(ctx, port_write, p);
    aio_bh_new_full(ctx, port_flush, p);
    aio_bh_new_full(ctx, port_event, p);
    qemu_thread_create(t, "port", port_thread, p, 0);
}
