/* SPDX-License-Identifier: MIT */
#include "check/missing_caller.h"

/* One step up: who called, and the lock in the caller's terms. */
typedef struct {
    const HfFlow *flow;
    const HfContext *ctx;
    HfX lock;
} Level;

static gboolean holds(const HfCheck *c, const HfFlow *flow,
                      const HfContext *ctx, HfX lock)
{
    return hf_held(c->solved, flow, ctx, 0, lock, NULL) == HF_HELD;
}

/* A context of the function that comes in with the lock. */
static const HfContext *with_lock(const HfCheck *c, const HfFlow *flow,
                                  HfX lock)
{
    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *x = &g_array_index(flow->contexts, HfContext, i);

        if (x->parent && holds(c, flow, x, lock)) {
            return x;
        }
    }
    return NULL;
}

/* A callee's lock as the caller names it; 0 when it cannot. */
static HfX in_caller(const HfCheck *c, const HfFlow *caller,
                     const HfCall *call, HfX lock)
{
    return hf_call_named(c->solved, caller, call, lock);
}

static gboolean step_up(const HfCheck *c, Level *l)
{
    const HfCall *call;
    HfX lock;

    if (!l->ctx->parent) {
        return FALSE;
    }
    call = hf_flow_call(c->solved->flows[l->ctx->parent], l->ctx->parent_event);
    if (!call) {
        return FALSE;
    }
    l->flow = c->solved->flows[l->ctx->parent];
    lock = in_caller(c, l->flow, call, l->lock);
    l->ctx = &g_array_index(l->flow->contexts, HfContext,
                            l->ctx->parent_context);
    l->lock = lock;
    return lock != 0;
}

static void report(HfCheck *c, const HfBelief *b, const HfUse *u,
                   const Level *callee, const HfContext *good)
{
    const HfFlow *caller = c->solved->flows[callee->ctx->parent];
    const char *name = HF_PROGRAM_SYM(c->program, callee->flow->sym)->name;
    HfFinding *f = hf_check_finding(c, caller, "caller_without_lock");
    g_autofree char *what = hf_check_access_text(u->flow, u->access);
    g_autofree char *subject = hf_check_stable(c, u->access->path);
    g_autofree char *lock = hf_check_stable(c, callee->lock);
    HfPlace at = hf_check_place(caller, callee->ctx->parent_event);
    const HfFlow *other = c->solved->flows[good->parent];

    hf_finding_main(f, &at, "missing_lock", 0,
                    "Calling \"%s\" without holding lock \"%s\", under which "
                    "others call it and \"%s\" is accessed.", name, lock,
                    subject);
    at = hf_check_place(u->flow, u->access->event);
    hf_finding_event(f, &at, "access", 1, "\"%s\" is accessed here.", what);
    at = hf_check_place(other, good->parent_event);
    hf_finding_event(f, &at, "example_access", 0,
                     "\"%s\" is called with the lock held.", name);
    hf_finding_reason(f, "other callers hold the lock");
    hf_finding_reason(f, "elsewhere the lock is held %u of %u times",
                      b->n_with, b->n);
    f->tier = HF_TIER_MEDIUM;
    f->rule = g_strdup("inferred");
    f->key_subject = g_strdup(name);
    f->key_lock = g_strdup(lock);
    f->key_shape = g_strdup("caller_without_lock");
    f->group = g_strjoin("\n", c->checker->name, f->key_shape, subject,
                         f->key_lock, NULL);
    hf_findings_add(c->findings, f);
}

/* The lock of an object of the caller's own, or one that it initialises or
 * destroys: nobody else can want it. */
static gboolean is_callers_own(const HfCheck *c, const Level *top)
{
    const HfFlow *f = c->solved->flows[top->ctx->parent];
    const HfCall *call = hf_flow_call(f, top->ctx->parent_event);
    const HfXNode *n;
    HfX lock;

    if (!call) {
        return FALSE;
    }
    lock = in_caller(c, f, call, top->lock);
    if (lock && hf_guard_sets_up(c, f, lock)) {
        return TRUE;
    }
    n = hf_x(c->solved->exprs, lock);
    while (n->kind == HF_X_FIELD) {
        n = hf_x(c->solved->exprs, n->parent);
    }
    return n->kind == HF_X_LOCAL;
}

/* It is held right at the call: the context was merged with another one, and
 * the way it remembers is not the one without. */
static gboolean held_at_call(const HfCheck *c, const Level *top)
{
    const HfFlow *f = c->solved->flows[top->ctx->parent];
    const HfCall *call = hf_flow_call(f, top->ctx->parent_event);
    HfX lock = call ? in_caller(c, f, call, top->lock) : 0;

    return lock && hf_held(c->solved, f, NULL, call->must, lock, NULL) ==
                       HF_HELD;
}

/* Does a caller take the lock itself for it, and do about as many call it with
 * the lock as without? */
static gboolean is_disputed(const HfCheck *c, const Level *top)
{
    const GArray *sites = c->program->callers[top->flow->sym];
    guint with = 0, without = 0;
    gboolean for_it = FALSE;

    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *f = c->solved->flows[site->caller];
        const HfCall *call =
            hf_flow_call(f, site->event - f->fn->first_event);
        gboolean held = FALSE;
        HfX lock;

        if (!call) {
            continue;
        }
        lock = in_caller(c, f, call, top->lock);
        for_it |= lock && hf_held(c->solved, f, NULL, call->must, lock,
                                  NULL) == HF_HELD;
        for (guint k = 0; lock && !held && k < f->contexts->len; k++) {
            held = hf_held(c->solved, f,
                           &g_array_index(f->contexts, HfContext, k),
                           call->must, lock, NULL) == HF_HELD;
        }
        with += held;
        without += !held;
    }
    return for_it && with * 2 >= without;
}

/* From the access up to the highest function that others enter with the
 * lock; above it nobody knows of the lock. */
static void one_context(HfCheck *c, const HfBelief *b, const HfUse *u,
                        const HfContext *ctx, HfX lock, gboolean custom,
                        GHashTable *told)
{
    Level l = { u->flow, ctx, lock };
    Level top = { 0 };
    const HfContext *good = NULL;
    gint64 key;

    do {
        const HfContext *x = with_lock(c, l.flow, l.lock);

        if (!x) {
            break;
        }
        top = l;
        good = x;
    } while (step_up(c, &l));
    /* through function pointers anything may look reachable */
    if (!good || !top.ctx->parent || top.ctx->n_slots > (custom ? 0u : 1u) ||
        is_callers_own(c, &top) || held_at_call(c, &top) ||
        (!custom && !is_disputed(c, &top))) {
        return;
    }
    key = (gint64)top.ctx->parent << 32 | top.ctx->parent_event;
    if (!g_hash_table_contains(told, &key)) {
        g_hash_table_add(told, g_memdup2(&key, sizeof(key)));
        report(c, b, u, &top, good);
    }
}

void hf_missing_in_caller(HfCheck *c, const HfBelief *b, const HfUse *u,
                          gboolean custom, GHashTable *told)
{
    HfX lock = 0;
    HfSubject s;

    hf_guard_subject(c, u->access, &s);
    for (guint i = 0; i < u->flow->contexts->len && !lock; i++) {
        const HfContext *x =
            &g_array_index(u->flow->contexts, HfContext, i);
        guint n;
        const HfHold *rows = hf_holds(c->solved, x->held, &n);

        for (guint k = 0; k < n && !lock; k++) {
            HfLockKey key;

            if (hf_belief_relate(c, &s, rows[k].lock, &key) &&
                hf_belief_same_lock(&key, &b->key)) {
                lock = rows[k].lock;
            }
        }
    }
    for (guint i = 0; lock && i < u->flow->contexts->len; i++) {
        const HfContext *x =
            &g_array_index(u->flow->contexts, HfContext, i);

        HfHolds must = 0;

        if (!holds(c, u->flow, x, lock) && !hf_guard_fresh(c, u->access, x) &&
            hf_context_reaches(x, u->flow, u->access->event, &must) &&
            hf_held(c->solved, u->flow, NULL, must, lock, NULL) != HF_HELD) {
            one_context(c, b, u, x, lock, custom, told);
        }
    }
}
