/* SPDX-License-Identifier: MIT */
/*
 * Trampolines: all threads of a program start in one function, which calls
 * what it finds in the object it was given.  Threads start in those functions,
 * too, and what the trampoline passes them is their data.
 */
#include "solve/role_points.h"

/* Copies of a parameter that are followed. */
#define MAX_COPIES 3

/* ---- in the trampoline -------------------------------------------------- */

/* The path goes back to the first parameter, over locals. */
static gboolean from_first(const HfFlow *f, HfId path, int depth)
{
    const HfPath *paths = f->unit->facts->paths;

    while (paths[path].parent) {
        path = paths[path].parent;
    }
    if (paths[path].kind != HF_PATH_LOCAL || !depth) {
        return FALSE;
    }
    if (paths[path].ref == f->fn->first_local) {
        return f->fn->n_params > 0;
    }
    for (uint32_t i = 0; i < f->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(f, i);

        if (e->kind == HF_EV_WRITE && e->path == path && e->value &&
            from_first(f, e->value, depth - 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean from_data(const HfSolved *s, const HfFlow *f,
                          const HfCall *call)
{
    const HfXNode *root =
        hf_x(s->exprs, hf_x_root(s->exprs, call->callee));

    return call->callee &&
           ((root->kind == HF_X_PARAM && root->ref == 0) ||
            (root->kind == HF_X_LOCAL &&
             from_first(f, hf_flow_event(f, call->event)->path,
                        MAX_COPIES)));
}

/* The member of the object that the call passes on first; 0 none. */
static HfFieldId passed_on(const HfFlow *f, const HfCall *call)
{
    const HfEvent *e = hf_flow_event(f, call->event);
    const HfFacts *facts = f->unit->facts;
    const HfPath *p = e->n_args ? &facts->paths[facts->args[e->first_arg]]
                                : NULL;

    if (!p || !from_first(f, facts->args[e->first_arg], MAX_COPIES)) {
        return 0;
    }
    if (p->kind == HF_PATH_FIELD) {
        return f->unit->fields[p->ref];
    }
    if (p->kind == HF_PATH_LOCAL) { /* read before, into a local */
        for (uint32_t i = 0; i < f->fn->n_events; i++) {
            const HfEvent *w = hf_flow_event(f, i);
            const HfPath *v = &facts->paths[w->value];

            if (w->kind == HF_EV_WRITE && &facts->paths[w->path] == p &&
                v->kind == HF_PATH_FIELD) {
                return f->unit->fields[v->ref];
            }
        }
    }
    return 0;
}

/* ---- where the object is filled ----------------------------------------- */

/* What the function puts into such a member: a parameter, a function, or the
 * address of a variable; 0: something else. */
static HfX put_into(const HfSolved *s, const HfFlow *f, HfFieldId slot)
{
    const HfFacts *facts = f->unit->facts;

    for (guint i = 0; slot && i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);
        const HfEvent *e = hf_flow_event(f, a->event);
        const HfXNode *n = hf_x(s->exprs, a->path);
        const HfPath *value = &facts->paths[e->value];

        if (e->kind != HF_EV_WRITE || n->kind != HF_X_FIELD ||
            n->ref != slot) {
            continue;
        }
        if (value->kind == HF_PATH_LOCAL &&
            value->ref - f->fn->first_local < f->fn->n_params) {
            return hf_x_leaf(s->exprs, HF_X_PARAM,
                             value->ref - f->fn->first_local);
        }
        if (value->kind == HF_PATH_FUNCTION) {
            return hf_x_leaf(s->exprs, HF_X_FUNCTION,
                             f->unit->symbols[value->ref]);
        }
        if (value->kind == HF_PATH_ADDR &&
            facts->paths[value->parent].kind == HF_PATH_GLOBAL) {
            return hf_x_addr(s->exprs, hf_x_leaf(
                s->exprs, HF_X_GLOBAL,
                f->unit->symbols[facts->paths[value->parent].ref]));
        }
    }
    return 0;
}

static void start_of(HfSolved *s, int role, HfSymId entry,
                     const HfRolePoint *via, HfFieldId slot, HfFieldId data)
{
    const HfFlow *f = s->flows[via->in];
    const HfXNode *what = hf_x(s->exprs, put_into(s, f, slot));
    HfRolePoint p = { .in = via->in, .event = via->event, .entry = entry,
                      .handle = via->handle, .kept = via->kept,
                      .data = put_into(s, f, data) };

    if (what->kind == HF_X_PARAM) {
        hf_role_start_in_callers(s, role, &p, (int)what->ref, 0);
    } else if (what->kind == HF_X_FUNCTION && what->ref == entry) {
        hf_role_add_point(hf_role_at(s, role)->starts, &p);
    }
}

static void through(HfSolved *s, HfSymId trampoline, const HfRolePoint *via)
{
    const HfFlow *f = s->flows[trampoline];

    for (guint i = 0; f && i < f->calls->len; i++) {
        const HfCall *call = &g_array_index(f->calls, HfCall, i);
        const HfSymId *targets;
        HfFieldId slot;
        guint n = hf_call_targets(s, f, call, &targets, &slot);

        if (!slot || !from_data(s, f, call)) {
            continue;
        }
        for (guint k = 0; k < n; k++) {
            int role = s->thread_role[targets[k]];

            if (role < 0 && s->runs[targets[k]]) {
                continue; /* work that is handed to a thread, time and again */
            }
            if (role < 0) {
                role = hf_role_make(s, HF_PROGRAM_SYM(s->program,
                                                      targets[k])->name,
                                    HF_RUN_THREAD);
            }
            hf_role_add_entry(s, role, targets[k], HF_RUN_THREAD);
            start_of(s, role, targets[k], via, slot, passed_on(f, call));
        }
    }
}

void hf_role_trampolines(HfSolved *s)
{
    GArray *direct = g_array_new(FALSE, FALSE, sizeof(HfRolePoint));

    for (guint i = 0; i < s->roles->len; i++) {
        const GArray *starts = hf_role_at(s, i)->starts;

        if (starts->len) {
            g_array_append_vals(direct, starts->data, starts->len);
        }
    }
    for (guint i = 0; i < direct->len; i++) {
        const HfRolePoint *p = &g_array_index(direct, HfRolePoint, i);

        through(s, p->entry, p);
    }
    g_array_unref(direct);
}
