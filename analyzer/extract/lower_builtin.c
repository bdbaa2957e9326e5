/* SPDX-License-Identifier: MIT */
/*
 * lower_builtin.c - expressions libclang shows without saying what they are,
 * literals, statement expressions, _Generic.
 */
#include "lower_body.h"
#include <string.h>

char *hf_builtin_name(HfLower *u, HfNode *n)
{
    guint offset;
    HfSource *s = hf_spelling(u, clang_getCursorLocation(n->c), &offset);
    HfLexer l;
    HfToken t;

    if (!s || offset >= s->len) {
        return g_strdup("");
    }
    l = (HfLexer){ s->text, offset, (guint)s->len, TRUE };
    t = hf_lex(&l);
    return g_strndup(s->text + t.start,
                     t.kind == HF_TOKEN_NAME ? t.end - t.start : 0);
}

/* ---- atomic built-ins --------------------------------------------------- */

/* clang keeps the operands as: pointer, order, value, failure order, second
 * value, weak; those that a built-in does not have are left out. */
typedef struct {
    HfNode *pointer, *value, *second;
    gboolean generic; /* values are given by address */
} Atomic;

static Atomic atomic_operands(HfNode *n, const char *name)
{
    Atomic a = { n->first, NULL, NULL, FALSE };

    if (g_str_has_suffix(name, "_init")) {
        a.value = hf_node_child(n, 1);
        return a;
    }
    a.value = hf_node_child(n, 2);
    a.second = hf_node_child(n, strstr(name, "compare_exchange") ? 4 : 3);
    a.generic = !strcmp(name, "__atomic_load") ||
                !strcmp(name, "__atomic_store") ||
                !strcmp(name, "__atomic_exchange") ||
                !strcmp(name, "__atomic_compare_exchange");
    return a;
}

static HfId atomic_value(HfBody *f, HfNode *n, gboolean generic)
{
    HfOperand o;

    if (!generic) {
        return hf_lower_value(f, n);
    }
    o = hf_lower_pointee(f, n);
    return hf_load(f, &o);
}

static HfOperand atomic_load(HfBody *f, HfNode *n, const Atomic *a)
{
    HfOperand object = hf_lower_pointee(f, a->pointer);
    HfId loc = hf_node_loc(f, n);
    HfOperand into;

    hf_emit_simple(f, HF_EV_ATOMIC_READ, loc, object.path, 0);
    if (a->generic && a->value) {
        into = hf_lower_pointee(f, a->value);
        hf_emit_simple(f, HF_EV_WRITE, loc, into.path, object.path);
        hf_alias_set(f, into.path, object.path);
    }
    return hf_value_operand(n, object.path);
}

static HfOperand atomic_store(HfBody *f, HfNode *n, const Atomic *a)
{
    HfOperand object = hf_lower_pointee(f, a->pointer);
    HfId value = a->value ? atomic_value(f, a->value, a->generic)
                          : hf_const(f, 0);

    hf_emit_simple(f, HF_EV_ATOMIC_WRITE, hf_node_loc(f, n), object.path,
                   value);
    return hf_value_operand(n, hf_unknown(f));
}

static HfOperand atomic_change(HfBody *f, HfNode *n, const Atomic *a,
                               const char *name)
{
    HfOperand object = hf_lower_pointee(f, a->pointer);
    gboolean compares = strstr(name, "compare_exchange") != NULL;
    HfId loc = hf_node_loc(f, n);
    HfOperand seen = { 0 };

    if (compares && a->value) {
        seen = hf_lower_pointee(f, a->value);
        hf_load(f, &seen);
        if (a->second) {
            atomic_value(f, a->second, a->generic);
        }
    } else if (a->value) {
        atomic_value(f, a->value, a->generic);
        if (a->generic && a->second) {
            seen = hf_lower_pointee(f, a->second);
        }
    }
    hf_emit_simple(f, HF_EV_ATOMIC_RMW, loc, object.path, 0);
    if (seen.path) {
        hf_emit_simple(f, HF_EV_WRITE, loc, seen.path, hf_unknown(f));
    }
    return hf_value_operand(n, hf_unknown(f));
}

HfOperand hf_lower_atomic(HfBody *f, HfNode *n, const char *name)
{
    Atomic a = atomic_operands(n, name);

    if (!a.pointer) {
        return hf_value_operand(n, hf_unknown(f));
    }
    if (strstr(name, "_load")) {
        return atomic_load(f, n, &a);
    }
    if (strstr(name, "_store") || strstr(name, "_init") ||
        strstr(name, "_clear")) {
        return atomic_store(f, n, &a);
    }
    return atomic_change(f, n, &a, name);
}

/* ---- whatever else is unexposed ----------------------------------------- */

gboolean hf_is_elvis(HfNode *n)
{
    return n->c.kind == CXCursor_UnexposedExpr && n->n == 4 &&
           clang_equalCursors(n->first->c, n->first->next->c);
}

HfOperand hf_lower_unexposed(HfBody *f, HfNode *n, gboolean used)
{
    g_autofree char *name = NULL;
    gint64 value;

    if (hf_node_is_cast(n)) {
        return hf_lower_operand(f, n->first);
    }
    if (hf_is_elvis(n)) {
        return hf_lower_elvis(f, n, used);
    }
    name = hf_builtin_name(f->u, n);
    if (strstr(name, "atomic_") && n->n >= 2) {
        return hf_lower_atomic(f, n, name);
    }
    if (!strcmp(name, "__builtin_choose_expr") && n->n == 3) {
        if (hf_fold(f, n->first, &value)) {
            return hf_lower_operand(f, hf_node_child(n, value ? 1 : 2));
        }
        return hf_value_operand(n, hf_unknown(f));
    }
    if (!strcmp(name, "__builtin_types_compatible_p") ||
        !strcmp(name, "__builtin_offsetof") ||
        !strcmp(name, "__builtin_va_arg") || !strcmp(name, "va_arg") ||
        !strcmp(name, "offsetof")) {
        return hf_value_operand(n, hf_fold(f, n, &value)
                                       ? hf_const(f, value) : hf_unknown(f));
    }
    hf_lower_children(f, n);
    return hf_value_operand(n, hf_unknown(f));
}

/* ---- literals ----------------------------------------------------------- */

/*
 * __FILE__ depends on how a header was found, which must not show: what the
 * preprocessor made up is cut down to its last component.
 */
HfId hf_string_value(HfBody *f, HfNode *n)
{
    CXString text = clang_getCursorSpelling(n->c);
    const char *s = clang_getCString(text);
    g_autofree char *copy = NULL;
    g_autofree char *plain = NULL;
    guint offset;
    HfSource *file = hf_spelling(f->u, clang_getCursorLocation(n->c), &offset);
    gsize len = s ? strlen(s) : 0;
    HfStr str;

    copy = len >= 2 ? g_strndup(s + 1, len - 2) : g_strdup("");
    clang_disposeString(text);
    plain = g_strcompress(copy);
    if (!file && strchr(plain, '/')) {
        str = hf_facts_string(f->b, strrchr(plain, '/') + 1);
    } else {
        str = hf_facts_string(f->b, plain);
    }
    return hf_facts_path(f->b, HF_PATH_STRING, 0, str, 0);
}

HfOperand hf_lower_compound_literal(HfBody *f, HfNode *n)
{
    CXType type = clang_getCursorType(n->c);
    HfId loc = hf_node_loc(f, n);
    HfId local = hf_synthetic(f, type, loc);

    if (n->last) {
        hf_lower_init(f, local, type, n->last, loc);
    }
    return hf_place_operand(n, local, 0);
}

/* ---- statement expressions ---------------------------------------------- */

HfOperand hf_lower_stmt_expr(HfBody *f, HfNode *n, gboolean used)
{
    HfNode *body = n->last;
    HfId value = 0;
    HfNode *outer;
    guint n_live;

    if (!body || body->c.kind != CXCursor_CompoundStmt) {
        hf_lower_children(f, n);
        return hf_value_operand(n, hf_unknown(f));
    }
    outer = hf_scope_enter(f, body, &n_live);
    f->in_stmt_expr++;
    for (HfNode *s = body->first; s; s = s->next) {
        if (s->next || !clang_isExpression(s->c.kind)) {
            hf_lower_stmt(f, s);
        } else if (used) {
            value = hf_lower_value(f, s);
        } else {
            hf_lower_discard(f, s);
        }
    }
    f->in_stmt_expr--;
    if (f->live->len > n_live) {
        hf_scope_leave(f, outer, n_live, hf_end_loc(f, body), value);
    } else {
        f->scope = outer;
    }
    return hf_value_operand(n, value ? value : hf_unknown(f));
}

/* ---- _Generic ----------------------------------------------------------- */

/* "const struct Foo *" -> "Foo*": as good as it gets without looking names
 * up, since a tag and its typedef usually share one. */
static char *type_words(const char *text, gsize len)
{
    g_autoptr(GString) out = g_string_new(NULL);
    HfLexer l = { text, 0, (guint)len, TRUE };
    HfToken t;

    while ((t = hf_lex(&l)).kind != HF_TOKEN_END) {
        g_autofree char *word = g_strndup(text + t.start, t.end - t.start);

        if (!strcmp(word, "struct") || !strcmp(word, "union") ||
            !strcmp(word, "enum") || !strcmp(word, "volatile") ||
            !strcmp(word, "restrict")) {
            continue;
        }
        if (t.kind == HF_TOKEN_NAME && out->len &&
            out->str[out->len - 1] != '*') {
            g_string_append_c(out, ' ');
        }
        g_string_append(out, word);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static char *type_words_of(CXType type)
{
    CXString s = clang_getTypeSpelling(type);
    const char *text = clang_getCString(s);
    char *out = type_words(text, strlen(text));

    clang_disposeString(s);
    return out;
}

/* The types of the associations as written; NULL when they cannot be read. */
static GPtrArray *association_types(HfBody *f, HfNode *n)
{
    GPtrArray *out;
    guint offset, start;
    HfSource *s = hf_spelling(f->u, clang_getCursorLocation(n->c), &offset);
    gboolean in_type = FALSE;
    int depth = 0;
    HfLexer l;
    HfToken t;

    if (!s || offset >= s->len) {
        return NULL;
    }
    l = (HfLexer){ s->text, offset, (guint)s->len, TRUE };
    hf_lex(&l); /* _Generic */
    t = hf_lex(&l);
    if (!hf_token_is(&l, t, '(')) {
        return NULL;
    }
    out = g_ptr_array_new_with_free_func(g_free);
    start = t.end;
    while ((t = hf_lex(&l)).kind != HF_TOKEN_END && depth >= 0) {
        char c = t.kind == HF_TOKEN_PUNCT ? s->text[t.start] : 0;

        if (c == '(' || c == '[' || c == '{') {
            depth++;
        } else if (c == ')' || c == ']' || c == '}') {
            depth--;
        } else if (!depth && c == ',') {
            start = t.end;
            in_type = TRUE;
        } else if (!depth && c == ':' && in_type) {
            g_ptr_array_add(out, type_words(s->text + start,
                                            t.start - start));
            in_type = FALSE;
        }
    }
    return out;
}

static int find_type(const GPtrArray *types, const char *words)
{
    for (guint i = 0; i < types->len; i++) {
        if (!strcmp(types->pdata[i], words)) {
            return (int)i;
        }
    }
    return -1;
}

/* One typedef less, below pointers too; FALSE when there is none. */
static gboolean unalias(CXType *type, int *stars)
{
    while (type->kind == CXType_Elaborated) {
        *type = clang_Type_getNamedType(*type);
    }
    if (type->kind == CXType_Pointer) {
        *type = clang_getPointeeType(*type);
        (*stars)++;
        return TRUE;
    }
    if (type->kind == CXType_Typedef) {
        *type = clang_getTypedefDeclUnderlyingType(
            clang_getTypeDeclaration(*type));
        return TRUE;
    }
    return FALSE;
}

static int choose_association(const GPtrArray *types, CXType controlling)
{
    CXType type = clang_getUnqualifiedType(controlling);
    int stars = 0;
    int found;

    do {
        g_autofree char *words = type_words_of(type);
        g_autoptr(GString) full = g_string_new(words);

        for (int i = 0; i < stars; i++) {
            g_string_append_c(full, '*');
        }
        found = find_type(types, full->str);
    } while (found < 0 && unalias(&type, &stars));
    if (found < 0) {
        g_autofree char *words = type_words_of(
            clang_getCanonicalType(controlling));

        found = find_type(types, words);
    }
    return found < 0 ? find_type(types, "default") : found;
}

HfOperand hf_lower_generic(HfBody *f, HfNode *n)
{
    g_autoptr(GPtrArray) types = association_types(f, n);
    CXType controlling;
    guint32 flags;
    int chosen = -1;

    if (!n->first) {
        return hf_value_operand(n, hf_unknown(f));
    }
    controlling = clang_getCursorType(n->first->c);
    if (n->n == 2) {
        chosen = 0;
    } else if (types && types->len + 1u == n->n) {
        chosen = choose_association(types, controlling);
    }
    if (chosen >= 0) {
        return hf_lower_operand(f, hf_node_child(n, (guint)chosen + 1));
    }
    flags = hf_type_flags(f->u, controlling, NULL);
    if (flags & HF_TYPE_POINTER) {
        return hf_value_operand(n, hf_lower_value(f, n->first));
    }
    return hf_value_operand(n, hf_unknown(f));
}
