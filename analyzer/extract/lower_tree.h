/* SPDX-License-Identifier: MIT */
/*
 * lower_tree.h - the syntax tree of one body, fetched in one visit.  Private
 * to lowering.
 *
 * Asking libclang for the children of one node costs about as much as asking
 * for those of a hundred, so a body is copied once; everything else works on
 * the copy.  What is not evaluated at run time and can be told by kind alone
 * (types, attributes, typeof) is not in it.
 */
#ifndef HOLDFAST_EXTRACT_LOWER_TREE_H
#define HOLDFAST_EXTRACT_LOWER_TREE_H

#include <clang-c/Index.h>
#include <glib.h>

typedef enum {
    HF_NODE_HAS_LABEL = 1u << 0, /* a label, case or default below */
    HF_NODE_IS_CAST = 1u << 1,   /* implicit conversion (IS_KNOWN set) */
    HF_NODE_IS_KNOWN = 1u << 2,
} HfNodeFlags;

typedef struct HfNode HfNode;
struct HfNode {
    CXCursor c;
    HfNode *parent;
    HfNode *first, *last, *next;
    guint32 order; /* position in a walk from the top */
    guint32 end;   /* order of the first node that is not below */
    guint32 loc;   /* HfLoc, made on demand */
    guint16 n;     /* children, saturated */
    guint8 flags;
    guint8 op;     /* of unary and binary operators, as clang numbers them */
};

typedef struct HfTree HfTree;

HfTree *hf_tree_new(void);
void hf_tree_free(HfTree *tree);

/* The tree of a statement, expression or variable; valid until the next
 * build.  NULL for a null cursor. */
HfNode *hf_tree_build(HfTree *tree, CXCursor root);
guint32 hf_tree_size(const HfTree *tree);
HfNode *hf_tree_at(const HfTree *tree, guint32 order);
gboolean hf_tree_has_stmt_expr(const HfTree *tree);

/* NULL past the end. */
HfNode *hf_node_child(const HfNode *n, guint i);
gboolean hf_node_is_within(const HfNode *n, const HfNode *outer);

/* An implicit conversion, which libclang shows as UnexposedExpr. */
gboolean hf_node_is_cast(HfNode *n);
/* Without parentheses, implicit conversions and __extension__. */
HfNode *hf_node_strip(HfNode *n);
/* Without explicit casts too. */
HfNode *hf_node_strip_casts(HfNode *n);

#endif
