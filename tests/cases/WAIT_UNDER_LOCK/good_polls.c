/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Polling with a lock that nobody needs to end it. */
#include <stdbool.h>
#include <stddef.h>

typedef struct QemuMutex {
    int owner;
} QemuMutex;
typedef struct AioContext AioContext;

void qemu_mutex_lock(QemuMutex *m);
void qemu_mutex_unlock(QemuMutex *m);
void bql_lock_impl(const char *file, int line);
void bql_unlock(void);
bool aio_poll(AioContext *ctx, bool blocking);
typedef struct QEMUBH QEMUBH;
QEMUBH *qemu_bh_new_full(void (*fn)(void *), void *opaque, const char *name);
void aio_bh_schedule_oneshot_full(AioContext *ctx, void (*fn)(void *),
                                  void *opaque, const char *name);
AioContext *qemu_get_aio_context(void);

struct copy {
    QemuMutex lock;
    QemuMutex other;
    QEMUBH *bh;
    bool done;
    bool stopped;
    bool ready;
    int left;
};

/* who polls under the big lock runs such callbacks itself, with it */
static void copy_done(void *opaque)
{
    struct copy *c = opaque;

    c->done = true;
}

void copy_run(struct copy *c)
{
    c->bh = qemu_bh_new_full(copy_done, c, "");
    bql_lock_impl("", 0);
    while (!c->done) {
        aio_poll(qemu_get_aio_context(), true);
    }
    bql_unlock();
}

/* given back meanwhile */
static void copy_stopped(void *opaque)
{
    struct copy *c = opaque;

    qemu_mutex_lock(&c->lock);
    c->stopped = true;
    qemu_mutex_unlock(&c->lock);
}

void copy_stop(struct copy *c)
{
    aio_bh_schedule_oneshot_full(qemu_get_aio_context(), copy_stopped, c, "");
    qemu_mutex_lock(&c->lock);
    while (!c->stopped) {
        qemu_mutex_unlock(&c->lock);
        aio_poll(qemu_get_aio_context(), true);
        qemu_mutex_lock(&c->lock);
    }
    qemu_mutex_unlock(&c->lock);
}

/* one of those who end it does without */
void copy_kick(struct copy *c)
{
    __atomic_store_n(&c->ready, true, __ATOMIC_RELEASE);
}

void copy_set_ready(struct copy *c)
{
    qemu_mutex_lock(&c->other);
    __atomic_store_n(&c->ready, true, __ATOMIC_RELEASE);
    qemu_mutex_unlock(&c->other);
}

void copy_wait_ready(struct copy *c)
{
    qemu_mutex_lock(&c->other);
    while (!__atomic_load_n(&c->ready, __ATOMIC_ACQUIRE)) {
        aio_poll(qemu_get_aio_context(), true);
    }
    qemu_mutex_unlock(&c->other);
}

/* it ends itself */
void copy_some(struct copy *c)
{
    qemu_mutex_lock(&c->lock);
    while (c->left) {
        aio_poll(qemu_get_aio_context(), false);
        c->left--;
    }
    qemu_mutex_unlock(&c->lock);
}

void copy_more(struct copy *c)
{
    qemu_mutex_lock(&c->lock);
    c->left += 10;
    qemu_mutex_unlock(&c->lock);
}
