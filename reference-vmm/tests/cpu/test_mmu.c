/* SPDX-License-Identifier: MIT */
/*
 * test_mmu.c - Sv39, PMP, and what the translation caches must not forget.
 *
 * Programs run in M-mode and use MPRV to access memory as S or U, or enter
 * S-mode where fetches count.
 *
 * Thread context: the test's main thread, with the BQL.
 */
#include "cpu_test.h"

enum {
    V = 1, R = 2, W = 4, X = 8, U = 16, G = 32, A = 64, D = 128,
    RWX = V | R | W | X | A | D,
};
#define ROOT (RAM_BASE + 0x300000)
#define LEVEL1 (RAM_BASE + 0x301000)
#define LEVEL0 (RAM_BASE + 0x302000)
#define ROOT2 (RAM_BASE + 0x304000)
#define SV39(root, asid) \
    (UINT64_C(8) << 60 | (uint64_t)(asid) << 44 | (root) >> 12)
/* 4 KiB pages from here on: entries of LEVEL0 */
#define VIRTUAL UINT64_C(0x40000000)

static uint64_t pte(uint64_t pa, unsigned bits)
{
    return pa >> 12 << 10 | bits;
}

/* RAM at its own address by superpages, VIRTUAL through LEVEL0. */
static void make_tables(void)
{
    set_word(ROOT + 8 * 2, pte(RAM_BASE, RWX)); /* 1 GiB */
    set_word(ROOT + 8 * 1, pte(LEVEL1, V));
    set_word(LEVEL1, pte(LEVEL0, V));
}

static void map(unsigned page, uint64_t pa, unsigned bits)
{
    set_word(LEVEL0 + 8 * page, pte(pa, bits));
}

/* Code: loads and stores are those of S-mode from here on, under satp. */
static void as_supervisor(Code *c, uint64_t satp)
{
    open_pmp(c);
    li(c, T0, satp);
    csrrw(c, ZERO, CSR_SATP_, T0);
    sfence_vma(c, ZERO, ZERO);
    li(c, T0, 3 << 11);
    csrrc(c, ZERO, CSR_MSTATUS_, T0);
    li(c, T0, 1 << 17 | 1 << 11); /* MPRV, MPP = S */
    csrrs(c, ZERO, CSR_MSTATUS_, T0);
}

/* As trap_logger(), but keeps MPRV on: mret would clear it. */
static void mprv_logger(Code *c)
{
    Code h = { c->ram, LOGGER };

    li(&h, T5, 1 << 17);
    csrrc(&h, ZERO, CSR_MSTATUS_, T5);
    csrrs(&h, T6, CSR_MCAUSE_, ZERO);
    sd(&h, T6, S11, 0);
    csrrs(&h, T6, CSR_MEPC_, ZERO);
    sd(&h, T6, S11, 8);
    csrrs(&h, T5, CSR_MTVAL_, ZERO);
    sd(&h, T5, S11, 16);
    addi(&h, S11, S11, 32);
    addi(&h, T6, T6, 4);
    li(&h, T5, 3 << 11); /* back to M, then as S again */
    csrrc(&h, ZERO, CSR_MSTATUS_, T5);
    li(&h, T5, 1 << 17 | 1 << 11);
    csrrs(&h, ZERO, CSR_MSTATUS_, T5);
    jalr(&h, ZERO, T6, 0);
    li(c, S11, LOG);
    li(c, T0, LOGGER);
    csrrw(c, ZERO, CSR_MTVEC_, T0);
}

static Code REQUIRES(bql) begin(void)
{
    Code c = machine_begin(1, false);

    make_tables();
    mprv_logger(&c);
    return c;
}

/* A and D are set by hardware, D only by stores. */
static void REQUIRES(bql) test_accessed_dirty(void **state)
{
    Code c = begin();

    map(0, DATA, V | R | W);
    map(1, DATA + 0x1000, V | R | W);
    set_word(DATA, 123);
    as_supervisor(&c, SV39(ROOT, 0));
    li(&c, A0, VIRTUAL);
    ld(&c, A1, A0, 0);
    li(&c, A2, LEVEL0);
    ld(&c, S2, A2, 0); /* the entry, through the superpage */
    sd(&c, A1, A0, 8);
    ld(&c, S3, A2, 0);
    li(&c, A0, VIRTUAL + 0x1000);
    sd(&c, A1, A0, 0);
    ld(&c, S4, A2, 8);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("a1"), 123);
    assert_int_equal(reg("s2") & 0xff, V | R | W | A);
    assert_int_equal(reg("s3") & 0xff, V | R | W | A | D);
    assert_int_equal(reg("s4") & 0xff, V | R | W | A | D);
    assert_int_equal(word_at(DATA + 0x1000), 123);
    machine_end();
}

/* Without ADUE it is software's: a page fault. */
static void REQUIRES(bql) test_no_adue(void **state)
{
    Code c = begin();

    map(0, DATA, V | R | W);
    map(1, DATA, V | R | W | A);
    li(&c, T0, UINT64_C(1) << 61);
    csrrc(&c, ZERO, CSR_MENVCFG_, T0);
    as_supervisor(&c, SV39(ROOT, 0));
    li(&c, A0, VIRTUAL);
    ld(&c, A1, A0, 0);
    li(&c, A0, VIRTUAL + 0x1000);
    ld(&c, A1, A0, 0);
    sd(&c, A1, A0, 0);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(logged(0, LOG_CAUSE), 13);
    assert_int_equal(logged(0, LOG_TVAL), VIRTUAL);
    assert_int_equal(logged(1, LOG_CAUSE), 15);
    assert_int_equal(logged(1, LOG_TVAL), VIRTUAL + 0x1000);
    assert_int_equal(logged(2, LOG_CAUSE), 0);
    machine_end();
}

/* One load and one store a page; which of them fault. */
static void REQUIRES(bql) test_permissions(void **state)
{
    static const struct {
        unsigned bits;
        bool load, store; /* fault */
    } cases[] = {
        { RWX, false, false },
        { V | R | A | D, false, true },
        { V | X | A | D, true, true },
        { V | W | A | D, true, true },          /* reserved */
        { V | R | W | U | A | D, true, true },  /* without SUM */
        { 0, true, true },
        { V | R | W | G | A | D, false, false },
        { V, true, true },                      /* a table where none can be */
    };
    Code c = begin();
    unsigned n = 0;

    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        map(i, DATA, cases[i].bits);
    }
    set_word(LEVEL0 + 8 * 100, pte(DATA, RWX) | UINT64_C(1) << 60);
    set_word(LEVEL1 + 8, pte(RAM_BASE + 0x1000, RWX)); /* misaligned, 2 MiB */
    as_supervisor(&c, SV39(ROOT, 0));
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        li(&c, A0, VIRTUAL + 0x1000 * i);
        ld(&c, A1, A0, 0);
        sd(&c, A1, A0, 0);
    }
    li(&c, A0, VIRTUAL + 0x1000 * 100);
    ld(&c, A1, A0, 0);
    li(&c, A0, VIRTUAL + 0x200000);
    ld(&c, A1, A0, 0);
    li(&c, A0, UINT64_C(0x4000000000)); /* not canonical */
    ld(&c, A1, A0, 0);
    finish(&c, 0);
    machine_run(ENTRY);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (cases[i].load) {
            assert_int_equal(logged(n, LOG_CAUSE), 13);
            assert_int_equal(logged(n++, LOG_TVAL), VIRTUAL + 0x1000 * i);
        }
        if (cases[i].store) {
            assert_int_equal(logged(n, LOG_CAUSE), 15);
            assert_int_equal(logged(n++, LOG_TVAL), VIRTUAL + 0x1000 * i);
        }
    }
    for (unsigned i = 0; i < 3; i++) {
        assert_int_equal(logged(n++, LOG_CAUSE), 13);
    }
    assert_int_equal(logged(n, LOG_CAUSE), 0);
    machine_end();
}

/* SUM and MXR count at once, whatever is cached. */
static void REQUIRES(bql) test_sum_mxr(void **state)
{
    Code c = begin();

    map(0, DATA, V | R | W | U | A | D);
    map(1, DATA, V | X | A | D);
    as_supervisor(&c, SV39(ROOT, 0));
    li(&c, A0, VIRTUAL);
    li(&c, A1, VIRTUAL + 0x1000);
    li(&c, S0, 1 << 18);
    li(&c, S1, 1 << 19);
    for (unsigned i = 0; i < 2; i++) {
        ld(&c, A2, A0, 0);                    /* faults */
        csrrs(&c, ZERO, CSR_SSTATUS_, S0);
        ld(&c, A2, A0, 0);
        csrrc(&c, ZERO, CSR_SSTATUS_, S0);
        ld(&c, A2, A1, 0);                    /* faults */
        csrrs(&c, ZERO, CSR_SSTATUS_, S1);
        ld(&c, A2, A1, 0);
        csrrc(&c, ZERO, CSR_SSTATUS_, S1);
    }
    finish(&c, 0);
    machine_run(ENTRY);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(logged(i, LOG_CAUSE), 13);
        assert_int_equal(logged(i, LOG_TVAL), VIRTUAL + 0x1000 * (i & 1));
    }
    assert_int_equal(logged(4, LOG_CAUSE), 0);
    machine_end();
}

/* After sfence.vma for a page the new entry counts; superpages too. */
static void REQUIRES(bql) test_sfence(void **state)
{
    Code c = begin();

    map(0, DATA, RWX);
    set_word(DATA, 1);
    set_word(DATA + 0x1000, 2);
    set_word(LEVEL1 + 8, pte(RAM_BASE, RWX));
    set_word(RAM_BASE + 0x120000, 3); /* through VIRTUAL + 2 MiB */
    set_word(RAM_BASE + 0x320000, 4);
    as_supervisor(&c, SV39(ROOT, 0));
    li(&c, A0, VIRTUAL);
    li(&c, A1, LEVEL0);
    li(&c, A2, VIRTUAL + 0x320000);
    ld(&c, S0, A0, 0);
    ld(&c, S1, A2, 0);
    li(&c, T0, pte(DATA + 0x1000, RWX));
    sd(&c, T0, A1, 0);
    sfence_vma(&c, A0, ZERO);
    ld(&c, S2, A0, 0);
    li(&c, A1, LEVEL1);
    li(&c, T0, pte(RAM_BASE + 0x200000, RWX));
    sd(&c, T0, A1, 8);
    li(&c, T1, VIRTUAL + 0x200000); /* any address in it */
    sfence_vma(&c, T1, ZERO);
    ld(&c, S3, A2, 0);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("s0"), 1);
    assert_int_equal(reg("s1"), 3);
    assert_int_equal(reg("s2"), 2);
    assert_int_equal(reg("s3"), 4);
    machine_end();
}

/* Many address spaces, one after the other and again. */
static void REQUIRES(bql) test_address_spaces(void **state)
{
    Code c = begin();

    for (unsigned i = 0; i < 6; i++) {
        uint64_t root = ROOT2 + 0x3000 * i;

        set_word(root + 8 * 2, pte(RAM_BASE, RWX));
        set_word(root + 8, pte(root + 0x1000, V));
        set_word(root + 0x1000, pte(root + 0x2000, V));
        set_word(root + 0x2000, pte(DATA + 0x1000 * i, RWX));
        set_word(DATA + 0x1000 * i, 100 + i);
    }
    as_supervisor(&c, SV39(ROOT2, 1));
    li(&c, A0, VIRTUAL);
    li(&c, S0, 0);
    li(&c, S1, 0);
    for (unsigned i = 0; i < 18; i++) {
        li(&c, T0, SV39(ROOT2 + 0x3000 * (i % 6), i % 6 + 1));
        csrrw(&c, ZERO, CSR_SATP_, T0);
        ld(&c, T1, A0, 0);
        add(&c, S0, S0, T1);
        addi(&c, T1, T1, 1);
        sd(&c, T1, A0, 0);
    }
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("s0"), 3 * (6 * 100 + 15) + 6 * (1 + 2));
    for (unsigned i = 0; i < 6; i++) {
        assert_int_equal(word_at(DATA + 0x1000 * i), 103 + i);
    }
    machine_end();
}

/* S-mode code; its faults come as page faults of fetches. */
static void REQUIRES(bql) test_fetch(void **state)
{
    Code c = machine_begin(1, false), s = { c.ram, DATA };
    Code h = { c.ram, ENTRY + 0x4000 };

    make_tables();
    map(0, DATA, V | X | A);
    map(1, DATA, V | R | A);
    map(2, DATA, V | X | U | A);
    /* page 0: calls page 1, then page 2 */
    addi(&s, S0, S0, 1);
    jalr(&s, RA, A0, 0);
    jalr(&s, RA, A1, 0);
    put(&s, INSN_ECALL);
    /* logs, and returns to ra */
    csrrs(&h, T0, CSR_MCAUSE_, ZERO);
    sd(&h, T0, S11, 0);
    csrrs(&h, T0, CSR_MTVAL_, ZERO);
    sd(&h, T0, S11, 16);
    addi(&h, S11, S11, 32);
    csrrs(&h, T0, CSR_MCAUSE_, ZERO);
    li(&h, T1, 9);
    beq(&h, T0, T1, h.pc + 12);
    csrrw(&h, ZERO, CSR_MEPC_, RA);
    put(&h, INSN_MRET);
    finish(&h, 0);

    open_pmp(&c);
    li(&c, S11, LOG);
    li(&c, T0, ENTRY + 0x4000);
    csrrw(&c, ZERO, CSR_MTVEC_, T0);
    li(&c, T0, SV39(ROOT, 0));
    csrrw(&c, ZERO, CSR_SATP_, T0);
    li(&c, A0, VIRTUAL + 0x1000);
    li(&c, A1, VIRTUAL + 0x2000);
    li(&c, S0, 0);
    li(&c, T0, VIRTUAL);
    csrrw(&c, ZERO, CSR_MEPC_, T0);
    li(&c, T0, 1 << 11);
    csrrw(&c, ZERO, CSR_MSTATUS_, T0);
    put(&c, INSN_MRET);
    machine_run(ENTRY);
    assert_int_equal(reg("s0"), 1);
    assert_int_equal(logged(0, LOG_CAUSE), 12);
    assert_int_equal(logged(0, LOG_TVAL), VIRTUAL + 0x1000);
    assert_int_equal(logged(1, LOG_CAUSE), 12);
    assert_int_equal(logged(1, LOG_TVAL), VIRTUAL + 0x2000);
    assert_int_equal(logged(2, LOG_CAUSE), 9);
    machine_end();
}

/* TVM, TSR and TW make these illegal in S-mode. */
static void REQUIRES(bql) test_tvm_instructions(void **state)
{
    Code c = machine_begin(1, false);

    log_traps(&c);
    open_pmp(&c);
    li(&c, T0, 7 << 20);
    csrrs(&c, ZERO, CSR_MSTATUS_, T0);
    enter_mode(&c, 1);
    /* the logger returns to the mode it came from */
    sfence_vma(&c, ZERO, ZERO);
    put(&c, INSN_SRET);
    put(&c, INSN_WFI);
    csrrs(&c, A0, CSR_SATP_, ZERO);
    finish(&c, 0);
    machine_run(ENTRY);
    static const uint32_t insns[] = {
        0x12000073, INSN_SRET, INSN_WFI, 0x18002573,
    };

    for (unsigned i = 0; i < G_N_ELEMENTS(insns); i++) {
        assert_int_equal(logged(i, LOG_CAUSE), 2);
        assert_int_equal(logged(i, LOG_TVAL), insns[i]);
        assert_int_equal(logged(i, LOG_MSTATUS) >> 11 & 3, 1);
    }
    assert_int_equal(logged(G_N_ELEMENTS(insns), LOG_CAUSE), 0);
    machine_end();
}

/* A page of which 8 bytes are read-only and 4 are closed. */
static void REQUIRES(bql) test_pmp(void **state)
{
    Code c = begin();
    uint64_t page = DATA;

    set_word(page, 77);
    as_supervisor(&c, 0);
    li(&c, T0, (page + 0x100) >> 2); /* 0: NA4, closed */
    csrrw(&c, ZERO, CSR_PMPADDR0_, T0);
    li(&c, T0, (page + 0x200) >> 2); /* 1..2: TOR, read-only */
    csrrw(&c, ZERO, CSR_PMPADDR0_ + 1, T0);
    li(&c, T0, (page + 0x208) >> 2);
    csrrw(&c, ZERO, CSR_PMPADDR0_ + 2, T0);
    li(&c, T0, UINT64_MAX >> 10); /* 3: the rest */
    csrrw(&c, ZERO, CSR_PMPADDR0_ + 3, T0);
    li(&c, T0, 0x1f090010);
    csrrw(&c, ZERO, CSR_PMPCFG0_, T0);
    li(&c, A0, page);
    ld(&c, S0, A0, 0);
    load(&c, 6, A1, A0, 0x100); /* lwu: closed */
    load(&c, 6, A1, A0, 0x104);
    ld(&c, A1, A0, 0xfc);       /* misaligned, into it */
    ld(&c, A1, A0, 0x200);
    sd(&c, A1, A0, 0x200);      /* read-only */
    sd(&c, A1, A0, 0x1fc);      /* partly, misaligned */
    sd(&c, A1, A0, 0x208);
    amo(&c, 0, 3, A1, A0, A1);  /* is fine */
    finish(&c, 0);
    machine_run(ENTRY);
    static const uint64_t expected[][2] = {
        { 5, 0x100 }, { 5, 0xfc }, { 7, 0x200 }, { 7, 0x1fc }, { 0, 0 },
    };

    assert_int_equal(reg("s0"), 77);
    for (unsigned i = 0; i < G_N_ELEMENTS(expected); i++) {
        assert_int_equal(logged(i, LOG_CAUSE), expected[i][0]);
        if (expected[i][0]) {
            assert_int_equal(logged(i, LOG_TVAL), page + expected[i][1]);
        }
    }
    machine_end();
}

/* A locked entry holds for M-mode, and stays. */
static void REQUIRES(bql) test_pmp_lock(void **state)
{
    Code c = machine_begin(1, false);

    log_traps(&c);
    li(&c, T0, DATA >> 2 | 0x1ff); /* NAPOT, 4 KiB */
    csrrw(&c, ZERO, CSR_PMPADDR0_, T0);
    li(&c, A0, DATA);
    sd(&c, A0, A0, 0);
    li(&c, T0, 0x99); /* locked, read-only */
    csrrw(&c, ZERO, CSR_PMPCFG0_, T0);
    sd(&c, A0, A0, 8);
    ld(&c, A1, A0, 0);
    csrrw(&c, ZERO, CSR_PMPCFG0_, ZERO);
    csrrw(&c, ZERO, CSR_PMPADDR0_, ZERO);
    csrrs(&c, A2, CSR_PMPCFG0_, ZERO);
    csrrs(&c, A3, CSR_PMPADDR0_, ZERO);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(logged(0, LOG_CAUSE), 7);
    assert_int_equal(logged(0, LOG_TVAL), DATA + 8);
    assert_int_equal(logged(1, LOG_CAUSE), 0);
    assert_int_equal(reg("a1"), DATA);
    assert_int_equal(reg("a2"), 0x99);
    assert_int_equal(reg("a3"), DATA >> 2 | 0x1ff);
    machine_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CPU_TEST(test_accessed_dirty),
        CPU_TEST(test_no_adue),
        CPU_TEST(test_permissions),
        CPU_TEST(test_sum_mxr),
        CPU_TEST(test_sfence),
        CPU_TEST(test_address_spaces),
        CPU_TEST(test_fetch),
        CPU_TEST(test_tvm_instructions),
        CPU_TEST(test_pmp),
        CPU_TEST(test_pmp_lock),
    };

    cpu_test_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
