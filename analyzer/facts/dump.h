/* SPDX-License-Identifier: MIT */
/*
 * dump.h - what the parts of the dump share.  Private to facts.
 */
#ifndef HOLDFAST_FACTS_DUMP_H
#define HOLDFAST_FACTS_DUMP_H

#include "facts/facts.h"

G_BEGIN_DECLS

typedef struct {
    const HfFacts *f;
    char *root; /* without a slash at its end; NULL or not empty */
    GString *out;
    uint32_t *temps;       /* number of the result of a call, by event */
    uint32_t *annots;      /* all annotations, by owner */
    guint8 *annot_printed; /* by row of annots */
} HfDump;

typedef struct {
    uint32_t bit;
    const char *word;
} HfDumpFlag;

/* An empty line and a title; nothing, and FALSE, for a table that holds no
 * more than its dummy. */
gboolean hf_dump_title(HfDump *d, const char *title, uint32_t n);
/* " [word word]", nothing when no flag is set; a bit without a word is shown
 * in hexadecimal.  table ends with a NULL word. */
void hf_dump_flags(HfDump *d, const HfDumpFlag *table, uint32_t flags);
void hf_dump_type_flags(HfDump *d, uint32_t flags);
/* On one line, control characters escaped, paths relative to the root. */
void hf_dump_text(HfDump *d, const char *text);
void hf_dump_str(HfDump *d, HfStr s);
/* "line:col", before it "file:" unless that is file; then the macro. */
void hf_dump_loc(HfDump *d, HfId loc, HfId file);
void hf_dump_macro(HfDump *d, HfId loc);
/* " of NAME", nothing for 0 */
void hf_dump_record_name(HfDump *d, HfId record);
/* path of a file, relative to the root */
const char *hf_dump_file_name(const HfDump *d, HfId file);

int hf_dump_compare_locs(const HfDump *d, HfId a, HfId b);
int hf_dump_compare_strs(const HfDump *d, HfStr a, HfStr b);
/* Rows 1 .. n-1 in order; (transfer full).  compare gets two uint32_t and
 * the HfDump. */
uint32_t *hf_dump_sort(HfDump *d, uint32_t n, GCompareDataFunc compare);

/* dump_decls.c */
void hf_dump_annots(HfDump *d, HfOwnerKind kind, HfId owner, int indent);
void hf_dump_index_annots(HfDump *d);
void hf_dump_records(HfDump *d);
void hf_dump_symbols(HfDump *d);
void hf_dump_other_annots(HfDump *d);

/* dump_bodies.c */
void hf_dump_functions(HfDump *d);

G_END_DECLS

#endif
