/* SPDX-License-Identifier: MIT */
/* Verdicts on taking a lock at an access; see whatif.h. */
#include "check/whatif.h"
#include "solve/roles.h"
#include "solve/blocks.h"

#include <string.h>

struct HfWhatIfs {
    HfCritical *cr;
    HfOrder *order;
    HfWakers *wakers;
    GHashTable *waits; /* class -> GArray of HfCritPair: waits under it */
};

static void add_wait(HfCritical *cr, const HfCritPair *pair, gpointer data)
{
    GHashTable *waits = data;
    gpointer key = GUINT_TO_POINTER(pair->cls);
    GArray *list = g_hash_table_lookup(waits, key);

    (void)cr;
    if (pair->what.kind == HF_CRIT_ACQUIRE || !pair->what.word ||
        !pair->what.cls) {
        return;
    }
    if (!list) {
        list = g_array_new(FALSE, FALSE, sizeof(HfCritPair));
        g_hash_table_insert(waits, key, list);
    }
    g_array_append_val(list, *pair);
}

const char *hf_whatif_word(HfWhatIfVerdict verdict)
{
    static const char *const words[] = {
        [HF_WHATIF_SAFE] = "safe", [HF_WHATIF_DOUBLE_LOCK] = "double lock",
        [HF_WHATIF_ORDER] = "order reversal", [HF_WHATIF_BLOCKS] = "blocks",
        [HF_WHATIF_UNKNOWN] = "unknown",
    };

    return words[verdict];
}

HfWhatIfs *hf_whatifs_new(HfCheck *c)
{
    HfWhatIfs *all = g_new0(HfWhatIfs, 1);

    all->cr = hf_critical_of(c);
    all->order = hf_order_new(all->cr);
    all->wakers = hf_wakers_new(all->cr);
    all->waits = g_hash_table_new_full(NULL, NULL, NULL,
                                       (GDestroyNotify)g_array_unref);
    hf_critical_each_pair(all->cr, add_wait, all->waits);
    return all;
}

void hf_whatifs_free(HfWhatIfs *all)
{
    if (all) {
        hf_order_free(all->order);
        hf_wakers_free(all->wakers);
        g_hash_table_unref(all->waits);
        g_free(all);
    }
}

static const char *name_of(const HfWhatIfs *all, HfSymId sym)
{
    return HF_PROGRAM_SYM(all->cr->s->program, sym)->name;
}

static char *lock_text(const HfWhatIfs *all, const HfWhatIf *w)
{
    return hf_critical_name(all->cr, w->flow, w->lock, w->cls);
}

/* ---- what is held there ------------------------------------------------- */

static void holds_at(const HfFlow *flow, uint32_t event, HfHolds *must,
                     HfHolds *may)
{
    const HfCall *call = hf_flow_call(flow, event);

    *must = call ? call->must : 0;
    *may = call ? call->may : 0;
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (a->event == event) {
            *must = a->must;
            *may = a->may;
        }
    }
}

/* ---- it is held already ------------------------------------------------- */

static gboolean double_lock(const HfWhatIfs *all, HfWhatIf *w, HfHolds may)
{
    HfCritical *cr = all->cr;
    HfCritSet held, absent;
    g_autofree char *lock = lock_text(all, w);

    if (hf_contract_is_recursive_in(cr->s->contracts, w->flow->sym,
                                    w->lock)) {
        return FALSE;
    }
    hf_critical_of_holds(cr, may, &held, &absent);
    if (hf_critical_has(cr, held, w->cls)) {
        w->text = g_strdup_printf("\"%s\" may be held here already, on some "
                                  "way through \"%s\".", lock,
                                  name_of(all, w->flow->sym));
    } else if (!hf_critical_has(cr, absent, w->cls) &&
               hf_critical_maybe_on_entry(cr, w->flow->sym, w->cls)) {
        w->text = g_strdup_printf("some callers enter \"%s\" with \"%s\" "
                                  "held: it would be taken twice.",
                                  name_of(all, w->flow->sym), lock);
    } else {
        return FALSE;
    }
    w->verdict = HF_WHATIF_DOUBLE_LOCK;
    return TRUE;
}

/* ---- the order of locks ------------------------------------------------- */

/* What would be: `held` is held, on all or on some ways, and then the lock is
 * taken. */
static HfCritPair imagined(const HfWhatIf *w, HfX held)
{
    return (HfCritPair){
        .cls = held, .lock = held, .must = TRUE, .sym = w->flow->sym,
        .hold = { .lock = held, .now = HF_HOLD_HELD, .event = UINT32_MAX },
        .what = { .kind = HF_CRIT_ACQUIRE, .object = w->lock, .cls = w->cls,
                  .event = w->event },
    };
}

/* Somebody holds the lock and waits for `held`, directly or for one who
 * does. */
static gboolean reversed(const HfWhatIfs *all, HfWhatIf *w, HfX held)
{
    const HfOrderEdge *back = hf_order_edge(all->order, w->cls, held);
    HfCritPair here = imagined(w, held);

    for (guint i = 0; back && i < back->pairs->len; i++) {
        const HfCritPair *p = &g_array_index(back->pairs, HfCritPair, i);
        const HfContext *a, *b;

        if (p->sym != w->flow->sym &&
            hf_order_clash(all->cr, &here, p, &a, &b)) {
            w->other = *p;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean closes_cycle(const HfWhatIfs *all, HfWhatIf *w, HfHolds may)
{
    HfCritical *cr = all->cr;
    HfCritSet held, absent;

    hf_critical_of_holds(cr, may, &held, &absent);
    for (guint i = 0; i < cr->classes->len; i++) {
        HfX cls = g_array_index(cr->classes, HfX, i);
        gboolean here = hf_critical_has(cr, held, cls) ||
                        (!hf_critical_has(cr, absent, cls) &&
                         hf_critical_maybe_on_entry(cr, w->flow->sym, cls));

        if (here && cls != w->cls && hf_critical_is_lock(cr, cls) &&
            reversed(all, w, cls)) {
            g_autofree char *lock = lock_text(all, w);
            g_autofree char *other = hf_check_stable(cr->check, cls);

            w->verdict = HF_WHATIF_ORDER;
            w->text = g_strdup_printf(
                "\"%s\" may be held here, and \"%s\" takes it while it holds "
                "\"%s\".", other, name_of(all, w->other.sym), lock);
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- a holder that waits for what comes later --------------------------- */

static guint names_in(const HfCritical *cr, HfX path)
{
    guint n = 0;

    for (; path; path = hf_x(cr->t, path)->parent) {
        HfXKind kind = hf_x(cr->t, path)->kind;

        n += kind == HF_X_FIELD ? 1 : kind == HF_X_GLOBAL ? 2 : 0;
    }
    return n;
}

/* Not only of one type: found by the same way. */
static gboolean same_thing(const HfCritical *cr, HfX a, HfX b)
{
    return a == b || (hf_critical_may_alias(cr, a, b) &&
                      names_in(cr, a) > 1 && names_in(cr, b) > 1);
}

typedef struct {
    const HfCritPair *wait;
    HfWhatIf *w;
    gboolean found;
} Later;

static void is_waker(HfCritical *cr, const HfFlow *flow, const HfCall *call,
                     const HfCritEvent *e, gpointer data)
{
    Later *l = data;

    (void)flow;
    if (!l->found && e->kind == HF_CRIT_WAKE &&
        e->word == l->wait->what.word && e->cls &&
        same_thing(cr, e->cls, l->wait->what.cls)) {
        l->found = TRUE;
        l->w->wake = *e;
        l->w->wake_event = call->event;
    }
}

/* The first call after the access that would wake it. */
static gboolean woken_later(const HfWhatIfs *all, HfWhatIf *w,
                            const HfCritPair *p)
{
    Later l = { .wait = p, .w = w };

    for (guint i = 0; !l.found && i < w->flow->calls->len; i++) {
        const HfCall *call = &g_array_index(w->flow->calls, HfCall, i);

        if (call->event > w->event &&
            hf_event_before(w->flow, w->event, call->event)) {
            hf_critical_at(all->cr, w->flow, call, is_waker, &l);
        }
    }
    return l.found;
}

/* Somebody else can end the wait as well, without the lock. */
static gboolean woken_otherwise(const HfWhatIfs *all, const HfWhatIf *w,
                                const HfCritPair *p)
{
    g_autoptr(GArray) wakers = NULL;

    if (p->what.kind == HF_CRIT_MAY_WAIT) {
        return FALSE; /* by chance */
    }
    wakers = hf_wakers_of(all->wakers, all->cr->s->flows[p->sym], &p->what,
                          w->cls);
    for (guint i = 0; i < wakers->len; i++) {
        const HfWaker *one = &g_array_index(wakers, HfWaker, i);

        if (one->needs == HF_NEEDS_NOT && one->flow != w->flow) {
            return TRUE;
        }
    }
    return FALSE;
}

static void say_blocks(const HfWhatIfs *all, HfWhatIf *w)
{
    const HfFlow *holder = all->cr->s->flows[w->other.sym];
    const HfCritEvent *what = &w->other.what;
    g_autofree char *lock = lock_text(all, w);
    g_autofree char *object =
        hf_critical_name(all->cr, holder, what->object, what->cls);
    const HfEvent *e = hf_flow_event(w->flow, w->wake_event);
    const char *waker = e->sym ? name_of(all, w->flow->unit->symbols[e->sym])
                               : "a call";

    w->verdict = HF_WHATIF_BLOCKS;
    w->text = g_strdup_printf(
        "\"%s\" holds \"%s\" while it waits%s for \"%s\", and \"%s\" on line "
        "%d, after this point, is what wakes it.",
        name_of(all, w->other.sym), lock,
        what->callee ? " in a call" : "", object, waker,
        hf_check_place(w->flow, w->wake_event).line);
}

static gboolean holder_blocks(const HfWhatIfs *all, HfWhatIf *w)
{
    const GArray *list =
        g_hash_table_lookup(all->waits, GUINT_TO_POINTER(w->cls));

    for (guint i = 0; list && i < list->len; i++) {
        const HfCritPair *p = &g_array_index(list, HfCritPair, i);

        if (p->sym != w->flow->sym &&
            hf_critical_may_alias(all->cr, p->lock, w->lock) &&
            woken_later(all, w, p) && !woken_otherwise(all, w, p)) {
            w->other = *p;
            say_blocks(all, w);
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- the answer --------------------------------------------------------- */

HfWhatIf *hf_whatif(HfWhatIfs *all, const HfFlow *flow,
                    const uint32_t *events, guint n, HfX lock)
{
    HfWhatIf *w = g_new0(HfWhatIf, 1);
    HfHolds must, may;

    w->flow = flow;
    w->event = events[0];
    w->lock = lock;
    w->cls = hf_critical_class(all->cr, lock);
    if (!w->cls) {
        w->verdict = HF_WHATIF_UNKNOWN;
        w->text = g_strdup("it is not known which lock this is.");
        return w;
    }
    holds_at(flow, w->event, &must, &may);
    if (double_lock(all, w, may) || holder_blocks(all, w) ||
        closes_cycle(all, w, may)) {
        return w;
    }
    w->text = g_strdup("nobody on the way in holds it, no other order of "
                       "locks is reversed, and none of its holders waits for "
                       "what comes after this point.");
    w->patch = hf_whatif_patch(all->cr, flow, events, n, lock, w->cls,
                               &w->no_patch);
    return w;
}

void hf_whatif_free(HfWhatIf *w)
{
    if (w) {
        g_free(w->text);
        g_free(w->patch);
        g_free(w->no_patch);
        g_free(w);
    }
}

void hf_whatif_trace(HfWhatIfs *all, HfFinding *f, const HfWhatIf *w,
                     int depth)
{
    const HfFlow *holder;
    HfPlace at;

    if (!w->other.sym) {
        return;
    }
    holder = all->cr->s->flows[w->other.sym];
    at = hf_check_place(holder, w->other.hold.event);
    hf_finding_event(f, &at, "note", depth, "Here \"%s\" takes the lock.",
                     name_of(all, w->other.sym));
    hf_critical_trace(all->cr, f, holder, &w->other.what, depth, TRUE);
    if (w->verdict == HF_WHATIF_BLOCKS) {
        at = hf_check_place(w->flow, w->wake_event);
        hf_finding_event(f, &at, "note", depth, "This is what ends the "
                         "wait.");
        hf_critical_trace(all->cr, f, w->flow, &w->wake, depth, FALSE);
    }
}
