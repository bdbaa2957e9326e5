/* SPDX-License-Identifier: MIT */
/*
 * events.c - what one event of a body does to the states before it: accesses
 * are recorded, values stored and returned.  Calls are calls.c's.
 */
#include "solve/flow.h"

static HfX strip_index(HfXTable *t, HfX x)
{
    while (hf_x(t, x)->kind == HF_X_INDEX) {
        x = hf_x(t, x)->parent;
    }
    return x;
}

/* The parts in which two names of the same shape differ; FALSE: other shape. */
static gboolean differing(const HfXTable *t, HfX a, HfX b, HfX *from, HfX *to)
{
    while (a != b) {
        const HfXNode *x = hf_x(t, a), *y = hf_x(t, b);

        *from = a;
        *to = b;
        if (x->kind != y->kind || x->ref != y->ref || x->value != y->value ||
            x->other || y->other || !x->parent || !y->parent) {
            return TRUE;
        }
        a = x->parent;
        b = y->parent;
    }
    return FALSE;
}

HfHolds hf_run_holds_as(HfRun *r, const HfState *s, HfX x, HfX as)
{
    HfX from, to;
    HfState *named;

    if (!s->n_holds || !differing(r->body.t, x, as, &from, &to)) {
        return hf_run_holds(r, s);
    }
    named = hf_run_copy(r, s);
    named->n_holds = 0;
    for (int i = 0; i < s->n_holds; i++) {
        HfHold h = s->holds[i];
        HfX lock = hf_state_replace(&r->body, h.lock, from, to);

        if (lock && lock != h.lock) {
            h.lock = lock;
            named->holds[named->n_holds++] = h;
        }
    }
    /* another object's lock that went by that name stays without one */
    for (int i = 0; i < s->n_holds; i++) {
        HfX lock = hf_state_replace(&r->body, s->holds[i].lock, from, to);

        if ((!lock || lock == s->holds[i].lock) &&
            !hf_state_hold(named, s->holds[i].lock)) {
            named->holds[named->n_holds++] = s->holds[i];
        }
    }
    hf_state_sort_holds(named);
    return hf_run_holds(r, named);
}

/* A local or part of one; what a local points to is not the function's own. */
static gboolean is_in_local(const HfXTable *t, HfX x)
{
    return hf_x(t, hf_x_whole(t, x))->kind == HF_X_LOCAL;
}

static void record_access(HfRun *r, const HfState *s, uint32_t event,
                          const HfEvent *e, HfX object)
{
    HfXTable *t = r->body.t;
    HfX x = strip_index(t, object);
    HfXKind kind = hf_x(t, x)->kind;
    GArray *table = e->kind == HF_EV_ADDR_TAKEN ? r->out->addresses
                                                : r->out->accesses;
    HfHolds now;
    gboolean fresh;

    if (kind != HF_X_FIELD && kind != HF_X_GLOBAL && kind != HF_X_DEREF) {
        return;
    }
    now = hf_run_holds(r, s);
    fresh = is_in_local(t, x) || hf_state_is_fresh(&r->body, s, x);
    if (!r->access_row[event]) {
        HfAccess row = {
            .event = event, .path = x, .must = now, .may = now,
            .kind = e->kind, .fresh = fresh,
        };

        g_array_append_val(table, row);
        r->access_row[event] = table->len;
    } else {
        HfAccess *row = &g_array_index(table, HfAccess,
                                       r->access_row[event] - 1);

        /* each state has its own name for the object, and for its lock */
        now = hf_run_holds_as(r, s, x, row->path);
        row->must = hf_holds_weakest(r->solved->priv, row->must, now);
        row->may = hf_holds_strongest(r->solved->priv, row->may, now);
        row->fresh &= fresh;
        row->renamed |= x != row->path;
    }
}

void hf_run_publish(HfRun *r, HfState *s, HfX value)
{
    const HfXNode *root = hf_x(r->body.t, hf_x_root(r->body.t, value));

    if (root->kind == HF_X_PARAM) {
        r->leaks |= root->ref < 32 ? 1u << root->ref : ~0u;
    }
    hf_state_publish(&r->body, s, value);
}

static void do_write(HfRun *r, HfState *s, const HfEvent *e)
{
    const HfPath *p = &hf_run_facts(r)->paths[e->path];
    HfX value = e->value ? hf_state_value(&r->body, s, e->value) : 0;
    HfX object;

    if (p->kind == HF_PATH_LOCAL) {
        hf_state_assign(&r->body, s, p->ref - r->body.fn->first_local, value);
        return;
    }
    object = hf_state_object(&r->body, s, e->path);
    /* an out-parameter of an inlined caller's view: *pp where pp = &local */
    if (hf_x(r->body.t, object)->kind == HF_X_LOCAL) {
        hf_state_assign(&r->body, s, hf_x(r->body.t, object)->ref, value);
        return;
    }
    hf_state_stored(&r->body, s, object);
    /* what is written atomically is there for others to change */
    if (e->kind != HF_EV_ATOMIC_WRITE) {
        hf_state_note(&r->body, s, object, value);
    }
    if (hf_x(r->body.t, hf_x_root(r->body.t, object))->kind != HF_X_LOCAL &&
        !hf_state_is_fresh(&r->body, s, object)) {
        hf_run_publish(r, s, value);
    }
}

/* `x |= y` and `x &= y` as truth values: who collects "did I lock" this way
 * asks for the whole later. */
static void do_modify(HfRun *r, HfState *s, const HfEvent *e)
{
    const HfPath *p = &hf_run_facts(r)->paths[e->path];
    uint32_t local = p->ref - r->body.fn->first_local;
    HfResult old, operand, keeps;
    HfX value;

    if (p->kind != HF_PATH_LOCAL || !(e->flags & (HF_EV_OR | HF_EV_AND))) {
        do_write(r, s, &(HfEvent){ .kind = e->kind, .path = e->path });
        return;
    }
    keeps = e->flags & HF_EV_OR ? HF_RESULT_NONZERO : HF_RESULT_ZERO;
    value = hf_state_value(&r->body, s, e->value);
    if (hf_x(r->body.t, value)->kind == HF_X_CONST) {
        hf_state_assign(&r->body, s, local,
                        hf_x_computed(r->body.t, s->env[local],
                                      e->flags & HF_EV_OR ? HF_PATH_OP_OR
                                                          : HF_PATH_OP_AND,
                                      hf_x(r->body.t, value)->value));
        return;
    }
    old = hf_state_result(&r->body, s, s->env[local]);
    operand = hf_state_result(&r->body, s, value);
    if (old == keeps || (operand != HF_RESULT_ANY && operand != keeps)) {
        return; /* as it was */
    }
    if (old != HF_RESULT_ANY) {
        hf_state_assign(&r->body, s, local, value);
        return;
    }
    hf_state_assign(&r->body, s, local, 0);
    if (operand == keeps) {
        hf_state_assume(&r->body, s, &(HfFact){
            .key = s->env[local], .kind = keeps == HF_RESULT_ZERO
                                              ? HF_FACT_ZERO
                                              : HF_FACT_NONZERO });
    }
}

static void do_return(HfRun *r, HfState *s, uint32_t event, const HfEvent *e)
{
    HfX v = e->value ? hf_state_value(&r->body, s, e->value) : 0;

    s->ret_event = event;
    s->ret_result = hf_state_result(&r->body, s, v);
    s->ret = v;
}

void hf_run_event(HfRun *r, HfStates *states, uint32_t event)
{
    const HfEvent *e = hf_flow_event(r->out, event);

    if (e->kind == HF_EV_CALL || e->kind == HF_EV_CALL_INDIRECT) {
        hf_run_call(r, states, event);
        return;
    }
    if (e->kind == HF_EV_UNSIGNED_DIFF && r->recording) {
        hf_run_diff(r, states, event);
    }
    for (guint i = 0; i < states->n; i++) {
        HfState *s = states->v[i];

        if (r->recording && e->path &&
            e->kind != HF_EV_SCOPE_END && e->kind != HF_EV_UNSIGNED_DIFF) {
            record_access(r, s, event, e,
                          hf_state_object(&r->body, s, e->path));
        }
        if (e->kind == HF_EV_WRITE || e->kind == HF_EV_ATOMIC_WRITE) {
            do_write(r, s, e);
        } else if (e->kind == HF_EV_RMW || e->kind == HF_EV_ATOMIC_RMW) {
            do_modify(r, s, e);
        } else if (e->kind == HF_EV_RETURN) {
            do_return(r, s, event, e);
        } else if (e->kind == HF_EV_SCOPE_END && r->zeroed) {
            hf_zeroed_apply(r, s, (int)(hf_run_facts(r)->paths[e->path].ref -
                                        r->body.fn->first_local));
        }
    }
}
