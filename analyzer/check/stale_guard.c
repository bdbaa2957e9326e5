/* SPDX-License-Identifier: MIT */
/* Which data a lock guards, and what callees do to them. */
#include "check/stale.h"

#define MAX_DEPTH 6
#define GETTER_ACCESSES 12

typedef enum { ASK_WRITES, ASK_READS } Ask;

/* ---- guards ------------------------------------------------------------- */

typedef struct {
    HfSubjectKey key;
    guint32 lock, relation;
} GuardKey;

static guint guard_hash(gconstpointer data)
{
    const GuardKey *k = data;

    return (guint)(k->key * 31 + k->lock) * 4 + k->relation;
}

static gboolean guard_equal(gconstpointer a, gconstpointer b)
{
    const GuardKey *x = a, *y = b;

    return x->key == y->key && x->lock == y->lock &&
           x->relation == y->relation;
}

/* A named lock guards what it is declared to, or what is written under it. */
static gboolean relate(const HfCheck *c, const HfSubject *s, HfX lock,
                       HfLockKey *key)
{
    const HfCapRule *cap = hf_contract_cap_rule(c->solved->contracts, lock);

    if (cap) {
        *key = (HfLockKey){ lock, HF_REL_GLOBAL };
        return cap->kind == HF_CAP_LOCK;
    }
    return hf_belief_relate(c, s, lock, key);
}

static gboolean row_is(const HfCheck *c, const HfSubject *s,
                       const HfLockKey *key, const HfSeen *seen,
                       HfHolds holds)
{
    guint n;
    const HfHold *rows = hf_holds(c->solved, holds, &n);
    HfLockKey have;

    for (guint i = 0; i < n; i++) {
        if (rows[i].now == HF_HOLD_HELD &&
            relate(c, s, rows[i].lock, &have) &&
            hf_belief_same_lock(&have, key) &&
            hf_use_holds(c, seen->flow, seen->access->must, rows[i].lock)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean held_at(const HfCheck *c, const HfLockKey *key,
                        const HfSeen *seen)
{
    HfSubject s;

    if (key->relation == HF_REL_GLOBAL) {
        return hf_use_holds(c, seen->flow, seen->access->must, key->id);
    }
    hf_guard_subject(c, seen->access, &s);
    if (row_is(c, &s, key, seen, seen->access->must)) {
        return TRUE;
    }
    return seen->flow->contexts->len &&
           row_is(c, &s, key, seen,
                  g_array_index(seen->flow->contexts, HfContext, 0).held);
}

static void count_writes(HfStale *st, const GArray *all,
                         const HfLockKey *key, HfStaleGuard *g)
{
    for (guint i = 0; all && i < all->len; i++) {
        const HfSeen *seen = &g_array_index(all, HfSeen, i);

        if (!hf_guard_is_write(seen->access) ||
            hf_use_unshared(st->c, seen->flow, seen->access)) {
            continue;
        }
        if (!held_at(st->c, key, seen)) {
            g->without++;
            continue;
        }
        g->with++;
        if (!g->writers[0]) {
            g->writers[0] = seen;
        } else if (!g->writers[1] && seen->flow != g->writers[0]->flow) {
            g->writers[1] = seen;
        }
    }
}

gboolean hf_stale_always_written_under(HfStale *st, const HfStaleItem *item,
                                       HfX lock)
{
    HfAccess access = { .path = item->object };
    const HfThing *thing = hf_uses_of(st->uses, item->key);
    HfStaleGuard g = { 0 };
    HfSubject s;
    HfLockKey key;

    if (!thing || !hf_guard_subject(st->c, &access, &s) ||
        !relate(st->c, &s, lock, &key)) {
        return FALSE;
    }
    count_writes(st, thing->seen, &key, &g);
    count_writes(st, g_hash_table_lookup(st->changes, &item->key), &key, &g);
    return g.with && !g.without;
}

/* 1: by this lock, 0: nothing declared, -1: by another one */
static int declared_by(const HfCheck *c, const HfSubject *s, HfX lock)
{
    const HfContract *k =
        s->field ? hf_contract_of_field(c->solved->contracts, s->field)
                 : hf_contract_of(c->solved->contracts, s->var);
    int verdict = 0;

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind != (s->pointee ? HF_EFF_PT_GUARDED_BY
                                    : HF_EFF_GUARDED_BY)) {
            continue;
        }
        verdict = verdict ? verdict : -1;
        for (guint l = 0; l < cl->n_locks; l++) {
            if (hf_guard_on(c, s, cl->locks[l]) == lock) {
                verdict = 1;
            }
        }
    }
    return verdict;
}

const HfStaleGuard *hf_stale_guard(HfStale *st, HfX object, HfX lock)
{
    HfAccess access = { .path = object };
    const HfThing *thing;
    const GArray *changes;
    HfStaleGuard *g;
    HfSubject s;
    HfLockKey key;
    GuardKey id;
    int declared;

    if (!hf_guard_subject(st->c, &access, &s) ||
        !relate(st->c, &s, lock, &key)) {
        return NULL;
    }
    declared = declared_by(st->c, &s, lock);
    thing = hf_uses_of(st->uses, hf_subject_key(&s));
    if (declared < 0 || !thing) {
        return NULL;
    }
    changes = g_hash_table_lookup(st->changes, &thing->key);
    if (!thing->n_writes && !changes) {
        return NULL;
    }
    id = (GuardKey){ thing->key, key.id, key.relation };
    g = g_hash_table_lookup(st->guards, &id);
    if (!g) {
        g = g_new0(HfStaleGuard, 1);
        count_writes(st, thing->seen, &key, g);
        count_writes(st, changes, &key, g);
        g_hash_table_insert(st->guards, g_memdup2(&id, sizeof(id)), g);
    }
    g->declared = declared > 0;
    return g->with && (g->declared || g->with >= 2 * g->without) ? g : NULL;
}

/* ---- callees ------------------------------------------------------------- */

static gboolean answer(HfStale *st, Ask ask, HfSymId sym, HfSubjectKey key,
                       int depth);

static gboolean by_body(HfStale *st, Ask ask, HfSymId sym, HfSubjectKey key,
                        int depth)
{
    const HfFlow *flow = st->c->solved->flows[sym];

    if (!flow || flow->skip) {
        return FALSE;
    }
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (hf_guard_is_write(a) == (ask == ASK_WRITES) &&
            hf_access_key(st->c, a) == key) {
            return TRUE;
        }
    }
    for (guint i = 0; depth < MAX_DEPTH && i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        HfSymId next = hf_frees_callee(flow, call->event);

        if (next && answer(st, ask, next, key, depth + 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean answer(HfStale *st, Ask ask, HfSymId sym, HfSubjectKey key,
                       int depth)
{
    struct { guint64 key; guint32 sym, ask; } id = { key, sym, ask };
    GBytes *bytes = g_bytes_new(&id, sizeof(id));
    int known = GPOINTER_TO_INT(g_hash_table_lookup(st->writers, bytes));

    if (known) {
        g_bytes_unref(bytes);
        return known == 2;
    }
    g_hash_table_insert(st->writers, g_bytes_ref(bytes), GINT_TO_POINTER(1));
    if (by_body(st, ask, sym, key, depth)) {
        g_hash_table_insert(st->writers, g_bytes_ref(bytes),
                            GINT_TO_POINTER(2));
        known = 2;
    }
    g_bytes_unref(bytes);
    return known == 2;
}

gboolean hf_stale_callee_writes(HfStale *st, HfSymId callee,
                                HfSubjectKey key)
{
    return answer(st, ASK_WRITES, callee, key, 0);
}

gboolean hf_stale_callee_reads(HfStale *st, HfSymId callee, HfSubjectKey key)
{
    return answer(st, ASK_READS, callee, key, 0);
}

gboolean hf_stale_is_getter(HfStale *st, HfSymId callee)
{
    const HfFlow *flow = st->c->solved->flows[callee];

    if (!flow || flow->skip || flow->lock_ops->len ||
        !flow->accesses->len || flow->accesses->len > GETTER_ACCESSES) {
        return FALSE;
    }
    for (guint i = 0; i < flow->accesses->len; i++) {
        if (hf_guard_is_write(&g_array_index(flow->accesses, HfAccess, i))) {
            return FALSE;
        }
    }
    return TRUE;
}

gboolean hf_stale_changes_arg(HfStale *st, HfSymId callee, guint arg)
{
    const HfContract *k = hf_contract_of(st->c->solved->contracts, callee);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_CHANGES && cl->arg == (int)arg) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- containers ---------------------------------------------------------- */

/* The object that an argument names: what it points to, or the pointer that
 * the container is known by. */
HfX hf_stale_container(const HfStale *st, HfX arg)
{
    const HfXNode *n = hf_x(st->c->solved->exprs, arg);

    return n->kind == HF_X_ADDR ? n->parent : arg;
}

static void note_change(HfStale *st, const HfFlow *flow, const HfCall *call,
                        HfX arg)
{
    HfAccess *a = g_new0(HfAccess, 1);
    HfSeen seen = { flow, a };
    HfSubjectKey key;
    GArray *list;

    *a = (HfAccess){ .event = call->event, .must = call->must,
                     .may = call->may, .kind = HF_EV_RMW,
                     .path = hf_stale_container(st, arg) };
    g_ptr_array_add(st->made, a);
    key = hf_access_key(st->c, a);
    if (!key) {
        return;
    }
    list = g_hash_table_lookup(st->changes, &key);
    if (!list) {
        list = g_array_new(FALSE, FALSE, sizeof(HfSeen));
        g_hash_table_insert(st->changes, g_memdup2(&key, sizeof(key)), list);
    }
    g_array_append_val(list, seen);
}

static void find_changes(HfCheck *c, const HfFlow *flow, gpointer data)
{
    HfStale *st = data;

    (void)c;
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        HfSymId callee = hf_frees_callee(flow, call->event);

        for (guint a = 0; callee && a < call->n_args; a++) {
            HfX arg = g_array_index(flow->args, HfX, call->first_arg + a);

            if (arg && !(call->fresh_args >> MIN(a, 31) & 1) &&
                hf_stale_changes_arg(st, callee, a)) {
                note_change(st, flow, call, arg);
            }
        }
    }
}

HfParallelVerdict hf_stale_meets(HfStale *st, const HfFlow *flow,
                                 uint32_t event, HfX lock,
                                 const HfSeen *writer)
{
    const HfXNode *x = hf_x(st->c->solved->exprs, lock);
    HfParallelVerdict best = HF_PARALLEL_NO;

    for (guint i = 0; i < flow->contexts->len; i++) {
        HfContext in = g_array_index(flow->contexts, HfContext, i);
        HfPoint a = { flow, &in, event, 0 };

        in.held = 0;
        if (x->kind == HF_X_CAP) {
            in.caps &= ~(1ull << x->ref);
            in.absent |= 1ull << x->ref;
        }
        for (guint k = 0; k < writer->flow->contexts->len; k++) {
            HfPoint b = { writer->flow,
                          &g_array_index(writer->flow->contexts, HfContext,
                                         k),
                          writer->access->event, writer->access->must };

            best = MAX(best, hf_parallel(st->phases, &a, &b).verdict);
        }
    }
    return best;
}

void hf_stale_init(HfStale *st, HfCheck *c)
{
    st->c = c;
    st->uses = hf_uses_new(c);
    hf_frees_init(&st->frees, c);
    st->guards = g_hash_table_new_full(guard_hash, guard_equal, g_free,
                                       g_free);
    st->writers = g_hash_table_new_full(g_bytes_hash, g_bytes_equal,
                                        (GDestroyNotify)g_bytes_unref, NULL);
    st->made = g_ptr_array_new_with_free_func(g_free);
    st->changes = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                        (GDestroyNotify)g_array_unref);
    st->phases = c->solved->phases;
    hf_check_each_flow(c, find_changes, st);
}

void hf_stale_clear(HfStale *st)
{
    hf_uses_free(st->uses);
    hf_frees_clear(&st->frees);
    g_hash_table_unref(st->guards);
    g_hash_table_unref(st->writers);
    g_hash_table_unref(st->changes);
    g_ptr_array_unref(st->made);
}
