/* SPDX-License-Identifier: MIT */
/*
 * ram.c - see ram.h.
 *
 * Thread context: any; see ram.h for who may do what at the same time.
 */
#include "seed/ram.h"
#include "base/error.h"
#include <sys/mman.h>

Ram *ram_new(size_t n_pages, GError **error)
{
    Ram *ram = g_new0(Ram, 1);

    ram->n_pages = n_pages;
    ram->words = mmap(NULL, n_pages * RAM_PAGE_SIZE, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (ram->words == MAP_FAILED) {
        vm_set_errno(error, "cannot allocate guest memory");
        g_free(ram);
        return NULL;
    }
    ram->dirty = g_new0(uint64_t, RAM_BITMAP_WORDS(n_pages));
    return ram;
}

void ram_free(Ram *ram)
{
    if (!ram) {
        return;
    }
    munmap(ram->words, ram->n_pages * RAM_PAGE_SIZE);
    g_free(ram->dirty);
    g_free(ram);
}

static void set_dirty(Ram *ram, size_t page)
{
    uint64_t bit = UINT64_C(1) << (page % 64);

    /* Pairs with ram_dirty_sync(). */
    __atomic_fetch_or(&ram->dirty[page / 64], bit, __ATOMIC_RELEASE);
}

void ram_store(Ram *ram, size_t word, uint64_t value)
{
    IO_CODE();
    __atomic_store_n(&ram->words[word], value, __ATOMIC_RELAXED);
    set_dirty(ram, word / RAM_PAGE_WORDS);
}

uint64_t ram_load(const Ram *ram, size_t word)
{
    return __atomic_load_n(&ram->words[word], __ATOMIC_RELAXED);
}

void ram_dirty_sync(Ram *ram, uint64_t *bitmap)
{
    IO_CODE();
    for (size_t i = 0; i < RAM_BITMAP_WORDS(ram->n_pages); i++) {
#ifdef HF_WRONG_PLAIN_DIRTY_CLEAR
        bitmap[i] |= ram->dirty[i];
        ram->dirty[i] = 0;
#else
        /* Pairs with set_dirty(): the pages are read after this. */
        bitmap[i] |= __atomic_exchange_n(&ram->dirty[i], 0, __ATOMIC_ACQUIRE);
#endif
    }
}

void ram_dirty_all(Ram *ram)
{
    for (size_t page = 0; page < ram->n_pages; page++) {
        set_dirty(ram, page);
    }
}

void ram_read_page(const Ram *ram, size_t page, uint64_t *buf)
{
    for (size_t i = 0; i < RAM_PAGE_WORDS; i++) {
        buf[i] = ram_load(ram, page * RAM_PAGE_WORDS + i);
    }
}

void ram_write_page(Ram *ram, size_t page, const uint64_t *buf)
{
    for (size_t i = 0; i < RAM_PAGE_WORDS; i++) {
        ram_store(ram, page * RAM_PAGE_WORDS + i, buf[i]);
    }
}

size_t ram_compare(const Ram *a, const Ram *b)
{
    for (size_t i = 0; i < a->n_pages * RAM_PAGE_WORDS; i++) {
        if (ram_load(a, i) != ram_load(b, i)) {
            return i / RAM_PAGE_WORDS;
        }
    }
    return a->n_pages;
}
