/* SPDX-License-Identifier: MIT */
/*
 * check_bodies.c - functions own their locals, blocks, edges and events, and
 * what happens in one speaks of its own locals and results only.
 */
#include "facts/check.h"

static gboolean check_locals(HfCheck *c, const HfFunction *fn)
{
    if (!hf_check_span(c, "locals", fn->first_local, fn->n_locals,
                       c->f->n_locals))
        return FALSE;
    if (fn->n_params > fn->n_locals)
        return hf_check_fail(c, "%u parameters among %u locals", fn->n_params,
                             fn->n_locals);
    for (uint32_t i = 0; i < fn->n_locals; i++) {
        uint32_t id = fn->first_local + i;
        gboolean is_param = (c->f->locals[id].flags & HF_LOCAL_PARAM) != 0;

        if (c->local_owner[id])
            return hf_check_fail(c, "local %u is also in function %u", id,
                                 c->local_owner[id]);
        c->local_owner[id] = c->row;
        if (is_param != (i < fn->n_params))
            return hf_check_fail(c, "local %u: parameters come first", id);
    }
    return TRUE;
}

static gboolean check_block(HfCheck *c, const HfFunction *fn, uint32_t id)
{
    const HfFacts *f = c->f;
    const HfBlock *block = &f->blocks[id];

    if (block->n_events &&
        (block->first_event < fn->first_event ||
         block->n_events > fn->n_events ||
         block->first_event - fn->first_event > fn->n_events - block->n_events))
        return hf_check_fail(c, "block %u: events outside the function's",
                             id - fn->first_block);
    for (uint32_t i = 0; i < block->n_events; i++) {
        uint32_t e = block->first_event + i;

        if (c->event_owner[e])
            return hf_check_fail(c, "event %u is in two blocks", e);
        c->event_owner[e] = c->row;
    }
    for (uint32_t i = 0; i < block->n_edges; i++) {
        uint32_t e = block->first_edge + i;
        HfId to = f->edges[e].to;

        if (c->edge_taken[e])
            return hf_check_fail(c, "edge %u is in two blocks", e);
        c->edge_taken[e] = TRUE;
        if (to - fn->first_block >= fn->n_blocks)
            return hf_check_fail(c,
                                 "edge %u goes to block %u, outside the "
                                 "function",
                                 e, to);
    }
    return TRUE;
}

static gboolean check_blocks(HfCheck *c, const HfFunction *fn)
{
    uint64_t n_events = 0;
    const HfBlock *exit_block;

    if (fn->n_blocks == 1)
        return hf_check_fail(c, "an entry block without an exit block");
    for (uint32_t i = 0; i < fn->n_blocks; i++) {
        if (!check_block(c, fn, fn->first_block + i))
            return FALSE;
        n_events += c->f->blocks[fn->first_block + i].n_events;
    }
    if (n_events != fn->n_events)
        return hf_check_fail(c, "%u events, its blocks have %" G_GUINT64_FORMAT,
                             fn->n_events, n_events);
    exit_block = &c->f->blocks[fn->n_blocks ? fn->first_block + 1 : 0];
    if (exit_block->n_events || exit_block->n_edges)
        return hf_check_fail(c, "the exit block is not empty");
    return TRUE;
}

static gboolean check_block_spans(HfCheck *c)
{
    const HfFacts *f = c->f;

    c->section = "blocks";
    for (c->row = 1; c->row < f->n_blocks; c->row++) {
        const HfBlock *block = &f->blocks[c->row];

        if (!hf_check_span(c, "events", block->first_event, block->n_events,
                           f->n_events) ||
            !hf_check_span(c, "edges", block->first_edge, block->n_edges,
                           f->n_edges))
            return FALSE;
    }
    return TRUE;
}

gboolean hf_check_functions(HfCheck *c)
{
    const HfFacts *f = c->f;
    g_autofree guint8 *taken = g_new0(guint8, f->n_blocks);

    if (!check_block_spans(c))
        return FALSE;
    c->section = "functions";
    for (c->row = 1; c->row < f->n_functions; c->row++) {
        const HfFunction *fn = &f->functions[c->row];

        if (!hf_check_index_set(c, "symbol", fn->symbol, f->n_symbols) ||
            !hf_check_loc(c, fn->loc) || !check_locals(c, fn) ||
            !hf_check_span(c, "blocks", fn->first_block, fn->n_blocks,
                           f->n_blocks) ||
            !hf_check_span(c, "events", fn->first_event, fn->n_events,
                           f->n_events))
            return FALSE;
        for (uint32_t i = 0; i < fn->n_blocks; i++) {
            if (taken[fn->first_block + i])
                return hf_check_fail(c, "block %u is also in another function",
                                     fn->first_block + i);
            taken[fn->first_block + i] = TRUE;
        }
        if (!check_blocks(c, fn))
            return FALSE;
    }
    return TRUE;
}

/* ---- what they speak of ------------------------------------------------- */

static gboolean check_path(HfCheck *c, const char *what, HfId path,
                           uint32_t function)
{
    if (!hf_check_index(c, what, path, c->f->n_paths))
        return FALSE;
    if (G_LIKELY(!c->path_owner[path] || c->path_owner[path] == function))
        return TRUE;
    return hf_check_fail(c, "%s %u is of another function", what, path);
}

static gboolean check_event(HfCheck *c, const HfEvent *e, uint32_t function)
{
    const HfFacts *f = c->f;

    if (e->kind > HF_EV_SCOPE_END)
        return hf_check_fail(c, "unknown kind %u", e->kind);
    if (!hf_check_loc(c, e->loc) || !check_path(c, "path", e->path, function) ||
        !check_path(c, "value", e->value, function) ||
        !hf_check_index(c, "symbol", e->sym, f->n_symbols) ||
        !hf_check_span(c, "args", e->first_arg, e->n_args, f->n_args))
        return FALSE;
    if (e->kind == HF_EV_CALL && !e->sym)
        return hf_check_fail(c, "call of no symbol");
    if (e->kind == HF_EV_SCOPE_END && f->paths[e->path].kind != HF_PATH_LOCAL)
        return hf_check_fail(c, "end of the scope of no local");
    for (uint32_t i = 0; i < e->n_args; i++) {
        uint32_t arg = e->first_arg + i;

        if (c->arg_taken[arg])
            return hf_check_fail(c, "argument %u is of two calls", arg);
        c->arg_taken[arg] = TRUE;
        if (!check_path(c, "argument", f->args[arg], function))
            return FALSE;
    }
    return TRUE;
}

static gboolean check_edges(HfCheck *c, const HfFunction *fn, uint32_t function)
{
    const HfFacts *f = c->f;

    c->section = "edges";
    for (uint32_t b = 0; b < fn->n_blocks; b++) {
        const HfBlock *block = &f->blocks[fn->first_block + b];

        for (uint32_t i = 0; i < block->n_edges; i++) {
            const HfCond *cond;

            c->row = block->first_edge + i;
            cond = &f->conds[f->edges[c->row].cond];
            if (!check_path(c, "left side", cond->lhs, function) ||
                !check_path(c, "right side", cond->rhs, function))
                return FALSE;
        }
    }
    return TRUE;
}

gboolean hf_check_uses(HfCheck *c)
{
    const HfFacts *f = c->f;

    c->section = "conds";
    for (c->row = 1; c->row < f->n_conds; c->row++) {
        const HfCond *cond = &f->conds[c->row];

        if (cond->op > HF_COND_GE)
            return hf_check_fail(c, "unknown operator %u", cond->op);
        if (!hf_check_index(c, "left side", cond->lhs, f->n_paths) ||
            !hf_check_index(c, "right side", cond->rhs, f->n_paths) ||
            !hf_check_loc(c, cond->loc))
            return FALSE;
    }
    c->section = "edges";
    for (c->row = 1; c->row < f->n_edges; c->row++)
        if (!hf_check_index(c, "condition", f->edges[c->row].cond,
                            f->n_conds) ||
            !hf_check_index(c, "block", f->edges[c->row].to, f->n_blocks))
            return FALSE;
    for (uint32_t i = 1; i < f->n_functions; i++)
        if (!check_edges(c, &f->functions[i], i))
            return FALSE;
    c->section = "args";
    for (c->row = 1; c->row < f->n_args; c->row++)
        if (!hf_check_index(c, "path", f->args[c->row], f->n_paths))
            return FALSE;
    c->section = "events";
    for (c->row = 1; c->row < f->n_events; c->row++)
        if (!check_event(c, &f->events[c->row], c->event_owner[c->row]))
            return FALSE;
    return TRUE;
}
