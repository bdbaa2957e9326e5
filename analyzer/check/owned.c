/* SPDX-License-Identifier: MIT */
/* owned.c - following one object through one body; see owned.h. */
#include "check/owned_walk.h"

#include <string.h>

#define MAX_STATES 3000
#define MAX_WORK 3000000
#define MAX_DEPTH 16
#define NO_EVENT UINT32_MAX

/* ---- names -------------------------------------------------------------- */

/* Slot + 1 of a local; 0 when there are too many. */
static guint slot_of(HfOwnedWalk *w, HfId local)
{
    guint8 *slot = &w->slots[local - w->flow->fn->first_local];

    if (!*slot && w->n_slots < HF_OWNED_NAMES) {
        *slot = ++w->n_slots;
    }
    return *slot;
}

static gboolean has_name(const HfOwnedWalk *w, const HfOwnedKey *k,
                         HfId local, gboolean by_value)
{
    guint slot = w->slots[local - w->flow->fn->first_local];

    return slot && k->names >> slot & 1 &&
           (w->value_slots >> slot & 1) == (guint64)by_value;
}

static HfId container(const HfFacts *f, HfId path)
{
    while (f->paths[path].kind == HF_PATH_FIELD ||
           f->paths[path].kind == HF_PATH_INDEX) {
        path = f->paths[path].parent;
    }
    return path;
}

/* Is the object at path, or what path is part of, ours? */
static gboolean is_inside(const HfOwnedWalk *w, const HfOwnedKey *k,
                          HfId path)
{
    const HfPath *p = &w->f->paths[container(w->f, path)];

    if (p->kind == HF_PATH_DEREF) {
        return hf_owned_is_object(w, k, p->parent);
    }
    return p->kind == HF_PATH_LOCAL && has_name(w, k, p->ref, TRUE);
}

gboolean hf_owned_is_object(const HfOwnedWalk *w, const HfOwnedKey *k,
                            HfId path)
{
    const HfPath *p = &w->f->paths[path];

    switch (p->kind) {
    case HF_PATH_LOCAL:
        return has_name(w, k, p->ref, FALSE);
    case HF_PATH_TEMP:
        return k->result &&
               p->ref - w->flow->fn->first_event == k->result - 1;
    case HF_PATH_ADDR:
        return is_inside(w, k, p->parent);
    case HF_PATH_CONTAINER_OF:
        return hf_owned_is_object(w, k, p->parent);
    default:
        return FALSE;
    }
}

/* ---- losing it ---------------------------------------------------------- */

static gboolean follows_param(const HfOwnedWalk *w)
{
    return w->opening.event == NO_EVENT;
}

gboolean hf_owned_is_borrowed(const HfOwnedWalk *w)
{
    return w->opening.arg >= 0 && !w->value_slots &&
           w->f->paths[w->f->args[hf_flow_event(w->flow, w->opening.event)
                                      ->first_arg + w->opening.arg]].kind !=
               HF_PATH_ADDR;
}

void hf_owned_lost(HfOwnedWalk *w, const HfOwnedState *s, HfLostKind kind,
                   uint32_t event)
{
    HfLoss loss = { .kind = kind, .event = event,
                    .through = s->k.through ? s->k.through - 1 : NO_EVENT };

    for (guint i = 0; i < w->losses->len; i++) {
        const HfLoss *l = &g_array_index(w->losses, HfLoss, i);

        if (l->event == event && l->kind == kind) {
            return;
        }
    }
    loss.state = w->states->len;
    g_array_append_val(w->states, *s); /* for the trace */
    g_array_append_val(w->losses, loss);
}

/* Nothing names it any more. */
static void check_names(HfOwnedWalk *w, HfOwnedState *s, uint32_t event)
{
    if (follows_param(w) || s->k.fate != HF_FATE_KEPT || s->k.names ||
        s->k.result) {
        return;
    }
    if (!hf_owned_is_borrowed(w)) {
        hf_owned_lost(w, s, HF_LOST_OVERWRITTEN, event);
    }
    s->k.fate = HF_FATE_STORED;
}

static void drop_name(HfOwnedWalk *w, HfOwnedState *s, HfId local,
                      uint32_t event)
{
    guint slot = w->slots[local - w->flow->fn->first_local];

    if (slot && s->k.names >> slot & 1 &&
        !(w->value_slots >> slot & 1)) {
        s->k.names &= ~(1ull << slot);
        check_names(w, s, event);
    }
}

/* ---- events ------------------------------------------------------------- */

static void do_write(HfOwnedWalk *w, HfOwnedState *s, uint32_t event,
                     const HfEvent *e)
{
    const HfPath *p = &w->f->paths[e->path];
    gboolean object = e->value && s->k.fate == HF_FATE_KEPT &&
                      hf_owned_is_object(w, &s->k, e->value);

    if (p->kind != HF_PATH_LOCAL) {
        if (object && !is_inside(w, &s->k, e->path)) {
            s->k.fate = HF_FATE_STORED;
        }
        hf_known_assign(w, &s->k, e->path, e->value);
        return;
    }
    if (object) {
        guint slot = slot_of(w, p->ref);

        s->k.names |= slot ? 1ull << slot : 0;
        s->k.fate = slot ? s->k.fate : HF_FATE_STORED;
        if (w->f->paths[e->value].kind == HF_PATH_TEMP) {
            s->k.result = 0;
        }
        hf_known_forget(w, &s->k, e->path);
        return;
    }
    hf_known_assign(w, &s->k, e->path, e->value);
    drop_name(w, s, p->ref, event);
}

static void do_return(HfOwnedWalk *w, HfOwnedState *s, uint32_t event,
                      const HfEvent *e)
{
    s->k.left_at = event + 1;
    s->k.sign = e->value ? hf_known_sign(w, &s->k, e->value) : HF_SIGN_ANY;
    if (e->value && s->k.fate == HF_FATE_KEPT &&
        hf_owned_is_object(w, &s->k, e->value)) {
        s->k.fate = HF_FATE_RETURNED;
        w->returned = TRUE;
    }
}

/* Names the object where it was taken out; FALSE: not by a local. */
static gboolean name_object(HfOwnedWalk *w, HfOwnedState *s)
{
    const HfEvent *e = hf_flow_event(w->flow, w->opening.event);
    const HfPath *p;
    gboolean by_value = FALSE;
    guint slot;

    if (w->opening.arg < 0) {
        s->k.result = w->opening.event + 1;
        return TRUE;
    }
    if ((guint)w->opening.arg >= e->n_args) {
        return FALSE;
    }
    p = &w->f->paths[w->f->args[e->first_arg + w->opening.arg]];
    if (p->kind == HF_PATH_ADDR) {
        p = &w->f->paths[p->parent];
        by_value = p->kind == HF_PATH_LOCAL &&
                   w->f->locals[p->ref].type_flags & HF_TYPE_RECORD;
    }
    if (p->kind != HF_PATH_LOCAL) {
        return FALSE;
    }
    slot = slot_of(w, p->ref);
    s->k.names = 1ull << slot;
    w->value_slots = by_value ? s->k.names : 0;
    return TRUE;
}

/* The object is taken out here; or it is another time that matters. */
static gboolean take_out(HfOwnedWalk *w, HfOwnedState *s, GArray *more)
{
    HfId result = w->results[w->opening.event];

    g_array_append_val(more, *s);
    s->k.fate = HF_FATE_KEPT;
    return name_object(w, s) &&
           (w->opening.when == HF_WHEN_ALWAYS || !result ||
            hf_known_assume_sign(&s->k, result,
                                 w->opening.when == HF_WHEN_ZERO
                                     ? HF_SIGN_ZERO : HF_SIGN_NONZERO));
}

/* FALSE: control does not come past it. */
static gboolean do_event(HfOwnedWalk *w, HfOwnedState *s, uint32_t event,
                         GArray *more)
{
    const HfEvent *e = hf_flow_event(w->flow, event);
    const HfPath *p = &w->f->paths[e->path];

    switch (e->kind) {
    case HF_EV_CALL:
    case HF_EV_CALL_INDIRECT:
        if (!hf_owned_call(w, s, event, more)) {
            return FALSE;
        }
        check_names(w, s, event);
        if (event == w->opening.event && s->k.fate == HF_FATE_NONE &&
            !take_out(w, s, more)) {
            return FALSE;
        }
        break;
    case HF_EV_WRITE:
    case HF_EV_ATOMIC_WRITE:
        do_write(w, s, event, e);
        break;
    case HF_EV_RMW:
    case HF_EV_ATOMIC_RMW:
        hf_known_forget(w, &s->k, e->path);
        break;
    case HF_EV_ADDR_TAKEN:
        if (p->kind == HF_PATH_LOCAL && has_name(w, &s->k, p->ref, FALSE) &&
            s->k.fate == HF_FATE_KEPT) {
            s->k.fate = HF_FATE_STORED;
        }
        break;
    case HF_EV_RETURN:
        do_return(w, s, event, e);
        break;
    case HF_EV_SCOPE_END:
        if (p->kind == HF_PATH_LOCAL) {
            hf_known_forget(w, &s->k, e->path);
            drop_name(w, s, p->ref,
                      s->k.left_at ? s->k.left_at - 1 : event);
        }
        break;
    default:
        break;
    }
    /* once it is in other hands, only a caller wants to hear the rest */
    return s->k.fate == HF_FATE_KEPT || s->k.fate == HF_FATE_NONE ||
           follows_param(w);
}

/* ---- blocks ------------------------------------------------------------- */

void hf_owned_enter(HfOwnedWalk *w, const HfOwnedState *s)
{
    HfOwnedKey *key;

    if (w->states->len >= MAX_STATES || w->o->work >= MAX_WORK) {
        w->gave_up = TRUE;
        return;
    }
    if (g_hash_table_contains(w->seen, &s->k)) {
        return;
    }
    key = g_memdup2(&s->k, sizeof(s->k));
    g_hash_table_add(w->seen, key);
    g_array_append_val(w->states, *s);
    w->o->work++;
}

static void leave_function(HfOwnedWalk *w, const HfOwnedState *s)
{
    uint32_t at = s->k.left_at ? s->k.left_at - 1 : NO_EVENT;
    guint32 way = HF_OWNED_WAY(s->k.sign, s->k.fate);

    if (!follows_param(w)) {
        if (s->k.fate == HF_FATE_KEPT) {
            hf_owned_lost(w, s, HF_LOST_LEAVING, at);
        }
    } else if (!(w->summary.ways & way)) {
        w->summary.ways |= way;
        if (s->k.fate == HF_FATE_KEPT) {
            w->summary.kept_at[s->k.sign] = at;
        }
    }
}

static void take_edges(HfOwnedWalk *w, const HfOwnedState *s, uint32_t row)
{
    const HfBlock *b = &w->f->blocks[w->flow->fn->first_block + s->k.block];

    for (uint32_t i = 0; i < b->n_edges; i++) {
        const HfEdge *edge = &w->f->edges[b->first_edge + i];
        HfOwnedState to = *s;

        to.k.block = edge->to - w->flow->fn->first_block;
        to.from = row;
        to.cond = edge->cond;
        to.negated = (edge->flags & HF_EDGE_NEGATED) != 0;
        if (edge->cond &&
            !hf_known_branch(w, &to.k, &w->f->conds[edge->cond],
                             to.negated)) {
            continue;
        }
        if (to.k.block == 1) {
            leave_function(w, &to);
        } else {
            hf_owned_enter(w, &to);
        }
    }
}

typedef struct {
    HfOwnedState s;
    uint32_t at; /* next event */
} Pending;

/* From one event of a block to its end, and what calls on the way split. */
static void run_from(HfOwnedWalk *w, const HfOwnedState *start, uint32_t first,
                     uint32_t row)
{
    const HfBlock *b =
        &w->f->blocks[w->flow->fn->first_block + start->k.block];
    uint32_t end = b->first_event - w->flow->fn->first_event + b->n_events;
    GArray *todo = g_array_new(FALSE, FALSE, sizeof(Pending));
    GArray *more = g_array_new(FALSE, FALSE, sizeof(HfOwnedState));
    Pending p = { *start, first };

    g_array_append_val(todo, p);
    while (todo->len && !w->gave_up) {
        gboolean goes_on = TRUE;

        p = g_array_index(todo, Pending, todo->len - 1);
        g_array_set_size(todo, todo->len - 1);
        while (p.at < end && goes_on) {
            g_array_set_size(more, 0);
            goes_on = do_event(w, &p.s, p.at++, more);
            for (guint i = 0; i < more->len && todo->len < MAX_STATES; i++) {
                Pending q = { g_array_index(more, HfOwnedState, i), p.at };

                g_array_append_val(todo, q);
            }
        }
        if (goes_on) {
            take_edges(w, &p.s, row);
        }
    }
    g_array_unref(todo);
    g_array_unref(more);
}

static guint key_hash(gconstpointer p)
{
    const guint32 *words = p;
    guint h = 5381;

    for (guint i = 0; i < sizeof(HfOwnedKey) / sizeof(*words); i++) {
        h = h * 33 + words[i];
    }
    return h;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(HfOwnedKey)) == 0;
}

HfOwnedWalk *hf_owned_walk_new(HfOwned *o, const HfOpening *opening)
{
    HfOwnedWalk *w = g_new0(HfOwnedWalk, 1);

    w->o = o;
    w->flow = opening->flow;
    w->f = w->flow->unit->facts;
    w->pair = opening->pair;
    w->opening = *opening;
    w->slots = g_new0(guint8, w->flow->fn->n_locals + 1);
    w->states = g_array_new(FALSE, FALSE, sizeof(HfOwnedState));
    w->seen = g_hash_table_new_full(key_hash, key_equal, g_free, NULL);
    w->losses = g_array_new(FALSE, FALSE, sizeof(HfLoss));
    w->closers = g_hash_table_new(NULL, NULL);
    hf_known_start(w);
    return w;
}

void hf_owned_walk_free(HfOwnedWalk *w)
{
    g_free(w->slots);
    g_array_unref(w->states);
    g_hash_table_unref(w->seen);
    g_array_unref(w->losses);
    g_hash_table_unref(w->closers);
    g_hash_table_unref(w->asked);
    g_free(w->results);
    g_free(w);
}

void hf_owned_walk(HfOwnedWalk *w)
{
    while (w->next < w->states->len && !w->gave_up) {
        HfOwnedState s = g_array_index(w->states, HfOwnedState, w->next);
        const HfBlock *b =
            &w->f->blocks[w->flow->fn->first_block + s.k.block];

        /* a row kept for the trace of a loss leads nowhere */
        if (g_hash_table_contains(w->seen, &s.k)) {
            run_from(w, &s, b->first_event - w->flow->fn->first_event,
                     w->next);
        }
        w->next++;
    }
}

/* ---- summaries ---------------------------------------------------------- */

static const HfOwnedSummary stored = {
    .ways = HF_OWNED_WAY(HF_SIGN_ANY, HF_FATE_STORED), .ready = TRUE,
};

static void summarise(HfOwned *o, const HfOpening *opening, guint param,
                      HfOwnedSummary *out)
{
    HfOwnedWalk *w = hf_owned_walk_new(o, opening);
    HfOwnedState s = { .from = NO_EVENT };
    guint slot = slot_of(w, w->flow->fn->first_local + param);

    s.k.names = slot ? 1ull << slot : 0;
    for (guint i = 0; i < HF_N_SIGNS; i++) {
        w->summary.kept_at[i] = NO_EVENT;
    }
    hf_owned_enter(w, &s);
    hf_owned_walk(w);
    *out = w->gave_up || !slot ? stored : w->summary;
    out->ready = TRUE;
    hf_owned_walk_free(w);
}

const HfOwnedSummary *hf_owned_summary(HfOwned *o, HfSymId sym, guint param,
                                       const char *pair)
{
    const HfFlow *flow = o->c->solved->flows[sym];
    g_autofree char *key = NULL;
    HfOwnedSummary *s;
    HfOpening opening = { .flow = flow, .event = NO_EVENT, .pair = pair,
                          .arg = -1 };

    if (!flow || flow->skip || param >= flow->fn->n_params) {
        return &stored;
    }
    key = g_strdup_printf("%u/%u/%s", sym, param, pair);
    s = g_hash_table_lookup(o->summaries, key);
    if (s) {
        return s->ready ? s : &stored; /* recursion */
    }
    if (o->depth >= MAX_DEPTH) {
        return &stored;
    }
    s = g_new0(HfOwnedSummary, 1);
    g_hash_table_insert(o->summaries, g_steal_pointer(&key), s);
    o->depth++;
    summarise(o, &opening, param, s);
    o->depth--;
    return s;
}
