/* SPDX-License-Identifier: MIT */
/*
 * Who may call whom.
 *
 * Function pointers flow between nodes: a slot (record member, one for all
 * objects), a variable, a parameter, a local.  Storing a function or another
 * node's value into a node is a subset edge; the closure is computed once,
 * flow-insensitively.  Merging all objects of a type is what makes
 * BlockDriver::bdrv_co_preadv useful and QIOChannelClass::io_writev coarse;
 * the solver keeps apart what came through a slot.
 */
#include "link/link_internal.h"

#include <string.h>

typedef struct {
    GHashTable *set;  /* HfSymId as pointer */
    GArray *edges;    /* node numbers that include this one */
    GArray *pending;  /* HfSymIds not yet handed on */
} Node;

typedef enum { NODE_FIELD = 1, NODE_VAR, NODE_PARAM, NODE_LOCAL } NodeKind;

typedef struct {
    HfProgram *p;
    GHashTable *ids; /* guint64* -> node number */
    GPtrArray *nodes;
    GArray *work;
} Flow;

static void node_free(gpointer data)
{
    Node *n = data;

    g_hash_table_unref(n->set);
    g_array_unref(n->edges);
    g_array_unref(n->pending);
    g_free(n);
}

/* GLib's own hash of an int64 is its lower half, which is much the same for
 * most keys here. */
static guint key_hash(gconstpointer key)
{
    guint64 k = *(const guint64 *)key * 0x9E3779B97F4A7C15ull;

    return k >> 32;
}

static guint node(Flow *f, NodeKind kind, uint32_t a, uint32_t b)
{
    guint64 key = (guint64)kind << 60 | (guint64)a << 20 | b;
    guint id = GPOINTER_TO_UINT(g_hash_table_lookup(f->ids, &key));

    if (!id) {
        Node *n = g_new0(Node, 1);

        n->set = g_hash_table_new(NULL, NULL);
        n->edges = g_array_new(FALSE, FALSE, sizeof(guint));
        n->pending = g_array_new(FALSE, FALSE, sizeof(HfSymId));
        id = f->nodes->len;
        g_ptr_array_add(f->nodes, n);
        g_hash_table_insert(f->ids, g_memdup2(&key, sizeof(key)),
                            GUINT_TO_POINTER(id));
    }
    return id;
}

static guint node_known(Flow *f, NodeKind kind, uint32_t a, uint32_t b)
{
    guint64 key = (guint64)kind << 60 | (guint64)a << 20 | b;

    return GPOINTER_TO_UINT(g_hash_table_lookup(f->ids, &key));
}

static void add_target(Flow *f, guint id, HfSymId fn)
{
    Node *n = g_ptr_array_index(f->nodes, id);

    if (id && g_hash_table_add(n->set, GUINT_TO_POINTER(fn))) {
        g_array_append_val(n->pending, fn);
        g_array_append_val(f->work, id);
    }
}

static void add_edge(Flow *f, guint from, guint to)
{
    Node *n = g_ptr_array_index(f->nodes, from);
    GHashTableIter it;
    gpointer fn;

    if (!from || !to || from == to) {
        return;
    }
    for (guint i = 0; i < n->edges->len; i++) {
        if (g_array_index(n->edges, guint, i) == to) {
            return;
        }
    }
    g_array_append_val(n->edges, to);
    g_hash_table_iter_init(&it, n->set);
    while (g_hash_table_iter_next(&it, &fn, NULL)) {
        add_target(f, to, GPOINTER_TO_UINT(fn));
    }
}

static void close_flow(Flow *f)
{
    while (f->work->len) {
        guint id = g_array_index(f->work, guint, f->work->len - 1);
        Node *n = g_ptr_array_index(f->nodes, id);

        g_array_set_size(f->work, f->work->len - 1);
        while (n->pending->len) {
            HfSymId fn =
                g_array_index(n->pending, HfSymId, n->pending->len - 1);

            g_array_set_size(n->pending, n->pending->len - 1);
            for (guint i = 0; i < n->edges->len; i++) {
                add_target(f, g_array_index(n->edges, guint, i), fn);
            }
        }
    }
}

/* ---- constraints from bodies -------------------------------------------- */

/* May values of this type be or hold function pointers?  Locals and
 * parameters of other types are no nodes: it keeps the graph small.  A void
 * pointer may, and a typedef'd pointer is flagged by extract. */
static gboolean carries_functions(uint32_t type_flags)
{
    return type_flags & HF_TYPE_FUNCTION_POINTER;
}

/* The node whose value the path denotes; 0 when it is none of ours.  An
 * element of an array and what a pointer-to-function-pointer points to are
 * one with the array and the pointer. */
static guint path_node(Flow *f, const HfUnit *u, uint32_t unit,
                       const HfFunction *fn, HfSymId fn_sym, HfId path)
{
    const HfFacts *facts = u->facts;

    for (;;) {
        const HfPath *p = &facts->paths[path];

        switch (p->kind) {
        case HF_PATH_FIELD:
            if (!carries_functions(facts->fields[p->ref].type_flags)) {
                return 0;
            }
            return node(f, NODE_FIELD, u->fields[p->ref], 0);
        case HF_PATH_GLOBAL:
            if (!carries_functions(facts->symbols[p->ref].type_flags)) {
                return 0;
            }
            return node(f, NODE_VAR, u->symbols[p->ref], 0);
        case HF_PATH_LOCAL:
            if (!carries_functions(facts->locals[p->ref].type_flags)) {
                return 0;
            }
            if (p->ref - fn->first_local < fn->n_params) {
                return node(f, NODE_PARAM, fn_sym, p->ref - fn->first_local);
            }
            return node(f, NODE_LOCAL, unit, p->ref);
        case HF_PATH_DEREF:
        case HF_PATH_ADDR:
        case HF_PATH_INDEX:
            path = p->parent;
            continue;
        default:
            return 0;
        }
    }
}

static HfSymId path_function(const HfUnit *u, HfId path)
{
    const HfPath *p = &u->facts->paths[path];

    while (p->kind == HF_PATH_ADDR || p->kind == HF_PATH_DEREF) {
        p = &u->facts->paths[p->parent];
    }
    return p->kind == HF_PATH_FUNCTION ? u->symbols[p->ref] : 0;
}

typedef struct {
    Flow *flow;
    const HfUnit *u;
    uint32_t unit;
    const HfFunction *fn;
    HfSymId sym;
} Body;

static void store(Body *b, guint to, HfId value)
{
    HfSymId target = path_function(b->u, value);

    if (target) {
        HF_PROGRAM_SYM(b->flow->p, target)->address_taken = TRUE;
        add_target(b->flow, to, target);
    } else if (to) {
        add_edge(b->flow,
                 path_node(b->flow, b->u, b->unit, b->fn, b->sym, value), to);
    }
}

static void body_constraints(Body *b)
{
    const HfFacts *f = b->u->facts;

    for (uint32_t i = 0; i < b->fn->n_events; i++) {
        const HfEvent *e = &f->events[b->fn->first_event + i];

        switch (e->kind) {
        case HF_EV_WRITE:
        case HF_EV_ATOMIC_WRITE:
            store(b, path_node(b->flow, b->u, b->unit, b->fn, b->sym, e->path),
                  e->value);
            break;
        case HF_EV_RETURN:
            if (path_function(b->u, e->value)) {
                store(b, 0, e->value);
            }
            break;
        case HF_EV_CALL:
            for (uint32_t a = 0; a < e->n_args; a++) {
                HfId arg = f->args[e->first_arg + a];

                if (path_function(b->u, arg) ||
                    path_node(b->flow, b->u, b->unit, b->fn, b->sym, arg)) {
                    store(b, node(b->flow, NODE_PARAM, b->u->symbols[e->sym],
                                  MIN(a, 1000)), arg);
                }
            }
            break;
        case HF_EV_CALL_INDIRECT:
            /* arguments of indirect calls are bound once targets are known */
            for (uint32_t a = 0; a < e->n_args; a++) {
                HfSymId t = path_function(b->u, f->args[e->first_arg + a]);

                if (t) {
                    HF_PROGRAM_SYM(b->flow->p, t)->address_taken = TRUE;
                }
            }
            break;
        default:
            break;
        }
    }
}

static void each_body(HfProgram *p, Flow *flow, void (*fn)(Body *))
{
    for (guint i = 1; i < p->symbols->len; i++) {
        const HfProgSymbol *s = HF_PROGRAM_SYM(p, i);
        Body b = { .flow = flow, .unit = s->body_unit, .sym = i };

        if (s->body) {
            b.fn = hf_program_body(p, i, &b.u);
            fn(&b);
        }
    }
}

static void initialisers(Flow *flow)
{
    HfProgram *p = flow->p;

    for (guint i = 1; i < p->units->len; i++) {
        const HfUnit *u = HF_PROGRAM_UNIT(p, i);

        for (uint32_t k = 1; k < u->facts->n_bindings; k++) {
            const HfBinding *b = &u->facts->bindings[k];
            HfSymId fn = u->symbols[b->function];

            HF_PROGRAM_SYM(p, fn)->address_taken = TRUE;
            if (b->field) {
                add_target(flow, node(flow, NODE_FIELD, u->fields[b->field],
                                      0), fn);
            } else if (b->holder) {
                add_target(flow, node(flow, NODE_VAR, u->symbols[b->holder],
                                      0), fn);
            }
        }
    }
}

/* A function passed through a resolved function pointer reaches the targets'
 * parameters; repeated until nothing new is found. */
static void indirect_arguments(Body *b)
{
    const HfFacts *f = b->u->facts;

    for (uint32_t i = 0; i < b->fn->n_events; i++) {
        const HfEvent *e = &f->events[b->fn->first_event + i];
        guint from;
        GHashTableIter it;
        gpointer t;
        GArray *targets;

        if (e->kind != HF_EV_CALL_INDIRECT) {
            continue;
        }
        from = path_node(b->flow, b->u, b->unit, b->fn, b->sym, e->path);
        if (!from) {
            continue;
        }
        targets = g_array_new(FALSE, FALSE, sizeof(HfSymId));
        g_hash_table_iter_init(
            &it, ((Node *)g_ptr_array_index(b->flow->nodes, from))->set);
        while (g_hash_table_iter_next(&it, &t, NULL)) {
            HfSymId id = GPOINTER_TO_UINT(t);

            g_array_append_val(targets, id);
        }
        for (uint32_t a = 0; a < e->n_args; a++) {
            HfId arg = f->args[e->first_arg + a];

            if (!path_function(b->u, arg) &&
                !path_node(b->flow, b->u, b->unit, b->fn, b->sym, arg)) {
                continue;
            }
            for (guint k = 0; k < targets->len; k++) {
                store(b, node(b->flow, NODE_PARAM,
                              g_array_index(targets, HfSymId, k), a), arg);
            }
        }
        g_array_unref(targets);
    }
}

/* ---- results ------------------------------------------------------------ */

static gint sym_by_key(gconstpointer a, gconstpointer b, gpointer data)
{
    const HfProgram *p = data;
    HfSymId x = *(const HfSymId *)a, y = *(const HfSymId *)b;
    int d = strcmp(HF_PROGRAM_SYM(p, x)->name, HF_PROGRAM_SYM(p, y)->name);

    return d ? d : strcmp(HF_PROGRAM_SYM(p, x)->key,
                          HF_PROGRAM_SYM(p, y)->key);
}

static GArray *sorted_targets(Flow *f, guint id)
{
    GArray *out;
    GHashTableIter it;
    gpointer fn;
    Node *n;

    if (!id) {
        return NULL;
    }
    n = g_ptr_array_index(f->nodes, id);
    if (g_hash_table_size(n->set) == 0) {
        return NULL;
    }
    out = g_array_new(FALSE, FALSE, sizeof(HfSymId));
    g_hash_table_iter_init(&it, n->set);
    while (g_hash_table_iter_next(&it, &fn, NULL)) {
        HfSymId s = GPOINTER_TO_UINT(fn);

        g_array_append_val(out, s);
    }
    g_array_sort_with_data(out, sym_by_key, f->p);
    return out;
}

static void publish(Flow *f, HfCallgraph *g)
{
    HfProgram *p = f->p;
    GHashTableIter it;
    gpointer key, id;

    for (guint i = 1; i < p->fields->len; i++) {
        HF_PROGRAM_FIELD(p, i)->targets =
            sorted_targets(f, node_known(f, NODE_FIELD, i, 0));
    }
    for (guint i = 1; i < p->symbols->len; i++) {
        HfProgSymbol *s = HF_PROGRAM_SYM(p, i);

        if (s->kind == HF_SYM_VARIABLE) {
            s->targets = sorted_targets(f, node_known(f, NODE_VAR, i, 0));
        } else if (s->n_params) {
            s->param_targets = g_new0(GArray *, s->n_params);
            for (uint32_t a = 0; a < s->n_params; a++) {
                s->param_targets[a] =
                    sorted_targets(f, node_known(f, NODE_PARAM, i, a));
            }
        }
    }
    g->locals = g_hash_table_new_full(key_hash, g_int64_equal, g_free,
                                      (GDestroyNotify)g_array_unref);
    g_hash_table_iter_init(&it, f->ids);
    while (g_hash_table_iter_next(&it, &key, &id)) {
        guint64 k = *(guint64 *)key;
        GArray *targets;

        if (k >> 60 == NODE_LOCAL &&
            (targets = sorted_targets(f, GPOINTER_TO_UINT(id)))) {
            g_hash_table_insert(g->locals, g_memdup2(&k, sizeof(k)), targets);
        }
    }
    g->none = g_array_new(FALSE, FALSE, sizeof(HfSymId));
}

void hf_link_callgraph(HfLinker *l)
{
    HfProgram *p = l->program;
    HfCallgraph *g = g_new0(HfCallgraph, 1);
    Flow f = {
        .p = p,
        .ids = g_hash_table_new_full(key_hash, g_int64_equal, g_free,
                                     NULL),
        .nodes = g_ptr_array_new_with_free_func(node_free),
        .work = g_array_new(FALSE, FALSE, sizeof(guint)),
    };
    guint before;

    g->annotations = p->priv;
    p->priv = g;
    node(&f, 0, 0, 0); /* number 0 is "none" */
    initialisers(&f);
    each_body(p, &f, body_constraints);
    close_flow(&f);
    do {
        before = f.nodes->len;
        each_body(p, &f, indirect_arguments);
        close_flow(&f);
    } while (f.nodes->len != before);
    publish(&f, g);
    g_hash_table_unref(f.ids);
    g_ptr_array_unref(f.nodes);
    g_array_unref(f.work);

    hf_link_order(p);
}

static void free_targets(GArray *targets)
{
    if (targets) {
        g_array_unref(targets);
    }
}

void hf_link_callgraph_free(HfProgram *p)
{
    HfCallgraph *g = p->priv;

    for (guint i = 1; i < p->fields->len; i++) {
        free_targets(HF_PROGRAM_FIELD(p, i)->targets);
    }
    for (guint i = 1; i < p->symbols->len; i++) {
        HfProgSymbol *s = HF_PROGRAM_SYM(p, i);

        free_targets(s->targets);
        free_targets(p->callers[i]);
        for (uint32_t a = 0; s->param_targets && a < s->n_params; a++) {
            free_targets(s->param_targets[a]);
        }
        g_free(s->param_targets);
    }
    g_free(p->callers);
    g_free(p->scc);
    g_array_unref(p->functions);
    g_hash_table_unref(g->locals);
    g_array_unref(g->none);
    p->priv = g->annotations;
    g_free(g);
}

const GArray *hf_program_targets(const HfProgram *p, const HfUnit *u,
                                 HfSymId caller, const HfEvent *e,
                                 HfFieldId *slot)
{
    const HfCallgraph *g = p->priv;
    const HfFacts *f = u->facts;
    const HfProgSymbol *c = HF_PROGRAM_SYM(p, caller);
    const HfFunction *body = &f->functions[c->body];
    const HfPath *path = &f->paths[e->path];
    const GArray *targets = NULL;
    guint64 key;

    if (slot) {
        *slot = 0;
    }
    while (path->kind == HF_PATH_DEREF || path->kind == HF_PATH_ADDR ||
           path->kind == HF_PATH_INDEX) {
        path = &f->paths[path->parent];
    }
    if (path->kind == HF_PATH_FIELD) {
        targets = HF_PROGRAM_FIELD(p, u->fields[path->ref])->targets;
        if (slot) {
            *slot = u->fields[path->ref];
        }
    } else if (path->kind == HF_PATH_GLOBAL) {
        targets = HF_PROGRAM_SYM(p, u->symbols[path->ref])->targets;
    } else if (path->kind == HF_PATH_LOCAL) {
        uint32_t i = path->ref - body->first_local;

        if (i < body->n_params) {
            targets = c->param_targets && i < c->n_params
                          ? c->param_targets[i] : NULL;
        } else {
            key = (guint64)NODE_LOCAL << 60 | (guint64)c->body_unit << 20 |
                  path->ref;
            targets = g_hash_table_lookup(g->locals, &key);
        }
    }
    return targets ? targets : g->none;
}
