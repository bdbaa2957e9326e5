/* SPDX-License-Identifier: MIT */
/*
 * accel.h - what an accelerator provides.
 *
 * Thread context: set once under the BQL, before the first vCPU; run and its
 * helpers in the vCPU's own thread.
 */
#ifndef REFVMM_CPU_ACCEL_H
#define REFVMM_CPU_ACCEL_H

#include "cpu/vcpu.h"

typedef struct AccelOps {
    const char *name;
    const char *help;
    bool has_threads; /* false: vCPUs exist but never run */
    /* State of one vCPU, owned by the accelerator. */
    void *(*create)(const VcpuConfig *config, Vcpu *cpu, GError **error);
    void (*destroy)(void *state);
    void (*reset)(void *state);
    void (*set_entry)(void *state, uint64_t pc, uint64_t a0, uint64_t a1);
    /* Runs the guest until exit is requested; without the BQL. */
    void (*run)(void *state);
    /* Makes run() return or look at interrupts soon.  Any thread. */
    void (*request_exit)(void *state);
    void (*set_irq)(void *state, unsigned bit, bool level);
    bool (*get_register)(void *state, const char *name, uint64_t *ret);
    bool (*set_register)(void *state, const char *name, uint64_t value);
    bool (*is_halted)(const void *state);
    uint64_t (*instructions)(const void *state);
    char *(*dump)(void *state);
    const VMStateDescription *vmstate;
} AccelOps;

extern const AccelOps accel_interp; /* interp/interp.c */
/* NULL-terminated, the default first. */
extern const AccelOps *const accel_list[];
bool accel_set(const char *name, GError **error) GS_FN;
const AccelOps *accel_current(void) IO_FN;

#endif
