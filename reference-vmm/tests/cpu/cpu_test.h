/* SPDX-License-Identifier: MIT */
/*
 * cpu_test.h - the least machine around the CPU, for its tests: RAM at
 * 0x80000000, harts, and a word `tohost` that ends the program.
 *
 *     Code c = machine_begin(2, false);
 *     ...                              // write a program to c
 *     finish(&c, 0);
 *     machine_run(ENTRY);
 *     assert_int_equal(reg("a0"), 5);
 *     machine_end();
 *
 * Thread context: the test's main thread, with the BQL.
 */
#ifndef REFVMM_TESTS_CPU_TEST_H
#define REFVMM_TESTS_CPU_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/main_loop.h"
#include "cpu/accel.h"
#include "cpu/vcpu.h"
#include "memory/ram_block.h"
#include "rv_asm.h"

#define RAM_SIZE (UINT64_C(8) << 20)
#define ENTRY RAM_BASE
#define TOHOST (RAM_BASE + 0x3ff000)
#define DATA (RAM_BASE + 0x100000) /* nothing is there */
#define TIMEBASE_HZ 10000000
#define PATIENCE_NS INT64_C(60000000000)

static struct {
    MemoryRegion root, ram;
    AddressSpace as;
    uint8_t *host;
    uint64_t tohost;
    bool timed_out;
    AioTimer *watchdog;
    GString *console;
    uint32_t reset_type;
    unsigned resets;
    bool exists;
} tm;

static inline uint64_t platform_time(void *opaque)
{
    return (uint64_t)vm_clock_get_ns(VM_CLOCK_VIRTUAL)
           / (1000000000 / TIMEBASE_HZ);
}

static inline void quit_loop(void *opaque)
{
    GLOBAL_STATE_CODE();
    main_loop_quit();
}

/* In the vCPU's thread: the first value counts. */
static inline void platform_tohost(void *opaque, uint64_t value)
{
    uint64_t none = 0;

    __atomic_compare_exchange_n(&tm.tohost, &none, value, false,
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
    aio_bh_schedule_oneshot(main_loop_context(), quit_loop, NULL);
}

static inline void platform_write(void *opaque, const void *data, size_t len)
{
    bql_lock();
    g_string_append_len(tm.console, data, (gssize)len);
    bql_unlock();
}

static inline void platform_reset(void *opaque, uint32_t type,
                                  uint32_t reason)
{
    bql_lock();
    tm.reset_type = type;
    tm.resets++;
    main_loop_quit();
    bql_unlock();
}

static inline void watchdog_fired(void *opaque)
{
    GLOBAL_STATE_CODE();
    tm.timed_out = true;
    main_loop_quit();
}

static inline Code REQUIRES(bql) machine_begin(unsigned n_harts, bool sbi)
{
    static const VcpuPlatform platform = {
        .read_time = platform_time,
        .timebase_hz = TIMEBASE_HZ,
        .console_write = platform_write,
        .system_reset = platform_reset,
        .tohost = platform_tohost,
    };

    memset(&tm, 0, sizeof(tm));
    tm.exists = true;
    assert_true(main_loop_init(NULL));
    tm.console = g_string_new(NULL);
    memory_region_init(&tm.root, "system", UINT64_MAX);
    assert_true(memory_region_init_ram(&tm.ram, "ram", RAM_SIZE, NULL));
    memory_region_add_subregion(&tm.root, RAM_BASE, &tm.ram);
    address_space_init(&tm.as, &tm.root, "memory");
    tm.host = memory_region_get_ram_ptr(&tm.ram);
    assert_true(accel_set("interp", NULL));
    for (unsigned i = 0; i < n_harts; i++) {
        VcpuConfig config = {
            .hartid = i,
            .as = &tm.as,
            .platform = &platform,
            .builtin_sbi = sbi,
            .tohost = TOHOST,
        };

        assert_non_null(vcpu_new(&config, NULL));
    }
    return (Code){ tm.host, ENTRY };
}

/* Until tohost is written, or the guest resets the machine. */
static inline void NO_TSA REQUIRES(bql) machine_wait(void)
{
    tm.watchdog = aio_timer_new(main_loop_context(), VM_CLOCK_REALTIME,
                                watchdog_fired, NULL);
    aio_timer_mod(tm.watchdog, vm_clock_ns() + PATIENCE_NS);
    main_loop_run();
    aio_timer_delete(tm.watchdog);
    vcpus_pause();
    if (tm.timed_out) {
        for (unsigned i = 0; i < vcpus_count(); i++) {
            g_autofree char *text = vcpu_dump(vcpu_by_id(i));

            fprintf(stderr, "hart %u:\n%s", i, text);
        }
        fail_msg("the guest did not come to its end");
    }
}

static inline void NO_TSA REQUIRES(bql) machine_start(uint64_t entry)
{
    vcpu_set_entry(vcpu_by_id(0), entry, 0, 0x1234);
    vm_clock_start();
    vcpus_start();
}

static inline void REQUIRES(bql) machine_run(uint64_t entry)
{
    machine_start(entry);
    machine_wait();
}

static inline void NO_TSA REQUIRES(bql) machine_end(void)
{
    vcpus_free();
    vm_clock_stop();
    memory_region_del_subregion(&tm.root, &tm.ram);
    address_space_destroy(&tm.as);
    memory_region_finalize(&tm.ram);
    memory_region_finalize(&tm.root);
    main_loop_rcu_barrier();
    main_loop_free();
    g_string_free(tm.console, TRUE);
    tm.exists = false;
}

static inline uint64_t REQUIRES(bql) hart_reg(unsigned hart, const char *name)
{
    uint64_t value = 0;

    assert_true(vcpu_get_register(vcpu_by_id(hart), name, &value));
    return value;
}

static inline uint64_t REQUIRES(bql) reg(const char *name)
{
    return hart_reg(0, name);
}

/* A double word of guest memory, which harts may be writing. */
static inline uint64_t word_at(uint64_t addr)
{
    return __atomic_load_n((uint64_t *)(void *)(tm.host + (addr - RAM_BASE)),
                           __ATOMIC_SEQ_CST);
}

static inline void set_word(uint64_t addr, uint64_t value)
{
    __atomic_store_n((uint64_t *)(void *)(tm.host + (addr - RAM_BASE)), value,
                     __ATOMIC_SEQ_CST);
}

/* Code: ends the program; t5 and t6 are lost. */
static inline void finish(Code *c, uint64_t code)
{
    li(c, T5, TOHOST);
    li(c, T6, code << 1 | 1);
    sd(c, T6, T5, 0);
    jal(c, ZERO, c->pc);
}

/*
 * Code at `at` for mtvec: writes cause, mepc, mtval and mstatus to the log at
 * s11, moves it on, and skips the instruction (of 4 bytes), in the mode it
 * came from.  t5 and t6 are lost.
 */
static inline void trap_logger(Code *c, uint64_t at)
{
    Code h = { c->ram, at };

    csrrs(&h, T6, CSR_MCAUSE_, ZERO);
    sd(&h, T6, S11, 0);
    csrrs(&h, T6, CSR_MEPC_, ZERO);
    sd(&h, T6, S11, 8);
    csrrs(&h, T5, CSR_MTVAL_, ZERO);
    sd(&h, T5, S11, 16);
    csrrs(&h, T5, CSR_MSTATUS_, ZERO);
    sd(&h, T5, S11, 24);
    addi(&h, S11, S11, 32);
    addi(&h, T6, T6, 4);
    csrrw(&h, ZERO, CSR_MEPC_, T6);
    put(&h, INSN_MRET);
}

#define LOG (RAM_BASE + 0x200000)
#define LOGGER (RAM_BASE + 0x20000)

/* Code: from here on traps are logged. */
static inline void log_traps(Code *c)
{
    trap_logger(c, LOGGER);
    li(c, S11, LOG);
    li(c, T0, LOGGER);
    csrrw(c, ZERO, CSR_MTVEC_, T0);
}

static inline uint64_t logged(unsigned n, unsigned what)
{
    return word_at(LOG + 32 * n + 8 * what);
}
enum { LOG_CAUSE, LOG_PC, LOG_TVAL, LOG_MSTATUS };

/* Code: everything is allowed to all modes, as far as PMP goes. */
static inline void open_pmp(Code *c)
{
    li(c, T0, UINT64_MAX >> 10);
    csrrw(c, ZERO, CSR_PMPADDR0_, T0);
    li(c, T0, 0x1f);
    csrrw(c, ZERO, CSR_PMPCFG0_, T0);
}

/* Code: goes on at the next instruction in that mode. */
static inline void enter_mode(Code *c, unsigned priv)
{
    li(c, T0, 3 << 11);
    csrrc(c, ZERO, CSR_MSTATUS_, T0);
    li(c, T0, (uint64_t)priv << 11);
    csrrs(c, ZERO, CSR_MSTATUS_, T0);
    put(c, 0x00000297); /* auipc t0, 0 */
    addi(c, T0, T0, 16);
    csrrw(c, ZERO, CSR_MEPC_, T0);
    put(c, INSN_MRET);
}

/* For cmocka: a test runs with the BQL; one that fails leaves its machine. */
static inline int NO_ANALYSIS cpu_test_begin(void **state)
{
    bql_lock();
    return 0;
}

static inline int NO_ANALYSIS cpu_test_end(void **state)
{
    if (tm.exists) {
        vcpus_pause();
        machine_end();
    }
    bql_unlock();
    return 0;
}

#define CPU_TEST(fn) \
    cmocka_unit_test_setup_teardown(fn, cpu_test_begin, cpu_test_end)

static inline void cpu_test_init(void)
{
    vm_rcu_init();
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
}

#endif
