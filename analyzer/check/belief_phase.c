/* SPDX-License-Identifier: MIT */
/* Before an object is shared, and after: what is done then says nothing of
 * the lock. */
#include "check/belief.h"
#include "check/set_up.h"
#include "solve/blocks.h"

/* Calls down to where a thread is started. */
#define START_DEPTH 2

/* ---- threads ------------------------------------------------------------- */

static HfSymId callee_of(const HfFlow *flow, uint32_t event)
{
    const HfEvent *e = hf_flow_event(flow, event);

    return e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;
}

static gboolean has_point(const GArray *points, HfSymId in, uint32_t event)
{
    for (guint i = 0; i < points->len; i++) {
        const HfRolePoint *p = &g_array_index(points, HfRolePoint, i);

        if (p->in == in && (event == UINT32_MAX || p->event == event)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean role_does(const HfRole *role, gboolean join, HfSymId in,
                          uint32_t event)
{
    return has_point(join ? role->joins : role->starts, in, event);
}

/* The call starts threads of the role, or joins them, itself or in what it
 * calls. */
static gboolean call_does(const HfCheck *c, const HfRole *role, gboolean join,
                          const HfFlow *flow, uint32_t event, int depth)
{
    HfSymId callee = callee_of(flow, event);
    const HfFlow *down = callee ? c->solved->flows[callee] : NULL;

    if (role_does(role, join, flow->sym, event)) {
        return TRUE;
    }
    for (guint i = 0; down && depth && i < down->calls->len; i++) {
        if (call_does(c, role, join, down,
                      g_array_index(down->calls, HfCall, i).event,
                      depth - 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Between the two events, or only after the first (to UINT32_MAX). */
static gboolean joined_between(const HfCheck *c, const HfRole *role,
                               const HfFlow *flow, uint32_t from, uint32_t to)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t at = g_array_index(flow->calls, HfCall, i).event;

        if (at != from && at != to && hf_event_before(flow, from, at) &&
            (to == UINT32_MAX || hf_event_before(flow, at, to)) &&
            call_does(c, role, TRUE, flow, at, START_DEPTH)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The function has started a thread by then, and has not joined it.  A loop
 * that goes on to start another is about the next object. */
static gboolean started_before(const HfCheck *c, const HfRole *role,
                               const HfFlow *flow, uint32_t event)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t at = g_array_index(flow->calls, HfCall, i).event;

        if (at != event && hf_event_before(flow, at, event) &&
            (at < event || !hf_event_before(flow, event, at)) &&
            call_does(c, role, FALSE, flow, at, START_DEPTH) &&
            !joined_between(c, role, flow, at, event)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Some thread is there that the function starts before the event. */
static gboolean is_running(const HfCheck *c, const HfFlow *flow,
                           uint32_t event)
{
    for (guint i = 0; i < c->solved->roles->len; i++) {
        const HfRole *role = &g_array_index(c->solved->roles, HfRole, i);

        if (role->starts->len && started_before(c, role, flow, event)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- setting up and tearing down ----------------------------------------- */

/* The lock of that key, of whatever object where it is a member's. */
static gboolean is_lock_of(const HfXTable *t, HfX x, const HfLockKey *key)
{
    return key->relation == HF_REL_GLOBAL
               ? x == key->id
               : hf_x(t, x)->kind == HF_X_FIELD && hf_x(t, x)->ref == key->id;
}

/* A call in the function initialises the lock or destroys it: whoever does
 * that has the object to itself, but for the threads that it has started by
 * the event (UINT32_MAX: whatever it starts). */
static gboolean sets_up(const HfCheck *c, const HfFlow *flow, uint32_t event,
                        const HfLockKey *key)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        for (guint a = 0; a < call->n_args; a++) {
            HfX x = hf_x_deref(c->solved->exprs,
                               g_array_index(flow->args, HfX,
                                             call->first_arg + a));

            if (x && is_lock_of(c->solved->exprs, x, key) &&
                hf_set_up_call(c, flow, call, a)) {
                return event == UINT32_MAX || !is_running(c, flow, event);
            }
        }
    }
    return FALSE;
}

/* The function, or everyone who calls it, sets the lock up or tears it
 * down. */
static gboolean phase_of(const HfCheck *c, const HfFlow *flow, uint32_t event,
                         const HfLockKey *key, int depth)
{
    const GArray *sites = c->program->callers[flow->sym];

    if (sets_up(c, flow, event, key)) {
        return TRUE;
    }
    if (depth == 0 || !sites) {
        return FALSE;
    }
    for (guint i = 0; i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *up = c->solved->flows[site->caller];

        if (up == flow ||
            !phase_of(c, up, site->event - up->fn->first_event, key,
                      depth - 1)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* The local that the event reaches its object through; 0: another way. */
static HfId local_of(const HfFacts *f, HfId path)
{
    while (path && f->paths[path].kind != HF_PATH_LOCAL) {
        path = f->paths[path].parent;
    }
    return path;
}

/* make(&p): the callee puts an object there whose lock it has set up. */
static gboolean made_by_callee(const HfCheck *c, const HfUse *u,
                               const HfLockKey *key)
{
    const HfFacts *f = u->flow->unit->facts;
    HfId local = local_of(f, hf_flow_event(u->flow, u->access->event)->path);

    for (guint i = 0; local && i < u->flow->calls->len; i++) {
        const HfCall *call = &g_array_index(u->flow->calls, HfCall, i);
        const HfEvent *e = hf_flow_event(u->flow, call->event);
        HfSymId sym = e->kind == HF_EV_CALL ? u->flow->unit->symbols[e->sym]
                                            : 0;

        if (!sym || call->event >= u->access->event ||
            !c->solved->flows[sym]) {
            continue;
        }
        for (uint32_t a = 0; a < e->n_args; a++) {
            const HfPath *arg = &f->paths[f->args[e->first_arg + a]];

            if (arg->kind == HF_PATH_ADDR && arg->parent == local &&
                sets_up(c, c->solved->flows[sym], UINT32_MAX, key)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

gboolean hf_belief_unshared(const HfCheck *c, const HfUse *u,
                            const HfLockKey *key)
{
    return phase_of(c, u->flow, u->access->event, key, 2) ||
           made_by_callee(c, u, key);
}
