/* SPDX-License-Identifier: MIT */
/*
 * Function pointers in records: those that do not say what their neighbours
 * say, and functions stored in them that do not repeat what the slot says,
 * where others do.
 */
#include "check/convention.h"

typedef enum { CONTEXT, COROUTINE, N_SAYINGS } Saying;

static gboolean contract_says(const HfContract *k, Saying what)
{
    return what == COROUTINE
               ? HF_CONTRACT_HAS(k, HF_EFF_COROUTINE)
               : HF_CONTRACT_HAS(k, HF_EFF_GLOBAL_STATE) ||
                     HF_CONTRACT_HAS(k, HF_EFF_IO) ||
                     HF_CONTRACT_HAS(k, HF_EFF_IO_OR_GS);
}

static gboolean flow_says(const HfFlow *flow, Saying what)
{
    return what == COROUTINE ? flow->coroutine || flow->mixed
                             : flow->cls != HF_CLASS_NONE;
}

/* Says of the lock that callers hold it, or that they do not. */
static gboolean says_lock(const HfContract *k, HfX lock)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if ((cl->kind == HF_EFF_REQUIRES ||
             cl->kind == HF_EFF_REQUIRES_SHARED ||
             cl->kind == HF_EFF_EXCLUDES) && cl->annot &&
            cl->n_locks == 1 && cl->locks[0] == lock) {
            return TRUE;
        }
    }
    return FALSE;
}

/* ---- pointers beside one another ----------------------------------------- */

static HfCustom neighbours(const HfCheck *c, HfRecId record, Saying what)
{
    const HfProgram *p = c->program;
    HfCustom k = { 0 };

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);

        if (f->record == record &&
            f->type_flags & HF_TYPE_FUNCTION_POINTER) {
            k.n++;
            k.n_says += contract_says(
                hf_contract_of_field(c->solved->contracts, i), what);
        }
    }
    return k;
}

static HfFinding *slot_finding(HfCheck *c, HfFieldId slot, const char *what,
                               char **name, HfPlace *at)
{
    const HfProgField *f = HF_PROGRAM_FIELD(c->program, slot);
    HfFinding *out = hf_finding_new(c->checker->name, what);

    *name = g_strdup_printf("%s.%s", HF_PROGRAM_RECORD(c->program,
                                                       f->record)->name,
                            f->name);
    *at = hf_check_place_of(c->program, f->unit, f->loc);
    out->cwe = c->checker->cwe;
    out->impact = c->checker->impact;
    out->tier = HF_TIER_MEDIUM;
    out->function = g_strdup("");
    out->key_function = g_strdup("");
    out->key_subject = g_strdup(*name);
    out->key_lock = g_strdup("");
    out->key_shape = g_strdup(what);
    out->rule = g_strdup("inferred");
    return out;
}

static void tell_unlocked(HfCheck *c, HfFieldId slot, HfX lock,
                          const HfCustom *k)
{
    g_autofree char *name = NULL;
    g_autofree char *text = hf_check_stable(c, lock);
    HfPlace at;
    HfFinding *f = slot_finding(c, slot, "undeclared_requirement", &name,
                                &at);

    g_free(f->key_lock);
    f->key_lock = g_strdup(text);
    hf_finding_main(f, &at, "annotation", 0,
                    "Slot \"%s\" does not say whether it is called with lock "
                    "\"%s\" held.", name, text);
    hf_finding_reason(f, "%u of %u function pointers of this record do",
                      k->n_says, k->n);
    hf_findings_add(c->findings, f);
}

/* All function pointers of a record say something of one global lock, but for
 * this one. */
static void check_locks(HfCheck *c, HfX lock)
{
    const HfProgram *p = c->program;

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);
        HfCustom k = { 0 };

        if (!(f->type_flags & HF_TYPE_FUNCTION_POINTER) ||
            says_lock(hf_contract_of_field(c->solved->contracts, i), lock)) {
            continue;
        }
        for (HfFieldId n = 1; n < p->fields->len; n++) {
            const HfProgField *o = HF_PROGRAM_FIELD(p, n);

            if (o->record == f->record &&
                o->type_flags & HF_TYPE_FUNCTION_POINTER) {
                k.n++;
                k.n_says += says_lock(
                    hf_contract_of_field(c->solved->contracts, n), lock);
            }
        }
        if (hf_custom_holds_among_few(&k)) {
            tell_unlocked(c, i, lock, &k);
        }
    }
}

/* All that is stored there are coroutine functions. */
static gboolean only_coroutines(const HfCheck *c, const HfProgField *f)
{
    for (guint i = 0; f->targets && i < f->targets->len; i++) {
        const HfFlow *flow =
            c->solved->flows[g_array_index(f->targets, HfSymId, i)];

        if (!flow || !flow->coroutine) {
            return FALSE;
        }
    }
    return f->targets && f->targets->len;
}

static void tell_slot(HfCheck *c, HfFieldId slot, Saying what,
                      const HfCustom *k)
{
    g_autofree char *name = NULL;
    HfPlace at;
    HfFinding *f = slot_finding(
        c, slot, what == COROUTINE ? "undeclared_coroutine"
                                   : "undeclared_context", &name, &at);

    if (what == COROUTINE) {
        hf_finding_main(f, &at, "annotation", 0,
                        "Slot \"%s\" holds coroutine functions only, and "
                        "does not say so.", name);
        hf_finding_reason(f, "%u of %u such slots do", k->n_says, k->n);
    } else {
        hf_finding_main(f, &at, "annotation", 0,
                        "Slot \"%s\" does not say in which context it is "
                        "called.", name);
        hf_finding_reason(f, "%u of %u function pointers of this record do",
                          k->n_says, k->n);
    }
    hf_findings_add(c->findings, f);
}

static void check_contexts(HfCheck *c)
{
    const HfProgram *p = c->program;

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);
        HfCustom k;

        if (!(f->type_flags & HF_TYPE_FUNCTION_POINTER) ||
            contract_says(hf_contract_of_field(c->solved->contracts, i),
                          CONTEXT)) {
            continue;
        }
        k = neighbours(c, f->record, CONTEXT);
        if (hf_custom_holds_among_few(&k)) {
            tell_slot(c, i, CONTEXT, &k);
        }
    }
}

static void check_coroutines(HfCheck *c)
{
    const HfProgram *p = c->program;
    HfCustom k = { 0 };

    for (int pass = 0; pass < 2; pass++) {
        for (HfFieldId i = 1; i < p->fields->len; i++) {
            gboolean says = contract_says(
                hf_contract_of_field(c->solved->contracts, i), COROUTINE);

            if (!only_coroutines(c, HF_PROGRAM_FIELD(p, i))) {
                continue;
            }
            if (pass == 0) {
                k.n++;
                k.n_says += says;
            } else if (!says && hf_custom_holds_among_few(&k)) {
                tell_slot(c, i, COROUTINE, &k);
            }
        }
    }
}

/* ---- what is stored in them ---------------------------------------------- */

static HfCustom stored(const HfCheck *c, const HfProgField *f, Saying what)
{
    HfCustom k = { 0 };

    for (guint i = 0; i < f->targets->len; i++) {
        const HfFlow *flow =
            c->solved->flows[g_array_index(f->targets, HfSymId, i)];

        if (flow && !flow->skip) {
            k.n++;
            k.n_says += flow_says(flow, what);
        }
    }
    return k;
}

static void tell_stored(HfCheck *c, HfFieldId slot, HfSymId sym, Saying what,
                        const HfCustom *k)
{
    const HfProgField *d = HF_PROGRAM_FIELD(c->program, slot);
    HfPlace at = hf_convention_place(c, sym);
    HfFinding *f = hf_convention_finding(
        c, sym, what == COROUTINE ? "undeclared_coroutine"
                                  : "undeclared_context", d->name);

    hf_finding_main(f, &at, "annotation", 0,
                    what == COROUTINE
                        ? "\"%s\" is called as a coroutine function and does "
                          "not say that it is one."
                        : "\"%s\" does not say in which context it runs, as "
                          "the slot does that it is stored in.",
                    HF_PROGRAM_SYM(c->program, sym)->name);
    at = hf_check_place_of(c->program, d->unit, d->loc);
    hf_finding_event(f, &at, "note", 0, "The slot \"%s.%s\" says so here.",
                     HF_PROGRAM_RECORD(c->program, d->record)->name, d->name);
    hf_finding_reason(f, "%u of %u such functions do", k->n_says, k->n);
    hf_findings_add(c->findings, f);
}

static HfCustom stored_anywhere(const HfCheck *c, Saying what)
{
    const HfProgram *p = c->program;
    HfCustom all = { 0 };

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);

        if (f->targets &&
            contract_says(hf_contract_of_field(c->solved->contracts, i),
                          what)) {
            HfCustom k = stored(c, f, what);

            all.n += k.n;
            all.n_says += k.n_says;
        }
    }
    return all;
}

static void check_stored(HfCheck *c, Saying what, GHashTable *told)
{
    const HfProgram *p = c->program;
    HfCustom all = stored_anywhere(c, what);

    for (HfFieldId i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);
        HfCustom k;

        if (!f->targets ||
            !contract_says(hf_contract_of_field(c->solved->contracts, i),
                           what)) {
            continue;
        }
        k = stored(c, f, what);
        if (!hf_custom_holds_among_few(&k) && !hf_custom_holds(&all)) {
            continue;
        }
        for (guint n = 0; n < f->targets->len; n++) {
            HfSymId sym = g_array_index(f->targets, HfSymId, n);
            const HfFlow *flow = c->solved->flows[sym];

            if (flow && !flow->skip && !flow_says(flow, what) &&
                g_hash_table_add(told, GUINT_TO_POINTER(
                    sym * N_SAYINGS + what))) {
                tell_stored(c, i, sym, what,
                            hf_custom_holds(&all) ? &all : &k);
            }
        }
    }
}

void hf_convention_slots(HfCheck *c)
{
    GHashTable *told = g_hash_table_new(NULL, NULL);
    const GPtrArray *caps = c->program->rules->caps;

    for (guint i = 0; i < caps->len; i++) {
        HfX cap = hf_x_leaf(c->solved->exprs, HF_X_CAP, i);

        if (((HfCapRule *)g_ptr_array_index(caps, i))->kind == HF_CAP_LOCK) {
            check_locks(c, cap);
        }
    }
    check_contexts(c);
    check_coroutines(c);
    check_stored(c, CONTEXT, told);
    check_stored(c, COROUTINE, told);
    g_hash_table_unref(told);
}
