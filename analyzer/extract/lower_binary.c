/* SPDX-License-Identifier: MIT */
/* lower_binary.c - assignments, arithmetic, truth values, conditionals. */
#include "lower_body.h"
#include <string.h>

/* ---- assignment --------------------------------------------------------- */

static gboolean is_compound_literal(HfNode *n)
{
    n = hf_node_strip(n);
    return n && n->c.kind == CXCursor_InitListExpr;
}

/* Path of a local nobody else can see, or 0. */
static HfId plain_local(HfBody *f, HfNode *n)
{
    HfNode *e = hf_node_strip(n);
    guint32 i;

    if (!e || e->c.kind != CXCursor_DeclRefExpr) {
        return 0;
    }
    i = hf_decl_map_get(&f->by_decl, clang_getCursorReferenced(e->c));
    if (!i || hf_local_is_shared(f, hf_local(f, i - 1)) ||
        (hf_local(f, i - 1)->type & HF_TYPE_ATOMIC)) {
        return 0;
    }
    return hf_facts_path(f->b, HF_PATH_LOCAL, 0, hf_local(f, i - 1)->id, 0);
}

/* Does evaluating n end in writes of its value on several branches? */
static gboolean is_branchy(HfNode *n)
{
    return n->c.kind == CXCursor_ConditionalOperator || hf_is_truth(n) ||
           hf_is_elvis(n);
}

HfId hf_take_destination(HfBody *f)
{
    HfId into = f->into;

    f->into = 0;
    return into;
}

HfId hf_lower_value_into(HfBody *f, HfNode *n, HfId local)
{
    HfNode *e = hf_node_strip(n);

    if (!local || !e || !is_branchy(e) || f->cur < 0) {
        return hf_lower_value(f, n);
    }
    f->into = local;
    return hf_lower_value(f, e);
}

HfOperand hf_lower_assign(HfBody *f, HfNode *n)
{
    HfNode *right = hf_node_child(n, 1);
    HfPath written;
    HfOperand left;
    HfId value;

    if (!right || is_compound_literal(right)) {
        hf_lower_children(f, n);
        return hf_value_operand(n, hf_unknown(f));
    }
    value = hf_lower_value_into(f, right, plain_local(f, n->first));
    left = hf_lower_operand(f, n->first);
    if (value != left.path) {
        hf_store(f, &left, value);
        hf_alias_set(f, left.path, value);
    }
    written = hf_path_row(f, value);
    if (written.kind == HF_PATH_CONST || !hf_local_of_path(f, left.path)) {
        return hf_value_operand(n, value);
    }
    return hf_value_operand(n, left.path);
}

static HfOperand lower_compound_assign(HfBody *f, HfNode *n)
{
    HfNode *right = hf_node_child(n, 1);
    HfEvent rmw = {
        .kind = HF_EV_RMW,
        .flags = n->op == CXBinaryOperator_OrAssign    ? HF_EV_OR
                 : n->op == CXBinaryOperator_AndAssign ? HF_EV_AND : 0,
    };
    HfOperand left;

    if (!right) {
        return hf_value_operand(n, hf_unknown(f));
    }
    rmw.value = hf_lower_value(f, right);
    left = hf_lower_operand(f, n->first);
    rmw.path = left.path;
    rmw.loc = hf_node_loc(f, left.node);
    if (hf_operand_type(f, &left) & HF_TYPE_ATOMIC) {
        rmw.kind = HF_EV_ATOMIC_RMW;
    }
    hf_emit(f, &rmw);
    return hf_value_operand(n, left.path);
}

/* ---- arithmetic --------------------------------------------------------- */

static gboolean fold_numbers(int op, gint64 l, gint64 r, gint64 *out)
{
    switch (op) {
    case CXBinaryOperator_Add:
        return !__builtin_add_overflow(l, r, out);
    case CXBinaryOperator_Sub:
        return !__builtin_sub_overflow(l, r, out);
    case CXBinaryOperator_Mul:
        return !__builtin_mul_overflow(l, r, out);
    case CXBinaryOperator_Div:
        if (r == 0 || r == -1) {
            return FALSE;
        }
        *out = l / r;
        return TRUE;
    case CXBinaryOperator_Rem:
        if (r == 0 || r == -1) {
            return FALSE;
        }
        *out = l % r;
        return TRUE;
    case CXBinaryOperator_Shl:
        if (r < 0 || r > 62 || l < 0 || l > (G_MAXINT64 >> r)) {
            return FALSE;
        }
        *out = l << r;
        return TRUE;
    case CXBinaryOperator_Shr:
        if (r < 0 || r > 63 || l < 0) {
            return FALSE;
        }
        *out = l >> r;
        return TRUE;
    case CXBinaryOperator_And:
        *out = l & r;
        return TRUE;
    case CXBinaryOperator_Or:
        *out = l | r;
        return TRUE;
    case CXBinaryOperator_Xor:
        *out = l ^ r;
        return TRUE;
    default:
        return FALSE;
    }
}

gboolean hf_fold_binary(int op, gint64 l, gint64 r, gint64 *out)
{
    switch (op) {
    case CXBinaryOperator_EQ:
        *out = l == r;
        return TRUE;
    case CXBinaryOperator_NE:
        *out = l != r;
        return TRUE;
    case CXBinaryOperator_LT:
        *out = l < r;
        return TRUE;
    case CXBinaryOperator_LE:
        *out = l <= r;
        return TRUE;
    case CXBinaryOperator_GT:
        *out = l > r;
        return TRUE;
    case CXBinaryOperator_GE:
        *out = l >= r;
        return TRUE;
    default:
        return fold_numbers(op, l, r, out);
    }
}

static gboolean is_pointer_node(HfNode *n)
{
    return clang_getCanonicalType(clang_getCursorType(n->c)).kind ==
           CXType_Pointer;
}

/* p + n, n + p, p - n, and the container_of written as p - offsetof(). */
static HfId lower_pointer_step(HfBody *f, HfNode *n, HfNode *right)
{
    gboolean down = n->op == CXBinaryOperator_Sub;
    gboolean swapped = !down && !is_pointer_node(n->first);
    HfId l = hf_lower_value(f, n->first);
    HfId r, out;
    HfPath by;

    if (down && hf_offsetof_fields(f, right, l, &out)) {
        return out;
    }
    r = hf_lower_value(f, right);
    by = hf_path_row(f, swapped ? l : r);
    if (by.kind == HF_PATH_CONST && down && by.value == G_MININT64) {
        by.kind = HF_PATH_UNKNOWN;
    }
    return hf_facts_path_add(f->b, swapped ? r : l,
                             down ? -(guint64)by.value : (guint64)by.value,
                             by.kind == HF_PATH_CONST);
}

static gboolean commutes(int op)
{
    return op == CXBinaryOperator_Add || op == CXBinaryOperator_Mul ||
           op == CXBinaryOperator_And || op == CXBinaryOperator_Or ||
           op == CXBinaryOperator_Xor;
}

/* value op number: the same expression later is the same path. */
HfId hf_computed(HfBody *f, int op, HfId value, gint64 number)
{
    static const struct {
        int op;
        HfPathOp path;
    } ops[] = {
        { CXBinaryOperator_Add, HF_PATH_OP_ADD },
        { CXBinaryOperator_Mul, HF_PATH_OP_MUL },
        { CXBinaryOperator_Div, HF_PATH_OP_DIV },
        { CXBinaryOperator_Rem, HF_PATH_OP_REM },
        { CXBinaryOperator_Shl, HF_PATH_OP_SHL },
        { CXBinaryOperator_Shr, HF_PATH_OP_SHR },
        { CXBinaryOperator_And, HF_PATH_OP_AND },
        { CXBinaryOperator_Or, HF_PATH_OP_OR },
        { CXBinaryOperator_Xor, HF_PATH_OP_XOR },
    };

    if (op == CXBinaryOperator_Sub && number != G_MININT64) {
        op = CXBinaryOperator_Add;
        number = -number;
    }
    for (guint i = 0; i < G_N_ELEMENTS(ops); i++) {
        if (ops[i].op == op) {
            return hf_facts_path(f->b, HF_PATH_COMPUTED, value, ops[i].path,
                                 number);
        }
    }
    return hf_unknown(f);
}

static HfOperand lower_sum(HfBody *f, HfNode *n)
{
    HfNode *right = hf_node_child(n, 1);
    HfPath l, r;
    HfId out, other;
    gint64 value;

    if ((n->op == CXBinaryOperator_Add || n->op == CXBinaryOperator_Sub) &&
        is_pointer_node(n)) {
        return hf_value_operand(n, lower_pointer_step(f, n, right));
    }
    out = hf_lower_value(f, n->first);
    /* the same on integers: (T *)((uintptr_t)p - offsetof(T, f)) */
    if (n->op == CXBinaryOperator_Sub &&
        hf_offsetof_fields(f, right, out, &out)) {
        return hf_value_operand(n, out);
    }
    l = hf_path_row(f, out);
    other = hf_lower_value(f, right);
    r = hf_path_row(f, other);
    if (l.kind == HF_PATH_CONST && r.kind == HF_PATH_CONST &&
        fold_numbers(n->op, l.value, r.value, &value)) {
        return hf_value_operand(n, hf_const(f, value));
    }
    if (r.kind == HF_PATH_CONST) {
        return hf_value_operand(n, hf_computed(f, n->op, out, r.value));
    }
    if (l.kind == HF_PATH_CONST && commutes(n->op)) {
        return hf_value_operand(n, hf_computed(f, n->op, other, l.value));
    }
    return hf_value_operand(n, hf_unknown(f));
}

HfOperand hf_lower_binary(HfBody *f, HfNode *n)
{
    HfNode *right = hf_node_child(n, 1);

    if (!right) {
        hf_lower_children(f, n);
        return hf_value_operand(n, hf_unknown(f));
    }
    if (n->c.kind == CXCursor_CompoundAssignOperator) {
        return lower_compound_assign(f, n);
    }
    if (n->op == CXBinaryOperator_Assign) {
        return hf_lower_assign(f, n);
    }
    if (n->op == CXBinaryOperator_Comma) {
        hf_lower_discard(f, n->first);
        return hf_value_operand(n, hf_lower_value(f, right));
    }
    if (hf_is_truth(n)) {
        return hf_lower_truth(f, n);
    }
    return lower_sum(f, n);
}

/* ---- truth values ------------------------------------------------------- */

gboolean hf_is_truth(HfNode *n)
{
    if (n->c.kind == CXCursor_UnaryOperator) {
        return n->op == CXUnaryOperator_LNot;
    }
    if (n->c.kind != CXCursor_BinaryOperator) {
        return FALSE;
    }
    return n->op == CXBinaryOperator_LAnd || n->op == CXBinaryOperator_LOr ||
           (n->op >= CXBinaryOperator_LT && n->op <= CXBinaryOperator_NE);
}

/* ---- conditionals ------------------------------------------------------- */

typedef struct {
    HfBody *f;
    HfNode *n;
    HfBlockNo after;
    HfId local; /* made when the second value turns up */
    gboolean used;
} Choice;

static void choose(Choice *c, HfBlockNo block, HfNode *value, HfId known)
{
    HfBody *f = c->f;

    hf_block_open(f, block);
    if (f->cur < 0) {
        return;
    }
    if (!c->used) {
        if (value) {
            hf_lower_discard(f, value);
        }
    } else {
        HfId path = value ? hf_lower_value(f, value) : known;

        hf_emit_simple(f, HF_EV_WRITE,
                       value ? hf_node_loc(f, value) : hf_node_loc(f, c->n),
                       c->local, path);
    }
    hf_jump(f, c->after);
}

HfOperand hf_lower_conditional(HfBody *f, HfNode *n, gboolean used)
{
    HfNode *yes_node = hf_node_child(n, 1);
    HfNode *no_node = hf_node_child(n, 2);
    HfBlockNo yes = hf_block_new(f);
    HfBlockNo no = hf_block_new(f);
    HfId into = hf_take_destination(f);
    Choice c = { f, n, hf_block_new(f), 0, used };
    CXType type = clang_getCursorType(n->c);

    if (!no_node) {
        hf_lower_children(f, n);
        return hf_value_operand(n, hf_unknown(f));
    }
    c.used = used && clang_getCanonicalType(type).kind != CXType_Void;
    hf_lower_cond(f, n->first, yes, no);
    if (!hf_is_reached(f, yes) || !hf_is_reached(f, no)) {
        gboolean known = hf_is_reached(f, yes);

        hf_block_open(f, known ? yes : no);
        if (!c.used) {
            hf_lower_discard(f, known ? yes_node : no_node);
            return hf_value_operand(n, hf_unknown(f));
        }
        return hf_lower_operand(f, known ? yes_node : no_node);
    }
    if (c.used) {
        c.local = into ? into : hf_synthetic(f, type, hf_node_loc(f, n));
    }
    choose(&c, yes, yes_node, 0);
    choose(&c, no, no_node, 0);
    hf_block_open(f, c.after);
    return hf_value_operand(n, c.used ? c.local : hf_unknown(f));
}

/* a ?: b; libclang shows a three times, it is evaluated once. */
HfOperand hf_lower_elvis(HfBody *f, HfNode *n, gboolean used)
{
    HfNode *other = hf_node_child(n, 3);
    HfBlockNo yes = hf_block_new(f);
    HfBlockNo no = hf_block_new(f);
    Choice c = { f, n, hf_block_new(f), 0, used };
    HfId loc = hf_node_loc(f, n);
    HfId into = hf_take_destination(f);
    HfId value = hf_lower_value(f, n->first);
    HfPath row = hf_path_row(f, value);
    HfCond cond = { HF_COND_TRUE, 0, value, 0, loc };

    if (row.kind == HF_PATH_CONST) {
        return row.value ? hf_value_operand(n, value)
                         : hf_lower_operand(f, other);
    }
    hf_branch(f, &cond, yes, no);
    if (used) {
        c.local = into ? into
                       : hf_synthetic(f, clang_getCursorType(n->c), loc);
    }
    choose(&c, yes, NULL, value);
    choose(&c, no, other, 0);
    hf_block_open(f, c.after);
    return hf_value_operand(n, used ? c.local : hf_unknown(f));
}
