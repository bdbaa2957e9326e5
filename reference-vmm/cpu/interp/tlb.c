/* SPDX-License-Identifier: MIT */
/*
 * tlb.c - what is remembered of translations, and when it is forgotten.
 *
 * Data: tables of host addends by virtual page, one pair for each of U, S and
 * S with SUM in each of a few values of satp; one for no translation in
 * M-mode; one "odd" pair for MXR.  Code: two tables shared by all, whose
 * entries carry a generation; forgetting is taking a new generation.
 *
 * Thread context: the hart's own thread.
 */
#include "cpu/interp/op.h"

/* ---- generations -------------------------------------------------------- */

static void new_space(Hart *h, FetchSpace *space)
{
    space->fetch_gen = ++h->last_gen;
    space->jump_gen = ++h->last_gen;
    space->code_gen = h->code_gen;
}

static void all_spaces_anew(Hart *h)
{
    new_space(h, &h->machine_fetch);
    for (unsigned i = 0; i < TLB_CONTEXTS; i++) {
        new_space(h, &h->contexts[i].fetch[PRIV_U]);
        new_space(h, &h->contexts[i].fetch[PRIV_S]);
    }
}

/* Numbers are used once; when they run out, what bears them goes. */
static void reserve_gens(Hart *h)
{
    if (h->last_gen > UINT32_MAX - 64) {
        h->last_gen = 0;
        memset(h->fetch_tlb, 0, sizeof(h->fetch_tlb));
        memset(h->jump_cache, 0, sizeof(h->jump_cache));
        all_spaces_anew(h);
    }
}

/* Jumps only: code has changed, translations have not. */
void tlb_new_jump_gen(Hart *h)
{
    reserve_gens(h);
    h->fetch->code_gen = h->code_gen;
    h->fetch->jump_gen = ++h->last_gen;
    h->jump_gen = h->fetch->jump_gen;
}

static void use_space(Hart *h, FetchSpace *space)
{
    h->fetch = space;
    if (space->code_gen != h->code_gen) {
        tlb_new_jump_gen(h);
    }
    h->jump_gen = space->jump_gen;
}

/* ---- data --------------------------------------------------------------- */

static void flush_tables(TlbTables *t)
{
    if (t->used) {
        memset(t->read, 0xff, sizeof(t->read));
        memset(t->write, 0xff, sizeof(t->write));
        t->used = false;
        t->large = false;
    }
}

static void flush_table_gigabyte(TlbEntry *table, uint64_t va)
{
    for (unsigned i = 0; i < TLB_SIZE; i++) {
        if (!((table[i].tag ^ va) >> 30)) {
            table[i].tag = TLB_TAG_INVALID;
        }
    }
}

/* Pieces of a superpage that va is in go with it. */
static void flush_page(TlbTables *t, uint64_t va)
{
    unsigned i = va >> TARGET_PAGE_BITS & (TLB_SIZE - 1);

    if (!t->used) {
        return;
    }
    if (t->large) {
        flush_table_gigabyte(t->read, va);
        flush_table_gigabyte(t->write, va);
    }
    if (t->read[i].tag == (va & PAGE_MASK_64)) {
        t->read[i].tag = TLB_TAG_INVALID;
    }
    if (t->write[i].tag == (va & PAGE_MASK_64)) {
        t->write[i].tag = TLB_TAG_INVALID;
    }
}

static void flush_context(Hart *h, TlbContext *c)
{
    for (unsigned i = 0; i < TLB_MODE_N; i++) {
        flush_tables(&c->data[i]);
    }
    reserve_gens(h);
    new_space(h, &c->fetch[PRIV_U]);
    new_space(h, &c->fetch[PRIV_S]);
}

/* The context of satp; perhaps instead of the one not used for longest. */
static TlbContext *find_context(Hart *h)
{
    TlbContext *oldest = &h->contexts[0];

    for (unsigned i = 0; i < TLB_CONTEXTS; i++) {
        TlbContext *c = &h->contexts[i];

        if (c->satp == h->satp) {
            return c;
        }
        if (c->age < oldest->age) {
            oldest = c;
        }
    }
    oldest->satp = h->satp;
    flush_context(h, oldest);
    return oldest;
}

/* MXR changes what is readable: it has tables of its own, for one setting. */
static TlbTables *use_odd_tables(Hart *h, TlbMode mode)
{
    if (h->odd_satp != h->satp || h->odd_mode != mode) {
        flush_tables(&h->odd_tables);
        h->odd_satp = h->satp;
        h->odd_mode = mode;
    }
    return &h->odd_tables;
}

void tlb_update_mode(Hart *h)
{
    TlbMode mode;

    if (h->context->satp != h->satp) {
        h->context = find_context(h);
        h->context->age = ++h->context_clock;
    }
    use_space(h, h->priv == PRIV_M ? &h->machine_fetch
                                   : &h->context->fetch[h->priv]);
    h->data_priv = h->priv;
    if (h->priv == PRIV_M && (h->mstatus & MSTATUS_MPRV)) {
        h->data_priv = (h->mstatus & MSTATUS_MPP) >> MSTATUS_MPP_SHIFT;
    }
    mode = h->data_priv == PRIV_U           ? TLB_MODE_USER
           : h->mstatus & MSTATUS_SUM       ? TLB_MODE_SUPERVISOR_SUM
                                            : TLB_MODE_SUPERVISOR;
    if (h->data_priv == PRIV_M) {
        h->data_tables = &h->machine_tables;
    } else if (h->mstatus & MSTATUS_MXR) {
        h->data_tables = use_odd_tables(h, mode);
    } else {
        h->data_tables = &h->context->data[mode];
    }
    h->tlb_read = h->data_tables->read;
    h->tlb_write = h->data_tables->write;
}

void tlb_fill(Hart *h, Access access, uint64_t va, const PhysPage *phys,
              bool large)
{
    TlbTables *t = h->data_tables;
    TlbEntry *e = access == ACCESS_READ ? t->read : t->write;

    e += va >> TARGET_PAGE_BITS & (TLB_SIZE - 1);
    e->tag = va & PAGE_MASK_64;
    e->addend = (uint64_t)(uintptr_t)phys->host - e->tag;
    t->used = true;
    t->large |= large;
}

/* ---- forgetting --------------------------------------------------------- */

void tlb_flush_translations(Hart *h)
{
    for (unsigned i = 0; i < TLB_CONTEXTS; i++) {
        flush_context(h, &h->contexts[i]);
    }
    flush_tables(&h->machine_tables);
    flush_tables(&h->odd_tables);
    new_space(h, &h->machine_fetch);
    use_space(h, h->fetch);
}

void tlb_flush_everything(Hart *h)
{
    for (unsigned i = 0; i < PHYS_CACHE_SIZE; i++) {
        h->phys_cache[i].page = TLB_TAG_INVALID;
    }
    memset(h->phys_ranges, 0, sizeof(h->phys_ranges));
    h->reservation = NULL;
    h->code_gen++; /* pages of code look for their host memory again */
    tlb_flush_translations(h);
}

static void flush_writes(TlbTables *t, const uint8_t *host, uint64_t len)
{
    if (!t->used) {
        return;
    }
    for (unsigned i = 0; i < TLB_SIZE; i++) {
        TlbEntry *e = &t->write[i];
        uint64_t at = e->tag + e->addend - (uint64_t)(uintptr_t)host;

        if (e->tag != TLB_TAG_INVALID
            && (at < len || at + TARGET_PAGE_SIZE - 1 < len)) {
            e->tag = TLB_TAG_INVALID;
        }
    }
}

void tlb_flush_dirty(Hart *h, const uint8_t *host, uint64_t len)
{
    for (unsigned i = 0; i < TLB_CONTEXTS; i++) {
        for (unsigned mode = 0; mode < TLB_MODE_N; mode++) {
            flush_writes(&h->contexts[i].data[mode], host, len);
        }
    }
    flush_writes(&h->machine_tables, host, len);
    flush_writes(&h->odd_tables, host, len);
}

static void flush_fetch_page(Hart *h, uint64_t va)
{
    for (unsigned i = 0; i < FETCH_TLB_SIZE; i++) {
        FetchEntry *e = &h->fetch_tlb[i];

        if (e->vpage == (va & PAGE_MASK_64)
            || (e->large && !((e->vpage ^ va) >> 30))) {
            e->gen = 0;
        }
    }
}

void tlb_sfence(Hart *h, bool has_addr, uint64_t addr, bool has_asid,
                uint64_t asid)
{
    for (unsigned i = 0; i < TLB_CONTEXTS; i++) {
        TlbContext *c = &h->contexts[i];

        if (has_asid && ((c->satp >> SATP_ASID_SHIFT ^ asid)
                         & SATP_ASID_MASK)) {
            continue;
        }
        if (!has_addr) {
            flush_context(h, c);
            continue;
        }
        for (unsigned mode = 0; mode < TLB_MODE_N; mode++) {
            flush_page(&c->data[mode], addr);
        }
        reserve_gens(h);
        c->fetch[PRIV_U].jump_gen = ++h->last_gen;
        c->fetch[PRIV_S].jump_gen = ++h->last_gen;
    }
    if (has_addr) {
        flush_fetch_page(h, addr);
    }
    flush_tables(&h->odd_tables);
    use_space(h, h->fetch);
}

void tlb_init(Hart *h)
{
    h->machine_tables.used = h->odd_tables.used = true;
    for (unsigned i = 0; i < TLB_CONTEXTS; i++) {
        for (unsigned mode = 0; mode < TLB_MODE_N; mode++) {
            h->contexts[i].data[mode].used = true;
        }
        h->contexts[i].satp = i ? UINT64_MAX : 0; /* none, or no translation */
    }
    h->context = &h->contexts[0];
    h->fetch = &h->machine_fetch;
    tlb_flush_everything(h);
    tlb_update_mode(h);
}

/* ---- physical pages ----------------------------------------------------- */

/* The range of RAM that begins at page; its size is 0 when none does. */
static PhysRange find_range(Hart *h, uint64_t page) RCU_READ
{
    PhysRange r = { .first = page };
    MemoryRegionSection s;

    if (!flatview_translate(address_space_to_flatview(h->as), page,
                            UINT64_MAX - page, &s)
        || s.size < TARGET_PAGE_SIZE || !s.mr->ram_block
        || s.mr->kind == MEMORY_REGION_IO
        || (s.mr->kind == MEMORY_REGION_ROM_DEVICE && !s.mr->romd_mode)
        /* its words may not be words of the host's */
        || (s.offset_within_region & (TARGET_PAGE_SIZE - 1))) {
        return r;
    }
    r.size = s.size & PAGE_MASK_64;
    r.block = s.mr->ram_block;
    r.offset = s.offset_within_region;
    r.host = r.block->host + r.offset;
    r.readonly = s.readonly || s.mr->kind != MEMORY_REGION_RAM;
    return r;
}

static void page_from_range(PhysPage *p, const PhysRange *r)
{
    uint64_t at = p->page - r->first;

    p->host = r->host + at;
    p->block = r->block;
    p->offset = r->offset + at;
    p->readonly = r->readonly;
}

static void look_up_phys(Hart *h, PhysPage *p)
{
    PhysRange r;

    for (unsigned i = 0; i < PHYS_RANGES; i++) {
        if (p->page - h->phys_ranges[i].first < h->phys_ranges[i].size) {
            page_from_range(p, &h->phys_ranges[i]);
            return;
        }
    }
    vm_rcu_read_lock();
    r = find_range(h, p->page);
    vm_rcu_read_unlock();
    if (r.size) {
        h->phys_ranges[h->next_phys_range++ % PHYS_RANGES] = r;
        page_from_range(p, &r);
    }
}

/* Host pointers outlive the RCU section: a commit that changes memory comes
 * by hart_request_all_sync() and waits until this hart has dropped them. */
PhysPage *tlb_phys_page(Hart *h, uint64_t pa)
{
    uint64_t page = pa & PAGE_MASK_64;
    PhysPage *p = &h->phys_cache[pa >> TARGET_PAGE_BITS
                                 & (PHYS_CACHE_SIZE - 1)];

    if (p->page != page) {
        *p = (PhysPage){ .page = page };
        look_up_phys(h, p);
    }
    return p;
}
