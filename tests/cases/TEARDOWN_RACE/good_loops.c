/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Each is joined before what is its own goes, all in one loop. */
#include <stdbool.h>
#include <stdlib.h>

typedef struct { unsigned long id; } QemuThread;

void qemu_thread_create(QemuThread *thread, const char *name,
                        void *(*start)(void *), void *arg, int mode);
void *qemu_thread_join(QemuThread *thread);
void *g_malloc0(size_t size);
void g_free(void *p);

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
            qemu_thread_join(&c->thread);
        }
        g_free(c->packet);
    }
    g_free(channels);
}
