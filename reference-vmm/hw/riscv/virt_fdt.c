/* SPDX-License-Identifier: MIT */
/*
 * virt_fdt.c - the device tree of `virt` (Devicetree Specification 0.4, and
 * the bindings of Linux).
 *
 * In substance what QEMU writes for the same command line.  Intended
 * differences: there is no fw-cfg, platform-bus, PMU and PCI host; CPUs have
 * Sv39 and the extensions that are there; the PLIC names its last source, 95;
 * /chosen has a kaslr-seed.
 *
 * Thread context: under the BQL.
 */
#include "hw/riscv/aclint.h"
#include "hw/riscv/plic.h"
#include "hw/riscv/virt.h"
#include <libfdt.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#define FDT_ROOM (64 * 1024)
#define DTB_MAX (1024 * 1024)

/* A tree being written.  The first error stays, what follows does nothing. */
typedef struct FdtWriter {
    void *fdt;
    int ret;
} FdtWriter;

static void note(FdtWriter *w, int ret)
{
    if (!w->ret) {
        w->ret = ret;
    }
}

static void begin(FdtWriter *w, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void begin(FdtWriter *w, const char *format, ...)
{
    char name[64];
    va_list ap;

    va_start(ap, format);
    vsnprintf(name, sizeof(name), format, ap);
    va_end(ap);
    if (!w->ret) {
        note(w, fdt_begin_node(w->fdt, name));
    }
}

static void end(FdtWriter *w)
{
    if (!w->ret) {
        note(w, fdt_end_node(w->fdt));
    }
}

static void put(FdtWriter *w, const char *name, const void *data, size_t len)
{
    if (!w->ret) {
        note(w, fdt_property(w->fdt, name, data, len));
    }
}

static void put_string(FdtWriter *w, const char *name, const char *text)
{
    put(w, name, text, strlen(text) + 1);
}

static void put_empty(FdtWriter *w, const char *name)
{
    put(w, name, NULL, 0);
}

static void put_cells(FdtWriter *w, const char *name, const uint32_t *cells,
                      size_t n)
{
    fdt32_t *be = g_new(fdt32_t, n);

    for (size_t i = 0; i < n; i++) {
        be[i] = cpu_to_fdt32(cells[i]);
    }
    put(w, name, be, n * sizeof(*be));
    g_free(be);
}

static void put_cell(FdtWriter *w, const char *name, uint32_t cell)
{
    put_cells(w, name, &cell, 1);
}

static void put_u64(FdtWriter *w, const char *name, uint64_t value)
{
    uint32_t cells[] = { value >> 32, value };

    put_cells(w, name, cells, 2);
}

static void put_reg(FdtWriter *w, uint64_t addr, uint64_t size)
{
    uint32_t cells[] = { addr >> 32, addr, size >> 32, size };

    put_cells(w, "reg", cells, 4);
}

/* ---- phandles ----------------------------------------------------------- */

enum { PHANDLE_TEST = 1, PHANDLE_PLIC = 2, PHANDLE_CPU0 = 3 };

static uint32_t cpu_phandle(unsigned hart)
{
    return PHANDLE_CPU0 + 2 * hart;
}

static uint32_t intc_phandle(unsigned hart)
{
    return cpu_phandle(hart) + 1;
}

/* ---- nodes -------------------------------------------------------------- */

static void write_cpu(FdtWriter *w, unsigned hart)
{
    begin(w, "cpu@%x", hart);
    put_cell(w, "phandle", cpu_phandle(hart));
    put_string(w, "device_type", "cpu");
    put_cell(w, "reg", hart);
    put_string(w, "status", "okay");
    put_string(w, "compatible", "riscv");
    put_string(w, "riscv,isa", vcpu_isa_string());
    put_string(w, "mmu-type", "riscv,sv39");
    begin(w, "interrupt-controller");
    put_cell(w, "#interrupt-cells", 1);
    put_empty(w, "interrupt-controller");
    put_string(w, "compatible", "riscv,cpu-intc");
    put_cell(w, "phandle", intc_phandle(hart));
    end(w);
    end(w);
}

static void write_cpus(FdtWriter *w, unsigned n)
{
    begin(w, "cpus");
    put_cell(w, "#address-cells", 1);
    put_cell(w, "#size-cells", 0);
    put_cell(w, "timebase-frequency", RISCV_TIMEBASE_HZ);
    for (unsigned i = 0; i < n; i++) {
        write_cpu(w, i);
    }
    begin(w, "cpu-map");
    begin(w, "cluster0");
    for (unsigned i = 0; i < n; i++) {
        begin(w, "core%u", i);
        put_cell(w, "cpu", cpu_phandle(i));
        end(w);
    }
    end(w);
    end(w);
    end(w);
}

/* Two interrupts of every hart, by number. */
static void put_hart_interrupts(FdtWriter *w, unsigned n, uint32_t first,
                                uint32_t second)
{
    uint32_t cells[4 * VCPU_MAX];

    for (unsigned i = 0; i < n; i++) {
        cells[4 * i] = cells[4 * i + 2] = intc_phandle(i);
        cells[4 * i + 1] = first;
        cells[4 * i + 3] = second;
    }
    put_cells(w, "interrupts-extended", cells, 4 * n);
}

static void write_interrupts(FdtWriter *w, unsigned n)
{
    static const char clint[] = "sifive,clint0\0riscv,clint0";
    static const char plic[] = "sifive,plic-1.0.0\0riscv,plic0";

    begin(w, "clint@%x", VIRT_CLINT_BASE);
    put_hart_interrupts(w, n, RISCV_IRQ_MSIP, RISCV_IRQ_MTIP);
    put_reg(w, VIRT_CLINT_BASE, RISCV_CLINT_SIZE);
    put(w, "compatible", clint, sizeof(clint));
    end(w);
    begin(w, "plic@%x", VIRT_PLIC_BASE);
    put_cell(w, "phandle", PHANDLE_PLIC);
    put_cell(w, "riscv,ndev", RISCV_PLIC_SOURCES - 1);
    put_reg(w, VIRT_PLIC_BASE, RISCV_PLIC_SIZE);
    put_hart_interrupts(w, n, RISCV_IRQ_MEIP, RISCV_IRQ_SEIP);
    put_empty(w, "interrupt-controller");
    put(w, "compatible", plic, sizeof(plic));
    put_cell(w, "#address-cells", 0);
    put_cell(w, "#interrupt-cells", 1);
    end(w);
}

static void put_interrupt(FdtWriter *w, uint32_t source)
{
    put_cell(w, "interrupts", source);
    put_cell(w, "interrupt-parent", PHANDLE_PLIC);
}

static void write_devices(FdtWriter *w)
{
    static const char test[] = "sifive,test1\0sifive,test0\0syscon";

    begin(w, "rtc@%x", VIRT_RTC_BASE);
    put_interrupt(w, VIRT_RTC_IRQ);
    put_reg(w, VIRT_RTC_BASE, 0x1000);
    put_string(w, "compatible", "google,goldfish-rtc");
    end(w);
    begin(w, "serial@%x", VIRT_UART_BASE);
    put_interrupt(w, VIRT_UART_IRQ);
    put_cell(w, "clock-frequency", 3686400);
    put_reg(w, VIRT_UART_BASE, 0x100);
    put_string(w, "compatible", "ns16550a");
    end(w);
    begin(w, "test@%x", VIRT_TEST_BASE);
    put_cell(w, "phandle", PHANDLE_TEST);
    put_reg(w, VIRT_TEST_BASE, 0x1000);
    put(w, "compatible", test, sizeof(test));
    end(w);
    /* The last one first, as QEMU: Linux then numbers them in that order. */
    for (unsigned i = VIRT_N_VIRTIO; i-- > 0;) {
        begin(w, "virtio_mmio@%x", VIRT_VIRTIO_BASE + i * VIRT_VIRTIO_STRIDE);
        put_interrupt(w, VIRT_VIRTIO_IRQ + i);
        put_reg(w, VIRT_VIRTIO_BASE + i * VIRT_VIRTIO_STRIDE,
                VIRT_VIRTIO_STRIDE);
        put_string(w, "compatible", "virtio,mmio");
        end(w);
    }
}

static void write_syscon(FdtWriter *w, const char *name, uint32_t value)
{
    char compatible[32];

    snprintf(compatible, sizeof(compatible), "syscon-%s", name);
    begin(w, "%s", name);
    put_cell(w, "value", value);
    put_cell(w, "offset", 0);
    put_cell(w, "regmap", PHANDLE_TEST);
    put_string(w, "compatible", compatible);
    end(w);
}

static void write_flash(FdtWriter *w)
{
    const uint32_t banks[] = {
        0, VIRT_FLASH_BASE, 0, VIRT_FLASH_SIZE,
        0, VIRT_FLASH_BASE + VIRT_FLASH_SIZE, 0, VIRT_FLASH_SIZE,
    };

    begin(w, "flash@%x", VIRT_FLASH_BASE);
    put_cell(w, "bank-width", 4);
    put_cells(w, "reg", banks, G_N_ELEMENTS(banks));
    put_string(w, "compatible", "cfi-flash");
    end(w);
}

static void write_chosen(FdtWriter *w, const VirtBoard *b)
{
    const char *append = b->machine->config.append;
    uint8_t seed[32];
    uint64_t kaslr;

    begin(w, "chosen");
    put_string(w, "stdout-path", "/soc/serial@10000000");
    if (append && *append) {
        put_string(w, "bootargs", append);
    }
    if (b->initrd) {
        put_u64(w, "linux,initrd-start", b->initrd_addr);
        put_u64(w, "linux,initrd-end",
                b->initrd_addr + g_bytes_get_size(b->initrd));
    }
    if (getrandom(seed, sizeof(seed), 0) == sizeof(seed)) {
        put(w, "rng-seed", seed, sizeof(seed));
    }
    if (getrandom(&kaslr, sizeof(kaslr), 0) == sizeof(kaslr)) {
        put_u64(w, "kaslr-seed", kaslr);
    }
    end(w);
}

static void write_tree(FdtWriter *w, const VirtBoard *b)
{
    const MachineConfig *c = &b->machine->config;

    begin(w, "%s", "");
    put_cell(w, "#address-cells", 2);
    put_cell(w, "#size-cells", 2);
    put_string(w, "compatible", "riscv-virtio");
    put_string(w, "model", "riscv-virtio,qemu");
    write_chosen(w, b);
    begin(w, "memory@%" G_GINT64_MODIFIER "x", VIRT_DRAM_BASE);
    put_string(w, "device_type", "memory");
    put_reg(w, VIRT_DRAM_BASE, c->ram_size);
    end(w);
    write_cpus(w, c->n_cpus);
    write_syscon(w, "poweroff", 0x5555);
    write_syscon(w, "reboot", 0x7777);
    write_flash(w);
    begin(w, "soc");
    put_cell(w, "#address-cells", 2);
    put_cell(w, "#size-cells", 2);
    put_string(w, "compatible", "simple-bus");
    put_empty(w, "ranges");
    write_devices(w);
    write_interrupts(w, c->n_cpus);
    end(w);
    end(w);
}

static GBytes *fail(GError **error, const char *what, int ret, void *fdt)
{
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "%s: %s", what,
                fdt_strerror(ret));
    g_free(fdt);
    return NULL;
}

static GBytes *generate(VirtBoard *b, GError **error)
{
    const char *append = b->machine->config.append;
    size_t room = FDT_ROOM + (append ? strlen(append) : 0);
    FdtWriter w = { .fdt = g_malloc0(room) };

    note(&w, fdt_create(w.fdt, room));
    note(&w, fdt_finish_reservemap(w.fdt));
    write_tree(&w, b);
    if (!w.ret) {
        note(&w, fdt_finish(w.fdt));
    }
    if (w.ret) {
        return fail(error, "device tree", w.ret, w.fdt);
    }
    return g_bytes_new_take(w.fdt, fdt_totalsize(w.fdt));
}

/* ---- -dtb --------------------------------------------------------------- */

/* What the command line says goes into /chosen of the user's tree. */
static int amend(const VirtBoard *b, void *fdt)
{
    const char *append = b->machine->config.append;
    uint64_t start = b->initrd_addr;
    int node = fdt_path_offset(fdt, "/chosen"), ret = 0;

    if (node == -FDT_ERR_NOTFOUND) {
        node = fdt_add_subnode(fdt, 0, "chosen");
    }
    if (node < 0) {
        return node;
    }
    if (append && *append) {
        ret = fdt_setprop_string(fdt, node, "bootargs", append);
    }
    if (!ret && b->initrd) {
        ret = fdt_setprop_u64(fdt, node, "linux,initrd-start", start);
    }
    if (!ret && b->initrd) {
        ret = fdt_setprop_u64(fdt, node, "linux,initrd-end",
                              start + g_bytes_get_size(b->initrd));
    }
    return ret;
}

static GS_FN GBytes *read_dtb(VirtBoard *b, GError **error)
{
    const MachineConfig *c = &b->machine->config;
    GBytes *file = image_read_file(c->dtb, DTB_MAX, error);
    size_t room;
    gsize size;
    const void *data;
    void *fdt;
    int ret;

    if (!file) {
        return NULL;
    }
    data = g_bytes_get_data(file, &size);
    ret = size < sizeof(struct fdt_header) ? -FDT_ERR_TRUNCATED
                                           : fdt_check_full(data, size);
    room = size + 4096 + (c->append ? strlen(c->append) : 0);
    fdt = g_malloc0(room);
    if (!ret) {
        ret = fdt_open_into(data, fdt, room);
    }
    if (!ret) {
        ret = amend(b, fdt);
    }
    g_bytes_unref(file);
    if (ret) {
        return fail(error, c->dtb, ret, fdt);
    }
    fdt_pack(fdt);
    return g_bytes_new_take(fdt, fdt_totalsize(fdt));
}

GBytes *virt_fdt_new(VirtBoard *b, GError **error)
{
    GLOBAL_STATE_CODE();
    return b->machine->config.dtb ? read_dtb(b, error) : generate(b, error);
}
