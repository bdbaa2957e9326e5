/* SPDX-License-Identifier: MIT */
/*
 * text.h - what a source file says to the preprocessor, read without
 * preprocessing it.  Private to extract.
 *
 * Used to choose what goes into a precompiled header, and to tell whether a
 * unit could mean something else with one.  Conditionals are not evaluated:
 * everything in the file counts.
 */
#ifndef HOLDFAST_EXTRACT_TEXT_H
#define HOLDFAST_EXTRACT_TEXT_H

#include "names.h"

typedef enum {
    HF_TEXT_DEFINE,
    HF_TEXT_UNDEF,
    HF_TEXT_INCLUDE,
    HF_TEXT_COMPUTED, /* #include MACRO */
} HfTextKind;

typedef struct {
    HfTextKind kind;
    uint32_t name;   /* the macro; or what is between the delimiters */
    gboolean angled; /* <...> */
} HfTextItem;

typedef struct {
    uint32_t macro;
    uint32_t name; /* its body mentions */
} HfTextBody;

typedef struct {
    GArray *items;     /* HfTextItem, in order */
    GArray *mentioned; /* uint32_t: identifiers outside comments, literals and
                          macro definitions; sorted, each once */
    GArray *defined;   /* uint32_t: macros it defines or undefines; sorted */
    GArray *bodies;    /* HfTextBody, in order */
    guint n_leading;   /* so many items are plain includes before anything
                          else but comments and an include guard */
    gboolean guarded;  /* starts with an include guard or #pragma once */
} HfText;

HfText *hf_text_scan(HfNames *names, const char *text, gsize len);
/* Only what comes before the first thing that ends n_leading. */
HfText *hf_text_scan_head(HfNames *names, const char *text, gsize len);
/* NULL when the file cannot be read. */
HfText *hf_text_read(HfNames *names, const char *path);
void hf_text_free(HfText *text);
/* Outside macro definitions. */
gboolean hf_text_mentions(const HfText *text, uint32_t name);
gboolean hf_text_defines(const HfText *text, uint32_t name);

/* Macro -> GArray of uint32_t, what its bodies mention. */
GHashTable *hf_text_bodies_new(void);
void hf_text_bodies_add(GHashTable *bodies, const HfText *text);

#endif
