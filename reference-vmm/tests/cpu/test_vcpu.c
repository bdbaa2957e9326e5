/* SPDX-License-Identifier: MIT */
/*
 * test_vcpu.c - vCPUs as the machine uses them: pausing, work in their
 * threads, registers, state, and the promises to the memory layer.
 *
 * Thread context: the test's main thread, with the BQL.
 */
#include "cpu_test.h"

/* Code: counts in a0 and, at DATA, in memory, for ever. */
static void count_for_ever(Code *c)
{
    uint64_t loop;

    li(c, A0, 0);
    li(c, S0, DATA);
    loop = c->pc;
    addi(c, A0, A0, 1);
    sd(c, A0, S0, 0);
    jal(c, ZERO, loop);
}

/* Until the guest has written something greater than `than`. */
static void NO_TSA REQUIRES(bql) wait_for_more(uint64_t addr, uint64_t than)
{
    int64_t deadline = vm_clock_ns() + PATIENCE_NS;

    while (word_at(addr) <= than) {
        if (vm_clock_ns() > deadline) {
            vcpus_pause();
            fail_msg("the guest stands still");
        }
        bql_unlock();
        g_usleep(100);
        bql_lock();
    }
}

static void NO_TSA REQUIRES(bql) test_pause(void **state)
{
    Code c = machine_begin(2, false);
    uint64_t seen = 0, instructions = 0;

    count_for_ever(&c);
    machine_start(ENTRY);
    for (unsigned i = 0; i < 20; i++) {
        wait_for_more(DATA, seen);
        vcpus_pause();
        seen = word_at(DATA);
        assert_int_equal(reg("pc") & ~UINT64_C(0xfff), ENTRY);
        assert_true(reg("a0") - seen <= 1);
        assert_true(vcpu_instructions(vcpu_by_id(0)) > instructions);
        instructions = vcpu_instructions(vcpu_by_id(0));
        assert_int_equal(word_at(DATA), seen);
        vcpus_start();
    }
    /* of one that runs */
    instructions = vcpu_instructions(vcpu_by_id(0));
    wait_for_more(DATA, seen);
    assert_true(vcpu_instructions(vcpu_by_id(0)) > instructions);
    assert_true(vcpu_is_halted(vcpu_by_id(1)));
    assert_false(vcpu_is_halted(vcpu_by_id(0)));
    assert_int_not_equal(vcpu_thread_id(vcpu_by_id(0)),
                         vcpu_thread_id(vcpu_by_id(1)));
    vcpus_pause();
    machine_end();
}

static void note_role(Vcpu *cpu, void *opaque)
{
    *(VmRole *)opaque = vm_thread_role();
}

static void NO_TSA REQUIRES(bql) test_run_on(void **state)
{
    Code c = machine_begin(2, false);
    VmRole role = VM_ROLE_NONE;
    int64_t deadline;

    count_for_ever(&c);
    vcpu_run_on(vcpu_by_id(0), note_role, &role);
    assert_int_equal(role, VM_ROLE_MAIN_LOOP); /* it is paused */
    machine_start(ENTRY);
    wait_for_more(DATA, 0);
    vcpu_run_on(vcpu_by_id(0), note_role, &role);
    assert_int_equal(role, VM_ROLE_VCPU);
    /* That one sleeps, powered off, but may still have to wake up for it:
     * until then it counts as paused. */
    deadline = vm_clock_ns() + PATIENCE_NS;
    role = VM_ROLE_NONE;
    vcpu_run_on(vcpu_by_id(1), note_role, &role);
    while (role != VM_ROLE_VCPU && vm_clock_ns() < deadline) {
        bql_unlock();
        g_usleep(100);
        bql_lock();
        vcpu_run_on(vcpu_by_id(1), note_role, &role);
    }
    assert_int_equal(role, VM_ROLE_VCPU);
    vcpus_pause();
    machine_end();
}

/* Interrupts end wfi; without one it sleeps. */
static void NO_TSA REQUIRES(bql) test_wfi(void **state)
{
    Code c = machine_begin(1, false);
    uint64_t loop;

    li(&c, T0, 1 << 11);
    csrrw(&c, ZERO, CSR_MIE_, T0);
    li(&c, S0, DATA);
    li(&c, A0, 0);
    loop = c.pc;
    put(&c, INSN_WFI);
    addi(&c, A0, A0, 1);
    sd(&c, A0, S0, 0);
    csrrs(&c, T1, CSR_MIP_, ZERO); /* until it is low */
    insn_r(&c, 0x33, 7, 0, T1, T1, T0);
    bne(&c, T1, ZERO, c.pc - 8);
    sd(&c, A0, S0, 8);
    jal(&c, ZERO, loop);
    machine_start(ENTRY);
    for (unsigned i = 0; i < 50; i++) {
        assert_true(word_at(DATA) == i);
        vcpu_set_irq(vcpu_by_id(0), RISCV_IRQ_MEIP, true);
        wait_for_more(DATA, i);
        vcpu_set_irq(vcpu_by_id(0), RISCV_IRQ_MEIP, false);
        vcpu_kick(vcpu_by_id(0)); /* harmless */
        wait_for_more(DATA + 8, i);
    }
    vcpus_pause();
    machine_end();
}

/*
 * The rule of ram_block.h: whoever clears dirty bits and then reads the page
 * loses no store.  The guest writes a growing number; our copy of the page is
 * made whenever its bit was set, and must be the last value at the end.
 */
static void NO_TSA REQUIRES(bql) test_dirty(void **state)
{
    Code c = machine_begin(1, false);
    RAMBlock *block = tm.ram.ram_block;
    ram_addr_t offset = DATA - RAM_BASE;
    uint64_t copy = 0, seen = 0;

    count_for_ever(&c);
    memory_global_dirty_log_start(DIRTY_MEMORY_TEST);
    machine_start(ENTRY);
    for (unsigned i = 0; i < 300; i++) {
        bql_unlock();
        if (ram_block_test_and_clear_dirty(block, offset, 4096,
                                           DIRTY_MEMORY_TEST)) {
            copy = word_at(DATA);
        }
        bql_lock();
        if (i % 50 == 0) {
            wait_for_more(DATA, seen);
            seen = word_at(DATA);
        }
    }
    vcpus_pause();
    if (ram_block_test_and_clear_dirty(block, offset, 4096,
                                       DIRTY_MEMORY_TEST)) {
        copy = word_at(DATA);
    }
    assert_int_equal(copy, word_at(DATA));
    assert_true(copy > 0);
    memory_global_dirty_log_stop(DIRTY_MEMORY_TEST);
    machine_end();
}

/* After a commit no store goes to where memory was. */
static void NO_TSA REQUIRES(bql) test_commit(void **state)
{
    Code c = machine_begin(1, false);
    MemoryRegion other;
    uint64_t *over, seen;

    assert_true(memory_region_init_ram(&other, "other", 4096, NULL));
    over = memory_region_get_ram_ptr(&other);
    count_for_ever(&c);
    machine_start(ENTRY);
    for (unsigned i = 0; i < 100; i++) {
        wait_for_more(DATA, word_at(DATA));
        memory_region_add_subregion_overlap(&tm.root, DATA, &other, 1);
        seen = word_at(DATA);
        while (!__atomic_load_n(over, __ATOMIC_SEQ_CST)) {
            bql_unlock();
            g_usleep(10);
            bql_lock();
        }
        assert_int_equal(word_at(DATA), seen);
        memory_region_del_subregion(&tm.root, &other);
        seen = __atomic_load_n(over, __ATOMIC_SEQ_CST);
        wait_for_more(DATA, seen);
        assert_int_equal(__atomic_load_n(over, __ATOMIC_SEQ_CST), seen);
        __atomic_store_n(over, 0, __ATOMIC_SEQ_CST);
    }
    vcpus_pause();
    memory_region_finalize(&other);
    machine_end();
}

/* A device register: reads count, under the BQL. */
static MemTxResult device_read(void *opaque, hwaddr offset, unsigned size,
                               uint64_t *ret_value, MemTxAttrs attrs)
{
    GLOBAL_STATE_CODE();
    *ret_value = ++*(uint64_t *)opaque * 100 + size;
    return offset ? MEMTX_ERROR : MEMTX_OK;
}

static MemTxResult device_write(void *opaque, hwaddr offset, unsigned size,
                                uint64_t value, MemTxAttrs attrs)
{
    GLOBAL_STATE_CODE();
    *(uint64_t *)opaque = value;
    return MEMTX_OK;
}

/* The vCPU waits for the BQL in a device while we commit memory under it. */
static void NO_TSA REQUIRES(bql) test_device(void **state)
{
    static const MemoryRegionOps ops = {
        .read = device_read, .write = device_write,
        .min_access_size = 1, .max_access_size = 8,
    };
    Code c = machine_begin(1, false);
    MemoryRegion device, other;
    uint64_t count = 0, loop;

    memory_region_init_io(&device, &ops, &count, "device", 4096);
    memory_region_add_subregion(&tm.root, 0x10000000, &device);
    memory_region_init(&other, "other", 4096);
    log_traps(&c);
    li(&c, S0, 0x10000000);
    load(&c, 2, A1, S0, 0); /* lw */
    ld(&c, A2, S0, 0);
    ld(&c, A3, S0, 8);      /* refused */
    li(&c, S1, DATA);
    loop = c.pc;
    ld(&c, A0, S0, 0);
    sd(&c, A0, S1, 0);
    jal(&c, ZERO, loop);
    machine_start(ENTRY);
    for (unsigned i = 0; i < 100; i++) {
        wait_for_more(DATA, word_at(DATA));
        memory_region_add_subregion(&tm.root, 0x20000000, &other);
        memory_region_del_subregion(&tm.root, &other);
    }
    vcpus_pause();
    assert_int_equal(reg("a1"), 104);
    assert_int_equal(reg("a2"), 208);
    assert_int_equal(logged(0, LOG_CAUSE), 5);
    assert_int_equal(logged(0, LOG_TVAL), 0x10000008);
    memory_region_del_subregion(&tm.root, &device);
    machine_end();
    memory_region_finalize(&device);
    memory_region_finalize(&other);
}

static void REQUIRES(bql) test_registers(void **state)
{
    Vcpu *cpu;
    uint64_t v;
    g_autofree char *text = NULL;

    machine_begin(1, false);
    cpu = vcpu_by_id(0);
    assert_true(vcpu_set_register(cpu, "a0", 7));
    assert_true(vcpu_get_register(cpu, "x10", &v) && v == 7);
    assert_true(vcpu_set_register(cpu, "f31", 9));
    assert_true(vcpu_get_register(cpu, "f31", &v) && v == 9);
    assert_true(vcpu_set_register(cpu, "mtvec", 0x1000));
    assert_true(vcpu_get_register(cpu, "mtvec", &v) && v == 0x1000);
    assert_true(vcpu_set_register(cpu, "pmpaddr15", 3));
    assert_true(vcpu_get_register(cpu, "pmpaddr15", &v) && v == 3);
    assert_false(vcpu_set_register(cpu, "zero", 1));
    assert_true(vcpu_get_register(cpu, "zero", &v) && v == 0);
    assert_false(vcpu_set_register(cpu, "mhartid", 1));
    assert_false(vcpu_set_register(cpu, "priv", 2));
    assert_false(vcpu_get_register(cpu, "x32", &v));
    assert_false(vcpu_get_register(cpu, "pmpaddr16", &v));
    assert_false(vcpu_get_register(cpu, "nonsense", &v));
    text = vcpu_dump(cpu);
    assert_non_null(strstr(text, "x10/a0   0000000000000007"));
    machine_end();
}

/* State goes to another hart, which carries on. */
static void NO_TSA REQUIRES(bql) test_state(void **state)
{
    Code c = machine_begin(2, false);
    Vcpu *from = vcpu_by_id(0), *to = vcpu_by_id(1);
    g_autoptr(GError) error = NULL;
    VMStateBuffer b;
    uint64_t a0, v;

    count_for_ever(&c);
    machine_start(ENTRY);
    wait_for_more(DATA, 1000);
    vcpus_pause();
    a0 = reg("a0");
    vmstate_buffer_init(&b);
    assert_true(vmstate_save(vcpu_vmstate(), vcpu_vmstate_opaque(from), &b,
                             &error));
    vcpu_reset(from);
    assert_true(vcpu_get_register(from, "a0", &v) && v == 0);
    assert_true(vmstate_load(vcpu_vmstate(), vcpu_vmstate_opaque(to), &b,
                             &error));
    assert_int_equal(hart_reg(1, "a0"), a0);
    vcpus_start();
    wait_for_more(DATA, a0 + 1000);
    vcpus_pause();
    vmstate_buffer_clear(&b);
    machine_end();
}

static void REQUIRES(bql) test_accelerators(void **state)
{
    VcpuConfig config = { .hartid = 0 };
    g_autoptr(GError) error = NULL;
    Vcpu *cpu;
    uint64_t v;

    assert_false(accel_set("magic", &error));
    assert_non_null(strstr(error->message, "interp, qtest"));
    g_clear_error(&error);
    assert_true(accel_set("qtest", &error));
    config.hartid = VCPU_MAX;
    assert_null(vcpu_new(&config, &error));
    g_clear_error(&error);
    config.hartid = 0;
    cpu = vcpu_new(&config, &error);
    assert_non_null(cpu);
    assert_null(vcpu_new(&config, &error));
    g_clear_error(&error);
    assert_false(accel_set("interp", &error));
    vcpus_start();
    vcpu_set_irq(cpu, RISCV_IRQ_SEIP, true);
    assert_true(vcpu_get_register(cpu, "mip", &v) && v == 1 << 9);
    vcpus_pause();
    vcpus_free();
    assert_int_equal(vcpus_count(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CPU_TEST(test_pause),
        CPU_TEST(test_run_on),
        CPU_TEST(test_wfi),
        CPU_TEST(test_dirty),
        CPU_TEST(test_commit),
        CPU_TEST(test_device),
        CPU_TEST(test_registers),
        CPU_TEST(test_state),
        CPU_TEST(test_accelerators),
    };

    cpu_test_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
