/* SPDX-License-Identifier: MIT */
/*
 * Comments that the code contradicts: "called with X held" where a caller
 * does not hold it, "runs outside X" where all do, "protected by X" where an
 * access is made without.
 *
 * Either may be wrong, the comment or the code, so the finding names both.
 * What a sentence says of some cases only is not held against the code.
 */
#include "check/call_sites.h"
#include "check/claim.h"
#include "check/lock.h"

#include <string.h>

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static char *owner_name(const HfCheck *c, const HfClaim *k)
{
    const HfProgField *f = HF_PROGRAM_FIELD(c->program, k->field);

    return k->sym ? g_strdup(HF_PROGRAM_SYM(c->program, k->sym)->name)
                  : g_strdup_printf("%s.%s", HF_PROGRAM_RECORD(
                                        c->program, f->record)->name,
                                    f->name);
}

static HfFinding *finding(const HfCheck *c, const HfClaim *k,
                          const char *what, const HfFlow *at)
{
    HfFinding *f = hf_finding_new(c->checker->name, what);
    const char *function =
        at ? HF_PROGRAM_SYM(c->program, at->sym)->name : "";

    f->cwe = c->checker->cwe;
    f->impact = c->checker->impact;
    f->tier = HF_TIER_MEDIUM;
    f->function = g_strdup(function);
    f->key_function = g_strdup(function);
    f->key_subject = owner_name(c, k);
    f->key_lock = hf_check_stable(c, k->lock);
    f->key_shape = g_strdup(what);
    f->rule = g_strdup("inferred");
    return f;
}

static void note_comment(const HfCheck *c, HfFinding *f, const HfClaim *k)
{
    HfPlace at = hf_check_place_of(c->program, k->unit, k->loc);
    g_autofree char *text = g_utf8_make_valid(k->text, -1);

    if (strlen(text) > 160) {
        strcpy(g_utf8_find_prev_char(text, text + 156), "...");
    }
    hf_finding_event(f, &at, "note", 0, "The comment: \"%s\"", text);
}

static void note_site(const HfCheck *c, HfFinding *f, const HfSite *s,
                      const char *text)
{
    HfPlace at = hf_check_place(s->flow, s->call->event);

    hf_finding_event(f, &at, "note", 0, "%s", text);
}

/* ---- callers ------------------------------------------------------------- */

/* All of them do otherwise: it is the comment that is wrong. */
static void tell_comment(HfCheck *c, const HfClaim *k, const HfSite *s,
                         guint n)
{
    gboolean held = k->kind == HF_CLAIM_HELD;
    HfFinding *f = finding(c, k, "stale_comment", NULL);
    HfPlace at = hf_check_place_of(c->program, k->unit, k->loc);

    hf_finding_main(f, &at, "annotation", 0,
                    "This comment says that \"%s\" is called %s lock \"%s\" "
                    "held; %s.", f->key_subject, held ? "with" : "without",
                    f->key_lock, n == 1 ? "its only caller does otherwise"
                                        : "all callers do otherwise");
    note_site(c, f, s, held ? "It is called here without the lock."
                            : "It is called here with the lock held.");
    hf_finding_reason(f, "%u of %u calls contradict it", n, n);
    hf_findings_add(c->findings, f);
}

static void tell_site(HfCheck *c, const HfClaim *k, const HfSite *s,
                      const HfSiteCount *n)
{
    gboolean held = k->kind == HF_CLAIM_HELD;
    HfFinding *f = finding(c, k, "comment_contradicted", s->flow);
    HfPlace at = hf_check_place(s->flow, s->call->event);

    hf_finding_main(f, &at, "annotation", 0,
                    "\"%s\" is called %s lock \"%s\" held, against its "
                    "comment.", f->key_subject, held ? "without" : "with",
                    f->key_lock);
    note_comment(c, f, k);
    if (held && n->held) {
        note_site(c, f, &n->held_at, "It is called here with the lock held.");
        hf_finding_reason(f, "%u of %u calls hold it", n->held, n->n);
    } else if (!held && n->absent) {
        note_site(c, f, &n->absent_at, "It is called here without it.");
        hf_finding_reason(f, "%u of %u calls do not hold it", n->absent, n->n);
    }
    /* a function that may be called without may well be called with */
    f->tier = held && n->held >= n->absent && !s->sometimes ? HF_TIER_MEDIUM
                                                            : HF_TIER_LOW;
    hf_findings_add(c->findings, f);
}

static void check_callers(HfCheck *c, const HfClaim *k, const HfSlots *slots)
{
    HfSiteCount n = { .direct = !k->field };
    gboolean held = k->kind == HF_CLAIM_HELD;
    const HfSite *bad;
    guint n_bad;

    if (k->field) {
        hf_slot_sites(c, slots, k->field, k->lock, hf_site_count, &n);
    } else {
        hf_call_sites(c, k->sym, k->lock, hf_site_count, &n);
    }
    bad = held ? &n.absent_at : &n.held_at;
    n_bad = held ? n.absent : n.held;
    if (!n_bad) {
        return;
    }
    if (n_bad == n.n - n.own && !(held && n.sometimes)) {
        tell_comment(c, k, bad, n_bad);
    } else {
        tell_site(c, k, bad, &n);
    }
}

/* ---- data ---------------------------------------------------------------- */

typedef struct {
    const HfClaim *claim;
    guint n, held, absent;
    const HfFlow *flow; /* the first without */
    HfAccess access;
} Guarded;

static void see_use(HfCheck *c, const HfFlow *flow, const HfGuardUse *u,
                    gpointer data)
{
    const HfSubject *s = &u->subject;
    Guarded *g = s->pointee ? NULL
                            : g_hash_table_lookup(data, GUINT_TO_POINTER(
                                  s->field ? s->field * 2 : s->var * 2 + 1));
    HfX lock = g ? hf_guard_on(c, s, g->claim->lock) : 0;
    HfVerdict v;

    if (!lock || u->access.fresh || u->indirect ||
        hf_lock_alias_held(c, u->access.may, lock) ||
        hf_check_exempt(c, flow) ||
        hf_guard_unshared(c, flow, u->access.event, lock, s) ||
        hf_guard_sets_up(c, flow, lock)) {
        return;
    }
    v = hf_guard_verdict(c, flow, &u->access, lock);
    g->n++;
    g->held += v.tri == HF_HELD;
    /* where some callers hold it, those that do not are told */
    if (v.tri == HF_ABSENT && v.n_contexts && !v.n_held) {
        g->absent++;
        if (!g->flow) {
            g->flow = flow;
            g->access = u->access;
        }
    }
}

static void see_flow(HfCheck *c, const HfFlow *flow, gpointer data)
{
    hf_guard_each_use(c, flow, see_use, data);
}

static void tell_access(HfCheck *c, const Guarded *g)
{
    HfFinding *f = finding(c, g->claim, "comment_contradicted", g->flow);
    g_autofree char *what = hf_check_access_text(g->flow, &g->access);
    HfPlace at = hf_check_place(g->flow, g->access.event);
    HfPlace comment = hf_check_place_of(c->program, g->claim->unit,
                                        g->claim->loc);

    hf_finding_main(f, &at, "annotation", 0,
                    "\"%s\" is accessed without lock \"%s\" held, against the "
                    "comment in %s.", what, f->key_lock,
                    file_name(comment.file));
    note_comment(c, f, g->claim);
    hf_finding_reason(f, "%u of %u accesses hold it", g->held, g->n);
    f->tier = g->held >= 2 && g->held >= 3 * g->absent ? HF_TIER_MEDIUM
                                                       : HF_TIER_LOW;
    hf_findings_add(c->findings, f);
}

static gboolean is_declared(const HfCheck *c, const HfClaim *k)
{
    return HF_CONTRACT_HAS(
        k->field ? hf_contract_of_field(c->solved->contracts, k->field)
                 : hf_contract_of(c->solved->contracts, k->sym),
        HF_EFF_GUARDED_BY);
}

static void check_data(HfCheck *c, const GArray *claims)
{
    GHashTable *table = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_autoptr(GPtrArray) order = g_ptr_array_new();

    for (guint i = 0; i < claims->len; i++) {
        const HfClaim *k = &g_array_index(claims, HfClaim, i);
        gpointer key = GUINT_TO_POINTER(k->field ? k->field * 2
                                                 : k->sym * 2 + 1);
        Guarded *g;

        if (k->kind == HF_CLAIM_GUARDED && !k->hedged && !is_declared(c, k) &&
            hf_verdict_is_lock(c, k->lock) &&
            !g_hash_table_contains(table, key)) {
            g = g_new0(Guarded, 1);
            g->claim = k;
            g_hash_table_insert(table, key, g);
            g_ptr_array_add(order, g);
        }
    }
    hf_check_each_flow(c, see_flow, table);
    for (guint i = 0; i < order->len; i++) {
        const Guarded *g = g_ptr_array_index(order, i);

        if (g->flow) {
            tell_access(c, g);
        }
    }
    g_hash_table_unref(table);
}

/* ---- all ----------------------------------------------------------------- */

void hf_claims_check(HfCheck *c)
{
    g_autoptr(GArray) claims = hf_claims(c);
    HfSlots slots;

    hf_slots_init(&slots, c);
    for (guint i = 0; i < claims->len; i++) {
        const HfClaim *k = &g_array_index(claims, HfClaim, i);

        if (k->kind != HF_CLAIM_GUARDED && !k->hedged &&
            hf_verdict_is_lock(c, k->lock)) {
            check_callers(c, k, &slots);
        }
    }
    hf_slots_clear(&slots);
    check_data(c, claims);
}
