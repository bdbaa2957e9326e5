/* SPDX-License-Identifier: MIT */
// profile: qemu
/* The thread never took the lock for the first wait, which all have been
 * started for when it waits under the lock. */
#include <stddef.h>

typedef struct QemuSemaphore {
    int count;
} QemuSemaphore;
typedef struct QemuThread {
    unsigned long thread;
} QemuThread;
typedef struct QIOTask QIOTask;

void bql_lock_impl(const char *file, int line);
void bql_unlock(void);
void qemu_sem_wait(QemuSemaphore *sem);
void qemu_sem_post(QemuSemaphore *sem);
void qemu_thread_create(QemuThread *thread, const char *name,
                        void *(*start)(void *), void *opaque, int mode);
void qio_channel_socket_connect_async(void *ioc, void *addr,
                                      void (*done)(QIOTask *, void *),
                                      void *opaque, void *destroy,
                                      void *context);
void qio_channel_tls_handshake(void *ioc, void (*done)(QIOTask *, void *),
                               void *opaque, void *destroy, void *context);

static QemuSemaphore channels_ready;
static QemuThread sender, hand_shaker, migration;

static void *send_thread(void *opaque)
{
    for (;;) {
        qemu_sem_post(&channels_ready);
    }
    return opaque;
}

static void start_sending(void *opaque)
{
    qemu_thread_create(&sender, "send", send_thread, opaque, 0);
}

static void shaken(QIOTask *task, void *opaque)
{
    if (!task) {
        qemu_sem_post(&channels_ready);
        return;
    }
    start_sending(opaque);
}

static void *shake_thread(void *opaque)
{
    qio_channel_tls_handshake(opaque, shaken, NULL, NULL, NULL);
    return NULL;
}

static void connected(QIOTask *task, void *opaque)
{
    if (opaque) {
        qemu_thread_create(&hand_shaker, "tls", shake_thread, opaque, 0);
    } else if (task) {
        start_sending(opaque);
    } else {
        qemu_sem_post(&channels_ready);
    }
}

static void sync_channels(void)
{
    qemu_sem_wait(&channels_ready);
}

static void setup(void)
{
    sync_channels();
}

static void complete(void)
{
    sync_channels();
}

static void *migration_thread(void *opaque)
{
    setup();
    bql_lock_impl(__FILE__, __LINE__);
    complete();
    bql_unlock();
    return opaque;
}

int main(int argc, char **argv)
{
    bql_lock_impl(__FILE__, __LINE__);
    qio_channel_socket_connect_async(argv, NULL, connected,
                                     argc > 1 ? argv : NULL, NULL, NULL);
    qemu_thread_create(&migration, "migration", migration_thread, NULL, 0);
    bql_unlock();
    return 0;
}
