/* SPDX-License-Identifier: MIT */
#include "solve/phases.h"
#include "solve/roles.h"
#include "solve/taken_out.h"

static HfContextClass class_of(const HfContract *c)
{
    if (HF_CONTRACT_HAS(c, HF_EFF_GLOBAL_STATE)) {
        return HF_CLASS_GS;
    }
    if (HF_CONTRACT_HAS(c, HF_EFF_IO_OR_GS)) {
        return HF_CLASS_IO_OR_GS;
    }
    if (HF_CONTRACT_HAS(c, HF_EFF_IO)) {
        return HF_CLASS_IO;
    }
    return HF_CLASS_NONE;
}

/* In-body marks that became calls; the first one counts. */
static HfContextClass class_marked(const HfSolved *s, const HfFlow *f)
{
    for (uint32_t i = 0; f->fn && i < f->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(f, i);
        HfSymId sym = e->kind == HF_EV_CALL ? f->unit->symbols[e->sym] : 0;

        if (sym && hf_contract_is_mark(s->contracts, sym)) {
            HfContextClass cls = class_of(hf_contract_of(s->contracts, sym));

            if (cls != HF_CLASS_NONE && !hf_mark_in_branch(f, i)) {
                return cls;
            }
        }
    }
    return HF_CLASS_NONE;
}

/* By declarations alone, or by marks seen as text that speak of the whole
 * body. */
static HfContextClass class_by(const HfSolved *s, const HfFlow *f,
                               const HfContract *c, gboolean in_body)
{
    static const HfEffectKind kinds[] = { HF_EFF_GLOBAL_STATE,
                                          HF_EFF_IO_OR_GS, HF_EFF_IO };
    static const HfContextClass classes[] = { HF_CLASS_GS,
                                              HF_CLASS_IO_OR_GS,
                                              HF_CLASS_IO };

    for (guint k = 0; c && k < G_N_ELEMENTS(kinds); k++) {
        for (guint i = 0; i < c->clauses->len; i++) {
            const HfClause *cl = &g_array_index(c->clauses, HfClause, i);
            const HfProgAnnot *a = cl->annot;
            gboolean mark = a && a->flags & HF_ANNOT_IN_BODY;

            if (cl->kind != kinds[k] || mark != in_body) {
                continue;
            }
            if (!mark || !f->fn ||
                !hf_mark_place_in_branch(
                    f, a, HF_PROGRAM_UNIT(s->program, a->unit)->facts)) {
                return classes[k];
            }
        }
    }
    return HF_CLASS_NONE;
}

void hf_flow_declared(HfSolved *s, HfFlow *f)
{
    const HfProgSymbol *sym = HF_PROGRAM_SYM(s->program, f->sym);
    const HfContract *c = hf_contract_of(s->contracts, f->sym);

    f->cls = class_by(s, f, c, FALSE);
    if (f->cls == HF_CLASS_NONE) {
        f->cls = class_by(s, f, c, TRUE);
    }
    if (f->cls == HF_CLASS_NONE) {
        f->cls = class_marked(s, f);
    }
    f->coroutine = HF_CONTRACT_HAS(c, HF_EFF_COROUTINE);
    f->no_coroutine = HF_CONTRACT_HAS(c, HF_EFF_NO_COROUTINE);
    f->mixed = HF_CONTRACT_HAS(c, HF_EFF_COROUTINE_MIXED) ||
               HF_CONTRACT_HAS(c, HF_EFF_CO_WRAPPER_MIXED);
    if (HF_CONTRACT_HAS(c, HF_EFF_NO_ANALYSIS)) {
        f->skip = TRUE;
    }
    /* the body of a primitive named by the rules is its own business */
    if (sym->rule && c && c->kinds & HF_LOCK_EFFECTS) {
        f->skip = TRUE;
    }
}

HfFlow *hf_flow_new(HfSolved *s, HfSymId sym)
{
    HfFlow *f = g_new0(HfFlow, 1);

    f->sym = sym;
    f->fn = hf_program_body(s->program, sym, &f->unit);
    f->contexts = g_array_new(FALSE, TRUE, sizeof(HfContext));
    f->leaks = ~0u; /* until it was run */
    hf_flow_declared(s, f);
    return f;
}

void hf_flow_free(HfFlow *f)
{
    GArray *tables[] = { f->diffs, f->accesses, f->addresses, f->calls,
                         f->lock_ops, f->exits, f->leaves, f->takes,
                         f->relocks, f->args, f->contexts };

    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        if (tables[i]) {
            g_array_unref(tables[i]);
        }
    }
    g_free(f);
}

/* A function that calls itself, or a cycle, is run twice: the second time
 * with the summaries of the first. */
static void run_component(HfSolved *s, const HfSymId *syms, guint n)
{
    int rounds = n > 1 ? 2 : 1;

    for (int round = 0; round < rounds; round++) {
        for (guint i = 0; i < n; i++) {
            s->flows[syms[i]]->asks = hf_special_asks(s, s->flows[syms[i]]);
            hf_flow_run(s, s->flows[syms[i]]);
        }
    }
}

HfSolved *hf_solve(const HfProgram *p)
{
    HfSolved *s = g_new0(HfSolved, 1);
    guint i = 0;

    s->program = p;
    s->exprs = hf_x_table_new();
    s->contracts = hf_contracts_new(p, s->exprs);
    s->flows = g_new0(HfFlow *, p->symbols->len);
    s->priv = hf_holds_pool_new();
    s->specials = hf_specials_new();
    s->writers = hf_writers_new(p);
    for (guint k = 0; k < p->functions->len; k++) {
        HfSymId sym = g_array_index(p->functions, HfSymId, k);

        s->flows[sym] = hf_flow_new(s, sym);
    }
    s->loops = hf_loops_new(s);
    while (i < p->functions->len) {
        const HfSymId *syms = &g_array_index(p->functions, HfSymId, i);
        guint n = 1;

        while (i + n < p->functions->len &&
               p->scc[syms[n]] == p->scc[syms[0]]) {
            n++;
        }
        run_component(s, syms, n);
        i += n;
    }
    for (guint k = 0; k < p->functions->len; k++) {
        hf_taken_out(s, s->flows[g_array_index(p->functions, HfSymId, k)]);
    }
    hf_contexts_run(s);
    s->phases = hf_phases_new(s);
    return s;
}

void hf_solved_free(HfSolved *s)
{
    if (!s) {
        return;
    }
    for (guint i = 0; i < s->program->symbols->len; i++) {
        if (s->flows[i]) {
            hf_flow_free(s->flows[i]);
        }
    }
    hf_phases_free(s->phases);
    g_free(s->flows);
    g_hash_table_unref(s->specials);
    hf_writers_free(s->writers);
    hf_loops_free(s->loops);
    hf_roles_clear(s);
    hf_contracts_free(s->contracts);
    hf_holds_pool_free(s->priv);
    hf_x_table_free(s->exprs);
    g_free(s);
}

/* ---- questions ---------------------------------------------------------- */

const HfHold *hf_holds(const HfSolved *s, HfHolds id, guint *n)
{
    return hf_holds_rows(s->priv, id, n);
}

gboolean hf_holds_any(const HfSolved *s, HfHolds id)
{
    guint n;
    const HfHold *rows = hf_holds(s, id, &n);

    for (guint i = 0; i < n; i++) {
        if (rows[i].now == HF_HOLD_HELD) {
            return TRUE;
        }
    }
    return FALSE;
}

const HfHold *hf_holds_find(const HfSolved *s, HfHolds id, HfX lock)
{
    guint n;
    const HfHold *rows = hf_holds_rows(s->priv, id, &n);

    for (guint i = 0; i < n; i++) {
        if (rows[i].lock == lock) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Some capability that is held brings this one along. */
static gboolean implied(const HfSolved *s, const HfContext *ctx,
                        HfHolds local, HfX lock)
{
    const GPtrArray *caps = s->program->rules->caps;
    const HfCapRule *want = hf_contract_cap_rule(s->contracts, lock);

    for (guint i = 0; i < caps->len; i++) {
        const HfCapRule *cap = g_ptr_array_index(caps, i);
        HfX x;

        if (!cap->implies || !g_ptr_array_find_with_equal_func(
                cap->implies, want->name, g_str_equal, NULL)) {
            continue;
        }
        x = hf_x_leaf(s->exprs, HF_X_CAP, i);
        if (hf_held(s, NULL, ctx, local, x, NULL) == HF_HELD) {
            return TRUE;
        }
    }
    return FALSE;
}

HfTri hf_held(const HfSolved *s, const HfFlow *flow, const HfContext *ctx,
              HfHolds local, HfX lock, gboolean *shared)
{
    const HfHold *h = hf_holds_find(s, local, lock);
    const HfXNode *n = hf_x(s->exprs, lock);

    if (shared) {
        *shared = h && h->flags & HF_HOLD_SHARED;
    }
    if (h && h->now == HF_HOLD_HELD) {
        return HF_HELD;
    }
    if (n->kind == HF_X_CAP && implied(s, ctx, local, lock)) {
        return HF_HELD;
    }
    if (h && h->now == HF_HOLD_ABSENT) {
        return HF_ABSENT;
    }
    if (!ctx) {
        return HF_UNSURE;
    }
    if (n->kind == HF_X_CAP) {
        return ctx->caps >> n->ref & 1     ? HF_HELD
               : ctx->absent >> n->ref & 1 ? HF_ABSENT
                                           : HF_UNSURE;
    }
    h = hf_holds_find(s, ctx->held, lock);
    if (h) {
        if (shared) {
            *shared = h->flags & HF_HOLD_SHARED;
        }
        return HF_HELD;
    }
    return ctx->complete ? HF_ABSENT : HF_UNSURE;
}

guint hf_key_hash(gconstpointer key)
{
    guint64 v = *(const guint64 *)key;

    return (guint)v * 2654435761u ^ (guint)(v >> 32);
}

const HfEvent *hf_flow_event(const HfFlow *f, uint32_t event)
{
    return &f->unit->facts->events[f->fn->first_event + event];
}

const HfCall *hf_flow_call(const HfFlow *f, uint32_t event)
{
    guint lo = 0, hi = f->calls->len;

    while (lo < hi) {
        guint mid = (lo + hi) / 2;
        const HfCall *c = &g_array_index(f->calls, HfCall, mid);

        if (c->event == event) {
            return c;
        }
        if (c->event < event) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return NULL; /* never reached, by the solver */
}

const HfLoc *hf_flow_loc(const HfFlow *f, uint32_t event)
{
    const HfFacts *facts = f->unit->facts;

    return &facts->locs[event < f->fn->n_events
                            ? hf_flow_event(f, event)->loc : f->fn->loc];
}

/* `cb = timer->cb; cb(timer->opaque);` is a call through the member, too. */
static HfFieldId loaded_from(const HfSolved *s, HfX callee)
{
    while (callee) {
        const HfXNode *n = hf_x(s->exprs, callee);

        if (n->kind == HF_X_FIELD) {
            return HF_PROGRAM_FIELD(s->program, n->ref)->type_flags &
                           HF_TYPE_FUNCTION_POINTER ? n->ref : 0;
        }
        if (n->kind != HF_X_DEREF && n->kind != HF_X_ADDR &&
            n->kind != HF_X_INDEX) {
            return 0;
        }
        callee = n->parent;
    }
    return 0;
}

HfX hf_call_named(const HfSolved *s, const HfFlow *caller, const HfCall *call,
                  HfX x)
{
    return hf_x_to_caller(s->exprs, x,
                          &g_array_index(caller->args, HfX, call->first_arg),
                          call->n_args);
}

guint hf_call_targets(const HfSolved *s, const HfFlow *f, const HfCall *call,
                      const HfSymId **targets, HfFieldId *slot)
{
    const HfEvent *e = hf_flow_event(f, call->event);
    const GArray *t;

    *slot = 0;
    if (e->kind == HF_EV_CALL) {
        *targets = &f->unit->symbols[e->sym];
        return 1;
    }
    t = hf_program_targets(s->program, f->unit, f->sym, e, slot);
    if (!*slot) {
        *slot = loaded_from(s, call->callee);
    }
    *targets = (const HfSymId *)(gpointer)t->data;
    return t->len;
}
