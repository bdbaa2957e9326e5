/* SPDX-License-Identifier: MIT */
/*
 * What guards members and variables, read off the accesses.
 *
 * Sure when every access holds the lock, several functions take part, some of
 * them in a section that is there for its sake; and nothing touches it before
 * it is shared, since clang's analysis does not know of that.
 */
#include "annotate/infer.h"
#include "check/belief.h"

#include <string.h>

#define ENOUGH_NEIGHBOURS 2

/* The lock of a belief in terms of SELF; 0 when it has no name there. */
static HfX guard_of(const HfInfer *in, const HfBelief *b)
{
    HfXTable *t = in->check.solved->exprs;

    if (b->key.relation == HF_REL_GLOBAL) {
        return b->key.id;
    }
    return b->key.relation == HF_REL_SAME
               ? hf_x_field(t, hf_x_leaf(t, HF_X_SELF, 0), b->key.id) : 0;
}

/* How many of its neighbours say that this lock guards them. */
static guint count_neighbours(const HfInfer *in, const HfSubject *s, HfX lock)
{
    const HfProgram *p = in->check.program;
    HfRecId record = s->field ? HF_PROGRAM_FIELD(p, s->field)->record : 0;
    guint count = 0;

    for (HfFieldId i = 1; record && i < p->fields->len; i++) {
        const HfContract *k =
            hf_contract_of_field(in->check.solved->contracts, i);

        for (guint n = 0; HF_PROGRAM_FIELD(p, i)->record == record && k &&
                          n < k->clauses->len; n++) {
            const HfClause *cl = &g_array_index(k->clauses, HfClause, n);

            count += cl->kind == HF_EFF_GUARDED_BY &&
                     hf_verdict_clause_has(cl, lock);
        }
    }
    return count;
}

/* A lock that is held all over the place guards nothing by that; that writers
 * hold it alone and readers shared is no accident. */
static gboolean is_meant(const HfInfer *in, const HfStats *st, HfX lock)
{
    gboolean shared = FALSE;

    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);
        const HfHold *h =
            hf_holds_find(in->check.solved, u->access->must, lock);

        if (!h || (h->flags & HF_HOLD_SHARED &&
                   hf_guard_is_write(u->access))) {
            return FALSE;
        }
        shared |= (h->flags & HF_HOLD_SHARED) != 0;
    }
    return shared;
}

static gboolean is_data(const HfInfer *in, const HfSubject *s)
{
    const HfProgram *p = in->check.program;

    if (s->pointee) {
        return FALSE;
    }
    if (s->field) {
        return !HF_PROGRAM_FIELD(p, s->field)->is_lock;
    }
    return s->var && !HF_PROGRAM_SYM(p, s->var)->is_lock;
}

static gboolean holds(const HfUse *u, const HfLockKey *key)
{
    return hf_belief_has(u->locks, key);
}

/* Where nobody else can see the object yet, people leave the lock out. */
static guint count_fresh(const HfInfer *in, const HfSubject *s)
{
    const GArray *order = in->check.program->functions;
    guint n = 0;

    for (guint i = 0; i < order->len; i++) {
        const HfFlow *flow =
            in->check.solved->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; !flow->skip && k < flow->accesses->len; k++) {
            const HfAccess *a = &g_array_index(flow->accesses, HfAccess, k);
            HfSubject of;

            n += a->fresh && hf_guard_subject(&in->check, a, &of) &&
                 of.field == s->field && of.var == s->var && !of.pointee;
        }
    }
    return n;
}

static void note_accesses(HfInfer *in, HfProposal *p, const HfStats *st,
                          const HfBelief *b)
{
    guint with = 0;

    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);
        HfPlace at = hf_check_place(u->flow, u->access->event);
        gboolean write = hf_guard_is_write(u->access);
        const char *name = hf_infer_name(in, u->flow->sym);

        if (holds(u, &b->key)) {
            if (with++ < 3) {
                hf_proposal_evidence(p, at, "\"%s\" %s it with the lock held",
                                     name, write ? "writes" : "reads");
            }
        } else if (!hf_belief_unshared(&in->check, u, &b->key)) {
            hf_proposal_error(p, at, "\"%s\" %s it without the lock", name,
                              write ? "writes" : "reads");
        }
    }
    hf_proposal_evidence(p, p->place,
                         "%u of %u accesses hold the lock, %u of %u writes, "
                         "in %u function%s", b->n_with, b->n, b->writes_with,
                         b->writes, b->functions, b->functions == 1 ? "" : "s");
}

static void look_at(HfInfer *in, const HfStats *st)
{
    HfBelief b = hf_belief_strongest(&in->check, st);
    HfWhat what = { .kind = HF_EFF_GUARDED_BY, .field = st->subject.field,
                    .sym = st->subject.field ? 0 : st->subject.var };
    gboolean all = b.n >= 2 && b.n_with == b.n && b.writes;
    gboolean named, meant, custom;
    HfProposal *p;

    if (!b.n || !is_data(in, &st->subject) ||
        hf_guard_is_declared(&in->check, &st->subject) ||
        (!all && hf_belief_judge(&b) == HF_NOT_BELIEVED)) {
        return;
    }
    what.lock = guard_of(in, &b);
    if (!what.lock || !hf_verdict_is_lock(&in->check, what.lock)) {
        return;
    }
    custom = all && count_neighbours(in, &st->subject, what.lock) >=
                        ENOUGH_NEIGHBOURS;
    if (!custom && (hf_belief_set_once(&b) || st->is_condition)) {
        return;
    }
    named = hf_contract_cap_rule(in->check.solved->contracts, what.lock) !=
            NULL;
    meant = !named || is_meant(in, st, what.lock);
    if (!meant && !custom) {
        return;
    }
    p = hf_propose(in, &what);
    if (p) {
        note_accesses(in, p, st, &b);
        p->sure = meant && all && b.functions >= 2 &&
                  (b.strong || custom) && !hf_belief_set_once(&b) &&
                  !st->is_condition && !p->errors->len &&
                  !count_fresh(in, &st->subject);
    }
    if (p && p->sure) {
        g_hash_table_insert(in->guards, hf_subject_key(what.field, what.sym),
                            GUINT_TO_POINTER(what.lock));
    }
}

void hf_infer_guards(HfInfer *in)
{
    GPtrArray *all = hf_belief_survey_all(&in->check);

    for (guint i = 0; i < all->len; i++) {
        look_at(in, g_ptr_array_index(all, i));
    }
    g_ptr_array_unref(all);
}
