/* SPDX-License-Identifier: MIT */
// profile: qemu
/* One of the functions behind a pointer needs the lock; of those behind two,
 * hardly any. */
#include <holdfast/annotations.h>

void bql_lock_impl(const char *file, int line);
void bql_unlock(void);
#define bql_lock() bql_lock_impl(__FILE__, __LINE__)

void HF_GS_FN image_close(void *image);

/* ---- what bytes go into: four of them ---- */

typedef struct Sink {
    void (*close)(struct Sink *s);
    void *image;
    int fd;
} Sink;

static void image_sink_close(Sink *s)
{
    image_close(s->image);
}

static void file_sink_close(Sink *s)
{
    s->fd = -1;
}

static void pipe_sink_close(Sink *s)
{
    s->fd = -2;
}

static void null_sink_close(Sink *s)
{
    s->image = 0;
}

void make_sinks(Sink *s);
void make_sinks(Sink *s)
{
    s[0].close = image_sink_close;
    s[1].close = file_sink_close;
    s[2].close = pipe_sink_close;
    s[3].close = null_sink_close;
}

/* ---- where messages go: five of them ---- */

typedef struct Console {
    void (*write)(struct Console *c, int v);
    Sink *sink;
    int last;
} Console;

static void stream_write(Console *c, int v)
{
    if (v < 0) {
        c->sink->close(c->sink);
    }
}

static void serial_write(Console *c, int v)
{
    c->last = v;
}

static void ring_write(Console *c, int v)
{
    c->last = v + 1;
}

static void log_write(Console *c, int v)
{
    c->last = v + 2;
}

static void null_write(Console *c, int v)
{
    c->last = 0;
}

void make_consoles(Console *c);
void make_consoles(Console *c)
{
    c[0].write = stream_write;
    c[1].write = serial_write;
    c[2].write = ring_write;
    c[3].write = log_write;
    c[4].write = null_write;
}

/* ---- both are used while the lock is given up ---- */

void HF_GS_FN end_stream(Sink *s);
void end_stream(Sink *s)
{
    bql_unlock();
    s->close(s); // expect: THREAD_CONTEXT
    bql_lock();
}

void HF_GS_FN say(Console *c);
void say(Console *c)
{
    bql_unlock();
    c->write(c, 1); // expect-low: THREAD_CONTEXT
    bql_lock();
}
