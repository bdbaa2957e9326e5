/* SPDX-License-Identifier: MIT */
/*
 * ram.h - guest memory with a dirty log.
 *
 * Thread context: vCPUs store while the migration thread clears dirty bits
 * and copies pages, without a lock.  What makes that right:
 *   a store writes the word first and sets the dirty bit after it (release);
 *   a copier clears the bit first (acquire) and reads the page after it.
 * So a word that the copier missed has its bit set again.
 */
#ifndef REFVMM_MEMORY_RAM_H
#define REFVMM_MEMORY_RAM_H

#include "base/annotate.h"
#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAM_PAGE_SIZE 4096
#define RAM_PAGE_WORDS (RAM_PAGE_SIZE / sizeof(uint64_t))
#define RAM_BITMAP_WORDS(n_pages) (((n_pages) + 63) / 64)

typedef struct Ram {
    uint64_t *words; /* atomic accesses only, once it is shared */
    uint64_t *dirty; /* the same; one bit a page */
    size_t n_pages;
} Ram;

/* Zeroed, nothing dirty. */
Ram *ram_new(size_t n_pages, GError **error) IO_FN;
void ram_free(Ram *ram) IO_FN; /* NULL is fine */

void ram_store(Ram *ram, size_t word, uint64_t value) IO_FN;
uint64_t ram_load(const Ram *ram, size_t word) IO_FN;

/* Moves the dirty log into bitmap (adding to it), of as many bits. */
void ram_dirty_sync(Ram *ram, uint64_t *bitmap) IO_FN;
/* Everything is dirty. */
void ram_dirty_all(Ram *ram) IO_FN;

void ram_read_page(const Ram *ram, size_t page, uint64_t *buf) IO_FN;
void ram_write_page(Ram *ram, size_t page, const uint64_t *buf) IO_FN;

/* The first page that differs; n_pages when none does.  Same size. */
size_t ram_compare(const Ram *a, const Ram *b) IO_FN;

#endif
