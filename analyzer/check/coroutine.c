/* SPDX-License-Identifier: MIT */
/*
 * COROUTINE: coroutine functions called from outside, functions that must be
 * marked and are not, blocking calls inside, wrappers where the direct call
 * belongs.
 */
#include "check/reach.h"

#include <string.h>

/* Is the function known to run in a coroutine at this point? */
typedef enum { CO_NO, CO_UNKNOWN, CO_CALLERS, CO_YES } CoMode;

typedef struct {
    HfX cap;
    GHashTable *told; /* HfSymId of callers already told to be marked */
} Coroutine;

static CoMode mode_of(const HfCheck *c, const HfFlow *flow, const HfCall *call,
                      HfX cap, gboolean may)
{
    const HfHold *h =
        hf_holds_find(c->solved, may ? call->may : call->must, cap);
    guint in = 0, out = 0;

    if (h && h->now == HF_HOLD_HELD) {
        return CO_YES;
    }
    if (h && h->now == HF_HOLD_ABSENT) {
        /* merged states: absent on some path only */
        return flow->imprecise ? CO_UNKNOWN : CO_NO;
    }
    if (flow->coroutine) {
        return CO_YES;
    }
    if (flow->no_coroutine) {
        return CO_NO;
    }
    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *x = &g_array_index(flow->contexts, HfContext, i);
        guint64 bit = 1ull << hf_x(c->solved->exprs, cap)->ref;

        in += x->caps & bit ? 1 : 0;
        out += x->absent & bit ? 1 : 0;
    }
    if (in && in == flow->contexts->len) {
        return CO_CALLERS;
    }
    return out && out == flow->contexts->len ? CO_NO : CO_UNKNOWN;
}

static const char *name_of(const HfCheck *c, HfSymId sym)
{
    return HF_PROGRAM_SYM(c->program, sym)->name;
}

static HfFinding *finding(HfCheck *c, const HfFlow *flow, HfSymId callee,
                          const char *what)
{
    HfFinding *f = hf_check_finding(c, flow, what);

    f->key_subject = g_strdup(name_of(c, callee));
    f->key_lock = g_strdup("");
    f->key_shape = g_strdup(what);
    f->rule = g_strdup("coroutine");
    return f;
}

static void note_declared(HfCheck *c, HfFinding *f, HfSymId sym,
                          const char *as)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(c->program, sym);

    if (s->decl_loc) {
        HfPlace at = hf_check_place_of(c->program, s->decl_unit, s->decl_loc);

        hf_finding_event(f, &at, "note", 0, "\"%s\" is declared %s here.",
                         s->name, as);
    }
}

static const HfContext *first_context(const HfFlow *flow)
{
    return flow->contexts->len ? &g_array_index(flow->contexts, HfContext, 0)
                               : NULL;
}

/* What is wrong is the declaration: the finding stands at the name, and the
 * call that shows it follows. */
static void must_be_marked(HfFinding *f, const HfFlow *flow,
                           const HfPlace *call, const char *callee,
                           const char *message)
{
    HfPlace name = hf_check_place(flow, UINT32_MAX);

    hf_finding_main(f, &name, "coroutine", 0, "%s", message);
    hf_finding_event(f, call, "call", 1, "Calling \"%s\".", callee);
}

/* A call of a coroutine function from one that does not say it is one. */
static void unmarked_caller(HfCheck *c, Coroutine *co, const HfFlow *flow,
                            const HfCall *call, HfSymId callee, CoMode mode)
{
    HfPlace at = hf_check_place(flow, call->event);
    const char *self = name_of(c, flow->sym);
    g_autofree char *message = NULL;
    HfFinding *f;

    if (g_hash_table_contains(co->told, GUINT_TO_POINTER(flow->sym)) ||
        flow->mixed) {
        return;
    }
    g_hash_table_add(co->told, GUINT_TO_POINTER(flow->sym));
    if (mode == CO_NO) {
        f = finding(c, flow, callee, "called_outside_coroutine");
        hf_trace_context(c, f, flow, first_context(flow));
        hf_finding_main(f, &at, "coroutine", 0,
                        "\"%s\" calls coroutine function \"%s\" outside of "
                        "a coroutine.", self, name_of(c, callee));
        f->tier = HF_TIER_HIGH;
        hf_finding_reason(f, "known not to run in a coroutine here");
    } else {
        f = finding(c, flow, callee, "missing_coroutine_fn");
        if (mode == CO_CALLERS) {
            hf_trace_context(c, f, flow, first_context(flow));
        }
        message = g_strdup_printf("\"%s\" calls coroutine function \"%s\" "
                                  "but is not marked as one.", self,
                                  name_of(c, callee));
        must_be_marked(f, flow, &at, name_of(c, callee), message);
        f->tier = HF_TIER_MEDIUM;
        hf_finding_reason(f, mode == CO_CALLERS
                                 ? "every known caller is a coroutine"
                                 : "the callee is marked");
    }
    note_declared(c, f, callee, "a coroutine function");
    hf_findings_add(c->findings, f);
}

static void wrapper_inside(HfCheck *c, Coroutine *co, const HfFlow *flow,
                           const HfCall *call, HfSymId callee, CoMode mode,
                           gboolean mixed)
{
    HfPlace at = hf_check_place(flow, call->event);
    HfFinding *f;

    if (mixed && mode == CO_CALLERS &&
        g_hash_table_contains(co->told, GUINT_TO_POINTER(flow->sym))) {
        return;
    }
    f = finding(c, flow, callee, "wrapper_in_coroutine");
    if (mode == CO_CALLERS) {
        hf_trace_context(c, f, flow, first_context(flow));
        g_hash_table_add(co->told, GUINT_TO_POINTER(flow->sym));
    }
    if (mode == CO_CALLERS) {
        g_autofree char *message = g_strdup_printf(
            "\"%s\" is called by coroutines only, and calls \"%s\", a wrapper "
            "for callers outside of them; mark it and call the coroutine "
            "function directly.", name_of(c, flow->sym), name_of(c, callee));

        must_be_marked(f, flow, &at, name_of(c, callee), message);
    } else {
        hf_finding_main(f, &at, "coroutine", 0,
                        "\"%s\" is a wrapper for callers outside of "
                        "coroutines, but \"%s\" runs in one.",
                        name_of(c, callee), name_of(c, flow->sym));
    }
    f->tier = !mixed ? HF_TIER_HIGH
              : mode == CO_CALLERS ? HF_TIER_MEDIUM : HF_TIER_LOW;
    hf_finding_reason(f, mixed ? "the wrapper works here, at a cost"
                               : "the wrapper must not run in a coroutine");
    note_declared(c, f, callee, "a wrapper");
    hf_findings_add(c->findings, f);
}

/* A helper that says nothing and uses a wrapper, called by a function that
 * runs in coroutines only: both could call the coroutine function. */
static HfSymId wrapper_in_helper(const HfCheck *c, HfSymId helper)
{
    const HfFlow *f = c->solved->flows[helper];

    for (guint i = 0; f && i < f->calls->len; i++) {
        const HfCall *call = &g_array_index(f->calls, HfCall, i);
        const HfEvent *e = hf_flow_event(f, call->event);
        HfSymId callee;

        if (e->kind != HF_EV_CALL) {
            continue;
        }
        callee = f->unit->symbols[e->sym];
        if (HF_CONTRACT_HAS(hf_contract_of(c->solved->contracts, callee),
                            HF_EFF_CO_WRAPPER_MIXED)) {
            return callee;
        }
    }
    return 0;
}

static void helper_inside(HfCheck *c, Coroutine *co, const HfFlow *flow,
                          const HfCall *call, HfSymId helper)
{
    HfSymId wrapper = wrapper_in_helper(c, helper);
    HfPlace at = hf_check_place(flow, call->event);
    g_autofree char *message = NULL;
    HfFinding *f;

    if (!wrapper ||
        g_hash_table_contains(co->told, GUINT_TO_POINTER(flow->sym))) {
        return;
    }
    g_hash_table_add(co->told, GUINT_TO_POINTER(flow->sym));
    f = finding(c, flow, wrapper, "wrapper_in_coroutine");
    hf_trace_context(c, f, flow, first_context(flow));
    message = g_strdup_printf(
        "\"%s\" is called by coroutines only, and \"%s\", which it calls, uses "
        "\"%s\", a wrapper for callers outside of them.",
        name_of(c, flow->sym), name_of(c, helper), name_of(c, wrapper));
    must_be_marked(f, flow, &at, name_of(c, helper), message);
    f->tier = HF_TIER_MEDIUM;
    hf_finding_reason(f, "the wrapper works here, at a cost");
    hf_findings_add(c->findings, f);
}

static void blocking_inside(HfCheck *c, const HfFlow *flow, const HfCall *call,
                            HfSymId callee, gboolean some_path)
{
    HfPlace at = hf_check_place(flow, call->event);
    HfFinding *f = finding(c, flow, callee, "blocking_in_coroutine");
    const HfLoc *loc = hf_flow_loc(flow, call->event);
    const char *macro = hf_str(flow->unit->facts, loc->macro);

    if (flow->coroutine && !some_path) {
        hf_finding_reason(f, "the function is declared a coroutine function");
    }
    hf_finding_main(f, &at, "coroutine", 0,
                    "\"%s\" blocks%s%s%s, and runs in a coroutine%s.",
                    name_of(c, callee), *macro ? " (in " : "", macro,
                    *macro ? ")" : "",
                    some_path ? " on the path where the test for it "
                                "succeeded" : "");
    f->tier = some_path ? HF_TIER_MEDIUM : HF_TIER_HIGH;
    hf_findings_add(c->findings, f);
}

/* The test is this function's own.  What a callee found out about itself
 * says nothing about who calls this function. */
static gboolean tested_here(const HfCheck *c, const HfFlow *flow,
                            const HfCall *call, HfX cap)
{
    const HfHold *h = hf_holds_find(c->solved, call->may, cap);
    const HfEvent *e = h && h->event < flow->fn->n_events
                           ? hf_flow_event(flow, h->event) : NULL;

    return e && e->kind == HF_EV_CALL &&
           HF_CONTRACT_HAS(hf_contract_of(c->solved->contracts,
                                          flow->unit->symbols[e->sym]),
                           HF_EFF_TEST_HELD);
}

static void check_call(HfCheck *c, Coroutine *co, const HfFlow *flow,
                       const HfCall *call, HfSymId callee)
{
    const HfContract *k = hf_contract_of(c->solved->contracts, callee);
    CoMode mode = mode_of(c, flow, call, co->cap, FALSE);

    if (!k) {
        if (mode == CO_CALLERS) {
            helper_inside(c, co, flow, call, callee);
        }
        return;
    }
    /* callers go by the declaration that says it is for both */
    if (HF_CONTRACT_HAS(k, HF_EFF_COROUTINE) && mode != CO_YES &&
        !HF_CONTRACT_HAS(k, HF_EFF_COROUTINE_MIXED)) {
        unmarked_caller(c, co, flow, call, callee, mode);
    }
    if (mode == CO_YES || mode == CO_CALLERS) {
        if (HF_CONTRACT_HAS(k, HF_EFF_CO_WRAPPER_MIXED) ||
            (HF_CONTRACT_HAS(k, HF_EFF_NO_COROUTINE) &&
             HF_CONTRACT_HAS(k, HF_EFF_COROUTINE_MIXED))) {
            wrapper_inside(c, co, flow, call, callee, mode, TRUE);
        } else if (HF_CONTRACT_HAS(k, HF_EFF_CO_WRAPPER) ||
                   HF_CONTRACT_HAS(k, HF_EFF_NO_COROUTINE)) {
            wrapper_inside(c, co, flow, call, callee, mode, FALSE);
        }
    }
    /* mixed: it yields where it would block */
    if (HF_CONTRACT_HAS(k, HF_EFF_BLOCKING) &&
        !HF_CONTRACT_HAS(k, HF_EFF_COROUTINE_MIXED)) {
        if (mode == CO_YES) {
            blocking_inside(c, flow, call, callee, FALSE);
        } else if (mode_of(c, flow, call, co->cap, TRUE) == CO_YES &&
                   tested_here(c, flow, call, co->cap)) {
            blocking_inside(c, flow, call, callee, TRUE);
        }
    }
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    const HfContract *own = hf_contract_of(c->solved->contracts, flow->sym);

    /* the wrappers themselves look before they leap */
    if (HF_CONTRACT_HAS(own, HF_EFF_CO_WRAPPER) ||
        HF_CONTRACT_HAS(own, HF_EFF_CO_WRAPPER_MIXED)) {
        return;
    }
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const HfEvent *e = hf_flow_event(flow, call->event);

        if (e->kind == HF_EV_CALL) {
            check_call(c, data, flow, call, flow->unit->symbols[e->sym]);
        }
    }
}

static void run(HfCheck *c)
{
    int cap = hf_contract_cap(c->solved->contracts, "coroutine");
    Coroutine co;

    if (cap < 0) {
        return; /* the profile knows no coroutines */
    }
    co.cap = hf_x_leaf(c->solved->exprs, HF_X_CAP, cap);
    co.told = g_hash_table_new(NULL, NULL);
    hf_check_each_flow(c, check_flow, &co);
    g_hash_table_unref(co.told);
}

const HfChecker hf_checker_coroutine = {
    .name = "COROUTINE",
    .summary = "coroutine functions, wrappers and blocking calls misplaced",
    .cwe = 662,
    .impact = HF_IMPACT_MEDIUM,
    .run = run,
};
