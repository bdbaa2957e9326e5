/* SPDX-License-Identifier: MIT */
/*
 * Contexts from bodies: who calls global-state code is global-state code, who
 * calls code that polls needs global state or its home context.
 *
 * Sure is a call that every way through the body makes and that the body
 * itself does not shield by the lock that stands for global state: the callee
 * would complain anyhow.  A call on some ways is a suggestion, and leads to no
 * further ones.
 */
#include "annotate/infer.h"
#include "solve/blocks.h"
#include "check/demand.h"

typedef struct {
    HfContextClass cls;
    gboolean sure;
} State;

typedef struct {
    HfInfer *in;
    State *states; /* by HfSymId: declared, or found so far */
    HfX coroutine;
} Search;

/* What a call demands. */
typedef struct {
    HfContextClass cls;
    gboolean sure;
    HfSymId callee;
    HfFieldId slot;
    gboolean wrapper;
} Demand;

static const char *class_name(HfContextClass cls)
{
    return cls == HF_CLASS_GS         ? "global-state code"
           : cls == HF_CLASS_IO_OR_GS ? "\"I/O or global state\" code"
                                      : "I/O code";
}

static HfContextClass class_of_contract(const HfContract *k)
{
    return HF_CONTRACT_HAS(k, HF_EFF_GLOBAL_STATE) ? HF_CLASS_GS
           : HF_CONTRACT_HAS(k, HF_EFF_IO_OR_GS)   ? HF_CLASS_IO_OR_GS
           : HF_CONTRACT_HAS(k, HF_EFF_IO)         ? HF_CLASS_IO
                                                   : HF_CLASS_NONE;
}

static gboolean is_wrapper(const HfContract *k)
{
    return HF_CONTRACT_HAS(k, HF_EFF_CO_WRAPPER) ||
           HF_CONTRACT_HAS(k, HF_EFF_CO_WRAPPER_MIXED);
}

static gboolean in_coroutine(const Search *s, const HfFlow *flow,
                             const HfCall *call)
{
    const HfHold *h = s->coroutine ? hf_holds_find(s->in->check.solved,
                                                   call->must, s->coroutine)
                                   : NULL;

    return flow->coroutine || (h && h->now == HF_HOLD_HELD);
}

static Demand demand_of(const Search *s, const HfFlow *flow,
                        const HfCall *call)
{
    const HfSolved *solved = s->in->check.solved;
    const HfEvent *e = hf_flow_event(flow, call->event);
    const HfSymId *targets;
    const HfContract *k;
    Demand d = { 0 };

    if (e->kind != HF_EV_CALL) {
        hf_call_targets(solved, flow, call, &targets, &d.slot);
        d.cls = class_of_contract(
            d.slot ? hf_contract_of_field(solved->contracts, d.slot) : NULL);
        d.sure = TRUE;
        return d;
    }
    d.callee = flow->unit->symbols[e->sym];
    k = hf_contract_of(solved->contracts, d.callee);
    if (hf_contract_is_mark(solved->contracts, d.callee)) {
        return d;
    }
    d.cls = s->states[d.callee].cls;
    d.sure = s->states[d.callee].sure;
    /* outside a coroutine it polls until the coroutine has ended */
    if (d.cls == HF_CLASS_NONE && is_wrapper(k) &&
        !in_coroutine(s, flow, call)) {
        d.cls = HF_CLASS_IO_OR_GS;
        d.sure = d.wrapper = TRUE;
    }
    return d;
}

static gboolean counts(const Search *s, const HfFlow *flow,
                       const HfCall *call, const Demand *d)
{
    return (d->cls == HF_CLASS_GS || d->cls == HF_CLASS_IO_OR_GS) &&
           d->sure && !hf_infer_shielded(s->in, call, s->in->gs);
}

static gboolean is_candidate(const Search *s, const HfFlow *flow)
{
    const HfContract *k =
        flow ? hf_contract_of(s->in->check.solved->contracts, flow->sym)
             : NULL;

    return hf_infer_eligible(s->in, flow) && flow->cls == HF_CLASS_NONE &&
           class_of_contract(k) == HF_CLASS_NONE && !is_wrapper(k);
}

/* Global state beats either, what is sure beats what is not. */
static gboolean is_better(HfContextClass cls, gboolean sure, const State *than)
{
    if (than->cls == HF_CLASS_NONE) {
        return TRUE;
    }
    if (cls != than->cls) {
        return cls == HF_CLASS_GS;
    }
    return sure && !than->sure;
}

static gboolean look_at(Search *s, const HfFlow *flow)
{
    State best = { 0 };
    State *have = &s->states[flow->sym];

    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        Demand d = demand_of(s, flow, call);

        if (counts(s, flow, call, &d) && is_better(d.cls, TRUE, &best)) {
            gboolean always = hf_event_always(flow, call->event);

            if (is_better(d.cls, always, &best)) {
                best = (State){ d.cls, always };
            }
        }
    }
    if (best.cls == have->cls && best.sure == have->sure) {
        return FALSE;
    }
    *have = best;
    return TRUE;
}

/* ---- what would become an error ------------------------------------------ */

static void errors_of_callers(Search *s, HfProposal *p, const HfFlow *flow)
{
    const HfContextMatrix *m = &s->in->check.program->rules->contexts;
    const GArray *sites = s->in->check.program->callers[flow->sym];
    int row = p->kind == HF_EFF_GLOBAL_STATE ? 0 : 2;

    for (guint i = 0; m->set && sites && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *up = s->in->check.solved->flows[site->caller];
        uint32_t event = up ? site->event - up->fn->first_event : 0;
        const HfCall *call = up ? hf_flow_call(up, event) : NULL;

        if (call && up->cls == HF_CLASS_IO && !m->allowed[1][row] &&
            hf_flow_event(up, event)->kind == HF_EV_CALL &&
            !hf_infer_shielded(s->in, call, s->in->gs)) {
            hf_proposal_error(p, hf_check_place(up, event),
                              "\"%s\", which is I/O code, calls it",
                              hf_infer_name(s->in, up->sym));
        }
    }
}

/* Ways in on which none of what global state requires is held. */
static void errors_of_contexts(Search *s, HfProposal *p, const HfFlow *flow)
{
    const HfSolved *solved = s->in->check.solved;

    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);
        HfTri best = HF_ABSENT;

        for (int cap = 0; cap < 64; cap++) {
            if (s->in->gs >> cap & 1) {
                HfX x = hf_x_leaf(solved->exprs, HF_X_CAP, cap);

                best = MAX(best, hf_held(solved, flow, ctx, 0, x, NULL));
            }
        }
        if (best == HF_ABSENT && s->in->gs && ctx->cls == HF_CLASS_NONE) {
            g_autofree char *chain = hf_infer_chain(s->in, flow, ctx);

            hf_proposal_error(p, hf_check_place(flow, UINT32_MAX),
                              "entered outside global state: %s", chain);
        }
    }
}

/* ---- evidence ------------------------------------------------------------ */

static void note_call(Search *s, HfProposal *p, const HfFlow *flow,
                      const HfCall *call, const Demand *d, gboolean always)
{
    const HfProgram *program = s->in->check.program;
    const char *how = always ? "" : " on some ways";
    HfPlace at = hf_check_place(flow, call->event);

    if (d->slot) {
        const HfProgField *f = HF_PROGRAM_FIELD(program, d->slot);

        hf_proposal_evidence(p, at, "calls through \"%s.%s\"%s, which is %s",
                             HF_PROGRAM_RECORD(program, f->record)->name,
                             f->name, how, class_name(d->cls));
    } else if (d->wrapper) {
        hf_proposal_evidence(p, at,
                             "calls \"%s\"%s, which waits for a coroutine "
                             "where it is called outside of one",
                             hf_infer_name(s->in, d->callee), how);
    } else {
        const HfFlow *callee = s->in->check.solved->flows[d->callee];
        gboolean proposed = callee && is_candidate(s, callee);

        hf_proposal_evidence(p, at, "calls \"%s\"%s, which is %s%s",
                             hf_infer_name(s->in, d->callee), how,
                             proposed ? "to be " : "", class_name(d->cls));
    }
}

static void propose(Search *s, const HfFlow *flow)
{
    const State *st = &s->states[flow->sym];
    HfWhat what = { .sym = flow->sym,
                    .kind = st->cls == HF_CLASS_GS ? HF_EFF_GLOBAL_STATE
                                                   : HF_EFF_IO_OR_GS };
    HfProposal *p = hf_propose(s->in, &what);

    for (guint i = 0; p && i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        Demand d = demand_of(s, flow, call);
        gboolean always;

        if (!counts(s, flow, call, &d) || d.cls != st->cls) {
            continue;
        }
        always = hf_event_always(flow, call->event);
        if (always || !st->sure) {
            note_call(s, p, flow, call, &d, always);
        }
    }
    if (p) {
        errors_of_callers(s, p, flow);
        p->sure = st->sure && !p->errors->len;
        errors_of_contexts(s, p, flow);
    }
}

void hf_infer_contexts(HfInfer *in)
{
    const GArray *order = in->check.program->functions;
    int cap = hf_contract_cap(in->check.solved->contracts, "coroutine");
    Search s = { .in = in };
    gboolean changed = in->check.program->rules->contexts.set;

    s.coroutine = cap < 0 ? 0 : hf_x_leaf(in->check.solved->exprs, HF_X_CAP,
                                          (uint32_t)cap);
    s.states = g_new0(State, in->check.program->symbols->len);
    for (HfSymId i = 1; i < in->check.program->symbols->len; i++) {
        if (HF_PROGRAM_SYM(in->check.program, i)->kind == HF_SYM_FUNCTION) {
            s.states[i] = (State){ hf_demand_class(&in->check, i), TRUE };
        }
    }
    while (changed) {
        changed = FALSE;
        for (guint i = 0; i < order->len; i++) {
            const HfFlow *flow =
                in->check.solved->flows[g_array_index(order, HfSymId, i)];

            changed |= is_candidate(&s, flow) && look_at(&s, flow);
        }
    }
    for (guint i = 0; i < order->len; i++) {
        HfSymId sym = g_array_index(order, HfSymId, i);
        const HfFlow *flow = in->check.solved->flows[sym];

        if (is_candidate(&s, flow) && s.states[sym].cls != HF_CLASS_NONE) {
            propose(&s, flow);
        }
    }
    g_free(s.states);
}
