/* SPDX-License-Identifier: MIT */
#include "run.h"
#include <string.h>
#include <unistd.h>

/* Goes up with every change that makes other facts of the same source. */
#define EXTRACT_VERSION "1"

/*
 * Set by the build to a digest of the sources of this stage, so that a
 * forgotten EXTRACT_VERSION does no harm while they change.
 */
#ifndef HOLDFAST_EXTRACT_FINGERPRINT
#define HOLDFAST_EXTRACT_FINGERPRINT ""
#endif

#define DEFAULT_TIMEOUT_S 120

static void unit_result_free(gpointer p)
{
    HfUnitResult *unit = p;

    g_free(unit->file);
    g_free(unit->output);
    g_free(unit->shard);
    g_free(unit->message);
    g_free(unit);
}

void hf_extract_result_free(HfExtractResult *r)
{
    if (!r) {
        return;
    }
    g_ptr_array_unref(r->units);
    g_free(r);
}

/* ---- what everything depends on ----------------------------------------- */

static void tool_digest(const HfRun *run, HfHash *out)
{
    HfDigest *digest = hf_digest_new();
    uint32_t facts_version = HF_FACTS_VERSION;
    uint8_t rules[16];
    guint n;
    const char *const *tsa = hf_tsa_defines(&n);

    hf_digest_string(digest, EXTRACT_VERSION);
    hf_digest_string(digest, HOLDFAST_EXTRACT_FINGERPRINT);
    hf_digest_string(digest, hf_clang_env_version(run->env));
    hf_digest_add(digest, &facts_version, sizeof(facts_version));
    for (guint i = 0; i < n; i++) {
        hf_digest_string(digest, tsa[i]);
    }
    if (run->options->rules) {
        hf_rules_extract_digest(run->options->rules, rules);
        hf_digest_add(digest, rules, sizeof(rules));
    }
    hf_digest_finish(digest, out);
}

/* nth: of entries with the same file and output, which one. */
static void unit_digests(const HfRun *run, HfRunUnit *unit, uint32_t nth)
{
    const HfCompileEntry *entry = unit->entry;
    HfDigest *digest = hf_digest_new();

    hf_digest_string(digest, entry->directory);
    hf_digest_string(digest, entry->file);
    hf_digest_string(digest, entry->output);
    hf_digest_add(digest, &nth, sizeof(nth));
    hf_digest_finish(digest, &unit->id);

    digest = hf_digest_new();
    hf_digest_add(digest, run->tool.bytes, sizeof(run->tool.bytes));
    hf_digest_add(digest, unit->id.bytes, sizeof(unit->id.bytes));
    hf_digest_strings(digest, unit->args);
    hf_digest_finish(digest, &unit->base);
}

/* ---- units -------------------------------------------------------------- */

static gboolean same_unit(const HfCompileEntry *a, const HfCompileEntry *b)
{
    return !strcmp(a->file, b->file) && !strcmp(a->output, b->output) &&
           !strcmp(a->directory, b->directory);
}

static HfUnitResult *add_result(HfRun *run, const HfRunUnit *unit)
{
    HfUnitResult *result = g_new0(HfUnitResult, 1);

    result->file = g_strdup(unit->entry->file);
    result->output = g_strdup(unit->entry->output);
    result->shard = hf_cache_shard_path(run->cache, &unit->id,
                                        unit->entry->file);
    g_ptr_array_add(run->result->units, result);
    return result;
}

static gboolean is_ours(const HfExtractOptions *options, guint i)
{
    return options->shard_count <= 1 ||
           i % (guint)options->shard_count == (guint)options->shard_index;
}

static void add_units(HfRun *run, const HfCompileDb *db)
{
    uint32_t nth = 0;

    for (guint i = 0; i < db->entries->len; i++) {
        HfRunUnit unit = { .entry = db->entries->pdata[i] };

        nth = i && same_unit(unit.entry, db->entries->pdata[i - 1]) ? nth + 1
                                                                    : 0;
        unit.args = hf_clang_env_args(run->env, unit.entry,
                                      run->options->rules);
        unit.ours = is_ours(run->options, i);
        unit_digests(run, &unit, nth);
        if (unit.ours) {
            unit.result = add_result(run, &unit);
        }
        g_array_append_val(run->units, unit);
    }
}

void hf_run_progress(HfRun *run, const HfRunUnit *unit)
{
    run->done++;
    if (run->options->progress) {
        run->options->progress(run->done, (int)run->result->units->len,
                               unit->entry->file,
                               run->options->progress_data);
    }
}

/* Returns how many are left to do. */
static guint look_up_units(HfRun *run)
{
    guint left = 0;

    for (guint i = 0; i < run->units->len; i++) {
        HfRunUnit *unit = hf_run_unit(run, i);
        HfCached cached;

        if (!unit->ours) {
            continue;
        }
        unit->to_do = run->options->force ||
                      !hf_cache_lookup(run->cache, &unit->id, &unit->base,
                                       unit->result->shard, &cached);
        if (unit->to_do) {
            left++;
            continue;
        }
        unit->result->status = cached.status;
        unit->result->message = g_strdup(cached.message);
        unit->result->cached = TRUE;
        run->result->n_cached++;
        hf_run_progress(run, unit);
    }
    return left;
}

static void count_failed(HfExtractResult *result)
{
    for (guint i = 0; i < result->units->len; i++) {
        const HfUnitResult *unit = result->units->pdata[i];

        result->n_failed += unit->status != HF_UNIT_OK;
    }
}

/* ---- the run ------------------------------------------------------------ */

static gboolean run_init(HfRun *run, const HfCompileDb *db, GError **error)
{
    const HfExtractOptions *options = run->options;

    run->jobs = options->jobs > 0 ? options->jobs
                                  : (int)g_get_num_processors();
    run->result = g_new0(HfExtractResult, 1);
    run->result->units = g_ptr_array_new_with_free_func(unit_result_free);
    run->names = hf_names_new();
    run->units = g_array_new(FALSE, FALSE, sizeof(HfRunUnit));
    run->groups = g_array_new(FALSE, FALSE, sizeof(HfRunGroup));
    run->env = hf_clang_env_new(options->clang_resource_dir, error);
    if (!run->env) {
        return FALSE;
    }
    run->cache = hf_cache_open(options->cache_dir, options->shard_index,
                               options->shard_count, error);
    if (!run->cache) {
        return FALSE;
    }
    run->pch_dir = hf_cache_pch_dir(run->cache);
    tool_digest(run, &run->tool);
    add_units(run, db);
    return TRUE;
}

static void run_clear(HfRun *run)
{
    for (guint i = 0; i < run->groups->len; i++) {
        HfRunGroup *group = &g_array_index(run->groups, HfRunGroup, i);

        hf_pch_guard_free(group->guard);
        hf_pch_free(group->pch);
    }
    for (guint i = 0; i < run->units->len; i++) {
        g_strfreev(hf_run_unit(run, i)->args);
    }
    g_array_unref(run->groups);
    g_array_unref(run->units);
    if (run->plan) {
        g_ptr_array_unref(run->plan);
    }
    hf_names_free(run->names);
    g_free(run->pch_dir);
    hf_cache_free(run->cache);
    hf_clang_env_free(run->env);
    hf_extract_result_free(run->result);
}

HfExtractResult *hf_extract_run(const HfCompileDb *db,
                                const HfExtractOptions *options,
                                GError **error)
{
    HfExtractOptions filled = *options;
    HfRun run = { .options = &filled };
    HfExtractResult *result = NULL;
    gboolean ok;

    if (filled.unit_timeout_s <= 0) {
        filled.unit_timeout_s = DEFAULT_TIMEOUT_S;
    }
    ok = run_init(&run, db, error);
    if (ok && look_up_units(&run)) {
        ok = (!filled.pch || hf_run_pch(&run, error)) &&
             hf_run_units(&run, error);
    }
    ok = ok && hf_cache_save(run.cache, error);
    if (ok) {
        count_failed(run.result);
        result = g_steal_pointer(&run.result);
    }
    run_clear(&run);
    return result;
}
