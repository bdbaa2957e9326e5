/* SPDX-License-Identifier: MIT */
/*
 * ANNOTATION: annotations that cannot be used as they are.  A lock that no
 * expression names, what callers of a function cannot see, two that
 * contradict each other.  Suppressions that are wrong or not needed are told
 * by suppressions.c in this checker's name.
 */
#include "check/claim.h"
#include "check/convention.h"

#include <string.h>

static HfFinding *finding(HfCheck *c, const char *what, const char *function,
                          const char *subject)
{
    HfFinding *f = hf_finding_new(c->checker->name, what);

    f->cwe = c->checker->cwe;
    f->impact = c->checker->impact;
    f->tier = HF_TIER_MEDIUM;
    f->function = g_strdup(function);
    f->key_function = g_strdup(function);
    f->key_subject = g_strdup(subject);
    f->key_lock = g_strdup("");
    f->key_shape = g_strdup(what);
    f->rule = g_strdup("built in");
    return f;
}

static HfPlace place_of_annot(const HfCheck *c, const HfProgAnnot *a)
{
    return hf_check_place_of(c->program, a->unit, a->loc);
}

/* "tsa:requires_capability:m", "hf:requires:m", "macro:GLOBAL_STATE_CODE":
 * what the reader wrote. */
static const char *written(const HfProgAnnot *a)
{
    const char *colon = strchr(a->text, ':');

    return colon ? colon + 1 : a->text;
}

/* ---- locks that nothing names ------------------------------------------- */

static gboolean names_lock(HfEffectKind kind)
{
    switch (kind) {
    case HF_EFF_ACQUIRE:
    case HF_EFF_ACQUIRE_SHARED:
    case HF_EFF_TRY_ACQUIRE:
    case HF_EFF_TRY_ACQUIRE_SHARED:
    case HF_EFF_RELEASE:
    case HF_EFF_DROP_AND_RETAKE:
    case HF_EFF_REQUIRES:
    case HF_EFF_REQUIRES_SHARED:
    case HF_EFF_EXCLUDES:
    case HF_EFF_ASSERT_HELD:
    case HF_EFF_ASSERT_SHARED:
    case HF_EFF_GUARDED_BY:
    case HF_EFF_PT_GUARDED_BY:
    case HF_EFF_RETURNS_LOCK:
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean is_role(const HfCheck *c, const char *text)
{
    const GPtrArray *roles = c->program->rules->roles;

    for (guint i = 0; i < roles->len; i++) {
        if (strcmp(((HfRoleRule *)g_ptr_array_index(roles, i))->name, text) ==
            0) {
            return TRUE;
        }
    }
    return FALSE;
}

/* One name and nothing else: it may be an object that no code touches (a
 * token, a role), of which the facts know nothing. */
static gboolean is_bare(const char *text)
{
    return strspn(text, "& abcdefghijklmnopqrstuvwxyz_"
                        "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") ==
           strlen(text);
}

static void report_lock(HfCheck *c, const HfClause *cl, const char *owner,
                        gboolean of_function)
{
    HfFinding *f = finding(c, "unknown_lock", owner, cl->text);
    HfPlace at = place_of_annot(c, cl->annot);

    hf_finding_main(f, &at, "annotation", 0,
                    "\"%s\" names no lock that is known here.", cl->text);
    hf_finding_reason(f, "the annotation has no effect");
    if (of_function && is_bare(cl->text)) {
        hf_finding_reason(f, "it may be an object that only annotations "
                             "mention");
        f->tier = HF_TIER_LOW;
    }
    hf_findings_add(c->findings, f);
}

static void check_clauses(HfCheck *c, const HfContract *k, const char *owner,
                          gboolean of_function)
{
    const HfProgAnnot *last = NULL;

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (names_lock(cl->kind) && !cl->n_locks && cl->text && cl->annot &&
            cl->annot != last && !is_role(c, cl->text)) {
            last = cl->annot;
            report_lock(c, cl, owner, of_function);
        }
    }
}

/* A function without a body, and the type of a slot, have parameters whose
 * types are not known: what is written there may well be right. */
static void check_locks(HfCheck *c)
{
    const HfProgram *p = c->program;

    for (HfSymId i = 1; i < p->symbols->len; i++) {
        const HfProgSymbol *s = HF_PROGRAM_SYM(p, i);

        if (s->kind == HF_SYM_VARIABLE || s->body) {
            check_clauses(c, hf_contract_of(c->solved->contracts, i), s->name,
                          s->kind == HF_SYM_FUNCTION);
        }
    }
    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *d = HF_PROGRAM_FIELD(p, i);
        const char *record = HF_PROGRAM_RECORD(p, d->record)->name;

        if (!(d->type_flags & HF_TYPE_FUNCTION_POINTER) &&
            !strstr(record, "(anonymous")) {
            g_autofree char *owner = g_strdup_printf("%s.%s", record,
                                                     d->name);

            check_clauses(c, hf_contract_of_field(c->solved->contracts, i),
                          owner, FALSE);
        }
    }
}

/* ---- what callers cannot see -------------------------------------------- */

/* Effects that a caller has to know of. */
static gboolean concerns_callers(const HfProgAnnot *a)
{
    for (guint i = 0; i < a->effects->len; i++) {
        HfEffectKind k = ((HfEffect *)g_ptr_array_index(a->effects, i))->kind;

        if (k <= HF_EFF_EXCLUDES || (k >= HF_EFF_GLOBAL_STATE &&
                                     k <= HF_EFF_CO_WRAPPER_MIXED)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_declared_elsewhere(const HfCheck *c, const HfProgSymbol *s)
{
    const HfFacts *decl = HF_PROGRAM_UNIT(c->program, s->decl_unit)->facts;
    const HfFacts *body = HF_PROGRAM_UNIT(c->program, s->body_unit)->facts;
    HfId at = body->functions[s->body].loc;

    return s->decl_loc &&
           strcmp(hf_str(decl, decl->files[decl->locs[s->decl_loc].file].path),
                  hf_str(body, body->files[body->locs[at].file].path)) != 0;
}

/* What a declaration says as well is a clause of the declaration's. */
static gboolean has_clause(const HfContract *k, const HfProgAnnot *a)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        if (g_array_index(k->clauses, HfClause, i).annot == a) {
            return TRUE;
        }
    }
    return FALSE;
}

static void check_hidden(HfCheck *c, HfSymId sym, const HfProgAnnot *a)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(c->program, sym);
    HfPlace at = place_of_annot(c, a);
    HfFinding *f;

    if (!(a->flags & HF_ANNOT_ON_DEFINITION) ||
        a->flags & HF_ANNOT_IN_BODY || !concerns_callers(a) ||
        !has_clause(hf_contract_of(c->solved->contracts, sym), a)) {
        return;
    }
    f = finding(c, "hidden", s->name, written(a));
    hf_finding_main(f, &at, "annotation", 0,
                    "\"%s\" says \"%s\" on its definition only: callers see "
                    "the declaration, which does not.", s->name, written(a));
    at = hf_check_place_of(c->program, s->decl_unit, s->decl_loc);
    hf_finding_event(f, &at, "note", 0, "The declaration is here.");
    hf_finding_reason(f, "the declaration is in another file");
    hf_findings_add(c->findings, f);
}

/* ---- contradictions ----------------------------------------------------- */

/* Effects of one group exclude one another. */
static int group_of(HfEffectKind k)
{
    switch (k) {
    case HF_EFF_GLOBAL_STATE:
    case HF_EFF_IO:
    case HF_EFF_IO_OR_GS:
        return 1;
    case HF_EFF_COROUTINE:
    case HF_EFF_NO_COROUTINE:
    case HF_EFF_COROUTINE_MIXED:
        return 2;
    case HF_EFF_REQUIRES:
    case HF_EFF_REQUIRES_SHARED:
        return 3;
    case HF_EFF_EXCLUDES:
        return 4;
    default:
        return 0;
    }
}

static gboolean is_pair(HfEffectKind a, HfEffectKind b, HfEffectKind x,
                        HfEffectKind y)
{
    return (a == x && b == y) || (a == y && b == x);
}

/* A mark in a body may be a demand among others (global-state code may well
 * poll, which either context may), so only opposites count there. */
static gboolean disagree(const HfClause *a, const HfClause *b)
{
    int ga = group_of(a->kind), gb = group_of(b->kind);
    gboolean in_body =
        (a->annot->flags | b->annot->flags) & HF_ANNOT_IN_BODY;

    if (ga == 1 && gb == 1) {
        return is_pair(a->kind, b->kind, HF_EFF_GLOBAL_STATE, HF_EFF_IO) ||
               (a->kind != b->kind && !in_body);
    }
    if (ga == 2 && gb == 2) {
        /* "mixed" says what it does, "no coroutine" who should not call it:
         * QEMU's co_wrapper_mixed stands for both */
        return is_pair(a->kind, b->kind, HF_EFF_COROUTINE,
                       HF_EFF_NO_COROUTINE);
    }
    return ((ga == 3 && gb == 4) || (ga == 4 && gb == 3)) &&
           a->n_locks == 1 && b->n_locks == 1 && a->locks[0] == b->locks[0];
}

/* Marks in different branches may well differ; two on one level may not. */
static gboolean on_one_level(const HfCheck *c, const HfProgAnnot *a,
                             const HfProgAnnot *b)
{
    gboolean both = a->flags & b->flags & HF_ANNOT_IN_BODY;

    return !both || place_of_annot(c, a).col == place_of_annot(c, b).col;
}

static void report_contradiction(HfCheck *c, const HfProgSymbol *s,
                                 const HfProgAnnot *a, const HfProgAnnot *b)
{
    g_autofree char *pair = g_strdup_printf("%s %s", written(a), written(b));
    HfFinding *f = finding(c, "contradiction", s->name, pair);
    HfPlace at = place_of_annot(c, a);

    hf_finding_event(f, &at, "note", 0, "\"%s\" is said here.", written(a));
    at = place_of_annot(c, b);
    hf_finding_main(f, &at, "annotation", 0,
                    "\"%s\" says both \"%s\" and \"%s\".", s->name,
                    written(a), written(b));
    hf_finding_reason(f, "both are written in the sources");
    f->tier = HF_TIER_HIGH;
    hf_findings_add(c->findings, f);
}

/* A mark that holds in a part of the function contradicts nothing. */
static gboolean in_branch(const HfCheck *c, HfSymId sym,
                          const HfProgAnnot *a)
{
    const HfFlow *flow = c->solved->flows[sym];

    return flow && a->flags & HF_ANNOT_IN_BODY &&
           hf_mark_place_in_branch(
               flow, a, HF_PROGRAM_UNIT(c->program, a->unit)->facts);
}

static gboolean check_contradictions(HfCheck *c, HfSymId sym,
                                     const HfContract *k)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(c->program, sym);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *a = &g_array_index(k->clauses, HfClause, i);

        for (guint n = i + 1; a->annot && n < k->clauses->len; n++) {
            const HfClause *b = &g_array_index(k->clauses, HfClause, n);

            if (b->annot && disagree(a, b) &&
                on_one_level(c, a->annot, b->annot) &&
                !in_branch(c, sym, a->annot) &&
                !in_branch(c, sym, b->annot)) {
                report_contradiction(c, s, a->annot, b->annot);
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* ---- marks that are calls ----------------------------------------------- */

typedef struct {
    HfContextClass cls;
    uint32_t event;
} Mark;

static HfContextClass class_of(const HfContract *k)
{
    return HF_CONTRACT_HAS(k, HF_EFF_GLOBAL_STATE) ? HF_CLASS_GS
           : HF_CONTRACT_HAS(k, HF_EFF_IO_OR_GS)   ? HF_CLASS_IO_OR_GS
           : HF_CONTRACT_HAS(k, HF_EFF_IO)         ? HF_CLASS_IO
                                                   : HF_CLASS_NONE;
}

static gboolean opposite(HfContextClass a, HfContextClass b)
{
    return (a == HF_CLASS_GS && b == HF_CLASS_IO) ||
           (a == HF_CLASS_IO && b == HF_CLASS_GS);
}

static void report_marks(HfCheck *c, const HfFlow *flow, const HfClause *own,
                         const Mark *a, const Mark *b)
{
    static const char *const names[] = { "", "GLOBAL_STATE_CODE", "IO_CODE",
                                         "IO_OR_GS_CODE" };
    const char *self = HF_PROGRAM_SYM(c->program, flow->sym)->name;
    HfFinding *f = finding(c, "contradiction", self, names[b->cls]);
    HfPlace at;

    if (own && own->annot) {
        at = place_of_annot(c, own->annot);
        hf_finding_event(f, &at, "note", 0, "\"%s\" is said here.",
                         written(own->annot));
    } else if (a) {
        at = hf_check_place(flow, a->event);
        hf_finding_event(f, &at, "note", 0, "\"%s\" is said here.",
                         names[a->cls]);
    }
    at = hf_check_place(flow, b->event);
    hf_finding_main(f, &at, "annotation", 0,
                    "\"%s\" says %s here, and something else %s.", self,
                    names[b->cls], own ? "on its declaration" : "before");
    hf_finding_reason(f, "both are written in the sources");
    f->tier = HF_TIER_HIGH;
    hf_findings_add(c->findings, f);
}

/* TRUE: the marks were seen as text as well, and judged there. */
static gboolean context_clause(const HfContract *k, const HfClause **own)
{
    *own = NULL;
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (group_of(cl->kind) != 1) {
            continue;
        }
        if (cl->annot && cl->annot->flags & HF_ANNOT_IN_BODY) {
            return TRUE;
        }
        *own = cl;
    }
    return FALSE;
}

static void check_marks(HfCheck *c, const HfFlow *flow, gpointer data)
{
    const HfContract *k = hf_contract_of(c->solved->contracts, flow->sym);
    const HfClause *own;
    Mark first = { 0 };

    if (context_clause(k, &own)) {
        return;
    }
    first.cls = own ? class_of(k) : HF_CLASS_NONE;
    for (guint i = 0; i < flow->calls->len; i++) {
        Mark m = { .event = g_array_index(flow->calls, HfCall, i).event };
        const HfEvent *e = hf_flow_event(flow, m.event);
        HfSymId sym = e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;

        if (!sym || !hf_contract_is_mark(c->solved->contracts, sym)) {
            continue;
        }
        m.cls = class_of(hf_contract_of(c->solved->contracts, sym));
        if (m.cls == HF_CLASS_NONE || hf_mark_in_branch(flow, m.event)) {
            continue;
        }
        if (first.cls == HF_CLASS_NONE) {
            first = m;
        } else if (opposite(m.cls, first.cls) &&
                   (own || hf_check_place(flow, m.event).col ==
                               hf_check_place(flow, first.event).col)) {
            report_marks(c, flow, own, own ? NULL : &first, &m);
            return;
        }
    }
}

/* ---- the checker -------------------------------------------------------- */

static void run(HfCheck *c)
{
    const HfProgram *p = c->program;

    check_locks(c);
    for (HfSymId i = 1; i < p->symbols->len; i++) {
        const HfProgSymbol *s = HF_PROGRAM_SYM(p, i);
        gboolean hides = s->body && s->annots &&
                         s->linkage != HF_LINKAGE_INTERNAL &&
                         is_declared_elsewhere(c, s);

        if (s->kind != HF_SYM_FUNCTION || !s->annots) {
            continue;
        }
        if (check_contradictions(c, i, hf_contract_of(c->solved->contracts,
                                                      i))) {
            continue;
        }
        for (guint k = 0; hides && k < s->annots->len; k++) {
            check_hidden(c, i, &g_array_index(s->annots, HfProgAnnot, k));
        }
    }
    hf_check_each_flow(c, check_marks, NULL);
    hf_convention_contexts(c);
    hf_convention_slots(c);
    hf_convention_locks(c);
    hf_convention_guards(c);
    hf_claims_check(c);
}

const HfChecker hf_checker_annotation = {
    .name = "ANNOTATION",
    .summary = "annotations and suppressions that are wrong, missing or not "
               "needed",
    .cwe = 1116,
    .impact = HF_IMPACT_LOW,
    .run = run,
};
