/* SPDX-License-Identifier: MIT */
#include "check/demand.h"
#include "check/reach.h"

#include <string.h>

HfContextClass hf_demand_class(const HfCheck *c, HfSymId sym)
{
    const HfContract *k = hf_contract_of(c->solved->contracts, sym);
    const HfFlow *f = c->solved->flows[sym];

    if (f) {
        return f->cls; /* a mark in one branch is none of the function */
    }
    if (hf_contract_is_mark(c->solved->contracts, sym)) {
        return HF_CLASS_NONE; /* speaks of its caller */
    }
    return HF_CONTRACT_HAS(k, HF_EFF_GLOBAL_STATE) ? HF_CLASS_GS
           : HF_CONTRACT_HAS(k, HF_EFF_IO_OR_GS)   ? HF_CLASS_IO_OR_GS
           : HF_CONTRACT_HAS(k, HF_EFF_IO)         ? HF_CLASS_IO
                                                   : HF_CLASS_NONE;
}

/* ---- asserted ----------------------------------------------------------- */

guint64 hf_demand_mask(const HfCheck *c, const char *expression)
{
    g_auto(GStrv) parts = expression ? g_strsplit(expression, "|", -1) : NULL;
    guint64 mask = 0;

    for (guint i = 0; parts && parts[i]; i++) {
        mask |= hf_reach_mask(c, g_strstrip(parts[i]));
    }
    return mask;
}

/* Does the call ask for just what GS code needs?  A function that asserts the
 * lock alone asks for the lock. */
static gboolean asks_for(const HfCheck *c, const HfFlow *f, uint32_t event,
                         guint64 gs)
{
    const HfEvent *e =
        event < f->fn->n_events ? hf_flow_event(f, event) : NULL;
    const HfContract *k =
        e && e->kind == HF_EV_CALL
            ? hf_contract_of(c->solved->contracts, f->unit->symbols[e->sym])
            : NULL;

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        guint64 mask = 0;

        for (guint l = 0; l < cl->n_locks; l++) {
            mask |= hf_reach_bit(c, cl->locks[l], 0);
        }
        if ((cl->kind == HF_EFF_TEST_HELD || cl->kind == HF_EFF_ASSERT_HELD) &&
            (mask & gs) == gs) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The event + 1 on the way out that such a test stands on, else 0. */
static uint32_t asserted_at(const HfCheck *c, const HfFlow *f,
                            const HfExit *ex, guint64 gs)
{
    guint n;
    const HfHold *rows = hf_holds(c->solved, ex->holds, &n);

    for (guint i = 0; i < n; i++) {
        if (rows[i].now == HF_HOLD_HELD && rows[i].delta == 0 &&
            hf_reach_bit(c, rows[i].lock, 0) & gs &&
            asks_for(c, f, rows[i].event, gs)) {
            return rows[i].event + 1;
        }
    }
    return 0;
}

static void find_asserted(HfDemand *d)
{
    const HfCheck *c = d->check;
    guint64 gs =
        hf_demand_mask(c, c->program->rules->contexts.gs_requires);

    for (HfSymId i = 1; gs && i < c->program->symbols->len; i++) {
        const HfFlow *f = c->solved->flows[i];
        uint32_t at = 0;

        if (!f || f->skip || !(f->asserts & gs) ||
            hf_demand_class(c, i) != HF_CLASS_NONE) {
            continue;
        }
        for (guint k = 0; k < f->exits->len && (at || !k); k++) {
            at = asserted_at(c, f, &g_array_index(f->exits, HfExit, k), gs);
        }
        d->asserted[i] = at;
    }
}

uint32_t hf_demand_asserted(const HfDemand *d, HfSymId sym)
{
    return d->asserted[sym];
}

HfContextClass hf_demand_class_of(const HfDemand *d, HfSymId sym)
{
    return d->asserted[sym] ? HF_CLASS_GS : hf_demand_class(d->check, sym);
}

/* An event loop: what it dispatches runs on its own account. */
static gboolean dispatches(const HfCheck *c, HfSymId sym)
{
    return HF_CONTRACT_HAS(hf_contract_of(c->solved->contracts, sym),
                           HF_EFF_BLOCKING);
}

/* Taken, tested or asserted on the way: what follows is shielded. */
static gboolean shielded(const HfDemand *d, const HfCall *call)
{
    guint n;
    const HfHold *rows = hf_holds(d->check->solved, call->must, &n);

    for (guint i = 0; i < n; i++) {
        const HfXNode *x = hf_x(d->check->solved->exprs, rows[i].lock);

        if (x->kind == HF_X_CAP && d->shield >> x->ref & 1 &&
            rows[i].now == HF_HOLD_HELD) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean slot_open(const HfDemand *d, HfFieldId slot)
{
    const HfProgField *f = HF_PROGRAM_FIELD(d->check->program, slot);
    const HfContract *k =
        hf_contract_of_field(d->check->solved->contracts, slot);

    if (f->slot_rule && f->slot_rule->entry_set &&
        f->slot_rule->entry == HF_ENTRY_UNKNOWN) {
        return FALSE;
    }
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        const HfXNode *x =
            cl->n_locks ? hf_x(d->check->solved->exprs, cl->locks[0]) : NULL;

        if (cl->kind == HF_EFF_REQUIRES && x && x->kind == HF_X_CAP &&
            d->shield >> x->ref & 1) {
            return FALSE;
        }
    }
    return TRUE;
}

/* ---- backwards ---------------------------------------------------------- */

typedef struct {
    HfDemand *d;
    /* HfSymId to look at the callers of */
    GQueue level[HF_DEMAND_MAX_SLOTS + 1];
} Search;

static void offer(Search *s, const HfCallSite *site, HfSymId callee,
                  const HfDemandStep *rest)
{
    HfDemand *d = s->d;
    const HfFlow *f = d->check->solved->flows[site->caller];
    uint32_t event = site->event - f->fn->first_event;
    const HfCall *call;
    const HfSymId *targets;
    HfDemandStep step = { .event = event, .callee = callee,
                          .hops = (rest ? rest->hops : 0) + 1,
                          .n_slots = rest ? rest->n_slots : 0 };
    HfDemandStep *have = &d->steps[site->caller];

    if (f->skip || hf_demand_class_of(d, site->caller) != HF_CLASS_NONE ||
        dispatches(d->check, site->caller) || have->hops ||
        !(call = hf_flow_call(f, event)) || shielded(d, call) ||
        (rest && !hf_call_may_reach(d->check->solved, f, call, callee,
                                    rest->event))) {
        return;
    }
    hf_call_targets(d->check->solved, f, call, &targets, &step.slot);
    if (hf_flow_event(f, event)->kind == HF_EV_CALL_INDIRECT) {
        if (step.n_slots == HF_DEMAND_MAX_SLOTS ||
            (step.slot && !slot_open(d, step.slot))) {
            return;
        }
        step.n_slots++;
    }
    if (step.n_slots == (rest ? rest->n_slots : 0)) {
        *have = step;
        g_queue_push_tail(&s->level[step.n_slots],
                          GUINT_TO_POINTER(site->caller));
    } else {
        /* dearer: only when nothing cheaper turns up until then */
        HfDemandStep *later = g_memdup2(&step, sizeof(step));

        later->event = event;
        g_queue_push_tail(&s->level[step.n_slots], GUINT_TO_POINTER(0));
        g_queue_push_tail(&s->level[step.n_slots],
                          GUINT_TO_POINTER(site->caller));
        g_queue_push_tail(&s->level[step.n_slots], later);
    }
}

static void callers_of(Search *s, HfSymId sym)
{
    const GArray *sites = s->d->check->program->callers[sym];
    const HfDemandStep *rest =
        hf_demand_class_of(s->d, sym) == s->d->want ? NULL : &s->d->steps[sym];

    for (guint i = 0; sites && i < sites->len; i++) {
        offer(s, &g_array_index(sites, HfCallSite, i), sym, rest);
    }
}

static void run_level(Search *s, guint level)
{
    GQueue *q = &s->level[level];

    while (!g_queue_is_empty(q)) {
        HfSymId sym = GPOINTER_TO_UINT(g_queue_pop_head(q));

        if (sym == 0) { /* a deferred step */
            HfDemandStep *later;

            sym = GPOINTER_TO_UINT(g_queue_pop_head(q));
            later = g_queue_pop_head(q);
            if (!s->d->steps[sym].hops) {
                s->d->steps[sym] = *later;
            } else {
                sym = 0;
            }
            g_free(later);
            if (!sym) {
                continue;
            }
        }
        callers_of(s, sym);
    }
}

HfDemand *hf_demand_new(const HfCheck *c, HfContextClass want, guint64 shield)
{
    HfDemand *d = g_new0(HfDemand, 1);
    Search s = { .d = d };

    d->check = c;
    d->want = want;
    d->shield = shield;
    d->steps = g_new0(HfDemandStep, c->program->symbols->len);
    d->asserted = g_new0(uint32_t, c->program->symbols->len);
    find_asserted(d);
    for (guint i = 0; i <= HF_DEMAND_MAX_SLOTS; i++) {
        g_queue_init(&s.level[i]);
    }
    for (HfSymId i = 1; i < c->program->symbols->len; i++) {
        if (hf_demand_class_of(d, i) == want) {
            callers_of(&s, i);
        }
    }
    for (guint i = 0; i <= HF_DEMAND_MAX_SLOTS; i++) {
        run_level(&s, i);
    }
    return d;
}

void hf_demand_free(HfDemand *d)
{
    if (d) {
        g_free(d->steps);
        g_free(d->asserted);
        g_free(d);
    }
}

/* ---- forwards ----------------------------------------------------------- */

HfDemandStep hf_demand_from(const HfDemand *d, const HfFlow *flow,
                            const HfCall *call)
{
    const HfSymId *targets;
    HfFieldId slot;
    guint n = hf_call_targets(d->check->solved, flow, call, &targets, &slot);
    gboolean indirect =
        hf_flow_event(flow, call->event)->kind == HF_EV_CALL_INDIRECT;
    HfDemandStep best = { 0 };

    if (shielded(d, call) || (slot && !slot_open(d, slot))) {
        return best;
    }
    for (guint i = 0; i < n; i++) {
        const HfDemandStep *rest = &d->steps[targets[i]];
        HfContextClass cls = hf_demand_class_of(d, targets[i]);
        HfDemandStep step = { .event = call->event, .callee = targets[i],
                              .slot = slot, .hops = 1, .n_slots = indirect };

        if (cls != d->want) {
            if (cls != HF_CLASS_NONE || !rest->hops) {
                continue;
            }
            step.hops += rest->hops;
            step.n_slots += rest->n_slots;
        }
        if (step.n_slots <= HF_DEMAND_MAX_SLOTS &&
            (!best.hops || step.n_slots < best.n_slots ||
             (step.n_slots == best.n_slots && step.hops < best.hops))) {
            best = step;
        }
    }
    return best;
}

gboolean hf_demand_most_lead(const HfDemand *d, const HfFlow *flow,
                             const HfCall *call)
{
    const HfSymId *targets;
    HfFieldId slot;
    guint n = hf_call_targets(d->check->solved, flow, call, &targets, &slot);
    guint lead = 0;

    for (guint i = 0; i < n; i++) {
        lead += hf_demand_class_of(d, targets[i]) == d->want ||
                (d->steps[targets[i]].hops && !d->steps[targets[i]].n_slots);
    }
    return lead * 2 >= n;
}

HfSymId hf_demand_end(const HfDemand *d, const HfDemandStep *first)
{
    const HfDemandStep *s = first;

    while (s->hops > 1) {
        s = &d->steps[s->callee];
    }
    return s->callee;
}

/* With so many more function pointers at most: a longer way, say over an error
 * message, there is from nearly everywhere. */
static gboolean leads(const HfDemand *d, HfSymId target, guint n_slots)
{
    HfContextClass cls = hf_demand_class(d->check, target);

    return cls == d->want ||
           (cls == HF_CLASS_NONE && d->steps[target].hops > 0 &&
            d->steps[target].n_slots <= n_slots);
}

guint hf_demand_share(const HfDemand *d, const HfFlow *flow,
                      const HfDemandStep *first)
{
    guint64 share = 1000;

    for (const HfDemandStep *s = first;; s = &d->steps[s->callee]) {
        const HfCall *call = hf_flow_call(flow, s->event);
        const HfSymId *targets;
        HfFieldId slot;
        guint n = call ? hf_call_targets(d->check->solved, flow, call,
                                         &targets, &slot) : 0;
        guint leading = 0;

        for (guint i = 0; i < n; i++) {
            leading += leads(d, targets[i], s->n_slots - 1);
        }
        share = n > 1 ? share * leading / n : share;
        if (s->hops == 1) {
            return (guint)share;
        }
        flow = d->check->solved->flows[s->callee];
    }
}

HfSymId hf_demand_trace(const HfDemand *d, HfFinding *f, const HfFlow *flow,
                        const HfDemandStep *first, gboolean skip_first)
{
    const HfProgram *p = d->check->program;
    const HfDemandStep *s = first;

    for (int depth = 0;; depth++) {
        HfPlace at = hf_check_place(flow, s->event);
        const char *callee = HF_PROGRAM_SYM(p, s->callee)->name;

        if (depth || !skip_first) {
            if (s->slot) {
                const HfProgField *m = HF_PROGRAM_FIELD(p, s->slot);

                hf_finding_event(f, &at, "call", depth,
                                 "Calling \"%s\" through \"%s.%s\".", callee,
                                 HF_PROGRAM_RECORD(p, m->record)->name,
                                 m->name);
            } else {
                hf_finding_event(f, &at, "call", depth, "Calling \"%s\".",
                                 callee);
            }
        }
        if (s->hops == 1) {
            return s->callee;
        }
        flow = d->check->solved->flows[s->callee];
        s = &d->steps[s->callee];
    }
}
