/* SPDX-License-Identifier: MIT */
/* holdfast check: the whole pipeline, and the reports. */
#include "cli/result_cache.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    HfPipelineOptions in;
    char **formats;
    char **checkers;
    char *baseline;
    char *changed_since;
    gboolean all, statistics, concise, exit_zero, color, no_color;
} Options;

static GOptionContext *context_new(Options *o)
{
    const GOptionEntry entries[] = {
        { "format", 'f', 0, G_OPTION_ARG_STRING_ARRAY, &o->formats,
          "write NAME to standard output or FILE; may be repeated: text, "
          "coverity, coverity-json, sarif, gitlab, rdjsonl", "NAME[=FILE]" },
        { "checker", 'c', 0, G_OPTION_ARG_STRING_ARRAY, &o->checkers,
          "run only this checker; may be repeated", "NAME" },
        { "baseline", 0, 0, G_OPTION_ARG_FILENAME, &o->baseline,
          "leave out what an earlier report has", "FILE" },
        { "changed-since", 0, 0, G_OPTION_ARG_STRING, &o->changed_since,
          "only findings on lines changed since a git revision", "REV" },
        { "all", 'a', 0, G_OPTION_ARG_NONE, &o->all,
          "show the lowest tier as well", NULL },
        { "concise", 0, 0, G_OPTION_ARG_NONE, &o->concise,
          "one line a finding, no trace", NULL },
        { "statistics", 0, 0, G_OPTION_ARG_NONE, &o->statistics,
          "count findings by checker and tier", NULL },
        { "color", 0, 0, G_OPTION_ARG_NONE, &o->color,
          "colour even when not on a terminal", NULL },
        { "no-color", 0, 0, G_OPTION_ARG_NONE, &o->no_color, "never colour",
          NULL },
        { "exit-zero", 0, 0, G_OPTION_ARG_NONE, &o->exit_zero,
          "exit 0 even when there are findings", NULL },
        { NULL },
    };
    GOptionContext *c = g_option_context_new("- report contract violations");

    g_option_context_add_main_entries(c, entries, NULL);
    g_option_context_add_group(c, hf_pipeline_option_group(&o->in));
    return c;
}

static void options_clear(Options *o)
{
    hf_pipeline_options_clear(&o->in);
    g_strfreev(o->formats);
    g_strfreev(o->checkers);
    g_free(o->baseline);
    g_free(o->changed_since);
}

/* Wrong names are told before minutes of work, not after. */
static gboolean names_known(const Options *o, GError **error)
{
    for (guint i = 0; o->formats && o->formats[i]; i++) {
        g_autofree char *name = g_strndup(o->formats[i],
                                          strcspn(o->formats[i], "="));

        if (!hf_writer_find(name)) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "--format: unknown '%s' (text, coverity, "
                        "coverity-json, sarif, gitlab, rdjsonl)", name);
            return FALSE;
        }
    }
    for (guint i = 0; o->checkers && o->checkers[i]; i++) {
        if (!hf_checker_find(o->checkers[i])) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        "--checker: unknown '%s' (see holdfast explain)",
                        o->checkers[i]);
            return FALSE;
        }
    }
    return TRUE;
}

static gboolean choose(const Options *o, const HfPipeline *p,
                       HfFindings *findings, GError **error)
{
    if (o->baseline &&
        !hf_findings_apply_baseline(findings, o->baseline, error)) {
        return FALSE;
    }
    if (o->changed_since &&
        !hf_findings_changed_since(findings, p->root, o->changed_since,
                                   error)) {
        return FALSE;
    }
    return TRUE;
}

static gboolean write_one(const char *spec, HfReport *report, GError **error)
{
    const char *file = strchr(spec, '=');
    g_autofree char *name = g_strndup(spec, strcspn(spec, "="));
    const HfWriter *w = hf_writer_find(name);
    GString *out = g_string_new(NULL);
    gboolean ok = TRUE;

    w->write(report, out);
    if (file) {
        ok = g_file_set_contents(file + 1, out->str, out->len, error);
    } else if (fwrite(out->str, 1, out->len, stdout) != out->len ||
               fflush(stdout) != 0) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO,
                    "could not write the report to standard output");
        ok = FALSE;
    }
    g_string_free(out, TRUE);
    return ok;
}

static gboolean write_reports(const Options *o, const HfPipeline *p,
                              const HfCheckResult *result, GError **error)
{
    static const char *const text_only[] = { "text", NULL };
    const char *const *formats =
        o->formats ? (const char *const *)o->formats : text_only;
    g_autofree char *checks = hf_cli_checks_dir();
    HfReport report = {
        .findings = result->findings, .root = p->root,
        .tool_version = HOLDFAST_VERSION, .profile = p->rules->profile,
        .rules_checks_dir = checks, .statistics = o->statistics,
        .show_low = o->all, .show_trace = !o->concise,
        .unit_failures = result->failed, .n_units = result->n_units,
        .n_functions = result->n_functions,
    };

    for (guint i = 0; formats[i]; i++) {
        report.color = !strchr(formats[i], '=') &&
                       (o->color ||
                        (!o->no_color && isatty(STDOUT_FILENO)));
        if (!write_one(formats[i], &report, error)) {
            return FALSE;
        }
    }
    return TRUE;
}

static int verdict(const Options *o, const HfCheckResult *result)
{
    const GPtrArray *list = result->findings->list;

    for (guint i = 0; i < list->len && !o->exit_zero; i++) {
        const HfFinding *f = g_ptr_array_index(list, i);

        if (!f->suppressed && (f->tier != HF_TIER_LOW || o->all)) {
            return HF_EXIT_FINDINGS;
        }
    }
    /* nothing at all was understood: that is no clean bill */
    if ((int)result->failed->len == result->n_units) {
        fprintf(stderr, "holdfast: error: no unit could be analysed\n");
        return HF_EXIT_FAILURE;
    }
    return HF_EXIT_CLEAN;
}

static GPtrArray *copy_strings(const GPtrArray *from)
{
    GPtrArray *to = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < from->len; i++) {
        g_ptr_array_add(to, g_strdup(g_ptr_array_index(from, i)));
    }
    return to;
}

/* Findings of these shards under these rules: remembered, or made. */
static gboolean find(Options *o, HfPipeline *p, HfCheckResult *result,
                     GError **error)
{
    const char *const *only = (const char *const *)o->checkers;
    g_autofree char *key = hf_result_key(p, only);

    if (!o->in.force && hf_result_load(p, key, result)) {
        return TRUE;
    }
    if (!hf_pipeline_resume(p, &o->in, HF_STAGE_SOLVE, error)) {
        return FALSE;
    }
    result->findings = hf_findings_new();
    hf_check_run(p->solved, only, result->findings);
    hf_findings_finish(result->findings);
    result->warnings = copy_strings(p->program->warnings);
    result->failed = copy_strings(p->program->failed);
    result->n_units = p->program->units->len - 1;
    result->n_functions = p->program->functions->len;
    hf_result_save(p, key, result);
    return TRUE;
}

static int run(Options *o, GError **error)
{
    HfPipeline p = { 0 };
    HfCheckResult result = { 0 };
    int status = HF_EXIT_FAILURE;

    if (!names_known(o, error) ||
        !hf_pipeline_run(&p, &o->in, HF_STAGE_EXTRACT, error) ||
        !find(o, &p, &result, error)) {
        goto out;
    }
    for (guint i = 0; i < result.warnings->len && !o->in.quiet; i++) {
        fprintf(stderr, "holdfast: warning: %s\n",
                (char *)g_ptr_array_index(result.warnings, i));
    }
    if (!choose(o, &p, result.findings, error)) {
        goto out;
    }
    hf_findings_group(result.findings);
    if (write_reports(o, &p, &result, error)) {
        status = verdict(o, &result);
    }
out:
    hf_result_clear(&result);
    hf_pipeline_clear(&p);
    return status;
}

int hf_cmd_check(int argc, char **argv)
{
    Options o = { 0 };
    g_autoptr(GOptionContext) context = context_new(&o);
    g_autoptr(GError) error = NULL;
    int status = HF_EXIT_FAILURE;

    if (hf_cli_parse(context, &argc, &argv) &&
        hf_cli_no_operands(argc, argv)) {
        status = run(&o, &error);
        if (error) {
            hf_cli_fail(error);
        }
    }
    options_clear(&o);
    return status;
}
