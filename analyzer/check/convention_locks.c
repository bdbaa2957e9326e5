/* SPDX-License-Identifier: MIT */
/*
 * What a function needs of its callers and does not say, where other
 * functions that need the same say it: a lock that it leaves to them, a lock
 * of theirs that it drops.
 */
#include "check/convention.h"
#include "check/verdict.h"

typedef enum { NEEDS, DROPS, SLOT_NEEDS } What;

/* One need of one function. */
typedef struct {
    What what;
    HfSymId sym;
    HfX lock;        /* in its own terms */
    guint32 family;  /* alike for the same lock in other functions */
    gboolean says;
    uint32_t event;  /* that shows it; UINT32_MAX: the slot does */
    HfSymId callee;
    HfFieldId slot;
} Need;

typedef struct {
    HfCheck *c;
    GArray *needs;     /* Need */
    GHashTable *seen;  /* "what sym lock" */
} Survey;

/* ---- what a contract says ------------------------------------------------ */

static gboolean says_lock(const HfContract *k, HfX lock, What what)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (!hf_verdict_clause_has(cl, lock)) {
            continue;
        }
        if (cl->kind == HF_EFF_DROP_AND_RETAKE ||
            (what != DROPS &&
             (cl->kind == HF_EFF_REQUIRES || cl->kind == HF_EFF_RELEASE ||
              cl->kind == HF_EFF_REQUIRES_SHARED))) {
            return TRUE;
        }
    }
    return FALSE;
}

/* Global-state code holds what global state needs. */
static gboolean context_gives(const HfCheck *c, const HfFlow *flow, HfX lock)
{
    const HfCapRule *cap = hf_contract_cap_rule(c->solved->contracts, lock);
    const char *gs = c->program->rules->contexts.gs_requires;
    g_auto(GStrv) parts = NULL;

    if (flow->cls != HF_CLASS_GS || !cap || !gs) {
        return FALSE;
    }
    parts = g_strsplit(gs, "|", -1);
    for (guint i = 0; parts[i]; i++) {
        if (g_strcmp0(g_strstrip(parts[i]), cap->name) == 0) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean can_be_said(const HfCheck *c, HfX lock)
{
    const HfXNode *n = lock ? hf_x(c->solved->exprs, lock) : NULL;
    HfXKind root;

    if (!n || n->local || !hf_verdict_is_lock(c, lock)) {
        return FALSE;
    }
    root = hf_x(c->solved->exprs, hf_x_root(c->solved->exprs, lock))->kind;
    return root == HF_X_PARAM || root == HF_X_GLOBAL || root == HF_X_CAP ||
           root == HF_X_NAMED;
}

static guint32 family_of(const HfCheck *c, HfX lock)
{
    const HfXNode *n = hf_x(c->solved->exprs, lock);

    return n->kind == HF_X_FIELD ? n->ref * 2 : lock * 2 + 1;
}

/* ---- collecting ---------------------------------------------------------- */

static void add(Survey *s, const Need *need)
{
    char *key = g_strdup_printf("%d %u %u", need->what, need->sym,
                                need->lock);

    if (g_hash_table_add(s->seen, key)) {
        g_array_append_val(s->needs, *need);
    }
}

/* At this point the lock is there because it was there on entry. */
static gboolean from_entry(const HfCheck *c, HfHolds local, HfX lock)
{
    const HfHold *h = hf_holds_find(c->solved, local, lock);

    return !h || h->now == HF_HOLD_INHERITED ||
           (h->now == HF_HOLD_HELD && h->event == UINT32_MAX);
}

/* Or may: of a lock that anybody may hold on entry, GUARDED_BY and
 * LOCK_CONTRACT say nothing where callers are not known. */
static gboolean callers_hold(const HfCheck *c, const HfFlow *flow,
                             HfHolds local, HfX object, HfX lock)
{
    const HfSpot at = { flow, local, object };
    const HfCapRule *cap = hf_contract_cap_rule(c->solved->contracts, lock);
    HfVerdict v = hf_verdict_any(c, &at, &lock, 1);

    return v.n_contexts &&
           (v.tri == HF_HELD ||
            (v.tri == HF_UNSURE && cap &&
             cap->unknown_entry == HF_ENTRY_UNKNOWN));
}

static void need_lock(Survey *s, const HfFlow *flow, What what, HfX lock,
                      HfHolds local, HfX object, uint32_t event,
                      HfSymId callee)
{
    HfCheck *c = s->c;
    const HfContract *k = hf_contract_of(c->solved->contracts, flow->sym);
    Need n = { .what = what, .sym = flow->sym, .lock = lock, .event = event,
               .callee = callee };

    if (!can_be_said(c, lock) || !from_entry(c, local, lock)) {
        return;
    }
    n.says = says_lock(k, lock, what) ||
             (what == NEEDS && context_gives(c, flow, lock));
    if (n.says || callers_hold(c, flow, local, object, lock)) {
        n.family = family_of(c, lock);
        add(s, &n);
    }
}

static void from_use(HfCheck *c, const HfFlow *flow, const HfGuardUse *u,
                     gpointer data)
{
    const HfSubject *sub = &u->subject;
    const HfContract *k =
        sub->field ? hf_contract_of_field(c->solved->contracts, sub->field)
                   : hf_contract_of(c->solved->contracts, sub->var);

    for (guint n = 0; !u->access.fresh && k && n < k->clauses->len; n++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, n);

        if (cl->kind == (sub->pointee ? HF_EFF_PT_GUARDED_BY
                                      : HF_EFF_GUARDED_BY) &&
            cl->annot && cl->n_locks == 1) {
            need_lock(data, flow, NEEDS, hf_guard_on(c, sub, cl->locks[0]),
                      u->access.must, u->access.path, u->access.event, 0);
        }
    }
}

static void from_call(Survey *s, const HfFlow *flow, const HfCall *call,
                      HfSymId callee)
{
    const HfContract *k = hf_contract_of(s->c->solved->contracts, callee);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        HfX lock;

        if (!cl->annot || cl->n_locks != 1 ||
            (cl->kind != HF_EFF_REQUIRES &&
             cl->kind != HF_EFF_REQUIRES_SHARED &&
             cl->kind != HF_EFF_DROP_AND_RETAKE)) {
            continue;
        }
        lock = hf_call_named(s->c->solved, flow, call, cl->locks[0]);
        if (lock) {
            lock = hf_contract_canonical(s->c->solved->contracts, lock);
            need_lock(s, flow,
                      cl->kind == HF_EFF_DROP_AND_RETAKE ? DROPS : NEEDS,
                      lock, call->must, 0, call->event, callee);
        }
    }
}

static void survey_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    const HfContract *own = hf_contract_of(c->solved->contracts, flow->sym);
    Survey *s = data;

    /* wrappers need of their callers what those say who call in coroutines */
    if (HF_CONTRACT_HAS(own, HF_EFF_CO_WRAPPER) ||
        HF_CONTRACT_HAS(own, HF_EFF_CO_WRAPPER_MIXED)) {
        return;
    }
    hf_guard_each_use(c, flow, from_use, s);
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const HfEvent *e = hf_flow_event(flow, call->event);

        if (e->kind == HF_EV_CALL) {
            from_call(s, flow, call, flow->unit->symbols[e->sym]);
        }
    }
}

/* ---- functions in slots -------------------------------------------------- */

static void from_target(Survey *s, HfFieldId slot, const HfContract *k,
                        HfSymId target)
{
    HfCheck *c = s->c;
    const HfFlow *flow = c->solved->flows[target];
    const HfContract *own = hf_contract_of(c->solved->contracts, target);

    if (!flow || flow->skip) {
        return;
    }
    for (guint i = 0; i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        Need n = { .sym = target, .slot = slot, .event = UINT32_MAX };

        if (!cl->annot) {
            continue;
        }
        if ((cl->kind == HF_EFF_REQUIRES ||
             cl->kind == HF_EFF_REQUIRES_SHARED) &&
            cl->n_locks == 1 &&
            hf_x(c->solved->exprs, cl->locks[0])->kind == HF_X_CAP) {
            n.what = SLOT_NEEDS;
            n.lock = cl->locks[0];
            n.says = says_lock(own, n.lock, NEEDS) ||
                     context_gives(c, flow, n.lock);
            n.family = family_of(c, n.lock);
            add(s, &n);
        }
    }
}

static void survey_slots(Survey *s)
{
    const HfProgram *p = s->c->program;

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);
        const HfContract *k = hf_contract_of_field(s->c->solved->contracts, i);

        for (guint n = 0; k && f->targets && n < f->targets->len; n++) {
            from_target(s, i, k, g_array_index(f->targets, HfSymId, n));
        }
    }
}

/* ---- findings ------------------------------------------------------------ */

static void note_need(HfCheck *c, HfFinding *f, const Need *n)
{
    const HfFlow *flow = c->solved->flows[n->sym];
    HfPlace at;

    if (n->slot) {
        const HfProgField *d = HF_PROGRAM_FIELD(c->program, n->slot);

        at = hf_check_place_of(c->program, d->unit, d->loc);
        hf_finding_event(f, &at, "note", 0, "The slot \"%s.%s\" says so here.",
                         HF_PROGRAM_RECORD(c->program, d->record)->name,
                         d->name);
        return;
    }
    at = hf_check_place(flow, n->event);
    if (n->callee) {
        hf_finding_event(f, &at, "note", 0, "\"%s\", which it calls, %s.",
                         HF_PROGRAM_SYM(c->program, n->callee)->name,
                         n->what == DROPS ? "may drop it" : "requires it");
    } else {
        hf_finding_event(f, &at, "note", 0,
                         "What the lock guards is accessed here.");
    }
}

static void tell(HfCheck *c, const Need *n, const HfCustom *custom)
{
    const HfFlow *flow = c->solved->flows[n->sym];
    const char *name = HF_PROGRAM_SYM(c->program, n->sym)->name;
    g_autofree char *lock = hf_check_text(c, flow, n->lock);
    HfPlace at = hf_convention_place(c, n->sym);
    HfFinding *f;

    f = hf_convention_finding(c, n->sym,
                              n->what == DROPS ? "undeclared_drop"
                                               : "undeclared_requirement",
                              "");
    g_free(f->key_lock);
    f->key_lock = hf_check_stable(c, n->lock);
    if (n->what == DROPS) {
        hf_finding_main(f, &at, "annotation", 0,
                        "\"%s\" may drop its callers' lock \"%s\" for a "
                        "while, and does not say so.", name, lock);
    } else {
        hf_finding_main(f, &at, "annotation", 0,
                        "\"%s\" needs lock \"%s\" held by its callers, and "
                        "does not say so.", name, lock);
    }
    note_need(c, f, n);
    hf_finding_reason(f, "%u of %u functions like it do", custom->n_says,
                      custom->n);
    hf_findings_add(c->findings, f);
}

/* Of the same lock; else, unless it is a named capability with customs of
 * its own, of all locks. */
static HfCustom custom_of(const Survey *s, const Need *like, gboolean all)
{
    HfCustom k = { 0 };

    for (guint i = 0; i < s->needs->len; i++) {
        const Need *n = &g_array_index(s->needs, Need, i);

        if (n->what == like->what && (all || n->family == like->family)) {
            k.n++;
            k.n_says += n->says;
        }
    }
    return k;
}

static Survey survey_new(HfCheck *c)
{
    Survey s = {
        .c = c,
        .needs = g_array_new(FALSE, FALSE, sizeof(Need)),
        .seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };

    hf_check_each_flow(c, survey_flow, &s);
    return s;
}

static void survey_clear(Survey *s)
{
    g_array_unref(s->needs);
    g_hash_table_unref(s->seen);
}

static gboolean is_named(const HfCheck *c, const Need *n)
{
    return n->lock && hf_x(c->solved->exprs, n->lock)->kind == HF_X_CAP;
}

gboolean hf_convention_strict(HfCheck *c, const char *cap)
{
    Survey s = survey_new(c);
    HfCustom k = { 0 };

    for (guint i = 0; i < s.needs->len; i++) {
        const Need *n = &g_array_index(s.needs, Need, i);

        const HfCapRule *rule =
            hf_contract_cap_rule(c->solved->contracts, n->lock);

        if (n->what == NEEDS &&
            g_strcmp0(rule ? rule->name : NULL, cap) == 0) {
            k.n++;
            k.n_says += n->says;
        }
    }
    survey_clear(&s);
    return hf_custom_holds(&k);
}

void hf_convention_locks(HfCheck *c)
{
    Survey s = survey_new(c);

    survey_slots(&s);
    for (guint i = 0; i < s.needs->len; i++) {
        const Need *n = &g_array_index(s.needs, Need, i);
        HfCustom own, all;

        if (n->says) {
            continue;
        }
        own = custom_of(&s, n, FALSE);
        all = custom_of(&s, n, TRUE);
        if (hf_custom_holds_among_few(&own)) {
            tell(c, n, &own);
        } else if (!is_named(c, n) && hf_custom_holds(&all)) {
            tell(c, n, &all);
        }
    }
    survey_clear(&s);
}
