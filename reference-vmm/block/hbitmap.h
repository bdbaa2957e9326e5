/* SPDX-License-Identifier: MIT */
/*
 * hbitmap.h - a bitmap with levels above it.
 *
 * A bit of level l+1 says that a word of level l is not zero; the top level
 * is one word.  Bits are counted from 0.
 *
 * Thread context: any, one thread at a time.
 */
#ifndef REFVMM_BLOCK_HBITMAP_H
#define REFVMM_BLOCK_HBITMAP_H

#include "base/annotate.h"
#include <stdbool.h>
#include <stdint.h>

typedef struct HBitmap HBitmap;

HBitmap *hbitmap_new(uint64_t bits) IO_FN;
void hbitmap_free(HBitmap *h) IO_FN; /* NULL is fine */
/* New bits are clear. */
void hbitmap_resize(HBitmap *h, uint64_t bits) IO_FN;
/* From first on, n of them; within the bitmap. */
void hbitmap_set(HBitmap *h, uint64_t first, uint64_t n) IO_FN;
void hbitmap_reset(HBitmap *h, uint64_t first, uint64_t n) IO_FN;
bool hbitmap_get(const HBitmap *h, uint64_t bit) IO_FN;
uint64_t hbitmap_count(const HBitmap *h) IO_FN;
/* The first bit from start on that is set, or clear; size when there is
 * none. */
uint64_t hbitmap_next_set(const HBitmap *h, uint64_t start) IO_FN;
uint64_t hbitmap_next_clear(const HBitmap *h, uint64_t start) IO_FN;

#endif
