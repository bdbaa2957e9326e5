/* SPDX-License-Identifier: MIT */
/*
 * lower_decl.c - functions and variables to symbols.
 */
#include "lower_unit.h"
#include "lower_text.h"
#include "pch_functions.h"
#include <string.h>

/* ---- what lowering itself remembers of a symbol ------------------------- */

guint32 hf_symbol_extra(HfLower *u, HfId symbol)
{
    return symbol < u->extra->len
               ? g_array_index(u->extra, guint32, symbol) : 0;
}

void hf_symbol_extra_set(HfLower *u, HfId symbol, guint32 flags)
{
    if (symbol >= u->extra->len) {
        g_array_set_size(u->extra, symbol + 1);
    }
    g_array_index(u->extra, guint32, symbol) |= flags;
}

/* ---- attributes without a face of their own ----------------------------- */

gboolean hf_attr_is(HfLower *u, CXCursor attr, const char *name)
{
    gsize len = strlen(name);
    guint offset;
    HfSource *s = hf_spelling(u, clang_getCursorLocation(attr), &offset);
    const char *p;

    if (!s || offset >= s->len) {
        return FALSE;
    }
    p = s->text + offset;
    if (s->len - offset > 2 && p[0] == '_' && p[1] == '_' && *name != '_') {
        p += 2;
    }
    return (gsize)(s->text + s->len - p) >= len && !strncmp(p, name, len) &&
           !g_ascii_isalnum(p[len]);
}

typedef struct {
    HfLower *u;
    HfSymbol *row;
} Attrs;

static enum CXChildVisitResult see_attr(CXCursor c, CXCursor parent,
                                        CXClientData data)
{
    Attrs *a = data;

    if (clang_isAttribute(c.kind) && c.kind != CXCursor_AnnotateAttr) {
        if (hf_attr_is(a->u, c, "weak")) {
            a->row->linkage = HF_LINKAGE_WEAK;
        } else if (hf_attr_is(a->u, c, "constructor")) {
            a->row->flags |= HF_SYM_CONSTRUCTOR;
        } else if (hf_attr_is(a->u, c, "_Noreturn") ||
                   hf_attr_is(a->u, c, "noreturn")) {
            a->row->flags |= HF_SYM_NORETURN;
        }
    }
    return CXChildVisit_Continue;
}

/* ---- symbols ------------------------------------------------------------ */

static HfStr symbol_key(HfLower *u, CXCursor decl, HfLinkage linkage,
                        const char *name)
{
    CXString usr = clang_getCursorUSR(decl);
    const char *s = clang_getCString(usr);
    g_autofree char *key = NULL;
    HfSource *file;
    guint offset;
    HfStr out;

    if (!s || !*s) {
        s = name;
    }
    file = linkage == HF_LINKAGE_INTERNAL
               ? hf_expansion(u, clang_getCursorLocation(decl), &offset)
               : NULL;
    if (file) {
        key = g_strdup_printf("%s@%s", s, file->path);
        s = key;
    }
    out = hf_facts_string(u->b, s);
    clang_disposeString(usr);
    return out;
}

static void fill_function(HfLower *u, CXCursor decl, HfSymbol *row)
{
    CXType type = clang_getCursorType(decl);
    int n = clang_Cursor_getNumArguments(decl);
    const char *text;

    row->kind = HF_SYM_FUNCTION;
    row->type_flags = hf_type_flags(u, clang_getResultType(type),
                                    &row->type_record);
    row->n_params = n > 0 ? (guint32)n : 0;
    if (clang_isFunctionTypeVariadic(type)) {
        row->flags |= HF_SYM_VARIADIC;
    }
    if (type.kind == CXType_FunctionNoProto) {
        row->flags |= HF_SYM_UNPROTOTYPED;
    }
    if (clang_Cursor_isFunctionInlined(decl)) {
        row->flags |= HF_SYM_INLINE;
    }
    text = hf_facts_string_get(u->b, row->type);
    if (strstr(text, "__attribute__((noreturn))")) {
        row->flags |= HF_SYM_NORETURN;
    }
}

static void fill_variable(HfLower *u, CXCursor decl, HfSymbol *row)
{
    row->kind = HF_SYM_VARIABLE;
    row->type_flags = hf_type_flags(u, clang_getCursorType(decl),
                                    &row->type_record);
    if (clang_getCursorTLSKind(decl) != CXTLS_None) {
        row->flags |= HF_SYM_THREAD_LOCAL;
    }
}

static gboolean is_special(const char *name)
{
    return !strncmp(name, "__builtin_", 10) || !strncmp(name, "__sync_", 7) ||
           !strncmp(name, "__atomic_", 9);
}

static guint32 extra_of(HfLower *u, const HfSymbol *row, const char *name)
{
    guint32 extra = is_special(name) ? HF_SYMX_SPECIAL : 0;

    if ((row->flags & HF_SYM_NORETURN) ||
        hf_name_set_has(&u->noreturn, name, strlen(name)) ||
        !strcmp(name, "__builtin_unreachable") ||
        !strcmp(name, "__builtin_trap")) {
        extra |= HF_SYMX_NORETURN;
    }
    return extra;
}

static void queue_body(HfLower *u, HfId symbol, CXCursor def)
{
    HfPending p = { def, symbol, NULL, 0 };
    guint offset, col;
    HfSource *s = hf_expansion(u, clang_getCursorLocation(def), &offset);

    /* Functions of the main file are lowered whether called or not. */
    if (!s || s->is_main) {
        return;
    }
    p.path = s->path;
    hf_source_lexer_line(s, offset, &p.line, &col);
    hf_symbol_extra_set(u, symbol, HF_SYMX_QUEUED);
    g_array_append_val(u->pending, p);
}

static HfId new_symbol(HfLower *u, CXCursor canonical, CXCursor decl)
{
    HfSymbol row = { 0 };
    gboolean is_function = decl.kind == CXCursor_FunctionDecl;
    CXCursor def = clang_getCursorDefinition(canonical);
    gboolean defined = !clang_Cursor_isNull(def);
    CXCursor latest = defined ? def : decl;
    CXString name = clang_getCursorSpelling(canonical);
    enum CXLinkageKind linkage = clang_getCursorLinkage(canonical);
    HfId id;

    row.linkage = linkage == CXLinkage_External ||
                          linkage == CXLinkage_UniqueExternal
                      ? HF_LINKAGE_EXTERNAL : HF_LINKAGE_INTERNAL;
    row.name = hf_facts_string(u->b, clang_getCString(name));
    row.key = symbol_key(u, canonical, row.linkage, clang_getCString(name));
    row.type = hf_type_text(u, clang_getCursorType(latest));
    if (is_function) {
        fill_function(u, latest, &row);
    } else {
        fill_variable(u, latest, &row);
    }
    if (clang_Cursor_hasAttrs(latest)) {
        clang_visitChildren(latest, see_attr, &(Attrs){ u, &row });
    }
    if (is_special(clang_getCString(name))) {
        row.flags |= HF_SYM_BUILTIN; /* declared where first used */
    } else {
        row.decl_loc = hf_loc(u, clang_getCursorLocation(canonical));
    }
    if (defined) {
        row.flags |= HF_SYM_DEFINED;
        row.def_loc = hf_loc(u, clang_getCursorLocation(def));
    }
    id = hf_facts_add_symbols(u->b, &row);
    hf_symbol_extra_set(u, id, extra_of(u, &row, clang_getCString(name)));
    clang_disposeString(name);
    return id;
}

static void see_symbol(HfLower *u, HfId id, CXCursor canonical, CXCursor decl)
{
    CXCursor def = clang_getCursorDefinition(canonical);
    guint32 i;

    if (decl.kind != CXCursor_FunctionDecl) {
        hf_annotate(u, clang_Cursor_isNull(def) ? decl : def,
                    HF_OWNER_SYMBOL, id);
        return;
    }
    hf_annotate_function(u, id, canonical);
    for (i = hf_decl_map_get(&u->redecls, canonical); i;
         i = g_array_index(u->redecl_list, HfRedecl, i).next) {
        hf_annotate_function(
            u, id, g_array_index(u->redecl_list, HfRedecl, i).cursor);
    }
    if (!clang_equalCursors(decl, canonical)) {
        hf_annotate_function(u, id, decl);
    }
    if (!clang_Cursor_isNull(def)) {
        hf_annotate_function(u, id, def);
        queue_body(u, id, def);
    }
}

HfId hf_symbol_row(HfLower *u, CXCursor decl)
{
    HfId id = hf_decl_map_get(&u->symbols, decl);
    CXCursor canonical;

    if (id) {
        return id;
    }
    canonical = clang_getCanonicalCursor(decl);
    id = hf_decl_map_get(&u->symbols, canonical);
    if (!id) {
        id = new_symbol(u, canonical, decl);
        hf_decl_map_set(&u->symbols, canonical, id);
        hf_decl_map_set(&u->symbols, decl, id);
        see_symbol(u, id, canonical, decl);
    }
    hf_decl_map_set(&u->symbols, decl, id);
    return id;
}

HfId hf_macro_symbol(HfLower *u, const char *name, gsize len)
{
    g_autofree char *copy = g_strndup(name, len);
    gpointer known = g_hash_table_lookup(u->macro_symbols, copy);
    HfSymbol row = { .kind = HF_SYM_MACRO };
    g_autofree char *key = NULL;
    HfId id;

    if (known) {
        return GPOINTER_TO_UINT(known);
    }
    key = g_strconcat("macro:", copy, NULL);
    row.name = hf_facts_string(u->b, copy);
    row.key = hf_facts_string(u->b, key);
    id = hf_facts_add_symbols(u->b, &row);
    hf_symbol_extra_set(u, id, extra_of(u, &row, copy) & ~HF_SYMX_SPECIAL);
    g_hash_table_insert(u->macro_symbols, g_steal_pointer(&copy),
                        GUINT_TO_POINTER(id));
    return id;
}

void hf_redecl_add(HfLower *u, CXCursor decl)
{
    CXCursor canonical = clang_getCanonicalCursor(decl);
    HfRedecl row = { decl, 0 };
    guint32 i = hf_decl_map_get(&u->redecls, canonical);
    guint32 new_index = u->redecl_list->len;

    if (clang_equalCursors(decl, canonical)) {
        return;
    }
    g_array_append_val(u->redecl_list, row);
    if (!i) {
        hf_decl_map_set(&u->redecls, canonical, new_index);
        return;
    }
    while (g_array_index(u->redecl_list, HfRedecl, i).next) {
        i = g_array_index(u->redecl_list, HfRedecl, i).next;
    }
    g_array_index(u->redecl_list, HfRedecl, i).next = (int)new_index;
}

/* ---- functions known by name only --------------------------------------- */

static void remember_name(HfLower *u, CXCursor decl)
{
    CXString name = clang_getCursorSpelling(decl);
    const char *s = clang_getCString(name);

    if (s && !g_hash_table_contains(u->functions_by_name, s)) {
        CXCursor *copy = g_new(CXCursor, 1);

        *copy = decl;
        g_hash_table_insert(u->functions_by_name, g_strdup(s), copy);
    }
    clang_disposeString(name);
}

static enum CXChildVisitResult see_function(CXCursor c, CXCursor parent,
                                            CXClientData data)
{
    if (c.kind == CXCursor_FunctionDecl) {
        remember_name(data, c);
    }
    return CXChildVisit_Continue;
}

HfId hf_symbol_by_name(HfLower *u, const char *name)
{
    CXCursor found;
    CXCursor *decl;

    if (!u->functions_by_name) {
        u->functions_by_name = g_hash_table_new_full(g_str_hash, g_str_equal,
                                                     g_free, g_free);
        clang_visitChildren(clang_getTranslationUnitCursor(u->tu),
                            see_function, u);
    }
    decl = g_hash_table_lookup(u->functions_by_name, name);
    if (decl) {
        return hf_symbol_row(u, *decl);
    }
    decl = g_hash_table_lookup(u->functions_by_name, HF_PCH_FUNCTIONS);
    return decl && hf_pch_function_find(*decl, name, &found)
               ? hf_symbol_row(u, found) : 0;
}

static char *cleanup_argument(const char *text)
{
    const char *p = text ? strstr(text, "cleanup(") : NULL;
    gsize len;

    if (!p) {
        return NULL;
    }
    p += strlen("cleanup(");
    for (len = 0; g_ascii_isalnum(p[len]) || p[len] == '_'; len++) {
    }
    return len ? g_strndup(p, len) : NULL;
}

char *hf_cleanup_name(CXCursor var)
{
    CXPrintingPolicy policy;
    CXString text;
    char *name;

    if (!clang_Cursor_hasAttrs(var)) {
        return NULL;
    }
    policy = clang_getCursorPrintingPolicy(var);
    clang_PrintingPolicy_setProperty(policy,
                                     CXPrintingPolicy_SuppressInitializers, 1);
    text = clang_getCursorPrettyPrinted(var, policy);
    name = cleanup_argument(clang_getCString(text));
    clang_disposeString(text);
    clang_PrintingPolicy_dispose(policy);
    return name;
}
