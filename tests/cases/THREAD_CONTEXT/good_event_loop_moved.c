/* SPDX-License-Identifier: MIT */
// profile: qemu
/* It goes on in the main loop before it closes. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>

typedef struct AioContext AioContext;
typedef struct Coroutine Coroutine;
typedef struct IOThread IOThread;

#define coroutine_fn

AioContext *qemu_get_aio_context(void);
AioContext *iothread_get_aio_context(IOThread *iothread);
Coroutine *qemu_coroutine_create(void (*entry)(void *), void *opaque);
void aio_co_schedule(AioContext *ctx, Coroutine *co);
void aio_co_reschedule_self(AioContext *ctx);
bool qemu_in_main_thread(void);

typedef struct Client Client;
struct Client {
    int refs;
    AioContext *ctx;
    Coroutine *co;
    void (*closed)(Client *);
};

static int connections;

/* The one who has to know runs in the main loop, and says so. */
static void server_client_closed(Client *c)
{
    assert(qemu_in_main_thread() && c->refs);
    connections--;
}

static void client_close(Client *c)
{
    c->closed(c);
}

static void coroutine_fn serve(void *opaque)
{
    Client *c = opaque;

    if (c->refs > 1) {
        return;
    }
    aio_co_reschedule_self(qemu_get_aio_context());
    client_close(c);
}

static AioContext *context_for(IOThread *iothread)
{
    return iothread ? iothread_get_aio_context(iothread)
                    : qemu_get_aio_context();
}

void client_start(Client *c, IOThread *iothread);
void client_start(Client *c, IOThread *iothread)
{
    c->closed = server_client_closed;
    c->ctx = context_for(iothread);
    c->co = qemu_coroutine_create(serve, c);
    aio_co_schedule(c->ctx, c->co);
}

void client_shutdown(Client *c);
void client_shutdown(Client *c)
{
    assert(qemu_in_main_thread());
    client_close(c);
}
