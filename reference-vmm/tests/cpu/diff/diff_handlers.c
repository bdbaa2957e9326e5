/* SPDX-License-Identifier: MIT */
/*
 * diff_handlers.c - the trap handlers of M- and S-mode: they log, and go on
 * with the next instruction or where x30 says.
 *
 * Thread context: none: the generator is one thread.
 */
#include "diff_gen.h"

typedef struct Handler {
    unsigned cause, epc, tval, status, ip, save;
    bool machine;
} Handler;

/*
 * QEMU's idea of an access fault, made ours: with one hart its AMOs are a load
 * and a store, and say load access fault; and it splits what is misaligned,
 * and names the aligned part.  Clobbers sp, gp, tp.
 */
static void normalise_access_fault(Asm *a)
{
    uint64_t other, no_amo;

    csrrs(a, SP, CSR_MCAUSE, 0);
    addi(a, GP, SP, -5);
    andi(a, GP, GP, -3);
    other = branch(a, BNE, GP, 0, 0); /* not 5 or 7 */
    csrrs(a, GP, CSR_MTVAL, 0);
    andi(a, GP, GP, -8);
    csrrw(a, 0, CSR_MTVAL, GP);
    csrrs(a, GP, CSR_MEPC, 0);
    lui(a, TP, 1u << (ALIAS_BIT - 12));
    i_type(a, 0x13, 4, TP, TP, -1); /* not */
    and_(a, GP, GP, TP);
    i_type(a, 0x03, 5, GP, GP, 0); /* lhu */
    andi(a, GP, GP, 0x7f);
    addi(a, TP, 0, 0x2f);
    no_amo = branch(a, BNE, GP, TP, 0);
    addi(a, SP, 0, 7);
    csrrw(a, 0, CSR_MCAUSE, SP);
    patch_here(a, other);
    patch_here(a, no_amo);
}

/* The value that goes with a breakpoint: its address, or 0, as QEMU says. */
static void normalise_breakpoint(Asm *a, const Handler *h)
{
    uint64_t other;

    csrrs(a, SP, h->cause, 0);
    addi(a, GP, 0, 3);
    other = branch(a, BNE, SP, GP, 0);
    csrrw(a, 0, h->tval, 0);
    patch_here(a, other);
}

static void handler_log(Asm *a, const Handler *h)
{
    uint64_t full;

    la(a, S11, ADDR_SAVE);
    for (unsigned i = 1; i <= 4; i++) {
        sd(a, i, h->save + (i - 1) * 8, S11);
    }
    normalise_breakpoint(a, h);
    if (h->machine) {
        normalise_access_fault(a);
    }
    ld(a, RA, SAVE_LOG, S11);
    addi(a, SP, RA, 1);
    sd(a, SP, SAVE_LOG, S11);
    li(a, SP, LOG_MAX);
    full = branch(a, BGEU, RA, SP, 0);
    slli(a, RA, RA, 5);
    la(a, SP, ADDR_LOG);
    add(a, RA, RA, SP);
    csrrs(a, SP, h->cause, 0);
    sd(a, SP, 0, RA);
    csrrs(a, SP, h->epc, 0);
    sd(a, SP, 8, RA);
    csrrs(a, SP, h->tval, 0);
    sd(a, SP, 16, RA);
    sd(a, T4, 24, RA);
    patch_here(a, full);
}

/* gp = its address with the alias bit cleared; clobbers ra. */
static void to_physical(Asm *a, unsigned rd, unsigned rs)
{
    lui(a, RA, 1u << (ALIAS_BIT - 12));
    i_type(a, 0x13, 4, RA, RA, -1); /* not */
    and_(a, rd, rs, RA);
}

/* gp += length of the instruction at tp. */
static void skip_instruction(Asm *a)
{
    uint64_t compressed;

    i_type(a, 0x03, 5, RA, TP, 0); /* lhu */
    andi(a, RA, RA, 3);
    addi(a, SP, 0, 3);
    addi(a, GP, GP, 2);
    compressed = branch(a, BNE, RA, SP, 0);
    addi(a, GP, GP, 2);
    patch_here(a, compressed);
}

static void handler_return(Asm *a, const Handler *h)
{
    csrrw(a, 0, h->epc, GP);
    addi(a, T4, GP, 0);
    for (unsigned i = 1; i <= 4; i++) {
        ld(a, i, h->save + (i - 1) * 8, S11);
    }
    put32(a, h->machine ? 0x30200073 : 0x10200073);
    /* Only if sret is forbidden (TSR). */
    i_type(a, 0x67, 0, 0, T4, 0);
}

/* gp |= the alias bit when paging is on; clobbers sp. */
static void alias_if_paging(Asm *a)
{
    uint64_t bare;

    csrrs(a, SP, CSR_SATP, 0);
    srli(a, SP, SP, 60);
    bare = branch(a, BEQ, SP, 0, 0);
    lui(a, SP, 1u << (ALIAS_BIT - 12));
    or_(a, GP, GP, SP);
    patch_here(a, bare);
}

/* x30 says where to go on.  tp: 0 U, 1 S, 3 M, in the end. */
static void machine_resume(Asm *a)
{
    uint64_t same, is_m, is_s, not_u, done1, done2, done3;

    to_physical(a, GP, T5);
    andi(a, GP, GP, -4);
    andi(a, TP, T5, 3);
    addi(a, T5, 0, 0);
    same = branch(a, BEQ, TP, 0, 0);
    addi(a, SP, 0, RESUME_M);
    is_m = branch(a, BEQ, TP, SP, 0);
    addi(a, SP, 0, RESUME_S);
    is_s = branch(a, BEQ, TP, SP, 0);
    addi(a, TP, 0, 0);
    done1 = jal(a, 0, 0);
    patch_here(a, same);
    csrrs(a, TP, CSR_MSTATUS, 0);
    srli(a, TP, TP, 11);
    andi(a, TP, TP, 3);
    done2 = jal(a, 0, 0);
    patch_here(a, is_m);
    addi(a, TP, 0, 3);
    done3 = jal(a, 0, 0);
    patch_here(a, is_s);
    addi(a, TP, 0, 1);
    patch_here(a, done1);
    patch_here(a, done2);
    patch_here(a, done3);
    li(a, SP, 0x1800);
    csrrc(a, 0, CSR_MSTATUS, SP);
    slli(a, SP, TP, 11);
    csrrs(a, 0, CSR_MSTATUS, SP);
    not_u = branch(a, BNE, TP, 0, 0);
    alias_if_paging(a);
    patch_here(a, not_u);
}

static void machine_handler(Asm *a)
{
    static const Handler h = { CSR_MCAUSE, CSR_MEPC, CSR_MTVAL, CSR_MSTATUS,
                               CSR_MIP, SAVE_M, true };
    uint64_t go_on, exception, resume, access, page, back, leave[3];

    a->pc = ADDR_M_HANDLER;
    lui(a, T4, 0x20); /* loads and stores as M, whatever MPRV says */
    csrrc(a, T4, CSR_MSTATUS, T4);
    handler_log(a, &h);
    ld(a, RA, SAVE_LOG, S11);
    li(a, SP, TRAPS_MAX);
    go_on = branch(a, BLTU, RA, SP, 0);
    la(a, S11, ADDR_END);
    i_type(a, 0x67, 0, 0, S11, 0);
    patch_here(a, go_on);
    csrrs(a, SP, CSR_MCAUSE, 0);
    csrrs(a, GP, CSR_MEPC, 0);
    exception = branch(a, BGE, SP, 0, 0);
    csrrw(a, 0, CSR_MIP, 0); /* an interrupt: was for once */
    csrrw(a, 0, CSR_MIE, 0);
    leave[0] = jal(a, 0, 0);
    patch_here(a, exception);
    resume = branch(a, BNE, T5, 0, 0);
    to_physical(a, TP, GP);
    addi(a, RA, 0, 1);
    access = branch(a, BEQ, SP, RA, 0);
    addi(a, RA, 0, 12);
    page = branch(a, BEQ, SP, RA, 0);
    skip_instruction(a);
    leave[1] = jal(a, 0, 0);
    /* The stream itself may not be fetched: go on as M. */
    patch_here(a, access);
    patch_here(a, page);
    addi(a, GP, TP, 0);
    li(a, SP, 0x1800);
    csrrs(a, 0, CSR_MSTATUS, SP);
    leave[2] = jal(a, 0, 0);
    patch_here(a, resume);
    machine_resume(a);
    back = a->pc;
    for (unsigned i = 0; i < 3; i++) {
        patch_to(a, leave[i], back);
    }
    handler_return(a, &h);
}

static void supervisor_handler(Asm *a)
{
    static const Handler h = { CSR_SCAUSE, CSR_SEPC, CSR_STVAL, CSR_SSTATUS,
                               CSR_SIP, SAVE_S, false };
    uint64_t exception, resume, same, back, not_m, is_s, leave[3];

    a->pc = ADDR_S_HANDLER;
    csrrs(a, T4, CSR_SSTATUS, 0);
    handler_log(a, &h);
    csrrs(a, SP, CSR_SCAUSE, 0);
    csrrs(a, GP, CSR_SEPC, 0);
    exception = branch(a, BGE, SP, 0, 0);
    csrrw(a, 0, CSR_SIP, 0);
    csrrw(a, 0, CSR_SIE, 0);
    leave[0] = jal(a, 0, 0);
    patch_here(a, exception);
    resume = branch(a, BNE, T5, 0, 0);
    to_physical(a, TP, GP);
    skip_instruction(a);
    leave[1] = jal(a, 0, 0);

    patch_here(a, resume);
    andi(a, TP, T5, 3);
    addi(a, SP, 0, RESUME_M);
    not_m = branch(a, BNE, TP, SP, 0);
    for (unsigned i = 1; i <= 4; i++) {
        ld(a, i, h.save + (i - 1) * 8, S11);
    }
    put32(a, 0x73); /* ecall: M can, and does not come back here */
    patch_here(a, not_m);
    to_physical(a, GP, T5);
    andi(a, GP, GP, -4);
    addi(a, T5, 0, 0);
    same = branch(a, BEQ, TP, 0, 0);
    addi(a, SP, 0, 0x100);
    csrrs(a, 0, CSR_SSTATUS, SP);
    addi(a, RA, 0, RESUME_S);
    is_s = branch(a, BEQ, TP, RA, 0);
    csrrc(a, 0, CSR_SSTATUS, SP);
    patch_here(a, same);
    csrrs(a, TP, CSR_SSTATUS, 0);
    andi(a, TP, TP, 0x100);
    leave[2] = branch(a, BNE, TP, 0, 0);
    alias_if_paging(a);
    patch_here(a, is_s);
    back = a->pc;
    for (unsigned i = 0; i < 3; i++) {
        patch_to(a, leave[i], back);
    }
    handler_return(a, &h);
}

void gen_handlers(Gen *g)
{
    machine_handler(&g->a);
    supervisor_handler(&g->a);
}
