/* SPDX-License-Identifier: MIT */
/*
 * mmio.c - one access: who is there, under which lock, in which sizes.
 *
 * Callbacks run under the BQL, and not in an RCU section.  Had a thread to
 * wait for the BQL in a section, the grace period would wait for whoever holds
 * the BQL; and when that one waits for somebody who waits for a grace period,
 * for good.  The same would come of a callback that drops the BQL and takes it
 * back.  So the
 * access is translated in a section, which ends before the BQL is taken; then
 * memory may have changed, and the access is translated again.  From here to
 * the end of the callback the BQL stands for the section: no commit can take
 * the region away.  (Unless the callback drops the BQL: its device must not be
 * freed meanwhile, and memory_region_finalize() looks at `busy`.)
 *
 * Where the caller is in a section of its own, such callbacks are refused, for
 * the same reasons: a guest can point any ring or buffer at any register, and
 * must not bring us into a dead end by that.
 *
 * Lockless callbacks run in the section.  RAM and ioeventfds need no lock
 * either.
 *
 * Thread context: any.
 */
#include "memory/mmio.h"
#include "memory/region.h"
#include <inttypes.h>
#include <unistd.h>

/* ---- the BQL ------------------------------------------------------------ */

#ifdef HOLDFAST_DEBUG_CHECKS

static bool holds_bql(void)
{
    return vm_mutex_held(&bql);
}

#else

/* vm_mutex_held() knows nothing in this build. */
static bool holds_bql(void)
{
    static _Thread_local int thread_id;

    if (!thread_id) {
        thread_id = gettid();
    }
    /* Another thread's number, whichever, is not ours: no lock is needed. */
    return __atomic_load_n(&bql.handle.__data.__owner, __ATOMIC_RELAXED) ==
        thread_id;
}

#endif

/* ---- re-entrancy -------------------------------------------------------- */

/*
 * What this thread is in the middle of.  A device whose registers start DMA
 * can be pointed at its own registers, or at another such device; a guest must
 * not get us to recurse by that.
 */
typedef struct Dispatch {
    const struct Dispatch *up;
    const MemoryRegion *mr;
    unsigned depth;
} Dispatch;

#define MAX_DISPATCH 8

static _Thread_local const Dispatch *dispatching;

static bool may_enter(const MemoryRegion *mr)
{
    if (dispatching && dispatching->depth + 1 >= MAX_DISPATCH) {
        return false;
    }
    for (const Dispatch *d = dispatching; d; d = d->up) {
        if (d->mr == mr) {
            return false;
        }
    }
    return true;
}

/* ---- sizes -------------------------------------------------------------- */

static unsigned or_default(unsigned size, unsigned otherwise)
{
    return size ? size : otherwise;
}

static bool accepts(const MemoryRegionOps *ops, hwaddr offset, unsigned size)
{
    return size >= or_default(ops->min_access_size, 1) &&
        size <= or_default(ops->max_access_size, 8) &&
        (ops->unaligned || !(offset & (size - 1)));
}

unsigned mmio_access_size(const MemoryRegion *mr, hwaddr offset, uint64_t len)
{
    unsigned size = or_default(mr->ops->max_access_size, 8);

    if (!mr->ops->unaligned && offset & (size - 1)) {
        size = (unsigned)(offset & -offset);
    }
    while (size > len) {
        size /= 2;
    }
    return size;
}

static uint64_t size_mask(unsigned size)
{
    return UINT64_MAX >> (64 - 8 * size);
}

typedef struct Access {
    MemoryRegion *mr;
    MemTxAttrs attrs;
    bool is_write;
    bool in_section; /* of the caller's */
} Access;

static MemTxResult call(const Access *a, hwaddr offset, unsigned size,
                        uint64_t *value)
{
    const MemoryRegionOps *ops = a->mr->ops;
    MemTxResult result;

    if (a->is_write) {
        return ops->write ? ops->write(a->mr->opaque, offset, size,
                                       *value & size_mask(size), a->attrs)
                          : MEMTX_ERROR;
    }
    *value = 0;
    result = ops->read ? ops->read(a->mr->opaque, offset, size, value,
                                   a->attrs)
                       : MEMTX_ERROR;
    *value &= size_mask(size);
    return result;
}

/* Within one word of the callbacks' smallest size. */
static MemTxResult call_widened(const Access *a, hwaddr offset, unsigned size,
                                uint64_t *value, unsigned wide)
{
    unsigned shift = (unsigned)(offset & (wide - 1)) * 8;
    hwaddr start = offset & ~(hwaddr)(wide - 1);
    uint64_t word = a->is_write ? (*value & size_mask(size)) << shift : 0;
    MemTxResult result;

    if (a->mr->size - start < wide) {
        return MEMTX_ERROR; /* beyond the device's end */
    }
    result = call(a, start, wide, &word);
    if (!a->is_write) {
        *value = word >> shift & size_mask(size);
    }
    return result;
}

static MemTxResult call_split(const Access *a, hwaddr offset, unsigned size,
                              uint64_t *value, unsigned part);

static MemTxResult call_sized(const Access *a, hwaddr offset, unsigned size,
                              uint64_t *value)
{
    unsigned min = or_default(a->mr->ops->min_impl_size, 1);
    unsigned max = or_default(a->mr->ops->max_impl_size, 8);

    if (size > max) {
        return call_split(a, offset, size, value, max);
    }
    if (size >= min) {
        return call(a, offset, size, value);
    }
    if ((offset & (min - 1)) + size > min) {
        return call_split(a, offset, size, value, 1);
    }
    return call_widened(a, offset, size, value, min);
}

static MemTxResult call_split(const Access *a, hwaddr offset, unsigned size,
                              uint64_t *value, unsigned part)
{
    MemTxResult result = MEMTX_OK;
    uint64_t all = 0;

    for (unsigned i = 0; i < size; i += part) {
        uint64_t v = a->is_write ? *value >> 8 * i : 0;

        result |= call_sized(a, offset + i, part, &v);
        all |= (v & size_mask(part)) << 8 * i;
    }
    if (!a->is_write) {
        *value = all;
    }
    return result;
}

/* ---- dispatch ----------------------------------------------------------- */

static MemTxResult dispatch(const Access *a, hwaddr offset, unsigned size,
                            uint64_t *value)
{
    Dispatch d = {
        .up = dispatching,
        .mr = a->mr,
        .depth = dispatching ? dispatching->depth + 1 : 0,
    };
    MemTxResult result;

    if (!may_enter(a->mr)) {
        return MEMTX_ACCESS_ERROR;
    }
    dispatching = &d;
    result = call_sized(a, offset, size, value);
    dispatching = d.up;
    return result;
}

/* What one try comes to: when it is DONE, *result says how it went. */
typedef enum Outcome {
    DONE,
    NEEDS_BQL, /* translate again under it */
    IN_PARTS,  /* it goes over the end of a range */
} Outcome;

static void access_ram(const FlatRange *r, hwaddr addr, unsigned size,
                       uint64_t *value, bool is_write)
{
    uint8_t *host = r->host + (addr - r->addr);
    uint64_t le;

    if (is_write) {
        le = GUINT64_TO_LE(*value);
        ram_copy_to_guest(host, &le, size);
        ram_block_set_dirty(r->block, (ram_addr_t)(host - r->block->host),
                            size);
    } else {
        le = 0;
        ram_copy_from_guest(&le, host, size);
        *value = GUINT64_FROM_LE(le);
    }
}

/*
 * Leaves the section before a callback that has the BQL.  TSA cannot follow a
 * section that some ways leave earlier.
 */
static Outcome NO_TSA try_access(AddressSpace *as, hwaddr addr, unsigned size,
                                 uint64_t *value, Access *a,
                                 MemTxResult *result)
{
    const FlatView *view;
    const FlatRange *r;
    hwaddr offset, hole = 0;
    Outcome outcome = DONE;

    vm_rcu_read_lock();
    view = address_space_to_flatview(as);
    r = flatview_lookup(view, addr, &hole);
    *result = MEMTX_OK;
    if ((r ? r->last : hole) - addr < size - 1 &&
        addr <= UINT64_MAX - (size - 1)) {
        outcome = IN_PARTS;
    } else if (!r || r->last - addr < size - 1) {
        *result = MEMTX_DECODE_ERROR; /* nothing, or over the end of all */
    } else if (a->is_write ? r->write_direct : r->read_direct) {
        access_ram(r, addr, size, value, a->is_write);
    } else if (a->is_write && r->readonly) {
        /* dropped, as on a bus without an error response */
    } else {
        a->mr = r->mr;
        offset = r->offset + (addr - r->addr);
        if (!accepts(a->mr->ops, offset, size)) {
            *result = MEMTX_ERROR;
        } else if (a->is_write &&
                   flatview_signal_ioeventfd(view, addr, size, *value)) {
            /* that was all */
        } else if (memory_region_is_finalized(a->mr) &&
                   a->mr->ops->lockless) {
            /* Removed, but the grace period has not passed yet. */
            *result = MEMTX_DECODE_ERROR;
        } else if (a->mr->ops->lockless) {
            *result = dispatch(a, offset, size, value);
        } else if (a->in_section) {
            *result = MEMTX_ACCESS_ERROR;
        } else if (!holds_bql()) {
            outcome = NEEDS_BQL;
        } else {
            vm_rcu_read_unlock();
            memory_region_check(a->mr);
            a->mr->busy++;
            *result = dispatch(a, offset, size, value);
            a->mr->busy--;
            return DONE;
        }
    }
    vm_rcu_read_unlock();
    return outcome;
}

/* By bytes, each of which finds its own way. */
static MemTxResult access_in_parts(AddressSpace *as, hwaddr addr,
                                   unsigned size, MemTxAttrs attrs,
                                   uint64_t *value, bool is_write)
{
    uint64_t le = GUINT64_TO_LE(*value);
    MemTxResult result = address_space_rw(as, addr, attrs, &le, size, is_write);

    if (!is_write) {
        *value = GUINT64_FROM_LE(le);
    }
    return result;
}

MemTxResult NO_TSA mmio_access(AddressSpace *as, hwaddr addr, unsigned size,
                               MemTxAttrs attrs, uint64_t *value,
                               bool is_write)
{
    Access a = {
        .attrs = attrs,
        .is_write = is_write,
        .in_section = vm_rcu_read_held(),
    };
    MemTxResult result;
    Outcome outcome;

    /* NO_TSA: the BQL is taken only where it is not held. */
    IO_CODE();
    if (is_write) {
        *value &= size_mask(size);
    } else {
        *value = 0;
    }
    outcome = try_access(as, addr, size, value, &a, &result);
    if (outcome == NEEDS_BQL) {
        bql_lock();
        outcome = try_access(as, addr, size, value, &a, &result);
        bql_unlock();
    }
    if (outcome == IN_PARTS) {
        result = access_in_parts(as, addr, size, attrs, value, is_write);
    }
    return result;
}
