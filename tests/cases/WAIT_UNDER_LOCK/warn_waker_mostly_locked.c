/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Who ends the wait holds the big lock wherever that is known; of one of its
 * callers it is not. */
#include <stddef.h>

typedef struct { int count; } QemuSemaphore;
typedef struct { unsigned long id; } QemuThread;
typedef struct QEMUBH QEMUBH;

void qemu_sem_wait(QemuSemaphore *sem);
void qemu_sem_post(QemuSemaphore *sem);
void qemu_thread_create(QemuThread *thread, const char *name,
                        void *(*start)(void *), void *arg, int mode);
QEMUBH *qemu_bh_new_full(void (*cb)(void *), void *opaque, const char *name,
                         void *guard);
void bql_lock_impl(const char *file, int line);
void bql_unlock(void);

static struct migration {
    QemuSemaphore pause, ready;
} migration;

static void go_on(struct migration *m)
{
    qemu_sem_post(&m->pause);
}

static void go_on_bh(void *opaque)
{
    go_on(opaque);
}

/* A command of the monitor, in whatever thread reads it. */
void command(void);
void command(void)
{
    go_on(&migration);
}

static void *migrate(void *opaque)
{
    struct migration *m = opaque;

    bql_lock_impl(__FILE__, __LINE__);
    qemu_sem_wait(&m->pause);           // expect: WAIT_UNDER_LOCK
    bql_unlock();
    return NULL;
}

/* This one is also posted by a thread that holds nothing. */
static void *channel(void *opaque)
{
    struct migration *m = opaque;

    qemu_sem_post(&m->ready);
    return NULL;
}

void ready_command(void);
void ready_command(void)
{
    qemu_sem_post(&migration.ready);
}

static void *wait_ready(void *opaque)
{
    struct migration *m = opaque;

    bql_lock_impl(__FILE__, __LINE__);
    qemu_sem_wait(&m->ready);
    bql_unlock();
    return NULL;
}

void start(QemuThread *t);
void start(QemuThread *t)
{
    qemu_bh_new_full(go_on_bh, &migration, "go on", NULL);
    qemu_thread_create(&t[0], "migration", migrate, &migration, 0);
    qemu_thread_create(&t[1], "channel", channel, &migration, 0);
    qemu_thread_create(&t[2], "ready", wait_ready, &migration, 0);
}
