/* SPDX-License-Identifier: MIT */
/*
 * dirty_bitmap.c - see dirty_bitmap.h.
 *
 * The list of a node's bitmaps, and the bits, are under the node's
 * dirty_bitmap_lock, which writes take only when there is a bitmap at all.
 *
 * Thread context: as the header says.
 */
#include "block/dirty_bitmap.h"
#include "block/block_int.h"
#include "block/hbitmap.h"
#include <string.h>

#define DEFAULT_GRANULARITY 65536
#define MIN_GRANULARITY 512
#define MAX_GRANULARITY ((int64_t)1 << 31)
#define MAX_NAME 1023
/* Bits of one bitmap: 512 MiB of memory, more than any sane request. */
#define MAX_BITS ((int64_t)1 << 32)

struct BdrvDirtyBitmap {
    BlockDriverState *bs;
    char *name; /* NULL: none */
    int shift;  /* of the granularity */
    bool disabled SLOT(GUARDED_BY(&bs->dirty_bitmap_lock));
    /* These also while nobody else knows it, and the length under drain. */
    int64_t size;
    HBitmap *bits;
    BdrvDirtyBitmap *next SLOT(GUARDED_BY(&bs->dirty_bitmap_lock));
};

static uint64_t bits_of(const BdrvDirtyBitmap *b, int64_t size)
{
    int64_t granularity = (int64_t)1 << b->shift;

    return (uint64_t)((size + granularity - 1) >> b->shift);
}

static bool check_new(BlockDriverState *bs, int64_t granularity,
                      const char *name, GError **error) GS_FN;
static bool check_new(BlockDriverState *bs, int64_t granularity,
                      const char *name, GError **error)
{
    GLOBAL_STATE_CODE();
    if (granularity < MIN_GRANULARITY || granularity > MAX_GRANULARITY ||
        (granularity & (granularity - 1))) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "granularity %" PRId64 " of a dirty bitmap is not a power "
                    "of two from %d to %" PRId64,
                    granularity, MIN_GRANULARITY, MAX_GRANULARITY);
        return false;
    }
    if (name && (!*name || strlen(name) > MAX_NAME)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "the name of a dirty bitmap has 1 to %d bytes", MAX_NAME);
        return false;
    }
    if (name && bdrv_find_dirty_bitmap(bs, name)) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "node '%s' already has a dirty bitmap '%s'",
                    bs->node_name, name);
        return false;
    }
    return true;
}

BdrvDirtyBitmap *bdrv_create_dirty_bitmap(BlockDriverState *bs,
                                          int64_t granularity,
                                          const char *name, GError **error)
{
    BdrvDirtyBitmap *b;
    int64_t size;

    GLOBAL_STATE_CODE();
    granularity = granularity ? granularity : DEFAULT_GRANULARITY;
    /* Writes under way have looked at the list already. */
    bdrv_drained_begin(bs);
    size = bdrv_getlength(bs);
    if (!check_new(bs, granularity, name, error)) {
        bdrv_drained_end(bs);
        return NULL;
    }
    if (size < 0 || size / granularity > MAX_BITS) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "node '%s': %s", bs->node_name,
                    size < 0 ? "its length is not known"
                             : "too large for this granularity");
        bdrv_drained_end(bs);
        return NULL;
    }
    b = g_new0(BdrvDirtyBitmap, 1);
    b->bs = bs;
    b->name = g_strdup(name);
    b->shift = __builtin_ctzll((uint64_t)granularity);
    b->size = size;
    b->bits = hbitmap_new(bits_of(b, size));
    vm_mutex_lock(&bs->dirty_bitmap_lock);
    b->next = bs->dirty_bitmaps;
    /* Writes look at the list first without the lock. */
    __atomic_store_n(&bs->dirty_bitmaps, b, __ATOMIC_RELEASE);
    vm_mutex_unlock(&bs->dirty_bitmap_lock);
    bdrv_drained_end(bs);
    return b;
}

static void bitmap_free(BdrvDirtyBitmap *b)
{
    hbitmap_free(b->bits);
    g_free(b->name);
    g_free(b);
}

void bdrv_release_dirty_bitmap(BdrvDirtyBitmap *bitmap)
{
    BlockDriverState *bs = bitmap->bs;
    BdrvDirtyBitmap **p;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&bs->dirty_bitmap_lock);
    for (p = &bs->dirty_bitmaps; *p != bitmap; p = &(*p)->next) {
    }
    __atomic_store_n(p, bitmap->next, __ATOMIC_RELAXED);
    vm_mutex_unlock(&bs->dirty_bitmap_lock);
    bitmap_free(bitmap);
}

void bdrv_release_all_dirty_bitmaps(BlockDriverState *bs)
{
    BdrvDirtyBitmap *b;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&bs->dirty_bitmap_lock);
    b = bs->dirty_bitmaps;
    __atomic_store_n(&bs->dirty_bitmaps, NULL, __ATOMIC_RELAXED);
    vm_mutex_unlock(&bs->dirty_bitmap_lock);
    while (b) {
        BdrvDirtyBitmap *next = b->next;

        bitmap_free(b);
        b = next;
    }
}

BdrvDirtyBitmap *bdrv_find_dirty_bitmap(BlockDriverState *bs,
                                        const char *name)
{
    BdrvDirtyBitmap *b;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&bs->dirty_bitmap_lock);
    for (b = bs->dirty_bitmaps; b; b = b->next) {
        if (b->name && strcmp(b->name, name) == 0) {
            break;
        }
    }
    vm_mutex_unlock(&bs->dirty_bitmap_lock);
    return b;
}

void bdrv_dirty_bitmap_set_enabled(BdrvDirtyBitmap *bitmap, bool enabled)
{
    GLOBAL_STATE_CODE();
    vm_mutex_lock(&bitmap->bs->dirty_bitmap_lock);
    bitmap->disabled = !enabled;
    vm_mutex_unlock(&bitmap->bs->dirty_bitmap_lock);
}

bool bdrv_dirty_bitmap_enabled(BdrvDirtyBitmap *bitmap)
{
    bool enabled;

    IO_CODE();
    vm_mutex_lock(&bitmap->bs->dirty_bitmap_lock);
    enabled = !bitmap->disabled;
    vm_mutex_unlock(&bitmap->bs->dirty_bitmap_lock);
    return enabled;
}

const char *bdrv_dirty_bitmap_name(const BdrvDirtyBitmap *bitmap)
{
    IO_CODE();
    return bitmap->name;
}

int64_t bdrv_dirty_bitmap_granularity(const BdrvDirtyBitmap *bitmap)
{
    IO_CODE();
    return (int64_t)1 << bitmap->shift;
}

int64_t bdrv_dirty_bitmap_size(BdrvDirtyBitmap *bitmap)
{
    int64_t size;

    IO_CODE();
    vm_mutex_lock(&bitmap->bs->dirty_bitmap_lock);
    size = bitmap->size;
    vm_mutex_unlock(&bitmap->bs->dirty_bitmap_lock);
    return size;
}

/* Under the lock.  Granules that the range touches. */
static void set_range(BdrvDirtyBitmap *b, int64_t offset, int64_t bytes)
{
    int64_t end = MIN(offset + bytes, b->size);

    if (offset < end) {
        uint64_t first = (uint64_t)offset >> b->shift;

        hbitmap_set(b->bits, first, bits_of(b, end) - first);
    }
}

void bdrv_set_dirty_bitmap(BdrvDirtyBitmap *bitmap, int64_t offset,
                           int64_t bytes)
{
    IO_CODE();
    vm_mutex_lock(&bitmap->bs->dirty_bitmap_lock);
    set_range(bitmap, offset, bytes);
    vm_mutex_unlock(&bitmap->bs->dirty_bitmap_lock);
}

void bdrv_set_dirty(BlockDriverState *bs, int64_t offset, int64_t bytes)
{
    IO_CODE();
    INTENTIONAL(GUARDED_BY, "atomic_hint: whoever makes a bitmap drains the "
                "node first, so no write is under way that saw none");
    if (!__atomic_load_n(&bs->dirty_bitmaps, __ATOMIC_ACQUIRE)) {
        return;
    }
    vm_mutex_lock(&bs->dirty_bitmap_lock);
    for (BdrvDirtyBitmap *b = bs->dirty_bitmaps; b; b = b->next) {
        if (!b->disabled) {
            set_range(b, offset, bytes);
        }
    }
    vm_mutex_unlock(&bs->dirty_bitmap_lock);
}

void bdrv_dirty_bitmaps_truncate(BlockDriverState *bs, int64_t bytes)
{
    IO_CODE();
    vm_mutex_lock(&bs->dirty_bitmap_lock);
    for (BdrvDirtyBitmap *b = bs->dirty_bitmaps; b; b = b->next) {
        hbitmap_resize(b->bits, bits_of(b, bytes));
        b->size = bytes;
    }
    vm_mutex_unlock(&bs->dirty_bitmap_lock);
}

void bdrv_reset_dirty_bitmap(BdrvDirtyBitmap *bitmap, int64_t offset,
                             int64_t bytes)
{
    int64_t granularity = (int64_t)1 << bitmap->shift;
    int64_t first, end;

    IO_CODE();
    vm_mutex_lock(&bitmap->bs->dirty_bitmap_lock);
    end = MIN(offset + bytes, bitmap->size);
    first = (offset + granularity - 1) >> bitmap->shift;
    /* The last granule may be shorter. */
    end = end == bitmap->size ? (int64_t)bits_of(bitmap, end)
                              : end >> bitmap->shift;
    if (first < end) {
        hbitmap_reset(bitmap->bits, (uint64_t)first, (uint64_t)(end - first));
    }
    vm_mutex_unlock(&bitmap->bs->dirty_bitmap_lock);
}

void bdrv_clear_dirty_bitmap(BdrvDirtyBitmap *bitmap)
{
    IO_CODE();
    bdrv_reset_dirty_bitmap(bitmap, 0, bdrv_dirty_bitmap_size(bitmap));
}

bool bdrv_dirty_bitmap_get(BdrvDirtyBitmap *bitmap, int64_t offset)
{
    bool dirty;

    IO_CODE();
    vm_mutex_lock(&bitmap->bs->dirty_bitmap_lock);
    dirty = hbitmap_get(bitmap->bits, (uint64_t)offset >> bitmap->shift);
    vm_mutex_unlock(&bitmap->bs->dirty_bitmap_lock);
    return dirty;
}

int64_t bdrv_get_dirty_count(BdrvDirtyBitmap *bitmap)
{
    int64_t granularity = (int64_t)1 << bitmap->shift, count;
    uint64_t last;

    IO_CODE();
    vm_mutex_lock(&bitmap->bs->dirty_bitmap_lock);
    count = (int64_t)hbitmap_count(bitmap->bits) * granularity;
    last = bits_of(bitmap, bitmap->size) - 1;
    if (bitmap->size && hbitmap_get(bitmap->bits, last)) {
        count -= (int64_t)(last + 1) * granularity - bitmap->size;
    }
    vm_mutex_unlock(&bitmap->bs->dirty_bitmap_lock);
    return count;
}

int64_t bdrv_dirty_bitmap_next_dirty(BdrvDirtyBitmap *bitmap, int64_t offset)
{
    int64_t at, bytes;

    IO_CODE();
    return bdrv_dirty_bitmap_next_dirty_area(bitmap, offset, INT64_MAX, &at,
                                             &bytes) ? at : -1;
}

bool bdrv_dirty_bitmap_next_dirty_area(BdrvDirtyBitmap *bitmap,
                                       int64_t offset, int64_t max_bytes,
                                       int64_t *ret_offset,
                                       int64_t *ret_bytes)
{
    uint64_t bit;
    bool found = false;

    IO_CODE();
    vm_mutex_lock(&bitmap->bs->dirty_bitmap_lock);
    bit = hbitmap_next_set(bitmap->bits, (uint64_t)offset >> bitmap->shift);
    if (offset < bitmap->size && bit < bits_of(bitmap, bitmap->size)) {
        uint64_t end = hbitmap_next_clear(bitmap->bits, bit);
        int64_t at = MAX((int64_t)(bit << bitmap->shift), offset);

        *ret_offset = at;
        *ret_bytes = MIN(MIN((int64_t)(end << bitmap->shift), bitmap->size) -
                             at, max_bytes);
        found = true;
    }
    vm_mutex_unlock(&bitmap->bs->dirty_bitmap_lock);
    return found;
}

JsonArray *bdrv_query_dirty_bitmaps(BlockDriverState *bs)
{
    JsonArray *array = NULL;
    BdrvDirtyBitmap *b;

    GLOBAL_STATE_CODE();
    INTENTIONAL(GUARDED_BY, "caller_holds: the list changes only under the "
                "BQL, which is held throughout");
    b = __atomic_load_n(&bs->dirty_bitmaps, __ATOMIC_ACQUIRE);
    INTENTIONAL(GUARDED_BY, "caller_holds: as above");
    for (; b; b = b->next) {
        JsonObject *o = json_object_new();

        array = array ? array : json_array_new();
        if (b->name) {
            json_object_set_string_member(o, "name", b->name);
        }
        json_object_set_int_member(o, "count", bdrv_get_dirty_count(b));
        json_object_set_int_member(o, "granularity",
                                   bdrv_dirty_bitmap_granularity(b));
        json_object_set_boolean_member(o, "recording",
                                       bdrv_dirty_bitmap_enabled(b));
        json_object_set_boolean_member(o, "busy", FALSE);
        json_object_set_boolean_member(o, "persistent", FALSE);
        json_array_add_object_element(array, o);
    }
    return array;
}
