/* SPDX-License-Identifier: MIT */
/*
 * prototypes.c - see prototypes.h.
 */
#include "prototypes.h"
#include "clang_env.h"
#include <clang-c/Index.h>

typedef struct {
    GPtrArray *all;
    GHashTable *seen; /* names, borrowed from all */
    const char *header;
    const char *prefix;
} Search;

static char *take(CXString s)
{
    char *text = g_strdup(clang_getCString(s));

    clang_disposeString(s);
    return text;
}

static void parameter_free(gpointer data)
{
    HfParameter *p = data;

    g_free(p->type);
    g_free(p->name);
    g_free(p);
}

static void prototype_free(gpointer data)
{
    HfPrototype *p = data;

    g_free(p->name);
    g_free(p->returns);
    g_free(p->annotation);
    g_ptr_array_unref(p->parameters);
    g_free(p->file);
    g_free(p);
}

typedef struct {
    const char *prefix;
    char *found; /* or NULL */
} Attribute;

static enum CXChildVisitResult see_attribute(CXCursor c, CXCursor parent,
                                             CXClientData data)
{
    Attribute *a = data;

    if (c.kind == CXCursor_AnnotateAttr && !a->found) {
        char *text = take(clang_getCursorSpelling(c));

        if (g_str_has_prefix(text, a->prefix)) {
            a->found = text;
        } else {
            g_free(text);
        }
    }
    return CXChildVisit_Continue;
}

static HfPrototype *describe(CXCursor c, char *annotation, const char *header)
{
    HfPrototype *p = g_new0(HfPrototype, 1);
    int n = clang_Cursor_getNumArguments(c);

    p->name = take(clang_getCursorSpelling(c));
    p->returns = take(clang_getTypeSpelling(clang_getCursorResultType(c)));
    p->annotation = annotation;
    p->parameters = g_ptr_array_new_with_free_func(parameter_free);
    for (int i = 0; i < n; i++) {
        CXCursor arg = clang_Cursor_getArgument(c, (unsigned)i);
        HfParameter *q = g_new0(HfParameter, 1);

        q->type = take(clang_getTypeSpelling(clang_getCursorType(arg)));
        q->name = take(clang_getCursorSpelling(arg));
        g_ptr_array_add(p->parameters, q);
    }
    p->file = g_strdup(header);
    clang_getExpansionLocation(clang_getCursorLocation(c), NULL, &p->line,
                               NULL, NULL);
    return p;
}

static enum CXChildVisitResult see_declaration(CXCursor c, CXCursor parent,
                                               CXClientData data)
{
    Search *s = data;
    Attribute a = { s->prefix, NULL };
    HfPrototype *p;

    if (c.kind != CXCursor_FunctionDecl ||
        !clang_Location_isFromMainFile(clang_getCursorLocation(c))) {
        return CXChildVisit_Continue;
    }
    clang_visitChildren(c, see_attribute, &a);
    if (!a.found) {
        return CXChildVisit_Continue;
    }
    p = describe(c, a.found, s->header);
    if (g_hash_table_add(s->seen, p->name)) {
        g_ptr_array_add(s->all, p);
    } else {
        prototype_free(p);
    }
    return CXChildVisit_Continue;
}

static gboolean check_diagnostics(CXTranslationUnit tu, GError **error)
{
    for (unsigned i = 0; i < clang_getNumDiagnostics(tu); i++) {
        CXDiagnostic d = clang_getDiagnostic(tu, i);
        gboolean bad = clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error;

        if (bad) {
            g_autofree char *text = take(clang_formatDiagnostic(
                d, clang_defaultDiagnosticDisplayOptions()));

            g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                        "%s", text);
        }
        clang_disposeDiagnostic(d);
        if (bad) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Those, and what the checker adds. */
static char **all_args(HfClangEnv *env, const char *const *args, int n_args)
{
    g_autoptr(GPtrArray) given = g_ptr_array_new();
    HfCompileEntry entry = { 0 };

    g_ptr_array_add(given, "-xc");
    for (int i = 0; i < n_args; i++) {
        g_ptr_array_add(given, (char *)args[i]);
    }
    g_ptr_array_add(given, NULL);
    entry.args = (char **)given->pdata;
    return hf_clang_env_args(env, &entry, NULL);
}

GPtrArray *hf_prototypes_parse(const char *header, const char *const *args,
                               int n_args, const char *prefix, GError **error)
{
    HfClangEnv *env = hf_clang_env_new(NULL, error);
    Search s = { NULL, NULL, header, prefix };
    CXIndex index;
    CXTranslationUnit tu;
    g_auto(GStrv) all = NULL;

    if (!env) {
        return NULL;
    }
    all = all_args(env, args, n_args);
    hf_clang_env_free(env);
    index = clang_createIndex(0, 0);
    tu = clang_parseTranslationUnit(index, header, (const char *const *)all,
                                    (int)g_strv_length(all), NULL, 0,
                                    CXTranslationUnit_SkipFunctionBodies);
    if (!tu) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                    "%s: cannot be parsed", header);
    } else if (check_diagnostics(tu, error)) {
        s.all = g_ptr_array_new_with_free_func(prototype_free);
        s.seen = g_hash_table_new(g_str_hash, g_str_equal);
        clang_visitChildren(clang_getTranslationUnitCursor(tu),
                            see_declaration, &s);
        g_hash_table_destroy(s.seen);
    }
    if (tu) {
        clang_disposeTranslationUnit(tu);
    }
    clang_disposeIndex(index);
    return s.all;
}
