/* SPDX-License-Identifier: MIT */
#include "check/lost_lock.h"

#define MAX_LEVELS 64

/* A hold on that member of some object, which the callee has no name for. */
static gboolean is_lost(const HfCheck *c, const HfFlow *flow,
                        const HfCall *call, HfHolds set, HfFieldId member)
{
    HfXTable *t = c->solved->exprs;
    guint n;
    const HfHold *rows = hf_holds(c->solved, set, &n);

    for (guint i = 0; i < n; i++) {
        const HfXNode *x = hf_x(t, rows[i].lock);
        const HfHold *here =
            hf_holds_find(c->solved, call->must, rows[i].lock);

        if (rows[i].now == HF_HOLD_HELD && x->kind == HF_X_FIELD &&
            x->ref == member && !(here && here->now == HF_HOLD_ABSENT) &&
            !hf_x_to_callee(t, rows[i].lock,
                            &g_array_index(flow->args, HfX, call->first_arg),
                            call->n_args)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_lost_above(const HfCheck *c, const HfContext *ctx,
                       HfFieldId member)
{
    for (guint i = 0; ctx->parent && i < MAX_LEVELS; i++) {
        const HfFlow *up = c->solved->flows[ctx->parent];
        const HfCall *call = hf_flow_call(up, ctx->parent_event);

        ctx = &g_array_index(up->contexts, HfContext, ctx->parent_context);
        if (call && (is_lost(c, up, call, call->must, member) ||
                     is_lost(c, up, call, ctx->held, member))) {
            return TRUE;
        }
    }
    return FALSE;
}
