/* SPDX-License-Identifier: MIT */
/*
 * TEARDOWN_RACE: something is freed, destroyed or cleared while a thread that
 * was not waited for may still use it.
 */
#include "check/teardown.h"
#include "check/cfg.h"
#include "solve/roles.h"
#include "solve/blocks.h"

#define WAIT_DEPTH 4

typedef enum { BEFORE_JOIN, NEVER_JOINED, STACK_GONE, ELSEWHERE } Shape;

static const char *const shapes[] = {
    [BEFORE_JOIN] = "before_join", [NEVER_JOINED] = "never_joined",
    [STACK_GONE] = "stack_gone", [ELSEWHERE] = "still_used",
};

typedef struct {
    HfTeardown t;
    GHashTable *told; /* "function event role" */
} Run;

typedef struct {
    const HfThreadUse *thread;
    HfGone gone;
    const HfFlow *flow; /* that lets it happen */
    uint32_t event;     /* there: frees it, or calls who does */
    uint32_t other;     /* the join, or the start */
    const HfSeen *use;
    gboolean sure;
    Shape shape;
} Fault;

static const HfRole *role_of(const Run *r, const HfThreadUse *u)
{
    return &g_array_index(r->t.c->solved->roles, HfRole, u->role);
}

/* ---- the report ---------------------------------------------------------- */

static char *gone_text(const Run *r, const HfGone *gone)
{
    return hf_check_text(r->t.c, gone->flow, gone->own);
}

static const char *gone_verb(const HfGone *gone)
{
    return gone->how == HF_GONE_DESTROYED ? "Destroying"
           : gone->how == HF_GONE_CLEARED ? "Clearing" : "Freeing";
}

static void tell_main(const Run *r, const Fault *k, HfFinding *f)
{
    g_autofree char *text = k->shape == STACK_GONE ? NULL
                                                   : gone_text(r, &k->gone);
    const char *role = role_of(r, k->thread)->name;
    HfPlace at = hf_check_place(k->flow, k->event);
    const HfProgram *p = r->t.c->program;
    HfSymId callee = hf_frees_callee(k->flow, k->event);

    if (k->shape == STACK_GONE) {
        hf_finding_main(f, &at, "teardown", 0,
                        "\"%s\" is given an object that is gone when \"%s\" "
                        "returns, which does not wait for it.", role,
                        HF_PROGRAM_SYM(p, k->flow->sym)->name);
    } else if (k->gone.flow != k->flow && callee) {
        hf_finding_main(f, &at, "teardown", 0,
                        "Calling \"%s\", which frees \"%s\", before \"%s\" "
                        "has ended, which uses it.",
                        HF_PROGRAM_SYM(p, callee)->name, text, role);
    } else {
        hf_finding_main(f, &at, "teardown", 0,
                        "%s \"%s\" while \"%s\" may still use it%s.",
                        gone_verb(&k->gone), text, role,
                        k->shape == BEFORE_JOIN ? ": it is joined afterwards"
                        : k->shape == NEVER_JOINED ? ": nobody waits for it"
                                                   : "");
    }
}

static void tell_rest(const Run *r, const Fault *k, HfFinding *f)
{
    HfPlace at;

    if (k->gone.flow && k->gone.flow != k->flow) {
        at = hf_check_place(k->gone.flow, k->gone.event);
        hf_finding_event(f, &at, "free", 1, "It is freed here.");
    }
    if (k->shape == BEFORE_JOIN) {
        at = hf_check_place(k->flow, k->other);
        hf_finding_event(f, &at, "join", 0, "The thread is waited for here.");
    } else if (k->shape == NEVER_JOINED) {
        at = hf_check_place(k->flow, k->other);
        hf_finding_event(f, &at, "start", 0, "The thread is started here.");
    }
    if (k->use) {
        g_autofree char *what = hf_check_text(r->t.c, k->use->flow,
                                              k->use->access->path);

        at = hf_check_place(k->use->flow, k->use->access->event);
        hf_finding_event(f, &at, "example_access", 0,
                         "\"%s\" uses \"%s\" here.",
                         role_of(r, k->thread)->name, what);
    }
}

static gboolean locked_alike(const Run *r, const Fault *k);

static HfTier tier_of(const Run *r, const Fault *k, HfFinding *f)
{
    if (locked_alike(r, k)) {
        hf_finding_reason(f, "the same lock is held here and there");
        return HF_TIER_LOW;
    }
    if (k->shape == ELSEWHERE) {
        hf_finding_reason(f, "both may run at the same time, but what else "
                             "keeps them apart is not known");
        return HF_TIER_LOW;
    }
    if (k->gone.unnamed && k->shape == BEFORE_JOIN) {
        hf_finding_reason(f, "it may be another object of that type");
        return k->gone.depth > 1 ? HF_TIER_LOW : HF_TIER_MEDIUM;
    }
    if (k->gone.depth > 1) {
        hf_finding_reason(f, "it is freed %u calls down", k->gone.depth);
        return HF_TIER_LOW;
    }
    if (k->shape == BEFORE_JOIN) {
        hf_finding_reason(f, "the same function waits for the thread "
                             "afterwards");
    } else {
        hf_finding_reason(f, "no path from the start waits for anything");
    }
    if (!k->sure) {
        hf_finding_reason(f, "the thread uses objects of that type, reached "
                             "from what it was given");
        return HF_TIER_MEDIUM;
    }
    return k->gone.flow == k->flow || k->shape == STACK_GONE
               ? HF_TIER_HIGH : HF_TIER_MEDIUM;
}

static void report(Run *r, const Fault *k)
{
    char *key = g_strdup_printf("%u %u %d", k->flow->sym, k->event,
                                k->thread->role);
    HfCheck *c = r->t.c;
    HfFinding *f;

    if (g_hash_table_contains(r->told, key)) {
        g_free(key);
        return;
    }
    g_hash_table_add(r->told, key);
    f = hf_check_finding(c, k->flow, shapes[k->shape]);
    tell_main(r, k, f);
    tell_rest(r, k, f);
    f->tier = tier_of(r, k, f);
    f->rule = g_strdup("inferred");
    f->key_subject = k->shape == STACK_GONE
                         ? g_strdup("stack")
                         : hf_check_stable(c, k->gone.object);
    f->key_lock = g_strdup(role_of(r, k->thread)->name);
    f->key_shape = g_strdup(shapes[k->shape]);
    hf_findings_add(c->findings, f);
}

/* ---- questions ---------------------------------------------------------- */

static gboolean has_point(const GArray *points, HfSymId in, uint32_t event)
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
static gboolean joins_something(const Run *r, HfSymId sym, int depth)
{
    const HfFlow *flow = r->t.c->solved->flows[sym];

    for (guint i = 0; flow && depth && i < flow->calls->len; i++) {
        HfSymId callee = hf_frees_callee(
            flow, g_array_index(flow->calls, HfCall, i).event);

        if (callee &&
            (HF_CONTRACT_HAS(hf_contract_of(r->t.c->solved->contracts,
                                            callee), HF_EFF_JOIN) ||
             joins_something(r, callee, depth - 1))) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean calls_joiner(const Run *r, const HfThreadUse *u,
                             const HfFlow *flow, const HfCall *call)
{
    const HfSymId *targets;
    HfFieldId slot;
    guint n;

    if (u->joins[flow->sym] &&
        has_point(role_of(r, u)->joins, flow->sym, call->event)) {
        return TRUE;
    }
    n = hf_call_targets(r->t.c->solved, flow, call, &targets, &slot);
    return n == 1 && !u->starts[targets[0]] &&
           (u->joins[targets[0]] ||
            (u->joins[flow->sym] == HF_JOINS_ITSELF &&
             joins_something(r, targets[0], 3)));
}

/* The first join after the event, and none before it; UINT32_MAX: no. */
static uint32_t only_joined_after(const Run *r, const HfThreadUse *u,
                                  const HfFlow *flow, uint32_t event)
{
    uint32_t after = UINT32_MAX;

    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        if (call->event == event || !calls_joiner(r, u, flow, call)) {
            continue;
        }
        if (hf_event_before(flow, call->event, event)) {
            return UINT32_MAX;
        }
        if (after == UINT32_MAX && hf_event_before(flow, event, call->event)) {
            after = call->event;
        }
    }
    return after;
}

/* It is started between the two, perhaps once more: what went before may be
 * another's. */
static gboolean starts_between(const Run *r, const HfThreadUse *u,
                               const HfFlow *flow, uint32_t from, uint32_t to)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t at = g_array_index(flow->calls, HfCall, i).event;
        HfSymId callee = hf_frees_callee(flow, at);

        if ((has_point(role_of(r, u)->starts, flow->sym, at) ||
             (callee && u->starts[callee])) &&
            hf_event_before(flow, from, at) &&
            hf_event_before(flow, at, to)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* In every role the function is known to run in, no such thread exists yet.
 * (That one was joined before may be said of another one, where all threads
 * are joined in one function.) */
static gboolean none_alive(Run *r, const HfThreadUse *u, const HfFlow *flow,
                           uint32_t event)
{
    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);

        if (ctx->role < 0 || ctx->role == u->role ||
            hf_phase(r->t.phases, u->role, ctx->role, flow, event) !=
                HF_PHASE_BEFORE) {
            return FALSE;
        }
    }
    return flow->contexts->len > 0;
}

/* Known by type alone: it must be the program's or an argument's, and the
 * thread must be able to get there. */
static gboolean plausible(const Run *r, const HfThreadUse *u,
                          const HfGone *gone)
{
    const HfXTable *t = r->t.c->solved->exprs;
    HfXKind root = hf_x(t, hf_x_root(t, gone->object))->kind;

    return (root == HF_X_GLOBAL || root == HF_X_PARAM) &&
           g_hash_table_contains(u->given, GUINT_TO_POINTER(gone->record));
}

static gboolean locked_alike(const Run *r, const Fault *k)
{
    const HfCall *call = k->gone.flow
                             ? hf_flow_call(k->gone.flow, k->gone.event)
                             : NULL;
    HfAccess a = { .event = k->gone.event, .path = k->gone.own,
                   .must = call ? call->must : 0, .kind = HF_EV_WRITE };
    HfSeen here = { k->gone.flow, &a };

    return call && k->gone.key && k->use && k->sure &&
           hf_use_share_lock(r->t.c, &here, k->use);
}

/* ---- freed first, joined later ------------------------------------------ */

/* One of several, where others of the kind are being started: most likely one
 * that has no thread yet. */
static gboolean is_element(const Run *r, const Fault *k)
{
    const HfXTable *t = r->t.c->solved->exprs;
    gboolean found = FALSE;

    for (HfX x = k->gone.own; x; x = hf_x(t, x)->parent) {
        found |= hf_x(t, x)->kind == HF_X_INDEX;
    }
    return found && k->thread->starts[k->flow->sym];
}

/* Made in the same function, which has started none of the threads since. */
static gboolean is_new(const Run *r, const Fault *k)
{
    const HfXTable *t = r->t.c->solved->exprs;

    if (hf_x(t, hf_x_root(t, k->gone.own))->kind != HF_X_TEMP) {
        return FALSE;
    }
    for (guint i = 0; i < k->gone.flow->calls->len; i++) {
        uint32_t at = g_array_index(k->gone.flow->calls, HfCall, i).event;
        HfSymId callee = hf_frees_callee(k->gone.flow, at);

        if ((has_point(role_of(r, k->thread)->starts, k->gone.flow->sym,
                       at) || (callee && k->thread->starts[callee])) &&
            hf_event_before(k->gone.flow, at, k->gone.event)) {
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean uses_it(Run *r, Fault *k)
{
    HfAccess a = { .event = k->gone.event,
                   .path = k->gone.unnamed ? k->gone.own : k->gone.object };
    HfSeen here = { k->gone.flow, &a };

    k->use = hf_teardown_use(k->thread, &k->gone, &k->sure);
    if (k->use && k->sure && hf_use_alias(r->t.c, &here, k->use) !=
                                 HF_ALIAS_YES) {
        return FALSE; /* another member of the same type */
    }
    return k->use && !is_element(r, k) && !is_new(r, k) &&
           (k->sure || plausible(r, k->thread, &k->gone));
}

static void judge_order(Run *r, const HfThreadUse *u, const HfFlow *flow,
                        const HfCall *call)
{
    Fault k = { .thread = u, .flow = flow, .event = call->event,
                .shape = BEFORE_JOIN };
    HfSymId callee = hf_frees_callee(flow, call->event);
    const GArray *all;

    k.other = only_joined_after(r, u, flow, call->event);
    if (k.other == UINT32_MAX || calls_joiner(r, u, flow, call) ||
        starts_between(r, u, flow, call->event, k.other) ||
        none_alive(r, u, flow, call->event)) {
        return;
    }
    if (hf_teardown_gone(&r->t, flow, call->event, &k.gone)) {
        if (uses_it(r, &k)) {
            report(r, &k);
        }
        return;
    }
    all = callee && r->t.c->solved->flows[callee] && !u->starts[callee]
              ? hf_teardown_all(&r->t, callee) : NULL;
    for (guint i = 0; all && i < all->len; i++) {
        k.gone = g_array_index(all, HfGone, i);
        if (hf_teardown_through(&r->t, flow, call, &k.gone) &&
            uses_it(r, &k) && k.sure) {
            report(r, &k);
            return;
        }
    }
}

static void check_order(Run *r, const HfThreadUse *u, const HfFlow *flow)
{
    if (!u->joins[flow->sym]) {
        return;
    }
    for (guint i = 0; i < flow->calls->len; i++) {
        judge_order(r, u, flow, &g_array_index(flow->calls, HfCall, i));
    }
}

/* ---- started and not waited for ----------------------------------------- */

static gboolean may_wait(const Run *r, HfSymId sym, int depth)
{
    const HfContract *k = hf_contract_of(r->t.c->solved->contracts, sym);
    const HfFlow *flow = r->t.c->solved->flows[sym];

    if (HF_CONTRACT_HAS(k, HF_EFF_BLOCKING) ||
        HF_CONTRACT_HAS(k, HF_EFF_DROP_AND_RETAKE) ||
        HF_CONTRACT_HAS(k, HF_EFF_JOIN)) {
        return TRUE;
    }
    for (guint i = 0; flow && depth && i < flow->calls->len; i++) {
        HfSymId next = hf_frees_callee(
            flow, g_array_index(flow->calls, HfCall, i).event);

        if (next && may_wait(r, next, depth - 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Anything after the start that may wait for the thread: a call that blocks,
 * one that nobody knows, an atomic look at a flag. */
static gboolean waits_between(const Run *r, const HfFlow *flow,
                              uint32_t start, uint32_t end)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t at = g_array_index(flow->calls, HfCall, i).event;
        HfSymId callee = hf_frees_callee(flow, at);

        if (at != end && at != start && hf_event_before(flow, start, at) &&
            (end == UINT32_MAX || hf_event_before(flow, at, end)) &&
            (!callee || may_wait(r, callee, WAIT_DEPTH))) {
            return TRUE;
        }
    }
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (a->kind == HF_EV_ATOMIC_READ && a->event > start &&
            hf_event_in_loop(flow, a->event)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The branch that is taken when there is a thread: pointers say so when they
 * are not zero, numbers when they are; a function of the program's own may
 * mean anything. */
static gboolean means_success(const Run *r, const HfFlow *flow,
                              uint32_t start, const HfEdge *edge)
{
    const HfFacts *f = flow->unit->facts;
    const HfCond *c = &f->conds[edge->cond];
    HfSymId callee = hf_frees_callee(flow, start);
    const HfProgSymbol *s = HF_PROGRAM_SYM(r->t.c->program, callee);
    gboolean zero = (edge->flags & HF_EDGE_NEGATED) != 0;

    if (c->op == HF_COND_EQ) {
        zero = !zero;
    } else if (c->op != HF_COND_TRUE && c->op != HF_COND_NE) {
        return FALSE;
    }
    return !r->t.c->solved->flows[callee] &&
           zero == !(s->type_flags & HF_TYPE_POINTER);
}

static gboolean is_result(const HfFlow *flow, uint32_t start, HfId path)
{
    const HfPath *paths = flow->unit->facts->paths;

    if (paths[path].kind == HF_PATH_TEMP) {
        return paths[path].ref == flow->fn->first_event + start;
    }
    for (uint32_t i = start + 1; paths[path].kind == HF_PATH_LOCAL &&
                                 i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->kind == HF_EV_WRITE && e->path == path && e->value &&
            paths[e->value].kind == HF_PATH_TEMP &&
            paths[e->value].ref == flow->fn->first_event + start) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Control gets there by a branch after the start, which most likely means that
 * there is no thread. */
static gboolean after_failure(const Run *r, const HfFlow *flow,
                              uint32_t start, uint32_t event)
{
    const HfFacts *f = flow->unit->facts;
    HfCfg *cfg = hf_cfg_new(flow);
    uint32_t from = hf_block_of(cfg->flow, start);
    uint32_t x = hf_block_of(cfg->flow, event);
    gboolean found = FALSE;

    for (; !found && x != HF_NO_BLOCK && x != from && x != 0;
         x = cfg->idom[x]) {
        const HfEdge *edge = &f->edges[cfg->in_edge[x]];

        found = cfg->in_edge[x] && edge->cond &&
                !(is_result(flow, start, f->conds[edge->cond].lhs) &&
                  means_success(r, flow, start, edge));
    }
    hf_cfg_free(cfg);
    return found;
}

static gboolean joined_between(const Run *r, const HfThreadUse *u,
                               const HfFlow *flow, uint32_t start)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);

        if (hf_event_before(flow, start, call->event) &&
            calls_joiner(r, u, flow, call)) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The first thing the thread does with what it is given. */
static const HfSeen *first_use(const Run *r, const HfRolePoint *start,
                               HfSeen *use)
{
    const HfXTable *t = r->t.c->solved->exprs;
    const HfFlow *flow = r->t.c->solved->flows[start->entry];

    for (guint i = 0; flow && i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (hf_x(t, hf_x_root(t, a->path))->kind == HF_X_PARAM) {
            *use = (HfSeen){ flow, a };
            return use;
        }
    }
    return NULL;
}

static void check_frees_after(Run *r, const HfThreadUse *u,
                              const HfRolePoint *start, const HfFlow *flow)
{
    const HfXTable *t = r->t.c->solved->exprs;

    for (guint i = 0; i < flow->calls->len; i++) {
        uint32_t at = g_array_index(flow->calls, HfCall, i).event;
        Fault k = { .thread = u, .flow = flow, .event = at,
                    .other = start->event, .shape = NEVER_JOINED };
        HfSeen use;

        if (at != start->event && hf_event_before(flow, start->event, at) &&
            hf_teardown_gone(&r->t, flow, at, &k.gone) &&
            (k.gone.object == start->data ||
             (hf_x_mentions(t, k.gone.object, start->data) && k.gone.key)) &&
            !after_failure(r, flow, start->event, at) &&
            !waits_between(r, flow, start->event, at)) {
            k.use = k.gone.object == start->data
                        ? first_use(r, start, &use)
                        : hf_teardown_use(u, &k.gone, &k.sure);
            k.sure |= k.gone.object == start->data;
            if (k.use) {
                report(r, &k);
            }
        }
    }
}

static gboolean ends_program(const Run *r, const HfFlow *flow)
{
    return g_str_equal(HF_PROGRAM_SYM(r->t.c->program, flow->sym)->name,
                       "main");
}

static void check_start(Run *r, const HfThreadUse *u, const HfRolePoint *start)
{
    const HfXTable *t = r->t.c->solved->exprs;
    const HfFlow *flow = r->t.c->solved->flows[start->in];
    const HfXNode *data = start->data ? hf_x(t, start->data) : NULL;

    if (!flow || flow->skip || !data ||
        joined_between(r, u, flow, start->event)) {
        return;
    }
    check_frees_after(r, u, start, flow);
    if (data->kind == HF_X_ADDR &&
        hf_x(t, hf_x_root(t, start->data))->kind == HF_X_LOCAL &&
        !role_of(r, u)->joins->len && flow->returns_at_all &&
        !ends_program(r, flow) &&
        !waits_between(r, flow, start->event, UINT32_MAX)) {
        Fault k = { .thread = u, .flow = flow, .event = start->event,
                    .other = start->event, .shape = STACK_GONE,
                    .sure = TRUE };
        HfSeen use;

        k.use = first_use(r, start, &use);
        if (k.use) {
            report(r, &k);
        }
    }
}

/* ---- elsewhere ---------------------------------------------------------- */

static void check_elsewhere(Run *r, const HfThreadUse *u, const HfGone *gone)
{
    const HfCall *call = hf_flow_call(gone->flow, gone->event);
    Fault k = { .thread = u, .flow = gone->flow, .event = gone->event,
                .gone = *gone, .shape = ELSEWHERE };
    HfAccess a = { .event = gone->event, .must = call->must,
                   .kind = HF_EV_WRITE, .path = gone->object };
    HfSeen here = { gone->flow, &a };
    const HfXTable *t = r->t.c->solved->exprs;

    if (hf_x(t, hf_x_root(t, gone->object))->kind != HF_X_GLOBAL ||
        role_of(r, u)->joins->len) {
        return; /* which object it is, or what came before, is not known */
    }
    k.use = hf_teardown_use(u, gone, &k.sure);
    if (k.use && k.sure &&
        hf_use_alias(r->t.c, &here, k.use) == HF_ALIAS_YES &&
        hf_use_meet(r->t.c, r->t.phases, &here, k.use).verdict ==
            HF_PARALLEL_YES) {
        report(r, &k);
    }
}

/* What the function frees by a name that others may know. */
static GArray *find_freed(Run *r, const HfFlow *flow)
{
    GArray *all = g_array_new(FALSE, FALSE, sizeof(HfGone));
    HfGone gone;

    for (guint i = 0; !hf_check_exempt(r->t.c, flow) &&
                      i < flow->calls->len; i++) {
        if (hf_teardown_gone(&r->t, flow,
                             g_array_index(flow->calls, HfCall, i).event,
                             &gone) &&
            gone.how == HF_GONE_FREED && gone.key) {
            g_array_append_val(all, gone);
        }
    }
    return all;
}

/* ---- the checker -------------------------------------------------------- */

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Run *r = data;
    GArray *freed = find_freed(r, flow);

    (void)c;
    for (guint i = 0; i < r->t.threads->len; i++) {
        const HfThreadUse *u = g_ptr_array_index(r->t.threads, i);

        check_order(r, u, flow);
        for (guint k = 0; k < freed->len && !u->joins[flow->sym]; k++) {
            check_elsewhere(r, u, &g_array_index(freed, HfGone, k));
        }
    }
    g_array_unref(freed);
}

static void run_teardown(HfCheck *c)
{
    Run r = { .told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                            NULL) };

    hf_teardown_init(&r.t, c);
    hf_check_each_flow(c, check_flow, &r);
    for (guint i = 0; i < r.t.threads->len; i++) {
        const HfThreadUse *u = g_ptr_array_index(r.t.threads, i);
        const GArray *starts = role_of(&r, u)->starts;

        for (guint k = 0; k < starts->len; k++) {
            check_start(&r, u, &g_array_index(starts, HfRolePoint, k));
        }
    }
    hf_teardown_clear(&r.t);
    g_hash_table_unref(r.told);
}

const HfChecker hf_checker_teardown_race = {
    .name = "TEARDOWN_RACE",
    .summary = "freed or destroyed while a thread may still use it",
    .cwe = 416,
    .impact = HF_IMPACT_HIGH,
    .run = run_teardown,
};
