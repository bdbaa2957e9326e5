/* SPDX-License-Identifier: MIT */
/*
 * qcow2_bitmap.c - dirty bitmaps that are stored in the image.
 *
 * They are not loaded; but whoever writes to the disk must not leave one
 * behind that claims to know of all writes.  Before the first write those
 * that are to follow it ("auto") are marked in_use, which says that they did
 * not; the others stay what they are.  A directory that makes no sense is
 * given up as a whole, by its autoclear bit.
 *
 * An entry of the directory:
 *
 *     byte  size  field
 *        0     8  bitmap_table_offset
 *        8     4  bitmap_table_size, entries
 *       12     4  flags: 0 in_use, 1 auto, 2 extra data compatible
 *       16     1  type, 1: dirty tracking
 *       17     1  granularity_bits
 *       18     2  length of the name
 *       20     4  length of the extra data
 *       24     -  extra data, name, padding to 8
 *
 * Thread context: coroutines, under BDRVQcow2State.lock.
 */
#include "block/qcow2.h"
#include <errno.h>
#include <inttypes.h>

#define FIXED_BYTES 24
#define FLAG_IN_USE 1
#define FLAG_AUTO 2
#define FLAGS_OFFSET 12

static void clear_bitmap(gpointer data)
{
    Qcow2Bitmap *b = data;

    g_free(b->name);
}

void qcow2_bitmaps_free(GArray *bitmaps)
{
    if (bitmaps) {
        g_array_free(bitmaps, TRUE);
    }
}

/* One entry of the directory; NULL, or what is wrong with it. */
static const char *parse_entry(BDRVQcow2State *s, const uint8_t *entry,
                               uint64_t left, Qcow2Bitmap *b,
                               uint64_t *length)
{
    uint32_t extra, name_length;

    if (left < FIXED_BYTES) {
        return "does not fit into the directory";
    }
    b->table_offset = qcow2_be64(entry);
    b->table_size = qcow2_be32(entry + 8);
    b->flags = qcow2_be32(entry + FLAGS_OFFSET);
    b->type = entry[16];
    b->granularity_bits = entry[17];
    name_length = qcow2_be16(entry + 18);
    extra = qcow2_be32(entry + 20);
    *length = ((uint64_t)FIXED_BYTES + extra + name_length + 7) &
              ~UINT64_C(7);
    if (*length > left) {
        return "does not fit into the directory";
    }
    if (!name_length || name_length > 1023) {
        return "name_size is not in 1..1023";
    }
    if (b->table_offset & (uint64_t)(s->cluster_size - 1) ||
        b->table_offset > INT64_MAX / 2) {
        return "bitmap_table_offset is not a cluster's";
    }
    if (b->table_size > QCOW2_MAX_BITMAP_TABLE_ENTRIES) {
        return "bitmap_table_size is too large";
    }
    b->name = g_strndup((const char *)entry + FIXED_BYTES + extra,
                        name_length);
    return NULL;
}

static bool parse_directory(BDRVQcow2State *s, const uint8_t *directory,
                            GError **error) REQUIRES(&s->lock)
{
    uint64_t at = 0, size = s->header.bitmap_directory_size;

    for (uint32_t i = 0; i < s->header.nb_bitmaps; i++) {
        Qcow2Bitmap b = { 0 };
        uint64_t length = 0;
        const char *wrong =
            parse_entry(s, directory + at, size - at, &b, &length);

        if (wrong) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "%s: bitmap directory entry %" PRIu32 ": %s",
                        s->name, i, wrong);
            return false;
        }
        b.flags_offset = (int64_t)(s->header.bitmap_directory_offset + at) +
                         FLAGS_OFFSET;
        g_array_append_val(s->bitmaps, b);
        at += length;
    }
    return true;
}

int qcow2_bitmaps_load(BDRVQcow2State *s, GError **error)
{
    g_autofree uint8_t *directory = NULL;
    int64_t size = (int64_t)s->header.bitmap_directory_size;
    g_autoptr(GError) wrong = NULL;
    int ret;

    if (!s->header.has_bitmaps ||
        !(s->header.autoclear_features & QCOW2_AUTOCLEAR_BITMAPS)) {
        return 0;
    }
    directory = g_malloc((gsize)size);
    ret = bdrv_co_pread(s->bs->file,
                        (int64_t)s->header.bitmap_directory_offset, size,
                        directory, 0);
    if (ret < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS, "%s: cannot read the "
                    "bitmap directory: %s", s->name, g_strerror(-ret));
        return ret;
    }
    s->bitmaps = g_array_new(FALSE, FALSE, sizeof(Qcow2Bitmap));
    g_array_set_clear_func(s->bitmaps, clear_bitmap);
    if (!parse_directory(s, directory, &wrong)) {
        /* The disk is well without them. */
        qcow2_bitmaps_free(s->bitmaps);
        s->bitmaps = NULL;
        s->bitmaps_broken = true;
    }
    return 0;
}

int qcow2_bitmaps_begin_write(BDRVQcow2State *s)
{
    bool written = false;

    for (guint i = 0; s->bitmaps && i < s->bitmaps->len; i++) {
        Qcow2Bitmap *b = &g_array_index(s->bitmaps, Qcow2Bitmap, i);
        uint8_t flags[4];
        int ret;

        if (!(b->flags & FLAG_AUTO) || (b->flags & FLAG_IN_USE)) {
            continue;
        }
        qcow2_put_be32(flags, b->flags | FLAG_IN_USE);
        ret = qcow2_overlap_check(s, QCOW2_META_BITMAP_DIRECTORY,
                                  b->flags_offset, sizeof flags);
        if (ret >= 0) {
            ret = bdrv_co_pwrite(s->bs->file, b->flags_offset, sizeof flags,
                                 flags, 0);
        }
        if (ret < 0) {
            return ret;
        }
        __atomic_store_n(&b->flags, b->flags | FLAG_IN_USE, __ATOMIC_RELAXED);
        written = true;
    }
    return written ? qcow2_flush_file(s) : 0;
}
