/* SPDX-License-Identifier: MIT */
/* link_internal.h - what link.c and callgraph.c share.  Private to link. */
#ifndef HOLDFAST_LINK_INTERNAL_H
#define HOLDFAST_LINK_INTERNAL_H

#include "link/program.h"

typedef struct {
    HfRecId record;
    const char *name;
} HfFieldKey;

/* Tables needed only while linking. */
typedef struct {
    HfProgram *program;
    GHashTable *symbols;     /* key -> HfSymId */
    GHashTable *records;     /* key -> HfRecId */
    GHashTable *fields;      /* HfFieldKey -> HfFieldId */
    GHashTable *lock_types;  /* type name -> HfLockTypeRule */
    GHashTable *annotations; /* text -> GPtrArray of HfEffect */
} HfLinker;

/* HfProgram.priv once the call graph stands. */
typedef struct {
    GHashTable *annotations; /* text -> GPtrArray of HfEffect */
    GHashTable *locals;      /* node key -> GArray of HfSymId */
    GArray *none;
} HfCallgraph;

const char *hf_program_relative(const HfProgram *p, const char *path);
const HfLockTypeRule *hf_link_lock_type(HfLinker *l, const char *type);
/* chains.c: is_link of records, is_entry of fields. */
void hf_link_mark_chains(HfProgram *p);
void hf_link_callgraph(HfLinker *l);
/* order.c: fills callers, scc and functions from the resolved targets. */
void hf_link_order(HfProgram *p);
void hf_link_callgraph_free(HfProgram *p);

#endif
