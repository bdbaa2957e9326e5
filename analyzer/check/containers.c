/* SPDX-License-Identifier: MIT */
#include "check/containers.h"
#include "check/frees.h"

struct HfContainers {
    HfCheck *c;
    GHashTable *changed; /* HfSubjectKey of what is changed anywhere */
    GHashTable *uses;    /* HfFlow -> GPtrArray of HfAccess */
};

/* What the argument leads to, as an access; FALSE: nothing that has a name. */
static gboolean object_of(const HfContainers *k, const HfFlow *flow,
                          const HfCall *call, guint arg, HfAccess *a)
{
    HfX x = g_array_index(flow->args, HfX, call->first_arg + arg);

    *a = (HfAccess){ .event = call->event, .must = call->must,
                     .may = call->may, .kind = HF_EV_READ,
                     .arg = arg < 255 ? arg + 1 : 0,
                     .fresh = arg < 32 && call->fresh_args >> arg & 1 };
    a->path = x ? hf_x_deref(k->c->solved->exprs, x) : 0;
    return hf_access_key(k->c, a) != 0;
}

static gboolean is_changed(const HfContract *contract, guint arg)
{
    for (guint i = 0; HF_CONTRACT_HAS(contract, HF_EFF_CHANGES) &&
                      i < contract->clauses->len; i++) {
        const HfClause *cl = &g_array_index(contract->clauses, HfClause, i);

        if (cl->kind == HF_EFF_CHANGES && cl->arg == (int)arg) {
            return TRUE;
        }
    }
    return FALSE;
}

static void note_changes(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfContainers *k = data;

    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        HfSymId callee = hf_frees_callee(flow, call->event);
        const HfContract *contract =
            callee ? hf_contract_of(c->solved->contracts, callee) : NULL;

        for (guint n = 0; HF_CONTRACT_HAS(contract, HF_EFF_CHANGES) &&
                          n < call->n_args; n++) {
            HfAccess a;

            if (is_changed(contract, n) && object_of(k, flow, call, n, &a)) {
                HfSubjectKey key = hf_access_key(c, &a);

                g_hash_table_add(k->changed, g_memdup2(&key, sizeof(key)));
            }
        }
    }
}

static void add(HfContainers *k, const HfFlow *flow, const HfAccess *a)
{
    GPtrArray *list = g_hash_table_lookup(k->uses, flow);

    if (!list) {
        list = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(k->uses, (gpointer)flow, list);
    }
    g_ptr_array_add(list, g_memdup2(a, sizeof(*a)));
}

/* A library function that neither makes nor frees what it is given. */
static gboolean looks_into(const HfCheck *c, HfSymId callee,
                           const HfContract *contract)
{
    const HfFlow *body = c->solved->flows[callee];

    return !body && HF_PROGRAM_SYM(c->program, callee)->kind ==
                        HF_SYM_FUNCTION &&
           !HF_CONTRACT_HAS(contract, HF_EFF_FREE) &&
           !HF_CONTRACT_HAS(contract, HF_EFF_INIT) &&
           !HF_CONTRACT_HAS(contract, HF_EFF_DESTROY);
}

static void note_uses(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfContainers *k = data;

    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        HfSymId callee = hf_frees_callee(flow, call->event);
        const HfContract *contract =
            callee ? hf_contract_of(c->solved->contracts, callee) : NULL;

        for (guint n = 0; callee && n < call->n_args; n++) {
            HfSubjectKey key;
            HfAccess a;

            if (!object_of(k, flow, call, n, &a)) {
                continue;
            }
            key = hf_access_key(c, &a);
            if (is_changed(contract, n)) {
                a.kind = HF_EV_RMW;
            } else if (!g_hash_table_contains(k->changed, &key) ||
                       !looks_into(c, callee, contract)) {
                continue;
            }
            add(k, flow, &a);
        }
    }
}

static void free_list(gpointer list)
{
    g_ptr_array_unref(list);
}

HfContainers *hf_containers_new(HfCheck *c)
{
    HfContainers *k = g_new0(HfContainers, 1);

    k->c = c;
    k->changed = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                       NULL);
    k->uses = g_hash_table_new_full(NULL, NULL, NULL, free_list);
    hf_check_each_flow(c, note_changes, k);
    if (g_hash_table_size(k->changed)) {
        hf_check_each_flow(c, note_uses, k);
    }
    return k;
}

void hf_containers_free(HfContainers *k)
{
    g_hash_table_unref(k->changed);
    g_hash_table_unref(k->uses);
    g_free(k);
}

const GPtrArray *hf_containers_of(const HfContainers *k, const HfFlow *flow)
{
    return g_hash_table_lookup(k->uses, flow);
}
