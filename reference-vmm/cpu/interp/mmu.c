/* SPDX-License-Identifier: MIT */
/*
 * mmu.c - address translation (Sv39, privileged specification 4.4) and every
 * access that the software TLB does not serve.
 *
 * Thread context: the hart's own thread.  Page tables are everybody's: they
 * are read and updated atomically.
 */
#include "cpu/interp/hart.h"

static bool fault(Hart *h, uint64_t cause, uint64_t va)
{
    h->exc.cause = cause;
    h->exc.tval = va;
    return false;
}

static bool page_fault(Hart *h, uint64_t va, Access access)
{
    static const uint8_t causes[] = {
        [ACCESS_READ] = CAUSE_LOAD_PAGE,
        [ACCESS_WRITE] = CAUSE_STORE_PAGE,
        [ACCESS_FETCH] = CAUSE_FETCH_PAGE,
    };

    return fault(h, causes[access], va);
}

static bool access_fault(Hart *h, uint64_t va, Access access)
{
    static const uint8_t causes[] = {
        [ACCESS_READ] = CAUSE_LOAD_ACCESS,
        [ACCESS_WRITE] = CAUSE_STORE_ACCESS,
        [ACCESS_FETCH] = CAUSE_FETCH_ACCESS,
    };

    return fault(h, causes[access], va);
}

/* ---- Sv39 --------------------------------------------------------------- */

static bool leaf_allows(const Hart *h, uint64_t pte, Access access,
                        uint8_t priv)
{
    if (pte & PTE_U) {
        if (priv == PRIV_S
            && (access == ACCESS_FETCH || !(h->mstatus & MSTATUS_SUM))) {
            return false;
        }
    } else if (priv == PRIV_U) {
        return false;
    }
    switch (access) {
    case ACCESS_READ:
        return (pte & PTE_R)
               || ((pte & PTE_X) && (h->mstatus & MSTATUS_MXR));
    case ACCESS_WRITE: return pte & PTE_W;
    default: return pte & PTE_X;
    }
}

typedef enum WalkStep {
    WALK_DONE,
    WALK_AGAIN, /* somebody changed the entry under our hands */
    WALK_PAGE_FAULT,
    WALK_ACCESS_FAULT,
} WalkStep;

/* Sets A and D in the entry, unless it has changed (4.3.1, step 9). */
static WalkStep update_leaf(Hart *h, uint64_t pte_pa, PhysPage *phys,
                            uint64_t *entry, uint64_t pte, uint64_t bits)
{
    if (!(h->menvcfg & MENVCFG_ADUE)) {
        return WALK_PAGE_FAULT;
    }
    if (phys->readonly || !pmp_allows(h, pte_pa, 8, ACCESS_WRITE, PRIV_S)) {
        return WALK_ACCESS_FAULT;
    }
    if (!__atomic_compare_exchange_n(entry, &pte, pte | bits, false,
                                     __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
        return WALK_AGAIN;
    }
    ram_block_set_dirty(phys->block, phys->offset + (pte_pa & 0xfff), 8);
    return WALK_DONE;
}

static WalkStep leaf(Hart *h, uint64_t va, Access access, uint8_t priv,
                     uint64_t pte, int level, uint64_t *ret_pa)
{
    uint64_t ppn = pte >> PTE_PPN_SHIFT & PTE_PPN_MASK;
    uint64_t low = (UINT64_C(1) << (9 * level)) - 1;

    if (!leaf_allows(h, pte, access, priv) || (ppn & low)) {
        return WALK_PAGE_FAULT;
    }
    *ret_pa = (ppn | (va >> 12 & low)) << 12 | (va & 0xfff);
    return WALK_DONE;
}

static WalkStep walk(Hart *h, uint64_t va, Access access, uint8_t priv,
                     uint64_t *ret_pa, bool *ret_large)
{
    uint64_t table = (h->satp & SATP_PPN_MASK) << 12;

    for (int level = 2; level >= 0; level--) {
        uint64_t pte_pa = table + (va >> (12 + 9 * level) & 0x1ff) * 8;
        uint64_t need = PTE_A | (access == ACCESS_WRITE ? PTE_D : 0);
        PhysPage *phys = tlb_phys_page(h, pte_pa);
        uint64_t *entry, pte;
        WalkStep step;

        if (!phys->host
            || !pmp_allows(h, pte_pa, 8, ACCESS_READ, PRIV_S)) {
            return WALK_ACCESS_FAULT;
        }
        entry = (uint64_t *)(void *)(phys->host + (pte_pa & 0xfff));
        pte = __atomic_load_n(entry, __ATOMIC_ACQUIRE);
        if (!(pte & PTE_V) || (pte & (PTE_R | PTE_W)) == PTE_W
            || (pte & PTE_RESERVED)) {
            return WALK_PAGE_FAULT;
        }
        if (!(pte & (PTE_R | PTE_X))) {
            if (pte & (PTE_A | PTE_D | PTE_U)) {
                return WALK_PAGE_FAULT;
            }
            table = (pte >> PTE_PPN_SHIFT & PTE_PPN_MASK) << 12;
            continue;
        }
        step = leaf(h, va, access, priv, pte, level, ret_pa);
        *ret_large = level > 0;
        if (step == WALK_DONE && (pte & need) != need) {
            step = update_leaf(h, pte_pa, phys, entry, pte, need);
        }
        return step;
    }
    return WALK_PAGE_FAULT;
}

static bool translate_sv39(Hart *h, uint64_t va, Access access, uint8_t priv,
                           uint64_t *ret_pa, bool *ret_large)
{
    WalkStep step;

    if ((uint64_t)((int64_t)(va << 25) >> 25) != va) {
        return page_fault(h, va, access);
    }
    do {
        step = walk(h, va, access, priv, ret_pa, ret_large);
    } while (step == WALK_AGAIN);
    switch (step) {
    case WALK_PAGE_FAULT: return page_fault(h, va, access);
    case WALK_ACCESS_FAULT: return access_fault(h, va, access);
    default: return true;
    }
}

/* PMP counts for one byte here; longer accesses look again. */
bool mmu_translate(Hart *h, uint64_t va, Access access, uint8_t priv,
                   uint64_t *ret_pa, bool *ret_large)
{
    *ret_pa = va;
    *ret_large = false;
    if (priv != PRIV_M && (h->satp & SATP_MODE_SV39)
        && !translate_sv39(h, va, access, priv, ret_pa, ret_large)) {
        return false;
    }
    if (*ret_pa >> 56 || !pmp_allows(h, *ret_pa, 1, access, priv)) {
        return access_fault(h, va, access);
    }
    return true;
}

/* ---- pieces of memory --------------------------------------------------- */

/*
 * Words that are aligned are single accesses.  Others go byte by byte, which
 * is what the architecture asks for at least.
 */
static uint64_t load_host(const uint8_t *host, unsigned size)
{
    uint64_t value = 0;

    if (!((uintptr_t)host & (size - 1))) {
        const void *at = host;

        switch (size) {
        case 1: return __atomic_load_n(host, __ATOMIC_RELAXED);
        case 2: return __atomic_load_n((const uint16_t *)at, __ATOMIC_RELAXED);
        case 4: return __atomic_load_n((const uint32_t *)at, __ATOMIC_RELAXED);
        case 8: return __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED);
        }
    }
    for (unsigned i = 0; i < size; i++) {
        value |= (uint64_t)__atomic_load_n(host + i, __ATOMIC_RELAXED)
                 << (8 * i);
    }
    return value;
}

static void store_host(uint8_t *host, unsigned size, uint64_t value)
{
    if (!((uintptr_t)host & (size - 1))) {
        void *at = host;

        switch (size) {
        case 2:
            __atomic_store_n((uint16_t *)at, (uint16_t)value,
                             __ATOMIC_RELAXED);
            return;
        case 4:
            __atomic_store_n((uint32_t *)at, (uint32_t)value,
                             __ATOMIC_RELAXED);
            return;
        case 8:
            __atomic_store_n((uint64_t *)at, value, __ATOMIC_RELAXED);
            return;
        }
    }
    for (unsigned i = 0; i < size; i++) {
        __atomic_store_n(host + i, (uint8_t)(value >> (8 * i)),
                         __ATOMIC_RELAXED);
    }
}

static MemTxAttrs attrs(const Hart *h)
{
    return (MemTxAttrs){ .secure = h->data_priv == PRIV_M,
                         .user = h->data_priv == PRIV_U,
                         .requester_id = h->hartid & 0xffff };
}

/* Devices may wait for the BQL, whose holder may wait for us: so the hart is
 * out of the guest meanwhile, and its translations may be gone after. */
static MemTxResult device_load(Hart *h, uint64_t pa, unsigned size,
                               uint64_t *ret)
{
    MemTxResult result;

    hart_leave_guest(h);
    result = address_space_ld(h->as, pa, size, ret, attrs(h));
    hart_enter_guest(h);
    return result;
}

static MemTxResult device_store(Hart *h, uint64_t pa, unsigned size,
                                uint64_t value)
{
    MemTxResult result;

    hart_leave_guest(h);
    result = address_space_st(h->as, pa, size, value, attrs(h));
    hart_enter_guest(h);
    return result;
}

/* ---- loads -------------------------------------------------------------- */

/* Within a page; any size up to 8. */
static bool load_part(Hart *h, uint64_t va, unsigned size, uint64_t *ret)
{
    uint64_t pa;
    bool large;
    PhysPage *phys;

    if (!mmu_translate(h, va, ACCESS_READ, h->data_priv, &pa, &large)) {
        return false;
    }
    if (!pmp_allows(h, pa, size, ACCESS_READ, h->data_priv)) {
        return access_fault(h, va, ACCESS_READ);
    }
    phys = tlb_phys_page(h, pa);
    if (phys->host) {
        *ret = load_host(phys->host + (pa & 0xfff), size);
        if (pmp_page_uniform(h, pa)) {
            tlb_fill(h, ACCESS_READ, va, phys, large);
        }
        return true;
    }
    if (device_load(h, pa, size, ret) != MEMTX_OK) {
        return access_fault(h, va, ACCESS_READ);
    }
    return true;
}

/* How much of an access lies in its first page. */
static unsigned first_part(uint64_t va, unsigned size)
{
    return (unsigned)MIN(size, TARGET_PAGE_SIZE - (va & 0xfff));
}

static bool load_bytes(Hart *h, uint64_t va, unsigned size, uint64_t *ret)
{
    uint64_t byte;

    *ret = 0;
    for (unsigned i = 0; i < size; i++) {
        if (!load_part(h, va + i, 1, &byte)) {
            return false;
        }
        *ret |= byte << (8 * i);
    }
    return true;
}

bool mmu_load(Hart *h, uint64_t va, unsigned size)
{
    const TlbEntry *e = &h->tlb_read[va >> TARGET_PAGE_BITS & (TLB_SIZE - 1)];
    uint64_t value;
    bool ok;

    if (first_part(va, size) < size) {
        ok = load_bytes(h, va, size, &value);
    } else if (e->tag == (va & PAGE_MASK_64)) { /* but misaligned */
        value = load_host((const uint8_t *)(uintptr_t)(va + e->addend), size);
        ok = true;
    } else {
        ok = load_part(h, va, size, &value);
    }
    if (ok) {
        h->data = value;
    }
    return ok;
}

/* ---- stores ------------------------------------------------------------- */

/* After a store to RAM at pa: the page is dirty now for all who asked, so
 * that stores to come need not say so.  (Who clears the bit waits until this
 * hart has forgotten the entry: hart_reset_dirty_all().) */
static void stored(Hart *h, uint64_t va, uint64_t pa, unsigned size,
                   const PhysPage *phys, bool large)
{
    ram_addr_t offset = phys->offset + (pa & 0xfff);

    if (ram_block_needs_dirty(phys->block, offset)) {
        ram_block_set_dirty(phys->block, offset, size);
    }
    if (h->tohost && pa >> TARGET_PAGE_BITS == h->tohost >> TARGET_PAGE_BITS) {
        if (pa + size > h->tohost && pa < h->tohost + 8) {
            htif_written(h);
        }
        return;
    }
    if (pmp_page_uniform(h, pa)) {
        tlb_fill(h, ACCESS_WRITE, va, phys, large);
    }
}

static bool translate_store(Hart *h, uint64_t va, unsigned size,
                            uint64_t *ret_pa, bool *ret_large)
{
    if (!mmu_translate(h, va, ACCESS_WRITE, h->data_priv, ret_pa,
                       ret_large)) {
        return false;
    }
    if (!pmp_allows(h, *ret_pa, size, ACCESS_WRITE, h->data_priv)) {
        return access_fault(h, va, ACCESS_WRITE);
    }
    return true;
}

/* Within a page. */
static bool store_part(Hart *h, uint64_t va, unsigned size, uint64_t value)
{
    uint64_t pa;
    bool large;
    PhysPage *phys;

    if (!translate_store(h, va, size, &pa, &large)) {
        return false;
    }
    phys = tlb_phys_page(h, pa);
    if (phys->host && !phys->readonly) {
        store_host(phys->host + (pa & 0xfff), size, value);
        stored(h, va, pa, size, phys, large);
        return true;
    }
    /* ROM ignores it, or its device takes it. */
    if (device_store(h, pa, size, value) != MEMTX_OK) {
        return access_fault(h, va, ACCESS_WRITE);
    }
    return true;
}

/* Both pages are looked at before anything is written. */
static bool store_bytes(Hart *h, uint64_t va, unsigned size, uint64_t value)
{
    unsigned first = first_part(va, size);
    uint64_t pa;
    bool large;

    if (!translate_store(h, va, first, &pa, &large)
        || !translate_store(h, va + first, size - first, &pa, &large)) {
        return false;
    }
    for (unsigned i = 0; i < size; i++) {
        if (!store_part(h, va + i, 1, value >> (8 * i) & 0xff)) {
            return false;
        }
    }
    return true;
}

bool mmu_store(Hart *h, uint64_t va, unsigned size, uint64_t value)
{
    const TlbEntry *e = &h->tlb_write[va >> TARGET_PAGE_BITS & (TLB_SIZE - 1)];

    if (first_part(va, size) < size) {
        return store_bytes(h, va, size, value);
    }
    if (e->tag == (va & PAGE_MASK_64)) {
        store_host((uint8_t *)(uintptr_t)(va + e->addend), size, value);
        return true;
    }
    return store_part(h, va, size, value);
}

/* ---- atomics ------------------------------------------------------------ */

/* Devices have no atomics: an access fault. */
void *mmu_atomic(Hart *h, uint64_t va, unsigned size, Access access)
{
    PhysPage *phys;
    uint64_t pa;
    bool large;

    if (va & (size - 1)) {
        fault(h, access == ACCESS_READ ? CAUSE_LOAD_MISALIGNED
                                       : CAUSE_STORE_MISALIGNED, va);
        return NULL;
    }
    if (!mmu_translate(h, va, access, h->data_priv, &pa, &large)) {
        return NULL;
    }
    phys = tlb_phys_page(h, pa);
    if (!phys->host || (access == ACCESS_WRITE && phys->readonly)
        || !pmp_allows(h, pa, size, access, h->data_priv)
        || !pmp_allows(h, pa, size, ACCESS_READ, h->data_priv)) {
        access_fault(h, va, access);
        return NULL;
    }
    h->atomic.va = va;
    h->atomic.pa = pa;
    h->atomic.phys = phys;
    h->atomic.size = size;
    h->atomic.large = large;
    if (access == ACCESS_READ && pmp_page_uniform(h, pa)) {
        tlb_fill(h, ACCESS_READ, va, phys, large);
    }
    return phys->host + (pa & 0xfff);
}

void mmu_atomic_done(Hart *h)
{
    stored(h, h->atomic.va, h->atomic.pa, h->atomic.size, h->atomic.phys,
           h->atomic.large);
}

/* ---- code --------------------------------------------------------------- */

bool mmu_fetch16(Hart *h, uint64_t va)
{
    uint64_t pa, value;
    bool large;
    PhysPage *phys;

    if (!mmu_translate(h, va, ACCESS_FETCH, h->priv, &pa, &large)) {
        return false;
    }
    if (!pmp_allows(h, pa, 2, ACCESS_FETCH, h->priv)) {
        return access_fault(h, va, ACCESS_FETCH);
    }
    phys = tlb_phys_page(h, pa);
    if (phys->host) {
        value = load_host(phys->host + (pa & 0xfff), 2);
    } else if (device_load(h, pa, 2, &value) != MEMTX_OK) {
        return access_fault(h, va, ACCESS_FETCH);
    }
    h->data = value & 0xffff;
    return true;
}
