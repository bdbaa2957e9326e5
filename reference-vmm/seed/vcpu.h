/* SPDX-License-Identifier: MIT */
/*
 * vcpu.h - a virtual CPU: one thread that runs a guest.
 *
 * The guest of this machine is a loop that writes ever growing numbers all
 * over its memory, mostly into a small hot set of pages.
 *
 * Thread context: the functions below are for whoever holds the BQL.
 */
#ifndef REFVMM_CPU_VCPU_H
#define REFVMM_CPU_VCPU_H

#include "base/lock.h"
#include "base/thread.h"
#include "seed/ram.h"

typedef struct Vcpu {
    Ram *ram;
    VmThread *thread GUARDED_BY(bql);
    bool stop GUARDED_BY(bql);    /* it is to pause */
    bool stopped GUARDED_BY(bql); /* it has paused */
    bool unplug GUARDED_BY(bql);  /* it is to end */
    VmCond wake;   /* with bql: stop or unplug changed */
    VmCond paused; /* with bql: stopped changed */
    bool exit_request; /* atomic: leave the guest and look at the above */
    /* the thread's own: the guest's registers */
    uint64_t counter;
    uint64_t random;
} Vcpu;

/* Starts paused. */
bool vcpu_init(Vcpu *cpu, Ram *ram, GError **error) GS_FN;
/* Ends the thread. */
void vcpu_destroy(Vcpu *cpu) DROPS(bql) GS_FN;

/* Returns when the guest does not run any more.  The BQL is dropped while it
 * waits for that: what was read before may have changed. */
void vcpu_pause(Vcpu *cpu) DROPS(bql) GS_FN;
void vcpu_resume(Vcpu *cpu) GS_FN;

#endif
