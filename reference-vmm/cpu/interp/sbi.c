/* SPDX-License-Identifier: MIT */
/*
 * sbi.c - the built-in supervisor binary interface, version 2.0: what an
 * operating system expects of firmware, so that none is needed.
 *
 * Extensions: base, timer, IPI, remote fences, hart state management, system
 * reset, debug console, and the legacy calls.
 *
 * Thread context: the hart's own thread, between two instructions.  While it
 * waits for other harts or calls the platform it is out of the guest.
 */
#include "cpu/interp/sbi.h"

#define SBI_SPEC_VERSION (2u << 24)
#define SBI_IMPL_ID 0x484f4c44 /* none is assigned */
#define SBI_IMPL_VERSION 1

static SbiRet ok(int64_t value)
{
    return (SbiRet){ SBI_SUCCESS, value };
}

static SbiRet fails(SbiError error)
{
    return (SbiRet){ error, 0 };
}

/* ---- base --------------------------------------------------------------- */

static SbiRet base(Hart *h, uint64_t function)
{
    switch (function) {
    case 0: return ok(SBI_SPEC_VERSION);
    case 1: return ok(SBI_IMPL_ID);
    case 2: return ok(SBI_IMPL_VERSION);
    case 3: return ok(sbi_has_extension(h->x[10]));
    case 4:
    case 5:
    case 6: return ok(0); /* mvendorid, marchid, mimpid */
    default: return fails(SBI_ERR_NOT_SUPPORTED);
    }
}

/* ---- timer -------------------------------------------------------------- */

void sbi_set_timer(Hart *h, uint64_t value)
{
    h->stimecmp = value;
    trap_timer_update(h);
}

static SbiRet timer(Hart *h, uint64_t function)
{
    if (function != 0) {
        return fails(SBI_ERR_NOT_SUPPORTED);
    }
    sbi_set_timer(h, h->x[10]);
    return ok(0);
}

/* ---- harts by mask ------------------------------------------------------ */

/* All of them when base is -1; else bit n of mask is hart base + n.  False:
 * one of them does not exist. */
bool sbi_harts(uint64_t mask, uint64_t first, uint32_t *ret_harts)
{
    uint32_t all = 0;

    for (unsigned i = 0; i < VCPU_MAX; i++) {
        all |= interp_harts[i] ? 1u << i : 0;
    }
    if (first == UINT64_MAX) {
        *ret_harts = all;
        return true;
    }
    if (mask && (first >= VCPU_MAX || mask >> (VCPU_MAX - first))) {
        return false;
    }
    *ret_harts = (uint32_t)(mask << (first % VCPU_MAX));
    return !(*ret_harts & ~all);
}

void sbi_send_ipi(uint32_t harts)
{
    uint64_t bit = MIP_BIT(RISCV_IRQ_SSIP);

    for (unsigned i = 0; i < VCPU_MAX; i++) {
        if (harts >> i & 1) {
            Hart *to = interp_harts[i];

            __atomic_fetch_or(&to->mip, bit, __ATOMIC_SEQ_CST);
            hart_request(to, REQUEST_IRQ);
        }
    }
}

static SbiRet ipi(Hart *h, uint64_t function)
{
    uint32_t harts;

    if (function != 0) {
        return fails(SBI_ERR_NOT_SUPPORTED);
    }
    if (!sbi_harts(h->x[10], h->x[11], &harts)) {
        return fails(SBI_ERR_INVALID_PARAM);
    }
    sbi_send_ipi(harts);
    return ok(0);
}

/* All harts of a mask have done it when this returns. */
void sbi_remote(Hart *h, uint32_t harts, uint32_t request)
{
    bool self = harts >> h->hartid & 1;
    Hart *others[VCPU_MAX];
    unsigned n = 0;

    for (unsigned i = 0; i < VCPU_MAX; i++) {
        if ((harts >> i & 1) && i != h->hartid) {
            others[n++] = interp_harts[i];
        }
    }
    if (n) {
        hart_leave_guest(h); /* they may be waiting for us */
        hart_request_many_sync(others, n, request);
        hart_enter_guest(h);
    }
    if (self && request == REQUEST_FENCE_I) {
        code_fence_i(h);
    } else if (self) {
        tlb_flush_translations(h);
    }
}

/* Single addresses and address spaces are not told apart for other harts. */
static SbiRet rfence(Hart *h, uint64_t function)
{
    uint32_t harts;

    if (function > 2) {
        return fails(SBI_ERR_NOT_SUPPORTED); /* the hypervisor's */
    }
    if (!sbi_harts(h->x[10], h->x[11], &harts)) {
        return fails(SBI_ERR_INVALID_PARAM);
    }
    sbi_remote(h, harts, function == 0 ? REQUEST_FENCE_I : REQUEST_SFENCE);
    return ok(0);
}

/* ---- hart state management ---------------------------------------------- */

static SbiRet hart_start(Hart *h)
{
    uint64_t id = h->x[10], addr = h->x[11];
    uint32_t stopped = HSM_STOPPED, claimed = HSM_START_CLAIMED;
    Hart *to = id < VCPU_MAX ? interp_harts[id] : NULL;

    if (!to) {
        return fails(SBI_ERR_INVALID_PARAM);
    }
    /* Its state comes first, as with OpenSBI: a hart that runs has no use for
     * an address. */
    if (__atomic_load_n(&to->hsm, __ATOMIC_ACQUIRE) != HSM_STOPPED) {
        return fails(SBI_ERR_ALREADY_AVAILABLE);
    }
    if ((addr & 1) || !tlb_phys_page(h, addr)->host) {
        return fails(SBI_ERR_INVALID_ADDRESS);
    }
    if (!__atomic_compare_exchange_n(&to->hsm, &stopped, claimed, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
        return fails(SBI_ERR_ALREADY_AVAILABLE);
    }
    to->start_addr = addr;
    to->start_opaque = h->x[12];
    __atomic_store_n(&to->hsm, HSM_START_PENDING, __ATOMIC_SEQ_CST);
    hart_request(to, REQUEST_HSM);
    return ok(0);
}

static SbiRet hart_status(Hart *h)
{
    uint64_t id = h->x[10];
    uint32_t state;

    if (id >= VCPU_MAX || !interp_harts[id]) {
        return fails(SBI_ERR_INVALID_PARAM);
    }
    state = __atomic_load_n(&interp_harts[id]->hsm, __ATOMIC_ACQUIRE);
    return ok(state == HSM_START_CLAIMED ? HSM_START_PENDING : state);
}

/* A default retentive suspend is a wfi. */
static SbiRet hart_suspend(Hart *h)
{
    uint32_t type = (uint32_t)h->x[10];

    if (type == 0) {
        h->wfi = true;
        return ok(0);
    }
    if (type == 0x80000000) {
        return fails(SBI_ERR_NOT_SUPPORTED);
    }
    return fails(SBI_ERR_INVALID_PARAM);
}

static SbiRet hsm(Hart *h, uint64_t function)
{
    switch (function) {
    case 0: return hart_start(h);
    case 1:
        __atomic_store_n(&h->hsm, HSM_STOPPED, __ATOMIC_SEQ_CST);
        return ok(0);
    case 2: return hart_status(h);
    case 3: return hart_suspend(h);
    default: return fails(SBI_ERR_NOT_SUPPORTED);
    }
}

/* ---- system reset ------------------------------------------------------- */

/* The machine will stop us; until then this hart does nothing more. */
void sbi_system_reset(Hart *h, uint32_t type, uint32_t reason)
{
    __atomic_store_n(&h->hsm, HSM_STOPPED, __ATOMIC_SEQ_CST);
    hart_leave_guest(h);
    h->platform->system_reset(h->platform->opaque, type, reason);
    hart_enter_guest(h);
}

static SbiRet srst(Hart *h, uint64_t function)
{
    uint32_t type = (uint32_t)h->x[10], reason = (uint32_t)h->x[11];

    if (function != 0 || !h->platform->system_reset) {
        return fails(SBI_ERR_NOT_SUPPORTED);
    }
    if (type > 2 || reason > 1 || h->x[10] > UINT32_MAX) {
        return fails(SBI_ERR_INVALID_PARAM);
    }
    sbi_system_reset(h, type, reason);
    return ok(0);
}

/* ---- the call ----------------------------------------------------------- */

static const struct {
    uint64_t id;
    SbiRet (*call)(Hart *h, uint64_t function);
} extensions[] = {
    { 0x10, base },
    { 0x54494d45, timer },
    { 0x735049, ipi },
    { 0x52464e43, rfence },
    { 0x48534d, hsm },
    { 0x53525354, srst },
    { 0x4442434e, sbi_debug_console },
};

bool sbi_has_extension(uint64_t id)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(extensions); i++) {
        if (extensions[i].id == id) {
            return true;
        }
    }
    return sbi_is_legacy(id);
}

/* pc is behind the ecall already.  a7: extension, a6: function. */
bool sbi_call(Hart *h)
{
    uint64_t id = h->x[17];
    SbiRet ret = fails(SBI_ERR_NOT_SUPPORTED);

    if (sbi_is_legacy(id)) {
        h->x[10] = (uint64_t)sbi_legacy(h, id);
        return true;
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(extensions); i++) {
        if (extensions[i].id == id) {
            ret = extensions[i].call(h, h->x[16]);
            break;
        }
    }
    h->x[10] = (uint64_t)(int64_t)ret.error;
    h->x[11] = (uint64_t)ret.value;
    return true;
}
