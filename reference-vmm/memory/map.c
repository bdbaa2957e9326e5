/* SPDX-License-Identifier: MIT */
/*
 * map.c - host memory for devices that move data themselves.
 *
 * A mapping of RAM holds a reference to its block, so that the memory stays
 * even where the region is finalized meanwhile.  What is not RAM goes through
 * a bounce buffer, with the attributes of the mapping in both directions.
 *
 * Thread context: any; no lock is held while a device is accessed.
 */
#include "base/aio.h"
#include "memory/flatview.h"

#define BOUNCE_BUFFERS 16
#define BOUNCE_SIZE 4096

typedef struct Bounce {
    bool used;
    bool is_write;
    MemTxAttrs attrs;
    AddressSpace *as;
    hwaddr addr;
    hwaddr len;
    uint8_t *buffer;
} Bounce;

static VmMutex bounce_lock LOCK_RANK(RANK_BOUNCE) =
    VM_MUTEX_INIT("bounce", RANK_BOUNCE);
static Bounce bounces[BOUNCE_BUFFERS] GUARDED_BY(bounce_lock);
static GPtrArray *clients GUARDED_BY(bounce_lock); /* of AioBh* */

/* ---- who waits for a buffer --------------------------------------------- */

static Bounce *REQUIRES(bounce_lock) free_bounce(void)
{
    for (unsigned i = 0; i < BOUNCE_BUFFERS; i++) {
        if (!bounces[i].used) {
            return &bounces[i];
        }
    }
    return NULL;
}

/* Under the lock: whoever unregisters may delete the bottom half next. */
static void REQUIRES(bounce_lock) notify_clients(void)
{
    for (unsigned i = 0; clients && i < clients->len; i++) {
        aio_bh_schedule(g_ptr_array_index(clients, i));
    }
    if (clients) {
        g_ptr_array_free(clients, TRUE);
        clients = NULL;
    }
}

void address_space_register_map_client(struct AioBh *bh)
{
    IO_CODE();
    vm_mutex_lock(&bounce_lock);
    if (!clients) {
        clients = g_ptr_array_new();
    }
    g_ptr_array_add(clients, bh);
    /* One may have become free between the failure and now. */
    if (free_bounce()) {
        notify_clients();
    }
    vm_mutex_unlock(&bounce_lock);
}

void address_space_unregister_map_client(struct AioBh *bh)
{
    IO_CODE();
    vm_mutex_lock(&bounce_lock);
    while (clients && g_ptr_array_remove(clients, bh)) {
    }
    if (clients && !clients->len) {
        g_ptr_array_free(clients, TRUE);
        clients = NULL;
    }
    vm_mutex_unlock(&bounce_lock);
}

/* ---- bounce buffers ----------------------------------------------------- */

/* NULL: none is free.  A buffer in use changes no more, but for its end. */
static uint8_t *bounce_get(AddressSpace *as, hwaddr addr, hwaddr len,
                           bool is_write, MemTxAttrs attrs)
{
    uint8_t *buffer = NULL;
    Bounce *b;

    vm_mutex_lock(&bounce_lock);
    b = free_bounce();
    if (b) {
        /* Zeroed: what the device leaves out of it must not be ours. */
        buffer = g_malloc0(len);
        *b = (Bounce){ true, is_write, attrs, as, addr, len, buffer };
    }
    vm_mutex_unlock(&bounce_lock);
    return buffer;
}

/* False: it is not one. */
static bool bounce_find(const void *buffer, Bounce *ret)
{
    bool found = false;

    vm_mutex_lock(&bounce_lock);
    for (unsigned i = 0; i < BOUNCE_BUFFERS && !found; i++) {
        if (bounces[i].used && bounces[i].buffer == buffer) {
            *ret = bounces[i];
            found = true;
        }
    }
    vm_mutex_unlock(&bounce_lock);
    return found;
}

static void bounce_put(uint8_t *buffer)
{
    vm_mutex_lock(&bounce_lock);
    for (unsigned i = 0; i < BOUNCE_BUFFERS; i++) {
        if (bounces[i].used && bounces[i].buffer == buffer) {
            bounces[i].used = false;
        }
    }
    notify_clients();
    vm_mutex_unlock(&bounce_lock);
    g_free(buffer);
}

static void *map_bounce(AddressSpace *as, hwaddr addr, hwaddr *len,
                        bool is_write, MemTxAttrs attrs)
{
    uint8_t *buffer;

    *len = MIN(*len, BOUNCE_SIZE);
    buffer = bounce_get(as, addr, *len, is_write, attrs);
    if (buffer && !is_write &&
        address_space_read(as, addr, attrs, buffer, *len) != MEMTX_OK) {
        bounce_put(buffer);
        *len = 0;
        return NULL;
    }
    return buffer;
}

/* ---- mapping ------------------------------------------------------------ */

void *address_space_map(AddressSpace *as, hwaddr addr, hwaddr *len,
                        bool is_write, MemTxAttrs attrs)
{
    const FlatRange *r;
    hwaddr hole;
    void *host = NULL;

    IO_CODE();
    if (!*len) {
        return NULL;
    }
    vm_rcu_read_lock();
    r = flatview_lookup(address_space_to_flatview(as), addr, &hole);
    if (!r) {
        *len = 0;
    } else {
        *len = MIN(*len - 1, r->last - addr) + 1;
        if (is_write ? r->write_direct : r->read_direct) {
            ram_block_ref(r->block);
            host = r->host + (addr - r->addr);
        }
    }
    vm_rcu_read_unlock();
    if (host || !*len) {
        return host;
    }
    return map_bounce(as, addr, len, is_write, attrs);
}

static void unmap_ram(const void *buffer, bool is_write, hwaddr access_len)
{
    ram_addr_t offset;
    RAMBlock *block;

    vm_rcu_read_lock();
    block = ram_block_from_host(buffer, &offset);
    if (block && is_write) {
        ram_block_set_dirty(block, offset, access_len);
    }
    vm_rcu_read_unlock();
    /* The mapping's own reference kept it until here. */
    ram_block_unref(block);
}

void address_space_unmap(AddressSpace *as, void *buffer, hwaddr len,
                         bool is_write, hwaddr access_len)
{
    Bounce b;

    IO_CODE();
    if (!buffer) {
        return;
    }
    access_len = MIN(access_len, len);
    if (!bounce_find(buffer, &b)) {
        unmap_ram(buffer, is_write, access_len);
        return;
    }
    if (b.is_write && access_len) {
        address_space_write(b.as, b.addr, b.attrs, b.buffer,
                            MIN(access_len, b.len));
    }
    bounce_put(b.buffer);
}
