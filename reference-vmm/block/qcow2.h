/* SPDX-License-Identifier: MIT */
/*
 * qcow2.h - the qcow2 driver's state, and what its files do for each other.
 *
 *     qcow2_header.c    the first cluster (pure)
 *     qcow2_open.c      open, close, header fields, the corrupt bit
 *     qcow2_cache.c     write-back caches of L2 tables and refcount blocks
 *     qcow2_commit.c    in which order metadata reaches the disk
 *     qcow2_overlap.c   metadata is never written over
 *     qcow2_refcount.c  refcounts, allocation, freeing
 *     qcow2_refblock.c  new refcount blocks, a larger refcount table
 *     qcow2_cluster.c   L1 and L2: look up and change
 *     qcow2_alloc.c     clusters for guest writes, copy on write
 *     qcow2_io.c        the driver's requests
 *     qcow2_zero.c      zero clusters, discard
 *     qcow2_compress.c  compressed clusters
 *     qcow2_truncate.c  resize, preallocation
 *     qcow2_create.c    new images
 *     qcow2_snapshot.c  the snapshot table
 *     qcow2_bitmap.c    stored bitmaps
 *     qcow2_check.c     count all references
 *     qcow2_repair.c    put the counts right
 *     qcow2.c           the driver's table
 *
 * Concurrency.  BDRVQcow2State.lock, a CoMutex, guards all metadata, and is
 * kept over input and output of metadata.  Guest data moves without it: a
 * write that needs new clusters puts a Qcow2Alloc on a list, lets go of the
 * lock, writes, and takes it again to enter them into L2; whoever wants the
 * same guest clusters meanwhile waits for it.
 *
 * Crashes.  Whatever of the unflushed writes reaches the disk, the image
 * stays right but for leaked clusters:
 *
 *     refcounts grow on disk before an L2 entry uses the cluster,
 *     data is on disk before its L2 entry,
 *     an L2 table is on disk before its L1 entry,
 *     and a cluster is free for others only when what pointed to it is gone
 *     from the disk (Qcow2Free).
 *
 * qcow2_commit.c does the first three.  With lazy refcounts the first does
 * not hold, and the dirty bit is on disk first.
 *
 * Thread context: coroutines that hold the graph lock for reading, any
 * thread, unless it says otherwise.
 */
#ifndef REFVMM_BLOCK_QCOW2_H
#define REFVMM_BLOCK_QCOW2_H

#include "base/co_lock.h"
#include "block/block_int.h"
#include "block/qcow2_format.h"

typedef struct BDRVQcow2State BDRVQcow2State;
typedef struct Qcow2Cache Qcow2Cache;
typedef struct Qcow2ClusterSet Qcow2ClusterSet;

/* A piece of metadata in memory; data is in the format of the disk. */
typedef struct Qcow2CacheEntry {
    int64_t offset; /* in the image file */
    uint8_t *data;
    int refs;
    bool dirty;
    GList lru, dirty_link; /* in the cache's queues; data is this entry */
} Qcow2CacheEntry;

/* What metadata lies in a cluster; see qcow2_overlap.c. */
typedef enum Qcow2Metadata {
    QCOW2_META_NONE,
    QCOW2_META_HEADER,
    QCOW2_META_L1,
    QCOW2_META_L2,
    QCOW2_META_REFCOUNT_TABLE,
    QCOW2_META_REFCOUNT_BLOCK,
    QCOW2_META_SNAPSHOT_TABLE,
    QCOW2_META_INACTIVE_L1,
    QCOW2_META_BITMAP_DIRECTORY,
} Qcow2Metadata;

/* A table that is kept whole in memory, in host byte order. */
typedef struct Qcow2Table {
    uint64_t *entries;
    uint32_t n;
    int64_t offset;
    bool *dirty; /* one for each QCOW2_TABLE_PIECE bytes */
    bool any_dirty;
} Qcow2Table;

#define QCOW2_TABLE_PIECE 512

/* Clusters of the file that nothing refers to any more, in memory. */
typedef struct Qcow2Free {
    int64_t offset, bytes;
    uint64_t io_sequence; /* data requests begun until then may use it */
    bool discard;         /* tell the file, too */
} Qcow2Free;

/* Head or tail of newly allocated clusters that the request leaves out. */
typedef struct Qcow2CowRegion {
    int64_t offset; /* in the guest's disk */
    int64_t bytes;
} Qcow2CowRegion;

/* Clusters on their way into L2. */
typedef struct Qcow2Alloc {
    int64_t guest_offset; /* aligned to clusters */
    int64_t host_offset;
    int64_t clusters;
    bool reused; /* clusters that were there already, reading as zeros */
    bool fresh;  /* never written; the file's end was before them */
    bool head_zero, tail_zero; /* what head and tail are to hold is zeros */
    Qcow2CowRegion head, tail;
    CoQueue waiters;
    GList link; /* in BDRVQcow2State.allocs; its data is this */
} Qcow2Alloc;

typedef struct Qcow2Snapshot {
    uint64_t l1_table_offset;
    uint32_t l1_size;
    uint64_t disk_size;
    uint64_t vm_state_size;
    uint64_t vm_clock_ns;
    uint32_t date_sec, date_nsec;
    char *id, *name;
} Qcow2Snapshot;

typedef struct Qcow2Bitmap {
    uint64_t table_offset;
    uint32_t table_size;
    uint32_t flags; /* atomic */
    uint8_t type, granularity_bits;
    int64_t flags_offset; /* in the file */
    char *name;
} Qcow2Bitmap;

struct BDRVQcow2State {
    BlockDriverState *bs;
    char *name; /* for messages */

    /* Do not change while the image is open. */
    uint32_t version;
    uint32_t cluster_bits;
    int64_t cluster_size;
    uint32_t l2_bits; /* log2 of the entries of an L2 table */
    int64_t l2_size;
    int refcount_order;
    uint32_t refblock_bits; /* log2 of the entries of a refcount block */
    int64_t refblock_size;
    bool lazy_in_header;
    GArray *bitmaps; /* of Qcow2Bitmap; NULL: none */
    bool discard_request; /* pass guest discards to the file */
    bool overlap_check;

    CoMutex lock;
    bool lazy_refcounts GUARDED_BY(&lock);
    Qcow2Header header GUARDED_BY(&lock);
    Qcow2Table l1 GUARDED_BY(&lock);
    Qcow2Table reftable GUARDED_BY(&lock);
    Qcow2Cache *l2_cache GUARDED_BY(&lock);
    Qcow2Cache *refcount_cache GUARDED_BY(&lock);
    /* Before L2 entries are written: refcounts, and a flush of the data. */
    bool l2_needs_refcounts GUARDED_BY(&lock);
    bool l2_needs_flush GUARDED_BY(&lock);
    uint8_t *commit_buffer GUARDED_BY(&lock); /* QCOW2_TABLE_PIECE bytes */

    int64_t free_cluster_index GUARDED_BY(&lock); /* none is free before */
    int64_t fresh_cluster_index GUARDED_BY(&lock); /* not written from here */
    GQueue frees GUARDED_BY(&lock); /* of Qcow2Free, owned */
    GQueue allocs GUARDED_BY(&lock); /* of Qcow2Alloc, their makers' */
    Qcow2ClusterSet *metadata GUARDED_BY(&lock);

    GArray *snapshots GUARDED_BY(&lock); /* of Qcow2Snapshot */
    int64_t snapshot_table_bytes GUARDED_BY(&lock);
    bool bitmaps_broken GUARDED_BY(&lock);
    bool write_begun GUARDED_BY(&lock);

    /*
     * Data requests in flight, by the parity of io_sequence when they began.
     * Counted up under the lock, down by atomics without it: the decrement
     * releases the request's accesses to whoever sees zero (acquire).
     */
    uint64_t io_sequence GUARDED_BY(&lock);
    int io_in_flight[2];

    char *corruption GUARDED_BY(&lock); /* what was found first; NULL: none */
    bool corrupt;  /* atomic: the header says so; for the main loop */
    bool fatal;    /* atomic: corruption was found, nothing works any more */
    bool tolerate; /* opened to be checked; does not change */
};

/* What lies at a guest offset. */
typedef struct Qcow2Mapping {
    Qcow2ClusterType type;
    uint64_t entry; /* the L2 entry, when it is compressed */
    int64_t host_offset; /* of the first byte */
    int64_t bytes; /* that follow each other in the file, too */
} Qcow2Mapping;

static inline int64_t qcow2_offset_in_cluster(const BDRVQcow2State *s,
                                              int64_t offset)
{
    return offset & (s->cluster_size - 1);
}

static inline int64_t qcow2_cluster_start(const BDRVQcow2State *s,
                                          int64_t offset)
{
    return offset & ~(s->cluster_size - 1);
}

static inline int64_t qcow2_size_to_clusters(const BDRVQcow2State *s,
                                             int64_t bytes)
{
    return (bytes + s->cluster_size - 1) >> s->cluster_bits;
}

/* ---- qcow2_open.c ------------------------------------------------------- */

/* At the first change of the image: autoclear features, the dirty bit,
 * bitmaps. */
int coroutine_fn qcow2_begin_write(BDRVQcow2State *s)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Changes incompatible features; written and flushed. */
int coroutine_fn qcow2_set_incompatible(BDRVQcow2State *s, uint64_t set,
                                        uint64_t clear)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Writes size bytes of the header from buf. */
int coroutine_fn qcow2_write_header_field(BDRVQcow2State *s, int64_t offset,
                                          const void *buf, int64_t bytes)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/*
 * Metadata cannot be right.  fatal: the image is marked corrupt (if it is
 * writable) and refuses everything from now on.
 */
void coroutine_fn qcow2_signal_corruption(BDRVQcow2State *s, bool fatal,
                                          const char *format, ...)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN G_GNUC_PRINTF(3, 4);
bool qcow2_is_fatal(BDRVQcow2State *s) IO_FN;
/* Reads a table of n entries that lies in the file. */
int coroutine_fn qcow2_table_load(BDRVQcow2State *s, Qcow2Table *t,
                                  int64_t offset, uint32_t n)
    GRAPH_RDLOCK IO_FN;
void qcow2_table_init(Qcow2Table *t, uint64_t *entries, int64_t offset,
                      uint32_t n) IO_FN;
void qcow2_table_clear(Qcow2Table *t) IO_FN;
void qcow2_table_set(Qcow2Table *t, uint32_t i, uint64_t entry) IO_FN;

int coroutine_fn qcow2_co_open(BlockDriverState *bs, JsonObject *options,
                               int flags, GError **error)
    GRAPH_RDLOCK IO_FN;
void coroutine_fn qcow2_co_close(BlockDriverState *bs) GRAPH_RDLOCK IO_FN;
/* Everything to disk, the dirty bit cleared; for close and reopen. */
int coroutine_fn qcow2_settle(BDRVQcow2State *s)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Nobody else can see it, so without the lock. */
void qcow2_state_init(BDRVQcow2State *s, BlockDriverState *bs, int flags)
    NO_TSA IO_OR_GS_FN;
/* After a failed open, or close. */
void qcow2_state_free(BDRVQcow2State *s) IO_OR_GS_FN;

/* ---- qcow2_cache.c ------------------------------------------------------ */

/* entry_bytes is a power of two, at most a cluster. */
Qcow2Cache *qcow2_cache_new(Qcow2Metadata kind, int64_t entry_bytes,
                            int64_t max_entries) IO_FN;
void qcow2_cache_free(Qcow2Cache *c) IO_FN; /* drops what is dirty */
int64_t qcow2_cache_entry_bytes(const Qcow2Cache *c) IO_FN;
bool qcow2_cache_is_dirty(const Qcow2Cache *c) IO_FN;
/* The entry that holds the byte at offset; NULL and -errno. */
int coroutine_fn qcow2_cache_get(BDRVQcow2State *s, Qcow2Cache *c,
                                 int64_t offset, Qcow2CacheEntry **entry)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* The same, not read but zeroed and dirty. */
int coroutine_fn qcow2_cache_get_zeroed(BDRVQcow2State *s, Qcow2Cache *c,
                                        int64_t offset,
                                        Qcow2CacheEntry **entry)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
void qcow2_cache_put(Qcow2Cache *c, Qcow2CacheEntry *e) IO_FN;
void qcow2_cache_mark_dirty(Qcow2Cache *c, Qcow2CacheEntry *e) IO_FN;
/* Writes what is dirty; no order, no flush. */
int coroutine_fn qcow2_cache_write(BDRVQcow2State *s, Qcow2Cache *c)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Forgets all, dirty or not; nobody holds an entry. */
void qcow2_cache_clear(Qcow2Cache *c) IO_FN;
/* Forgets a range of the file, dirty or not. */
void qcow2_cache_discard(Qcow2Cache *c, int64_t offset, int64_t bytes) IO_FN;

/* ---- qcow2_commit.c ----------------------------------------------------- */

/* Before L2 entries go to disk. */
int coroutine_fn qcow2_commit_before_l2(BDRVQcow2State *s)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Refcount blocks, and the table behind them. */
int coroutine_fn qcow2_commit_refcounts(BDRVQcow2State *s)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/*
 * Writes all metadata in the order that is safe.  What was freed before is
 * free for others then, if nobody uses it; that, or durable, flushes.
 */
int coroutine_fn qcow2_commit(BDRVQcow2State *s, bool durable)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
int coroutine_fn qcow2_flush_file(BDRVQcow2State *s) GRAPH_RDLOCK IO_FN;

/* Around a data request on clusters that were looked up under the lock. */
int qcow2_data_begin(BDRVQcow2State *s) REQUIRES(&s->lock) IO_FN;
void qcow2_data_end(BDRVQcow2State *s, int epoch) IO_FN;

/* ---- qcow2_overlap.c ---------------------------------------------------- */

Qcow2ClusterSet *qcow2_cluster_set_new(void) IO_FN;
void qcow2_cluster_set_free(Qcow2ClusterSet *set) IO_FN;
/* false: an L2 table or refcount block is there already. */
bool qcow2_metadata_add(BDRVQcow2State *s, Qcow2Metadata kind,
                        int64_t offset, int64_t bytes)
    REQUIRES(&s->lock) IO_FN;
void qcow2_metadata_remove(BDRVQcow2State *s, Qcow2Metadata kind,
                           int64_t offset) REQUIRES(&s->lock) IO_FN;
/*
 * Before a write of kind (NONE: guest data): 0, or -EIO when metadata of
 * another kind is there; the image is corrupt then.
 */
int coroutine_fn qcow2_overlap_check(BDRVQcow2State *s, Qcow2Metadata kind,
                                     int64_t offset, int64_t bytes)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Once all tables are loaded.  false: refcount blocks share a cluster with
 * each other or with L2 tables. */
bool qcow2_metadata_register(BDRVQcow2State *s) REQUIRES(&s->lock) IO_FN;

/* ---- qcow2_refcount.c, qcow2_refblock.c --------------------------------- */

int coroutine_fn qcow2_get_refcount(BDRVQcow2State *s, int64_t cluster,
                                    uint64_t *refcount)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Adds or subtracts one for each cluster that the range touches; the
 * refcount blocks are there.  discard: the file may forget what gets free. */
int coroutine_fn qcow2_update_refcount(BDRVQcow2State *s, int64_t offset,
                                       int64_t bytes, bool decrease,
                                       bool discard)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/*
 * Clusters in a row, with refcount one; the offset of the first, or -errno.
 * *n: how many; at least one, and as many as are free there where not exact.
 * fresh (NULL is fine): they lie beyond all that was ever written.
 */
int64_t coroutine_fn qcow2_alloc_clusters(BDRVQcow2State *s, int64_t *n,
                                          bool exact, bool *fresh)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Gives back what never was referred to on disk: free at once. */
void coroutine_fn qcow2_free_unused(BDRVQcow2State *s, int64_t offset,
                                    int64_t bytes)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Frees what is referred to no more, when the disk says so as well. */
void qcow2_free_later(BDRVQcow2State *s, int64_t offset, int64_t bytes,
                      bool discard) REQUIRES(&s->lock) IO_FN;
/* The same for what an L2 entry refers to. */
void qcow2_free_l2_entry(BDRVQcow2State *s, uint64_t entry, bool discard)
    REQUIRES(&s->lock) IO_FN;
/* Commits when too much waits to be freed. */
int coroutine_fn qcow2_limit_frees(BDRVQcow2State *s)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Makes the refcount block for a cluster: 0 when it is there, 1 when it had
 * to be made (a cluster less is free now), or -errno. */
int coroutine_fn qcow2_need_refblock(BDRVQcow2State *s, int64_t cluster)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;

/* ---- qcow2_cluster.c ---------------------------------------------------- */

int coroutine_fn qcow2_get_mapping(BDRVQcow2State *s, int64_t offset,
                                   int64_t bytes, Qcow2Mapping *mapping)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* The piece of L2 for a guest offset, to be changed: made, or made our own,
 * when it is not.  *index: the offset's entry in it. */
int coroutine_fn qcow2_l2_for_write(BDRVQcow2State *s, int64_t offset,
                                    Qcow2CacheEntry **entry, int *index)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* The same to be read; *entry is NULL where there is no table. */
int coroutine_fn qcow2_l2_for_read(BDRVQcow2State *s, int64_t offset,
                                   Qcow2CacheEntry **entry, int *index)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Entries of a piece. */
int qcow2_l2_piece(BDRVQcow2State *s) REQUIRES(&s->lock) IO_FN;
/* Whether an entry can be right; if not, says so. */
bool coroutine_fn qcow2_l2_entry_ok(BDRVQcow2State *s, int64_t offset,
                                    uint64_t entry)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
int coroutine_fn qcow2_grow_l1(BDRVQcow2State *s, uint64_t entries,
                               GError **error)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;

static inline uint64_t IO_FN qcow2_l2_get(const Qcow2CacheEntry *e, int i)
{
    return qcow2_be64(e->data + (size_t)i * 8);
}

static inline void IO_FN qcow2_l2_set(Qcow2CacheEntry *e, int i,
                                      uint64_t entry)
{
    qcow2_put_be64(e->data + (size_t)i * 8, entry);
}

/* ---- qcow2_alloc.c ------------------------------------------------------ */

/*
 * Where a write goes: *bytes of it, at *host_offset.  *alloc is NULL when
 * the clusters are there, else the caller's to end once the data is written.
 * May wait, without the lock, for other writers.
 */
int coroutine_fn qcow2_get_write(BDRVQcow2State *s, int64_t offset,
                                 int64_t *bytes, int64_t *host_offset,
                                 Qcow2Alloc **alloc)
    DROPS(&s->lock) GRAPH_RDLOCK IO_FN;
/* Enters the clusters into L2, or gives them back if ret < 0. */
int coroutine_fn qcow2_alloc_end(BDRVQcow2State *s, Qcow2Alloc *alloc,
                                 int ret)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
/* Until no writer is about to change the mapping of the range. */
void coroutine_fn qcow2_alloc_wait(BDRVQcow2State *s, int64_t offset,
                                   int64_t bytes)
    DROPS(&s->lock) IO_FN;

/* ---- qcow2_io.c --------------------------------------------------------- */

int coroutine_fn qcow2_co_preadv(BlockDriverState *bs, int64_t offset,
                                 int64_t bytes, IoVector *qiov,
                                 size_t qiov_offset, BdrvRequestFlags flags)
    GRAPH_RDLOCK IO_FN;
int coroutine_fn qcow2_co_pwritev(BlockDriverState *bs, int64_t offset,
                                  int64_t bytes, IoVector *qiov,
                                  size_t qiov_offset, BdrvRequestFlags flags)
    GRAPH_RDLOCK IO_FN;
int coroutine_fn qcow2_co_block_status(BlockDriverState *bs, bool want_zero,
                                       int64_t offset, int64_t bytes,
                                       int64_t *pnum, int64_t *map,
                                       BlockDriverState **file)
    GRAPH_RDLOCK IO_FN;
int coroutine_fn qcow2_co_flush_to_os(BlockDriverState *bs)
    GRAPH_RDLOCK IO_FN;

/* ---- qcow2_zero.c ------------------------------------------------------- */

int coroutine_fn qcow2_co_pwrite_zeroes(BlockDriverState *bs, int64_t offset,
                                        int64_t bytes,
                                        BdrvRequestFlags flags)
    GRAPH_RDLOCK IO_FN;
int coroutine_fn qcow2_co_pdiscard(BlockDriverState *bs, int64_t offset,
                                   int64_t bytes) GRAPH_RDLOCK IO_FN;
/* Whole clusters (the last may be cut by the end of the disk): zeros, with
 * clusters that are there kept; or nothing, not even zeros. */
int coroutine_fn qcow2_zero_range(BDRVQcow2State *s, int64_t offset,
                                  int64_t bytes)
    DROPS(&s->lock) GRAPH_RDLOCK IO_FN;
int coroutine_fn qcow2_unmap_range(BDRVQcow2State *s, int64_t offset,
                                   int64_t bytes)
    DROPS(&s->lock) GRAPH_RDLOCK IO_FN;

/* ---- the rest ----------------------------------------------------------- */

int coroutine_fn qcow2_read_compressed(BDRVQcow2State *s, uint64_t l2_entry,
                                       int64_t offset_in_cluster,
                                       int64_t bytes, IoVector *qiov,
                                       size_t qiov_offset)
    GRAPH_RDLOCK IO_FN;

int coroutine_fn qcow2_co_truncate(BlockDriverState *bs, int64_t offset,
                                   bool exact, PreallocMode prealloc,
                                   BdrvRequestFlags flags, GError **error)
    GRAPH_RDLOCK IO_FN;
/* Allocates all clusters of a range that have none. */
int coroutine_fn qcow2_preallocate(BDRVQcow2State *s, int64_t offset,
                                   int64_t new_length, PreallocMode mode,
                                   GError **error)
    GRAPH_RDLOCK IO_FN;

int coroutine_fn qcow2_snapshots_load(BDRVQcow2State *s, GError **error)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
void qcow2_snapshots_free(GArray *snapshots) IO_FN;
int coroutine_fn qcow2_bitmaps_load(BDRVQcow2State *s, GError **error)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;
void qcow2_bitmaps_free(GArray *bitmaps) IO_FN;
/* The bitmaps do not follow what is written from now on. */
int coroutine_fn qcow2_bitmaps_begin_write(BDRVQcow2State *s)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;

int coroutine_fn qcow2_check(BDRVQcow2State *s, BdrvCheckResult *result,
                             BdrvCheckMode fix)
    REQUIRES(&s->lock) GRAPH_RDLOCK IO_FN;

#endif
