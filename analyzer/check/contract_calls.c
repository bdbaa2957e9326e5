/* SPDX-License-Identifier: MIT */
#include "check/contract_calls.h"
#include "check/lock.h"
#include "check/verdict.h"

#include <string.h>

#define MAX_LOCKS 4

gboolean hf_is_graph_lock(const HfCapRule *cap)
{
    return cap && strcmp(cap->name, "graph_lock") == 0;
}

gboolean hf_is_graph_x(const HfCheck *c, HfX lock)
{
    return hf_is_graph_lock(hf_contract_cap_rule(c->solved->contracts, lock));
}

void hf_contract_trace_clause(const HfCheck *c, HfFinding *f,
                              const HfClause *cl, int depth,
                              const char *message)
{
    if (cl->annot) {
        HfPlace at = hf_check_place_of(c->program, cl->annot->unit,
                                       cl->annot->loc);

        hf_finding_event(f, &at, "note", depth, "%s", message);
        f->rule = g_strdup(cl->annot->text);
    } else if (cl->effect->place.file) {
        f->rule = g_strdup_printf("%s:%d", cl->effect->place.file,
                                  cl->effect->place.line);
    }
}

/* ---- one call, one clause ----------------------------------------------- */

typedef struct {
    HfCheck *c;
    const HfFlow *flow;
    const HfCall *call;
    const HfClause *cl;
    const char *callee; /* name of the function, or of the slot */
    gboolean graph, strict;
    HfX locks[MAX_LOCKS]; /* as the caller says them */
    guint n;
    GHashTable *told; /* capabilities found missing on entry to flow: HfX */
} Site;

/* How a lock stands at the call. */
typedef struct {
    HfTri tri;    /* HELD in every context, ABSENT or UNSURE in some */
    gboolean shared;
    const HfContext *ctx;  /* that misses it, or (EXCLUDES) holds it */
    HfCallerHolds callers; /* asked for locks of instances only */
    gboolean local;        /* this function alone says so */
    gboolean mixed;        /* in some contexts it is held */
} Stand;

/* FALSE: not to be judged, or not here. */
static gboolean name_locks(Site *s)
{
    const HfSolved *sv = s->c->solved;
    gboolean any = FALSE;

    for (guint i = 0; i < s->cl->n_locks; i++) {
        HfX x = hf_call_named(sv, s->flow, s->call, s->cl->locks[i]);

        if (!x) {
            return FALSE;
        }
        x = hf_contract_canonical(sv->contracts, x);
        if (hf_is_graph_x(s->c, x) != s->graph) {
            return FALSE;
        }
        any |= hf_verdict_is_lock(s->c, x);
        s->locks[s->n++] = x;
    }
    return any;
}

/* The object is the caller's own as yet: nobody can hold its lock, or need
 * to. */
static gboolean unshared(const Site *s, const HfContext *ctx, guint i)
{
    const HfXTable *t = s->c->solved->exprs;
    const HfXNode *arg = hf_x(t, hf_x_root(t, s->cl->locks[i]));
    const HfXNode *root = hf_x(t, hf_x_root(t, s->locks[i]));

    if (arg->kind == HF_X_PARAM && arg->ref < 32 &&
        s->call->fresh_args >> arg->ref & 1) {
        return TRUE;
    }
    return ctx && root->kind == HF_X_PARAM && root->ref < 32 &&
           ctx->fresh_params >> root->ref & 1;
}

/* Over the contexts; those in which the object is not shared do not count. */
static void stand_by_contexts(const Site *s, guint i, Stand *st)
{
    st->tri = HF_HELD;
    for (guint k = 0; k < s->flow->contexts->len; k++) {
        const HfContext *ctx =
            &g_array_index(s->flow->contexts, HfContext, k);
        HfHolds must = s->call->must;
        gboolean shared = FALSE;
        HfTri tri;

        if (unshared(s, ctx, i) ||
            !hf_context_reaches(ctx, s->flow, s->call->event, &must)) {
            continue;
        }
        tri = hf_held(s->c->solved, s->flow, ctx, must, s->locks[i],
                      &shared);
        if (tri == HF_HELD) {
            st->shared |= shared;
            st->mixed = TRUE;
        } else if (st->tri == HF_HELD ||
                   (tri == HF_ABSENT && st->tri == HF_UNSURE)) {
            st->tri = tri;
            st->ctx = ctx;
        }
    }
}

static void stand(const Site *s, guint i, Stand *st)
{
    const HfSolved *sv = s->c->solved;
    const HfHold *h = hf_holds_find(sv, s->call->must, s->locks[i]);

    *st = (Stand){ .local = h && h->now != HF_HOLD_INHERITED };
    stand_by_contexts(s, i, st);
    if (!st->local && st->tri != HF_HELD &&
        hf_x(sv->exprs, s->locks[i])->kind != HF_X_CAP) {
        hf_lock_callers(s->c, s->flow->sym, s->locks[i], &st->callers);
    }
}

/* ---- required ----------------------------------------------------------- */

/* The caller itself requires one of several, all of which will do. */
static gboolean passed_through(const Site *s)
{
    const HfContract *k =
        hf_contract_of(s->c->solved->contracts, s->flow->sym);

    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *own = &g_array_index(k->clauses, HfClause, i);
        guint found = 0;

        if ((own->kind != HF_EFF_REQUIRES &&
             own->kind != HF_EFF_REQUIRES_SHARED) || own->n_locks < 2) {
            continue;
        }
        for (guint n = 0; n < own->n_locks; n++) {
            for (guint m = 0; m < s->n; m++) {
                if (own->locks[n] == s->locks[m]) {
                    found++;
                    break;
                }
            }
        }
        if (found == own->n_locks) {
            return TRUE;
        }
    }
    return FALSE;
}

typedef enum { FINE, MISSING_SURELY, MISSING_LIKELY, MISSING_MAYBE } Missing;

/* A call that may go to so many functions is a dispatcher, and who is called
 * there in which thread nobody can tell. */
#define MANY_TARGETS 16

/* So many calls from the start of a thread each have their conditions, which
 * may rule each other out. */
#define FAR_AWAY 4

/* How far the way from the root of a context can be trusted.  mixed: other
 * ways to the same place are in order. */
static Missing trust(const HfCheck *c, const HfContext *ctx, gboolean mixed)
{
    Missing how = MISSING_SURELY;
    guint steps = 0;

    while (ctx && ctx->parent) {
        const HfFlow *up = c->solved->flows[ctx->parent];
        HfCall call = { .event = ctx->parent_event };
        const HfSymId *targets;
        HfFieldId slot;
        guint n = hf_call_targets(c->solved, up, &call, &targets, &slot);

        if (n > MANY_TARGETS) {
            return MISSING_MAYBE;
        }
        if (n > 1 || (mixed && ++steps >= FAR_AWAY)) {
            how = MISSING_LIKELY;
        }
        ctx = &g_array_index(up->contexts, HfContext, ctx->parent_context);
    }
    return how;
}

static Missing missing_cap(const Site *s, const Stand *st, HfX lock)
{
    const HfCapRule *cap =
        hf_contract_cap_rule(s->c->solved->contracts, lock);
    const HfHold *may = hf_holds_find(s->c->solved, s->call->may, lock);

    if (st->tri == HF_ABSENT && st->local) {
        return MISSING_SURELY;
    }
    if (may && may->now == HF_HOLD_HELD && !s->graph) {
        return MISSING_MAYBE; /* taken where it is thought to be needed */
    }
    if (st->tri == HF_ABSENT) {
        Missing how = st->ctx->complete ? trust(s->c, st->ctx, st->mixed)
                                        : MISSING_LIKELY;

        return how == MISSING_MAYBE && s->strict && !st->mixed
                   ? MISSING_LIKELY : how;
    }
    return s->graph || cap->unknown_entry != HF_ENTRY_UNKNOWN
               ? MISSING_LIKELY : FINE;
}

static Missing missing_instance(const Site *s, const Stand *st, HfX lock)
{
    const HfCallerHolds *up = &st->callers;

    if (st->local) {
        return MISSING_SURELY;
    }
    if (hf_lock_alias_held(s->c, s->call->may, lock) &&
        hf_x(s->c->solved->exprs, lock)->local) {
        return FINE; /* perhaps by another way to the same object */
    }
    if (!up->n) {
        gboolean unknown =
            HF_PROGRAM_SYM(s->c->program, s->flow->sym)->address_taken &&
            st->tri == HF_UNSURE;

        return unknown ? MISSING_LIKELY : MISSING_SURELY;
    }
    if (up->absent || up->unheld) {
        return MISSING_SURELY;
    }
    return up->callback || (s->strict && !up->held && !up->aliased)
               ? MISSING_LIKELY : FINE;
}

static Missing missing(const Site *s, guint i, const Stand *st)
{
    if (st->tri == HF_HELD) {
        return FINE;
    }
    return hf_x(s->c->solved->exprs, s->locks[i])->kind == HF_X_CAP
               ? missing_cap(s, st, s->locks[i])
               : missing_instance(s, st, s->locks[i]);
}

static char *names_of(const Site *s)
{
    GString *out = g_string_new(NULL);

    for (guint i = 0; i < s->n; i++) {
        g_autofree char *one = hf_check_text(s->c, s->flow, s->locks[i]);

        g_string_append_printf(out, "%s\"%s\"", i ? " or " : "", one);
    }
    return g_string_free(out, FALSE);
}

static void finish(const Site *s, HfFinding *f, HfX lock, const char *shape,
                   HfTier tier)
{
    f->tier = tier;
    if (!f->rule) {
        f->rule = g_strdup("contract");
    }
    if (hf_check_exempt(s->c, s->flow) &&
        !hf_guard_is_global(s->c, lock)) {
        f->tier = HF_TIER_LOW;
        f->reason_code = g_strdup("init_phase");
        hf_finding_reason(f, "runs in a phase the profile calls unshared");
    }
    f->key_subject = g_strdup(s->callee);
    f->key_lock = hf_check_stable(s->c, lock);
    f->key_shape = g_strdup(shape);
    hf_findings_add(s->c->findings, f);
}

/* How control gets here without the lock (or, for EXCLUDES, with it). */
static int trace_to(const Site *s, HfFinding *f, const Stand *st, HfX lock)
{
    const HfHold *h = hf_holds_find(s->c->solved, s->call->must, lock);
    int depth = 0;

    if (st->callers.missing) {
        HfPlace at = hf_check_place(st->callers.missing,
                                    st->callers.missing_event);
        const HfProgram *p = s->c->program;

        hf_finding_event(f, &at, "call", 0, "\"%s\" calls \"%s\" without it.",
                         HF_PROGRAM_SYM(p, st->callers.missing->sym)->name,
                         f->function);
        depth = 1;
    } else if (st->ctx) {
        depth = hf_trace_context(s->c, f, s->flow, st->ctx);
    }
    if (h) {
        hf_trace_hold(s->c, f, s->flow, h, depth);
    }
    return depth;
}

static void report_missing(const Site *s, guint i, const Stand *st,
                           Missing how)
{
    HfFinding *f = hf_check_finding(s->c, s->flow, "requires_not_held");
    g_autofree char *names = names_of(s);
    HfPlace place = hf_check_place(s->flow, s->call->event);
    int depth = trace_to(s, f, st, s->locks[i]);

    hf_finding_main(f, &place, "requires_not_held", depth,
                    "Calling \"%s\" requires %s, which is not held.",
                    s->callee, names);
    hf_contract_trace_clause(s->c, f, s->cl, depth,
                             "The requirement is declared here.");
    hf_finding_reason(f, "declared contract");
    if (how != MISSING_SURELY) {
        hf_finding_reason(f, "what is held on entry is not known for certain");
    } else if (st->callers.held) {
        hf_finding_reason(f, "held by %u of %u callers", st->callers.held,
                          st->callers.n);
    }
    finish(s, f, s->locks[i], "requires",
           how == MISSING_SURELY   ? HF_TIER_HIGH
           : how == MISSING_LIKELY ? HF_TIER_MEDIUM
                                   : HF_TIER_LOW);
}

static void report_mode(const Site *s, guint i, const Stand *st)
{
    HfFinding *f = hf_check_finding(s->c, s->flow, "wrong_mode");
    g_autofree char *lock = hf_check_text(s->c, s->flow, s->locks[i]);
    HfPlace place = hf_check_place(s->flow, s->call->event);
    int depth = trace_to(s, f, st, s->locks[i]);

    hf_finding_main(f, &place, "wrong_mode", depth,
                    "Calling \"%s\" requires \"%s\" exclusively; it is held "
                    "in shared mode.", s->callee, lock);
    hf_contract_trace_clause(s->c, f, s->cl, depth,
                             "The requirement is declared here.");
    hf_finding_reason(f, "declared contract");
    finish(s, f, s->locks[i], "mode", HF_TIER_HIGH);
}

static gboolean is_cap(const Site *s, guint i)
{
    return hf_x(s->c->solved->exprs, s->locks[i])->kind == HF_X_CAP;
}

/* A rule names an object by which others know the lock inside; where the
 * callee is written, in the same file, the lock is called what it is. */
static gboolean own_business(const Site *s)
{
    const HfProgram *p = s->c->program;
    const HfEvent *e = hf_flow_event(s->flow, s->call->event);
    HfSymId callee = e->kind == HF_EV_CALL ? s->flow->unit->symbols[e->sym]
                                           : 0;
    HfRecId record = hf_contract_record(s->c->solved->contracts, s->flow->sym,
                                        s->locks[0]);

    return !s->cl->annot && callee && record &&
           !HF_PROGRAM_RECORD(p, record)->lock_rule &&
           HF_PROGRAM_SYM(p, callee)->body &&
           HF_PROGRAM_SYM(p, callee)->body_unit ==
               HF_PROGRAM_SYM(p, s->flow->sym)->body_unit;
}

/* A capability that is missing on entry is missing at every call: the first
 * one tells. */
static void check_required(const Site *s)
{
    Stand first = { 0 }, st;
    Missing how = FINE;
    int mode = -1;

    if (passed_through(s) || own_business(s)) {
        return;
    }
    for (guint i = 0; i < s->n; i++) {
        Missing one;

        if (unshared(s, NULL, i)) {
            return;
        }
        stand(s, i, &st);
        one = missing(s, i, &st);
        if (one == FINE) {
            if (!(s->cl->kind == HF_EFF_REQUIRES && st.tri == HF_HELD &&
                  st.shared)) {
                return;
            }
            mode = i;
        }
        if (i == 0) {
            first = st;
            how = one;
        } else {
            how = MAX(how, one);
        }
    }
    if (mode >= 0) {
        stand(s, mode, &st);
        report_mode(s, mode, &st);
    } else if (first.local || !is_cap(s, 0) ||
               g_hash_table_add(s->told, GUINT_TO_POINTER(s->locks[0]))) {
        report_missing(s, 0, &first, how);
    }
}

/* ---- excluded ----------------------------------------------------------- */

/* A context in which it is held on entry, and still is at the call. */
static const HfContext *holding_context(const Site *s, HfX lock)
{
    for (guint k = 0; k < s->flow->contexts->len; k++) {
        const HfContext *ctx =
            &g_array_index(s->flow->contexts, HfContext, k);
        HfHolds must = s->call->must;

        if (hf_context_reaches(ctx, s->flow, s->call->event, &must) &&
            hf_held(s->c->solved, s->flow, ctx, must, lock, NULL) ==
                HF_HELD) {
            return ctx;
        }
    }
    return NULL;
}

static void report_excluded(const Site *s, HfX lock, const HfHold *h,
                            const HfContext *ctx, const HfCallerHolds *up,
                            HfTier tier, const char *reason)
{
    HfFinding *f = hf_check_finding(s->c, s->flow, "excludes_held");
    g_autofree char *name = hf_check_text(s->c, s->flow, lock);
    HfPlace place = hf_check_place(s->flow, s->call->event);
    int depth = 0;

    if (h) {
        hf_trace_hold(s->c, f, s->flow, h, 0);
    } else if (up && up->example) {
        HfPlace at = hf_check_place(up->example, up->example_event);

        hf_finding_event(f, &at, "call", 0, "\"%s\" is called with it held.",
                         f->function);
        depth = 1;
    } else if (ctx) {
        depth = hf_trace_context(s->c, f, s->flow, ctx);
    }
    hf_finding_main(f, &place, "excludes_held", depth,
                    "Calling \"%s\" with \"%s\" held, which it must not be.",
                    s->callee, name);
    hf_contract_trace_clause(s->c, f, s->cl, depth,
                             "This is declared here.");
    hf_finding_reason(f, "%s", reason);
    finish(s, f, lock, "excludes", tier);
}

/* A reader of the graph in global state holds nothing that anyone waits for:
 * a formality, as long as it is not seen here. */
static HfTier excluded_tier(const Site *s, const HfContext *ctx)
{
    if (s->graph && (ctx->cls == HF_CLASS_GS || s->flow->cls == HF_CLASS_GS)) {
        return HF_TIER_LOW;
    }
    switch (trust(s->c, ctx, FALSE)) {
    case MISSING_SURELY:
        return HF_TIER_HIGH;
    case MISSING_LIKELY:
        return HF_TIER_MEDIUM;
    default:
        return HF_TIER_LOW;
    }
}

/* Only where the function found out that something else is (not) held, which
 * those callers may never get to. */
static gboolean asked_first(const Site *s)
{
    guint n;
    const HfHold *rows = hf_holds(s->c->solved, s->call->must, &n);

    for (guint i = 0; i < n; i++) {
        if (rows[i].flags & HF_HOLD_ASSUMED && rows[i].event != UINT32_MAX) {
            return TRUE;
        }
    }
    return FALSE;
}

static void check_excluded(const Site *s)
{
    const HfSolved *sv = s->c->solved;

    for (guint i = 0; i < s->n; i++) {
        const HfHold *must = hf_holds_find(sv, s->call->must, s->locks[i]);
        const HfHold *may = hf_holds_find(sv, s->call->may, s->locks[i]);
        gboolean cap = hf_x(sv->exprs, s->locks[i])->kind == HF_X_CAP;
        const HfContext *ctx;
        HfCallerHolds up = { 0 };

        if (must && must->now == HF_HOLD_HELD) {
            report_excluded(s, s->locks[i], must, NULL, NULL, HF_TIER_HIGH,
                            "declared contract");
        } else if (may && may->now == HF_HOLD_HELD) {
            report_excluded(s, s->locks[i], may, NULL, NULL, HF_TIER_MEDIUM,
                            "held on some path");
        } else if (must && must->now == HF_HOLD_ABSENT) {
            continue;
        } else if ((ctx = holding_context(s, s->locks[i]))) {
            report_excluded(s, s->locks[i], NULL, ctx, NULL,
                            excluded_tier(s, ctx), "held by the caller");
        } else if (!cap) {
            hf_lock_callers(s->c, s->flow->sym, s->locks[i], &up);
            if (up.held) {
                report_excluded(s, s->locks[i], NULL, NULL, &up,
                                asked_first(s) ? HF_TIER_LOW
                                               : HF_TIER_MEDIUM,
                                "held by some callers");
            }
        }
    }
}

/* ---- all calls ---------------------------------------------------------- */

#define LOCK_PROMISES                                                 \
    (1ull << HF_EFF_REQUIRES | 1ull << HF_EFF_REQUIRES_SHARED |       \
     1ull << HF_EFF_EXCLUDES)

static const HfContract *promises(const HfContract *k)
{
    return k && k->kinds & LOCK_PROMISES ? k : NULL;
}

/* A slot's own contract stands for whatever is stored in it. */
static const HfContract *contract_at(const HfCheck *c, const HfFlow *flow,
                                     const HfCall *call, const char **name)
{
    const HfContracts *k = c->solved->contracts;
    const HfEvent *e = hf_flow_event(flow, call->event);
    const HfSymId *targets;
    HfFieldId slot;
    guint n = hf_call_targets(c->solved, flow, call, &targets, &slot);
    const HfContract *found = NULL;

    if (e->flags & HF_EV_CLEANUP) {
        return NULL;
    }
    if (slot && (found = promises(hf_contract_of_field(k, slot)))) {
        *name = HF_PROGRAM_FIELD(c->program, slot)->name;
    } else if (n == 1) {
        found = promises(hf_contract_of(k, targets[0]));
        *name = HF_PROGRAM_SYM(c->program, targets[0])->name;
    }
    return found;
}

void hf_contract_check_calls(HfCheck *c, const HfFlow *flow, gboolean graph,
                             gboolean strict)
{
    GHashTable *told = g_hash_table_new(NULL, NULL);

    for (guint i = 0; i < flow->calls->len; i++) {
        const HfCall *call = &g_array_index(flow->calls, HfCall, i);
        const char *name = "";
        const HfContract *k = contract_at(c, flow, call, &name);

        for (guint n = 0; k && n < k->clauses->len; n++) {
            Site s = { .c = c, .flow = flow, .call = call, .graph = graph,
                       .strict = strict, .callee = name, .told = told,
                       .cl = &g_array_index(k->clauses, HfClause, n) };

            if (!(LOCK_PROMISES >> s.cl->kind & 1) || !name_locks(&s)) {
                continue;
            }
            if (s.cl->kind == HF_EFF_EXCLUDES) {
                check_excluded(&s);
            } else {
                check_required(&s);
            }
        }
    }
    g_hash_table_unref(told);
}
