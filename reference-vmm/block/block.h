/* SPDX-License-Identifier: MIT */
/*
 * block.h - block nodes: opening, closing, permissions, drain.
 *
 * A node (BlockDriverState) has a driver, and children that it gets its data
 * from: a qcow2 node has a file node as "file" and perhaps another node as
 * "backing".  Whoever uses a node, another node or a device's BlockBackend,
 * holds an edge to it (BdrvChild), which says what it does with the node and
 * what others may do meanwhile.
 *
 *     bs = bdrv_open("disk.qcow2", NULL, NULL, BDRV_O_RDWR, &error);
 *     bs = bdrv_open(NULL, NULL, options, 0, &error);   // as blockdev-add
 *     ...
 *     bdrv_unref(bs);
 *
 * Input and output is in block_io.h; devices use block_backend.h; drivers are
 * written against block_int.h.
 *
 * Thread context: under the BQL and outside coroutines, without the graph
 * lock, unless it says otherwise.
 */
#ifndef REFVMM_BLOCK_BLOCK_H
#define REFVMM_BLOCK_BLOCK_H

#include "base/aio.h"
#include "base/error.h"
#include "block/graph_lock.h"
#include "block/iov.h"
#include <inttypes.h>
#include <json-glib/json-glib.h>

typedef struct BlockDriver BlockDriver;
typedef struct BlockDriverState BlockDriverState;
typedef struct BdrvChild BdrvChild;
typedef struct BlockBackend BlockBackend;
typedef struct BdrvDirtyBitmap BdrvDirtyBitmap;

#define BDRV_SECTOR_SIZE ((int64_t)512)
/* The longest image: offsets and lengths stay below, whatever is added. */
#define BDRV_MAX_LENGTH ((int64_t)1 << 62)
/* One request to a driver is at most so long. */
#define BDRV_REQUEST_MAX_BYTES ((int64_t)0x7ffffe00)

/* ---- flags -------------------------------------------------------------- */

enum {
    BDRV_O_RDWR = 1 << 0,
    BDRV_O_NOCACHE = 1 << 1,     /* cache.direct */
    BDRV_O_NO_FLUSH = 1 << 2,    /* cache.no-flush */
    BDRV_O_UNMAP = 1 << 3,       /* discard=unmap */
    BDRV_O_NO_BACKING = 1 << 4,  /* do not open the backing file */
    BDRV_O_AUTO_RDONLY = 1 << 5, /* fall back to read-only */
    BDRV_O_CHECK = 1 << 6,       /* opened to be checked: tolerate damage */
    BDRV_O_PROTOCOL = 1 << 7,    /* a file name is for the file driver */
    BDRV_O_FORCE_SHARE = 1 << 8, /* let others do what they want */
    BDRV_O_NO_IO = 1 << 9,       /* only looked at */
};

typedef enum BdrvRequestFlags {
    BDRV_REQ_MAY_UNMAP = 1 << 0,   /* write zeroes: may deallocate */
    BDRV_REQ_FUA = 1 << 1,         /* on the disk when it returns */
    BDRV_REQ_NO_FALLBACK = 1 << 2, /* write zeroes: -ENOTSUP if not fast */
    BDRV_REQ_ZERO_WRITE = 1 << 3,  /* internal: the data is zeroes */
    BDRV_REQ_SERIALISING = 1 << 4, /* wait for and keep off overlapping ones */
    BDRV_REQ_WRITE_COMPRESSED = 1 << 5,
    BDRV_REQ_WRITE_UNCHANGED = 1 << 6, /* the content seen stays the same */
    BDRV_REQ_REGISTERED_BUF = 1 << 7,  /* aligned for the node already */
    BDRV_REQ_MASK = 0xff,
} BdrvRequestFlags;

/* What bdrv_co_block_status() says of a range. */
enum {
    BDRV_BLOCK_DATA = 1 << 0,         /* has to be read */
    BDRV_BLOCK_ZERO = 1 << 1,         /* reads as zeroes */
    BDRV_BLOCK_OFFSET_VALID = 1 << 2, /* *map is where in *file */
    BDRV_BLOCK_RAW = 1 << 3,          /* internal: ask *file at *map */
    BDRV_BLOCK_ALLOCATED = 1 << 4,    /* by this layer, not by its backing */
    BDRV_BLOCK_EOF = 1 << 5,          /* ends at the end of the image */
    BDRV_BLOCK_RECURSE = 1 << 6,      /* internal: *file may know better */
    BDRV_BLOCK_COMPRESSED = 1 << 7,
};

/* What a parent does with a node, and lets others do. */
enum {
    BLK_PERM_CONSISTENT_READ = 1 << 0,
    BLK_PERM_WRITE = 1 << 1,
    BLK_PERM_WRITE_UNCHANGED = 1 << 2,
    BLK_PERM_RESIZE = 1 << 3,
    BLK_PERM_ALL = 0xf,
};

/* What a child is to its parent. */
typedef enum BdrvChildRole {
    BDRV_CHILD_DATA = 1 << 0,     /* guest data lies in it */
    BDRV_CHILD_METADATA = 1 << 1, /* the parent's own data lies in it */
    BDRV_CHILD_FILTERED = 1 << 2, /* the parent shows it, as it is */
    BDRV_CHILD_COW = 1 << 3,      /* read where the parent has nothing */
    BDRV_CHILD_PRIMARY = 1 << 4,  /* the one the parent's name stands for */
    BDRV_CHILD_IMAGE = BDRV_CHILD_DATA | BDRV_CHILD_METADATA |
                       BDRV_CHILD_PRIMARY,
} BdrvChildRole;

typedef enum BlockdevDetectZeroes {
    BLOCKDEV_DETECT_ZEROES_OFF,
    BLOCKDEV_DETECT_ZEROES_ON,
    BLOCKDEV_DETECT_ZEROES_UNMAP,
} BlockdevDetectZeroes;

typedef enum PreallocMode {
    PREALLOC_MODE_OFF,
    PREALLOC_MODE_METADATA,
    PREALLOC_MODE_FALLOC,
    PREALLOC_MODE_FULL,
} PreallocMode;

typedef enum BdrvCheckMode {
    BDRV_FIX_LEAKS = 1,
    BDRV_FIX_ERRORS = 2,
} BdrvCheckMode;

typedef struct BdrvCheckResult {
    int64_t corruptions;
    int64_t leaks;
    int64_t check_errors;
    int64_t corruptions_fixed;
    int64_t leaks_fixed;
    int64_t image_end_offset;
    int64_t allocated_clusters, total_clusters;
    int64_t fragmented_clusters, compressed_clusters;
    GPtrArray *messages; /* of char *, one a finding; NULL: not wanted */
} BdrvCheckResult;

typedef struct BlockDriverInfo {
    int64_t cluster_size; /* 0: has none */
    bool is_dirty;        /* was not closed */
    bool subclusters;
} BlockDriverInfo;

/* ---- drivers ------------------------------------------------------------ */

/* Before anything else; twice is fine. */
void bdrv_init(void) GS_FN;
const BlockDriver *bdrv_find_format(const char *name) GS_FN; /* NULL: none */
/* The name of the i-th driver, NULL after the last; sorted. */
const char *bdrv_driver_name(int i) GS_FN;
/* Makes an image file; opts as `refvmm-img create -o` gives them, with at
 * least "size" unless there is a "backing_file". */
bool bdrv_create(const BlockDriver *drv, const char *filename,
                 JsonObject *opts, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* "raw", "qcow2", ...: by content, of an open protocol node. */
const BlockDriver *bdrv_probe_all(const uint8_t *buf, int bytes,
                                  const char *filename) GS_FN;

/* ---- nodes -------------------------------------------------------------- */

/*
 * Opens a tree of nodes.  Exactly one of filename (its format probed, unless
 * options has "driver"), reference (the name of a node, which gets one more
 * reference) and options (with "driver") must make it clear what; filename
 * and options go together.  options stays the caller's.  Options nobody knows
 * are errors that list what is known.
 */
BlockDriverState *bdrv_open(const char *filename, const char *reference,
                            JsonObject *options, int flags, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
void bdrv_ref(BlockDriverState *bs) GS_FN;
/* NULL is fine.  The last one closes it, and lets go of its children. */
void bdrv_unref(BlockDriverState *bs) GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* Changes options of a node that is in use; all nodes or none. */
bool bdrv_reopen(BlockDriverState *bs, JsonObject *options, GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;

BlockDriverState *bdrv_find_node(const char *node_name) GS_FN;
/* The one after bs of all that have a name, NULL: the first, or the end. */
BlockDriverState *bdrv_next_node(BlockDriverState *bs) GS_FN;
/* The node with this name, or that of the backend with it. */
BlockDriverState *bdrv_lookup_bs(const char *device, const char *node_name,
                                 GError **error) GS_FN;

const char *bdrv_get_node_name(const BlockDriverState *bs) IO_FN;
const char *bdrv_get_format_name(const BlockDriverState *bs) IO_FN;
bool bdrv_is_read_only(const BlockDriverState *bs) IO_FN;
int bdrv_get_flags(const BlockDriverState *bs) IO_FN;
/* "" when it has none. */
const char *bdrv_get_filename(const BlockDriverState *bs) GS_FN;
bool bdrv_has_backing(BlockDriverState *bs) GRAPH_RDLOCK IO_OR_GS_FN;
/* The nodes below it, through filters; NULL: none. */
BlockDriverState *bdrv_backing_bs(BlockDriverState *bs)
    GRAPH_RDLOCK IO_OR_GS_FN;
BlockDriverState *bdrv_skip_filters(BlockDriverState *bs)
    GRAPH_RDLOCK IO_OR_GS_FN;
/* DIR of overlay + backing, unless backing is absolute; owned. */
char *bdrv_full_backing_filename(const char *overlay, const char *backing)
    GS_FN;

/* Node names that blockdev-add made, for blockdev-del. */
void bdrv_close_all(void) GRAPH_UNLOCKED DROPS(bql) GS_FN;

/* ---- permissions -------------------------------------------------------- */

/* "write, resize"; owned. */
char *bdrv_perm_names(uint64_t perm) IO_FN;

/* ---- drain -------------------------------------------------------------- */

/*
 * Between the two no request is in bs and none of its parents sends one:
 * backends keep theirs queued.  Nests.
 */
void bdrv_drained_begin(BlockDriverState *bs)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;
void bdrv_drained_end(BlockDriverState *bs) GRAPH_UNLOCKED GS_FN;
/* Waits until what is in flight is done. */
void bdrv_drain(BlockDriverState *bs) GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* The same for all nodes and backends. */
void bdrv_drain_all_begin(void) GRAPH_UNLOCKED DROPS(bql) GS_FN;
void bdrv_drain_all_end(void) GRAPH_UNLOCKED GS_FN;
void bdrv_drain_all(void) GRAPH_UNLOCKED DROPS(bql) GS_FN;
/* All nodes, lowest last; 0 or the first -errno. */
int bdrv_flush_all(void) GRAPH_UNLOCKED DROPS(bql) GS_FN;

/* ---- contexts ----------------------------------------------------------- */

/* Where its wrappers and timers run; requests may come from any loop. */
AioContext *bdrv_get_aio_context(const BlockDriverState *bs) IO_FN;
/* Moves the node with everything that is linked to it. */
bool bdrv_try_change_aio_context(BlockDriverState *bs, AioContext *ctx,
                                 GError **error)
    GRAPH_UNLOCKED DROPS(bql) GS_FN;

#endif
