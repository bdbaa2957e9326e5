/* SPDX-License-Identifier: MIT */
/*
 * block_int.h - what a block driver is, and what it sees of a node.
 *
 * A new driver is one source file, with a BlockDriver in it, and one line in
 * driver_list.h.
 *
 * Locks: edges (bs->file, bs->backing, lists of children and parents,
 * permissions) are guarded by graph_lock.  Fields of requests are atomic or
 * under reqs_lock.  The rest is set while the node is opened or drained, by
 * the main loop, and read by requests.
 *
 * Thread context: each slot says its own.
 */
#ifndef REFVMM_BLOCK_BLOCK_INT_H
#define REFVMM_BLOCK_BLOCK_INT_H

#include "base/co_lock.h"
#include "block/block.h"
#include "block/block_io.h"
#include "block/options.h"

/* ---- limits ------------------------------------------------------------- */

/* What a driver can take in one request; 0: anything.  Set by
 * bdrv_refresh_limits(), after the children's have been merged in. */
typedef struct BlockLimits {
    uint32_t request_alignment;     /* of offsets and lengths; power of two */
    int64_t max_pdiscard;           /* bytes; as the next three */
    uint32_t pdiscard_alignment;    /* smaller pieces are left out */
    int64_t max_pwrite_zeroes;
    uint32_t pwrite_zeroes_alignment; /* smaller pieces are written */
    int64_t opt_transfer;
    int64_t max_transfer;
    size_t min_mem_alignment;       /* of buffers */
    int max_iov;                    /* buffers in one request */
} BlockLimits;

/* ---- named points, for fault injection ---------------------------------- */

/* Where a format driver is in its work.  blkdebug knows them by name. */
typedef enum BlkdebugEvent {
#define BLKDBG_EVENT(symbol, name) BLKDBG_##symbol,
#include "block/blkdebug_events.h"
#undef BLKDBG_EVENT
    BLKDBG__MAX,
} BlkdebugEvent;

const char *blkdebug_event_name(BlkdebugEvent event) IO_FN;
/* On bs->file, or whatever child the work goes to; NULL is fine. */
void coroutine_fn bdrv_co_debug_event(BdrvChild *child, BlkdebugEvent event)
    GRAPH_RDLOCK IO_FN;
#define BLKDBG_CO_EVENT(child, event) bdrv_co_debug_event(child, event)

/* ---- drivers ------------------------------------------------------------ */

typedef struct BDRVReopenState {
    BlockDriverState *bs;
    JsonObject *options; /* all of it, as for opening */
    int flags;
    void *opaque; /* the driver's, from prepare to commit or abort */
} BDRVReopenState;

struct BlockDriver {
    const char *format_name;
    size_t instance_size; /* of bs->opaque, zeroed before bdrv_open() */

    bool is_protocol;       /* has a file name and no children */
    bool is_filter;         /* shows its file child as it is */
    bool is_format;         /* its file child holds an image */
    bool supports_backing;

    /* Beside what every node has, and child names; end with no name. */
    const BlockOption *options;
    /* Of bdrv_create(). */
    const BlockOption *create_options;
    /* What the option of bs->file is called; NULL: "file". */
    const char *file_child_name;

    /* 0: surely not, 100: surely. */
    int (*bdrv_probe)(const uint8_t *buf, int bytes, const char *filename)
        SLOT(GRAPH_UNLOCKED_PTR GS_FN);

    /*
     * The main loop, no coroutine.  options has been checked against the
     * table.  bs->open_flags, read_only and detect_zeroes are set; children
     * are opened with bdrv_open_file_child() or bdrv_open_child().  A driver
     * that cannot write calls bdrv_apply_auto_read_only().  After a failure
     * the children are taken away and opaque is freed; bdrv_close() is not
     * called.
     */
    bool (*bdrv_open)(BlockDriverState *bs, JsonObject *options, int flags,
                      GError **error)
        GRAPH_UNLOCKED_PTR SLOT(DROPS(bql)) SLOT(GS_FN);
    /* Drained, no coroutine; the children are still there. */
    void (*bdrv_close)(BlockDriverState *bs)
        GRAPH_UNLOCKED_PTR SLOT(DROPS(bql)) SLOT(GS_FN);
    /* Sets all of bs->bl that it knows better than the defaults. */
    void (*bdrv_refresh_limits)(BlockDriverState *bs)
        GRAPH_RDLOCK_PTR SLOT(GS_FN);

    bool (*bdrv_create)(const char *filename, JsonObject *opts,
                        GError **error)
        GRAPH_UNLOCKED_PTR SLOT(DROPS(bql)) SLOT(GS_FN);

    /* All or nothing over several nodes: prepare changes nothing that cannot
     * be undone; then either commit or abort.  Drained. */
    bool (*bdrv_reopen_prepare)(BDRVReopenState *state, GError **error)
        GRAPH_UNLOCKED_PTR SLOT(DROPS(bql)) SLOT(GS_FN);
    void (*bdrv_reopen_commit)(BDRVReopenState *state)
        GRAPH_UNLOCKED_PTR SLOT(DROPS(bql)) SLOT(GS_FN);
    void (*bdrv_reopen_abort)(BDRVReopenState *state)
        GRAPH_UNLOCKED_PTR SLOT(DROPS(bql)) SLOT(GS_FN);

    /*
     * Data.  Requests are aligned to bl.request_alignment and within the
     * limits; the end of the image is rounded up.  qiov may be NULL only
     * where bytes is 0.  Flags beyond supported_write_flags do not come.
     */
    int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_preadv_part)(
        BlockDriverState *bs, int64_t offset, int64_t bytes, IoVector *qiov,
        size_t qiov_offset, BdrvRequestFlags flags) IO_FN;
    int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_pwritev_part)(
        BlockDriverState *bs, int64_t offset, int64_t bytes, IoVector *qiov,
        size_t qiov_offset, BdrvRequestFlags flags) IO_FN;
    /* -ENOTSUP: zeroes are written instead. */
    int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_pwrite_zeroes)(
        BlockDriverState *bs, int64_t offset, int64_t bytes,
        BdrvRequestFlags flags) IO_FN;
    int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_pdiscard)(
        BlockDriverState *bs, int64_t offset, int64_t bytes) IO_FN;
    /* What the driver keeps in memory, to its children. */
    int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_flush_to_os)(
        BlockDriverState *bs) IO_FN;
    /* What it has written, to stable storage. */
    int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_flush_to_disk)(
        BlockDriverState *bs) IO_FN;

    int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_truncate)(
        BlockDriverState *bs, int64_t offset, bool exact,
        PreallocMode prealloc, BdrvRequestFlags flags, GError **error) IO_FN;
    int64_t coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_getlength)(
        BlockDriverState *bs) IO_FN;
    int64_t coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_get_allocated_file_size)(
        BlockDriverState *bs) IO_FN;
    /* Within the image, bytes > 0; returns with 0 < *pnum.  *map and *file
     * with BDRV_BLOCK_OFFSET_VALID or RAW. */
    int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_block_status)(
        BlockDriverState *bs, bool want_zero, int64_t offset, int64_t bytes,
        int64_t *pnum, int64_t *map, BlockDriverState **file) IO_FN;
    int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_get_info)(
        BlockDriverState *bs, BlockDriverInfo *info) IO_FN;
    int coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_check)(
        BlockDriverState *bs, BdrvCheckResult *result,
        BdrvCheckMode fix) IO_FN;
    void coroutine_fn GRAPH_RDLOCK_PTR (*bdrv_co_debug_event)(
        BlockDriverState *bs, BlkdebugEvent event) IO_FN;

    /* {"type": ..., "data": {...}} of `info`, or NULL; owned by the caller. */
    JsonObject *(*bdrv_get_specific_info)(BlockDriverState *bs)
        GRAPH_RDLOCK_PTR SLOT(GS_FN);

    /* What the node needs of a child, given what its parents need of it. */
    void (*bdrv_child_perm)(BlockDriverState *bs, BdrvChild *c,
                            BdrvChildRole role, uint64_t parent_perm,
                            uint64_t parent_shared, uint64_t *nperm,
                            uint64_t *nshared) GRAPH_RDLOCK_PTR SLOT(GS_FN);
    /* What all parents need together.  A check that works is followed by set
     * or abort; one that fails has changed nothing. */
    bool (*bdrv_check_perm)(BlockDriverState *bs, uint64_t perm,
                            uint64_t shared, GError **error)
        GRAPH_RDLOCK_PTR SLOT(GS_FN);
    void (*bdrv_set_perm)(BlockDriverState *bs, uint64_t perm,
                          uint64_t shared) GRAPH_RDLOCK_PTR SLOT(GS_FN);
    void (*bdrv_abort_perm_update)(BlockDriverState *bs)
        GRAPH_RDLOCK_PTR SLOT(GS_FN);

    /* Requests are stopped from the outside, but those the driver holds back
     * must come to their end now. */
    void (*bdrv_drain_begin)(BlockDriverState *bs)
        GRAPH_RDLOCK_PTR SLOT(GS_FN);
    void (*bdrv_drain_end)(BlockDriverState *bs)
        GRAPH_RDLOCK_PTR SLOT(GS_FN);
    /* Drained; bs->aio_context is the old one, or the new one. */
    void (*bdrv_detach_aio_context)(BlockDriverState *bs)
        GRAPH_RDLOCK_PTR SLOT(GS_FN);
    void (*bdrv_attach_aio_context)(BlockDriverState *bs, AioContext *ctx)
        GRAPH_RDLOCK_PTR SLOT(GS_FN);
};

#define BLOCK_DRIVER(name) extern const BlockDriver bdrv_##name;
#include "block/driver_list.h"
#undef BLOCK_DRIVER

/* ---- edges -------------------------------------------------------------- */

/* The parent's side of an edge. */
typedef struct BdrvChildClass {
    bool parent_is_bds;
    /* "node 'x'", "block device 'y'"; owned by the caller. */
    char *(*get_parent_desc)(BdrvChild *c) GRAPH_RDLOCK_PTR SLOT(GS_FN);
    /* Sends no new requests from begin to end; poll: some are under way. */
    void (*drained_begin)(BdrvChild *c) GRAPH_RDLOCK_PTR SLOT(GS_FN);
    bool (*drained_poll)(BdrvChild *c) GRAPH_RDLOCK_PTR SLOT(GS_FN);
    void (*drained_end)(BdrvChild *c) GRAPH_RDLOCK_PTR SLOT(GS_FN);
    /* The child's length has changed.  Any thread. */
    void (*resize)(BdrvChild *c) GRAPH_RDLOCK_PTR SLOT(IO_FN);
    /* NULL: follows. */
    bool (*can_set_aio_context)(BdrvChild *c, AioContext *ctx,
                                GError **error)
        GRAPH_RDLOCK_PTR SLOT(GS_FN);
    void (*set_aio_context)(BdrvChild *c, AioContext *ctx)
        GRAPH_RDLOCK_PTR SLOT(GS_FN);
} BdrvChildClass;

extern const BdrvChildClass child_of_bds;

struct BdrvChild {
    BlockDriverState *bs; /* never changes in the life of an edge */
    char *name;           /* "file", "backing", "root", ... */
    const BdrvChildClass *klass;
    BdrvChildRole role;
    void *opaque; /* the parent: a BlockDriverState or a BlockBackend */
    uint64_t perm GUARDED_BY(graph_lock);
    uint64_t shared_perm GUARDED_BY(graph_lock);
    uint64_t new_perm, new_shared; /* while an update is being checked */
    bool quiesced_parent; /* drained_begin() has been called.  BQL */
    BdrvChild *next_child GUARDED_BY(graph_lock);
    BdrvChild *next_parent GUARDED_BY(graph_lock);
};

/* ---- nodes -------------------------------------------------------------- */

typedef struct BdrvTrackedRequest BdrvTrackedRequest;

/* A request as others that overlap it see it. */
struct BdrvTrackedRequest {
    BlockDriverState *bs;
    int64_t offset, bytes;
    bool is_write;
    bool serialising;
    int64_t overlap_offset, overlap_bytes; /* rounded out */
    BdrvTrackedRequest *next, **prev;      /* under bs->reqs_lock */
    Coroutine *co;
    CoQueue wait_queue;            /* those it is in the way of */
    BdrvTrackedRequest *waiting_for;
};

struct BlockDriverState {
    const BlockDriver *drv;
    void *opaque; /* the driver's */

    int open_flags; /* BDRV_O_... */
    bool read_only;
    bool force_share;
    bool opened; /* bdrv_close() is due */
    bool has_variable_length; /* total_bytes may be wrong: ask the driver */
    BlockdevDetectZeroes detect_zeroes;
    char *node_name;     /* never NULL */
    char *filename;      /* NULL: none */
    JsonObject *options; /* as given, with nested nodes */
    bool monitor_owned;  /* made by blockdev-add.  BQL */

    /* What the image says; set by bdrv_open() of formats. */
    char *backing_file;   /* NULL: none */
    char *backing_format; /* NULL: to be probed */

    BlockLimits bl;
    /* BDRV_REQ_... that the driver does itself. */
    BdrvRequestFlags supported_read_flags;
    BdrvRequestFlags supported_write_flags;
    BdrvRequestFlags supported_zero_flags;
    BdrvRequestFlags supported_truncate_flags;

    BdrvChild *file GUARDED_BY(graph_lock);
    BdrvChild *backing GUARDED_BY(graph_lock);
    BdrvChild *children GUARDED_BY(graph_lock);
    BdrvChild *parents GUARDED_BY(graph_lock);

    int64_t total_bytes;     /* atomic */
    int64_t wr_highest_offset; /* atomic: the end of the last write */
    AioContext *aio_context; /* atomic; changed while drained */
    int refcnt;              /* BQL */
    int quiesce_counter;     /* BQL; read by requests, atomic */
    unsigned in_flight;      /* atomic */
    unsigned serialising_in_flight; /* atomic */

    CoMutex reqs_lock;
    BdrvTrackedRequest *tracked_requests GUARDED_BY(&reqs_lock);

    unsigned write_gen; /* atomic; one up for each write that is done */
    CoQueue flush_queue GUARDED_BY(&reqs_lock);
    bool active_flush GUARDED_BY(&reqs_lock);
    unsigned flushed_gen GUARDED_BY(&reqs_lock);

    VmMutex dirty_bitmap_lock LOCK_RANK(RANK_DIRTY_BITMAP);
    BdrvDirtyBitmap *dirty_bitmaps GUARDED_BY(&dirty_bitmap_lock);

    BlockDriverState *next; /* of all nodes.  BQL */
};

/* ---- for drivers -------------------------------------------------------- */

/* The child that options has under its name: an object, or a node's name. */
BdrvChild *bdrv_open_child(BlockDriverState *parent, JsonObject *options,
                           const char *name, const BdrvChildClass *klass,
                           BdrvChildRole role, bool allow_none,
                           GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* "file", as bs->file: of filters and formats. */
bool bdrv_open_file_child(BlockDriverState *bs, JsonObject *options,
                          GError **error) GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* Takes over the reference to child_bs, also on failure. */
BdrvChild *bdrv_attach_child(BlockDriverState *parent,
                             BlockDriverState *child_bs, const char *name,
                             const BdrvChildClass *klass, BdrvChildRole role,
                             GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* NULL is fine. */
void bdrv_unref_child(BlockDriverState *parent, BdrvChild *child)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* The same edges for parents that are not nodes. */
BdrvChild *bdrv_root_attach_child(BlockDriverState *child_bs,
                                  const char *name,
                                  const BdrvChildClass *klass,
                                  BdrvChildRole role, uint64_t perm,
                                  uint64_t shared, void *opaque,
                                  GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
void bdrv_root_unref_child(BdrvChild *child)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
bool bdrv_child_try_set_perm(BdrvChild *c, uint64_t perm, uint64_t shared,
                             GError **error) GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* Computes the children's anew, when what the driver needs has changed. */
bool bdrv_child_refresh_perms(BlockDriverState *bs, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* What most drivers need: filters, images, backing files. */
void bdrv_default_perms(BlockDriverState *bs, BdrvChild *c,
                        BdrvChildRole role, uint64_t parent_perm,
                        uint64_t parent_shared, uint64_t *nperm,
                        uint64_t *nshared) GRAPH_RDLOCK GS_FN;

/* Becomes read-only if it may, or says why it must not. */
bool bdrv_apply_auto_read_only(BlockDriverState *bs, const char *why,
                               GError **error) GS_FN;
void bdrv_refresh_limits(BlockDriverState *bs) GRAPH_RDLOCK GS_FN;
/* Asks the driver for the length. */
int coroutine_fn bdrv_co_refresh_total_bytes(BlockDriverState *bs)
    GRAPH_RDLOCK IO_FN;
int co_wrapper_mixed_bdrv_rdlock bdrv_refresh_total_bytes(BlockDriverState *bs)
    IO_OR_GS_FN;

/* ---- between the files of this layer ------------------------------------ */

#define BDRV_DETECT_ZEROES_VALUES "off|on|unmap"
/* Every node's, the driver's, and its children's names. */
bool bdrv_check_options(const BlockDriver *drv, JsonObject *options,
                        GError **error) GS_FN;
/* flags, changed by what options say; they have been checked. */
int bdrv_flags_of(JsonObject *options, int flags) GS_FN;
const char *bdrv_file_child_name(const BlockDriver *drv) GS_FN;
/* A node of that driver, with one reference, in no list yet. */
BlockDriverState *bdrv_new(const BlockDriver *drv) GS_FN;
/* Names it and makes it findable; NULL: a name is made up. */
bool bdrv_register(BlockDriverState *bs, const char *node_name,
                   GError **error) GS_FN;
/* In the order of opening, named or not; NULL: the first. */
BlockDriverState *bdrv_next_any(BlockDriverState *bs) GS_FN;
/* Checks what follows for bs and all below it from new_perm and new_shared of
 * changed (which may be NULL), and makes it so, or changes nothing. */
bool bdrv_update_perms(BlockDriverState *bs, BdrvChild *changed,
                       GError **error) GRAPH_WRLOCK GS_FN;
/* What a node needs of its child, with bs->force_share counted in. */
void bdrv_child_perm(BlockDriverState *bs, BdrvChild *c, uint64_t perm,
                     uint64_t shared, uint64_t *nperm, uint64_t *nshared)
    GRAPH_RDLOCK GS_FN;
bool blk_name_is_taken(const char *name) GS_FN;
/* What all parents need and share together. */
void bdrv_get_cumulative_perm(BlockDriverState *bs, uint64_t *perm,
                              uint64_t *shared) GRAPH_RDLOCK GS_FN;
/* The parts of drained sections; see drain.c. */
void bdrv_do_drained_begin_quiesce(BlockDriverState *bs) GRAPH_RDLOCK GS_FN;
void bdrv_do_drained_end(BlockDriverState *bs) GRAPH_RDLOCK GS_FN;
bool bdrv_drain_poll(BlockDriverState *bs) GRAPH_RDLOCK GS_FN;
/* Of a new edge, or one that goes: takes part in what its node is in. */
void bdrv_parent_drained_begin(BdrvChild *c) GRAPH_RDLOCK GS_FN;
void bdrv_parent_drained_end(BdrvChild *c) GRAPH_RDLOCK GS_FN;
/* A new node is drained as often as all are at the moment. */
void bdrv_drain_all_take_part(BlockDriverState *bs) GS_FN;
int bdrv_drain_all_depth(void) GS_FN;
/* Of backends, for bdrv_drain_all(). */
void blk_all_drained_begin(void) GS_FN;
void blk_all_drained_end(void) GS_FN;
bool blk_all_drain_poll(void) GS_FN;

/* Requests as others see them; see request.c. */
void coroutine_fn tracked_request_begin(BdrvTrackedRequest *req,
                                        BlockDriverState *bs, int64_t offset,
                                        int64_t bytes, bool is_write) IO_FN;
/* Keeps off all that overlaps the range, rounded out to align, until the end;
 * returns when what is there already is done. */
void coroutine_fn tracked_request_serialise(BdrvTrackedRequest *req,
                                            int64_t align) IO_FN;
void coroutine_fn tracked_request_end(BdrvTrackedRequest *req) IO_FN;
/* The parts of a write that discards and zero writes share; see io.c. */
int bdrv_write_begin(BdrvChild *child, int64_t offset, int64_t bytes)
    GRAPH_RDLOCK IO_FN;
/* Tells parents of a new length. */
void bdrv_parents_resized(BlockDriverState *bs) GRAPH_RDLOCK IO_FN;
void bdrv_write_done(BlockDriverState *bs, int64_t offset, int64_t bytes,
                     bool may_grow) GRAPH_RDLOCK IO_FN;
int coroutine_fn bdrv_do_write_zeroes(BdrvTrackedRequest *req,
                                      int64_t offset, int64_t bytes,
                                      BdrvRequestFlags flags)
    GRAPH_RDLOCK IO_FN;
int coroutine_fn bdrv_driver_pwritev(BlockDriverState *bs, int64_t offset,
                                     int64_t bytes, IoVector *qiov,
                                     size_t qiov_offset,
                                     BdrvRequestFlags flags)
    GRAPH_RDLOCK IO_FN;
/* Of a write that need not be aligned: through a bounce buffer. */
int coroutine_fn bdrv_bounce_write(BdrvTrackedRequest *req, int64_t offset,
                                   int64_t bytes, IoVector *qiov,
                                   size_t qiov_offset,
                                   BdrvRequestFlags flags)
    GRAPH_RDLOCK IO_FN;

/* All writes with their dirty bitmaps; called by io.c and truncation. */
void bdrv_set_dirty(BlockDriverState *bs, int64_t offset, int64_t bytes)
    IO_FN;
void bdrv_dirty_bitmaps_truncate(BlockDriverState *bs, int64_t bytes) IO_FN;
void bdrv_release_all_dirty_bitmaps(BlockDriverState *bs) GS_FN;

#endif
