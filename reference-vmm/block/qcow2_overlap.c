/* SPDX-License-Identifier: MIT */
/*
 * qcow2_overlap.c - metadata is never written over, whatever the image's
 * refcounts and tables say.
 *
 * Tables of many clusters are kept as ranges, of which there are few; L2
 * tables and refcount blocks, one cluster each, in a hash set: a key is the
 * cluster's offset with the kind in its low bits.
 *
 * Thread context: coroutines, under BDRVQcow2State.lock.
 */
#include "block/qcow2.h"
#include <inttypes.h>

typedef struct Range {
    Qcow2Metadata kind;
    int64_t offset, bytes;
} Range;

struct Qcow2ClusterSet {
    uint64_t *slots; /* 0: empty */
    uint64_t mask, used;
    GArray *ranges; /* of Range */
};

#define KIND_BITS 0xff

static const char *const kind_names[] = {
    [QCOW2_META_NONE] = "guest data",
    [QCOW2_META_HEADER] = "qcow2 header",
    [QCOW2_META_L1] = "active L1 table",
    [QCOW2_META_L2] = "active L2 table",
    [QCOW2_META_REFCOUNT_TABLE] = "refcount table",
    [QCOW2_META_REFCOUNT_BLOCK] = "refcount block",
    [QCOW2_META_SNAPSHOT_TABLE] = "snapshot table",
    [QCOW2_META_INACTIVE_L1] = "inactive L1 table",
    [QCOW2_META_BITMAP_DIRECTORY] = "bitmap directory",
};

Qcow2ClusterSet *qcow2_cluster_set_new(void)
{
    Qcow2ClusterSet *set = g_new0(Qcow2ClusterSet, 1);

    set->mask = 63;
    set->slots = g_new0(uint64_t, set->mask + 1);
    set->ranges = g_array_new(FALSE, FALSE, sizeof(Range));
    return set;
}

void qcow2_cluster_set_free(Qcow2ClusterSet *set)
{
    if (!set) {
        return;
    }
    g_array_free(set->ranges, TRUE);
    g_free(set->slots);
    g_free(set);
}

static uint64_t home_slot(const Qcow2ClusterSet *set, uint64_t offset)
{
    return (offset >> 9) * UINT64_C(0x9e3779b97f4a7c15) >> 20 & set->mask;
}

/* The offset's slot, or the empty one where it would be. */
static uint64_t find_slot(const Qcow2ClusterSet *set, uint64_t offset)
{
    uint64_t i = home_slot(set, offset);

    while (set->slots[i] && (set->slots[i] & ~(uint64_t)KIND_BITS) != offset) {
        i = (i + 1) & set->mask;
    }
    return i;
}

/* Whether it is new. */
static bool set_add(Qcow2ClusterSet *set, uint64_t offset, Qcow2Metadata kind)
{
    uint64_t i;

    if (set->used * 2 > set->mask) {
        uint64_t *old = set->slots, n = set->mask + 1;

        set->mask = n * 2 - 1;
        set->slots = g_new0(uint64_t, n * 2);
        for (uint64_t k = 0; k < n; k++) {
            if (old[k]) {
                set->slots[find_slot(set, old[k] & ~(uint64_t)KIND_BITS)] =
                    old[k];
            }
        }
        g_free(old);
    }
    i = find_slot(set, offset);
    if (set->slots[i]) {
        return false;
    }
    set->used++;
    set->slots[i] = offset | (uint64_t)kind;
    return true;
}

static void set_remove(Qcow2ClusterSet *set, uint64_t offset)
{
    uint64_t hole = find_slot(set, offset), i = hole;

    if (!set->slots[hole]) {
        return;
    }
    set->used--;
    /* Those behind the hole move up, unless that passes their home. */
    for (;;) {
        uint64_t home;

        i = (i + 1) & set->mask;
        if (!set->slots[i]) {
            break;
        }
        home = home_slot(set, set->slots[i] & ~(uint64_t)KIND_BITS);
        if (((i - home) & set->mask) >= ((i - hole) & set->mask)) {
            set->slots[hole] = set->slots[i];
            hole = i;
        }
    }
    set->slots[hole] = 0;
}

static bool is_single(Qcow2Metadata kind)
{
    return kind == QCOW2_META_L2 || kind == QCOW2_META_REFCOUNT_BLOCK;
}

bool qcow2_metadata_add(BDRVQcow2State *s, Qcow2Metadata kind,
                        int64_t offset, int64_t bytes)
{
    Range r = { kind, offset, bytes };

    if (is_single(kind)) {
        return offset <= 0 || set_add(s->metadata, (uint64_t)offset, kind);
    }
    if (bytes > 0) {
        g_array_append_val(s->metadata->ranges, r);
    }
    return true;
}

void qcow2_metadata_remove(BDRVQcow2State *s, Qcow2Metadata kind,
                           int64_t offset)
{
    GArray *ranges = s->metadata->ranges;

    if (is_single(kind)) {
        set_remove(s->metadata, (uint64_t)offset);
        return;
    }
    for (guint i = 0; i < ranges->len; i++) {
        Range *r = &g_array_index(ranges, Range, i);

        if (r->kind == kind && r->offset == offset) {
            g_array_remove_index_fast(ranges, i);
            return;
        }
    }
}

static Qcow2Metadata find_overlap(BDRVQcow2State *s, Qcow2Metadata kind,
                                  int64_t offset, int64_t bytes)
    REQUIRES(&s->lock)
{
    const Qcow2ClusterSet *set = s->metadata;
    int64_t end = offset + bytes;

    for (guint i = 0; i < set->ranges->len; i++) {
        const Range *r = &g_array_index(set->ranges, Range, i);

        if (r->kind != kind && offset < r->offset + r->bytes &&
            r->offset < end) {
            return r->kind;
        }
    }
    for (int64_t at = qcow2_cluster_start(s, offset); at < end;
         at += s->cluster_size) {
        Qcow2Metadata found =
            (Qcow2Metadata)(set->slots[find_slot(set, (uint64_t)at)] &
                            KIND_BITS);

        if (found != QCOW2_META_NONE && found != kind) {
            return found;
        }
    }
    return QCOW2_META_NONE;
}

int qcow2_overlap_check(BDRVQcow2State *s, Qcow2Metadata kind,
                        int64_t offset, int64_t bytes)
{
    Qcow2Metadata found;

    if (!s->overlap_check) {
        return 0;
    }
    found = find_overlap(s, kind, offset, bytes);
    if (found == QCOW2_META_NONE) {
        return 0;
    }
    qcow2_signal_corruption(s, true, "preventing a write of %s at 0x%" PRIx64
                            " that overlaps with the %s", kind_names[kind],
                            (uint64_t)offset, kind_names[found]);
    return -EIO;
}

bool qcow2_metadata_register(BDRVQcow2State *s)
{
    bool ok = true;

    qcow2_cluster_set_free(s->metadata);
    s->metadata = qcow2_cluster_set_new();
    qcow2_metadata_add(s, QCOW2_META_HEADER, 0, s->cluster_size);
    qcow2_metadata_add(s, QCOW2_META_L1, s->l1.offset,
                       (int64_t)s->l1.n * 8);
    qcow2_metadata_add(s, QCOW2_META_REFCOUNT_TABLE, s->reftable.offset,
                       (int64_t)s->reftable.n * 8);
    qcow2_metadata_add(s, QCOW2_META_SNAPSHOT_TABLE,
                       (int64_t)s->header.snapshots_offset,
                       s->snapshot_table_bytes);
    for (guint i = 0; s->snapshots && i < s->snapshots->len; i++) {
        Qcow2Snapshot *sn = &g_array_index(s->snapshots, Qcow2Snapshot, i);

        qcow2_metadata_add(s, QCOW2_META_INACTIVE_L1,
                           (int64_t)sn->l1_table_offset,
                           (int64_t)sn->l1_size * 8);
    }
    if (s->bitmaps) {
        qcow2_metadata_add(s, QCOW2_META_BITMAP_DIRECTORY,
                           (int64_t)s->header.bitmap_directory_offset,
                           (int64_t)s->header.bitmap_directory_size);
    }
    for (uint32_t i = 0; i < s->l1.n; i++) {
        int64_t at = (int64_t)(s->l1.entries[i] & QCOW2_OFFSET_MASK);

        qcow2_metadata_add(s, QCOW2_META_L2, qcow2_cluster_start(s, at),
                           s->cluster_size);
    }
    for (uint32_t i = 0; i < s->reftable.n; i++) {
        int64_t at = (int64_t)(s->reftable.entries[i] & INT64_MAX);

        ok = qcow2_metadata_add(s, QCOW2_META_REFCOUNT_BLOCK,
                                qcow2_cluster_start(s, at),
                                s->cluster_size) && ok;
    }
    return ok;
}
