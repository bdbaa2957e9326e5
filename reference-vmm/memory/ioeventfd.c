/* SPDX-License-Identifier: MIT */
/*
 * ioeventfd.c - writes that only set a notifier: those of a region.
 *
 * A device that stops closes its notifier at once, while a vCPU may be about
 * to set it through the view of before; the descriptor could be somebody
 * else's by then.  So region and views share a duplicate, which is closed with
 * the last of them: what is set too late is set for nobody.
 *
 * Thread context: the BQL; the last reference may go in any thread.
 */
#include "memory/ioeventfd.h"
#include "memory/region.h"
#include "memory/transaction.h"
#include <fcntl.h>
#include <inttypes.h>

static IoeventfdTarget *target_new(const EventNotifier *n)
{
    IoeventfdTarget *t = g_new(IoeventfdTarget, 1);

    t->refs = 1;
    t->notifier.fd = fcntl(n->fd, F_DUPFD_CLOEXEC, 0);
    return t;
}

IoeventfdTarget *ioeventfd_target_ref(IoeventfdTarget *t)
{
    __atomic_fetch_add(&t->refs, 1, __ATOMIC_RELAXED);
    return t;
}

void ioeventfd_target_unref(IoeventfdTarget *t)
{
    if (!__atomic_sub_fetch(&t->refs, 1, __ATOMIC_ACQ_REL)) {
        event_notifier_cleanup(&t->notifier);
        g_free(t);
    }
}

static RegionIoeventfd *nth(const MemoryRegion *mr, unsigned i)
{
    return &g_array_index(mr->ioeventfds, RegionIoeventfd, i);
}

static bool equal(const MemoryRegionIoeventfd *a,
                  const MemoryRegionIoeventfd *b)
{
    return a->offset == b->offset && a->size == b->size &&
        a->match_data == b->match_data &&
        (!a->match_data || a->data == b->data) && a->notifier == b->notifier;
}

void memory_region_add_eventfd(MemoryRegion *mr,
                               const MemoryRegionIoeventfd *e)
{
    RegionIoeventfd added = { *e, NULL };
    unsigned i = 0;

    GLOBAL_STATE_CODE();
    memory_region_check(mr);
    if (!mr->ioeventfds) {
        mr->ioeventfds = g_array_new(FALSE, FALSE, sizeof(RegionIoeventfd));
    }
    while (i < mr->ioeventfds->len && nth(mr, i)->e.offset <= e->offset) {
        i++;
    }
    added.target = target_new(e->notifier);
    memory_region_transaction_begin();
    g_array_insert_val(mr->ioeventfds, i, added);
    memory_region_changed(mr->enabled);
    memory_region_transaction_commit();
}

void memory_region_del_eventfd(MemoryRegion *mr,
                               const MemoryRegionIoeventfd *e)
{
    unsigned n;

    GLOBAL_STATE_CODE();
    memory_region_check(mr);
    n = mr->ioeventfds ? mr->ioeventfds->len : 0;
    for (unsigned i = 0; i < n; i++) {
        if (equal(&nth(mr, i)->e, e)) {
            memory_region_transaction_begin();
            ioeventfd_target_unref(nth(mr, i)->target);
            g_array_remove_index(mr->ioeventfds, i);
            memory_region_changed(mr->enabled);
            memory_region_transaction_commit();
            return;
        }
    }
    memory_bug("memory region \"%s\" has no such ioeventfd at offset 0x%"
               PRIx64, mr->name, e->offset);
}

void memory_region_free_ioeventfds(MemoryRegion *mr)
{
    GLOBAL_STATE_CODE();
    if (!mr->ioeventfds) {
        return;
    }
    for (unsigned i = 0; i < mr->ioeventfds->len; i++) {
        ioeventfd_target_unref(nth(mr, i)->target);
    }
    g_array_free(mr->ioeventfds, TRUE);
    mr->ioeventfds = NULL;
}
