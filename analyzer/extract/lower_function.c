/* SPDX-License-Identifier: MIT */
/* lower_function.c - one function: its parameters, its body, its rows. */
#include "lower_body.h"

/* ---- small things ------------------------------------------------------- */

HfId hf_node_loc(HfBody *f, HfNode *n)
{
    if (!n->loc) {
        n->loc = hf_loc(f->u, clang_getCursorLocation(n->c));
    }
    return n->loc;
}

HfId hf_unknown(HfBody *f)
{
    return hf_facts_path(f->b, HF_PATH_UNKNOWN, 0, 0, 0);
}

HfId hf_const(HfBody *f, gint64 value)
{
    return hf_facts_path(f->b, HF_PATH_CONST, 0, 0, value);
}

HfPath hf_path_row(HfBody *f, HfId path)
{
    return *hf_facts_at_paths(f->b, path);
}

void hf_incomplete(HfBody *f)
{
    f->row.flags |= HF_FUNCTION_INCOMPLETE;
}

/* ---- state -------------------------------------------------------------- */

static void body_init(HfBody *f, HfLower *u)
{
    *f = (HfBody){ .u = u, .b = u->b, .tree = u->tree, .cur = -1 };
    f->blocks = g_array_new(FALSE, FALSE, sizeof(HfBlockInfo));
    f->order = g_array_new(FALSE, FALSE, sizeof(HfBlockNo));
    f->edges = g_array_new(FALSE, FALSE, sizeof(HfEdgeInfo));
    f->locals = g_array_new(FALSE, FALSE, sizeof(HfLocalInfo));
    f->uses = g_array_new(FALSE, TRUE, sizeof(HfUse));
    g_array_set_size(f->uses, 1);
    f->live = g_array_new(FALSE, FALSE, sizeof(guint));
    f->aliased = g_array_new(FALSE, FALSE, sizeof(guint));
    f->labels = g_array_new(FALSE, FALSE, sizeof(HfLabel));
    f->computed = g_array_new(FALSE, FALSE, sizeof(HfBlockNo));
    f->sites = g_array_new(FALSE, FALSE, sizeof(HfMacroSite));
    hf_decl_map_init(&f->by_decl);
    hf_decl_map_init(&f->use_by_decl);
}

static void body_clear(HfBody *f)
{
    GArray *arrays[] = { f->blocks, f->order, f->edges, f->locals, f->uses,
                         f->live, f->aliased, f->labels, f->computed,
                         f->sites };

    for (guint i = 0; i < G_N_ELEMENTS(arrays); i++) {
        g_array_unref(arrays[i]);
    }
    hf_decl_map_clear(&f->by_decl);
    hf_decl_map_clear(&f->use_by_decl);
}

/* Before another attempt: what the last one left goes, what the scan of the
 * whole body found stays. */
static void body_restart(HfBody *f)
{
    GArray *arrays[] = { f->blocks, f->order, f->edges, f->locals, f->live,
                         f->aliased, f->computed };

    for (guint i = 0; i < G_N_ELEMENTS(arrays); i++) {
        g_array_set_size(arrays[i], 0);
    }
    hf_decl_map_reset(&f->by_decl);
    f->n_synthetic = 0;
    f->last_site = 0;
    f->cur = -1;
}

/* ---- the parts of a definition ------------------------------------------ */

typedef struct {
    GArray *params; /* CXCursor */
    CXCursor body;
} Parts;

static enum CXChildVisitResult see_part(CXCursor c, CXCursor parent,
                                        CXClientData data)
{
    Parts *parts = data;

    if (c.kind == CXCursor_ParmDecl) {
        g_array_append_val(parts->params, c);
    } else if (c.kind == CXCursor_CompoundStmt) {
        parts->body = c;
    }
    return CXChildVisit_Continue;
}

/* Text of the body, when it was not made by a macro. */
static void scan_text(HfBody *f, CXCursor body, HfId symbol)
{
    CXSourceRange extent = clang_getCursorExtent(body);
    CXSourceLocation start_at = clang_getRangeStart(extent);
    guint start, end, spelled;
    HfSource *s = hf_expansion(f->u, start_at, &start);
    guint line, col;

    if (!s) {
        return;
    }
    s->lowered = TRUE;
    if (hf_expansion(f->u, clang_getRangeEnd(extent), &end) != s ||
        end <= start) {
        return;
    }
    hf_source_lexer_line(s, end - 1, &line, &col);
    f->row.end_line = line;
    if (hf_spelling(f->u, start_at, &spelled) != s || spelled != start) {
        return;
    }
    f->source = s;
    hf_scan_body(f->u, s, start, end, symbol, f->sites);
}

/* ---- lowering ----------------------------------------------------------- */

static gboolean attempt(HfBody *f, const Parts *parts, HfNode *top)
{
    f->row.first_local = hf_facts_count_locals(f->b);
    f->row.first_event = hf_facts_count_events(f->b);
    for (guint i = 0; i < parts->params->len; i++) {
        hf_declare_param(f, g_array_index(parts->params, CXCursor, i));
    }
    f->row.n_params = f->locals->len;
    hf_block_new(f); /* entry */
    hf_block_new(f); /* exit */
    for (guint i = 0; i < f->labels->len; i++) {
        g_array_index(f->labels, HfLabel, i).block = hf_block_new(f);
    }
    hf_block_open_anyway(f, 0);
    hf_lower_stmt(f, top);
    hf_jump(f, 1);
    hf_connect_computed_gotos(f);
    f->row.n_locals = f->locals->len;
    if (!f->row.n_locals) {
        f->row.first_local = 0;
    }
    return hf_cfg_finish(f);
}

static void lower_parts(HfLower *u, HfBody *f, const Parts *parts)
{
    HfNode *top = hf_tree_build(u->tree, parts->body);
    guint attempts = 0;

    hf_scan_uses(f);
    while (!attempt(f, parts, top)) {
        if (attempts++ > f->labels->len) {
            hf_incomplete(f); /* each attempt finds a label: cannot happen */
            break;
        }
        body_restart(f);
    }
}

void hf_lower_function(HfLower *u, CXCursor def, HfId symbol)
{
    Parts parts = { g_array_new(FALSE, FALSE, sizeof(CXCursor)),
                    clang_getNullCursor() };
    HfBody f;

    hf_symbol_extra_set(u, symbol, HF_SYMX_QUEUED);
    clang_visitChildren(def, see_part, &parts);
    if (!clang_Cursor_isNull(parts.body)) {
        body_init(&f, u);
        f.row.symbol = symbol;
        f.row.loc = hf_loc(u, clang_getCursorLocation(def));
        scan_text(&f, parts.body, symbol);
        lower_parts(u, &f, &parts);
        if (f.row.loc &&
            hf_facts_at_locs(u->b, f.row.loc)->file == u->main->row) {
            hf_facts_add_functions(u->b, &f.row);
        } else {
            f.row.flags |= HF_FUNCTION_FROM_HEADER;
            g_array_append_val(u->header_functions, f.row);
        }
        body_clear(&f);
    }
    g_array_unref(parts.params);
}
