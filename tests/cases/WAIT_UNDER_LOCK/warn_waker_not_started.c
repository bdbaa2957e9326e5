// SPDX-License-Identifier: MIT
// profile: qemu
#include <stddef.h>

/* The thread that would end the wait is started by a completion that this
 * thread has asked for, and that only the main loop runs, which needs the big
 * lock for it. */

typedef struct QemuSemaphore {
    int count;
} QemuSemaphore;
typedef struct QemuThread {
    unsigned long thread;
} QemuThread;
typedef struct QEMUBH QEMUBH;

void bql_lock_impl(const char *file, int line);
void bql_unlock(void);
void qemu_sem_wait(QemuSemaphore *sem);
void qemu_sem_post(QemuSemaphore *sem);
void qemu_thread_create(QemuThread *thread, const char *name,
                        void *(*start)(void *), void *opaque, int mode);
QEMUBH *qemu_bh_new_full(void (*cb)(void *), void *opaque, const char *name,
                         void *guard);

typedef struct Handlers {
    int (*setup)(int channels);
} Handlers;

static QemuSemaphore channels_ready, pages_ready;
static QemuThread sender, migration, pager;

static void *send_thread(void *opaque)
{
    for (;;) {
        qemu_sem_post(&channels_ready);
    }
    return opaque;
}

static void connected(void *opaque)
{
    qemu_thread_create(&sender, "send", send_thread, opaque, 0);
}

static void *page_thread(void *opaque)
{
    qemu_sem_post(&pages_ready);
    return opaque;
}

static int sync_channels(int channels)
{
    for (int i = 0; i < channels; i++) {
        qemu_sem_wait(&channels_ready);
    }
    return 0;
}

static int wrong_setup(int channels)
{
    qemu_sem_wait(&pages_ready);
    return sync_channels(channels); // expect: WAIT_UNDER_LOCK
}

static int right_setup(int channels)
{
    int ret;

    bql_unlock();
    ret = sync_channels(channels);
    bql_lock_impl(__FILE__, __LINE__);
    return ret;
}

static const Handlers wrong = { .setup = wrong_setup };
static const Handlers right = { .setup = right_setup };
static const Handlers *const all[] = { &wrong, &right };

static void *migration_thread(void *opaque)
{
    qemu_bh_new_full(connected, NULL, "connected", NULL);
    bql_lock_impl(__FILE__, __LINE__);
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        all[i]->setup(2);
    }
    bql_unlock();
    return opaque;
}

int main(void)
{
    bql_lock_impl(__FILE__, __LINE__);
    qemu_thread_create(&pager, "page", page_thread, NULL, 0);
    qemu_thread_create(&migration, "migration", migration_thread, NULL, 0);
    bql_unlock();
    return 0;
}
