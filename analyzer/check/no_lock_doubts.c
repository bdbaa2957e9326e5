/* SPDX-License-Identifier: MIT */
/* Why two threads may not meet at an object, though nothing proves it. */
#include "check/no_lock.h"
#include "check/witness_priv.h"
#include "solve/blocks.h"

/* Calls from the thread's entry: each has its conditions. */
#define FAR 5
/* So far down a call that starts a thread is looked for. */
#define NEAR 3
#define MAX_LEVELS 64

/* It waits for something another thread does before it gets there: perhaps
 * for the very thing that it then looks at. */
static gboolean waits_before(const HfSolved *s, const HfParty *p)
{
    const HfContext *ctx = p->ctx;
    const HfFlow *f = p->flow;
    uint32_t event = p->access->event;

    for (guint level = 0; level < MAX_LEVELS; level++) {
        for (guint i = 0; i < f->calls->len; i++) {
            const HfCall *call = &g_array_index(f->calls, HfCall, i);
            const HfEvent *e = hf_flow_event(f, call->event);
            const HfContract *k = e->kind != HF_EV_CALL ? NULL
                : hf_contract_of(s->contracts, f->unit->symbols[e->sym]);

            for (guint n = 0; HF_CONTRACT_HAS(k, HF_EFF_BLOCKING) &&
                              n < k->clauses->len; n++) {
                const HfClause *cl = &g_array_index(k->clauses, HfClause, n);

                if (cl->kind == HF_EFF_BLOCKING && cl->effect->other &&
                    hf_event_before(f, call->event, event)) {
                    return TRUE;
                }
            }
        }
        if (!ctx->parent) {
            break;
        }
        f = s->flows[ctx->parent];
        event = ctx->parent_event;
        ctx = &g_array_index(f->contexts, HfContext, ctx->parent_context);
    }
    return FALSE;
}

/* By so many calls, one inside the other. */
static gboolean calls_it(const HfCheck *c, HfSymId from, HfSymId to,
                         guint levels)
{
    const GArray *sites = c->program->callers[to];

    if (from == to) {
        return TRUE;
    }
    for (guint i = 0; levels && sites && i < sites->len; i++) {
        if (calls_it(c, from, g_array_index(sites, HfCallSite, i).caller,
                     levels - 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The call is one of these points of a role, or leads to one. */
static gboolean leads_to(const HfWitnesses *w, const HfFlow *f,
                         const HfCall *call, const GArray *points)
{
    const HfSymId *targets;
    HfFieldId slot;
    guint n = hf_call_targets(w->c->solved, f, call, &targets, &slot);

    for (guint i = 0; i < points->len; i++) {
        const HfRolePoint *p = &g_array_index(points, HfRolePoint, i);

        if ((p->in == f->sym && p->event == call->event) ||
            (n == 1 && !slot && calls_it(w->c, targets[0], p->in, NEAR))) {
            return TRUE;
        }
    }
    return FALSE;
}

typedef gboolean (*Order)(const HfFlow *f, uint32_t call, uint32_t event);

static gboolean comes_first(const HfFlow *f, uint32_t call, uint32_t event)
{
    return hf_event_before(f, call, event);
}

static gboolean comes_later(const HfFlow *f, uint32_t call, uint32_t event)
{
    return !hf_event_before(f, call, event);
}

/* A call in p's function, or in one above, leads to one of the points. */
static gboolean on_the_way(const HfWitnesses *w, const HfParty *p,
                           Order order, const GArray *points)
{
    const HfContext *ctx = p->ctx;
    const HfFlow *f = p->flow;
    uint32_t event = p->access->event;

    for (guint level = 0; level < MAX_LEVELS; level++) {
        for (guint i = 0; i < f->calls->len; i++) {
            const HfCall *call = &g_array_index(f->calls, HfCall, i);

            if (call->event != event && order(f, call->event, event) &&
                leads_to(w, f, call, points)) {
                return TRUE;
            }
        }
        if (!ctx->parent) {
            break;
        }
        f = w->c->solved->flows[ctx->parent];
        event = ctx->parent_event;
        ctx = &g_array_index(f->contexts, HfContext, ctx->parent_context);
    }
    return FALSE;
}

static const HfRole *role_of(const HfWitnesses *w, const HfParty *p)
{
    return &g_array_index(w->c->solved->roles, HfRole, p->ctx->role);
}

/* a's function, or one above, goes on to start b's thread, or does itself what
 * it has a thread for otherwise. */
static gboolean starts_other(const HfWitnesses *w, const HfParty *a,
                             const HfParty *b)
{
    return on_the_way(w, a, comes_later, role_of(w, b)->starts);
}

/* a has waited for one of b's threads, and it cannot be told which of them are
 * still there. */
static gboolean joins_other(const HfWitnesses *w, const HfParty *a,
                            const HfParty *b)
{
    return !hf_phase_is_known(w->phases, b->ctx->role) &&
           on_the_way(w, a, comes_first, role_of(w, b)->joins);
}

/* The function asks for it first: whoever comes first sets it up, which may
 * well be before there are threads. */
static gboolean sets_up_once(const HfParty *p)
{
    for (guint i = 0; p->write && i < p->flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(p->flow->accesses, HfAccess, i);

        if (a->event < p->access->event && a->path == p->access->path) {
            return p->access->kind == HF_EV_WRITE && a->kind == HF_EV_READ &&
                   hf_block_of(p->flow, a->event) !=
                       hf_block_of(p->flow, p->access->event) &&
                   !hf_event_before(p->flow, p->access->event, a->event);
        }
    }
    return FALSE;
}

/* An atomic exchange comes first, which perhaps decides who may go on. */
static gboolean exchanges_before(const HfParty *p)
{
    for (guint i = 0; i < p->flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(p->flow->accesses, HfAccess, i);

        if (a->kind == HF_EV_ATOMIC_RMW && a->event < p->access->event) {
            return TRUE;
        }
    }
    return FALSE;
}

/* What was there is given to somebody who frees it, say, and forgotten: the
 * end of the object, when threads have ended, too, as a rule. */
static gboolean tears_down(const HfParty *p)
{
    for (guint i = 0; p->clears && i < p->flow->calls->len; i++) {
        const HfCall *call = &g_array_index(p->flow->calls, HfCall, i);

        for (guint n = 0; call->event < p->access->event && n < call->n_args;
             n++) {
            if (g_array_index(p->flow->args, HfX, call->first_arg + n) ==
                p->access->path) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Some call on the way is made through a pointer that was passed. */
static gboolean is_indirect(const HfSolved *s, const HfParty *p)
{
    const HfContext *ctx = p->ctx;
    HfSymId sym = p->flow->sym;

    for (guint level = 0; ctx->parent && level < MAX_LEVELS; level++) {
        const HfFlow *up = s->flows[ctx->parent];
        const HfEvent *e = hf_flow_event(up, ctx->parent_event);

        if (e->kind != HF_EV_CALL || up->unit->symbols[e->sym] != sym) {
            return TRUE;
        }
        sym = up->sym;
        ctx = &g_array_index(up->contexts, HfContext, ctx->parent_context);
    }
    return FALSE;
}

/* f NULL: only asked. */
static HfTier doubt(HfFinding *f, const char *why)
{
    if (f) {
        hf_finding_reason(f, "%s", why);
    }
    return HF_TIER_LOW;
}

/* Of one side. */
static HfTier side_doubts(const HfWitnesses *w, HfFinding *f,
                          const HfParty *p, const HfParty *other)
{
    HfTier tier = HF_TIER_MEDIUM;

    if (waits_before(w->c->solved, p) || joins_other(w, p, other)) {
        tier = doubt(f, "one side waits for another thread first");
    }
    if (p->ctx->role != other->ctx->role && starts_other(w, p, other)) {
        tier = doubt(f, "one side comes before the start of the other's "
                        "thread, or instead of it");
    }
    if (sets_up_once(p)) {
        tier = doubt(f, "whoever asks first sets it up");
    }
    if (exchanges_before(p)) {
        tier = doubt(f, "an atomic exchange may have decided who goes on");
    }
    if (tears_down(p)) {
        tier = doubt(f, "the object is being taken down");
    }
    if (is_indirect(w->c->solved, p)) {
        tier = doubt(f, "one side gets there through a function pointer");
    }
    if (p->cost > FAR) {
        tier = doubt(f, "it is many calls from a thread's entry");
    }
    return tier;
}

HfTier hf_no_lock_doubts(const HfWitnesses *w, HfFinding *f, const HfParty *a,
                         const HfParty *b)
{
    const HfRole *role = hf_party_role(w->parties, a);
    HfTier of_a = side_doubts(w, f, a, b), of_b = HF_TIER_MEDIUM;
    HfTier tier;

    if (a->flow != b->flow || a->ctx != b->ctx) {
        of_b = side_doubts(w, f, b, a);
    }
    tier = MAX(of_a, of_b);

    if (a->ctx->role == b->ctx->role &&
        role->count == HF_ROLE_STARTER_REPEATS) {
        tier = doubt(f, "the two threads are of one kind, and what starts "
                        "them perhaps runs once");
    }
    return tier;
}
