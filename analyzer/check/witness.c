/* SPDX-License-Identifier: MIT */
#include "check/witness.h"
#include "check/witness_priv.h"
#include "solve/local_phase.h"

#include <string.h>

HfWitnesses *hf_witnesses_new(HfCheck *c)
{
    HfWitnesses *w = g_new0(HfWitnesses, 1);

    w->c = c;
    w->parties = hf_parties_new(c);
    w->phases = c->solved->phases;
    return w;
}

void hf_witnesses_free(HfWitnesses *w)
{
    hf_parties_free(w->parties);
    hf_whatifs_free(w->what_ifs);
    g_free(w);
}

const HfContainers *hf_witness_containers(const HfWitnesses *w)
{
    return hf_parties_containers(w->parties);
}

HfWhatIfs *hf_witness_what_ifs(HfWitnesses *w)
{
    if (!w->what_ifs) {
        w->what_ifs = hf_whatifs_new(w->c);
    }
    return w->what_ifs;
}

void hf_witness_clear(HfWitness *w)
{
    hf_party_clear(&w->self);
    g_free(w->reason);
}

/* ---- one pair ----------------------------------------------------------- */

static HfPoint point_of(const HfParty *p)
{
    return (HfPoint){ p->flow, p->ctx, p->access->event, p->access->must };
}

/* b's thread does not exist where a is. */
static gboolean apart(const HfWitnesses *w, const HfParty *a,
                      const HfParty *b, HfParallel *out)
{
    HfPhase phase;

    if (b->ctx->role < 0) {
        return FALSE;
    }
    phase = hf_local_phase(w->c->solved, b->ctx->role, a->flow, a->ctx,
                           a->access->event, a->access->path);
    if (phase == HF_PHASE_ALIVE) {
        return FALSE;
    }
    *out = (HfParallel){ HF_PARALLEL_NO, phase == HF_PHASE_BEFORE
                                             ? HF_PARALLEL_BEFORE_START
                                             : HF_PARALLEL_AFTER_JOIN,
                         b->ctx->role, 0 };
    return TRUE;
}

static const HfLockKey *common_lock(const HfParty *a, const HfParty *b)
{
    for (guint i = 0; a->locks && i < a->locks->len; i++) {
        const HfLockKey *key = &g_array_index(a->locks, HfLockKey, i);

        if (hf_belief_has(b->locks, key)) {
            return key;
        }
    }
    return NULL;
}

static gboolean is_same(const HfParty *a, const HfParty *b)
{
    return a->flow == b->flow && a->ctx == b->ctx &&
           a->access->event == b->access->event;
}

HfParallel hf_witness_judge(const HfWitnesses *w, const HfParty *a,
                            const HfParty *b)
{
    HfPoint pa = point_of(a), pb = point_of(b);
    HfParallel out;

    if (common_lock(a, b)) {
        return (HfParallel){ HF_PARALLEL_NO, HF_PARALLEL_LOCK, -1, 0 };
    }
    if (a->own && b->own && a->ctx->role == b->ctx->role) {
        return (HfParallel){ HF_PARALLEL_NO, HF_PARALLEL_SAME_ROLE,
                             a->ctx->role, 0 };
    }
    if (apart(w, a, b, &out) || apart(w, b, a, &out)) {
        return out;
    }
    return hf_parallel(w->phases, &pa, &pb);
}

/* ---- the best of all ---------------------------------------------------- */

/* YES before MAYBE; a write before a read; then the shorter way. */
static guint weight(HfParallelVerdict verdict, const HfParty *a,
                    const HfParty *b)
{
    return (verdict == HF_PARALLEL_YES ? 0 : 1u << 20) +
           (a->write && b->write ? 0 : 1) + 2 * (a->cost + b->cost);
}

static void note_no(HfTally *t, const HfParallel *p, const HfParty *a,
                    const HfParty *b)
{
    gboolean phase = p->why == HF_PARALLEL_BEFORE_START ||
                     p->why == HF_PARALLEL_AFTER_JOIN;

    if (phase && p->role == a->ctx->role) {
        t->alone = TRUE;
        return;
    }
    t->why |= 1u << p->why;
    if (p->role >= 0 && (t->role < 0 || phase)) {
        t->role = p->role;
    }
    if (p->lock) {
        t->lock = p->lock;
    }
    if (p->why == HF_PARALLEL_SAME_ROLE && b->write && !a->write) {
        t->own_writes = TRUE;
    }
}

static void take(HfWitness *out, const HfParallel *p, const HfParty *a,
                 const HfParty *b)
{
    hf_party_clear(&out->self);
    out->self = *a;
    if (a->locks) {
        g_array_ref(a->locks);
    }
    out->other = *b;
    out->how = *p;
    out->verdict = p->verdict;
}

static void against(HfWitnesses *w, const HfParty *a, const GArray *others,
                    HfTally *t, HfWitness *out)
{
    for (guint i = 0; i < others->len; i++) {
        const HfParty *b = &g_array_index(others, HfParty, i);
        HfParallel p;

        if (b->setup || (!a->write && !b->write) ||
            (t->among && (!g_hash_table_contains(t->among, b->access) ||
                           !hf_belief_has(b->locks, t->under)))) {
            continue;
        }
        t->conflicts++;
        if (a->atomic && b->atomic) {
            t->atomics++;
            continue;
        }
        if (out->verdict != HF_PARALLEL_NO &&
            weight(HF_PARALLEL_YES, a, b) >= t->best) {
            continue; /* cannot become better */
        }
        p = hf_witness_judge(w, a, b);
        if (is_same(a, b) && p.verdict == HF_PARALLEL_MAYBE) {
            continue; /* with itself: says nothing */
        }
        if (p.verdict == HF_PARALLEL_NO) {
            note_no(t, &p, a, b);
        } else if (weight(p.verdict, a, b) < t->best &&
                   !hf_witness_harmless(w, a, b, others)) {
            t->best = weight(p.verdict, a, b);
            take(out, &p, a, b);
        } else if (out->verdict == HF_PARALLEL_NO) {
            t->gives = b;
        }
    }
}

static void find(HfWitnesses *w, const HfFlow *flow, const HfAccess *a,
                 HfX lock, GHashTable *among, const HfLockKey *under,
                 HfWitness *out)
{
    const GArray *others;
    HfTally t = { .among = among, .under = under,
                  .best = G_MAXUINT, .role = -1 };
    HfSubject s;

    *out = (HfWitness){ .verdict = HF_PARALLEL_NO };
    if (!hf_guard_subject(w->c, a, &s)) {
        return;
    }
    others = hf_parties_of(w->parties, &s);
    for (guint i = 0; others && i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);
        HfParty self;

        if (hf_guard_fresh(w->c, a, ctx) ||
            (lock && hf_held(w->c->solved, flow, ctx, a->must, lock, NULL) ==
                         HF_HELD)) {
            continue;
        }
        self = hf_party_make(w->parties, flow, a, &s, ctx);
        t.n++;
        against(w, &self, others, &t, out);
        if (!out->self.flow) {
            out->self = self;
        } else {
            hf_party_clear(&self);
        }
    }
    if (t.n && !among && out->verdict == HF_PARALLEL_NO) {
        hf_witness_prove(w, &t, out);
    }
}

void hf_witness_find(HfWitnesses *w, const HfFlow *flow, const HfAccess *a,
                     HfX lock, HfWitness *out)
{
    find(w, flow, a, lock, NULL, NULL, out);
}

void hf_witness_among(HfWitnesses *w, const HfFlow *flow, const HfAccess *a,
                      GHashTable *others, const HfLockKey *under,
                      HfWitness *out)
{
    find(w, flow, a, 0, others, under, out);
}
