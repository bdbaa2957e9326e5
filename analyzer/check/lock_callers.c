/* SPDX-License-Identifier: MIT */
/*
 * Whether callers hold a lock.  Entry contexts answer for what every caller
 * has in common; here each call site is looked at by itself, so that one that
 * differs from the others can be told.
 */
#include "check/lock.h"

/* How far up the call graph a lock is looked for. */
#define MAX_UP 6
#define MAX_SITES 64
/* The same for one whose object callers have no name for. */
#define MAX_UNNAMED 1

static HfX in_caller(const HfCheck *c, const HfFlow *g, const HfCall *call,
                     HfX lock)
{
    const HfSolved *s = c->solved;
    HfX x = hf_call_named(s, g, call, lock);

    return x ? hf_contract_canonical(s->contracts, x) : 0;
}

/* A member or variable points to it: which lock that is, whoever made the
 * object knows. */
static gboolean is_pointed_to(const HfCheck *c, HfX lock)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *n = lock ? hf_x(t, lock) : NULL;

    return n && n->kind == HF_X_DEREF &&
           (hf_x(t, n->parent)->kind == HF_X_FIELD ||
            hf_x(t, n->parent)->kind == HF_X_GLOBAL);
}

gboolean hf_lock_alias_held(const HfCheck *c, HfHolds holds, HfX lock)
{
    gboolean any = is_pointed_to(c, lock);
    gpointer kind = hf_lock_kind(c, lock);
    const HfHold *rows;
    guint n;

    rows = hf_holds(c->solved, holds, &n);
    for (guint i = 0; i < n; i++) {
        gpointer other = hf_lock_kind(c, rows[i].lock);

        if (rows[i].now == HF_HOLD_HELD && rows[i].lock != lock &&
            (!other || !kind || other == kind || any ||
             is_pointed_to(c, rows[i].lock)) &&
            !hf_contract_cap_rule(c->solved->contracts, rows[i].lock)) {
            return TRUE;
        }
    }
    return FALSE;
}

typedef enum {
    SITE_HELD,
    SITE_ABSENT,
    SITE_UNHELD,
    SITE_CALLBACK, /* a root that something unknown calls */
    SITE_OPEN,
    SITE_ALIAS, /* no telling, but one like it is held */
} Site;

static Site entry_holds(const HfCheck *c, const HfFlow *flow, HfX lock,
                        int up);

/* Not because a callee is believed to have given it back and taken it. */
static gboolean really_held(const HfHold *h)
{
    return h && h->now == HF_HOLD_HELD &&
           (~h->flags & (HF_HOLD_ASSUMED | HF_HOLD_DROPPED));
}

/* lock: as the callee names it. */
static Site site_holds(const HfCheck *c, const HfFlow *g, const HfCall *call,
                       HfX lock, int up)
{
    const HfSolved *s = c->solved;
    HfX x = in_caller(c, g, call, lock);
    const HfHold *must, *may;

    if (!x) {
        return hf_lock_alias_held(c, call->may, lock) ? SITE_ALIAS
                                                      : SITE_OPEN;
    }
    must = hf_holds_find(s, call->must, x);
    may = hf_holds_find(s, call->may, x);
    if (really_held(must) || really_held(may)) {
        return SITE_HELD;
    }
    if (hf_lock_alias_held(c, call->may, x)) {
        return SITE_ALIAS;
    }
    if (must && must->now == HF_HOLD_ABSENT) {
        return SITE_ABSENT;
    }
    if (hf_x(s->exprs, x)->local) {
        return SITE_OPEN; /* an object only this function names */
    }
    return entry_holds(c, g, x, up + 1);
}

static Site by_contexts(const HfCheck *c, const HfFlow *flow, HfX lock)
{
    gboolean all_absent = flow->contexts->len > 0;

    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);
        HfTri tri = hf_held(c->solved, flow, ctx, 0, lock, NULL);

        if (tri == HF_HELD) {
            return SITE_HELD;
        }
        if (tri != HF_ABSENT) {
            all_absent = FALSE;
        }
    }
    if (all_absent) {
        return SITE_ABSENT;
    }
    /* a lock with a name of its own may be held by whoever runs us */
    return hf_contract_cap_rule(c->solved->contracts, lock)
               ? SITE_OPEN : SITE_UNHELD;
}

/* ---- answers found before ------------------------------------------------ */

/* Many ways lead up to the same few functions. */
typedef struct {
    HfSymId sym;
    HfX lock;
    int up;
} Question;

static guint question_hash(gconstpointer key)
{
    const Question *q = key;

    return (q->sym * 31 + q->lock) * 31 + q->up;
}

static gboolean question_equal(gconstpointer a, gconstpointer b)
{
    const Question *x = a, *y = b;

    return x->sym == y->sym && x->lock == y->lock && x->up == y->up;
}

GHashTable *hf_lock_callers_memo_new(void)
{
    return g_hash_table_new_full(question_hash, question_equal, g_free, NULL);
}

static Site ask_entry(const HfCheck *c, const HfFlow *flow, HfX lock, int up);

/* Does any caller hold it when it enters flow? */
static Site entry_holds(const HfCheck *c, const HfFlow *flow, HfX lock, int up)
{
    const Question q = { flow->sym, lock, up };
    gpointer known = g_hash_table_lookup(c->callers, &q);
    Site site;

    if (known) {
        return GPOINTER_TO_INT(known) - 1;
    }
    site = ask_entry(c, flow, lock, up);
    g_hash_table_insert(c->callers, g_memdup2(&q, sizeof(q)),
                        GINT_TO_POINTER(site + 1));
    return site;
}

static Site ask_entry(const HfCheck *c, const HfFlow *flow, HfX lock, int up)
{
    const HfProgram *p = c->program;
    const GArray *sites = p->callers[flow->sym];
    Site all = by_contexts(c, flow, lock);

    if (all == SITE_HELD || up > MAX_UP) {
        return all == SITE_HELD ? SITE_HELD : SITE_OPEN;
    }
    if (!sites) {
        if (all == SITE_UNHELD &&
            HF_PROGRAM_SYM(p, flow->sym)->address_taken) {
            return SITE_CALLBACK;
        }
        return all;
    }
    for (guint i = 0; i < sites->len && i < MAX_SITES; i++) {
        const HfCallSite *cs = &g_array_index(sites, HfCallSite, i);
        const HfFlow *g = c->solved->flows[cs->caller];
        const HfCall *call =
            g && g != flow ? hf_flow_call(g, cs->event - g->fn->first_event)
                           : NULL;
        Site one;

        if (!call) {
            continue;
        }
        one = site_holds(c, g, call, lock, up);
        if (one == SITE_HELD) {
            return SITE_HELD;
        }
        all = MAX(all, one);
    }
    return all;
}

void hf_lock_callers(const HfCheck *c, HfSymId sym, HfX lock,
                     HfCallerHolds *out)
{
    const HfFlow *flow = c->solved->flows[sym];
    const GArray *sites = c->program->callers[sym];

    *out = (HfCallerHolds){ 0 };
    if (flow) {
        Site entry = by_contexts(c, flow, lock);

        out->entry = entry == SITE_HELD     ? HF_HELD
                     : entry == SITE_ABSENT ? HF_ABSENT
                                            : HF_UNSURE;
    }
    for (guint i = 0; sites && i < sites->len && i < MAX_SITES; i++) {
        const HfCallSite *cs = &g_array_index(sites, HfCallSite, i);
        const HfFlow *g = c->solved->flows[cs->caller];
        const HfCall *call =
            g ? hf_flow_call(g, cs->event - g->fn->first_event) : NULL;
        Site site;

        if (!call) {
            continue;
        }
        out->n++;
        site = site_holds(c, g, call, lock, 0);
        if (site == SITE_HELD && !out->held++) {
            out->example = g;
            out->example_event = call->event;
        } else if (site < SITE_OPEN && site != SITE_HELD && !out->missing) {
            out->missing = g;
            out->missing_event = call->event;
        }
        out->absent += site == SITE_ABSENT;
        out->unheld += site == SITE_UNHELD;
        out->callback += site == SITE_CALLBACK;
        out->open += site >= SITE_CALLBACK;
        out->aliased += site == SITE_ALIAS;
    }
}

/* ---- giving back -------------------------------------------------------- */

/* The callee takes it first, so that it gives back its own: who calls it with
 * the lock held waits for itself. */
static gboolean takes_first(const HfFlow *g, const HfLockOp *op)
{
    for (guint i = 0; op->via && i < g->relocks->len; i++) {
        const HfLockOp *o = &g_array_index(g->relocks, HfLockOp, i);

        if (o->event == op->event && o->lock == op->lock) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean releases(const HfCheck *c, const HfFlow *g, HfX lock,
                         uint32_t but)
{
    gpointer kind = hf_lock_kind(c, lock);

    for (guint i = 0; i < g->lock_ops->len; i++) {
        const HfLockOp *op = &g_array_index(g->lock_ops, HfLockOp, i);

        if (op->kind != HF_LOCK_RELEASE || op->event == but ||
            takes_first(g, op)) {
            continue;
        }
        /* the same member, named otherwise since: no reason to complain */
        if (op->lock == lock || (kind && hf_lock_kind(c, op->lock) == kind)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean leaves_held(const HfCheck *c, const HfFlow *g, HfX lock)
{
    for (guint i = 0; i < g->leaves->len; i++) {
        const HfLeave *v = &g_array_index(g->leaves, HfLeave, i);
        const HfHold *h = hf_holds_find(c->solved, v->holds, lock);

        if (h && h->now == HF_HOLD_HELD && h->delta > 0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The caller leaves it held, too; does one of its own callers release it? */
static gboolean released_above(const HfCheck *c, const HfFlow *g, HfX lock,
                               int up)
{
    const GArray *sites = c->program->callers[g->sym];

    for (guint i = 0; up < MAX_UP && sites && i < sites->len &&
                      i < MAX_SITES; i++) {
        const HfCallSite *cs = &g_array_index(sites, HfCallSite, i);
        const HfFlow *h = c->solved->flows[cs->caller];
        const HfCall *call =
            h && h != g ? hf_flow_call(h, cs->event - h->fn->first_event)
                        : NULL;
        HfX x = call ? in_caller(c, h, call, lock) : 0;

        if (x && (releases(c, h, x, call->event) ||
                  (leaves_held(c, h, x) &&
                   released_above(c, h, x, up + 1)))) {
            return TRUE;
        }
    }
    return FALSE;
}

/* The object has no name in the caller; is any lock of the kind given back
 * there, or further up? */
static gboolean releases_kind(const HfCheck *c, const HfFlow *g, HfX lock,
                              const HfCall *call, int up)
{
    const GArray *sites = c->program->callers[g->sym];

    if (!hf_lock_kind(c, lock) || g->skip ||
        releases(c, g, lock, call->event)) {
        return TRUE;
    }
    for (guint i = 0; sites && i < sites->len && i < MAX_SITES; i++) {
        const HfCallSite *cs = &g_array_index(sites, HfCallSite, i);
        const HfFlow *h = c->solved->flows[cs->caller];
        const HfCall *above =
            h && h != g ? hf_flow_call(h, cs->event - h->fn->first_event)
                        : NULL;

        if (above && up < MAX_UNNAMED &&
            releases_kind(c, h, lock, above, up + 1)) {
            return TRUE;
        }
    }
    return FALSE;
}

void hf_lock_caller_release(const HfCheck *c, HfSymId sym, HfX lock,
                            HfCallerRelease *out)
{
    const GArray *sites = c->program->callers[sym];

    *out = (HfCallerRelease){ 0 };
    for (guint i = 0; sites && i < sites->len && i < MAX_SITES; i++) {
        const HfCallSite *cs = &g_array_index(sites, HfCallSite, i);
        const HfFlow *g = c->solved->flows[cs->caller];
        const HfCall *call =
            g ? hf_flow_call(g, cs->event - g->fn->first_event) : NULL;
        HfX x;

        if (!call || cs->caller == sym) {
            continue;
        }
        out->n++;
        x = in_caller(c, g, call, lock);
        if (!x && !releases_kind(c, g, lock, call, 0)) {
            out->unnamed++;
        } else if (!x || g->skip || releases(c, g, x, call->event)) {
            out->released++;
        } else if (x && leaves_held(c, g, x)) {
            out->passed_on++;
            out->released += released_above(c, g, x, 0);
        }
    }
}

gboolean hf_lock_is_root(const HfFlow *flow)
{
    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(flow->contexts, HfContext, i);

        if (ctx->parent || !ctx->complete) {
            return FALSE;
        }
    }
    return flow->contexts->len > 0;
}
