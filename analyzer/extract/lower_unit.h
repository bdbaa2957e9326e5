/* SPDX-License-Identifier: MIT */
/*
 * lower_unit.h - what lowering keeps while it works on one unit: its files,
 * and which row each declaration has become.  Private to lowering.
 *
 * Nothing here is ever visited wholesale.  A declaration becomes a row when
 * lowered code refers to it, so the rows and their order are the same whether
 * it came from a header that was parsed or from a precompiled one.
 */
#ifndef HOLDFAST_EXTRACT_LOWER_UNIT_H
#define HOLDFAST_EXTRACT_LOWER_UNIT_H

#include "lower.h"
#include "lower_index.h"

/* ---- files and places (lower_source.c) ---------------------------------- */

typedef struct {
    CXFile handle;
    char *path;       /* absolute, "." and ".." removed */
    const char *text; /* not NUL-terminated; "" when unreadable */
    gsize len;
    GMappedFile *map; /* when text is ours */
    GArray *lines;    /* guint32 offsets of line starts; made on demand */
    HfId row;         /* HfFile, 0 until referred to */
    gboolean is_main;
    gboolean is_system;
    gboolean lowered; /* a function of this file was lowered */
} HfSource;

/* ---- functions waiting to be lowered ------------------------------------ */

typedef struct {
    CXCursor def;
    HfId symbol;
    const char *path;
    guint line;
} HfPending;

/* What lowering has to know of a symbol beyond its row. */
typedef enum {
    HF_SYMX_NORETURN = 1u << 0,
    HF_SYMX_QUEUED = 1u << 1, /* body lowered, or about to be */
    HF_SYMX_INIT = 1u << 2,   /* initialiser lowered */
    HF_SYMX_SPECIAL = 1u << 3, /* name starts with __builtin_ or __sync_ */
} HfSymbolExtra;

typedef struct HfTree HfTree;

typedef struct HfLower {
    CXTranslationUnit tu;
    HfFactsBuilder *b;
    const HfExtractRules *rules;
    const char *directory;
    CXFile main_handle;
    HfSource *main;

    GHashTable *by_handle; /* CXFile -> HfSource */
    GHashTable *by_path;   /* char* -> HfSource, owned */
    GPtrArray *sources;    /* in order of discovery, borrowed */
    CXFile last_handle;
    HfSource *last_source;
    HfSource *macro_source; /* of macro_offset */
    guint macro_offset;
    HfStr macro_name;

    HfDeclMap symbols;  /* declaration, canonical or not -> HfSymbol */
    HfDeclMap records;
    HfDeclMap fields;
    HfDeclMap redecls;  /* canonical function -> first index in redecl_list */
    GArray *redecl_list; /* HfRedecl */
    GArray *extra;       /* HfSymbolExtra by symbol */
    GArray *field_cursors; /* CXCursor by field */
    GHashTable *functions_by_name; /* made on demand: char* -> CXCursor* */
    GHashTable *macro_symbols;     /* char* -> HfSymbol */

    HfNameSet markers;
    HfNameSet macro_calls;
    HfNameSet noreturn;

    GArray *pending;   /* HfPending, of the next wave */
    GArray *header_functions; /* HfFunction, rows to be sorted */
    HfTree *tree;      /* reused by every body */
} HfLower;

typedef struct {
    CXCursor cursor;
    int next; /* index in redecl_list, -1 */
} HfRedecl;

void hf_sources_init(HfLower *u, const char *main_file);
void hf_sources_clear(HfLower *u);
/* NULL for places without a file (built-in, scratch space). */
HfSource *hf_source_of(HfLower *u, CXFile handle);
HfId hf_source_row(HfLower *u, HfSource *s);
void hf_source_lexer_line(HfSource *s, guint offset, guint *line, guint *col);

/* Where a reader would look, and where the token is spelled. */
HfSource *hf_expansion(HfLower *u, CXSourceLocation at, guint *offset);
HfSource *hf_spelling(HfLower *u, CXSourceLocation at, guint *offset);
/* Out of macro bodies but not out of macro arguments. */
HfSource *hf_file_place(HfLower *u, CXSourceLocation at, guint *offset);

HfId hf_loc(HfLower *u, CXSourceLocation at);
HfId hf_loc_at(HfLower *u, HfSource *s, guint offset);

/* ---- types, records, fields (lower_type.c) ------------------------------ */

/* HfTypeFlags of a type; *record when not NULL as HfField.type_record. */
guint32 hf_type_flags(HfLower *u, CXType type, HfId *record);
/* As clang spells it, without places of unnamed records. */
HfStr hf_type_text(HfLower *u, CXType type);
gboolean hf_type_is_unsigned(CXType type);
/* Row of a record declaration; its fields are not filled in. */
HfId hf_record_row(HfLower *u, CXCursor decl);
/* The record of a type by value with all its fields, or 0. */
HfId hf_record_complete(HfLower *u, CXType type);
HfId hf_field_row(HfLower *u, CXCursor field);
/* How its objects lie in memory (lower_layout.c); of an array, the
 * elements'.  Nothing for other types. */
void hf_record_layout(HfLower *u, CXType type);
/* The same for the operand of a sizeof. */
void hf_sizeof_layout(HfLower *u, CXCursor expr);

/* ---- symbols and annotations (lower_decl.c, lower_annot.c) -------------- */

HfId hf_symbol_row(HfLower *u, CXCursor decl);
HfId hf_macro_symbol(HfLower *u, const char *name, gsize len);
guint32 hf_symbol_extra(HfLower *u, HfId symbol);
void hf_symbol_extra_set(HfLower *u, HfId symbol, guint32 flags);
/* A function used only by name (attribute cleanup); 0 when not found. */
HfId hf_symbol_by_name(HfLower *u, const char *name);
void hf_redecl_add(HfLower *u, CXCursor decl);

void hf_annotate_function(HfLower *u, HfId symbol, CXCursor decl);
void hf_annotate(HfLower *u, CXCursor decl, HfOwnerKind kind, HfId owner);
/* Function-pointer members, parameters: also what their typedef says. */
void hf_annotate_slot(HfLower *u, CXCursor decl, HfOwnerKind kind, HfId owner);

/* Name of the function in attribute cleanup, or NULL; to be freed. */
char *hf_cleanup_name(CXCursor var);
/* Text of the attribute's own token is NAME. */
gboolean hf_attr_is(HfLower *u, CXCursor attr, const char *name);

/* ---- initialisers (lower_init.c) ---------------------------------------- */

void hf_lower_global(HfLower *u, CXCursor var, HfId symbol);

/* ---- text (lower_text.c, lower_comment.c) ------------------------------- */

void hf_lower_comments(HfLower *u);

/* ---- bodies (lower_function.c) ------------------------------------------ */

void hf_lower_function(HfLower *u, CXCursor def, HfId symbol);

#endif
