/* SPDX-License-Identifier: MIT */
/*
 * lower_text.h - what only the text of a file shows: macros that leave no
 * trace in the syntax tree, and where the pieces of one came from.  Private
 * to lowering.
 */
#ifndef HOLDFAST_EXTRACT_LOWER_TEXT_H
#define HOLDFAST_EXTRACT_LOWER_TEXT_H

#include "lower_unit.h"

/* ---- tokens (lower_lex.c) ----------------------------------------------- */

typedef enum {
    HF_TOKEN_END,
    HF_TOKEN_NAME,
    HF_TOKEN_NUMBER,
    HF_TOKEN_LITERAL, /* string or character */
    HF_TOKEN_PUNCT,   /* one character */
} HfTokenKind;

typedef struct {
    HfTokenKind kind;
    guint start, end; /* offsets */
} HfToken;

typedef struct {
    const char *text;
    guint pos, end;
    gboolean keep_directives; /* read inside them: for macro definitions */
} HfLexer;

/* Skips white space, comments, directives, and groups under #if 0. */
HfToken hf_lex(HfLexer *l);
gboolean hf_token_is(const HfLexer *l, HfToken t, char c);
/* t is an opening bracket; its partner, or HF_TOKEN_END. */
HfToken hf_lex_partner(HfLexer *l, HfToken t);

/* ---- bodies ------------------------------------------------------------- */

typedef struct {
    guint start, end; /* of the name; of the closing bracket + 1 */
    HfId symbol;      /* made on demand */
} HfMacroSite;

/* Marker statements of a body to annotations of symbol; calls of macros kept
 * as one call are appended to sites (HfMacroSite). */
void hf_scan_body(HfLower *u, HfSource *s, guint start, guint end,
                  HfId symbol, GArray *sites);

typedef struct {
    guint start, end; /* of the first and last token; 0, 0 empty */
} HfTextRange;

/* Arguments of the macro call at a site, appended to out (HfTextRange). */
void hf_macro_arguments(HfSource *s, const HfMacroSite *site, GArray *out);

/* ---- comments ----------------------------------------------------------- */

/* Without delimiters, leading stars and white space, on one line; to be
 * freed.  len: with the delimiters. */
char *hf_comment_text(const char *text, gsize len);
/* Just past the comment that starts at pos. */
guint hf_comment_end(HfSource *s, guint pos);

/* ---- declarations ------------------------------------------------------- */

typedef struct {
    HfSource *source;
    guint start; /* just after whatever comes before the declaration */
    guint name;  /* offset of the name */
    guint end;   /* of the declarator, its parameters included */
} HfDeclText;

/* FALSE when the declaration comes out of a macro. */
gboolean hf_decl_text(HfLower *u, CXCursor decl, HfDeclText *out);
/* Comments before and behind it to remarks of its owner. */
void hf_remark(HfLower *u, const HfDeclText *d, HfOwnerKind kind, HfId owner,
               gboolean definition);
/* Offsets of marker names around the declarator, appended to out (guint). */
void hf_decl_markers(HfLower *u, const HfDeclText *d, GArray *out);

#endif
