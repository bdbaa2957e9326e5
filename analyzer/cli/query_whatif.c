/* SPDX-License-Identifier: MIT */
/* Would taking a lock around an access be safe? */
#include "check/whatif.h"
#include "cli/answers.h"

#include <stdio.h>
#include <string.h>

static const char *name_at(const HfPipeline *p, HfX x)
{
    const HfXNode *n = hf_x(p->solved->exprs, x);

    return n->kind == HF_X_FIELD ? HF_PROGRAM_FIELD(p->program, n->ref)->name
           : n->kind == HF_X_GLOBAL ? HF_PROGRAM_SYM(p->program, n->ref)->name
                                    : "";
}

static const HfAccess *first_access(const HfPipeline *p, const HfFlow *f,
                                    const char *name)
{
    for (guint i = 0; i < f->accesses->len; i++) {
        const HfAccess *a = &g_array_index(f->accesses, HfAccess, i);

        if (strcmp(name_at(p, a->path), name) == 0) {
            return a;
        }
    }
    return NULL;
}

/* The member of that name beside the access, else what the name means. */
static HfX lock_for(const HfPipeline *p, const HfAccess *a, const char *name)
{
    HfXNode n = *hf_x(p->solved->exprs, a->path);
    HfFieldId field = 0;

    if (n.kind == HF_X_FIELD) {
        field = hf_contract_field(p->solved->contracts,
                                  HF_PROGRAM_FIELD(p->program, n.ref)->record,
                                  name);
    }
    return field ? hf_x_field(p->solved->exprs, n.parent, field)
                 : hf_contract_lock_named(p->solved->contracts, name);
}

static void print_trace(const HfPipeline *p, const HfFinding *f)
{
    for (guint i = 0; i < f->events->len; i++) {
        const HfTraceEvent *e = &g_array_index(f->events, HfTraceEvent, i);

        printf("  %*s%s:%d: %s\n", 2 * e->depth, "",
               hf_cli_below_root(p, e->place.file), e->place.line,
               e->message);
    }
}

static void print_answer(const HfPipeline *p, HfWhatIfs *all,
                         const HfFlow *f, const HfAccess *a, HfX lock)
{
    HfWhatIf *w = hf_whatif(all, f, &a->event, 1, lock);
    HfFinding *trace = hf_finding_new("WHATIF", "whatif");

    hf_cli_print_place(p, f, a->event);
    printf(": %s: %s\n", hf_whatif_word(w->verdict), w->text);
    hf_whatif_trace(all, trace, w, 0);
    print_trace(p, trace);
    if (w->patch) {
        fputs(w->patch, stdout);
    } else if (w->no_patch) {
        printf("no patch: %s\n", w->no_patch);
    }
    hf_finding_free(trace);
    hf_whatif_free(w);
}

int hf_cli_query_whatif(const HfPipeline *p, HfSymId sym, const char *member,
                        const char *lock_name)
{
    const HfFlow *f = p->solved->flows[sym];
    const HfAccess *a = f ? first_access(p, f, member) : NULL;
    HfX lock = a ? lock_for(p, a, lock_name) : 0;
    HfWhatIfs *all;
    HfCheck c;

    if (!lock) {
        fprintf(stderr, "holdfast: error: %s '%s'\n",
                a ? "nothing is known by the name" : "the function does not "
                "use", a ? lock_name : member);
        return HF_EXIT_FAILURE;
    }
    c = hf_check_for(p->solved, NULL, "MISSING_LOCK");
    all = hf_whatifs_new(&c);
    print_answer(p, all, f, a, lock);
    hf_whatifs_free(all);
    hf_check_for_clear(&c);
    return HF_EXIT_CLEAN;
}
