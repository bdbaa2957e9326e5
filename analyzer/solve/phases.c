/* SPDX-License-Identifier: MIT */
#include "solve/phases.h"
#include "solve/blocks.h"
#include "solve/roles.h"
#include "solve/taken.h"

#include <string.h>

/* Calls followed up from a context to its root. */
#define MAX_LEVELS 64

/* What may be at a point: a set. */
enum {
    NOT_YET = 1u << 0,
    RUNNING = 1u << 1,
    ENDED = 1u << 2,
};

/* One role's threads, seen from the one that starts them. */
typedef struct {
    int starter;      /* role, -1: cannot be told */
    guint8 *entry;    /* by HfSymId: what may be when the starter enters it */
    guint8 *does;     /* by HfSymId: DOES_START, DOES_JOIN, callees included */
} Life;

enum { DOES_START = 1, DOES_JOIN = 2 };

struct HfPhases {
    const HfSolved *s;
    Life **lives; /* by role, NULL until asked for; the last is anyone's */
    HfRole anyone; /* starts: whatever makes code run beside its caller */
    int first;     /* role of the thread that the program begins with, -1 */
    HfTaken *taken;      /* NULL until asked for */
    GHashTable *unknown; /* HfSymId -> Callback */
};

/* A function that something unknown calls: it "starts" where its address is
 * taken. */
typedef struct {
    HfRole role; /* starts: borrowed */
    Life *life;
    gboolean asking; /* whether it can be called is being worked out */
} Callback;

/* The role of main(), if that is nothing that something else starts. */
static int first_role(const HfSolved *s)
{
    for (guint i = 0; i < s->roles->len; i++) {
        const HfRole *role = &g_array_index(s->roles, HfRole, i);

        for (guint k = 0; role->unique && !role->starts->len &&
                          k < role->entries->len; k++) {
            if (strcmp(HF_PROGRAM_SYM(s->program,
                                      g_array_index(role->entries, HfSymId,
                                                    k))->name, "main") == 0) {
                return (int)i;
            }
        }
    }
    return -1;
}

/* Callbacks of event loops run in whoever loops, not beside. */
static gboolean runs_beside(HfRunKind run)
{
    return run == HF_RUN_THREAD || run == HF_RUN_POOL || run == HF_RUN_RCU;
}

static void collect_anyone(HfPhases *ph)
{
    const GArray *order = ph->s->program->functions;

    ph->anyone.starts = g_array_new(FALSE, FALSE, sizeof(HfRolePoint));
    ph->anyone.joins = g_array_new(FALSE, FALSE, sizeof(HfRolePoint));
    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f = ph->s->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; k < f->calls->len; k++) {
            const HfCall *call = &g_array_index(f->calls, HfCall, k);
            const HfEvent *e = hf_flow_event(f, call->event);
            const HfContract *c =
                e->kind == HF_EV_CALL
                    ? hf_contract_of(ph->s->contracts,
                                     f->unit->symbols[e->sym]) : NULL;

            for (guint n = 0; HF_CONTRACT_HAS(c, HF_EFF_CALLBACK) &&
                              n < c->clauses->len; n++) {
                const HfClause *cl = &g_array_index(c->clauses, HfClause, n);
                HfRolePoint p = { .in = f->sym, .event = call->event };

                if (cl->kind == HF_EFF_CALLBACK &&
                    runs_beside(cl->effect->run)) {
                    g_array_append_val(ph->anyone.starts, p);
                    break;
                }
            }
        }
    }
}

static void life_free(Life *life)
{
    if (life) {
        g_free(life->entry);
        g_free(life->does);
        g_free(life);
    }
}

static void callback_free(gpointer data)
{
    Callback *cb = data;

    life_free(cb->life);
    g_array_unref(cb->role.joins);
    g_free(cb);
}

HfPhases *hf_phases_new(const HfSolved *s)
{
    HfPhases *ph = g_new0(HfPhases, 1);

    ph->s = s;
    ph->lives = g_new0(Life *, s->roles->len + 1);
    ph->first = first_role(s);
    ph->unknown = g_hash_table_new_full(NULL, NULL, NULL, callback_free);
    collect_anyone(ph);
    return ph;
}

void hf_phases_free(HfPhases *ph)
{
    if (!ph) {
        return;
    }
    for (guint i = 0; i <= ph->s->roles->len; i++) {
        life_free(ph->lives[i]);
    }
    g_hash_table_unref(ph->unknown);
    hf_taken_free(ph->taken);
    g_array_unref(ph->anyone.starts);
    g_array_unref(ph->anyone.joins);
    g_free(ph->lives);
    g_free(ph);
}

const HfSolved *hf_phases_solved(const HfPhases *ph)
{
    return ph->s;
}

static const HfRole *role_at(const HfPhases *ph, int id)
{
    return (guint)id == ph->s->roles->len
               ? &ph->anyone : &g_array_index(ph->s->roles, HfRole, id);
}

/* ---- who starts them ---------------------------------------------------- */

/* The one role that starts them, if it is there once in the program's life.
 * Callbacks that nobody is seen to call may start them as well where main()
 * does: they come once it has set the program up. */
static int find_starter(const HfPhases *ph, const HfRole *role)
{
    int starter = -1;
    gboolean unknown = FALSE;

    if (role == &ph->anyone) {
        return ph->first;
    }
    for (guint i = 0; i < role->starts->len; i++) {
        const HfRolePoint *p = &g_array_index(role->starts, HfRolePoint, i);
        const HfFlow *f = ph->s->flows[p->in];

        for (guint k = 0; k < f->contexts->len; k++) {
            int r = g_array_index(f->contexts, HfContext, k).role;

            if (r < 0) {
                unknown = TRUE;
            } else if (starter >= 0 && r != starter) {
                return -1;
            } else {
                starter = r;
            }
        }
    }
    if (starter < 0 || (unknown && starter != ph->first) ||
        !role_at(ph, starter)->unique ||
        (role_at(ph, starter)->starts->len &&
         role_at(ph, starter)->count != HF_ROLE_STARTED_ONCE)) {
        return -1;
    }
    return starter;
}

/* Functions that do it, and their callers. */
static void mark_callers(const HfPhases *ph, Life *life, const GArray *points,
                         guint8 what)
{
    GArray *todo = g_array_new(FALSE, FALSE, sizeof(HfSymId));

    for (guint i = 0; i < points->len; i++) {
        HfSymId in = g_array_index(points, HfRolePoint, i).in;

        if (!g_array_index(points, HfRolePoint, i).shared &&
            !(life->does[in] & what)) {
            life->does[in] |= what;
            g_array_append_val(todo, in);
        }
    }
    while (todo->len) {
        HfSymId sym = g_array_index(todo, HfSymId, todo->len - 1);
        const GArray *sites = ph->s->program->callers[sym];

        g_array_set_size(todo, todo->len - 1);
        for (guint i = 0; sites && i < sites->len; i++) {
            HfSymId up = g_array_index(sites, HfCallSite, i).caller;

            if (!(life->does[up] & what)) {
                life->does[up] |= what;
                g_array_append_val(todo, up);
            }
        }
    }
    g_array_unref(todo);
}

/* ---- along one function ------------------------------------------------- */

static gboolean has_point(const GArray *points, HfSymId in, uint32_t event)
{
    for (guint i = 0; i < points->len; i++) {
        const HfRolePoint *p = &g_array_index(points, HfRolePoint, i);

        if (p->in == in && p->event == event && !p->shared) {
            return TRUE;
        }
    }
    return FALSE;
}

typedef struct {
    HfPhases *ph;
    const HfRole *role;
    Life *life;
    const HfFlow *f;
    guint8 *in; /* by block: what may be at its start */
} Walk;

/* With this join, every thread of the role has been joined: each start has its
 * handle joined here, or on a way that leads here. */
static gboolean joins_last(const Walk *w, uint32_t event)
{
    const GArray *starts = w->role->starts, *joins = w->role->joins;

    for (guint i = 0; i < starts->len; i++) {
        const HfRolePoint *start = &g_array_index(starts, HfRolePoint, i);
        gboolean done = FALSE;

        for (guint k = 0; !done && k < joins->len; k++) {
            const HfRolePoint *p = &g_array_index(joins, HfRolePoint, k);

            done = !p->shared &&
                   (hf_handle_same(w->ph->s, &start->handle, &p->handle) ||
                    hf_handle_same(w->ph->s, &start->kept, &p->handle)) &&
                   (p->in != w->f->sym || p->event == event ||
                    hf_event_before(w->f, p->event, event));
        }
        if (!done) {
            return FALSE;
        }
    }
    return TRUE;
}

/* What a callee that starts or joins somewhere leaves behind. */
static guint8 after_callee(const Walk *w, const HfCall *call, guint8 before)
{
    const HfSymId *targets;
    HfFieldId slot;
    guint n = hf_call_targets(w->ph->s, w->f, call, &targets, &slot);
    guint8 after = before;

    for (guint i = 0; i < n; i++) {
        if (w->life->does[targets[i]] & DOES_START) {
            after |= RUNNING;
        } else if (w->life->does[targets[i]] & DOES_JOIN && n == 1) {
            after = ENDED;
        }
    }
    return after;
}

/* run(function): starts threads that run it, and joins them. */
static gboolean waits_itself(const Walk *w, const HfEvent *e)
{
    HfSymId callee =
        e->kind == HF_EV_CALL ? w->f->unit->symbols[e->sym] : 0;

    for (guint i = 0; callee && i < w->role->joins->len; i++) {
        if (g_array_index(w->role->joins, HfRolePoint, i).in == callee) {
            return TRUE;
        }
    }
    return FALSE;
}

static guint8 after_event(const Walk *w, uint32_t event, guint8 before)
{
    const HfEvent *e = hf_flow_event(w->f, event);
    const HfCall *call;

    if (e->kind != HF_EV_CALL && e->kind != HF_EV_CALL_INDIRECT) {
        return before;
    }
    if (has_point(w->role->starts, w->f->sym, event)) {
        return waits_itself(w, e) ? ENDED : RUNNING;
    }
    if (has_point(w->role->joins, w->f->sym, event)) {
        return joins_last(w, event) ? ENDED : before;
    }
    call = hf_flow_call(w->f, event);
    return call ? after_callee(w, call, before) : before;
}

static guint8 through_block(const Walk *w, guint block, uint32_t until,
                            guint8 now)
{
    const HfBlock *b =
        &w->f->unit->facts->blocks[w->f->fn->first_block + block];
    uint32_t first = b->first_event - w->f->fn->first_event;

    for (uint32_t e = first; e < first + b->n_events && e < until; e++) {
        now = after_event(w, e, now);
    }
    return now;
}

/* A loop that joins thread after thread has joined them all when it is left,
 * however often it ran. */
static gboolean joins_in_loop(const Walk *w, guint header)
{
    const HfFacts *facts = w->f->unit->facts;
    const HfBlock *h = &facts->blocks[w->f->fn->first_block + header];

    for (guint i = 0; i < w->role->joins->len; i++) {
        const HfRolePoint *p = &g_array_index(w->role->joins, HfRolePoint, i);

        if (p->in == w->f->sym && !p->shared && h->n_events &&
            hf_event_in_loop(w->f, p->event) &&
            hf_event_before(w->f, h->first_event - w->f->fn->first_event,
                            p->event) &&
            hf_event_before(w->f, p->event,
                            h->first_event - w->f->fn->first_event)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_loop_header(const Walk *w, guint block)
{
    const HfFacts *facts = w->f->unit->facts;

    for (guint i = 0; i < w->f->fn->n_blocks; i++) {
        const HfBlock *b = &facts->blocks[w->f->fn->first_block + i];

        for (guint k = 0; k < b->n_edges; k++) {
            const HfEdge *e = &facts->edges[b->first_edge + k];

            if (e->flags & HF_EDGE_BACK &&
                e->to - w->f->fn->first_block == block) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static void walk_blocks(Walk *w)
{
    const HfFacts *facts = w->f->unit->facts;
    guint n = w->f->fn->n_blocks;
    gboolean *joiner = g_new0(gboolean, n);
    gboolean again = TRUE;

    for (guint i = 0; i < n; i++) {
        joiner[i] = is_loop_header(w, i) && joins_in_loop(w, i);
    }
    w->in[0] = w->life->entry[w->f->sym];
    while (again) {
        again = FALSE;
        for (guint i = 0; i < n; i++) {
            const HfBlock *b = &facts->blocks[w->f->fn->first_block + i];
            guint8 out;

            if (!w->in[i]) {
                continue;
            }
            out = through_block(w, i, UINT32_MAX, w->in[i]);
            if (joiner[i] && out & RUNNING) {
                out = ENDED;
            }
            for (guint k = 0; k < b->n_edges; k++) {
                guint to = facts->edges[b->first_edge + k].to -
                           w->f->fn->first_block;

                again |= (out & ~w->in[to]) != 0;
                w->in[to] |= out;
            }
        }
    }
    g_free(joiner);
}

static Walk walk_new(HfPhases *ph, const HfRole *role, Life *life,
                     const HfFlow *f)
{
    Walk w = { ph, role, life, f, NULL };

    if (life->does[f->sym]) {
        w.in = g_new0(guint8, f->fn->n_blocks);
        walk_blocks(&w);
    }
    return w;
}

static guint8 at_event(const Walk *w, uint32_t event)
{
    const HfFacts *facts = w->f->unit->facts;

    if (!w->in) {
        return w->life->entry[w->f->sym];
    }
    for (guint i = 0; i < w->f->fn->n_blocks; i++) {
        const HfBlock *b = &facts->blocks[w->f->fn->first_block + i];
        uint32_t first = b->first_event - w->f->fn->first_event;

        if (event >= first && event < first + b->n_events) {
            return through_block(w, i, event, w->in[i]);
        }
    }
    return NOT_YET | RUNNING | ENDED;
}

/* ---- along calls -------------------------------------------------------- */

static void visit(HfPhases *ph, const HfRole *role, Life *life, HfSymId sym,
                  GQueue *todo)
{
    const HfFlow *f = ph->s->flows[sym];
    Walk w = walk_new(ph, role, life, f);

    for (guint i = 0; i < f->calls->len; i++) {
        const HfCall *call = &g_array_index(f->calls, HfCall, i);
        guint8 now = at_event(&w, call->event) |
                     (has_point(role->starts, sym, call->event)
                          ? RUNNING : 0);
        const HfSymId *targets;
        HfFieldId slot;
        guint n = hf_call_targets(ph->s, f, call, &targets, &slot);
        GArray *also = hf_call_runs_now(ph->s, f, call);

        for (guint k = 0; k < n + (also ? also->len : 0); k++) {
            HfSymId to = k < n ? targets[k]
                               : g_array_index(also, HfSymId, k - n);

            if (ph->s->flows[to] && now & ~life->entry[to]) {
                life->entry[to] |= now;
                g_queue_push_tail(todo, GUINT_TO_POINTER(to));
            }
        }
        if (also) {
            g_array_unref(also);
        }
    }
    g_free(w.in);
}

static Life *life_new(HfPhases *ph, const HfRole *role, int by)
{
    const HfRole *starter;
    Life *life = g_new0(Life, 1);
    GQueue todo = G_QUEUE_INIT;

    life->starter = by;
    if (by < 0 || role_at(ph, by) == role) {
        life->starter = -1;
        return life;
    }
    life->entry = g_new0(guint8, ph->s->program->symbols->len);
    life->does = g_new0(guint8, ph->s->program->symbols->len);
    mark_callers(ph, life, role->starts, DOES_START);
    mark_callers(ph, life, role->joins, DOES_JOIN);
    starter = role_at(ph, life->starter);
    for (guint i = 0; i < starter->entries->len; i++) {
        HfSymId entry = g_array_index(starter->entries, HfSymId, i);
        /* callbacks come at any time */
        guint8 now = ph->s->runs[entry] == 1u << HF_RUN_THREAD
                         ? NOT_YET : NOT_YET | RUNNING | ENDED;

        life->entry[entry] |= now;
        g_queue_push_tail(&todo, GUINT_TO_POINTER(entry));
    }
    while (!g_queue_is_empty(&todo)) {
        visit(ph, role, life, GPOINTER_TO_UINT(g_queue_pop_head(&todo)),
              &todo);
    }
    return life;
}

static guint8 in_life(HfPhases *ph, const HfRole *role, Life *life,
                      int in_role, const HfFlow *flow, uint32_t event)
{
    guint8 now;
    Walk w;

    if (life->starter < 0 || life->starter != in_role) {
        return 0;
    }
    w = walk_new(ph, role, life, flow);
    now = at_event(&w, event);
    g_free(w.in);
    return now;
}

static Life *life_of(HfPhases *ph, int id)
{
    if (!ph->lives[id]) {
        const HfRole *role = role_at(ph, id);

        ph->lives[id] = life_new(ph, role, find_starter(ph, role));
    }
    return ph->lives[id];
}

/* What may be, of threads of the role; 0: it cannot be told. */
static guint8 now_at(HfPhases *ph, int id, int in_role, const HfFlow *flow,
                     uint32_t event)
{
    return in_life(ph, role_at(ph, id), life_of(ph, id), in_role, flow, event);
}

/* ---- threads that threads start ----------------------------------------- */

/* The starter does not end before it has joined what it started. */
static gboolean starter_waits(HfPhases *ph, int id, Life *life)
{
    const HfRole *starter = role_at(ph, life->starter);

    for (guint i = 0; i < starter->entries->len; i++) {
        HfSymId entry = g_array_index(starter->entries, HfSymId, i);
        Walk w = walk_new(ph, role_at(ph, id), life, ph->s->flows[entry]);
        guint8 now = w.in ? through_block(&w, 1, UINT32_MAX, w.in[1])
                          : life->entry[entry];

        g_free(w.in);
        if (now & RUNNING || !now) {
            return FALSE;
        }
    }
    return starter->entries->len != 0;
}

#define MAX_STARTERS 4

static HfPhase phase(HfPhases *ph, int id, int in_role, const HfFlow *flow,
                     uint32_t event, guint depth)
{
    Life *life = life_of(ph, id);
    HfPhase above;

    if (life->starter < 0 || life->starter == in_role ||
        depth == MAX_STARTERS) {
        guint8 now = now_at(ph, id, in_role, flow, event);

        return !now || now & RUNNING ? HF_PHASE_ALIVE
               : now & ENDED         ? HF_PHASE_JOINED
                                     : HF_PHASE_BEFORE;
    }
    above = phase(ph, life->starter, in_role, flow, event, depth + 1);
    return above == HF_PHASE_JOINED && !starter_waits(ph, id, life)
               ? HF_PHASE_ALIVE : above;
}

HfPhase hf_phase(HfPhases *ph, int role, int in_role, const HfFlow *flow,
                 uint32_t event)
{
    return phase(ph, role, in_role, flow, event, 0);
}

gboolean hf_phase_alone(HfPhases *ph, int in_role, const HfFlow *flow,
                        uint32_t event)
{
    /* who never starts any has them started in ways that are not known */
    return in_role >= 0 && in_role == ph->first && ph->anyone.starts->len &&
           now_at(ph, (int)ph->s->roles->len, in_role, flow, event) ==
               NOT_YET;
}

/* ---- callbacks of whom nobody knows -------------------------------------- */

static Callback *callback_of(HfPhases *ph, HfSymId sym)
{
    Callback *cb = g_hash_table_lookup(ph->unknown, GUINT_TO_POINTER(sym));

    if (!cb) {
        ph->taken = ph->taken ? ph->taken : hf_taken_new(ph->s);
        cb = g_new0(Callback, 1);
        cb->role.starts = (GArray *)hf_taken_points(ph->taken, sym);
        cb->role.joins = g_array_new(FALSE, FALSE, sizeof(HfRolePoint));
        if (cb->role.starts) {
            cb->life = life_new(ph, &cb->role, ph->first);
        }
        g_hash_table_insert(ph->unknown, GUINT_TO_POINTER(sym), cb);
    }
    return cb;
}

/* No other thread or callback that takes the address can be there yet. */
static gboolean takers_come_later(HfPhases *ph, const GArray *points,
                                  const HfFlow *flow, uint32_t event)
{
    for (guint i = 0; i < points->len; i++) {
        const HfRolePoint *p = &g_array_index(points, HfRolePoint, i);
        const HfFlow *f = ph->s->flows[p->in];

        for (guint k = 0; k < f->contexts->len; k++) {
            const HfContext *ctx = &g_array_index(f->contexts, HfContext, k);

            if (ctx->role == ph->first) {
                continue;
            }
            if (ctx->role < 0
                    ? !hf_phase_uncallable(ph, f, ctx, ph->first, flow, event)
                    : hf_phase(ph, ctx->role, ph->first, flow, event) !=
                          HF_PHASE_BEFORE) {
                return FALSE;
            }
        }
    }
    return TRUE;
}

static HfSymId root_of(const HfPhases *ph, const HfFlow *flow,
                       const HfContext *ctx)
{
    for (guint i = 0; ctx->parent && i < MAX_LEVELS; i++) {
        flow = ph->s->flows[ctx->parent];
        ctx = &g_array_index(flow->contexts, HfContext, ctx->parent_context);
    }
    return flow->sym;
}

gboolean hf_phase_uncallable(HfPhases *ph, const HfFlow *callee,
                             const HfContext *ctx, int in_role,
                             const HfFlow *flow, uint32_t event)
{
    Callback *cb;
    gboolean yes;

    if (ctx->role >= 0 || in_role < 0 || in_role != ph->first) {
        return FALSE;
    }
    cb = callback_of(ph, root_of(ph, callee, ctx));
    if (!cb->life || cb->asking) {
        return cb->asking;
    }
    cb->asking = TRUE;
    yes = in_life(ph, &cb->role, cb->life, in_role, flow, event) == NOT_YET &&
          takers_come_later(ph, cb->role.starts, flow, event);
    cb->asking = FALSE;
    return yes;
}

/* ---- two lives ---------------------------------------------------------- */

/* At no start of a's threads is one of b's there. */
static gboolean none_at_starts(HfPhases *ph, int a, int b)
{
    const HfRole *role = role_at(ph, a);

    for (guint i = 0; i < role->starts->len; i++) {
        const HfRolePoint *p = &g_array_index(role->starts, HfRolePoint, i);
        const HfFlow *f = ph->s->flows[p->in];

        for (guint k = 0; k < f->contexts->len; k++) {
            int r = g_array_index(f->contexts, HfContext, k).role;

            if (r < 0 || r == b ||
                hf_phase(ph, b, r, f, p->event) == HF_PHASE_ALIVE) {
                return FALSE;
            }
        }
        if (!f->contexts->len) {
            return FALSE;
        }
    }
    return role->starts->len != 0;
}

gboolean hf_phase_never_meet(HfPhases *ph, int a, int b)
{
    return none_at_starts(ph, a, b) && (a == b || none_at_starts(ph, b, a));
}
