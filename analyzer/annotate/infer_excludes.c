/* SPDX-License-Identifier: MIT */
/*
 * Locks that a function takes itself, so that no caller may hold them.
 *
 * Nearly every function that locks is one of these, so it is proposed only
 * where this program says it of the same lock elsewhere.
 */
#include "annotate/infer.h"
#include "solve/blocks.h"
#include "check/lock.h"

#define ENOUGH 2

#define SAYS (1ull << HF_EFF_EXCLUDES | 1ull << HF_EFF_ACQUIRE | \
              1ull << HF_EFF_REQUIRES | 1ull << HF_EFF_RELEASE | \
              1ull << HF_EFF_DROP_AND_RETAKE)

/* lock kind -> how many functions exclude it */
static GHashTable *count_customs(const HfInfer *in)
{
    GHashTable *out = g_hash_table_new(NULL, NULL);
    const HfProgram *p = in->check.program;

    for (HfSymId i = 1; i < p->symbols->len; i++) {
        const HfContract *k =
            hf_contract_of(in->check.solved->contracts, i);

        for (guint n = 0; k && n < k->clauses->len; n++) {
            const HfClause *cl = &g_array_index(k->clauses, HfClause, n);
            gpointer kind = cl->kind == HF_EFF_EXCLUDES && cl->n_locks &&
                                    cl->annot
                                ? hf_lock_kind(&in->check, cl->locks[0])
                                : NULL;

            if (kind) {
                g_hash_table_insert(out, kind, GUINT_TO_POINTER(
                    GPOINTER_TO_UINT(g_hash_table_lookup(out, kind)) + 1));
            }
        }
    }
    return out;
}

typedef struct {
    HfInfer *in;
    HfProposal *p;
} Errors;

static void see_site(const HfCheck *c, const HfSite *site, gpointer data)
{
    Errors *e = data;

    if (site->tri == HF_HELD || site->sometimes) {
        hf_proposal_error(e->p, hf_check_place(site->flow,
                                               site->call->event),
                          "\"%s\" calls it with the lock held",
                          hf_infer_name(e->in, site->flow->sym));
    }
}

static void look_at(HfInfer *in, const HfFlow *flow, GHashTable *customs)
{
    for (guint i = 0; i < flow->takes->len; i++) {
        const HfTake *t = &g_array_index(flow->takes, HfTake, i);
        HfWhat what = { .kind = HF_EFF_EXCLUDES, .sym = flow->sym,
                        .lock = t->lock };
        HfProposal *p;

        if (t->shared || t->maybe || t->n_facts ||
            !hf_verdict_is_lock(&in->check, t->lock) ||
            hf_contract_is_recursive_in(in->check.solved->contracts,
                                        flow->sym, t->lock) ||
            GPOINTER_TO_UINT(g_hash_table_lookup(
                customs, hf_lock_kind(&in->check, t->lock))) < ENOUGH ||
            hf_infer_said(in, flow->sym, t->lock, SAYS)) {
            continue;
        }
        p = hf_propose(in, &what);
        if (p) {
            hf_proposal_evidence(p, hf_check_place(flow, t->event),
                                 t->via ? "calls \"%s\", which takes it"
                                        : "takes it here%s",
                                 t->via ? hf_infer_name(in, t->via) : "");
            hf_call_sites(&in->check, flow->sym, t->lock, see_site,
                          &(Errors){ in, p });
            p->sure = !p->errors->len &&
                      hf_event_always(flow, t->event) && !t->via;
        }
    }
}

void hf_infer_excludes(HfInfer *in)
{
    const GArray *order = in->check.program->functions;
    g_autoptr(GHashTable) customs = count_customs(in);

    for (guint i = 0; i < order->len; i++) {
        const HfFlow *flow =
            in->check.solved->flows[g_array_index(order, HfSymId, i)];

        if (hf_infer_eligible(in, flow)) {
            look_at(in, flow, customs);
        }
    }
}
