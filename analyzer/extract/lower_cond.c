/* SPDX-License-Identifier: MIT */
/*
 * lower_cond.c - conditions to branches.
 *
 * Whatever a condition is wrapped in (!, &&, ||, parentheses, casts, commas,
 * branch hints, comparisons with 0, ?:) is taken off until what is left is
 * one comparison, or one value that is 0 or not.
 */
#include "lower_body.h"
#include <string.h>

/* ---- one comparison ----------------------------------------------------- */

static HfCondOp cond_op(int op)
{
    switch (op) {
    case CXBinaryOperator_EQ:
        return HF_COND_EQ;
    case CXBinaryOperator_NE:
        return HF_COND_NE;
    case CXBinaryOperator_LT:
        return HF_COND_LT;
    case CXBinaryOperator_LE:
        return HF_COND_LE;
    case CXBinaryOperator_GT:
        return HF_COND_GT;
    default:
        return HF_COND_GE;
    }
}

static HfCondOp mirrored(HfCondOp op)
{
    switch (op) {
    case HF_COND_LT:
        return HF_COND_GT;
    case HF_COND_LE:
        return HF_COND_GE;
    case HF_COND_GT:
        return HF_COND_LT;
    case HF_COND_GE:
        return HF_COND_LE;
    default:
        return op;
    }
}

static gboolean is_comparison(const HfNode *n)
{
    return n->c.kind == CXCursor_BinaryOperator &&
           n->op >= CXBinaryOperator_LT && n->op <= CXBinaryOperator_NE &&
           n->first && n->first->next;
}

static gboolean is_unsigned_difference(HfNode *n)
{
    n = hf_node_strip(n);
    return n && n->c.kind == CXCursor_BinaryOperator &&
           n->op == CXBinaryOperator_Sub && n->first && n->first->next &&
           hf_type_is_unsigned(clang_getCursorType(n->c));
}

/*
 * a - b > 0 with a < b is true when they are unsigned.  Nobody who compares
 * with == or != means anything else by the difference.
 */
static HfId lower_difference(HfBody *f, HfNode *side, HfNode *other)
{
    HfNode *n = hf_node_strip(side);
    HfId a = hf_lower_value(f, n->first);
    HfId b = hf_lower_value(f, n->first->next);
    gint64 zero = 1;

    if (hf_fold(f, other, &zero) && zero == 0 &&
        hf_path_row(f, a).kind != HF_PATH_CONST &&
        hf_path_row(f, b).kind != HF_PATH_CONST) {
        hf_emit_simple(f, HF_EV_UNSIGNED_DIFF, hf_node_loc(f, n), a, b);
    }
    return hf_unknown(f);
}

static void lower_sides(HfBody *f, HfNode *n, gboolean branches, HfId *l,
                        HfId *r)
{
    HfNode *left = n->first, *right = n->first->next;
    gboolean ordered = n->op <= CXBinaryOperator_GE;

    if (branches && ordered && is_unsigned_difference(left)) {
        *l = lower_difference(f, left, right);
    } else {
        *l = hf_lower_value(f, left);
    }
    if (branches && ordered && is_unsigned_difference(right)) {
        *r = lower_difference(f, right, left);
    } else {
        *r = hf_lower_value(f, right);
    }
}

typedef struct {
    HfCond cond;
    gboolean negated;
    gboolean is_const;
    gboolean value; /* of a constant one, negated already */
} Leaf;

static void leaf_of_value(HfBody *f, HfId value, Leaf *leaf)
{
    HfPath row = hf_path_row(f, value);

    leaf->cond.op = HF_COND_TRUE;
    leaf->cond.lhs = value;
    leaf->cond.rhs = 0;
    if (row.kind == HF_PATH_CONST) {
        leaf->is_const = TRUE;
        leaf->value = (row.value != 0) != leaf->negated;
    } else if (row.kind == HF_PATH_ADDR || row.kind == HF_PATH_STRING ||
               row.kind == HF_PATH_FUNCTION) {
        HfPath object = hf_path_row(f, row.parent);

        /* &x is not NULL; &p->f may come from a null p */
        if (row.kind != HF_PATH_ADDR || object.kind == HF_PATH_LOCAL ||
            object.kind == HF_PATH_GLOBAL) {
            leaf->is_const = TRUE;
            leaf->value = !leaf->negated;
        }
    }
}

static void lower_comparison(HfBody *f, HfNode *n, gboolean branches,
                             Leaf *leaf)
{
    HfCondOp op = cond_op(n->op);
    HfNode *written = n;
    HfPath left, right;
    HfId l, r;
    gint64 value;

    lower_sides(f, n, branches, &l, &r);
    left = hf_path_row(f, l);
    right = hf_path_row(f, r);
    if (left.kind == HF_PATH_CONST && right.kind == HF_PATH_CONST &&
        hf_fold_binary(n->op, left.value, right.value, &value)) {
        leaf->is_const = TRUE;
        leaf->value = (value != 0) != leaf->negated;
        return;
    }
    if (left.kind == HF_PATH_CONST ||
        (left.kind == HF_PATH_UNKNOWN && right.kind != HF_PATH_CONST &&
         right.kind != HF_PATH_UNKNOWN)) {
        HfId swap = l;
        HfPath swapped = left;

        l = r;
        r = swap;
        left = right;
        right = swapped;
        op = mirrored(op);
        written = n->first->next;
    }
    leaf->cond.loc = hf_node_loc(f, written);
    if ((op == HF_COND_EQ || op == HF_COND_NE) &&
        right.kind == HF_PATH_CONST && right.value == 0) {
        leaf->negated ^= op == HF_COND_EQ;
        leaf_of_value(f, l, leaf);
        return;
    }
    leaf->cond.op = left.kind == HF_PATH_UNKNOWN ? HF_COND_TRUE : op;
    leaf->cond.lhs = l;
    leaf->cond.rhs = left.kind == HF_PATH_UNKNOWN ? 0 : r;
    if (op >= HF_COND_LT && left.kind != HF_PATH_UNKNOWN &&
        hf_type_is_unsigned(clang_getCursorType(n->first->c))) {
        leaf->cond.flags |= HF_COND_UNSIGNED;
    }
}

static void lower_leaf(HfBody *f, HfNode *n, gboolean branches, Leaf *leaf)
{
    if (is_comparison(n)) {
        lower_comparison(f, n, branches, leaf);
        return;
    }
    leaf_of_value(f, hf_lower_value(f, n), leaf);
    leaf->cond.loc = hf_node_loc(f, n);
}

static void branch_on_leaf(HfBody *f, Leaf *leaf, HfBlockNo yes, HfBlockNo no)
{
    if (leaf->is_const) {
        hf_jump(f, leaf->value ? yes : no);
    } else if (leaf->negated) {
        hf_branch(f, &leaf->cond, no, yes);
    } else {
        hf_branch(f, &leaf->cond, yes, no);
    }
}

/* ---- what is wrapped around it ------------------------------------------ */

static HfNode *callee_argument(HfNode *n, const char *name)
{
    CXString s;
    gboolean same;

    if (n->c.kind != CXCursor_CallExpr || n->n < 2) {
        return NULL;
    }
    s = clang_getCursorSpelling(n->c);
    same = !strcmp(clang_getCString(s), name);
    clang_disposeString(s);
    return same ? n->first->next : NULL;
}

/* Does a value of this shape say nothing but true or false? */
static gboolean is_boolean(HfNode *n)
{
    HfNode *arg;

    n = hf_node_strip(n);
    if (!n) {
        return FALSE;
    }
    if (hf_is_truth(n)) {
        return TRUE;
    }
    arg = callee_argument(n, "__builtin_expect");
    return arg && is_boolean(arg);
}

/* The other side of a comparison with 0 or 1 of something boolean. */
static HfNode *boolean_side(HfBody *f, HfNode *n, gboolean *negate)
{
    HfNode *left = n->first, *right = n->first->next;
    gint64 value;

    if (n->op != CXBinaryOperator_EQ && n->op != CXBinaryOperator_NE) {
        return NULL;
    }
    if (!is_boolean(left)) {
        HfNode *swap = left;

        left = right;
        right = swap;
        if (!is_boolean(left)) {
            return NULL;
        }
    }
    if (!hf_fold(f, right, &value) || (value != 0 && value != 1)) {
        return NULL;
    }
    *negate = (n->op == CXBinaryOperator_EQ) == (value == 0);
    return left;
}

static gboolean is_number_cast(HfNode *n)
{
    guint32 flags;

    if (n->c.kind != CXCursor_CStyleCastExpr || !n->last) {
        return FALSE;
    }
    flags = (guint32)clang_getCanonicalType(clang_getCursorType(n->c)).kind;
    return flags == CXType_Bool || flags == CXType_Int ||
           flags == CXType_Long || flags == CXType_Pointer;
}

/* Takes off what does not change whether n is true. */
static HfNode *unwrap(HfBody *f, HfNode *n)
{
    for (;;) {
        HfNode *arg;

        n = hf_node_strip(n);
        if (is_number_cast(n)) {
            n = n->last;
        } else if ((arg = callee_argument(n, "__builtin_expect")) != NULL ||
                   (arg = callee_argument(
                        n, "__builtin_expect_with_probability")) != NULL) {
            n = arg;
        } else {
            return n;
        }
    }
}

static void lower_both(HfBody *f, HfNode *n, HfBlockNo yes, HfBlockNo no)
{
    HfBlockNo middle = hf_block_new(f);

    if (n->op == CXBinaryOperator_LAnd) {
        hf_lower_cond(f, n->first, middle, no);
    } else {
        hf_lower_cond(f, n->first, yes, middle);
    }
    hf_block_open(f, middle);
    hf_lower_cond(f, n->first->next, yes, no);
}

static void lower_choice(HfBody *f, HfNode *n, HfBlockNo yes, HfBlockNo no)
{
    HfBlockNo then_block = hf_block_new(f);
    HfBlockNo else_block = hf_block_new(f);

    hf_lower_cond(f, n->first, then_block, else_block);
    hf_block_open(f, then_block);
    hf_lower_cond(f, hf_node_child(n, 1), yes, no);
    hf_block_open(f, else_block);
    hf_lower_cond(f, hf_node_child(n, 2), yes, no);
}

/* a ?: b is true when a is, or else when b is. */
static void lower_elvis(HfBody *f, HfNode *n, HfBlockNo yes, HfBlockNo no)
{
    HfBlockNo other = hf_block_new(f);

    hf_lower_cond(f, n->first, yes, other);
    hf_block_open(f, other);
    hf_lower_cond(f, hf_node_child(n, 3), yes, no);
}

static gboolean lower_wrapped(HfBody *f, HfNode *n, HfBlockNo yes,
                              HfBlockNo no)
{
    HfNode *inner;
    gboolean negate;

    switch (n->c.kind) {
    case CXCursor_UnaryOperator:
        if (n->op != CXUnaryOperator_LNot || !n->first) {
            return FALSE;
        }
        hf_lower_cond(f, n->first, no, yes);
        return TRUE;
    case CXCursor_ConditionalOperator:
        if (n->n != 3) {
            return FALSE;
        }
        lower_choice(f, n, yes, no);
        return TRUE;
    case CXCursor_UnexposedExpr:
        if (!hf_is_elvis(n)) {
            return FALSE;
        }
        lower_elvis(f, n, yes, no);
        return TRUE;
    case CXCursor_BinaryOperator:
        break;
    default:
        return FALSE;
    }
    if (!n->first || !n->first->next) {
        return FALSE;
    }
    if (n->op == CXBinaryOperator_LAnd || n->op == CXBinaryOperator_LOr) {
        lower_both(f, n, yes, no);
        return TRUE;
    }
    if (n->op == CXBinaryOperator_Comma) {
        hf_lower_discard(f, n->first);
        hf_lower_cond(f, n->first->next, yes, no);
        return TRUE;
    }
    inner = boolean_side(f, n, &negate);
    if (inner) {
        hf_lower_cond(f, inner, negate ? no : yes, negate ? yes : no);
        return TRUE;
    }
    return FALSE;
}

void hf_lower_cond(HfBody *f, HfNode *n, HfBlockNo yes, HfBlockNo no)
{
    Leaf leaf = { 0 };
    HfOperand o;

    if (f->cur < 0 && !(n && (n->flags & HF_NODE_HAS_LABEL))) {
        return;
    }
    if (!n || f->depth > 1500) {
        leaf_of_value(f, hf_unknown(f), &leaf);
        branch_on_leaf(f, &leaf, yes, no);
        return;
    }
    f->depth++;
    if (f->sites->len && hf_lower_macro_call(f, n, &o, TRUE)) {
        leaf_of_value(f, hf_load(f, &o), &leaf);
        leaf.cond.loc = hf_node_loc(f, n);
        branch_on_leaf(f, &leaf, yes, no);
    } else {
        HfNode *inner = unwrap(f, n);

        if (inner != n && f->sites->len &&
            hf_lower_macro_call(f, inner, &o, TRUE)) {
            leaf_of_value(f, hf_load(f, &o), &leaf);
            leaf.cond.loc = hf_node_loc(f, inner);
            branch_on_leaf(f, &leaf, yes, no);
        } else if (!lower_wrapped(f, inner, yes, no)) {
            lower_leaf(f, inner, TRUE, &leaf);
            branch_on_leaf(f, &leaf, yes, no);
        }
    }
    f->depth--;
}

/* ---- truth values ------------------------------------------------------- */

static void write_truth(HfBody *f, HfBlockNo block, HfBlockNo after, HfId loc,
                        HfId local, gint64 value)
{
    hf_block_open(f, block);
    hf_emit_simple(f, HF_EV_WRITE, loc, local, hf_const(f, value));
    hf_jump(f, after);
}

gboolean hf_branch_or_value(HfBody *f, HfNode *n, HfBlockNo yes, HfBlockNo no,
                            HfId *out)
{
    HfNode *inner = n;
    Leaf leaf = { 0 };

    while (inner->c.kind == CXCursor_UnaryOperator &&
           inner->op == CXUnaryOperator_LNot && inner->first) {
        leaf.negated = !leaf.negated;
        inner = unwrap(f, inner->first);
    }
    if (inner->c.kind == CXCursor_BinaryOperator && hf_is_truth(inner) &&
        !is_comparison(inner)) {
        hf_lower_cond(f, n, yes, no);
        return TRUE;
    }
    lower_leaf(f, inner, FALSE, &leaf);
    if (leaf.is_const) {
        *out = hf_const(f, leaf.value);
        return FALSE;
    }
    if (hf_path_row(f, leaf.cond.lhs).kind == HF_PATH_UNKNOWN) {
        *out = hf_unknown(f);
        return FALSE;
    }
    branch_on_leaf(f, &leaf, yes, no);
    return TRUE;
}

/*
 * &&, ||, ! and comparisons as values: a local that becomes 1 or 0 by
 * branches, so that who tests it later knows what held.  What says nothing
 * about a path does not need them.
 */
HfOperand hf_lower_truth(HfBody *f, HfNode *n)
{
    HfBlockNo yes = hf_block_new(f);
    HfBlockNo no = hf_block_new(f);
    HfBlockNo after;
    HfId loc = hf_node_loc(f, n);
    HfId into = hf_take_destination(f);
    HfId local;

    if (!hf_branch_or_value(f, n, yes, no, &local)) {
        return hf_value_operand(n, local);
    }
    if (!hf_is_reached(f, yes) || !hf_is_reached(f, no)) {
        gboolean known = hf_is_reached(f, yes);

        hf_block_open(f, known ? yes : no);
        return hf_value_operand(n, hf_const(f, known));
    }
    after = hf_block_new(f);
    local = into ? into : hf_synthetic(f, clang_getCursorType(n->c), loc);
    write_truth(f, yes, after, loc, local, 1);
    write_truth(f, no, after, loc, local, 0);
    hf_block_open(f, after);
    return hf_value_operand(n, local);
}
