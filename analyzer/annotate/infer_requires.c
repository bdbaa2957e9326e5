/* SPDX-License-Identifier: MIT */
/*
 * Locks that a function leaves to its callers: it accesses what the lock
 * guards, calls what requires it, or is called ..._locked(); and its callers
 * hold it.  The block graph's lock is one of them.
 *
 * Sure when the body needs it and every call there is holds it.
 */
#include "annotate/infer.h"
#include "check/lock.h"

#include <string.h>

#define SAYS_HELD (1ull << HF_EFF_REQUIRES | 1ull << HF_EFF_REQUIRES_SHARED | \
                   1ull << HF_EFF_RELEASE | 1ull << HF_EFF_DROP_AND_RETAKE | \
                   1ull << HF_EFF_ASSERT_HELD | 1ull << HF_EFF_ASSERT_SHARED | \
                   1ull << HF_EFF_ACQUIRE | 1ull << HF_EFF_EXCLUDES)

typedef struct {
    HfInfer *in;
    const HfFlow *flow;
} Search;

/* At this point the lock is there because callers hold it. */
static gboolean from_entry(const HfInfer *in, HfHolds local, HfX lock)
{
    const HfHold *h = hf_holds_find(in->check.solved, local, lock);

    return !h || h->now == HF_HOLD_INHERITED ||
           (h->now == HF_HOLD_HELD && h->event == UINT32_MAX);
}

/* Tokens only where this program has a word for requiring them. */
static gboolean can_be_required(const HfInfer *in, HfX lock)
{
    const HfCapRule *cap =
        hf_contract_cap_rule(in->check.solved->contracts, lock);
    const HfSpellingRule *s;

    if (hf_verdict_is_lock(&in->check, lock)) {
        return TRUE;
    }
    s = cap ? hf_rules_spelling(in->check.program->rules, "requires_shared",
                                cap->name) : NULL;
    return s && !strchr(s->effect, '*');
}

/* Global-state code holds what global state needs. */
static gboolean context_gives(const Search *s, HfX lock)
{
    const HfXNode *n = hf_x(s->in->check.solved->exprs, lock);

    return s->flow->cls == HF_CLASS_GS && n->kind == HF_X_CAP &&
           s->in->gs >> n->ref & 1;
}

static HfProposal *need(Search *s, HfX lock, gboolean shared, HfHolds local)
{
    HfWhat what = { .kind = shared ? HF_EFF_REQUIRES_SHARED : HF_EFF_REQUIRES,
                    .sym = s->flow->sym, .lock = lock };
    HfProposal *p;

    if (!lock || !can_be_required(s->in, lock) || context_gives(s, lock) ||
        !from_entry(s->in, local, lock) ||
        hf_infer_said(s->in, s->flow->sym, lock, SAYS_HELD)) {
        return NULL;
    }
    if (shared) {
        HfWhat strong = what;

        strong.kind = HF_EFF_REQUIRES;
        p = hf_proposal_find(s->in, &strong);
        if (p) {
            return p;
        }
    } else {
        HfWhat weak = what;

        weak.kind = HF_EFF_REQUIRES_SHARED;
        p = hf_proposal_find(s->in, &weak);
        if (p) {
            hf_proposal_discard(s->in, p);
        }
    }
    return hf_propose(s->in, &what);
}

/* ---- bodies -------------------------------------------------------------- */

static gboolean is_shared_lock(const HfInfer *in, HfX lock)
{
    const HfContracts *k = in->check.solved->contracts;
    const HfCapRule *cap = hf_contract_cap_rule(k, lock);
    const HfLockTypeRule *rule =
        HF_PROGRAM_RECORD(in->check.program,
                          hf_contract_record(k, 0, lock))->lock_rule;

    return cap ? g_strcmp0(cap->name, "graph_lock") == 0 ||
                     cap->kind == HF_CAP_TOKEN
               : rule && rule->shared;
}

static void use_under(Search *s, const HfGuardUse *u, HfX guard)
{
    HfCheck *c = &s->in->check;
    HfX lock = hf_guard_on(c, &u->subject, guard);
    HfProposal *p =
        lock ? need(s, lock, is_shared_lock(s->in, lock) &&
                                 !hf_guard_is_write(&u->access),
                    u->access.must) : NULL;

    if (p) {
        g_autofree char *what = hf_guard_use_text(c, s->flow, u);

        hf_proposal_evidence(p, hf_check_place(s->flow, u->access.event),
                             "accesses \"%s\", which the lock guards", what);
    }
}

static void from_use(HfCheck *c, const HfFlow *flow, const HfGuardUse *u,
                     gpointer data)
{
    Search *s = data;
    const HfSubject *sub = &u->subject;
    HfX proposed = sub->pointee ? 0
                                : GPOINTER_TO_UINT(g_hash_table_lookup(
                                      s->in->guards,
                                      hf_subject_key(sub->field, sub->var)));
    const HfContract *k =
        sub->field ? hf_contract_of_field(c->solved->contracts, sub->field)
                   : hf_contract_of(c->solved->contracts, sub->var);

    if (u->access.fresh || u->indirect) {
        return;
    }
    if (proposed) {
        use_under(s, u, proposed);
    }
    for (guint n = 0; k && n < k->clauses->len; n++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, n);

        if (cl->kind == (sub->pointee ? HF_EFF_PT_GUARDED_BY
                                      : HF_EFF_GUARDED_BY) &&
            cl->n_locks == 1) {
            use_under(s, u, cl->locks[0]);
        }
    }
}

/* The callee requires it: in its own terms. */
static void call_under(Search *s, const HfCall *call, HfSymId callee,
                       HfX lock, gboolean shared)
{
    const HfSolved *solved = s->in->check.solved;
    HfX here = hf_call_named(solved, s->flow, call, lock);
    HfProposal *p;

    here = here ? hf_contract_canonical(solved->contracts, here) : 0;
    p = here ? need(s, here, shared, call->must) : NULL;
    if (p) {
        hf_proposal_evidence(p, hf_check_place(s->flow, call->event),
                             "calls \"%s\", which requires it",
                             hf_infer_name(s->in, callee));
    }
}

static void from_call(Search *s, const HfCall *call, HfSymId callee)
{
    const HfContract *k =
        hf_contract_of(s->in->check.solved->contracts, callee);
    const GArray *found =
        g_hash_table_lookup(s->in->required, GUINT_TO_POINTER(callee));

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->n_locks == 1 && (cl->kind == HF_EFF_REQUIRES ||
                                 cl->kind == HF_EFF_REQUIRES_SHARED)) {
            call_under(s, call, callee, cl->locks[0],
                       cl->kind == HF_EFF_REQUIRES_SHARED);
        }
    }
    for (guint i = 0; found && i < found->len; i++) {
        const HfRequired *r = &g_array_index(found, HfRequired, i);

        call_under(s, call, callee, r->lock, r->shared);
    }
}

static void look_at(HfInfer *in, const HfFlow *flow)
{
    Search s = { in, flow };
    const HfContract *own = hf_contract_of(in->check.solved->contracts,
                                           flow->sym);

    if (HF_CONTRACT_HAS(own, HF_EFF_CO_WRAPPER) ||
        HF_CONTRACT_HAS(own, HF_EFF_CO_WRAPPER_MIXED)) {
        return;
    }
    hf_guard_each_use(&in->check, flow, from_use, &s);
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const HfEvent *e = hf_flow_event(flow, call->event);

        if (e->kind == HF_EV_CALL) {
            from_call(&s, call, flow->unit->symbols[e->sym]);
        }
    }
}

/* ---- names --------------------------------------------------------------- */

/* Locks held at the first call, in the function's own terms. */
static void note_held(const HfInfer *in, HfSymId sym, GArray *out)
{
    const GArray *sites = in->check.program->callers[sym];
    const HfSolved *solved = in->check.solved;

    for (guint i = 0; sites && i < sites->len && !out->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *up = solved->flows[site->caller];
        const HfCall *call =
            up ? hf_flow_call(up, site->event - up->fn->first_event) : NULL;
        guint n;
        const HfHold *rows = call ? hf_holds(solved, call->must, &n) : NULL;

        for (guint k = 0; rows && k < n; k++) {
            HfX x = hf_x_to_callee(
                solved->exprs, rows[k].lock,
                &g_array_index(up->args, HfX, call->first_arg), call->n_args);

            if (x && rows[k].now == HF_HOLD_HELD &&
                hf_verdict_is_lock(&in->check, x)) {
                g_array_append_val(out, x);
            }
        }
    }
}

/* "..._locked": one lock, and one only, is held wherever it is called. */
static void by_name(HfInfer *in, const HfFlow *flow)
{
    const char *name = hf_infer_name(in, flow->sym);
    g_autoptr(GArray) locks = g_array_new(FALSE, FALSE, sizeof(HfX));
    HfX the_one = 0;
    guint n_held = 0;

    if (!g_str_has_suffix(name, "_locked") ||
        hf_infer_said(in, flow->sym, 0, SAYS_HELD)) {
        return;
    }
    note_held(in, flow->sym, locks);
    for (guint i = 0; i < locks->len; i++) {
        HfX lock = g_array_index(locks, HfX, i);
        HfSiteCount n = { 0 };

        /* one that is held all over the place need not be what is meant */
        if (hf_contract_cap_rule(in->check.solved->contracts, lock)) {
            continue;
        }
        hf_call_sites(&in->check, flow->sym, lock, hf_site_count, &n);
        if (n.held && n.held + n.own == n.n) {
            the_one = lock;
            n_held++;
        }
    }
    if (n_held == 1) {
        HfWhat what = { .kind = HF_EFF_REQUIRES, .sym = flow->sym,
                        .lock = the_one };
        HfProposal *p = hf_propose(in, &what);

        if (p) {
            hf_proposal_evidence(p, hf_check_place(flow, UINT32_MAX),
                                 "its name says that a lock is held");
        }
    }
}

/* ---- callers ------------------------------------------------------------- */

static HfX lock_of(const HfInfer *in, const HfProposal *p)
{
    return p->cap ? hf_contract_lock_named(in->check.solved->contracts, p->cap)
                  : hf_contract_parse(in->check.solved->contracts, p->sym, 0,
                                      p->place.file, p->lock);
}

typedef struct {
    HfInfer *in;
    HfProposal *p;
} Errors;

static void see_site(const HfCheck *c, const HfSite *site, gpointer data)
{
    Errors *e = data;

    if (!site->own && site->tri != HF_HELD) {
        hf_proposal_error(e->p, hf_check_place(site->flow,
                                               site->call->event),
                          "\"%s\" calls it %s",
                          hf_infer_name(e->in, site->flow->sym),
                          site->tri == HF_ABSENT
                              ? "without the lock"
                              : "where the lock is not seen to be held");
    }
}

void hf_infer_check_requires(HfInfer *in, HfProposal *p, gboolean needed)
{
    const HfFlow *flow = in->check.solved->flows[p->sym];
    HfX lock = lock_of(in, p);
    HfSiteCount n = { 0 };
    HfSpot at = { flow, 0, 0 };
    HfVerdict v;

    if (!lock || !flow) {
        return;
    }
    hf_call_sites(&in->check, p->sym, lock, hf_site_count, &n);
    hf_call_sites(&in->check, p->sym, lock, see_site, &(Errors){ in, p });
    v = hf_verdict_any(&in->check, &at, &lock, 1);
    if (n.held) {
        hf_proposal_evidence(p, hf_check_place(n.held_at.flow,
                                               n.held_at.call->event),
                             "%u of %u calls hold it, as \"%s\" does here",
                             n.held, n.n,
                             hf_infer_name(in, n.held_at.flow->sym));
    }
    p->sure = needed && n.held && n.held + n.own == n.n &&
              v.tri == HF_HELD && v.n_contexts;
    if (!n.held && !hf_infer_is_claimed(in, p)) {
        g_ptr_array_set_size(p->evidence, 0); /* nobody ever holds it */
    }
}

static void remember(HfInfer *in, const HfProposal *p)
{
    GArray *found =
        g_hash_table_lookup(in->required, GUINT_TO_POINTER(p->sym));
    HfRequired r = { lock_of(in, p), p->kind == HF_EFF_REQUIRES_SHARED };

    if (!found) {
        found = g_array_new(FALSE, FALSE, sizeof(r));
        g_hash_table_insert(in->required, GUINT_TO_POINTER(p->sym), found);
    }
    g_array_append_val(found, r);
}

/* Callees come first, so what they require is known. */
void hf_infer_requires(HfInfer *in)
{
    const GArray *order = in->check.program->functions;

    for (guint i = 0; i < order->len; i++) {
        HfSymId sym = g_array_index(order, HfSymId, i);
        const HfFlow *flow = in->check.solved->flows[sym];
        guint first = in->out->list->len;

        if (hf_infer_eligible(in, flow) && !hf_check_exempt(&in->check,
                                                            flow)) {
            look_at(in, flow);
            by_name(in, flow);
            hf_infer_comment_of(in, sym);
        }
        for (guint k = first; k < in->out->list->len; k++) {
            HfProposal *p = g_ptr_array_index(in->out->list, k);

            hf_infer_check_requires(in, p, TRUE);
            if (p->sure) {
                remember(in, p);
            }
        }
    }
}
