/* SPDX-License-Identifier: MIT */
// profile: qemu-common
/* A mark in one branch speaks of that branch; a callback that is stored with
 * its argument runs where it was registered for. */
#define HOLDFAST_SHORT_NAMES
#include <holdfast/annotations.h>

static int state;

void set_state(int n) GS_FN;
void set_state(int n)
{
    GLOBAL_STATE_CODE();
    state = n;
}

void note(int n) IO_FN;
void note(int n)
{
    IO_CODE();
    __atomic_store_n(&state, n, __ATOMIC_RELAXED);
}

void either(int in_main, int n)
{
    if (in_main) {
        GLOBAL_STATE_CODE();
        set_state(n);
    } else {
        note(n);
    }
    note(n + 1);
}

void submit(int n) IO_FN;
void submit(int n)
{
    IO_CODE();
    either(0, n);
}

typedef struct Timer {
    void (*fn)(void *opaque);
    void *opaque;
} Timer;

static void GS_FN expired(void *opaque)
{
    set_state(1);
}

Timer alarm_timer = { .fn = expired };

void dispatch(Timer *t) IO_OR_GS_FN;
void dispatch(Timer *t)
{
    IO_OR_GS_CODE();
    t->fn(t->opaque); // expect-low: THREAD_CONTEXT
}
