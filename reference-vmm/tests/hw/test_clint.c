/* SPDX-License-Identifier: MIT */
/*
 * test_clint.c - timers and software interrupts, with a clock that moves when
 * it is told to; and the real-time clock, which shares it.
 */
#include "hw_test.h"
#include "hw/riscv/aclint.h"
#include "hw/riscv/virt.h"

#define CLINT ((hwaddr)VIRT_CLINT_BASE)
#define MSIP(h) (CLINT + 4 * (h))
#define MTIMECMP(h) (CLINT + 0x4000 + 8 * (h))
#define MTIME (CLINT + 0xbff8)
#define RTC ((hwaddr)VIRT_RTC_BASE)

static Machine *m;

static int group_setup(void **state)
{
    hw_group_setup(state);
    GLOBAL_STATE_CODE();
    vm_clock_use_manual();
    vm_clock_start();
    return 0;
}

static int setup(void **state)
{
    GLOBAL_STATE_CODE();
    m = hw_machine_with((MachineConfig){ .n_cpus = 3, .rtc_vm_clock = true });
    return 0;
}

static int teardown(void **state) NO_TSA;
static int teardown(void **state)
{
    hw_machine_end(m);
    return 0;
}

static GS_FN void step(int64_t ns)
{
    vm_clock_step_to(vm_clock_get_ns(VM_CLOCK_VIRTUAL) + ns);
}

static void time_runs_at_ten_megahertz(void **state)
{
    uint64_t before = hw_read(m, MTIME, 8);

    GLOBAL_STATE_CODE();
    step(1000000);
    assert_int_equal(hw_read(m, MTIME, 8) - before, 10000);
    assert_int_equal(riscv_clint_read_time(
                         ((VirtBoard *)m->board)->clint),
                     hw_read(m, MTIME, 8));
}

static void timer_fires_in_time(void **state)
{
    uint64_t now = hw_read(m, MTIME, 8);

    GLOBAL_STATE_CODE();
    assert_false(hw_mip(1, RISCV_IRQ_MTIP));
    hw_write(m, MTIMECMP(1), 8, now + 50);
    step(4900);
    assert_false(hw_mip(1, RISCV_IRQ_MTIP));
    step(100);
    assert_true(hw_mip(1, RISCV_IRQ_MTIP));
    assert_false(hw_mip(0, RISCV_IRQ_MTIP));
    hw_write(m, MTIMECMP(1), 8, UINT64_MAX);
    assert_false(hw_mip(1, RISCV_IRQ_MTIP));
    hw_write(m, MTIMECMP(1), 8, 0);
    assert_true(hw_mip(1, RISCV_IRQ_MTIP));
}

/* Privileged specification 3.2.1: how 32-bit code sets it. */
static void halves_are_words_of_their_own(void **state)
{
    GLOBAL_STATE_CODE();
    hw_write(m, MTIMECMP(2), 4, 0xffffffff);
    hw_write(m, MTIMECMP(2) + 4, 4, 0x12345678);
    assert_int_equal(hw_read(m, MTIMECMP(2), 8), 0x12345678ffffffff);
    assert_int_equal(hw_read(m, MTIMECMP(2) + 4, 4), 0x12345678);
    hw_write(m, MTIME + 4, 4, 0x12345679);
    assert_true(hw_mip(2, RISCV_IRQ_MTIP));
    assert_int_equal(hw_read(m, MTIME + 4, 4), 0x12345679);
    hw_write(m, MTIME, 8, 5);
    assert_false(hw_mip(2, RISCV_IRQ_MTIP));
    assert_int_equal(hw_read(m, MTIME, 8), 5);
}

static void software_interrupts(void **state)
{
    GLOBAL_STATE_CODE();
    hw_write(m, MSIP(2), 4, 0xffffffff);
    assert_true(hw_mip(2, RISCV_IRQ_MSIP));
    assert_false(hw_mip(1, RISCV_IRQ_MSIP));
    assert_int_equal(hw_read(m, MSIP(2), 4), 1);
    hw_write(m, MSIP(2), 4, 2);
    assert_false(hw_mip(2, RISCV_IRQ_MSIP));
    hw_write(m, MSIP(3), 4, 1); /* there is no fourth hart */
    assert_int_equal(hw_read(m, MSIP(3), 4), 0);
}

static void reset_forgets(void **state) NO_TSA;
static void reset_forgets(void **state)
{
    hw_write(m, MTIMECMP(0), 8, 0);
    hw_write(m, MSIP(0), 4, 1);
    step(1000000);
    machine_reset(m);
    assert_false(hw_mip(0, RISCV_IRQ_MTIP) || hw_mip(0, RISCV_IRQ_MSIP));
    assert_int_equal(hw_read(m, MTIME, 8), 0);
}

/* ---- goldfish RTC -------------------------------------------------------- */

static uint64_t rtc_time(void)
{
    uint64_t low = hw_read(m, RTC, 4);

    return hw_read(m, RTC + 4, 4) << 32 | low;
}

static void rtc_tells_the_time_of_day(void **state)
{
    uint64_t host = (uint64_t)g_get_real_time() * 1000;
    uint64_t first = rtc_time();

    GLOBAL_STATE_CODE();
    assert_true(first > host - 60000000000u && first < host + 60000000000u);
    step(12345);
    assert_int_equal(rtc_time() - first, 12345);
}

static void rtc_can_be_set(void **state)
{
    hw_write(m, RTC + 4, 4, 0x1234);
    hw_write(m, RTC, 4, 0x56789abc);
    assert_int_equal(rtc_time(), 0x123456789abc);
}

static void rtc_alarm(void **state)
{
    uint64_t due = rtc_time() + 1000;

    GLOBAL_STATE_CODE();
    hw_write(m, (hwaddr)VIRT_PLIC_BASE + 4 * VIRT_RTC_IRQ, 4, 1);
    hw_write(m, RTC + 0x10, 4, 1);
    hw_write(m, RTC + 0x0c, 4, due >> 32);
    hw_write(m, RTC + 0x08, 4, (uint32_t)due);
    assert_int_equal(hw_read(m, RTC + 0x18, 4), 1);
    assert_int_equal(hw_read(m, (hwaddr)VIRT_PLIC_BASE + 0x1000, 4), 0);
    step(1000);
    assert_int_equal(hw_read(m, RTC + 0x18, 4), 0);
    assert_int_equal(hw_read(m, (hwaddr)VIRT_PLIC_BASE + 0x1000, 4),
                     1 << VIRT_RTC_IRQ);
    hw_write(m, RTC + 0x1c, 4, 1);
    /* One in the past comes at once; one that is cleared never. */
    hw_write(m, RTC + 0x0c, 4, 0);
    hw_write(m, RTC + 0x08, 4, 1);
    assert_int_equal(hw_read(m, RTC + 0x18, 4), 0);
    hw_write(m, RTC + 0x0c, 4, 0xffff);
    hw_write(m, RTC + 0x08, 4, 1);
    hw_write(m, RTC + 0x14, 4, 1);
    assert_int_equal(hw_read(m, RTC + 0x18, 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(time_runs_at_ten_megahertz, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(timer_fires_in_time, setup, teardown),
        cmocka_unit_test_setup_teardown(halves_are_words_of_their_own, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(software_interrupts, setup, teardown),
        cmocka_unit_test_setup_teardown(reset_forgets, setup, teardown),
        cmocka_unit_test_setup_teardown(rtc_tells_the_time_of_day, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(rtc_can_be_set, setup, teardown),
        cmocka_unit_test_setup_teardown(rtc_alarm, setup, teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, hw_group_teardown);
}
