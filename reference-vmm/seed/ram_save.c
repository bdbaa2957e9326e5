/* SPDX-License-Identifier: MIT */
/*
 * ram_save.c - see ram_save.h.
 *
 * Thread context: the migration thread changes the bitmap; a query may count
 * its bits at the same time, hence the lock.
 */
#include "seed/ram_save.h"

struct RamSave {
    Ram *ram;
    VmMutex bitmap_lock LOCK_RANK(RANK_BITMAP);
    uint64_t *bitmap PT_GUARDED_BY(&bitmap_lock); /* pages to be sent */
    size_t next GUARDED_BY(&bitmap_lock); /* no bit is set before this one */
};

RamSave *ram_save_new(Ram *ram)
{
    RamSave *save = g_new0(RamSave, 1);

    save->ram = ram;
    vm_mutex_init(&save->bitmap_lock, "bitmap", RANK_BITMAP);
    save->bitmap = g_new0(uint64_t, RAM_BITMAP_WORDS(ram->n_pages));
    ram_dirty_all(ram);
    return save;
}

void ram_save_free(RamSave *save)
{
    if (!save) {
        return;
    }
    vm_mutex_destroy(&save->bitmap_lock);
    g_free(save->bitmap);
    g_free(save);
}

size_t ram_save_remaining(RamSave *save)
{
    size_t n = 0;

    vm_mutex_lock(&save->bitmap_lock);
    for (size_t i = 0; i < RAM_BITMAP_WORDS(save->ram->n_pages); i++) {
        n += (size_t)__builtin_popcountll(save->bitmap[i]);
    }
    vm_mutex_unlock(&save->bitmap_lock);
    return n;
}

size_t ram_save_sync(RamSave *save)
{
    ASSERT_HELD(&role_migration);
    vm_mutex_lock(&save->bitmap_lock);
    ram_dirty_sync(save->ram, save->bitmap);
    save->next = 0;
#ifdef HF_WRONG_DOUBLE_LOCK
    ram_save_remaining(save);
#endif
    vm_mutex_unlock(&save->bitmap_lock);
    return ram_save_remaining(save);
}

/* Takes the next page out of the bitmap; n_pages when there is none. */
static size_t take_page(RamSave *save) REQUIRES(&save->bitmap_lock)
{
    size_t n_words = RAM_BITMAP_WORDS(save->ram->n_pages);
    size_t page;

    for (size_t i = save->next / 64; i < n_words; i++) {
        if (save->bitmap[i]) {
            page = i * 64 + (size_t)__builtin_ctzll(save->bitmap[i]);
            save->bitmap[i] &= save->bitmap[i] - 1;
            save->next = page;
            return page;
        }
    }
    return save->ram->n_pages;
}

bool ram_save_page(RamSave *save, Stream *f)
{
    uint64_t buf[RAM_PAGE_WORDS];
    size_t page;

    ASSERT_HELD(&role_migration);
    vm_mutex_lock(&save->bitmap_lock);
    page = take_page(save);
    vm_mutex_unlock(&save->bitmap_lock);
    if (page == save->ram->n_pages) {
        return false;
    }
    ram_read_page(save->ram, page, buf);
    stream_put_u8(f, REC_PAGE);
    stream_put_u64(f, page);
    stream_put(f, buf, RAM_PAGE_SIZE);
    return true;
}
