/* SPDX-License-Identifier: MIT */
#include "check/teardown.h"

/* Down from where something goes to where it is freed. */
#define MAX_DEPTH 3
#define MAX_GONE 64
/* A call through a pointer that may lead to more functions says nothing of
 * each. */
#define MAX_TARGETS 4
/* Function pointers between a thread's start and what counts as its use. */
#define MAX_SLOTS 1

/* ---- what threads use --------------------------------------------------- */

static void note_use(GHashTable *table, guint64 key, const HfFlow *flow,
                     const HfAccess *a)
{
    if (key && !g_hash_table_contains(table, &key)) {
        HfSeen seen = { flow, a };

        g_hash_table_insert(table, g_memdup2(&key, sizeof(key)),
                            g_memdup2(&seen, sizeof(seen)));
    }
}

/* Its own by name: a variable, or a member of what it is given or of what that
 * leads to.  What a thread may reach over all function pointers is the whole
 * program, and says nothing. */
static gboolean within_reach(const HfTeardown *t, const HfThreadUse *u,
                             HfSubjectKey key)
{
    guint32 id = key >> 3;

    return (key >> 1 & 3) == 2 ||
           g_hash_table_contains(
               u->given, GUINT_TO_POINTER(
                             HF_PROGRAM_FIELD(t->c->program, id)->record));
}

static void note_flow(HfTeardown *t, HfThreadUse *u, const HfFlow *flow)
{
    const HfXTable *x = t->c->solved->exprs;

    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);
        const HfXNode *n = hf_x(x, a->path);
        HfSubjectKey key;

        if (a->fresh) {
            continue;
        }
        key = hf_access_key(t->c, a);
        if (key && within_reach(t, u, key)) {
            note_use(u->things, key, flow, a);
        }
        if (n->kind == HF_X_FIELD && hf_x(x, n->parent)->kind != HF_X_GLOBAL) {
            note_use(u->records,
                     HF_PROGRAM_FIELD(t->c->program, n->ref)->record, flow,
                     a);
        }
    }
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(flow->lock_ops, HfLockOp, i);
        HfSubjectKey key = hf_object_key(t->c, op->lock);
        HfAccess *a;

        if (!key || !within_reach(t, u, key)) {
            continue;
        }
        a = g_new0(HfAccess, 1);
        *a = (HfAccess){ .event = op->event, .path = op->lock,
                         .kind = HF_EV_READ };
        g_ptr_array_add(t->made, a);
        note_use(u->things, key, flow, a);
    }
}

static gboolean runs_in(const HfFlow *flow, int role)
{
    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);

        if (ctx->role == role && ctx->n_slots <= MAX_SLOTS) {
            return TRUE;
        }
    }
    return FALSE;
}

static void add_given(HfTeardown *t, GHashTable *given, HfSymId in, HfX data)
{
    HfX object = data ? hf_x_deref(t->c->solved->exprs, data) : 0;
    HfRecId record =
        object ? hf_contract_record(t->c->solved->contracts, in, object) : 0;

    if (record) {
        g_hash_table_add(given, GUINT_TO_POINTER(record));
    }
}

/* An allocation has no type of its own: the members say what it is. */
static void add_used_as(HfTeardown *t, GHashTable *given, HfSymId in,
                        HfX data)
{
    const HfXTable *x = t->c->solved->exprs;
    const HfFlow *flow = t->c->solved->flows[in];

    for (guint i = 0; flow && i < flow->accesses->len; i++) {
        const HfXNode *n = hf_x(
            x, g_array_index(flow->accesses, HfAccess, i).path);

        if (n->kind == HF_X_FIELD && hf_x(x, n->parent)->kind == HF_X_DEREF &&
            hf_x(x, n->parent)->parent == data) {
            g_hash_table_add(given, GUINT_TO_POINTER(
                HF_PROGRAM_FIELD(t->c->program, n->ref)->record));
        }
    }
}

/* Where the call hides what it gives the thread, it is among the arguments. */
static void note_given(HfTeardown *t, GHashTable *given, const HfRolePoint *s)
{
    const HfFlow *flow = t->c->solved->flows[s->in];
    const HfCall *call = flow ? hf_flow_call(flow, s->event) : NULL;

    add_given(t, given, s->in, s->data);
    if (s->data && hf_x(t->c->solved->exprs, s->data)->kind == HF_X_TEMP) {
        add_used_as(t, given, s->in, s->data);
    }
    for (guint i = 0; !s->data && call && i < call->n_args; i++) {
        add_given(t, given, s->in,
                  g_array_index(flow->args, HfX, call->first_arg + i));
    }
}

/* What its threads take their argument for: who starts them may not know, when
 * it comes out of a cast or an allocator. */
static void note_taken_for(HfTeardown *t, GHashTable *given, HfSymId entry)
{
    const HfXTable *x = t->c->solved->exprs;
    const HfFlow *flow = t->c->solved->flows[entry];

    for (guint i = 0; flow && i < flow->accesses->len; i++) {
        HfX path = g_array_index(flow->accesses, HfAccess, i).path;
        const HfXNode *n = hf_x(x, path), *up;

        for (; n->kind == HF_X_FIELD || n->kind == HF_X_INDEX ||
               n->kind == HF_X_DEREF; n = up) {
            up = hf_x(x, n->parent);
            if (n->kind == HF_X_FIELD && up->kind == HF_X_DEREF &&
                hf_x(x, up->parent)->kind == HF_X_PARAM) {
                g_hash_table_add(given,
                                 GUINT_TO_POINTER(HF_PROGRAM_FIELD(
                                     t->c->program, n->ref)->record));
            }
        }
    }
}

/* The records of what its threads are given, and of what their members hold
 * or point to. */
static GHashTable *find_given(HfTeardown *t, const HfRole *r)
{
    GHashTable *given = g_hash_table_new(NULL, NULL), *next;
    const HfProgram *p = t->c->program;

    for (guint i = 0; i < r->starts->len; i++) {
        note_given(t, given, &g_array_index(r->starts, HfRolePoint, i));
    }
    for (guint i = 0; i < r->entries->len; i++) {
        note_taken_for(t, given, g_array_index(r->entries, HfSymId, i));
    }
    for (int hop = 0; hop < 1 && g_hash_table_size(given); hop++) {
        GHashTableIter iter;
        gpointer key;

        next = g_hash_table_new(NULL, NULL);
        for (guint i = 1; i < p->fields->len; i++) {
            const HfProgField *f = HF_PROGRAM_FIELD(p, i);

            if (f->type_record && g_hash_table_contains(
                    given, GUINT_TO_POINTER(f->record))) {
                g_hash_table_add(next, GUINT_TO_POINTER(f->type_record));
            }
        }
        g_hash_table_iter_init(&iter, next);
        while (g_hash_table_iter_next(&iter, &key, NULL)) {
            g_hash_table_add(given, key);
        }
        g_hash_table_unref(next);
    }
    return given;
}

static void free_use(gpointer data)
{
    HfThreadUse *u = data;

    g_hash_table_unref(u->things);
    g_hash_table_unref(u->records);
    g_hash_table_unref(u->given);
    g_free(u->joins);
    g_free(u->starts);
    g_free(u);
}

static void add_thread(HfTeardown *t, int role, const HfRole *r)
{
    const GArray *order = t->c->program->functions;
    HfThreadUse *u = g_new0(HfThreadUse, 1);

    u->role = role;
    u->things = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                      g_free);
    u->records = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                       g_free);
    u->joins = g_new0(guint8, t->c->program->symbols->len);
    u->given = find_given(t, r);
    u->starts = g_new0(guint8, t->c->program->symbols->len);
    hf_teardown_find_joins(t, u, r);
    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f =
            t->c->solved->flows[g_array_index(order, HfSymId, i)];

        if (!f->skip && runs_in(f, role)) {
            note_flow(t, u, f);
        }
    }
    g_ptr_array_add(t->threads, u);
}

/* ---- what goes ---------------------------------------------------------- */

static HfRecId record_of(const HfTeardown *t, const HfFlow *flow, HfX pointer)
{
    const HfXTable *x = t->c->solved->exprs;
    const HfXNode *n = hf_x(x, pointer);

    if (n->kind == HF_X_FIELD) {
        return HF_PROGRAM_FIELD(t->c->program, n->ref)->type_record;
    }
    if (n->kind == HF_X_GLOBAL) {
        return HF_PROGRAM_SYM(t->c->program, n->ref)->type_record;
    }
    return hf_contract_record(t->c->solved->contracts, flow->sym, pointer);
}

static const HfClause *clause(const HfContract *k, HfEffectKind kind)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == kind) {
            return cl;
        }
    }
    return NULL;
}

/* pthread_mutex_destroy(&s->lock), memset(s, 0, sizeof(*s)) */
static gboolean unmade(HfTeardown *t, const HfCall *call, const HfFlow *flow,
                       HfSymId callee, HfGone *gone)
{
    const HfEvent *e = hf_flow_event(flow, call->event);
    const HfContract *k = hf_contract_of(t->c->solved->contracts, callee);
    const HfClause *cl = clause(k, HF_EFF_DESTROY);
    const HfX *args = &g_array_index(flow->args, HfX, call->first_arg);

    if (cl && cl->n_locks) {
        gone->object = hf_call_named(t->c->solved, flow, call,
                                     cl->locks[0]);
        gone->own = gone->object;
        gone->how = HF_GONE_DESTROYED;
        gone->key = gone->object ? hf_object_key(t->c, gone->object) : 0;
        return gone->key != 0;
    }
    if (clause(k, HF_EFF_FILL) && e->flags & HF_EV_SIZEOF_FULL &&
        call->n_args) {
        gone->object = gone->own = args[0];
        gone->how = HF_GONE_CLEARED;
        gone->record = record_of(t, flow, args[0]);
        return gone->record && hf_x(t->c->solved->exprs, args[0])->kind !=
                                   HF_X_ADDR;
    }
    return FALSE;
}

/* Each thread has one of its own. */
static gboolean is_threads_own(const HfTeardown *t, HfX x)
{
    const HfXNode *n =
        hf_x(t->c->solved->exprs, hf_x_root(t->c->solved->exprs, x));

    return n->kind == HF_X_GLOBAL &&
           HF_PROGRAM_SYM(t->c->program, n->ref)->flags & HF_SYM_THREAD_LOCAL;
}

gboolean hf_teardown_gone(HfTeardown *t, const HfFlow *flow, uint32_t event,
                          HfGone *gone)
{
    const HfCall *call = hf_flow_call(flow, event);
    HfSymId callee = call ? hf_frees_callee(flow, event) : 0;

    *gone = (HfGone){ .flow = flow, .event = event };
    for (guint i = 0; callee && i < call->n_args; i++) {
        HfX arg = g_array_index(flow->args, HfX, call->first_arg + i);

        if (!arg || is_threads_own(t, arg) ||
            call->fresh_args >> MIN(i, 31) & 1 ||
            !hf_frees_arg(&t->frees, callee, i) ||
            hf_frees_pins(&t->frees, callee, i)) {
            continue; /* not freed, or when the last one lets go only */
        }
        gone->object = gone->own = arg;
        gone->how = HF_GONE_FREED;
        gone->key = hf_object_key(t->c, arg);
        gone->record = record_of(t, flow, arg);
        return TRUE;
    }
    return callee && unmade(t, call, flow, callee, gone);
}

gboolean hf_teardown_through(const HfTeardown *t, const HfFlow *flow,
                             const HfCall *call, HfGone *gone)
{
    HfXTable *x = t->c->solved->exprs;
    HfX object = gone->unnamed ? 0 : hf_call_named(t->c->solved, flow, call,
                                                   gone->object);
    HfXKind root = object ? hf_x(x, hf_x_root(x, object))->kind : HF_X_NONE;

    gone->depth++;
    if (!object) {
        gone->unnamed = TRUE;
        return TRUE;
    }
    gone->object = object;
    return root == HF_X_PARAM || root == HF_X_GLOBAL;
}

static const GArray *collect(HfTeardown *t, HfSymId sym, int depth);

/* What a callee makes go, in the terms of its caller. */
static void collect_from(HfTeardown *t, const HfFlow *flow,
                         const HfCall *call, HfSymId callee, GArray *out,
                         int depth)
{
    const GArray *deeper =
        depth < MAX_DEPTH ? collect(t, callee, depth + 1) : NULL;

    for (guint i = 0; deeper && i < deeper->len && out->len < MAX_GONE; i++) {
        HfGone gone = g_array_index(deeper, HfGone, i);

        if (hf_teardown_through(t, flow, call, &gone)) {
            g_array_append_val(out, gone);
        }
    }
}

static void collect_call(HfTeardown *t, const HfFlow *flow,
                         const HfCall *call, GArray *out, int depth)
{
    const HfXTable *x = t->c->solved->exprs;
    const HfSymId *targets;
    HfFieldId slot;
    HfGone gone;
    guint n;

    if (hf_teardown_gone(t, flow, call->event, &gone)) {
        HfXKind root = hf_x(x, hf_x_root(x, gone.object))->kind;

        gone.unnamed = root != HF_X_PARAM && root != HF_X_GLOBAL;
        if (gone.key && out->len < MAX_GONE) {
            g_array_append_val(out, gone);
        }
        return;
    }
    n = hf_call_targets(t->c->solved, flow, call, &targets, &slot);
    for (guint i = 0; n <= MAX_TARGETS && i < n; i++) {
        collect_from(t, flow, call, targets[i], out, depth);
    }
}

static const GArray *collect(HfTeardown *t, HfSymId sym, int depth)
{
    const HfFlow *flow = t->c->solved->flows[sym];
    GArray *known = g_hash_table_lookup(t->memo, GUINT_TO_POINTER(sym));

    if (!known && flow && !flow->skip) {
        known = g_array_new(FALSE, FALSE, sizeof(HfGone));
        g_hash_table_insert(t->memo, GUINT_TO_POINTER(sym), known);
        for (guint i = 0; i < flow->calls->len; i++) {
            collect_call(t, flow, &g_array_index(flow->calls, HfCall, i),
                         known, depth);
        }
    }
    return known;
}

const GArray *hf_teardown_all(HfTeardown *t, HfSymId sym)
{
    return collect(t, sym, 0);
}

const HfSeen *hf_teardown_use(const HfThreadUse *u, const HfGone *gone,
                              gboolean *sure)
{
    guint64 record = gone->record;
    HfSubjectKey pointee = gone->key | 1;
    const HfSeen *seen;

    *sure = TRUE;
    seen = gone->key ? g_hash_table_lookup(u->things, &gone->key) : NULL;
    if (!seen && gone->key) {
        seen = g_hash_table_lookup(u->things, &pointee);
    }
    if (!seen && record) {
        *sure = FALSE;
        seen = g_hash_table_lookup(u->records, &record);
    }
    return seen;
}

/* ---- all of it ---------------------------------------------------------- */

void hf_teardown_init(HfTeardown *t, HfCheck *c)
{
    *t = (HfTeardown){ .c = c };
    hf_frees_init(&t->frees, c);
    t->phases = c->solved->phases;
    t->threads = g_ptr_array_new_with_free_func(free_use);
    t->made = g_ptr_array_new_with_free_func(g_free);
    t->told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    t->first = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    t->memo = g_hash_table_new_full(NULL, NULL, NULL,
                                    (GDestroyNotify)g_array_unref);
    for (guint i = 0; i < c->solved->roles->len; i++) {
        const HfRole *r = &g_array_index(c->solved->roles, HfRole, i);

        if (r->run == HF_RUN_THREAD && r->starts->len) {
            add_thread(t, i, r);
        }
    }
}

void hf_teardown_clear(HfTeardown *t)
{
    hf_frees_clear(&t->frees);
    g_ptr_array_unref(t->threads);
    g_ptr_array_unref(t->made);
    g_hash_table_unref(t->memo);
    g_hash_table_unref(t->told);
    g_hash_table_unref(t->first);
}
