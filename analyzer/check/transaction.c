/* SPDX-License-Identifier: MIT */
/*
 * TRANSACTION: a function runs while a token is held that it excludes (a view
 * read in the middle of the transaction that changes it), or without one that
 * it requires.  The read sections of RCU are that checker's business.
 */
#include "check/excluded.h"
#include "check/rcu_pointer.h"

#include <string.h>

/* ---- a required token is missing ---------------------------------------- */

typedef struct {
    HfX rcu;
    GHashTable *told; /* caller << 32 | callee */
} Outside;

static gboolean all_tokens(const HfCheck *c, const Outside *o,
                           const HfClause *cl)
{
    for (guint i = 0; i < cl->n_locks; i++) {
        if (cl->locks[i] == o->rcu || !hf_verdict_is_token(c, cl->locks[i])) {
            return FALSE;
        }
    }
    return cl->n_locks > 0;
}

static void report_outside(HfCheck *c, const HfFlow *flow,
                           const HfCall *call, HfSymId callee,
                           const HfClause *cl, const HfVerdict *v)
{
    HfFinding *f = hf_check_finding(c, flow, "outside_token");
    g_autofree char *token = hf_check_text(c, flow, cl->locks[0]);
    const char *name = HF_PROGRAM_SYM(c->program, callee)->name;
    const HfHold *h = hf_holds_find(c->solved, call->must, cl->locks[0]);
    int depth = hf_trace_context(c, f, flow, v->ctx);
    HfPlace at = hf_check_place(flow, call->event);

    if (h) {
        hf_trace_hold(c, f, flow, h, depth);
    }
    hf_finding_main(f, &at, "transaction", depth,
                    "\"%s\" is called outside of \"%s\", which it requires.",
                    name, token);
    hf_finding_reason(f, "held in %u of %u contexts", v->n_held,
                      v->n_contexts);
    f->tier = h && h->now == HF_HOLD_ABSENT ? HF_TIER_HIGH : HF_TIER_MEDIUM;
    f->rule = cl->annot ? g_strdup(cl->annot->text)
                        : g_strdup_printf("%s:%d", cl->effect->place.file,
                                          cl->effect->place.line);
    f->key_subject = g_strdup(name);
    f->key_lock = g_strdup(token);
    f->key_shape = g_strdup("outside");
    hf_findings_add(c->findings, f);
}

static void check_required(HfCheck *c, Outside *o, const HfFlow *flow,
                           const HfCall *call, HfSymId callee)
{
    const HfContract *k = hf_contract_of(c->solved->contracts, callee);
    gint64 key = (gint64)flow->sym << 32 | callee;

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        HfSpot at = { flow, call->must, 0 };
        HfVerdict v;

        if ((cl->kind != HF_EFF_REQUIRES &&
             cl->kind != HF_EFF_REQUIRES_SHARED) || !all_tokens(c, o, cl)) {
            continue;
        }
        v = hf_verdict_any(c, &at, cl->locks, cl->n_locks);
        if (v.tri == HF_ABSENT && !g_hash_table_contains(o->told, &key)) {
            g_hash_table_add(o->told, g_memdup2(&key, sizeof(key)));
            report_outside(c, flow, call, callee, cl, &v);
        }
    }
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const HfEvent *e = hf_flow_event(flow, call->event);

        if (e->kind == HF_EV_CALL) {
            check_required(c, data, flow, call, flow->unit->symbols[e->sym]);
        }
    }
}

/* ---- an excluded token is held ------------------------------------------ */

static void run(HfCheck *c)
{
    static const HfExcludedWords words = {
        "inside_token", "transaction", ", where it must not run",
    };
    Outside o = {
        .rcu = hf_rcu_token(c),
        .told = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                      NULL),
    };
    GArray *tokens = hf_excluded_tokens(c);

    for (guint i = 0; i < tokens->len; i++) {
        HfX token = g_array_index(tokens, HfX, i);

        if (token != o.rcu) {
            hf_excluded_check(c, token, &words);
        }
    }
    hf_check_each_flow(c, check_flow, &o);
    g_array_unref(tokens);
    g_hash_table_unref(o.told);
}

const HfChecker hf_checker_transaction = {
    .name = "TRANSACTION",
    .summary = "code runs in the middle of something that excludes it",
    .cwe = 821,
    .impact = HF_IMPACT_HIGH,
    .run = run,
};
