/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the two times of a VMM.
 *
 * VM_CLOCK_REALTIME is the host's monotonic clock (vm_clock_ns() of lock.h).
 * VM_CLOCK_VIRTUAL is the guest's: it stands still while the guest is stopped
 * and starts at 0; its timers fire only between start and
 * stop.  Under `-accel qtest` it moves only when it is told to.
 *
 * Units are nanoseconds throughout.
 *
 * Thread context: reading is for any thread, without a lock; starting,
 * stopping and stepping need the BQL.
 */
#ifndef REFVMM_BASE_CLOCK_H
#define REFVMM_BASE_CLOCK_H

#include "base/lock.h"

typedef enum VmClock {
    VM_CLOCK_REALTIME,
    VM_CLOCK_VIRTUAL,
} VmClock;

int64_t vm_clock_get_ns(VmClock clock) IO_FN;

/* Of VM_CLOCK_VIRTUAL.  It is stopped at first; both may be called twice. */
void vm_clock_start(void) GS_FN;
void vm_clock_stop(void) GS_FN;
/* Sets it, stopped or not: an incoming state brings its own time. */
void vm_clock_set_virtual(int64_t ns) GS_FN;

/*
 * From now on the virtual clock is moved by vm_clock_step_to() alone.
 * Stepping fires the timers of the main context that fall due, in order, each
 * with the clock at its own time.
 */
void vm_clock_use_manual(void) GS_FN;
void vm_clock_step_to(int64_t ns) GS_FN;
/* When the next timer of the main context on the virtual clock is due;
 * INT64_MAX: none. */
int64_t vm_clock_next_deadline(void) GS_FN;

/* For event loops: whether its timers may fire, and whether it moves by
 * itself. */
bool vm_clock_enabled(VmClock clock) IO_FN;
bool vm_clock_moves(VmClock clock) IO_FN;

#endif
