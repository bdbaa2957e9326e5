/* SPDX-License-Identifier: MIT */
/* Finding a checker, and running them all. */
#include "check/check.h"
#include "check/critical.h"
#include "check/lock.h"
#include "check/suppressions.h"

#include <string.h>

static const HfChecker *const checkers[] = {
#define X(name) &name,
    HF_CHECKERS(X)
#undef X
    NULL,
};

const HfChecker *const *hf_checkers(void)
{
    return checkers;
}

const HfChecker *hf_checker_find(const char *name)
{
    for (guint i = 0; checkers[i]; i++) {
        if (strcmp(checkers[i]->name, name) == 0) {
            return checkers[i];
        }
    }
    return NULL;
}

const char *hf_check_option(const HfCheck *c, const char *key,
                            const char *fallback)
{
    const char *v = c->settings && c->settings->options
                        ? g_hash_table_lookup(c->settings->options, key)
                        : NULL;

    return v ? v : fallback;
}

static gboolean is_chosen(const HfCheck *c, const char *const *only)
{
    return only ? g_strv_contains(only, c->checker->name)
                : !c->settings || c->settings->enabled;
}

static HfCheck check_with(const HfSolved *solved, HfFindings *findings,
                          const HfChecker *checker, HfCritical **critical)
{
    return (HfCheck){
        .solved = solved, .program = solved->program,
        .findings = findings, .checker = checker,
        .settings = hf_rules_checker(solved->program->rules, checker->name),
        .callers = hf_lock_callers_memo_new(),
        .critical = critical,
    };
}

void hf_check_run(const HfSolved *solved, const char *const *only,
                  HfFindings *findings)
{
    HfCritical *critical = NULL;
    HfCheck last = check_with(solved, findings, &hf_checker_annotation,
                              &critical);

    for (guint i = 0; checkers[i]; i++) {
        HfCheck c = check_with(solved, findings, checkers[i], &critical);

        if (is_chosen(&c, only)) {
            checkers[i]->run(&c);
        }
        g_hash_table_unref(c.callers);
    }
    hf_suppressions_apply(&last, is_chosen(&last, only), only == NULL);
    g_hash_table_unref(last.callers);
    hf_critical_free(critical);
}

HfCheck hf_check_for(const HfSolved *solved, HfFindings *findings,
                     const char *checker)
{
    return check_with(solved, findings, hf_checker_find(checker),
                      g_new0(HfCritical *, 1));
}

void hf_check_for_clear(HfCheck *c)
{
    g_hash_table_unref(c->callers);
    hf_critical_free(*c->critical);
    g_free(c->critical);
}

/* Inline functions of the C library and the like: used, but not judged. */
static gboolean is_foreign(const HfFlow *flow)
{
    const HfFacts *f = flow->unit->facts;

    return f->files[f->locs[flow->fn->loc].file].flags & HF_FILE_SYSTEM;
}

void hf_check_each_flow(HfCheck *check, HfFlowFn fn, gpointer data)
{
    const GArray *order = check->program->functions;

    for (guint i = 0; i < order->len; i++) {
        const HfFlow *f =
            check->solved->flows[g_array_index(order, HfSymId, i)];

        if (!f->skip && !is_foreign(f)) {
            fn(check, f, data);
        }
    }
}

gboolean hf_check_exempt(const HfCheck *check, const HfFlow *flow)
{
    const GPtrArray *phases = check->program->rules->exempt_phases;
    const char *name = HF_PROGRAM_SYM(check->program, flow->sym)->name;

    for (guint i = 0; phases && i < phases->len; i++) {
        if (g_pattern_match_simple(g_ptr_array_index(phases, i), name)) {
            return TRUE;
        }
    }
    return FALSE;
}
