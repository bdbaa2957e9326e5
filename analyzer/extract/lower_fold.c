/* SPDX-License-Identifier: MIT */
/*
 * lower_fold.c - constants, as far as they decide control flow.
 *
 * Numbers are read from the text of their tokens; clang's evaluator is asked
 * only for sizeof and its like, because every question builds a result.
 */
#include "lower_body.h"
#include <string.h>

static gboolean evaluate(HfNode *n, gint64 *value)
{
    CXEvalResult result = clang_Cursor_Evaluate(n->c);
    gboolean ok = FALSE;

    if (result && clang_EvalResult_getKind(result) == CXEval_Int) {
        *value = clang_EvalResult_isUnsignedInt(result)
                     ? (gint64)clang_EvalResult_getAsUnsigned(result)
                     : (gint64)clang_EvalResult_getAsLongLong(result);
        ok = TRUE;
    }
    if (result) {
        clang_EvalResult_dispose(result);
    }
    return ok;
}

static gboolean fold_number(HfLower *u, HfNode *n, gint64 *value)
{
    guint offset;
    HfSource *s = hf_spelling(u, clang_getCursorLocation(n->c), &offset);
    char copy[72];
    guint len = 0;
    char *end;

    /* made by the preprocessor, as __LINE__ is */
    if (!s || offset >= s->len || !g_ascii_isdigit(s->text[offset])) {
        return evaluate(n, value);
    }
    while (offset + len < s->len && len < sizeof(copy) - 1 &&
           g_ascii_isalnum(s->text[offset + len])) {
        copy[len] = s->text[offset + len];
        len++;
    }
    copy[len] = '\0';
    if (copy[0] == '0' && (copy[1] == 'b' || copy[1] == 'B')) {
        *value = (gint64)g_ascii_strtoull(copy + 2, &end, 2);
    } else {
        *value = (gint64)g_ascii_strtoull(copy, &end, 0);
    }
    return TRUE;
}

static gboolean fold_unary(HfBody *f, HfNode *n, gint64 *value)
{
    gint64 v;

    if (!n->first || n->op == CXUnaryOperator_AddrOf ||
        n->op == CXUnaryOperator_Deref || !hf_fold(f, n->first, &v)) {
        return FALSE;
    }
    switch (n->op) {
    case CXUnaryOperator_Plus:
    case CXUnaryOperator_Extension:
        *value = v;
        return TRUE;
    case CXUnaryOperator_Minus:
        *value = (gint64)(0 - (guint64)v);
        return TRUE;
    case CXUnaryOperator_Not:
        *value = ~v;
        return TRUE;
    case CXUnaryOperator_LNot:
        *value = !v;
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean fold_binary(HfBody *f, HfNode *n, gint64 *value)
{
    gint64 l, r;

    if (!n->first || !n->first->next || !hf_fold(f, n->first, &l)) {
        return FALSE;
    }
    if (n->op == CXBinaryOperator_LAnd && !l) {
        *value = 0;
        return TRUE;
    }
    if (n->op == CXBinaryOperator_LOr && l) {
        *value = 1;
        return TRUE;
    }
    if (!hf_fold(f, n->first->next, &r)) {
        return FALSE;
    }
    if (n->op == CXBinaryOperator_LAnd || n->op == CXBinaryOperator_LOr) {
        *value = r != 0;
        return TRUE;
    }
    return hf_fold_binary(n->op, l, r, value);
}

static gboolean fold_unexposed(HfBody *f, HfNode *n, gint64 *value)
{
    g_autofree char *name = NULL;
    gint64 v;

    if (hf_node_is_cast(n)) {
        return hf_fold(f, n->first, value);
    }
    name = hf_builtin_name(f->u, n);
    if (!strcmp(name, "__builtin_types_compatible_p")) {
        return evaluate(n, value);
    }
    if (!strcmp(name, "__builtin_choose_expr") && n->n == 3 &&
        hf_fold(f, n->first, &v)) {
        return hf_fold(f, hf_node_child(n, v ? 1 : 2), value);
    }
    return FALSE;
}

static gboolean fold_name(HfNode *n, gint64 *value)
{
    CXCursor decl = clang_getCursorReferenced(n->c);

    if (decl.kind != CXCursor_EnumConstantDecl) {
        return FALSE;
    }
    *value = clang_getEnumConstantDeclValue(decl);
    return TRUE;
}

static gboolean fold_kind(HfBody *f, HfNode *n, gint64 *value)
{
    gint64 v;

    switch (n->c.kind) {
    case CXCursor_IntegerLiteral:
        return fold_number(f->u, n, value);
    case CXCursor_UnaryExpr:
        hf_sizeof_layout(f->u, n->c);
        return evaluate(n, value);
    case CXCursor_CharacterLiteral:
        return evaluate(n, value);
    case CXCursor_DeclRefExpr:
        return fold_name(n, value);
    case CXCursor_ParenExpr:
    case CXCursor_CStyleCastExpr:
        return n->last && hf_fold(f, n->last, value);
    case CXCursor_UnaryOperator:
        return fold_unary(f, n, value);
    case CXCursor_BinaryOperator:
        return fold_binary(f, n, value);
    case CXCursor_ConditionalOperator:
        return n->n == 3 && hf_fold(f, n->first, &v) &&
               hf_fold(f, hf_node_child(n, v ? 1 : 2), value);
    case CXCursor_UnexposedExpr:
        return fold_unexposed(f, n, value);
    default:
        return FALSE;
    }
}

gboolean hf_fold(HfBody *f, HfNode *n, gint64 *value)
{
    gboolean ok;

    if (!n || f->depth > 1500) {
        return FALSE;
    }
    f->depth++;
    ok = fold_kind(f, n, value);
    f->depth--;
    return ok;
}

/* ---- offsetof ----------------------------------------------------------- */

/* Members of offsetof(T, a.b[i].c), outermost first.  Which element is meant
 * is left out: a pointer to any leads to the same object. */
static gboolean builtin_offsetof(HfBody *f, HfNode *n, GArray *fields)
{
    for (HfNode *child = n->first; child; child = child->next) {
        CXCursor decl;
        HfId field;

        if (child->c.kind != CXCursor_MemberRef) {
            hf_lower_discard(f, child); /* an index, evaluated at run time */
            continue;
        }
        decl = clang_getCursorReferenced(child->c);
        field = hf_field_row(f->u, decl);
        if (!field) {
            return FALSE;
        }
        g_array_append_val(fields, field);
    }
    return fields->len > 0;
}

/* &((T *)0)->a.b */
static gboolean null_offsetof(HfBody *f, HfNode *n, GArray *fields)
{
    gint64 base;

    n = n->first ? hf_node_strip(n->first) : NULL;
    while (n && n->c.kind == CXCursor_MemberRefExpr && n->first) {
        HfId field = hf_field_row(f->u, clang_getCursorReferenced(n->c));

        if (!field) {
            return FALSE;
        }
        g_array_prepend_val(fields, field);
        n = hf_node_strip(n->first);
    }
    return n && fields->len > 0 && n->c.kind == CXCursor_CStyleCastExpr &&
           hf_fold(f, n, &base);
}

/* &x->a[i] as &x->a */
static HfId whole_array(HfBody *f, HfId pointer, HfId field)
{
    HfPath row = hf_path_row(f, pointer);
    HfPath element = hf_path_row(f, row.parent);
    HfPath array = hf_path_row(f, element.parent);

    if (row.kind != HF_PATH_ADDR || element.kind != HF_PATH_INDEX ||
        array.kind != HF_PATH_FIELD || array.ref != field) {
        return pointer;
    }
    return hf_facts_path(f->b, HF_PATH_ADDR, element.parent, 0, 0);
}

gboolean hf_offsetof_fields(HfBody *f, HfNode *n, HfId pointer, HfId *out)
{
    g_autoptr(GArray) fields = g_array_new(FALSE, FALSE, sizeof(HfId));
    g_autofree char *name = NULL;
    gboolean ok = FALSE;

    n = hf_node_strip_casts(n);
    if (!n) {
        return FALSE;
    }
    if (n->c.kind == CXCursor_UnexposedExpr) {
        name = hf_builtin_name(f->u, n);
        ok = !strcmp(name, "__builtin_offsetof") &&
             builtin_offsetof(f, n, fields);
    } else if (n->c.kind == CXCursor_UnaryOperator &&
               n->op == CXUnaryOperator_AddrOf) {
        ok = null_offsetof(f, n, fields);
    }
    if (!ok) {
        return FALSE;
    }
    for (guint i = fields->len; i-- > 0;) {
        HfId field = g_array_index(fields, HfId, i);

        pointer = hf_facts_path(f->b, HF_PATH_CONTAINER_OF,
                                whole_array(f, pointer, field), field, 0);
    }
    *out = pointer;
    return TRUE;
}
