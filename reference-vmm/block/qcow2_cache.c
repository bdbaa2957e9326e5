/* SPDX-License-Identifier: MIT */
/*
 * qcow2_cache.c - pieces of L2 tables and refcount blocks, kept in memory and
 * written back late.
 *
 * A piece is smaller than its table where clusters are large, so that a
 * change of eight bytes does not write megabytes.  Entries are found by their
 * offset in the file; the least recently used one that nobody holds makes
 * room for a new one.  What is dirty is written in the order of the file,
 * neighbours together.
 *
 * Thread context: coroutines, under BDRVQcow2State.lock.
 */
#include "block/qcow2.h"
#include <errno.h>
#include <string.h>

#define MAX_PIECES_A_WRITE 64

struct Qcow2Cache {
    int64_t entry_bytes;
    int64_t max_entries;
    Qcow2Metadata kind;
    GHashTable *by_offset; /* &entry->offset to entry, which it owns */
    GQueue lru;            /* the next to go first */
    GQueue dirty;
};

static void entry_free(gpointer data)
{
    Qcow2CacheEntry *e = data;

    free(e->data);
    g_free(e);
}

Qcow2Cache *qcow2_cache_new(Qcow2Metadata kind, int64_t entry_bytes,
                            int64_t max_entries)
{
    Qcow2Cache *c = g_new0(Qcow2Cache, 1);

    c->kind = kind;
    c->entry_bytes = entry_bytes;
    c->max_entries = max_entries;
    c->by_offset = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL,
                                         entry_free);
    g_queue_init(&c->lru);
    g_queue_init(&c->dirty);
    return c;
}

void qcow2_cache_free(Qcow2Cache *c)
{
    if (!c) {
        return;
    }
    g_hash_table_destroy(c->by_offset);
    g_free(c);
}

int64_t qcow2_cache_entry_bytes(const Qcow2Cache *c)
{
    return c->entry_bytes;
}

bool qcow2_cache_is_dirty(const Qcow2Cache *c)
{
    return c->dirty.length > 0;
}

static void remove_entry(Qcow2Cache *c, Qcow2CacheEntry *e)
{
    if (e->dirty) {
        g_queue_unlink(&c->dirty, &e->dirty_link);
    }
    g_queue_unlink(&c->lru, &e->lru);
    g_hash_table_remove(c->by_offset, &e->offset);
}

/* Whatever must be on disk before this cache's entries. */
static int coroutine_fn GRAPH_RDLOCK before_write(BDRVQcow2State *s,
                                                  Qcow2Cache *c)
    REQUIRES(&s->lock)
{
    return c->kind == QCOW2_META_L2 ? qcow2_commit_before_l2(s) : 0;
}

/* Writes n dirty entries that follow each other in the file. */
static int coroutine_fn GRAPH_RDLOCK write_run(BDRVQcow2State *s,
                                               Qcow2Cache *c,
                                               Qcow2CacheEntry **run, int n)
    REQUIRES(&s->lock)
{
    int64_t offset = run[0]->offset, bytes = n * c->entry_bytes;
    IoVector v;
    int ret = qcow2_overlap_check(s, c->kind, offset, bytes);

    if (ret < 0) {
        return ret;
    }
    io_vector_init(&v, n);
    for (int i = 0; i < n; i++) {
        io_vector_add(&v, run[i]->data, (size_t)c->entry_bytes);
    }
    BLKDBG_CO_EVENT(s->bs->file, c->kind == QCOW2_META_L2
                                     ? BLKDBG_L2_UPDATE
                                     : BLKDBG_REFBLOCK_UPDATE_PART);
    ret = bdrv_co_pwritev(s->bs->file, offset, bytes, &v, 0);
    io_vector_destroy(&v);
    for (int i = 0; ret >= 0 && i < n; i++) {
        run[i]->dirty = false;
        g_queue_unlink(&c->dirty, &run[i]->dirty_link);
    }
    return ret;
}

static int compare_offsets(gconstpointer a, gconstpointer b)
{
    const Qcow2CacheEntry *x = *(Qcow2CacheEntry *const *)a;
    const Qcow2CacheEntry *y = *(Qcow2CacheEntry *const *)b;

    return x->offset < y->offset ? -1 : x->offset > y->offset;
}

int qcow2_cache_write(BDRVQcow2State *s, Qcow2Cache *c)
{
    g_autoptr(GPtrArray) dirty = NULL;
    Qcow2CacheEntry **e;
    guint start = 0;
    int ret;

    if (!c->dirty.length) {
        return 0;
    }
    ret = before_write(s, c);
    dirty = g_ptr_array_new();
    for (GList *l = c->dirty.head; l; l = l->next) {
        g_ptr_array_add(dirty, l->data);
    }
    g_ptr_array_sort(dirty, compare_offsets);
    e = (Qcow2CacheEntry **)dirty->pdata;
    for (guint i = 1; ret >= 0 && i <= dirty->len; i++) {
        if (i < dirty->len && i - start < MAX_PIECES_A_WRITE &&
            e[i]->offset == e[i - 1]->offset + c->entry_bytes) {
            continue;
        }
        ret = write_run(s, c, e + start, (int)(i - start));
        start = i;
    }
    return ret;
}

/* Makes room for one more. */
static int coroutine_fn GRAPH_RDLOCK evict(BDRVQcow2State *s, Qcow2Cache *c)
    REQUIRES(&s->lock)
{
    GList *l = c->lru.head;

    if ((int64_t)g_hash_table_size(c->by_offset) < c->max_entries) {
        return 0;
    }
    while (l && ((Qcow2CacheEntry *)l->data)->refs) {
        l = l->next;
    }
    if (!l) {
        return 0; /* all are held: a few more, for the moment */
    }
    if (((Qcow2CacheEntry *)l->data)->dirty) {
        /* With it whatever else is dirty: the barriers cost more. */
        int ret = qcow2_cache_write(s, c);

        if (ret < 0) {
            return ret;
        }
    }
    remove_entry(c, l->data);
    return 0;
}

static int coroutine_fn GRAPH_RDLOCK new_entry(BDRVQcow2State *s,
                                               Qcow2Cache *c, int64_t offset,
                                               Qcow2CacheEntry **entry)
    REQUIRES(&s->lock)
{
    int ret = evict(s, c);
    Qcow2CacheEntry *e;
    void *data;

    if (ret < 0) {
        return ret;
    }
    data = bdrv_try_blockalign(s->bs->file->bs, (size_t)c->entry_bytes);
    if (!data) {
        return -ENOMEM;
    }
    e = g_new0(Qcow2CacheEntry, 1);
    e->data = data;
    e->offset = offset;
    e->lru.data = e;
    e->dirty_link.data = e;
    *entry = e;
    return 0;
}

static void insert_entry(Qcow2Cache *c, Qcow2CacheEntry *e)
{
    g_hash_table_insert(c->by_offset, &e->offset, e);
    g_queue_push_tail_link(&c->lru, &e->lru);
    e->refs++;
}

static Qcow2CacheEntry *lookup(Qcow2Cache *c, int64_t offset)
{
    Qcow2CacheEntry *e = g_hash_table_lookup(c->by_offset, &offset);

    if (!e) {
        return NULL;
    }
    if (c->lru.tail != &e->lru) {
        g_queue_unlink(&c->lru, &e->lru);
        g_queue_push_tail_link(&c->lru, &e->lru);
    }
    e->refs++;
    return e;
}

int qcow2_cache_get(BDRVQcow2State *s, Qcow2Cache *c, int64_t offset,
                    Qcow2CacheEntry **entry)
{
    int64_t start = offset & ~(c->entry_bytes - 1);
    Qcow2CacheEntry *e = lookup(c, start);
    int ret;

    if (!e) {
        ret = new_entry(s, c, start, &e);
        if (ret < 0) {
            return ret;
        }
        BLKDBG_CO_EVENT(s->bs->file, c->kind == QCOW2_META_L2
                                         ? BLKDBG_L2_LOAD
                                         : BLKDBG_REFBLOCK_LOAD);
        ret = bdrv_co_pread(s->bs->file, start, c->entry_bytes, e->data, 0);
        if (ret < 0) {
            entry_free(e);
            return ret;
        }
        insert_entry(c, e);
    }
    *entry = e;
    return 0;
}

int qcow2_cache_get_zeroed(BDRVQcow2State *s, Qcow2Cache *c, int64_t offset,
                           Qcow2CacheEntry **entry)
{
    int64_t start = offset & ~(c->entry_bytes - 1);
    Qcow2CacheEntry *e = lookup(c, start);
    int ret;

    if (!e) {
        ret = new_entry(s, c, start, &e);
        if (ret < 0) {
            return ret;
        }
        insert_entry(c, e);
    }
    memset(e->data, 0, (size_t)c->entry_bytes);
    qcow2_cache_mark_dirty(c, e);
    *entry = e;
    return 0;
}

void qcow2_cache_put(Qcow2Cache *c, Qcow2CacheEntry *e)
{
    e->refs--;
}

void qcow2_cache_mark_dirty(Qcow2Cache *c, Qcow2CacheEntry *e)
{
    if (!e->dirty) {
        e->dirty = true;
        g_queue_push_tail_link(&c->dirty, &e->dirty_link);
    }
}

void qcow2_cache_discard(Qcow2Cache *c, int64_t offset, int64_t bytes)
{
    for (int64_t at = offset; at < offset + bytes; at += c->entry_bytes) {
        Qcow2CacheEntry *e = g_hash_table_lookup(c->by_offset, &at);

        if (e && !e->refs) {
            remove_entry(c, e);
        }
    }
}

void qcow2_cache_clear(Qcow2Cache *c)
{
    while (c->lru.head) {
        remove_entry(c, c->lru.head->data);
    }
}
