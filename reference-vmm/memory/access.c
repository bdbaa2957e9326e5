/* SPDX-License-Identifier: MIT */
/*
 * access.c - accesses of any length, and single values.
 *
 * RAM is copied in the RCU section in which it was found; what is not RAM is
 * left to mmio.c, which looks it up again, outside of any section of ours.
 *
 * Thread context: any.
 */
#include "memory/flatview.h"
#include "memory/mmio.h"
#include <string.h>

/* Grace periods wait for sections: no longer than it takes to copy this. */
#define MAX_COPY ((hwaddr)1 << 20)

typedef enum StepKind {
    STEP_DONE, /* or nothing to be done */
    STEP_MMIO,
} StepKind;

typedef struct Step {
    StepKind kind;
    hwaddr len; /* how much of it this step is */
    MemTxResult result;
} Step;

static void copy(const FlatRange *r, hwaddr addr, uint8_t *buf, hwaddr len,
                 bool is_write)
{
    uint8_t *host = r->host + (addr - r->addr);

    if (is_write) {
        ram_copy_to_guest(host, buf, len);
        ram_block_set_dirty(r->block, (ram_addr_t)(host - r->block->host),
                            len);
    } else {
        ram_copy_from_guest(buf, host, len);
    }
}

/* The first part of an access that one range, or one hole, answers. */
static Step step(AddressSpace *as, hwaddr addr, uint8_t *buf, hwaddr len,
                 bool is_write)
{
    Step s = { .kind = STEP_DONE };
    const FlatRange *r;
    hwaddr last = 0;

    vm_rcu_read_lock();
    r = flatview_lookup(address_space_to_flatview(as), addr, &last);
    last = r ? r->last : last;
    s.len = MIN(len - 1, last - addr) + 1;
    if (!r) {
        s.result = MEMTX_DECODE_ERROR;
        if (!is_write) {
            memset(buf, 0, s.len);
        }
    } else if (is_write ? r->write_direct : r->read_direct) {
        s.len = MIN(s.len, MAX_COPY);
        copy(r, addr, buf, s.len, is_write);
    } else if (!is_write || !r->readonly) {
        s.kind = STEP_MMIO;
        s.len = mmio_access_size(r->mr, r->offset + (addr - r->addr), s.len);
    }
    vm_rcu_read_unlock();
    return s;
}

static MemTxResult mmio_step(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                             uint8_t *buf, unsigned size, bool is_write)
{
    MemTxResult result;
    uint64_t value = 0;

    if (is_write) {
        memcpy(&value, buf, size);
        value = GUINT64_FROM_LE(value);
    }
    result = mmio_access(as, addr, size, attrs, &value, is_write);
    if (!is_write) {
        value = GUINT64_TO_LE(value);
        memcpy(buf, &value, size);
    }
    return result;
}

MemTxResult address_space_rw(AddressSpace *as, hwaddr addr, MemTxAttrs attrs,
                             void *buf, hwaddr len, bool is_write)
{
    MemTxResult result = MEMTX_OK;
    uint8_t *p = buf;

    IO_CODE();
    while (len) {
        Step s = step(as, addr, p, len, is_write);

        result |= s.kind == STEP_DONE ? s.result
            : mmio_step(as, addr, attrs, p, (unsigned)s.len, is_write);
        p += s.len;
        len -= s.len;
        addr += s.len;
        if (!addr && len) {
            /* The end of the address space. */
            if (!is_write) {
                memset(p, 0, len);
            }
            return result | MEMTX_DECODE_ERROR;
        }
    }
    return result;
}

MemTxResult address_space_read(AddressSpace *as, hwaddr addr,
                               MemTxAttrs attrs, void *buf, hwaddr len)
{
    IO_CODE();
    return address_space_rw(as, addr, attrs, buf, len, false);
}

MemTxResult address_space_write(AddressSpace *as, hwaddr addr,
                                MemTxAttrs attrs, const void *buf,
                                hwaddr len)
{
    IO_CODE();
    /* A write does not write to the buffer. */
    return address_space_rw(as, addr, attrs, (void *)(uintptr_t)buf, len,
                            true);
}

static Step rom_step(AddressSpace *as, hwaddr addr, const uint8_t *buf,
                     hwaddr len)
{
    Step s = { .kind = STEP_DONE };
    const FlatRange *r;
    hwaddr last = 0;

    vm_rcu_read_lock();
    r = flatview_lookup(address_space_to_flatview(as), addr, &last);
    last = r ? r->last : last;
    s.len = MIN(len - 1, last - addr) + 1;
    if (r && r->block) {
        s.len = MIN(s.len, MAX_COPY);
        copy(r, addr, (uint8_t *)(uintptr_t)buf, s.len, true);
    } else {
        s.result = MEMTX_DECODE_ERROR;
    }
    vm_rcu_read_unlock();
    return s;
}

MemTxResult address_space_write_rom(AddressSpace *as, hwaddr addr,
                                    const void *buf, hwaddr len)
{
    MemTxResult result = MEMTX_OK;
    const uint8_t *p = buf;

    IO_CODE();
    while (len) {
        Step s = rom_step(as, addr, p, len);

        result |= s.result;
        p += s.len;
        len -= s.len;
        addr += s.len;
        if (!addr && len) {
            return result | MEMTX_DECODE_ERROR;
        }
    }
    return result;
}

MemTxResult address_space_set(AddressSpace *as, hwaddr addr, uint8_t byte,
                              hwaddr len, MemTxAttrs attrs)
{
    MemTxResult result = MEMTX_OK;
    uint8_t buf[4096];

    IO_CODE();
    memset(buf, byte, sizeof(buf));
    while (len) {
        hwaddr n = MIN(len, sizeof(buf));

        result |= address_space_rw(as, addr, attrs, buf, n, true);
        len -= n;
        addr += n;
        if (addr < n && len) {
            return result | MEMTX_DECODE_ERROR;
        }
    }
    return result;
}

static bool is_access_size(unsigned size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

MemTxResult address_space_ld(AddressSpace *as, hwaddr addr, unsigned size,
                             uint64_t *ret_value, MemTxAttrs attrs)
{
    IO_CODE();
    if (!is_access_size(size)) {
        *ret_value = 0;
        return MEMTX_ERROR;
    }
    return mmio_access(as, addr, size, attrs, ret_value, false);
}

MemTxResult address_space_st(AddressSpace *as, hwaddr addr, unsigned size,
                             uint64_t value, MemTxAttrs attrs)
{
    IO_CODE();
    if (!is_access_size(size)) {
        return MEMTX_ERROR;
    }
    return mmio_access(as, addr, size, attrs, &value, true);
}
