/* SPDX-License-Identifier: MIT */
/* holdfast query: calls, contexts and uses of one function or member. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

static const char *name_of(const HfPipeline *p, HfSymId sym)
{
    return HF_PROGRAM_SYM(p->program, sym)->name;
}

static void print_holds(const HfPipeline *p, const HfFlow *f, HfHolds id)
{
    guint n;
    const HfHold *rows = hf_holds(p->solved, id, &n);

    for (guint i = 0; i < n; i++) {
        GString *s = g_string_new(NULL);

        hf_x_text(p->solved->exprs, p->program, f->sym, rows[i].lock, s);
        printf(" %s%s%s", rows[i].now == HF_HOLD_ABSENT ? "!" : "", s->str,
               rows[i].flags & HF_HOLD_SHARED ? "(shared)" : "");
        g_string_free(s, TRUE);
    }
}

static void print_context(const HfPipeline *p, const HfFlow *f,
                          const HfContext *c)
{
    static const char *const classes[] = { "", " GS", " IO", " IO_OR_GS" };

    printf("  as %s%s%s:", c->role >= 0 ? g_array_index(
               p->solved->roles, HfRole, c->role).name : "?",
           classes[c->cls], c->complete ? " (root known)" : "");
    hf_cli_print_caps(p, c->caps, "");
    hf_cli_print_caps(p, c->absent, "!");
    print_holds(p, f, c->held);
    putchar('\n');
    while (c->parent) {
        f = p->solved->flows[c->parent];
        printf("    from %s at ", name_of(p, f->sym));
        hf_cli_print_place(p, f, c->parent_event);
        putchar('\n');
        c = &g_array_index(f->contexts, HfContext, c->parent_context);
    }
}

static int query_contexts(const HfPipeline *p, HfSymId sym)
{
    const HfFlow *f = p->solved->flows[sym];

    if (!f) {
        printf("%s has no body here\n", name_of(p, sym));
        return HF_EXIT_CLEAN;
    }
    for (guint i = 0; i < f->contexts->len; i++) {
        print_context(p, f, &g_array_index(f->contexts, HfContext, i));
    }
    return HF_EXIT_CLEAN;
}

static int query_callers(const HfPipeline *p, HfSymId sym)
{
    const GArray *sites = p->program->callers[sym];

    for (guint i = 0; sites && i < sites->len; i++) {
        const HfCallSite *s = &g_array_index(sites, HfCallSite, i);
        const HfFlow *f = p->solved->flows[s->caller];

        hf_cli_print_place(p, f, s->event - f->fn->first_event);
        printf(": %s\n", name_of(p, s->caller));
    }
    return HF_EXIT_CLEAN;
}

static int query_calls(const HfPipeline *p, HfSymId sym)
{
    const HfFlow *f = p->solved->flows[sym];

    for (guint i = 0; f && i < f->calls->len; i++) {
        const HfCall *c = &g_array_index(f->calls, HfCall, i);
        const HfSymId *targets;
        HfFieldId slot;
        guint n = hf_call_targets(p->solved, f, c, &targets, &slot);

        for (guint k = 0; k < n; k++) {
            hf_cli_print_place(p, f, c->event);
            printf(": %s%s holding", name_of(p, targets[k]),
                   slot ? " (slot)" : "");
            print_holds(p, f, c->must);
            putchar('\n');
        }
    }
    return HF_EXIT_CLEAN;
}

static int query_uses(const HfPipeline *p, const char *record,
                      const char *field)
{
    for (guint i = 0; i < p->program->functions->len; i++) {
        const HfFlow *f = p->solved->flows[g_array_index(
            p->program->functions, HfSymId, i)];

        for (guint k = 0; k < f->accesses->len; k++) {
            const HfAccess *a = &g_array_index(f->accesses, HfAccess, k);
            const HfXNode *x = hf_x(p->solved->exprs, a->path);
            const HfProgField *d;

            if (x->kind != HF_X_FIELD) {
                continue;
            }
            d = HF_PROGRAM_FIELD(p->program, x->ref);
            if (strcmp(d->name, field) != 0 ||
                strcmp(HF_PROGRAM_RECORD(p->program, d->record)->name,
                       record) != 0) {
                continue;
            }
            hf_cli_print_place(p, f, a->event);
            printf(": %s %s%s holding", name_of(p, f->sym),
                   a->kind == HF_EV_READ || a->kind == HF_EV_ATOMIC_READ
                       ? "reads" : "writes", a->fresh ? " (fresh)" : "");
            print_holds(p, f, a->must);
            putchar('\n');
        }
    }
    return HF_EXIT_CLEAN;
}

static int answer(const HfPipeline *p, const char *what, const char *name)
{
    const char *dot = strchr(name, '.');
    HfSymId sym;

    if (strcmp(what, "uses") == 0) {
        g_autofree char *record = dot ? g_strndup(name, dot - name) : NULL;

        if (!dot) {
            fprintf(stderr, "holdfast: error: uses: expected RECORD.FIELD, "
                    "found '%s'\n", name);
            return HF_EXIT_FAILURE;
        }
        return query_uses(p, record, dot + 1);
    }
    sym = hf_program_find(p->program, name);
    if (!sym) {
        fprintf(stderr, "holdfast: error: no function '%s'\n", name);
        return HF_EXIT_FAILURE;
    }
    if (strcmp(what, "contexts") == 0) {
        return query_contexts(p, sym);
    }
    if (strcmp(what, "callers") == 0) {
        return query_callers(p, sym);
    }
    if (strcmp(what, "calls") == 0) {
        return query_calls(p, sym);
    }
    fprintf(stderr, "holdfast: error: unknown question '%s' (contexts, "
            "callers, calls, uses)\n", what);
    return HF_EXIT_FAILURE;
}

int hf_cmd_query(int argc, char **argv)
{
    HfPipelineOptions o = { 0 };
    HfPipeline p = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new(
        "contexts|callers|calls FUNCTION, or uses RECORD.FIELD");
    int status = HF_EXIT_FAILURE;

    g_option_context_add_group(context, hf_pipeline_option_group(&o));
    if (!hf_cli_parse(context, &argc, &argv)) {
        goto out;
    }
    if (argc != 3) {
        fprintf(stderr, "holdfast: error: query takes a question and a name; "
                "see holdfast query --help\n");
    } else if (!hf_pipeline_run(&p, &o, HF_STAGE_SOLVE, &error)) {
        hf_cli_fail(error);
    } else {
        status = answer(&p, argv[1], argv[2]);
    }
out:
    hf_pipeline_clear(&p);
    hf_pipeline_options_clear(&o);
    return status;
}
