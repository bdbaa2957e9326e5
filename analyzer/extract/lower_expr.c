/* SPDX-License-Identifier: MIT */
/*
 * lower_expr.c - expressions to access paths, and the events of evaluating
 * them.
 *
 * An expression is lowered to an operand: an object that was not read yet, a
 * value, or a function.  Who uses the operand decides whether it is read
 * (hf_load), written (hf_store), has its address taken, or is only stepped
 * through on the way to a member.
 */
#include "lower_body.h"
#include <string.h>

#define MAX_DEPTH 1500u

/* ---- operands ----------------------------------------------------------- */

HfOperand hf_value_operand(HfNode *n, HfId path)
{
    return (HfOperand){ HF_FORM_VALUE, path, 0, n };
}

HfOperand hf_place_operand(HfNode *n, HfId path, guint32 type)
{
    return (HfOperand){ HF_FORM_PLACE, path, type, n };
}

guint32 hf_operand_type(HfBody *f, HfOperand *o)
{
    if (!o->type) {
        o->type = hf_type_flags(f->u, clang_getCursorType(o->node->c), NULL) |
                  HF_TYPE_IS_KNOWN;
    }
    return o->type;
}

static HfId decay(HfBody *f, HfOperand *o)
{
    HfId element = hf_facts_path(f->b, HF_PATH_INDEX, o->path, 0, 0);
    HfLocalInfo *local = hf_local_of_path(f, o->path);

    if (local) {
        hf_facts_at_locals(f->b, local->id)->flags |= HF_LOCAL_ADDR_TAKEN;
    }
    hf_emit_simple(f, HF_EV_ADDR_TAKEN, hf_node_loc(f, o->node), element, 0);
    return hf_facts_path(f->b, HF_PATH_ADDR, element, 0, 0);
}

HfId hf_load(HfBody *f, HfOperand *o)
{
    HfLocalInfo *local;
    guint32 type;

    if (o->form != HF_FORM_PLACE) {
        return o->path;
    }
    type = hf_operand_type(f, o);
    if (type & HF_TYPE_ARRAY) {
        return decay(f, o);
    }
    local = hf_local_of_path(f, o->path);
    if (local && local->alias) {
        return local->alias;
    }
    if (type & HF_TYPE_ATOMIC) {
        hf_emit_simple(f, HF_EV_ATOMIC_READ, hf_node_loc(f, o->node), o->path,
                       0);
    } else if (!local || hf_local_is_shared(f, local)) {
        hf_emit_simple(f, HF_EV_READ, hf_node_loc(f, o->node), o->path, 0);
    }
    return o->path;
}

HfId hf_store(HfBody *f, HfOperand *place, HfId value)
{
    HfEventKind kind = hf_operand_type(f, place) & HF_TYPE_ATOMIC
                           ? HF_EV_ATOMIC_WRITE : HF_EV_WRITE;

    return hf_emit_simple(f, kind, hf_node_loc(f, place->node), place->path,
                          value);
}

HfId hf_lower_value(HfBody *f, HfNode *n)
{
    HfOperand o;

    if (!n) {
        return hf_unknown(f);
    }
    o = hf_lower_operand(f, n);
    return hf_load(f, &o);
}

void hf_lower_children(HfBody *f, HfNode *n)
{
    for (HfNode *child = n->first; child; child = child->next) {
        if (clang_isExpression(child->c.kind)) {
            hf_lower_discard(f, child);
        }
    }
}

/* ---- names, members, elements ------------------------------------------- */

static HfOperand global_operand(HfBody *f, HfNode *n, CXCursor decl)
{
    HfId symbol = hf_symbol_row(f->u, decl);
    guint32 type = hf_facts_at_symbols(f->b, symbol)->type_flags;
    HfId path = hf_facts_path(f->b, HF_PATH_GLOBAL, 0, symbol, 0);

    hf_lower_global(f->u, decl, symbol);
    return hf_place_operand(n, path, type | HF_TYPE_IS_KNOWN);
}

static HfOperand lower_name(HfBody *f, HfNode *n)
{
    CXCursor decl = clang_getCursorReferenced(n->c);
    guint32 i;
    HfId path;

    switch (decl.kind) {
    case CXCursor_VarDecl:
    case CXCursor_ParmDecl:
        i = hf_decl_map_get(&f->by_decl, decl);
        if (!i) {
            return global_operand(f, n, decl);
        }
        path = hf_facts_path(f->b, HF_PATH_LOCAL, 0, hf_local(f, i - 1)->id,
                             0);
        return hf_place_operand(n, path, hf_local(f, i - 1)->type |
                                         HF_TYPE_IS_KNOWN);
    case CXCursor_FunctionDecl:
        path = hf_facts_path(f->b, HF_PATH_FUNCTION, 0,
                             hf_symbol_row(f->u, decl), 0);
        return (HfOperand){ HF_FORM_FUNCTION, path, 0, n };
    case CXCursor_EnumConstantDecl:
        return hf_value_operand(
            n, hf_const(f, clang_getEnumConstantDeclValue(decl)));
    default:
        return hf_value_operand(n, hf_unknown(f));
    }
}

/* The object a pointer, array or function operand leads to. */
static HfId step_through(HfBody *f, HfOperand *o)
{
    if (o->form == HF_FORM_PLACE &&
        (hf_operand_type(f, o) & HF_TYPE_ARRAY)) {
        return hf_facts_path(f->b, HF_PATH_INDEX, o->path, 0, 0);
    }
    return hf_facts_path(f->b, HF_PATH_DEREF, hf_load(f, o), 0, 0);
}

/* &x as a step on the way to x: its address is not taken. */
static HfNode *address_operand(HfBody *f, HfNode *n)
{
    n = hf_node_strip_casts(n);
    return n && n->c.kind == CXCursor_UnaryOperator &&
           n->op == CXUnaryOperator_AddrOf && !hf_is_macro_call(f, n)
               ? n->first : NULL;
}

static HfOperand lower_member(HfBody *f, HfNode *n)
{
    CXCursor decl = clang_getCursorReferenced(n->c);
    HfId field = decl.kind == CXCursor_FieldDecl ? hf_field_row(f->u, decl)
                                                 : 0;
    HfNode *direct = n->first ? address_operand(f, n->first) : NULL;
    HfOperand base;
    HfId object;

    if (!n->first || !field) {
        hf_lower_children(f, n);
        return hf_value_operand(n, hf_unknown(f));
    }
    base = hf_lower_operand(f, direct ? direct : n->first);
    object = base.path;
    if (!direct && (hf_operand_type(f, &base) & (HF_TYPE_POINTER |
                                                 HF_TYPE_ARRAY))) {
        object = step_through(f, &base);
    }
    return hf_place_operand(
        n, hf_facts_path(f->b, HF_PATH_FIELD, object, field, 0),
        hf_facts_at_fields(f->b, field)->type_flags | HF_TYPE_IS_KNOWN);
}

static HfOperand lower_element(HfBody *f, HfNode *n)
{
    HfNode *second = hf_node_child(n, 1);
    HfOperand base;
    HfPath index;
    HfId pointer, i;

    if (!second) {
        hf_lower_children(f, n);
        return hf_value_operand(n, hf_unknown(f));
    }
    base = hf_lower_operand(f, n->first);
    if (!(hf_operand_type(f, &base) & (HF_TYPE_POINTER | HF_TYPE_ARRAY |
                                       HF_TYPE_FUNCTION_POINTER))) {
        HfOperand other = hf_lower_operand(f, second); /* 2[a] */

        i = hf_load(f, &base);
        base = other;
    } else if (base.form == HF_FORM_PLACE && (base.type & HF_TYPE_ARRAY)) {
        i = hf_lower_value(f, second);
    } else {
        hf_load(f, &base);
        base.form = HF_FORM_VALUE;
        i = hf_lower_value(f, second);
    }
    index = hf_path_row(f, i);
    if (base.form == HF_FORM_PLACE &&
        (hf_operand_type(f, &base) & HF_TYPE_ARRAY)) {
        gint64 at = index.kind == HF_PATH_CONST ? index.value : -1;

        return hf_place_operand(
            n, hf_facts_path(f->b, HF_PATH_INDEX, base.path, 0, at), 0);
    }
    pointer = hf_facts_path_add(f->b, hf_load(f, &base), index.value,
                                index.kind == HF_PATH_CONST);
    return hf_place_operand(
        n, hf_facts_path(f->b, HF_PATH_DEREF, pointer, 0, 0), 0);
}

HfOperand hf_lower_pointee(HfBody *f, HfNode *pointer)
{
    HfNode *n = hf_node_strip_casts(pointer);
    HfNode *direct = address_operand(f, pointer);
    HfOperand o;

    if (direct) {
        o = hf_lower_operand(f, direct);
        if (o.form == HF_FORM_PLACE) {
            return o;
        }
        return hf_place_operand(
            n, hf_facts_path(f->b, HF_PATH_DEREF, o.path, 0, 0), 0);
    }
    if (!n) {
        return hf_place_operand(pointer, hf_unknown(f), HF_TYPE_IS_KNOWN);
    }
    o = hf_lower_operand(f, n);
    return hf_place_operand(n, step_through(f, &o), HF_TYPE_IS_KNOWN);
}

/* ---- unary operators ---------------------------------------------------- */

static HfOperand lower_address(HfBody *f, HfNode *n)
{
    HfOperand o = hf_lower_operand(f, n->first);
    HfPath row;

    if (o.form == HF_FORM_FUNCTION) {
        return o;
    }
    row = hf_path_row(f, o.path);
    if (o.form == HF_FORM_PLACE && row.kind != HF_PATH_DEREF &&
        row.kind != HF_PATH_UNKNOWN) {
        hf_emit_simple(f, HF_EV_ADDR_TAKEN, hf_node_loc(f, o.node), o.path, 0);
    }
    return hf_value_operand(
        n, hf_facts_path(f->b, HF_PATH_ADDR, o.path, 0, 0));
}

static HfOperand lower_deref(HfBody *f, HfNode *n)
{
    HfNode *direct = address_operand(f, n->first);
    HfOperand o;

    if (direct) {
        o = hf_lower_operand(f, direct);
        o.type = 0; /* a cast may have changed it */
        o.node = n;
        return o;
    }
    o = hf_lower_operand(f, n->first);
    if (o.form == HF_FORM_FUNCTION) {
        return o;
    }
    if (hf_operand_type(f, &o) & HF_TYPE_FUNCTION_POINTER &&
        !(o.type & HF_TYPE_ARRAY)) {
        /* *fp is the function, which is a pointer to it again */
        o.path = hf_load(f, &o);
        o.form = HF_FORM_VALUE;
        return o;
    }
    return hf_place_operand(n, step_through(f, &o), 0);
}

static HfOperand lower_step(HfBody *f, HfNode *n)
{
    HfOperand o = hf_lower_operand(f, n->first);
    gboolean up = n->op == CXUnaryOperator_PostInc ||
                  n->op == CXUnaryOperator_PreInc;
    gboolean post = n->op == CXUnaryOperator_PostInc ||
                    n->op == CXUnaryOperator_PostDec;
    guint32 type = hf_operand_type(f, &o);

    hf_emit_simple(f, type & HF_TYPE_ATOMIC ? HF_EV_ATOMIC_RMW : HF_EV_RMW,
                   hf_node_loc(f, o.node), o.path, 0);
    if (!post) {
        return hf_value_operand(n, o.path);
    }
    if (type & HF_TYPE_POINTER) {
        /* what it pointed to: an element beside the one it now points to */
        return hf_value_operand(n, hf_facts_path_add(f->b, o.path,
                                                     up ? -1 : 1, !up));
    }
    return hf_value_operand(n, hf_computed(f, CXBinaryOperator_Add, o.path,
                                           up ? -1 : 1));
}

static HfOperand lower_arithmetic(HfBody *f, HfNode *n)
{
    HfId value = hf_lower_value(f, n->first);
    HfPath row = hf_path_row(f, value);

    if (n->op == CXUnaryOperator_Plus || n->op == CXUnaryOperator_Real) {
        return hf_value_operand(n, value);
    }
    if (row.kind == HF_PATH_CONST && n->op == CXUnaryOperator_Minus &&
        row.value != G_MININT64) {
        return hf_value_operand(n, hf_const(f, -row.value));
    }
    if (row.kind == HF_PATH_CONST && n->op == CXUnaryOperator_Not) {
        return hf_value_operand(n, hf_const(f, ~row.value));
    }
    if (n->op == CXUnaryOperator_Minus) {
        return hf_value_operand(n, hf_computed(f, CXBinaryOperator_Mul, value,
                                               -1));
    }
    if (n->op == CXUnaryOperator_Not) {
        return hf_value_operand(n, hf_computed(f, CXBinaryOperator_Xor, value,
                                               -1));
    }
    return hf_value_operand(n, hf_unknown(f));
}

HfOperand hf_lower_unary(HfBody *f, HfNode *n)
{
    if (!n->first) {
        return hf_value_operand(n, hf_unknown(f));
    }
    switch (n->op) {
    case CXUnaryOperator_AddrOf:
        return lower_address(f, n);
    case CXUnaryOperator_Deref:
        return lower_deref(f, n);
    case CXUnaryOperator_Extension:
        return hf_lower_operand(f, n->first);
    case CXUnaryOperator_LNot:
        return hf_lower_truth(f, n);
    case CXUnaryOperator_PostInc:
    case CXUnaryOperator_PostDec:
    case CXUnaryOperator_PreInc:
    case CXUnaryOperator_PreDec:
        return lower_step(f, n);
    default:
        return lower_arithmetic(f, n);
    }
}

/* ---- everything --------------------------------------------------------- */

static HfOperand lower_cast(HfBody *f, HfNode *n)
{
    HfOperand o;

    /* typeof in the type may have left children in front */
    if (!n->last) {
        return hf_value_operand(n, hf_unknown(f));
    }
    if (clang_getCursorType(n->c).kind == CXType_Void) {
        hf_lower_discard(f, n->last);
        return hf_value_operand(n, hf_unknown(f));
    }
    o = hf_lower_operand(f, n->last);
    if (o.form == HF_FORM_FUNCTION) {
        return o;
    }
    return hf_value_operand(n, hf_load(f, &o));
}

static HfOperand lower_kind(HfBody *f, HfNode *n, gboolean used)
{
    gint64 value;

    switch (n->c.kind) {
    case CXCursor_ParenExpr:
        return n->last ? hf_lower_operand(f, n->last)
                       : hf_value_operand(n, hf_unknown(f));
    case CXCursor_DeclRefExpr:
        return lower_name(f, n);
    case CXCursor_MemberRefExpr:
        return lower_member(f, n);
    case CXCursor_ArraySubscriptExpr:
        return lower_element(f, n);
    case CXCursor_UnaryOperator:
        return hf_lower_unary(f, n);
    case CXCursor_BinaryOperator:
    case CXCursor_CompoundAssignOperator:
        return hf_lower_binary(f, n);
    case CXCursor_ConditionalOperator:
        return hf_lower_conditional(f, n, used);
    case CXCursor_CallExpr:
        return hf_lower_call(f, n, used);
    case CXCursor_CStyleCastExpr:
        return lower_cast(f, n);
    case CXCursor_StmtExpr:
        return hf_lower_stmt_expr(f, n, used);
    case CXCursor_GenericSelectionExpr:
        return hf_lower_generic(f, n);
    case CXCursor_CompoundLiteralExpr:
        return hf_lower_compound_literal(f, n);
    case CXCursor_UnexposedExpr:
        return hf_lower_unexposed(f, n, used);
    case CXCursor_StringLiteral:
        return hf_value_operand(n, hf_string_value(f, n));
    case CXCursor_IntegerLiteral:
    case CXCursor_CharacterLiteral:
    case CXCursor_UnaryExpr: /* sizeof, _Alignof: not evaluated */
        return hf_value_operand(n, hf_fold(f, n, &value)
                                       ? hf_const(f, value) : hf_unknown(f));
    default:
        hf_lower_children(f, n);
        return hf_value_operand(n, hf_unknown(f));
    }
}

static HfOperand lower_any(HfBody *f, HfNode *n, gboolean used)
{
    HfId into = hf_take_destination(f);
    HfOperand o;

    if (f->cur < 0 && !(n->flags & HF_NODE_HAS_LABEL)) {
        return hf_value_operand(n, hf_unknown(f));
    }
    if (f->depth >= MAX_DEPTH) {
        hf_incomplete(f);
        return hf_value_operand(n, hf_unknown(f));
    }
    f->depth++;
    if (!f->sites->len || !hf_lower_macro_call(f, n, &o, used)) {
        f->into = into;
        o = lower_kind(f, n, used);
    }
    f->depth--;
    return o;
}

HfOperand hf_lower_operand(HfBody *f, HfNode *n)
{
    return lower_any(f, n, TRUE);
}

/* Evaluated for its effects: no value is made where that takes branches. */
void hf_lower_discard(HfBody *f, HfNode *n)
{
    HfNode *inner = n;
    HfOperand o;

    while (inner->last && (inner->c.kind == CXCursor_ParenExpr ||
                           hf_node_is_cast(inner) ||
                           (inner->c.kind == CXCursor_CStyleCastExpr &&
                            clang_getCursorType(inner->c).kind ==
                                CXType_Void))) {
        if (f->sites->len && hf_lower_macro_call(f, inner, &o, FALSE)) {
            return;
        }
        inner = inner->last;
    }
    o = lower_any(f, inner, FALSE);
    hf_load(f, &o);
}
