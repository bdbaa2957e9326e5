/* SPDX-License-Identifier: MIT */
/*
 * ram_block.c - the blocks of guest RAM: their memory, their place among all
 * RAM, and the list of them.
 *
 * The list is an array that is never changed once readers can see it; a lock
 * of its own orders the writers, because a block's last reference may go in
 * any thread (the RCU thread, with a view).
 *
 * Thread context: blocks are made under the BQL; references and the list are
 * for any thread.
 */
#include "memory/ram_block.h"
#include "base/error.h"
#include "memory/region.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_SIZE ((uint64_t)2 << 20)

typedef struct BlockList {
    unsigned n;
    RAMBlock *blocks[]; /* ascending offsets */
} BlockList;

static VmMutex list_lock LOCK_RANK(RANK_RAM_LIST) =
    VM_MUTEX_INIT("ram-list", RANK_RAM_LIST);
static BlockList *list RCU_PROTECTED;

/* ---- the list ----------------------------------------------------------- */

/* TSA: the writer's lock is what makes this read safe outside of sections. */
static BlockList *NO_TSA REQUIRES(list_lock) own_list(void)
{
    return vm_rcu_dereference(&list);
}

static void NO_TSA REQUIRES(list_lock) publish_list(BlockList *now)
{
    BlockList *old = own_list();

    vm_rcu_assign(&list, now);
    if (old) {
        vm_rcu_call(g_free, old);
    }
}

/* Of a list that is published: nobody writes to it any more. */
static RAMBlock *block_at(const BlockList *l, unsigned i)
{
    return l->blocks[i];
}

static BlockList *new_list(unsigned n)
{
    BlockList *l = g_malloc(sizeof(BlockList) + n * sizeof(RAMBlock *));

    l->n = n;
    return l;
}

static bool REQUIRES(list_lock) name_taken(const char *idstr)
{
    const BlockList *l = own_list();

    for (unsigned i = 0; l && i < l->n; i++) {
        if (__atomic_load_n(&l->blocks[i]->mr, __ATOMIC_RELAXED) &&
            !strcmp(l->blocks[i]->idstr, idstr)) {
            return true;
        }
    }
    return false;
}

/* Into the smallest gap that holds it, or at the end. */
static void REQUIRES(list_lock) add_to_list(RAMBlock *block)
{
    const BlockList *old = own_list();
    unsigned n = old ? old->n : 0, at = n;
    ram_addr_t end = 0;
    uint64_t best = UINT64_MAX;
    BlockList *now = new_list(n + 1);

    for (unsigned i = 0; i < n; i++) {
        uint64_t gap = old->blocks[i]->offset - end;

        if (gap >= block->size && gap < best) {
            best = gap;
            block->offset = end;
            at = i;
        }
        end = old->blocks[i]->offset + old->blocks[i]->size;
    }
    if (at == n) {
        block->offset = end;
    }
    for (unsigned i = 0; i < n; i++) {
        now->blocks[i + (i >= at)] = old->blocks[i];
    }
    now->blocks[at] = block;
    publish_list(now);
}

static void REQUIRES(list_lock) remove_from_list(RAMBlock *block)
{
    const BlockList *old = own_list();
    BlockList *now = NULL;
    unsigned n = 0;

    if (old->n > 1) {
        now = new_list(old->n - 1);
        for (unsigned i = 0; i < old->n; i++) {
            if (old->blocks[i] != block) {
                now->blocks[n++] = old->blocks[i];
            }
        }
    }
    publish_list(now);
}

bool ram_block_foreach(bool (*fn)(RAMBlock *block, void *opaque),
                       void *opaque)
{
    const BlockList *l = vm_rcu_dereference(&list);

    IO_CODE();
    for (unsigned i = 0; l && i < l->n; i++) {
        RAMBlock *block = block_at(l, i);

        if (__atomic_load_n(&block->mr, __ATOMIC_RELAXED) &&
            fn(block, opaque)) {
            return true;
        }
    }
    return false;
}

RAMBlock *ram_block_find(const char *idstr)
{
    const BlockList *l = vm_rcu_dereference(&list);

    IO_CODE();
    for (unsigned i = 0; l && i < l->n; i++) {
        RAMBlock *block = block_at(l, i);

        if (__atomic_load_n(&block->mr, __ATOMIC_RELAXED) &&
            !strcmp(block->idstr, idstr)) {
            return block;
        }
    }
    return NULL;
}

RAMBlock *ram_block_from_host(const void *host, ram_addr_t *ret_offset)
{
    const BlockList *l = vm_rcu_dereference(&list);

    IO_CODE();
    for (unsigned i = 0; l && i < l->n; i++) {
        RAMBlock *block = block_at(l, i);
        uint64_t offset = (uintptr_t)host - (uintptr_t)block->host;

        if ((uintptr_t)host >= (uintptr_t)block->host &&
            offset < block->size) {
            *ret_offset = offset;
            return block;
        }
    }
    return NULL;
}

/* ---- memory ------------------------------------------------------------- */

/*
 * Large anonymous memory begins where a huge page can: the guest touches all
 * of it, and so do migration and the interpreter's loads.
 */
static uint8_t *map_anonymous(uint64_t size)
{
    const int prot = PROT_READ | PROT_WRITE;
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    uint64_t extra = size >= HUGE_SIZE ? HUGE_SIZE : 0, skip;
    uint8_t *p = mmap(NULL, size + extra, prot, flags, -1, 0);

    if (p == MAP_FAILED) {
        return NULL;
    }
    if (extra) {
        skip = -(uintptr_t)p & (HUGE_SIZE - 1);
        if (skip) {
            munmap(p, skip);
        }
        if (extra - skip) {
            munmap(p + skip + size, extra - skip);
        }
        p += skip;
        madvise(p, size, MADV_HUGEPAGE); /* a wish; errors do not matter */
    }
    return p;
}

static uint8_t *map_memfd(const char *idstr, uint64_t size, int *ret_fd)
{
    int fd = memfd_create(idstr, MFD_CLOEXEC), error;
    void *p = MAP_FAILED;

    if (fd < 0) {
        return NULL;
    }
    if (ftruncate(fd, (off_t)size) == 0) {
        p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_NORESERVE, fd, 0);
    }
    if (p == MAP_FAILED) {
        error = errno;
        close(fd);
        errno = error;
        return NULL;
    }
    *ret_fd = fd;
    return p;
}

static void free_block(void *opaque)
{
    RAMBlock *block = opaque;

    if (block->host) {
        munmap(block->host, block->size);
    }
    if (block->fd >= 0) {
        close(block->fd);
    }
    for (int i = 0; i < DIRTY_MEMORY_NUM; i++) {
        g_free(block->dirty[i]);
    }
    g_free(block->idstr);
    g_free(block);
}

static bool map_block(RAMBlock *block, bool memfd, GError **error)
{
    uint64_t words = (block->size / TARGET_PAGE_SIZE + 63) / 64;

    block->host = memfd ? map_memfd(block->idstr, block->size, &block->fd)
                        : map_anonymous(block->size);
    if (!block->host) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS,
                    "cannot allocate %" G_GUINT64_FORMAT " bytes of RAM for "
                    "\"%s\": %s", block->size, block->idstr,
                    g_strerror(errno));
        return false;
    }
    for (int i = 0; i < DIRTY_MEMORY_NUM; i++) {
        block->dirty[i] = g_try_malloc0(words * sizeof(uint64_t));
        if (!block->dirty[i]) {
            g_set_error(error, VM_ERROR, VM_ERROR_OS,
                        "cannot allocate the dirty bitmap of \"%s\"",
                        block->idstr);
            return false;
        }
    }
    return true;
}

RAMBlock *ram_block_new(const char *idstr, uint64_t size, bool memfd,
                        MemoryRegion *mr, GError **error)
{
    RAMBlock *block;
    bool taken;

    GLOBAL_STATE_CODE();
    if (!size || size > INT64_MAX - HUGE_SIZE) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "RAM block \"%s\" cannot have a size of %"
                    G_GUINT64_FORMAT " bytes", idstr, size);
        return NULL;
    }
    block = g_new0(RAMBlock, 1);
    block->idstr = g_strdup(idstr);
    block->size = (size + TARGET_PAGE_SIZE - 1) & ~(TARGET_PAGE_SIZE - 1);
    block->fd = -1;
    block->mr = mr;
    block->refs = 1;
    if (!map_block(block, memfd, error)) {
        free_block(block);
        return NULL;
    }
    vm_mutex_lock(&list_lock);
    taken = name_taken(idstr);
    if (!taken) {
        add_to_list(block);
    }
    vm_mutex_unlock(&list_lock);
    if (taken) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is a RAM block \"%s\" already", idstr);
        free_block(block);
        return NULL;
    }
    /* Who logs already has seen nothing of it. */
    ram_block_set_dirty(block, 0, block->size);
    return block;
}

/* ---- references --------------------------------------------------------- */

RAMBlock *ram_block_ref(RAMBlock *block)
{
    __atomic_fetch_add(&block->refs, 1, __ATOMIC_RELAXED);
    return block;
}

/*
 * Whoever finds the block in the list does so in an RCU section, without a
 * reference: the memory goes a grace period after the list entry.  So does a
 * reference taken in such a section count only while there is another: the
 * region's, or the view's, goes after a grace period too.
 */
void ram_block_unref(RAMBlock *block)
{
    if (!block || __atomic_sub_fetch(&block->refs, 1, __ATOMIC_ACQ_REL)) {
        return;
    }
    vm_mutex_lock(&list_lock);
    remove_from_list(block);
    vm_mutex_unlock(&list_lock);
    vm_rcu_call(free_block, block);
}

static void unref_call(void *opaque)
{
    ram_block_unref(opaque);
}

void ram_block_retire(RAMBlock *block)
{
    GLOBAL_STATE_CODE();
    __atomic_store_n(&block->mr, NULL, __ATOMIC_RELAXED);
    vm_rcu_call(unref_call, block);
}
