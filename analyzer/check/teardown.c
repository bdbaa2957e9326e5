/* SPDX-License-Identifier: MIT */
/*
 * TEARDOWN_RACE: something is freed, destroyed or cleared while a thread that
 * was not waited for may still use it.
 */
#include "check/teardown.h"

/* ---- elsewhere ---------------------------------------------------------- */

static void check_elsewhere(HfTeardown *r, const HfThreadUse *u,
                            const HfGone *gone)
{
    const HfCall *call = hf_flow_call(gone->flow, gone->event);
    HfTeardownFault k = { .thread = u, .flow = gone->flow, .event = gone->event,
                .gone = *gone, .shape = HF_TEARDOWN_ELSEWHERE };
    HfAccess a = { .event = gone->event, .must = call->must,
                   .kind = HF_EV_WRITE, .path = gone->object };
    HfSeen here = { gone->flow, &a };
    const HfXTable *t = r->c->solved->exprs;

    if (hf_x(t, hf_x_root(t, gone->object))->kind != HF_X_GLOBAL ||
        hf_teardown_role(r, u)->joins->len) {
        return; /* which object it is, or what came before, is not known */
    }
    k.use = hf_teardown_use(u, gone, &k.sure);
    if (k.use && k.sure &&
        hf_use_alias(r->c, &here, k.use) == HF_ALIAS_YES &&
        hf_use_meet(r->c, r->phases, &here, k.use).verdict ==
            HF_PARALLEL_YES) {
        hf_teardown_report(r, &k);
    }
}

/* What the function frees by a name that others may know. */
static GArray *find_freed(HfTeardown *r, const HfFlow *flow)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(HfGone));
    HfGone gone;

    for (guint i = 0; !hf_check_exempt(r->c, flow) &&
                      i < flow->calls->len; i++) {
        if (hf_teardown_gone(r, flow,
                             g_array_index(flow->calls, HfCall, i).event,
                             &gone) &&
            gone.how == HF_GONE_FREED && gone.key) {
            g_array_append_val(all, gone);
        }
    }
    return all;
}

/* ---- the checker -------------------------------------------------------- */

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfTeardown *r = data;
    GArray *freed = find_freed(r, flow);

    (void)c;
    for (guint i = 0; i < r->threads->len; i++) {
        const HfThreadUse *u = g_ptr_array_index(r->threads, i);

        hf_teardown_check_order(r, u, flow);
        for (guint k = 0; k < freed->len && !u->joins[flow->sym]; k++) {
            check_elsewhere(r, u, &g_array_index(freed, HfGone, k));
        }
    }
    g_array_unref(freed);
}

static void run_teardown(HfCheck *c)
{
    HfTeardown r;

    hf_teardown_init(&r, c);
    hf_check_each_flow(c, check_flow, &r);
    for (guint i = 0; i < r.threads->len; i++) {
        const HfThreadUse *u = g_ptr_array_index(r.threads, i);
        const GArray *starts = hf_teardown_role(&r, u)->starts;

        for (guint k = 0; k < starts->len; k++) {
            hf_teardown_check_start(&r, u,
                                    &g_array_index(starts, HfRolePoint, k));
        }
    }
    hf_teardown_clear(&r);
}

const HfChecker hf_checker_teardown_race = {
    .name = "TEARDOWN_RACE",
    .summary = "freed or destroyed while a thread may still use it",
    .cwe = 416,
    .impact = HF_IMPACT_HIGH,
    .run = run_teardown,
};
