/* SPDX-License-Identifier: MIT */
/*
 * dump_bodies.c - functions as text: locals, blocks, events, edges.
 */
#include "facts/dump.h"
#include "facts/path_text.h"

static void dump_path(HfDump *d, HfId path)
{
    g_autoptr(GString) text = g_string_new(NULL);

    hf_path_text(d->f, path, d->temps, text);
    hf_dump_text(d, text->str);
}

/* ---- events ------------------------------------------------------------- */

static const char *const event_words[] = {
    [HF_EV_NONE] = "none",
    [HF_EV_READ] = "read",
    [HF_EV_WRITE] = "write",
    [HF_EV_RMW] = "rmw",
    [HF_EV_ADDR_TAKEN] = "addr_taken",
    [HF_EV_CALL] = "call",
    [HF_EV_CALL_INDIRECT] = "call_indirect",
    [HF_EV_RETURN] = "return",
    [HF_EV_ATOMIC_READ] = "atomic_read",
    [HF_EV_ATOMIC_WRITE] = "atomic_write",
    [HF_EV_ATOMIC_RMW] = "atomic_rmw",
    [HF_EV_UNSIGNED_DIFF] = "unsigned_diff",
    [HF_EV_ASM] = "asm",
    [HF_EV_SCOPE_END] = "scope_end",
};
G_STATIC_ASSERT(G_N_ELEMENTS(event_words) == HF_EV_SCOPE_END + 1);

static void dump_args(HfDump *d, const HfEvent *e)
{
    g_string_append_c(d->out, '(');
    for (uint32_t i = 0; i < e->n_args; i++) {
        g_string_append(d->out, i ? ", " : "");
        dump_path(d, d->f->args[e->first_arg + i]);
    }
    g_string_append_c(d->out, ')');
}

static void dump_operands(HfDump *d, const HfEvent *e)
{
    gboolean is_call = e->kind == HF_EV_CALL || e->kind == HF_EV_CALL_INDIRECT;

    if (e->sym) {
        g_string_append_c(d->out, ' ');
        hf_dump_str(d, d->f->symbols[e->sym].name);
    }
    if (e->path) {
        g_string_append_c(d->out, ' ');
        dump_path(d, e->path);
    }
    if (is_call || e->n_args)
        dump_args(d, e);
    if (!e->value)
        return;
    if (e->kind == HF_EV_RETURN)
        g_string_append_c(d->out, ' ');
    else
        g_string_append(d->out, e->kind == HF_EV_UNSIGNED_DIFF ? " - " : " = ");
    dump_path(d, e->value);
}

static void dump_event(HfDump *d, HfId id, HfId file)
{
    static const HfDumpFlag flags[] = {
        { HF_EV_CLEANUP, "cleanup" },
        { HF_EV_SIZEOF_FULL, "sizeof_full" },
        { HF_EV_TRUNCATE_CHECKED, "checked" },
        { HF_EV_OR, "or" },
        { HF_EV_AND, "and" },
        { 0, NULL },
    };
    const HfEvent *e = &d->f->events[id];

    g_string_append(d->out, "      ");
    hf_dump_loc(d, e->loc, file);
    g_string_append_printf(d->out, " %s", event_words[e->kind]);
    dump_operands(d, e);
    if (d->temps[id])
        g_string_append_printf(d->out, " -> T%u", d->temps[id]);
    hf_dump_flags(d, flags, e->flags);
    hf_dump_macro(d, e->loc);
    g_string_append_c(d->out, '\n');
}

/* ---- edges -------------------------------------------------------------- */

static void dump_cond(HfDump *d, const HfCond *cond)
{
    static const char *const operators[] = { "",   "==", "!=", "<",
                                             "<=", ">",  ">=" };

    dump_path(d, cond->lhs);
    if (cond->op != HF_COND_TRUE) {
        g_string_append_printf(d->out, " %s ", operators[cond->op]);
        dump_path(d, cond->rhs);
    }
}

static void dump_condition(HfDump *d, const HfEdge *edge, gboolean is_else)
{
    const HfCond *cond = &d->f->conds[edge->cond];
    gboolean negated = (edge->flags & HF_EDGE_NEGATED) != 0;

    if (edge->flags & HF_EDGE_DEFAULT)
        g_string_append(d->out, " default");
    if (!edge->cond)
        return;
    if (is_else) {
        g_string_append(d->out, " else");
        return;
    }
    g_string_append(d->out, edge->flags & HF_EDGE_CASE ? " case " : " if ");
    g_string_append(d->out, negated ? "!(" : "");
    dump_cond(d, cond);
    g_string_append(d->out, negated ? ")" : "");
}

static void dump_edges(HfDump *d, const HfFunction *fn, const HfBlock *block,
                       HfId file)
{
    static const HfDumpFlag edge_flags[] = {
        { HF_EDGE_BACK, "back" },
        { 0, NULL },
    };
    static const HfDumpFlag cond_flags[] = {
        { HF_COND_UNSIGNED, "unsigned" },
        { 0, NULL },
    };
    HfId before = 0;

    for (uint32_t i = 0; i < block->n_edges; i++) {
        const HfEdge *edge = &d->f->edges[block->first_edge + i];
        const HfCond *cond = &d->f->conds[edge->cond];
        gboolean is_else = (edge->flags & HF_EDGE_NEGATED) &&
                           edge->cond == before;

        g_string_append_printf(d->out, "      -> B%u",
                               edge->to - fn->first_block);
        dump_condition(d, edge, is_else);
        if (edge->cond && !is_else) {
            hf_dump_flags(d, cond_flags, cond->flags);
            g_string_append(d->out, " at ");
            hf_dump_loc(d, cond->loc, file);
            hf_dump_macro(d, cond->loc);
        }
        hf_dump_flags(d, edge_flags,
                      edge->flags & ~(uint32_t)(HF_EDGE_NEGATED | HF_EDGE_CASE |
                                                HF_EDGE_DEFAULT));
        g_string_append_c(d->out, '\n');
        before = edge->cond;
    }
}

/* ---- functions ---------------------------------------------------------- */

static void dump_local(HfDump *d, HfId id, HfId file)
{
    static const HfDumpFlag flags[] = {
        { HF_LOCAL_SYNTHETIC, "synthetic" },
        { HF_LOCAL_ADDR_TAKEN, "addr_taken" },
        { HF_LOCAL_BRACES, "braces" },
        { 0, NULL },
    };
    const HfLocal *r = &d->f->locals[id];

    g_string_append_printf(d->out, "    %s ",
                           r->flags & HF_LOCAL_PARAM ? "param" : "local");
    hf_dump_str(d, r->name);
    g_string_append(d->out, ": ");
    hf_dump_str(d, r->type);
    hf_dump_type_flags(d, r->type_flags);
    hf_dump_record_name(d, r->type_record);
    hf_dump_flags(d, flags, r->flags & ~(uint32_t)HF_LOCAL_PARAM);
    if (r->cleanup) {
        g_string_append(d->out, " cleanup ");
        hf_dump_str(d, d->f->symbols[r->cleanup].name);
    }
    g_string_append(d->out, " at ");
    hf_dump_loc(d, r->loc, file);
    hf_dump_macro(d, r->loc);
    g_string_append_c(d->out, '\n');
    hf_dump_annots(d, HF_OWNER_LOCAL, id, 6);
}

static void dump_block(HfDump *d, const HfFunction *fn, uint32_t number,
                       HfId file)
{
    const HfBlock *block = &d->f->blocks[fn->first_block + number];

    g_string_append_printf(d->out, "    B%u%s:\n", number,
                           number == 0   ? " entry"
                           : number == 1 ? " exit"
                                         : "");
    for (uint32_t i = 0; i < block->n_events; i++)
        dump_event(d, block->first_event + i, file);
    dump_edges(d, fn, block, file);
}

static void dump_function(HfDump *d, const HfFunction *fn)
{
    static const HfDumpFlag flags[] = {
        { HF_FUNCTION_INCOMPLETE, "incomplete" },
        { HF_FUNCTION_FROM_HEADER, "from_header" },
        { 0, NULL },
    };
    HfId file = d->f->locs[fn->loc].file;

    g_string_append(d->out, "  ");
    hf_dump_str(d, d->f->symbols[fn->symbol].name);
    g_string_append(d->out, " at ");
    hf_dump_loc(d, fn->loc, 0);
    g_string_append_printf(d->out, "-%u", fn->end_line);
    hf_dump_flags(d, flags, fn->flags);
    hf_dump_macro(d, fn->loc);
    g_string_append_c(d->out, '\n');
    for (uint32_t i = 0; i < fn->n_locals; i++)
        dump_local(d, fn->first_local + i, file);
    for (uint32_t i = 0; i < fn->n_blocks; i++)
        dump_block(d, fn, i, file);
}

static gint function_order(gconstpointer a, gconstpointer b, gpointer data)
{
    const HfDump *d = data;
    const HfFunction *l = &d->f->functions[*(const uint32_t *)a];
    const HfFunction *r = &d->f->functions[*(const uint32_t *)b];
    int order = hf_dump_compare_locs(d, l->loc, r->loc);

    if (order)
        return order;
    return hf_dump_compare_strs(d, d->f->symbols[l->symbol].name,
                                d->f->symbols[r->symbol].name);
}

void hf_dump_functions(HfDump *d)
{
    const HfFacts *f = d->f;
    g_autofree uint32_t *rows = hf_dump_sort(d, f->n_functions, function_order);

    hf_dump_title(d, "functions", f->n_functions);
    for (uint32_t i = 0; i + 1 < f->n_functions; i++)
        dump_function(d, &f->functions[rows[i]]);
}
