/* SPDX-License-Identifier: MIT */
/*
 * lower_tidy.c - shortens a finished graph.
 *
 * Macros such as glib's "likely" compute a truth value into a variable, one
 * branch after the other, and test it right away.  Left like that, what the
 * first condition says would be lost where its outcome matters; so a jump to
 * a block that only tests what was just written goes where the test will go.
 * Empty blocks are stepped over.
 */
#include "lower_body.h"
#include <string.h>

static HfBlockInfo *block_at(HfBody *f, HfBlockNo block)
{
    return &g_array_index(f->blocks, HfBlockInfo, block);
}

static HfEdgeInfo *edge_at(HfBody *f, int edge)
{
    return &g_array_index(f->edges, HfEdgeInfo, edge);
}

static gboolean compare(HfCondOp op, gint64 l, gint64 r)
{
    switch (op) {
    case HF_COND_TRUE:
        return l != 0;
    case HF_COND_EQ:
        return l == r;
    case HF_COND_NE:
        return l != r;
    case HF_COND_LT:
        return l < r;
    case HF_COND_LE:
        return l <= r;
    case HF_COND_GT:
        return l > r;
    default:
        return l >= r;
    }
}

/* Where a block that tests local against a constant goes when it is value. */
static HfBlockNo outcome(HfBody *f, HfBlockInfo *test, HfId local,
                         gint64 value)
{
    HfEdgeInfo *yes = edge_at(f, test->first_edge);
    HfEdgeInfo *no;
    const HfCond *cond;
    HfPath rhs = { 0 };

    if (yes->next < 0 || !yes->cond || (yes->flags & ~HF_EDGE_BACK)) {
        return -1;
    }
    no = edge_at(f, yes->next);
    cond = hf_facts_at_conds(f->b, yes->cond);
    if (no->next >= 0 || no->cond != yes->cond || cond->lhs != local) {
        return -1;
    }
    if (cond->op != HF_COND_TRUE) {
        rhs = hf_path_row(f, cond->rhs);
        if (rhs.kind != HF_PATH_CONST || (cond->flags & HF_COND_UNSIGNED)) {
            return -1;
        }
    }
    return compare((HfCondOp)cond->op, value, rhs.value) ? yes->to : no->to;
}

/* The constant a block leaves in a plain local, from its last write. */
static gboolean last_constant(HfBody *f, const HfBlockInfo *info, HfId *local,
                              gint64 *value)
{
    for (HfId e = info->first_event + info->n_events;
         e-- > info->first_event;) {
        const HfEvent *event = hf_facts_at_events(f->b, e);
        HfPath path, written;

        if (event->kind != HF_EV_WRITE) {
            if (event->kind == HF_EV_SCOPE_END) {
                continue;
            }
            return FALSE;
        }
        path = hf_path_row(f, event->path);
        written = hf_path_row(f, event->value);
        *local = event->path;
        *value = written.value;
        return path.kind == HF_PATH_LOCAL && written.kind == HF_PATH_CONST &&
               !hf_local_is_shared(f, hf_local_of_path(f, event->path));
    }
    return FALSE;
}

static void redirect(HfBody *f, HfEdgeInfo *edge, HfBlockNo to)
{
    block_at(f, edge->to)->n_preds--;
    edge->to = to;
    block_at(f, to)->n_preds++;
}

/* Is this jump all that keeps the other outcome of a test alive? */
static gboolean would_strand(HfBody *f, HfBlockInfo *test, HfBlockNo next)
{
    HfEdgeInfo *yes = edge_at(f, test->first_edge);
    HfBlockNo other = yes->to == next ? edge_at(f, yes->next)->to : yes->to;

    return test->n_preds == 1 && block_at(f, other)->n_preds == 1;
}

static gboolean thread_tests(HfBody *f)
{
    gboolean changed = FALSE;

    for (guint i = 0; i < f->order->len; i++) {
        HfBlockInfo *info = block_at(f, g_array_index(f->order, HfBlockNo, i));
        HfEdgeInfo *edge;
        HfBlockInfo *to;
        HfBlockNo next;
        gint64 value;
        HfId local;

        if (info->first_edge < 0) {
            continue;
        }
        edge = edge_at(f, info->first_edge);
        to = block_at(f, edge->to);
        if (edge->next >= 0 || to->n_events || to->first_edge < 0 ||
            !last_constant(f, info, &local, &value)) {
            continue;
        }
        next = outcome(f, to, local, value);
        if (next >= 0 && next != edge->to &&
            !would_strand(f, to, next)) {
            redirect(f, edge, next);
            changed = TRUE;
        }
    }
    return changed;
}

/* Past blocks that do nothing but jump; a ring of them stays. */
static HfBlockNo past_empty(HfBody *f, HfBlockNo block)
{
    for (guint steps = 0; steps <= f->blocks->len; steps++) {
        HfBlockInfo *info = block_at(f, block);
        HfEdgeInfo *edge;

        if (info->n_events || info->first_edge < 0) {
            return block;
        }
        edge = edge_at(f, info->first_edge);
        if (edge->next >= 0 || edge->cond || edge->to == block) {
            return block;
        }
        block = edge->to;
    }
    return block;
}

static void step_over_empty(HfBody *f)
{
    for (guint i = 0; i < f->edges->len; i++) {
        HfEdgeInfo *edge = edge_at(f, (int)i);
        HfBlockNo to = past_empty(f, edge->to);

        if (to != edge->to) {
            redirect(f, edge, to);
        }
    }
}

/* Both outcomes of a test may have come to lead to the same block. */
static void drop_idle_tests(HfBody *f)
{
    for (guint i = 0; i < f->blocks->len; i++) {
        HfBlockInfo *info = block_at(f, (HfBlockNo)i);
        HfEdgeInfo *yes, *no;

        if (info->first_edge < 0) {
            continue;
        }
        yes = edge_at(f, info->first_edge);
        no = yes->next >= 0 ? edge_at(f, yes->next) : NULL;
        if (no && no->next < 0 && yes->to == no->to && yes->cond &&
            yes->cond == no->cond) {
            block_at(f, no->to)->n_preds--;
            yes->next = -1;
            info->last_edge = info->first_edge;
            yes->cond = 0;
        }
    }
}

/* Jumps out of blocks that are no longer reached do not count. */
static void recount(HfBody *f)
{
    hf_cfg_walk(f);
    for (guint i = 0; i < f->blocks->len; i++) {
        block_at(f, (HfBlockNo)i)->n_preds = 0;
    }
    for (guint i = 0; i < f->blocks->len; i++) {
        HfBlockInfo *info = block_at(f, (HfBlockNo)i);

        for (int e = info->number ? info->first_edge : -1; e >= 0;
             e = edge_at(f, e)->next) {
            block_at(f, edge_at(f, e)->to)->n_preds++;
        }
    }
}

/* A block and the only one it leads to, if nothing else leads there. */
static void merge_chains(HfBody *f)
{
    for (guint i = 0; i < f->order->len; i++) {
        HfBlockNo no = g_array_index(f->order, HfBlockNo, i);
        HfBlockInfo *info = block_at(f, no);

        while (info->number && info->first_edge >= 0) {
            HfEdgeInfo *edge = edge_at(f, info->first_edge);
            HfBlockInfo *to = block_at(f, edge->to);

            if (edge->next >= 0 || edge->cond || edge->flags ||
                edge->to <= 1 || edge->to == no || to->n_preds != 1 ||
                to->first_event != info->first_event + info->n_events) {
                break;
            }
            info->n_events += to->n_events;
            info->first_edge = to->first_edge;
            info->last_edge = to->last_edge;
            to->n_events = 0;
            to->first_edge = to->last_edge = -1;
            to->n_preds = 0;
        }
    }
}

static void tidy(HfBody *f)
{
    for (int round = 0; round < 4; round++) {
        step_over_empty(f);
        if (!thread_tests(f)) {
            break;
        }
    }
    drop_idle_tests(f);
    step_over_empty(f);
    recount(f);
    merge_chains(f);
}

/* Did a block with events in it get lost? */
static gboolean lost_events(HfBody *f, const HfBlockInfo *before)
{
    for (guint i = 0; i < f->blocks->len; i++) {
        const HfBlockInfo *now = block_at(f, (HfBlockNo)i);

        if (before[i].number && now->n_events && !now->number) {
            return TRUE;
        }
    }
    return FALSE;
}

void hf_cfg_tidy(HfBody *f)
{
    g_autofree HfBlockInfo *blocks = g_memdup2(
        f->blocks->data, sizeof(HfBlockInfo) * f->blocks->len);
    g_autofree HfEdgeInfo *edges = g_memdup2(
        f->edges->data, sizeof(HfEdgeInfo) * f->edges->len);

    tidy(f);
    hf_cfg_walk(f);
    if (lost_events(f, blocks)) {
        /* Such as a loop kept alive only by itself: leave it as it was. */
        memcpy(f->blocks->data, blocks, sizeof(HfBlockInfo) * f->blocks->len);
        memcpy(f->edges->data, edges, sizeof(HfEdgeInfo) * f->edges->len);
        hf_cfg_walk(f);
    }
}
