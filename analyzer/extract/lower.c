/* SPDX-License-Identifier: MIT */
/*
 * lower.c - one unit: what is lowered, in which order.
 */
#include "lower_unit.h"
#include "lower_tree.h"
#include <string.h>

/* ---- diagnostics -------------------------------------------------------- */

static HfUnitStatus lower_diagnostics(HfLower *u)
{
    unsigned n = clang_getNumDiagnostics(u->tu);
    HfUnitStatus status = HF_UNIT_OK;

    for (unsigned i = 0; i < n; i++) {
        CXDiagnostic d = clang_getDiagnostic(u->tu, i);
        HfDiag row = { .severity = clang_getDiagnosticSeverity(d) };

        if (row.severity >= HF_DIAG_ERROR) {
            CXString text = clang_getDiagnosticSpelling(d);

            status = HF_UNIT_ERRORS;
            row.loc = hf_loc(u, clang_getDiagnosticLocation(d));
            row.text = hf_facts_string(u->b, clang_getCString(text));
            hf_facts_add_diags(u->b, &row);
            clang_disposeString(text);
        }
        clang_disposeDiagnostic(d);
    }
    return status;
}

/* ---- what the unit itself carries --------------------------------------- */

typedef struct {
    HfLower *u;
    GArray *decls; /* CXCursor: to be lowered, in source order */
} Carried;

static gboolean is_in_main_file(HfLower *u, CXCursor c)
{
    CXFile file;

    clang_getExpansionLocation(clang_getCursorLocation(c), &file, NULL, NULL,
                               NULL);
    return file && clang_File_isEqual(file, u->main_handle);
}

/*
 * A definition every includer would have is one this unit alone includes.
 * What is static or inline elsewhere counts only when referred to: it may
 * come from a precompiled header, which is not looked through.
 */
static gboolean is_own_definition(CXCursor c)
{
    return clang_isCursorDefinition(c) &&
           clang_getCursorLinkage(c) == CXLinkage_External &&
           !(c.kind == CXCursor_FunctionDecl &&
             clang_Cursor_isFunctionInlined(c));
}

static enum CXChildVisitResult see_top_level(CXCursor c, CXCursor parent,
                                             CXClientData data)
{
    Carried *carried = data;

    if (c.kind != CXCursor_FunctionDecl && c.kind != CXCursor_VarDecl) {
        return CXChildVisit_Continue;
    }
    if (is_in_main_file(carried->u, c)) {
        if (c.kind == CXCursor_FunctionDecl) {
            hf_redecl_add(carried->u, c);
        }
        if (clang_isCursorDefinition(c)) {
            g_array_append_val(carried->decls, c);
        }
    } else if (is_own_definition(c)) {
        g_array_append_val(carried->decls, c);
    }
    return CXChildVisit_Continue;
}

static void lower_carried(HfLower *u)
{
    Carried carried = { u, g_array_new(FALSE, FALSE, sizeof(CXCursor)) };

    clang_visitChildren(clang_getTranslationUnitCursor(u->tu), see_top_level,
                        &carried);
    for (guint i = 0; i < carried.decls->len; i++) {
        CXCursor c = g_array_index(carried.decls, CXCursor, i);
        HfId symbol = hf_symbol_row(u, c);

        if (c.kind == CXCursor_VarDecl) {
            hf_lower_global(u, c, symbol);
        } else if (!(hf_symbol_extra(u, symbol) & HF_SYMX_QUEUED)) {
            hf_lower_function(u, c, symbol);
        }
    }
    g_array_unref(carried.decls);
}

/* ---- what that refers to ------------------------------------------------ */

static gint pending_order(gconstpointer a, gconstpointer b)
{
    const HfPending *l = a;
    const HfPending *r = b;
    int order = strcmp(l->path, r->path);

    if (order) {
        return order;
    }
    return l->line < r->line ? -1 : l->line > r->line;
}

static void lower_referred(HfLower *u)
{
    while (u->pending->len) {
        GArray *wave = u->pending;

        u->pending = g_array_new(FALSE, FALSE, sizeof(HfPending));
        g_array_sort(wave, pending_order);
        for (guint i = 0; i < wave->len; i++) {
            HfPending *p = &g_array_index(wave, HfPending, i);

            hf_lower_function(u, p->def, p->symbol);
        }
        g_array_unref(wave);
    }
}

static gint function_order(gconstpointer a, gconstpointer b, gpointer data)
{
    HfLower *u = data;
    const HfFunction *l = a;
    const HfFunction *r = b;
    const HfLoc *ll = hf_facts_at_locs(u->b, l->loc);
    HfLoc lloc = *ll;
    const HfLoc *rl = hf_facts_at_locs(u->b, r->loc);
    g_autofree char *path = NULL;
    int order;

    if (lloc.file != rl->file) {
        HfId rfile = rl->file;

        path = g_strdup(hf_facts_string_get(
            u->b, hf_facts_at_files(u->b, lloc.file)->path));
        order = strcmp(path, hf_facts_string_get(
                                 u->b, hf_facts_at_files(u->b, rfile)->path));
        return order;
    }
    if (lloc.line != rl->line) {
        return lloc.line < rl->line ? -1 : 1;
    }
    return l->symbol < r->symbol ? -1 : l->symbol > r->symbol;
}

static void add_header_functions(HfLower *u)
{
    g_array_sort_with_data(u->header_functions, function_order, u);
    for (guint i = 0; i < u->header_functions->len; i++) {
        hf_facts_add_functions(
            u->b, &g_array_index(u->header_functions, HfFunction, i));
    }
}

/* ---- the unit ----------------------------------------------------------- */

static void unit_init(HfLower *u, CXTranslationUnit tu, const char *main_file,
                      const char *directory, const HfExtractRules *rules)
{
    CXCursor none = clang_getNullCursor();
    HfRedecl no_redecl = { none, 0 };

    memset(u, 0, sizeof(*u));
    u->tu = tu;
    u->b = hf_facts_builder_new();
    u->rules = rules;
    u->directory = directory;
    hf_decl_map_init(&u->symbols);
    hf_decl_map_init(&u->records);
    hf_decl_map_init(&u->fields);
    hf_decl_map_init(&u->redecls);
    u->redecl_list = g_array_new(FALSE, FALSE, sizeof(HfRedecl));
    g_array_append_val(u->redecl_list, no_redecl);
    u->extra = g_array_new(FALSE, TRUE, sizeof(guint32));
    u->field_cursors = g_array_new(FALSE, FALSE, sizeof(CXCursor));
    g_array_append_val(u->field_cursors, none);
    u->macro_symbols = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                             NULL);
    hf_name_set_init(&u->markers, rules->markers);
    hf_name_set_init(&u->macro_calls, rules->macro_calls);
    hf_name_set_init(&u->noreturn, rules->noreturn);
    u->pending = g_array_new(FALSE, FALSE, sizeof(HfPending));
    u->header_functions = g_array_new(FALSE, FALSE, sizeof(HfFunction));
    u->tree = hf_tree_new();
    hf_sources_init(u, main_file);
}

static void unit_clear(HfLower *u)
{
    hf_sources_clear(u);
    hf_tree_free(u->tree);
    g_array_unref(u->header_functions);
    g_array_unref(u->pending);
    hf_name_set_clear(&u->markers);
    hf_name_set_clear(&u->macro_calls);
    hf_name_set_clear(&u->noreturn);
    g_hash_table_unref(u->macro_symbols);
    if (u->functions_by_name) {
        g_hash_table_unref(u->functions_by_name);
    }
    g_array_unref(u->field_cursors);
    g_array_unref(u->extra);
    g_array_unref(u->redecl_list);
    hf_decl_map_clear(&u->symbols);
    hf_decl_map_clear(&u->records);
    hf_decl_map_clear(&u->fields);
    hf_decl_map_clear(&u->redecls);
}

HfFacts *hf_lower_unit(CXTranslationUnit tu, const char *main_file,
                       const char *directory, const char *output,
                       const HfExtractRules *rules)
{
    HfUnitStatus status;
    HfFacts *facts;
    HfLower u;

    unit_init(&u, tu, main_file, directory, rules);
    status = lower_diagnostics(&u);
    if (u.main) {
        lower_carried(&u);
        lower_referred(&u);
        add_header_functions(&u);
        hf_lower_comments(&u);
    }
    hf_facts_set_unit(u.b, u.main ? status : HF_UNIT_FAILED,
                      u.main ? u.main->row : 0, output);
    facts = hf_facts_builder_finish(u.b);
    unit_clear(&u);
    return facts;
}
