/* SPDX-License-Identifier: MIT */
/*
 * qcow2_format.h - the qcow2 image format, byte by byte, and pure functions
 * over buffers that hold it.  No input or output here.
 *
 * A file is a row of clusters of 1 << cluster_bits bytes.  All numbers are
 * big-endian.  The first cluster:
 *
 *     byte  size  field
 *        0     4  magic "QFI\xfb"
 *        4     4  version, 2 or 3
 *        8     8  backing_file_offset, 0: none
 *       16     4  backing_file_size, at most 1023
 *       20     4  cluster_bits, 9 to 21 here
 *       24     8  size of the virtual disk, bytes
 *       32     4  crypt_method, 0 here
 *       36     4  l1_size, entries
 *       40     8  l1_table_offset
 *       48     8  refcount_table_offset
 *       56     4  refcount_table_clusters
 *       60     4  nb_snapshots
 *       64     8  snapshots_offset
 *                 -- end of version 2
 *       72     8  incompatible_features: 0 dirty, 1 corrupt, 2 external data
 *                 file, 3 compression type, 4 extended L2 entries
 *       80     8  compatible_features: 0 lazy refcounts
 *       88     8  autoclear_features: 0 bitmaps, 1 raw external data
 *       96     4  refcount_order, 0 to 6 (version 2: 4)
 *      100     4  header_length (version 2: 72)
 *      104     1  compression_type: 0 zlib, 1 zstd
 *
 * at header_length, header extensions: type (4), length (4), data, padded to
 * 8 bytes; type 0 ends them.  The backing file's name lies after them.
 *
 * A guest offset is looked up in L1 (one table, 8 bytes an entry) and L2 (one
 * cluster of 8-byte entries):
 *
 *     L1   bit 63     copied: the L2 table's refcount is exactly one
 *          bits 9-55  offset of the L2 table, 0: none
 *     L2   bit 63     copied: the cluster's refcount is exactly one
 *          bit 62     compressed
 *          bits 9-55  offset of the cluster, 0: none
 *          bit 0      reads as zeros (version 3)
 *     L2, compressed, with x = 62 - (cluster_bits - 8)
 *          bits 0-(x-1) offset of the data, in bytes
 *          bits x-61    512-byte sectors it touches after the first one
 *
 * How often a cluster is used, is counted: the refcount table (8 bytes an
 * entry, bits 9-63 the offset of a refcount block) and refcount blocks (one
 * cluster of entries of 1 << refcount_order bits; those below 8 bits fill
 * each byte from its least significant bit).
 *
 * Thread context: any.
 */
#ifndef REFVMM_BLOCK_QCOW2_FORMAT_H
#define REFVMM_BLOCK_QCOW2_FORMAT_H

#include "base/annotate.h"
#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

#define QCOW2_MAGIC 0x514649fbU
#define QCOW2_V2_HEADER_LENGTH 72
#define QCOW2_V3_HEADER_LENGTH 104
#define QCOW2_HEADER_LENGTH 112 /* what we write: with compression_type */

#define QCOW2_MIN_CLUSTER_BITS 9
#define QCOW2_MAX_CLUSTER_BITS 21
#define QCOW2_MAX_REFCOUNT_ORDER 6

/* Limits of this implementation, the same as everybody's. */
#define QCOW2_MAX_L1_BYTES (32 << 20)
#define QCOW2_MAX_REFTABLE_BYTES (8 << 20)
#define QCOW2_MAX_SNAPSHOTS 65536
#define QCOW2_MAX_SNAPSHOT_TABLE_BYTES (64 << 20)
#define QCOW2_MAX_SNAPSHOT_EXTRA 1024
#define QCOW2_MAX_BITMAPS 65535
#define QCOW2_MAX_BITMAP_DIRECTORY_BYTES (64 << 20)
#define QCOW2_MAX_BITMAP_TABLE_ENTRIES (1 << 22)
#define QCOW2_MAX_BACKING_NAME 1023

enum {
    QCOW2_OFF_BACKING_FILE = 8,
    QCOW2_OFF_SIZE = 24,
    QCOW2_OFF_L1_SIZE = 36,         /* followed by l1_table_offset */
    QCOW2_OFF_REFCOUNT_TABLE = 48,  /* followed by its clusters */
    QCOW2_OFF_NB_SNAPSHOTS = 60,    /* followed by snapshots_offset */
    QCOW2_OFF_INCOMPATIBLE = 72,
    QCOW2_OFF_COMPATIBLE = 80,
    QCOW2_OFF_AUTOCLEAR = 88,
};

#define QCOW2_INCOMPAT_DIRTY (UINT64_C(1) << 0)
#define QCOW2_INCOMPAT_CORRUPT (UINT64_C(1) << 1)
#define QCOW2_INCOMPAT_DATA_FILE (UINT64_C(1) << 2)
#define QCOW2_INCOMPAT_COMPRESSION (UINT64_C(1) << 3)
#define QCOW2_INCOMPAT_EXTENDED_L2 (UINT64_C(1) << 4)
#define QCOW2_COMPAT_LAZY_REFCOUNTS (UINT64_C(1) << 0)
#define QCOW2_AUTOCLEAR_BITMAPS (UINT64_C(1) << 0)

enum {
    QCOW2_EXT_END = 0,
    QCOW2_EXT_BACKING_FORMAT = (int)0xe2792aca,
    QCOW2_EXT_FEATURE_NAMES = 0x6803f857,
    QCOW2_EXT_BITMAPS = 0x23852875,
    QCOW2_EXT_CRYPTO_HEADER = 0x0537be77,
    QCOW2_EXT_DATA_FILE = 0x44415441,
};

#define QCOW2_OFLAG_COPIED (UINT64_C(1) << 63)
#define QCOW2_OFLAG_COMPRESSED (UINT64_C(1) << 62)
#define QCOW2_OFLAG_ZERO UINT64_C(1)
#define QCOW2_OFFSET_MASK UINT64_C(0x00fffffffffffe00)
#define QCOW2_L1E_RESERVED UINT64_C(0x7f000000000001ff)
#define QCOW2_L2E_RESERVED UINT64_C(0x3f000000000001fe)
#define QCOW2_REFTABLE_RESERVED UINT64_C(0x1ff)

typedef struct Qcow2Extension {
    uint32_t type;
    uint32_t length;
    uint8_t *data;
} Qcow2Extension;

/* The first cluster, parsed.  Fields are named as above. */
typedef struct Qcow2Header {
    uint32_t version;
    uint32_t cluster_bits;
    uint64_t size;
    uint32_t l1_size;
    uint64_t l1_table_offset;
    uint64_t refcount_table_offset;
    uint32_t refcount_table_clusters;
    uint32_t nb_snapshots;
    uint64_t snapshots_offset;
    uint64_t incompatible_features;
    uint64_t compatible_features;
    uint64_t autoclear_features;
    uint32_t refcount_order;
    uint32_t header_length;
    uint8_t compression_type;

    char *backing_file;   /* NULL: none */
    char *backing_format; /* NULL: not said */
    bool has_bitmaps;     /* the extension is there; the next three are its */
    uint32_t nb_bitmaps;
    uint64_t bitmap_directory_size;
    uint64_t bitmap_directory_offset;
    GArray *unknown; /* of Qcow2Extension: kept as they are; NULL: none */
    uint8_t *tail;   /* of the header, after QCOW2_V3_HEADER_LENGTH */
} Qcow2Header;

typedef enum Qcow2ClusterType {
    QCOW2_CLUSTER_UNALLOCATED,
    QCOW2_CLUSTER_ZERO_PLAIN, /* zeros, no cluster */
    QCOW2_CLUSTER_ZERO_ALLOC, /* zeros, a cluster is kept for it */
    QCOW2_CLUSTER_NORMAL,
    QCOW2_CLUSTER_COMPRESSED,
} Qcow2ClusterType;

static inline uint64_t qcow2_be64(const void *p)
{
    uint64_t v;

    __builtin_memcpy(&v, p, sizeof v);
    return GUINT64_FROM_BE(v);
}

static inline uint32_t qcow2_be32(const void *p)
{
    uint32_t v;

    __builtin_memcpy(&v, p, sizeof v);
    return GUINT32_FROM_BE(v);
}

static inline uint16_t qcow2_be16(const void *p)
{
    uint16_t v;

    __builtin_memcpy(&v, p, sizeof v);
    return GUINT16_FROM_BE(v);
}

static inline void qcow2_put_be64(void *p, uint64_t v)
{
    v = GUINT64_TO_BE(v);
    __builtin_memcpy(p, &v, sizeof v);
}

static inline void qcow2_put_be32(void *p, uint32_t v)
{
    v = GUINT32_TO_BE(v);
    __builtin_memcpy(p, &v, sizeof v);
}

/* Whether buf begins as an image of ours does. */
bool qcow2_format_probe(const uint8_t *buf, size_t length) IO_FN;

/*
 * The cluster_bits of a file that begins with buf (at least 24 bytes), or -1
 * with an error.  name is for messages.
 */
int qcow2_format_cluster_bits(const uint8_t *buf, const char *name,
                              GError **error) IO_FN;

/*
 * Parses the first cluster (all of it, zeros after the file's end).  Every
 * field is checked as far as that can be done without reading more.  On
 * failure h holds nothing.
 */
bool qcow2_header_parse(Qcow2Header *h, const uint8_t *buf,
                        const char *name, GError **error) IO_FN;
/* Refuses what this implementation cannot read. */
bool qcow2_header_check_features(const Qcow2Header *h, const uint8_t *buf,
                                 const char *name, GError **error) IO_FN;
/*
 * Writes the header, its extensions and the backing file's name to buf, one
 * cluster, zeroed; false with an error where they do not fit.
 */
bool qcow2_header_build(const Qcow2Header *h, uint8_t *buf,
                        GError **error) IO_FN;
void qcow2_header_clear(Qcow2Header *h) IO_FN;

/* Entries of L1 needed for a disk of size bytes. */
uint64_t qcow2_l1_entries(uint64_t size, uint32_t cluster_bits) IO_FN;

/* The n-th entry of a refcount block. */
uint64_t qcow2_refcount_get(const void *block, uint64_t n, int order) IO_FN;
void qcow2_refcount_set(void *block, uint64_t n, int order,
                        uint64_t value) IO_FN;
uint64_t qcow2_refcount_max(int order) IO_FN;

static inline Qcow2ClusterType qcow2_l2_entry_type(uint64_t entry)
{
    if (entry & QCOW2_OFLAG_COMPRESSED) {
        return QCOW2_CLUSTER_COMPRESSED;
    }
    if (entry & QCOW2_OFLAG_ZERO) {
        return entry & QCOW2_OFFSET_MASK ? QCOW2_CLUSTER_ZERO_ALLOC
                                         : QCOW2_CLUSTER_ZERO_PLAIN;
    }
    return entry & QCOW2_OFFSET_MASK ? QCOW2_CLUSTER_NORMAL
                                     : QCOW2_CLUSTER_UNALLOCATED;
}

/* Where the data of a compressed cluster lies, and how long it may be. */
static inline void qcow2_l2_entry_compressed(uint64_t entry,
                                             uint32_t cluster_bits,
                                             uint64_t *offset,
                                             uint64_t *length)
{
    unsigned shift = 62 - (cluster_bits - 8);
    uint64_t sectors =
        (entry >> shift & ((UINT64_C(1) << (cluster_bits - 8)) - 1)) + 1;

    *offset = entry & ((UINT64_C(1) << shift) - 1);
    *length = sectors * 512 - (*offset & 511);
}

#endif
