/* SPDX-License-Identifier: MIT */
#include "check/set_up.h"

/* Wrappers of wrappers. */
#define MAX_DEPTH 3

static gboolean sets_up(const HfCheck *c, const HfFlow *flow,
                        const HfCall *call, guint arg, guint depth);

/* The body gives its own parameter to a call that does. */
static gboolean hands_on(const HfCheck *c, const HfFlow *flow, guint param,
                         guint depth)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        for (guint a = 0; a < call->n_args; a++) {
            HfX x = g_array_index(flow->args, HfX, call->first_arg + a);
            const HfXNode *n = x ? hf_x(c->solved->exprs, x) : NULL;

            if (n && n->kind == HF_X_PARAM && n->ref == param &&
                sets_up(c, flow, call, a, depth)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean sets_up(const HfCheck *c, const HfFlow *flow,
                        const HfCall *call, guint arg, guint depth)
{
    const HfEvent *e = hf_flow_event(flow, call->event);
    HfSymId sym = e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;
    const HfContract *k = sym ? hf_contract_of(c->solved->contracts, sym)
                              : NULL;
    const HfFlow *callee = sym ? c->solved->flows[sym] : NULL;

    if (HF_CONTRACT_HAS(k, HF_EFF_INIT) ||
        HF_CONTRACT_HAS(k, HF_EFF_DESTROY)) {
        return TRUE;
    }
    return depth && callee && callee != flow &&
           hands_on(c, callee, arg, depth - 1);
}

gboolean hf_set_up_call(const HfCheck *c, const HfFlow *flow,
                        const HfCall *call, guint arg)
{
    return sets_up(c, flow, call, arg, MAX_DEPTH);
}
