/* SPDX-License-Identifier: MIT */
/* What a call of each function may come to; see critical.h. */
#include "check/critical_poll.h"
#include "solve/blocks.h"

#include <string.h>

/* Ways through more function pointers are rarely feasible. */
#define MAX_SLOTS 2
/* The same event with different locks on the way. */
#define MAX_VARIANTS 3
#define MAX_EVENTS 512
#define MAX_HOPS 24
/* Recursion is followed no further than this. */
#define MAX_ROUNDS 6

#define LEAF_EFFECTS                                                        \
    (HF_LOCK_EFFECTS | 1ull << HF_EFF_BLOCKING | 1ull << HF_EFF_MAY_BLOCK | \
     1ull << HF_EFF_WAKES | 1ull << HF_EFF_JOIN |                           \
     1ull << HF_EFF_YIELDS)

/* ---- one function's rows ------------------------------------------------ */

typedef struct {
    HfSymId sym;
    HfX cls, object;
    const char *word;
    uint8_t kind;
} RowKey;

static guint row_hash(gconstpointer key)
{
    const RowKey *k = key;

    return ((k->sym * 31 + k->cls) * 31 + k->object) * 31 + k->kind +
           (k->word ? g_str_hash(k->word) : 0);
}

static gboolean row_equal(gconstpointer a, gconstpointer b)
{
    const RowKey *x = a, *y = b;

    return x->sym == y->sym && x->cls == y->cls && x->object == y->object &&
           x->word == y->word && x->kind == y->kind;
}

static gboolean dominates(const HfCritical *cr, const HfCritEvent *a,
                          const HfCritEvent *b)
{
    return a->n_slots <= b->n_slots && a->wide <= b->wide &&
           (!a->shared || b->shared) &&
           hf_critical_subset(cr, a->absent, b->absent) &&
           hf_critical_subset(cr, a->held, b->held);
}

static gboolean replace(HfCritEvent *have, const HfCritEvent *e)
{
    uint32_t next = have->next;

    *have = *e;
    have->next = next;
    return TRUE;
}

/* TRUE: something new. */
static gboolean add_event(HfCritical *cr, HfSymId sym, const HfCritEvent *e)
{
    RowKey key = { sym, e->cls, e->object, e->word, e->kind };
    GArray *rows = cr->events[sym];
    guint first, n = 0;

    if (e->kind == HF_CRIT_ACQUIRE && e->cls) {
        key.object = 0;
    }
    if (!rows) {
        rows = cr->events[sym] = g_array_new(FALSE, TRUE,
                                             sizeof(HfCritEvent));
    }
    first = GPOINTER_TO_UINT(g_hash_table_lookup(cr->rows, &key));
    for (guint i = first; i; n++) {
        HfCritEvent *have = &g_array_index(rows, HfCritEvent, i - 1);

        i = have->next;
        if (dominates(cr, have, e)) {
            return dominates(cr, e, have) && e->hops < have->hops &&
                   replace(have, e);
        }
        if (dominates(cr, e, have)) {
            return replace(have, e);
        }
    }
    if (n >= MAX_VARIANTS || rows->len >= MAX_EVENTS) {
        return FALSE;
    }
    g_array_append_val(rows, *e);
    g_array_index(rows, HfCritEvent, rows->len - 1).next = first;
    g_hash_table_insert(cr->rows, g_memdup2(&key, sizeof(key)),
                        GUINT_TO_POINTER(rows->len));
    return TRUE;
}

const GArray *hf_critical_events(const HfCritical *cr, HfSymId sym)
{
    return cr->events[sym];
}

/* ---- what one call does itself ------------------------------------------ */

typedef struct {
    HfCritical *cr;
    const HfFlow *flow;
    const HfCall *call;
    HfCritSet held, absent; /* at the call */
    uint8_t n_slots;
    gboolean wide;
    HfCritEventFn fn;
    gpointer data;
} At;

static const HfX *args_of(const At *at)
{
    return &g_array_index(at->flow->args, HfX, at->call->first_arg);
}

static HfX lock_at(const At *at, HfX lock)
{
    HfX x = hf_call_named(at->cr->s, at->flow, at->call, lock);

    return x ? hf_contract_lock(at->cr->s->contracts, at->flow->sym, x) : 0;
}

static const char *word_of(HfCritical *cr, const char *word)
{
    gpointer have;

    if (!word) {
        return NULL;
    }
    if (!g_hash_table_lookup_extended(cr->words, word, &have, NULL)) {
        have = g_strdup(word);
        g_hash_table_add(cr->words, have);
    }
    return have;
}

static void emit(const At *at, HfCritEvent e)
{
    e.event = at->call->event;
    e.wide |= at->wide;
    at->fn(at->cr, at->flow, at->call, &e, at->data);
}

static void own_wait(const At *at, const HfClause *cl, HfCritKind kind,
                     const char *word, HfCritSet dropped)
{
    HfCritical *cr = at->cr;
    HfCritEvent e = {
        .kind = kind, .word = word_of(cr, word),
        .n_slots = at->n_slots, .held = at->held,
    };

    if (e.word && cl->arg >= 0 && (guint)cl->arg < at->call->n_args) {
        e.object = hf_critical_object(cr, args_of(at)[cl->arg]);
        e.cls = hf_critical_path(cr, e.object);
    }
    e.held = hf_critical_update(cr, at->held, dropped, 0);
    e.absent = hf_critical_update(cr, at->absent, 0, dropped);
    emit(at, e);
}

static void told_of(const At *at, HfCritKind kind, const char *word,
                    HfX object, HfCritSet dropped)
{
    HfCritical *cr = at->cr;
    HfCritEvent e = {
        .kind = kind, .word = word_of(cr, word), .n_slots = at->n_slots,
        .held = hf_critical_update(cr, at->held, dropped, 0),
        .absent = hf_critical_update(cr, at->absent, 0, dropped),
        .object = object,
    };

    e.cls = hf_critical_path(cr, object);
    emit(at, e);
}

/* A call that sleeps: in a loop, perhaps until something has changed. */
static void own_sleep(const At *at, const HfClause *cl, HfCritSet dropped)
{
    const GArray *polled =
        cl->effect->other
            ? NULL : hf_critical_polled(at->cr, at->flow, at->call->event);

    if (polled) {
        told_of(at, HF_CRIT_WAIT, HF_CRIT_CHANGE,
                g_array_index(polled, HfPolled, 0).object, dropped);
    } else {
        own_wait(at, cl, HF_CRIT_WAIT, cl->effect->other, dropped);
    }
}

static void own_retake(const At *at, const HfClause *cl, HfCritSet dropped)
{
    HfCritEvent e = {
        .kind = HF_CRIT_ACQUIRE, .retake = TRUE, .n_slots = at->n_slots,
        .held = hf_critical_update(at->cr, at->held, dropped, 0),
        .absent = hf_critical_update(at->cr, at->absent, 0, dropped),
        .object = lock_at(at, cl->locks[0]),
    };

    e.cls = hf_critical_class(at->cr, e.object);
    if (e.object && (!e.cls || hf_critical_is_lock(at->cr, e.cls))) {
        emit(at, e);
    }
}

/* Where the function has put the handle of the coroutine it runs in. */
static HfX own_handle(const At *at)
{
    const HfFlow *f = at->flow;
    const HfFacts *facts = f->unit->facts;

    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);
        const HfEvent *e = hf_flow_event(f, a->event);
        const HfPath *v = &facts->paths[e->value];
        const HfEvent *from =
            e->value && v->kind == HF_PATH_TEMP ? &facts->events[v->ref]
                                                : NULL;

        if ((a->kind == HF_EV_WRITE || a->kind == HF_EV_ATOMIC_WRITE) &&
            from && from->kind == HF_EV_CALL &&
            HF_CONTRACT_HAS(hf_contract_of(at->cr->s->contracts,
                                           f->unit->symbols[from->sym]),
                            HF_EFF_SELF) &&
            hf_event_before(f, a->event, at->call->event)) {
            return a->path;
        }
    }
    return 0;
}

static void own_yield(const At *at, HfCritSet dropped)
{
    told_of(at, HF_CRIT_WAIT, HF_CRIT_ENTER, own_handle(at), dropped);
}

/* Locks that the callee gives up while it waits. */
static HfCritSet dropped_by(const At *at, const HfContract *k)
{
    HfX out[8];
    guint n = 0;

    for (guint i = 0; i < k->clauses->len && n < G_N_ELEMENTS(out); i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_DROP_AND_RETAKE && cl->n_locks) {
            out[n] = hf_critical_class(at->cr, lock_at(at, cl->locks[0]));
            n += out[n] != 0;
        }
    }
    return hf_critical_set(at->cr, out, n);
}

static void by_contract(const At *at, const HfContract *k)
{
    HfCritSet dropped = k ? dropped_by(at, k) : 0;

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        switch (cl->kind) {
        case HF_EFF_BLOCKING:
            if (cl->effect->other || !HF_CONTRACT_HAS(k, HF_EFF_JOIN)) {
                own_sleep(at, cl, dropped);
            }
            break;
        case HF_EFF_YIELDS:
            own_yield(at, dropped);
            break;
        case HF_EFF_JOIN:
            own_wait(at, cl, HF_CRIT_WAIT, HF_CRIT_EXIT, dropped);
            break;
        case HF_EFF_MAY_BLOCK:
            own_wait(at, cl, HF_CRIT_MAY_WAIT, cl->effect->other, dropped);
            break;
        case HF_EFF_WAKES:
            own_wait(at, cl, HF_CRIT_WAKE, cl->effect->other, 0);
            break;
        case HF_EFF_DROP_AND_RETAKE:
            if (cl->n_locks) {
                own_retake(at, cl, dropped);
            }
            break;
        default:
            break;
        }
    }
}

static guint first_op(const HfFlow *flow, uint32_t event)
{
    guint lo = 0, hi = flow->lock_ops->len;

    while (lo < hi) {
        guint mid = (lo + hi) / 2;

        if (g_array_index(flow->lock_ops, HfLockOp, mid).event < event) {
            lo = mid + 1;
        } else {
            hi = mid;
        }
    }
    return lo;
}

/* Locks taken by the call itself, not by what it calls.  A lock that is held
 * already is entered once more, or LOCK's to report. */
static void own_acquires(const At *at)
{
    const GArray *ops = at->flow->lock_ops;
    HfX last = 0;

    for (guint i = first_op(at->flow, at->call->event); i < ops->len; i++) {
        const HfLockOp *op = &g_array_index(ops, HfLockOp, i);
        HfCritEvent e = {
            .kind = HF_CRIT_ACQUIRE, .object = op->lock,
            .shared = op->shared, .held = at->held, .absent = at->absent,
        };

        if (op->event != at->call->event) {
            break;
        }
        if (op->kind != HF_LOCK_ACQUIRE || op->via || op->conditional ||
            op->before.now == HF_HOLD_HELD || op->lock == last) {
            continue;
        }
        last = op->lock;
        e.cls = hf_critical_class(at->cr, op->lock);
        if (!e.cls || hf_critical_is_lock(at->cr, e.cls)) {
            emit(at, e);
        }
    }
}

/* ---- what the callee comes to ------------------------------------------- */

/* Further than this from it, the object matters no more than its class. */
#define NEAR 8

static HfX here(const At *at, const HfCritEvent *e, gboolean known_args)
{
    HfXKind root;

    if (!e->object ||
        (e->kind == HF_CRIT_ACQUIRE && e->cls && e->hops > NEAR)) {
        return 0;
    }
    root = hf_x(at->cr->t, hf_x_root(at->cr->t, e->object))->kind;
    if (root != HF_X_PARAM) { /* the same everywhere, or nowhere else */
        return root == HF_X_GLOBAL || root == HF_X_CAP || root == HF_X_NAMED
                   ? e->object : 0;
    }
    return known_args ? hf_call_named(at->cr->s, at->flow, at->call,
                                      e->object) : 0;
}

/* The way to it is for coroutines only, and this is none; or the reverse. */
static gboolean wrong_mode(const At *at, const HfCritEvent *e)
{
    HfX mode = at->cr->coroutine;

    return mode && ((hf_critical_has(at->cr, at->held, mode) &&
                     hf_critical_has(at->cr, e->absent, mode)) ||
                    (hf_critical_has(at->cr, at->absent, mode) &&
                     hf_critical_has(at->cr, e->held, mode)));
}

/* FALSE: it cannot be said what this is about. */
static gboolean rename_event(const At *at, HfCritEvent *e, gboolean known_args)
{
    HfCritical *cr = at->cr;
    HfX x = here(at, e, known_args);

    if (x == e->object && e->cls) {
        return TRUE;
    }
    if (e->kind == HF_CRIT_ACQUIRE) {
        e->object = x ? hf_contract_lock(cr->s->contracts, at->flow->sym, x)
                      : 0;
        if (e->object && !e->cls) {
            e->cls = hf_critical_class(cr, e->object);
        }
        return e->cls ? hf_critical_is_lock(cr, e->cls) : e->object != 0;
    }
    e->object = hf_critical_object(cr, x);
    if (e->object) {
        HfX path = hf_critical_path(cr, e->object);

        e->cls = path ? path : e->cls;
    }
    return e->cls || e->object || e->kind == HF_CRIT_WAIT;
}

/* Functions that also run outside of coroutines yield only where they find
 * themselves in one. */
static gboolean yields_for(const HfCritEvent *e, const HfFlow *callee)
{
    return !e->word || callee->coroutine ||
           e->kind == HF_CRIT_WAKE || strcmp(e->word, HF_CRIT_ENTER) != 0;
}

static void by_callee(const At *at, HfSymId callee, gboolean known_args)
{
    HfCritical *cr = at->cr;
    const HfFlow *f = cr->s->flows[callee];
    const GArray *rows = cr->events[callee];
    /* a recursive call may make rows move */
    guint n = rows && f && !f->skip ? rows->len : 0;

    for (guint i = 0; i < n; i++) {
        HfCritEvent e = g_array_index(cr->events[callee], HfCritEvent, i);

        if (e.n_slots + at->n_slots > MAX_SLOTS || (e.wide && at->wide) ||
            e.hops >= MAX_HOPS ||
            wrong_mode(at, &e) || !yields_for(&e, f) ||
            !rename_event(at, &e, known_args)) {
            continue;
        }
        e.n_slots += at->n_slots;
        e.hops++;
        e.absent = hf_critical_update(
            cr, hf_critical_update(cr, at->absent, e.held, 0), 0, e.absent);
        e.held = hf_critical_update(
            cr, hf_critical_update(cr, at->held, e.absent, 0), 0, e.held);
        e.callee = callee;
        e.index = i;
        e.next = 0;
        emit(at, e);
    }
}

static gboolean closed_slot(const HfCritical *cr, HfFieldId slot)
{
    const HfSlotRule *rule =
        slot ? HF_PROGRAM_FIELD(cr->s->program, slot)->slot_rule : NULL;

    return rule && rule->entry_set && rule->entry == HF_ENTRY_UNKNOWN;
}

static void by_target(const At *at, HfSymId callee)
{
    const HfContract *k = hf_contract_of(at->cr->s->contracts, callee);

    by_contract(at, k);
    if (!k || !(k->kinds & LEAF_EFFECTS)) {
        by_callee(at, callee, TRUE);
    }
}

static void what_is_held(At *at)
{
    HfCritical *cr = at->cr;
    HfCritSet mode = hf_critical_set(cr, &cr->coroutine, cr->coroutine != 0);

    hf_critical_of_holds(cr, at->call->must, &at->held, &at->absent);
    if (at->flow->coroutine &&
        !hf_critical_has(cr, at->absent, cr->coroutine)) {
        at->held = hf_critical_update(cr, at->held, 0, mode);
    } else if (at->flow->no_coroutine &&
               !hf_critical_has(cr, at->held, cr->coroutine)) {
        at->absent = hf_critical_update(cr, at->absent, 0, mode);
    }
}

void hf_critical_at(HfCritical *cr, const HfFlow *flow, const HfCall *call,
                    HfCritEventFn fn, gpointer data)
{
    At at = { .cr = cr, .flow = flow, .call = call, .fn = fn, .data = data };
    gboolean indirect =
        hf_flow_event(flow, call->event)->kind == HF_EV_CALL_INDIRECT;
    const HfSymId *targets;
    HfFieldId slot;
    guint n = hf_call_targets(cr->s, flow, call, &targets, &slot);
    GArray *now;

    if (closed_slot(cr, slot) || hf_critical_dies(cr, flow, call->event)) {
        return;
    }
    what_is_held(&at);
    own_acquires(&at);
    at.n_slots = indirect;
    at.wide = indirect && n > 1;
    if (slot && n != 1) {
        by_contract(&at, hf_contract_of_field(cr->s->contracts, slot));
    }
    for (guint i = 0; i < n; i++) {
        by_target(&at, targets[i]);
    }
    now = hf_call_runs_now(cr->s, flow, call);
    at.n_slots = 1;
    at.wide = TRUE;
    for (guint i = 0; now && i < now->len; i++) {
        by_callee(&at, g_array_index(now, HfSymId, i), FALSE);
    }
    if (now) {
        g_array_unref(now);
    }
}

/* ---- all of them -------------------------------------------------------- */

static void collect(HfCritical *cr, const HfFlow *flow, const HfCall *call,
                    const HfCritEvent *e, gpointer data)
{
    (void)call;
    if (add_event(cr, flow->sym, e)) {
        *(gboolean *)data = TRUE;
    }
}

/* Some callee has more to say than when this function was last looked at. */
static gboolean has_news(const HfCritical *cr, const HfFlow *flow,
                         const guint *changed, guint since)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfSymId *targets;
        HfFieldId slot;
        guint n = hf_call_targets(cr->s, flow, &g_array_index(
                                      flow->calls, HfCall, i),
                                  &targets, &slot);

        for (guint k = 0; k < n; k++) {
            if (changed[targets[k]] >= since) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

static void find_events(HfCritical *cr)
{
    const GArray *order = cr->s->program->functions;
    guint *changed = g_new0(guint, cr->s->program->symbols->len);
    gboolean any = TRUE;

    for (guint round = 1; any && round <= MAX_ROUNDS; round++) {
        any = FALSE;
        for (guint i = 0; i < order->len; i++) {
            const HfFlow *f = cr->s->flows[g_array_index(order, HfSymId, i)];
            gboolean new = FALSE;

            if (f->skip || (round > 1 &&
                            !has_news(cr, f, changed, round - 1))) {
                continue;
            }
            for (guint k = 0; k < f->calls->len; k++) {
                hf_critical_at(cr, f, &g_array_index(f->calls, HfCall, k),
                               collect, &new);
            }
            if (new) {
                changed[f->sym] = round;
                any = TRUE;
            }
        }
    }
    g_free(changed);
}

static HfCritical *critical_new(HfCheck *c)
{
    HfCritical *cr = g_new0(HfCritical, 1);
    int cap = hf_contract_cap(c->solved->contracts, "coroutine");

    cr->check = c;
    cr->s = c->solved;
    cr->t = c->solved->exprs;
    cr->phases = c->solved->phases;
    cr->events = g_new0(GArray *, c->program->symbols->len);
    cr->rows = g_hash_table_new_full(row_hash, row_equal, g_free, NULL);
    cr->words = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    cr->live = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    cr->polled = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                       (GDestroyNotify)g_array_unref);
    cr->coroutine = cap < 0 ? 0 : hf_x_leaf(cr->t, HF_X_CAP, cap);
    hf_critical_sets_init(cr);
    find_events(cr);
    hf_critical_find_entries(cr);
    return cr;
}

HfCritical *hf_critical_of(HfCheck *c)
{
    if (!*c->critical) {
        *c->critical = critical_new(c);
    }
    (*c->critical)->check = c;
    return *c->critical;
}

void hf_critical_free(HfCritical *cr)
{
    if (!cr) {
        return;
    }
    for (guint i = 0; i < cr->s->program->symbols->len; i++) {
        if (cr->events[i]) {
            g_array_unref(cr->events[i]);
        }
    }
    g_free(cr->events);
    g_hash_table_unref(cr->rows);
    g_hash_table_unref(cr->live);
    g_hash_table_unref(cr->words);
    g_hash_table_unref(cr->polled);
    hf_critical_sets_clear(cr);
    g_hash_table_unref(cr->bits);
    g_array_unref(cr->classes);
    g_free(cr->all);
    g_free(cr->any);
    g_free(cr->own);
    g_free(cr);
}
