/* SPDX-License-Identifier: MIT */
/* holdfast extract, link, dump: one stage at a time. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

/* Options and one run up to a stage; the caller looks at the result. */
typedef struct {
    HfPipelineOptions in;
    HfPipeline p;
    GOptionContext *context;
} StageRun;

static gboolean stage_run(StageRun *r, const char *summary,
                          const GOptionEntry *more, HfStage until, int *argc,
                          char ***argv)
{
    g_autoptr(GError) error = NULL;

    r->context = g_option_context_new(summary);
    if (more) {
        g_option_context_add_main_entries(r->context, more, NULL);
    }
    g_option_context_add_group(r->context, hf_pipeline_option_group(&r->in));
    if (!hf_cli_parse(r->context, argc, argv) ||
        !hf_cli_no_operands(*argc, *argv)) {
        return FALSE;
    }
    if (!hf_pipeline_run(&r->p, &r->in, until, &error)) {
        hf_cli_fail(error);
        return FALSE;
    }
    return TRUE;
}

static void stage_clear(StageRun *r)
{
    hf_pipeline_clear(&r->p);
    hf_pipeline_options_clear(&r->in);
    g_option_context_free(r->context);
}

/* ---- extract ------------------------------------------------------------ */

int hf_cmd_extract(int argc, char **argv)
{
    StageRun r = { 0 };
    const GOptionEntry more[] = {
        { "shard", 0, 0, G_OPTION_ARG_STRING, &r.in.shard,
          "only units I, I+N, I+2N, ... (to spread over machines)", "I/N" },
        { NULL },
    };
    int status = HF_EXIT_FAILURE;

    if (stage_run(&r, "- read units into shards", more, HF_STAGE_EXTRACT,
                  &argc, &argv)) {
        const HfExtractResult *x = r.p.extracted;

        for (guint i = 0; i < x->units->len; i++) {
            const HfUnitResult *u = g_ptr_array_index(x->units, i);

            if (u->message) {
                printf("%s\n", u->message);
            }
        }
        printf("%u units: %d extracted, %d unchanged, %d lost or with "
               "errors, %d read with shared headers\n", x->units->len,
               x->n_extracted, x->n_cached, x->n_failed, x->n_pch);
        status = HF_EXIT_CLEAN;
    }
    stage_clear(&r);
    return status;
}

/* ---- link --------------------------------------------------------------- */

int hf_cmd_link(int argc, char **argv)
{
    StageRun r = { 0 };
    int status = HF_EXIT_FAILURE;

    if (stage_run(&r, "- join units to one program", NULL, HF_STAGE_LINK,
                  &argc, &argv)) {
        const HfProgram *p = r.p.program;

        for (guint i = 0; i < p->failed->len; i++) {
            printf("lost: %s\n", (char *)g_ptr_array_index(p->failed, i));
        }
        for (guint i = 0; i < p->warnings->len; i++) {
            printf("warning: %s\n",
                   (char *)g_ptr_array_index(p->warnings, i));
        }
        printf("%u units, %u functions with a body, %u symbols, %u records, "
               "%u fields\n", p->units->len - 1, p->functions->len,
               p->symbols->len - 1, p->records->len - 1, p->fields->len - 1);
        status = HF_EXIT_CLEAN;
    }
    stage_clear(&r);
    return status;
}

/* ---- dump --------------------------------------------------------------- */

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void dump_program(const HfProgram *p)
{
    GPtrArray *lines = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 1; i < p->symbols->len; i++) {
        const HfProgSymbol *s = HF_PROGRAM_SYM(p, i);

        if (s->kind == HF_SYM_FUNCTION) {
            g_ptr_array_add(lines, g_strdup_printf(
                "function %s: %s, %u call sites%s", s->name,
                s->body ? "defined" : "declared",
                p->callers[i] ? p->callers[i]->len : 0,
                s->address_taken ? ", address taken" : ""));
        }
    }
    for (guint i = 1; i < p->fields->len; i++) {
        const HfProgField *f = HF_PROGRAM_FIELD(p, i);

        for (guint k = 0; f->targets && k < f->targets->len; k++) {
            g_ptr_array_add(lines, g_strdup_printf(
                "slot %s.%s: %s", HF_PROGRAM_RECORD(p, f->record)->name,
                f->name, HF_PROGRAM_SYM(
                    p, g_array_index(f->targets, HfSymId, k))->name));
        }
    }
    g_ptr_array_sort(lines, by_text);
    for (guint i = 0; i < lines->len; i++) {
        puts(g_ptr_array_index(lines, i));
    }
    g_ptr_array_unref(lines);
}

static void dump_facts(const HfPipeline *p)
{
    for (guint i = 1; i < p->program->units->len; i++) {
        GString *out = g_string_new(NULL);

        hf_facts_dump(HF_PROGRAM_UNIT(p->program, i)->facts, p->root, out);
        fputs(out->str, stdout);
        g_string_free(out, TRUE);
    }
}

int hf_cmd_dump(int argc, char **argv)
{
    StageRun r = { 0 };
    char *stage = NULL;
    const GOptionEntry more[] = {
        { "stage", 0, 0, G_OPTION_ARG_STRING, &stage,
          "rules, facts (default) or program", "STAGE" },
        { NULL },
    };
    int status = HF_EXIT_FAILURE;

    if (!stage_run(&r, "- print a stage as text", more, HF_STAGE_LINK, &argc,
                   &argv)) {
        goto out;
    }
    status = HF_EXIT_CLEAN;
    if (!stage || strcmp(stage, "facts") == 0) {
        dump_facts(&r.p);
    } else if (strcmp(stage, "rules") == 0) {
        GString *text = g_string_new(NULL);

        hf_rules_dump(r.p.rules, text);
        fputs(text->str, stdout);
        g_string_free(text, TRUE);
    } else if (strcmp(stage, "program") == 0) {
        dump_program(r.p.program);
    } else {
        fprintf(stderr, "holdfast: error: --stage: expected rules, facts or "
                "program, found '%s'\n", stage);
        status = HF_EXIT_FAILURE;
    }
out:
    g_free(stage);
    stage_clear(&r);
    return status;
}
