/* SPDX-License-Identifier: MIT */
/* Starts of threads: by calls, and by calls of functions that make them. */
#include "solve/role_points.h"

/* Functions around the one that starts threads. */
#define MAX_WRAPPERS 3

void hf_role_each_call(HfSolved *s, HfRoleCallFn fn)
{
    const GArray *order = s->program->functions;

    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f = s->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; k < f->calls->len; k++) {
            fn(s, f, &g_array_index(f->calls, HfCall, k));
        }
    }
}

/* ---- handles ------------------------------------------------------------ */

/* Where the result of a call is put; the result itself when that is a local,
 * or nowhere. */
static HfX result_place(const HfSolved *s, const HfFlow *f, uint32_t event)
{
    const HfFacts *facts = f->unit->facts;
    HfId result = f->fn->first_event + event;

    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);
        const HfEvent *e;

        if (a->event <= event) {
            continue;
        }
        e = hf_flow_event(f, a->event);
        if (e->kind == HF_EV_WRITE &&
            facts->paths[e->value].kind == HF_PATH_TEMP &&
            facts->paths[e->value].ref == result) {
            return a->path;
        }
    }
    for (uint32_t i = event + 1; i < f->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(f, i);
        const HfPath *at = &facts->paths[e->path];

        if (e->kind == HF_EV_WRITE && at->kind == HF_PATH_INDEX &&
            facts->paths[at->parent].kind == HF_PATH_LOCAL &&
            facts->paths[e->value].kind == HF_PATH_TEMP &&
            facts->paths[e->value].ref == result) {
            return hf_x_index(s->exprs, hf_x_leaf(
                s->exprs, HF_X_LOCAL,
                facts->paths[at->parent].ref - f->fn->first_local), -1);
        }
    }
    return hf_x_leaf(s->exprs, HF_X_TEMP, event);
}

HfHandle hf_role_handle(const HfSolved *s, HfSymId in, HfX object)
{
    HfHandle h = { .in = in, .object = object };
    const HfXNode *n = hf_x(s->exprs, object);

    if (n->kind == HF_X_TEMP) { /* where it went, and others look for it */
        h.object = object = result_place(s, s->flows[in], n->ref);
        n = hf_x(s->exprs, object);
    }
    while (n->kind == HF_X_INDEX || n->kind == HF_X_DEREF) {
        object = n->parent;
        n = hf_x(s->exprs, object);
    }
    if (n->kind == HF_X_FIELD) {
        h.field = n->ref;
    } else if (n->kind == HF_X_GLOBAL) {
        h.var = n->ref;
    }
    return h;
}

/* threads[0], and threads[i]: it may be. */
static gboolean same_element(const HfXTable *t, HfX a, HfX b)
{
    const HfXNode *m = hf_x(t, a), *n = hf_x(t, b);

    return a == b || (m->kind == HF_X_INDEX && n->kind == HF_X_INDEX &&
                      m->parent == n->parent &&
                      (m->value < 0 || n->value < 0));
}

gboolean hf_handle_same(const HfSolved *s, const HfHandle *a,
                        const HfHandle *b)
{
    if (!a->object || !b->object) {
        return FALSE;
    }
    if (a->field || b->field) {
        return a->field == b->field;
    }
    if (a->var || b->var) {
        return a->var == b->var;
    }
    return a->in == b->in && same_element(s->exprs, a->object, b->object);
}

HfX hf_role_argument(const HfFlow *f, const HfCall *call, int arg)
{
    return arg >= 0 && (guint)arg < call->n_args
               ? g_array_index(f->args, HfX, call->first_arg + arg) : 0;
}

void hf_role_add_point(GArray *points, const HfRolePoint *p)
{
    guint at = 0;

    for (; at < points->len; at++) {
        const HfRolePoint *have = &g_array_index(points, HfRolePoint, at);

        if (have->in == p->in && have->event == p->event &&
            have->entry == p->entry) {
            return;
        }
        if (have->in > p->in ||
            (have->in == p->in && have->event > p->event)) {
            break;
        }
    }
    g_array_insert_val(points, at, *p);
}

int hf_role_handed_on(const HfSolved *s, const HfFlow *f, const HfCall *call,
                      int arg)
{
    const HfXNode *n = hf_x(s->exprs, hf_role_argument(f, call, arg));

    return n->kind == HF_X_PARAM ? (int)n->ref : -1;
}

/* ---- starts ------------------------------------------------------------- */

static gboolean names_function(const HfSolved *s, HfX x, HfSymId sym)
{
    const HfXNode *n = hf_x(s->exprs, x);

    while (n->kind == HF_X_ADDR || n->kind == HF_X_DEREF) {
        n = hf_x(s->exprs, n->parent);
    }
    return n->kind == HF_X_FUNCTION && n->ref == sym;
}

static void add_start(HfSolved *s, int role, HfRolePoint p, int param,
                      int depth);

/* What the caller keeps the wrapper's thread by: what it passes for the handle
 * to be put into, else where it puts the result. */
static HfHandle kept_by(const HfSolved *s, const HfFlow *f,
                        const HfCall *call, const HfRolePoint *p)
{
    const HfXNode *root = hf_x(s->exprs, hf_x_root(s->exprs,
                                                   p->handle.object));
    HfX x = root->kind == HF_X_PARAM
                ? hf_role_argument(f, call, (int)root->ref)
                : result_place(s, f, call->event);

    if (x && hf_x(s->exprs, x)->kind == HF_X_ADDR) {
        x = hf_x(s->exprs, x)->parent;
    }
    return x ? hf_role_handle(s, f->sym, x) : (HfHandle){ 0 };
}

static void start_in_caller(HfSolved *s, int role, const HfRolePoint *p,
                            int param, int depth, const HfFlow *f,
                            const HfCall *call)
{
    HfRolePoint up = { .in = f->sym, .event = call->event,
                       .entry = p->entry };
    int further = hf_role_handed_on(s, f, call, param);
    HfX handle;

    if (further < 0 && !names_function(s, hf_role_argument(f, call, param),
                                       p->entry)) {
        return;
    }
    up.data = p->data ? hf_call_named(s, f, call, p->data) : 0;
    handle = p->handle.object
                 ? hf_call_named(s, f, call, p->handle.object) : 0;
    up.handle = handle ? hf_role_handle(s, f->sym, handle) : p->handle;
    up.kept = kept_by(s, f, call, p);
    add_start(s, role, up, further, depth + 1);
}

void hf_role_start_in_callers(HfSolved *s, int role, const HfRolePoint *p,
                              int param, int depth)
{
    const GArray *sites = s->program->callers[p->in];

    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *site = &g_array_index(sites, HfCallSite, i);
        const HfFlow *f = s->flows[site->caller];
        const HfCall *call =
            hf_flow_call(f, site->event - f->fn->first_event);

        if (call && (guint)param < call->n_args) {
            start_in_caller(s, role, p, param, depth, f, call);
        }
    }
}

/* A thread of entry is started where a wrapper's caller names the function:
 * in that caller, with what it says of data and handle. */
static void add_start(HfSolved *s, int role, HfRolePoint p, int param,
                      int depth)
{
    if (param >= 0 && depth < MAX_WRAPPERS && s->program->callers[p.in]) {
        hf_role_start_in_callers(s, role, &p, param, depth);
    } else {
        hf_role_add_point(hf_role_at(s, role)->starts, &p);
    }
}

void hf_role_started(HfSolved *s, const HfFlow *f, const HfCall *call,
                     const HfEffect *e, HfSymId entry)
{
    HfLoopRun run = { entry, e, NULL };
    int role = hf_role_of_run(s, &run);
    HfX handle = hf_role_argument(f, call, e->handle_arg);
    HfRolePoint p = { .in = f->sym, .event = call->event, .entry = entry,
                      .data = hf_role_argument(f, call, e->data_arg) };

    handle = e->handle_arg == -1 ? result_place(s, f, call->event)
             : handle ? hf_x_deref(s->exprs, handle) : 0;
    if (handle) {
        p.handle = hf_role_handle(s, f->sym, handle);
    }
    add_start(s, role, p, hf_role_handed_on(s, f, call, e->arg), 0);
}
