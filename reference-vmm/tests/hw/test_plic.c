/* SPDX-License-Identifier: MIT */
/*
 * test_plic.c - the interrupt controller against its specification, through
 * its registers and lines; each test is told what would be seen if it were
 * wrong by the values it compares.
 */
#include "hw_test.h"
#include "hw/riscv/plic.h"
#include "hw/riscv/virt.h"

#define PLIC ((hwaddr)VIRT_PLIC_BASE)
#define PRIORITY(n) (PLIC + 4 * (n))
#define PENDING(n) (PLIC + 0x1000 + (n) / 32 * 4)
#define ENABLE(c, n) (PLIC + 0x2000 + 0x80 * (c) + (n) / 32 * 4)
#define THRESHOLD(c) (PLIC + 0x200000 + 0x1000 * (c))
#define CLAIM(c) (THRESHOLD(c) + 4)

enum { M0 = 0, S0 = 1, M1 = 2, S1 = 3 };

static Machine *m;
static VmIrq line[RISCV_PLIC_SOURCES];

static int setup(void **state)
{
    GLOBAL_STATE_CODE();
    m = hw_machine();
    for (unsigned i = 1; i < RISCV_PLIC_SOURCES; i++) {
        line[i] = riscv_plic_irq(((VirtBoard *)m->board)->plic, i);
    }
    return 0;
}

static int teardown(void **state) NO_TSA;
static int teardown(void **state)
{
    hw_machine_end(m);
    return 0;
}

static void arm(unsigned context, unsigned source, unsigned priority)
{
    hw_write(m, PRIORITY(source), 4, priority);
    hw_write(m, ENABLE(context, source), 4,
             hw_read(m, ENABLE(context, source), 4) | 1u << source % 32);
}

static bool is_pending(unsigned source)
{
    return hw_read(m, PENDING(source), 4) >> source % 32 & 1;
}

static void claim_and_complete(void **state)
{
    GLOBAL_STATE_CODE();
    arm(S0, 40, 1);
    vm_irq_set(&line[40], 1);
    assert_true(is_pending(40));
    assert_true(hw_mip(0, RISCV_IRQ_SEIP));
    assert_false(hw_mip(0, RISCV_IRQ_MEIP));
    assert_false(hw_mip(1, RISCV_IRQ_SEIP));
    assert_int_equal(hw_read(m, CLAIM(S0), 4), 40);
    assert_false(is_pending(40));
    assert_false(hw_mip(0, RISCV_IRQ_SEIP));
    assert_int_equal(hw_read(m, CLAIM(S0), 4), 0);
    vm_irq_set(&line[40], 0);
    hw_write(m, CLAIM(S0), 4, 40);
    assert_false(is_pending(40));
}

static void level_high_at_completion_asks_again(void **state)
{
    GLOBAL_STATE_CODE();
    arm(M1, 5, 3);
    vm_irq_set(&line[5], 1);
    assert_int_equal(hw_read(m, CLAIM(M1), 4), 5);
    /* In service: no second request, whatever the line does. */
    vm_irq_set(&line[5], 0);
    vm_irq_set(&line[5], 1);
    assert_false(is_pending(5));
    hw_write(m, CLAIM(M1), 4, 5);
    assert_true(is_pending(5));
    assert_true(hw_mip(1, RISCV_IRQ_MEIP));
}

static void request_outlives_its_line(void **state)
{
    arm(S0, 7, 1);
    vm_irq_set(&line[7], 1);
    vm_irq_set(&line[7], 0);
    assert_true(is_pending(7));
    assert_int_equal(hw_read(m, CLAIM(S0), 4), 7);
    hw_write(m, CLAIM(S0), 4, 7);
    assert_false(is_pending(7));
}

static void priorities_order_claims(void **state)
{
    arm(S0, 10, 2);
    arm(S0, 11, 7);
    arm(S0, 12, 7);
    arm(S0, 13, 0); /* never interrupts */
    for (int i = 10; i <= 13; i++) {
        vm_irq_set(&line[i], 1);
    }
    assert_int_equal(hw_read(m, CLAIM(S0), 4), 11);
    assert_int_equal(hw_read(m, CLAIM(S0), 4), 12);
    assert_int_equal(hw_read(m, CLAIM(S0), 4), 10);
    assert_int_equal(hw_read(m, CLAIM(S0), 4), 0);
}

static void threshold_masks_the_line_not_the_claim(void **state)
{
    GLOBAL_STATE_CODE();
    arm(S0, 10, 3);
    hw_write(m, THRESHOLD(S0), 4, 3);
    vm_irq_set(&line[10], 1);
    assert_false(hw_mip(0, RISCV_IRQ_SEIP));
    hw_write(m, THRESHOLD(S0), 4, 2);
    assert_true(hw_mip(0, RISCV_IRQ_SEIP));
    hw_write(m, THRESHOLD(S0), 4, 7);
    assert_false(hw_mip(0, RISCV_IRQ_SEIP));
    assert_int_equal(hw_read(m, CLAIM(S0), 4), 10);
}

static void completion_needs_the_source_enabled(void **state)
{
    arm(S0, 10, 1);
    vm_irq_set(&line[10], 1);
    assert_int_equal(hw_read(m, CLAIM(S0), 4), 10);
    hw_write(m, CLAIM(S1), 4, 10); /* not enabled there */
    assert_false(is_pending(10));
    hw_write(m, CLAIM(S0), 4, 95);
    hw_write(m, CLAIM(S0), 4, 0xffffffff);
    assert_false(is_pending(10));
    hw_write(m, CLAIM(S0), 4, 10);
    assert_true(is_pending(10));
}

static void one_claim_of_many(void **state)
{
    GLOBAL_STATE_CODE();
    arm(S0, 33, 1);
    arm(S1, 33, 1);
    vm_irq_set(&line[33], 1);
    assert_true(hw_mip(0, RISCV_IRQ_SEIP) && hw_mip(1, RISCV_IRQ_SEIP));
    assert_int_equal(hw_read(m, CLAIM(S1), 4), 33);
    assert_false(hw_mip(0, RISCV_IRQ_SEIP) || hw_mip(1, RISCV_IRQ_SEIP));
    assert_int_equal(hw_read(m, CLAIM(S0), 4), 0);
}

static void registers_have_their_bits_only(void **state)
{
    uint64_t value;

    hw_write(m, PRIORITY(1), 4, 0xffffffff);
    assert_int_equal(hw_read(m, PRIORITY(1), 4), 7);
    hw_write(m, PRIORITY(0), 4, 1);
    assert_int_equal(hw_read(m, PRIORITY(0), 4), 0);
    hw_write(m, ENABLE(S0, 0), 4, 0xffffffff);
    assert_int_equal(hw_read(m, ENABLE(S0, 0), 4), 0xfffffffe);
    hw_write(m, PENDING(0), 4, 0xffffffff);
    assert_int_equal(hw_read(m, PENDING(0), 4), 0);
    /* The fifth context of two harts does not exist. */
    hw_write(m, THRESHOLD(4), 4, 5);
    assert_int_equal(hw_read(m, THRESHOLD(4), 4), 0);
    assert_int_equal(address_space_ld(&m->as, PRIORITY(1), 8, &value,
                                      MEMTXATTRS_UNSPECIFIED), MEMTX_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(claim_and_complete, setup, teardown),
        cmocka_unit_test_setup_teardown(level_high_at_completion_asks_again,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(request_outlives_its_line, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(priorities_order_claims, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            threshold_masks_the_line_not_the_claim, setup, teardown),
        cmocka_unit_test_setup_teardown(completion_needs_the_source_enabled,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(one_claim_of_many, setup, teardown),
        cmocka_unit_test_setup_teardown(registers_have_their_bits_only, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, hw_group_setup, hw_group_teardown);
}
