/* SPDX-License-Identifier: MIT */
/* The flow of what was read through one body; see stale.h. */
#include "check/stale.h"

#include <string.h>

/* ---- values -------------------------------------------------------------- */

const HfAccess *hf_stale_access(const HfStaleBody *b, uint32_t event)
{
    return b->access_row[event]
               ? &g_array_index(b->flow->accesses, HfAccess,
                                b->access_row[event] - 1)
               : NULL;
}

static guint64 read_as(const HfStaleBody *b, const HfStaleState *s, HfId path)
{
    guint64 mask = 0;

    for (guint i = 0; i < b->items->len; i++) {
        if (HF_STALE_ITEM(b, i)->path == path) {
            mask |= 1ull << i;
        }
    }
    return mask & s->fresh;
}

guint64 hf_stale_value(const HfStaleBody *b, const HfStaleState *s, HfId path)
{
    const HfPath *p = &b->flow->unit->facts->paths[path];

    switch (p->kind) {
    case HF_PATH_LOCAL:
        return s->value[p->ref - b->flow->fn->first_local];
    case HF_PATH_TEMP:
        return b->results[p->ref - b->flow->fn->first_event];
    case HF_PATH_COMPUTED:
    case HF_PATH_CONTAINER_OF:
        return hf_stale_value(b, s, p->parent);
    case HF_PATH_FIELD:
    case HF_PATH_GLOBAL:
    case HF_PATH_DEREF:
    case HF_PATH_INDEX:
        return read_as(b, s, path);
    default:
        return 0;
    }
}

guint64 hf_stale_told(const HfStaleBody *b, const HfStaleState *s, HfId path)
{
    const HfPath *p = &b->flow->unit->facts->paths[path];

    return hf_stale_value(b, s, path) |
           (p->kind == HF_PATH_LOCAL
                ? s->told[p->ref - b->flow->fn->first_local] : 0);
}

/* Whether the block is entered makes a difference: from the branch, the
 * function may be left without passing it.  Leaving a loop that ends some day
 * and getting past an assertion make none. */
static gboolean is_choice(const HfStaleBody *b, uint32_t block)
{
    const HfFacts *f = b->flow->unit->facts;
    const HfBlock *from = hf_block(b->cfg->flow, b->cfg->in_block[block]);
    guint8 *around;

    if (b->choice[block]) {
        return b->choice[block] == 2;
    }
    around = hf_cfg_ways_around(b->cfg, block);
    b->choice[block] = 1;
    for (uint32_t i = 0; i < from->n_edges; i++) {
        uint32_t to = f->edges[from->first_edge + i].to -
                      b->flow->fn->first_block;

        if (around[to]) {
            b->choice[block] = 2;
        }
    }
    g_free(around);
    return b->choice[block] == 2;
}

guint64 hf_stale_decisions(const HfStaleBody *b, uint32_t block)
{
    const HfFacts *f = b->flow->unit->facts;
    guint64 mask = 0;

    while (block != HF_NO_BLOCK && block != 0) {
        HfId edge = b->cfg->in_edge[block];

        if (edge && f->edges[edge].cond &&
            b->decided[b->cfg->in_block[block]] && is_choice(b, block)) {
            mask |= b->decided[b->cfg->in_block[block]];
        }
        block = b->cfg->idom[block];
    }
    return mask;
}

static gboolean in_memory(const HfFacts *f, HfId path)
{
    HfPathKind kind = f->paths[path].kind;

    return kind == HF_PATH_FIELD || kind == HF_PATH_GLOBAL ||
           kind == HF_PATH_DEREF || kind == HF_PATH_INDEX;
}

gboolean hf_stale_is_retested(const HfStaleBody *b, const HfStaleDrop *drop,
                              uint32_t event, gboolean choice)
{
    const HfFacts *f = b->flow->unit->facts;
    uint32_t from = hf_block_of(b->cfg->flow, drop->event);
    uint32_t to = hf_block_of(b->cfg->flow, event);

    if (from == to && drop->event < event) {
        return FALSE;
    }
    for (uint32_t x = to; from != HF_NO_BLOCK && x != HF_NO_BLOCK && x != 0;
         x = b->cfg->idom[x]) {
        HfId edge = b->cfg->in_edge[x];
        const HfCond *c = &f->conds[edge ? f->edges[edge].cond : 0];

        if (edge && f->edges[edge].cond && in_memory(f, c->lhs) &&
            (!choice || is_choice(b, x)) &&
            !hf_block_leads_to(b->cfg->flow, from, to, b->cfg->in_block[x])) {
            return b->cfg->in_block[x] != from;
        }
    }
    return FALSE;
}

guint64 hf_stale_now(const HfStaleBody *b, const HfStaleState *s,
                     guint64 mask, HfHolds local)
{
    mask &= s->stale;
    for (guint i = 0; i < b->items->len; i++) {
        if (mask >> i & 1 &&
            !hf_use_holds(b->st->c, b->flow, local,
                          HF_STALE_ITEM(b, i)->lock)) {
            mask &= ~(1ull << i);
        }
    }
    return mask;
}

/* ---- what ends it -------------------------------------------------------- */

static void forget(HfStaleState *s, guint64 mask)
{
    s->fresh &= ~mask;
    s->stale &= ~mask;
    s->claimed &= ~mask;
    s->waited &= ~mask;
}

static guint64 same_things(const HfStaleBody *b, HfSubjectKey key)
{
    guint64 mask = 0;

    for (guint i = 0; i < b->items->len; i++) {
        if (HF_STALE_ITEM(b, i)->key == key) {
            mask |= 1ull << i;
        }
    }
    return mask;
}

/* Asked again, with the lock held: whatever else it means, somebody looked. */
static void ask_again(const HfStaleBody *b, HfStaleState *s,
                      HfSubjectKey key, HfHolds local)
{
    guint64 mask = same_things(b, key);

    for (guint i = 0; i < b->items->len; i++) {
        if (mask >> i & 1 &&
            hf_use_holds(b->st->c, b->flow, local,
                         HF_STALE_ITEM(b, i)->lock)) {
            forget(s, 1ull << i);
        }
    }
}

static void begin(const HfStaleBody *b, HfStaleState *s, uint32_t event)
{
    for (guint i = 0; i < b->items->len; i++) {
        if (HF_STALE_ITEM(b, i)->event == event) {
            forget(s, 1ull << i);
            s->fresh |= 1ull << i;
        }
    }
}

static gboolean is_container(const HfStaleBody *b, uint32_t event)
{
    for (guint i = 0; i < b->items->len; i++) {
        if (HF_STALE_ITEM(b, i)->event == event) {
            return HF_STALE_ITEM(b, i)->container;
        }
    }
    return FALSE;
}

/* ---- accesses ------------------------------------------------------------ */

/* Set under the lock before it is given back, next to what was read: others
 * are told to keep off. */
static void claim(const HfStaleBody *b, HfStaleState *s, const HfAccess *a,
                  const HfEvent *e)
{
    const HfXTable *t = b->st->c->solved->exprs;
    const HfFacts *f = b->flow->unit->facts;

    if (e->kind != HF_EV_WRITE || !e->value ||
        f->paths[e->value].kind != HF_PATH_CONST ||
        f->paths[e->value].value == 0) {
        return;
    }
    for (guint i = 0; i < b->items->len; i++) {
        const HfStaleItem *item = HF_STALE_ITEM(b, i);

        if (s->fresh >> i & 1 && item->object != a->path &&
            hf_x_root(t, item->object) == hf_x_root(t, a->path)) {
            s->claimed |= 1ull << i;
        }
    }
}

/* Writing to what an object is linked to takes it out of where it was found:
 * *p->prev = p->next.  Counting something in it may be taking a reference. */
static void make_own(const HfStaleBody *b, HfStaleState *s, HfId path,
                     gboolean counts)
{
    const HfPath *paths = b->flow->unit->facts->paths;
    guint derefs = 0;

    for (; path && paths[path].kind != HF_PATH_LOCAL;
         path = paths[path].parent) {
        derefs += paths[path].kind == HF_PATH_DEREF;
    }
    if (path && derefs > !counts) {
        forget(s, s->fresh &
                  s->value[paths[path].ref - b->flow->fn->first_local]);
    }
}

static void do_access(const HfStaleBody *b, HfStaleState *s, uint32_t event,
                      const HfEvent *e)
{
    const HfAccess *a = hf_stale_access(b, event);
    HfSubjectKey key = a ? hf_access_key(b->st->c, a) : 0;

    if (a && hf_guard_is_write(a)) {
        make_own(b, s, e->path, a->kind == HF_EV_RMW ||
                                    a->kind == HF_EV_ATOMIC_RMW);
    }
    if (!key) {
        return;
    }
    if (hf_guard_is_write(a)) {
        forget(s, same_things(b, key)); /* its own now */
        s->touched |= same_things(b, key);
        claim(b, s, a, e);
        return;
    }
    if (!is_container(b, event)) {
        ask_again(b, s, key, a->must);
    }
    begin(b, s, event);
}

static void do_local(const HfStaleBody *b, HfStaleState *s, uint32_t block,
                     const HfEvent *e)
{
    const HfFacts *f = b->flow->unit->facts;
    uint32_t local = f->paths[e->path].ref - b->flow->fn->first_local;
    guint64 value = 0, told = 0;

    if (e->kind == HF_EV_RMW) {
        return; /* still made of what it was */
    }
    if (e->value) {
        value = hf_stale_value(b, s, e->value);
        told = hf_stale_told(b, s, e->value);
    }
    if (e->value && f->paths[e->value].kind == HF_PATH_CONST &&
        b->cfg->in_edge[block] && f->edges[b->cfg->in_edge[block]].cond) {
        told = b->decided[b->cfg->in_block[block]];
    }
    s->value[local] = value;
    s->told[local] = told;
}

/* ---- calls --------------------------------------------------------------- */

static void drop(HfStaleBody *b, HfStaleState *s, uint32_t block, guint row)
{
    const HfStaleDrop *d = HF_STALE_DROP(b, row);
    guint64 inside = d->waits ? hf_stale_decisions(b, block) : 0;

    for (guint i = 0; i < b->items->len; i++) {
        guint64 bit = 1ull << i;

        if (HF_STALE_ITEM(b, i)->lock == d->lock && s->fresh & bit) {
            s->fresh &= ~bit;
            s->stale |= bit;
            s->waited |= bit & inside;
            s->gap[i] = row + 1;
        }
    }
}

/* What the callee may do to what was read. */
static void through_callee(HfStaleBody *b, HfStaleState *s, HfSymId callee,
                           const HfCall *call, gboolean looked_at)
{
    guint64 known = s->fresh | s->stale;

    for (guint i = 0; i < b->items->len; i++) {
        const HfStaleItem *item = HF_STALE_ITEM(b, i);

        if (!(known >> i & 1) || item->event == call->event) {
            continue;
        }
        if (hf_stale_callee_writes(b->st, callee, item->key)) {
            forget(s, 1ull << i);
            s->touched |= 1ull << i;
        } else if (looked_at && s->stale >> i & 1 &&
                   hf_stale_callee_reads(b->st, callee, item->key)) {
            ask_again(b, s, item->key, call->must);
        }
    }
}

/* Objects that are made to last, and what asking about a container tells. */
static guint64 do_args(HfStaleBody *b, HfStaleState *s, HfSymId callee,
                       const HfCall *call, gboolean looked_at)
{
    const HfFacts *f = b->flow->unit->facts;
    const HfEvent *e = hf_flow_event(b->flow, call->event);
    gboolean body = callee && b->st->c->solved->flows[callee];
    gboolean ruled = callee && HF_PROGRAM_SYM(b->st->c->program,
                                              callee)->rule;
    guint64 all = 0;

    for (guint i = 0; i < e->n_args; i++) {
        guint64 mask = hf_stale_value(b, s, f->args[e->first_arg + i]);
        gboolean read_here = f->paths[f->args[e->first_arg + i]].kind !=
                             HF_PATH_LOCAL;

        all |= mask;
        for (guint k = 0; looked_at && read_here && k < b->items->len; k++) {
            if (mask >> k & 1) {
                guint64 others = same_things(b, HF_STALE_ITEM(b, k)->key) &
                                 ~mask;

                forget(s, others);
            }
        }
        if (!read_here && (body ? hf_frees_pins(&b->st->frees, callee, i)
                                : !ruled)) {
            forget(s, mask & s->fresh);
        }
    }
    return body ? 0 : all;
}

static void do_call(HfStaleBody *b, HfStaleState *s, uint32_t block,
                    uint32_t event)
{
    const HfCall *call = hf_flow_call(b->flow, event);
    const HfEvent *e = hf_flow_event(b->flow, event);
    HfSymId callee = hf_frees_callee(b->flow, event);
    gboolean looked_at = e->flags & HF_EV_TRUNCATE_CHECKED;
    gboolean getter = FALSE;
    guint64 result;

    if (!call) {
        return;
    }
    for (guint i = 0; i < b->items->len; i++) {
        if (HF_STALE_ITEM(b, i)->event == event) {
            ask_again(b, s, HF_STALE_ITEM(b, i)->key, call->must);
            getter = TRUE;
        }
    }
    result = do_args(b, s, callee, call, looked_at);
    if (callee && b->st->c->solved->flows[callee]) {
        through_callee(b, s, callee, call, looked_at);
    }
    for (guint i = 0; i < b->drops->len; i++) {
        if (HF_STALE_DROP(b, i)->event == event) {
            drop(b, s, block, i);
        }
    }
    if (getter) {
        begin(b, s, event);
        for (guint i = 0; i < b->items->len; i++) {
            if (HF_STALE_ITEM(b, i)->event == event) {
                result |= 1ull << i;
            }
        }
    }
    b->results[event] = result;
}

/* ---- the walk ------------------------------------------------------------ */

static void run_event(HfStaleBody *b, HfStaleState *s, uint32_t block,
                      uint32_t event)
{
    const HfEvent *e = hf_flow_event(b->flow, event);

    if (e->kind == HF_EV_CALL || e->kind == HF_EV_CALL_INDIRECT) {
        do_call(b, s, block, event);
    } else if ((e->kind == HF_EV_WRITE || e->kind == HF_EV_RMW) &&
               b->flow->unit->facts->paths[e->path].kind == HF_PATH_LOCAL) {
        do_local(b, s, block, e);
    } else {
        do_access(b, s, event, e);
    }
}

static void copy_state(const HfStaleBody *b, HfStaleState *to,
                       const HfStaleState *from)
{
    gsize size = (b->flow->fn->n_locals + 1) * sizeof(guint64);

    to->fresh = from->fresh;
    to->stale = from->stale;
    to->claimed = from->claimed;
    to->waited = from->waited;
    to->touched = from->touched;
    memcpy(to->gap, from->gap, sizeof(to->gap));
    memcpy(to->value, from->value, size);
    memcpy(to->told, from->told, size);
}

static gboolean merge_mask(guint64 *to, guint64 from)
{
    guint64 was = *to;

    *to |= from;
    return *to != was;
}

static gboolean merge(HfStaleBody *b, uint32_t block, const HfStaleState *s)
{
    HfStaleState *to = &b->at[block];
    gboolean changed = !b->reached[block];

    b->reached[block] = TRUE;
    changed |= merge_mask(&to->fresh, s->fresh);
    changed |= merge_mask(&to->stale, s->stale);
    changed |= merge_mask(&to->claimed, s->claimed);
    changed |= merge_mask(&to->waited, s->waited);
    changed |= merge_mask(&to->touched, s->touched);
    for (guint i = 0; i < b->items->len; i++) {
        /* the last place in the order of the text is the one shown */
        to->gap[i] = MAX(to->gap[i], s->stale >> i & 1 ? s->gap[i] : 0);
    }
    for (uint32_t i = 0; i < b->flow->fn->n_locals; i++) {
        changed |= merge_mask(&to->value[i], s->value[i]);
        changed |= merge_mask(&to->told[i], s->told[i]);
    }
    return changed;
}

static gboolean decide(HfStaleBody *b, const HfStaleState *s, uint32_t block)
{
    const HfFacts *f = b->flow->unit->facts;
    const HfBlock *blk = hf_block(b->cfg->flow, block);
    guint64 mask = 0;

    for (uint32_t i = 0; i < blk->n_edges; i++) {
        const HfEdge *e = &f->edges[blk->first_edge + i];

        if (e->cond) {
            mask |= hf_stale_told(b, s, f->conds[e->cond].lhs) |
                    hf_stale_told(b, s, f->conds[e->cond].rhs);
        }
    }
    return merge_mask(&b->decided[block], mask);
}

static gboolean run_block(HfStaleBody *b, HfStaleState *s, uint32_t block,
                          gboolean last)
{
    const HfFacts *f = b->flow->unit->facts;
    const HfBlock *blk = hf_block(b->cfg->flow, block);
    uint32_t first = blk->first_event - b->flow->fn->first_event;
    gboolean changed;

    copy_state(b, s, &b->at[block]);
    for (uint32_t i = 0; i < blk->n_events; i++) {
        if (last) {
            b->look(b, s, block, first + i, b->data);
        }
        run_event(b, s, block, first + i);
    }
    changed = decide(b, s, block);
    for (uint32_t i = 0; i < blk->n_edges; i++) {
        changed |= merge(b, f->edges[blk->first_edge + i].to -
                                b->flow->fn->first_block, s);
    }
    return changed;
}

void hf_stale_run(HfStaleBody *b)
{
    HfStaleState s = { 0 };
    gboolean changed = TRUE;

    s.value = g_new0(guint64, b->flow->fn->n_locals + 1);
    s.told = g_new0(guint64, b->flow->fn->n_locals + 1);
    b->reached[0] = TRUE;
    while (changed) {
        changed = FALSE;
        for (uint32_t i = 0; i < b->cfg->n_order; i++) {
            changed |= run_block(b, &s, b->cfg->order[i], FALSE);
        }
    }
    for (uint32_t i = 0; b->look && i < b->cfg->n_order; i++) {
        run_block(b, &s, b->cfg->order[i], TRUE);
    }
    g_free(s.value);
    g_free(s.told);
}
