/* SPDX-License-Identifier: MIT */
/*
 * guest_memory.c - see guest_memory.h.  Page tables are walked as the
 * privileged architecture, 12.3 to 12.5 (Sv39, Sv48, Sv57), says, but for
 * permissions, which do not matter to a monitor.
 *
 * Thread context: under the BQL.
 */
#include "monitor/guest_memory.h"
#include "base/error.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define PTE_V (1 << 0)
#define PTE_LEAF (7 << 1) /* any of R, W, X */
#define PTE_PPN(pte) (((pte) >> 10) & ((UINT64_C(1) << 44) - 1))
#define SATP_MODE(satp) ((satp) >> 60)
#define SATP_PPN(satp) ((satp) & ((UINT64_C(1) << 44) - 1))
#define MODE_SV39 8
#define MODE_SV57 10
#define PRIV_MACHINE 3

static void GS_FN read_satp(Vcpu *cpu, void *opaque)
{
    uint64_t *ret = opaque, priv = PRIV_MACHINE;

    if (!vcpu_get_register(cpu, "satp", ret) ||
        !vcpu_get_register(cpu, "priv", &priv) || priv == PRIV_MACHINE) {
        *ret = 0;
    }
}

void guest_memory_init(GuestMemory *g, AddressSpace *as, Vcpu *cpu)
{
    GLOBAL_STATE_CODE();
    *g = (GuestMemory){ .as = as };
    if (cpu) {
        vcpu_run_on(cpu, read_satp, &g->satp);
    }
}

static bool translate(const GuestMemory *g, uint64_t addr, hwaddr *ret)
{
    uint64_t mode = SATP_MODE(g->satp), table = SATP_PPN(g->satp), pte;
    int levels = 3 + (int)(mode - MODE_SV39);
    int unused_bits = 64 - 12 - 9 * levels;

    if (mode < MODE_SV39 || mode > MODE_SV57) {
        *ret = addr;
        return mode == 0;
    }
    if ((uint64_t)((int64_t)(addr << unused_bits) >> unused_bits) != addr) {
        return false;
    }
    for (int shift = 12 + 9 * (levels - 1); shift >= 12; shift -= 9) {
        uint64_t index = addr >> shift & 511;

        if (address_space_ld(g->as, (table << 12) + index * 8, 8, &pte,
                             MEMTXATTRS_UNSPECIFIED) != MEMTX_OK ||
            !(pte & PTE_V)) {
            return false;
        }
        table = PTE_PPN(pte);
        if (pte & PTE_LEAF) {
            uint64_t low = (UINT64_C(1) << shift) - 1;

            *ret = ((table << 12) & ~low) | (addr & low);
            return true;
        }
    }
    return false;
}

bool guest_memory_read(const GuestMemory *g, uint64_t addr, void *buf,
                       size_t len)
{
    uint8_t *to = buf;

    GLOBAL_STATE_CODE();
    while (len) {
        size_t n = MIN(len, TARGET_PAGE_SIZE - addr % TARGET_PAGE_SIZE);
        hwaddr at;

        if (!translate(g, addr, &at) ||
            address_space_read(g->as, at, MEMTXATTRS_UNSPECIFIED, to, n) !=
                MEMTX_OK) {
            return false;
        }
        addr += n;
        to += n;
        len -= n;
    }
    return true;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
    while (len) {
        ssize_t n = write(fd, data, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        data += n;
        len -= n;
    }
    return true;
}

static bool GS_FN save_to(const GuestMemory *g, uint64_t addr, uint64_t size,
                          int fd, const char *filename, GError **error)
{
    uint8_t buf[TARGET_PAGE_SIZE];

    while (size) {
        size_t n = MIN(size, sizeof(buf) - addr % sizeof(buf));

        if (!guest_memory_read(g, addr, buf, n)) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "there is no memory at 0x%" G_GINT64_MODIFIER "x",
                        addr);
            return false;
        }
        if (!write_all(fd, buf, n)) {
            vm_set_errno(error, filename);
            return false;
        }
        addr += n;
        size -= n;
    }
    return true;
}

bool guest_memory_save(const GuestMemory *g, uint64_t addr, uint64_t size,
                       const char *filename, GError **error)
{
    int fd = open(filename, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    bool ok;

    GLOBAL_STATE_CODE();
    if (fd < 0) {
        vm_set_errno(error, filename);
        return false;
    }
    ok = save_to(g, addr, size, fd, filename, error);
    close(fd);
    return ok;
}
