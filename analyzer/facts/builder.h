/* SPDX-License-Identifier: MIT */
/*
 * builder.h - the tables while they grow.  Private to facts.
 */
#ifndef HOLDFAST_FACTS_BUILDER_H
#define HOLDFAST_FACTS_BUILDER_H

#include "facts/facts.h"
#include "facts/intern.h"

G_BEGIN_DECLS

struct HfFactsBuilder {
    uint32_t status;
    HfId main_file;
    HfStr output;
    GByteArray *strings;
#define X(member, type, name) GArray *member;
    HF_FACTS_TABLES(X)
#undef X
    GByteArray *path_depths; /* one byte a path; 1 for a root */
    uint32_t next_unknown;   /* counts down, away from callers' own refs */
    HfIntern string_index;
    HfIntern loc_index;
    HfIntern path_index;
};

/* What facts->backing points to: who owns the bytes of the tables. */
typedef struct {
    GBytes *bytes; /* a loaded shard; NULL when built in memory */
    guint8 *strings;
#define X(member, type, name) char *member;
    HF_FACTS_TABLES(X)
#undef X
} HfFactsBacking;

G_END_DECLS

#endif
