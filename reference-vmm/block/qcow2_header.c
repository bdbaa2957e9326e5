/* SPDX-License-Identifier: MIT */
/*
 * qcow2_header.c - the first cluster of a qcow2 image: parse, check, build.
 * See qcow2_format.h.
 *
 * Thread context: any; pure functions.
 */
#include "block/qcow2_format.h"
#include <inttypes.h>
#include <string.h>

#define FAIL(error, ...) \
    g_set_error((error), VM_ERROR, VM_ERROR_ARGUMENT, __VA_ARGS__)

bool qcow2_format_probe(const uint8_t *buf, size_t length)
{
    return length >= 8 && qcow2_be32(buf) == QCOW2_MAGIC &&
           qcow2_be32(buf + 4) >= 2;
}

int qcow2_format_cluster_bits(const uint8_t *buf, const char *name,
                              GError **error)
{
    uint32_t version = qcow2_be32(buf + 4), bits = qcow2_be32(buf + 20);

    if (qcow2_be32(buf) != QCOW2_MAGIC) {
        FAIL(error, "%s: not a qcow2 image: wrong magic", name);
        return -1;
    }
    if (version != 2 && version != 3) {
        FAIL(error, "%s: qcow2 version %" PRIu32 " is not supported "
             "(2 and 3 are)", name, version);
        return -1;
    }
    if (bits < QCOW2_MIN_CLUSTER_BITS || bits > QCOW2_MAX_CLUSTER_BITS) {
        FAIL(error, "%s: cluster_bits %" PRIu32 " is not in %d..%d", name,
             bits, QCOW2_MIN_CLUSTER_BITS, QCOW2_MAX_CLUSTER_BITS);
        return -1;
    }
    return (int)bits;
}

uint64_t qcow2_l1_entries(uint64_t size, uint32_t cluster_bits)
{
    uint32_t shift = 2 * cluster_bits - 3;

    return (size >> shift) + ((size & ((UINT64_C(1) << shift) - 1)) != 0);
}

/* A table must be aligned and must not wrap around. */
static bool check_table(const char *name, const char *field, uint64_t offset,
                        uint64_t bytes, uint32_t cluster_bits,
                        GError **error)
{
    if (offset & ((UINT64_C(1) << cluster_bits) - 1)) {
        FAIL(error, "%s: %s 0x%" PRIx64 " is not aligned to a cluster", name,
             field, offset);
        return false;
    }
    if (offset > (uint64_t)INT64_MAX - bytes) {
        FAIL(error, "%s: %s 0x%" PRIx64 " is too large", name, field, offset);
        return false;
    }
    return true;
}

static bool check_tables(const Qcow2Header *h, const char *name,
                         GError **error)
{
    uint64_t cluster = UINT64_C(1) << h->cluster_bits, needed;

    needed = qcow2_l1_entries(h->size, h->cluster_bits);
    if (h->size > INT64_MAX || needed > QCOW2_MAX_L1_BYTES / 8) {
        FAIL(error, "%s: size %" PRIu64 " needs an L1 table larger than "
             "%d bytes", name, h->size, QCOW2_MAX_L1_BYTES);
        return false;
    }
    if (h->l1_size > QCOW2_MAX_L1_BYTES / 8) {
        FAIL(error, "%s: l1_size %" PRIu32 " is larger than %d", name,
             h->l1_size, QCOW2_MAX_L1_BYTES / 8);
        return false;
    }
    if (h->l1_size < needed) {
        FAIL(error, "%s: l1_size %" PRIu32 " is too small for size %" PRIu64,
             name, h->l1_size, h->size);
        return false;
    }
    if (h->refcount_table_clusters > QCOW2_MAX_REFTABLE_BYTES / cluster) {
        FAIL(error, "%s: refcount_table_clusters %" PRIu32 " is larger than "
             "%" PRIu64, name, h->refcount_table_clusters,
             QCOW2_MAX_REFTABLE_BYTES / cluster);
        return false;
    }
    if (h->nb_snapshots > QCOW2_MAX_SNAPSHOTS) {
        FAIL(error, "%s: nb_snapshots %" PRIu32 " is larger than %d", name,
             h->nb_snapshots, QCOW2_MAX_SNAPSHOTS);
        return false;
    }
    return check_table(name, "l1_table_offset", h->l1_table_offset,
                       (uint64_t)h->l1_size * 8, h->cluster_bits, error) &&
           check_table(name, "refcount_table_offset",
                       h->refcount_table_offset,
                       h->refcount_table_clusters * cluster, h->cluster_bits,
                       error) &&
           check_table(name, "snapshots_offset", h->snapshots_offset,
                       QCOW2_MAX_SNAPSHOT_TABLE_BYTES, h->cluster_bits,
                       error);
}

static bool parse_bitmaps(Qcow2Header *h, const uint8_t *data,
                          uint32_t length, const char *name, GError **error)
{
    if (length != 24) {
        FAIL(error, "%s: bitmaps extension: length %" PRIu32 " is not 24",
             name, length);
        return false;
    }
    h->nb_bitmaps = qcow2_be32(data);
    h->bitmap_directory_size = qcow2_be64(data + 8);
    h->bitmap_directory_offset = qcow2_be64(data + 16);
    h->has_bitmaps = true;
    if (!(h->autoclear_features & QCOW2_AUTOCLEAR_BITMAPS)) {
        return true; /* inconsistent: what it says, is not looked at */
    }
    if (!h->nb_bitmaps || h->nb_bitmaps > QCOW2_MAX_BITMAPS) {
        FAIL(error, "%s: bitmaps extension: nb_bitmaps %" PRIu32
             " is not in 1..%d", name, h->nb_bitmaps, QCOW2_MAX_BITMAPS);
        return false;
    }
    if (qcow2_be32(data + 4)) {
        FAIL(error, "%s: bitmaps extension: reserved field is not zero",
             name);
        return false;
    }
    if (h->bitmap_directory_size > QCOW2_MAX_BITMAP_DIRECTORY_BYTES ||
        h->bitmap_directory_size < (uint64_t)h->nb_bitmaps * 24) {
        FAIL(error, "%s: bitmaps extension: bitmap_directory_size %" PRIu64
             " does not fit %" PRIu32 " bitmaps", name,
             h->bitmap_directory_size, h->nb_bitmaps);
        return false;
    }
    return check_table(name, "bitmap_directory_offset",
                       h->bitmap_directory_offset, h->bitmap_directory_size,
                       h->cluster_bits, error);
}

static bool parse_extension(Qcow2Header *h, uint32_t type,
                            const uint8_t *data, uint32_t length,
                            const char *name, GError **error)
{
    Qcow2Extension e = { type, length, NULL };

    switch (type) {
    case QCOW2_EXT_BACKING_FORMAT:
        if (length > 15 || h->backing_format) {
            FAIL(error, "%s: backing format extension: %s", name,
                 h->backing_format ? "there are two" : "too long");
            return false;
        }
        h->backing_format = g_strndup((const char *)data, length);
        return true;
    case QCOW2_EXT_FEATURE_NAMES:
        return true; /* read when a feature is refused; ours when written */
    case QCOW2_EXT_BITMAPS:
        if (h->has_bitmaps) {
            FAIL(error, "%s: bitmaps extension: there are two", name);
            return false;
        }
        return parse_bitmaps(h, data, length, name, error);
    }
    if (!h->unknown) {
        h->unknown = g_array_new(FALSE, FALSE, sizeof e);
    }
    e.data = g_memdup2(data, length);
    g_array_append_val(h->unknown, e);
    return true;
}

/* Extensions end with type 0, at the backing file's name, or with the
 * cluster. */
static bool parse_extensions(Qcow2Header *h, const uint8_t *buf, uint64_t end,
                             const char *name, GError **error)
{
    uint64_t at = h->header_length;

    while (at + 8 <= end) {
        uint32_t type = qcow2_be32(buf + at);
        uint32_t length = qcow2_be32(buf + at + 4);

        at += 8;
        if (type == QCOW2_EXT_END) {
            break;
        }
        if (length > end - at) {
            FAIL(error, "%s: header extension 0x%08" PRIx32 ": length %"
                 PRIu32 " goes past the end of the area", name, type, length);
            return false;
        }
        if (!parse_extension(h, type, buf + at, length, name, error)) {
            return false;
        }
        at += ((uint64_t)length + 7) & ~UINT64_C(7);
    }
    if ((h->autoclear_features & QCOW2_AUTOCLEAR_BITMAPS) &&
        !h->has_bitmaps) {
        /* Harmless: the feature is cleared by whoever writes next. */
        h->autoclear_features &= ~QCOW2_AUTOCLEAR_BITMAPS;
    }
    return true;
}

static bool parse_backing(Qcow2Header *h, const uint8_t *buf, uint64_t *end,
                          const char *name, GError **error)
{
    uint64_t cluster = UINT64_C(1) << h->cluster_bits;
    uint64_t offset = qcow2_be64(buf + QCOW2_OFF_BACKING_FILE);
    uint32_t length = qcow2_be32(buf + 16);

    *end = cluster;
    if (!offset) {
        return true;
    }
    if (offset < h->header_length || offset > cluster) {
        FAIL(error, "%s: backing_file_offset 0x%" PRIx64 " is not in the "
             "first cluster, after the header", name, offset);
        return false;
    }
    if (length > QCOW2_MAX_BACKING_NAME || length > cluster - offset) {
        FAIL(error, "%s: backing_file_size %" PRIu32 " is too large", name,
             length);
        return false;
    }
    *end = offset;
    if (length) {
        h->backing_file = g_strndup((const char *)buf + offset, length);
    }
    return true;
}

static bool parse_v3(Qcow2Header *h, const uint8_t *buf, const char *name,
                     GError **error)
{
    h->refcount_order = 4;
    h->header_length = QCOW2_V2_HEADER_LENGTH;
    if (h->version < 3) {
        return true;
    }
    h->incompatible_features = qcow2_be64(buf + QCOW2_OFF_INCOMPATIBLE);
    h->compatible_features = qcow2_be64(buf + QCOW2_OFF_COMPATIBLE);
    h->autoclear_features = qcow2_be64(buf + QCOW2_OFF_AUTOCLEAR);
    h->refcount_order = qcow2_be32(buf + 96);
    h->header_length = qcow2_be32(buf + 100);
    if (h->header_length < QCOW2_V3_HEADER_LENGTH ||
        h->header_length > UINT32_C(1) << h->cluster_bits ||
        h->header_length % 8) {
        FAIL(error, "%s: header_length %" PRIu32 " is not a multiple of 8 "
             "from %d to the cluster size", name, h->header_length,
             QCOW2_V3_HEADER_LENGTH);
        return false;
    }
    if (h->refcount_order > QCOW2_MAX_REFCOUNT_ORDER) {
        FAIL(error, "%s: refcount_order %" PRIu32 " is larger than %d", name,
             h->refcount_order, QCOW2_MAX_REFCOUNT_ORDER);
        return false;
    }
    if (h->header_length > QCOW2_V3_HEADER_LENGTH) {
        h->compression_type = buf[QCOW2_V3_HEADER_LENGTH];
        h->tail = g_memdup2(buf + QCOW2_V3_HEADER_LENGTH,
                            h->header_length - QCOW2_V3_HEADER_LENGTH);
    }
    return true;
}

bool qcow2_header_parse(Qcow2Header *h, const uint8_t *buf,
                        const char *name, GError **error)
{
    int cluster_bits = qcow2_format_cluster_bits(buf, name, error);
    uint64_t end;

    memset(h, 0, sizeof *h);
    if (cluster_bits < 0) {
        return false;
    }
    h->version = qcow2_be32(buf + 4);
    h->cluster_bits = (uint32_t)cluster_bits;
    h->size = qcow2_be64(buf + QCOW2_OFF_SIZE);
    h->l1_size = qcow2_be32(buf + QCOW2_OFF_L1_SIZE);
    h->l1_table_offset = qcow2_be64(buf + QCOW2_OFF_L1_SIZE + 4);
    h->refcount_table_offset = qcow2_be64(buf + QCOW2_OFF_REFCOUNT_TABLE);
    h->refcount_table_clusters =
        qcow2_be32(buf + QCOW2_OFF_REFCOUNT_TABLE + 8);
    h->nb_snapshots = qcow2_be32(buf + QCOW2_OFF_NB_SNAPSHOTS);
    h->snapshots_offset = qcow2_be64(buf + QCOW2_OFF_NB_SNAPSHOTS + 4);
    if (qcow2_be32(buf + 32) > 0) {
        FAIL(error, "%s: crypt_method %" PRIu32 ": encrypted images are not "
             "supported", name, qcow2_be32(buf + 32));
        return false;
    }
    if (parse_v3(h, buf, name, error) && check_tables(h, name, error) &&
        parse_backing(h, buf, &end, name, error) &&
        qcow2_header_check_features(h, buf, name, error) &&
        parse_extensions(h, buf, end, name, error)) {
        return true;
    }
    qcow2_header_clear(h);
    return false;
}

/* What the image's feature name table calls an incompatible feature. */
static char *feature_name(const Qcow2Header *h, const uint8_t *buf, int bit)
{
    uint64_t end = UINT64_C(1) << h->cluster_bits, at = h->header_length;

    while (at + 8 <= end) {
        uint32_t type = qcow2_be32(buf + at);
        uint32_t length = qcow2_be32(buf + at + 4);

        at += 8;
        if (type == QCOW2_EXT_END || length > end - at) {
            break;
        }
        for (uint32_t i = 0; type == QCOW2_EXT_FEATURE_NAMES &&
                             i + 48 <= length; i += 48) {
            if (buf[at + i] == 0 && buf[at + i + 1] == bit) {
                g_autofree char *raw =
                    g_strndup((const char *)buf + at + i + 2, 46);

                return g_strescape(raw, NULL);
            }
        }
        at += ((uint64_t)length + 7) & ~UINT64_C(7);
    }
    return g_strdup_printf("incompatible feature bit %d", bit);
}

bool qcow2_header_check_features(const Qcow2Header *h, const uint8_t *buf,
                                 const char *name, GError **error)
{
    uint64_t known = QCOW2_INCOMPAT_DIRTY | QCOW2_INCOMPAT_CORRUPT;
    uint64_t bad;

    bad = h->incompatible_features & ~known;
    if (bad & QCOW2_INCOMPAT_DATA_FILE) {
        FAIL(error, "%s: external data files are not supported", name);
        return false;
    }
    if (bad & QCOW2_INCOMPAT_EXTENDED_L2) {
        FAIL(error, "%s: extended L2 entries are not supported", name);
        return false;
    }
    if (bad & QCOW2_INCOMPAT_COMPRESSION) {
        FAIL(error, "%s: compression_type %d (%s) is not supported (0, zlib, "
             "is)", name, h->compression_type,
             h->compression_type == 1 ? "zstd" : "unknown");
        return false;
    }
    if (bad) {
        g_autofree char *feature =
            feature_name(h, buf, __builtin_ctzll(bad));

        FAIL(error, "%s: unsupported feature: %s", name, feature);
        return false;
    }
    if (h->compression_type) {
        FAIL(error, "%s: compression_type %d without its feature bit", name,
             h->compression_type);
        return false;
    }
    return true;
}

void qcow2_header_clear(Qcow2Header *h)
{
    for (guint i = 0; h->unknown && i < h->unknown->len; i++) {
        g_free(g_array_index(h->unknown, Qcow2Extension, i).data);
    }
    if (h->unknown) {
        g_array_free(h->unknown, TRUE);
    }
    g_free(h->backing_file);
    g_free(h->backing_format);
    g_free(h->tail);
    memset(h, 0, sizeof *h);
}

/* ---- building ---------------------------------------------------------- */

typedef struct Area {
    uint8_t *buf;
    uint64_t at, end;
    bool full;
} Area;

static void put_extension(Area *a, uint32_t type, const void *data,
                          uint32_t length)
{
    uint64_t padded = ((uint64_t)length + 7) & ~UINT64_C(7);

    if (a->full || a->end - a->at < 8 || a->end - a->at - 8 < padded) {
        a->full = true;
        return;
    }
    qcow2_put_be32(a->buf + a->at, type);
    qcow2_put_be32(a->buf + a->at + 4, length);
    if (length) {
        memcpy(a->buf + a->at + 8, data, length);
    }
    a->at += 8 + padded;
}

static void put_feature_names(Area *a)
{
    static const struct {
        uint8_t type, bit;
        char name[46];
    } names[] = {
        { 0, 0, "dirty bit" },
        { 0, 1, "corrupt bit" },
        { 0, 2, "external data file" },
        { 0, 3, "compression type" },
        { 0, 4, "extended L2 entries" },
        { 1, 0, "lazy refcounts" },
        { 2, 0, "bitmaps" },
        { 2, 1, "raw external data" },
    };

    G_STATIC_ASSERT(sizeof names[0] == 48);
    /* A help for readers of the future; tiny clusters go without. */
    if (a->end - a->at >= sizeof names + 64) {
        put_extension(a, QCOW2_EXT_FEATURE_NAMES, names, sizeof names);
    }
}

static void put_fields(const Qcow2Header *h, uint8_t *buf)
{
    qcow2_put_be32(buf, QCOW2_MAGIC);
    qcow2_put_be32(buf + 4, h->version);
    qcow2_put_be32(buf + 20, h->cluster_bits);
    qcow2_put_be64(buf + QCOW2_OFF_SIZE, h->size);
    qcow2_put_be32(buf + QCOW2_OFF_L1_SIZE, h->l1_size);
    qcow2_put_be64(buf + QCOW2_OFF_L1_SIZE + 4, h->l1_table_offset);
    qcow2_put_be64(buf + QCOW2_OFF_REFCOUNT_TABLE, h->refcount_table_offset);
    qcow2_put_be32(buf + QCOW2_OFF_REFCOUNT_TABLE + 8,
                   h->refcount_table_clusters);
    qcow2_put_be32(buf + QCOW2_OFF_NB_SNAPSHOTS, h->nb_snapshots);
    qcow2_put_be64(buf + QCOW2_OFF_NB_SNAPSHOTS + 4, h->snapshots_offset);
    if (h->version < 3) {
        return;
    }
    qcow2_put_be64(buf + QCOW2_OFF_INCOMPATIBLE, h->incompatible_features);
    qcow2_put_be64(buf + QCOW2_OFF_COMPATIBLE, h->compatible_features);
    qcow2_put_be64(buf + QCOW2_OFF_AUTOCLEAR, h->autoclear_features);
    qcow2_put_be32(buf + 96, h->refcount_order);
    qcow2_put_be32(buf + 100, h->header_length);
    if (h->tail) {
        memcpy(buf + QCOW2_V3_HEADER_LENGTH, h->tail,
               h->header_length - QCOW2_V3_HEADER_LENGTH);
    }
}

bool qcow2_header_build(const Qcow2Header *h, uint8_t *buf, GError **error)
{
    uint64_t cluster = UINT64_C(1) << h->cluster_bits;
    size_t name_length = h->backing_file ? strlen(h->backing_file) : 0;
    Area a = { buf, h->header_length, cluster, false };

    if (name_length > QCOW2_MAX_BACKING_NAME ||
        h->header_length + name_length > cluster) {
        FAIL(error, "backing file name is too long for the image's header");
        return false;
    }
    a.end = cluster - name_length;
    put_fields(h, buf);
    if (h->backing_format) {
        put_extension(&a, QCOW2_EXT_BACKING_FORMAT, h->backing_format,
                      (uint32_t)strlen(h->backing_format));
    }
    if (h->has_bitmaps) {
        uint8_t data[24] = { 0 };

        qcow2_put_be32(data, h->nb_bitmaps);
        qcow2_put_be64(data + 8, h->bitmap_directory_size);
        qcow2_put_be64(data + 16, h->bitmap_directory_offset);
        put_extension(&a, QCOW2_EXT_BITMAPS, data, sizeof data);
    }
    for (guint i = 0; h->unknown && i < h->unknown->len; i++) {
        const Qcow2Extension *e =
            &g_array_index(h->unknown, Qcow2Extension, i);

        put_extension(&a, e->type, e->data, e->length);
    }
    if (h->version >= 3) {
        put_feature_names(&a);
    }
    put_extension(&a, QCOW2_EXT_END, NULL, 0);
    if (a.full) {
        FAIL(error, "header extensions and backing file name do not fit "
             "into the first cluster of %" PRIu64 " bytes", cluster);
        return false;
    }
    if (name_length) {
        memcpy(buf + a.at, h->backing_file, name_length);
        qcow2_put_be64(buf + QCOW2_OFF_BACKING_FILE, a.at);
        qcow2_put_be32(buf + 16, (uint32_t)name_length);
    }
    return true;
}

/* ---- refcounts --------------------------------------------------------- */

uint64_t qcow2_refcount_max(int order)
{
    return order == 6 ? (uint64_t)INT64_MAX
                      : (UINT64_C(1) << (1 << order)) - 1;
}

uint64_t qcow2_refcount_get(const void *block, uint64_t n, int order)
{
    const uint8_t *b = block;

    switch (order) {
    case 3:
        return b[n];
    case 4:
        return qcow2_be16(b + n * 2);
    case 5:
        return qcow2_be32(b + n * 4);
    case 6:
        return qcow2_be64(b + n * 8);
    default: {
        unsigned bit = (unsigned)(n << order) & 7;

        return b[n << order >> 3] >> bit & ((1u << (1 << order)) - 1);
    }
    }
}

void qcow2_refcount_set(void *block, uint64_t n, int order, uint64_t value)
{
    uint8_t *b = block;

    switch (order) {
    case 3:
        b[n] = (uint8_t)value;
        break;
    case 4: {
        uint16_t v = GUINT16_TO_BE((uint16_t)value);

        memcpy(b + n * 2, &v, 2);
        break;
    }
    case 5:
        qcow2_put_be32(b + n * 4, (uint32_t)value);
        break;
    case 6:
        qcow2_put_be64(b + n * 8, value);
        break;
    default: {
        unsigned bit = (unsigned)(n << order) & 7;
        unsigned mask = ((1u << (1 << order)) - 1) << bit;
        uint8_t *p = &b[n << order >> 3];

        *p = (uint8_t)((*p & ~mask) | (unsigned)value << bit);
    }
    }
}
