/* SPDX-License-Identifier: MIT */
#include "check/object.h"
#include "solve/blocks.h"

/* Calls and thread starts that are followed up. */
#define MAX_LEVELS 24

/* The value of one parameter in one context. */
typedef struct {
    const HfContext *ctx;
    guint32 param;
    HfObject value;
    gboolean asked; /* being worked out, or known */
} Value;

struct HfObjects {
    const HfSolved *s;
    GHashTable *values; /* Value, by context and parameter */
};

static guint value_hash(gconstpointer key)
{
    const Value *v = key;

    return g_direct_hash(v->ctx) * 31 + v->param;
}

static gboolean value_equal(gconstpointer a, gconstpointer b)
{
    const Value *x = a, *y = b;

    return x->ctx == y->ctx && x->param == y->param;
}

HfObjects *hf_objects_new(const HfCheck *c)
{
    HfObjects *o = g_new0(HfObjects, 1);

    o->s = c->solved;
    o->values = g_hash_table_new_full(value_hash, value_equal, g_free, NULL);
    return o;
}

void hf_objects_free(HfObjects *o)
{
    g_hash_table_unref(o->values);
    g_free(o);
}

gboolean hf_object_same(const HfObject *a, const HfObject *b)
{
    return a->x == b->x && a->in == b->in;
}

/* ---- up the calls ------------------------------------------------------- */

static HfObject resolve(HfObjects *o, const HfFlow *flow,
                        const HfContext *ctx, HfX x, guint depth);

/* What the call passes, where it names the function. */
static HfObject from_caller(HfObjects *o, const HfFlow *flow,
                            const HfContext *ctx, guint32 param, guint depth)
{
    const HfFlow *up = o->s->flows[ctx->parent];
    const HfEvent *e = hf_flow_event(up, ctx->parent_event);
    const HfCall *call = hf_flow_call(up, ctx->parent_event);

    if (!call || e->kind != HF_EV_CALL || param >= call->n_args ||
        up->unit->symbols[e->sym] != flow->sym) {
        return (HfObject){ 0 };
    }
    return resolve(o, up,
                   &g_array_index(up->contexts, HfContext,
                                  ctx->parent_context),
                   g_array_index(up->args, HfX, call->first_arg + param),
                   depth + 1);
}

static gboolean is_once(const HfObjects *o, const HfContext *ctx)
{
    return ctx->role >= 0 &&
           g_array_index(o->s->roles, HfRole, ctx->role).unique;
}

/* What the thread's starters give it, where all give the same. */
static HfObject from_starter(HfObjects *o, const HfFlow *flow,
                             const HfContext *ctx, guint depth)
{
    const HfRole *role = ctx->role < 0 ? NULL
        : &g_array_index(o->s->roles, HfRole, ctx->role);
    HfObject out = { 0 };

    if (!role || o->s->thread_role[flow->sym] != ctx->role) {
        return out;
    }
    for (guint i = 0; i < role->starts->len; i++) {
        const HfRolePoint *p = &g_array_index(role->starts, HfRolePoint, i);
        const HfFlow *f = o->s->flows[p->in];

        for (guint k = 0; p->entry == flow->sym && k < f->contexts->len;
             k++) {
            HfObject v = p->data ? resolve(o, f,
                                           &g_array_index(f->contexts,
                                                          HfContext, k),
                                           p->data, depth + 1)
                                 : (HfObject){ 0 };

            if (!v.x || (out.x && !hf_object_same(&out, &v)) ||
                (v.in && !is_once(o, &g_array_index(f->contexts, HfContext,
                                                    k)))) {
                return (HfObject){ 0 };
            }
            out = v;
            out.handed = TRUE;
        }
    }
    return out;
}

static HfObject value_of(HfObjects *o, const HfFlow *flow,
                         const HfContext *ctx, guint32 param, guint depth)
{
    Value key = { .ctx = ctx, .param = param };
    Value *v = g_hash_table_lookup(o->values, &key);
    HfObject value = { 0 };

    if (v) {
        return v->value; /* 0 while it is worked out */
    }
    v = g_memdup2(&key, sizeof(key));
    g_hash_table_add(o->values, v);
    if (ctx->parent) {
        value = from_caller(o, flow, ctx, param, depth);
    } else if (param == 0) {
        value = from_starter(o, flow, ctx, depth);
    }
    v->value = value;
    return value;
}

/* ---- one path ----------------------------------------------------------- */

typedef struct {
    HfXTable *t;
    HfX param, value;
} Put;

static HfX put(HfXTable *t, HfX leaf, const HfXNode *n, gpointer data)
{
    const Put *p = data;

    return leaf == p->param ? p->value
           : n->local || n->kind == HF_X_PARAM ? 0 : leaf;
}

static HfObject resolve(HfObjects *o, const HfFlow *flow,
                        const HfContext *ctx, HfX x, guint depth)
{
    HfXTable *t = o->s->exprs;
    HfX root = x ? hf_x_root(t, x) : 0;
    const HfXNode *n = hf_x(t, root);
    HfObject v;
    Put p;

    switch (n->kind) {
    case HF_X_GLOBAL:
    case HF_X_FUNCTION:
        return (HfObject){ .x = hf_x(t, x)->local ? 0 : x };
    case HF_X_LOCAL:
    case HF_X_TEMP:
        return (HfObject){ .x = x, .in = flow->sym };
    case HF_X_PARAM:
        break;
    default:
        return (HfObject){ 0 };
    }
    v = depth < MAX_LEVELS ? value_of(o, flow, ctx, n->ref, depth)
                           : (HfObject){ 0 };
    if (v.x) {
        p = (Put){ t, root, v.x };
        v.x = hf_x_map(t, x, put, &p);
    }
    return v;
}

HfObject hf_object_of(HfObjects *o, const HfFlow *flow, const HfContext *ctx,
                      HfX path)
{
    return resolve(o, flow, ctx, path, 0);
}

gboolean hf_object_is_one(const HfObjects *o, const HfObject *object)
{
    const HfXTable *t = o->s->exprs;
    const HfXNode *n = hf_x(t, object->x);

    while (n->kind == HF_X_FIELD ||
           (n->kind == HF_X_INDEX && n->value >= 0)) {
        n = hf_x(t, n->parent);
    }
    if (n->kind == HF_X_DEREF && hf_x(t, n->parent)->kind == HF_X_TEMP) {
        return !hf_event_in_loop(o->s->flows[object->in],
                                 hf_x(t, n->parent)->ref);
    }
    return n->kind == HF_X_GLOBAL || n->kind == HF_X_LOCAL;
}
