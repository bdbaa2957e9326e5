/* SPDX-License-Identifier: MIT */
/* lower_stmt.c - statements other than loops and jumps. */
#include "lower_body.h"

#define MAX_DEPTH 1500u

HfId hf_end_loc(HfBody *f, HfNode *n)
{
    HfSource *s;
    guint offset;

    s = hf_expansion(f->u, clang_getRangeEnd(clang_getCursorExtent(n->c)),
                     &offset);
    if (s && s == f->source && offset > 0) {
        return hf_loc_at(f->u, s, offset - 1); /* the closing brace */
    }
    return hf_node_loc(f, n);
}

static void lower_compound(HfBody *f, HfNode *n)
{
    guint n_live;
    HfNode *outer = hf_scope_enter(f, n, &n_live);

    for (HfNode *s = n->first; s; s = s->next) {
        hf_lower_stmt(f, s);
    }
    if (f->live->len > n_live) {
        hf_scope_leave(f, outer, n_live, f->cur < 0 ? 0 : hf_end_loc(f, n), 0);
    } else {
        f->scope = outer;
    }
}

/* ---- declarations ------------------------------------------------------- */

void hf_lower_variable(HfBody *f, HfNode *n)
{
    CXType type = clang_getCursorType(n->c);
    enum CX_StorageClass storage = clang_Cursor_getStorageClass(n->c);
    HfLocalInfo *local;
    HfNode *init = n->last;
    HfId path, loc;

    if (storage == CX_SC_Extern) {
        return;
    }
    if (storage == CX_SC_Static) {
        hf_lower_global(f->u, n->c, hf_symbol_row(f->u, n->c));
        return;
    }
    if (type.kind == CXType_VariableArray) {
        hf_lower_children(f, n); /* its size */
        init = NULL;
    }
    local = hf_local(f, hf_declare_local(f, n));
    path = hf_facts_path(f->b, HF_PATH_LOCAL, 0, local->id, 0);
    loc = hf_facts_at_locals(f->b, local->id)->loc;
    if (init) {
        hf_lower_init(f, path, type, init, loc);
    }
}

static void lower_declarations(HfBody *f, HfNode *n)
{
    for (HfNode *d = n->first; d; d = d->next) {
        if (d->c.kind == CXCursor_VarDecl) {
            hf_lower_variable(f, d);
        }
    }
}

/* ---- selection ---------------------------------------------------------- */

static void lower_if(HfBody *f, HfNode *n)
{
    HfNode *then_node = hf_node_child(n, 1);
    HfNode *else_node = hf_node_child(n, 2);
    HfBlockNo yes = hf_block_new(f);
    HfBlockNo no = hf_block_new(f);
    HfBlockNo after;

    if (!then_node) {
        hf_incomplete(f);
        return;
    }
    hf_lower_cond(f, n->first, yes, no);
    after = else_node ? hf_block_new(f) : no;
    hf_block_open(f, yes);
    hf_lower_stmt(f, then_node);
    hf_jump(f, after);
    if (else_node) {
        hf_block_open(f, no);
        hf_lower_stmt(f, else_node);
        hf_jump(f, after);
    }
    hf_block_open(f, after);
}

/* ---- return ------------------------------------------------------------- */

static void emit_return(HfBody *f, HfId loc, HfId value)
{
    if (f->cur < 0) {
        return;
    }
    hf_unwind(f, 0, loc, TRUE);
    hf_emit_simple(f, HF_EV_RETURN, loc, 0, value);
    hf_jump(f, 1);
}

/* What is true or false returns 1 or 0 on its branches, and ?: one of its
 * values: so the result and what it depends on stay together. */
static void return_value(HfBody *f, HfNode *e, HfId loc)
{
    HfBlockNo yes, no;
    HfNode *n = hf_node_strip(e);
    HfId value;

    if (f->sites->len || !n ||
        !(hf_is_truth(n) || (n->c.kind == CXCursor_ConditionalOperator &&
                             n->n == 3))) {
        emit_return(f, loc, hf_lower_value(f, e));
        return;
    }
    yes = hf_block_new(f);
    no = hf_block_new(f);
    if (n->c.kind == CXCursor_ConditionalOperator) {
        hf_lower_cond(f, n->first, yes, no);
        hf_block_open(f, yes);
        return_value(f, hf_node_child(n, 1), loc);
        hf_block_open(f, no);
        return_value(f, hf_node_child(n, 2), loc);
    } else if (hf_branch_or_value(f, n, yes, no, &value)) {
        hf_block_open(f, yes);
        emit_return(f, loc, hf_const(f, 1));
        hf_block_open(f, no);
        emit_return(f, loc, hf_const(f, 0));
    } else {
        emit_return(f, loc, value);
    }
}

static void lower_return(HfBody *f, HfNode *n)
{
    HfNode *e = n->last;

    if (!e) {
        emit_return(f, hf_node_loc(f, n), 0);
    } else if (clang_getCanonicalType(clang_getCursorType(e->c)).kind ==
               CXType_Void) {
        hf_lower_discard(f, e);
        emit_return(f, hf_node_loc(f, n), 0);
    } else {
        return_value(f, e, hf_node_loc(f, n));
    }
}

/* ---- everything --------------------------------------------------------- */

static void lower_kind(HfBody *f, HfNode *n)
{
    switch (n->c.kind) {
    case CXCursor_CompoundStmt:
        lower_compound(f, n);
        break;
    case CXCursor_DeclStmt:
        lower_declarations(f, n);
        break;
    case CXCursor_IfStmt:
        lower_if(f, n);
        break;
    case CXCursor_WhileStmt:
    case CXCursor_DoStmt:
    case CXCursor_ForStmt:
        hf_lower_loop(f, n);
        break;
    case CXCursor_SwitchStmt:
        hf_lower_switch(f, n);
        break;
    case CXCursor_CaseStmt:
    case CXCursor_DefaultStmt:
        hf_lower_case(f, n);
        break;
    case CXCursor_LabelStmt:
        hf_lower_label(f, n);
        break;
    case CXCursor_GotoStmt:
    case CXCursor_BreakStmt:
    case CXCursor_ContinueStmt:
        hf_lower_goto(f, n);
        break;
    case CXCursor_IndirectGotoStmt:
        hf_lower_computed_goto(f, n);
        break;
    case CXCursor_ReturnStmt:
        lower_return(f, n);
        break;
    case CXCursor_NullStmt:
        break;
    case CXCursor_GCCAsmStmt:
    case CXCursor_MSAsmStmt:
        hf_lower_asm(f, n);
        break;
    default:
        if (clang_isExpression(n->c.kind)) {
            hf_lower_discard(f, n);
            break;
        }
        /* attributed statements, and what clang made of broken code */
        for (HfNode *s = n->first; s; s = s->next) {
            hf_lower_stmt(f, s);
        }
    }
}

void hf_lower_stmt(HfBody *f, HfNode *n)
{
    HfOperand o;

    if (f->cur < 0 && !(n->flags & HF_NODE_HAS_LABEL)) {
        return;
    }
    if (f->depth >= MAX_DEPTH) {
        hf_incomplete(f);
        return;
    }
    f->depth++;
    if (!f->sites->len || (!hf_is_rest_of_macro(f, n) &&
                           !hf_lower_macro_call(f, n, &o, FALSE))) {
        lower_kind(f, n);
    }
    f->depth--;
}
