/* SPDX-License-Identifier: MIT */
/*
 * Who waits for the threads of a role.  Where a program joins all its threads
 * in one function of its own, the handle that callers pass it tells which: it
 * must come from where the handle of the role's threads was put.
 */
#include "check/teardown.h"
#include "solve/blocks.h"

static HfSubjectKey key_of_path(const HfFlow *flow, HfId path)
{
    const HfPath *p = &flow->unit->facts->paths[path];

    return p->kind == HF_PATH_FIELD
               ? ((guint64)flow->unit->fields[p->ref] << 2 | 1) << 1
           : p->kind == HF_PATH_GLOBAL
               ? ((guint64)flow->unit->symbols[p->ref] << 2 | 2) << 1 : 0;
}

void hf_teardown_mark(HfTeardown *t, guint8 *marks, HfSymId in, int depth)
{
    const GArray *sites = t->c->program->callers[in];

    if (marks[in] >= depth) {
        return;
    }
    marks[in] = depth;
    for (guint i = 0; sites && i < sites->len && depth > 1; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfUnit *unit = HF_PROGRAM_UNIT(t->c->program, site->unit);

        if (unit->facts->events[site->event].kind == HF_EV_CALL) {
            hf_teardown_mark(t, marks, site->caller, depth - 1);
        }
    }
}

/* Members and variables that the starter puts the handle into. */
static void note_homes(GHashTable *homes, const HfFlow *flow, uint32_t start)
{
    const HfFacts *f = flow->unit->facts;
    HfId local = 0;

    for (uint32_t i = start + 1; i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);
        const HfPath *v = &f->paths[e->value];

        if (e->kind != HF_EV_WRITE || !e->value ||
            !((v->kind == HF_PATH_TEMP &&
               v->ref == flow->fn->first_event + start) ||
              (local && e->value == local))) {
            continue;
        }
        if (f->paths[e->path].kind == HF_PATH_LOCAL) {
            local = e->path;
        } else {
            guint64 key = key_of_path(flow, e->path);

            g_hash_table_add(homes, g_memdup2(&key, sizeof(key)));
        }
    }
}

static gboolean at_home(GHashTable *homes, const HfFlow *flow, HfId arg)
{
    guint64 key = key_of_path(flow, arg);

    if (key) {
        return g_hash_table_contains(homes, &key);
    }
    for (uint32_t i = 0;
         flow->unit->facts->paths[arg].kind == HF_PATH_LOCAL &&
         i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        key = e->kind == HF_EV_WRITE && e->path == arg && e->value
                  ? key_of_path(flow, e->value) : 0;
        if (key && g_hash_table_contains(homes, &key)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Callers of a function that joins what its parameter names. */
static void mark_wrapper(HfTeardown *t, guint8 *joins, GHashTable *homes,
                         HfSymId wrapper, guint param, int depth)
{
    const GArray *sites = t->c->program->callers[wrapper];

    for (guint i = 0; sites && depth && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *up = t->c->solved->flows[site->caller];
        const HfFacts *f = up ? up->unit->facts : NULL;
        const HfEvent *e = f ? &f->events[site->event] : NULL;
        const HfPath *arg;

        if (!e || e->kind != HF_EV_CALL || param >= e->n_args) {
            continue;
        }
        arg = &f->paths[f->args[e->first_arg + param]];
        if (at_home(homes, up, f->args[e->first_arg + param])) {
            hf_teardown_mark(t, joins, site->caller, HF_JOINS_ITSELF);
        } else if (arg->kind == HF_PATH_LOCAL &&
                   arg->ref - up->fn->first_local < up->fn->n_params) {
            mark_wrapper(t, joins, homes, site->caller,
                         arg->ref - up->fn->first_local, depth - 1);
        }
    }
}

/* Threads of other roles are joined there as well. */
static gboolean is_shared(const HfTeardown *t, const HfRole *r,
                          const HfRolePoint *join)
{
    const GArray *roles = t->c->solved->roles;

    for (guint i = 0; i < roles->len; i++) {
        const HfRole *o = &g_array_index(roles, HfRole, i);

        for (guint k = 0; o != r && o->starts->len && k < o->joins->len;
             k++) {
            const HfRolePoint *p = &g_array_index(o->joins, HfRolePoint, k);

            if (p->in == join->in && p->event == join->event) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

void hf_teardown_find_joins(HfTeardown *t, HfThreadUse *u, const HfRole *r)
{
    const HfXTable *x = t->c->solved->exprs;
    GHashTable *homes = g_hash_table_new_full(hf_key_hash, g_int64_equal,
                                              g_free, NULL);

    for (guint i = 0; i < r->starts->len; i++) {
        const HfRolePoint *p = &g_array_index(r->starts, HfRolePoint, i);

        hf_teardown_mark(t, u->starts, p->in, HF_JOINS_ITSELF);
        note_homes(homes, t->c->solved->flows[p->in], p->event);
    }
    for (guint i = 0; i < r->joins->len; i++) {
        const HfRolePoint *p = &g_array_index(r->joins, HfRolePoint, i);
        const HfXNode *root =
            hf_x(x, hf_x_root(x, p->handle.object));

        if (root->kind == HF_X_PARAM && is_shared(t, r, p)) {
            mark_wrapper(t, u->joins, homes, p->in, root->ref, 3);
        } else {
            hf_teardown_mark(t, u->joins, p->in, HF_JOINS_ITSELF);
        }
    }
    g_hash_table_unref(homes);
}

/* ---- before or after an event ------------------------------------------- */

gboolean hf_teardown_has_point(const GArray *points, HfSymId in, uint32_t event)
{
    for (guint i = 0; i < points->len; i++) {
        const HfRolePoint *p = &g_array_index(points, HfRolePoint, i);

        if (p->in == in && p->event == event) {
            return TRUE;
        }
    }
    return FALSE;
}

/* A function that joins whatever it is given, or has that done. */
static gboolean joins_something(const HfTeardown *r, HfSymId sym, int depth)
{
    const HfFlow *flow = r->c->solved->flows[sym];

    for (guint i = 0; flow && depth && i < flow->calls->len; i++) {
        HfSymId callee = hf_frees_callee(
            flow, g_array_index(flow->calls, HfCall, i).event);

        if (callee &&
            (HF_CONTRACT_HAS(hf_contract_of(r->c->solved->contracts,
                                            callee), HF_EFF_JOIN) ||
             joins_something(r, callee, depth - 1))) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_teardown_calls_joiner(const HfTeardown *r, const HfThreadUse *u,
                             const HfFlow *flow, const HfCall *call)
{
    const HfSymId *targets;
    HfFieldId slot;
    guint n;

    if (u->joins[flow->sym] &&
        hf_teardown_has_point(hf_teardown_role(r, u)->joins, flow->sym,
                              call->event)) {
        return TRUE;
    }
    n = hf_call_targets(r->c->solved, flow, call, &targets, &slot);
    return n == 1 && !u->starts[targets[0]] &&
           (u->joins[targets[0]] ||
            (u->joins[flow->sym] == HF_JOINS_ITSELF &&
             joins_something(r, targets[0], 3)));
}

/* The join may come first.  One that is only reached past the event comes
 * after it, in a loop too: the next time round is another object's. */
static gboolean joined_before(const HfFlow *flow, uint32_t join,
                              uint32_t event)
{
    uint32_t from = hf_block_of(flow, join), past = hf_block_of(flow, event);

    if (from == past) {
        return join < event;
    }
    return past != 0 && hf_event_before(flow, join, event) &&
           (from == 0 || hf_block_leads_to(flow, 0, from, past));
}

uint32_t hf_teardown_joined_after(const HfTeardown *r, const HfThreadUse *u,
                                  const HfFlow *flow, uint32_t event)
{
    uint32_t after = UINT32_MAX;

    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        if (call->event == event ||
            !hf_teardown_calls_joiner(r, u, flow, call)) {
            continue;
        }
        if (joined_before(flow, call->event, event)) {
            return UINT32_MAX;
        }
        if (after == UINT32_MAX && hf_event_before(flow, event, call->event)) {
            after = call->event;
        }
    }
    return after;
}

gboolean hf_teardown_starts_between(const HfTeardown *r, const HfThreadUse *u,
                               const HfFlow *flow, uint32_t from, uint32_t to)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t at = g_array_index(flow->calls, HfCall, i).event;
        HfSymId callee = hf_frees_callee(flow, at);

        if ((hf_teardown_has_point(hf_teardown_role(r, u)->starts, flow->sym,
                                   at) ||
             (callee && u->starts[callee])) &&
            hf_event_before(flow, from, at) &&
            hf_event_before(flow, at, to)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_teardown_starts_before_join(const HfTeardown *r,
                                        const HfThreadUse *u,
                                        const HfFlow *flow, uint32_t event)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        if (call->event != event &&
            hf_teardown_calls_joiner(r, u, flow, call) &&
            hf_event_before(flow, event, call->event) &&
            hf_teardown_starts_between(r, u, flow, event, call->event)) {
            return TRUE;
        }
    }
    return FALSE;
}

gboolean hf_teardown_none_alive(HfTeardown *r, const HfThreadUse *u,
                                const HfFlow *flow,
                           uint32_t event)
{
    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);

        if (ctx->role < 0 || ctx->role == u->role ||
            hf_phase(r->phases, u->role, ctx->role, flow, event) !=
                HF_PHASE_BEFORE) {
            return FALSE;
        }
    }
    return flow->contexts->len > 0;
}
