/* SPDX-License-Identifier: MIT */
/*
 * listener.c - what one listener is told of a commit: both views are sorted,
 * so one pass over them side by side finds what differs.
 *
 * Thread context: the BQL, in a commit.
 */
#include "memory/flatview.h"
#include "memory/transaction.h"

typedef void SectionFn(MemoryListener *l, const MemoryRegionSection *s);
typedef void LogFn(MemoryListener *l, const MemoryRegionSection *s,
                   unsigned old, unsigned now);
typedef void EventfdFn(MemoryListener *l, const MemoryRegionSection *s,
                       const MemoryRegionIoeventfd *e);

static void REQUIRES(bql)
call(MemoryListener *l, SectionFn *fn, const FlatRange *r)
{
    if (fn) {
        MemoryRegionSection s = flat_range_section(r, l->as);

        fn(l, &s);
    }
}

static void REQUIRES(bql)
call_log(MemoryListener *l, LogFn *fn, const FlatRange *r, unsigned old,
         unsigned now)
{
    if (fn && old != now) {
        MemoryRegionSection s = flat_range_section(r, l->as);

        fn(l, &s, old, now);
    }
}

static void REQUIRES(bql)
both(MemoryListener *l, const FlatRange *o, const FlatRange *n,
     ListenerPass pass)
{
    unsigned old = o->dirty_log_mask, now = n->dirty_log_mask;

    if (pass == LISTENER_DEL) {
        if (old & ~now) {
            call_log(l, l->log_stop, n, old, now);
        }
    } else {
        call(l, l->region_nop, n);
        if (now & ~old) {
            call_log(l, l->log_start, n, old, now);
        }
    }
}

static void REQUIRES(bql)
tell_ranges(MemoryListener *l, const FlatView *old, const FlatView *now,
            ListenerPass pass)
{
    unsigned i = 0, j = 0;

    while (i < old->n || j < now->n) {
        const FlatRange *o = i < old->n ? &old->ranges[i] : NULL;
        const FlatRange *n = j < now->n ? &now->ranges[j] : NULL;

        if (o && n && flat_range_same(o, n)) {
            both(l, o, n, pass);
            i++;
            j++;
        } else if (o && (!n || o->addr <= n->addr)) {
            if (pass == LISTENER_DEL) {
                call(l, l->region_del, o);
            }
            i++;
        } else {
            if (pass == LISTENER_ADD) {
                call(l, l->region_add, n);
                call_log(l, l->log_start, n, 0, n->dirty_log_mask);
            }
            j++;
        }
    }
}

/* Those at one address are few and in no order among themselves. */
static bool has_ioeventfd(const FlatView *view, unsigned from,
                          const FlatView *of, unsigned i)
{
    hwaddr addr = of->ioeventfds[i].addr;

    for (; from < view->n_ioeventfds && view->ioeventfds[from].addr == addr;
         from++) {
        if (flat_ioeventfd_same(view, from, of, i)) {
            return true;
        }
    }
    return false;
}

/* Tells fn of what is in one view and not in the other. */
static void REQUIRES(bql)
tell_ioeventfds(MemoryListener *l, EventfdFn *fn, const FlatView *in,
                const FlatView *other)
{
    unsigned j = 0;

    for (unsigned i = 0; i < in->n_ioeventfds; i++) {
        const FlatIoeventfd *f = &in->ioeventfds[i];

        while (j < other->n_ioeventfds && other->ioeventfds[j].addr < f->addr) {
            j++;
        }
        if (!has_ioeventfd(other, j, in, i)) {
            MemoryRegionSection s =
                flat_range_section(&in->ranges[f->range], l->as);

            fn(l, &s, &f->e);
        }
    }
}

void memory_listener_tell(MemoryListener *l, const FlatView *old,
                          const FlatView *now, ListenerPass pass)
{
    bool del = pass == LISTENER_DEL;

    GLOBAL_STATE_CODE();
    if (del ? l->region_del || l->log_stop
            : l->region_add || l->region_nop || l->log_start) {
        tell_ranges(l, old, now, pass);
    }
    if (del && l->eventfd_del) {
        tell_ioeventfds(l, l->eventfd_del, old, now);
    } else if (!del && l->eventfd_add) {
        tell_ioeventfds(l, l->eventfd_add, now, old);
    }
}
