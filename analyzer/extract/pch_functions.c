/* SPDX-License-Identifier: MIT */
#include "pch_functions.h"
#include "lower.h"
#include <string.h>

#define FANOUT 16u

static guint digit(const char *name, int level)
{
    guint hash = g_str_hash(name);

    hash ^= hash >> 16;
    hash ^= hash >> 8;
    return hash >> (4 * level) & (FANOUT - 1);
}

/* ---- writing ------------------------------------------------------------ */

static void open_function(GString *out, const char *suffix)
{
    g_string_append_printf(out, "static __attribute__((__unused__)) void "
                                HF_PCH_FUNCTIONS "%s(void) {\n", suffix);
}

static void write_leaf(const GPtrArray *names, guint high, guint low,
                       GString *out)
{
    g_autofree char *suffix = g_strdup_printf("_%x%x", high, low);

    open_function(out, suffix);
    for (guint i = 0; i < names->len; i++) {
        const char *name = names->pdata[i];

        if (digit(name, 0) == high && digit(name, 1) == low) {
            g_string_append_printf(out, "(void)%s;\n", name);
        }
    }
    g_string_append(out, "}\n");
}

void hf_pch_functions_write(const GPtrArray *names, GString *out)
{
    for (guint high = 0; high < FANOUT; high++) {
        g_autofree char *suffix = g_strdup_printf("_%x", high);

        for (guint low = 0; low < FANOUT; low++) {
            write_leaf(names, high, low, out);
        }
        open_function(out, suffix);
        for (guint low = 0; low < FANOUT; low++) {
            g_string_append_printf(out, "(void)" HF_PCH_FUNCTIONS "_%x%x;\n",
                                   high, low);
        }
        g_string_append(out, "}\n");
    }
    open_function(out, "");
    for (guint high = 0; high < FANOUT; high++) {
        g_string_append_printf(out, "(void)" HF_PCH_FUNCTIONS "_%x;\n", high);
    }
    g_string_append(out, "}\n");
}

/* ---- collecting --------------------------------------------------------- */

typedef struct {
    GPtrArray *names;
    GHashTable *seen;
} Collect;

static gboolean takes_one_pointer(CXCursor function)
{
    CXType type;

    if (clang_Cursor_getNumArguments(function) != 1) {
        return FALSE;
    }
    type = clang_getCursorType(clang_Cursor_getArgument(function, 0));
    return clang_getCanonicalType(type).kind == CXType_Pointer;
}

static enum CXChildVisitResult see_function(CXCursor cursor, CXCursor parent,
                                            CXClientData data)
{
    Collect *collect = data;
    CXString name;
    const char *s;

    if (clang_getCursorKind(cursor) != CXCursor_FunctionDecl ||
        !takes_one_pointer(cursor)) {
        return CXChildVisit_Continue;
    }
    name = clang_getCursorSpelling(cursor);
    s = clang_getCString(name);
    if (s && *s && !g_hash_table_contains(collect->seen, s)) {
        g_ptr_array_add(collect->names, g_strdup(s));
        g_hash_table_add(collect->seen,
                         collect->names->pdata[collect->names->len - 1]);
    }
    clang_disposeString(name);
    return CXChildVisit_Continue;
}

GPtrArray *hf_pch_functions_collect(CXTranslationUnit tu)
{
    Collect collect = { g_ptr_array_new_with_free_func(g_free),
                        g_hash_table_new(g_str_hash, g_str_equal) };

    clang_visitChildren(clang_getTranslationUnitCursor(tu), see_function,
                        &collect);
    g_hash_table_unref(collect.seen);
    return collect.names;
}

/* ---- finding ------------------------------------------------------------ */

typedef struct {
    const char *name;
    CXCursor found;
} Find;

static enum CXChildVisitResult see_mention(CXCursor cursor, CXCursor parent,
                                           CXClientData data)
{
    Find *find = data;
    CXString name;
    gboolean same;

    if (clang_getCursorKind(cursor) != CXCursor_DeclRefExpr) {
        return CXChildVisit_Recurse;
    }
    name = clang_getCursorSpelling(cursor);
    same = !g_strcmp0(clang_getCString(name), find->name);
    clang_disposeString(name);
    if (!same) {
        return CXChildVisit_Continue;
    }
    find->found = clang_getCursorReferenced(cursor);
    return CXChildVisit_Break;
}

static gboolean mentioned_by(CXCursor function, const char *name,
                             CXCursor *out)
{
    Find find = { name, clang_getNullCursor() };

    clang_visitChildren(clang_getCursorDefinition(function), see_mention,
                        &find);
    *out = find.found;
    return !clang_Cursor_isNull(find.found);
}

gboolean hf_pch_function_find(CXCursor root, const char *name, CXCursor *out)
{
    g_autofree char *high = g_strdup_printf(HF_PCH_FUNCTIONS "_%x",
                                            digit(name, 0));
    g_autofree char *low = g_strdup_printf(HF_PCH_FUNCTIONS "_%x%x",
                                           digit(name, 0), digit(name, 1));

    return mentioned_by(root, high, out) && mentioned_by(*out, low, out) &&
           mentioned_by(*out, name, out);
}
