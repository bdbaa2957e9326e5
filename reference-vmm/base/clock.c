/* SPDX-License-Identifier: MIT */
/*
 * clock.c - see clock.h.
 *
 * Thread context: all that readers look at are single atomic words; they
 * change under the BQL.
 */
#include "base/aio_int.h"
#include "base/main_loop.h"

/*
 * The virtual clock in one word, so that a reader needs neither lock nor
 * retry.  Odd: it runs, and half of it is its distance from the host's clock.
 * Even: it stands, at half of it.
 */
static int64_t virtual_word;
static bool enabled; /* its timers may fire */
static bool manual;

/* Half of the word's range: 73 years either way. */
#define VIRTUAL_MAX (INT64_MAX / 4)

static int64_t virtual_ns(void)
{
    int64_t word = __atomic_load_n(&virtual_word, __ATOMIC_RELAXED);

    return word & 1 ? (word >> 1) + vm_clock_ns() : word >> 1;
}

static void set_word(int64_t ns, bool runs)
{
    int64_t base = CLAMP(ns, 0, VIRTUAL_MAX) - (runs ? vm_clock_ns() : 0);

    __atomic_store_n(&virtual_word,
                     (int64_t)((uint64_t)base << 1) | (runs ? 1 : 0),
                     __ATOMIC_RELAXED);
}

int64_t vm_clock_get_ns(VmClock clock)
{
    IO_CODE();
    return clock == VM_CLOCK_REALTIME ? vm_clock_ns() : virtual_ns();
}

bool vm_clock_enabled(VmClock clock)
{
    IO_CODE();
    return clock == VM_CLOCK_REALTIME ||
           __atomic_load_n(&enabled, __ATOMIC_ACQUIRE);
}

bool vm_clock_moves(VmClock clock)
{
    IO_CODE();
    return clock == VM_CLOCK_REALTIME ||
           (__atomic_load_n(&virtual_word, __ATOMIC_RELAXED) & 1);
}

void vm_clock_start(void)
{
    GLOBAL_STATE_CODE();
    if (enabled) {
        return;
    }
    set_word(virtual_ns(), !manual);
    __atomic_store_n(&enabled, true, __ATOMIC_RELEASE);
    /* Loops that sleep have left its timers out of account. */
    aio_notify_all();
}

void vm_clock_stop(void)
{
    GLOBAL_STATE_CODE();
    __atomic_store_n(&enabled, false, __ATOMIC_RELEASE);
    set_word(virtual_ns(), false);
}

void vm_clock_set_virtual(int64_t ns)
{
    GLOBAL_STATE_CODE();
    set_word(ns, enabled && !manual);
    aio_notify_all();
}

void vm_clock_use_manual(void)
{
    GLOBAL_STATE_CODE();
    manual = true;
    set_word(virtual_ns(), false);
}

int64_t vm_clock_next_deadline(void)
{
    GLOBAL_STATE_CODE();
    if (!main_loop_context()) {
        return INT64_MAX;
    }
    return aio_timers_deadline(main_loop_context(), VM_CLOCK_VIRTUAL);
}

void vm_clock_step_to(int64_t ns)
{
    int64_t next;

    GLOBAL_STATE_CODE();
    ns = MIN(ns, VIRTUAL_MAX);
    /* A callback may stop the clock, or set it. */
    while (enabled && (next = vm_clock_next_deadline()) <= ns) {
        set_word(MAX(next, virtual_ns()), false);
        aio_timers_dispatch(main_loop_context(), VM_CLOCK_VIRTUAL);
    }
    set_word(MAX(ns, virtual_ns()), false);
    /* The timers of iothreads. */
    aio_notify_all();
}
