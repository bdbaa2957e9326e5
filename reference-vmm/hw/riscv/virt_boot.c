/* SPDX-License-Identifier: MIT */
/*
 * virt_boot.c - from files to a machine that is ready to go.
 *
 * -bios not given, or "default": the SBI is the CPU's own; hart 0 begins in
 *     S-mode at the kernel, a0 its number, a1 the device tree; the other
 *     harts wait to be started.
 * -bios none: M-mode, all harts, at the start of RAM (or of flash bank 0, if
 *     that has a drive); the kernel, if any, lies there.
 * -bios FILE: firmware at the start of RAM, or where its ELF headers say;
 *     M-mode, all harts, with a2 leading to the record that tells OpenSBI's
 *     fw_dynamic where to go on.
 *
 * Without a kernel, S-mode begins in a flash bank that has a drive.
 *
 * Layout of RAM: firmware, the kernel on the next 2 MiB, the initrd 128 MiB
 * above that (or half of the memory), the device tree below the end of RAM,
 * or of what 32 bits reach.
 *
 * Thread context: under the BQL.
 */
#include "hw/riscv/virt.h"
#include <string.h>

#define KERNEL_ALIGN (UINT64_C(2) << 20)
#define OPENSBI_MAGIC 0x4942534f
#define OPENSBI_VERSION 2
#define OPENSBI_MODE_S 1

static bool firmware_is(const VirtBoard *b, const char *name)
{
    const char *firmware = b->machine->config.firmware;

    return firmware ? !strcmp(firmware, name) : !strcmp(name, "default");
}

bool virt_boot_read(VirtBoard *b, GError **error)
{
    const MachineConfig *c = &b->machine->config;

    GLOBAL_STATE_CODE();
    b->builtin_sbi = firmware_is(b, "default");
    if (!b->builtin_sbi && !firmware_is(b, "none")) {
        b->firmware = image_load_file(c->firmware, error);
        if (!b->firmware) {
            return false;
        }
        b->tohost = b->firmware->tohost;
    }
    if (c->kernel) {
        b->kernel = image_load_file(c->kernel, error);
        if (!b->kernel) {
            return false;
        }
        if (!b->tohost) {
            b->tohost = b->kernel->tohost;
        }
    }
    if (c->initrd) {
        if (!c->kernel) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "-initrd needs -kernel");
            return false;
        }
        b->initrd = image_read_file(c->initrd, c->ram_size, error);
        if (!b->initrd) {
            return false;
        }
    }
    return true;
}

void virt_boot_free(VirtBoard *b)
{
    GLOBAL_STATE_CODE();
    image_free(b->firmware);
    image_free(b->kernel);
    if (b->initrd) {
        g_bytes_unref(b->initrd);
    }
}

/* ---- images ------------------------------------------------------------- */

static hwaddr align_up(hwaddr addr, uint64_t align)
{
    return (addr + align - 1) & ~(align - 1);
}

/* Linkers put ELF's own headers into the first segment, before the text: what
 * lies below RAM and goes on into it is cut off there. */
static GS_FN bool load_segment(VirtBoard *b, const char *name, hwaddr addr,
                               const ImageSegment *s, GError **error)
{
    gsize size = g_bytes_get_size(s->bytes), skip = VIRT_DRAM_BASE - addr;
    GBytes *rest;
    bool ok;

    if (addr >= VIRT_DRAM_BASE || skip >= size) {
        return machine_add_rom(b->machine, name, addr, s->bytes, s->zeros,
                               error);
    }
    rest = g_bytes_new_from_bytes(s->bytes, skip, size - skip);
    ok = machine_add_rom(b->machine, name, VIRT_DRAM_BASE, rest, s->zeros,
                         error);
    g_bytes_unref(rest);
    return ok;
}

/* At base, unless it is ELF, which says where. */
static GS_FN bool load_image(VirtBoard *b, const Image *image,
                             const char *name, hwaddr base, hwaddr *ret_entry,
                             hwaddr *ret_end, GError **error)
{
    hwaddr offset = image->kind == IMAGE_ELF ? 0 : base;

    for (guint i = 0; i < image->segments->len; i++) {
        const ImageSegment *s =
            &g_array_index(image->segments, ImageSegment, i);

        if (!load_segment(b, name, s->addr + offset, s, error)) {
            return false;
        }
    }
    *ret_entry = image->kind == IMAGE_ELF ? image->entry : base;
    *ret_end = image->high + offset;
    return true;
}

static GS_FN bool load_firmware(VirtBoard *b, GError **error)
{
    const MachineConfig *c = &b->machine->config;

    b->start = VIRT_DRAM_BASE;
    b->firmware_end = VIRT_DRAM_BASE;
    if (b->firmware) {
        return load_image(b, b->firmware, c->firmware, VIRT_DRAM_BASE,
                          &b->start, &b->firmware_end, error);
    }
    if (!b->builtin_sbi && c->pflash[0]) {
        b->start = VIRT_FLASH_BASE;
    }
    return true;
}

static bool kernel_fits(const VirtBoard *b, hwaddr base, GError **error)
{
    const MachineConfig *c = &b->machine->config;
    hwaddr end = VIRT_DRAM_BASE + c->ram_size;

    if (b->kernel->kind != IMAGE_ELF &&
        (base >= end || b->kernel->high > end - base)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "%s: %" G_GUINT64_FORMAT " bytes do not fit into %"
                    G_GUINT64_FORMAT " MiB of memory", c->kernel,
                    b->kernel->high, c->ram_size >> 20);
        return false;
    }
    return true;
}

static GS_FN bool load_kernel(VirtBoard *b, hwaddr *ret_base, GError **error)
{
    const MachineConfig *c = &b->machine->config;
    hwaddr base = align_up(b->firmware_end, KERNEL_ALIGN), end;

    /* Linux may want to leave room for firmware; with the CPU's own SBI there
     * is none, but kernels expect to lie where it would leave them. */
    if (b->builtin_sbi) {
        base = VIRT_DRAM_BASE + KERNEL_ALIGN;
    }
    *ret_base = base;
    if (b->kernel) {
        if (!kernel_fits(b, base, error) ||
            !load_image(b, b->kernel, c->kernel, base, &b->kernel_entry, &end,
                        error)) {
            return false;
        }
        *ret_base = b->kernel->kind == IMAGE_ELF ? b->kernel->low : base;
        if (!b->firmware && !b->builtin_sbi && !c->pflash[0]) {
            b->start = b->kernel_entry;
        }
    } else if (c->pflash[0] && (b->builtin_sbi || b->firmware)) {
        b->kernel_entry = VIRT_FLASH_BASE;
    } else if (c->pflash[1]) {
        b->kernel_entry = VIRT_FLASH_BASE + VIRT_FLASH_SIZE;
    }
    return true;
}

static GS_FN bool load_initrd(VirtBoard *b, hwaddr kernel_base,
                              GError **error)
{
    const MachineConfig *c = &b->machine->config;
    uint64_t distance = MIN(c->ram_size / 2, UINT64_C(128) << 20);

    if (!b->initrd) {
        return true;
    }
    b->initrd_addr = align_up(kernel_base + distance, TARGET_PAGE_SIZE);
    /* A kernel that is that big pushes it on. */
    if (b->kernel->kind != IMAGE_ELF) {
        b->initrd_addr = MAX(b->initrd_addr,
                             align_up(kernel_base + b->kernel->high,
                                      TARGET_PAGE_SIZE));
    }
    return machine_add_rom(b->machine, c->initrd, b->initrd_addr, b->initrd,
                           0, error);
}

static GS_FN bool dump_fdt(VirtBoard *b, GBytes *fdt, GError **error)
{
    const char *path = b->machine->config.dumpdtb;
    gsize size;
    const char *data = g_bytes_get_data(fdt, &size);

    return !path || g_file_set_contents(path, data, size, error);
}

static GS_FN bool load_fdt(VirtBoard *b, GError **error)
{
    uint64_t end = MIN(VIRT_DRAM_BASE + b->machine->config.ram_size,
                       UINT64_C(3) << 30);
    GBytes *fdt = virt_fdt_new(b, error);
    bool ok;

    if (!fdt) {
        return false;
    }
    b->fdt_addr = (end - g_bytes_get_size(fdt)) & ~(KERNEL_ALIGN - 1);
    if (b->fdt_addr < VIRT_DRAM_BASE) {
        b->fdt_addr = (end - g_bytes_get_size(fdt)) & ~UINT64_C(7);
    }
    ok = dump_fdt(b, fdt, error) &&
         machine_add_rom(b->machine, "device tree", b->fdt_addr, fdt, 0,
                         error);
    g_bytes_unref(fdt);
    return ok;
}

/* What every hart runs at reset: a0 hart, a1 device tree, a2 record; then to
 * where M-mode begins. */
static GS_FN bool load_reset_vector(VirtBoard *b, GError **error)
{
    struct {
        uint32_t code[6];
        uint64_t start, fdt; /* at 24 and 32 */
        uint64_t magic, version, next_addr, next_mode, options, boot_hart;
    } rom = {
        .code = {
            0x00000297, /* auipc t0, 0 */
            0x02828613, /* addi  a2, t0, 40 */
            0xf1402573, /* csrr  a0, mhartid */
            0x0202b583, /* ld    a1, 32(t0) */
            0x0182b283, /* ld    t0, 24(t0) */
            0x00028067, /* jr    t0 */
        },
        .start = b->start,
        .fdt = b->fdt_addr,
        .magic = OPENSBI_MAGIC,
        .version = OPENSBI_VERSION,
        .next_addr = b->kernel_entry,
        .next_mode = OPENSBI_MODE_S,
    };
    GBytes *bytes = g_bytes_new(&rom, sizeof(rom));
    bool ok = machine_add_rom(b->machine, "reset vector", VIRT_MROM_BASE,
                              bytes, 0, error);

    g_bytes_unref(bytes);
    return ok;
}

bool virt_boot_load(VirtBoard *b, GError **error)
{
    hwaddr kernel_base;

    GLOBAL_STATE_CODE();
    return load_firmware(b, error) && load_kernel(b, &kernel_base, error) &&
           load_initrd(b, kernel_base, error) && load_fdt(b, error) &&
           load_reset_vector(b, error);
}

/* vCPUs of another machine, or none: nothing to do. */
void virt_boot_reset(VirtBoard *b)
{
    GLOBAL_STATE_CODE();
    if (!b->owns_vcpus) {
        return;
    }
    if (b->builtin_sbi) {
        vcpu_set_entry(vcpu_by_id(0),
                       b->kernel_entry ? b->kernel_entry : VIRT_DRAM_BASE, 0,
                       b->fdt_addr);
        return;
    }
    for (unsigned i = 0; i < vcpus_count(); i++) {
        vcpu_set_entry(vcpu_by_id(i), VIRT_MROM_BASE, 0, 0);
    }
}
