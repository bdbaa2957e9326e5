/* SPDX-License-Identifier: MIT */
/* Started, and not waited for. */
#include "check/teardown.h"
#include "check/cfg.h"
#include "solve/blocks.h"

#define WAIT_DEPTH 4

static gboolean may_wait(const HfTeardown *r, HfSymId sym, int depth)
{
    const HfContract *k = hf_contract_of(r->c->solved->contracts, sym);
    const HfFlow *flow = r->c->solved->flows[sym];

    if (HF_CONTRACT_HAS(k, HF_EFF_BLOCKING) ||
        HF_CONTRACT_HAS(k, HF_EFF_DROP_AND_RETAKE) ||
        HF_CONTRACT_HAS(k, HF_EFF_JOIN)) {
        return TRUE;
    }
    for (guint i = 0; flow && depth && i < flow->calls->len; i++) {
        HfSymId next = hf_frees_callee(
            flow, g_array_index(flow->calls, HfCall, i).event);

        if (next && may_wait(r, next, depth - 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Anything after the start that may wait for the thread: a call that blocks,
 * one that nobody knows, an atomic look at a flag. */
static gboolean waits_between(const HfTeardown *r, const HfFlow *flow,
                              uint32_t start, uint32_t end)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t at = g_array_index(flow->calls, HfCall, i).event;
        HfSymId callee = hf_frees_callee(flow, at);

        if (at != end && at != start && hf_event_before(flow, start, at) &&
            (end == UINT32_MAX || hf_event_before(flow, at, end)) &&
            (!callee || may_wait(r, callee, WAIT_DEPTH))) {
            return TRUE;
        }
    }
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (a->kind == HF_EV_ATOMIC_READ && a->event > start &&
            hf_event_in_loop(flow, a->event)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The branch that is taken when there is a thread: pointers say so when they
 * are not zero, numbers when they are; a function of the program's own may
 * mean anything. */
static gboolean means_success(const HfTeardown *r, const HfFlow *flow,
                              uint32_t start, const HfEdge *edge)
{
    const HfFacts *f = flow->unit->facts;
    const HfCond *c = &f->conds[edge->cond];
    HfSymId callee = hf_frees_callee(flow, start);
    const HfProgSymbol *s = HF_PROGRAM_SYM(r->c->program, callee);
    gboolean zero = (edge->flags & HF_EDGE_NEGATED) != 0;

    if (c->op == HF_COND_EQ) {
        zero = !zero;
    } else if (c->op != HF_COND_TRUE && c->op != HF_COND_NE) {
        return FALSE;
    }
    return !r->c->solved->flows[callee] &&
           zero == !(s->type_flags & HF_TYPE_POINTER);
}

static gboolean is_result(const HfFlow *flow, uint32_t start, HfId path)
{
    const HfPath *paths = flow->unit->facts->paths;

    if (paths[path].kind == HF_PATH_TEMP) {
        return paths[path].ref == flow->fn->first_event + start;
    }
    for (uint32_t i = start + 1; paths[path].kind == HF_PATH_LOCAL &&
                                 i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->kind == HF_EV_WRITE && e->path == path && e->value &&
            paths[e->value].kind == HF_PATH_TEMP &&
            paths[e->value].ref == flow->fn->first_event + start) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Control gets there by a branch after the start, which most likely means that
 * there is no thread. */
static gboolean after_failure(const HfTeardown *r, const HfFlow *flow,
                              uint32_t start, uint32_t event)
{
    const HfFacts *f = flow->unit->facts;
    HfCfg *cfg = hf_cfg_new(flow);
    uint32_t from = hf_block_of(cfg->flow, start);
    uint32_t x = hf_block_of(cfg->flow, event);
    gboolean found = FALSE;

    for (; !found && x != HF_NO_BLOCK && x != from && x != 0;
         x = cfg->idom[x]) {
        const HfEdge *edge = &f->edges[cfg->in_edge[x]];

        found = cfg->in_edge[x] && edge->cond &&
                !(is_result(flow, start, f->conds[edge->cond].lhs) &&
                  means_success(r, flow, start, edge));
    }
    hf_cfg_free(cfg);
    return found;
}

static gboolean joined_between(const HfTeardown *r, const HfThreadUse *u,
                               const HfFlow *flow, uint32_t start)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        if (hf_event_before(flow, start, call->event) &&
            hf_teardown_calls_joiner(r, u, flow, call)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The first thing the thread does with what it is given. */
static const HfSeen *first_use(const HfTeardown *r, const HfRolePoint *start,
                               HfSeen *use)
{
    const HfXTable *t = r->c->solved->exprs;
    const HfFlow *flow = r->c->solved->flows[start->entry];

    for (guint i = 0; flow && i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (hf_x(t, hf_x_root(t, a->path))->kind == HF_X_PARAM) {
            *use = (HfSeen){ flow, a };
            return use;
        }
    }
    return NULL;
}

static void check_frees_after(HfTeardown *r, const HfThreadUse *u,
                              const HfRolePoint *start, const HfFlow *flow)
{
    const HfXTable *t = r->c->solved->exprs;

    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t at = g_array_index(flow->calls, HfCall, i).event;
        HfTeardownFault k = { .thread = u, .flow = flow, .event = at,
                    .other = start->event, .shape = HF_TEARDOWN_NEVER_JOINED };
        HfSeen use;

        if (at != start->event && hf_event_before(flow, start->event, at) &&
            hf_teardown_gone(r, flow, at, &k.gone) &&
            (k.gone.object == start->data ||
             (hf_x_mentions(t, k.gone.object, start->data) && k.gone.key)) &&
            !after_failure(r, flow, start->event, at) &&
            !waits_between(r, flow, start->event, at)) {
            k.use = k.gone.object == start->data
                        ? first_use(r, start, &use)
                        : hf_teardown_use(u, &k.gone, &k.sure);
            k.sure |= k.gone.object == start->data;
            if (k.use) {
                hf_teardown_report(r, &k);
            }
        }
    }
}

static gboolean ends_program(const HfTeardown *r, const HfFlow *flow)
{
    return g_str_equal(HF_PROGRAM_SYM(r->c->program, flow->sym)->name,
                       "main");
}

void hf_teardown_check_start(HfTeardown *r, const HfThreadUse *u,
                             const HfRolePoint *start)
{
    const HfXTable *t = r->c->solved->exprs;
    const HfFlow *flow = r->c->solved->flows[start->in];
    const HfXNode *data = start->data ? hf_x(t, start->data) : NULL;

    if (!flow || flow->skip || !data ||
        joined_between(r, u, flow, start->event)) {
        return;
    }
    check_frees_after(r, u, start, flow);
    if (data->kind == HF_X_ADDR &&
        hf_x(t, hf_x_root(t, start->data))->kind == HF_X_LOCAL &&
        !hf_teardown_role(r, u)->joins->len && flow->returns_at_all &&
        !ends_program(r, flow) &&
        !waits_between(r, flow, start->event, UINT32_MAX)) {
        HfTeardownFault k = { .thread = u, .flow = flow, .event = start->event,
                    .other = start->event, .shape = HF_TEARDOWN_STACK_GONE,
                    .sure = TRUE };
        HfSeen use;

        k.use = first_use(r, start, &use);
        if (k.use) {
            hf_teardown_report(r, &k);
        }
    }
}
