/* SPDX-License-Identifier: MIT */
/* Traps: interrupts go to the payload's handler, exceptions are the end. */
#include "runtime.h"

#define INTERRUPT (1ul << 63)

void (*irq_handler)(unsigned irq);

static struct {
    bool expected;
    long cause;
} trap[MAX_HARTS];

unsigned long trap_handle(unsigned long cause, unsigned long epc,
                          unsigned long tval);

void trap_expect(void)
{
    trap[hart_id()].expected = true;
    trap[hart_id()].cause = -1;
    __asm__ volatile("" ::: "memory");
}

long trap_taken(void)
{
    __asm__ volatile("" ::: "memory");
    trap[hart_id()].expected = false;
    return *(volatile long *)&trap[hart_id()].cause;
}

/* From start.S; returns where to go on. */
unsigned long trap_handle(unsigned long cause, unsigned long epc,
                          unsigned long tval)
{
    if (cause & INTERRUPT) {
        if (!irq_handler) {
            fail("interrupt %lu on hart %u, not expected", cause & ~INTERRUPT,
                 hart_id());
        }
        irq_handler((unsigned)cause);
        return epc;
    }
    if (trap[hart_id()].expected) {
        trap[hart_id()].expected = false;
        trap[hart_id()].cause = (long)cause;
        /* the length of the instruction, by its two lowest bits */
        return epc + ((*(uint16_t *)epc & 3) == 3 ? 4 : 2);
    }
    fail("exception %lu on hart %u at 0x%lx, value 0x%lx", cause, hart_id(),
         epc, tval);
}
