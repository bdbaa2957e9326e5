/* SPDX-License-Identifier: MIT */
/*
 * hw_test.h - a machine without CPUs' threads, for tests of devices through
 * its address space.
 *
 * Thread context: the initial thread, under the BQL, which is the main loop.
 */
#ifndef REFVMM_TESTS_HW_HW_TEST_H
#define REFVMM_TESTS_HW_HW_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/main_loop.h"
#include "base/option.h"
#include "hw/chardev/chardev.h"
#include "hw/machine.h"
#include <string.h>
#include <unistd.h>

#define assert_no_error(e) assert_string_equal((e) ? (e)->message : "", "")
#define assert_contains(text, part)                                         \
    do {                                                                    \
        if (!strstr(text, part)) {                                          \
            fail_msg("no '%s' in: %s", part, text);                         \
        }                                                                   \
    } while (0)

static inline int hw_group_setup(void **state) NO_TSA;
static inline int hw_group_setup(void **state)
{
    vm_rcu_init();
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    assert_true(main_loop_init(NULL));
    return 0;
}

static inline int hw_group_teardown(void **state) NO_TSA;
static inline int hw_group_teardown(void **state)
{
    chardevs_free();
    main_loop_rcu_barrier();
    main_loop_free();
    bql_unlock();
    vm_rcu_finish();
    return 0;
}

static inline GS_FN Machine *hw_machine_with(MachineConfig c)
{
    GError *error = NULL;
    Machine *m;

    c.accel = "qtest";
    c.n_cpus = c.n_cpus ? c.n_cpus : 1;
    c.ram_size = c.ram_size ? c.ram_size : UINT64_C(16) << 20;
    m = machine_new(&c, &error);
    assert_no_error(error);
    machine_set_current(m);
    assert_true(machine_ready(m, &error));
    return m;
}

static inline GS_FN Machine *hw_machine(void)
{
    return hw_machine_with((MachineConfig){ .n_cpus = 2 });
}

static inline DROPS(bql) GS_FN void hw_machine_end(Machine *m)
{
    machine_free(m);
    main_loop_rcu_barrier();
}

static inline uint64_t hw_read(Machine *m, hwaddr addr, unsigned size)
{
    uint64_t value = 0;

    assert_int_equal(address_space_ld(&m->as, addr, size, &value,
                                      MEMTXATTRS_UNSPECIFIED), MEMTX_OK);
    return value;
}

static inline void hw_write(Machine *m, hwaddr addr, unsigned size,
                            uint64_t value)
{
    assert_int_equal(address_space_st(&m->as, addr, size, value,
                                      MEMTXATTRS_UNSPECIFIED), MEMTX_OK);
}

/* Whether a hart's interrupt of that number is pending. */
static inline GS_FN bool hw_mip(unsigned hart, unsigned bit)
{
    uint64_t mip = 0;

    assert_true(vcpu_get_register(vcpu_by_id(hart), "mip", &mip));
    return mip >> bit & 1;
}

/* Turns of the main loop until the condition holds, or five seconds are over. */
#define hw_poll_until(condition)                                            \
    do {                                                                    \
        int64_t deadline_ = vm_clock_ns() + INT64_C(5000000000);            \
        bool seen_;                                                         \
                                                                            \
        while (!(seen_ = (condition)) && vm_clock_ns() < deadline_) {       \
            aio_poll(main_loop_context(), false);                           \
        }                                                                   \
        if (!seen_) {                                                       \
            fail_msg("in vain: %s", #condition);                            \
        }                                                                   \
    } while (0)

#endif
