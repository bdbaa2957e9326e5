/* SPDX-License-Identifier: MIT */
#include "check/no_lock.h"
#include "check/object.h"
#include "check/said_unlocked.h"
#include "check/witness_priv.h"
#include "solve/blocks.h"

/* Ways to an object that are compared with each other. */
#define MAX_SIDES 48
/* Two kinds of threads that share so many things without a lock have another
 * rule, which is not seen. */
#define MANY 8
/* More than any pair costs. */
#define HARMLESS 4096

/* An access in one context. */
typedef struct {
    HfParty party;
    HfObject object;
    GArray *locks;    /* HfObject, held there; NULL none */
    gboolean unnamed; /* some lock is held, which one is not known */
} Side;

typedef struct {
    HfObject object;
    GPtrArray *sides; /* Side */
    gboolean written;
} Shared;

typedef struct {
    HfCheck *c;
    HfWitnesses *w;
    HfObjects *objects;
    GHashTable *told;
    GHashTable *table; /* HfObject -> Shared */
    GPtrArray *order;  /* Shared, as first met */
    const HfFlow *flow;
} Run;

/* ---- life --------------------------------------------------------------- */

static guint object_hash(gconstpointer key)
{
    const HfObject *o = key;

    return o->x * 31 + o->in;
}

static gboolean object_equal(gconstpointer a, gconstpointer b)
{
    return hf_object_same(a, b);
}

static void side_free(gpointer data)
{
    Side *s = data;

    hf_party_clear(&s->party);
    g_clear_pointer(&s->locks, g_array_unref);
    g_free(s);
}

static void shared_free(gpointer data)
{
    Shared *s = data;

    g_ptr_array_unref(s->sides);
    g_free(s);
}

gpointer hf_no_lock_subject(const HfSubject *s)
{
    return GUINT_TO_POINTER(s->field ? s->field * 2 : s->var * 2 + 1);
}

/* ---- what may be shared ------------------------------------------------- */

static gboolean plain_type(guint32 flags)
{
    return !(flags & (HF_TYPE_ATOMIC | HF_TYPE_VOLATILE | HF_TYPE_CONST));
}

/* No lock, nothing that says by its type that it is for several threads, and
 * nothing that has been spoken of. */
static gboolean is_plain(const Run *r, const HfObject *object, HfSubject *s)
{
    const HfXTable *t = r->c->solved->exprs;
    HfAccess a = { .path = object->x };

    *s = (HfSubject){ .object = object->x };
    for (HfX x = object->x; x; x = hf_x(t, x)->parent) {
        const HfXNode *n = hf_x(t, x);

        if (n->kind == HF_X_FIELD) {
            const HfProgField *f = HF_PROGRAM_FIELD(r->c->program, n->ref);

            if (f->is_lock || !plain_type(f->type_flags)) {
                return FALSE;
            }
        } else if (n->kind == HF_X_GLOBAL) {
            const HfProgSymbol *v = HF_PROGRAM_SYM(r->c->program, n->ref);

            if (v->is_lock || !plain_type(v->type_flags) ||
                v->flags & HF_SYM_THREAD_LOCAL) {
                return FALSE;
            }
        }
    }
    return !hf_guard_subject(r->c, &a, s) ||
           (!hf_guard_is_declared(r->c, s) &&
            !g_hash_table_contains(r->told, hf_no_lock_subject(s)));
}

/* By plain calls from the entry of a thread that is known. */
static gboolean is_known_way(const Run *r, const HfContext *ctx)
{
    return ctx->complete && !ctx->n_slots && ctx->role >= 0 &&
           g_array_index(r->c->solved->roles, HfRole, ctx->role).run ==
               HF_RUN_THREAD;
}

/* ---- the locks ---------------------------------------------------------- */

static void add_lock(const Run *r, Side *s, const HfContext *ctx, HfX lock)
{
    HfObject o = hf_object_of(r->objects, s->party.flow, ctx, lock);

    if (hf_x(r->c->solved->exprs, lock)->kind == HF_X_CAP) {
        return; /* hf_parallel() */
    }
    if (!hf_object_is_one(r->objects, &o)) {
        s->unnamed = TRUE;
        return;
    }
    if (!s->locks) {
        s->locks = g_array_new(FALSE, FALSE, sizeof(HfObject));
    }
    g_array_append_val(s->locks, o);
}

/* Also those held on some path only: that may be the path that gets here. */
static void add_locks(const Run *r, Side *s, const HfContext *ctx,
                      HfHolds must)
{
    const HfHolds sets[] = { must, s->party.access->may, ctx->held };
    guint n;

    for (guint i = 0; i < G_N_ELEMENTS(sets); i++) {
        const HfHold *rows = hf_holds(r->c->solved, sets[i], &n);

        for (guint k = 0; k < n; k++) {
            const HfHold *here = i < 2 ? NULL
                : hf_holds_find(r->c->solved, must, rows[k].lock);

            if (rows[k].now == HF_HOLD_HELD &&
                !(here && here->now == HF_HOLD_ABSENT)) {
                add_lock(r, s, ctx, rows[k].lock);
            }
        }
    }
}

/* Some element: another thread's may be another. */
static gboolean is_element(const HfFlow *flow, const HfAccess *a)
{
    return flow->unit->facts->paths[hf_flow_event(flow, a->event)->path].kind ==
           HF_PATH_INDEX;
}

/* Nobody else has it; a local may have been handed to a thread. */
static gboolean is_own(const Run *r, const HfAccess *a)
{
    const HfXTable *t = r->c->solved->exprs;

    return a->fresh && hf_x(t, hf_x_root(t, a->path))->kind != HF_X_LOCAL;
}

/* ---- all sides ---------------------------------------------------------- */

static Shared *shared_of(Run *r, const HfObject *object)
{
    Shared *s = g_hash_table_lookup(r->table, object);

    if (!s) {
        s = g_new0(Shared, 1);
        s->object = *object;
        s->sides = g_ptr_array_new_with_free_func(side_free);
        g_hash_table_insert(r->table, &s->object, s);
        g_ptr_array_add(r->order, s);
    }
    return s;
}

static void add_side(Run *r, const HfFlow *flow, const HfAccess *a,
                     const HfContext *ctx)
{
    HfHolds must = a->must;
    HfObject object;
    HfSubject subject;
    Shared *shared;
    Side *s;

    if (!is_known_way(r, ctx) ||
        (!a->fresh && hf_guard_fresh(r->c, a, ctx)) ||
        !hf_context_reaches(ctx, flow, a->event, &must)) {
        return;
    }
    object = hf_object_of(r->objects, flow, ctx, a->path);
    if (!object.x || !hf_object_is_one(r->objects, &object) ||
        !is_plain(r, &object, &subject)) {
        return;
    }
    shared = shared_of(r, &object);
    if (shared->sides->len == MAX_SIDES) {
        return;
    }
    s = g_new0(Side, 1);
    s->object = object;
    s->party = hf_party_make(r->w->parties, flow, a, &subject, ctx);
    add_locks(r, s, ctx, must);
    shared->written |= s->party.write;
    g_ptr_array_add(shared->sides, s);
}

static void survey(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Run *r = data;

    if (hf_check_exempt(c, flow)) {
        return;
    }
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        for (guint k = 0; !is_own(r, a) && !hf_guard_is_atomic(a) &&
                          !is_element(flow, a) &&
                          k < flow->contexts->len; k++) {
            add_side(r, flow, a,
                     &g_array_index(flow->contexts, HfContext, k));
        }
    }
}

/* ---- a lock by proxy ---------------------------------------------------- */

/* The thread is started with the lock held and joined before it is given up:
 * who wants the lock has to wait for the thread, too. */
static gboolean holds_for(const Run *r, int id, const HfObject *lock)
{
    const HfSolved *s = r->c->solved;
    const HfRole *role = &g_array_index(s->roles, HfRole, id);
    const HfRolePoint *p;
    const HfFlow *f;
    const HfCall *call;
    const HfHold *held = NULL;
    guint n = 0;

    if (!role->unique || role->starts->len != 1) {
        return FALSE;
    }
    p = &g_array_index(role->starts, HfRolePoint, 0);
    f = s->flows[p->in];
    call = hf_flow_call(f, p->event);
    for (guint i = 0; call && !held && i < f->contexts->len; i++) {
        const HfHold *rows = hf_holds(s, call->must, &n);

        for (guint k = 0; k < n; k++) {
            HfObject o = hf_object_of(
                r->objects, f, &g_array_index(f->contexts, HfContext, i),
                rows[k].lock);

            if (rows[k].now == HF_HOLD_HELD && hf_object_same(&o, lock)) {
                held = &rows[k];
            }
        }
    }
    for (guint i = 0; held && i < f->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(f->lock_ops, HfLockOp, i);

        if (op->kind != HF_LOCK_RELEASE || op->lock != held->lock ||
            !hf_event_before(f, p->event, op->event)) {
            continue;
        }
        for (guint k = 0; k < f->contexts->len; k++) {
            int in = g_array_index(f->contexts, HfContext, k).role;

            if (hf_phase(r->w->phases, id, in, f, op->event) ==
                HF_PHASE_ALIVE) {
                return FALSE;
            }
        }
    }
    return held != NULL;
}

static gboolean any_holds_for(const Run *r, const Side *a, const Side *b)
{
    for (guint i = 0; b->locks && i < b->locks->len; i++) {
        if (holds_for(r, a->party.ctx->role,
                      &g_array_index(b->locks, HfObject, i))) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- one pair ----------------------------------------------------------- */

static gboolean common_lock(const Side *a, const Side *b)
{
    gboolean some_a = a->unnamed || a->locks, some_b = b->unnamed || b->locks;

    if ((a->unnamed && some_b) || (b->unnamed && some_a)) {
        return TRUE; /* perhaps it is the same */
    }
    for (guint i = 0; a->locks && i < a->locks->len; i++) {
        for (guint k = 0; b->locks && k < b->locks->len; k++) {
            if (hf_object_same(&g_array_index(a->locks, HfObject, i),
                               &g_array_index(b->locks, HfObject, k))) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* A named lock that is not known to be missing on either side. */
static gboolean perhaps_named(const Run *r, const Side *a, const Side *b)
{
    const HfSolved *s = r->c->solved;
    const GPtrArray *caps = r->c->program->rules->caps;

    for (guint i = 0; i < caps->len; i++) {
        const HfCapRule *cap = g_ptr_array_index(caps, i);
        HfX x = hf_x_leaf(s->exprs, HF_X_CAP, i);

        if ((cap->kind == HF_CAP_LOCK || cap->kind == HF_CAP_ROLE) &&
            hf_held(s, a->party.flow, a->party.ctx, a->party.access->must, x,
                    NULL) != HF_ABSENT &&
            hf_held(s, b->party.flow, b->party.ctx, b->party.access->must, x,
                    NULL) != HF_ABSENT) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Each call has locals of its own. */
static gboolean is_same(const Side *a, const Side *b)
{
    return !a->object.in || a->object.handed || b->object.handed;
}

static gboolean races(const Run *r, const Side *a, const Side *b,
                      HfParallel *how)
{
    if (!is_same(a, b) || (!a->party.write && !b->party.write) ||
        common_lock(a, b) ||
        perhaps_named(r, a, b)) {
        return FALSE;
    }
    *how = hf_witness_judge(r->w, &a->party, &b->party);
    return how->verdict == HF_PARALLEL_YES && !any_holds_for(r, a, b) &&
           !any_holds_for(r, b, a);
}

typedef struct {
    const Side *a, *b; /* NULL: none */
    HfParallel how;
    guint cost;
    HfTier tier; /* what its doubts leave */
} Best;

/* The near ones, and those without any lock; last what does no harm by
 * itself. */
static guint cost_of(const Side *a, const Side *b)
{
    return (hf_no_lock_both_clear(&a->party, &b->party) ? HARMLESS : 0) +
           4 * (a->party.cost + b->party.cost) +
           (a->locks || a->unnamed ? 1 : 0) +
           (b->locks || b->unnamed ? 1 : 0) +
           (a->party.write && b->party.write ? 0 : 1);
}

static Best best_pair(const Run *r, const Shared *s)
{
    Best best = { .cost = G_MAXUINT };

    for (guint i = 0; i < s->sides->len; i++) {
        const Side *a = g_ptr_array_index(s->sides, i);

        for (guint k = i; k < s->sides->len; k++) {
            const Side *b = g_ptr_array_index(s->sides, k);
            gboolean first = !b->party.write ||
                             (a->party.write && (!a->locks || b->locks));
            HfParallel how;

            if (cost_of(a, b) < best.cost && races(r, a, b, &how)) {
                best = (Best){ .a = first ? a : b, .b = first ? b : a,
                               .how = how, .cost = cost_of(a, b) };
            }
        }
    }
    return best;
}

/* ---- findings ----------------------------------------------------------- */

static const char *does(const HfParty *p)
{
    return p->write ? "writes" : "reads";
}

/* Pairs of threads of the same two kinds that are left without doubt. */
static guint like(const GArray *all, const Best *b)
{
    int x = b->a->party.ctx->role, y = b->b->party.ctx->role;
    guint n = 0;

    for (guint i = 0; i < all->len; i++) {
        const Best *o = &g_array_index(all, Best, i);
        int p = o->a->party.ctx->role, q = o->b->party.ctx->role;

        n += o->tier != HF_TIER_LOW &&
             MIN(p, q) == MIN(x, y) && MAX(p, q) == MAX(x, y);
    }
    return n;
}

static HfTier tier_of(const Run *r, HfFinding *f, const Best *b,
                      const GArray *all)
{
    HfTier tier = hf_no_lock_doubts(r->w, f, &b->a->party, &b->b->party);
    guint n = like(all, b);

    if (n >= MANY) {
        hf_finding_reason(f, "these threads share %u things without a lock: "
                             "some other rule keeps them apart", n);
        return HF_TIER_LOW;
    }
    return tier;
}

static void tell(Run *r, const Best *b, const GArray *all)
{
    const HfParty *a = &b->a->party, *o = &b->b->party;
    gboolean locks = b->a->locks || b->b->locks || b->a->unnamed ||
                     b->b->unnamed;
    HfFinding *f = hf_check_finding(r->c, a->flow,
                                    locks ? "no_common_lock" : "no_lock");
    g_autofree char *what = hf_check_access_text(a->flow, a->access);
    g_autofree char *who = hf_witness_who(r->w, o);
    HfPlace at = hf_check_place(a->flow, a->access->event);
    HfWitness found = { .verdict = HF_PARALLEL_YES, .self = *a, .other = *o,
                        .how = b->how };

    hf_finding_main(f, &at, "missing_lock", 0,
                    "%s \"%s\" %s, while %s %s it in \"%s\"%s.",
                    a->write ? "Writing" : "Accessing", what,
                    locks && b->a->locks ? "under a lock of its own"
                                         : "without any lock", who, does(o),
                    HF_PROGRAM_SYM(r->c->program, o->flow->sym)->name,
                    !locks        ? ", without one either"
                    : b->b->locks ? " under another one" : " without one");
    f->tier = tier_of(r, f, b, all);
    if (f->tier != HF_TIER_LOW && hf_said_unlocked(&at)) {
        hf_finding_reason(f, "a comment says that no lock is needed");
        f->tier = HF_TIER_LOW;
    }
    f->rule = g_strdup("inferred");
    f->key_subject = hf_check_stable(r->c, b->a->object.x);
    f->key_lock = g_strdup("");
    f->key_shape = g_strdup(a->write ? "write" : "read");
    hf_witness_tell(r->w, f, &found);
    hf_findings_add(r->c->findings, f);
}

void hf_no_lock_check(HfCheck *c, HfWitnesses *w, GHashTable *told)
{
    Run r = {
        .c = c, .w = w, .told = told, .objects = hf_objects_new(c),
        .table = g_hash_table_new(object_hash, object_equal),
        .order = g_ptr_array_new_with_free_func(shared_free),
    };

    GArray *all = g_array_new(FALSE, FALSE, sizeof(Best));

    hf_check_each_flow(c, survey, &r);
    for (guint i = 0; i < r.order->len; i++) {
        const Shared *s = g_ptr_array_index(r.order, i);
        Best best = s->written ? best_pair(&r, s) : (Best){ 0 };

        if (best.a) {
            best.tier = hf_no_lock_doubts(w, NULL, &best.a->party,
                                          &best.b->party);
            g_array_append_val(all, best);
        }
    }
    for (guint i = 0; i < all->len; i++) {
        tell(&r, &g_array_index(all, Best, i), all);
    }
    g_array_unref(all);
    g_hash_table_unref(r.table);
    g_ptr_array_unref(r.order);
    hf_objects_free(r.objects);
}
