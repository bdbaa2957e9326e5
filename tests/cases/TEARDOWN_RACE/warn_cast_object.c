/* SPDX-License-Identifier: MIT */
// profile: qemu
/* The object comes out of a cast or an allocator, whose result says nothing
 * of its type; the thread knows what it takes it for. */
#include <stdbool.h>
#include <stdlib.h>

typedef struct { unsigned long id; } QemuThread;
typedef struct { int state; } QemuMutex;

void qemu_thread_create(QemuThread *thread, const char *name,
                        void *(*start)(void *), void *arg, int mode);
void *qemu_thread_join(QemuThread *thread);
void qemu_mutex_init(QemuMutex *m);
void qemu_mutex_destroy(QemuMutex *m);
void qemu_mutex_lock(QemuMutex *m);
void qemu_mutex_unlock(QemuMutex *m);
void *g_malloc0(size_t size);
void g_free(void *p);

typedef struct Device {
    QemuThread thread;
    QemuMutex lock;
    char *map;
    bool stopping;
    int fact;
} Device;

void *object_check(void *object, const char *type);

static Device *DEVICE(void *object)
{
    return object_check(object, "device");
}

static void *compute(void *opaque)
{
    Device *d = opaque;

    while (!__atomic_load_n(&d->stopping, __ATOMIC_ACQUIRE)) {
        qemu_mutex_lock(&d->lock);
        d->fact++;
        qemu_mutex_unlock(&d->lock);
        d->map[0] = 1;
    }
    return NULL;
}

void device_realize(void *object);
void device_realize(void *object)
{
    Device *d = DEVICE(object);

    d->map = g_malloc0(100);
    qemu_mutex_init(&d->lock);
    qemu_thread_create(&d->thread, "device", compute, d, 0);
}

void device_stop(void *object);
void device_stop(void *object)
{
    Device *d = DEVICE(object);

    __atomic_store_n(&d->stopping, true, __ATOMIC_RELEASE);
    qemu_mutex_destroy(&d->lock);       // expect: TEARDOWN_RACE
    qemu_thread_join(&d->thread);
    g_free(d->map);
}

/* The same in a loop: what is joined the first time round is another one. */
typedef struct Channel {
    QemuThread thread;
    char *packet;
    bool quit, running;
} Channel;

static Channel *channels;
static int n_channels;

static void *receive(void *opaque)
{
    Channel *c = opaque;

    while (!__atomic_load_n(&c->quit, __ATOMIC_ACQUIRE)) {
        c->packet[0] = 1;
    }
    return NULL;
}

void channels_start(int n);
void channels_start(int n)
{
    channels = g_malloc0(n * sizeof(*channels));
    n_channels = n;
    for (int i = 0; i < n; i++) {
        channels[i].packet = g_malloc0(100);
        channels[i].running = true;
        qemu_thread_create(&channels[i].thread, "receive", receive,
                           &channels[i], 0);
    }
}

void channels_stop(void);
void channels_stop(void)
{
    for (int i = 0; i < n_channels; i++) {
        Channel *c = &channels[i];

        __atomic_store_n(&c->quit, true, __ATOMIC_RELEASE);
        if (c->running) {
            g_free(c->packet);          // expect: TEARDOWN_RACE
            qemu_thread_join(&c->thread);
        }
    }
    g_free(channels);
}
