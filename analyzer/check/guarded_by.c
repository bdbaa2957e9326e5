/* SPDX-License-Identifier: MIT */
/*
 * GUARDED_BY: access to a field or variable whose guard is declared, by an
 * annotation or a rule, without that guard.
 *
 * One guard given as "a|b": either suffices.  Several guards: reading needs
 * any of them, writing all (as for lists that are changed under two locks
 * and read under either).
 */
#include "check/frees.h"
#include "check/unlocked.h"

typedef struct {
    const HfClause *clause; /* the guard that is missing */
    HfVerdict verdict;
    HfX lock;
} Missing;

static const HfContract *contract_of(const HfCheck *c, const HfSubject *s)
{
    return s->field ? hf_contract_of_field(c->solved->contracts, s->field)
                    : hf_contract_of(c->solved->contracts, s->var);
}

/* The guard is reached through a pointer in the object (t->ctx->lock), and
 * the same member of some object of that type is held: whether t->ctx is that
 * object is beyond us, as for the elements of ctx->timers. */
static gboolean maybe_same_object(const HfCheck *c, const HfFlow *flow,
                                  const HfAccess *a, HfX lock)
{
    const HfXTable *t = c->solved->exprs;
    const HfXNode *want = hf_x(t, lock);
    const HfXNode *owner = hf_x(t, want->parent);
    guint n;
    const HfHold *rows = hf_holds(c->solved, a->must, &n);

    if (want->kind != HF_X_FIELD || owner->kind != HF_X_DEREF ||
        hf_x(t, owner->parent)->kind != HF_X_FIELD) {
        return FALSE;
    }
    for (guint i = 0; i < n; i++) {
        const HfXNode *have = hf_x(t, rows[i].lock);

        if (rows[i].now == HF_HOLD_HELD && have->kind == HF_X_FIELD &&
            have->ref == want->ref) {
            return TRUE;
        }
    }
    return FALSE;
}

/* TRUE when one alternative of the clause is held in every context. */
static gboolean clause_held(const HfCheck *c, const HfFlow *flow,
                            const HfAccess *a, const HfSubject *s,
                            const HfClause *cl, Missing *m)
{
    gboolean open = FALSE;

    for (guint i = 0; i < cl->n_locks; i++) {
        HfX lock = hf_guard_on(c, s, cl->locks[i]);
        const HfCapRule *cap;
        HfVerdict v;

        if (!lock) {
            return TRUE; /* cannot be named here: say nothing */
        }
        if (maybe_same_object(c, flow, a, lock)) {
            return TRUE;
        }
        cap = hf_contract_cap_rule(c->solved->contracts, lock);
        v = hf_guard_verdict(c, flow, a, lock);
        if (v.tri == HF_HELD &&
            !(v.shared && hf_guard_is_write(a))) {
            return TRUE;
        }
        /* a global capability that callers may well hold */
        if (v.tri == HF_UNSURE && cap &&
            cap->unknown_entry == HF_ENTRY_UNKNOWN) {
            open = TRUE;
        }
        if (i == 0) {
            *m = (Missing){ cl, v, lock };
        }
    }
    return open || cl->n_locks == 0;
}

static gboolean guards_hold(const HfCheck *c, const HfFlow *flow,
                            const HfAccess *a, const HfSubject *s, Missing *m)
{
    const HfContract *k = contract_of(c, s);
    HfEffectKind want = s->pointee ? HF_EFF_PT_GUARDED_BY : HF_EFF_GUARDED_BY;
    gboolean write = hf_guard_is_write(a), any = FALSE, all = TRUE;
    guint n = 0;

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        Missing one = { 0 };

        if (cl->kind != want) {
            continue;
        }
        n++;
        if (clause_held(c, flow, a, s, cl, &one)) {
            any = TRUE;
        } else {
            if (all) {
                *m = one;
            }
            all = FALSE;
        }
    }
    return n == 0 || all || (!write && any);
}

typedef struct {
    GHashTable *seen; /* one finding per function and subject, and one per
                         reason for which it is right */
    HfWitnesses *witnesses;
    HfFrees frees;
} Told;

static gboolean is_new(const HfFlow *flow, const HfAccess *a, const Told *told,
                       const char *code)
{
    return g_hash_table_add(
        told->seen, g_strdup_printf("%u %u %d %s", flow->sym, a->path,
                                    hf_guard_is_write(a), code ? code : ""));
}

static void report(HfCheck *c, const HfFlow *flow, const HfGuardUse *u,
                   const Missing *m, Told *told)
{
    const HfAccess *a = &u->access;
    const HfSubject *s = &u->subject;
    gboolean write = hf_guard_is_write(a);
    gboolean wrong_mode = m->verdict.tri == HF_HELD;
    HfFinding *f = hf_check_finding(
        c, flow, wrong_mode ? "shared_write"
                            : write ? "unlocked_write" : "unlocked_read");
    g_autofree char *what = hf_guard_use_text(c, flow, u);
    g_autofree char *lock = hf_check_text(c, flow, m->lock);
    HfPlace place = hf_check_place(flow, a->event);
    const HfHold *h = hf_holds_find(c->solved, a->must, m->lock);
    int depth = hf_trace_context(c, f, flow, m->verdict.ctx);

    if (h) {
        hf_trace_hold(c, f, flow, h, depth);
    }
    if (wrong_mode) {
        hf_finding_main(f, &place, "guarded_by", depth,
                        "Writing \"%s\" with lock \"%s\" held only in shared "
                        "mode.", what, lock);
    } else {
        hf_finding_main(f, &place, "guarded_by", depth,
                        "%s \"%s\" without holding lock \"%s\".",
                        write ? "Writing" : "Reading", what, lock);
    }
    if (u->callee) {
        hf_finding_reason(f, "by \"%s\", which gets its address",
                          HF_PROGRAM_SYM(c->program, u->callee)->name);
    }
    hf_finding_reason(f, "declared guard");
    if (m->verdict.n_held) {
        hf_finding_reason(f, "held in %u of %u contexts", m->verdict.n_held,
                          m->verdict.n_contexts);
    }
    if (m->clause->annot) {
        HfPlace at = hf_check_place_of(c->program, m->clause->annot->unit,
                                       m->clause->annot->loc);

        hf_finding_event(f, &at, "note", depth, "The guard is declared here.");
        f->rule = g_strdup(m->clause->annot->text);
    } else {
        f->rule = g_strdup_printf("%s:%d", m->clause->effect->place.file,
                                  m->clause->effect->place.line);
    }
    f->tier = m->verdict.tri == HF_ABSENT || !m->verdict.n_held
                  ? HF_TIER_HIGH : HF_TIER_MEDIUM;
    if (hf_frees_walked(&told->frees, flow, a)) {
        f->tier = HF_TIER_LOW;
        hf_finding_suggest(f, "Intentional", "not_shared",
                           "the function frees it afterwards");
    } else if (hf_guard_unshared(c, flow, a->event, m->lock, s)) {
        f->tier = HF_TIER_LOW;
        hf_finding_suggest(f, "Intentional", "not_shared",
                           "nobody else has the object");
        hf_finding_reason(f, "nobody else has the object: its lock is set up "
                             "or destroyed afterwards, or it is freed by its "
                             "last user");
    }
    if (hf_check_exempt(c, flow) && !hf_guard_is_global(c, m->lock)) {
        f->tier = HF_TIER_LOW;
        hf_finding_suggest(f, "Intentional", "init_phase",
                           "the profile calls this phase unshared");
        hf_finding_reason(f, "runs in a phase the profile calls unshared");
    }
    f->key_subject = hf_check_stable(c, s->object);
    f->key_lock = hf_check_stable(c, m->lock);
    f->key_shape = g_strdup(write ? "write" : "read");
    if (!wrong_mode) {
        hf_unlocked_finish(told->witnesses, f, flow, a, m->lock,
                           HF_GUARD_DECLARED);
    }
    if (is_new(flow, a, told, f->reason_code)) {
        hf_findings_add(c->findings, f);
    } else {
        hf_finding_free(f);
    }
}

static void check_use(HfCheck *c, const HfFlow *flow, const HfGuardUse *u,
                      gpointer data)
{
    const HfAccess *a = &u->access;
    Missing m = { 0 };

    if (!guards_hold(c, flow, a, &u->subject, &m)) {
        report(c, flow, u, &m, data);
    }
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    hf_guard_each_use(c, flow, check_use, data);
}

static void run(HfCheck *c)
{
    Told told = {
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        hf_witnesses_new(c),
    };

    hf_frees_init(&told.frees, c);
    hf_check_each_flow(c, check_flow, &told);
    hf_frees_clear(&told.frees);
    g_hash_table_unref(told.seen);
    hf_witnesses_free(told.witnesses);
}

const HfChecker hf_checker_guarded_by = {
    .name = "GUARDED_BY",
    .summary = "access to a guarded field without its declared lock",
    .cwe = 667,
    .impact = HF_IMPACT_HIGH,
    .run = run,
};
