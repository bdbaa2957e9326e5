/* SPDX-License-Identifier: MIT */
/*
 * The PLIC (RISC-V PLIC specification 1.0).  On this machine a hart has two
 * contexts, M-mode's and then S-mode's.
 */
#include "runtime.h"

#define PENDING 0x1000
#define ENABLE 0x2000
#define ENABLE_STRIDE 0x80
#define CONTEXT 0x200000
#define CONTEXT_STRIDE 0x1000
#define CLAIM 4

static uint64_t plic;

static unsigned context(unsigned hart)
{
#ifdef MACHINE_MODE
    return 2 * hart;
#else
    return 2 * hart + 1;
#endif
}

bool plic_init(void)
{
    struct dtb_node node;

    if (!dtb_find("riscv,plic0", 0, &node)) {
        return false;
    }
    plic = node.reg;
    return true;
}

void plic_priority(unsigned source, unsigned priority)
{
    write32(plic + 4 * source, priority);
}

void plic_enable(unsigned hart, unsigned source, bool on)
{
    uint64_t word =
        plic + ENABLE + ENABLE_STRIDE * context(hart) + source / 32 * 4;
    uint32_t bit = 1u << source % 32;

    write32(word, on ? read32(word) | bit : read32(word) & ~bit);
}

void plic_threshold(unsigned hart, unsigned threshold)
{
    write32(plic + CONTEXT + CONTEXT_STRIDE * context(hart), threshold);
}

bool plic_pending(unsigned source)
{
    return read32(plic + PENDING + source / 32 * 4) >> source % 32 & 1;
}

unsigned plic_claim(unsigned hart)
{
    return read32(plic + CONTEXT + CONTEXT_STRIDE * context(hart) + CLAIM);
}

void plic_complete(unsigned hart, unsigned source)
{
    write32(plic + CONTEXT + CONTEXT_STRIDE * context(hart) + CLAIM, source);
}
