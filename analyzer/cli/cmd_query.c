/* SPDX-License-Identifier: MIT */
/* holdfast query: questions about functions, members and ways between. */
#include "check/guard.h"
#include "cli/answers.h"

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

    printf("  as %s%s%s:", hf_cli_role(p, c->role), classes[c->cls],
           c->complete ? " (root known)" : "");
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

/* ---- roles that get to a function --------------------------------------- */

/* The shortest way in which each role gets there; -1 is no known role. */
static int query_reach(const HfPipeline *p, HfSymId sym)
{
    const HfFlow *f = p->solved->flows[sym];

    for (int role = -1; f && role < (int)p->solved->roles->len; role++) {
        const HfContext *best = NULL;

        for (guint i = 0; i < f->contexts->len; i++) {
            const HfContext *c = &g_array_index(f->contexts, HfContext, i);

            if (c->role == role &&
                (!best || hf_cli_chain_length(p, c) <
                              hf_cli_chain_length(p, best))) {
                best = c;
            }
        }
        if (best) {
            print_context(p, f, best);
        }
    }
    if (!f) {
        printf("%s has no body here\n", name_of(p, sym));
    }
    return HF_EXIT_CLEAN;
}

/* ---- who uses a member or a variable ------------------------------------ */

static gboolean is_subject(const HfPipeline *p, const HfSubject *s,
                           const char *record, const char *name)
{
    const HfProgField *d;

    if (!record) {
        return !s->field && s->var &&
               strcmp(HF_PROGRAM_SYM(p->program, s->var)->name, name) == 0;
    }
    d = HF_PROGRAM_FIELD(p->program, s->field);
    return s->field && strcmp(d->name, name) == 0 &&
           strcmp(HF_PROGRAM_RECORD(p->program, d->record)->name, record) ==
               0;
}

static const char *what_it_does(const HfAccess *a)
{
    return hf_guard_is_write(a) ? hf_guard_is_atomic(a)
                                      ? "writes atomically" : "writes"
           : hf_guard_is_atomic(a) ? "reads atomically" : "reads";
}

/* Contexts also differ in what is known to be absent, which is not told. */
static gboolean same_entry_before(const HfFlow *f, guint n)
{
    const HfContext *c = &g_array_index(f->contexts, HfContext, n);

    for (guint i = 0; i < n; i++) {
        const HfContext *b = &g_array_index(f->contexts, HfContext, i);

        if (b->role == c->role && b->caps == c->caps && b->held == c->held) {
            return TRUE;
        }
    }
    return FALSE;
}

static void print_use(const HfPipeline *p, const HfFlow *f,
                      const HfAccess *a)
{
    hf_cli_print_place(p, f, a->event);
    printf(": %s %s%s holding", name_of(p, f->sym), what_it_does(a),
           a->fresh ? " (fresh)" : "");
    print_holds(p, f, a->must);
    putchar('\n');
    for (guint i = 0; i < f->contexts->len; i++) {
        const HfContext *c = &g_array_index(f->contexts, HfContext, i);

        if (same_entry_before(f, i)) {
            continue;
        }
        printf("  as %s, entered holding", hf_cli_role(p, c->role));
        hf_cli_print_caps(p, c->caps, "");
        print_holds(p, f, c->held);
        putchar('\n');
    }
}

static int query_uses(const HfPipeline *p, const char *name)
{
    const HfCheck check = { .solved = p->solved, .program = p->program };
    const char *dot = strchr(name, '.');
    g_autofree char *record = dot ? g_strndup(name, dot - name) : NULL;
    guint n = 0;

    for (guint i = 0; i < p->program->functions->len; i++) {
        const HfFlow *f = p->solved->flows[g_array_index(
            p->program->functions, HfSymId, i)];

        for (guint k = 0; k < f->accesses->len; k++) {
            const HfAccess *a = &g_array_index(f->accesses, HfAccess, k);
            HfSubject s;

            if (hf_guard_subject(&check, a, &s) &&
                is_subject(p, &s, record, dot ? dot + 1 : name)) {
                print_use(p, f, a);
                n++;
            }
        }
    }
    if (!n) {
        fprintf(stderr, "holdfast: error: nothing uses '%s' (a variable, or "
                "RECORD.MEMBER)\n", name);
        return HF_EXIT_FAILURE;
    }
    return HF_EXIT_CLEAN;
}

/* ---- questions ---------------------------------------------------------- */

typedef int (*FunctionQuestion)(const HfPipeline *p, HfSymId sym);

static const struct {
    const char *name;
    FunctionQuestion answer;
} about_functions[] = {
    { "contexts", query_contexts },
    { "reach", query_reach },
    { "callers", query_callers },
    { "calls", query_calls },
};

static int unknown_function(const char *name)
{
    fprintf(stderr, "holdfast: error: no function '%s'\n", name);
    return HF_EXIT_FAILURE;
}

static int about_function(const HfPipeline *p, FunctionQuestion answer,
                          const char *name)
{
    HfSymId sym = hf_program_find(p->program, name);

    return sym ? answer(p, sym) : unknown_function(name);
}

static int about_path(const HfPipeline *p, const HfPathQuestion *q)
{
    g_autoptr(GError) error = NULL;
    int status;

    if (!hf_program_find(p->program, q->from)) {
        return unknown_function(q->from);
    }
    if (!hf_program_find(p->program, q->to)) {
        return unknown_function(q->to);
    }
    status = hf_cli_query_path(p, q, &error);
    return error ? hf_cli_fail(error) : status;
}

/* operands: from the question on. */
static int answer(const HfPipeline *p, HfPathQuestion *q, int n,
                  char **operands)
{
    if (n == 3 && strcmp(operands[0], "path") == 0) {
        q->from = operands[1];
        q->to = operands[2];
        return about_path(p, q);
    }
    if (n == 2 && strcmp(operands[0], "uses") == 0) {
        return query_uses(p, operands[1]);
    }
    if (n == 4 && strcmp(operands[0], "whatif") == 0) {
        HfSymId sym = hf_program_find(p->program, operands[1]);

        return sym ? hf_cli_query_whatif(p, sym, operands[2], operands[3])
                   : unknown_function(operands[1]);
    }
    for (guint i = 0; n == 2 && i < G_N_ELEMENTS(about_functions); i++) {
        if (strcmp(operands[0], about_functions[i].name) == 0) {
            return about_function(p, about_functions[i].answer, operands[1]);
        }
    }
    fprintf(stderr, "holdfast: error: expected one of the questions contexts "
            "F, reach F, callers F, calls F, uses RECORD.MEMBER, path F G, "
            "whatif F MEMBER LOCK; "
            "found '%s' with %d operand%s\n", operands[0], n - 1,
            n == 2 ? "" : "s");
    return HF_EXIT_FAILURE;
}

static const char description[] =
    "Questions:\n"
    "  contexts F        what function F is entered with, and from where\n"
    "  reach F           the roles that get to F, each by its shortest chain\n"
    "  callers F         calls of F\n"
    "  calls F           what F calls, and holds there\n"
    "  uses R.M          who reads and writes member M of record R, or a\n"
    "                    variable, holding what, in which role\n"
    "  path F G          a shortest way from F to G; with --holding or\n"
    "                    --without, one on which that is so when G is called;\n"
    "                    exit status 1 when there is one\n"
    "  whatif F M L      would it be safe to take lock L around the access\n"
    "                    of F to member or variable M? with a patch, or what\n"
    "                    is in the way\n";

int hf_cmd_query(int argc, char **argv)
{
    HfPipelineOptions o = { 0 };
    HfPipeline p = { 0 };
    HfPathQuestion q = { 0 };
    g_autofree char *holding = NULL, *without = NULL;
    const GOptionEntry more[] = {
        { "holding", 0, 0, G_OPTION_ARG_STRING, &holding,
          "path: with this lock, token or capability held", "NAME" },
        { "without", 0, 0, G_OPTION_ARG_STRING, &without,
          "path: where this is not known to be held", "NAME" },
        { NULL },
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context =
        g_option_context_new("QUESTION OPERAND...");
    int status = HF_EXIT_FAILURE;

    g_option_context_set_description(context, description);
    g_option_context_add_main_entries(context, more, NULL);
    g_option_context_add_group(context, hf_pipeline_option_group(&o));
    if (!hf_cli_parse(context, &argc, &argv)) {
        goto out;
    }
    q.holding = holding;
    q.without = without;
    if (argc < 2) {
        fprintf(stderr, "holdfast: error: query takes a question and what it "
                "is about; see holdfast query --help\n");
    } else if (!hf_pipeline_run(&p, &o, HF_STAGE_SOLVE, &error)) {
        hf_cli_fail(error);
    } else {
        status = answer(&p, &q, argc - 1, argv + 1);
    }
out:
    hf_pipeline_clear(&p);
    hf_pipeline_options_clear(&o);
    return status;
}
