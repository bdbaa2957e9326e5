/* SPDX-License-Identifier: MIT */
/*
 * sbi_console.c - the SBI's debug console (chapter 12) and the legacy calls
 * (chapter 5), most of which are console too.
 *
 * Thread context: the hart's own thread, out of the guest during calls of
 * the platform and of the address space.
 */
#include "cpu/interp/sbi.h"

#define CHUNK 256
#define WRITE_MAX 65536 /* a call may move less than it was asked to */

static SbiRet ret(SbiError error, int64_t value)
{
    return (SbiRet){ error, value };
}

static void platform_write(Hart *h, const void *data, size_t len)
{
    if (h->platform->console_write) {
        hart_leave_guest(h);
        h->platform->console_write(h->platform->opaque, data, len);
        hart_enter_guest(h);
    }
}

static size_t platform_read(Hart *h, void *data, size_t len)
{
    size_t n = 0;

    if (h->platform->console_read) {
        hart_leave_guest(h);
        n = h->platform->console_read(h->platform->opaque, data, len);
        hart_enter_guest(h);
    }
    return n;
}

static MemTxResult guest_rw(Hart *h, uint64_t addr, void *data, hwaddr len,
                            bool is_write)
{
    MemTxResult result;

    hart_leave_guest(h);
    result = address_space_rw(h->as, addr, MEMTXATTRS_UNSPECIFIED, data, len,
                              is_write);
    hart_enter_guest(h);
    return result;
}

static SbiRet console_write(Hart *h, uint64_t addr, uint64_t len)
{
    uint8_t buf[CHUNK];
    uint64_t done = 0;

    len = MIN(len, WRITE_MAX);
    while (done < len) {
        hwaddr n = MIN(len - done, CHUNK);

        if (guest_rw(h, addr + done, buf, n, false) != MEMTX_OK) {
            return done ? ret(SBI_SUCCESS, (int64_t)done)
                        : ret(SBI_ERR_INVALID_PARAM, 0);
        }
        platform_write(h, buf, n);
        done += n;
    }
    return ret(SBI_SUCCESS, (int64_t)done);
}

/* What there is, which may be nothing. */
static SbiRet console_read(Hart *h, uint64_t addr, uint64_t len)
{
    uint8_t buf[CHUNK];
    size_t n;

    /* Nothing is taken from the console that has nowhere to go. */
    if (len && guest_rw(h, addr, buf, 1, false) != MEMTX_OK) {
        return ret(SBI_ERR_INVALID_PARAM, 0);
    }
    n = platform_read(h, buf, MIN(len, CHUNK));
    if (n && guest_rw(h, addr, buf, n, true) != MEMTX_OK) {
        return ret(SBI_ERR_INVALID_PARAM, 0);
    }
    return ret(SBI_SUCCESS, (int64_t)n);
}

SbiRet sbi_debug_console(Hart *h, uint64_t function)
{
    uint8_t byte = (uint8_t)h->x[10];

    /* Lengths in a0; addresses in a1 (low) and a2 (high, beyond XLEN). */
    switch (function) {
    case 0:
    case 1:
        if (h->x[12] || h->x[11] + h->x[10] < h->x[11]) {
            return ret(SBI_ERR_INVALID_PARAM, 0);
        }
        return function == 0 ? console_write(h, h->x[11], h->x[10])
                             : console_read(h, h->x[11], h->x[10]);
    case 2:
        platform_write(h, &byte, 1);
        return ret(SBI_SUCCESS, 0);
    default: return ret(SBI_ERR_NOT_SUPPORTED, 0);
    }
}

/* ---- legacy ------------------------------------------------------------- */

bool sbi_is_legacy(uint64_t id)
{
    return id <= 8;
}

/* Legacy masks lie in the guest's virtual memory; no pointer means all. */
static bool legacy_harts(Hart *h, uint32_t *ret_harts)
{
    if (!h->x[10]) {
        return sbi_harts(0, UINT64_MAX, ret_harts);
    }
    return mmu_load(h, h->x[10], 8) && sbi_harts(h->data, 0, ret_harts);
}

static int64_t legacy_remote(Hart *h, uint64_t id)
{
    uint32_t harts;

    if (!legacy_harts(h, &harts)) {
        return SBI_ERR_INVALID_PARAM;
    }
    if (id == 4) {
        sbi_send_ipi(harts);
    } else {
        sbi_remote(h, harts, id == 5 ? REQUEST_FENCE_I : REQUEST_SFENCE);
    }
    return SBI_SUCCESS;
}

int64_t sbi_legacy(Hart *h, uint64_t id)
{
    uint8_t byte = (uint8_t)h->x[10];

    switch (id) {
    case 0: sbi_set_timer(h, h->x[10]); return SBI_SUCCESS;
    case 1: platform_write(h, &byte, 1); return SBI_SUCCESS;
    case 2: return platform_read(h, &byte, 1) == 1 ? byte : -1;
    case 3:
        __atomic_fetch_and(&h->mip, ~MIP_BIT(RISCV_IRQ_SSIP),
                           __ATOMIC_SEQ_CST);
        return SBI_SUCCESS;
    case 8:
        if (h->platform->system_reset) {
            sbi_system_reset(h, 0, 0);
        }
        return SBI_SUCCESS;
    default: return legacy_remote(h, id);
    }
}
