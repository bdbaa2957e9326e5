/* SPDX-License-Identifier: MIT */
#include "check/excluded.h"
#include "check/verdict.h"

#include <string.h>

/* Nobody believes in a way that is longer. */
#define MANY_CALLS 20
/* No more lines than this about other ways. */
#define MANY_EVENTS 24

typedef struct {
    HfX token;
    guint64 bit;
    const HfExcludedWords *words;
    guint8 *leads;    /* by HfSymId: an excluded function may be reached */
    guint8 *covered;  /* by HfSymId: entered with the token held */
    gboolean assumed; /* looking at functions that require the token */
    gboolean through_exempt; /* also through tables into phases that the
                                profile calls unshared */
    /* the call being followed */
    const HfFlow *flow;
    const HfCall *call;
    const HfHold *hold;
    GHashTable *findings; /* HfSymId of an excluded function -> HfFinding */
    GPtrArray *order;     /* the same findings */
    GHashTable *told;     /* gint64 caller << 32 | excluded function */
    GArray *entered;      /* HfHop: functions gone into, with the first way */
    guint8 *barren;       /* by HfSymId: 1 + the function pointers after which
                             nothing was found from there on; 0: not known */
} Search;

static const HfClause *excluding(const HfContract *k, HfX token)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        if (cl->kind == HF_EFF_EXCLUDES && hf_verdict_clause_has(cl, token)) {
            return cl;
        }
    }
    return NULL;
}

/* ---- who can get there at all ------------------------------------------- */

static void add_caller(GArray **lists, HfSymId callee, HfSymId caller)
{
    if (!lists[callee]) {
        lists[callee] = g_array_new(FALSE, FALSE, sizeof(HfSymId));
    }
    g_array_append_val(lists[callee], caller);
}

static GArray **callers_of_all(const HfCheck *c)
{
    const GArray *order = c->program->functions;
    GArray **lists = g_new0(GArray *, c->program->symbols->len);

    for (guint i = 0; i < order->len; i++) {
        HfSymId sym = g_array_index(order, HfSymId, i);
        const HfFlow *f = c->solved->flows[sym];

        for (guint k = 0; k < f->calls->len; k++) {
            const HfCall *call = &g_array_index(f->calls, HfCall, k);
            GArray *now = hf_call_runs_now(c->solved, f, call);
            const HfSymId *targets;
            HfFieldId slot;
            guint n = hf_call_targets(c->solved, f, call, &targets, &slot);

            for (guint t = 0; t < n; t++) {
                add_caller(lists, targets[t], sym);
            }
            for (guint t = 0; now && t < now->len; t++) {
                add_caller(lists, g_array_index(now, HfSymId, t), sym);
            }
            if (now) {
                g_array_unref(now);
            }
        }
    }
    return lists;
}

static void spread(GArray **callers, guint8 *leads, GArray *work)
{
    while (work->len) {
        HfSymId sym = g_array_index(work, HfSymId, work->len - 1);
        const GArray *up = callers[sym];

        g_array_set_size(work, work->len - 1);
        for (guint i = 0; up && i < up->len; i++) {
            HfSymId caller = g_array_index(up, HfSymId, i);

            if (!leads[caller]) {
                leads[caller] = TRUE;
                g_array_append_val(work, caller);
            }
        }
    }
}

static guint8 *find_leads(const HfCheck *c, HfX token)
{
    guint n = c->program->symbols->len;
    guint8 *leads = g_new0(guint8, n);
    GArray *work = g_array_new(FALSE, FALSE, sizeof(HfSymId));
    GArray **callers;

    for (HfSymId i = 1; i < n; i++) {
        if (excluding(hf_contract_of(c->solved->contracts, i), token)) {
            leads[i] = TRUE;
            g_array_append_val(work, i);
        }
    }
    if (work->len) {
        callers = callers_of_all(c);
        spread(callers, leads, work);
        for (HfSymId i = 0; i < n; i++) {
            if (callers[i]) {
                g_array_unref(callers[i]);
            }
        }
        g_free(callers);
    }
    g_array_unref(work);
    return leads;
}

/* ---- the report --------------------------------------------------------- */

static HfTier tier_of(HfFinding *f, const Search *s, const HfHop *h)
{
    if (h->n_slots) {
        hf_finding_reason(f, "%u function pointer%s on the way", h->n_slots,
                          h->n_slots == 1 ? "" : "s");
    } else {
        hf_finding_reason(f, "every call on the way is direct");
    }
    if (s->hold->flags & HF_HOLD_ASSUMED) {
        hf_finding_reason(f, "the caller is required to hold it");
    }
    if (s->through_exempt) {
        hf_finding_reason(f, "only by making or unmaking an object on the "
                             "way");
        return HF_TIER_LOW;
    }
    if (h->length > MANY_CALLS) {
        hf_finding_reason(f, "%u calls on the way", h->length);
        return HF_TIER_LOW;
    }
    return h->n_slots == 0 ? HF_TIER_HIGH
           : h->n_slots <= 3 ? HF_TIER_MEDIUM : HF_TIER_LOW;
}

static void note_contract(const HfCheck *c, HfFinding *f, const HfHop *h,
                          const HfClause *cl, const char *token)
{
    const HfProgSymbol *callee = HF_PROGRAM_SYM(c->program, h->callee);
    HfPlace at;

    if (cl->annot) {
        at = hf_check_place_of(c->program, cl->annot->unit, cl->annot->loc);
        f->rule = g_strdup(cl->annot->text);
    } else {
        f->rule = g_strdup_printf("%s:%d", cl->effect->place.file,
                                  cl->effect->place.line);
        if (!callee->decl_loc) {
            return;
        }
        at = hf_check_place_of(c->program, callee->decl_unit,
                               callee->decl_loc);
    }
    hf_finding_event(f, &at, "note", h->length - 1,
                     "\"%s\" must not run inside \"%s\".", callee->name,
                     token);
}

static void report(HfCheck *c, Search *s, const HfHop *h, const HfClause *cl)
{
    HfFinding *f = hf_check_finding(c, s->flow, s->words->subcategory);
    g_autofree char *token = hf_check_text(c, s->flow, s->token);
    const char *self = HF_PROGRAM_SYM(c->program, s->flow->sym)->name;
    const char *callee = HF_PROGRAM_SYM(c->program, h->callee)->name;
    const HfHop *first = h;
    HfPlace at;

    while (first->from) {
        first = first->from;
    }
    hf_trace_hold(c, f, s->flow, s->hold, 0);
    at = hf_check_place(first->flow, first->event);
    if (first == h) {
        hf_finding_main(f, &at, s->words->tag, 0,
                        "\"%s\" calls \"%s\" inside \"%s\"%s.", self, callee,
                        token, s->words->why);
    } else {
        hf_finding_main(f, &at, s->words->tag, 0,
                        "Calling \"%s\" inside \"%s\" leads to \"%s\"%s.",
                        HF_PROGRAM_SYM(c->program, first->callee)->name,
                        token, callee, s->words->why);
    }
    hf_reach_trace(c, f, h, 0, TRUE, FALSE);
    note_contract(c, f, h, cl, token);
    f->tier = tier_of(f, s, h);
    f->key_subject = g_strdup(callee);
    f->key_lock = g_strdup(token);
    f->key_shape = g_strdup(HF_PROGRAM_SYM(c->program, first->callee)->name);
    g_hash_table_insert(s->findings, GUINT_TO_POINTER(h->callee), f);
    g_ptr_array_add(s->order, f);
}

/* Where the way last came out of a table of functions: what it is about. */
static const HfHop *last_slot(const HfHop *h)
{
    while (h && !h->slot) {
        h = h->from;
    }
    return h;
}

/* Another place that gets there from the same call. */
static void tell_more(HfCheck *c, HfFinding *f, const HfHop *h)
{
    HfPlace at = hf_check_place(h->flow, h->event);
    const HfHop *slot = last_slot(h);
    const char *callee = HF_PROGRAM_SYM(c->program, h->callee)->name;
    const char *caller = HF_PROGRAM_SYM(c->program, h->flow->sym)->name;

    if (slot && slot->callee != h->flow->sym && slot->callee != h->callee) {
        hf_finding_event(f, &at, "note", 0,
                         "Another way: \"%s\" calls \"%s\", reached from "
                         "\"%s\".", caller, callee,
                         HF_PROGRAM_SYM(c->program, slot->callee)->name);
    } else {
        hf_finding_event(f, &at, "note", 0,
                         "Another way: \"%s\" calls \"%s\".", caller,
                         callee);
    }
}

/* Nothing was found from there with as many function pointers to go. */
static gboolean is_barren(const Search *s, const HfHop *h)
{
    return s->barren[h->callee] && h->n_slots + 1 >= s->barren[h->callee];
}

static void mark_barren(Search *s)
{
    /* the walk looked on from the first way into each; from the last to the
     * first, so that this is what stays */
    for (guint i = s->entered->len; i-- > 0;) {
        const HfHop *h = &g_array_index(s->entered, HfHop, i);

        s->barren[h->callee] = h->n_slots + 1;
    }
}

static HfReachVerdict look(HfCheck *c, const HfHop *h, gpointer data)
{
    Search *s = data;
    const HfClause *cl;
    HfFinding *f;
    gint64 key;

    if (!(h->held & s->bit) || !s->leads[h->callee] ||
        is_barren(s, h)) {
        return HF_REACH_STOP;
    }
    cl = excluding(hf_contract_of(c->solved->contracts, h->callee), s->token);
    if (!cl) {
        const HfFlow *into = c->solved->flows[h->callee];

        /* a type's own making and unmaking, by way of a table: any type's,
         * as far as is known; looked at when there is nothing else */
        if (!s->through_exempt && h->slot && into &&
            hf_check_exempt(c, into)) {
            return HF_REACH_STOP;
        }
        s->covered[h->callee] = TRUE;
        g_array_append_val(s->entered, *h);
        return HF_REACH_ENTER;
    }
    key = (gint64)h->flow->sym << 32 | h->callee;
    f = g_hash_table_lookup(s->findings, GUINT_TO_POINTER(h->callee));
    if (!f) {
        report(c, s, h, cl);
    } else if (f->events->len < MANY_EVENTS &&
               !g_hash_table_contains(s->told, &key)) {
        tell_more(c, f, h);
    }
    g_hash_table_add(s->told, g_memdup2(&key, sizeof(key)));
    return HF_REACH_STOP;
}

/* ---- where it starts ---------------------------------------------------- */

static void walk(HfCheck *c, Search *s, gboolean through_exempt)
{
    HfReachEntry entry = { .held = s->bit, .watched = s->token,
                           .only = s->bit };

    g_array_set_size(s->entered, 0);
    s->through_exempt = through_exempt;
    hf_reach(c, s->flow, s->call, &entry, look, s);
}

static void follow(HfCheck *c, Search *s)
{
    g_hash_table_remove_all(s->told);
    g_hash_table_remove_all(s->findings);
    g_ptr_array_set_size(s->order, 0);
    walk(c, s, FALSE);
    if (!s->order->len) {
        walk(c, s, TRUE);
    }
    if (!s->order->len) {
        mark_barren(s);
    }
    for (guint i = 0; i < s->order->len; i++) {
        hf_findings_add(c->findings, g_ptr_array_index(s->order, i));
    }
}

static void check_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    Search *s = data;

    if (!s->leads[flow->sym] || (s->assumed && s->covered[flow->sym])) {
        return;
    }
    s->flow = flow;
    for (guint i = 0; i < flow->calls->len; i++) {
        s->call = &g_array_index(flow->calls, HfCall, i);
        s->hold = hf_holds_find(c->solved, s->call->must, s->token);
        if (!s->hold || s->hold->now != HF_HOLD_HELD ||
            (s->hold->event == UINT32_MAX) != s->assumed) {
            continue;
        }
        follow(c, s);
    }
}

void hf_excluded_check(HfCheck *c, HfX token, const HfExcludedWords *words)
{
    Search s = {
        .token = token, .words = words,
        .bit = hf_reach_bit(c, token, token),
        .leads = find_leads(c, token),
        .covered = g_new0(guint8, c->program->symbols->len),
        .entered = g_array_new(FALSE, FALSE, sizeof(HfHop)),
        .barren = g_new0(guint8, c->program->symbols->len),
        .told = g_hash_table_new_full(hf_key_hash, g_int64_equal, g_free,
                                      NULL),
        .findings = g_hash_table_new(NULL, NULL),
        .order = g_ptr_array_new(),
    };

    if (s.bit) {
        hf_check_each_flow(c, check_flow, &s);
        s.assumed = TRUE;
        hf_check_each_flow(c, check_flow, &s);
    }
    g_free(s.leads);
    g_free(s.covered);
    g_free(s.barren);
    g_array_unref(s.entered);
    g_hash_table_unref(s.told);
    g_hash_table_unref(s.findings);
    g_ptr_array_unref(s.order);
}

/* ---- which tokens ------------------------------------------------------- */

static void collect(const HfCheck *c, const HfContract *k, GHashTable *found)
{
    for (guint i = 0; k && i < k->clauses->len; i++) {
        const HfClause *cl = &g_array_index(k->clauses, HfClause, i);

        for (guint l = 0; cl->kind == HF_EFF_EXCLUDES && l < cl->n_locks;
             l++) {
            if (hf_verdict_is_token(c, cl->locks[l])) {
                g_hash_table_add(found, GUINT_TO_POINTER(cl->locks[l]));
            }
        }
    }
}

GArray *hf_excluded_tokens(const HfCheck *c)
{
    const HfXTable *t = c->solved->exprs;
    GHashTable *found = g_hash_table_new(NULL, NULL);
    GArray *out = g_array_new(FALSE, FALSE, sizeof(HfX));

    for (HfSymId i = 1; i < c->program->symbols->len; i++) {
        collect(c, hf_contract_of(c->solved->contracts, i), found);
    }
    /* expressions are numbered in the order of first use: the same in every
     * run over the same program */
    for (HfX x = 1; x < hf_x_count(t); x++) {
        if (g_hash_table_contains(found, GUINT_TO_POINTER(x))) {
            g_array_append_val(out, x);
        }
    }
    g_hash_table_unref(found);
    return out;
}
