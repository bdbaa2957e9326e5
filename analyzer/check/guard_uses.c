/* SPDX-License-Identifier: MIT */
/*
 * Every use of what a guard may be declared for.  Besides plain accesses: its
 * address passed to a function that uses what it points to (g_queue_pop(&q)),
 * and the first use of a local that was pointed at it (`for (p = &list; *p;
 * ...)`), whatever it points to later.
 */
#include "check/guard.h"

/* How far down a pointer is followed from function to function. */
#define PASS_DEPTH 4

static HfSymId callee_of(const HfFlow *flow, uint32_t event)
{
    const HfEvent *e = hf_flow_event(flow, event);

    return e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;
}

static gboolean takes_locks(const HfFlow *flow)
{
    for (guint i = 0; i < flow->lock_ops->len; i++) {
        if (g_array_index(flow->lock_ops, HfLockOp, i).kind ==
            HF_LOCK_ACQUIRE) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Does the callee use what the parameter points to, under no lock of its
 * own?  One without a body surely does. */
static gboolean uses_param(const HfCheck *c, HfSymId sym, guint param,
                           int depth)
{
    const HfXTable *t = c->solved->exprs;
    const HfFlow *flow = c->solved->flows[sym];
    HfX value = hf_x_leaf(c->solved->exprs, HF_X_PARAM, param);

    if (!flow) {
        return TRUE;
    }
    if (flow->skip || !depth || takes_locks(flow)) {
        return FALSE;
    }
    for (guint i = 0; i < flow->accesses->len; i++) {
        HfX x = g_array_index(flow->accesses, HfAccess, i).path;

        if (x != value && hf_x_root(t, x) == value) {
            return TRUE;
        }
    }
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        HfSymId next = callee_of(flow, call->event);

        for (guint a = 0; next && a < call->n_args; a++) {
            if (g_array_index(flow->args, HfX, call->first_arg + a) ==
                    value && uses_param(c, next, a, depth - 1)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Locks are passed to be taken; what sets an object up or tears it down has
 * it alone. */
static gboolean is_ordinary(const HfCheck *c, HfSymId callee)
{
    const HfContract *k = hf_contract_of(c->solved->contracts, callee);

    return !k || !(k->kinds & (HF_LOCK_EFFECTS | 1ull << HF_EFF_INIT |
                               1ull << HF_EFF_DESTROY |
                               1ull << HF_EFF_INTENTIONAL));
}

static void passed(HfCheck *c, const HfFlow *flow, const HfCall *call,
                   HfGuardUseFn fn, gpointer data)
{
    HfXTable *t = c->solved->exprs;
    HfSymId callee = callee_of(flow, call->event);

    if (!callee || !is_ordinary(c, callee)) {
        return;
    }
    for (guint i = 0; i < call->n_args; i++) {
        HfX arg = g_array_index(flow->args, HfX, call->first_arg + i);
        HfX x = arg && hf_x(t, arg)->kind == HF_X_ADDR
                    ? hf_x(t, arg)->parent : 0;
        HfGuardUse u = {
            .access = { .event = call->event, .must = call->must,
                        .may = call->may, .kind = HF_EV_READ,
                        .fresh = i < 32 && call->fresh_args >> i & 1 },
            .callee = callee,
        };

        while (x && hf_x(t, x)->kind == HF_X_INDEX) {
            x = hf_x(t, x)->parent;
        }
        u.access.path = x;
        if (x && hf_guard_declared_subject(c, &u.access, &u.subject) &&
            hf_guard_is_declared(c, &u.subject) &&
            uses_param(c, callee, i, PASS_DEPTH)) {
            fn(c, flow, &u, data);
        }
    }
}

/* The local that is pointed at what the event takes the address of: its path
 * in the facts, 0 none. */
static HfId pointed(const HfFlow *flow, uint32_t event)
{
    const HfFacts *f = flow->unit->facts;
    HfId object = hf_flow_event(flow, event)->path;

    for (uint32_t i = event + 1;
         i < flow->fn->n_events && i <= event + 2; i++) {
        const HfEvent *e = hf_flow_event(flow, i);
        const HfPath *v = &f->paths[e->value];

        if (e->kind == HF_EV_WRITE && e->value &&
            f->paths[e->path].kind == HF_PATH_LOCAL &&
            v->kind == HF_PATH_ADDR && v->parent == object) {
            return e->path;
        }
    }
    return 0;
}

static void through_local(HfCheck *c, const HfFlow *flow,
                          const HfAccess *address, HfGuardUseFn fn,
                          gpointer data)
{
    const HfFacts *f = flow->unit->facts;
    HfId local = pointed(flow, address->event);
    HfGuardUse u = { .access = *address };

    if (!local || !hf_guard_declared_subject(c, address, &u.subject) ||
        !hf_guard_is_declared(c, &u.subject)) {
        return;
    }
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);
        const HfPath *p = &f->paths[hf_flow_event(flow, a->event)->path];

        if (a->event > address->event && p->kind == HF_PATH_DEREF &&
            p->parent == local) {
            u.access.event = a->event;
            u.access.must = a->must;
            u.access.may = a->may;
            u.access.kind = a->kind;
            u.indirect = TRUE;
            fn(c, flow, &u, data);
            return;
        }
    }
}

void hf_guard_each_use(HfCheck *c, const HfFlow *flow, HfGuardUseFn fn,
                       gpointer data)
{
    for (guint i = 0; i < flow->accesses->len; i++) {
        HfGuardUse u = {
            .access = g_array_index(flow->accesses, HfAccess, i),
        };

        if (hf_guard_declared_subject(c, &u.access, &u.subject)) {
            fn(c, flow, &u, data);
        }
    }
    for (guint i = 0; i < flow->calls->len; i++) {
        passed(c, flow, &g_array_index(flow->calls, HfCall, i), fn, data);
    }
    for (guint i = 0; i < flow->addresses->len; i++) {
        through_local(c, flow, &g_array_index(flow->addresses, HfAccess, i),
                      fn, data);
    }
}

char *hf_guard_use_text(const HfCheck *c, const HfFlow *flow,
                        const HfGuardUse *u)
{
    if (u->callee || u->indirect) {
        return hf_check_text(c, flow, u->access.path);
    }
    return hf_check_access_text(flow, &u->access);
}
