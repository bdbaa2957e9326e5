/* SPDX-License-Identifier: MIT */
/* holdfast annotate: annotations that the sources could carry. */
#include "annotate/annotate.h"
#include "cli/cli.h"

#include <stdio.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif
#include <string.h>

typedef struct {
    char **functions, **fields, **places, **kinds;
    char *format;
    char *patch;
    gboolean apply, suggest;
} Options;

static void options_clear(Options *o)
{
    g_strfreev(o->functions);
    g_strfreev(o->fields);
    g_strfreev(o->places);
    g_strfreev(o->kinds);
    g_free(o->format);
    g_free(o->patch);
}

static void add_options(GOptionContext *context, Options *o)
{
    const GOptionEntry entries[] = {
        { "function", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->functions,
          "only this function; * and ? match, may be repeated", "NAME" },
        { "field", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->fields,
          "only this member (RECORD.MEMBER) or variable", "NAME" },
        { "at", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->places,
          "only what is declared in this file or directory, below the root",
          "GLOB" },
        { "kind", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->kinds,
          "only context, coroutine, requires, excludes or guarded_by",
          "KIND" },
        { "suggest", 0, 0, G_OPTION_ARG_NONE, &o->suggest,
          "not only what is sure", NULL },
        { "apply", 0, 0, G_OPTION_ARG_NONE, &o->apply,
          "write what is sure into the sources", NULL },
        { "patch", 0, 0, G_OPTION_ARG_FILENAME, &o->patch,
          "write it as a unified diff for git apply (- for stdout)", "FILE" },
        { "format", 0, 0, G_OPTION_ARG_STRING, &o->format,
          "text (default) or json", "NAME" },
        { NULL },
    };

    g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_set_summary(
        context,
        "Says which annotations follow from bodies, callers, slots and "
        "comments, with\nthe evidence for each and what would become an error "
        "if it were added.");
    g_option_context_set_description(
        context,
        "Sure is what the code leaves no choice about; --apply writes nothing "
        "else, and\nnot together with --suggest. How annotations are written "
        "is the profile's to\nsay (spellings). Exit status: 0 nothing sure is "
        "missing (any more), 1 there are\nsure ones to write, 2 failure.\n");
}

static gboolean wrong(const char *fmt, const char *what)
{
    fputs("holdfast: error: ", stderr);
    fprintf(stderr, fmt, what);
    fputc('\n', stderr);
    return FALSE;
}

static gboolean options_valid(const Options *o)
{
    static const char *const kinds[] = { "context", "coroutine", "requires",
                                         "excludes", "guarded_by", NULL };

    for (guint i = 0; o->kinds && o->kinds[i]; i++) {
        if (!g_strv_contains(kinds, o->kinds[i])) {
            return wrong("--kind: expected one of context, coroutine, "
                         "requires, excludes, guarded_by, found '%s'",
                         o->kinds[i]);
        }
    }
    if (o->format && strcmp(o->format, "text") != 0 &&
        strcmp(o->format, "json") != 0) {
        return wrong("--format: expected text or json, found '%s'", o->format);
    }
    if (o->apply && o->suggest) {
        return wrong("%s", "--apply writes only what is sure; take "
                     "suggestions from --suggest --patch FILE");
    }
    return TRUE;
}

/* Where the compilers of this build look for headers, each once. */
static GPtrArray *include_dirs(const HfCompileDb *db)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < db->entries->len; i++) {
        const HfCompileEntry *e = g_ptr_array_index(db->entries, i);

        for (char **a = e->args; *a; a++) {
            const char *dir = NULL;
            char *path;

            if (strcmp(*a, "-I") == 0 || strcmp(*a, "-isystem") == 0 ||
                strcmp(*a, "-iquote") == 0) {
                dir = a[1];
            } else if (g_str_has_prefix(*a, "-I")) {
                dir = *a + 2;
            }
            if (!dir) {
                continue;
            }
            path = g_canonicalize_filename(dir, e->directory);
            if (g_hash_table_add(seen, path)) {
                g_ptr_array_add(out, path);
            } else {
                g_free(path);
            }
        }
    }
    g_ptr_array_add(out, NULL);
    return out;
}

static gboolean write_patch(const HfPipeline *p, const Options *o,
                            const HfProposals *found, GError **error)
{
    g_autoptr(GString) diff = g_string_new(NULL);

    if (!hf_annotate_patch(found, o->suggest, p->root, diff, error)) {
        return FALSE;
    }
    if (strcmp(o->patch, "-") == 0) {
        fwrite(diff->str, 1, diff->len, stdout);
        return TRUE;
    }
    return g_file_set_contents(o->patch, diff->str, (gssize)diff->len, error);
}

static gboolean write_all(const HfPipeline *p, const Options *o,
                          const HfProposals *found, GError **error)
{
    g_autoptr(GString) report = g_string_new(NULL);
    guint n_files;

    if (o->format && strcmp(o->format, "json") == 0) {
        hf_annotate_json(found, o->suggest, p->root, report);
    } else if (!o->patch || strcmp(o->patch, "-") != 0) {
        hf_annotate_text(found, o->suggest, p->root, report);
    }
    fwrite(report->str, 1, report->len, stdout);
    if (o->patch && !write_patch(p, o, found, error)) {
        return FALSE;
    }
    if (o->apply) {
        if (!hf_annotate_apply(found, FALSE, &n_files, error)) {
            return FALSE;
        }
        fprintf(stderr, "holdfast: %u file%s changed\n", n_files,
                n_files == 1 ? "" : "s");
    }
    return TRUE;
}

static guint count_sure(const HfProposals *found)
{
    guint n = 0;

    for (guint i = 0; i < found->list->len; i++) {
        const HfProposal *p = g_ptr_array_index(found->list, i);

        n += p->sure && p->edits->len;
    }
    return n;
}

/* Every round needs about as much memory as the one before: to give it back
 * to the system in between costs as much time as the work itself. */
static void keep_memory(void)
{
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, G_MAXINT);
    mallopt(M_MMAP_THRESHOLD, G_MAXINT / 4);
    mallopt(M_TOP_PAD, 64 << 20);
#endif
}

static int run(HfPipeline *p, const Options *o)
{
    g_autoptr(GPtrArray) dirs = include_dirs(p->db);
    g_autoptr(GError) error = NULL;
    const HfAnnotateOptions options = {
        .functions = (const char *const *)o->functions,
        .fields = (const char *const *)o->fields,
        .places = (const char *const *)o->places,
        .kinds = (const char *const *)o->kinds,
        .build_dir = p->db->build_dir,
        .include_dirs = (const char *const *)dirs->pdata,
    };
    HfProposals *found = hf_annotate_run(p->program, &options);
    int status = count_sure(found) && !o->apply ? HF_EXIT_FINDINGS
                                                : HF_EXIT_CLEAN;

    if (!write_all(p, o, found, &error)) {
        status = hf_cli_fail(error);
    }
    hf_proposals_free(found);
    return status;
}

int hf_cmd_annotate(int argc, char **argv)
{
    HfPipelineOptions o = { 0 };
    HfPipeline p = { 0 };
    Options own = { 0 };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context =
        g_option_context_new("- propose annotations");
    int status = HF_EXIT_FAILURE;

    add_options(context, &own);
    g_option_context_add_group(context, hf_pipeline_option_group(&o));
    if (!hf_cli_parse(context, &argc, &argv) ||
        !hf_cli_no_operands(argc, argv) || !options_valid(&own)) {
        goto out;
    }
    keep_memory();
    if (!hf_pipeline_run(&p, &o, HF_STAGE_LINK, &error)) {
        hf_cli_fail(error);
    } else {
        status = run(&p, &own);
    }
out:
    hf_pipeline_clear(&p);
    hf_pipeline_options_clear(&o);
    options_clear(&own);
    return status;
}
