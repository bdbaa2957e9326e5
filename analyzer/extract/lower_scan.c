/* SPDX-License-Identifier: MIT */
/*
 * lower_scan.c - what lowering must know of a body before it starts: which
 * locals have their address taken or are written to, and which labels are
 * jumped to.
 */
#include "lower_body.h"
#include <string.h>

static gboolean is_array_node(const HfNode *n)
{
    enum CXTypeKind kind = clang_getCanonicalType(
        clang_getCursorType(n->c)).kind;

    return kind == CXType_ConstantArray || kind == CXType_VariableArray ||
           kind == CXType_IncompleteArray;
}

/* The variable an lvalue is part of, or NULL. */
static HfNode *root_variable(HfNode *n)
{
    for (n = hf_node_strip(n); n; n = hf_node_strip(n)) {
        switch (n->c.kind) {
        case CXCursor_DeclRefExpr:
            return n;
        case CXCursor_MemberRefExpr:
            if (!n->first ||
                clang_getCanonicalType(clang_getCursorType(n->first->c)).kind
                    == CXType_Pointer) {
                return NULL;
            }
            n = n->first;
            break;
        case CXCursor_ArraySubscriptExpr:
            n = hf_node_strip(n->first);
            if (!n || !is_array_node(n)) {
                return NULL;
            }
            break;
        default:
            return NULL;
        }
    }
    return NULL;
}

static HfUse *use_of(HfBody *f, HfNode *ref)
{
    CXCursor decl = clang_getCursorReferenced(ref->c);
    guint32 i;

    if (decl.kind != CXCursor_VarDecl && decl.kind != CXCursor_ParmDecl) {
        return NULL;
    }
    i = hf_decl_map_get(&f->use_by_decl, decl);
    if (!i) {
        HfUse use = { 0, 0 };

        i = f->uses->len;
        g_array_append_val(f->uses, use);
        hf_decl_map_set(&f->use_by_decl, decl, i);
    }
    return &g_array_index(f->uses, HfUse, i);
}

/* What an address is an operand of. */
static HfNode *user_of(HfNode *n)
{
    HfNode *outer = n->parent;

    while (outer && (outer->c.kind == CXCursor_ParenExpr ||
                     outer->c.kind == CXCursor_CStyleCastExpr ||
                     hf_node_is_cast(outer))) {
        outer = outer->parent;
    }
    return outer;
}

/* (&x)->f, *&x */
static gboolean is_step(const HfNode *user)
{
    return user->c.kind == CXCursor_MemberRefExpr ||
           (user->c.kind == CXCursor_UnaryOperator &&
            user->op == CXUnaryOperator_Deref);
}

static void see_change(HfBody *f, HfNode *target)
{
    HfNode *ref = hf_node_strip(target);
    HfUse *use;

    if (ref && ref->c.kind == CXCursor_DeclRefExpr &&
        (use = use_of(f, ref)) != NULL) {
        use->n_writes++;
    }
}

/* An atomic built-in does not keep the address, but may write there. */
static void see_address(HfBody *f, HfNode *n)
{
    HfNode *ref = root_variable(n->first);
    HfUse *use = ref ? use_of(f, ref) : NULL;
    HfNode *user = use ? user_of(n) : NULL;
    g_autofree char *name = NULL;

    if (!use || (user && is_step(user))) {
        return;
    }
    if (user && user->c.kind == CXCursor_UnexposedExpr) {
        name = hf_builtin_name(f->u, user);
    }
    if (!name || !strstr(name, "atomic_")) {
        use->n_addr++;
    } else if (strcmp(name, "__atomic_load")) {
        use->n_writes++;
    }
}

static void see_operator(HfBody *f, HfNode *n)
{
    switch (n->op) {
    case CXUnaryOperator_AddrOf:
        see_address(f, n);
        break;
    case CXUnaryOperator_PostInc:
    case CXUnaryOperator_PostDec:
    case CXUnaryOperator_PreInc:
    case CXUnaryOperator_PreDec:
        see_change(f, n->first);
        break;
    default:
        break;
    }
}

static void see_label(HfBody *f, HfNode *n)
{
    HfLabel label = { n, -1, FALSE, FALSE, FALSE };

    g_array_append_val(f->labels, label);
}

/* Cursors of one label differ by how they were come by; places do not. */
HfLabel *hf_label_of(HfBody *f, CXCursor ref)
{
    CXSourceLocation at = clang_getCursorLocation(
        clang_getCursorReferenced(ref));

    for (guint i = 0; i < f->labels->len; i++) {
        HfLabel *label = &g_array_index(f->labels, HfLabel, i);

        if (clang_equalLocations(clang_getCursorLocation(label->node->c),
                                 at)) {
            return label;
        }
    }
    return NULL;
}

static void see_asm(HfBody *f, HfNode *n)
{
    g_autoptr(GArray) labels = g_array_new(FALSE, FALSE, sizeof(guint));

    hf_asm_labels(f, n, labels);
    for (guint i = 0; i < labels->len; i++) {
        g_array_index(f->labels, HfLabel,
                      g_array_index(labels, guint, i)).target = TRUE;
    }
}

static void see_target(HfBody *f, HfNode *n)
{
    HfLabel *label;

    if (n->c.kind == CXCursor_GCCAsmStmt) {
        see_asm(f, n);
    }
    if (n->c.kind != CXCursor_LabelRef) {
        return;
    }
    label = hf_label_of(f, n->c);
    if (label) {
        label->target = TRUE;
        label->by_address |= n->parent->c.kind == CXCursor_AddrLabelExpr;
    }
}

void hf_scan_uses(HfBody *f)
{
    guint32 size = hf_tree_size(f->tree);

    for (guint32 i = 0; i < size; i++) {
        HfNode *n = hf_tree_at(f->tree, i);

        switch (n->c.kind) {
        case CXCursor_UnaryOperator:
            see_operator(f, n);
            break;
        case CXCursor_BinaryOperator:
            if (n->op == CXBinaryOperator_Assign) {
                see_change(f, n->first);
            }
            break;
        case CXCursor_CompoundAssignOperator:
            see_change(f, n->first);
            break;
        case CXCursor_LabelStmt:
            see_label(f, n);
            break;
        default:
            break;
        }
    }
    for (guint32 i = 0; f->labels->len && i < size; i++) {
        see_target(f, hf_tree_at(f->tree, i));
    }
}
