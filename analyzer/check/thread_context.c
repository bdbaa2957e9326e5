/* SPDX-License-Identifier: MIT */
/*
 * THREAD_CONTEXT: the matrix of global-state, I/O and either-of-both code is
 * broken, directly or through functions that say nothing.
 *
 * Three origins decide a context: a function's own annotation, a place that
 * gives up the lock which stands for the main loop (the BQL), and the entry
 * of a role that does not hold it.  From each the cheapest way to code with
 * the wrong demand is looked up; annotated functions on the way end it, they
 * are judged on their own account.
 */
#include "check/demand.h"
#include "check/reach.h"

static const char *const class_names[] = {
    "", "GLOBAL_STATE", "IO", "IO_OR_GS",
};

typedef struct {
    guint64 gs;           /* capabilities either of which GS accepts */
    HfX coroutine;        /* 0: the profile knows none */
    HfDemand *demands[4]; /* by HfContextClass wanted */
    GHashTable *told;     /* gint64 function << 32 | where it leads */
} Search;

/* Position of a class in HfContextMatrix. */
static int row(HfContextClass cls)
{
    return cls == HF_CLASS_GS ? 0 : cls == HF_CLASS_IO ? 1 : 2;
}

static gboolean matrix_allows(const HfCheck *c, HfContextClass caller,
                              HfContextClass callee)
{
    const HfContextMatrix *m = &c->program->rules->contexts;

    return !m->set || m->allowed[row(caller)][row(callee)];
}

/* ---- findings ----------------------------------------------------------- */

static void note_class(HfCheck *c, const Search *search, HfFinding *f,
                       HfSymId sym, HfContextClass cls)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(c->program, sym);
    uint32_t asserted = hf_demand_asserted(search->demands[cls], sym);

    if (asserted) {
        HfPlace at = hf_check_place(c->solved->flows[sym], asserted - 1);

        hf_finding_event(f, &at, "note", 0,
                         "\"%s\" asserts that it is %s code.", s->name,
                         class_names[cls]);
        return;
    }
    if (s->decl_loc) {
        HfPlace at = hf_check_place_of(c->program, s->decl_unit, s->decl_loc);

        hf_finding_event(f, &at, "note", 0, "\"%s\" is %s code.", s->name,
                         class_names[cls]);
    }
}

static void add(HfCheck *c, const Search *s, HfFinding *f, HfSymId end,
                HfContextClass want, const char *shape, HfTier tier,
                guint n_slots)
{
    if (n_slots) {
        hf_finding_reason(f, "%u function pointer%s on the way", n_slots,
                          n_slots == 1 ? "" : "s");
    }
    note_class(c, s, f, end, want);
    f->tier = tier;
    f->key_subject = g_strdup(HF_PROGRAM_SYM(c->program, end)->name);
    f->key_lock = g_strdup(class_names[want]);
    f->key_shape = g_strdup(shape);
    f->rule = g_strdup("contexts");
    hf_findings_add(c->findings, f);
}

static gboolean in_coroutine(const HfCheck *c, const Search *s,
                             const HfFlow *flow, const HfCall *call)
{
    const HfHold *h =
        s->coroutine ? hf_holds_find(c->solved, call->must, s->coroutine)
                     : NULL;

    return h ? h->now == HF_HOLD_HELD : flow->coroutine;
}

/* Once for a function and what it leads to: its other calls break the same
 * rule in the same way. */
static gboolean told_before(Search *s, const HfFlow *flow, HfSymId end)
{
    gint64 key = (gint64)flow->sym << 32 | end;

    if (g_hash_table_contains(s->told, &key)) {
        return TRUE;
    }
    g_hash_table_add(s->told, g_memdup2(&key, sizeof(key)));
    return FALSE;
}

/* ---- origin: the function's own annotation ------------------------------ */

/* t->fn(t->opaque): a function and its argument, stored together by whoever
 * chose where they run. */
static gboolean calls_closure(const HfFlow *flow, const HfCall *call)
{
    const HfFacts *f = flow->unit->facts;
    const HfEvent *e = hf_flow_event(flow, call->event);
    const HfPath *pointer = &f->paths[e->path];

    if (e->kind != HF_EV_CALL_INDIRECT || pointer->kind != HF_PATH_FIELD) {
        return FALSE;
    }
    for (uint32_t i = 0; i < e->n_args; i++) {
        const HfPath *arg = &f->paths[f->args[e->first_arg + i]];

        if (arg->kind == HF_PATH_FIELD && arg->parent == pointer->parent) {
            return TRUE;
        }
    }
    return FALSE;
}

/* All that says "either context" is a mark further down, the macro that it
 * polls with: that speaks of what follows.  Marks proper stand at the start,
 * but behind declarations that may call as well. */
static gboolean marked_later(const HfCheck *c, const HfFlow *flow,
                             const HfCall *call)
{
    const HfContract *k = hf_contract_of(c->solved->contracts, flow->sym);
    uint32_t line = hf_flow_loc(flow, call->event)->line;
    gboolean later = FALSE;

    for (guint i = 0; flow->cls == HF_CLASS_IO_OR_GS && k &&
                      i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        const HfProgAnnot *a = cl->annot;

        if (cl->kind != HF_EFF_IO_OR_GS) {
            continue;
        }
        if (!a || !(a->flags & HF_ANNOT_IN_BODY) ||
            HF_PROGRAM_UNIT(c->program, a->unit)->facts->locs[a->loc].line <=
                line) {
            return FALSE;
        }
        later = TRUE;
    }
    return later;
}

static gboolean from_annotation(HfCheck *c, Search *s,
                                const HfFlow *flow, const HfCall *call,
                                HfContextClass want)
{
    HfDemandStep step = hf_demand_from(s->demands[want], flow, call);
    const char *self = HF_PROGRAM_SYM(c->program, flow->sym)->name;
    HfPlace at = hf_check_place(flow, call->event);
    HfFinding *f;
    HfSymId end;

    if (!step.hops || matrix_allows(c, flow->cls, want) || step.n_slots > 1 ||
        marked_later(c, flow, call)) {
        return FALSE;
    }
    end = hf_demand_end(s->demands[want], &step);
    if (step.hops > 1 && told_before(s, flow, end)) {
        return TRUE;
    }
    f = hf_check_finding(c, flow, "call_matrix");
    hf_finding_main(f, &at, "thread_context", 0,
                    "%s function \"%s\" calls %s function \"%s\"%s.",
                    class_names[flow->cls], self, class_names[want],
                    HF_PROGRAM_SYM(c->program, end)->name,
                    step.hops == 1 ? "" : " on this path");
    hf_demand_trace(s->demands[want], f, flow, &step, step.hops == 1);
    hf_finding_reason(f, "both contexts are declared");
    add(c, s, f, end, want, "call_matrix",
        calls_closure(flow, call) ? HF_TIER_LOW
        : step.hops == 1 ? HF_TIER_HIGH
        : step.n_slots   ? HF_TIER_LOW : HF_TIER_MEDIUM, step.n_slots);
    return TRUE;
}

/* ---- origin: the lock is given up here ---------------------------------- */

static const HfHold *released_at(const HfCheck *c, HfHolds must, guint64 gs)
{
    guint n;
    const HfHold *rows = hf_holds(c->solved, must, &n);

    for (guint i = 0; i < n; i++) {
        const HfXNode *x = hf_x(c->solved->exprs, rows[i].lock);

        if (x->kind == HF_X_CAP && gs >> x->ref & 1 &&
            rows[i].now == HF_HOLD_ABSENT &&
            !(rows[i].flags & HF_HOLD_ASSUMED)) {
            return &rows[i];
        }
    }
    return NULL;
}

/* Only entered where the lock is known to be missing: a thread that lives
 * without it and takes it for moments.  What it calls through function
 * pointers afterwards it could call before as well. */
static gboolean lives_without(const Search *s, const HfFlow *flow)
{
    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *x = &g_array_index(flow->contexts, HfContext, i);

        if (x->caps & s->gs || !(x->absent & s->gs)) {
            return FALSE;
        }
    }
    return flow->contexts->len > 0;
}

/* Pointers of which one target in so many leads there, and no more, are for
 * the many others: a message that may be shown on any of twenty devices. */
#define UNLIKELY_ONE_IN 16

static HfTier tier_after_release(const Search *s, const HfFlow *flow,
                                 const HfDemandStep *step,
                                 HfContextClass want, HfFinding *f)
{
    if (!step->n_slots) {
        return HF_TIER_HIGH;
    }
    if (hf_demand_share(s->demands[want], flow, step) * UNLIKELY_ONE_IN <
        1000) {
        hf_finding_reason(f, "few of the functions behind them lead there");
        return HF_TIER_LOW;
    }
    return lives_without(s, flow) ? HF_TIER_LOW : HF_TIER_MEDIUM;
}

static gboolean from_release(HfCheck *c, Search *s, const HfFlow *flow,
                             const HfCall *call, const HfHold *hold,
                             HfContextClass want)
{
    HfDemandStep step = hf_demand_from(s->demands[want], flow, call);
    const char *self = HF_PROGRAM_SYM(c->program, flow->sym)->name;
    HfPlace at = hf_check_place(flow, call->event);
    const char *shape = want == HF_CLASS_GS ? "global_state_without_lock"
                                            : "io_or_gs_outside_context";
    HfFinding *f;
    HfSymId end;

    if (!step.hops ||
        (want == HF_CLASS_IO_OR_GS && in_coroutine(c, s, flow, call))) {
        return FALSE;
    }
    end = hf_demand_end(s->demands[want], &step);
    if (step.hops > 1 && told_before(s, flow, end)) {
        return TRUE;
    }
    f = hf_check_finding(c, flow, shape);
    hf_trace_hold(c, f, flow, hold, 0);
    hf_finding_main(f, &at, "thread_context", 0,
                    "\"%s\" calls %s function \"%s\"%s after giving up the "
                    "lock that it requires.", self, class_names[want],
                    HF_PROGRAM_SYM(c->program, end)->name,
                    step.hops == 1 ? "" : " on this path");
    hf_demand_trace(s->demands[want], f, flow, &step, step.hops == 1);
    hf_finding_reason(f, "the lock is released in this function");
    if (lives_without(s, flow)) {
        hf_finding_reason(f, "its thread does without the lock otherwise");
    }
    add(c, s, f, end, want, shape,
        tier_after_release(s, flow, &step, want, f), step.n_slots);
    return TRUE;
}

/* ---- origin: a role that never held it ---------------------------------- */

typedef struct {
    HfCheck *c;
    Search *s;
    const HfFlow *root;
    const HfContext *entry;
} RoleWalk;

static gboolean is_indirect(const HfHop *h)
{
    return hf_flow_event(h->flow, h->event)->kind == HF_EV_CALL_INDIRECT;
}

/* A thread's first function that only calls the one it was given is no
 * detour. */
static guint slots_after_root(const HfHop *h)
{
    const HfHop *first = h;

    while (first->from) {
        first = first->from;
    }
    return h->n_slots - is_indirect(first);
}

/* Function pointers on the way that mostly lead elsewhere. */
static gboolean doubtful(const RoleWalk *w, const HfHop *last)
{
    for (const HfHop *h = last; h && h->from; h = h->from) {
        const HfCall *call = hf_flow_call(h->flow, h->event);

        if (is_indirect(h) &&
            !(call && hf_demand_most_lead(w->s->demands[HF_CLASS_GS],
                                          h->flow, call))) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The way goes through the function that has a loop run its root: there that
 * is done already, and not done again.  Of handlers, which stay; what runs
 * once is set up anew each time. */
static gboolean sets_up_again(const RoleWalk *w, const HfHop *last)
{
    const GArray *by = hf_set_up_by(w->c->solved, w->root->sym);

    for (const HfHop *h = last; by && h; h = h->from) {
        for (guint i = 0; i < by->len; i++) {
            const HfSetUp *row = &g_array_index(by, HfSetUp, i);

            if (row->run == HF_RUN_FD && row->in == h->callee) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Only global state code has it run, in whose own loop it may be. */
static gboolean started_by_gs(const RoleWalk *w)
{
    const GArray *by = hf_set_up_by(w->c->solved, w->root->sym);

    for (guint i = 0; by && i < by->len; i++) {
        HfSymId in = g_array_index(by, HfSetUp, i).in;

        if (!(w->c->solved->flows[in]->asserts & w->s->gs) &&
            hf_demand_class_of(w->s->demands[HF_CLASS_GS], in) !=
                HF_CLASS_GS) {
            return FALSE;
        }
    }
    return by && by->len;
}

/* Others call it as they should. */
static gboolean called_rightly(const RoleWalk *w, const HfFlow *flow)
{
    for (guint i = 0; i < flow->contexts->len; i++) {
        if (g_array_index(flow->contexts, HfContext, i).caps & w->s->gs) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The call to change: the last one on the way that is in a function which
 * nobody calls rightly. */
static const HfHop *to_blame(const RoleWalk *w, const HfHop *last)
{
    const HfHop *h = last;

    while (h->from && called_rightly(w, h->flow)) {
        h = h->from;
    }
    return h;
}

static void tell_call(HfCheck *c, HfFinding *f, const HfHop *h)
{
    HfPlace at = hf_check_place(h->flow, h->event);
    const HfProgram *p = c->program;
    const char *callee = HF_PROGRAM_SYM(p, h->callee)->name;

    if (h->slot) {
        const HfProgField *m = HF_PROGRAM_FIELD(p, h->slot);

        hf_finding_event(f, &at, "call", h->length - 1,
                         "Calling \"%s\" through \"%s.%s\".", callee,
                         HF_PROGRAM_RECORD(p, m->record)->name, m->name);
    } else {
        hf_finding_event(f, &at, "call", h->length - 1, "Calling \"%s\".",
                         callee);
    }
}

static void rest_of_way(HfCheck *c, HfFinding *f, const HfHop *last,
                        const HfHop *from)
{
    if (last != from) {
        rest_of_way(c, f, last->from, from);
        tell_call(c, f, last);
    }
}

static void tell_role(RoleWalk *w, const HfHop *h, const HfHop *blame)
{
    HfCheck *c = w->c;
    HfFinding *f =
        hf_check_finding(c, blame->flow, "global_state_without_lock");
    HfPlace at = hf_check_place(blame->flow, blame->event);
    const char *end = HF_PROGRAM_SYM(c->program, h->callee)->name;
    const char *root = HF_PROGRAM_SYM(c->program, w->root->sym)->name;

    hf_reach_trace(c, f, blame, 0, FALSE, TRUE);
    if (blame == h) {
        hf_finding_main(f, &at, "thread_context", blame->length - 1,
                        "GLOBAL_STATE function \"%s\" is called in a thread "
                        "that does not hold the lock it requires (from "
                        "\"%s\").", end, root);
    } else {
        hf_finding_main(f, &at, "thread_context", blame->length - 1,
                        "\"%s\" gets to GLOBAL_STATE function \"%s\" on this "
                        "path, in a thread that does not hold the lock it "
                        "requires (from \"%s\").",
                        HF_PROGRAM_SYM(c->program, blame->flow->sym)->name,
                        end, root);
        tell_call(c, f, blame);
        rest_of_way(c, f, h, blame);
        hf_finding_reason(f, "others call \"%s\" with the lock",
                          HF_PROGRAM_SYM(c->program, blame->callee)->name);
    }
    if (w->entry->complete) {
        hf_finding_reason(f, "the role's entry is known");
    } else if (w->entry->role >= 0) {
        hf_finding_reason(f, "\"%s\" is run by an event loop that may be one "
                          "of %s", root,
                          g_array_index(c->solved->roles, HfRole,
                                        w->entry->role).name);
    }
    add(c, w->s, f, h->callee, HF_CLASS_GS, "global_state_in_thread",
        doubtful(w, h) || (!w->entry->complete && started_by_gs(w))
            ? HF_TIER_LOW
        : slots_after_root(h) || !w->entry->complete ? HF_TIER_MEDIUM
                                                     : HF_TIER_HIGH,
        slots_after_root(h));
}

static HfReachVerdict look(HfCheck *c, const HfHop *h, gpointer data)
{
    RoleWalk *w = data;
    HfContextClass want =
        hf_demand_class_of(w->s->demands[HF_CLASS_GS], h->callee);
    const HfHop *blame;

    if (h->held & w->s->gs || slots_after_root(h) > 1 ||
        sets_up_again(w, h)) {
        return HF_REACH_STOP;
    }
    if (want == HF_CLASS_NONE || want == HF_CLASS_IO) {
        return want == HF_CLASS_NONE ? HF_REACH_ENTER : HF_REACH_STOP;
    }
    blame = to_blame(w, h);
    if (want == HF_CLASS_GS && h->absent & w->s->gs &&
        !told_before(w->s, blame->flow, h->callee)) {
        tell_role(w, h, blame);
    }
    return HF_REACH_STOP;
}

static void from_role(HfCheck *c, Search *s, const HfFlow *flow)
{
    RoleWalk w = { c, s, flow, NULL };

    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *x = &g_array_index(flow->contexts, HfContext, i);

        if (!x->parent && !(x->caps & s->gs) &&
            (x->complete || x->absent & s->gs)) {
            HfReachEntry entry = { .held = x->caps, .absent = x->absent };

            w.entry = x;
            hf_reach(c, flow, NULL, &entry, look, &w);
            return;
        }
    }
}

/* ---- all of them -------------------------------------------------------- */

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    static const HfContextClass wanted[] = { HF_CLASS_GS, HF_CLASS_IO_OR_GS };
    Search *s = data;

    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const HfHold *hold = s->gs ? released_at(c, call->must, s->gs) : NULL;
        gboolean told = FALSE;

        for (guint k = 0; k < G_N_ELEMENTS(wanted) && !told; k++) {
            if (hold) {
                told = from_release(c, s, flow, call, hold, wanted[k]);
            }
            if (!told && flow->cls != HF_CLASS_NONE) {
                told = from_annotation(c, s, flow, call, wanted[k]);
            }
        }
    }
    if (s->gs && flow->cls == HF_CLASS_NONE) {
        from_role(c, s, flow);
    }
}

static void run(HfCheck *c)
{
    int co = hf_contract_cap(c->solved->contracts, "coroutine");
    Search s = {
        .told = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                      NULL),
        .gs = hf_demand_mask(c, c->program->rules->contexts.gs_requires),
        .coroutine = co >= 0 ? hf_x_leaf(c->solved->exprs, HF_X_CAP, co) : 0,
    };

    s.demands[HF_CLASS_GS] = hf_demand_new(c, HF_CLASS_GS, s.gs);
    /* in a coroutine such code waits without polling */
    s.demands[HF_CLASS_IO_OR_GS] = hf_demand_new(
        c, HF_CLASS_IO_OR_GS, s.gs | (co >= 0 ? 1ull << co : 0));
    hf_check_each_flow(c, check_flow, &s);
    hf_demand_free(s.demands[HF_CLASS_GS]);
    hf_demand_free(s.demands[HF_CLASS_IO_OR_GS]);
    g_hash_table_unref(s.told);
}

const HfChecker hf_checker_thread_context = {
    .name = "THREAD_CONTEXT",
    .summary = "global-state, I/O and either-context code mixed up",
    .cwe = 366,
    .impact = HF_IMPACT_HIGH,
    .run = run,
};
