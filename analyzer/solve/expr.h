/* SPDX-License-Identifier: MIT */
/*
 * expr.h - access paths in terms of one function's entry values.
 *
 * A HfX names a value or an object as a function sees it: rooted at a
 * parameter's value on entry, a global, the result of a call, or something
 * opaque, and projected by ->, ., *, &, [].  Expressions are hash-consed in
 * one table per program, so equality is equality of numbers.
 *
 * Object and value: FIELD, DEREF, INDEX, GLOBAL and LOCAL name objects; used
 * as a value they mean what the object holds.  PARAM, TEMP and CONST are
 * values.  A lock is always named as an object: `pthread_mutex_lock(&s->m)`
 * locks FIELD(DEREF(PARAM 0), m).
 *
 * Not thread-safe: the solver is one thread.
 */
#ifndef HOLDFAST_EXPR_H
#define HOLDFAST_EXPR_H

#include "link/program.h"

G_BEGIN_DECLS

typedef uint32_t HfX;

typedef enum {
    HF_X_NONE,
    HF_X_PARAM,        /* ref: index; its value on entry */
    HF_X_GLOBAL,       /* ref: HfSymId */
    HF_X_FUNCTION,     /* ref: HfSymId */
    HF_X_CAP,          /* ref: index of a named capability, from 0 */
    HF_X_NAMED,        /* ref: an object known by name only, hf_x_name() */
    HF_X_CONST,        /* value */
    HF_X_STRING,
    HF_X_SELF,         /* the object a field's guard speaks of */
    HF_X_RETURN,       /* result of the call a contract speaks of */
    HF_X_LOCAL,        /* ref: local, relative to its function */
    HF_X_TEMP,         /* ref: event of the call, relative to its function */
    HF_X_OLD,          /* ref: the LOCAL or TEMP (a HfX); what it was before */
    HF_X_UNKNOWN,      /* ref: makes it unique in its function */
    HF_X_DEREF,
    HF_X_ADDR,
    HF_X_FIELD,        /* ref: HfFieldId */
    HF_X_INDEX,        /* value, -1: some element */
    HF_X_CONTAINER_OF, /* ref: HfFieldId; pointer to the object around */
    HF_X_EQ,           /* parent == other: a fact's key */
    HF_X_LT,           /* parent < other */
    HF_X_COMPUTED,     /* parent op value, ref: HfPathOp */
} HfXKind;

typedef struct {
    uint8_t kind; /* HfXKind */
    uint8_t depth;
    guint8 local;       /* mentions a LOCAL, TEMP, OLD or UNKNOWN */
    uint32_t ref;
    HfX parent;
    HfX other;
    int64_t value;
} HfXNode;

typedef struct HfXTable HfXTable;

HfXTable *hf_x_table_new(void);
void hf_x_table_free(HfXTable *t);
const HfXNode *hf_x(const HfXTable *t, HfX x);
guint hf_x_count(const HfXTable *t);

/* Normalising constructors.  A path deeper than HF_X_MAX_DEPTH becomes 0. */
#define HF_X_MAX_DEPTH 14
HfX hf_x_leaf(HfXTable *t, HfXKind kind, uint32_t ref);
HfX hf_x_const(HfXTable *t, int64_t value);
HfX hf_x_named(HfXTable *t, const char *name);
const char *hf_x_name(const HfXTable *t, HfX named);
HfX hf_x_deref(HfXTable *t, HfX x);
HfX hf_x_addr(HfXTable *t, HfX x);
HfX hf_x_field(HfXTable *t, HfX x, HfFieldId field);
HfX hf_x_index(HfXTable *t, HfX x, int64_t value);
HfX hf_x_container(HfXTable *t, HfX x, HfFieldId field);
/* A constant operand gives a constant, where the result is certain. */
HfX hf_x_computed(HfXTable *t, HfX x, HfPathOp op, int64_t value);
HfX hf_x_compare(HfXTable *t, HfXKind kind, HfX a, HfX b);
/* x with its parent replaced: one step of rebuilding a path. */
HfX hf_x_rebuild(HfXTable *t, const HfXNode *n, HfX parent, HfX other);

/* Replace leaves: fn returns the replacement, or 0 to give the whole up. */
typedef HfX (*HfXMap)(HfXTable *t, HfX leaf, const HfXNode *n, gpointer data);
HfX hf_x_map(HfXTable *t, HfX x, HfXMap fn, gpointer data);

gboolean hf_x_mentions(const HfXTable *t, HfX x, HfX part);
HfX hf_x_root(const HfXTable *t, HfX x);
/* The object that x is, or is a part of: members and elements left out. */
HfX hf_x_whole(const HfXTable *t, HfX x);
/* The pointer to that object; 0 when it is reached by none. */
HfX hf_x_pointer_to(const HfXTable *t, HfX x);

/*
 * Callee terms to caller terms: PARAM(i) becomes args[i].  0 when the path
 * cannot be said in the caller.
 */
HfX hf_x_to_caller(HfXTable *t, HfX x, const HfX *args, guint n_args);
/* Caller terms to callee terms; 0 when the callee cannot name it. */
HfX hf_x_to_callee(HfXTable *t, HfX x, const HfX *args, guint n_args);

/* C-like text in terms of sym's parameter and local names (sym may be 0). */
void hf_x_text(const HfXTable *t, const HfProgram *p, HfSymId sym, HfX x,
               GString *out);
/* Names no local and no parameter: "MigrationState.to_dst_file" for fields,
 * the symbol for globals; for merge keys. */
void hf_x_stable_text(const HfXTable *t, const HfProgram *p, HfX x,
                      GString *out);

G_END_DECLS

#endif
