/* SPDX-License-Identifier: MIT */
/*
 * One half of a context where the other is written: the declaration says it
 * and the body does not check it, or the other way round.  Only where this
 * program writes both, nearly always.
 */
#include "annotate/infer.h"
#include "check/convention.h"

#include <string.h>

typedef struct {
    HfInfer *in;
    /* of functions with either half, those with both; by what kind of
     * function it is, and class */
    HfCustom declared[4][4]; /* of those whose body checks it */
    HfCustom checked[4][4];  /* of those whose declaration says it */
    gboolean judging;
} Search;

static HfContextClass mark_of(const HfInfer *in, HfSymId sym)
{
    const HfContract *k = hf_contract_of(in->check.solved->contracts, sym);

    return HF_CONTRACT_HAS(k, HF_EFF_GLOBAL_STATE) ? HF_CLASS_GS
           : HF_CONTRACT_HAS(k, HF_EFF_IO_OR_GS)   ? HF_CLASS_IO_OR_GS
           : HF_CONTRACT_HAS(k, HF_EFF_IO)         ? HF_CLASS_IO
                                                   : HF_CLASS_NONE;
}

static HfContextClass class_of_clause(const HfClause *cl)
{
    return cl->kind == HF_EFF_GLOBAL_STATE ? HF_CLASS_GS
           : cl->kind == HF_EFF_IO_OR_GS   ? HF_CLASS_IO_OR_GS
           : cl->kind == HF_EFF_IO         ? HF_CLASS_IO : HF_CLASS_NONE;
}

/* By a statement of the body, as text or as the call that it expands to. */
static HfContextClass checked(const HfInfer *in, const HfFlow *flow,
                              HfPlace *at)
{
    const HfContract *k =
        hf_contract_of(in->check.solved->contracts, flow->sym);

    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t event = g_array_index(flow->calls, HfCall, i).event;
        const HfEvent *e = hf_flow_event(flow, event);
        HfSymId sym = e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;

        if (sym && hf_contract_is_mark(in->check.solved->contracts, sym) &&
            mark_of(in, sym) != HF_CLASS_NONE &&
            !hf_mark_in_branch(flow, event)) {
            *at = hf_check_place(flow, event);
            return mark_of(in, sym);
        }
    }
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->annot && cl->annot->flags & HF_ANNOT_IN_BODY &&
            class_of_clause(cl) != HF_CLASS_NONE) {
            *at = hf_check_place_of(in->check.program, cl->annot->unit,
                                    cl->annot->loc);
            return class_of_clause(cl);
        }
    }
    return HF_CLASS_NONE;
}

static HfEffectKind kind_of(HfContextClass cls)
{
    return cls == HF_CLASS_GS         ? HF_EFF_GLOBAL_STATE
           : cls == HF_CLASS_IO_OR_GS ? HF_EFF_IO_OR_GS : HF_EFF_IO;
}

/* Most of them do; nearly all, and it is sure. */
static gboolean is_custom(const HfCustom *k)
{
    return k->n >= 8 && k->n_says * 3 >= k->n * 2;
}

static gboolean is_rule(const HfCustom *k)
{
    return k->n >= 8 && k->n_says * 20 >= k->n * 19;
}

/* What only computes, and what one file keeps to itself, is often left out. */
static int sort_of(const HfInfer *in, const HfFlow *flow)
{
    return (hf_convention_is_plain(&in->check, flow) ? 1 : 0) +
           (HF_PROGRAM_SYM(in->check.program, flow->sym)->linkage ==
            HF_LINKAGE_INTERNAL ? 2 : 0);
}

static void propose(Search *s, const HfFlow *flow, HfContextClass cls,
                    guint parts, const HfCustom *custom, HfPlace at)
{
    HfWhat what = { .sym = flow->sym, .kind = kind_of(cls) };
    HfProposal *p = is_custom(custom) ? hf_propose(s->in, &what) : NULL;

    if (p) {
        p->parts = parts;
        p->sure = is_rule(custom);
        hf_proposal_evidence(p, at,
                             parts == HF_PART_BODY
                                 ? "its declaration says so; %u of %u bodies "
                                   "of such functions check it"
                                 : "its body checks it; %u of %u such "
                                   "functions declare it",
                             custom->n_says, custom->n);
    }
}

static void look_at(Search *s, const HfFlow *flow)
{
    HfPlace at = { 0 };
    HfContextClass said = hf_convention_declared(&s->in->check, flow->sym);
    HfContextClass body = checked(s->in, flow, &at);
    int sort;

    if (HF_PROGRAM_SYM(s->in->check.program, flow->sym)->flags &
        HF_SYM_INLINE) {
        return;
    }
    sort = sort_of(s->in, flow);
    if (!s->judging) {
        if (body != HF_CLASS_NONE) {
            s->declared[sort][body].n++;
            s->declared[sort][body].n_says += said != HF_CLASS_NONE;
        }
        if (said != HF_CLASS_NONE) {
            s->checked[sort][said].n++;
            s->checked[sort][said].n_says += body != HF_CLASS_NONE;
        }
    } else if (body != HF_CLASS_NONE && said == HF_CLASS_NONE) {
        propose(s, flow, body, HF_PART_BEFORE | HF_PART_AFTER,
                &s->declared[sort][body], at);
    } else if (said != HF_CLASS_NONE && body == HF_CLASS_NONE) {
        propose(s, flow, said, HF_PART_BODY, &s->checked[sort][said],
                hf_convention_place(&s->in->check, flow->sym));
    }
}

void hf_infer_marks(HfInfer *in)
{
    const GArray *order = in->check.program->functions;
    const HfSpellingRule *spelling =
        hf_rules_spelling(in->check.program->rules, "gs", NULL);
    Search s = { .in = in };

    if (!spelling || !spelling->body ||
        (!spelling->after && !spelling->before)) {
        return; /* there is only one half */
    }
    for (int pass = 0; pass < 2; pass++) {
        s.judging = pass;
        for (guint i = 0; i < order->len; i++) {
            const HfFlow *flow =
                in->check.solved->flows[g_array_index(order, HfSymId, i)];

            if (hf_infer_eligible(in, flow)) {
                look_at(&s, flow);
            }
        }
    }
}
