/* SPDX-License-Identifier: MIT */
/*
 * Functions that run in coroutines only: they call such functions, or are
 * stored where such are called.
 *
 * Sure when all who call it are coroutine functions themselves, or it is
 * where coroutines start.
 */
#include "annotate/infer.h"

typedef struct {
    HfInfer *in;
    HfX cap;
    uint8_t *is; /* by HfSymId: declared or sure */
} Search;

static gboolean says_any(const Search *s, const HfFlow *flow)
{
    const HfContract *k =
        hf_contract_of(s->in->check.solved->contracts, flow->sym);

    return flow->coroutine || flow->no_coroutine || flow->mixed ||
           HF_CONTRACT_HAS(k, HF_EFF_CO_WRAPPER) ||
           HF_CONTRACT_HAS(k, HF_EFF_CO_WRAPPER_MIXED);
}

/* The body asked before it called. */
static gboolean asked(const Search *s, const HfCall *call)
{
    const HfHold *h =
        hf_holds_find(s->in->check.solved, call->must, s->cap);

    return h && h->now != HF_HOLD_INHERITED;
}

static HfSymId coroutine_called(const Search *s, const HfFlow *flow,
                                const HfCall *call)
{
    const HfEvent *e = hf_flow_event(flow, call->event);
    HfSymId callee = e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;

    return callee && s->is[callee] && !asked(s, call) ? callee : 0;
}

/* Every known way in is in a coroutine. */
static gboolean entered_in_coroutine(const Search *s, const HfFlow *flow)
{
    const GArray *sites = s->in->check.program->callers[flow->sym];
    HfSpot at = { flow, 0, 0 };
    HfVerdict v = hf_verdict_any(&s->in->check, &at, &s->cap, 1);
    gboolean any = v.n_contexts && v.tri == HF_HELD;

    if (v.tri == HF_ABSENT) {
        return FALSE;
    }
    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);

        if (!s->is[site->caller]) {
            return v.n_contexts && v.tri == HF_HELD;
        }
        any = TRUE;
    }
    return any;
}

static gboolean is_candidate(const Search *s, const HfFlow *flow)
{
    return hf_infer_eligible(s->in, flow) && !says_any(s, flow) &&
           !s->is[flow->sym];
}

static gboolean calls_coroutine(const Search *s, const HfFlow *flow)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        if (coroutine_called(s, flow,
                             &g_array_index(flow->calls, HfCall, i))) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- slots --------------------------------------------------------------- */

/* A member that says so, in which the function is stored. */
static HfFieldId coroutine_slot(const Search *s, HfSymId sym,
                                const GArray *slots)
{
    for (guint i = 0; i < slots->len; i++) {
        HfFieldId slot = g_array_index(slots, HfFieldId, i);
        const GArray *targets =
            HF_PROGRAM_FIELD(s->in->check.program, slot)->targets;

        for (guint n = 0; n < targets->len; n++) {
            if (g_array_index(targets, HfSymId, n) == sym) {
                return slot;
            }
        }
    }
    return 0;
}

static GArray *coroutine_slots(const Search *s)
{
    const HfProgram *p = s->in->check.program;
    GArray *out = g_array_new(FALSE, FALSE, sizeof(HfFieldId));

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfContract *k =
            hf_contract_of_field(s->in->check.solved->contracts, i);

        if (HF_PROGRAM_FIELD(p, i)->targets &&
            HF_CONTRACT_HAS(k, HF_EFF_COROUTINE)) {
            g_array_append_val(out, i);
        }
    }
    return out;
}

/* ---- proposals ----------------------------------------------------------- */

static void errors(Search *s, HfProposal *p, const HfFlow *flow)
{
    const GArray *sites = s->in->check.program->callers[flow->sym];

    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *up = s->in->check.solved->flows[site->caller];
        uint32_t event = up ? site->event - up->fn->first_event : 0;
        const HfCall *call = up ? hf_flow_call(up, event) : NULL;
        HfSpot at = { up, call ? call->must : 0, 0 };

        if (call && !s->is[site->caller] && !up->mixed &&
            hf_verdict_any(&s->in->check, &at, &s->cap, 1).tri != HF_HELD) {
            hf_proposal_error(p, hf_check_place(up, event),
                              "\"%s\", which is no coroutine_fn, calls it",
                              hf_infer_name(s->in, up->sym));
        }
    }
}

static void propose(Search *s, const HfFlow *flow, const GArray *slots,
                    gboolean sure)
{
    HfWhat what = { .kind = HF_EFF_COROUTINE, .sym = flow->sym };
    HfProposal *p = hf_propose(s->in, &what);
    HfFieldId slot = p ? coroutine_slot(s, flow->sym, slots) : 0;

    if (!p) {
        return;
    }
    p->sure = sure;
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        HfSymId callee = coroutine_called(s, flow, call);

        if (callee) {
            hf_proposal_evidence(p, hf_check_place(flow, call->event),
                                 "calls \"%s\", which is a coroutine_fn",
                                 hf_infer_name(s->in, callee));
        }
    }
    if (slot) {
        const HfProgField *f = HF_PROGRAM_FIELD(s->in->check.program, slot);

        hf_proposal_evidence(p, hf_infer_place_of_field(s->in, slot),
                             "is stored in \"%s.%s\", which is called as a "
                             "coroutine_fn",
                             HF_PROGRAM_RECORD(s->in->check.program,
                                               f->record)->name, f->name);
    }
    if (!sure) {
        errors(s, p, flow);
    }
}

/* What is sure makes more of it sure. */
static void grow(Search *s, const GArray *slots, uint8_t *found)
{
    const GArray *order = s->in->check.program->functions;
    gboolean changed = TRUE;

    while (changed) {
        changed = FALSE;
        for (guint i = 0; i < order->len; i++) {
            HfSymId sym = g_array_index(order, HfSymId, i);
            const HfFlow *flow = s->in->check.solved->flows[sym];

            if (is_candidate(s, flow) &&
                (coroutine_slot(s, sym, slots) || calls_coroutine(s, flow)) &&
                entered_in_coroutine(s, flow)) {
                s->is[sym] = found[sym] = 1;
                changed = TRUE;
            }
        }
    }
}

void hf_infer_coroutines(HfInfer *in)
{
    const HfProgram *program = in->check.program;
    int cap = hf_contract_cap(in->check.solved->contracts, "coroutine");
    Search s = { .in = in };
    g_autofree uint8_t *found = g_new0(uint8_t, program->symbols->len);
    GArray *slots;

    if (cap < 0) {
        return;
    }
    s.cap = hf_x_leaf(in->check.solved->exprs, HF_X_CAP, (uint32_t)cap);
    s.is = g_new0(uint8_t, program->symbols->len);
    for (HfSymId i = 1; i < program->symbols->len; i++) {
        const HfFlow *flow = in->check.solved->flows[i];

        s.is[i] = flow ? flow->coroutine
                       : HF_CONTRACT_HAS(hf_contract_of(
                             in->check.solved->contracts, i),
                             HF_EFF_COROUTINE);
    }
    slots = coroutine_slots(&s);
    grow(&s, slots, found);
    for (guint i = 0; i < program->functions->len; i++) {
        HfSymId sym = g_array_index(program->functions, HfSymId, i);
        const HfFlow *flow = in->check.solved->flows[sym];

        if (found[sym]) {
            propose(&s, flow, slots, TRUE);
        } else if (is_candidate(&s, flow) &&
                   (coroutine_slot(&s, sym, slots) ||
                    calls_coroutine(&s, flow))) {
            propose(&s, flow, slots, FALSE);
        }
    }
    g_array_unref(slots);
    g_free(s.is);
}
