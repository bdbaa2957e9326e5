/* SPDX-License-Identifier: MIT */
/* Places, texts and traces: what every finding is made of. */
#include "check/check.h"

HfPlace hf_check_place_of(const HfProgram *p, uint32_t unit, HfId loc)
{
    const HfFacts *f = HF_PROGRAM_UNIT(p, unit)->facts;
    const HfLoc *l = &f->locs[loc];

    return (HfPlace){ .file = (char *)hf_str(f, f->files[l->file].path),
                      .line = l->line, .col = l->col };
}

HfPlace hf_check_place(const HfFlow *flow, uint32_t event)
{
    const HfFacts *f = flow->unit->facts;
    const HfLoc *l = hf_flow_loc(flow, event);

    return (HfPlace){ .file = (char *)hf_str(f, f->files[l->file].path),
                      .line = l->line, .col = l->col };
}

HfFinding *hf_check_finding(const HfCheck *check, const HfFlow *flow,
                            const char *subcategory)
{
    HfFinding *f = hf_finding_new(check->checker->name, subcategory);
    const char *name = HF_PROGRAM_SYM(check->program, flow->sym)->name;

    f->cwe = check->checker->cwe;
    f->impact = check->checker->impact;
    f->function = g_strdup(name);
    f->key_function = g_strdup(name);
    return f;
}

char *hf_check_access_text(const HfFlow *flow, const HfAccess *access)
{
    const HfFacts *f = flow->unit->facts;
    const HfEvent *e = hf_flow_event(flow, access->event);
    GString *s = g_string_new(NULL);

    hf_facts_path_text(f, access->arg ? f->args[e->first_arg +
                                                access->arg - 1] : e->path,
                       s);
    return g_string_free(s, FALSE);
}

char *hf_check_text(const HfCheck *check, const HfFlow *flow, HfX x)
{
    GString *s = g_string_new(NULL);

    hf_x_text(check->solved->exprs, check->program, flow ? flow->sym : 0, x,
              s);
    return g_string_free(s, FALSE);
}

char *hf_check_stable(const HfCheck *check, HfX x)
{
    GString *s = g_string_new(NULL);

    hf_x_stable_text(check->solved->exprs, check->program, x, s);
    return g_string_free(s, FALSE);
}

static void root_event(const HfCheck *check, HfFinding *f,
                       const HfFlow *flow, const HfContext *ctx)
{
    HfPlace place = hf_check_place(flow, UINT32_MAX);
    const char *name = HF_PROGRAM_SYM(check->program, flow->sym)->name;

    if (ctx->role >= 0) {
        hf_finding_event(f, &place, "enter", 0, "\"%s\" runs as %s.", name,
                         g_array_index(check->solved->roles, HfRole,
                                       ctx->role).name);
    } else if (ctx->complete) {
        hf_finding_event(f, &place, "enter", 0,
                         "\"%s\" is entered with nothing held.", name);
    } else {
        hf_finding_event(f, &place, "enter", 0,
                         "Entering \"%s\" (no caller is known to hold "
                         "anything).", name);
    }
}

/* The context and those above it, innermost first; the functions beside. */
#define MAX_CHAIN 64

static int chain_of(const HfCheck *check, const HfFlow *flow,
                    const HfContext *ctx, const HfContext **chain,
                    const HfFlow **flows)
{
    int n = 0;

    for (; ctx && n < MAX_CHAIN; n++) {
        chain[n] = ctx;
        flows[n] = flow;
        if (!ctx->parent) {
            return n + 1;
        }
        flow = check->solved->flows[ctx->parent];
        ctx = &g_array_index(flow->contexts, HfContext, ctx->parent_context);
    }
    return n;
}

static void call_event(const HfCheck *check, HfFinding *f,
                       const HfFlow *caller, uint32_t event,
                       const HfFlow *callee, const char *tag, int depth)
{
    HfPlace place = hf_check_place(caller, event);
    const HfEvent *e = hf_flow_event(caller, event);
    const char *name = HF_PROGRAM_SYM(check->program, callee->sym)->name;
    GString *via;

    if (e->kind != HF_EV_CALL_INDIRECT) {
        hf_finding_event(f, &place, tag, depth, "Calling \"%s\".", name);
        return;
    }
    via = g_string_new(NULL);
    hf_facts_path_text(caller->unit->facts, e->path, via);
    hf_finding_event(f, &place, tag, depth, "Calling \"%s\" through \"%s\".",
                     name, via->str);
    g_string_free(via, TRUE);
}

int hf_trace_calls(const HfCheck *check, HfFinding *f, const HfFlow *flow,
                   const HfContext *ctx, const char *tag)
{
    const HfContext *chain[MAX_CHAIN];
    const HfFlow *flows[MAX_CHAIN];
    int n = chain_of(check, flow, ctx, chain, flows);

    for (int i = n - 2; i >= 0; i--) {
        call_event(check, f, flows[i + 1], chain[i]->parent_event, flows[i],
                   tag, n - 2 - i);
    }
    return n > 1 ? n - 1 : 0;
}

int hf_trace_context(const HfCheck *check, HfFinding *f, const HfFlow *flow,
                     const HfContext *ctx)
{
    const HfContext *chain[MAX_CHAIN];
    const HfFlow *flows[MAX_CHAIN];
    int n = chain_of(check, flow, ctx, chain, flows);

    if (n > 1 || (n == 1 && chain[0]->role >= 0)) {
        root_event(check, f, flows[n - 1], chain[n - 1]);
    }
    return hf_trace_calls(check, f, flow, ctx, "call");
}

/* The result of another call has no name of its own in the source. */
static gboolean is_result(const HfFacts *f, HfId path)
{
    while (f->paths[path].parent) {
        path = f->paths[path].parent;
    }
    return f->paths[path].kind == HF_PATH_TEMP;
}

/* What the call that took or released it calls the lock; else any name. */
char *hf_check_hold_text(const HfCheck *check, const HfFlow *flow,
                         const HfHold *hold)
{
    HfX pointer = hf_x_addr(check->solved->exprs, hold->lock);
    const HfCall *call = hf_flow_call(flow, hold->event);

    for (guint a = 0; call && a < call->n_args; a++) {
        HfId arg = flow->unit->facts->args[
            hf_flow_event(flow, call->event)->first_arg + a];
        GString *s;

        if (g_array_index(flow->args, HfX, call->first_arg + a) != pointer ||
            is_result(flow->unit->facts, arg)) {
            continue;
        }
        s = g_string_new(NULL);
        hf_facts_path_text(flow->unit->facts, arg, s);
        if (s->str[0] == '&') {
            g_string_erase(s, 0, 1);
        }
        return g_string_free(s, FALSE);
    }
    return hf_check_text(check, flow, hold->lock);
}

void hf_trace_hold(const HfCheck *check, HfFinding *f, const HfFlow *flow,
                   const HfHold *hold, int depth)
{
    g_autofree char *lock = hf_check_hold_text(check, flow, hold);
    gboolean token =
        hf_contract_is_token(check->solved->contracts, hold->lock);
    HfPlace place;

    if (hold->event == UINT32_MAX || hold->event >= flow->fn->n_events) {
        return;
    }
    place = hf_check_place(flow, hold->event);
    if (hold->now == HF_HOLD_ABSENT) {
        hf_finding_event(f, &place, "unlock", depth, "%s \"%s\".",
                         hold->flags & HF_HOLD_ASSUMED
                             ? "Here it is known that nothing holds"
                             : token ? "Leaving" : "Releasing", lock);
    } else {
        hf_finding_event(f, &place, "lock", depth, "%s \"%s\".",
                         hold->flags & HF_HOLD_ASSUMED ? "Assuming"
                         : token ? "Entering" : "Locking", lock);
    }
}
