/* SPDX-License-Identifier: MIT */
/* How a fault is told, and how sure it is. */
#include "check/teardown.h"
#include "solve/blocks.h"

/* As good as in the function that the thread starts in. */
#define NEAR 1

/* of the main message */
static const char *const endings[] = {
    [HF_TEARDOWN_BEFORE_JOIN] = ": it is joined afterwards",
    [HF_TEARDOWN_NEVER_JOINED] = ": nobody waits for it",
    [HF_TEARDOWN_STACK_GONE] = "",
    [HF_TEARDOWN_ELSEWHERE] = "",
};

static const char *const shapes[] = {
    [HF_TEARDOWN_BEFORE_JOIN] = "before_join",
    [HF_TEARDOWN_NEVER_JOINED] = "never_joined",
    [HF_TEARDOWN_STACK_GONE] = "stack_gone",
    [HF_TEARDOWN_ELSEWHERE] = "still_used",
};

const HfRole *hf_teardown_role(const HfTeardown *r, const HfThreadUse *u)
{
    return &g_array_index(r->c->solved->roles, HfRole, u->role);
}

/* ---- the report ---------------------------------------------------------- */

static char *gone_text(const HfTeardown *r, const HfGone *gone)
{
    return hf_check_text(r->c, gone->flow, gone->own);
}

static const char *gone_verb(const HfGone *gone)
{
    return gone->how == HF_GONE_DESTROYED ? "Destroying"
           : gone->how == HF_GONE_FREED ? "Freeing" : "Clearing";
}

static void tell_main(const HfTeardown *r, const HfTeardownFault *k,
                      HfFinding *f)
{
    g_autofree char *text = k->shape == HF_TEARDOWN_STACK_GONE ? NULL
                                                   : gone_text(r, &k->gone);
    const char *role = hf_teardown_role(r, k->thread)->name;
    HfPlace at = hf_check_place(k->flow, k->event);
    const HfProgram *p = r->c->program;
    HfSymId callee = hf_frees_callee(k->flow, k->event);

    if (k->shape == HF_TEARDOWN_STACK_GONE) {
        hf_finding_main(f, &at, "teardown", 0,
                        "\"%s\" is given an object that is gone when \"%s\" "
                        "returns, which does not wait for it.", role,
                        HF_PROGRAM_SYM(p, k->flow->sym)->name);
    } else if (k->gone.flow != k->flow && callee) {
        hf_finding_main(f, &at, "teardown", 0,
                        "Calling \"%s\", which frees \"%s\", before \"%s\" "
                        "has ended, which uses it.",
                        HF_PROGRAM_SYM(p, callee)->name, text, role);
    } else {
        hf_finding_main(f, &at, "teardown", 0,
                        "%s \"%s\" while \"%s\" may still use it%s.",
                        gone_verb(&k->gone), text, role,
                        endings[k->shape]);
    }
}

static void tell_rest(const HfTeardown *r, const HfTeardownFault *k,
                      HfFinding *f)
{
    HfPlace at;

    if (k->gone.flow && k->gone.flow != k->flow) {
        at = hf_check_place(k->gone.flow, k->gone.event);
        hf_finding_event(f, &at, "free", 1, "It is freed here.");
    }
    if (k->shape == HF_TEARDOWN_BEFORE_JOIN) {
        at = hf_check_place(k->flow, k->other);
        hf_finding_event(f, &at, "join", 0, "The thread is waited for here.");
    } else if (k->shape == HF_TEARDOWN_NEVER_JOINED) {
        at = hf_check_place(k->flow, k->other);
        hf_finding_event(f, &at, "start", 0, "The thread is started here.");
    }
    if (k->use) {
        g_autofree char *what = hf_check_text(r->c, k->use->flow,
                                              k->use->access->path);

        at = hf_check_place(k->use->flow, k->use->access->event);
        hf_finding_event(f, &at, "example_access", 0,
                         "\"%s\" uses \"%s\" here.",
                         hf_teardown_role(r, k->thread)->name, what);
    }
}

static const HfAccess *store_of(const HfTeardownFault *k)
{
    const GArray *all = k->gone.flow ? k->gone.flow->accesses : NULL;

    for (guint i = 0; all && i < all->len; i++) {
        const HfAccess *a = &g_array_index(all, HfAccess, i);

        if (a->event == k->gone.event) {
            return a;
        }
    }
    return NULL;
}

static gboolean locked_alike(const HfTeardown *r, const HfTeardownFault *k)
{
    const HfCall *call = k->gone.flow
                             ? hf_flow_call(k->gone.flow, k->gone.event)
                             : NULL;
    HfAccess a = { .event = k->gone.event, .path = k->gone.own,
                   .must = call ? call->must : 0, .kind = HF_EV_WRITE };
    const HfAccess *store = call ? NULL : store_of(k);
    HfSeen here = { k->gone.flow, store ? store : &a };

    return (call || store) && k->gone.key && k->use && k->sure &&
           hf_use_share_lock(r->c, &here, k->use);
}

/* Calls from where the thread starts to where it uses the thing. */
static guint calls_to_use(const HfTeardown *r, const HfTeardownFault *k)
{
    guint best = G_MAXUINT;

    for (guint i = 0; i < k->use->flow->contexts->len; i++) {
        const HfContext *ctx =
            &g_array_index(k->use->flow->contexts, HfContext, i);
        guint n = 0;

        if (ctx->role != k->thread->role) {
            continue;
        }
        for (; ctx->parent && n < best; n++) {
            ctx = &g_array_index(r->c->solved->flows[ctx->parent]->contexts,
                                 HfContext, ctx->parent_context);
        }
        best = MIN(best, n);
    }
    return best;
}

/* Freed in a loop, of whatever object it has come to: of all there are. */
static gboolean is_of_all(const HfTeardown *r, const HfTeardownFault *k)
{
    const HfXTable *t = r->c->solved->exprs;

    return k->sure && k->gone.key && k->gone.how == HF_GONE_FREED &&
           hf_x(t, hf_x_root(t, k->gone.own))->kind == HF_X_LOCAL &&
           hf_event_in_loop(k->gone.flow, k->gone.event);
}

static HfTier tier_of(const HfTeardown *r, const HfTeardownFault *k,
                      HfFinding *f)
{
    if (locked_alike(r, k)) {
        hf_finding_reason(f, "the same lock is held here and there");
        return HF_TIER_LOW;
    }
    if (k->asks) {
        hf_finding_reason(f, "the thread looks whether there is something");
        return HF_TIER_LOW;
    }
    if (k->shape == HF_TEARDOWN_ELSEWHERE) {
        hf_finding_reason(f, "both may run at the same time, but what else "
                             "keeps them apart is not known");
        return HF_TIER_LOW;
    }
    if (k->shape == HF_TEARDOWN_BEFORE_JOIN && is_of_all(r, k)) {
        hf_finding_reason(f, "it is freed for one object after the other");
        return HF_TIER_MEDIUM;
    }
    if (k->gone.unnamed && k->shape == HF_TEARDOWN_BEFORE_JOIN) {
        hf_finding_reason(f, "it may be another object of that type");
        return k->gone.depth > 1 ? HF_TIER_LOW : HF_TIER_MEDIUM;
    }
    if (k->gone.depth > 1) {
        hf_finding_reason(f, "it is freed %u calls down", k->gone.depth);
        return HF_TIER_LOW;
    }
    if (k->shape == HF_TEARDOWN_BEFORE_JOIN) {
        hf_finding_reason(f, "the same function waits for the thread "
                             "afterwards");
    } else {
        hf_finding_reason(f, "no path from the start waits for anything");
    }
    if (!k->sure) {
        hf_finding_reason(f, "the thread uses objects of that type, reached "
                             "from what it was given");
        return HF_TIER_MEDIUM;
    }
    if (k->gone.how == HF_GONE_NULLED) {
        if (calls_to_use(r, k) <= NEAR) {
            return HF_TIER_MEDIUM;
        }
        hf_finding_reason(f, "the thread comes to use it over several calls");
        return HF_TIER_LOW;
    }
    return k->gone.flow == k->flow || k->shape == HF_TEARDOWN_STACK_GONE
               ? HF_TIER_HIGH : HF_TIER_MEDIUM;
}

/* What is freed and set to NULL, is told where it is freed. */
static gboolean tell(HfTeardown *r, const HfTeardownFault *k)
{
    g_autofree char *member =
        g_strdup_printf("%u m%" G_GUINT64_FORMAT " %d", k->flow->sym,
                        k->gone.key, k->thread->role);

    if (k->gone.how == HF_GONE_NULLED &&
        g_hash_table_contains(r->told, member)) {
        return FALSE;
    }
    if (k->gone.key) {
        g_hash_table_add(r->told, g_steal_pointer(&member));
    }
    return g_hash_table_add(r->told,
                            g_strdup_printf("%u %u %d", k->flow->sym,
                                            k->event, k->thread->role));
}

/* Another thread may still use it as well: one finding, named after the
 * first.  TRUE: f is gone. */
static gboolean joins_another(HfTeardown *r, const HfTeardownFault *k,
                              HfFinding *f)
{
    char *key = g_strdup_printf("%u %u %s", k->flow->sym, k->event,
                                f->key_subject);
    HfFinding *first = g_hash_table_lookup(r->first, key);
    g_autofree char *what = NULL;
    HfPlace at;

    if (!first || !k->use || k->shape != HF_TEARDOWN_BEFORE_JOIN) {
        g_hash_table_insert(r->first, key, f);
        return FALSE;
    }
    g_free(key);
    what = hf_check_text(r->c, k->use->flow, k->use->access->path);
    at = hf_check_place(k->use->flow, k->use->access->event);
    hf_finding_event(first, &at, "note", 0, "\"%s\", too, uses \"%s\".",
                     hf_teardown_role(r, k->thread)->name, what);
    first->tier = MIN(first->tier, f->tier);
    hf_finding_free(f);
    return TRUE;
}

void hf_teardown_report(HfTeardown *r, const HfTeardownFault *k)
{
    HfCheck *c = r->c;
    HfFinding *f;

    if (!tell(r, k)) {
        return;
    }
    f = hf_check_finding(c, k->flow, shapes[k->shape]);
    tell_main(r, k, f);
    tell_rest(r, k, f);
    f->tier = tier_of(r, k, f);
    f->rule = g_strdup("inferred");
    f->key_subject = k->shape == HF_TEARDOWN_STACK_GONE
                         ? g_strdup("stack")
                         : hf_check_stable(c, k->gone.object);
    f->key_lock = g_strdup(hf_teardown_role(r, k->thread)->name);
    f->key_shape = g_strdup(shapes[k->shape]);
    if (!joins_another(r, k, f)) {
        hf_findings_add(c->findings, f);
    }
}
