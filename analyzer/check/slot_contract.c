/* SPDX-License-Identifier: MIT */
/*
 * SLOT_CONTRACT: what a function pointer member promises to the functions
 * stored in it, against what they ask for.
 *
 * A slot that says nothing is judged only by what the project says about its
 * other slots: where none of them speaks of coroutines, contexts or a lock,
 * silence means nothing.
 */
#include "check/slot_survey.h"

#include <string.h>

/* A function stored in a slot. */
typedef struct {
    HfFieldId slot;
    HfSymId impl;
    const HfContract *promise; /* of the slot, may be NULL */
    const HfContract *demand;  /* of the function, may be NULL */
    const HfFlow *flow;        /* of the function, may be NULL */
} Pair;

/* ---- findings ----------------------------------------------------------- */

static char *slot_name(const HfCheck *c, HfFieldId slot)
{
    const HfProgField *f = HF_PROGRAM_FIELD(c->program, slot);

    return g_strdup_printf("%s.%s", HF_PROGRAM_RECORD(c->program,
                                                      f->record)->name,
                           f->name);
}

static HfPlace binding_place(const HfCheck *c, const HfSlots *s, const Pair *p)
{
    const HfPlace *known = hf_slots_binding(s, p->slot, p->impl);
    const HfProgSymbol *impl = HF_PROGRAM_SYM(c->program, p->impl);

    return known ? *known
           : p->flow ? hf_check_place(p->flow, UINT32_MAX)
                     : hf_check_place_of(c->program, impl->decl_unit,
                                         impl->decl_loc);
}

static const HfClause *clause_of(const HfContract *k, HfEffectKind kind)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == kind) {
            return cl;
        }
    }
    return NULL;
}

/* "declared here": where an annotation stands, else the declaration. */
static void note_side(const HfCheck *c, HfFinding *f, const HfClause *cl,
                      uint32_t unit, HfId loc, const char *text)
{
    HfPlace at;

    if (cl && cl->annot) {
        unit = cl->annot->unit;
        loc = cl->annot->loc;
    }
    if (loc) {
        at = hf_check_place_of(c->program, unit, loc);
        hf_finding_event(f, &at, "note", 0, "%s", text);
    }
}

typedef struct {
    const char *subcategory;
    const char *subject;         /* for the key: what the two disagree on */
    char *message;               /* taken */
    const HfClause *promise, *demand;
    HfTier tier;
    const char *reason;
} Disagreement;

static void report(HfCheck *c, const HfSlots *s, const Pair *p,
                   const Disagreement *d)
{
    HfFinding *f = hf_finding_new(c->checker->name, d->subcategory);
    const HfProgField *slot = HF_PROGRAM_FIELD(c->program, p->slot);
    const HfProgSymbol *impl = HF_PROGRAM_SYM(c->program, p->impl);
    g_autofree char *name = slot_name(c, p->slot);
    g_autofree char *here = g_strdup_printf("The slot \"%s\" is declared "
                                            "here.", name);
    g_autofree char *there = g_strdup_printf("\"%s\" is declared here.",
                                             impl->name);
    HfPlace at = binding_place(c, s, p);

    f->cwe = c->checker->cwe;
    f->impact = c->checker->impact;
    f->function = g_strdup(impl->name);
    f->key_function = g_strdup(impl->name);
    hf_finding_main(f, &at, "slot_contract", 0, "%s", d->message);
    note_side(c, f, d->promise, slot->unit, slot->loc, here);
    note_side(c, f, d->demand, impl->decl_unit, impl->decl_loc, there);
    hf_finding_reason(f, "%s", d->reason);
    f->tier = d->tier;
    f->rule = g_strdup("slot contract");
    f->key_subject = g_strdup(name);
    f->key_lock = g_strdup(d->subject);
    f->key_shape = g_strdup(d->subcategory);
    hf_findings_add(c->findings, f);
    g_free(d->message);
}

/* ---- coroutines --------------------------------------------------------- */

static void demand_coroutine(HfCheck *c, const HfSlots *s, const Pair *p)
{
    const HfSlotCalls *calls = hf_slots_calls(s, p->slot);
    g_autofree char *slot = slot_name(c, p->slot);
    Disagreement d = {
        .subcategory = "coroutine_in_plain_slot", .subject = "coroutine",
        .demand = clause_of(p->demand, HF_EFF_COROUTINE),
    };

    if (HF_CONTRACT_HAS(p->promise, HF_EFF_NO_COROUTINE)) {
        d.promise = clause_of(p->promise, HF_EFF_NO_COROUTINE);
        d.tier = HF_TIER_HIGH;
        d.reason = "both are declared";
    } else if (calls && calls->sometimes_in && calls->outside_coroutine) {
        d.tier = HF_TIER_LOW;
        d.reason = "the slot is called in coroutines and outside: something "
                   "else may decide";
    } else if (calls && calls->outside_coroutine) {
        d.tier = HF_TIER_HIGH;
        d.reason = "the slot is called outside of coroutines";
    } else if (calls && calls->n > calls->in_coroutine) {
        d.tier = HF_TIER_MEDIUM;
        d.reason = "the slot is called by functions that are not marked";
    } else {
        d.tier = HF_TIER_LOW;
        d.reason = "every call through the slot is in a coroutine";
    }
    d.message = g_strdup_printf(
        "Coroutine function \"%s\" is stored in \"%s\", which is not declared "
        "to be called in coroutines.",
        HF_PROGRAM_SYM(c->program, p->impl)->name, slot);
    report(c, s, p, &d);
}

static void promise_coroutine(HfCheck *c, const HfSlots *s, const Pair *p)
{
    gboolean never = HF_CONTRACT_HAS(p->demand, HF_EFF_NO_COROUTINE);
    gboolean wrapper = HF_CONTRACT_HAS(p->demand, HF_EFF_CO_WRAPPER);
    g_autofree char *slot = slot_name(c, p->slot);
    Disagreement d = {
        .subcategory = "plain_in_coroutine_slot", .subject = "coroutine",
        .promise = clause_of(p->promise, HF_EFF_COROUTINE),
        .demand = clause_of(p->demand, never ? HF_EFF_NO_COROUTINE
                                             : HF_EFF_CO_WRAPPER),
        .tier = HF_TIER_HIGH, .reason = "both are declared",
    };

    if (never || wrapper) {
        d.message = g_strdup_printf(
            "\"%s\" must not run in a coroutine, but is stored in coroutine "
            "slot \"%s\".", HF_PROGRAM_SYM(c->program, p->impl)->name, slot);
        report(c, s, p, &d);
    }
}

static void check_coroutine(HfCheck *c, const HfSlots *s, const Pair *p)
{
    if (HF_CONTRACT_HAS(p->promise, HF_EFF_COROUTINE)) {
        promise_coroutine(c, s, p);
    } else if (HF_CONTRACT_HAS(p->demand, HF_EFF_COROUTINE) &&
               !HF_CONTRACT_HAS(p->promise, HF_EFF_COROUTINE_MIXED) &&
               (s->coroutine_said || p->promise)) {
        demand_coroutine(c, s, p);
    }
}

/* ---- contexts ----------------------------------------------------------- */

static HfContextClass class_of(const HfContract *k)
{
    return HF_CONTRACT_HAS(k, HF_EFF_GLOBAL_STATE) ? HF_CLASS_GS
           : HF_CONTRACT_HAS(k, HF_EFF_IO_OR_GS)   ? HF_CLASS_IO_OR_GS
           : HF_CONTRACT_HAS(k, HF_EFF_IO)         ? HF_CLASS_IO
                                                   : HF_CLASS_NONE;
}

/* Without a matrix of the profile: I/O may not call global state. */
static gboolean may_call(const HfCheck *c, HfContextClass from,
                         HfContextClass to)
{
    const HfContextMatrix *m = &c->program->rules->contexts;
    static const int rows[] = { 0, 0, 1, 2 };

    if (!m->set) {
        return to == HF_CLASS_IO || from == to || from == HF_CLASS_GS;
    }
    return m->allowed[rows[from]][rows[to]];
}

static void check_context(HfCheck *c, const HfSlots *s, const Pair *p)
{
    static const char *const names[] = { "", "GLOBAL_STATE", "IO",
                                         "IO_OR_GS" };
    static const HfEffectKind kinds[] = {
        HF_EFF_GLOBAL_STATE, HF_EFF_GLOBAL_STATE, HF_EFF_IO, HF_EFF_IO_OR_GS,
    };
    HfContextClass from = class_of(p->promise);
    HfContextClass to = p->flow && p->flow->cls != HF_CLASS_NONE
                            ? p->flow->cls : class_of(p->demand);
    g_autofree char *slot = slot_name(c, p->slot);
    Disagreement d = {
        .subcategory = "context", .subject = names[to],
        .promise = clause_of(p->promise, kinds[from]),
        .demand = clause_of(p->demand, kinds[to]),
        .tier = HF_TIER_HIGH, .reason = "both are declared",
    };

    if (from == HF_CLASS_NONE || to == HF_CLASS_NONE || may_call(c, from, to)) {
        return;
    }
    d.message = g_strdup_printf(
        "%s function \"%s\" is stored in %s slot \"%s\".", names[to],
        HF_PROGRAM_SYM(c->program, p->impl)->name, names[from], slot);
    report(c, s, p, &d);
}

/* ---- locks -------------------------------------------------------------- */

static gboolean wants_lock(const HfClause *cl)
{
    return cl->kind == HF_EFF_REQUIRES || cl->kind == HF_EFF_REQUIRES_SHARED;
}

/* Every alternative that the slot offers would do. */
static gboolean covers(const HfClause *promise, const HfClause *demand)
{
    for (guint i = 0; i < promise->n_locks; i++) {
        if (!hf_verdict_clause_has(demand, promise->locks[i])) {
            return FALSE;
        }
    }
    return promise->n_locks > 0;
}

/* A clause about the object that holds the slot cannot be compared with one
 * about parameters. */
static gboolean is_comparable(const HfCheck *c, const HfClause *cl)
{
    for (guint i = 0; i < cl->n_locks; i++) {
        HfX root = hf_x_root(c->solved->exprs, cl->locks[i]);

        if (hf_x(c->solved->exprs, root)->kind == HF_X_SELF) {
            return FALSE;
        }
    }
    return cl->n_locks > 0;
}

static const HfClause *find_promise(const HfCheck *c, const Pair *p,
                                    const HfClause *demand,
                                    gboolean *open)
{
    const HfContract *k = p->promise;

    *open = FALSE;
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (!wants_lock(cl)) {
            continue;
        }
        if (covers(cl, demand)) {
            return cl;
        }
        *open |= !is_comparable(c, cl);
    }
    return NULL;
}

/* How calls through the slot stand to a lock that its functions want. */
static HfTier held_by_callers(HfCheck *c, const HfSlots *s, const Pair *p,
                              const HfClause *demand, const char **reason)
{
    const HfSlotCalls *calls = hf_slots_calls(s, p->slot);
    guint held = 0;

    for (guint i = 0; calls && i < calls->n; i++) {
        const HfSlotSite *site = &g_array_index(calls->sites, HfSlotSite, i);
        HfSpot at = { site->flow, site->call->must, 0 };
        HfX locks[4];
        guint n = 0;
        HfTri t;

        for (guint l = 0; l < demand->n_locks; l++) {
            HfX x = hf_call_named(c->solved, site->flow, site->call,
                                  demand->locks[l]);

            if (x) {
                locks[n++] = hf_contract_canonical(c->solved->contracts, x);
            }
        }
        t = n ? hf_verdict_any(c, &at, locks, n).tri : HF_UNSURE;
        held += t == HF_HELD;
        if (t == HF_ABSENT) {
            *reason = "it is called through the slot without it";
            return HF_TIER_HIGH;
        }
    }
    if (calls && held == calls->n) {
        *reason = "every call through the slot holds it";
        return HF_TIER_LOW;
    }
    *reason = p->promise ? "the slot promises other things"
                         : "other slots promise it";
    return p->promise ? HF_TIER_MEDIUM : HF_TIER_LOW;
}

/* A slot of global state code is called with what global state requires. */
static gboolean comes_with_context(const HfCheck *c, const Pair *p,
                                   const HfClause *demand)
{
    const char *text = c->program->rules->contexts.gs_requires;
    g_auto(GStrv) names = text && HF_CONTRACT_HAS(p->promise,
                                                  HF_EFF_GLOBAL_STATE)
                              ? g_strsplit(text, "|", -1) : NULL;

    for (guint i = 0; names && names[i]; i++) {
        HfX x = hf_contract_lock_named(c->solved->contracts,
                                       g_strstrip(names[i]));

        if (x && hf_verdict_clause_has(demand, x)) {
            return TRUE;
        }
    }
    return FALSE;
}

static void demand_lock(HfCheck *c, const HfSlots *s, const Pair *p,
                        const HfClause *demand)
{
    gboolean open, said = FALSE;
    const HfClause *promise = find_promise(c, p, demand, &open);
    g_autofree char *slot = slot_name(c, p->slot);
    g_autofree char *lock = hf_check_text(c, p->flow, demand->locks[0]);
    const char *impl = HF_PROGRAM_SYM(c->program, p->impl)->name;
    Disagreement d = { .subject = lock, .promise = promise,
                       .demand = demand };

    if (promise) {
        if (promise->kind != HF_EFF_REQUIRES_SHARED ||
            demand->kind != HF_EFF_REQUIRES) {
            return;
        }
        d.subcategory = "lock_mode";
        d.tier = HF_TIER_HIGH;
        d.reason = "both are declared";
        d.message = g_strdup_printf(
            "\"%s\" requires \"%s\" exclusively, but slot \"%s\" promises it "
            "in shared mode only.", impl, lock, slot);
        report(c, s, p, &d);
        return;
    }
    for (guint i = 0; i < demand->n_locks; i++) {
        said |= g_hash_table_contains(s->locks_said,
                                      GUINT_TO_POINTER(demand->locks[i]));
    }
    if (open || !is_comparable(c, demand) || (!p->promise && !said) ||
        comes_with_context(c, p, demand)) {
        return;
    }
    d.subcategory = "lock_not_promised";
    d.tier = held_by_callers(c, s, p, demand, &d.reason);
    d.message = g_strdup_printf(
        "\"%s\" requires \"%s\", which slot \"%s\" does not promise.", impl,
        lock, slot);
    report(c, s, p, &d);
}

/* One side requires what the other excludes (or takes itself). */
static void check_opposites(HfCheck *c, const HfSlots *s, const Pair *p,
                            const HfClause *promise, const HfClause *demand)
{
    gboolean held = wants_lock(promise) &&
                    (demand->kind == HF_EFF_EXCLUDES ||
                     demand->kind == HF_EFF_ACQUIRE ||
                     demand->kind == HF_EFF_ACQUIRE_SHARED);
    gboolean missing =
        promise->kind == HF_EFF_EXCLUDES && wants_lock(demand);
    g_autofree char *slot = slot_name(c, p->slot);
    g_autofree char *lock = NULL;
    Disagreement d = {
        .subcategory = "lock_contradiction", .promise = promise,
        .demand = demand, .tier = HF_TIER_HIGH, .reason = "both are declared",
    };

    if ((!held && !missing) || promise->n_locks != 1 || demand->n_locks != 1 ||
        promise->locks[0] != demand->locks[0] ||
        (demand->kind != HF_EFF_EXCLUDES && held &&
         hf_contract_is_recursive(c->solved->contracts, demand->locks[0]))) {
        return;
    }
    lock = hf_check_text(c, p->flow, demand->locks[0]);
    d.subject = lock;
    d.message = g_strdup_printf(
        held ? "\"%s\" must be called without \"%s\", which slot \"%s\" is "
               "called with."
             : "\"%s\" requires \"%s\", which slot \"%s\" is called without.",
        HF_PROGRAM_SYM(c->program, p->impl)->name, lock, slot);
    report(c, s, p, &d);
}

static void check_locks(HfCheck *c, const HfSlots *s, const Pair *p)
{
    for (guint i = 0; p->demand && i < p->demand->clauses->len; i++) {
        const HfClause *demand =
            &g_array_index(p->demand->clauses, HfClause, i);
        gboolean opposite = FALSE;

        for (guint k = 0; p->promise && k < p->promise->clauses->len; k++) {
            const HfClause *promise =
                &g_array_index(p->promise->clauses, HfClause, k);

            opposite |= promise->kind == HF_EFF_EXCLUDES &&
                        promise->n_locks == 1 &&
                        hf_verdict_clause_has(demand, promise->locks[0]);
            check_opposites(c, s, p, promise, demand);
        }
        if (wants_lock(demand) && demand->n_locks && !opposite) {
            demand_lock(c, s, p, demand);
        }
    }
}

/* ---- all pairs ---------------------------------------------------------- */

static void check_slot(HfCheck *c, const HfSlots *s, HfFieldId id)
{
    const HfProgField *slot = HF_PROGRAM_FIELD(c->program, id);

    for (guint i = 0; slot->targets && i < slot->targets->len; i++) {
        Pair p = {
            .slot = id, .impl = g_array_index(slot->targets, HfSymId, i),
            .promise = hf_contract_of_field(c->solved->contracts, id),
        };

        p.demand = hf_contract_of(c->solved->contracts, p.impl);
        p.flow = c->solved->flows[p.impl];
        check_coroutine(c, s, &p);
        check_context(c, s, &p);
        check_locks(c, s, &p);
    }
}

static void run(HfCheck *c)
{
    HfSlots s;

    hf_slots_init(&s, c);
    for (HfFieldId i = 1; i < c->program->fields->len; i++) {
        check_slot(c, &s, i);
    }
    hf_slots_clear(&s);
}

const HfChecker hf_checker_slot_contract = {
    .name = "SLOT_CONTRACT",
    .summary = "a function stored in a slot asks for more than it promises",
    .cwe = 628,
    .impact = HF_IMPACT_MEDIUM,
    .run = run,
};
