/* SPDX-License-Identifier: MIT */
/*
 * STALE_CHECK: data that a lock guards are read or tested under it, the lock
 * is given back, taken again, and what was read is still believed: a pointer
 * is followed, a value is written back, or the data are changed by a decision
 * made before.
 */
#include "check/stale.h"
#include "check/stale_returns.h"

typedef enum { DECISION, LOST_UPDATE, POINTER, RETURNED, NO_LOOP } Harm;

static const char *const shapes[] = {
    [DECISION] = "stale_decision", [LOST_UPDATE] = "lost_update",
    [POINTER] = "stale_pointer", [RETURNED] = "stale_result",
    [NO_LOOP] = "wait_without_loop",
};

typedef struct {
    HfStale st;
    GHashTable *told; /* function, where the lock is given back, harm */
} Run;

typedef struct {
    Run *run;
    HfStaleBody *b;
    const HfStaleState *s;
    guint item;
    uint32_t event; /* where the harm is done */
    Harm harm;
    HfSymId callee;       /* it is done by that call */
    const HfSeen *other;  /* who changes it in the meantime; NULL: itself */
    HfParallelVerdict meets; /* may other run here? */
    const HfFlow *frees;  /* who frees it */
    HfStaleActor actor;
} Fault;

static const HfStaleDrop *drop_of(const Fault *k)
{
    return HF_STALE_DROP(k->b, k->s->gap[k->item] - 1);
}

/* ---- evidence ------------------------------------------------------------ */

/* Every call of sym comes from self, perhaps by way of others. */
static gboolean runs_under(const HfCheck *c, HfSymId sym, HfSymId self,
                           int depth)
{
    const GArray *sites = c->program->callers[sym];

    if (sym == self) {
        return TRUE;
    }
    if (!sites || !depth || HF_PROGRAM_SYM(c->program, sym)->address_taken) {
        return FALSE;
    }
    for (guint i = 0; i < sites->len; i++) {
        if (!runs_under(c, g_array_index(sites, HfCallSite, i).caller, self,
                        depth - 1)) {
            return FALSE;
        }
    }
    return TRUE;
}

/* Who else writes it; the one of whom it is most certain that it may run where
 * this function does. */
static const HfSeen *other_writer(HfStale *st, const HfStaleItem *item,
                                  const HfFlow *self, uint32_t event,
                                  HfParallelVerdict *meets)
{
    const HfStaleGuard *g = item->guard;
    const HfSeen *best = NULL;

    *meets = HF_PARALLEL_NO;
    for (guint i = 0; i < G_N_ELEMENTS(g->writers); i++) {
        HfParallelVerdict v;

        if (!g->writers[i] ||
            runs_under(st->c, g->writers[i]->flow->sym, self->sym, 3)) {
            continue;
        }
        v = hf_stale_meets(st, self, event, item->lock, g->writers[i]);
        if (!best || v > *meets) {
            best = g->writers[i];
            *meets = v;
        }
    }
    return best;
}

static HfRecId pointed_record(const HfCheck *c, HfX object)
{
    const HfXNode *n = hf_x(c->solved->exprs, object);
    guint32 flags = 0;
    HfRecId record = 0;

    if (n->kind == HF_X_FIELD) {
        flags = HF_PROGRAM_FIELD(c->program, n->ref)->type_flags;
        record = HF_PROGRAM_FIELD(c->program, n->ref)->type_record;
    } else if (n->kind == HF_X_GLOBAL) {
        flags = HF_PROGRAM_SYM(c->program, n->ref)->type_flags;
        record = HF_PROGRAM_SYM(c->program, n->ref)->type_record;
    }
    return flags & HF_TYPE_POINTER ? record : 0;
}

static gboolean names(const HfFlow *flow, HfId path, HfSubjectKey key)
{
    const HfPath *p = &flow->unit->facts->paths[path];

    return p->kind == HF_PATH_FIELD
               ? key == ((guint64)flow->unit->fields[p->ref] << 2 | 1) << 1
           : p->kind == HF_PATH_GLOBAL
               ? key == ((guint64)flow->unit->symbols[p->ref] << 2 | 2) << 1
               : FALSE;
}

/* The argument is, or is a local that holds, what was read from there. */
static gboolean comes_from(const HfFlow *flow, HfId arg, HfSubjectKey key)
{
    if (names(flow, arg, key)) {
        return TRUE;
    }
    for (uint32_t i = 0;
         flow->unit->facts->paths[arg].kind == HF_PATH_LOCAL &&
         i < flow->fn->n_events; i++) {
        const HfEvent *e = hf_flow_event(flow, i);

        if (e->kind == HF_EV_WRITE && e->path == arg && e->value &&
            names(flow, e->value, key)) {
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean frees_one(HfStale *st, const HfFlow *flow, HfSubjectKey key)
{
    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        HfSymId callee = hf_frees_callee(flow, call->event);
        const HfEvent *e = hf_flow_event(flow, call->event);

        for (guint a = 0; callee && a < e->n_args; a++) {
            if (hf_frees_arg(&st->frees, callee, a) &&
                comes_from(flow, flow->unit->facts->args[e->first_arg + a],
                           key)) {
                return TRUE;
            }
        }
    }
    return FALSE;
}

/* Who takes such an object out and frees it. */
static const HfFlow *who_frees(HfStale *st, const HfFlow *self,
                               const HfStaleItem *item)
{
    HfRecId record = pointed_record(st->c, item->object);
    const HfThing *thing = hf_uses_of(st->uses, item->key);
    const HfFlow *last = NULL;

    for (guint i = 0; record && thing && i < thing->seen->len; i++) {
        const HfSeen *seen = &g_array_index(thing->seen, HfSeen, i);

        if (seen->flow == self || seen->flow == last ||
            !hf_guard_is_write(seen->access) ||
            hf_use_unshared(st->c, seen->flow, seen->access)) {
            continue;
        }
        last = seen->flow;
        if (frees_one(st, last, item->key)) {
            return last;
        }
    }
    return NULL;
}

/* ---- the report ---------------------------------------------------------- */

static HfTier lower(HfTier tier)
{
    return tier == HF_TIER_LOW ? tier : tier + 1;
}

static gboolean only_clears(const Fault *k)
{
    const HfPath *paths = k->b->flow->unit->facts->paths;
    const HfEvent *e = hf_flow_event(k->b->flow, k->event);

    return e->kind == HF_EV_WRITE && e->value &&
           paths[e->value].kind == HF_PATH_CONST &&
           paths[e->value].value == 0;
}

static HfTier tier_of(HfFinding *f, const Fault *k)
{
    const HfStaleItem *item = HF_STALE_ITEM(k->b, k->item);
    const HfStaleDrop *d = drop_of(k);
    const HfStaleGuard *g = item->guard;
    HfTier tier = HF_TIER_HIGH;

    if (g->declared) {
        hf_finding_reason(f, "the guard is declared");
    } else {
        hf_finding_reason(f, "%u of %u writes hold the lock", g->with,
                          g->with + g->without);
    }
    if (!g->declared && g->without) {
        tier = lower(tier);
    }
    if (k->harm != NO_LOOP && !k->other) {
        hf_finding_reason(f, "nobody else writes it");
        tier = lower(tier);
    }
    if (k->other && k->meets != HF_PARALLEL_YES) {
        hf_finding_reason(f, "whoever else writes it %s run meanwhile",
                          k->meets ? "may not" : "cannot");
        tier = k->meets ? lower(tier) : HF_TIER_LOW;
    }
    if (d->conditional) {
        hf_finding_reason(f, "the lock is given back on some paths only");
        tier = lower(tier);
    }
    if (!g->declared &&
        hf_contract_cap_rule(k->run->st.c->solved->contracts, item->lock)) {
        hf_finding_reason(f, "the lock is held for many other things");
        tier = lower(tier);
    }
    if (k->harm == DECISION &&
        hf_flow_event(k->b->flow, k->event)->flags & (HF_EV_OR | HF_EV_AND)) {
        hf_finding_reason(f, "only bits are set or cleared");
        tier = HF_TIER_LOW;
    }
    if (k->harm == DECISION && hf_stale_is_retested(k->b, d, k->event,
                                                    !only_clears(k))) {
        hf_finding_reason(f, "something else is tested in between");
        tier = HF_TIER_LOW;
    }
    if (k->s->touched >> k->item & 1) {
        hf_finding_reason(f, "the function changes it itself on the way");
        tier = HF_TIER_LOW;
    }
    if (k->s->claimed >> k->item & 1) {
        hf_finding_reason(f, "another flag is set before the lock is given "
                             "back");
        tier = HF_TIER_LOW;
    }
    if (k->b->flow->imprecise) {
        hf_finding_reason(f, "too many paths to keep apart");
        tier = HF_TIER_LOW;
    }
    return tier;
}

/* Right after it the lock is held again: the callee took it back. */
static gboolean taken_back(const Fault *k, const HfStaleDrop *d)
{
    for (guint i = 0; i < k->b->flow->calls->len; i++) {
        const HfCall *call = &g_array_index(k->b->flow->calls, HfCall, i);

        if (call->event > d->event) {
            return hf_use_holds(k->run->st.c, k->b->flow, call->must,
                                d->lock);
        }
    }
    return TRUE;
}

static void tell_drop(const Fault *k, HfFinding *f, const char *lock)
{
    const HfStaleDrop *d = drop_of(k);
    HfPlace at = hf_check_place(k->b->flow, d->event);
    const HfProgram *p = k->run->st.c->program;
    HfSymId callee = d->via ? d->via
                            : hf_frees_callee(k->b->flow, d->event);
    const char *name = callee ? HF_PROGRAM_SYM(p, callee)->name : NULL;

    if (name && taken_back(k, d)) {
        hf_finding_event(f, &at, "unlock", 0,
                         "\"%s\" gives \"%s\" back and takes it again.", name,
                         lock);
        return;
    }
    hf_finding_event(f, &at, "unlock", 0, "\"%s\" is given back.", lock);
    for (guint i = 0; i < k->b->flow->lock_ops->len; i++) {
        const HfLockOp *op =
            &g_array_index(k->b->flow->lock_ops, HfLockOp, i);

        if (op->kind == HF_LOCK_ACQUIRE && op->lock == d->lock &&
            op->event > d->event && op->event < k->event) {
            at = hf_check_place(k->b->flow, op->event);
            hf_finding_event(f, &at, "lock", 0, "\"%s\" is taken again.",
                             lock);
            return;
        }
    }
}

static void tell_harm(const Fault *k, HfFinding *f, const char *what,
                      const char *lock)
{
    HfPlace at = hf_check_place(k->b->flow, k->event);
    const HfProgram *p = k->run->st.c->program;

    switch (k->harm) {
    case DECISION:
        hf_finding_main(f, &at, "stale", 0,
                        "Changing \"%s\" because of what it was before "
                        "\"%s\" was given back: it may be something else by "
                        "now.", what, lock);
        break;
    case LOST_UPDATE:
        hf_finding_main(f, &at, "stale", 0,
                        "Writing to \"%s\" a value made of what it was "
                        "before \"%s\" was given back: what others wrote "
                        "meanwhile is lost.", what, lock);
        break;
    case POINTER:
        hf_finding_main(f, &at, "stale", 0,
                        "Using an object that was reached through \"%s\" "
                        "before \"%s\" was given back: it may be freed by "
                        "now.", what, lock);
        break;
    case RETURNED:
        hf_finding_main(f, &at, "stale", 0,
                        "Returning what \"%s\" was before \"%s\" was given "
                        "back; \"%s\" changes it because of that.", what,
                        lock, HF_PROGRAM_SYM(p, k->actor.flow->sym)->name);
        break;
    case NO_LOOP:
        hf_finding_main(f, &at, "stale", 0,
                        "Changing \"%s\" after a wait that was not in a "
                        "loop: what was waited for may not be so, or no "
                        "longer.", what);
        break;
    }
}

static void tell_others(const Fault *k, HfFinding *f, const char *lock)
{
    const HfProgram *p = k->run->st.c->program;
    HfPlace at;

    if (k->harm == RETURNED) {
        at = hf_check_place(k->actor.flow, k->actor.call);
        hf_finding_event(f, &at, "call", 0, "\"%s\" is called here.",
                         HF_PROGRAM_SYM(p, k->b->flow->sym)->name);
        at = hf_check_place(k->actor.flow, k->actor.event);
        hf_finding_event(f, &at, "note", 0, "Its result decides this.");
    }
    if (k->frees) {
        at = hf_check_place(k->frees, UINT32_MAX);
        hf_finding_event(f, &at, "note", 0, "\"%s\" frees such objects.",
                         HF_PROGRAM_SYM(p, k->frees->sym)->name);
    }
    if (k->other) {
        g_autofree char *text = hf_check_text(k->run->st.c, k->other->flow,
                                              k->other->access->path);

        at = hf_check_place(k->other->flow, k->other->access->event);
        hf_finding_event(f, &at, "example_access", 0,
                         "\"%s\" may change \"%s\" meanwhile, with \"%s\" "
                         "held.",
                         HF_PROGRAM_SYM(p, k->other->flow->sym)->name, text,
                         lock);
    }
}

/* One finding for each kind of harm that one gap does. */
static gboolean first_time(const Fault *k)
{
    char *key = g_strdup_printf("%u %u %u", k->b->flow->sym,
                                k->s->gap[k->item], k->harm);

    if (g_hash_table_contains(k->run->told, key)) {
        g_free(key);
        return FALSE;
    }
    g_hash_table_add(k->run->told, key);
    return TRUE;
}

static void report(Fault *k)
{
    HfCheck *c = k->run->st.c;
    const HfStaleItem *item = HF_STALE_ITEM(k->b, k->item);
    g_autofree char *what = hf_check_text(c, k->b->flow, item->object);
    g_autofree char *lock = hf_check_text(c, k->b->flow, item->lock);
    HfPlace at = hf_check_place(k->b->flow, item->event);
    HfFinding *f;

    if (hf_stale_is_covered(k->b, item, k->event) || !first_time(k)) {
        return;
    }
    k->other = other_writer(&k->run->st, item, k->b->flow, k->event,
                            &k->meets);
    f = hf_check_finding(c, k->b->flow, shapes[k->harm]);
    hf_finding_event(f, &at, "read", 0, "\"%s\" is read with \"%s\" held.",
                     what, lock);
    tell_drop(k, f, lock);
    tell_harm(k, f, what, lock);
    tell_others(k, f, lock);
    f->tier = tier_of(f, k);
    f->rule = g_strdup(item->guard->declared ? "guarded_by" : "inferred");
    f->key_subject = hf_check_stable(c, item->object);
    f->key_lock = hf_check_stable(c, item->lock);
    f->key_shape = g_strdup(shapes[k->harm]);
    hf_findings_add(c->findings, f);
}

/* ---- harm ---------------------------------------------------------------- */

static Fault fault_at(Run *run, HfStaleBody *b, const HfStaleState *s,
                      uint32_t event)
{
    return (Fault){ .run = run, .b = b, .s = s, .event = event };
}

static void report_first(Fault *k, guint64 mask, Harm harm)
{
    for (guint i = 0; i < k->b->items->len; i++) {
        if (mask >> i & 1) {
            k->item = i;
            k->harm = harm;
            report(k);
            return;
        }
    }
}

static guint64 about(const HfStaleBody *b, HfX object)
{
    guint64 mask = 0;

    for (guint i = 0; i < b->items->len; i++) {
        if (HF_STALE_ITEM(b, i)->object == object) {
            mask |= 1ull << i;
        }
    }
    return mask;
}

static void look_write(Fault *k, const HfAccess *a, uint32_t block)
{
    const HfEvent *e = hf_flow_event(k->b->flow, k->event);
    guint64 stale = hf_stale_now(k->b, k->s, about(k->b, a->path), a->must);

    if (!stale) {
        return;
    }
    if (e->value && e->kind == HF_EV_WRITE &&
        hf_stale_value(k->b, k->s, e->value) & stale) {
        report_first(k, hf_stale_value(k->b, k->s, e->value) & stale,
                     LOST_UPDATE);
    } else if (hf_stale_decisions(k->b, block) & stale) {
        report_first(k, hf_stale_decisions(k->b, block) & stale, DECISION);
    } else if (e->kind == HF_EV_RMW && k->s->waited & stale) {
        report_first(k, k->s->waited & stale, NO_LOOP);
    }
}

/* The local that an access goes through: *p, p->x, p->x.y. */
static guint64 through(const HfStaleBody *b, const HfStaleState *s, HfId path)
{
    const HfPath *paths = b->flow->unit->facts->paths;

    while (path && paths[path].kind != HF_PATH_DEREF) {
        path = paths[path].parent;
    }
    return path && paths[paths[path].parent].kind == HF_PATH_LOCAL
               ? hf_stale_value(b, s, paths[path].parent) : 0;
}

static void look_pointer(Fault *k, guint64 stale)
{
    for (guint i = 0; i < k->b->items->len; i++) {
        const HfStaleItem *item = HF_STALE_ITEM(k->b, i);

        if (!(stale >> i & 1) || item->container ||
            !pointed_record(k->run->st.c, item->object)) {
            continue;
        }
        k->frees = who_frees(&k->run->st, k->b->flow, item);
        if (k->frees) {
            k->item = i;
            k->harm = POINTER;
            report(k);
            return;
        }
    }
}

/* What the callee itself writes, in this function's terms. */
static gboolean callee_writes_object(const Fault *k, const HfCall *call,
                                     HfX object)
{
    const HfSolved *s = k->run->st.c->solved;
    const HfFlow *flow = k->callee ? s->flows[k->callee] : NULL;

    for (guint i = 0; flow && !flow->skip && i < flow->accesses->len; i++) {
        const HfAccess *a = &g_array_index(flow->accesses, HfAccess, i);

        if (hf_guard_is_write(a) && !a->fresh &&
            hf_call_named(s, k->b->flow, call, a->path) == object) {
            return TRUE;
        }
    }
    return FALSE;
}

static void look_call(Fault *k, const HfCall *call, uint32_t block)
{
    const HfFacts *f = k->b->flow->unit->facts;
    const HfEvent *e = hf_flow_event(k->b->flow, k->event);
    guint64 decided = hf_stale_now(k->b, k->s,
                                   hf_stale_decisions(k->b, block),
                                   call->must);

    k->callee = hf_frees_callee(k->b->flow, k->event);
    for (guint i = 0; k->callee && i < call->n_args; i++) {
        HfX arg = g_array_index(k->b->flow->args, HfX, call->first_arg + i);
        guint64 held = hf_stale_value(k->b, k->s, f->args[e->first_arg + i]);

        if (f->paths[f->args[e->first_arg + i]].kind == HF_PATH_LOCAL &&
            (hf_frees_arg(&k->run->st.frees, k->callee, i) ||
             hf_frees_follows(&k->run->st.frees, k->callee, i))) {
            look_pointer(k, hf_stale_now(k->b, k->s, held, call->must));
        }
        if (hf_stale_changes_arg(&k->run->st, k->callee, i)) {
            HfX object = hf_stale_container(&k->run->st, arg);

            report_first(k, decided & about(k->b, object), DECISION);
        }
    }
    for (guint i = 0; i < k->b->items->len; i++) {
        if (decided >> i & 1 &&
            callee_writes_object(k, call, HF_STALE_ITEM(k->b, i)->object)) {
            report_first(k, 1ull << i, DECISION);
        }
    }
}

static void look_return(Fault *k, uint32_t block)
{
    const HfEvent *e = hf_flow_event(k->b->flow, k->event);
    const HfFacts *f = k->b->flow->unit->facts;
    guint64 told = e->value ? hf_stale_told(k->b, k->s, e->value) : 0;

    if (e->value && f->paths[e->value].kind == HF_PATH_CONST) {
        told |= hf_stale_decisions(k->b, block);
    }
    for (guint i = 0; told && i < k->b->flow->leaves->len; i++) {
        const HfLeave *leave = &g_array_index(k->b->flow->leaves, HfLeave, i);

        if (leave->event == k->event) {
            told = hf_stale_now(k->b, k->s, told, leave->holds);
        }
    }
    for (guint i = 0; i < k->b->items->len; i++) {
        if (told >> i & 1 && k->s->stale >> i & 1 &&
            hf_stale_find_actor(&k->run->st, k->b->flow,
                                HF_STALE_ITEM(k->b, i), &k->actor)) {
            report_first(k, 1ull << i, RETURNED);
        }
    }
}

static void look(HfStaleBody *b, const HfStaleState *s, uint32_t block,
                 uint32_t event, gpointer data)
{
    const HfEvent *e = hf_flow_event(b->flow, event);
    const HfAccess *a = hf_stale_access(b, event);
    const HfCall *call;
    Fault k = fault_at(data, b, s, event);

    if (!s->stale) {
        return;
    }
    if (a) {
        guint64 held = through(b, s, e->path);

        if (hf_guard_is_write(a)) {
            look_write(&k, a, block);
        }
        look_pointer(&k, hf_stale_now(b, s, held, a->must));
    } else if (e->kind == HF_EV_RETURN) {
        look_return(&k, block);
    } else if ((call = hf_flow_call(b->flow, event))) {
        look_call(&k, call, block);
    }
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Run *run = data;
    HfStaleBody *b = hf_stale_body_new(&run->st, flow);

    (void)c;
    if (b) {
        b->look = look;
        b->data = run;
        hf_stale_run(b);
        hf_stale_body_free(b);
    }
}

static void run_stale(HfCheck *c)
{
    Run run = { .told = g_hash_table_new_full(g_str_hash, g_str_equal,
                                              g_free, NULL) };

    hf_stale_init(&run.st, c);
    hf_check_each_flow(c, check_flow, &run);
    hf_stale_clear(&run.st);
    g_hash_table_unref(run.told);
}

const HfChecker hf_checker_stale_check = {
    .name = "STALE_CHECK",
    .summary = "data believed to be as they were before the lock was given "
               "back",
    .cwe = 367,
    .impact = HF_IMPACT_MEDIUM,
    .run = run_stale,
};
