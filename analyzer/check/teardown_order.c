/* SPDX-License-Identifier: MIT */
/* Freed or cleared first, joined later. */
#include "check/teardown.h"
#include "solve/blocks.h"

/* Known by type alone: it must be the program's or an argument's, and the
 * thread must be able to get there. */
static gboolean plausible(const HfTeardown *r, const HfThreadUse *u,
                          const HfGone *gone)
{
    const HfXTable *t = r->c->solved->exprs;
    HfXKind root = hf_x(t, hf_x_root(t, gone->object))->kind;

    return (root == HF_X_GLOBAL || root == HF_X_PARAM) &&
           g_hash_table_contains(u->given, GUINT_TO_POINTER(gone->record));
}

/* One of several, where others of the kind are being started: most likely one
 * that has no thread yet. */
static gboolean is_element(const HfTeardown *r, const HfTeardownFault *k)
{
    const HfXTable *t = r->c->solved->exprs;
    gboolean found = FALSE;

    for (HfX x = k->gone.own; x; x = hf_x(t, x)->parent) {
        found |= hf_x(t, x)->kind == HF_X_INDEX;
    }
    return found && k->thread->starts[k->flow->sym];
}

/* A call that may have made what it returns; one whose code is seen and that
 * returns no fresh object has looked it up, or cast it. */
static gboolean may_make(const HfTeardown *r, const HfFlow *flow,
                         uint32_t event)
{
    HfSymId callee = event < flow->fn->n_events ? hf_frees_callee(flow, event)
                                                : 0;
    const HfFlow *to = callee ? r->c->solved->flows[callee] : NULL;

    return !to || to->skip || to->returns_fresh;
}

/* Made in the same function, which has started none of the threads since. */
static gboolean is_new(const HfTeardown *r, const HfTeardownFault *k)
{
    const HfXTable *t = r->c->solved->exprs;
    const HfXNode *root = hf_x(t, hf_x_root(t, k->gone.own));

    if (root->kind != HF_X_TEMP || !may_make(r, k->gone.flow, root->ref)) {
        return FALSE;
    }
    for (guint i = 0; i < k->gone.flow->calls->len; i++) {
        uint32_t at = g_array_index(k->gone.flow->calls, HfCall, i).event;
        HfSymId callee = hf_frees_callee(k->gone.flow, at);

        if ((hf_teardown_has_point(hf_teardown_role(r, k->thread)->starts,
                                   k->gone.flow->sym, at) ||
             (callee && k->thread->starts[callee])) &&
            hf_event_before(k->gone.flow, at, k->gone.event)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean uses_it(HfTeardown *r, HfTeardownFault *k)
{
    HfAccess a = { .event = k->gone.event,
                   .path = k->gone.unnamed ? k->gone.own : k->gone.object };
    HfSeen here = { k->gone.flow, &a };

    k->use = hf_teardown_use(k->thread, &k->gone, &k->sure);
    if (k->use && k->sure && hf_use_alias(r->c, &here, k->use) !=
                                 HF_ALIAS_YES) {
        return FALSE; /* another member of the same type */
    }
    return k->use && !is_element(r, k) && !is_new(r, k) &&
           !hf_teardown_taken_out(r, &k->gone) &&
           (k->sure || plausible(r, k->thread, &k->gone));
}

static void judge_call(HfTeardown *r, const HfThreadUse *u,
                       const HfFlow *flow, const HfCall *call)
{
    HfTeardownFault k = { .thread = u, .flow = flow, .event = call->event,
                          .shape = HF_TEARDOWN_BEFORE_JOIN };
    HfSymId callee = hf_frees_callee(flow, call->event);
    const GArray *all;

    k.other = hf_teardown_joined_after(r, u, flow, call->event);
    if (k.other == UINT32_MAX || hf_teardown_calls_joiner(r, u, flow, call) ||
        hf_teardown_starts_before_join(r, u, flow, call->event) ||
        hf_teardown_none_alive(r, u, flow, call->event)) {
        return;
    }
    if (hf_teardown_gone(r, flow, call->event, &k.gone)) {
        if (uses_it(r, &k)) {
            hf_teardown_report(r, &k);
        }
        return;
    }
    all = callee && r->c->solved->flows[callee] && !u->starts[callee]
              ? hf_teardown_all(r, callee) : NULL;
    for (guint i = 0; all && i < all->len; i++) {
        k.gone = g_array_index(all, HfGone, i);
        if (hf_teardown_through(r, flow, call, &k.gone) &&
            uses_it(r, &k) && k.sure) {
            hf_teardown_report(r, &k);
            return;
        }
    }
}

/* ---- the pointer that leads to it --------------------------------------- */

/* It asks first whether there is something. */
static gboolean asks_first(const HfTeardownFault *k)
{
    const HfFlow *flow = k->use->flow;
    const HfFacts *f = flow->unit->facts;
    const HfUnit *unit = flow->unit;
    guint32 id = k->gone.key >> 3;

    for (uint32_t i = 0; i < flow->fn->n_blocks; i++) {
        const HfBlock *b = hf_block(flow, i);

        for (uint32_t n = 0; n < b->n_edges; n++) {
            const HfCond *c = &f->conds[f->edges[b->first_edge + n].cond];
            const HfPath *p = &f->paths[c->lhs];

            if ((p->kind == HF_PATH_FIELD && unit->fields[p->ref] == id) ||
                (p->kind == HF_PATH_GLOBAL && unit->symbols[p->ref] == id)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static gboolean is_null_store(const HfTeardown *r, const HfFlow *flow,
                              const HfAccess *a)
{
    const HfXNode *n = hf_x(r->c->solved->exprs, a->path);
    const HfEvent *e = hf_flow_event(flow, a->event);
    const HfPath *value = &flow->unit->facts->paths[e->value];
    guint32 flags =
        n->kind == HF_X_FIELD
            ? HF_PROGRAM_FIELD(r->c->program, n->ref)->type_flags
        : n->kind == HF_X_GLOBAL
            ? HF_PROGRAM_SYM(r->c->program, n->ref)->type_flags : 0;

    return a->kind == HF_EV_WRITE && value->kind == HF_PATH_CONST &&
           !value->value && flags & HF_TYPE_POINTER && !a->fresh;
}

/* s->buffer = NULL; the thread goes on following it. */
static void judge_store(HfTeardown *r, const HfThreadUse *u,
                        const HfFlow *flow, const HfAccess *a)
{
    HfTeardownFault k = {
        .thread = u, .flow = flow, .event = a->event, .sure = TRUE,
        .shape = HF_TEARDOWN_BEFORE_JOIN,
        .gone = { .flow = flow, .event = a->event, .object = a->path,
                  .own = a->path, .key = hf_access_key(r->c, a),
                  .how = HF_GONE_NULLED },
    };

    if (!k.gone.key || !g_hash_table_contains(u->things, &k.gone.key)) {
        return;
    }
    k.other = hf_teardown_joined_after(r, u, flow, a->event);
    if (k.other == UINT32_MAX ||
        hf_teardown_starts_before_join(r, u, flow, a->event) ||
        hf_teardown_none_alive(r, u, flow, a->event)) {
        return;
    }
    if (uses_it(r, &k)) {
        k.asks = asks_first(&k);
        hf_teardown_report(r, &k);
    }
}

void hf_teardown_check_order(HfTeardown *r, const HfThreadUse *u,
                             const HfFlow *flow)
{
    if (!u->joins[flow->sym]) {
        return;
    }
    for (guint i = 0; i < flow->calls->len; i++) {
        judge_call(r, u, flow, &g_array_index(flow->calls, HfCall, i));
    }
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (is_null_store(r, flow, a)) {
            judge_store(r, u, flow, a);
        }
    }
}
