/* SPDX-License-Identifier: MIT */
/*
 * MISSING_LOCK: access without the lock under which the rest of the program
 * accesses the same member or variable.  Nobody declared the guard; belief.h
 * tells how it is inferred.
 */
#include "check/idiom.h"
#include "check/missing_caller.h"
#include "check/missing_race.h"
#include "check/no_lock.h"
#include "check/said_unlocked.h"
#include "check/missing_mode.h"
#include "check/unlocked.h"

#include <string.h>

/* Accesses from which on a few with the lock are an exception. */
#define FEW_OF 100
/* So many accesses without it are a habit, too. */
#define HABIT 16
/* Functions that take the lock for it. */
#define SEVERAL 3

/* ---- findings ----------------------------------------------------------- */

static char *subject_name(const HfCheck *c, const HfSubject *s)
{
    return hf_check_stable(c, s->object);
}

/* The lock of that key among those held at a use; NULL: the caller's. */
static const HfHold *hold_of(const HfCheck *c, const HfUse *u,
                             const HfLockKey *key)
{
    guint n;
    const HfHold *rows = hf_holds(c->solved, u->access->must, &n);
    HfSubject s;

    hf_guard_subject(c, u->access, &s);
    for (guint i = 0; i < n; i++) {
        HfLockKey have;

        if (rows[i].now == HF_HOLD_HELD &&
            hf_belief_relate(c, &s, rows[i].lock, &have) &&
            hf_belief_same_lock(&have, key) &&
            rows[i].event < u->flow->fn->n_events) {
            return &rows[i];
        }
    }
    return NULL;
}

static void example(HfCheck *c, HfFinding *f, const HfUse *u,
                    const HfLockKey *key)
{
    g_autofree char *what = hf_check_access_text(u->flow, u->access);
    const HfHold *hold = hold_of(c, u, key);
    HfPlace place;

    if (hold) {
        g_autofree char *lock = hf_check_hold_text(c, u->flow, hold);

        place = hf_check_place(u->flow, hold->event);
        hf_finding_event(f, &place, "example_lock", 0, "Locking \"%s\".",
                         lock);
        place = hf_check_place(u->flow, u->access->event);
        hf_finding_event(f, &place, "example_access", 0,
                         "\"%s\" is accessed with lock \"%s\" held.", what,
                         lock);
    } else {
        place = hf_check_place(u->flow, u->access->event);
        hf_finding_event(f, &place, "example_access", 0,
                         "\"%s\" is accessed with the lock held by the "
                         "caller.", what);
    }
}

/* Where the lock is held: once in the function itself, which shows that it
 * knows the lock, then in others, writes first; two in all. */
static void examples(HfCheck *c, HfFinding *f, const HfStats *st,
                     const HfLockKey *key, const HfFlow *self)
{
    const HfFlow *shown[2] = { NULL, NULL };
    int n = 0;

    for (int pass = 0; pass < 3; pass++) {
        for (guint i = 0; i < st->uses->len && n < 2; i++) {
            const HfUse *u = &g_array_index(st->uses, HfUse, i);

            if ((pass == 0) != (u->flow == self) || u->flow == shown[0] ||
                (pass == 1 && !hf_guard_is_write(u->access)) ||
                !hf_belief_has(u->locks, key)) {
                continue;
            }
            example(c, f, u, key);
            shown[n++] = u->flow;
        }
    }
}

/* The function has a critical section for this subject's sake. */
static gboolean knows_lock(const HfStats *st, const HfLockKey *key,
                           const HfFlow *flow)
{
    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);

        if (u->flow == flow && u->section <= HF_STRONG_SECTION &&
            hf_belief_has(u->locks, key)) {
            return TRUE;
        }
    }
    return FALSE;
}

static HfTier tier_of(HfFinding *f, const HfStats *st, const HfBelief *b,
                      HfBelieved why, const HfUse *u)
{
    gboolean knows = knows_lock(st, &b->key, u->flow);

    if (b->writes_with == b->writes) {
        hf_finding_reason(f, "every write holds the lock (%u of %u)",
                          b->writes_with, b->writes);
    } else {
        hf_finding_reason(f, "writes hold the lock %u of %u times",
                          b->writes_with, b->writes);
    }
    if (b->strong) {
        hf_finding_reason(f, "%u critical sections exist for this access",
                          b->strong);
    }
    if (knows) {
        hf_finding_reason(f, "the same function takes the lock for it "
                             "elsewhere");
    }
    if (knows) { /* its own word against itself; certain with the others' */
        return why == HF_BY_FUNCTION ? HF_TIER_MEDIUM : HF_TIER_HIGH;
    }
    if (why == HF_BY_FUNCTION) {
        hf_finding_reason(f, "the program as a whole is undecided");
        return HF_TIER_LOW;
    }
    if (why == HF_BY_MAJORITY) {
        return b->n_with >= 8 && b->z > 0 ? HF_TIER_HIGH : HF_TIER_MEDIUM;
    }
    if (b->n_with * 2 >= b->n) {
        return HF_TIER_MEDIUM;
    }
    hf_finding_reason(f, "most reads do not hold it");
    return HF_TIER_LOW;
}

/* Some caller holds a lock of that kind, perhaps this one by another name. */
static gboolean some_caller_holds(const HfCheck *c, const HfFlow *flow,
                                  const HfLockKey *key)
{
    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);
        guint n;
        const HfHold *rows = hf_holds(c->solved, ctx->held, &n);

        for (guint k = 0; k < n; k++) {
            const HfXNode *lock = hf_x(c->solved->exprs, rows[k].lock);

            if (lock->kind == HF_X_FIELD && lock->ref == key->id) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Its own word against itself, and a second thread that is known: certain.
 * Two callbacks that one event loop perhaps runs: not.  What the program is
 * undecided about is likely when several functions take the lock for it. */
static HfTier with_witness(const HfFinding *f, gboolean knows,
                           gboolean undecided, const HfBelief *b)
{
    if (f->race != HF_RACE_WITH_WRITE) {
        return f->tier;
    }
    if (undecided) {
        return b->functions >= SEVERAL && b->writes_with * 2 > b->writes
                   ? HF_TIER_MEDIUM : f->tier;
    }
    return knows && f->tier == HF_TIER_MEDIUM ? HF_TIER_HIGH : f->tier;
}

/* What one function does to one object without one lock is one finding: the
 * first member it touches, the others named with it; those that are proved to
 * be right for one reason on their own. */
typedef struct {
    HfSymId sym;
    HfX base; /* 0: a variable, which stands for itself */
    guint32 lock, relation;
    GQuark code;
} Group;

static guint group_hash(gconstpointer key)
{
    const Group *g = key;

    return (g->sym * 31 + g->base) * 31 + g->lock * 4 + g->relation +
           g->code * 7;
}

static gboolean group_equal(gconstpointer a, gconstpointer b)
{
    const Group *x = a, *y = b;

    return x->sym == y->sym && x->base == y->base && x->lock == y->lock &&
           x->relation == y->relation && x->code == y->code;
}

typedef struct {
    GHashTable *callers; /* calls told by hf_missing_in_caller() */
    GHashTable *groups;  /* Group -> HfFinding */
    GHashTable *subjects; /* by hf_no_lock_subject() */
    HfWitnesses *witnesses;
    HfRaces *races;
} Told;

/* TRUE when it went into a finding that stands already. */
static gboolean joins_another(const HfCheck *c, const HfUse *u,
                              const HfBelief *b, const Told *told,
                              HfFinding *f)
{
    g_autofree char *what = hf_check_access_text(u->flow, u->access);
    HfPlace at = hf_check_place(u->flow, u->access->event);
    Group g = { .sym = u->flow->sym, .lock = b->key.id,
                .relation = b->key.relation,
                .code = g_quark_from_string(f->reason_code) };
    HfFinding *first;
    HfSubject s;

    hf_guard_subject(c, u->access, &s);
    g.base = s.base;
    if (!g.base) {
        return FALSE;
    }
    first = g_hash_table_lookup(told->groups, &g);
    if (!first) {
        g_hash_table_insert(told->groups, g_memdup2(&g, sizeof(g)), f);
        return FALSE;
    }
    hf_finding_event(first, &at, "note", 0, "So does \"%s\".", what);
    first->tier = MIN(first->tier, f->tier);
    first->rank = MIN(first->rank, f->rank);
    return TRUE;
}

/* What was told of one function: of accesses that are right, one for each
 * reason; else one, and that is all. */
typedef struct {
    gboolean wrong;
    GQuark codes[8];
    guint n_codes;
} Seen;

static gboolean is_new(Seen *seen, const HfFinding *f)
{
    GQuark code = g_quark_from_string(f->reason_code);

    if (!code) {
        return seen->wrong = TRUE;
    }
    for (guint i = 0; i < seen->n_codes; i++) {
        if (seen->codes[i] == code) {
            return FALSE;
        }
    }
    if (seen->n_codes < G_N_ELEMENTS(seen->codes)) {
        seen->codes[seen->n_codes++] = code;
    }
    return TRUE;
}

static void report(HfCheck *c, const HfStats *st, const HfBelief *b,
                   HfBelieved why, const HfUse *u, const Told *told,
                   Seen *seen)
{
    gboolean write = hf_guard_is_write(u->access);
    HfFinding *f = hf_check_finding(c, u->flow, write ? "unlocked_write"
                                                      : "unlocked_read");
    g_autofree char *what = hf_check_access_text(u->flow, u->access);
    g_autofree char *lock = hf_belief_lock_name(c, &b->key);
    g_autofree char *subject = subject_name(c, &st->subject);
    HfPlace place = hf_check_place(u->flow, u->access->event);
    GString *strong = g_string_new(NULL);
    gboolean undecided;
    HfSubject s;

    if (b->strong) {
        g_string_printf(strong, " (%u of these accesses strongly imply that "
                        "it is necessary)", b->strong);
    }
    hf_finding_main(
        f, &place, "missing_lock", 0,
        "%s \"%s\" without holding lock \"%s\". Elsewhere, \"%s\" is "
        "accessed with \"%s\" held %u out of %u times%s.",
        !write ? "Accessing" : u->access->arg ? "Changing" : "Writing",
        what, lock, subject, lock,
        b->n_with, b->n, strong->str);
    g_string_free(strong, TRUE);
    examples(c, f, st, &b->key, u->flow);
    f->tier = tier_of(f, st, b, why, u);
    undecided = why == HF_BY_FUNCTION && f->tier == HF_TIER_LOW &&
                !some_caller_holds(c, u->flow, &b->key);
    if (hf_idiom_rechecked(st, u, &b->key)) {
        hf_finding_reason(f, "asked again with the lock held");
        f->tier = HF_TIER_LOW;
        undecided = FALSE;
    } else if (hf_idiom_published_later(c, u)) {
        hf_finding_reason(f, "the object is put where others find it only "
                             "afterwards");
        f->tier = HF_TIER_LOW;
        undecided = FALSE;
    } else if (f->tier == HF_TIER_MEDIUM && !write &&
               b->n - b->n_with >= HABIT && !knows_lock(st, &b->key, u->flow)) {
        hf_finding_reason(f, "%u accesses do without it", b->n - b->n_with);
        f->tier = HF_TIER_LOW;
    } else if (b->n >= FEW_OF && b->n_with * 8 < b->n) {
        hf_finding_reason(f, "nearly everyone reads it without the lock");
        f->tier = HF_TIER_LOW;
    } else if (f->tier != HF_TIER_LOW && hf_said_unlocked(&place)) {
        hf_finding_reason(f, "a comment says that no lock is needed");
        f->tier = HF_TIER_LOW;
    }
    f->rule = g_strdup("inferred");
    f->key_subject = g_strdup(subject);
    f->key_lock = g_strdup(lock);
    f->key_shape = g_strdup(write ? "write" : "read");
    hf_guard_subject(c, u->access, &s);
    if (hf_unlocked_finish(told->witnesses, f, u->flow, u->access,
                           hf_belief_lock_on(c, u->flow, &s, &b->key),
                           b->strong ? HF_GUARD_INFERRED
                                     : HF_GUARD_IN_PASSING)) {
        f->tier = with_witness(f, knows_lock(st, &b->key, u->flow), undecided,
                               b);
    }
    if (!is_new(seen, f) || joins_another(c, u, b, told, f)) {
        hf_finding_free(f);
    } else {
        hf_findings_add(c->findings, f);
    }
    g_hash_table_add(told->subjects, hf_no_lock_subject(&st->subject));
}

static gboolean is_without(const HfCheck *c, const HfStats *st,
                           const HfBelief *b, const HfUse *u)
{
    return !hf_belief_has(u->locks, &b->key) &&
           !hf_belief_has(u->sometimes, &b->key) &&
           !hf_belief_unshared(c, u, &b->key) &&
           !hf_idiom_elsewhere(c, u, &b->key) &&
           !hf_idiom_either_lock(c, st, u, &b->key) &&
           !hf_idiom_held_by_another_name(c, u, &b->key) &&
           !hf_idiom_nameless_held(c, u) &&
           !hf_idiom_lost_on_the_way(c, u, &b->key) &&
           !hf_idiom_freed_after(c, u) &&
           !hf_idiom_library_calls_back(c, u, &b->key);
}

/* What one function does: what is no mere hint comes first. */
static guint judge_function(HfCheck *c, const HfStats *st, const HfBelief *b,
                            HfBelieved why, guint first, const Told *told)
{
    const HfFlow *flow = g_array_index(st->uses, HfUse, first).flow;
    Seen seen = { FALSE };
    guint n = 0;

    while (first + n < st->uses->len &&
           g_array_index(st->uses, HfUse, first + n).flow == flow) {
        n++;
    }
    for (gboolean hint = FALSE; hint <= TRUE; hint++) {
        for (guint i = first; i < first + n && !seen.wrong; i++) {
            const HfUse *u = &g_array_index(st->uses, HfUse, i);

            if (is_without(c, st, b, u) &&
                hf_idiom_rechecked(st, u, &b->key) == hint) {
                report(c, st, b, why, u, told, &seen);
            }
        }
    }
    return n;
}

/* Some callers hold the lock, one does not, and another thread is known that
 * may be there at the same time: that need not be the custom of the program to
 * be wrong, as long as somebody takes the lock for the subject's sake. */
static gboolean is_witnessed(HfCheck *c, const HfBelief *b, const HfUse *u,
                             const Told *told)
{
    HfWitness found;
    HfSubject s;
    HfX lock;
    gboolean yes;

    if (!b->strong || !b->writes_with || !hf_guard_is_write(u->access)) {
        return FALSE;
    }
    hf_guard_subject(c, u->access, &s);
    lock = hf_belief_lock_on(c, u->flow, &s, &b->key);
    hf_witness_find(told->witnesses, u->flow, u->access, lock, &found);
    yes = lock && found.verdict == HF_PARALLEL_YES;
    hf_witness_clear(&found);
    return yes;
}

/* Only those are asked about who are there once: the others are never alone. */
static gboolean may_be_alone(const HfCheck *c, const HfFlow *flow)
{
    for (guint i = 0; i < flow->contexts->len; i++) {
        int role = g_array_index(flow->contexts, HfContext, i).role;

        if (role < 0 ||
            !g_array_index(c->solved->roles, HfRole, role).unique) {
            return FALSE;
        }
    }
    return flow->contexts->len > 0;
}

/* Before the other threads are started, and after they have been joined, no
 * program takes locks, and what it does then counts for nothing. */
static gboolean alone_without(HfCheck *c, const HfUse *u, HfX lock,
                              const Told *told)
{
    HfWitness found;
    gboolean yes;

    hf_witness_find(told->witnesses, u->flow, u->access, lock, &found);
    yes = found.verdict == HF_PARALLEL_NO && found.code &&
          (strcmp(found.code, "init_phase") == 0 ||
           strcmp(found.code, "joined") == 0);
    hf_witness_clear(&found);
    return yes;
}

static gboolean is_alone(HfCheck *c, const HfUse *u, const Told *told)
{
    return !u->locks && !u->sometimes && may_be_alone(c, u->flow) &&
           alone_without(c, u, 0, told);
}

/* Whoever gets there without the lock does so when nobody else is there. */
static gboolean alone_when_without(HfCheck *c, const HfBelief *b,
                                   const HfUse *u, const Told *told)
{
    HfSubject s;
    HfX lock;

    hf_guard_subject(c, u->access, &s);
    lock = hf_belief_lock_on(c, u->flow, &s, &b->key);
    return lock && alone_without(c, u, lock, told);
}

/* What those say who are not alone; where that makes no case, what all say. */
static HfBelief believe(HfCheck *c, const HfStats *st, const Told *told)
{
    HfBelief all = hf_belief_strongest(c, st), b;
    gboolean some = FALSE;

    if (!all.n_with || all.n_with == all.n) {
        return all;
    }
    for (guint i = 0; i < st->uses->len; i++) {
        HfUse *u = &g_array_index(st->uses, HfUse, i);

        some |= u->alone = is_alone(c, u, told);
    }
    b = some ? hf_belief_strongest(c, st) : all;
    return hf_belief_judge(&b) == HF_NOT_BELIEVED ? all : b;
}

static void judge(HfCheck *c, const HfStats *st, const Told *told)
{
    HfBelief b = believe(c, st, told);
    HfBelieved why = hf_belief_judge(&b);
    gboolean binds = hf_belief_binds_callers(&b);

    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);

        if (!hf_belief_has(u->locks, &b.key) &&
            hf_belief_has(u->sometimes, &b.key) &&
            (binds || is_witnessed(c, &b, u, told)) &&
            !alone_when_without(c, &b, u, told)) {
            hf_missing_in_caller(c, &b, u, binds, told->callers);
        }
    }
    if (b.writes_with >= 2) {
        hf_missing_mode(c, st, &b);
    }
    if (why == HF_NOT_BELIEVED) {
        if (hf_missing_race(told->races, st)) {
            g_hash_table_add(told->subjects,
                             hf_no_lock_subject(&st->subject));
        }
        return;
    }
    for (guint i = 0; i < st->uses->len;) {
        i += judge_function(c, st, &b, why, i, told);
    }
}

static void run(HfCheck *c)
{
    GPtrArray *subjects = hf_belief_survey(c);
    Told told = {
        g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free, NULL),
        g_hash_table_new_full(group_hash, group_equal, g_free, NULL),
        g_hash_table_new(NULL, NULL),
        hf_witnesses_new(c), NULL,
    };
    GPtrArray *containers;

    containers = hf_belief_survey_containers(
        c, hf_witness_containers(told.witnesses));
    told.races = hf_races_new(c, told.witnesses);
    for (guint i = 0; i < subjects->len; i++) {
        judge(c, g_ptr_array_index(subjects, i), &told);
    }
    for (guint i = 0; i < containers->len; i++) {
        judge(c, g_ptr_array_index(containers, i), &told);
    }
    g_hash_table_unref(told.callers);
    hf_no_lock_check(c, told.witnesses, told.subjects);
    g_hash_table_unref(told.groups);
    g_hash_table_unref(told.subjects);
    hf_races_free(told.races);
    hf_witnesses_free(told.witnesses);
    g_ptr_array_unref(subjects);
    g_ptr_array_unref(containers);
}

const HfChecker hf_checker_missing_lock = {
    .name = "MISSING_LOCK",
    .summary = "access without the lock held elsewhere for the same data",
    .cwe = 667,
    .impact = HF_IMPACT_MEDIUM,
    .run = run,
};
