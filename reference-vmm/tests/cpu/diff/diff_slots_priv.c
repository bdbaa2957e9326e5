/* SPDX-License-Identifier: MIT */
/*
 * diff_slots_priv.c - CSRs, privilege modes, page tables, PMP.
 *
 * What is written to CSRs is limited to fields whose behaviour the
 * specification fixes; README.md lists what is left out, and why.
 *
 * Thread context: none: the generator is one thread.
 */
#include "diff_gen.h"

enum { X28 = 28, X30 = 30 };

#define INSN_ECALL 0x00000073u
#define INSN_EBREAK 0x00100073u
#define INSN_MRET 0x30200073u
#define INSN_SRET 0x10200073u
#define INSN_WFI 0x10500073u
#define INSN_SFENCE_VMA 0x12000073u

#define MSTATUS_SIE (1u << 1)
#define MSTATUS_MIE (1u << 3)
#define MSTATUS_SPIE (1u << 5)
#define MSTATUS_MPIE (1u << 7)
#define MSTATUS_SPP (1u << 8)
#define MSTATUS_MPP (3u << 11)
#define MSTATUS_FS (3u << 13)
#define MSTATUS_MPRV (1u << 17)
#define MSTATUS_SUM (1u << 18)
#define MSTATUS_MXR (1u << 19)
#define MSTATUS_TVM (1u << 20)
#define MSTATUS_TW (1u << 21)
#define MSTATUS_TSR (1u << 22)

static unsigned scratch(Gen *g)
{
    return 1 + gen_below(g, 26);
}

static void sfence(Gen *g)
{
    put32(&g->a, INSN_SFENCE_VMA);
}

/* ---- CSRs -------------------------------------------------------------- */

typedef struct CsrInfo {
    unsigned csr;
    uint64_t mask; /* of what is written; 0: it is only read */
} CsrInfo;

static const CsrInfo csrs[] = {
    { CSR_FFLAGS, 31 },
    { CSR_FRM, 7 },
    { CSR_FCSR, 255 },
    { CSR_MSCRATCH, UINT64_MAX },
    { CSR_SSCRATCH, UINT64_MAX },
    { CSR_MEPC, UINT64_C(0x3ffffffffe) },
    { CSR_SEPC, UINT64_C(0x3ffffffffe) },
    { CSR_MTVAL, UINT64_MAX },
    { CSR_STVAL, UINT64_MAX },
    { CSR_MCAUSE, UINT64_C(1) << 63 | 15 },
    { CSR_SCAUSE, UINT64_C(1) << 63 | 15 },
    { CSR_MCOUNTEREN, 7 },
    { CSR_SCOUNTEREN, 7 },
    { CSR_MIE, 0 },
    { CSR_MIP, 0x222 },
    { CSR_SIE, 0 },
    { CSR_SIP, 0x222 },
    { CSR_MIDELEG, 0x222 },
    { CSR_MEDELEG, 0xa15c }, /* not fetch faults, nor access faults */
    { CSR_MHARTID, 0 },
    { CSR_MISA, 0 },
    { CSR_SATP, 0 },
    { CSR_MSTATUS, 0 },
    { CSR_SSTATUS, 0 },
    { CSR_PMPCFG0, 0 },
    { CSR_PMPADDR0, 0 },
    { 0x5c0, 0 }, /* none of these exist, or they are not ours to read */
    { 0x7c0, 0 },
    { 0x9c0, 0 },
    { 0x8ff, 0 },
    { 0x240, 0 },
    { 0x7b0, 0 },
};

static void csr_status_bits(Gen *g)
{
    static const uint32_t bits[] = {
        MSTATUS_SIE, MSTATUS_MIE, MSTATUS_SPIE, MSTATUS_MPIE, MSTATUS_SPP,
        MSTATUS_FS,  MSTATUS_SUM, MSTATUS_MXR,  MSTATUS_TVM,  MSTATUS_TW,
        MSTATUS_TSR, MSTATUS_SUM, MSTATUS_MXR,
    };
    unsigned r = scratch(g), i = gen_below(g, 13);
    unsigned csr = gen_chance(g, 2) ? CSR_SSTATUS : CSR_MSTATUS;
    bool set = gen_chance(g, 2);

    /* Bits that make much else illegal go away soon. */
    if (bits[i] == MSTATUS_TVM || bits[i] == MSTATUS_TSR) {
        set = gen_chance(g, 4);
    }
    if (bits[i] == MSTATUS_FS && !gen_chance(g, 6)) {
        set = true;
    }
    li(&g->a, r, (int32_t)bits[i]);
    i_type(&g->a, 0x73, set ? 2 : 3, gen_rd(g), r, csr);
}

static void csr_counters(Gen *g)
{
    static const unsigned counters[] = { CSR_CYCLE, CSR_TIME, CSR_INSTRET };
    unsigned csr = counters[gen_below(g, 3)];

    /* Whether it may be read; the value is not known.  Not to be written. */
    if (gen_chance(g, 4)) {
        csrrw(&g->a, 0, csr, gen_rs(g));
    } else {
        csrrs(&g->a, 0, csr, 0);
    }
}

/* Vectors are put back: they are needed. */
static void csr_vectors(Gen *g)
{
    unsigned r = scratch(g), old = r == 1 ? 2 : r - 1;
    unsigned csr = gen_chance(g, 2) ? CSR_STVEC : CSR_MTVEC;

    csrrs(&g->a, old, csr, 0);
    li64(&g->a, r, gen_random(g) & ~UINT64_C(0xffffff0000000002));
    csrrw(&g->a, 0, csr, r);
    csrrs(&g->a, r, csr, 0);
    csrrw(&g->a, 0, csr, old);
}

/* Never two at once: which of them is taken first is where QEMU is wrong. */
static void csr_interrupt_enable(Gen *g)
{
    static const unsigned bits[] = { 0, 2, 0x20, 0x200 };
    unsigned r = scratch(g);

    li(&g->a, r, (int32_t)bits[gen_below(g, 4)]);
    if (gen_chance(g, 2)) {
        csrrw(&g->a, gen_rd(g), CSR_MIE, r);
    } else {
        csrrc(&g->a, gen_rd(g), CSR_SIE, r);
    }
}

void slot_csr(Gen *g)
{
    const CsrInfo *info = &csrs[gen_below(g, sizeof(csrs) / sizeof(csrs[0]))];
    unsigned r = scratch(g), f3 = 1 + gen_below(g, 3), rd = gen_rd(g);

    switch (gen_below(g, 10)) {
    case 0:
    case 1:
        csr_status_bits(g);
        return;
    case 2:
        csr_counters(g);
        return;
    case 4:
        csr_interrupt_enable(g);
        return;
    case 3:
        /* With the vector gone for a moment, a trap would be lost: only
         * where reading it has shown that it may be written. */
        if (g->kind == KIND_CSR) {
            csr_vectors(g);
            return;
        }
        break;
    }
    if (info->mask == 0) {
        i_type(&g->a, 0x73, 2, rd, 0, info->csr);
    } else if (gen_chance(g, 3)) {
        i_type(&g->a, 0x73, 4 + f3, rd, gen_random(g) & info->mask & 31,
               info->csr);
    } else {
        li64(&g->a, r, gen_value(g) & info->mask);
        i_type(&g->a, 0x73, f3, rd, r, info->csr);
    }
    if (info->csr == CSR_MIP || info->csr == CSR_SIP) {
        andi(&g->a, rd, rd, 0x222); /* without the timer's bit */
    }
}

/* ---- privilege modes --------------------------------------------------- */

/* x30: the instruction after those that follow; returns what to give to
 * come_here(). */
static uint64_t resume_after(Gen *g, unsigned as)
{
    uint64_t at = g->a.pc;

    la(&g->a, X30, at + as);
    return at;
}

/* Traps since resume_after() lead here. */
static void come_here(Gen *g, uint64_t at, unsigned as)
{
    Asm a = { .image = g->a.image, .pc = at };

    if (g->a.pc & 2) {
        put16(&g->a, 1);
    }
    la(&a, X30, g->a.pc + as);
    addi(&g->a, X30, 0, 0);
}

static void switch_by_ecall(Gen *g)
{
    unsigned as = gen_below(g, 4);
    uint64_t at = resume_after(g, as);

    put32(&g->a, INSN_ECALL);
    come_here(g, at, as);
}

static void trap_plain(Gen *g)
{
    switch (gen_below(g, 3)) {
    case 0:
        put32(&g->a, INSN_ECALL);
        break;
    case 1:
        put32(&g->a, INSN_EBREAK);
        break;
    default:
        put16(&g->a, 0x9002); /* c.ebreak */
    }
}

/* mret or sret to the instruction after it, perhaps by U's alias. */
static void switch_by_return(Gen *g, bool machine)
{
    unsigned r = scratch(g), other = r == 1 ? 2 : r - 1;
    unsigned pp = machine ? (unsigned[]){ 0, 1, 3 }[gen_below(g, 3)]
                          : gen_below(g, 2);
    unsigned status = machine ? CSR_MSTATUS : CSR_SSTATUS;
    uint64_t at, target;

    li(&g->a, r, machine ? MSTATUS_MPP : MSTATUS_SPP);
    csrrc(&g->a, 0, status, r);
    li(&g->a, r, machine ? pp << 11 : pp << 8);
    csrrs(&g->a, 0, status, r);
    target = g->a.pc;
    la(&g->a, r, target);
    if (pp == 0 && gen_chance(g, 2)) {
        lui(&g->a, other, 1u << (ALIAS_BIT - 12));
        or_(&g->a, r, r, other);
    }
    csrrw(&g->a, 0, machine ? CSR_MEPC : CSR_SEPC, r);
    at = resume_after(g, RESUME_SAME);
    put32(&g->a, machine ? INSN_MRET : INSN_SRET);
    {
        Asm a = { .image = g->a.image, .pc = target };

        if (g->a.pc & 2) {
            put16(&g->a, 1);
        }
        la(&a, r, g->a.pc);
    }
    come_here(g, at, RESUME_SAME);
}

static void write_satp(Gen *g)
{
    unsigned r = scratch(g);
    uint64_t satp = gen_satp(gen_below(g, ROOTS), gen_below(g, 3));

    if (gen_chance(g, 5)) {
        satp = 0;
    } else if (gen_chance(g, 12)) { /* no such mode: not written at all */
        satp = (satp & ~(UINT64_C(15) << 60)) | UINT64_C(5) << 60;
    }
    li64(&g->a, r, satp);
    csrrw(&g->a, gen_rd(g), CSR_SATP, r);
    sfence(g);
}

static void write_pte(Gen *g)
{
    unsigned address = scratch(g), r = address == 1 ? 2 : address - 1;
    unsigned page = gen_chance(g, 2) ? 0 : gen_below(g, 512);
    uint64_t at = resume_after(g, RESUME_SAME);

    /* Where this traps the store must not be done: it could not be fenced. */
    sfence(g);
    la(&g->a, address,
       gen_leaf_pte_address(gen_below(g, ROOTS), page));
    li64(&g->a, r, gen_leaf_pte(g));
    sd(&g->a, r, 0, address);
    switch (gen_below(g, 3)) {
    case 0: /* of this address only; the first pages of the window */
        li64(&g->a, r, WINDOW_PAGES + (uint64_t)page * 4096);
        r_type(&g->a, 0x73, 0, 9, 0, r, 0);
        break;
    default:
        sfence(g);
    }
    come_here(g, at, RESUME_SAME);
}

static void set_window(Gen *g)
{
    uint64_t v = WINDOW_PAGES
                 + (uint64_t)(gen_chance(g, 2) ? 0 : gen_below(g, 511)) * 4096;

    switch (gen_below(g, 10)) {
    case 0:
        v = WINDOW_LARGE + (uint64_t)gen_below(g, 7) * 0x200000;
        break;
    case 1:
        v = WINDOW_HUGE + (ADDR_DATA - IMAGE_BASE);
        break;
    case 2:
        v = gen_chance(g, 2) ? WINDOW_HOLE : WINDOW_NONCANONICAL;
        break;
    }
    li64(&g->a, X28, v + 2048);
}

/* To where only ecalls are, or nothing that can be executed. */
static void wild_jump(Gen *g)
{
    uint64_t at = resume_after(g, RESUME_SAME);

    i_type(&g->a, 0x67, 0, gen_rd(g), X28, (int)gen_below(g, 256) * 4);
    come_here(g, at, RESUME_SAME);
}

/* M's accesses as if from another mode. */
static void mprv(Gen *g)
{
    unsigned r = scratch(g), other = r == 1 ? 2 : r - 1;

    li(&g->a, r, MSTATUS_MPP);
    csrrc(&g->a, 0, CSR_MSTATUS, r);
    li(&g->a, r, (int32_t)(MSTATUS_MPRV
                           | (unsigned[]){ 0, 1, 3 }[gen_below(g, 3)] << 11));
    csrrs(&g->a, 0, CSR_MSTATUS, r);
    if (gen_chance(g, 2)) {
        i_type(&g->a, 0x03, gen_below(g, 7), other, X28,
               (int)gen_below(g, 512) * 8 - 2048);
    } else {
        s_type(&g->a, 0x23, gen_below(g, 4), gen_rs(g),
               (int)gen_below(g, 512) * 8 - 2048, X28);
    }
    li(&g->a, r, MSTATUS_MPRV);
    csrrc(&g->a, 0, CSR_MSTATUS, r);
}

/* M only: with something pending and enabled it goes on at once.  In other
 * modes the CSR is not readable, and the branch leads past it. */
static void wfi(Gen *g)
{
    unsigned r = scratch(g);
    uint64_t not_m;

    addi(&g->a, r, 0, 1);
    csrrs(&g->a, r, CSR_MHARTID, 0); /* 0 in M, else left at 1 */
    not_m = branch(&g->a, BNE, r, 0, 0);
    addi(&g->a, r, 0, MSTATUS_MIE);
    csrrc(&g->a, 0, CSR_MSTATUS, r);
    addi(&g->a, r, 0, 2);
    csrrw(&g->a, 0, CSR_MIE, r);
    csrrs(&g->a, 0, CSR_MIP, r);
    put32(&g->a, INSN_WFI);
    csrrc(&g->a, 0, CSR_MIP, r);
    patch_here(&g->a, not_m);
}

static void interrupts(Gen *g)
{
    unsigned r = scratch(g);

    li(&g->a, r, (int32_t)(gen_random(g) & 0x222));
    csrrw(&g->a, 0, CSR_MIDELEG, r);
    csr_interrupt_enable(g);
    addi(&g->a, r, 0, gen_chance(g, 2) ? MSTATUS_MIE : MSTATUS_SIE);
    csrrs(&g->a, 0, CSR_MSTATUS, r);
    li(&g->a, r, (int32_t)(gen_random(g) & 0x222));
    csrrw(&g->a, 0, CSR_MIP, r);
}

void slot_priv(Gen *g)
{
    switch (gen_below(g, 16)) {
    case 0:
    case 1:
    case 2:
        switch_by_ecall(g);
        break;
    case 3:
        trap_plain(g);
        break;
    case 4:
    case 5:
        switch_by_return(g, true);
        break;
    case 6:
        switch_by_return(g, false);
        break;
    case 7:
    case 8:
        write_satp(g);
        break;
    case 9:
        write_pte(g);
        break;
    case 10:
    case 11:
        set_window(g);
        break;
    case 12:
        wild_jump(g);
        break;
    case 13:
        mprv(g);
        break;
    case 14:
        interrupts(g);
        break;
    default:
        if (gen_chance(g, 2)) {
            wfi(g);
        } else {
            csr_status_bits(g);
        }
    }
}

/* ---- PMP --------------------------------------------------------------- */

/*
 * A naturally aligned region in the data, or pages of the stream: QEMU does
 * not look twice at instructions of one page.  Not in the page tables, where
 * it sets A and D without asking.
 */
static uint64_t pmp_napot(Gen *g, bool data)
{
    unsigned shift = data ? 3 + gen_below(g, 10) : 12 + gen_below(g, 5);
    uint64_t base = data ? ADDR_DATA + gen_below(g, DATA_SIZE)
                         : ADDR_SLOTS + gen_below(g, 0x20000);

    base &= ~((UINT64_C(1) << shift) - 1);
    return base >> 2 | ((UINT64_C(1) << (shift - 3)) - 1);
}

static unsigned pmp_permissions(Gen *g)
{
    unsigned rwx = gen_below(g, 8);

    return (rwx & 3) == 2 ? rwx | 1 : rwx; /* W without R is reserved */
}

static void pmp_clear(Gen *g, unsigned entry, unsigned r)
{
    li64(&g->a, r, UINT64_C(0xff) << entry * 8);
    csrrc(&g->a, 0, CSR_PMPCFG0, r);
}

/*
 * One of the first eight entries; sfence as the specification asks.  The
 * first four are for the data, the others for the stream; this stays readable,
 * so that the S handler can tell how long the instruction is that trapped.
 */
void slot_pmp(Gen *g)
{
    unsigned entry = gen_below(g, 8), r = scratch(g);
    unsigned cfg = pmp_permissions(g) | gen_below(g, 4) << 3;
    bool write_address = !gen_chance(g, 4), write_cfg = !gen_chance(g, 4);
    bool data = entry < 4;

    if (!data) {
        cfg |= 1;
    }
    if (cfg & 3 << 3 && (!data || entry == 0)) {
        cfg |= 3 << 3; /* NAPOT, or off */
    }
    if (data && gen_chance(g, 12)) { /* locked: for M, too */
        cfg |= 3 << 3 | 0x80;
        write_address = write_cfg = true;
    }
    if (write_address) {
        if (write_cfg) {
            pmp_clear(g, entry, r);
        }
        li64(&g->a, r, pmp_napot(g, data));
        csrrw(&g->a, 0, CSR_PMPADDR0 + entry, r);
    }
    if (write_cfg) {
        pmp_clear(g, entry, r);
        li64(&g->a, r, (uint64_t)cfg << entry * 8);
        csrrs(&g->a, gen_rd(g), CSR_PMPCFG0, r);
    }
    /* QEMU 7.2 only sees at a write, if of nothing, that the next entry's
     * range begins elsewhere. */
    addi(&g->a, r, 0, 0);
    csrrs(&g->a, 0, CSR_PMPCFG0, r);
    sfence(g);
}
