/* SPDX-License-Identifier: MIT */
/*
 * Contexts that functions do not declare, or do not check, where the program
 * otherwise does.
 */
#include "check/convention.h"

#include <string.h>

gboolean hf_custom_holds(const HfCustom *c)
{
    return c->n >= 20 && c->n_says * 20 >= c->n * 19;
}

gboolean hf_custom_holds_among_few(const HfCustom *c)
{
    guint n_not = c->n - c->n_says;

    return c->n_says >= 4 && (n_not <= 1 || n_not * 8 <= c->n);
}

HfPlace hf_convention_place(const HfCheck *c, HfSymId sym)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(c->program, sym);

    if (s->decl_loc) {
        return hf_check_place_of(c->program, s->decl_unit, s->decl_loc);
    }
    return hf_check_place(c->solved->flows[sym], UINT32_MAX);
}

HfFinding *hf_convention_finding(HfCheck *c, HfSymId sym, const char *what,
                                 const char *subject)
{
    HfFinding *f = hf_finding_new(c->checker->name, what);
    const char *name = HF_PROGRAM_SYM(c->program, sym)->name;

    f->cwe = c->checker->cwe;
    f->impact = c->checker->impact;
    f->tier = HF_TIER_MEDIUM;
    f->function = g_strdup(name);
    f->key_function = g_strdup(name);
    f->key_subject = g_strdup(subject);
    f->key_lock = g_strdup("");
    f->key_shape = g_strdup(what);
    f->rule = g_strdup("inferred");
    return f;
}

/* ---- what is said, and where --------------------------------------------- */

static HfContextClass class_of_kind(HfEffectKind k)
{
    return k == HF_EFF_GLOBAL_STATE ? HF_CLASS_GS
           : k == HF_EFF_IO_OR_GS   ? HF_CLASS_IO_OR_GS
           : k == HF_EFF_IO         ? HF_CLASS_IO : HF_CLASS_NONE;
}

const char *hf_convention_class_name(HfContextClass cls)
{
    return cls == HF_CLASS_GS       ? "global state"
           : cls == HF_CLASS_IO_OR_GS ? "I/O or global state" : "I/O";
}

static HfContextClass said(const HfCheck *c, HfSymId sym, gboolean in_body)
{
    const HfContract *k = hf_contract_of(c->solved->contracts, sym);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);
        HfContextClass cls = class_of_kind(cl->kind);

        if (cls != HF_CLASS_NONE && cl->annot &&
            !(cl->annot->flags & HF_ANNOT_IN_BODY) == !in_body) {
            return cls;
        }
    }
    return HF_CLASS_NONE;
}

HfContextClass hf_convention_declared(const HfCheck *c, HfSymId sym)
{
    return said(c, sym, FALSE);
}

/* By a statement in the body: seen as text, or as the call it expands to. */
static HfContextClass marked(const HfCheck *c, const HfFlow *flow,
                             uint32_t *event)
{
    HfContextClass cls = said(c, flow->sym, TRUE);

    *event = UINT32_MAX;
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const HfEvent *e = hf_flow_event(flow, call->event);
        HfSymId sym = e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;

        if (sym && hf_contract_is_mark(c->solved->contracts, sym)) {
            const HfContract *k = hf_contract_of(c->solved->contracts, sym);

            for (guint n = 0; n < k->clauses->len; n++) {
                HfContextClass it = class_of_kind(
                    g_array_index(k->clauses, HfClause, n).kind);

                if (it != HF_CLASS_NONE) {
                    *event = call->event;
                    return it;
                }
            }
        }
    }
    return cls;
}

/* Declared in a header for others to call; inline ones are defined there. */
static gboolean in_header(const HfCheck *c, HfSymId sym)
{
    const HfProgSymbol *s = HF_PROGRAM_SYM(c->program, sym);
    const HfFacts *f;

    if (!s->decl_loc) {
        return FALSE;
    }
    f = HF_PROGRAM_UNIT(c->program, s->decl_unit)->facts;
    return !(f->files[f->locs[s->decl_loc].file].flags &
             (HF_FILE_MAIN | HF_FILE_SYSTEM));
}

static gboolean is_inline(const HfCheck *c, HfSymId sym)
{
    return HF_PROGRAM_SYM(c->program, sym)->linkage == HF_LINKAGE_INTERNAL;
}

static gboolean is_unit_entry(const HfProgSymbol *s)
{
    return strcmp(s->name, "main") == 0 || s->flags & HF_SYM_CONSTRUCTOR;
}

/* ---- the survey ---------------------------------------------------------- */

typedef struct {
    HfCustom declares;      /* functions that headers declare */
    GHashTable *by_header;  /* file -> HfCustom: the same for one */
    HfCustom checks[2][4];  /* plain or not, by class: who declares it */
    GHashTable *by_file[2]; /* file -> HfCustom: the same for one */
} Contexts;

static HfCustom *custom_of(GHashTable *table, const char *file)
{
    HfCustom *k = g_hash_table_lookup(table, file);

    if (!k) {
        k = g_new0(HfCustom, 1);
        g_hash_table_insert(table, g_strdup(file), k);
    }
    return k;
}

static void note(HfCustom *k, gboolean says)
{
    k->n++;
    k->n_says += says;
}

gboolean hf_convention_is_plain(const HfCheck *c, const HfFlow *flow)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfEvent *e = hf_flow_event(
            flow, g_array_index(flow->calls, HfCall, i).event);
        HfSymId sym = e->kind == HF_EV_CALL ? flow->unit->symbols[e->sym] : 0;

        if (!sym || (c->solved->flows[sym] &&
                     !hf_contract_is_mark(c->solved->contracts, sym))) {
            return FALSE;
        }
    }
    for (guint i = 0; i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (hf_guard_is_write(a) && !a->fresh) {
            return FALSE;
        }
    }
    return TRUE;
}

static void survey(HfCheck *c, const HfFlow *flow, Contexts *x)
{
    HfContextClass cls = hf_convention_declared(c, flow->sym);
    HfPlace at = hf_convention_place(c, flow->sym);
    HfPlace body = hf_check_place(flow, UINT32_MAX);
    uint32_t event;

    note(custom_of(x->by_header, at.file), cls != HF_CLASS_NONE);
    if (is_inline(c, flow->sym)) {
        return;
    }
    note(&x->declares, cls != HF_CLASS_NONE);
    if (cls != HF_CLASS_NONE && !flow->skip) {
        gboolean checks = marked(c, flow, &event) != HF_CLASS_NONE;
        gboolean plain = hf_convention_is_plain(c, flow);

        note(&x->checks[plain][cls], checks);
        note(custom_of(x->by_file[plain], body.file), checks);
    }
}

/* ---- findings ------------------------------------------------------------ */

static void tell_undeclared(HfCheck *c, const Contexts *x, const HfFlow *flow)
{
    const char *name = HF_PROGRAM_SYM(c->program, flow->sym)->name;
    HfPlace at = hf_convention_place(c, flow->sym);
    const HfCustom *here = custom_of(x->by_header, at.file);
    gboolean among_few = hf_custom_holds_among_few(here);
    uint32_t event;
    HfContextClass cls = marked(c, flow, &event);
    HfFinding *f;

    /* a helper that only computes runs anywhere, and may go without saying */
    if (is_inline(c, flow->sym) && hf_convention_is_plain(c, flow) &&
        here->n - here->n_says > 1) {
        return;
    }
    if (!among_few &&
        (is_inline(c, flow->sym) || !hf_custom_holds(&x->declares))) {
        return;
    }
    f = hf_convention_finding(c, flow->sym, "undeclared_context", "context");
    if (cls != HF_CLASS_NONE) {
        hf_finding_main(f, &at, "annotation", 0,
                        "The declaration of \"%s\" does not say that it is "
                        "%s code, as its body does.", name,
                        hf_convention_class_name(cls));
        at = hf_check_place(flow, event);
        hf_finding_event(f, &at, "note", 0, "The body says so here.");
    } else {
        hf_finding_main(f, &at, "annotation", 0,
                        "The declaration of \"%s\" does not say in which "
                        "context it may run.", name);
        at = hf_check_place(flow, UINT32_MAX);
        hf_finding_event(f, &at, "note", 0, "It is defined here.");
    }
    if (among_few) {
        hf_finding_reason(f, "%u of %u declarations in this header do",
                          here->n_says, here->n);
    } else {
        hf_finding_reason(f, "%u of %u declarations in headers do",
                          x->declares.n_says, x->declares.n);
    }
    hf_findings_add(c->findings, f);
}

static void tell_unchecked(HfCheck *c, const Contexts *x, const HfFlow *flow,
                           HfContextClass cls)
{
    HfPlace at = hf_check_place(flow, UINT32_MAX);
    gboolean plain = hf_convention_is_plain(c, flow);
    const HfCustom *here = custom_of(x->by_file[plain], at.file);
    gboolean among_few = hf_custom_holds_among_few(here);
    HfFinding *f;

    if (!among_few && !hf_custom_holds(&x->checks[plain][cls])) {
        return;
    }
    f = hf_convention_finding(c, flow->sym, "unchecked_context",
                              hf_convention_class_name(cls));
    hf_finding_main(f, &at, "annotation", 0,
                    "\"%s\" is declared %s code, but its body does not check "
                    "that.", HF_PROGRAM_SYM(c->program, flow->sym)->name,
                    hf_convention_class_name(cls));
    if (among_few) {
        hf_finding_reason(f, "%u of %u such functions in this file do",
                          here->n_says, here->n);
    } else {
        hf_finding_reason(f, "%u of %u such functions do",
                          x->checks[plain][cls].n_says,
                          x->checks[plain][cls].n);
    }
    hf_findings_add(c->findings, f);
}

static void judge(HfCheck *c, const HfFlow *flow, const Contexts *x)
{
    HfContextClass cls = hf_convention_declared(c, flow->sym);
    uint32_t event;

    if (is_unit_entry(HF_PROGRAM_SYM(c->program, flow->sym))) {
        return;
    }
    if (cls == HF_CLASS_NONE) {
        tell_undeclared(c, x, flow);
    } else if (!flow->skip && !is_inline(c, flow->sym) &&
               marked(c, flow, &event) == HF_CLASS_NONE) {
        tell_unchecked(c, x, flow, cls);
    }
}

void hf_convention_contexts(HfCheck *c)
{
    const GArray *order = c->program->functions;
    Contexts x = {
        .by_header = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                           g_free),
    };

    for (int i = 0; i < 2; i++) {
        x.by_file[i] = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                             g_free);
    }
    /* locks' own functions, too, which are not judged otherwise */
    for (guint pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < order->len; i++) {
            HfSymId sym = g_array_index(order, HfSymId, i);
            const HfFlow *flow = c->solved->flows[sym];

            if (in_header(c, sym)) {
                pass ? judge(c, flow, &x) : survey(c, flow, &x);
            }
        }
    }
    g_hash_table_unref(x.by_header);
    g_hash_table_unref(x.by_file[0]);
    g_hash_table_unref(x.by_file[1]);
}
