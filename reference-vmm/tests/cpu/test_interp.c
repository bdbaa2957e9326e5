/* SPDX-License-Identifier: MIT */
/*
 * test_interp.c - one hart in M-mode: instructions that the differential test
 * cannot see well, traps, counters, code that changes.
 *
 * Thread context: the test's main thread, with the BQL.
 */
#include "cpu_test.h"

static void REQUIRES(bql) test_entry(void **state)
{
    Code c = machine_begin(1, false);

    addi(&c, A2, A0, 7);
    finish(&c, 21);
    machine_run(ENTRY);
    assert_int_equal(tm.tohost, 43);
    assert_int_equal(reg("a1"), 0x1234);
    assert_int_equal(reg("a2"), 7);
    assert_int_equal(reg("priv"), 3);
    machine_end();
}

/* Loops, calls and returns, near and to another page. */
static void REQUIRES(bql) test_jumps(void **state)
{
    Code c = machine_begin(1, false), far = { c.ram, ENTRY + 0x5000 };
    uint64_t loop;

    addi(&far, A1, A1, 3);
    jalr(&far, ZERO, RA, 0);
    li(&c, A0, 100000);
    li(&c, A1, 0);
    loop = c.pc;
    jal(&c, RA, ENTRY + 0x5000);
    addi(&c, A0, A0, -1);
    bne(&c, A0, ZERO, loop);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("a1"), 300000);
    machine_end();
}

/* minstret counts what has retired, exactly. */
static void REQUIRES(bql) test_instret(void **state)
{
    Code c = machine_begin(1, false);
    uint64_t loop;

    csrrs(&c, S0, CSR_MINSTRET_, ZERO);
    li(&c, A0, 1000); /* one instruction */
    loop = c.pc;
    put(&c, INSN_NOP);
    addi(&c, A0, A0, -1);
    bne(&c, A0, ZERO, loop);
    csrrs(&c, S1, CSR_MINSTRET_, ZERO);
    csrrw(&c, ZERO, CSR_MINSTRET_, ZERO);
    csrrs(&c, S2, CSR_MINSTRET_, ZERO);
    put(&c, INSN_NOP);
    csrrs(&c, S3, CSR_MINSTRET_, ZERO);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("s1") - reg("s0"), 3002);
    assert_int_equal(reg("s2"), 0);
    assert_int_equal(reg("s3"), 2);
    machine_end();
}

static void REQUIRES(bql) test_traps(void **state)
{
    Code c = machine_begin(1, false);
    uint64_t at[8];

    log_traps(&c);
    at[0] = c.pc;
    put(&c, 0xffffffff);
    at[1] = c.pc;
    put(&c, INSN_EBREAK);
    at[2] = c.pc;
    put(&c, INSN_ECALL);
    li(&c, A0, DATA + 2);
    at[3] = c.pc;
    amo(&c, 0, 2, A1, A0, A1); /* amoadd.w, misaligned */
    at[4] = c.pc;
    amo(&c, 2, 3, A1, A0, ZERO); /* lr.d */
    li(&c, A0, 0x40000000);
    at[5] = c.pc;
    ld(&c, A1, A0, 8);
    at[6] = c.pc;
    sd(&c, A1, A0, 16);
    at[7] = c.pc;
    csrrs(&c, A1, 0x7ff, ZERO); /* no such CSR */
    finish(&c, 0);
    machine_run(ENTRY);
    static const uint64_t expected[8][2] = {
        { 2, 0xffffffff }, { 3, 0 }, { 11, 0 }, { 6, DATA + 2 },
        { 4, DATA + 2 }, { 5, 0x40000008 }, { 7, 0x40000010 },
        { 2, 0x7ff025f3 },
    };

    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(logged(i, LOG_CAUSE), expected[i][0]);
        assert_int_equal(logged(i, LOG_PC), at[i]);
        assert_int_equal(logged(i, LOG_TVAL),
                         i == 1 ? at[1] : expected[i][1]);
    }
    machine_end();
}

/* A jump to where nothing is: the fault is the target's. */
static void REQUIRES(bql) test_fetch_fault(void **state)
{
    Code c = machine_begin(1, false), handler = { c.ram, ENTRY + 0x1000 };

    li(&c, T0, ENTRY + 0x1000);
    csrrw(&c, ZERO, CSR_MTVEC_, T0);
    li(&c, A0, 0x40000000);
    jalr(&c, RA, A0, 2);
    csrrs(&handler, S0, CSR_MCAUSE_, ZERO);
    csrrs(&handler, S1, CSR_MEPC_, ZERO);
    csrrs(&handler, S2, CSR_MTVAL_, ZERO);
    finish(&handler, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("s0"), 1);
    assert_int_equal(reg("s1"), 0x40000002);
    assert_int_equal(reg("s2"), 0x40000002);
    machine_end();
}

static void REQUIRES(bql) test_misaligned(void **state)
{
    Code c = machine_begin(1, false);

    li(&c, A0, DATA + 0xffc);
    li(&c, A1, UINT64_C(0x1122334455667788));
    sd(&c, A1, A0, 0);  /* across two pages */
    ld(&c, A2, A0, 0);
    ld(&c, A3, A0, 4);
    load(&c, 2, A4, A0, 2); /* lw, across */
    sd(&c, A1, A0, -99);    /* within the page */
    ld(&c, A5, A0, -99);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_true(reg("a2") == UINT64_C(0x1122334455667788));
    assert_int_equal(reg("a3"), 0x11223344);
    assert_int_equal(reg("a4"), 0x33445566);
    assert_true(reg("a5") == UINT64_C(0x1122334455667788));
    machine_end();
}

/* Instructions across pages, alone and as the target of a jump. */
static void REQUIRES(bql) test_straddling(void **state)
{
    Code c = machine_begin(1, false), d = { c.ram, ENTRY + 0x2ffa };
    uint64_t loop;

    li(&c, A0, 5);
    li(&c, A1, 0);
    li(&c, T0, ENTRY + 0x2ffa);
    jalr(&c, ZERO, T0, 0);
    loop = d.pc;
    addi(&d, A1, A1, 1);
    addi(&d, A1, A1, 10); /* 0x2ffe */
    put16(&d, 0x157d);    /* c.addi a0, -1 */
    bne(&d, A0, ZERO, loop);
    csrrs(&d, S0, CSR_MINSTRET_, ZERO);
    beq(&d, ZERO, ZERO, ENTRY + 0x3ffe);
    d.pc = ENTRY + 0x3ffe;
    li(&d, A2, 77);
    finish(&d, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("a1"), 55);
    assert_int_equal(reg("a2"), 77);
    machine_end();
}

/* New code is seen after fence.i, even where a loop was linked. */
static void REQUIRES(bql) test_fence_i(void **state)
{
    Code c = machine_begin(1, false), f = { c.ram, ENTRY + 0x1800 };
    uint64_t loop;

    addi(&f, A0, A0, 1); /* becomes: addi a0, a0, 100 */
    jalr(&f, ZERO, RA, 0);
    li(&c, A0, 0);
    li(&c, S0, 3);
    li(&c, S1, ENTRY + 0x1800);
    li(&c, S2, 0x06450513);
    loop = c.pc;
    jalr(&c, RA, S1, 0);
    store(&c, 2, S2, S1, 0);
    put(&c, INSN_FENCE_I);
    addi(&c, S0, S0, -1);
    bne(&c, S0, ZERO, loop);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("a0"), 201);
    machine_end();
}

/* The code of the running page itself. */
static void REQUIRES(bql) test_fence_i_same_page(void **state)
{
    Code c = machine_begin(1, false);
    uint64_t patched, loop;

    li(&c, A0, 0);
    li(&c, S0, 2);
    li(&c, S2, 0x06450513);
    loop = c.pc;
    patched = c.pc;
    addi(&c, A0, A0, 1);
    li(&c, S1, patched);
    store(&c, 2, S2, S1, 0);
    put(&c, INSN_FENCE_I);
    addi(&c, S0, S0, -1);
    bne(&c, S0, ZERO, loop);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("a0"), 101);
    machine_end();
}

/* A thousand pages of small functions. */
static void REQUIRES(bql) test_much_code(void **state)
{
    Code c = machine_begin(1, false);
    uint64_t first = RAM_BASE + 0x400000, last = first + 0x3ff000, loop;

    for (uint64_t page = first; page <= last; page += 0x1000) {
        for (unsigned i = 0; i < 64; i++) {
            Code p = { c.ram, page + 64 * i };

            addi(&p, A0, A0, 1);
            jalr(&p, ZERO, RA, 0);
        }
    }
    li(&c, A0, 0);
    li(&c, S0, first);
    li(&c, S1, last + 0x1000);
    loop = c.pc;
    jalr(&c, RA, S0, 0);
    addi(&c, S0, S0, 64);
    bne(&c, S0, S1, loop);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("a0"), 64 * 1024);
    machine_end();
}

/* Vectored interrupts, in order of priority. */
static void REQUIRES(bql) test_interrupts(void **state)
{
    Code c = machine_begin(1, false);
    uint64_t base = ENTRY + 0x1000;

    for (unsigned i = 0; i < 16; i++) {
        Code v = { c.ram, base + 4 * i };

        jal(&v, ZERO, ENTRY + 0x2000);
    }
    Code h = { c.ram, ENTRY + 0x2000 };

    csrrs(&h, T1, CSR_MCAUSE_, ZERO);
    sd(&h, T1, S11, 0);
    addi(&h, S11, S11, 8);
    li(&h, T2, 1);
    insn_r(&h, 0x33, 1, 0, T2, T2, T1); /* sll: the cause's bit */
    csrrc(&h, ZERO, CSR_MIE_, T2);
    put(&h, INSN_MRET);

    li(&c, S11, LOG);
    li(&c, T0, base | 1);
    csrrw(&c, ZERO, CSR_MTVEC_, T0);
    li(&c, T0, 0xaaa);
    csrrw(&c, ZERO, CSR_MIE_, T0);
    li(&c, T0, 0x222); /* SSIP, STIP, SEIP by software */
    csrrw(&c, ZERO, CSR_MIP_, T0);
    li(&c, T0, 8);
    csrrs(&c, ZERO, CSR_MSTATUS_, T0);
    put(&c, INSN_NOP);
    finish(&c, 0);
    vcpu_set_irq(vcpu_by_id(0), RISCV_IRQ_MTIP, true);
    vcpu_set_irq(vcpu_by_id(0), RISCV_IRQ_MSIP, true);
    vcpu_set_irq(vcpu_by_id(0), RISCV_IRQ_MEIP, true);
    machine_run(ENTRY);
    static const unsigned order[] = { 11, 3, 7, 9, 1, 5 };

    for (unsigned i = 0; i < 6; i++) {
        assert_true(word_at(LOG + 8 * i)
                    == ((UINT64_C(1) << 63) | order[i]));
    }
    machine_end();
}

/* WARL fields take what is legal. */
static void REQUIRES(bql) test_csr_fields(void **state)
{
    Code c = machine_begin(1, false);
    static const struct {
        unsigned csr;
        uint64_t written, read;
    } cases[] = {
        { CSR_MISA_, 0, UINT64_C(0x800000000014112d) },
        { CSR_MEDELEG_, UINT64_MAX, 0xb3ff },
        { CSR_MIDELEG_, UINT64_MAX, 0x222 },
        { CSR_MIE_, UINT64_MAX, 0xaaa },
        { CSR_MEPC_, UINT64_MAX, UINT64_MAX - 1 },
        { CSR_STVEC_, 0x1000 | 2, 0 },
        { CSR_SATP_, UINT64_C(9) << 60, 0 },
        { CSR_SATP_, (UINT64_C(8) << 60) | 5, (UINT64_C(8) << 60) | 5 },
        { CSR_SATP_, 0, 0 },
        { CSR_MSTATUS_, UINT64_C(2) << 11, UINT64_C(0xa00000000) },
        { CSR_FCSR_, UINT64_MAX, 0xff },
        { CSR_MENVCFG_, UINT64_MAX, UINT64_C(0xa000000000000001) },
        { CSR_PMPADDR0_, UINT64_MAX, (UINT64_C(1) << 54) - 1 },
        { CSR_PMPCFG0_, 0x02, 0 },
        { 0x7a0, 5, 0 }, /* tselect */
        { 0x7a1, UINT64_MAX, 0 },
    };

    log_traps(&c);
    li(&c, S0, DATA);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (cases[i].csr == CSR_FCSR_) {
            li(&c, T0, 3 << 13);
            csrrs(&c, ZERO, CSR_MSTATUS_, T0);
        }
        li(&c, T0, cases[i].written);
        csrrw(&c, ZERO, cases[i].csr, T0);
        csrrs(&c, T1, cases[i].csr, ZERO);
        sd(&c, T1, S0, (int)(8 * i));
    }
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(logged(0, LOG_CAUSE), 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        if (word_at(DATA + 8 * i) != cases[i].read) {
            fail_msg("case %u: %lx", i, (long)word_at(DATA + 8 * i));
        }
    }
    machine_end();
}

/* mstatus.FS: off traps, use makes it dirty; an invalid frm traps. */
static void REQUIRES(bql) test_fp_state(void **state)
{
    Code c = machine_begin(1, false);

    log_traps(&c);
    put(&c, 0x02208053); /* fadd.d f0, f1, f2: off */
    li(&c, T0, 1 << 13);
    csrrs(&c, ZERO, CSR_MSTATUS_, T0);
    put(&c, 0xe20102d3); /* fmv.x.d t0, f2: only reads */
    csrrs(&c, A0, CSR_MSTATUS_, ZERO);
    li(&c, T0, 0xa0); /* frm = 5 */
    csrrw(&c, ZERO, CSR_FCSR_, T0);
    put(&c, 0x0220f053); /* fadd.d with the dynamic mode */
    csrrw(&c, ZERO, CSR_FCSR_, ZERO);
    put(&c, 0x0220f053);
    csrrs(&c, A1, CSR_MSTATUS_, ZERO);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(logged(0, LOG_CAUSE), 2);
    assert_int_equal(logged(0, LOG_TVAL), 0x02208053);
    assert_int_equal(logged(1, LOG_CAUSE), 2);
    assert_int_equal(logged(1, LOG_TVAL), 0x0220f053);
    assert_int_equal(logged(2, LOG_CAUSE), 0);
    assert_int_equal(reg("a0") >> 13 & 3, 1);
    assert_int_equal(reg("a1") >> 13 & 3, 3);
    assert_int_equal(reg("a1") >> 63, 1);
    machine_end();
}

static void put_string(uint64_t at, const char *text)
{
    memcpy(tm.host + (at - RAM_BASE), text, strlen(text));
}

/* Code: tohost = value, and waits until it is taken. */
static void htif_send(Code *c, uint64_t value)
{
    li(c, T0, TOHOST);
    li(c, T1, value);
    sd(c, T1, T0, 0);
    ld(c, T2, T0, 0);
    bne(c, T2, ZERO, c->pc - 4);
}

/* Console and system calls through tohost. */
static void REQUIRES(bql) test_htif(void **state)
{
    Code c = machine_begin(1, false);

    put_string(DATA + 64, "hello ");
    set_word(DATA, 64); /* write(1, text, 6) */
    set_word(DATA + 8, 1);
    set_word(DATA + 16, DATA + 64);
    set_word(DATA + 24, 6);
    htif_send(&c, DATA);
    ld(&c, A0, T0, 64); /* fromhost */
    htif_send(&c, (UINT64_C(0x0101) << 48) | '!');
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("a0"), 1);
    assert_int_equal(word_at(DATA), 6);
    assert_string_equal(tm.console->str, "hello !");
    machine_end();
}

/* riscv-tests store the code as a word. */
static void REQUIRES(bql) test_tohost_word(void **state)
{
    Code c = machine_begin(1, false);

    li(&c, T0, TOHOST);
    li(&c, T1, 1337);
    store(&c, 2, T1, T0, 0);
    store(&c, 2, ZERO, T0, 4);
    jal(&c, ZERO, c.pc - 8);
    machine_run(ENTRY);
    assert_int_equal(tm.tohost, 1337);
    machine_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CPU_TEST(test_entry),
        CPU_TEST(test_jumps),
        CPU_TEST(test_instret),
        CPU_TEST(test_traps),
        CPU_TEST(test_fetch_fault),
        CPU_TEST(test_misaligned),
        CPU_TEST(test_straddling),
        CPU_TEST(test_fence_i),
        CPU_TEST(test_fence_i_same_page),
        CPU_TEST(test_much_code),
        CPU_TEST(test_interrupts),
        CPU_TEST(test_csr_fields),
        CPU_TEST(test_fp_state),
        CPU_TEST(test_htif),
        CPU_TEST(test_tohost_word),
    };

    cpu_test_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
