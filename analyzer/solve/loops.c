/* SPDX-License-Identifier: MIT */
/* Values that name an event loop, and what they make of callbacks. */
#include "solve/kin.h"
#include "solve/loops.h"

typedef enum {
    NODE_FIELD = 1,
    NODE_VAR,
    NODE_PARAM,
    NODE_LOCAL,
    NODE_RESULT,
    NODE_ARG, /* of a call that a rule speaks of */
} NodeKind;

/* Number 0 stands for what is not known. */
typedef guint Token;

typedef struct {
    GArray *set;     /* Token, ascending */
    GArray *edges;   /* guint: nodes that include this one */
    GArray *pending; /* Token not yet handed on */
    GArray *values;  /* HfLoopValue of set, once it stands */
} Node;

struct HfLoops {
    GHashTable *ids;   /* guint64 -> node number */
    GPtrArray *nodes;  /* Node */
    GArray *work;      /* guint */
    GArray *tokens;    /* HfLoopValue; [0] unused */
    guint8 *carries;   /* by HfRecId: values of this type are followed */
    guint64 caps;      /* hf_loops_caps() */
    HfKin *kin;        /* made when it is first asked for */
};

typedef struct {
    HfLoops *l;
    const HfSolved *s;
    const HfFlow *f;
} Body;

/* ---- nodes -------------------------------------------------------------- */

static void node_free(gpointer data)
{
    Node *n = data;

    g_array_unref(n->set);
    g_array_unref(n->edges);
    g_array_unref(n->pending);
    if (n->values) {
        g_array_unref(n->values);
    }
    g_free(n);
}

static guint64 key_of(NodeKind kind, uint32_t a, uint32_t b)
{
    return (guint64)kind << 60 | (guint64)a << 30 | b;
}

static guint find_node(const HfLoops *l, NodeKind kind, uint32_t a, uint32_t b)
{
    guint64 key = key_of(kind, a, b);

    return GPOINTER_TO_UINT(g_hash_table_lookup(l->ids, &key));
}

static guint node(HfLoops *l, NodeKind kind, uint32_t a, uint32_t b)
{
    guint64 key = key_of(kind, a, b);
    guint id = find_node(l, kind, a, b);

    if (!id) {
        Node *n = g_new0(Node, 1);

        n->set = g_array_new(FALSE, FALSE, sizeof(Token));
        n->edges = g_array_new(FALSE, FALSE, sizeof(guint));
        n->pending = g_array_new(FALSE, FALSE, sizeof(Token));
        id = l->nodes->len;
        g_ptr_array_add(l->nodes, n);
        g_hash_table_insert(l->ids, g_memdup2(&key, sizeof(key)),
                            GUINT_TO_POINTER(id));
    }
    return id;
}

static void add_token(HfLoops *l, guint id, Token t)
{
    Node *n = g_ptr_array_index(l->nodes, id);
    guint at = 0;

    while (at < n->set->len && g_array_index(n->set, Token, at) < t) {
        at++;
    }
    if (at < n->set->len && g_array_index(n->set, Token, at) == t) {
        return;
    }
    g_array_insert_val(n->set, at, t);
    g_array_append_val(n->pending, t);
    g_array_append_val(l->work, id);
}

static void add_edge(HfLoops *l, guint from, guint to)
{
    Node *n = g_ptr_array_index(l->nodes, from);

    for (guint i = 0; i < n->edges->len; i++) {
        if (g_array_index(n->edges, guint, i) == to) {
            return;
        }
    }
    g_array_append_val(n->edges, to);
    for (guint i = 0; i < n->set->len; i++) {
        add_token(l, to, g_array_index(n->set, Token, i));
    }
}

static void close_flow(HfLoops *l)
{
    while (l->work->len) {
        guint id = g_array_index(l->work, guint, l->work->len - 1);
        Node *n = g_ptr_array_index(l->nodes, id);

        g_array_set_size(l->work, l->work->len - 1);
        while (n->pending->len) {
            Token t = g_array_index(n->pending, Token, n->pending->len - 1);

            g_array_set_size(n->pending, n->pending->len - 1);
            for (guint i = 0; i < n->edges->len; i++) {
                add_token(l, g_array_index(n->edges, guint, i), t);
            }
        }
    }
}

static Token token(HfLoops *l, const HfEffect *e, HfSymId target)
{
    HfLoopValue v = { e, target };

    for (guint i = 1; i < l->tokens->len; i++) {
        const HfLoopValue *have = &g_array_index(l->tokens, HfLoopValue, i);

        if (have->effect == e && have->target == target) {
            return i;
        }
    }
    g_array_append_val(l->tokens, v);
    return l->tokens->len - 1;
}

/* ---- what flows --------------------------------------------------------- */

/* Where values of the path are kept; 0 when they are not followed.  What a
 * handle says of itself (in which loop it last ran) is no news. */
static guint place_node(const Body *b, HfId path)
{
    const HfUnit *u = b->f->unit;
    const HfFacts *facts = u->facts;
    const HfPath *p = &facts->paths[path];
    const uint8_t *carries = b->l->carries;
    HfFieldId field;

    while (p->kind == HF_PATH_DEREF || p->kind == HF_PATH_ADDR ||
           p->kind == HF_PATH_INDEX) {
        p = &facts->paths[p->parent];
    }
    switch (p->kind) {
    case HF_PATH_FIELD:
        field = u->fields[p->ref];
        return carries[HF_PROGRAM_FIELD(b->s->program, field)->type_record] &&
                       !carries[HF_PROGRAM_FIELD(b->s->program,
                                                 field)->record]
                   ? node(b->l, NODE_FIELD, field, 0) : 0;
    case HF_PATH_GLOBAL:
        return carries[u->records[facts->symbols[p->ref].type_record]]
                   ? node(b->l, NODE_VAR, u->symbols[p->ref], 0) : 0;
    case HF_PATH_LOCAL:
        if (!carries[u->records[facts->locals[p->ref].type_record]]) {
            return 0;
        }
        return p->ref - b->f->fn->first_local < b->f->fn->n_params
                   ? node(b->l, NODE_PARAM, b->f->sym,
                          p->ref - b->f->fn->first_local)
                   : node(b->l, NODE_LOCAL, b->f->sym,
                          p->ref - b->f->fn->first_local);
    default:
        return 0;
    }
}

static void flow_into(const Body *b, guint to, HfId value, int depth);

/* What the rules say the result is; FALSE when they say nothing. */
static gboolean result_by_rule(const Body *b, guint to, const HfEvent *e,
                               int depth)
{
    HfSymId sym = b->f->unit->symbols[e->sym];
    const HfContract *k = hf_contract_of(b->s->contracts, sym);
    gboolean said = FALSE;

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        const GArray *targets;
        HfSymId single;

        if (cl->kind == HF_EFF_GIVES_LOOP) {
            add_token(b->l, to, token(b->l, cl->effect, 0));
            said = TRUE;
        } else if (cl->kind == HF_EFF_RETURNS_ARG && cl->arg >= 0 &&
                   (uint32_t)cl->arg < e->n_args) {
            flow_into(b, to, b->f->unit->facts->args[e->first_arg + cl->arg],
                      depth + 1);
            said = TRUE;
        } else if (cl->kind == HF_EFF_CALLBACK &&
                   cl->effect->handle_arg == -1) {
            targets = hf_argument_functions(b->s, b->f, e, cl->arg, &single);
            if (single) {
                add_token(b->l, to, token(b->l, cl->effect, single));
            }
            for (guint n = 0; targets && n < targets->len; n++) {
                add_token(b->l, to,
                          token(b->l, cl->effect,
                                g_array_index(targets, HfSymId, n)));
            }
            said = TRUE;
        }
    }
    return said;
}

static void result_into(const Body *b, guint to, HfId event, int depth)
{
    const HfUnit *u = b->f->unit;
    const HfEvent *e = &u->facts->events[event];
    const GArray *targets;

    if (e->kind == HF_EV_CALL) {
        HfSymId sym = u->symbols[e->sym];

        if (result_by_rule(b, to, e, depth)) {
            return;
        }
        if (b->s->flows[sym] && !b->s->flows[sym]->skip) {
            add_edge(b->l, node(b->l, NODE_RESULT, sym, 0), to);
            return;
        }
    } else if (e->kind == HF_EV_CALL_INDIRECT) {
        targets = hf_program_targets(b->s->program, u, b->f->sym, e, NULL);
        for (guint i = 0; i < targets->len; i++) {
            add_edge(b->l, node(b->l, NODE_RESULT,
                                g_array_index(targets, HfSymId, i), 0), to);
        }
        if (targets->len) {
            return;
        }
    }
    add_token(b->l, to, 0);
}

static void flow_into(const Body *b, guint to, HfId value, int depth)
{
    const HfPath *p = &b->f->unit->facts->paths[value];
    guint from = place_node(b, value);

    while (p->kind == HF_PATH_DEREF || p->kind == HF_PATH_ADDR ||
           p->kind == HF_PATH_INDEX) {
        p = &b->f->unit->facts->paths[p->parent];
    }
    if (from) {
        add_edge(b->l, from, to);
    } else if (p->kind == HF_PATH_TEMP && depth < 8) {
        result_into(b, to, p->ref, depth);
    } else if (p->kind != HF_PATH_CONST) {
        add_token(b->l, to, 0);
    }
}

/* ---- bodies ------------------------------------------------------------- */

static gboolean param_carries(const Body *b, HfSymId callee, uint32_t arg)
{
    const HfUnit *u;
    const HfFunction *fn = hf_program_body(b->s->program, callee, &u);

    return fn && arg < fn->n_params &&
           b->l->carries[u->records[u->facts->locals[fn->first_local + arg]
                                        .type_record]];
}

static void pass_arguments(const Body *b, const HfEvent *e, HfSymId callee)
{
    for (uint32_t a = 0; a < e->n_args; a++) {
        if (param_carries(b, callee, a)) {
            flow_into(b, node(b->l, NODE_PARAM, callee, a),
                      b->f->unit->facts->args[e->first_arg + a], 0);
        }
    }
}

/* Arguments that rules speak of, whatever the callee does with them. */
static void ask_arguments(const Body *b, uint32_t event, const HfEvent *e,
                          const HfContract *k)
{
    const guint64 kinds = 1ull << HF_EFF_CALLBACK | 1ull << HF_EFF_RUNS_IN |
                          1ull << HF_EFF_MOVES_TO;

    for (guint i = 0; k && k->kinds & kinds && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        int asked[2] = { cl->effect->loop_arg,
                         cl->kind == HF_EFF_CALLBACK ? HF_ARG_NONE : cl->arg };

        for (guint n = 0; n < 2 && kinds >> cl->kind & 1; n++) {
            if (asked[n] >= 0 && (uint32_t)asked[n] < e->n_args) {
                flow_into(b, node(b->l, NODE_ARG, b->f->sym,
                                  event << 6 | asked[n]),
                          b->f->unit->facts->args[e->first_arg + asked[n]],
                          0);
            }
        }
    }
}

static void take_event(const Body *b, uint32_t event)
{
    const HfUnit *u = b->f->unit;
    const HfEvent *e = hf_flow_event(b->f, event);
    const GArray *targets;
    guint to;

    switch (e->kind) {
    case HF_EV_WRITE:
    case HF_EV_ATOMIC_WRITE:
        to = place_node(b, e->path);
        if (to) {
            flow_into(b, to, e->value, 0);
        }
        break;
    case HF_EV_RETURN:
        if (e->value && b->l->carries[HF_PROGRAM_SYM(b->s->program, b->f->sym)
                                          ->type_record]) {
            flow_into(b, node(b->l, NODE_RESULT, b->f->sym, 0), e->value, 0);
        }
        break;
    case HF_EV_CALL:
        pass_arguments(b, e, u->symbols[e->sym]);
        ask_arguments(b, event, e,
                      hf_contract_of(b->s->contracts, u->symbols[e->sym]));
        break;
    case HF_EV_CALL_INDIRECT:
        targets = hf_program_targets(b->s->program, u, b->f->sym, e, NULL);
        for (guint i = 0; i < targets->len; i++) {
            pass_arguments(b, e, g_array_index(targets, HfSymId, i));
        }
        break;
    default:
        break;
    }
}

/* Types that the rules' functions give; FALSE when no rule knows a loop. */
static gboolean find_types(HfLoops *l, const HfSolved *s)
{
    const HfProgram *p = s->program;
    gboolean any = FALSE;

    for (guint i = 1; i < p->symbols->len; i++) {
        const HfContract *k = hf_contract_of(s->contracts, i);

        for (guint n = 0; k && n < k->clauses->len; n++) {
            const HfClause *cl = &g_array_index(k->clauses, HfClause, n);

            if (cl->kind == HF_EFF_GIVES_LOOP ||
                (cl->kind == HF_EFF_CALLBACK &&
                 cl->effect->run != HF_RUN_THREAD &&
                 cl->effect->handle_arg == -1)) {
                l->carries[HF_PROGRAM_SYM(p, i)->type_record] = TRUE;
            }
            any |= cl->kind == HF_EFF_GIVES_LOOP;
        }
    }
    l->carries[0] = FALSE;
    return any;
}

static void finish(HfLoops *l, const HfSolved *s)
{
    guint64 all = 0, common = ~0ull;

    for (guint i = 1; i < l->nodes->len; i++) {
        Node *n = g_ptr_array_index(l->nodes, i);

        n->values = g_array_new(FALSE, FALSE, sizeof(HfLoopValue));
        for (guint k = 0; k < n->set->len; k++) {
            Token t = g_array_index(n->set, Token, k);

            if (t) {
                g_array_append_val(
                    n->values, g_array_index(l->tokens, HfLoopValue, t));
            }
        }
    }
    for (guint i = 1; i < l->tokens->len; i++) {
        const HfLoopValue *v = &g_array_index(l->tokens, HfLoopValue, i);

        if (v->effect->kind == HF_EFF_GIVES_LOOP) {
            all |= hf_caps_named(s, v->effect->holds);
            common &= hf_caps_named(s, v->effect->holds);
        }
    }
    l->caps = all & ~common;
}

HfLoops *hf_loops_new(const HfSolved *s)
{
    const HfProgram *p = s->program;
    HfLoops *l = g_new0(HfLoops, 1);
    HfLoopValue unknown = { NULL, 0 };

    l->carries = g_new0(guint8, p->records->len);
    l->ids = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free, NULL);
    l->nodes = g_ptr_array_new_with_free_func(node_free);
    l->work = g_array_new(FALSE, FALSE, sizeof(guint));
    l->tokens = g_array_new(FALSE, FALSE, sizeof(HfLoopValue));
    g_array_append_val(l->tokens, unknown);
    if (!find_types(l, s)) {
        hf_loops_free(l);
        return NULL;
    }
    node(l, 0, 0, 0); /* number 0 is "none" */
    for (guint i = 0; i < p->functions->len; i++) {
        HfSymId sym = g_array_index(p->functions, HfSymId, i);
        Body b = { l, s, s->flows[sym] };

        for (uint32_t e = 0; e < b.f->fn->n_events; e++) {
            take_event(&b, e);
        }
    }
    close_flow(l);
    finish(l, s);
    return l;
}

void hf_loops_free(HfLoops *l)
{
    if (l) {
        g_hash_table_unref(l->ids);
        g_ptr_array_unref(l->nodes);
        g_array_unref(l->work);
        g_array_unref(l->tokens);
        hf_kin_free(l->kin);
        g_free(l->carries);
        g_free(l);
    }
}

/* ---- questions ---------------------------------------------------------- */

const GArray *hf_loops_argument(const HfLoops *l, const HfFlow *f,
                                uint32_t event, int arg, gboolean *others)
{
    guint id = l && arg >= 0
                   ? find_node(l, NODE_ARG, f->sym, event << 6 | arg) : 0;
    const Node *n = id ? g_ptr_array_index(l->nodes, id) : NULL;

    *others = !n || !n->set->len || !g_array_index(n->set, Token, 0);
    return n && n->values->len ? n->values : NULL;
}

guint64 hf_caps_named(const HfSolved *s, const GPtrArray *names)
{
    guint64 mask = 0;

    for (guint i = 0; names && i < names->len; i++) {
        int cap = hf_contract_cap(s->contracts, g_ptr_array_index(names, i));

        mask |= cap >= 0 ? 1ull << cap : 0;
    }
    return mask;
}

guint64 hf_loops_caps(const HfSolved *s)
{
    return s->loops ? s->loops->caps : 0;
}

guint64 hf_loops_moved(const HfSolved *s, const HfFlow *f, uint32_t event,
                       int arg, guint64 *touched)
{
    gboolean others;
    const GArray *loops = hf_loops_argument(s->loops, f, event, arg, &others);
    guint64 held = ~0ull;

    *touched = hf_loops_caps(s);
    for (guint i = 0; loops && !others && i < loops->len; i++) {
        held &= hf_caps_named(
            s, g_array_index(loops, HfLoopValue, i).effect->holds);
    }
    return loops && !others ? held & *touched : 0;
}

static void add_runs(GArray *out, const HfLoopValue *fn, const GArray *loops,
                     gboolean others)
{
    HfLoopRun r = { fn->target, fn->effect, NULL };

    for (guint i = 0; loops && i < loops->len; i++) {
        r.loop = g_array_index(loops, HfLoopValue, i).effect;
        if (r.loop->kind == HF_EFF_GIVES_LOOP) {
            g_array_append_val(out, r);
        }
    }
    r.loop = NULL;
    if (others) {
        g_array_append_val(out, r);
    }
}

/* Members hold the handlers of all classes: does this one belong to the class
 * of whoever has it run?  Only asked when there is a choice. */
static gboolean is_kin(const HfSolved *s, const HfFlow *f,
                       const HfLoopValue *fn)
{
    if (!s->loops->kin) {
        s->loops->kin = hf_kin_new(s->program);
    }
    return hf_kin_related(s->loops->kin, f->sym, fn->target);
}

/* What handles stand for. */
static void runs_of_handles(const HfSolved *s, const HfFlow *f,
                            uint32_t event, const HfClause *cl, GArray *out)
{
    gboolean others, unknown;
    const GArray *fns = hf_loops_argument(s->loops, f, event, cl->arg,
                                          &unknown);
    const GArray *loops = hf_loops_argument(
        s->loops, f, event, cl->effect->loop_arg, &others);

    gboolean choice = FALSE;

    for (guint i = 0; loops && fns && fns->len > 1 && i < fns->len; i++) {
        choice |= is_kin(s, f, &g_array_index(fns, HfLoopValue, i));
    }
    for (guint i = 0; loops && fns && i < fns->len; i++) {
        const HfLoopValue *fn = &g_array_index(fns, HfLoopValue, i);

        if (fn->effect->kind == HF_EFF_CALLBACK &&
            (!choice || is_kin(s, f, fn))) {
            add_runs(out, fn, loops, FALSE);
        }
    }
}

GArray *hf_loops_runs(const HfSolved *s, const HfFlow *f, const HfCall *call)
{
    const HfEvent *e = hf_flow_event(f, call->event);
    const HfContract *k =
        e->kind == HF_EV_CALL
            ? hf_contract_of(s->contracts, f->unit->symbols[e->sym]) : NULL;
    const HfContract *own = hf_contract_of(s->contracts, f->sym);
    GArray *all = hf_callbacks_of(s, f, call);
    GArray *out = NULL;

    if (all || HF_CONTRACT_HAS(k, HF_EFF_RUNS_IN)) {
        out = g_array_new(FALSE, FALSE, sizeof(HfLoopRun));
    }
    for (guint i = 0; all && i < all->len; i++) {
        const HfLoopValue *c = &g_array_index(all, HfCallback, i);
        gboolean others = TRUE;
        const GArray *loops =
            c->effect->loop_arg == HF_ARG_NONE ? NULL
            : hf_loops_argument(s->loops, f, call->event,
                                c->effect->loop_arg, &others);

        add_runs(out, c, loops, others);
    }
    for (guint i = 0; HF_CONTRACT_HAS(k, HF_EFF_RUNS_IN) && s->loops &&
                      !HF_CONTRACT_HAS(own, HF_EFF_RUNS_IN) &&
                      i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_RUNS_IN) {
            runs_of_handles(s, f, call->event, cl, out);
        }
    }
    if (all) {
        g_array_unref(all);
    }
    return out;
}
