/* SPDX-License-Identifier: MIT */
/*
 * diff_runtime.c - what the random instructions run in: set-up, page
 * tables, and the report at the end.
 *
 * Thread context: none: the generator is one thread.
 */
#include "diff_gen.h"

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

/* ---- page tables ------------------------------------------------------- */

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

/* ---- set-up ------------------------------------------------------------ */

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

/* ---- the end ----------------------------------------------------------- */

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
    uint64_t loop, decimal, line;

    lui(a, A1, UART >> 12);
    addi(a, A2, 0, 64);
    loop = a->pc;
    i_type(a, 0x03, 4, A3, A1, 5); /* lbu: line status */
    andi(a, A3, A3, 0x20);
    branch(a, BEQ, A3, 0, loop);
    line = branch(a, BEQ, A2, 0, 0);
    addi(a, A2, A2, -4);
    r_type(a, 0x33, 5, 0, A3, A0, A2); /* srl */
    andi(a, A3, A3, 15);
    addi(a, A4, 0, 10);
    decimal = branch(a, BLTU, A3, A4, 0);
    addi(a, A3, A3, 'a' - '0' - 10);
    patch_here(a, decimal);
    addi(a, A3, A3, '0');
    s_type(a, 0x23, 0, A3, 0, A1);
    jal(a, 0, loop);
    patch_here(a, line);
    addi(a, A3, 0, '\n');
    s_type(a, 0x23, 0, A3, 0, A1);
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
