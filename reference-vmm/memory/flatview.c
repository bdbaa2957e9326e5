/* SPDX-License-Identifier: MIT */
/*
 * flatview.c - flat views: their life, and who is at an address.
 *
 * Thread context: any, in an RCU section or with a reference.
 */
#include "memory/flatview.h"
#include "memory/region.h"
#include "memory/transaction.h"

/* ---- life --------------------------------------------------------------- */

FlatView *flatview_ref(FlatView *view)
{
    __atomic_fetch_add(&view->refs, 1, __ATOMIC_RELAXED);
    return view;
}

void flatview_unref(FlatView *view)
{
    if (!view || __atomic_sub_fetch(&view->refs, 1, __ATOMIC_ACQ_REL)) {
        return;
    }
    for (unsigned i = 0; i < view->n; i++) {
        ram_block_unref(view->ranges[i].block);
    }
    for (unsigned i = 0; i < view->n_ioeventfds; i++) {
        ioeventfd_target_unref(view->ioeventfds[i].target);
    }
    g_free(view->ranges);
    g_free(view->ioeventfds);
    g_free(view);
}

static void unref_call(void *opaque)
{
    flatview_unref(opaque);
}

void flatview_unref_rcu(FlatView *view)
{
    if (view) {
        vm_rcu_call(unref_call, view);
    }
}

FlatView *address_space_to_flatview_at(AddressSpace *as, const char *file,
                                       int line)
{
    IO_CODE();
    memory_transaction_check(as, file, line);
    return vm_rcu_dereference(&as->current_map);
}

/*
 * The address space lets go of its reference a grace period after it has
 * another view, so there is one to be had within the section.
 */
FlatView *address_space_get_flatview(AddressSpace *as)
{
    FlatView *view;

    IO_CODE();
    vm_rcu_read_lock();
    view = flatview_ref(address_space_to_flatview(as));
    vm_rcu_read_unlock();
    return view;
}

/* ---- lookup ------------------------------------------------------------- */

static bool range_has(const FlatRange *r, hwaddr addr)
{
    return addr >= r->addr && addr <= r->last;
}

/*
 * Accesses come in clusters.  The hint is each thread's own: a common one
 * would travel between the caches of all vCPUs.  It may be of another view;
 * it is only ever a guess.
 */
static _Thread_local unsigned last_hit;

const FlatRange *flatview_lookup(const FlatView *view, hwaddr addr,
                                 hwaddr *ret_last)
{
    const FlatRange *ranges = view->ranges;
    unsigned low = 0, high = view->n;

    if (last_hit < high && range_has(&ranges[last_hit], addr)) {
        return &ranges[last_hit];
    }
    /* The first one that ends at addr or after it. */
    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (ranges[middle].last < addr) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low < view->n && ranges[low].addr <= addr) {
        last_hit = low;
        return &ranges[low];
    }
    *ret_last = low < view->n ? ranges[low].addr - 1 : UINT64_MAX;
    return NULL;
}

/* Bytes from addr to last, at most len; UINT64_MAX for one more than that. */
static uint64_t span(hwaddr addr, hwaddr last, uint64_t len)
{
    uint64_t room = last - addr;

    return room < len - 1 ? room + 1 : len;
}

MemoryRegionSection flat_range_section(const FlatRange *r, AddressSpace *as)
{
    return (MemoryRegionSection){
        .mr = r->mr,
        .as = as,
        .offset_within_region = r->offset,
        .offset_within_address_space = r->addr,
        .size = span(r->addr, r->last, UINT64_MAX),
        .last = r->last,
        .readonly = r->readonly,
        .is_ram = r->read_direct,
        .is_ram_write = r->write_direct,
        .dirty_log_mask = r->dirty_log_mask,
    };
}

bool flatview_translate(FlatView *view, hwaddr addr, uint64_t len,
                        MemoryRegionSection *ret_section)
{
    hwaddr last = 0;
    const FlatRange *r = flatview_lookup(view, addr, &last);
    MemoryRegionSection s = { .last = last };

    IO_CODE();
    if (r) {
        s = flat_range_section(r, NULL);
        s.offset_within_region += addr - r->addr;
    }
    s.offset_within_address_space = addr;
    if (len && len != UINT64_MAX && s.last - addr > len - 1) {
        s.last = addr + (len - 1);
    }
    s.size = span(addr, s.last, UINT64_MAX);
    *ret_section = s;
    return r != NULL;
}

bool flatview_foreach(FlatView *view,
                      bool (*fn)(const MemoryRegionSection *s, void *opaque),
                      void *opaque)
{
    IO_CODE();
    for (unsigned i = 0; i < view->n; i++) {
        MemoryRegionSection s = flat_range_section(&view->ranges[i], NULL);

        if (fn(&s, opaque)) {
            return true;
        }
    }
    return false;
}

/* ---- ioeventfds --------------------------------------------------------- */

bool flatview_signal_ioeventfd(const FlatView *view, hwaddr addr,
                               unsigned size, uint64_t value)
{
    unsigned low = 0, high = view->n_ioeventfds;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (view->ioeventfds[middle].addr < addr) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < view->n_ioeventfds && view->ioeventfds[low].addr == addr;
         low++) {
        const FlatIoeventfd *f = &view->ioeventfds[low];
        const MemoryRegionIoeventfd *e = &f->e;

        if (f->target->notifier.fd >= 0 && (!e->size || e->size == size) &&
            (!e->match_data || e->data == value)) {
            event_notifier_set(&f->target->notifier);
            return true;
        }
    }
    return false;
}

/* ---- differences -------------------------------------------------------- */

/* But for the dirty log: a change of that is told otherwise. */
bool flat_range_same(const FlatRange *a, const FlatRange *b)
{
    return a->addr == b->addr && a->last == b->last && a->mr == b->mr &&
        a->offset == b->offset && a->block == b->block &&
        a->readonly == b->readonly && a->read_direct == b->read_direct;
}

bool flatview_ranges_equal(const FlatView *a, const FlatView *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (unsigned i = 0; i < a->n; i++) {
        if (!flat_range_same(&a->ranges[i], &b->ranges[i]) ||
            a->ranges[i].dirty_log_mask != b->ranges[i].dirty_log_mask) {
            return false;
        }
    }
    return true;
}

bool flat_ioeventfd_same(const FlatView *a, unsigned i, const FlatView *b,
                         unsigned j)
{
    const FlatIoeventfd *x = &a->ioeventfds[i], *y = &b->ioeventfds[j];

    return x->addr == y->addr && x->e.size == y->e.size &&
        x->e.match_data == y->e.match_data && x->e.data == y->e.data &&
        x->target == y->target &&
        a->ranges[x->range].mr == b->ranges[y->range].mr;
}

bool flatview_ioeventfds_equal(const FlatView *a, const FlatView *b)
{
    if (a->n_ioeventfds != b->n_ioeventfds) {
        return false;
    }
    for (unsigned i = 0; i < a->n_ioeventfds; i++) {
        if (!flat_ioeventfd_same(a, i, b, i)) {
            return false;
        }
    }
    return true;
}
