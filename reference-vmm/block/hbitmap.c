/* SPDX-License-Identifier: MIT */
/*
 * hbitmap.c - see hbitmap.h.
 *
 * Thread context: any, one thread at a time.
 */
#include "block/hbitmap.h"
#include <glib.h>
#include <string.h>

#define MAX_LEVELS 11 /* 64^11 > 2^64 */

struct HBitmap {
    uint64_t bits;
    uint64_t count; /* of those that are set */
    int levels;     /* level[0] has the bits themselves */
    uint64_t *level[MAX_LEVELS];
    uint64_t words[MAX_LEVELS];
};

HBitmap *hbitmap_new(uint64_t bits)
{
    HBitmap *h = g_new0(HBitmap, 1);

    IO_CODE();
    h->bits = bits;
    do {
        bits = bits / 64 + (bits % 64 != 0);
        h->words[h->levels] = MAX(bits, 1);
        h->level[h->levels] = g_new0(uint64_t, h->words[h->levels]);
        h->levels++;
    } while (bits > 1);
    return h;
}

static void free_levels(HBitmap *h)
{
    for (int i = 0; i < h->levels; i++) {
        g_free(h->level[i]);
    }
}

void hbitmap_free(HBitmap *h)
{
    IO_CODE();
    if (h) {
        free_levels(h);
        g_free(h);
    }
}

void hbitmap_resize(HBitmap *h, uint64_t bits)
{
    HBitmap *resized = hbitmap_new(bits);
    uint64_t at = 0;

    IO_CODE();
    while ((at = hbitmap_next_set(h, at)) < MIN(h->bits, bits)) {
        uint64_t end = MIN(hbitmap_next_clear(h, at), bits);

        hbitmap_set(resized, at, end - at);
        at = end;
    }
    free_levels(h);
    *h = *resized;
    g_free(resized);
}

/* The bits from first to last of the word that first is in. */
static uint64_t word_mask(uint64_t first, uint64_t last)
{
    uint64_t mask = ~0ULL << (first % 64);

    if (first / 64 == last / 64) {
        mask &= ~0ULL >> (63 - last % 64);
    }
    return mask;
}

static void set_above(HBitmap *h, uint64_t word)
{
    for (int l = 1; l < h->levels; l++, word /= 64) {
        uint64_t *w = &h->level[l][word / 64];
        uint64_t bit = 1ULL << (word % 64);

        if (*w & bit) {
            return;
        }
        *w |= bit;
    }
}

static void reset_above(HBitmap *h, uint64_t word)
{
    for (int l = 1; l < h->levels; l++, word /= 64) {
        if (h->level[l - 1][word]) {
            return;
        }
        h->level[l][word / 64] &= ~(1ULL << (word % 64));
    }
}

void hbitmap_set(HBitmap *h, uint64_t first, uint64_t n)
{
    uint64_t last = first + n - 1;

    IO_CODE();
    if (!n) {
        return;
    }
    g_assert(last >= first && last < h->bits);
    while (first <= last) {
        uint64_t *w = &h->level[0][first / 64];
        uint64_t mask = word_mask(first, last);

        h->count += (uint64_t)__builtin_popcountll(mask & ~*w);
        if (!*w) {
            *w = mask;
            set_above(h, first / 64);
        }
        *w |= mask;
        first = (first / 64 + 1) * 64;
    }
}

void hbitmap_reset(HBitmap *h, uint64_t first, uint64_t n)
{
    uint64_t last = first + n - 1;

    IO_CODE();
    if (!n) {
        return;
    }
    g_assert(last >= first && last < h->bits);
    while (first <= last) {
        uint64_t *w = &h->level[0][first / 64];
        uint64_t mask = word_mask(first, last);

        if (*w & mask) {
            h->count -= (uint64_t)__builtin_popcountll(mask & *w);
            *w &= ~mask;
            reset_above(h, first / 64);
        }
        first = (first / 64 + 1) * 64;
    }
}

bool hbitmap_get(const HBitmap *h, uint64_t bit)
{
    IO_CODE();
    return bit < h->bits && (h->level[0][bit / 64] >> (bit % 64) & 1);
}

uint64_t hbitmap_count(const HBitmap *h)
{
    IO_CODE();
    return h->count;
}

uint64_t hbitmap_next_set(const HBitmap *h, uint64_t start)
{
    uint64_t at = start;
    int l = 0;

    IO_CODE();
    if (start >= h->bits) {
        return h->bits;
    }
    /* Up, until a word has something from the place on... */
    for (;;) {
        uint64_t w = at / 64 < h->words[l]
                         ? h->level[l][at / 64] & ~0ULL << (at % 64) : 0;

        if (w) {
            at = at / 64 * 64 + (uint64_t)__builtin_ctzll(w);
            break;
        }
        if (++l == h->levels) {
            return h->bits;
        }
        at = at / 64 + 1;
    }
    /* ... and down to the bit. */
    while (l-- > 0) {
        at = at * 64 + (uint64_t)__builtin_ctzll(h->level[l][at]);
    }
    return at;
}

uint64_t hbitmap_next_clear(const HBitmap *h, uint64_t start)
{
    IO_CODE();
    while (start < h->bits) {
        uint64_t w = ~h->level[0][start / 64] & ~0ULL << (start % 64);

        if (w) {
            return MIN(start / 64 * 64 + (uint64_t)__builtin_ctzll(w),
                       h->bits);
        }
        start = (start / 64 + 1) * 64;
    }
    return h->bits;
}
