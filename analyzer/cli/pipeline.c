/* SPDX-License-Identifier: MIT */
/* extract -> link -> solve, as far as a command needs it. */
#include "cli/cli.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void hf_pipeline_options_clear(HfPipelineOptions *o)
{
    g_free(o->build_dir);
    g_free(o->profile);
    g_strfreev(o->rules_dirs);
    g_strfreev(o->targets);
    g_strfreev(o->files);
    g_free(o->root);
    g_free(o->cache_dir);
    g_free(o->shard);
    memset(o, 0, sizeof(*o));
}

GOptionGroup *hf_pipeline_option_group(HfPipelineOptions *o)
{
    const GOptionEntry entries[] = {
        { "build", 'p', 0, G_OPTION_ARG_FILENAME, &o->build_dir,
          "build directory or compile_commands.json (default: .)", "DIR" },
        { "profile", 'P', 0, G_OPTION_ARG_STRING, &o->profile,
          "rules profile, by name or path (default: pthread)", "NAME" },
        { "rules-dir", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &o->rules_dirs,
          "look for profiles here first", "DIR" },
        { "link-target", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->targets,
          "only what the build links into this target", "TARGET" },
        { "files", 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->files,
          "only these units: directories or patterns below the root",
          "GLOB" },
        { "root", 0, 0, G_OPTION_ARG_FILENAME, &o->root,
          "show paths relative to this (default: what all files share)",
          "DIR" },
        { "cache", 0, 0, G_OPTION_ARG_FILENAME, &o->cache_dir,
          "where shards are kept (default: BUILD/.holdfast)", "DIR" },
        { "jobs", 'j', 0, G_OPTION_ARG_INT, &o->jobs,
          "worker processes (default: number of processors)", "N" },
        { "unit-timeout", 0, 0, G_OPTION_ARG_INT, &o->timeout,
          "give a unit up after so many seconds (default: 120)", "S" },
        { "no-pch", 0, 0, G_OPTION_ARG_NONE, &o->no_pch,
          "parse every header in every unit", NULL },
        { "force", 0, 0, G_OPTION_ARG_NONE, &o->force,
          "extract again even what is cached", NULL },
        { "quiet", 'q', 0, G_OPTION_ARG_NONE, &o->quiet,
          "no progress, no warnings", NULL },
        { NULL },
    };
    GOptionGroup *g = g_option_group_new("pipeline", "Input options",
                                         "Input options", NULL, NULL);

    g_option_group_add_entries(g, entries);
    return g;
}

/* ---- the shared root ---------------------------------------------------- */

static gboolean is_below(const char *file, const char *dir)
{
    size_t n = strlen(dir);

    return strncmp(file, dir, n) == 0 && (file[n] == '/' || dir[n - 1] == '/');
}

/* NULL when there is no such file. */
static char *common_directory(const HfCompileDb *db, gboolean all)
{
    g_autofree char *common = NULL;
    char *slash;

    for (guint i = 0; i < db->entries->len; i++) {
        const HfCompileEntry *e = g_ptr_array_index(db->entries, i);
        size_t n = 0;

        if (!all && is_below(e->file, db->build_dir)) {
            continue;
        }
        if (!common) {
            common = g_strdup(e->file);
            continue;
        }
        while (common[n] && common[n] == e->file[n]) {
            n++;
        }
        common[n] = '\0';
    }
    slash = common ? strrchr(common, '/') : NULL;
    if (slash && slash != common) {
        *slash = '\0';
    }
    return g_steal_pointer(&common);
}

static char *find_root(const HfCompileDb *db, const char *given)
{
    g_autofree char *dir = NULL;

    if (given) {
        return g_canonicalize_filename(given, NULL);
    }
    /* generated sources do not count, unless the build is in the tree */
    dir = common_directory(db, FALSE);
    if (!dir) {
        dir = common_directory(db, TRUE);
    }
    if (!dir) {
        dir = g_get_current_dir();
    }
    /* a build of one subdirectory still belongs to its work tree */
    for (char *d = g_strdup(dir); d && strcmp(d, "/") != 0;) {
        g_autofree char *git = g_build_filename(d, ".git", NULL);
        char *up;

        if (g_file_test(git, G_FILE_TEST_EXISTS)) {
            return d;
        }
        up = g_path_get_dirname(d);
        g_free(d);
        d = up;
        if (strcmp(d, "/") == 0) {
            g_free(d);
            break;
        }
    }
    return g_steal_pointer(&dir);
}

/* ---- stages ------------------------------------------------------------- */

static void show_progress(int done, int total, const char *file,
                          gpointer data)
{
    const char *base = strrchr(file, '/');

    fprintf(stderr, "\r\033[K[%d/%d] %s", done, total,
            base ? base + 1 : file);
    if (done == total) {
        fputs("\r\033[K", stderr);
    }
    fflush(stderr);
}

static gboolean parse_shard(const char *text, HfExtractOptions *x,
                            GError **error)
{
    if (!text) {
        return TRUE;
    }
    if (sscanf(text, "%d/%d", &x->shard_index, &x->shard_count) != 2 ||
        x->shard_count < 1 || x->shard_index < 0 ||
        x->shard_index >= x->shard_count) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                    "--shard: expected I/N with 0 <= I < N, found '%s'", text);
        return FALSE;
    }
    return TRUE;
}

static gboolean not_negative(const char *option, int n, GError **error)
{
    if (n < 0) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: expected a number above 0, found %d", option, n);
    }
    return n >= 0;
}

static gboolean load_database(HfPipeline *p, const HfPipelineOptions *o,
                              GError **error)
{
    p->db = hf_compile_db_load(o->build_dir ? o->build_dir : ".", error);
    if (!p->db) {
        return FALSE;
    }
    if (o->targets &&
        !hf_compile_db_select_targets(
            p->db, (const char *const *)o->targets, error)) {
        return FALSE;
    }
    p->root = find_root(p->db, o->root);
    p->cache_dir = o->cache_dir
                       ? g_strdup(o->cache_dir)
                       : g_build_filename(p->db->build_dir, ".holdfast", NULL);
    if (o->files) {
        hf_compile_db_filter(p->db, p->root, (const char *const *)o->files);
        if (p->db->entries->len == 0) {
            g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_DATABASE,
                        "--files: no unit below %s matches", p->root);
            return FALSE;
        }
    }
    if (!o->quiet) {
        for (guint i = 0; i < p->db->warnings->len; i++) {
            fprintf(stderr, "holdfast: warning: %s\n",
                    (char *)g_ptr_array_index(p->db->warnings, i));
        }
    }
    return TRUE;
}

static gboolean extract(HfPipeline *p, const HfPipelineOptions *o,
                        GError **error)
{
    HfExtractOptions x = {
        .rules = p->rules, .cache_dir = p->cache_dir, .jobs = o->jobs,
        .unit_timeout_s = o->timeout, .pch = !o->no_pch, .force = o->force,
        .progress = !o->quiet && isatty(STDERR_FILENO) ? show_progress : NULL,
    };

    if (!parse_shard(o->shard, &x, error)) {
        return FALSE;
    }
    p->extracted = hf_extract_run(p->db, &x, error);
    return p->extracted != NULL;
}

/* A unit without a readable shard costs that unit, and is told. */
static HfFacts *lost_unit(const HfUnitResult *u, const char *why)
{
    HfFactsBuilder *b = hf_facts_builder_new();
    HfFile file = { .path = hf_facts_string(b, u->file),
                    .flags = HF_FILE_MAIN };
    HfId id = hf_facts_add_files(b, &file);
    HfDiag d = { .severity = HF_DIAG_FATAL };

    d.text = hf_facts_string(b, why);
    hf_facts_add_diags(b, &d);
    hf_facts_set_unit(b, u->status == HF_UNIT_OK ? HF_UNIT_FAILED : u->status,
                      id, u->output);
    return hf_facts_builder_finish(b);
}

static void facts_free(gpointer f)
{
    hf_facts_free(f);
}

/* Deletes shards that are damaged, and says whether there was one. */
static gboolean read_shards(const HfPipeline *p, GPtrArray *shards)
{
    gboolean damaged = FALSE;

    for (guint i = 0; i < p->extracted->units->len; i++) {
        const HfUnitResult *u = g_ptr_array_index(p->extracted->units, i);
        g_autoptr(GError) error = NULL;
        HfFacts *f = u->shard ? hf_facts_read(u->shard, &error) : NULL;

        if (!f) {
            f = lost_unit(u, error ? error->message
                                   : u->message ? u->message : "no shard");
        }
        if (error && error->code != HF_FACTS_ERROR_IO) {
            damaged |= g_unlink(u->shard) == 0;
        }
        g_ptr_array_add(shards, f);
    }
    return damaged;
}

static gboolean link_units(HfPipeline *p, const HfPipelineOptions *o,
                           GError **error)
{
    GPtrArray *shards = g_ptr_array_new_with_free_func(facts_free);

    /* The cache knows a shard by its header; the rest shows when read. */
    if (read_shards(p, shards)) {
        g_ptr_array_set_size(shards, 0);
        g_clear_pointer(&p->extracted, hf_extract_result_free);
        if (!extract(p, o, error)) {
            g_ptr_array_unref(shards);
            return FALSE;
        }
        read_shards(p, shards);
    }
    g_ptr_array_set_free_func(shards, NULL);
    p->program = hf_program_link(shards, p->rules, p->root);
    return TRUE;
}

gboolean hf_pipeline_run(HfPipeline *p, const HfPipelineOptions *o,
                         HfStage until, GError **error)
{
    g_auto(GStrv) dirs = hf_cli_rules_dirs(o->rules_dirs);

    memset(p, 0, sizeof(*p));
    if (!not_negative("--jobs", o->jobs, error) ||
        !not_negative("--unit-timeout", o->timeout, error)) {
        return FALSE;
    }
    p->rules = hf_rules_load(o->profile ? o->profile : "pthread",
                             (const char *const *)dirs, error);
    if (!p->rules) {
        return FALSE;
    }
    if (until == HF_STAGE_RULES) {
        return TRUE;
    }
    if (!load_database(p, o, error) || !extract(p, o, error)) {
        return FALSE;
    }
    return hf_pipeline_resume(p, o, until, error);
}

gboolean hf_pipeline_resume(HfPipeline *p, const HfPipelineOptions *o,
                            HfStage until, GError **error)
{
    if (until >= HF_STAGE_LINK && !p->program && !link_units(p, o, error)) {
        return FALSE;
    }
    if (until >= HF_STAGE_SOLVE && !p->solved) {
        p->solved = hf_solve(p->program);
    }
    return TRUE;
}

void hf_pipeline_clear(HfPipeline *p)
{
    hf_solved_free(p->solved);
    hf_program_free(p->program);
    hf_extract_result_free(p->extracted);
    hf_compile_db_free(p->db);
    hf_rules_free(p->rules);
    g_free(p->root);
    g_free(p->cache_dir);
    memset(p, 0, sizeof(*p));
}

/* ---- small things every command needs ----------------------------------- */

gboolean hf_cli_parse(GOptionContext *context, int *argc, char ***argv)
{
    g_autoptr(GError) error = NULL;

    if (!g_option_context_parse(context, argc, argv, &error)) {
        hf_cli_fail(error);
        return FALSE;
    }
    return TRUE;
}

gboolean hf_cli_no_operands(int argc, char **argv)
{
    if (argc > 1) {
        fprintf(stderr, "holdfast: error: %s takes no '%s' (a build directory "
                "is given by -p, sources by --files)\n", argv[0], argv[1]);
    }
    return argc <= 1;
}

int hf_cli_fail(const GError *error)
{
    fprintf(stderr, "holdfast: error: %s\n", error->message);
    return HF_EXIT_FAILURE;
}

char **hf_cli_rules_dirs(char **extra)
{
    GPtrArray *dirs = g_ptr_array_new();
    const char *env = g_getenv("HOLDFAST_RULES_DIR");

    for (guint i = 0; extra && extra[i]; i++) {
        g_ptr_array_add(dirs, g_strdup(extra[i]));
    }
    if (env) {
        g_ptr_array_add(dirs, g_strdup(env));
    }
    g_ptr_array_add(dirs, g_strdup(HOLDFAST_RULES_DIR));
    g_ptr_array_add(dirs, NULL);
    return (char **)g_ptr_array_free(dirs, FALSE);
}

char *hf_cli_checks_dir(void)
{
    g_auto(GStrv) dirs = hf_cli_rules_dirs(NULL);

    for (guint i = 0; dirs[i]; i++) {
        g_autofree char *d = g_build_filename(dirs[i], "checks", NULL);

        if (g_file_test(d, G_FILE_TEST_IS_DIR)) {
            return g_steal_pointer(&d);
        }
    }
    return NULL;
}
