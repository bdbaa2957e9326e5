/* SPDX-License-Identifier: MIT */
/* lower_call.c - calls. */
#include "lower_body.h"
#include <string.h>

/* ---- the event ---------------------------------------------------------- */

HfOperand hf_emit_call(HfBody *f, HfNode *n, HfEvent *call, const HfId *args,
                       guint n_args)
{
    HfId event;

    if (f->cur < 0) {
        return hf_value_operand(n, hf_unknown(f));
    }
    for (guint i = 0; i < n_args; i++) {
        HfId arg = hf_facts_add_args(f->b, &args[i]);

        if (!i) {
            call->first_arg = arg;
        }
    }
    call->n_args = n_args;
    event = hf_emit(f, call);
    if (call->sym &&
        (hf_symbol_extra(f->u, call->sym) & HF_SYMX_NORETURN)) {
        hf_stop(f);
        return hf_value_operand(n, hf_unknown(f));
    }
    return hf_value_operand(n, hf_facts_path(f->b, HF_PATH_TEMP, 0, event, 0));
}

/* ---- sizeof of the whole object ----------------------------------------- */

static gboolean is_sizeof(HfNode *n)
{
    n = hf_node_strip(n);
    return n && n->c.kind == CXCursor_UnaryExpr;
}

/* Size of what the first argument points to, as written; -1 unknown. */
static gint64 pointee_size(HfNode *arg)
{
    HfNode *n = arg;
    CXType type;

    for (; n->last && (hf_node_is_cast(n) ||
                       n->c.kind == CXCursor_ParenExpr); n = n->last) {
    }
    type = clang_getCanonicalType(clang_getCursorType(n->c));
    if (type.kind == CXType_ConstantArray) {
        return clang_Type_getSizeOf(type);
    }
    if (type.kind != CXType_Pointer) {
        return -1;
    }
    type = clang_getCanonicalType(clang_getPointeeType(type));
    return type.kind == CXType_Void ? -1 : clang_Type_getSizeOf(type);
}

static gboolean is_sizeof_full(HfBody *f, HfNode *first)
{
    for (HfNode *arg = first ? first->next : NULL; arg; arg = arg->next) {
        gint64 size;

        if (is_sizeof(arg) && hf_fold(f, arg, &size) &&
            size == pointee_size(first)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- built-in functions ------------------------------------------------- */

static HfOperand sync_builtin(HfBody *f, HfNode *n, const char *name)
{
    HfNode *arg = n->first->next;
    HfOperand object;

    if (!arg || !strcmp(name, "__sync_synchronize")) {
        return hf_value_operand(n, hf_unknown(f));
    }
    object = hf_lower_pointee(f, arg);
    for (arg = arg->next; arg; arg = arg->next) {
        hf_lower_value(f, arg);
    }
    if (g_str_has_prefix(name, "__sync_lock_release") ||
        !strcmp(name, "__atomic_clear")) {
        hf_emit_simple(f, HF_EV_ATOMIC_WRITE, hf_node_loc(f, n), object.path,
                       hf_const(f, 0));
    } else {
        hf_emit_simple(f, HF_EV_ATOMIC_RMW, hf_node_loc(f, n), object.path, 0);
    }
    return hf_value_operand(n, hf_unknown(f));
}

static gboolean is_one_of(const char *name, const char *const *names)
{
    for (; *names; names++) {
        if (!strcmp(name, *names)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* FALSE: an ordinary call after all. */
static gboolean lower_builtin(HfBody *f, HfNode *n, HfId symbol,
                              HfOperand *out)
{
    static const char *const passes[] = {
        "__builtin_expect", "__builtin_expect_with_probability",
        "__builtin_assume_aligned", NULL,
    };
    static const char *const unevaluated[] = {
        "__builtin_object_size", "__builtin_dynamic_object_size",
        "__builtin_va_start", "__builtin_va_end", "__builtin_va_copy",
        "__builtin_prefetch", "__builtin_assume", NULL,
    };
    HfNode *arg = n->first->next;
    g_autofree char *name = g_strdup(hf_facts_string_get(
        f->b, hf_facts_at_symbols(f->b, symbol)->name));

    if (is_one_of(name, passes) && arg) {
        *out = hf_value_operand(n, hf_lower_value(f, arg));
        for (arg = arg->next; arg; arg = arg->next) {
            hf_lower_discard(f, arg);
        }
        return TRUE;
    }
    if (!strcmp(name, "__builtin_constant_p")) {
        /* The general way is always a right way. */
        *out = hf_value_operand(n, hf_const(f, 0));
        return TRUE;
    }
    if (is_one_of(name, unevaluated)) {
        *out = hf_value_operand(n, hf_unknown(f));
        return TRUE;
    }
    if (g_str_has_prefix(name, "__sync_") ||
        !strcmp(name, "__atomic_clear") ||
        !strcmp(name, "__atomic_test_and_set")) {
        *out = sync_builtin(f, n, name);
        return TRUE;
    }
    return FALSE;
}

/* ---- calls -------------------------------------------------------------- */

static void lower_arguments(HfBody *f, HfNode *n, GArray *args)
{
    for (HfNode *arg = n->first->next; arg; arg = arg->next) {
        HfId value = hf_lower_value(f, arg);

        g_array_append_val(args, value);
    }
}

HfOperand hf_lower_call(HfBody *f, HfNode *n, gboolean used)
{
    g_autoptr(GArray) args = g_array_new(FALSE, FALSE, sizeof(HfId));
    HfEvent call = { .kind = HF_EV_CALL };
    HfOperand callee, out;
    HfPath path;
    HfId pointer;

    if (!n->first) {
        return hf_value_operand(n, hf_unknown(f));
    }
    callee = hf_lower_operand(f, n->first);
    pointer = hf_load(f, &callee);
    path = hf_path_row(f, pointer);
    if (path.kind == HF_PATH_FUNCTION) {
        call.sym = path.ref;
        if ((hf_symbol_extra(f->u, call.sym) & HF_SYMX_SPECIAL) &&
            lower_builtin(f, n, call.sym, &out)) {
            return out;
        }
    } else {
        call.kind = HF_EV_CALL_INDIRECT;
        call.path = pointer;
    }
    lower_arguments(f, n, args);
    call.loc = hf_node_loc(f, n);
    if (is_sizeof_full(f, n->first->next)) {
        call.flags |= HF_EV_SIZEOF_FULL;
    }
    if (used) {
        call.flags |= HF_EV_TRUNCATE_CHECKED;
    }
    return hf_emit_call(f, n, &call, (const HfId *)(gconstpointer)args->data,
                        args->len);
}

/* ---- macros kept as one call -------------------------------------------- */

static gboolean is_within(HfBody *f, CXCursor c, guint start, guint end)
{
    guint at;

    return hf_file_place(f->u, clang_getCursorLocation(c), &at) ==
               f->source && at >= start && at < end;
}

static gboolean spans(HfBody *f, HfNode *n, guint start, guint end)
{
    return is_within(f, n->c, start, end) &&
           (!n->last || is_within(f, n->last->c, start, end));
}

static HfMacroSite *site_of(HfBody *f, HfNode *n)
{
    guint at;

    if (hf_file_place(f->u, clang_getCursorLocation(n->c), &at) !=
        f->source) {
        return NULL;
    }
    for (guint i = 0; i < f->sites->len; i++) {
        HfMacroSite *site = &g_array_index(f->sites, HfMacroSite, i);

        if (site->start == at) {
            /* An operand of an expression that only starts here? */
            return !n->last || is_within(f, n->last->c, site->start, site->end)
                       ? site : NULL;
        }
    }
    return NULL;
}

/* The outermost expression that is the argument and nothing more. */
static HfNode *find_argument(HfBody *f, const HfNode *n, guint32 end,
                             const HfTextRange *range)
{
    for (guint32 i = n->order; i < end; i++) {
        HfNode *e = hf_tree_at(f->tree, i);
        guint start;

        if (e->c.kind == CXCursor_UnaryExpr) {
            i = e->end - 1; /* sizeof */
        } else if (clang_isExpression(e->c.kind) &&
                   spans(f, e, range->start, range->end) &&
                   hf_file_place(f->u, clang_getRangeStart(
                                     clang_getCursorExtent(e->c)), &start) ==
                       f->source && start == range->start) {
            return e;
        }
    }
    return NULL;
}

static HfId lower_argument(HfBody *f, HfNode *e)
{
    HfNode *outer = e->parent;
    HfOperand o;

    while (outer && outer->c.kind == CXCursor_ParenExpr) {
        outer = outer->parent;
    }
    if (outer && outer->c.kind == CXCursor_UnaryOperator &&
        outer->op == CXUnaryOperator_AddrOf) {
        o = hf_lower_operand(f, e);
        if (o.form == HF_FORM_PLACE) {
            hf_emit_simple(f, HF_EV_ADDR_TAKEN, hf_node_loc(f, e), o.path, 0);
            return o.path;
        }
        return hf_load(f, &o);
    }
    return hf_lower_value(f, e);
}

/* Where the tree of a macro that began with n ends: it may have made several
 * statements. */
static guint32 end_of_macro(HfBody *f, const HfNode *n,
                            const HfMacroSite *site)
{
    const HfNode *last = n;

    if (n->parent && n->parent->c.kind == CXCursor_CompoundStmt) {
        while (last->next &&
               is_within(f, last->next->c, site->start, site->end)) {
            last = last->next;
        }
    }
    return last->end;
}

static HfOperand lower_site(HfBody *f, HfNode *n, HfMacroSite *site,
                            gboolean used)
{
    g_autoptr(GArray) ranges = g_array_new(FALSE, FALSE, sizeof(HfTextRange));
    g_autoptr(GArray) args = g_array_new(FALSE, FALSE, sizeof(HfId));
    HfEvent call = { .kind = HF_EV_CALL };
    const char *name = f->source->text + site->start;
    guint32 end = end_of_macro(f, n, site);
    guint len = 0;
    CXType type;
    HfOperand out;

    while (g_ascii_isalnum(name[len]) || name[len] == '_') {
        len++;
    }
    call.sym = hf_macro_symbol(f->u, name, len);
    hf_macro_arguments(f->source, site, ranges);
    for (guint i = 0; i < ranges->len; i++) {
        HfNode *e = find_argument(f, n, end, &g_array_index(
                                      ranges, HfTextRange, i));
        HfId value = e ? lower_argument(f, e) : hf_unknown(f);

        g_array_append_val(args, value);
    }
    call.loc = hf_node_loc(f, n);
    if (used) {
        call.flags |= HF_EV_TRUNCATE_CHECKED;
    }
    out = hf_emit_call(f, n, &call, (const HfId *)(gconstpointer)args->data,
                       args->len);
    type = clang_getCursorType(n->c);
    out.type = clang_isStatement(n->c.kind) ||
                       type.kind == CXType_Void ? HF_TYPE_IS_KNOWN : 0;
    return out;
}

gboolean hf_lower_macro_call(HfBody *f, HfNode *n, HfOperand *out,
                             gboolean used)
{
    HfMacroSite *site;

    if (!f->source || !f->sites->len) {
        return FALSE;
    }
    site = site_of(f, n);
    if (!site) {
        return FALSE;
    }
    *out = lower_site(f, n, site, used);
    return TRUE;
}

gboolean hf_is_macro_call(HfBody *f, HfNode *n)
{
    return f->source && f->sites->len && site_of(f, n);
}

/* A macro of several statements is one call all the same. */
gboolean hf_is_rest_of_macro(HfBody *f, HfNode *n)
{
    HfMacroSite *site = f->source && f->sites->len ? site_of(f, n) : NULL;

    if (!site) {
        f->last_site = 0;
        return FALSE;
    }
    if (f->last_site == site->start + 1) {
        return TRUE;
    }
    f->last_site = site->start + 1;
    return FALSE;
}
