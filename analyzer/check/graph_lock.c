/* SPDX-License-Identifier: MIT */
/*
 * GRAPH_LOCK: the lock of a block graph, that readers take often and the one
 * writer rarely.  What functions and slots declare of it is checked as for
 * LOCK_CONTRACT, but strictly: where callers are annotated throughout, what
 * is not known to be held is missing.  Besides, a reader must not become the
 * writer, nor wait for others to become idle: they may wait for it.
 */
#include "check/contract_calls.h"
#include "check/convention.h"

#include <string.h>

typedef struct {
    HfX lock;      /* 0: the profile has none */
    gboolean strict; /* functions that need it say so */
    const char *drain; /* capability that means "others are made idle" */
} Graph;

/* In global state being a reader is asserted, not waited for: the writer is
 * this very thread. */
static gboolean reads_by_nature(const HfCheck *c, const HfFlow *flow,
                                const HfHold *h, const HfContext *ctx)
{
    const HfEvent *e;

    if (flow->cls == HF_CLASS_GS || (ctx && ctx->cls == HF_CLASS_GS)) {
        return TRUE;
    }
    if (!h || h->event >= flow->fn->n_events) {
        return FALSE;
    }
    e = hf_flow_event(flow, h->event);
    return e->kind == HF_EV_CALL &&
           HF_CONTRACT_HAS(hf_contract_of(c->solved->contracts,
                                          flow->unit->symbols[e->sym]),
                           HF_EFF_GLOBAL_STATE);
}

static const HfContext *reader_context(const HfCheck *c, const HfFlow *flow,
                                       HfHolds local, HfX lock)
{
    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);
        gboolean shared;

        if (hf_held(c->solved, flow, ctx, local, lock, &shared) == HF_HELD &&
            shared) {
            return ctx;
        }
    }
    return NULL;
}

static void report(HfCheck *c, const HfFlow *flow, const HfLockOp *op,
                   const Graph *g, const HfHold *h, const HfContext *ctx,
                   gboolean drains)
{
    HfFinding *f = hf_check_finding(
        c, flow, drains ? "drain_under_read" : "write_under_read");
    g_autofree char *lock = hf_check_text(c, flow, g->lock);
    HfPlace place = hf_check_place(flow, op->event);
    int depth = h ? 0 : hf_trace_context(c, f, flow, ctx);

    if (h) {
        hf_trace_hold(c, f, flow, h, 0);
    }
    if (drains) {
        hf_finding_main(f, &place, "graph_lock", depth,
                        "Draining with \"%s\" held for reading: requests "
                        "that wait for the writer never end.", lock);
    } else {
        hf_finding_main(f, &place, "graph_lock", depth,
                        "Taking \"%s\" for writing while it is held for "
                        "reading: the writer waits for this reader.", lock);
    }
    hf_finding_reason(f, h ? "held on the path that leads here"
                           : "held by the caller");
    f->tier = h || !ctx->n_slots ? HF_TIER_HIGH : HF_TIER_MEDIUM;
    f->rule = g_strdup("built in");
    f->key_subject = hf_check_stable(c, op->lock);
    f->key_lock = g_strdup(lock);
    f->key_shape = g_strdup(f->subcategory);
    hf_findings_add(c->findings, f);
}

static gboolean is_drain(const HfCheck *c, const Graph *g, HfX lock)
{
    const HfCapRule *cap = hf_contract_cap_rule(c->solved->contracts, lock);

    return cap && strcmp(cap->name, g->drain) == 0;
}

/* A write lock or a drain, begun here, while reading. */
static void check_op(HfCheck *c, const HfFlow *flow, const HfLockOp *op,
                     const Graph *g)
{
    gboolean drains = is_drain(c, g, op->lock);
    const HfCall *call = hf_flow_call(flow, op->event);
    const HfContext *ctx = NULL;
    const HfHold *h;

    if (op->kind != HF_LOCK_ACQUIRE || op->via || op->shared || !call ||
        (!drains && op->lock != g->lock)) {
        return;
    }
    h = hf_holds_find(c->solved, call->must, g->lock);
    if (h && h->now == HF_HOLD_HELD) {
        if (h->flags & HF_HOLD_SHARED &&
            !(drains && reads_by_nature(c, flow, h, NULL))) {
            report(c, flow, op, g, h, NULL, drains);
        }
    } else if ((ctx = reader_context(c, flow, call->must, g->lock)) &&
               !(drains && reads_by_nature(c, flow, NULL, ctx))) {
        report(c, flow, op, g, NULL, ctx, drains);
    }
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    const Graph *g = data;

    hf_contract_check_calls(c, flow, TRUE, g->strict);
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        check_op(c, flow, &g_array_index(flow->lock_ops, HfLockOp, i), g);
    }
}

static void run(HfCheck *c)
{
    int cap = hf_contract_cap(c->solved->contracts, "graph_lock");
    Graph g = { .drain = hf_check_option(c, "drain", "drained") };

    if (cap >= 0) {
        g.lock = hf_x_leaf(c->solved->exprs, HF_X_CAP, cap);
        g.strict = hf_convention_strict(c, "graph_lock");
        hf_check_each_flow(c, check_flow, &g);
    }
}

const HfChecker hf_checker_graph_lock = {
    .name = "GRAPH_LOCK",
    .summary = "block graph lock missing, or taken where it deadlocks",
    .cwe = 667,
    .impact = HF_IMPACT_HIGH,
    .run = run,
};
