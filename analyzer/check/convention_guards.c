/* SPDX-License-Identifier: MIT */
/*
 * Members and variables that are written and read under one lock only, that
 * do not say so, in a program that declares what its locks guard.
 */
#include "check/belief.h"
#include "check/convention.h"
#include "check/verdict.h"

/* Declared guards: how many in all, and by which member or variable. */
typedef struct {
    guint n;
    GHashTable *by_lock; /* HfLockKey.id -> count */
} Declared;

static void count_lock(HfCheck *c, Declared *d, const HfContract *k)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        const HfXNode *n;
        gpointer id;

        if (cl->kind != HF_EFF_GUARDED_BY || !cl->annot || !cl->n_locks) {
            continue;
        }
        n = hf_x(c->solved->exprs, cl->locks[0]);
        id = GUINT_TO_POINTER(n->kind == HF_X_FIELD ? n->ref : cl->locks[0]);
        d->n++;
        g_hash_table_insert(d->by_lock, id, GUINT_TO_POINTER(
            GPOINTER_TO_UINT(g_hash_table_lookup(d->by_lock, id)) + 1));
    }
}

static Declared count_declared(HfCheck *c)
{
    const HfProgram *p = c->program;
    Declared d = { 0, g_hash_table_new(NULL, NULL) };

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        count_lock(c, &d, hf_contract_of_field(c->solved->contracts, i));
    }
    for (HfSymId i = 1; i < p->symbols->len; i++) {
        if (HF_PROGRAM_SYM(p, i)->kind == HF_SYM_VARIABLE) {
            count_lock(c, &d, hf_contract_of(c->solved->contracts, i));
        }
    }
    return d;
}

static HfPlace place_of(const HfCheck *c, const HfSubject *s)
{
    if (s->field) {
        const HfProgField *f = HF_PROGRAM_FIELD(c->program, s->field);

        return hf_check_place_of(c->program, f->unit, f->loc);
    }
    return hf_convention_place(c, s->var);
}

/* One that is always written under it; any writer will do as the example. */
static const HfUse *a_write(const HfStats *st)
{
    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);

        if (hf_guard_is_write(u->access) && u->locks) {
            return u;
        }
    }
    return NULL;
}

/* A named lock is held all over the place, so that nothing follows from it;
 * but that writers hold it alone, and readers shared, is no accident. */
static gboolean is_meant(const HfCheck *c, const HfStats *st,
                         const HfLockKey *key)
{
    gboolean shared = FALSE;

    if (key->relation == HF_REL_GLOBAL && !hf_verdict_is_lock(c, key->id)) {
        return FALSE;
    }
    if (key->relation != HF_REL_GLOBAL ||
        !hf_contract_cap_rule(c->solved->contracts, key->id)) {
        return TRUE;
    }
    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);
        const HfHold *h = hf_holds_find(c->solved, u->access->must, key->id);

        if (!h || (h->flags & HF_HOLD_SHARED &&
                   hf_guard_is_write(u->access))) {
            return FALSE;
        }
        shared |= h->flags & HF_HOLD_SHARED;
    }
    return shared;
}

static char *lock_name(const HfCheck *c, const HfLockKey *key)
{
    if (key->relation == HF_REL_GLOBAL) {
        return hf_check_stable(c, key->id);
    }
    return g_strdup_printf(
        "%s.%s", HF_PROGRAM_RECORD(c->program, HF_PROGRAM_FIELD(
                                       c->program, key->id)->record)->name,
        HF_PROGRAM_FIELD(c->program, key->id)->name);
}

static void tell(HfCheck *c, const HfStats *st, const HfBelief *b,
                 guint n_declared)
{
    const HfUse *u = a_write(st);
    g_autofree char *lock = lock_name(c, &b->key);
    g_autofree char *what = hf_check_stable(c, st->subject.object);
    HfPlace at = place_of(c, &st->subject);
    HfFinding *f = hf_convention_finding(c, u->flow->sym, "undeclared_guard",
                                         what);

    g_free(f->function);
    g_free(f->key_function);
    f->function = g_strdup("");
    f->key_function = g_strdup("");
    g_free(f->key_lock);
    f->key_lock = g_strdup(lock);
    hf_finding_main(f, &at, "annotation", 0,
                    "\"%s\" is accessed with lock \"%s\" held only, and does "
                    "not say that it is guarded.", what, lock);
    at = hf_check_place(u->flow, u->access->event);
    hf_finding_event(f, &at, "example_access", 0,
                     "It is written here, with the lock held.");
    hf_finding_reason(f, "%u of %u accesses and %u of %u writes hold it",
                      b->n_with, b->n, b->writes_with, b->writes);
    hf_finding_reason(f, "%u other%s guarded by that lock say%s so",
                      n_declared, n_declared == 1 ? "" : "s",
                      n_declared == 1 ? "s" : "");
    hf_findings_add(c->findings, f);
}

static gboolean is_foreign(const HfCheck *c, const HfSubject *s)
{
    const HfFacts *f;

    if (!s->field) {
        return FALSE;
    }
    f = HF_PROGRAM_UNIT(c->program, HF_PROGRAM_FIELD(c->program, s->field)
                                        ->unit)->facts;
    return f->files[f->locs[HF_PROGRAM_FIELD(c->program, s->field)->loc].file]
               .flags & HF_FILE_SYSTEM;
}

/* Accessed under that lock only, and changed while others could see it. */
static gboolean is_guarded(const HfCheck *c, const HfStats *st,
                           const HfBelief *b)
{
    return b->n >= 2 && b->n_with == b->n && b->writes &&
           !hf_belief_set_once(b) && !st->is_condition &&
           is_meant(c, st, &b->key) && !is_foreign(c, &st->subject);
}

/* Of what is guarded so plainly, how much is declared. */
static HfCustom custom(const HfCheck *c, const Declared *d,
                       const GPtrArray *all)
{
    HfCustom k = { d->n, d->n };

    for (guint i = 0; i < all->len; i++) {
        const HfStats *st = g_ptr_array_index(all, i);
        HfBelief b = hf_belief_strongest(c, st);

        k.n += is_guarded(c, st, &b);
    }
    return k;
}

void hf_convention_guards(HfCheck *c)
{
    Declared d = count_declared(c);
    GPtrArray *all = d.n ? hf_belief_survey_all(c) : NULL;
    HfCustom k = { 0 };

    if (all) {
        k = custom(c, &d, all);
    }
    for (guint i = 0; all && i < all->len; i++) {
        const HfStats *st = g_ptr_array_index(all, i);
        HfBelief b = hf_belief_strongest(c, st);
        guint n;

        if (!is_guarded(c, st, &b)) {
            continue;
        }
        n = GPOINTER_TO_UINT(g_hash_table_lookup(
            d.by_lock, GUINT_TO_POINTER(b.key.id)));
        /* others under the same lock say so; or nearly everything does, and
         * this is no accident */
        if (n || (k.n >= 20 && k.n_says * 10 >= k.n * 9 &&
                  b.functions >= 2 && b.strong)) {
            tell(c, st, &b, n);
        }
    }
    if (all) {
        g_ptr_array_unref(all);
    }
    g_hash_table_unref(d.by_lock);
}
