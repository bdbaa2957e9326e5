/* SPDX-License-Identifier: MIT */
#include "check/stale_returns.h"

typedef struct {
    HfStale *st;
    const HfFlow *flow;
    const HfStaleItem *item;
    HfCfg *cfg;
    uint32_t call;  /* relative */
    HfId local;     /* path of the local that holds the result, 0 none */
} Caller;

static gboolean is_result(const Caller *k, HfId path)
{
    const HfPath *p = &k->flow->unit->facts->paths[path];

    return (k->local && path == k->local) ||
           (p->kind == HF_PATH_TEMP &&
            p->ref == k->flow->fn->first_event + k->call);
}

static void find_local(Caller *k)
{
    const HfFacts *f = k->flow->unit->facts;

    for (uint32_t i = k->call + 1; i < k->flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(k->flow, i);

        if (e->kind == HF_EV_WRITE && e->value && is_result(k, e->value) &&
            f->paths[e->path].kind == HF_PATH_LOCAL) {
            k->local = e->path;
            return;
        }
    }
}

/* A branch that was taken for the result leads to the block. */
static gboolean decided(const Caller *k, uint32_t block)
{
    const HfFacts *f = k->flow->unit->facts;

    while (block != HF_NO_BLOCK && block != 0) {
        HfId edge = k->cfg->in_edge[block];
        const HfCond *c = edge ? &f->conds[f->edges[edge].cond] : NULL;

        if (c && f->edges[edge].cond &&
            (is_result(k, c->lhs) || is_result(k, c->rhs))) {
            return TRUE;
        }
        block = k->cfg->idom[block];
    }
    return FALSE;
}

static gboolean acts(const Caller *k, const HfAccess *a)
{
    const HfEvent *e = hf_flow_event(k->flow, a->event);

    if (!hf_guard_is_write(a) || a->event < k->call || a->fresh ||
        hf_access_key(k->st->c, a) != k->item->key) {
        return FALSE;
    }
    if (e->value && is_result(k, e->value)) {
        return TRUE;
    }
    return decided(k, hf_block_of(k->flow, a->event));
}

gboolean hf_stale_find_actor(HfStale *st, const HfFlow *flow,
                             const HfStaleItem *item, HfStaleActor *actor)
{
    const GArray *sites = st->c->program->callers[flow->sym];

    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        Caller k = { .st = st, .flow = st->c->solved->flows[site->caller],
                     .item = item };
        gboolean found = FALSE;

        if (!k.flow) {
            continue;
        }
        k.call = site->event - k.flow->fn->first_event;
        k.cfg = hf_cfg_new(k.flow);
        find_local(&k);
        for (guint a = 0; !found && a < k.flow->accesses->len; a++) {
            const HfAccess *access =
                &g_array_index(k.flow->accesses, HfAccess, a);

            found = acts(&k, access);
            *actor = (HfStaleActor){ k.flow, k.call, access->event };
        }
        hf_cfg_free(k.cfg);
        if (found) {
            return TRUE;
        }
    }
    return FALSE;
}
