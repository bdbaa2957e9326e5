/* SPDX-License-Identifier: MIT */
/*
 * What a call does to a state: by its contract when it is a primitive or
 * annotated, by its summary when there is a body, else nothing.
 */
#include "solve/calls.h"
#include "solve/loops.h"

#include <string.h>

static void evaluate_args(const HfCallRun *c, const HfState *s,
                          HfCallArgs *args)
{
    const HfFacts *f = hf_run_facts(c->r);

    args->n = MIN(c->e->n_args, HF_MAX_ARGS);
    for (guint i = 0; i < args->n; i++) {
        args->v[i] = hf_state_value(&c->r->body, s,
                                    f->args[c->e->first_arg + i]);
    }
}

static HfX result_leaf(HfXTable *t, HfX leaf, const HfXNode *n, gpointer data)
{
    return n->kind == HF_X_RETURN
               ? hf_x_leaf(t, HF_X_TEMP, *(const uint32_t *)data) : 0;
}

/* Callee's expression in this body's terms, now. */
HfX hf_call_here(const HfCallRun *c, const HfState *s,
                 const HfCallArgs *args, HfX x)
{
    HfXTable *t = c->r->body.t;
    uint32_t event = c->event;
    HfX y = hf_x(t, hf_x_root(t, x))->kind == HF_X_RETURN
                ? hf_x_map(t, x, result_leaf, &event)
                : hf_x_to_caller(t, x, args->v, args->n);

    y = y ? hf_state_resolve(&c->r->body, s, y) : 0;
    return y ? hf_contract_canonical(c->r->solved->contracts, y) : 0;
}

static const char *stands_for(const HfCallRun *c, HfRecId record)
{
    const HfLockTypeRule *rule =
        HF_PROGRAM_RECORD(c->r->body.p, record)->lock_rule;

    return rule ? rule->stands_for : NULL;
}

/* A callee took it for such an object, going by its parameter's type: *o.f is
 * said of an o that has no f, because it is the lock itself. */
static HfX not_stood_for(const HfCallRun *c, HfX lock)
{
    const HfXTable *t = c->r->body.t;
    const HfXNode *field = hf_x(t, hf_x(t, lock)->parent);
    const HfProgField *f;
    const char *member;
    HfRecId record;

    if (hf_x(t, lock)->kind != HF_X_DEREF || field->kind != HF_X_FIELD) {
        return 0;
    }
    f = HF_PROGRAM_FIELD(c->r->body.p, field->ref);
    member = stands_for(c, f->record);
    if (!member || strcmp(member, f->name) != 0) {
        return 0;
    }
    record = hf_contract_record(c->r->solved->contracts, c->r->out->sym,
                                field->parent);
    return record && record != f->record ? field->parent : 0;
}

/* An object that only stands for a lock: the lock one of its members points
 * to. */
static HfX stood_for(const HfCallRun *c, const HfState *s, HfX lock)
{
    const HfContracts *k = c->r->solved->contracts;
    HfX itself = not_stood_for(c, lock);
    HfRecId record = hf_contract_record(k, c->r->out->sym, lock);
    const char *name = stands_for(c, record);
    HfFieldId member = name ? hf_contract_field(k, record, name) : 0;

    if (itself) {
        return itself;
    }
    if (!member) {
        return lock;
    }
    return hf_x_deref(c->r->body.t,
                      hf_state_resolve(&c->r->body, s,
                                       hf_x_field(c->r->body.t, lock,
                                                  member)));
}

HfX hf_call_lock_here(const HfCallRun *c, const HfState *s,
                      const HfCallArgs *args, HfX x)
{
    HfX y = hf_call_here(c, s, args, x);

    y = y ? stood_for(c, s, y) : 0;
    return y ? hf_contract_lock(c->r->solved->contracts, c->r->out->sym, y)
             : 0;
}

/* ---- recording ---------------------------------------------------------- */

/* An object that goes by another name in the states seen before, and whose
 * lock is held: what matters is that it is the same object in each. */
static int renamed_arg(const HfCallRun *c, const HfCall *row,
                       const HfCallArgs *args)
{
    const HfXTable *t = c->r->body.t;
    guint n;
    const HfHold *rows = hf_holds(c->r->solved, row->must, &n);

    for (guint i = 0; i < row->n_args; i++) {
        HfX have = g_array_index(c->r->out->args, HfX, row->first_arg + i);

        if (!have || !args->v[i] || have == args->v[i] ||
            hf_x(t, args->v[i])->kind == HF_X_CONST) {
            continue;
        }
        for (guint k = 0; k < n; k++) {
            if (rows[k].now == HF_HOLD_HELD &&
                hf_x_mentions(t, rows[k].lock, have)) {
                return i;
            }
        }
    }
    return -1;
}

static void record_call(const HfCallRun *c, const HfState *s,
                        const HfCallArgs *args)
{
    HfRun *r = c->r;
    HfFlow *out = r->out;
    HfHolds now = hf_run_holds(r, s);
    HfX callee = c->e->kind == HF_EV_CALL_INDIRECT
                     ? hf_state_value(&r->body, s, c->e->path) : 0;
    guint32 fresh = 0;
    HfCall *row;
    int same;

    for (guint i = 0; i < args->n; i++) {
        if (hf_state_is_fresh(&r->body, s, args->v[i])) {
            fresh |= 1u << i;
        }
    }
    if (!r->call_row[c->event]) {
        HfCall n = {
            .event = c->event, .must = now, .may = now,
            .first_arg = out->args->len, .n_args = args->n,
            .fresh_args = fresh, .callee = callee,
        };

        g_array_append_vals(out->args, args->v, args->n);
        g_array_append_val(out->calls, n);
        r->call_row[c->event] = out->calls->len;
        return;
    }
    row = &g_array_index(out->calls, HfCall, r->call_row[c->event] - 1);
    same = renamed_arg(c, row, args);
    if (same >= 0) {
        now = hf_run_holds_as(r, s, args->v[same],
                              g_array_index(out->args, HfX,
                                            row->first_arg + same));
    }
    row->must = hf_holds_weakest(r->solved->priv, row->must, now);
    row->may = hf_holds_strongest(r->solved->priv, row->may, now);
    row->fresh_args &= fresh;
    row->callee = row->callee == callee ? callee : 0;
    for (guint i = 0; i < row->n_args; i++) {
        HfX *have = &g_array_index(out->args, HfX, row->first_arg + i);

        if (*have != args->v[i] && (int)i != same) {
            *have = 0;
        }
    }
}

/* ---- primitives and annotated functions --------------------------------- */

HfFact hf_call_result_fact(const HfCallRun *c, gboolean nonzero)
{
    return (HfFact){
        .key = hf_x_leaf(c->r->body.t, HF_X_TEMP, c->event),
        .kind = nonzero ? HF_FACT_NONZERO : HF_FACT_ZERO,
    };
}

/* Both outcomes of a try-lock or a test: `s` becomes success. */
static void split(const HfCallRun *c, HfStates *states, HfState *s,
                  const HfClause *cl, HfX lock)
{
    gboolean test = cl->kind == HF_EFF_TEST_HELD;
    gboolean nonzero = cl->when != HF_WHEN_ZERO;
    const HfHold *h = hf_state_hold(s, lock);
    HfFact yes = hf_call_result_fact(c, nonzero);
    HfFact no = hf_call_result_fact(c, !nonzero);
    HfLockUse use = {
        .lock = lock, .event = c->event, .conditional = TRUE,
        .shared = cl->kind == HF_EFF_TRY_ACQUIRE_SHARED,
    };
    HfState *other;

    if (test && h && h->now != HF_HOLD_INHERITED) {
        hf_state_assume(&c->r->body, s,
                        h->now == HF_HOLD_HELD ? &yes : &no);
        return;
    }
    other = hf_run_copy(c->r, s);
    hf_state_assume(&c->r->body, other, &no);
    if (test) {
        hf_lock_assume(c->r, other, lock, HF_HOLD_ABSENT, FALSE, c->event);
    }
    hf_states_add(c->r, states, other);
    hf_state_assume(&c->r->body, s, &yes);
    if (test) {
        hf_lock_assume(c->r, s, lock, HF_HOLD_HELD, FALSE, c->event);
    } else {
        hf_lock_acquire(c->r, s, &use);
    }
}

static void apply_lock_clause(const HfCallRun *c, HfStates *states, HfState *s,
                              const HfClause *cl, const HfCallArgs *args)
{
    HfLockUse use = { .event = c->event };
    HfX result = hf_x_leaf(c->r->body.t, HF_X_RETURN, 0);

    if (!cl->n_locks) {
        return;
    }
    if (hf_x_root(c->r->body.t, cl->locks[0]) == result) {
        return; /* `ret`: known to the caller by RETURNS_LOCK only */
    }
    use.lock = hf_call_lock_here(c, s, args, cl->locks[0]);
    if (!use.lock) {
        return;
    }
    switch (cl->kind) {
    case HF_EFF_ACQUIRE_SHARED:
        use.shared = TRUE;
        hf_lock_acquire(c->r, s, &use);
        break;
    case HF_EFF_ACQUIRE:
        hf_lock_acquire(c->r, s, &use);
        break;
    case HF_EFF_RELEASE:
        hf_lock_release(c->r, s, &use);
        break;
    case HF_EFF_DROP_AND_RETAKE:
        hf_lock_drop_and_retake(c->r, s, &use);
        break;
    case HF_EFF_ASSERT_HELD:
    case HF_EFF_ASSERT_SHARED:
        hf_lock_assume(c->r, s, use.lock, HF_HOLD_HELD,
                       cl->kind == HF_EFF_ASSERT_SHARED, c->event);
        break;
    case HF_EFF_TRY_ACQUIRE:
    case HF_EFF_TRY_ACQUIRE_SHARED:
    case HF_EFF_TEST_HELD:
        split(c, states, s, cl, use.lock);
        break;
    default:
        break;
    }
}

static HfX apply_data_clause(const HfCallRun *c, HfState *s, const HfClause *cl,
                             const HfCallArgs *args, HfX result)
{
    HfX self = hf_x_leaf(c->r->body.t, HF_X_TEMP, c->event);

    switch (cl->kind) {
    case HF_EFF_RETURNS_ARG:
        return cl->arg >= 0 && (guint)cl->arg < args->n ? args->v[cl->arg]
                                                        : result;
    case HF_EFF_RETURNS_LOCK:
        if (cl->n_locks) {
            HfX lock = hf_call_here(c, s, args, cl->locks[0]);

            return lock ? hf_x_addr(c->r->body.t, lock) : result;
        }
        return result;
    case HF_EFF_ALLOC:
        hf_state_add_fresh(s, self);
        return result;
    case HF_EFF_SUCCEEDS:
        return hf_x_const(c->r->body.t, 0);
    default:
        return result;
    }
}

/* A coroutine that goes on in another event loop, with what that one holds. */
static void move_to(const HfCallRun *c, HfState *s, int arg)
{
    guint64 touched;
    guint64 held = hf_loops_moved(c->r->solved, c->r->out, c->event, arg,
                                  &touched);

    for (guint i = 0; touched >> i; i++) {
        HfX cap = hf_x_leaf(c->r->body.t, HF_X_CAP, i);

        if (held >> i & 1) {
            hf_state_set_hold(s, &(HfHold){
                .lock = cap, .now = HF_HOLD_HELD, .event = c->event,
                .flags = HF_HOLD_ASSUMED | HF_HOLD_MOVED,
            });
        } else if (touched >> i & 1) {
            hf_state_drop_hold(s, cap);
        }
    }
}

static void apply_contract(const HfCallRun *c, HfStates *states, HfState *s,
                           const HfCallArgs *args)
{
    HfX result = 0;

    for (guint i = 0; i < c->contract->clauses->len; i++) {
        const HfClause *cl =
            &g_array_index(c->contract->clauses, HfClause, i);

        result = apply_data_clause(c, s, cl, args, result);
        apply_lock_clause(c, states, s, cl, args);
        if (cl->kind == HF_EFF_MOVES_TO) {
            move_to(c, s, cl->arg);
        }
    }
    if (result) {
        hf_state_set_temp(&c->r->body, s, c->event, result);
    }
}

/* ---- escaping ----------------------------------------------------------- */

/* Known library functions do not hand their arguments to other threads
 * unless their rule says callback; anything else may. */
static void publish_args(const HfCallRun *c, HfState *s, const HfCallArgs *args)
{
    const HfSolved *sv = c->r->solved;
    gboolean harmless =
        c->contract && !HF_CONTRACT_HAS(c->contract, HF_EFF_CALLBACK) &&
        !HF_CONTRACT_HAS(c->contract, HF_EFF_CHANGES) &&
        HF_PROGRAM_SYM(sv->program, c->sym)->rule;

    const HfFlow *callee = c->sym ? sv->flows[c->sym] : NULL;
    guint32 leaks = callee && !callee->skip ? callee->leaks : ~0u;

    for (guint i = 0; !harmless && i < args->n; i++) {
        HfX a = args->v[i];

        if (a && hf_x(c->r->body.t, a)->kind != HF_X_ADDR &&
            (i >= 32 || leaks >> i & 1)) {
            hf_run_publish(c->r, s, a);
        }
    }
}

/* ---- the call ----------------------------------------------------------- */

static HfSymId only_target(HfRun *r, const HfEvent *e)
{
    const GArray *t;

    if (e->kind == HF_EV_CALL) {
        return r->body.u->symbols[e->sym];
    }
    t = hf_program_targets(r->body.p, r->body.u, r->out->sym, e, NULL);
    return t->len == 1 ? g_array_index(t, HfSymId, 0) : 0;
}

static void run_one(const HfCallRun *c, HfStates *states, guint i)
{
    HfState *s = states->v[i];
    gboolean primitive = c->contract &&
                         c->contract->kinds & HF_LOCK_EFFECTS;
    HfCallArgs args;

    evaluate_args(c, s, &args);
    args.summary = c->sym && !primitive
                       ? hf_special(c->r->solved, c->sym, c->r->out->sym,
                                    args.v, args.n, TRUE)
                       : NULL;
    if (c->r->recording) {
        record_call(c, s, &args);
    }
    hf_state_set_temp(&c->r->body, s, c->event, 0);
    if (HF_CONTRACT_HAS(c->contract, HF_EFF_NORETURN) ||
        HF_CONTRACT_HAS(c->contract, HF_EFF_UNJUDGED)) {
        states->v[i] = NULL;
        return;
    }
    if (!primitive && c->sym && c->r->recording) {
        hf_call_check_takes(c, s, &args);
    }
    if (c->contract) {
        apply_contract(c, states, s, &args);
    }
    if (HF_CONTRACT_HAS(c->contract, HF_EFF_RETURNS_TWICE)) {
        s->landed = TRUE;
    }
    if (!c->sym) {
        hf_call_clobber_locals(c, s, &args);
    } else if (!primitive && !hf_call_apply_summary(c, states, s, &args)) {
        states->v[i] = NULL;
        return;
    }
    publish_args(c, s, &args);
}

/* GLOBAL_STATE_CODE() in a branch, or in a function that says otherwise of
 * itself: from there on, the big lock is held. */
static void mark(const HfCallRun *c, HfStates *states)
{
    int bql = hf_contract_cap(c->r->solved->contracts, "bql");

    if (bql < 0 || !HF_CONTRACT_HAS(c->contract, HF_EFF_GLOBAL_STATE) ||
        !hf_contract_is_mark(c->r->solved->contracts, c->sym) ||
        (c->r->out->cls == HF_CLASS_GS &&
         !hf_mark_in_branch(c->r->out, c->event))) {
        return;
    }
    for (guint i = 0; i < states->n; i++) {
        hf_lock_assume(c->r, states->v[i],
                       hf_x_leaf(c->r->body.t, HF_X_CAP, bql), HF_HOLD_HELD,
                       FALSE, c->event);
    }
}

void hf_run_call(HfRun *r, HfStates *states, uint32_t event)
{
    HfCallRun c = { .r = r, .event = event, .e = hf_flow_event(r->out, event) };
    guint n = states->n, keep = 0, n_gone;
    gboolean held = hf_meanwhile_held(r, states->v, n);
    HfFact gone[HF_STATE_FACTS];

    states->first_out = n;
    n_gone = held ? 0 : hf_meanwhile_find(r, states->v, n, gone);
    c.sym = only_target(r, c.e);
    if (c.sym) {
        c.contract = hf_contract_of(r->solved->contracts, c.sym);
        mark(&c, states);
    }
    for (guint i = 0; i < n; i++) {
        run_one(&c, states, i);
    }
    for (guint i = 0; i < states->n; i++) {
        if (states->v[i]) {
            states->v[keep++] = states->v[i];
        }
    }
    states->n = keep;
    if (held) { /* given back by that call? */
        n_gone = hf_meanwhile_find(r, states->v, keep, gone);
    }
    hf_meanwhile_forget(r, states->v, keep, gone, n_gone);
}
