/* SPDX-License-Identifier: MIT */
/*
 * What comments say in words, as annotations.  The words alone make a
 * suggestion; where the code agrees without exception, they are sure.
 */
#include "annotate/infer.h"

static HfEffectKind kind_of(const HfInfer *in, const HfClaim *k)
{
    const HfCapRule *cap =
        hf_contract_cap_rule(in->check.solved->contracts, k->lock);

    if (k->kind == HF_CLAIM_GUARDED) {
        return HF_EFF_GUARDED_BY;
    }
    if (k->kind == HF_CLAIM_NOT_HELD) {
        return HF_EFF_EXCLUDES;
    }
    if (cap && cap->kind == HF_CAP_MODE) {
        return HF_EFF_COROUTINE;
    }
    if (cap && cap->kind == HF_CAP_ROLE) {
        return HF_EFF_GLOBAL_STATE;
    }
    return HF_EFF_REQUIRES;
}

static gboolean is_said(const HfInfer *in, const HfClaim *k, HfEffectKind kind)
{
    const HfContracts *all = in->check.solved->contracts;
    const HfContract *c =
        k->field ? hf_contract_of_field(all, k->field)
                 : hf_contract_of(all, k->sym);
    const guint64 contexts = 1ull << HF_EFF_GLOBAL_STATE | 1ull << HF_EFF_IO |
                             1ull << HF_EFF_IO_OR_GS;
    const guint64 modes = 1ull << HF_EFF_COROUTINE |
                          1ull << HF_EFF_NO_COROUTINE |
                          1ull << HF_EFF_COROUTINE_MIXED;
    const guint64 held = 1ull << HF_EFF_REQUIRES |
                         1ull << HF_EFF_REQUIRES_SHARED |
                         1ull << HF_EFF_DROP_AND_RETAKE |
                         1ull << HF_EFF_RELEASE;

    switch (kind) {
    case HF_EFF_GLOBAL_STATE:
        return c && c->kinds & contexts;
    case HF_EFF_COROUTINE:
        return c && c->kinds & modes;
    case HF_EFF_REQUIRES:
        return hf_infer_said(in, k->sym, k->lock, held);
    case HF_EFF_EXCLUDES:
        return hf_infer_said(in, k->sym, k->lock, 1ull << HF_EFF_EXCLUDES);
    default:
        return HF_CONTRACT_HAS(c, kind);
    }
}

static gboolean is_covered(const HfInfer *in, const HfClaim *k)
{
    const HfFlow *flow = k->sym ? in->check.solved->flows[k->sym] : NULL;

    if (k->hedged) {
        return FALSE;
    }
    if (k->kind == HF_CLAIM_GUARDED) {
        return TRUE;
    }
    return !k->field && hf_infer_eligible(in, flow); /* slots: not written */
}

static void errors_of_excludes(const HfCheck *c, const HfSite *site,
                               gpointer data)
{
    if (site->tri == HF_HELD) {
        hf_proposal_error(data, hf_check_place(site->flow, site->call->event),
                          "\"%s\" calls it with the lock held",
                          HF_PROGRAM_SYM(c->program, site->flow->sym)->name);
    }
}

gboolean hf_infer_is_claimed(const HfInfer *in, const HfProposal *p)
{
    const GArray *own = g_hash_table_lookup(
        in->claims_of, hf_subject_key(p->field, p->sym));

    for (guint i = 0; own && i < own->len; i++) {
        if (!g_array_index(own, const HfClaim *, i)->hedged) {
            return TRUE;
        }
    }
    return FALSE;
}

static HfProposal *propose(HfInfer *in, const HfClaim *k)
{
    HfEffectKind kind = kind_of(in, k);
    HfWhat what = { .kind = kind, .sym = k->sym, .field = k->field,
                    .lock = kind == HF_EFF_GLOBAL_STATE ||
                                    kind == HF_EFF_COROUTINE ? 0 : k->lock };
    HfProposal *had = hf_proposal_find(in, &what);
    HfProposal *p;

    if (!is_covered(in, k) || is_said(in, k, kind)) {
        return NULL;
    }
    p = had ? had : hf_propose(in, &what);
    if (p) {
        hf_proposal_evidence(p, hf_check_place_of(in->check.program, k->unit,
                                                  k->loc),
                             "its comment says so");
    }
    if (p && !had && kind == HF_EFF_EXCLUDES) {
        hf_call_sites(&in->check, k->sym, k->lock, errors_of_excludes, p);
    }
    return p;
}

void hf_infer_comment_of(HfInfer *in, HfSymId sym)
{
    const GArray *own =
        g_hash_table_lookup(in->claims_of, hf_subject_key(0, sym));

    for (guint i = 0; own && i < own->len; i++) {
        const HfClaim *k = g_array_index(own, const HfClaim *, i);

        if (kind_of(in, k) == HF_EFF_REQUIRES) {
            propose(in, k);
        }
    }
}

void hf_infer_comments(HfInfer *in)
{
    for (guint i = 0; i < in->claims->len; i++) {
        const HfClaim *k = &g_array_index(in->claims, HfClaim, i);

        if (kind_of(in, k) != HF_EFF_REQUIRES) {
            propose(in, k);
        }
    }
}

GHashTable *hf_infer_index_claims(const GArray *claims)
{
    GHashTable *out = g_hash_table_new_full(NULL, NULL, NULL,
                                            (GDestroyNotify)g_array_unref);

    for (guint i = 0; i < claims->len; i++) {
        const HfClaim *k = &g_array_index(claims, HfClaim, i);
        gpointer key = hf_subject_key(k->field, k->sym);
        GArray *own = g_hash_table_lookup(out, key);

        if (!own) {
            own = g_array_new(FALSE, FALSE, sizeof(k));
            g_hash_table_insert(out, key, own);
        }
        g_array_append_val(own, k);
    }
    return out;
}
