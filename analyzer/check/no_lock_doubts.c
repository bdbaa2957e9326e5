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

/* Asked of a call in a function on the way to an access, and of the event
 * there that leads on to it. */
typedef gboolean (*CallTest)(const HfWitnesses *w, const HfFlow *f,
                             const HfCall *call, uint32_t event,
                             const GArray *points);

static gboolean comes_first(const HfWitnesses *w, const HfFlow *f,
                            const HfCall *call, uint32_t event,
                            const GArray *points)
{
    return hf_event_before(f, call->event, event) &&
           leads_to(w, f, call, points);
}

static gboolean comes_later(const HfWitnesses *w, const HfFlow *f,
                            const HfCall *call, uint32_t event,
                            const GArray *points)
{
    return !hf_event_before(f, call->event, event) &&
           leads_to(w, f, call, points);
}

/* It waits for something that another thread does. */
static gboolean waits_first(const HfWitnesses *w, const HfFlow *f,
                            const HfCall *call, uint32_t event,
                            const GArray *points)
{
    const HfEvent *e = hf_flow_event(f, call->event);
    const HfContract *k = e->kind != HF_EV_CALL ? NULL
        : hf_contract_of(w->c->solved->contracts, f->unit->symbols[e->sym]);

    for (guint n = 0; HF_CONTRACT_HAS(k, HF_EFF_BLOCKING) &&
                      n < k->clauses->len; n++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, n);

        if (cl->kind == HF_EFF_BLOCKING && cl->effect->other &&
            hf_event_before(f, call->event, event)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* So it is of a call in p's function, or in one above. */
static gboolean on_the_way(const HfWitnesses *w, const HfParty *p,
                           CallTest test, const GArray *points)
{
    const HfContext *ctx = p->ctx;
    const HfFlow *f = p->flow;
    uint32_t event = p->access->event;

    for (guint level = 0; level < MAX_LEVELS; level++) {
        for (guint i = 0; i < f->calls->len; i++) {
            const HfCall *call = &g_array_index(f->calls, HfCall, i);

            if (call->event != event && test(w, f, call, event, points)) {
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

/* Perhaps for the very thing that it then looks at. */
static gboolean waits_before(const HfWitnesses *w, const HfParty *p)
{
    return on_the_way(w, p, waits_first, NULL);
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

/* The function reads it before the event, in a condition. */
static gboolean asks_before(const HfFlow *f, HfX path, uint32_t event)
{
    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);

        if (a->event < event && a->path == path) {
            return a->kind == HF_EV_READ &&
                   hf_block_of(f, a->event) != hf_block_of(f, event) &&
                   !hf_event_before(f, event, a->event);
        }
    }
    return FALSE;
}

static const HfPath *constant(const HfFlow *f, const HfAccess *a)
{
    const HfEvent *e = hf_flow_event(f, a->event);
    const HfPath *v = &f->unit->facts->paths[e->value];

    return e->kind == HF_EV_WRITE && v->kind == HF_PATH_CONST ? v : NULL;
}

/* Another variable tells whether it has been done: it is asked before, and
 * set along with this. */
static gboolean has_flag(const HfSolved *s, const HfParty *p)
{
    const HfFlow *f = p->flow;
    uint32_t event = p->access->event;

    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);
        const HfPath *v = constant(f, a);

        if (v && v->value && a->path != p->access->path &&
            hf_x(s->exprs, a->path)->kind == HF_X_GLOBAL &&
            hf_event_before(f, event, a->event) &&
            asks_before(f, a->path, event) &&
            asks_before(f, a->path, a->event)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The function, or who passed it the variable, asks for it first: whoever
 * comes first sets it up, which may well be before there are threads. */
static gboolean sets_up_once(const HfSolved *s, const HfParty *p)
{
    if (!p->write || p->access->kind != HF_EV_WRITE) {
        return FALSE;
    }
    return asks_before(p->flow, p->access->path, p->access->event) ||
           has_flag(s, p) ||
           (p->ctx->parent && p->subject.object != p->access->path &&
            asks_before(s->flows[p->ctx->parent], p->subject.object,
                        p->ctx->parent_event));
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

/* The call destroys a part of what the variable leads to. */
static gboolean destroys_part(const HfSolved *s, const HfFlow *f,
                              const HfCall *call, HfX arg, HfX path)
{
    const HfEvent *e = hf_flow_event(f, call->event);
    const HfContract *k = e->kind != HF_EV_CALL ? NULL
        : hf_contract_of(s->contracts, f->unit->symbols[e->sym]);

    return HF_CONTRACT_HAS(k, HF_EFF_DESTROY) &&
           hf_x_mentions(s->exprs, arg, hf_x_deref(s->exprs, path));
}

/* What was there is given to somebody who frees it, say, and forgotten: the
 * end of the object, when threads have ended, too, as a rule. */
static gboolean tears_down(const HfSolved *s, const HfParty *p)
{
    HfX path = p->access->path;

    for (guint i = 0; p->clears && i < p->flow->calls->len; i++) {
        const HfCall *call = &g_array_index(p->flow->calls, HfCall, i);

        for (guint n = 0; call->event < p->access->event && n < call->n_args;
             n++) {
            HfX arg = g_array_index(p->flow->args, HfX, call->first_arg + n);

            if (arg == path || destroys_part(s, p->flow, call, arg, path)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* On the way is a function that does not come back, and that is no loop that
 * serves for ever: the program ends. */
static gboolean ends_program(const HfWitnesses *w, const HfParty *p)
{
    const HfSolved *s = w->c->solved;
    const HfContext *ctx = p->ctx;
    const HfFlow *f = p->flow;
    uint32_t event = p->access->event;

    for (guint level = 0; ctx->parent && level < MAX_LEVELS; level++) {
        const HfContract *k = hf_contract_of(s->contracts, f->sym);

        if ((HF_PROGRAM_SYM(w->c->program, f->sym)->flags & HF_SYM_NORETURN ||
             HF_CONTRACT_HAS(k, HF_EFF_NORETURN)) &&
            !hf_event_in_loop(f, event)) {
            return TRUE;
        }
        f = s->flows[ctx->parent];
        event = ctx->parent_event;
        ctx = &g_array_index(f->contexts, HfContext, ctx->parent_context);
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

    if (waits_before(w, p) || joins_other(w, p, other)) {
        tier = doubt(f, "one side waits for another thread first");
    }
    if (p->ctx->role != other->ctx->role && starts_other(w, p, other)) {
        tier = doubt(f, "one side comes before the start of the other's "
                        "thread, or instead of it");
    }
    if (sets_up_once(w->c->solved, p)) {
        tier = doubt(f, "whoever asks first sets it up");
    }
    if (exchanges_before(p)) {
        tier = doubt(f, "an atomic exchange may have decided who goes on");
    }
    if (tears_down(w->c->solved, p)) {
        tier = doubt(f, "the object is being taken down");
    }
    if (ends_program(w, p)) {
        tier = doubt(f, "one side is where the program ends");
    }
    if (is_indirect(w->c->solved, p)) {
        tier = doubt(f, "one side gets there through a function pointer");
    }
    if (p->cost > FAR) {
        tier = doubt(f, "it is many calls from a thread's entry");
    }
    return tier;
}

gboolean hf_no_lock_both_clear(const HfParty *a, const HfParty *b)
{
    return a->clears && b->clears;
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
    if (hf_no_lock_both_clear(a, b)) {
        tier = doubt(f, "both only reset it");
    }
    return tier;
}
