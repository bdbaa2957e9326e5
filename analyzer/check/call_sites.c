/* SPDX-License-Identifier: MIT */
#include "check/call_sites.h"
#include "check/guard.h"
#include "check/lock.h"
#include "check/lost_lock.h"

/* The object that the lock belongs to was made by the caller itself, and
 * nobody else has seen it. */
static gboolean is_own(const HfCheck *c, const HfCall *call, HfX lock)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *root = hf_x(t, hf_x_root(t, lock));

    return root->kind == HF_X_PARAM && root->ref < 32 &&
           (call->fresh_args >> root->ref & 1);
}

/* "Absent" by this name alone: one like it is held under another, or only
 * this function has a name for it. */
static gboolean may_be_alias(const HfCheck *c, const HfFlow *flow,
                             const HfCall *call, HfX lock)
{
    const GArray *contexts = flow->contexts;
    const HfXNode *n = hf_x(c->solved->exprs, lock);

    if (hf_x(c->solved->exprs, lock)->local ||
        hf_lock_alias_held(c, call->may, lock)) {
        return TRUE;
    }
    for (guint i = 0; i < contexts->len; i++) {
        const HfContext *ctx = &g_array_index(contexts, HfContext, i);

        if (hf_lock_alias_held(c, ctx->held, lock) ||
            (n->kind == HF_X_FIELD && hf_lost_above(c, ctx, n->ref))) {
            return TRUE;
        }
    }
    return FALSE;
}

static void judge(const HfCheck *c, const HfFlow *flow, const HfCall *call,
                  HfX lock, HfSiteFn fn, gpointer data)
{
    HfSite s = { .flow = flow, .call = call, .tri = HF_UNSURE };
    HfSpot at = { flow, call->must, 0 };
    HfVerdict v;

    s.own = is_own(c, call, lock);
    s.lock = hf_call_named(c->solved, flow, call, lock);
    if (s.lock) {
        s.lock = hf_contract_canonical(c->solved->contracts, s.lock);
        v = hf_verdict_any(c, &at, &s.lock, 1);
        s.tri = v.n_contexts ? v.tri : HF_UNSURE;
        s.own |= hf_guard_sets_up(c, flow, s.lock);
        if (s.tri == HF_ABSENT && may_be_alias(c, flow, call, s.lock)) {
            s.tri = HF_UNSURE;
        }
        s.indirect = hf_flow_event(flow, call->event)->kind !=
                     HF_EV_CALL;
        s.sometimes = v.n_held > 0 && v.tri != HF_HELD;
        s.shared = v.shared;
    }
    fn(c, &s, data);
}

void hf_call_sites(const HfCheck *c, HfSymId sym, HfX lock, HfSiteFn fn,
                   gpointer data)
{
    const GArray *sites = c->program->callers[sym];

    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *s = &g_array_index(sites, HfCallSite, i);
        const HfFlow *flow = c->solved->flows[s->caller];
        const HfCall *call =
            flow ? hf_flow_call(flow, s->event - flow->fn->first_event) : NULL;

        if (call && !flow->skip) {
            judge(c, flow, call, lock, fn, data);
        }
    }
}

void hf_slot_sites(const HfCheck *c, const HfSlots *slots, HfFieldId slot,
                   HfX lock, HfSiteFn fn, gpointer data)
{
    const HfSlotCalls *calls = hf_slots_calls(slots, slot);

    for (guint i = 0; calls && i < calls->sites->len; i++) {
        const HfSlotSite *s = &g_array_index(calls->sites, HfSlotSite, i);

        judge(c, s->flow, s->call, lock, fn, data);
    }
}

void hf_site_count(const HfCheck *c, const HfSite *s, gpointer data)
{
    HfSiteCount *k = data;
    HfSite *first;

    if (k->direct && s->indirect) {
        return;
    }
    k->n++;
    if (s->own) {
        k->own++;
        return;
    }
    if (s->tri == HF_HELD) {
        k->held++;
        first = &k->held_at;
    } else if (s->tri == HF_ABSENT) {
        k->absent++;
        k->sometimes += s->sometimes;
        first = &k->absent_at;
    } else {
        k->unsure++;
        first = &k->unsure_at;
    }
    if (!first->flow) {
        *first = *s;
    }
}
