/* SPDX-License-Identifier: MIT */
/*
 * pch_tables.h - which files of a precompiled header include, define and
 * mention what.  Private to extract.
 */
#ifndef HOLDFAST_EXTRACT_PCH_TABLES_H
#define HOLDFAST_EXTRACT_PCH_TABLES_H

#include "pch.h"
#include "text.h"

/* Files are numbered as in pch->files, in the order they were entered: the
 * header has seen the macros of a file in all files of higher number. */
typedef struct {
    const HfPch *pch;
    guint n;           /* files */
    guint words;       /* guint64 in a bit set of files */
    HfText **texts;    /* of each file; NULL when it cannot be read */
    guint64 *closure;  /* a bit set for each file: it and all it includes */
    guint64 *sensitive; /* a bit set for each file: those outside its closure
                           that define a macro it mentions or defines */
    GHashTable *definers; /* macro -> GArray of guint: files */
    GHashTable *bodies;   /* macro -> GArray of uint32_t: names it expands to */
} HfPchTables;

HfPchTables *hf_pch_tables_new(HfNames *names, const HfPch *pch);
void hf_pch_tables_free(HfPchTables *tables);

static inline const guint64 *hf_pch_row(const HfPchTables *tables,
                                        const guint64 *bits, guint file)
{
    return bits + (gsize)file * tables->words;
}

static inline gboolean hf_bit_get(const guint64 *bits, guint i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static inline void hf_bit_set(guint64 *bits, guint i)
{
    bits[i / 64] |= G_GUINT64_CONSTANT(1) << (i % 64);
}

static inline void hf_bits_merge(guint64 *into, const guint64 *from,
                                 guint words)
{
    for (guint i = 0; i < words; i++) {
        into[i] |= from[i];
    }
}

#endif
