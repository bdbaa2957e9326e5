/* SPDX-License-Identifier: MIT */
// profile: qemu
/* A message may come before the timer that attaches. */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

typedef struct Timer Timer;
Timer *timer_new_ms(int clock, void (*cb)(void *opaque), void *opaque);
void timer_mod(Timer *t, long when);
void qemu_set_fd_handler(int fd, void (*in)(void *), void (*out)(void *),
                         void *opaque);
int read_message(int fd, unsigned char *buf, size_t len);

typedef struct Agent {
    int fd;
    Timer *announce;
    bool attached;
    int n_clients;
    void *data;
    size_t len;
} Agent;

static void agent_attach(Agent *a)
{
    a->attached = true;
}

static void announce_open(void *opaque)
{
    agent_attach(opaque);
}

static void restore_state(Agent *a, const unsigned char *buf, size_t len)
{
    assert(a->attached && len > 4); // expect: EVENT_ORDER
    a->data = malloc(len);
    a->len = len;
}

static void handle_message(Agent *a, const unsigned char *buf, size_t len)
{
    if (len) {
        restore_state(a, buf, len);
    }
}

static void on_readable(void *opaque)
{
    Agent *a = opaque;
    unsigned char buf[64];
    int n = read_message(a->fd, buf, sizeof(buf));

    if (n > 0) {
        handle_message(a, buf, n);
    }
}

void agent_start(Agent *a);
void agent_start(Agent *a)
{
    a->attached = false;
    qemu_set_fd_handler(a->fd, on_readable, NULL, a);
    a->announce = timer_new_ms(0, announce_open, a);
    timer_mod(a->announce, 1);
}

/* The same with a registration of the program's own. */
typedef void Handler(void *opaque, int arg);
static Handler *handlers[8];
static void *opaques[8];

void register_handler(int code, Handler *fn, void *opaque);
void register_handler(int code, Handler *fn, void *opaque)
{
    handlers[code] = fn;
    opaques[code] = opaque;
}

typedef struct Port {
    void *peer;
    int got;
} Port;

static void on_connect(void *opaque, int arg)
{
    Port *p = opaque;

    p->peer = opaque;
    p->got = arg;
}

static void on_data(void *opaque, int arg)
{
    Port *p = opaque;

    assert(p->peer != NULL); // expect: EVENT_ORDER
    p->got += arg;
}

void port_init(Port *p);
void port_init(Port *p)
{
    register_handler(0, on_connect, p);
    register_handler(1, on_data, p);
}

/* Through a table: whoever calls may know the order. */
typedef struct Ops {
    void (*open)(Port *p);
    void (*write)(Port *p, int n);
} Ops;

static bool is_open;

static void table_open(Port *p)
{
    is_open = true;
    p->got = 0;
}

static void table_write(Port *p, int n)
{
    assert(is_open); // expect-low: EVENT_ORDER
    p->got = n;
}

const Ops table = { table_open, table_write };

/* The table is called for what comes in; the other is a timer of our own. */
typedef struct Frontend {
    void (*receive)(void *opaque, const unsigned char *buf, size_t len);
} Frontend;

typedef struct Serial {
    bool announced;
    size_t n;
} Serial;

static void serial_announce(void *opaque)
{
    Serial *s = opaque;

    s->announced = true;
}

static void serial_receive(void *opaque, const unsigned char *buf, size_t len)
{
    Serial *s = opaque;

    if (len && buf[0] == 1) {
        assert(s->announced); // expect: EVENT_ORDER
        s->n += len;
    }
}

static const Frontend frontend = { .receive = serial_receive };

const Frontend *serial_load(Serial *s);
const Frontend *serial_load(Serial *s)
{
    s->announced = false;
    timer_mod(timer_new_ms(0, serial_announce, s), 1);
    return &frontend;
}
