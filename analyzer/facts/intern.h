/* SPDX-License-Identifier: MIT */
/*
 * intern.h - "have I seen these bytes before?".  Private to facts.
 *
 * Open addressing with linear probing over (hash, id) pairs.  The rows
 * themselves stay in the builder's tables, so a lookup touches one slot and,
 * on a match of hashes, one row; that is why this is not a GHashTable, which
 * would want a heap key for each of a million paths.
 */
#ifndef HOLDFAST_FACTS_INTERN_H
#define HOLDFAST_FACTS_INTERN_H

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

typedef struct {
    uint32_t hash;
    uint32_t id; /* 0: the slot is free */
} HfInternSlot;

typedef struct {
    HfInternSlot *slots;
    uint32_t mask; /* number of slots - 1; a power of two less one */
    uint32_t used;
} HfIntern;

typedef gboolean (*HfInternSame)(const void *context, uint32_t id);

void hf_intern_init(HfIntern *t);
void hf_intern_clear(HfIntern *t);
void hf_intern_grow(HfIntern *t);

/*
 * The slot that holds an equal row, or the free one where it belongs: the
 * caller then sets both members and calls hf_intern_added().  Always inlined,
 * so that same() costs no call.
 */
static inline __attribute__((always_inline)) HfInternSlot *
hf_intern_slot(const HfIntern *t, uint32_t hash, HfInternSame same,
               const void *context)
{
    for (uint32_t i = hash & t->mask;; i = (i + 1) & t->mask) {
        HfInternSlot *slot = &t->slots[i];

        if (!slot->id || (slot->hash == hash && same(context, slot->id)))
            return slot;
    }
}

/* Invalidates slots handed out before. */
static inline void hf_intern_added(HfIntern *t)
{
    /* at most half full: probes stay short without a secondary hash */
    if (++t->used > t->mask / 2)
        hf_intern_grow(t);
}

G_END_DECLS

#endif
