/* SPDX-License-Identifier: MIT */
/*
 * Starting and stopping harts, and interrupts between them: over SBI (HSM,
 * IPI, RFENCE extensions of SBI 1.0), or in M-mode by a mailbox and the
 * ACLINT's software interrupt.
 */
#include "runtime.h"

#define SBI_IPI 0x735049
#define SBI_RFENCE 0x52464e43
#define SBI_HSM 0x48534d
#define HSM_STARTED 0
#define HSM_STOPPED 1
#define ERROR_ALREADY_AVAILABLE (-6)

unsigned boot_hart;

/* Written by the starter before the hart runs, in .data: see start.S. */
struct start {
    void (*entry)(void *);
    void *argument;
    unsigned running; /* M-mode: until the entry has returned */
};
__attribute__((section(".data"))) static struct start start[MAX_HARTS];

void start_secondary(void);
void hart_main(unsigned long hart);
void hart_park(unsigned long hart);

unsigned hart_count(void)
{
    unsigned n = dtb_harts();

    return n < MAX_HARTS ? n : MAX_HARTS;
}

struct sbi_result sbi_call(long extension, long function, long v0, long v1,
                           long v2, long v3, long v4)
{
    register long a0 __asm__("a0") = v0;
    register long a1 __asm__("a1") = v1;
    register long a2 __asm__("a2") = v2;
    register long a3 __asm__("a3") = v3;
    register long a4 __asm__("a4") = v4;
    register long a6 __asm__("a6") = function;
    register long a7 __asm__("a7") = extension;

    __asm__ volatile("ecall"
                     : "+r"(a0), "+r"(a1)
                     : "r"(a2), "r"(a3), "r"(a4), "r"(a6), "r"(a7)
                     : "memory");
    return (struct sbi_result){a0, a1};
}

bool hart_join(unsigned hart)
{
    uint64_t end = time_now() + 10 * dtb_timebase();

    while (!hart_stopped(hart)) {
        if (time_now() > end) {
            return false;
        }
    }
    return true;
}

#ifdef MACHINE_MODE

static uint64_t aclint(void)
{
    static uint64_t base;
    struct dtb_node node;

    if (!base) {
        if (!dtb_find("riscv,clint0", 0, &node)) {
            fail("the device tree has no riscv,clint0");
        }
        base = node.reg;
    }
    return base;
}

void ipi_send(unsigned hart)
{
    fence();
    write32(aclint() + 4 * hart, 1);
}

void ipi_clear(void)
{
    write32(aclint() + 4 * hart_id(), 0);
    fence();
}

void timer_set(uint64_t when)
{
    write64(aclint() + 0x4000 + 8 * hart_id(), when);
}

/* Sleeps until ipi_send(): a pending interrupt wakes even when masked. */
void hart_park(unsigned long hart)
{
    csr_write(CSR_IE, 1ul << IRQ_SOFTWARE);
    while (!__atomic_load_n(&start[hart].running, __ATOMIC_ACQUIRE)) {
        wait_for_interrupt();
    }
    csr_write(CSR_IE, 0);
    /* not until now has the first hart read the device tree for us */
    ipi_clear();
}

void hart_main(unsigned long hart)
{
    start[hart].entry(start[hart].argument);
    csr_write(CSR_IE, 0);
    irq_off();
    __atomic_store_n(&start[hart].running, 0, __ATOMIC_RELEASE);
}

bool hart_start(unsigned hart, void (*entry)(void *), void *argument)
{
    if (start[hart].running) {
        return false;
    }
    start[hart].entry = entry;
    start[hart].argument = argument;
    __atomic_store_n(&start[hart].running, 1, __ATOMIC_RELEASE);
    ipi_send(hart);
    return true;
}

bool hart_stopped(unsigned hart)
{
    return !__atomic_load_n(&start[hart].running, __ATOMIC_ACQUIRE);
}

#else

void ipi_send(unsigned hart)
{
    struct sbi_result r;

    fence();
    r = sbi_call(SBI_IPI, 0, 1, hart, 0, 0, 0);
    if (r.error) {
        fail("SBI send_ipi to hart %u: error %ld", hart, r.error);
    }
}

void ipi_clear(void)
{
    csr_clear(CSR_IP, 1ul << IRQ_SOFTWARE);
    fence();
}

void timer_set(uint64_t when)
{
    struct sbi_result r = sbi_call(0x54494d45, 0, (long)when, 0, 0, 0, 0);

    if (r.error) {
        fail("SBI set_timer: error %ld", r.error);
    }
}

void hart_main(unsigned long hart)
{
    struct sbi_result r;

    start[hart].entry(start[hart].argument);
    r = sbi_call(SBI_HSM, 1, 0, 0, 0, 0, 0);
    fail("SBI hart_stop came back with error %ld", r.error);
}

bool hart_start(unsigned hart, void (*entry)(void *), void *argument)
{
    struct sbi_result r;

    if (!hart_stopped(hart)) {
        return false;
    }
    start[hart].entry = entry;
    start[hart].argument = argument;
    fence();
    r = sbi_call(SBI_HSM, 0, hart, (long)start_secondary, 0, 0, 0);
    return r.error == 0;
}

bool hart_stopped(unsigned hart)
{
    struct sbi_result r = sbi_call(SBI_HSM, 2, hart, 0, 0, 0, 0);

    if (r.error) {
        fail("SBI hart_get_status of hart %u: error %ld", hart, r.error);
    }
    return r.value == HSM_STOPPED;
}

static long others(void)
{
    return (long)(((1ul << hart_count()) - 1) & ~(1ul << hart_id()));
}

bool remote_fence_i(void)
{
    return sbi_call(SBI_RFENCE, 0, others(), 0, 0, 0, 0).error == 0;
}

bool remote_sfence_vma(uint64_t from, uint64_t size)
{
    return sbi_call(SBI_RFENCE, 1, others(), 0, (long)from, (long)size, 0)
               .error == 0;
}

#endif
