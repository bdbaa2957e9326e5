/* SPDX-License-Identifier: MIT */
/* markers: coroutine_fn IO_CODE GLOBAL_STATE_CODE */
/* Macros that leave nothing in the tree. */
#include "markers.h"

int declared_in_header(int n)
{
    IO_CODE();
    return n;
}

void plain_in_header(void)
{
    GLOBAL_STATE_CODE();
}

static void coroutine_fn forward(void);
static int use(entry *e, struct driver *d);

int coroutine_fn
first_line(void)
{
    on_its_own_line();
    forward();
    if (declared_in_header(1)) {
        IO_CODE();
    }
    return use(0, 0);
}

coroutine_fn static void forward(void)
{
    /* IO_CODE(); */
    const char *text = "; IO_CODE()";

#if 0
    IO_CODE();
#endif
    plain_in_header();
}

static int use(entry *e, struct driver *d)
{
    int IO_CODE = d->coroutine_fn_data;
    entry *local = d->start;

    e(d);
    local(d);
    return IO_CODE + d->read(d);
}

#define DEFINE(name) static int coroutine_fn name(void) { IO_CODE(); return 1; }
DEFINE(out_of_macro)

static int coroutine_fn takes_callback(int (*cb)(void))
{
    return cb() + out_of_macro();
}

static int callback_marked(int (coroutine_fn *cb)(void))
{
    return cb() + takes_callback(cb);
}
