/* SPDX-License-Identifier: MIT */
/*
 * virt.c - the board `virt`: which devices there are, where, and how they are
 * wired.
 *
 * The first -device finds the last slot of virtio-mmio, as under QEMU.
 *
 * Thread context: under the BQL; the callbacks of vCPUs say theirs.
 */
#include "hw/riscv/virt.h"
#include "base/main_loop.h"
#include "cpu/accel.h"
#include "hw/chardev/chardev.h"
#include "hw/riscv/aclint.h"
#include "hw/riscv/ns16550.h"
#include "hw/riscv/plic.h"
#include <string.h>

/* ---- what vCPUs ask of the board: in their threads, without the BQL ------ */

static uint64_t read_time(void *opaque)
{
    VirtBoard *b = opaque;

    return riscv_clint_read_time(b->clint);
}

static void console_write(void *opaque, const void *data, size_t len)
{
    VirtBoard *b = opaque;

    bql_lock();
    ns16550_console_write(b->uart, data, len);
    bql_unlock();
}

static size_t console_read(void *opaque, void *data, size_t len)
{
    VirtBoard *b = opaque;
    size_t n;

    bql_lock();
    n = ns16550_console_read(b->uart, data, len);
    bql_unlock();
    return n;
}

/* SBI 2.0, chapter 10: types shutdown, cold and warm reboot; reason 1 is a
 * failure of the system. */
static void system_reset(void *opaque, uint32_t type, uint32_t reason)
{
    if (type == 0) {
        machine_shutdown_request(reason == 1 ? SHUTDOWN_CAUSE_GUEST_PANIC
                                             : SHUTDOWN_CAUSE_GUEST_SHUTDOWN,
                                 reason == 1);
    } else {
        machine_reset_request(SHUTDOWN_CAUSE_GUEST_RESET);
    }
}

/* A bare program ends; what does not fit into a status must not look like
 * success. */
static void tohost(void *opaque, uint64_t value)
{
    uint64_t status = value >> 1;

    machine_shutdown_request(status ? SHUTDOWN_CAUSE_GUEST_PANIC
                                    : SHUTDOWN_CAUSE_GUEST_SHUTDOWN,
                             (int)MIN(status, 255));
}

/* ---- devices ------------------------------------------------------------ */

static GS_FN DeviceState *new_device(Machine *m, const char *klass)
{
    const DeviceClass *c = device_class_find(klass);

    return c ? device_new(m, c, NULL) : NULL;
}

static GS_FN bool set_string(DeviceState *dev, const char *name,
                             const char *value, GError **error)
{
    JsonNode *node = json_node_new(JSON_NODE_VALUE);
    bool ok;

    json_node_set_string(node, value);
    ok = device_set_property(dev, name, node, error);
    json_node_free(node);
    return ok;
}

static GS_FN bool set_number(DeviceState *dev, const char *name,
                             uint64_t value, GError **error)
{
    JsonNode *node = json_node_new(JSON_NODE_VALUE);
    bool ok;

    json_node_set_int(node, value);
    ok = device_set_property(dev, name, node, error);
    json_node_free(node);
    return ok;
}

static GS_FN bool place(DeviceState *dev, hwaddr addr, GError **error)
{
    if (!device_realize(dev, NULL, error)) {
        return false;
    }
    device_map(dev, 0, addr);
    return true;
}

static GS_FN bool create_interrupts(VirtBoard *b, GError **error)
{
    Machine *m = b->machine;

    b->clint = new_device(m, "riscv.aclint");
    b->plic = new_device(m, "riscv.sifive.plic");
    return set_number(b->clint, "num-harts", m->config.n_cpus, error) &&
           set_number(b->plic, "num-harts", m->config.n_cpus, error) &&
           place(b->clint, VIRT_CLINT_BASE, error) &&
           place(b->plic, VIRT_PLIC_BASE, error);
}

static GS_FN bool create_uart(VirtBoard *b, GError **error)
{
    Chardev *c = machine_serial(0);

    b->uart = new_device(b->machine, "serial-mm");
    if (c && !set_string(b->uart, "chardev", chardev_id(c), error)) {
        return false;
    }
    if (!place(b->uart, VIRT_UART_BASE, error)) {
        return false;
    }
    device_connect_irq(b->uart, 0, riscv_plic_irq(b->plic, VIRT_UART_IRQ));
    return true;
}

static GS_FN bool create_flash(VirtBoard *b, unsigned bank, GError **error)
{
    const char *drive = b->machine->config.pflash[bank];
    DeviceState *dev = new_device(b->machine, "cfi.pflash01");

    return set_string(dev, "name", bank ? "virt.flash1" : "virt.flash0",
                      error) &&
           (!drive || set_string(dev, "drive", drive, error)) &&
           place(dev, VIRT_FLASH_BASE + (hwaddr)bank * VIRT_FLASH_SIZE,
                 error);
}

/* As QEMU's users name it in bus=. */
static GS_FN void name_bus(DeviceState *dev, unsigned slot)
{
    DeviceBus *bus = g_ptr_array_index(dev->buses, 0);

    g_free(bus->name);
    bus->name = g_strdup_printf("virtio-mmio-bus.%u", slot);
}

static GS_FN bool create_virtio(VirtBoard *b, GError **error)
{
    for (unsigned i = 0; i < VIRT_N_VIRTIO; i++) {
        DeviceState *dev = new_device(b->machine, "virtio-mmio");

        if (!dev) {
            return true; /* built without virtio */
        }
        if (!device_apply_globals(dev, error) ||
            !place(dev, VIRT_VIRTIO_BASE + i * VIRT_VIRTIO_STRIDE, error)) {
            return false;
        }
        device_connect_irq(dev, 0,
                           riscv_plic_irq(b->plic, VIRT_VIRTIO_IRQ + i));
        name_bus(dev, i);
    }
    return true;
}

static GS_FN bool create_devices(VirtBoard *b, GError **error)
{
    Machine *m = b->machine;
    DeviceState *test, *rtc;

    if (!create_interrupts(b, error) || !create_uart(b, error)) {
        return false;
    }
    test = new_device(m, "riscv.sifive.test");
    rtc = new_device(m, "goldfish_rtc");
    if (!place(test, VIRT_TEST_BASE, error) ||
        !place(rtc, VIRT_RTC_BASE, error)) {
        return false;
    }
    device_connect_irq(rtc, 0, riscv_plic_irq(b->plic, VIRT_RTC_IRQ));
    return create_flash(b, 0, error) && create_flash(b, 1, error) &&
           create_virtio(b, error);
}

/* ---- memory and CPUs ---------------------------------------------------- */

static GS_FN bool create_memory(VirtBoard *b, GError **error)
{
    Machine *m = b->machine;
    const char *name = "riscv_virt_board.ram";
    bool ok;

    ok = m->config.ram_memfd
             ? memory_region_init_ram_memfd(&m->ram, name, m->config.ram_size,
                                            error)
             : memory_region_init_ram(&m->ram, name, m->config.ram_size,
                                      error);
    if (!ok || !memory_region_init_rom(&b->mrom, "riscv_virt_board.mrom",
                                       VIRT_MROM_SIZE, error)) {
        return false;
    }
    memory_region_add_subregion(&m->system_memory, VIRT_DRAM_BASE, &m->ram);
    memory_region_add_subregion(&m->system_memory, VIRT_MROM_BASE, &b->mrom);
    return true;
}

static GS_FN bool create_vcpus(VirtBoard *b, GError **error)
{
    VcpuConfig config = {
        .as = &b->machine->as,
        .platform = &b->platform,
        .builtin_sbi = b->builtin_sbi,
        .tohost = b->tohost,
    };

    b->platform = (VcpuPlatform){
        .read_time = read_time,
        .timebase_hz = RISCV_TIMEBASE_HZ,
        .console_write = console_write,
        .console_read = console_read,
        .system_reset = system_reset,
        .tohost = tohost,
        .opaque = b,
    };
    if (vcpus_count()) {
        return true; /* another machine has them */
    }
    b->owns_vcpus = true;
    for (unsigned i = 0; i < b->machine->config.n_cpus; i++) {
        config.hartid = i;
        if (!vcpu_new(&config, error)) {
            return false;
        }
    }
    return true;
}

/* ---- life --------------------------------------------------------------- */

static bool virt_init(Machine *m, GError **error)
{
    VirtBoard *b = g_new0(VirtBoard, 1);

    GLOBAL_STATE_CODE();
    m->board = b;
    b->machine = m;
    if (!virt_boot_read(b, error)) {
        return false;
    }
    /* Not in one transaction: a flash bank reads its image, which polls the
     * main loop. */
    return create_memory(b, error) && create_devices(b, error) &&
           create_vcpus(b, error);
}

static bool virt_load(Machine *m, GError **error)
{
    GLOBAL_STATE_CODE();
    return virt_boot_load(m->board, error);
}

static void virt_reset(Machine *m)
{
    GLOBAL_STATE_CODE();
    virt_boot_reset(m->board);
}

static void virt_finish(Machine *m)
{
    VirtBoard *b = m->board;

    GLOBAL_STATE_CODE();
    if (b->owns_vcpus) {
        vcpus_free();
    }
    if (b->mrom.container) {
        memory_region_del_subregion(&m->system_memory, &b->mrom);
    }
    memory_region_finalize(&b->mrom);
    virt_boot_free(b);
    vm_rcu_call(g_free, b);
    m->board = NULL;
}

extern const MachineClass virt_machine_class;
const MachineClass virt_machine_class = {
    .name = "virt",
    .help = "RISC-V VirtIO board",
    .is_default = true,
    .max_cpus = VCPU_MAX,
    .default_ram_size = 128 * 1024 * 1024,
    .init = virt_init,
    .load = virt_load,
    .reset = virt_reset,
    .finish = virt_finish,
};
