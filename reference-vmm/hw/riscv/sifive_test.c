/* SPDX-License-Identifier: MIT */
/*
 * sifive_test.c - the finisher: a register that ends the run, with a status
 * for whoever started it (SiFive "test1", syscon in the device tree).
 *
 * Thread context: accesses without the BQL; it has no state.
 */
#include "hw/machine.h"

enum {
    FINISHER_FAIL = 0x3333,
    FINISHER_PASS = 0x5555,
    FINISHER_RESET = 0x7777,
};

typedef struct SifiveTest {
    DeviceState parent;
    MemoryRegion mmio;
} SifiveTest;

static MemTxResult test_read(void *opaque, hwaddr offset, unsigned size,
                             uint64_t *ret_value, MemTxAttrs attrs)
{
    *ret_value = 0;
    return MEMTX_OK;
}

static MemTxResult test_write(void *opaque, hwaddr offset, unsigned size,
                              uint64_t value, MemTxAttrs attrs)
{
    if (offset != 0) {
        return MEMTX_OK;
    }
    switch (value & 0xffff) {
    case FINISHER_FAIL:
        machine_shutdown_request(SHUTDOWN_CAUSE_GUEST_PANIC,
                                 value >> 16 & 0xff);
        break;
    case FINISHER_PASS:
        machine_shutdown_request(SHUTDOWN_CAUSE_GUEST_SHUTDOWN, 0);
        break;
    case FINISHER_RESET:
        machine_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
        break;
    }
    return MEMTX_OK;
}

static const MemoryRegionOps test_ops = {
    .read = test_read,
    .write = test_write,
    .min_access_size = 2,
    .max_access_size = 4,
    .lockless = true,
};

static bool test_realize(DeviceState *dev, GError **error)
{
    SifiveTest *s = (SifiveTest *)dev;

    GLOBAL_STATE_CODE();
    memory_region_init_io(&s->mmio, &test_ops, s, "riscv.sifive.test",
                          0x1000);
    device_add_mmio(dev, &s->mmio);
    return true;
}

extern const DeviceClass sifive_test_class;
const DeviceClass sifive_test_class = {
    .name = "riscv.sifive.test",
    .help = "power off, reset, and end with a status",
    .instance_size = sizeof(SifiveTest),
    .realize = test_realize,
};
