/* SPDX-License-Identifier: MIT */
/*
 * Entry contexts, top-down: from roots (roles, callbacks, functions nobody is
 * seen to call) along every call, first in first out, until nothing is new.
 *
 * Contexts of one function are kept apart by what decides verdicts: named
 * capabilities, role, context class, and up to MAX_HELD_SETS sets of other
 * locks; what is more is intersected.  Past MAX_CONTEXTS new ones are weakened
 * into the last, which can only make the checkers more silent.
 */
#include "solve/loops.h"
#include "solve/own_args.h"
#include "solve/roles.h"

#include <string.h>

#define MAX_CONTEXTS 16
#define MAX_HELD_SETS 3
#define MAX_HELD 16
/* Contexts that a function may have before constants in calls no longer keep
 * them apart. */
#define MAX_SPECIAL_FROM 12

typedef struct {
    HfSymId sym;
    uint32_t context;
} Item;

typedef struct {
    HfSolved *s;
    GQueue queue;  /* Item */
    guint64 all;   /* mask of all capabilities */
    int coroutine; /* capability index, -1 none */
    guint64 belief_held, belief_absent; /* at unknown roots */
    gboolean *own; /* by HfSymId: its first parameter's object is its own */
    int *alone; /* by HfSymId: the one role that gets there, -1 any */
} Run;

static void imply(Run *r, HfContext *c)
{
    const GPtrArray *caps = r->s->program->rules->caps;

    for (guint i = 0; i < caps->len; i++) {
        const HfCapRule *cap = g_ptr_array_index(caps, i);

        for (guint k = 0; (c->caps >> i & 1) && cap->implies &&
                          k < cap->implies->len; k++) {
            int also = hf_contract_cap(r->s->contracts,
                                       g_ptr_array_index(cap->implies, k));

            if (also >= 0) {
                c->caps |= 1ull << also;
            }
        }
    }
    c->absent &= ~c->caps;
}

/* ---- entering a function ------------------------------------------------ */

/* What the function asserts itself it is believed.  What those assert that it
 * calls is what it owes them: where it is known to be missing, it stays so. */
static guint64 asserted_by(const HfFlow *f, const HfContext *c)
{
    return f->asserts & (f->asserts_itself | ~c->absent);
}

/* The function's own declaration overrides what callers bring: they are
 * checked against it at the call, not again inside. */
static void settle(Run *r, const HfFlow *f, HfContext *c)
{
    const HfContract *k = hf_contract_of(r->s->contracts, f->sym);

    if (f->cls != HF_CLASS_NONE) {
        c->cls = f->cls;
    }
    if (f->cls == HF_CLASS_GS) {
        int bql = hf_contract_cap(r->s->contracts, "bql");

        if (bql >= 0) {
            c->caps |= 1ull << bql;
        }
    }
    if (r->own[f->sym]) {
        c->fresh_params |= 1;
    }
    c->caps |= asserted_by(c->special ? c->special : f, c);
    if (r->coroutine >= 0 && (f->coroutine || f->no_coroutine || f->mixed)) {
        guint64 bit = 1ull << r->coroutine;

        c->caps &= ~bit;
        c->absent &= ~bit;
        c->caps |= f->coroutine ? bit : 0;
        c->absent |= f->no_coroutine ? bit : 0;
    }
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if ((cl->kind == HF_EFF_REQUIRES ||
             cl->kind == HF_EFF_REQUIRES_SHARED) && cl->n_locks == 1) {
            const HfXNode *x = hf_x(r->s->exprs, cl->locks[0]);

            if (x->kind == HF_X_CAP) {
                c->caps |= 1ull << x->ref;
            }
        }
    }
    imply(r, c);
}

static HfHolds intersect(HfSolved *s, HfHolds a, HfHolds b)
{
    HfHold out[MAX_HELD * 2];
    guint n, k = 0;
    const HfHold *rows;

    if (a == b) {
        return a;
    }
    rows = hf_holds(s, a, &n);
    for (guint i = 0; i < n && k < G_N_ELEMENTS(out); i++) {
        if (hf_holds_find(s, b, rows[i].lock)) {
            out[k++] = rows[i];
        }
    }
    return hf_holds_intern(s->priv, out, k);
}

static gboolean same_key(const HfContext *a, const HfContext *b)
{
    return a->caps == b->caps && a->absent == b->absent &&
           a->complete == b->complete && a->cls == b->cls &&
           a->role == b->role && a->special == b->special;
}

/* Weaken have to cover c; TRUE when it changed. */
static gboolean absorb(Run *r, HfContext *have, const HfContext *c)
{
    HfContext before = *have;

    have->held = intersect(r->s, have->held, c->held);
    have->caps &= c->caps;
    have->absent &= c->absent;
    have->complete &= c->complete;
    have->fresh_params &= c->fresh_params;
    if (have->special != c->special) {
        have->special = NULL;
    }
    if (have->role != c->role) {
        have->role = -1;
    }
    if (have->cls != c->cls) {
        have->cls = HF_CLASS_NONE;
    }
    return have->held != before.held || have->fresh_params !=
           before.fresh_params || !same_key(have, &before);
}

/* The row that c is or goes into; the end of the table for a new one. */
static guint place_for(const HfFlow *f, const HfContext *c)
{
    guint twins = 0, last = 0;

    for (guint i = 0; i < f->contexts->len; i++) {
        const HfContext *have = &g_array_index(f->contexts, HfContext, i);

        if (!same_key(have, c)) {
            continue;
        }
        if (have->held == c->held) {
            return i;
        }
        last = i;
        twins++;
    }
    if (twins == MAX_HELD_SETS) {
        return last;
    }
    return MIN(f->contexts->len, MAX_CONTEXTS - 1);
}

static void enter(Run *r, HfSymId sym, HfContext c)
{
    HfFlow *f = r->s->flows[sym];
    Item *item;
    guint i;

    if (!f || (r->alone[sym] >= 0 && r->alone[sym] != c.role)) {
        return;
    }
    settle(r, f, &c);
    i = place_for(f, &c);
    if (i == f->contexts->len) {
        g_array_append_val(f->contexts, c);
    } else if (!absorb(r, &g_array_index(f->contexts, HfContext, i), &c)) {
        return;
    }
    item = g_new(Item, 1);
    *item = (Item){ sym, i };
    g_queue_push_tail(&r->queue, item);
}

/* ---- along calls -------------------------------------------------------- */

static void carry_lock(Run *r, HfHold *out, guint *n, HfX lock,
                       const HfHold *from, const HfX *args, guint n_args)
{
    HfX x = hf_x_to_callee(r->s->exprs, lock, args, n_args);

    if (!x || *n == MAX_HELD) {
        return;
    }
    for (guint i = 0; i < *n; i++) {
        if (out[i].lock == x) {
            return;
        }
    }
    out[(*n)++] = (HfHold){ .lock = x, .now = HF_HOLD_HELD,
                            .flags = from->flags & HF_HOLD_SHARED };
}

static gint hold_by_lock(gconstpointer a, gconstpointer b)
{
    const HfHold *x = a, *y = b;

    return x->lock < y->lock ? -1 : x->lock > y->lock;
}

/* What the callee finds held: what was held on entry and not dropped, and
 * what was taken since. */
static void carry(Run *r, const HfFlow *f, const HfContext *c,
                  const HfCall *call, HfContext *next)
{
    const HfX *args = &g_array_index(f->args, HfX, call->first_arg);
    HfHold out[MAX_HELD];
    guint n, k = 0;
    const HfHold *rows = hf_holds(r->s, call->must, &n);

    for (guint i = 0; i < n; i++) {
        const HfXNode *x = hf_x(r->s->exprs, rows[i].lock);

        if (x->kind == HF_X_CAP) {
            guint64 bit = 1ull << x->ref;

            if (rows[i].now == HF_HOLD_HELD) {
                next->caps |= bit;
                next->absent &= ~bit;
            } else if (rows[i].now == HF_HOLD_ABSENT) {
                next->caps &= ~bit;
                next->absent |= bit;
            }
        } else if (rows[i].now == HF_HOLD_HELD) {
            carry_lock(r, out, &k, rows[i].lock, &rows[i], args, call->n_args);
        }
    }
    rows = hf_holds(r->s, c->held, &n);
    for (guint i = 0; i < n; i++) {
        const HfHold *local = hf_holds_find(r->s, call->must, rows[i].lock);

        if (!local || local->now != HF_HOLD_ABSENT) {
            carry_lock(r, out, &k, rows[i].lock, &rows[i], args, call->n_args);
        }
    }
    qsort(out, k, sizeof(out[0]), hold_by_lock);
    next->held = hf_holds_intern(r->s->priv, out, k);
}

static void slot_context(Run *r, HfFieldId slot, HfContext *c)
{
    const HfContract *k = hf_contract_of_field(r->s->contracts, slot);
    const HfSlotRule *rule =
        HF_PROGRAM_FIELD(r->s->program, slot)->slot_rule;

    /* every object of the type shares the slot: that the lock is missing on a
     * way to the call says little about each of those who are called */
    c->n_slots++;
    c->absent &= r->belief_absent;
    if (rule && rule->entry_set && rule->entry == HF_ENTRY_UNKNOWN) {
        *c = (HfContext){ .role = -1, .caps = r->belief_held,
                          .absent = r->belief_absent };
    }
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        guint64 bit = 0;

        if (cl->n_locks == 1 &&
            hf_x(r->s->exprs, cl->locks[0])->kind == HF_X_CAP) {
            bit = 1ull << hf_x(r->s->exprs, cl->locks[0])->ref;
        }
        if (cl->kind == HF_EFF_REQUIRES ||
            cl->kind == HF_EFF_REQUIRES_SHARED) {
            c->caps |= bit;
            c->absent &= ~bit;
        } else if (cl->kind == HF_EFF_EXCLUDES) {
            c->absent |= bit;
            c->caps &= ~bit;
        } else if (cl->kind == HF_EFF_COROUTINE && r->coroutine >= 0) {
            c->caps |= 1ull << r->coroutine;
            c->absent &= ~(1ull << r->coroutine);
        }
    }
}

/* ---- callbacks ---------------------------------------------------------- */

static HfContext callback_context(Run *r, const HfLoopRun *run)
{
    const HfEffect *e = run->callback;
    HfContext c = { .role = hf_role_of_run(r->s, run) };

    if (run->loop) {
        c.caps = hf_caps_named(r->s, run->loop->holds);
        c.absent = hf_loops_caps(r->s) & ~c.caps;
    } else {
        c.caps = hf_caps_named(r->s, e->holds);
    }
    if (!run->loop && (e->run == HF_RUN_THREAD || e->holds_known)) {
        c.complete = TRUE;
        c.absent = r->all & ~c.caps;
    }
    if (r->coroutine >= 0) {
        guint64 bit = 1ull << r->coroutine;

        if (e->run == HF_RUN_COROUTINE) {
            c.caps |= bit;
            c.absent &= ~bit;
        } else if (e->run != HF_RUN_CALL && e->run != HF_RUN_BH) {
            c.absent |= bit & ~c.caps;
        }
    }
    return c;
}

/* Functions that make or take apart the object they are given. */
static void find_own(Run *r)
{
    const HfProgram *p = r->s->program;

    for (guint i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);

        for (guint k = 0; f->slot_rule && f->slot_rule->own && f->targets &&
                          k < f->targets->len; k++) {
            r->own[g_array_index(f->targets, HfSymId, k)] = TRUE;
        }
    }
    for (guint i = 0; i < p->functions->len; i++) {
        const HfFlow *f =
            r->s->flows[g_array_index(p->functions, HfSymId, i)];

        for (guint k = 0; k < f->calls->len; k++) {
            GArray *all = hf_callbacks_of(
                r->s, f, &g_array_index(f->calls, HfCall, k));

            for (guint n = 0; all && n < all->len; n++) {
                const HfCallback *c = &g_array_index(all, HfCallback, n);

                r->own[c->target] |= c->effect->own;
            }
            if (all) {
                g_array_unref(all);
            }
        }
    }
}

static void roots_by_callback(Run *r, const HfFlow *f, const HfCall *call)
{
    GArray *all = hf_loops_runs(r->s, f, call);

    for (guint i = 0; all && i < all->len; i++) {
        const HfLoopRun *run = &g_array_index(all, HfLoopRun, i);

        if (run->callback->run != HF_RUN_CALL) {
            enter(r, run->target, callback_context(r, run));
        }
    }
    if (all) {
        g_array_unref(all);
    }
}

/* ---- the walk ----------------------------------------------------------- */

/* Functions that the callee runs before it returns: what they get from it is
 * not known, so only what is held by name goes along. */
static void visit_callbacks(Run *r, const HfFlow *f, const HfContext *c,
                            const HfCall *call, HfContext next)
{
    HfCall bare = *call;
    GArray *now = hf_call_runs_now(r->s, f, call);

    if (!now) {
        return;
    }
    bare.n_args = 0;
    next.complete = FALSE;
    next.fresh_params = 0;
    carry(r, f, c, &bare, &next);
    for (guint i = 0; i < now->len; i++) {
        enter(r, g_array_index(now, HfSymId, i), next);
    }
    g_array_unref(now);
}

/* Is the target entered by how it was set up, and not through this call?  A
 * wrapper that every thread starts in, a loop that dispatches to all handlers
 * there are, add nothing to what is known of those they call. */
static gboolean set_up_elsewhere(const Run *r, HfFieldId slot, HfSymId target)
{
    const HfSlotRule *rule =
        slot ? HF_PROGRAM_FIELD(r->s->program, slot)->slot_rule : NULL;

    return r->s->thread_role[target] >= 0 ||
           (rule && rule->entry_set && rule->entry == HF_ENTRY_UNKNOWN &&
            r->s->runs[target] & ~(1u << HF_RUN_CALL));
}

/* What constants in the call leave of the callee; NULL: all. */
static const HfFlow *special_for(Run *r, const HfFlow *f, const HfCall *call,
                                 HfSymId target)
{
    const HfFlow *s = hf_special(r->s, target, f->sym,
                                 &g_array_index(f->args, HfX, call->first_arg),
                                 call->n_args, FALSE);

    return s && s->given && s->differs &&
                   r->s->flows[target]->contexts->len < MAX_SPECIAL_FROM
               ? s : NULL;
}

static void visit_call(Run *r, const HfFlow *f, uint32_t ctx,
                       const HfCall *call)
{
    HfContext c = g_array_index(f->contexts, HfContext, ctx);
    HfContext next = {
        .caps = c.caps, .absent = c.absent, .complete = c.complete,
        .cls = c.cls, .role = c.role, .n_slots = c.n_slots,
        .fresh_params = hf_own_args(r->s, f, &c, call), .parent = f->sym,
        .parent_context = ctx, .parent_event = call->event,
    };
    const HfEvent *e = hf_flow_event(f, call->event);
    const HfSymId *targets;
    HfFieldId slot;
    guint n = hf_call_targets(r->s, f, call, &targets, &slot);

    visit_callbacks(r, f, &c, call, next);
    carry(r, f, &c, call, &next);
    if (slot) {
        slot_context(r, slot, &next);
    }
    for (guint i = 0; i < n; i++) {
        if (e->kind != HF_EV_CALL_INDIRECT ||
            !set_up_elsewhere(r, slot, targets[i])) {
            next.special = special_for(r, f, call, targets[i]);
            enter(r, targets[i], next);
        }
    }
}

static void visit(Run *r, HfSymId sym, uint32_t ctx)
{
    const HfFlow *f = r->s->flows[sym];
    const HfContext *c = &g_array_index(f->contexts, HfContext, ctx);

    f = c->special ? c->special : f;
    for (guint i = 0; i < f->calls->len; i++) {
        visit_call(r, f, ctx, &g_array_index(f->calls, HfCall, i));
    }
}

static void drain(Run *r)
{
    Item *item;

    while ((item = g_queue_pop_head(&r->queue))) {
        visit(r, item->sym, item->context);
        g_free(item);
    }
}

/* A new thread has nothing but what its role's rule gives it. */
static void roots_by_role(Run *r)
{
    for (guint i = 0; i < r->s->roles->len; i++) {
        const HfRole *role = &g_array_index(r->s->roles, HfRole, i);
        HfContext c = { .complete = TRUE, .role = (int)i };

        if (role->run != HF_RUN_THREAD) {
            continue;
        }
        if (role->rule) {
c.caps = hf_caps_named(r->s, role->rule->holds);
        }
        if (role->rule && role->rule->in_coroutine && r->coroutine >= 0) {
            c.caps |= 1ull << r->coroutine;
        }
        c.absent = r->all & ~c.caps;
        for (guint k = 0; k < role->entries->len; k++) {
            HfSymId entry = g_array_index(role->entries, HfSymId, k);

            if (r->s->runs[entry] >> HF_RUN_THREAD & 1) {
                enter(r, entry, c);
            }
        }
    }
}

static void each_root_by_callback(Run *r)
{
    const GArray *order = r->s->program->functions;

    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f = r->s->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; k < f->calls->len; k++) {
            roots_by_callback(r, f, &g_array_index(f->calls, HfCall, k));
        }
    }
}

static void unknown_roots(Run *r)
{
    const HfProgram *p = r->s->program;

    for (guint i = 0; i < p->functions->len; i++) {
        HfSymId sym = g_array_index(p->functions, HfSymId, i);

        if (!p->callers[sym] && !hf_role_is_entry(r->s, sym)) {
            enter(r, sym, (HfContext){ .role = -1, .caps = r->belief_held,
                                       .absent = r->belief_absent });
        }
    }
    drain(r);
    /* only reached from one another: recursion without a root */
    for (guint i = p->functions->len; i > 0; i--) {
        HfSymId sym = g_array_index(p->functions, HfSymId, i - 1);

        if (r->s->flows[sym]->contexts->len == 0) {
            r->alone[sym] = -1;
            enter(r, sym, (HfContext){ .role = -1, .caps = r->belief_held,
                                       .absent = r->belief_absent });
            drain(r);
        }
    }
}

static void mark_alone(const HfProgram *p, const char *pattern, int role,
                       int *alone)
{
    for (guint sym = 1; sym < p->symbols->len; sym++) {
        if (g_pattern_match_simple(pattern, HF_PROGRAM_SYM(p, sym)->name)) {
            alone[sym] = role;
        }
    }
}

static int *find_alone(const HfSolved *s)
{
    guint n = s->program->symbols->len;
    int *alone = g_new(int, n);

    for (guint sym = 0; sym < n; sym++) {
        alone[sym] = -1;
    }
    for (guint i = 0; i < s->roles->len; i++) {
        const HfRoleRule *rule = g_array_index(s->roles, HfRole, i).rule;

        for (guint k = 0; rule && k < rule->alone->len; k++) {
            mark_alone(s->program, g_ptr_array_index(rule->alone, k), (int)i,
                       alone);
        }
    }
    return alone;
}

void hf_contexts_run(HfSolved *s)
{
    const GPtrArray *caps = s->program->rules->caps;
    Run r = {
        .s = s, .all = caps->len >= 64 ? ~0ull : (1ull << caps->len) - 1,
        .coroutine = hf_contract_cap(s->contracts, "coroutine"),
        .own = g_new0(gboolean, s->program->symbols->len),
    };

    g_queue_init(&r.queue);
    for (guint i = 0; i < caps->len; i++) {
        const HfCapRule *cap = g_ptr_array_index(caps, i);

        if (cap->unknown_entry == HF_ENTRY_HELD) {
            r.belief_held |= 1ull << i;
        } else if (cap->unknown_entry == HF_ENTRY_ABSENT) {
            r.belief_absent |= 1ull << i;
        }
    }
    hf_roles_collect(s);
    find_own(&r);
    r.alone = find_alone(s);
    roots_by_role(&r);
    each_root_by_callback(&r);
    drain(&r);
    unknown_roots(&r);
    g_free(r.own);
    g_free(r.alone);
}
