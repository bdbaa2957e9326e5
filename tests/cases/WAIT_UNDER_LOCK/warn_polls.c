/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Loops that wait until somebody has changed something. */
#include <stdbool.h>
#include <stddef.h>

typedef struct QemuMutex {
    int owner;
} QemuMutex;
typedef struct QemuThread {
    int id;
} QemuThread;
typedef struct AioContext AioContext;

void qemu_mutex_lock(QemuMutex *m);
void qemu_mutex_unlock(QemuMutex *m);
void bql_lock_impl(const char *file, int line);
void bql_unlock(void);
void qemu_thread_create(QemuThread *t, const char *name,
                        void *(*fn)(void *), void *arg, int mode);
bool aio_poll(AioContext *ctx, bool blocking);
void aio_bh_schedule_oneshot_full(AioContext *ctx, void (*fn)(void *),
                                  void *opaque, const char *name);
AioContext *qemu_get_aio_context(void);
void aio_wait_kick(void);

#define POLL_WHILE(cond) do {                       \
        while ((cond)) {                            \
            aio_poll(qemu_get_aio_context(), true); \
        }                                           \
    } while (0)

struct copy {
    QemuMutex lock;
    QemuThread thread;
    bool done;
    bool ended;
    int in_flight;
};

/* the callback that ends it takes the lock: whoever runs it */
static void copy_done(void *opaque)
{
    struct copy *c = opaque;

    qemu_mutex_lock(&c->lock);
    c->done = true;
    qemu_mutex_unlock(&c->lock);
    aio_wait_kick();
}

void copy_run(struct copy *c)
{
    aio_bh_schedule_oneshot_full(qemu_get_aio_context(), copy_done, c, "");
    qemu_mutex_lock(&c->lock);
    POLL_WHILE(!c->done); // expect: WAIT_UNDER_LOCK
    qemu_mutex_unlock(&c->lock);
}

/* by a function that asks, and one that counts down */
static int copy_in_flight(struct copy *c)
{
    return __atomic_load_n(&c->in_flight, __ATOMIC_ACQUIRE);
}

static void copy_one_done(void *opaque)
{
    struct copy *c = opaque;

    qemu_mutex_lock(&c->lock);
    __atomic_sub_fetch(&c->in_flight, 1, __ATOMIC_ACQ_REL);
    qemu_mutex_unlock(&c->lock);
}

void copy_drain(struct copy *c)
{
    aio_bh_schedule_oneshot_full(qemu_get_aio_context(), copy_one_done, c,
                                 "");
    qemu_mutex_lock(&c->lock);
    while (copy_in_flight(c) > 0) {
        aio_poll(qemu_get_aio_context(), true); // expect: WAIT_UNDER_LOCK
    }
    qemu_mutex_unlock(&c->lock);
}

/* the thread that ends it takes the big lock first */
static void *copy_thread(void *opaque)
{
    struct copy *c = opaque;

    bql_lock_impl("", 0);
    c->ended = true;
    bql_unlock();
    aio_wait_kick();
    return NULL;
}

void copy_stop(struct copy *c)
{
    qemu_thread_create(&c->thread, "copy", copy_thread, c, 0);
    bql_lock_impl("", 0);
    POLL_WHILE(!c->ended); // expect: WAIT_UNDER_LOCK
    bql_unlock();
}
