/* SPDX-License-Identifier: MIT */
/* Says what the machine is, out of its device tree; tries each hart. */
#include "runtime.h"

const char payload_name[] = "hello";

static volatile unsigned said;

static void say(void *argument)
{
    unsigned hart = hart_id();

    check(hart == (unsigned)(uintptr_t)argument, "hart %u runs", hart);
    __atomic_fetch_add(&said, 1, __ATOMIC_RELEASE);
}

static double half(double v)
{
    __asm__("" : "+f"(v));
    return v / 2;
}

int payload_main(void)
{
    uint64_t base, size = dtb_memory(&base);
    unsigned harts = hart_count();
    struct dtb_node node;
    unsigned slots = 0;
    double v = 3;

    while (dtb_find("virtio,mmio", slots, &node)) {
        slots++;
    }
    print("hello: %u harts, %lu MiB at 0x%lx, timebase %lu Hz, "
          "%u virtio-mmio slots\n",
          harts, size >> 20, base, dtb_timebase(), slots);
    check(base == 0x80000000, "memory starts at 0x80000000");
    check(slots > 0, "there are virtio-mmio slots");
    check(dtb_find("ns16550a", 0, &node) && node.reg == 0x10000000,
          "ns16550a at 0x%lx, interrupt %u", node.reg, node.interrupt);
    __asm__("" : "+f"(v));
    check(half(v) == 1.5, "the FPU divides");

    /* the last word of memory is there, what is behind it is not */
    volatile uint64_t *last = (volatile uint64_t *)(base + size - 8);
    uint64_t old = *last;

    *last = 0x5a5a5a5a12345678;
    check(*last == 0x5a5a5a5a12345678, "the last word of memory keeps data");
    *last = old;
    trap_expect();
    (void)read64(base + size);
    check(trap_taken() == 5, "behind memory is a load access fault");

    for (unsigned i = 0; i < harts; i++) {
        if (i == boot_hart) {
            continue;
        }
        if (check(hart_start(i, say, (void *)(uintptr_t)i), "hart %u starts",
                  i)) {
            check(hart_join(i), "hart %u stops", i);
        }
    }
    check(said == harts - 1, "all %u other harts have run", harts - 1);
    return 0;
}
