/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Ordered, looked at before, or true from the beginning. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct Timer Timer;
Timer *timer_new_ms(int clock, void (*cb)(void *opaque), void *opaque);
void timer_mod(Timer *t, long when);
void qemu_set_fd_handler(int fd, void (*in)(void *), void (*out)(void *),
                         void *opaque);

typedef struct Agent {
    int fd;
    Timer *announce;
    bool attached, open, ready, armed, any;
    int n;
} Agent;

/* The message waits for the attach event. */
static void announce_open(void *opaque)
{
    Agent *a = opaque;

    a->attached = true;
}

static void restore_state(Agent *a)
{
    assert(a->attached);
    a->n++;
}

static void on_readable(void *opaque)
{
    Agent *a = opaque;

    if (!a->attached) {
        return;
    }
    restore_state(a);
}

/* Becomes a handler when the other has run. */
static void on_data(void *opaque)
{
    Agent *a = opaque;

    assert(a->open);
    a->n++;
}

static void on_connect(void *opaque)
{
    Agent *a = opaque;

    a->open = true;
    qemu_set_fd_handler(a->fd, on_data, NULL, a);
}

/* A timer fires when it is told to. */
static void on_timeout(void *opaque)
{
    Agent *a = opaque;

    assert(a->armed);
    a->n++;
}

static void on_request(void *opaque)
{
    Agent *a = opaque;

    a->armed = true;
    timer_mod(a->announce, 5);
}

/* True since it was made. */
static void on_ready(void *opaque)
{
    Agent *a = opaque;

    a->ready = true;
}

static void on_use(void *opaque)
{
    Agent *a = opaque;

    assert(a->ready);
    a->n++;
}

/* Either will do. */
static void on_either(void *opaque)
{
    Agent *a = opaque;

    assert(a->any || a->n == 0);
    a->n++;
}

static void on_any(void *opaque)
{
    Agent *a = opaque;

    a->any = true;
}

/* There is no request before the timer has made one. */
typedef struct Request {
    bool started;
    Agent *agent;
    void (*done)(struct Request *r);
} Request;

void submit(Request *r);

static void on_done(Request *r)
{
    assert(r->started);
    r->agent->n++;
}

static void on_tick(void *opaque)
{
    Request *r = calloc(1, sizeof(*r));

    if (r) {
        r->agent = opaque;
        r->done = on_done;
        r->started = true;
        submit(r);
    }
}

/* The one sets the other off. */
typedef struct Call {
    bool finished;
    int n;
} Call;

static void call_main(void *opaque)
{
    Call *c = opaque;

    c->finished = true;
}

static void on_start(void *opaque)
{
    Call *c = opaque;

    timer_mod(timer_new_ms(0, call_main, c), 1);
    assert(c->finished || !c->n);
    assert(c->finished);
}

void call_new(Call *c, int fd);
void call_new(Call *c, int fd)
{
    qemu_set_fd_handler(fd, on_start, NULL, c);
}

Agent *agent_new(int fd);
Agent *agent_new(int fd)
{
    Agent *a = calloc(1, sizeof(*a));

    if (!a) {
        return NULL;
    }
    a->fd = fd;
    a->ready = true;
    a->announce = timer_new_ms(0, announce_open, a);
    timer_new_ms(0, on_timeout, a);
    timer_new_ms(0, on_tick, a);
    qemu_set_fd_handler(fd, on_readable, on_connect, a);
    qemu_set_fd_handler(fd + 1, on_request, on_ready, a);
    qemu_set_fd_handler(fd + 2, on_use, on_either, a);
    qemu_set_fd_handler(fd + 3, on_any, NULL, a);
    return a;
}
