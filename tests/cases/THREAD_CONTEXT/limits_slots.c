/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Not followed: more than one function pointer between two annotations. */
#include <holdfast/annotations.h>

struct Inner {
    void (*run)(struct Inner *i);
};

struct Outer {
    void (*step)(struct Inner *i);
};

static void global_work(struct Inner *i)
{
    HF_GLOBAL_STATE_CODE();
    i->run = 0;
}

static void forward(struct Inner *i)
{
    i->run(i);
}

void inner_init(struct Inner *i);
void inner_init(struct Inner *i)
{
    i->run = global_work;
}

void outer_init(struct Outer *o);
void outer_init(struct Outer *o)
{
    o->step = forward;
}

void io_work(struct Outer *o, struct Inner *i);
void io_work(struct Outer *o, struct Inner *i)
{
    HF_IO_CODE();
    o->step(i); // known-limit: THREAD_CONTEXT
}
