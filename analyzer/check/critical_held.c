/* SPDX-License-Identifier: MIT */
/* Locks held on entry to functions, and pairs of a lock and an event. */
#include "check/critical.h"

#include <string.h>

/* ---- bits --------------------------------------------------------------- */

static void add_class(HfCritical *cr, HfX cls)
{
    if (!g_hash_table_contains(cr->bits, GUINT_TO_POINTER(cls))) {
        g_array_append_val(cr->classes, cls);
        g_hash_table_insert(cr->bits, GUINT_TO_POINTER(cls),
                            GUINT_TO_POINTER(cr->classes->len));
    }
}

static void add_set(HfCritical *cr, HfCritSet s)
{
    guint n;

    hf_critical_members(cr, s, &n);
    for (guint i = 0; i < n; i++) {
        add_class(cr, hf_critical_members(cr, s, &n)[i]);
    }
}

static int bit_of(const HfCritical *cr, HfX cls)
{
    return (int)GPOINTER_TO_UINT(g_hash_table_lookup(
               cr->bits, GUINT_TO_POINTER(cls))) - 1;
}

static guint64 *row(const HfCritical *cr, guint64 *table, HfSymId sym)
{
    return table + (gsize)sym * cr->n_words;
}

static gboolean has(const HfCritical *cr, guint64 *table, HfSymId sym, HfX cls)
{
    int bit = bit_of(cr, cls);

    return bit >= 0 && row(cr, table, sym)[bit / 64] >> bit % 64 & 1;
}

static void set_bits(const HfCritical *cr, guint64 *bits, HfCritSet s,
                     gboolean on)
{
    guint n;
    const HfX *v = hf_critical_members(cr, s, &n);

    for (guint i = 0; i < n; i++) {
        int bit = bit_of(cr, v[i]);

        if (on) {
            bits[bit / 64] |= 1ull << bit % 64;
        } else {
            bits[bit / 64] &= ~(1ull << bit % 64);
        }
    }
}

/* ---- what functions say of themselves ----------------------------------- */

/* Called for every lock class that the function is declared to hold. */
typedef void (*ClassFn)(HfCritical *cr, HfSymId sym, HfX cls);

static void each_cap(HfCritical *cr, HfSymId sym, guint64 caps, ClassFn fn)
{
    for (guint i = 0; caps; i++, caps >>= 1) {
        HfX x = caps & 1 ? hf_x_leaf(cr->t, HF_X_CAP, i) : 0;

        if (x && hf_critical_is_lock(cr, x)) {
            fn(cr, sym, x);
        }
    }
}

static void each_required(HfCritical *cr, HfSymId sym, const HfContract *k,
                          ClassFn fn)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if ((cl->kind == HF_EFF_REQUIRES ||
             cl->kind == HF_EFF_REQUIRES_SHARED) && cl->n_locks == 1) {
            HfX cls = hf_critical_class(cr, cl->locks[0]);

            if (hf_critical_is_lock(cr, cls)) {
                fn(cr, sym, cls);
            }
        }
    }
}

static void each_own(HfCritical *cr, const HfFlow *f, ClassFn fn)
{
    guint64 caps = f->asserts;
    int bql = hf_contract_cap(cr->s->contracts, "bql");

    if (f->cls == HF_CLASS_GS && bql >= 0) {
        caps |= 1ull << bql;
    }
    for (guint i = 0; i < f->contexts->len; i++) {
        const HfContext *ctx = &g_array_index(f->contexts, HfContext, i);

        caps |= ctx->parent ? 0 : ctx->caps;
    }
    each_cap(cr, f->sym, caps, fn);
    each_required(cr, f->sym, hf_contract_of(cr->s->contracts, f->sym), fn);
}

static void each_own_of_all(HfCritical *cr, ClassFn fn)
{
    const HfProgram *p = cr->s->program;

    for (guint i = 0; i < p->functions->len; i++) {
        each_own(cr, cr->s->flows[g_array_index(p->functions, HfSymId, i)],
                 fn);
    }
    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfContract *k = hf_contract_of_field(cr->s->contracts, i);
        const GArray *targets = HF_PROGRAM_FIELD(p, i)->targets;

        for (guint n = 0; k && targets && n < targets->len; n++) {
            each_required(cr, g_array_index(targets, HfSymId, n), k, fn);
        }
    }
}

static void name_class(HfCritical *cr, HfSymId sym, HfX cls)
{
    (void)sym;
    add_class(cr, cls);
}

static void own_class(HfCritical *cr, HfSymId sym, HfX cls)
{
    int bit = bit_of(cr, cls);

    row(cr, cr->own, sym)[bit / 64] |= 1ull << bit % 64;
}

static void find_classes(HfCritical *cr)
{
    const HfProgram *p = cr->s->program;

    cr->bits = g_hash_table_new(NULL, NULL);
    cr->classes = g_array_new(FALSE, FALSE, sizeof(HfX));
    for (guint i = 0; i < p->functions->len; i++) {
        const HfFlow *f =
            cr->s->flows[g_array_index(p->functions, HfSymId, i)];

        for (guint k = 0; k < f->calls->len; k++) {
            const HfCall *call = &g_array_index(f->calls, HfCall, k);
            HfCritSet held, absent;

            hf_critical_of_holds(cr, call->must, &held, &absent);
            add_set(cr, held);
            add_set(cr, absent);
            hf_critical_of_holds(cr, call->may, &held, &absent);
            add_set(cr, held);
            add_set(cr, absent);
        }
    }
    each_own_of_all(cr, name_class);
    cr->n_words = cr->classes->len / 64 + 1;
}

/* ---- on entry ----------------------------------------------------------- */

static gboolean is_root(const HfFlow *f)
{
    for (guint i = 0; i < f->contexts->len; i++) {
        if (!g_array_index(f->contexts, HfContext, i).parent) {
            return TRUE;
        }
    }
    return f->contexts->len == 0;
}

static void start(HfCritical *cr)
{
    const HfProgram *p = cr->s->program;
    gsize size = (gsize)p->symbols->len * cr->n_words;

    cr->own = g_new0(guint64, size);
    each_own_of_all(cr, own_class);
    cr->any = g_memdup2(cr->own, size * sizeof(guint64));
    cr->all = g_memdup2(cr->own, size * sizeof(guint64));
    for (guint i = 0; i < p->functions->len; i++) {
        HfSymId sym = g_array_index(p->functions, HfSymId, i);

        if (!is_root(cr->s->flows[sym])) {
            memset(row(cr, cr->all, sym), 0xff, cr->n_words * 8);
        }
    }
}

/* Brings what a call holds to its callee; TRUE: that changed something. */
static gboolean pass(HfCritical *cr, const HfFlow *f, const HfCall *call,
                     HfSymId target, guint64 *all, guint64 *any)
{
    HfCritSet held, absent;
    gboolean changed = FALSE;

    memcpy(all, row(cr, cr->all, f->sym), cr->n_words * 8);
    memcpy(any, row(cr, cr->any, f->sym), cr->n_words * 8);
    hf_critical_of_holds(cr, call->must, &held, &absent);
    set_bits(cr, all, absent, FALSE);
    set_bits(cr, any, absent, FALSE);
    set_bits(cr, all, held, TRUE);
    hf_critical_of_holds(cr, call->may, &held, &absent);
    set_bits(cr, any, held, TRUE);
    for (guint w = 0; w < cr->n_words; w++) {
        guint64 *to_all = row(cr, cr->all, target) + w;
        guint64 *to_any = row(cr, cr->any, target) + w;
        guint64 less = *to_all & (all[w] | row(cr, cr->own, target)[w]);

        changed |= less != *to_all || (any[w] & ~*to_any);
        *to_all = less;
        *to_any |= any[w];
    }
    return changed;
}

static gboolean closed(const HfCritical *cr, HfFieldId slot)
{
    const HfSlotRule *rule =
        slot ? HF_PROGRAM_FIELD(cr->s->program, slot)->slot_rule : NULL;

    return rule && rule->entry_set && rule->entry == HF_ENTRY_UNKNOWN;
}

static gboolean pass_all(HfCritical *cr, const HfFlow *f, guint64 *all,
                         guint64 *any)
{
    gboolean changed = FALSE;

    for (guint i = 0; i < f->calls->len; i++) {
        const HfCall *call = &g_array_index(f->calls, HfCall, i);
        const HfSymId *targets;
        HfFieldId slot;
        guint n = hf_call_targets(cr->s, f, call, &targets, &slot);
        GArray *now = hf_call_runs_now(cr->s, f, call);

        for (guint k = 0; !closed(cr, slot) && k < n; k++) {
            changed |= cr->s->flows[targets[k]] &&
                       pass(cr, f, call, targets[k], all, any);
        }
        for (guint k = 0; now && k < now->len; k++) {
            changed |= cr->s->flows[g_array_index(now, HfSymId, k)] &&
                       pass(cr, f, call, g_array_index(now, HfSymId, k), all,
                            any);
        }
        if (now) {
            g_array_unref(now);
        }
    }
    return changed;
}

/* A function that is called through pointers only is where all its callers'
 * locks meet with what it does. */
static void own_what_all_hold(HfCritical *cr)
{
    const HfProgram *p = cr->s->program;

    for (guint i = 0; i < p->functions->len; i++) {
        HfSymId sym = g_array_index(p->functions, HfSymId, i);

        if (!HF_PROGRAM_SYM(p, sym)->address_taken) {
            continue;
        }
        for (guint b = 0; b < cr->classes->len; b++) {
            HfX cls = g_array_index(cr->classes, HfX, b);

            if (hf_critical_is_single(cr, cls) &&
                hf_critical_is_lock(cr, cls) &&
                has(cr, cr->all, sym, cls)) {
                own_class(cr, sym, cls);
            }
        }
    }
}

void hf_critical_find_entries(HfCritical *cr)
{
    const GArray *order = cr->s->program->functions;
    g_autofree guint64 *all = NULL, *any = NULL;
    gboolean changed = TRUE;

    find_classes(cr);
    start(cr);
    all = g_new(guint64, cr->n_words);
    any = g_new(guint64, cr->n_words);
    while (changed) { /* `all` only shrinks, `any` only grows */
        changed = FALSE;
        for (guint i = order->len; i > 0; i--) {
            changed |= pass_all(cr, cr->s->flows[g_array_index(
                                        order, HfSymId, i - 1)], all, any);
        }
    }
    own_what_all_hold(cr);
}

gboolean hf_critical_on_entry(const HfCritical *cr, HfSymId sym, HfX cls)
{
    return has(cr, cr->all, sym, cls);
}

gboolean hf_critical_maybe_on_entry(const HfCritical *cr, HfSymId sym,
                                    HfX cls)
{
    return has(cr, cr->any, sym, cls);
}

gboolean hf_critical_declares(const HfCritical *cr, HfSymId sym, HfX cls)
{
    return has(cr, cr->own, sym, cls);
}

gboolean hf_critical_holds(const HfCritical *cr, const HfFlow *flow,
                           HfHolds must, HfX cls)
{
    HfCritSet held, absent;

    hf_critical_of_holds((HfCritical *)cr, must, &held, &absent);
    return hf_critical_has(cr, held, cls) ||
           (!hf_critical_has(cr, absent, cls) &&
            hf_critical_on_entry(cr, flow->sym, cls));
}

HfCritSet hf_critical_all_at(HfCritical *cr, const HfFlow *flow,
                             const HfCall *call)
{
    HfCritSet held, absent;
    HfX out[64];
    guint n = 0;

    hf_critical_of_holds(cr, call->must, &held, &absent);
    for (guint i = 0; i < cr->classes->len && n < G_N_ELEMENTS(out); i++) {
        HfX cls = g_array_index(cr->classes, HfX, i);

        if (has(cr, cr->all, flow->sym, cls)) {
            out[n++] = cls;
        }
    }
    return hf_critical_update(cr, hf_critical_set(cr, out, n), absent, held);
}

/* ---- pairs -------------------------------------------------------------- */

#define MAX_HELD 24

typedef struct {
    HfCritPair held[MAX_HELD];
    guint n;
    HfCritSet may; /* classes held here, perhaps on some paths only */
    HfCritPairFn fn;
    gpointer data;
} Pairs;

static void local_holds(HfCritical *cr, const HfFlow *f, const HfCall *call,
                        Pairs *p)
{
    guint n;
    const HfHold *rows = hf_holds(cr->s, call->may, &n);

    for (guint i = 0; i < n && p->n < MAX_HELD; i++) {
        HfX cls = hf_critical_class(cr, rows[i].lock);
        const HfHold *must = hf_holds_find(cr->s, call->must, rows[i].lock);

        if (rows[i].now == HF_HOLD_HELD && hf_critical_is_lock(cr, cls) &&
            hf_critical_really_held(&rows[i])) {
            p->held[p->n++] = (HfCritPair){
                .cls = cls, .lock = rows[i].lock, .hold = rows[i],
                .must = must && must->now == HF_HOLD_HELD, .sym = f->sym,
            };
        }
    }
}

static void entry_holds(HfCritical *cr, const HfFlow *f, const HfCall *call,
                        Pairs *p)
{
    HfCritSet held, absent;

    hf_critical_of_holds(cr, call->must, &held, &absent);
    for (guint w = 0; w < cr->n_words; w++) {
        guint64 bits = row(cr, cr->own, f->sym)[w];

        for (guint b = 0; bits && b < 64; b++) {
            HfX cls = bits >> b & 1
                          ? g_array_index(cr->classes, HfX, w * 64 + b) : 0;

            if (cls && p->n < MAX_HELD && !hf_critical_has(cr, absent, cls) &&
                !hf_critical_has(cr, p->may, cls)) {
                p->held[p->n++] = (HfCritPair){
                    .cls = cls, .lock = cls, .must = TRUE, .sym = f->sym,
                    .hold = { .lock = cls, .now = HF_HOLD_HELD,
                              .event = UINT32_MAX },
                };
            }
        }
    }
}

/* The thread has it already when it comes to take it. */
static gboolean entered_again(const HfCritical *cr, const HfFlow *flow,
                              const HfCritEvent *e, const Pairs *p)
{
    return hf_critical_has(cr, p->may, e->cls) ||
           hf_critical_has(cr, e->held, e->cls) ||
           (hf_contract_is_recursive(cr->s->contracts, e->cls)
                ? hf_critical_maybe_on_entry(cr, flow->sym, e->cls)
                : hf_critical_on_entry(cr, flow->sym, e->cls));
}

static void pair_up(HfCritical *cr, const HfFlow *flow, const HfCall *call,
                    const HfCritEvent *e, gpointer data)
{
    Pairs *p = data;

    (void)call;
    if (e->kind == HF_CRIT_WAKE ||
        (e->kind == HF_CRIT_ACQUIRE &&
         (!e->cls || (!e->retake && entered_again(cr, flow, e, p))))) {
        return;
    }
    for (guint i = 0; i < p->n; i++) {
        HfCritPair pair = p->held[i];

        if ((e->kind == HF_CRIT_ACQUIRE && e->cls == pair.cls) ||
            hf_critical_has(cr, e->absent, pair.cls) ||
            (e->callee && hf_critical_declares(cr, e->callee, pair.cls))) {
            continue; /* the last is told further down */
        }
        pair.what = *e;
        p->fn(cr, &pair, p->data);
    }
}

void hf_critical_each_pair(HfCritical *cr, HfCritPairFn fn, gpointer data)
{
    const GArray *order = cr->s->program->functions;

    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f = cr->s->flows[g_array_index(order, HfSymId, i)];

        for (guint k = 0; !f->skip && k < f->calls->len; k++) {
            const HfCall *call = &g_array_index(f->calls, HfCall, k);
            Pairs p = { .fn = fn, .data = data };
            HfCritSet absent;

            hf_critical_of_holds(cr, call->may, &p.may, &absent);
            local_holds(cr, f, call, &p);
            entry_holds(cr, f, call, &p);
            if (p.n) {
                hf_critical_at(cr, f, call, pair_up, &p);
            }
        }
    }
}
