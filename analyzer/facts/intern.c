/* SPDX-License-Identifier: MIT */
#include "facts/intern.h"

/* A small unit fits; a big one grows a few times. */
#define INITIAL_SLOTS 512u

void hf_intern_init(HfIntern *t)
{
    t->slots = g_new0(HfInternSlot, INITIAL_SLOTS);
    t->mask = INITIAL_SLOTS - 1;
    t->used = 0;
}

void hf_intern_clear(HfIntern *t)
{
    g_clear_pointer(&t->slots, g_free);
}

void hf_intern_grow(HfIntern *t)
{
    size_t old_n = (size_t)t->mask + 1;
    HfInternSlot *old = t->slots;

    t->slots = g_new0(HfInternSlot, old_n * 2);
    t->mask = (uint32_t)(old_n * 2 - 1);
    for (size_t i = 0; i < old_n; i++) {
        uint32_t at = old[i].hash & t->mask;

        if (!old[i].id)
            continue;
        while (t->slots[at].id)
            at = (at + 1) & t->mask;
        t->slots[at] = old[i];
    }
    g_free(old);
}
