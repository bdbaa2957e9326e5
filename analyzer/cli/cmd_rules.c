/* SPDX-License-Identifier: MIT */
/*
 * holdfast rules: show a profile, or run cases against it.
 *
 * A case is one C file.  Its first lines may say
 *     // profile: NAME       rules to use (default pthread)
 *     // flags: -DX -I...    relative -I paths start at the case's folder
 * and any line may end in
 *     // expect: CHECKER     a finding whose main event is on this line
 *     // expect-low: CHECKER the same, of the lowest tier
 *     // known-limit: CHECKER  one that should be there and is not yet
 * Everything else must be silent.
 */
#include "cli/cli.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    int line;
    char *checker;
    gboolean low, limit, seen;
} Expect;

typedef struct {
    char *file;
    char *profile;
    char **flags;
    GArray *expects; /* Expect */
} Case;

static void expect_clear(gpointer data)
{
    g_free(((Expect *)data)->checker);
}

static void case_clear(Case *c)
{
    g_free(c->file);
    g_free(c->profile);
    g_strfreev(c->flags);
    g_array_unref(c->expects);
}

static void add_expects(Case *c, const char *text, int line, gboolean low,
                        gboolean limit)
{
    g_auto(GStrv) names = g_strsplit_set(text, ", ", -1);

    for (guint i = 0; names[i]; i++) {
        if (*names[i]) {
            Expect e = { line, g_strdup(g_strstrip(names[i])), low, limit,
                         FALSE };

            g_array_append_val(c->expects, e);
        }
    }
}

static const char *after(const char *line, const char *tag)
{
    const char *at = strstr(line, tag);

    return at ? at + strlen(tag) : NULL;
}

static void parse_case(Case *c, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

    for (guint i = 0; lines[i]; i++) {
        const char *rest;

        if ((rest = after(lines[i], "// profile:"))) {
            g_free(c->profile);
            c->profile = g_strstrip(g_strdup(rest));
        } else if ((rest = after(lines[i], "// flags:"))) {
            g_strfreev(c->flags);
            c->flags = NULL;
            g_shell_parse_argv(rest, NULL, &c->flags, NULL);
        } else if ((rest = after(lines[i], "// expect:"))) {
            add_expects(c, rest, i + 1, FALSE, FALSE);
        } else if ((rest = after(lines[i], "// expect-low:"))) {
            add_expects(c, rest, i + 1, TRUE, FALSE);
        } else if ((rest = after(lines[i], "// known-limit:"))) {
            add_expects(c, rest, i + 1, FALSE, TRUE);
        }
    }
}

/* Same checker on the same line; several findings may meet one expectation.*/
static Expect *expected(Case *c, const HfFinding *f, const HfTraceEvent *e,
                        gboolean low)
{
    for (guint i = 0; i < c->expects->len; i++) {
        Expect *x = &g_array_index(c->expects, Expect, i);

        if (x->line == e->place.line && strcmp(x->checker, f->checker) == 0 &&
            x->low == low) {
            return x;
        }
    }
    return NULL;
}

static int judge_event(Case *c, const HfFinding *f, const HfTraceEvent *e,
                       gboolean low)
{
    Expect *x;

    if (strcmp(e->place.file, c->file) != 0) {
        return 0;
    }
    x = expected(c, f, e, low);
    if (x) {
        x->seen = TRUE;
    } else if (!low) {
        printf("  %s:%d: unexpected %s: %s\n", c->file, e->place.line,
               f->checker, e->message);
        return 1;
    }
    return 0;
}

/* The main event, and the accesses that were put together with it. */
static int judge_finding(Case *c, const HfFinding *f)
{
    gboolean low = f->tier == HF_TIER_LOW;
    int wrong = 0;

    for (guint i = 0; i < f->events->len; i++) {
        const HfTraceEvent *e = &g_array_index(f->events, HfTraceEvent, i);

        if (e->main || strcmp(e->tag, "also_access") == 0) {
            wrong += judge_event(c, f, e, low);
        } else if (strcmp(e->tag, "also_unsure") == 0) {
            wrong += judge_event(c, f, e, TRUE);
        }
    }
    return wrong;
}

static int judge(Case *c, const HfFindings *fs)
{
    int wrong = 0;

    for (guint i = 0; i < fs->list->len; i++) {
        const HfFinding *f = g_ptr_array_index(fs->list, i);

        wrong += f->suppressed ? 0 : judge_finding(c, f);
    }
    for (guint i = 0; i < c->expects->len; i++) {
        const Expect *x = &g_array_index(c->expects, Expect, i);

        if (x->limit && x->seen) {
            printf("  %s:%d: %s is found now: make it an expect\n", c->file,
                   x->line, x->checker);
            wrong++;
        } else if (!x->limit && !x->seen) {
            printf("  %s:%d: missed %s\n", c->file, x->line, x->checker);
            wrong++;
        }
    }
    return wrong;
}

static HfFacts *extract_case(const Case *c, const HfRules *rules,
                             GError **error)
{
    HfExtractOptions x = { .rules = rules };
    g_autofree char *dir = g_path_get_dirname(c->file);
    g_autofree char *include = g_strdup_printf(
        "-I%s/../annotations/include", HOLDFAST_RULES_DIR);
    GPtrArray *args = g_ptr_array_new();
    HfCompileEntry e = { .directory = dir, .file = c->file, .output = "" };
    HfFacts *f;

    g_ptr_array_add(args, include);
    for (guint i = 0; c->flags && c->flags[i]; i++) {
        g_ptr_array_add(args, c->flags[i]);
    }
    g_ptr_array_add(args, NULL);
    e.args = (char **)args->pdata;
    f = hf_extract_unit(&e, &x, error);
    g_ptr_array_unref(args);
    if (f && f->status != HF_UNIT_OK) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                    "%s: %s", c->file, f->n_diags > 1
                    ? hf_str(f, f->diags[1].text) : "not parsed");
        hf_facts_free(f);
        return NULL;
    }
    return f;
}

static gboolean run_case(Case *c, const char *const *dirs)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *root = g_path_get_dirname(c->file);
    HfRules *rules =
        hf_rules_load(c->profile ? c->profile : "pthread", dirs, &error);
    HfFacts *facts = rules ? extract_case(c, rules, &error) : NULL;
    HfProgram *program;
    HfSolved *solved;
    HfFindings *fs;
    GPtrArray *shards;
    int wrong;

    if (!facts) {
        printf("FAIL %s\n  %s\n", c->file, error->message);
        hf_rules_free(rules);
        return FALSE;
    }
    shards = g_ptr_array_new();
    g_ptr_array_add(shards, facts);
    program = hf_program_link(shards, rules, root);
    solved = hf_solve(program);
    fs = hf_findings_new();
    hf_check_run(solved, NULL, fs);
    hf_findings_finish(fs);
    hf_findings_group(fs);
    wrong = judge(c, fs);
    printf("%s %s\n", wrong ? "FAIL" : "ok  ", c->file);
    hf_findings_free(fs);
    hf_solved_free(solved);
    hf_program_free(program);
    hf_rules_free(rules);
    return wrong == 0;
}

static void find_cases(const char *path, GPtrArray *out)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;

    if (!dir) {
        if (g_str_has_suffix(path, ".c")) {
            g_ptr_array_add(out, g_canonicalize_filename(path, NULL));
        }
        return;
    }
    while ((name = g_dir_read_name(dir))) {
        g_autofree char *child = g_build_filename(path, name, NULL);

        find_cases(child, out);
    }
}

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static int test_cases(const char *path, const char *const *dirs)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    guint passed = 0, failed = 0;

    find_cases(path, files);
    g_ptr_array_sort(files, by_name);
    for (guint i = 0; i < files->len; i++) {
        g_autofree char *text = NULL;
        Case c = {
            .file = g_strdup(g_ptr_array_index(files, i)),
            .expects = g_array_new(FALSE, FALSE, sizeof(Expect)),
        };

        g_array_set_clear_func(c.expects, expect_clear);
        if (g_file_get_contents(c.file, &text, NULL, NULL)) {
            parse_case(&c, text);
        }
        if (run_case(&c, dirs)) {
            passed++;
        } else {
            failed++;
        }
        case_clear(&c);
    }
    if (files->len == 0) {
        fprintf(stderr, "holdfast: error: no case (*.c) below %s\n", path);
        g_ptr_array_unref(files);
        return HF_EXIT_FAILURE;
    }
    g_ptr_array_unref(files);
    printf("%u passed, %u failed\n", passed, failed);
    return failed ? HF_EXIT_FINDINGS : HF_EXIT_CLEAN;
}

static int show(const char *profile, const char *const *dirs)
{
    g_autoptr(GError) error = NULL;
    HfRules *rules = hf_rules_load(profile, dirs, &error);
    GString *text;

    if (!rules) {
        return hf_cli_fail(error);
    }
    text = g_string_new(NULL);
    hf_rules_dump(rules, text);
    fputs(text->str, stdout);
    g_string_free(text, TRUE);
    hf_rules_free(rules);
    return HF_EXIT_CLEAN;
}

int hf_cmd_rules(int argc, char **argv)
{
    char **extra = NULL;
    const GOptionEntry entries[] = {
        { "rules-dir", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &extra,
          "look for profiles here first", "DIR" },
        { NULL },
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("show PROFILE | test DIR");
    g_auto(GStrv) dirs = NULL;
    int status = HF_EXIT_FAILURE;

    g_option_context_add_main_entries(context, entries, NULL);
    if (!hf_cli_parse(context, &argc, &argv)) {
        goto out;
    }
    dirs = hf_cli_rules_dirs(extra);
    if (argc == 3 && strcmp(argv[1], "show") == 0) {
        status = show(argv[2], (const char *const *)dirs);
    } else if (argc == 3 && strcmp(argv[1], "test") == 0) {
        status = test_cases(argv[2], (const char *const *)dirs);
    } else {
        fprintf(stderr, "holdfast: error: rules takes 'show PROFILE' or "
                "'test DIR'\n");
    }
out:
    g_strfreev(extra);
    return status;
}
