/* SPDX-License-Identifier: MIT */
/*
 * vcpu.h - virtual CPUs, whatever runs them.
 *
 *     Vcpu *cpu = vcpu_new(&config, &error);   // stopped, powered off or on
 *     vcpus_start();                           // all run
 *     vcpus_pause();                           // returns when none does
 *     vcpus_free();
 *
 * An accelerator is one table of operations (accel.h): the interpreter, none
 * at all (qtest), later KVM.  The machine sets one before the first vCPU.
 *
 * Thread context: life cycle under the BQL; vcpu_set_irq(), vcpu_kick() and
 * what says so from any thread.
 */
#ifndef REFVMM_CPU_VCPU_H
#define REFVMM_CPU_VCPU_H

#include "base/thread.h"
#include "base/vmstate.h"
#include "memory/memory.h"

typedef struct Vcpu Vcpu;

#define VCPU_MAX 8

/* Bits of mip that devices drive. */
enum {
    RISCV_IRQ_SSIP = 1,
    RISCV_IRQ_MSIP = 3,
    RISCV_IRQ_STIP = 5,
    RISCV_IRQ_MTIP = 7,
    RISCV_IRQ_SEIP = 9,
    RISCV_IRQ_MEIP = 11,
};

/* Where the machine ends and the CPU begins; callbacks from vCPU threads. */
typedef struct VcpuPlatform {
    uint64_t (*read_time)(void *opaque); /* mtime, for the time CSR */
    uint64_t timebase_hz;
    /* Deadline of Sstc's or the SBI's timer is the CPU's own business. */
    /* Built-in SBI only: debug console and system reset. */
    void (*console_write)(void *opaque, const void *data, size_t len);
    size_t (*console_read)(void *opaque, void *data, size_t len);
    /* type and reason as in the SBI's System Reset Extension */
    void (*system_reset)(void *opaque, uint32_t type, uint32_t reason);
    /* The `tohost` word of a bare program was written. */
    void (*tohost)(void *opaque, uint64_t value);
    void *opaque;
} VcpuPlatform;

typedef struct VcpuConfig {
    unsigned hartid;
    AddressSpace *as;
    const VcpuPlatform *platform; /* outlives the vCPU */
    bool builtin_sbi; /* starts in S-mode; ecall from S is served by us */
    hwaddr tohost;    /* 0: none */
} VcpuConfig;

Vcpu *vcpu_new(const VcpuConfig *config, GError **error) GS_FN;
/* Ends and frees all. */
void vcpus_free(void) DROPS(bql) GS_FN;
unsigned vcpus_count(void) IO_FN;
Vcpu *vcpu_by_id(unsigned hartid) IO_FN; /* NULL: none */

/* Before start: where it begins, with a0 and a1; without that it is powered
 * off, until another hart starts it through the SBI. */
void vcpu_reset(Vcpu *cpu) GS_FN; /* registers as after reset, powered off */
void vcpu_set_entry(Vcpu *cpu, uint64_t pc, uint64_t a0, uint64_t a1) GS_FN;

/* May drop the BQL while it waits for vCPU threads. */
void vcpus_start(void) GS_FN;
void vcpus_pause(void) DROPS(bql) GS_FN;

/* Raises or lowers a bit of mip, and wakes a waiting hart. */
void vcpu_set_irq(Vcpu *cpu, unsigned bit, bool level) IO_FN;
void vcpu_kick(Vcpu *cpu) IO_FN;
/* Runs fn in the vCPU's thread between two instructions (at once when it is
 * the calling thread, or the vCPU is paused), and waits for it. */
void vcpu_run_on(Vcpu *cpu, void (*fn)(Vcpu *cpu, void *opaque), void *opaque)
    DROPS(bql) GS_FN;

unsigned vcpu_id(const Vcpu *cpu) IO_FN;
int vcpu_thread_id(const Vcpu *cpu) IO_FN; /* of gettid(); 0: none */
bool vcpu_is_halted(const Vcpu *cpu) IO_FN;
uint64_t vcpu_instructions(const Vcpu *cpu) IO_FN; /* retired so far */

/* Registers, of a paused vCPU: "pc", "x1" or "ra", "f0", CSRs by name. */
bool vcpu_get_register(Vcpu *cpu, const char *name, uint64_t *ret) GS_FN;
bool vcpu_set_register(Vcpu *cpu, const char *name, uint64_t value) GS_FN;
char *vcpu_dump(Vcpu *cpu) GS_FN; /* as `info registers` */

const VMStateDescription *vcpu_vmstate(void) IO_FN;
void *vcpu_vmstate_opaque(Vcpu *cpu) GS_FN;
/* "rv64imafdc_zicsr_...", for the device tree. */
const char *vcpu_isa_string(void) IO_FN;

#endif
