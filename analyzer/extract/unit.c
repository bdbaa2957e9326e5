/* SPDX-License-Identifier: MIT */
#include "unit.h"
#include "clang_diag.h"
#include "clang_path.h"
#include "lower.h"
#include "pch_functions.h"
#include <clang-c/Index.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* ---- parsing ------------------------------------------------------------ */

typedef struct {
    CXIndex index;
    CXTranslationUnit tu; /* NULL: clang gave up */
    unsigned n_errors;
} Parsed;

static void parsed_clear(Parsed *p)
{
    if (p->tu) {
        clang_disposeTranslationUnit(p->tu);
    }
    if (p->index) {
        clang_disposeIndex(p->index);
    }
    memset(p, 0, sizeof(*p));
}

/* Gives the unit a way to the header's functions; see pch_functions.h. */
#define FUNCTIONS_FILE "/holdfast-pch-functions.h"

static void add(GPtrArray *argv, const char *arg)
{
    g_ptr_array_add(argv, (gpointer)arg);
}

static void add_pch(GPtrArray *argv, const HfPch *pch)
{
    add(argv, "-include-pch");
    add(argv, pch->path);
    /* That it is current has been found out already, once for all units. */
    add(argv, "-Xclang");
    add(argv, "-fno-validate-pch");
    add(argv, "-include");
    add(argv, FUNCTIONS_FILE);
}

static void parse(const HfUnitJob *job, gboolean with_pch, gboolean with_tsa,
                  Parsed *out)
{
    struct CXUnsavedFile functions = {
        FUNCTIONS_FILE, HF_PCH_FUNCTIONS_DECLARATION,
        strlen(HF_PCH_FUNCTIONS_DECLARATION)
    };
    g_autoptr(GPtrArray) argv = g_ptr_array_new();
    guint n_tsa;
    const char *const *tsa = hf_tsa_defines(&n_tsa);

    for (char *const *p = job->args; *p; p++) {
        add(argv, *p);
    }
    for (guint i = 0; with_tsa && i < n_tsa; i++) {
        add(argv, tsa[i]);
    }
    if (with_pch) {
        add_pch(argv, job->pch);
    }
    add(argv, "-xc");
    parsed_clear(out);
    out->index = clang_createIndex(1, 0);
    if (clang_parseTranslationUnit2(out->index, job->entry->file,
                                    (const char *const *)argv->pdata,
                                    argv->len, &functions, with_pch ? 1 : 0,
                                    CXTranslationUnit_KeepGoing, &out->tu)) {
        out->tu = NULL;
    }
    out->n_errors = out->tu ? hf_clang_count_errors(out->tu) : G_MAXUINT;
}

/* Without our attribute macros when the unit uses their names for something
 * else. */
static void parse_plain(const HfUnitJob *job, Parsed *out)
{
    Parsed plain = { 0 };

    parse(job, FALSE, TRUE, out);
    if (out->n_errors) {
        parse(job, FALSE, FALSE, &plain);
        if (plain.n_errors < out->n_errors) {
            parsed_clear(out);
            *out = plain;
        } else {
            parsed_clear(&plain);
        }
    }
}

/* ---- what was read, what went wrong ------------------------------------- */

typedef struct {
    const char *directory;
    GHashTable *paths; /* char* set */
} Deps;

static void add_dep(CXFile file, CXSourceLocation *stack, unsigned depth,
                    CXClientData data)
{
    Deps *deps = data;
    char *path = hf_clang_path(file, deps->directory);

    if (strcmp(path, FUNCTIONS_FILE)) {
        g_hash_table_add(deps->paths, path);
    } else {
        g_free(path);
    }
}

static gint path_cmp(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *collect_deps(const HfUnitJob *job, CXTranslationUnit tu)
{
    Deps deps = { job->entry->directory,
                  g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                        NULL) };
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer key;

    g_hash_table_add(deps.paths, g_strdup(job->entry->file));
    if (tu) {
        clang_getInclusions(tu, add_dep, &deps);
    }
    g_hash_table_iter_init(&iter, deps.paths);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        g_ptr_array_add(out, g_strdup(key));
    }
    g_hash_table_unref(deps.paths);
    g_ptr_array_sort(out, path_cmp);
    return out;
}

static char *diag_text(CXDiagnostic diag, const HfCompileEntry *entry)
{
    CXString text = clang_getDiagnosticSpelling(diag);
    CXFile file;
    unsigned line;
    char *out;

    clang_getExpansionLocation(clang_getDiagnosticLocation(diag), &file, &line,
                               NULL, NULL);
    if (file) {
        g_autofree char *path = hf_clang_path(file, entry->directory);

        out = g_strdup_printf("%s:%u: %s", path, line, clang_getCString(text));
    } else {
        out = g_strdup_printf("%s:1: %s", entry->file, clang_getCString(text));
    }
    clang_disposeString(text);
    return out;
}

/* A missing header is no file that was read, but its coming changes all. */
static gboolean misses_file(CXTranslationUnit tu)
{
    gboolean found = FALSE;

    for (unsigned i = 0; !found && i < clang_getNumDiagnostics(tu); i++) {
        CXDiagnostic diag = clang_getDiagnostic(tu, i);
        CXString text = clang_getDiagnosticSpelling(diag);

        found = clang_getDiagnosticSeverity(diag) == CXDiagnostic_Fatal ||
                g_str_has_suffix(clang_getCString(text), "file not found");
        clang_disposeString(text);
        clang_disposeDiagnostic(diag);
    }
    return found;
}

static char *first_error(const HfCompileEntry *entry, CXTranslationUnit tu)
{
    char *out = NULL;

    for (unsigned i = 0; !out && i < clang_getNumDiagnostics(tu); i++) {
        CXDiagnostic diag = clang_getDiagnostic(tu, i);

        if (clang_getDiagnosticSeverity(diag) >= CXDiagnostic_Error) {
            out = diag_text(diag, entry);
        }
        clang_disposeDiagnostic(diag);
    }
    return out;
}

/* ---- the unit ----------------------------------------------------------- */

static HfFacts *lower(const HfUnitJob *job, CXTranslationUnit tu)
{
    const HfCompileEntry *entry = job->entry;
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    HfExtractRules no_rules = { none, none, none, none };

    return hf_lower_unit(tu, entry->file, entry->directory, entry->output,
                         job->rules ? &job->rules->extract : &no_rules);
}

HfFacts *hf_unit_failed(const HfCompileEntry *entry, HfUnitStatus status,
                        const char *why)
{
    HfFactsBuilder *b = hf_facts_builder_new();
    HfFile file = { .flags = HF_FILE_MAIN };
    HfDiag diag = { .severity = HF_DIAG_FATAL };
    HfLoc loc = { .line = 1, .col = 1 };

    file.path = hf_facts_string(b, entry->file);
    loc.file = hf_facts_add_files(b, &file);
    diag.loc = hf_facts_loc(b, &loc);
    diag.text = hf_facts_string(b, why);
    hf_facts_add_diags(b, &diag);
    hf_facts_set_unit(b, status, loc.file, entry->output);
    return hf_facts_builder_finish(b);
}

static void give_up(const HfUnitJob *job, const char *why, HfUnitOutcome *out)
{
    out->facts = hf_unit_failed(job->entry, HF_UNIT_FAILED, why);
    out->message = g_strdup_printf("%s:1: %s", job->entry->file, why);
    out->deps = collect_deps(job, NULL);
    out->misses_file = TRUE;
}

static void add_shared_deps(const HfPch *pch, const HfPchVerdict *verdict,
                            GPtrArray *deps)
{
    GHashTable *have = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < deps->len; i++) {
        g_hash_table_add(have, deps->pdata[i]);
    }
    for (guint i = 0; i < pch->files->len; i++) {
        if (hf_pch_verdict_includes(verdict, i) &&
            !g_hash_table_contains(have, pch->files->pdata[i])) {
            g_ptr_array_add(deps, g_strdup(pch->files->pdata[i]));
        }
    }
    g_hash_table_unref(have);
    g_ptr_array_sort(deps, path_cmp);
}

/* FALSE, and why_no_pch: the header would, or might, make a difference. */
static gboolean extract_with_pch(const HfUnitJob *job, HfUnitOutcome *out)
{
    Parsed parsed = { 0 };
    HfPchVerdict verdict = { 0 };
    gboolean ok = FALSE;

    parse(job, TRUE, TRUE, &parsed);
    if (parsed.n_errors) {
        out->why_no_pch = parsed.tu ? first_error(job->entry, parsed.tu)
                                    : g_strdup("it cannot be loaded");
    } else {
        out->deps = collect_deps(job, parsed.tu);
        hf_pch_guard_check(job->guard, job->entry->file, out->deps, &verdict);
        if (!verdict.why_not) {
            out->facts = lower(job, parsed.tu);
            hf_pch_guard_check_facts(job->guard, out->facts, &verdict);
        }
        ok = !verdict.why_not;
        if (ok) {
            add_shared_deps(job->pch, &verdict, out->deps);
        } else {
            hf_facts_free(g_steal_pointer(&out->facts));
            g_clear_pointer(&out->deps, g_ptr_array_unref);
        }
        out->why_no_pch = g_steal_pointer(&verdict.why_not);
    }
    hf_pch_verdict_clear(&verdict);
    parsed_clear(&parsed);
    return ok;
}

static void extract_plain(const HfUnitJob *job, HfUnitOutcome *out)
{
    Parsed parsed = { 0 };

    parse_plain(job, &parsed);
    if (!parsed.tu) {
        give_up(job, "clang cannot make sense of the command", out);
    } else {
        out->facts = lower(job, parsed.tu);
        out->message = first_error(job->entry, parsed.tu);
        out->misses_file = misses_file(parsed.tu);
        out->deps = collect_deps(job, parsed.tu);
    }
    parsed_clear(&parsed);
}

void hf_unit_extract(const HfUnitJob *job, HfUnitOutcome *out)
{
    const HfCompileEntry *entry = job->entry;
    g_autofree char *why = NULL;

    memset(out, 0, sizeof(*out));
    if (chdir(entry->directory)) {
        why = g_strdup_printf("directory %s: %s", entry->directory,
                              g_strerror(errno));
    } else if (access(entry->file, R_OK)) {
        why = g_strdup(g_strerror(errno));
    }
    if (why) {
        give_up(job, why, out);
        return;
    }
    out->used_pch = job->pch && extract_with_pch(job, out);
    if (!out->used_pch) {
        extract_plain(job, out);
    }
}

void hf_unit_outcome_clear(HfUnitOutcome *out)
{
    hf_facts_free(out->facts);
    g_free(out->message);
    g_free(out->why_no_pch);
    if (out->deps) {
        g_ptr_array_unref(out->deps);
    }
    memset(out, 0, sizeof(*out));
}

HfFacts *hf_extract_unit(const HfCompileEntry *entry,
                         const HfExtractOptions *options, GError **error)
{
    HfClangEnv *env = hf_clang_env_new(options->clang_resource_dir, error);
    g_auto(GStrv) args = NULL;
    HfUnitOutcome outcome;
    HfFacts *facts;
    int here;

    if (!env) {
        return NULL;
    }
    args = hf_clang_env_args(env, entry, options->rules);
    here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    hf_unit_extract(&(HfUnitJob){ entry, args, options->rules, NULL, NULL },
                    &outcome);
    if (here < 0 || fchdir(here)) {
        g_set_error(error, HF_EXTRACT_ERROR, HF_EXTRACT_ERROR_IO,
                    "cannot return to the working directory: %s",
                    g_strerror(errno));
        hf_facts_free(g_steal_pointer(&outcome.facts));
    }
    if (here >= 0) {
        close(here);
    }
    facts = g_steal_pointer(&outcome.facts);
    hf_unit_outcome_clear(&outcome);
    hf_clang_env_free(env);
    return facts;
}
