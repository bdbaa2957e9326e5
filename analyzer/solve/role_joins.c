/* SPDX-License-Identifier: MIT */
/*
 * Who is waited for.  Where one function joins threads of several roles, the
 * handle that its callers pass tells which: it is what they kept of the start.
 */
#include "solve/role_points.h"

#define MAX_WRAPPERS 3

static gboolean starts_by(const HfSolved *s, const HfRole *role,
                          const HfHandle *h)
{
    for (guint k = 0; k < role->starts->len; k++) {
        if (hf_handle_same(s, &g_array_index(role->starts, HfRolePoint,
                                          k).handle, h)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean kept_in(const HfSolved *s, const HfRole *role,
                          const HfHandle *h)
{
    for (guint k = 0; k < role->starts->len; k++) {
        const HfRolePoint *p = &g_array_index(role->starts, HfRolePoint, k);

        if (hf_handle_same(s, &p->kept, h)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- by a function that several roles share ----------------------------- */

/* Callers whose argument is what the role's start was kept by; their number.
 * handle: as the wrapper names it. */
static guint join_in_callers(HfSolved *s, HfRole *role, HfSymId wrapper,
                             guint param, int depth)
{
    const GArray *sites = s->program->callers[wrapper];
    guint found = 0;

    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *f = s->flows[site->caller];
        const HfCall *call =
            hf_flow_call(f, site->event - f->fn->first_event);
        HfX x = call ? hf_role_argument(f, call, (int)param) : 0;
        const HfXNode *n = hf_x(s->exprs, x);
        HfRolePoint p = { .in = f->sym, .event = call ? call->event : 0 };

        if (!x) {
            continue;
        }
        if (n->kind == HF_X_PARAM) {
            found += depth ? join_in_callers(s, role, f->sym, n->ref,
                                             depth - 1) : 0;
            continue;
        }
        p.handle = hf_role_handle(s, f->sym,
                                  n->kind == HF_X_ADDR ? n->parent : x);
        if (kept_in(s, role, &p.handle)) {
            hf_role_add_point(role->joins, &p);
            found++;
        }
    }
    return found;
}

static guint count_roles(const HfSolved *s, const HfHandle *h)
{
    guint n = 0;

    for (guint i = 0; i < s->roles->len; i++) {
        n += starts_by(s, hf_role_at(s, i), h);
    }
    return n;
}

static void add_joins(HfSolved *s, const HfFlow *f, const HfCall *call,
                      const HfHandle *h)
{
    const HfXNode *root = hf_x(s->exprs, hf_x_root(s->exprs, h->object));
    HfRolePoint p = { .in = f->sym, .event = call->event, .handle = *h };

    p.shared = root->kind == HF_X_PARAM && count_roles(s, h) > 1;
    for (guint i = 0; i < s->roles->len; i++) {
        HfRole *role = hf_role_at(s, i);

        if ((starts_by(s, role, h) || kept_in(s, role, h)) &&
            (!p.shared || !join_in_callers(s, role, f->sym, root->ref,
                                           MAX_WRAPPERS))) {
            hf_role_add_point(role->joins, &p);
        }
    }
}

/* The handle by value, or what points to it. */
static void joined(HfSolved *s, const HfFlow *f, const HfCall *call)
{
    const HfEvent *e = hf_flow_event(f, call->event);
    const HfContract *k =
        e->kind == HF_EV_CALL
            ? hf_contract_of(s->contracts, f->unit->symbols[e->sym]) : NULL;

    for (guint i = 0; HF_CONTRACT_HAS(k, HF_EFF_JOIN) &&
                      i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        HfX x = cl->kind == HF_EFF_JOIN ? hf_role_argument(f, call, cl->arg)
                                        : 0;

        if (x) {
            HfHandle h = hf_role_handle(
                s, f->sym, hf_x(s->exprs, x)->kind == HF_X_ADDR
                               ? hf_x_deref(s->exprs, x) : x);

            add_joins(s, f, call, &h);
        }
    }
}

void hf_role_joins(HfSolved *s)
{
    hf_role_each_call(s, joined);
}
