/* SPDX-License-Identifier: MIT */
/*
 * diff_runtime.c - what the random instructions run in: set-up, trap
 * handlers, page tables, and the report at the end.
 *
 * Thread context: none: the generator is one thread.
 */
#include "diff_gen.h"

enum { RA = 1, SP = 2, GP = 3, TP = 4, A0 = 10, A1, A2, A3, A4, A5, A6 };
enum { S11 = 27, T3 = 28, T4 = 29, T5 = 30, T6 = 31 };

/* Offsets from ADDR_SAVE. */
enum {
    SAVE_M = 0,   /* x1 to x4 of the M handler */
    SAVE_S = 64,  /* and of the S handler */
    SAVE_LOG = 128,
    SAVE_PASSES = 136,
};
#define TRAPS_MAX 20000 /* then something is wrong: end */

#define UART 0x10000000
#define FINISHER 0x100000

#define PTE_V 1u
#define PTE_R 2u
#define PTE_W 4u
#define PTE_X 8u
#define PTE_U 16u
#define PTE_G 32u
#define PTE_A 64u
#define PTE_D 128u

/* ---- page tables ---------------------------------------------------------- */

static uint64_t page_table(unsigned root, unsigned level)
{
    return ADDR_PAGE_TABLES
           + (uint64_t)(root * PAGES_PER_ROOT + level) * 4096;
}

uint64_t gen_satp(unsigned root, unsigned asid)
{
    return UINT64_C(8) << 60 | (uint64_t)asid << 44
           | page_table(root, 0) >> 12;
}

/* Mostly valid, often all right, sometimes wrong in every way there is. */
static uint64_t random_pte(Gen *g, uint64_t pa)
{
    uint64_t pte = pa >> 12 << 10;

    switch (gen_below(g, 8)) {
    case 0:
        return pte | gen_below(g, 256);
    case 1: /* reserved bits, N and PBMT, which are off */
        return pte | PTE_V | PTE_R | PTE_W | PTE_A | PTE_D
               | UINT64_C(1) << (54 + gen_below(g, 10));
    case 2:
        return pte | PTE_V | PTE_R | PTE_X | PTE_U;
    default:
        return pte | PTE_V | PTE_A | (gen_random(g) & (PTE_U | PTE_D))
               | (gen_chance(g, 4) ? 0 : PTE_R)
               | (gen_chance(g, 3) ? 0 : PTE_W)
               | (gen_chance(g, 2) ? 0 : PTE_G);
    }
}

/* Of a level above the last: a superpage of data, or nothing; never a pointer
 * to data as if it were a table. */
static uint64_t random_superpage(Gen *g, uint64_t pa)
{
    uint64_t pte = random_pte(g, pa) & ~(uint64_t)PTE_X;

    return pte & (PTE_R | PTE_W) ? pte : pte | PTE_R;
}

static uint64_t random_page(Gen *g, bool *ret_stub)
{
    *ret_stub = gen_chance(g, 4);
    return *ret_stub ? ADDR_STUB
                     : ADDR_DATA + 4096 * gen_below(g, DATA_SIZE / 4096);
}

/* Only the page of ecalls may be executed, and that not be written.  It is
 * S's: with SUM set QEMU lets S execute a page of U's that it has read. */
uint64_t gen_leaf_pte(Gen *g)
{
    bool stub;
    uint64_t pte = random_pte(g, random_page(g, &stub));

    return pte & ~(uint64_t)(stub ? PTE_W | PTE_U : PTE_X);
}

uint64_t gen_leaf_pte_address(unsigned root, unsigned i)
{
    return page_table(root, 2) + i * 8;
}

void gen_page_tables(Gen *g)
{
    for (unsigned r = 0; r < ROOTS; r++) {
        uint64_t root = page_table(r, 0), middle = page_table(r, 1);
        uint64_t leaf = page_table(r, 2);
        uint64_t all = PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D;

        put64_at(&g->a, root + 2 * 8, IMAGE_BASE >> 12 << 10 | all);
        put64_at(&g->a, root + 3 * 8, IMAGE_BASE >> 12 << 10 | all | PTE_U);
        put64_at(&g->a, root + 4 * 8, middle >> 12 << 10 | PTE_V);
        put64_at(&g->a, root + 5 * 8, random_superpage(g, IMAGE_BASE));
        put64_at(&g->a, middle, leaf >> 12 << 10 | PTE_V);
        for (unsigned i = 1; i < 8; i++) {
            /* one in eight is not aligned, as a superpage must be */
            uint64_t pa = ADDR_DATA + (gen_chance(g, 8) ? 0x1000 : 0);

            put64_at(&g->a, middle + i * 8, random_superpage(g, pa));
        }
        for (unsigned i = 0; i < 512; i++) {
            put64_at(&g->a, leaf + i * 8, gen_leaf_pte(g));
        }
    }
}

/* ---- set-up --------------------------------------------------------------- */

static void write_csr(Asm *a, unsigned csr, uint64_t v)
{
    li64(a, RA, v);
    csrrw(a, 0, csr, RA);
}

static void fill_tables(Gen *g)
{
    for (unsigned i = 0; i < 32; i++) {
        put64_at(&g->a, ADDR_TABLES + i * 8, gen_value(g));
        put64_at(&g->a, ADDR_TABLES + 256 + i * 8, gen_float(g));
    }
    for (unsigned i = 0; i < DATA_SIZE / 8; i++) {
        put64_at(&g->a, ADDR_DATA + i * 8,
                 i & 1 ? gen_float(g) : gen_value(g));
    }
    for (unsigned i = 0; i < 4096 / 4; i++) {
        uint32_t ecall = 0x73;

        memcpy(g->a.image + (ADDR_STUB - IMAGE_BASE) + i * 4, &ecall, 4);
    }
    put64_at(&g->a, ADDR_SAVE + SAVE_PASSES, g->passes);
}

void gen_setup(Gen *g)
{
    Asm *a = &g->a;
    uint64_t hart0, park;

    fill_tables(g);
    gen_page_tables(g);
    a->pc = IMAGE_BASE;
    csrrs(a, RA, CSR_MHARTID, 0);
    hart0 = branch(a, BEQ, RA, 0, 0);
    csrrw(a, 0, CSR_MIE, 0);
    park = a->pc;
    put32(a, 0x10500073); /* wfi */
    jal(a, 0, park);
    patch_here(a, hart0);
    la(a, RA, ADDR_M_HANDLER);
    csrrw(a, 0, CSR_MTVEC, RA);
    la(a, RA, ADDR_S_HANDLER);
    csrrw(a, 0, CSR_STVEC, RA);
    write_csr(a, CSR_MSTATUS, UINT64_C(0xa00006000)); /* FS, SXL, UXL */
    write_csr(a, CSR_MIE, 0);
    write_csr(a, CSR_MIP, 0);
    write_csr(a, CSR_MIDELEG, 0);
    write_csr(a, CSR_MEDELEG, 0);
    write_csr(a, CSR_SATP, 0);
    write_csr(a, CSR_MCOUNTEREN, 0);
    write_csr(a, CSR_SCOUNTEREN, 0);
    write_csr(a, CSR_FCSR, gen_below(g, 5) << 5);
    for (unsigned i = 0; i < 8; i++) {
        write_csr(a, CSR_PMPADDR0 + i, (ADDR_DATA >> 2) + i * 64);
    }
    /* Everything else is allowed: the last entry. */
    write_csr(a, CSR_PMPADDR0 + 15, (UINT64_C(1) << 54) - 1);
    write_csr(a, CSR_PMPCFG0 + 2, UINT64_C(0x1f) << 56);
    for (unsigned i = 0; i < 32; i++) {
        if (i == 0) {
            la(a, T6, ADDR_TABLES);
        }
        i_type(a, 0x07, 3, i, T6, 256 + i * 8); /* fld */
    }
    for (unsigned i = 1; i < 27; i++) {
        ld(a, i, i * 8, T6);
    }
    li64(a, T3, WINDOW_PAGES + 2048);
    addi(a, T5, 0, 0);
    la(a, T6, ADDR_DATA + 2048);
    la(a, T4, ADDR_SLOTS);
    i_type(a, 0x67, 0, 0, T4, 0); /* jr */
}

/* ---- trap handlers -------------------------------------------------------- */

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

/* ---- the end -------------------------------------------------------------- */

static const struct {
    const char *name;
    unsigned csr;
    uint64_t mask;
} end_csrs[] = {
    { "mstatus", CSR_MSTATUS, UINT64_MAX },
    { "sstatus", CSR_SSTATUS, UINT64_MAX },
    { "misa", CSR_MISA, UINT64_MAX },
    { "mhartid", CSR_MHARTID, UINT64_MAX },
    { "mie", CSR_MIE, UINT64_MAX },
    { "mip", CSR_MIP, 0x222 },
    { "sie", CSR_SIE, UINT64_MAX },
    { "sip", CSR_SIP, 0x222 },
    { "medeleg", CSR_MEDELEG, UINT64_MAX },
    { "mideleg", CSR_MIDELEG, 0x222 },
    { "mcounteren", CSR_MCOUNTEREN, 7 },
    { "scounteren", CSR_SCOUNTEREN, 7 },
    { "mscratch", CSR_MSCRATCH, UINT64_MAX },
    { "sscratch", CSR_SSCRATCH, UINT64_MAX },
    { "mtvec", CSR_MTVEC, UINT64_MAX },
    { "stvec", CSR_STVEC, UINT64_MAX },
    { "mepc", CSR_MEPC, UINT64_MAX },
    { "sepc", CSR_SEPC, UINT64_MAX },
    { "mcause", CSR_MCAUSE, UINT64_MAX },
    { "scause", CSR_SCAUSE, UINT64_MAX },
    { "mtval", CSR_MTVAL, UINT64_MAX },
    { "stval", CSR_STVAL, UINT64_MAX },
    { "satp", CSR_SATP, UINT64_MAX },
    { "pmpcfg0", CSR_PMPCFG0, UINT64_MAX },
    { "pmpcfg2", CSR_PMPCFG0 + 2, UINT64_MAX },
    { "pmpaddr0", CSR_PMPADDR0, UINT64_MAX },
    { "pmpaddr1", CSR_PMPADDR0 + 1, UINT64_MAX },
    { "pmpaddr2", CSR_PMPADDR0 + 2, UINT64_MAX },
    { "pmpaddr3", CSR_PMPADDR0 + 3, UINT64_MAX },
    { "pmpaddr4", CSR_PMPADDR0 + 4, UINT64_MAX },
    { "pmpaddr5", CSR_PMPADDR0 + 5, UINT64_MAX },
    { "pmpaddr6", CSR_PMPADDR0 + 6, UINT64_MAX },
    { "pmpaddr7", CSR_PMPADDR0 + 7, UINT64_MAX },
};
#define END_CSRS (sizeof(end_csrs) / sizeof(end_csrs[0]))
#define CHECKSUM_BLOCK 128 /* bytes that one printed checksum covers */
#define TABLES_BYTES (ROOTS * PAGES_PER_ROOT * 4096)

void gen_print_hex(Asm *a)
{
    uint64_t loop, poll, digit, decimal, line;

    lui(a, A1, UART >> 12);
    addi(a, A2, 0, 64);
    loop = a->pc;
    poll = a->pc;
    i_type(a, 0x03, 4, A3, A1, 5); /* lbu: line status */
    andi(a, A3, A3, 0x20);
    branch(a, BEQ, A3, 0, poll);
    line = branch(a, BEQ, A2, 0, 0);
    addi(a, A2, A2, -4);
    r_type(a, 0x33, 5, 0, A3, A0, A2); /* srl */
    andi(a, A3, A3, 15);
    addi(a, A4, 0, 10);
    decimal = branch(a, BLTU, A3, A4, 0);
    addi(a, A3, A3, 'a' - '0' - 10);
    patch_here(a, decimal);
    digit = a->pc;
    addi(a, A3, A3, '0');
    s_type(a, 0x23, 0, A3, 0, A1);
    jal(a, 0, loop);
    patch_here(a, line);
    addi(a, A3, 0, '\n');
    s_type(a, 0x23, 0, A3, 0, A1);
    (void)digit;
}

void gen_finish(Asm *a)
{
    lui(a, A1, FINISHER >> 12);
    li(a, A0, 0x5555);
    s_type(a, 0x23, 2, A0, 0, A1);
    jal(a, 0, a->pc);
}

/* Prints checksums of the words from a5 to a6. */
static void print_checksums(Asm *a)
{
    uint64_t block = a->pc, word, out;

    addi(a, A0, 0, 0);
    word = a->pc;
    ld(a, A1, 0, A5);
    addi(a, A5, A5, 8);
    xor_(a, A0, A0, A1);
    slli(a, A2, A0, 13);
    srli(a, A3, A0, 51);
    or_(a, A0, A2, A3);
    slli(a, A2, A0, 2); /* times 5 */
    add(a, A0, A0, A2);
    andi(a, A2, A5, CHECKSUM_BLOCK - 1);
    branch(a, BNE, A2, 0, word);
    gen_print_hex(a);
    out = branch(a, BGEU, A5, A6, 0);
    jal(a, 0, block);
    patch_here(a, out);
}

/* Prints the words from a5 to a6. */
static void print_words(Asm *a)
{
    uint64_t loop = a->pc, out;

    out = branch(a, BGEU, A5, A6, 0);
    ld(a, A0, 0, A5);
    addi(a, A5, A5, 8);
    gen_print_hex(a);
    jal(a, 0, loop);
    patch_here(a, out);
}

void gen_end(Gen *g)
{
    Asm *a = &g->a;
    uint64_t fits, skip;

    a->pc = ADDR_END;
    la(a, S11, ADDR_RESULT);
    for (unsigned i = 0; i < 32; i++) {
        /* x27 and x29 hold what the handler left. */
        sd(a, i == S11 || i == T4 ? 0 : i, i * 8, S11);
    }
    for (unsigned i = 0; i < END_CSRS; i++) {
        csrrs(a, RA, end_csrs[i].csr, 0);
        li64(a, SP, end_csrs[i].mask);
        and_(a, RA, RA, SP);
        sd(a, RA, 512 + i * 8, S11);
    }
    /* From here on traps (data that PMP has locked) are only passed over. */
    skip = a->pc;
    la(a, RA, skip);
    csrrw(a, 0, CSR_MTVEC, RA);
    li(a, RA, 0x6000);
    csrrs(a, 0, CSR_MSTATUS, RA);
    for (unsigned i = 0; i < 32; i++) {
        s_type(a, 0x27, 3, i, 256 + i * 8, S11); /* fsd */
    }
    csrrs(a, RA, CSR_FCSR, 0);
    sd(a, RA, 512 + END_CSRS * 8, S11);
    addi(a, A5, S11, 0);
    addi(a, A6, S11, 512 + (END_CSRS + 1) * 8);
    print_words(a);
    la(a, A5, ADDR_DATA);
    la(a, A6, ADDR_DATA + DATA_SIZE);
    print_checksums(a);
    la(a, A5, ADDR_PAGE_TABLES);
    la(a, A6, ADDR_PAGE_TABLES + TABLES_BYTES);
    print_checksums(a);
    la(a, A5, ADDR_SAVE);
    ld(a, A0, SAVE_LOG, A5);
    addi(a, A6, A0, 0);
    gen_print_hex(a);
    li(a, A1, LOG_MAX);
    fits = branch(a, BLTU, A6, A1, 0);
    addi(a, A6, A1, 0);
    patch_here(a, fits);
    slli(a, A6, A6, 5);
    la(a, A5, ADDR_LOG);
    add(a, A6, A6, A5);
    print_words(a);
    gen_finish(a);
    while (a->pc & 3) {
        put16(a, 1);
    }
    {
        Asm la_at = { .image = a->image, .pc = skip };

        la(&la_at, RA, a->pc);
    }
    csrrs(a, T4, CSR_MEPC, 0);
    addi(a, T4, T4, 4);
    csrrw(a, 0, CSR_MEPC, T4);
    put32(a, 0x30200073);
}

void gen_describe(FILE *f)
{
    for (unsigned i = 0; i < 32; i++) {
        fprintf(f, "x%u\n", i);
    }
    for (unsigned i = 0; i < 32; i++) {
        fprintf(f, "f%u\n", i);
    }
    for (unsigned i = 0; i < END_CSRS; i++) {
        fprintf(f, "%s\n", end_csrs[i].name);
    }
    fprintf(f, "fcsr\n");
    for (unsigned i = 0; i < DATA_SIZE; i += CHECKSUM_BLOCK) {
        fprintf(f, "data+0x%x\n", i);
    }
    for (unsigned i = 0; i < TABLES_BYTES; i += CHECKSUM_BLOCK) {
        fprintf(f, "page-table+0x%x\n", i);
    }
    fprintf(f, "traps\n");
    for (unsigned i = 0; i < LOG_MAX; i++) {
        fprintf(f, "trap[%u].cause\ntrap[%u].pc\ntrap[%u].value\n"
                   "trap[%u].status\n",
                i, i, i, i);
    }
}
