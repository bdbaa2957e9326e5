/* SPDX-License-Identifier: MIT */
#include "lower_tree.h"
#include <string.h>

#define CHUNK 4096u

struct HfTree {
    GPtrArray *chunks; /* HfNode[CHUNK] each, reused */
    guint32 n;
    gboolean has_stmt_expr;
    HfNode *top;   /* innermost node still open while visiting */
    CXCursor init; /* initialiser of the variable visited last */
};

HfTree *hf_tree_new(void)
{
    HfTree *tree = g_new0(HfTree, 1);

    tree->chunks = g_ptr_array_new_with_free_func(g_free);
    return tree;
}

void hf_tree_free(HfTree *tree)
{
    if (tree) {
        g_ptr_array_unref(tree->chunks);
        g_free(tree);
    }
}

HfNode *hf_tree_at(const HfTree *tree, guint32 order)
{
    HfNode *chunk = g_ptr_array_index(tree->chunks, order / CHUNK);

    return &chunk[order % CHUNK];
}

guint32 hf_tree_size(const HfTree *tree)
{
    return tree->n;
}

gboolean hf_tree_has_stmt_expr(const HfTree *tree)
{
    return tree->has_stmt_expr;
}

static HfNode *add(HfTree *tree, CXCursor c, HfNode *parent)
{
    HfNode *n;

    if (tree->n / CHUNK == tree->chunks->len) {
        g_ptr_array_add(tree->chunks, g_new(HfNode, CHUNK));
    }
    n = hf_tree_at(tree, tree->n);
    memset(n, 0, sizeof(*n));
    n->c = c;
    n->parent = parent;
    n->order = tree->n++;
    if (parent) {
        if (parent->last) {
            parent->last->next = n;
        } else {
            parent->first = n;
        }
        parent->last = n;
        parent->n += parent->n < G_MAXUINT16;
    }
    return n;
}

static void mark_label(HfNode *n)
{
    for (; n && !(n->flags & HF_NODE_HAS_LABEL); n = n->parent) {
        n->flags |= HF_NODE_HAS_LABEL;
    }
}

static void classify(HfTree *tree, HfNode *n)
{
    switch (n->c.kind) {
    case CXCursor_BinaryOperator:
    case CXCursor_CompoundAssignOperator:
        n->op = (guint8)clang_getCursorBinaryOperatorKind(n->c);
        break;
    case CXCursor_UnaryOperator:
        n->op = (guint8)clang_getCursorUnaryOperatorKind(n->c);
        break;
    case CXCursor_LabelStmt:
    case CXCursor_CaseStmt:
    case CXCursor_DefaultStmt:
        mark_label(n);
        break;
    case CXCursor_StmtExpr:
        tree->has_stmt_expr = TRUE;
        break;
    default:
        break;
    }
}

/* Of a variable only what is evaluated: not typeof in its type. */
static gboolean is_evaluated(const HfTree *tree, const HfNode *var, CXCursor c)
{
    if (clang_equalCursors(c, tree->init)) {
        return TRUE;
    }
    return clang_isExpression(c.kind) &&
           clang_getCursorType(var->c).kind == CXType_VariableArray;
}

static void pop_to(HfTree *tree, CXCursor parent)
{
    while (tree->top->parent && !clang_equalCursors(tree->top->c, parent)) {
        tree->top->end = tree->n;
        tree->top = tree->top->parent;
    }
}

static enum CXChildVisitResult visit(CXCursor c, CXCursor parent,
                                     CXClientData data)
{
    HfTree *tree = data;
    HfNode *n;

    if (clang_isAttribute(c.kind) || c.kind == CXCursor_TypeRef) {
        return CXChildVisit_Continue;
    }
    if (clang_isDeclaration(c.kind) && c.kind != CXCursor_VarDecl) {
        return CXChildVisit_Continue;
    }
    if (clang_equalCursors(c, parent)) {
        return CXChildVisit_Recurse; /* a constant, shown as its operand */
    }
    pop_to(tree, parent);
    if (tree->top->c.kind == CXCursor_VarDecl &&
        !is_evaluated(tree, tree->top, c)) {
        return CXChildVisit_Continue;
    }
    n = add(tree, c, tree->top);
    classify(tree, n);
    tree->top = n;
    if (c.kind == CXCursor_VarDecl) {
        tree->init = clang_Cursor_getVarDeclInitializer(c);
    }
    return CXChildVisit_Recurse;
}

HfNode *hf_tree_build(HfTree *tree, CXCursor root)
{
    HfNode *top;

    if (clang_Cursor_isNull(root)) {
        return NULL;
    }
    tree->n = 0;
    tree->has_stmt_expr = FALSE;
    tree->init = root.kind == CXCursor_VarDecl
                     ? clang_Cursor_getVarDeclInitializer(root)
                     : clang_getNullCursor();
    top = tree->top = add(tree, root, NULL);
    classify(tree, top);
    clang_visitChildren(root, visit, tree);
    for (; tree->top; tree->top = tree->top->parent) {
        tree->top->end = tree->n;
    }
    return top;
}

/* ---- nodes -------------------------------------------------------------- */

HfNode *hf_node_child(const HfNode *n, guint i)
{
    HfNode *child = n->first;

    while (child && i--) {
        child = child->next;
    }
    return child;
}

gboolean hf_node_is_within(const HfNode *n, const HfNode *outer)
{
    return n->order >= outer->order && n->order < outer->end;
}

/*
 * What else libclang leaves unexposed (built-ins, offsetof, choose_expr)
 * starts with a token of its own; a conversion starts where its operand does.
 */
gboolean hf_node_is_cast(HfNode *n)
{
    if (n->c.kind != CXCursor_UnexposedExpr || n->n != 1) {
        return FALSE;
    }
    if (!(n->flags & HF_NODE_IS_KNOWN)) {
        n->flags |= HF_NODE_IS_KNOWN;
        /* of no type: what is left of something that does not compile */
        if (n->first->c.kind != CXCursor_MemberRef &&
            clang_getCursorType(n->c).kind != CXType_Dependent &&
            clang_equalLocations(clang_getCursorLocation(n->c),
                                 clang_getCursorLocation(n->first->c))) {
            n->flags |= HF_NODE_IS_CAST;
        }
    }
    return (n->flags & HF_NODE_IS_CAST) != 0;
}

HfNode *hf_node_strip(HfNode *n)
{
    while (n && n->last &&
           (n->c.kind == CXCursor_ParenExpr || hf_node_is_cast(n) ||
            (n->c.kind == CXCursor_UnaryOperator &&
             n->op == CXUnaryOperator_Extension))) {
        n = n->last;
    }
    return n;
}

HfNode *hf_node_strip_casts(HfNode *n)
{
    for (n = hf_node_strip(n);
         n && n->last && n->c.kind == CXCursor_CStyleCastExpr;
         n = hf_node_strip(n->last)) {
    }
    return n;
}
