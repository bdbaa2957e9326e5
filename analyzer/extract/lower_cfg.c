/* SPDX-License-Identifier: MIT */
/* lower_cfg.c - blocks and edges while a body is being lowered. */
#include "lower_body.h"

static HfBlockInfo *block_at(HfBody *f, HfBlockNo block)
{
    return &g_array_index(f->blocks, HfBlockInfo, block);
}

static HfEdgeInfo *edge_at(HfBody *f, int edge)
{
    return &g_array_index(f->edges, HfEdgeInfo, edge);
}

HfBlockNo hf_block_new(HfBody *f)
{
    HfBlockInfo info = { .first_edge = -1, .last_edge = -1 };

    g_array_append_val(f->blocks, info);
    return (HfBlockNo)f->blocks->len - 1;
}

void hf_block_open_anyway(HfBody *f, HfBlockNo block)
{
    HfBlockInfo *info = block_at(f, block);

    info->started = TRUE;
    info->first_event = hf_facts_count_events(f->b);
    g_array_append_val(f->order, block);
    f->cur = block;
}

gboolean hf_is_reached(HfBody *f, HfBlockNo block)
{
    return block_at(f, block)->n_preds > 0;
}

void hf_block_open(HfBody *f, HfBlockNo block)
{
    if (hf_is_reached(f, block)) {
        hf_block_open_anyway(f, block);
    } else {
        f->cur = -1;
    }
}

void hf_stop(HfBody *f)
{
    HfBlockInfo *info;

    if (f->cur >= 0) {
        info = block_at(f, f->cur);
        info->n_events = hf_facts_count_events(f->b) - info->first_event;
    }
    f->cur = -1;
}

void hf_edge(HfBody *f, HfBlockNo from, HfBlockNo to, HfId cond, guint32 flags)
{
    HfEdgeInfo edge = { from, to, cond, flags, -1 };
    HfBlockInfo *info;
    int number = (int)f->edges->len;

    if (from < 0 || to < 0) {
        return;
    }
    g_array_append_val(f->edges, edge);
    info = block_at(f, from);
    if (info->last_edge >= 0) {
        edge_at(f, info->last_edge)->next = number;
    } else {
        info->first_edge = number;
    }
    info->last_edge = number;
    block_at(f, to)->n_preds++;
}

void hf_jump(HfBody *f, HfBlockNo to)
{
    HfBlockNo from = f->cur;

    hf_stop(f);
    hf_edge(f, from, to, 0, 0);
}

void hf_branch(HfBody *f, const HfCond *cond, HfBlockNo yes, HfBlockNo no)
{
    HfBlockNo from = f->cur;
    HfId id;

    if (from < 0) {
        return;
    }
    hf_stop(f);
    if (yes == no) {
        hf_edge(f, from, yes, 0, 0);
        return;
    }
    id = hf_facts_add_conds(f->b, cond);
    hf_edge(f, from, yes, id, 0);
    hf_edge(f, from, no, id, HF_EDGE_NEGATED);
}

/* ---- events ------------------------------------------------------------- */

/* What locals that stand for a value must be told. */
static void forget_changed(HfBody *f, const HfEvent *e)
{
    HfLocalInfo *local;

    switch (e->kind) {
    case HF_EV_WRITE:
    case HF_EV_RMW:
        local = hf_local_of_path(f, e->path);
        if (local && !hf_local_is_shared(f, local)) {
            hf_alias_forget_local(f, e->path);
            break;
        }
        /* fall through */
    case HF_EV_CALL:
    case HF_EV_CALL_INDIRECT:
    case HF_EV_ATOMIC_WRITE:
    case HF_EV_ATOMIC_RMW:
    case HF_EV_ASM:
        hf_alias_forget_memory(f);
        break;
    default:
        break;
    }
}

HfId hf_emit(HfBody *f, const HfEvent *event)
{
    if (f->cur < 0) {
        return 0;
    }
    if (f->aliased->len) {
        forget_changed(f, event);
    }
    return hf_facts_add_events(f->b, event);
}

HfId hf_emit_simple(HfBody *f, HfEventKind kind, HfId loc, HfId path,
                    HfId value)
{
    HfEvent event = { .kind = kind, .loc = loc, .path = path, .value = value };

    return hf_emit(f, &event);
}

/* ---- the finished graph ------------------------------------------------- */

typedef struct {
    HfBlockNo block;
    int edge; /* to look at next */
} Visit;

void hf_cfg_walk(HfBody *f)
{
    g_autoptr(GArray) stack = g_array_new(FALSE, FALSE, sizeof(Visit));
    Visit start = { 0, block_at(f, 0)->first_edge };

    for (guint i = 0; i < f->blocks->len; i++) {
        block_at(f, (HfBlockNo)i)->number = 0;
    }
    for (guint i = 0; i < f->edges->len; i++) {
        edge_at(f, (int)i)->flags &= ~(guint32)HF_EDGE_BACK;
    }
    /* number: 0 not seen, 1 on the way here, 2 done */
    block_at(f, 0)->number = 1;
    g_array_append_val(stack, start);
    while (stack->len) {
        Visit *v = &g_array_index(stack, Visit, stack->len - 1);
        HfEdgeInfo *edge;
        HfBlockInfo *to;

        if (v->edge < 0) {
            block_at(f, v->block)->number = 2;
            g_array_set_size(stack, stack->len - 1);
            continue;
        }
        edge = edge_at(f, v->edge);
        v->edge = edge->next;
        to = block_at(f, edge->to);
        if (to->number == 1) {
            edge->flags |= HF_EDGE_BACK;
        } else if (!to->number) {
            Visit next = { edge->to, to->first_edge };

            to->number = 1;
            g_array_append_val(stack, next);
        }
    }
}

/* Events of blocks that turned out unreachable belong to nobody. */
static void erase_events(HfBody *f)
{
    guint32 end = hf_facts_count_events(f->b);

    for (HfId id = f->row.first_event; id < end; id++) {
        *hf_facts_at_events(f->b, id) = (HfEvent){ 0 };
    }
}

static gboolean all_reached(HfBody *f)
{
    gboolean ok = TRUE;

    for (guint i = 0; i < f->labels->len; i++) {
        HfLabel *label = &g_array_index(f->labels, HfLabel, i);

        if (!label->dead && label->block >= 0 &&
            block_at(f, label->block)->started &&
            !block_at(f, label->block)->number) {
            label->dead = TRUE;
            ok = FALSE;
        }
    }
    return ok;
}

static guint32 number_blocks(HfBody *f)
{
    guint32 n = 2;

    for (guint i = 0; i < f->order->len; i++) {
        HfBlockNo no = g_array_index(f->order, HfBlockNo, i);
        HfBlockInfo *info = block_at(f, no);

        if (no > 0 && info->number) {
            info->number = n++;
        }
    }
    block_at(f, 0)->number = 0;
    block_at(f, 1)->number = 1;
    return n;
}

static void add_block(HfBody *f, HfBlockInfo *info)
{
    HfBlock row = { .first_event = info->first_event,
                    .n_events = info->n_events };

    for (int e = info->first_edge; e >= 0; e = edge_at(f, e)->next) {
        const HfEdgeInfo *edge = edge_at(f, e);
        HfEdge out = { 0, edge->cond, edge->flags };
        HfId id;

        out.to = f->row.first_block + block_at(f, edge->to)->number;
        id = hf_facts_add_edges(f->b, &out);
        if (!row.n_edges++) {
            row.first_edge = id;
        }
    }
    if (!row.n_events) {
        row.first_event = 0;
    }
    hf_facts_add_blocks(f->b, &row);
}

gboolean hf_cfg_finish(HfBody *f)
{
    guint32 n;

    hf_cfg_walk(f);
    if (!all_reached(f)) {
        erase_events(f);
        return FALSE;
    }
    hf_cfg_tidy(f);
    f->row.first_block = hf_facts_count_blocks(f->b);
    n = number_blocks(f);
    add_block(f, block_at(f, 0));
    hf_facts_add_blocks(f->b, &(HfBlock){ 0 });
    for (guint i = 0; i < f->order->len; i++) {
        HfBlockInfo *info = block_at(f, g_array_index(f->order, HfBlockNo, i));

        if (info->number > 1) {
            add_block(f, info);
        }
    }
    f->row.n_blocks = n;
    f->row.n_events = hf_facts_count_events(f->b) - f->row.first_event;
    if (!f->row.n_events) {
        f->row.first_event = 0;
    }
    return TRUE;
}
