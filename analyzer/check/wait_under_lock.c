/* SPDX-License-Identifier: MIT */
/*
 * WAIT_UNDER_LOCK: a thread waits for another one while it holds a lock that
 * the other needs before it can end the wait; or sleeps while it holds a lock
 * for which others spin.
 *
 * Critical pairs again (critical.h): what is held, and a wait.  The profile
 * says what ends a wait (`until`) and who does such things (`wakes`).
 */
#include "check/wakers.h"

#include <string.h>

/* No more of them in a trace. */
#define MAX_WAKERS 3
/* At every call on the way there are conditions; after so many hardly anybody
 * believes that they hold together. */
#define FAR 6

typedef struct {
    HfCheck *check;
    HfCritical *cr;
    HfWakers *wakers;
    GHashTable *told; /* "lock function call" */
    GArray *later;    /* HfCritPair: the waker may not exist yet */
} Run;

static gboolean tell(Run *r, const HfCritPair *p)
{
    char *key = g_strdup_printf("%u %u %u", p->cls, p->sym, p->what.event);

    return g_hash_table_add(r->told, key);
}

/* ---- how sure ----------------------------------------------------------- */

static HfTier lower(HfTier tier, HfTier to)
{
    return MAX(tier, to);
}

static HfTier tier_of_pair(const Run *r, HfFinding *f, const HfCritPair *p)
{
    HfTier tier = HF_TIER_HIGH;
    gboolean one = hf_critical_is_one(r->cr, p->lock);

    if (p->what.n_slots) {
        hf_finding_reason(f, "a function pointer on the way");
        tier = lower(tier, HF_TIER_MEDIUM);
    }
    if (p->what.hops > FAR) {
        hf_finding_reason(f, "%u calls on the way", p->what.hops);
        tier = lower(tier, HF_TIER_LOW);
    }
    if (!p->must) {
        hf_finding_reason(f, "the lock is held on some paths only");
        tier = lower(tier, one ? HF_TIER_MEDIUM : HF_TIER_LOW);
    }
    if (p->hold.flags & HF_HOLD_FORGOTTEN ||
        r->cr->s->flows[p->sym]->imprecise) {
        hf_finding_reason(f, "too many paths to tell them all apart");
        tier = lower(tier, HF_TIER_LOW);
    }
    if (!one) {
        hf_finding_reason(f, "objects are told apart by their types only");
        tier = lower(tier, HF_TIER_MEDIUM);
    }
    return tier;
}

static HfTier tier_of_wakers(HfFinding *f, const GArray *wakers, HfTier tier)
{
    guint n[HF_NEEDS_HELD + 1] = { 0 };
    guint slots = 0;

    for (guint i = 0; i < wakers->len; i++) {
        const HfWaker *w = &g_array_index(wakers, HfWaker, i);

        n[w->needs]++;
        slots += w->what.n_slots || w->what.hops > FAR;
    }
    if (n[HF_NEEDS_START] && tier > HF_TIER_HIGH) {
        tier = HF_TIER_LOW;
    }
    if (slots) {
        hf_finding_reason(f, "it is a long way from who ends the wait to the "
                          "lock");
        tier = lower(tier, HF_TIER_LOW);
    }
    if (n[HF_NEEDS_HELD] + n[HF_NEEDS_FIRST] == wakers->len) {
        hf_finding_reason(f, "everybody who can end the wait needs the lock "
                          "first (%u place%s)", wakers->len,
                          wakers->len == 1 ? "" : "s");
        return tier;
    }
    if (n[HF_NEEDS_START]) {
        hf_finding_reason(f, "who can end the wait may not have been started "
                          "yet");
    } else {
        hf_finding_reason(f, "who can end the wait needs the lock on some of "
                          "its ways");
    }
    return lower(tier, HF_TIER_MEDIUM);
}

/* ---- the report --------------------------------------------------------- */

static char *waits_for(Run *r, const HfCritPair *p, const GArray *wakers)
{
    const HfFlow *flow = r->cr->s->flows[p->sym];

    if (strcmp(p->what.word, HF_CRIT_EXIT) == 0) {
        const HfWaker *w = &g_array_index(wakers, HfWaker, 0);

        return g_strdup_printf(
            "the end of thread \"%s\"",
            HF_PROGRAM_SYM(r->check->program, w->flow->sym)->name);
    } else {
        g_autofree char *name = hf_critical_name(r->cr, flow, p->what.object,
                                                 p->what.cls);

        return g_strdup_printf(
            "\"%s\"%s", name,
            strcmp(p->what.word, HF_CRIT_CHANGE) == 0 ? " to change" : "");
    }
}

static char *lock_name(Run *r, const HfCritPair *p)
{
    const HfFlow *flow = r->cr->s->flows[p->sym];

    return p->hold.event == UINT32_MAX
               ? hf_check_stable(r->check, p->cls)
               : hf_check_hold_text(r->check, flow, &p->hold);
}

static const HfContext *any_context(const HfFlow *flow)
{
    const HfContext *best = NULL;

    for (guint i = 0; i < flow->contexts->len; i++) {
        const HfContext *c = &g_array_index(flow->contexts, HfContext, i);

        if (!best || (best->role < 0 && c->role >= 0)) {
            best = c;
        }
    }
    return best;
}

/* The main event, with the way to it and from it. */
static HfFinding *begin(Run *r, const HfCritPair *p, const char *sub,
                        const char *what, const char *then)
{
    const HfFlow *flow = r->cr->s->flows[p->sym];
    HfFinding *f = hf_check_finding(r->check, flow, sub);
    g_autofree char *lock = lock_name(r, p);
    HfPlace at = hf_check_place(flow, p->what.event);
    int depth = hf_critical_trace_hold(r->cr, f, p, any_context(flow));

    if (p->what.callee) {
        hf_finding_main(
            f, &at, "wait_under_lock", depth,
            "Calling \"%s\", which waits%s%s, while \"%s\" is held%s",
            HF_PROGRAM_SYM(r->check->program, p->what.callee)->name,
            what ? " for " : "", what ? what : "", lock, then);
    } else {
        hf_finding_main(f, &at, "wait_under_lock", depth,
                        "Waiting%s%s while \"%s\" is held%s",
                        what ? " for " : "", what ? what : "", lock, then);
    }
    hf_critical_trace(r->cr, f, flow, &p->what, depth, FALSE);
    f->rule = g_strdup("inferred");
    f->key_lock = hf_check_stable(r->check, p->cls);
    f->key_subject = p->what.cls ? hf_check_stable(r->check, p->what.cls)
                                 : g_strdup("sleep");
    f->key_shape = g_strdup(sub);
    /* one cause: what is called further down may be reached from all over */
    f->group = g_strjoin("\n", r->check->checker->name, sub, f->key_lock,
                         f->key_subject, what ? what : "", NULL);
    return f;
}

static void report(Run *r, const HfCritPair *p, const GArray *wakers)
{
    g_autofree char *what = waits_for(r, p, wakers);
    gboolean exits = strcmp(p->what.word, HF_CRIT_EXIT) == 0;
    gboolean change = strcmp(p->what.word, HF_CRIT_CHANGE) == 0;
    HfFinding *f =
        begin(r, p, exits ? "join" : "waker_needs_lock", what,
              exits    ? ", which that thread takes before it ends."
              : change ? ", which is needed to change it."
                       : ", which is needed to wake it.");

    for (guint i = 0; i < wakers->len && i < MAX_WAKERS; i++) {
        hf_waker_trace(r->wakers, f, &g_array_index(wakers, HfWaker, i),
                       p->cls);
    }
    f->tier = tier_of_wakers(f, wakers, tier_of_pair(r, f, p));
    hf_findings_add(r->check->findings, f);
}

static void report_spinning(Run *r, const HfCritPair *p)
{
    HfFinding *f = begin(r, p, "spinning", NULL,
                         ", for which others wait without sleeping.");

    hf_finding_reason(f, "the lock spins");
    f->tier = p->what.n_slots ? HF_TIER_LOW : tier_of_pair(r, f, p);
    hf_findings_add(r->check->findings, f);
}

static void report_yield(Run *r, const HfCritPair *p)
{
    HfFinding *f = begin(r, p, "yield", "somebody to enter the coroutine",
                         ": whoever of this thread takes it next waits for "
                         "ever.");

    hf_finding_reason(f, "the lock blocks threads, not coroutines");
    f->tier = p->what.n_slots ? HF_TIER_LOW : tier_of_pair(r, f, p);
    hf_findings_add(r->check->findings, f);
}

/* ---- one pair ----------------------------------------------------------- */

static gboolean all_need(const GArray *wakers)
{
    for (guint i = 0; i < wakers->len; i++) {
        if (g_array_index(wakers, HfWaker, i).needs == HF_NEEDS_NOT) {
            return FALSE;
        }
    }
    return wakers->len > 0;
}

static gboolean some_later(const GArray *wakers)
{
    for (guint i = 0; i < wakers->len; i++) {
        if (g_array_index(wakers, HfWaker, i).needs == HF_NEEDS_START) {
            return TRUE;
        }
    }
    return FALSE;
}

/* That the waker may not exist yet is told once for each thing waited for:
 * nearest to it. */
static void put_off(Run *r, const HfCritPair *p)
{
    for (guint i = 0; i < r->later->len; i++) {
        HfCritPair *have = &g_array_index(r->later, HfCritPair, i);

        if (have->cls == p->cls && have->what.cls == p->what.cls) {
            if (p->what.n_slots < have->what.n_slots ||
                (p->what.n_slots == have->what.n_slots &&
                 p->what.hops < have->what.hops)) {
                *have = *p;
            }
            return;
        }
    }
    g_array_append_val(r->later, *p);
}

static void report_later(Run *r)
{
    for (guint i = 0; i < r->later->len; i++) {
        const HfCritPair *p = &g_array_index(r->later, HfCritPair, i);
        GArray *wakers = hf_wakers_of(r->wakers, r->cr->s->flows[p->sym],
                                      &p->what, p->cls);

        report(r, p, wakers);
        g_array_unref(wakers);
    }
}

/* Coroutines that sleep: a lock of theirs counts like any for threads; one for
 * threads is not kept meanwhile. */
static gboolean judge_yield(Run *r, const HfCritPair *p)
{
    HfCritPair once = *p;

    if (!p->what.word || strcmp(p->what.word, HF_CRIT_ENTER) != 0 ||
        hf_critical_yields(r->cr, p->cls)) {
        return FALSE;
    }
    once.what.event = UINT32_MAX; /* for all that comes under it */
    if (p->hold.event != UINT32_MAX && hf_critical_blocks(r->cr, p->cls) &&
        tell(r, &once)) {
        report_yield(r, p);
    }
    return TRUE;
}

static void judge(HfCritical *cr, const HfCritPair *p, gpointer data)
{
    Run *r = data;
    GArray *wakers;

    if (p->what.kind != HF_CRIT_WAIT ||
        (p->hold.flags & HF_HOLD_SHARED && p->what.n_slots)) {
        return;
    }
    if (judge_yield(r, p)) {
        return;
    }
    if (hf_critical_spins(cr, p->cls)) {
        if (tell(r, p)) {
            report_spinning(r, p);
        }
        return;
    }
    wakers = hf_wakers_of(r->wakers, cr->s->flows[p->sym], &p->what, p->cls);
    if (all_need(wakers) && some_later(wakers)) {
        put_off(r, p);
    } else if (all_need(wakers) && tell(r, p)) {
        report(r, p, wakers);
    }
    g_array_unref(wakers);
}

static void run_wait_under_lock(HfCheck *c)
{
    Run r = {
        .check = c, .cr = hf_critical_of(c),
        .told = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };

    r.wakers = hf_wakers_new(r.cr);
    r.later = g_array_new(FALSE, FALSE, sizeof(HfCritPair));
    hf_critical_each_pair(r.cr, judge, &r);
    report_later(&r);
    g_array_unref(r.later);
    hf_wakers_free(r.wakers);
    g_hash_table_unref(r.told);
}

const HfChecker hf_checker_wait_under_lock = {
    .name = "WAIT_UNDER_LOCK",
    .summary = "waiting under a lock that whoever ends the wait needs",
    .cwe = 833,
    .impact = HF_IMPACT_HIGH,
    .run = run_wait_under_lock,
};
