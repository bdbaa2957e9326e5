/* SPDX-License-Identifier: MIT */
/*
 * MISSING_LOCK: access without the lock under which the rest of the program
 * accesses the same member or variable.  Nobody declared the guard; it is
 * believed from the code (Engler et al., "Bugs as Deviant Behavior", SOSP
 * 2001).
 *
 * For each subject (record member or variable) and each lock related to it
 * (a member of the same object or of one around it, a lock its object points
 * to, a global lock) two statistics are kept: all accesses and writes alone.
 * "Written with L held n of n times" flags an unlocked read even where most
 * reads are unlocked, when some critical section exists for this subject's
 * sake; otherwise a clear majority of all accesses decides.  A function that
 * takes the lock for the subject and also touches it without is believed to
 * contradict itself even where the rest of the program is undecided.
 */
#include "check/guard.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A critical section that touches no more than this many different things is
 * there for their sake. */
#define STRONG_SECTION 3

/* How the lock lies to the object that holds the member. */
typedef enum {
    REL_SAME,    /* s->x and s->lock */
    REL_AROUND,  /* s->sub.x and s->lock */
    REL_THROUGH, /* s->x and s->owner->lock */
    REL_GLOBAL,
} Relation;

typedef struct {
    guint32 id;       /* HfFieldId of the lock, or HfX of a global one */
    guint8 relation;
} LockKey;

typedef struct {
    const HfFlow *flow;
    const HfAccess *access;
    GArray *locks;      /* LockKey held in every context, NULL none */
    GArray *sometimes;  /* LockKey held in some context only */
    guint32 section;    /* accesses to other subjects under the same locks */
} Use;

typedef struct {
    HfSubject subject; /* of its first use */
    GArray *uses;      /* Use */
    guint n_writes;
} Stats;

typedef struct {
    HfCheck *c;
    GHashTable *stats; /* subject key -> Stats */
    GPtrArray *order;  /* Stats in order of first use */
} Survey;

typedef struct {
    LockKey key;
    guint n, n_with, writes, writes_with, strong;
    guint functions;      /* that access it with the lock */
    guint writers;        /* functions that write it at all */
    guint strong_writers; /* of these, in a section for its sake, or by ++ */
    double z;
} Belief;

/* ---- which locks go with this access ------------------------------------ */

static gboolean prefix_of(const HfXTable *t, HfX inner, HfX outer)
{
    while (inner) {
        const HfXNode *n = hf_x(t, inner);

        if (inner == outer) {
            return TRUE;
        }
        if (n->kind != HF_X_FIELD && n->kind != HF_X_INDEX) {
            return FALSE;
        }
        inner = n->parent;
    }
    return FALSE;
}

static gboolean relate(const HfCheck *c, const HfSubject *s, HfX lock,
                       LockKey *key)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *n = hf_x(t, lock);
    const HfXNode *owner;

    if (n->kind == HF_X_CAP) {
        return FALSE; /* a lock over everything explains nothing */
    }
    if (!n->local && hf_x(t, hf_x_root(t, lock))->kind == HF_X_GLOBAL) {
        const HfXNode *base = s->base ? hf_x(t, s->base) : NULL;

        if (!base || n->kind == HF_X_GLOBAL || n->parent != s->base) {
            *key = (LockKey){ lock, REL_GLOBAL };
            return TRUE;
        }
    }
    if (n->kind != HF_X_FIELD || !s->base) {
        return FALSE;
    }
    key->id = n->ref;
    owner = hf_x(t, n->parent);
    if (n->parent == s->base) {
        key->relation = REL_SAME;
        return TRUE;
    }
    if (prefix_of(t, s->base, n->parent)) {
        key->relation = REL_AROUND;
        return TRUE;
    }
    /* what a member points to cannot guard that member */
    if (owner->kind == HF_X_DEREF &&
        hf_x(t, owner->parent)->kind == HF_X_FIELD &&
        hf_x(t, owner->parent)->parent == s->base &&
        hf_x(t, owner->parent)->ref != s->field) {
        key->relation = REL_THROUGH;
        return TRUE;
    }
    return FALSE;
}

static gboolean same_lock(const LockKey *a, const LockKey *b)
{
    return a->id == b->id && a->relation == b->relation;
}

static gboolean in_list(const GArray *list, const LockKey *key)
{
    for (guint i = 0; list && i < list->len; i++) {
        if (same_lock(&g_array_index(list, LockKey, i), key)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void add_key(GArray **list, const LockKey *key)
{
    if (!*list) {
        *list = g_array_new(FALSE, FALSE, sizeof(LockKey));
    }
    if (!in_list(*list, key)) {
        g_array_append_val(*list, *key);
    }
}

static void consider(const HfCheck *c, Use *u, const HfSubject *s,
                     const HfHold *rows, guint n)
{
    for (guint i = 0; i < n; i++) {
        HfVerdict v;
        LockKey key;

        if (rows[i].now != HF_HOLD_HELD || !relate(c, s, rows[i].lock, &key)) {
            continue;
        }
        v = hf_guard_verdict(c, u->flow, u->access, rows[i].lock);
        if (v.tri == HF_HELD && v.n_contexts) {
            add_key(&u->locks, &key);
        } else if (v.n_held) {
            add_key(&u->sometimes, &key);
        }
    }
}

/* Locks held locally, and by callers. */
static void find_locks(const HfCheck *c, Use *u, const HfSubject *s)
{
    guint n;
    const HfHold *rows = hf_holds(c->solved, u->access->must, &n);

    consider(c, u, s, rows, n);
    for (guint i = 0; i < u->flow->contexts->len; i++) {
        const HfContext *ctx =
            &g_array_index(u->flow->contexts, HfContext, i);

        rows = hf_holds(c->solved, ctx->held, &n);
        consider(c, u, s, rows, n);
    }
}

/* ---- the survey --------------------------------------------------------- */

static gboolean worth_asking(const HfCheck *c, const HfFlow *flow,
                             const HfAccess *a, const HfSubject *s)
{
    if (s->pointee || hf_guard_is_atomic(a) || a->fresh) {
        return FALSE;
    }
    if (s->field) {
        const HfProgField *f = HF_PROGRAM_FIELD(c->program, s->field);

        return !f->is_lock &&
               !(f->type_flags & (HF_TYPE_CONST | HF_TYPE_ATOMIC)) &&
               !HF_CONTRACT_HAS(hf_contract_of_field(c->solved->contracts,
                                                     s->field),
                                HF_EFF_GUARDED_BY);
    } else {
        const HfProgSymbol *v = HF_PROGRAM_SYM(c->program, s->var);

        return !v->is_lock &&
               !(v->type_flags & (HF_TYPE_CONST | HF_TYPE_ATOMIC)) &&
               !(v->flags & HF_SYM_THREAD_LOCAL) &&
               !HF_CONTRACT_HAS(hf_contract_of(c->solved->contracts, s->var),
                                HF_EFF_GUARDED_BY);
    }
}

/* In every context the object is the caller's own: nothing to learn. */
static gboolean always_fresh(const HfCheck *c, const HfFlow *flow,
                             const HfAccess *a)
{
    HfVerdict v = hf_guard_verdict(c, flow, a, 0);

    return flow->contexts->len && !v.n_contexts;
}

static Stats *stats_of(Survey *sv, const HfSubject *s)
{
    gint64 key = (gint64)s->field << 32 | s->var;
    Stats *st = g_hash_table_lookup(sv->stats, &key);

    if (!st) {
        st = g_new0(Stats, 1);
        st->subject = *s;
        st->uses = g_array_new(FALSE, FALSE, sizeof(Use));
        g_hash_table_insert(sv->stats, g_memdup2(&key, sizeof(key)), st);
        g_ptr_array_add(sv->order, st);
    }
    return st;
}

/* How many different things are touched under exactly these locks here: few
 * means that the critical section exists for them. */
static guint section_size(const HfFlow *flow, const HfAccess *a)
{
    guint n = 0;
    HfX last[8];

    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *o = &g_array_index(flow->accesses, HfAccess, i);
        guint k;

        if (o->must != a->must) {
            continue;
        }
        for (k = 0; k < n && last[k] != o->path; k++) {
        }
        if (k == n) {
            if (n == G_N_ELEMENTS(last)) {
                return n;
            }
            last[n++] = o->path;
        }
    }
    return n;
}

static void survey_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Survey *sv = data;

    if (hf_check_exempt(c, flow)) {
        return;
    }
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);
        Use u = { .flow = flow, .access = a };
        HfSubject s;
        Stats *st;

        if (!hf_guard_subject(c, a, &s) || !worth_asking(c, flow, a, &s) ||
            always_fresh(c, flow, a)) {
            continue;
        }
        find_locks(c, &u, &s);
        if (u.locks) {
            u.section = section_size(flow, a);
        }
        st = stats_of(sv, &s);
        st->n_writes += hf_guard_is_write(a);
        g_array_append_val(st->uses, u);
    }
}

/* ---- the belief --------------------------------------------------------- */

/* The uses of one function are contiguous: it is new when the last differs.
 * `write` and `with` may come from later uses of it, so look ahead. */
static void count_function(const Stats *st, guint i, Belief *b, gboolean with,
                           gboolean write)
{
    const Use *u = &g_array_index(st->uses, Use, i);
    gboolean had_with = FALSE, had_write = FALSE, had_strong = FALSE;
    gboolean strong = write && ((with && u->section <= STRONG_SECTION) ||
                                u->access->kind == HF_EV_RMW);

    for (guint k = i; k > 0; k--) {
        const Use *o = &g_array_index(st->uses, Use, k - 1);
        gboolean o_with, o_write;

        if (o->flow != u->flow) {
            break;
        }
        o_with = in_list(o->locks, &b->key);
        o_write = hf_guard_is_write(o->access);
        had_with |= o_with;
        had_write |= o_write;
        had_strong |= o_write && ((o_with && o->section <= STRONG_SECTION) ||
                                  o->access->kind == HF_EV_RMW);
    }
    b->functions += with && !had_with;
    b->writers += write && !had_write;
    b->strong_writers += strong && !had_strong;
}

static void count(const Stats *st, Belief *b)
{
    const double p0 = 0.9;

    for (guint i = 0; i < st->uses->len; i++) {
        const Use *u = &g_array_index(st->uses, Use, i);
        gboolean with = in_list(u->locks, &b->key);
        gboolean write = hf_guard_is_write(u->access);

        if (!with && in_list(u->sometimes, &b->key)) {
            continue; /* neither here nor there */
        }
        b->n++;
        b->n_with += with;
        b->writes += write;
        b->writes_with += with && write;
        b->strong += with && u->section <= STRONG_SECTION;
        count_function(st, i, b, with, write);
    }
    b->z = b->n ? ((double)b->n_with / b->n - p0) /
                      sqrt(p0 * (1 - p0) / b->n) : -100;
}

static gboolean better(const Belief *a, const Belief *b)
{
    if (a->writes_with != b->writes_with) {
        return a->writes_with > b->writes_with;
    }
    if (a->n_with != b->n_with) {
        return a->n_with > b->n_with;
    }
    return a->key.relation < b->key.relation;
}

static Belief strongest(const Stats *st)
{
    Belief best = { 0 };
    GArray *tried = NULL;

    for (guint i = 0; i < st->uses->len; i++) {
        const Use *u = &g_array_index(st->uses, Use, i);

        for (guint k = 0; u->locks && k < u->locks->len; k++) {
            Belief b = { .key = g_array_index(u->locks, LockKey, k) };

            if (in_list(tried, &b.key)) {
                continue;
            }
            add_key(&tried, &b.key);
            count(st, &b);
            if (!best.n || better(&b, &best)) {
                best = b;
            }
        }
    }
    if (tried) {
        g_array_unref(tried);
    }
    return best;
}

typedef enum { NOT_BELIEVED, BY_FUNCTION, BY_WRITES, BY_MAJORITY } Why;

/* Written by one function in passing, under a lock that is there for other
 * things: set once, then read by all. */
static gboolean set_once(const Belief *b)
{
    return b->writers <= 1 && b->strong_writers == 0;
}

static Why believed(const Belief *b)
{
    if (b->n_with == b->n || b->writes_with == 0 || b->n_with < 2 ||
        set_once(b)) {
        return NOT_BELIEVED;
    }
    if (b->n >= 4 && b->n_with * 4 >= b->n * 3) {
        return BY_MAJORITY;
    }
    if (b->writes_with == b->writes &&
        (b->strong >= 1 || b->n_with * 2 >= b->n)) {
        return BY_WRITES;
    }
    if (b->n >= 3 && b->n_with * 3 >= b->n * 2) {
        return BY_MAJORITY;
    }
    /* undecided as a whole: only who knows the lock is held to it */
    return b->strong >= 2 && b->functions >= 2 ? BY_FUNCTION : NOT_BELIEVED;
}

/* ---- findings ----------------------------------------------------------- */

static char *lock_name(const HfCheck *c, const LockKey *key)
{
    if (key->relation == REL_GLOBAL) {
        return hf_check_stable(c, key->id);
    }
    return g_strdup_printf(
        "%s.%s", HF_PROGRAM_RECORD(c->program, HF_PROGRAM_FIELD(
                                       c->program, key->id)->record)->name,
        HF_PROGRAM_FIELD(c->program, key->id)->name);
}

static char *subject_name(const HfCheck *c, const HfSubject *s)
{
    return hf_check_stable(c, s->object);
}

/* Up to two places that do hold the lock. */
static void examples(HfCheck *c, HfFinding *f, const Stats *st,
                     const LockKey *key, const HfFlow *first)
{
    int shown = 0;

    for (int pass = 0; pass < 2 && shown < 2; pass++) {
        for (guint i = 0; i < st->uses->len && shown < 2; i++) {
            const Use *u = &g_array_index(st->uses, Use, i);
            g_autofree char *what = NULL, *lock = NULL;
            HfPlace place;
            guint n;
            const HfHold *rows;

            /* the function itself first: it shows that it knows the lock */
            if ((u->flow == first) != (pass == 0) ||
                !in_list(u->locks, key)) {
                continue;
            }
            what = hf_check_text(c, u->flow, u->access->path);
            rows = hf_holds(c->solved, u->access->must, &n);
            for (guint k = 0; k < n; k++) {
                LockKey have;
                HfSubject s;

                hf_guard_subject(c, u->access, &s);
                if (rows[k].now == HF_HOLD_HELD &&
                    relate(c, &s, rows[k].lock, &have) &&
                    same_lock(&have, key) &&
                    rows[k].event < u->flow->fn->n_events) {
                    lock = hf_check_text(c, u->flow, rows[k].lock);
                    place = hf_check_place(u->flow, rows[k].event);
                    hf_finding_event(f, &place, "example_lock", 0,
                                     "Locking \"%s\".", lock);
                    break;
                }
            }
            place = hf_check_place(u->flow, u->access->event);
            if (lock) {
                hf_finding_event(f, &place, "example_access", 0,
                                 "\"%s\" is accessed with lock \"%s\" held.",
                                 what, lock);
            } else {
                hf_finding_event(f, &place, "example_access", 0,
                                 "\"%s\" is accessed with the lock held by "
                                 "the caller.", what);
            }
            shown++;
        }
    }
}

/* The function has a critical section for this subject's sake. */
static gboolean knows_lock(const Stats *st, const LockKey *key,
                           const HfFlow *flow)
{
    for (guint i = 0; i < st->uses->len; i++) {
        const Use *u = &g_array_index(st->uses, Use, i);

        if (u->flow == flow && u->section <= STRONG_SECTION &&
            in_list(u->locks, key)) {
            return TRUE;
        }
    }
    return FALSE;
}

static HfTier tier_of(HfFinding *f, const Stats *st, const Belief *b, Why why,
                      const Use *u)
{
    gboolean write = hf_guard_is_write(u->access);
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
    if (knows) {
        return why == BY_FUNCTION && write ? HF_TIER_MEDIUM : HF_TIER_HIGH;
    }
    if (why == BY_FUNCTION) {
        hf_finding_reason(f, "the program as a whole is undecided");
        return HF_TIER_LOW;
    }
    if (why == BY_MAJORITY) {
        return b->n_with >= 8 && b->z > 0 ? HF_TIER_HIGH : HF_TIER_MEDIUM;
    }
    if (b->n_with * 2 >= b->n) {
        return HF_TIER_MEDIUM;
    }
    hf_finding_reason(f, "most reads do not hold it");
    return HF_TIER_LOW;
}

static void report(HfCheck *c, const Stats *st, const Belief *b, Why why,
                   const Use *u)
{
    gboolean write = hf_guard_is_write(u->access);
    HfFinding *f = hf_check_finding(c, u->flow, write ? "unlocked_write"
                                                      : "unlocked_read");
    g_autofree char *what = hf_check_text(c, u->flow, u->access->path);
    g_autofree char *lock = lock_name(c, &b->key);
    g_autofree char *subject = subject_name(c, &st->subject);
    HfPlace place = hf_check_place(u->flow, u->access->event);

    hf_finding_main(
        f, &place, "missing_lock", 0,
        "%s \"%s\" without holding lock \"%s\". Elsewhere, \"%s\" is "
        "accessed with \"%s\" held %u out of %u times.",
        write ? "Writing" : "Accessing", what, lock, subject, lock,
        b->n_with, b->n);
    if (b->strong) {
        hf_finding_event(f, &place, "note", 0,
                         "%u of these accesses strongly imply that it is "
                         "necessary.", b->strong);
    }
    hf_finding_event(f, &place, "note", 0,
                     "Of %u writes, %u hold the lock.", b->writes,
                     b->writes_with);
    examples(c, f, st, &b->key, u->flow);
    f->tier = tier_of(f, st, b, why, u);
    f->rule = g_strdup("inferred");
    f->key_subject = g_strdup(subject);
    f->key_lock = g_strdup(lock);
    f->key_shape = g_strdup(write ? "write" : "read");
    hf_findings_add(c->findings, f);
}

static void judge(HfCheck *c, const Stats *st)
{
    Belief b = strongest(st);
    Why why = believed(&b);
    const HfFlow *last = NULL;

    if (why == NOT_BELIEVED) {
        return;
    }
    for (guint i = 0; i < st->uses->len; i++) {
        const Use *u = &g_array_index(st->uses, Use, i);

        if (in_list(u->locks, &b.key) || in_list(u->sometimes, &b.key) ||
            u->flow == last) {
            continue; /* one finding per function */
        }
        last = u->flow;
        report(c, st, &b, why, u);
    }
}

static void stats_free(gpointer data)
{
    Stats *st = data;

    for (guint i = 0; i < st->uses->len; i++) {
        Use *u = &g_array_index(st->uses, Use, i);

        if (u->locks) {
            g_array_unref(u->locks);
        }
        if (u->sometimes) {
            g_array_unref(u->sometimes);
        }
    }
    g_array_unref(st->uses);
    g_free(st);
}

static void run(HfCheck *c)
{
    Survey sv = {
        .c = c,
        .stats = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                       NULL),
        .order = g_ptr_array_new_with_free_func(stats_free),
    };

    hf_check_each_flow(c, survey_flow, &sv);
    for (guint i = 0; i < sv.order->len; i++) {
        judge(c, g_ptr_array_index(sv.order, i));
    }
    g_hash_table_unref(sv.stats);
    g_ptr_array_unref(sv.order);
}

const HfChecker hf_checker_missing_lock = {
    .name = "MISSING_LOCK",
    .summary = "access without the lock held elsewhere for the same data",
    .cwe = 667,
    .impact = HF_IMPACT_MEDIUM,
    .run = run,
};
