/* SPDX-License-Identifier: MIT */
/*
 * lower_body.h - lowering one function body to blocks, edges and events.
 * Private to lowering.
 *
 * Events go straight into the facts, so a block that was left is never added
 * to again: it is filled, then left by jumps or branches.  While no block is
 * open the code being lowered cannot be reached, and leaves nothing behind.
 *
 * Order within a function that uses these: evaluate operands (which may open
 * and leave blocks), then emit.
 */
#ifndef HOLDFAST_EXTRACT_LOWER_BODY_H
#define HOLDFAST_EXTRACT_LOWER_BODY_H

#include "lower_text.h"
#include "lower_tree.h"
#include "lower_unit.h"

typedef int HfBlockNo; /* -1: none */

/* ---- what is known of a local ------------------------------------------- */

typedef struct {
    HfId id;      /* HfLocal */
    guint32 type; /* HfTypeFlags */
    HfId cleanup; /* HfSymbol */
    HfNode *scope; /* NULL for parameters and synthetic ones */
    guint32 order; /* of the declaration */
    guint32 use;   /* index in uses */
    HfId alias;    /* path it is known to be equal to, 0 */
    gboolean alias_moves; /* alias depends on memory */
} HfLocalInfo;

/* How a variable is used in the body, whatever the order. */
typedef struct {
    guint n_writes; /* beside its initialiser */
    guint n_addr;   /* address taken, built-in atomics not counted */
} HfUse;

typedef struct {
    HfNode *node;     /* LabelStmt */
    HfBlockNo block;
    gboolean target;  /* some goto or && names it */
    gboolean by_address;
    gboolean dead;    /* found unreachable by an earlier attempt */
} HfLabel;

/* ---- enclosing constructs ----------------------------------------------- */

typedef struct HfJumps {
    struct HfJumps *outer;
    HfBlockNo on_break;
    HfBlockNo on_continue; /* -1: a switch, ask the outer one */
    guint n_live;          /* locals alive at the targets */
} HfJumps;

typedef struct HfSwitch {
    struct HfSwitch *outer;
    HfBlockNo head; /* -1: not reached */
    HfId value;     /* path */
    HfId loc;
    HfNode *only;   /* value is constant: the one label it goes to */
    gboolean is_const;
    gboolean has_default;
} HfSwitch;

typedef struct {
    HfId first_event;
    guint32 n_events;
    guint32 n_preds;
    int first_edge, last_edge; /* in edges, -1 none */
    gboolean started;
    guint32 number; /* final */
} HfBlockInfo;

typedef struct {
    HfBlockNo from, to;
    HfId cond;
    guint32 flags;
    int next; /* of the same block */
} HfEdgeInfo;

typedef struct {
    HfLower *u;
    HfFactsBuilder *b;
    HfTree *tree;
    HfFunction row;
    HfSource *source; /* of the body's text; NULL when out of a macro */

    GArray *blocks;   /* HfBlockInfo; 0 entry, 1 exit */
    GArray *order;    /* HfBlockNo in the order they were opened */
    GArray *edges;    /* HfEdgeInfo */
    HfBlockNo cur;    /* open block, -1 unreachable */

    HfDeclMap by_decl; /* variable -> index in locals + 1 */
    GArray *locals;    /* HfLocalInfo */
    HfDeclMap use_by_decl; /* variable -> index in uses */
    GArray *uses;      /* HfUse; 0 for all that are never changed */
    GArray *live;      /* guint: indices in locals, in order */
    GArray *aliased;   /* guint: indices in locals */
    GArray *labels;    /* HfLabel */
    GArray *computed;  /* HfBlockNo with a computed goto */
    GArray *sites;     /* HfMacroSite */
    guint last_site;   /* statement macro lowered last, offset + 1 */

    HfJumps *jumps;
    HfSwitch *switches;
    HfNode *scope;     /* innermost */
    guint in_stmt_expr;
    guint n_synthetic;
    HfId into;         /* see hf_lower_value_into; 0 most of the time */
    guint depth;
} HfBody;

/* ---- blocks (lower_cfg.c) ----------------------------------------------- */

HfBlockNo hf_block_new(HfBody *f);
gboolean hf_is_reached(HfBody *f, HfBlockNo block);
/* Opens it, unless nothing leads there. The open block must have been left. */
void hf_block_open(HfBody *f, HfBlockNo block);
/* Opens it even if nothing leads there yet. */
void hf_block_open_anyway(HfBody *f, HfBlockNo block);
void hf_jump(HfBody *f, HfBlockNo to); /* leaves the open block */
void hf_stop(HfBody *f);               /* leaves it for nowhere */
void hf_edge(HfBody *f, HfBlockNo from, HfBlockNo to, HfId cond,
             guint32 flags);
void hf_branch(HfBody *f, const HfCond *cond, HfBlockNo yes, HfBlockNo no);

/* 0 when unreachable. */
HfId hf_emit(HfBody *f, const HfEvent *event);
HfId hf_emit_simple(HfBody *f, HfEventKind kind, HfId loc, HfId path,
                    HfId value);

/* Tidies the graph; blocks nothing leads to are dropped. FALSE: a label that
 * was taken for reachable is not (its `dead` is set): lower again. */
gboolean hf_cfg_finish(HfBody *f);
/* Numbers what can be reached (others 0) and marks back edges. */
void hf_cfg_walk(HfBody *f);
/* Of a walked graph; leaves it walked (lower_tidy.c). */
void hf_cfg_tidy(HfBody *f);

/* ---- small things (lower_function.c) ------------------------------------ */

HfId hf_node_loc(HfBody *f, HfNode *n);
/* Of the last character of a statement, where it is in the body's text. */
HfId hf_end_loc(HfBody *f, HfNode *n);
HfId hf_unknown(HfBody *f);
HfId hf_const(HfBody *f, gint64 value);
HfPath hf_path_row(HfBody *f, HfId path);
void hf_incomplete(HfBody *f);

static inline HfLocalInfo *hf_local(HfBody *f, guint i)
{
    return &g_array_index(f->locals, HfLocalInfo, i);
}

/* ---- locals and scopes (lower_scope.c) ---------------------------------- */

void hf_declare_param(HfBody *f, CXCursor decl);
/* Index in locals. */
guint hf_declare_local(HfBody *f, HfNode *var);
/* Path of a new synthetic local of a type. */
HfId hf_synthetic(HfBody *f, CXType type, HfId loc);
HfLocalInfo *hf_local_of_path(HfBody *f, HfId path);
gboolean hf_local_is_shared(HfBody *f, const HfLocalInfo *local);

/* A scope begins and ends; loc is of its end.  keep: path still needed. */
HfNode *hf_scope_enter(HfBody *f, HfNode *scope, guint *n_live);
void hf_scope_leave(HfBody *f, HfNode *outer, guint n_live, HfId loc,
                    HfId keep);
/* What leaving all but the n_live oldest locals does, without leaving. */
void hf_unwind(HfBody *f, guint n_live, HfId loc, gboolean returning);
guint hf_live_at_label(HfBody *f, const HfNode *label);

/* An alias is a local of a statement expression that stands for a value. */
void hf_alias_set(HfBody *f, HfId local_path, HfId value);
void hf_alias_forget_memory(HfBody *f);
void hf_alias_forget_local(HfBody *f, HfId local_path);

/* ---- first look at the whole body (lower_scan.c) ------------------------ */

void hf_scan_uses(HfBody *f);
/* ref: a LabelRef. */
HfLabel *hf_label_of(HfBody *f, CXCursor ref);

/* ---- statements (lower_stmt.c, lower_loop.c) ---------------------------- */

void hf_lower_stmt(HfBody *f, HfNode *n);
void hf_lower_loop(HfBody *f, HfNode *n);
void hf_lower_switch(HfBody *f, HfNode *n);
void hf_lower_case(HfBody *f, HfNode *n);
void hf_lower_label(HfBody *f, HfNode *n);
void hf_lower_goto(HfBody *f, HfNode *n);
void hf_lower_computed_goto(HfBody *f, HfNode *n);
void hf_connect_computed_gotos(HfBody *f);
void hf_lower_asm(HfBody *f, HfNode *n);
/* Indices in labels of those an asm goto may jump to, appended to out. */
void hf_asm_labels(HfBody *f, HfNode *n, GArray *out);
void hf_lower_variable(HfBody *f, HfNode *n);

/* ---- expressions (lower_expr.c and others) ------------------------------ */

typedef enum {
    HF_FORM_VALUE,    /* path is the value; reads are recorded */
    HF_FORM_PLACE,    /* path is the object; not read yet */
    HF_FORM_FUNCTION, /* path is the function */
} HfForm;

#define HF_TYPE_IS_KNOWN (1u << 31)

typedef struct {
    HfForm form;
    HfId path;
    guint32 type; /* HfTypeFlags | HF_TYPE_IS_KNOWN, or 0: ask the node */
    HfNode *node; /* where it is written */
} HfOperand;

HfOperand hf_lower_operand(HfBody *f, HfNode *n);
HfId hf_lower_value(HfBody *f, HfNode *n);
void hf_lower_discard(HfBody *f, HfNode *n);
/*
 * As hf_lower_value, but what is chosen by branches (?:, &&, a comparison) is
 * written to local on each of them, and local is the result: no detour by a
 * synthetic one, which would hide from the next test what was just decided.
 * local may be 0.
 */
HfId hf_lower_value_into(HfBody *f, HfNode *n, HfId local);
HfId hf_take_destination(HfBody *f); /* for those that choose by branches */
HfId hf_load(HfBody *f, HfOperand *o);
guint32 hf_operand_type(HfBody *f, HfOperand *o);
/* The object a pointer expression points to, without reading it. */
HfOperand hf_lower_pointee(HfBody *f, HfNode *pointer);
HfOperand hf_value_operand(HfNode *n, HfId path);
HfOperand hf_place_operand(HfNode *n, HfId path, guint32 type);
HfId hf_store(HfBody *f, HfOperand *place, HfId value);

HfOperand hf_lower_unary(HfBody *f, HfNode *n);
HfOperand hf_lower_binary(HfBody *f, HfNode *n);
HfOperand hf_lower_assign(HfBody *f, HfNode *n);
HfOperand hf_lower_call(HfBody *f, HfNode *n, gboolean used);
HfOperand hf_lower_unexposed(HfBody *f, HfNode *n, gboolean used);
HfOperand hf_lower_atomic(HfBody *f, HfNode *n, const char *name);
HfOperand hf_lower_generic(HfBody *f, HfNode *n);
HfOperand hf_lower_compound_literal(HfBody *f, HfNode *n);
HfOperand hf_lower_stmt_expr(HfBody *f, HfNode *n, gboolean used);
HfOperand hf_lower_conditional(HfBody *f, HfNode *n, gboolean used);
gboolean hf_is_elvis(HfNode *n); /* a ?: b */
HfOperand hf_lower_elvis(HfBody *f, HfNode *n, gboolean used);
HfOperand hf_lower_truth(HfBody *f, HfNode *n);
HfId hf_string_value(HfBody *f, HfNode *n);

/* Events of the operands of something that is not understood. */
void hf_lower_children(HfBody *f, HfNode *n);

/* CALL or CALL_INDIRECT with its arguments; returns the TEMP. */
HfOperand hf_emit_call(HfBody *f, HfNode *n, HfEvent *call, const HfId *args,
                       guint n_args);

/* A macro kept as one call stands here: lowers it. */
gboolean hf_lower_macro_call(HfBody *f, HfNode *n, HfOperand *out,
                             gboolean used);

gboolean hf_is_macro_call(HfBody *f, HfNode *n);
/* n belongs to the macro that the statement before was lowered as. */
gboolean hf_is_rest_of_macro(HfBody *f, HfNode *n);

/* The word an unexposed expression starts with; to be freed. */
char *hf_builtin_name(HfLower *u, HfNode *n);

/* Constant without evaluating anything. */
gboolean hf_fold(HfBody *f, HfNode *n, gint64 *value);
/* value op number, op as clang numbers them; UNKNOWN when not expressible. */
HfId hf_computed(HfBody *f, int op, HfId value, gint64 number);
gboolean hf_fold_binary(int op, gint64 l, gint64 r, gint64 *out);
gboolean hf_offsetof_fields(HfBody *f, HfNode *n, HfId pointer, HfId *out);

/* ---- conditions (lower_cond.c) ------------------------------------------ */

/* Leaves the open block for yes or no. */
void hf_lower_cond(HfBody *f, HfNode *n, HfBlockNo yes, HfBlockNo no);
/* Of something that is true or false. TRUE: branched to yes and no; FALSE:
 * it says nothing about a path, *out is the value. */
gboolean hf_branch_or_value(HfBody *f, HfNode *n, HfBlockNo yes, HfBlockNo no,
                            HfId *out);
gboolean hf_is_truth(HfNode *n); /* !, &&, ||, a comparison */

/* ---- initialisers (lower_init.c) ---------------------------------------- */

/* Writes to the object at path; functions stored there are bound too. */
void hf_lower_init(HfBody *f, HfId path, CXType type, HfNode *init, HfId loc);

#endif
