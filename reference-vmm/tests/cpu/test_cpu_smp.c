/* SPDX-License-Identifier: MIT */
/*
 * test_cpu_smp.c - several harts: atomics, code of other harts, the built-in
 * SBI.
 *
 * Thread context: the test's main thread, with the BQL; each hart a thread.
 */
#include "cpu_test.h"

#define HARTS 4
#define ROUNDS 20000

/* Code for S-mode: SBI call; arguments are in a0 to a5. */
static void sbi(Code *c, uint64_t extension, uint64_t function)
{
    li(c, A7, extension);
    li(c, A6, function);
    put(c, INSN_ECALL);
}

#define EXT_BASE 0x10
#define EXT_TIME 0x54494d45
#define EXT_IPI 0x735049
#define EXT_RFENCE 0x52464e43
#define EXT_HSM 0x48534d
#define EXT_SRST 0x53525354
#define EXT_DBCN 0x4442434e

#define SECONDARY (ENTRY + 0x4000)

/* Code of hart 0: starts all others at SECONDARY. */
static void start_others(Code *c)
{
    for (unsigned i = 1; i < HARTS; i++) {
        li(c, A0, i);
        li(c, A1, SECONDARY);
        li(c, A2, 1000 + i);
        sbi(c, EXT_HSM, 0);
    }
}

/* Code of all: s1 is where to say that one is done; hart 0 waits for all. */
static void say_done(Code *c)
{
    li(c, T0, 1);
    li(c, S1, DATA + 0x800);
    amo(c, 0, 3, ZERO, S1, T0);
}

static void wait_for_all(Code *c)
{
    uint64_t loop;

    li(c, S1, DATA + 0x800);
    li(c, T1, HARTS);
    loop = c->pc;
    ld(c, T0, S1, 0);
    bne(c, T0, T1, loop);
}

/* Code: ROUNDS times x += 1 by amoadd, y += 1 by lr and sc, both sizes. */
static void count_up(Code *c)
{
    uint64_t loop, again;

    li(c, S0, DATA);
    li(c, A0, ROUNDS);
    li(c, A1, 1);
    loop = c->pc;
    amo(c, 0, 3, ZERO, S0, A1);
    addi(c, A2, S0, 64);
    again = c->pc;
    amo(c, 2, 3, T0, A2, ZERO);
    addi(c, T0, T0, 1);
    amo(c, 3, 3, T1, A2, T0);
    bne(c, T1, ZERO, again);
    addi(c, A2, S0, 128);
    again = c->pc;
    amo(c, 2, 2, T0, A2, ZERO);
    addi(c, T0, T0, 1);
    amo(c, 3, 2, T1, A2, T0);
    bne(c, T1, ZERO, again);
    addi(c, A0, A0, -1);
    bne(c, A0, ZERO, loop);
}

static void REQUIRES(bql) test_atomics(void **state)
{
    Code c = machine_begin(HARTS, true), s = { c.ram, SECONDARY };

    start_others(&c);
    count_up(&c);
    say_done(&c);
    wait_for_all(&c);
    finish(&c, 0);
    count_up(&s);
    say_done(&s);
    put(&s, INSN_WFI);
    jal(&s, ZERO, s.pc - 4);
    machine_run(ENTRY);
    assert_int_equal(word_at(DATA), HARTS * ROUNDS);
    assert_int_equal(word_at(DATA + 64), HARTS * ROUNDS);
    assert_int_equal(word_at(DATA + 128), HARTS * ROUNDS);
    machine_end();
}

/* An SC to another word than the LR's, or a second one, fails. */
static void REQUIRES(bql) test_reservation(void **state)
{
    Code c = machine_begin(1, false);

    li(&c, S0, DATA);
    addi(&c, S1, S0, 8);
    li(&c, A0, 5);
    amo(&c, 2, 3, T0, S0, ZERO);
    amo(&c, 3, 3, A1, S1, A0); /* another word */
    amo(&c, 3, 3, A2, S0, A0); /* and then none */
    amo(&c, 2, 3, T0, S0, ZERO);
    amo(&c, 3, 3, A3, S0, A0);
    amo(&c, 3, 3, A4, S0, A0);
    amo(&c, 2, 3, T0, S0, ZERO);
    sd(&c, A3, S0, 0); /* our own store changes it */
    amo(&c, 3, 3, A5, S0, A0);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("a1"), 1);
    assert_int_equal(reg("a2"), 1);
    assert_int_equal(reg("a3"), 0);
    assert_int_equal(reg("a4"), 1);
    assert_int_equal(reg("a5"), 1);
    assert_int_equal(word_at(DATA), 0);
    machine_end();
}

/* Harts pass messages; what was written before the flag is seen after it. */
static void REQUIRES(bql) test_message_passing(void **state)
{
    Code c = machine_begin(2, true), s = { c.ram, SECONDARY };
    uint64_t loop, wait;

    li(&c, A0, 1);
    li(&c, A1, SECONDARY);
    sbi(&c, EXT_HSM, 0);
    li(&c, S0, DATA);
    li(&c, A0, 1);
    li(&c, A3, 3000);
    loop = c.pc;
    sd(&c, A0, S0, 0); /* data */
    put(&c, INSN_FENCE);
    sd(&c, A0, S0, 256); /* flag */
    wait = c.pc;
    ld(&c, T0, S0, 512); /* its answer */
    bne(&c, T0, A0, wait);
    addi(&c, A0, A0, 1);
    bne(&c, A0, A3, loop);
    finish(&c, 0);

    li(&s, S0, DATA);
    li(&s, A0, 1);
    li(&s, A2, 0); /* mistakes */
    loop = s.pc;
    wait = s.pc;
    ld(&s, T0, S0, 256);
    bne(&s, T0, A0, wait);
    put(&s, INSN_FENCE);
    ld(&s, T0, S0, 0);
    beq(&s, T0, A0, s.pc + 8);
    addi(&s, A2, A2, 1);
    sd(&s, A0, S0, 512);
    addi(&s, A0, A0, 1);
    jal(&s, ZERO, loop);
    machine_run(ENTRY);
    assert_int_equal(hart_reg(1, "a2"), 0);
    machine_end();
}

/* One hart writes code, another runs it after a remote fence.i. */
static void REQUIRES(bql) test_remote_fence_i(void **state)
{
    Code c = machine_begin(2, true), s = { c.ram, SECONDARY };
    Code f = { c.ram, ENTRY + 0x6000 };
    uint64_t loop, wait;

    insn_i(&f, 0x13, 0, A0, ZERO, 0); /* li a0, n */
    jalr(&f, ZERO, RA, 0);

    li(&c, A0, 1);
    li(&c, A1, SECONDARY);
    sbi(&c, EXT_HSM, 0);
    li(&c, S0, DATA);
    li(&c, S2, 1);
    li(&c, S3, 1000);
    li(&c, S4, ENTRY + 0x6000);
    loop = c.pc;
    slli(&c, T0, S2, 20);
    addi(&c, T0, T0, 0x513);
    store(&c, 2, T0, S4, 0);
    li(&c, A0, 2);
    li(&c, A1, 0);
    sbi(&c, EXT_RFENCE, 0);
    sd(&c, S2, S0, 256);
    wait = c.pc;
    ld(&c, T0, S0, 512);
    bne(&c, T0, S2, wait);
    addi(&c, S2, S2, 1);
    bne(&c, S2, S3, loop);
    finish(&c, 0);

    li(&s, S0, DATA);
    li(&s, S2, 1);
    li(&s, S3, 0); /* mistakes */
    li(&s, S4, ENTRY + 0x6000);
    loop = s.pc;
    wait = s.pc;
    jalr(&s, RA, S4, 0);
    ld(&s, T0, S0, 256);
    bne(&s, T0, S2, wait);
    jalr(&s, RA, S4, 0);
    beq(&s, A0, S2, s.pc + 8);
    addi(&s, S3, S3, 1);
    sd(&s, S2, S0, 512);
    addi(&s, S2, S2, 1);
    jal(&s, ZERO, loop);
    machine_run(ENTRY);
    assert_int_equal(hart_reg(1, "s3"), 0);
    machine_end();
}

/* More harts than the host has CPUs for hand on a turn, and say so while they
 * wait; and a remote fence does not wait for one that pauses. */
static void REQUIRES(bql) test_pause(void **state)
{
    Code c = machine_begin(HARTS, true), s = { c.ram, SECONDARY };

    start_others(&c);
    for (Code *p = &c; p; p = p == &c ? &s : NULL) {
        uint64_t loop, wait;

        /* A4: this hart's number, which is the SBI's first argument */
        if (p == &c) {
            li(p, A4, 0);
        } else {
            addi(p, A4, A0, 0);
        }
        li(p, S0, DATA);
        li(p, S2, 300); /* rounds */
        li(p, S3, HARTS);
        loop = p->pc;
        wait = p->pc;
        ld(p, T0, S0, 256);
        beq(p, T0, A4, p->pc + 12);
        put(p, INSN_PAUSE);
        jal(p, ZERO, wait);
        addi(p, T0, T0, 1);
        sd(p, T0, S0, 256); /* the next one's turn */
        if (p == &c) {
            li(p, A0, 2);
            li(p, A1, 0);
            sbi(p, EXT_RFENCE, 0);
        }
        addi(p, A4, A4, HARTS);
        addi(p, S2, S2, -1);
        bne(p, S2, ZERO, loop);
        say_done(p);
    }
    put(&s, INSN_WFI);
    jal(&s, ZERO, s.pc - 4);
    wait_for_all(&c);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(word_at(DATA + 256), 300 * HARTS);
    machine_end();
}

/* ---- the SBI ------------------------------------------------------------ */

/* Code: the call's error and value to the log at s11. */
static void log_call(Code *c, uint64_t extension, uint64_t function)
{
    sbi(c, extension, function);
    sd(c, A0, S11, 0);
    sd(c, A1, S11, 8);
    addi(c, S11, S11, 16);
}

static void call2(Code *c, uint64_t extension, uint64_t function, uint64_t a0,
                  uint64_t a1)
{
    li(c, A0, a0);
    li(c, A1, a1);
    log_call(c, extension, function);
}

static void REQUIRES(bql) test_sbi_calls(void **state)
{
    Code c = machine_begin(2, true);
    static const struct {
        uint64_t extension, function, a0, a1;
        int64_t error, value;
    } cases[] = {
        { EXT_BASE, 0, 0, 0, 0, 0x2000000 },
        { EXT_BASE, 3, EXT_TIME, 0, 0, 1 },
        { EXT_BASE, 3, EXT_DBCN, 0, 0, 1 },
        { EXT_BASE, 3, EXT_SRST, 0, 0, 1 },
        { EXT_BASE, 3, 0x12345, 0, 0, 0 },
        { EXT_BASE, 99, 0, 0, -2, 0 },
        { 0x12345, 0, 0, 0, -2, 0 },
        { EXT_IPI, 0, 4, 0, -3, 0 },            /* no hart 2 */
        { EXT_IPI, 0, 1, 63, -3, 0 },
        { EXT_IPI, 0, UINT64_MAX, 0, -3, 0 },
        { EXT_RFENCE, 0, 8, 0, -3, 0 },
        { EXT_RFENCE, 1, 1, 0, 0, 0 },
        { EXT_RFENCE, 2, 3, UINT64_MAX, 0, 0 }, /* all */
        { EXT_RFENCE, 3, 1, 0, -2, 0 },
        { EXT_HSM, 2, 0, 0, 0, 0 },
        { EXT_HSM, 2, 1, 0, 0, 1 },
        { EXT_HSM, 2, 5, 0, -3, 0 },
        { EXT_HSM, 0, 7, RAM_BASE, -3, 0 },
        { EXT_HSM, 0, 1, 0x1000, -5, 0 },
        { EXT_HSM, 0, 0, RAM_BASE, -6, 0 },
        { EXT_HSM, 3, 5, 0, -3, 0 },
        { EXT_SRST, 0, 9, 0, -3, 0 },
        { EXT_DBCN, 0, 5, 0x1000, -3, 0 },      /* nothing is there */
        { EXT_DBCN, 9, 0, 0, -2, 0 },
    };

    li(&c, S11, LOG);
    li(&c, A2, 0);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        call2(&c, cases[i].extension, cases[i].function, cases[i].a0,
              cases[i].a1);
    }
    finish(&c, 0);
    machine_run(ENTRY);
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        int64_t error = (int64_t)word_at(LOG + 16 * i);
        int64_t value = (int64_t)word_at(LOG + 16 * i + 8);

        if (error != cases[i].error || value != cases[i].value) {
            fail_msg("case %u: error %ld, value %ld", i, (long)error,
                     (long)value);
        }
    }
    machine_end();
}

static void REQUIRES(bql) test_sbi_console(void **state)
{
    Code c = machine_begin(1, true);

    memcpy(tm.host + 0x100000, "several words", 13);
    li(&c, A2, 0);
    li(&c, A0, 13);
    li(&c, A1, DATA);
    sbi(&c, EXT_DBCN, 0);
    addi(&c, S0, A1, 0);
    li(&c, A0, ',');
    sbi(&c, EXT_DBCN, 2);
    li(&c, A0, '.');
    sbi(&c, 1, 0); /* legacy */
    li(&c, A0, 1);
    li(&c, A1, 0);
    sbi(&c, EXT_SRST, 0);
    jal(&c, ZERO, c.pc);
    machine_run(ENTRY);
    assert_string_equal(tm.console->str, "several words,.");
    assert_int_equal(reg("s0"), 13);
    assert_int_equal(tm.resets, 1);
    assert_int_equal(tm.reset_type, 1);
    machine_end();
}

/* Harts begin as the specification says, sleep, and are woken by IPIs. */
static void REQUIRES(bql) test_start_and_ipi(void **state)
{
    Code c = machine_begin(HARTS, true), s = { c.ram, SECONDARY };
    uint64_t loop;

    start_others(&c);
    li(&c, S1, DATA + 0x800);
    li(&c, T1, HARTS - 1);
    loop = c.pc;
    ld(&c, T0, S1, 0);
    bne(&c, T0, T1, loop); /* they are about to sleep */
    li(&c, A0, 0xe);
    li(&c, A1, 0);
    sbi(&c, EXT_IPI, 0);
    li(&c, T1, 2 * (HARTS - 1));
    loop = c.pc;
    ld(&c, T0, S1, 0);
    bne(&c, T0, T1, loop);
    loop = c.pc; /* until hart 1 has stopped itself */
    li(&c, A0, 1);
    sbi(&c, EXT_HSM, 2);
    li(&c, T0, 1);
    bne(&c, A1, T0, loop);
    finish(&c, 0);

    addi(&s, S2, A0, 0);
    addi(&s, S3, A1, 0);
    csrrs(&s, S4, CSR_SATP_, ZERO);
    csrrs(&s, S5, CSR_SSTATUS_, ZERO);
    li(&s, T0, 2);
    csrrw(&s, ZERO, CSR_SIE_, T0);
    li(&s, T0, 1);
    li(&s, S1, DATA + 0x800);
    amo(&s, 0, 3, ZERO, S1, T0);
    put(&s, INSN_WFI);
    csrrs(&s, S6, CSR_SIP_, ZERO);
    li(&s, T0, 1);
    amo(&s, 0, 3, ZERO, S1, T0);
    sbi(&s, EXT_HSM, 1);
    li(&s, S7, 99); /* never comes here */
    machine_run(ENTRY);
    for (unsigned i = 1; i < HARTS; i++) {
        assert_int_equal(hart_reg(i, "s2"), i);
        assert_int_equal(hart_reg(i, "s3"), 1000 + i);
        assert_int_equal(hart_reg(i, "s4"), 0);
        assert_int_equal(hart_reg(i, "s5") & 2, 0);
        assert_int_equal(hart_reg(i, "s6") & 2, 2);
        assert_int_equal(hart_reg(i, "s7"), 0);
    }
    machine_end();
}

/* A timer by Sstc and one by the SBI end wfi; neither comes early. */
static void REQUIRES(bql) test_timer(void **state)
{
    Code c = machine_begin(1, true);

    li(&c, T0, 0x20);
    csrrw(&c, ZERO, CSR_SIE_, T0);
    csrrs(&c, S0, CSR_TIME_, ZERO);
    li(&c, T0, TIMEBASE_HZ / 50);
    add(&c, S1, S0, T0);
    csrrw(&c, ZERO, CSR_STIMECMP_, S1);
    csrrs(&c, S2, CSR_SIP_, ZERO);
    put(&c, INSN_WFI);
    csrrs(&c, S3, CSR_TIME_, ZERO);
    csrrs(&c, S4, CSR_SIP_, ZERO);
    li(&c, T0, TIMEBASE_HZ / 50);
    add(&c, A0, S3, T0);
    addi(&c, S5, A0, 0);
    sbi(&c, EXT_TIME, 0);
    csrrs(&c, S6, CSR_SIP_, ZERO);
    put(&c, INSN_WFI);
    csrrs(&c, S7, CSR_TIME_, ZERO);
    finish(&c, 0);
    machine_run(ENTRY);
    assert_int_equal(reg("s2") & 0x20, 0);
    assert_true(reg("s3") >= reg("s1"));
    assert_int_equal(reg("s4") & 0x20, 0x20);
    assert_int_equal(reg("s6") & 0x20, 0);
    assert_true(reg("s7") >= reg("s5"));
    machine_end();
}

/* The timer interrupts a loop that does nothing else. */
static void REQUIRES(bql) test_timer_interrupt(void **state)
{
    Code c = machine_begin(1, true), h = { c.ram, ENTRY + 0x2000 };

    csrrs(&h, S0, CSR_SCAUSE_, ZERO);
    finish(&h, 0);
    li(&c, T0, ENTRY + 0x2000);
    csrrw(&c, ZERO, CSR_STVEC_, T0);
    li(&c, T0, 0x20);
    csrrw(&c, ZERO, CSR_SIE_, T0);
    csrrs(&c, T0, CSR_TIME_, ZERO);
    li(&c, T1, TIMEBASE_HZ / 100);
    add(&c, T0, T0, T1);
    csrrw(&c, ZERO, CSR_STIMECMP_, T0);
    put(&c, 0x10016073); /* csrrsi zero, sstatus, 2 */
    jal(&c, ZERO, c.pc);
    machine_run(ENTRY);
    assert_true(reg("s0") == ((UINT64_C(1) << 63) | 5));
    machine_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CPU_TEST(test_atomics),
        CPU_TEST(test_reservation),
        CPU_TEST(test_message_passing),
        CPU_TEST(test_remote_fence_i),
        CPU_TEST(test_pause),
        CPU_TEST(test_sbi_calls),
        CPU_TEST(test_sbi_console),
        CPU_TEST(test_start_and_ipi),
        CPU_TEST(test_timer),
        CPU_TEST(test_timer_interrupt),
    };

    cpu_test_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
