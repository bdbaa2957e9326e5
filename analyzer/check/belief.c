/* SPDX-License-Identifier: MIT */
#include "check/containers.h"
#include "check/idiom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What one walk over all functions fills. */
typedef struct {
    GHashTable *stats; /* subject key -> HfStats */
    GPtrArray *order;  /* HfStats in order of first use */
    GHashTable *homes; /* HfSymId of a lock -> GPtrArray of file names, as many
                          as matter */
    const HfContainers *containers; /* these only; NULL: all else */
    gboolean all;      /* hf_belief_survey_all() */
} Survey;

/* Files that may share a lock that is theirs. */
#define HOME_FILES 2

/* ---- which locks go with this access ------------------------------------ */

static void add_key(GArray **list, const HfLockKey *key)
{
    if (!*list) {
        *list = g_array_new(FALSE, FALSE, sizeof(HfLockKey));
    }
    if (!hf_belief_has(*list, key)) {
        g_array_append_val(*list, *key);
    }
}

static HfSymId variable_of(const HfCheck *c, HfX lock)
{
    const HfXNode *root =
        hf_x(c->solved->exprs, hf_x_root(c->solved->exprs, lock));

    return root->kind == HF_X_GLOBAL ? root->ref : 0;
}

/* Where it is taken and given back, if those are few files. */
static void note_homes(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Survey *sv = data;
    HfPlace here = hf_check_place(flow, UINT32_MAX);

    for (guint i = 0; i < flow->lock_ops->len; i++) {
        HfSymId var = variable_of(
            c, g_array_index(flow->lock_ops, HfLockOp, i).lock);
        GPtrArray *files = g_hash_table_lookup(sv->homes,
                                               GUINT_TO_POINTER(var));

        if (var && !files) {
            files = g_ptr_array_new();
            g_hash_table_insert(sv->homes, GUINT_TO_POINTER(var), files);
        }
        if (var && files->len <= HOME_FILES &&
            !g_ptr_array_find_with_equal_func(files, here.file, g_str_equal,
                                              NULL)) {
            g_ptr_array_add(files, (gpointer)here.file);
        }
    }
}

/* A global lock that some caller far away holds explains nothing; one does
 * that the same file declares, or that hardly any other file uses. */
static gboolean is_at_home(const HfCheck *c, const Survey *sv,
                           const HfFlow *flow, HfX lock)
{
    HfSymId id = variable_of(c, lock);
    const HfProgSymbol *var = HF_PROGRAM_SYM(c->program, id);
    HfPlace at, here = hf_check_place(flow, UINT32_MAX);
    const GPtrArray *files;

    if (!id || !var->decl_loc) {
        return FALSE;
    }
    at = hf_check_place_of(c->program, var->decl_unit, var->decl_loc);
    if (strcmp(at.file, here.file) == 0) {
        return TRUE;
    }
    files = g_hash_table_lookup(sv->homes, GUINT_TO_POINTER(id));
    return files && files->len <= HOME_FILES &&
           g_ptr_array_find_with_equal_func((GPtrArray *)files, here.file,
                                            g_str_equal, NULL);
}

/* local: taken in this body. */
static void consider(const HfCheck *c, const Survey *sv, HfUse *u,
                     const HfSubject *s, const HfHold *rows, guint n,
                     gboolean local)
{
    for (guint i = 0; i < n; i++) {
        HfVerdict v;
        HfLockKey key;

        if (rows[i].now != HF_HOLD_HELD) {
            continue;
        }
        if (!hf_belief_relate(c, s, rows[i].lock, &key)) {
            if (hf_idiom_may_be_own(c, s, rows[i].lock, &key)) {
                add_key(&u->sometimes, &key);
            }
            continue;
        }
        v = hf_guard_verdict(c, u->flow, u->access, rows[i].lock);
        if (v.tri == HF_HELD && v.n_contexts &&
            (local || key.relation != HF_REL_GLOBAL ||
             is_at_home(c, sv, u->flow, rows[i].lock))) {
            add_key(&u->locks, &key);
        } else if (v.n_held) {
            add_key(&u->sometimes, &key);
        }
    }
}

/* Named locks, that the function takes or says it needs. */
static void consider_named(const HfCheck *c, HfUse *u, const HfHold *rows,
                           guint n)
{
    for (guint i = 0; i < n; i++) {
        const HfCapRule *cap =
            hf_contract_cap_rule(c->solved->contracts, rows[i].lock);
        HfLockKey key = { rows[i].lock, HF_REL_GLOBAL };

        if (cap && cap->kind == HF_CAP_LOCK &&
            rows[i].now == HF_HOLD_HELD) {
            add_key(&u->locks, &key);
        }
    }
}

/* Locks held on some ways to it, where it may be this object that is meant by
 * another name, or another one by this name. */
static void consider_may(const HfCheck *c, HfUse *u, const HfSubject *s)
{
    guint n;
    const HfHold *rows = hf_holds(c->solved, u->access->may, &n);

    for (guint i = 0; i < n; i++) {
        HfLockKey key;

        if (rows[i].now == HF_HOLD_HELD &&
            (hf_idiom_may_be_own(c, s, rows[i].lock, &key) ||
             ((u->access->renamed ||
               (s->base && hf_guard_from_nowhere(c->solved->exprs, s->base))) &&
              hf_belief_relate(c, s, rows[i].lock, &key)))) {
            add_key(&u->sometimes, &key);
        }
    }
}

/* Locks held locally, and by callers. */
static void find_locks(const HfCheck *c, const Survey *sv, HfUse *u,
                       const HfSubject *s)
{
    guint n;
    const HfHold *rows = hf_holds(c->solved, u->access->must, &n);

    consider(c, sv, u, s, rows, n, TRUE);
    consider_may(c, u, s);
    if (sv->all) {
        consider_named(c, u, rows, n);
    }
    rows = hf_holds(c->solved, u->flow->owed, &n);
    consider(c, sv, u, s, rows, n, TRUE);
    for (guint i = 0; i < u->flow->contexts->len; i++) {
        const HfContext *ctx =
            &g_array_index(u->flow->contexts, HfContext, i);

        rows = hf_holds(c->solved, ctx->held, &n);
        consider(c, sv, u, s, rows, n, FALSE);
    }
}

/* ---- the survey --------------------------------------------------------- */

static gboolean worth_asking(const HfCheck *c, const HfFlow *flow,
                             const HfAccess *a, const HfSubject *s)
{
    HfSubject declared;

    if (hf_guard_declared_subject(c, a, &declared) &&
        hf_guard_is_declared(c, &declared)) {
        return FALSE;
    }
    if ((s->pointee && !a->arg) || hf_guard_is_atomic(a) || a->fresh) {
        return FALSE;
    }
    if (s->field) {
        const HfProgField *f = HF_PROGRAM_FIELD(c->program, s->field);

        /* what links an object into a list is guarded as that list is, which
         * need not be named in the object */
        return !f->is_lock && !f->is_entry &&
               !(f->type_flags & (HF_TYPE_CONST | HF_TYPE_ATOMIC));
    } else {
        const HfProgSymbol *v = HF_PROGRAM_SYM(c->program, s->var);

        return !v->is_lock &&
               !(v->type_flags & (HF_TYPE_CONST | HF_TYPE_ATOMIC)) &&
               !(v->flags & HF_SYM_THREAD_LOCAL);
    }
}

/* In every context the object is the caller's own: nothing to learn. */
static gboolean always_fresh(const HfCheck *c, const HfFlow *flow,
                             const HfAccess *a)
{
    HfVerdict v = hf_guard_verdict(c, flow, a, 0);

    return flow->contexts->len && !v.n_contexts;
}

static HfStats *stats_of(Survey *sv, const HfSubject *s)
{
    gpointer key = GUINT_TO_POINTER(s->field ? s->field * 2 : s->var * 2 + 1);
    HfStats *st = g_hash_table_lookup(sv->stats, key);

    if (!st) {
        st = g_new0(HfStats, 1);
        st->subject = *s;
        st->uses = g_array_new(FALSE, FALSE, sizeof(HfUse));
        st->passed = g_ptr_array_new_with_free_func(g_free);
        g_hash_table_insert(sv->stats, key, st);
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

static void add_use(HfCheck *c, Survey *sv, const HfFlow *flow,
                    const HfAccess *a, const HfSubject *s)
{
    HfUse u = { .flow = flow, .access = a };
    HfStats *st = stats_of(sv, s);

    find_locks(c, sv, &u, s);
    if (u.locks) {
        u.section = section_size(flow, a);
    }
    st->n_writes += hf_guard_is_write(a);
    g_array_append_val(st->uses, u);
}

/* What a wait is given besides the lock is a condition, no data. */
static gboolean waits(const HfCheck *c, const HfFlow *flow,
                      const HfCall *call)
{
    const HfEvent *e = hf_flow_event(flow, call->event);

    return e->kind == HF_EV_CALL &&
           HF_CONTRACT_HAS(hf_contract_of(c->solved->contracts,
                                          flow->unit->symbols[e->sym]),
                           HF_EFF_DROP_AND_RETAKE);
}

/* Objects whose address the call gets. */
static void survey_call(HfCheck *c, Survey *sv, const HfFlow *flow,
                        const HfCall *call)
{
    const HfXTable *t = c->solved->exprs;

    for (guint i = 0; i < call->n_args; i++) {
        HfX arg = g_array_index(flow->args, HfX, call->first_arg + i);
        HfAccess a = { .event = call->event, .must = call->must,
                       .may = call->may, .kind = HF_EV_RMW,
                       .fresh = i < 32 && call->fresh_args >> i & 1 };
        HfAccess *kept;
        HfSubject s;

        a.path = arg && hf_x(t, arg)->kind == HF_X_ADDR
                     ? hf_x(t, arg)->parent : 0;
        while (a.path && hf_x(t, a.path)->kind == HF_X_INDEX) {
            a.path = hf_x(t, a.path)->parent;
        }
        if (!a.path || !hf_guard_subject(c, &a, &s) ||
            !worth_asking(c, flow, &a, &s) || hf_belief_is_base(c, s.field) ||
            always_fresh(c, flow, &a)) {
            continue;
        }
        if (waits(c, flow, call)) {
            stats_of(sv, &s)->is_condition = TRUE;
        }
        kept = g_memdup2(&a, sizeof(a));
        g_ptr_array_add(stats_of(sv, &s)->passed, kept);
        add_use(c, sv, flow, kept, &s);
    }
}

static void survey_access(HfCheck *c, Survey *sv, const HfFlow *flow,
                          const HfAccess *a)
{
    HfSubject s;

    if (hf_guard_subject(c, a, &s) && worth_asking(c, flow, a, &s) &&
        !always_fresh(c, flow, a)) {
        add_use(c, sv, flow, a, &s);
    }
}

static void survey_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Survey *sv = data;
    const GPtrArray *calls =
        sv->containers ? hf_containers_of(sv->containers, flow) : NULL;

    if (hf_check_exempt(c, flow)) {
        return;
    }
    for (guint i = 0; calls && i < calls->len; i++) {
        survey_access(c, sv, flow, g_ptr_array_index(calls, i));
    }
    for (guint i = 0; !sv->containers && i < flow->accesses->len; i++) {
        survey_access(c, sv, flow,
                      &g_array_index(flow->accesses, HfAccess, i));
    }
    for (guint i = 0; sv->all && i < flow->calls->len; i++) {
        survey_call(c, sv, flow, &g_array_index(flow->calls, HfCall, i));
    }
}

/* ---- the belief --------------------------------------------------------- */

/* The uses of one function are contiguous: it is new when the last differs.
 * `write` and `with` may come from later uses of it, so look ahead. */
static void count_function(const HfStats *st, guint i, HfBelief *b,
                           gboolean with, gboolean write)
{
    const HfUse *u = &g_array_index(st->uses, HfUse, i);
    gboolean had_with = FALSE, had_write = FALSE, had_strong = FALSE;
    gboolean strong = write && ((with && u->section <= HF_STRONG_SECTION) ||
                                u->access->kind == HF_EV_RMW);

    for (guint k = i; k > 0; k--) {
        const HfUse *o = &g_array_index(st->uses, HfUse, k - 1);
        gboolean o_with, o_write;

        if (o->flow != u->flow) {
            break;
        }
        o_with = hf_belief_has(o->locks, &b->key);
        o_write = hf_guard_is_write(o->access);
        had_with |= o_with;
        had_write |= o_write;
        had_strong |= o_write && ((o_with && o->section <= HF_STRONG_SECTION) ||
                                  o->access->kind == HF_EV_RMW);
    }
    b->functions += with && !had_with;
    b->writers += write && !had_write;
    b->strong_writers += strong && !had_strong;
}

static void count(const HfCheck *c, const HfStats *st, HfBelief *b)
{
    const double p0 = 0.9;

    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);
        gboolean with = hf_belief_has(u->locks, &b->key);
        gboolean write = hf_guard_is_write(u->access);

        if (!with && (u->alone || hf_belief_has(u->sometimes, &b->key) ||
                      hf_belief_unshared(c, u, &b->key) ||
                      hf_idiom_elsewhere(c, u, &b->key))) {
            continue; /* neither here nor there */
        }
        b->n++;
        b->n_with += with;
        b->writes += write;
        b->writes_with += with && write;
        b->strong += with && u->section <= HF_STRONG_SECTION;
        count_function(st, i, b, with, write);
    }
    b->z = b->n ? ((double)b->n_with / b->n - p0) /
                      sqrt(p0 * (1 - p0) / b->n) : -100;
}

static gboolean better(const HfBelief *a, const HfBelief *b)
{
    if (a->writes_with != b->writes_with) {
        return a->writes_with > b->writes_with;
    }
    if (a->n_with != b->n_with) {
        return a->n_with > b->n_with;
    }
    return a->key.relation < b->key.relation;
}

HfBelief hf_belief_strongest(const HfCheck *c, const HfStats *st)
{
    HfBelief best = { 0 };
    GArray *tried = NULL;

    for (guint i = 0; i < st->uses->len; i++) {
        const HfUse *u = &g_array_index(st->uses, HfUse, i);

        for (guint k = 0; u->locks && k < u->locks->len; k++) {
            HfBelief b = { .key = g_array_index(u->locks, HfLockKey, k) };

            if (hf_belief_has(tried, &b.key)) {
                continue;
            }
            add_key(&tried, &b.key);
            count(c, st, &b);
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

gboolean hf_belief_set_once(const HfBelief *b)
{
    return b->writers <= 1 && b->strong_writers == 0;
}

HfBelieved hf_belief_judge(const HfBelief *b)
{
    if (b->n_with == b->n || b->writes_with == 0 || b->n_with < 2 ||
        hf_belief_set_once(b)) {
        return HF_NOT_BELIEVED;
    }
    if (b->n >= 4 && b->n_with * 4 >= b->n * 3) {
        return HF_BY_MAJORITY;
    }
    if (b->writes_with == b->writes &&
        (b->strong >= 1 || b->n_with * 2 >= b->n)) {
        return HF_BY_WRITES;
    }
    if (b->n >= 3 && b->n_with * 3 >= b->n * 2) {
        return HF_BY_MAJORITY;
    }
    /* undecided as a whole: only who knows the lock is held to it; what just
     * points to one may well be one thread's */
    return b->strong >= 2 && b->functions >= 2 &&
                   b->key.relation != HF_REL_POINTER
               ? HF_BY_FUNCTION : HF_NOT_BELIEVED;
}

gboolean hf_belief_binds_callers(const HfBelief *b)
{
    return b->n_with >= 2 && b->writes_with >= 1 && b->strong >= 1 &&
           !hf_belief_set_once(b) && b->n_with * 4 >= b->n * 3;
}

/* ---- life --------------------------------------------------------------- */

static void stats_free(gpointer data)
{
    HfStats *st = data;

    for (guint i = 0; i < st->uses->len; i++) {
        HfUse *u = &g_array_index(st->uses, HfUse, i);

        if (u->locks) {
            g_array_unref(u->locks);
        }
        if (u->sometimes) {
            g_array_unref(u->sometimes);
        }
    }
    g_array_unref(st->uses);
    g_ptr_array_unref(st->passed);
    g_free(st);
}

static GPtrArray *survey(HfCheck *c, gboolean all,
                         const HfContainers *containers)
{
    Survey sv = {
        .stats = g_hash_table_new(NULL, NULL),
        .order = g_ptr_array_new_with_free_func(stats_free),
        .homes = g_hash_table_new_full(NULL, NULL, NULL,
                                       (GDestroyNotify)g_ptr_array_unref),
        .all = all,
        .containers = containers,
    };

    hf_check_each_flow(c, note_homes, &sv);
    hf_check_each_flow(c, survey_flow, &sv);
    g_hash_table_unref(sv.stats);
    g_hash_table_unref(sv.homes);
    return sv.order;
}

GPtrArray *hf_belief_survey(HfCheck *c)
{
    return survey(c, FALSE, NULL);
}

GPtrArray *hf_belief_survey_all(HfCheck *c)
{
    return survey(c, TRUE, NULL);
}

GPtrArray *hf_belief_survey_containers(HfCheck *c, const HfContainers *k)
{
    return survey(c, FALSE, k);
}
