/* SPDX-License-Identifier: MIT */
#include "run.h"
#include "worker.h"
#include <stdlib.h>

/* Building one costs about as much as parsing so many units without. */
#define MIN_TO_DO 4

static HfRunGroup *group_at(const HfRun *run, guint i)
{
    return &g_array_index(run->groups, HfRunGroup, i);
}

static void use(HfRun *run, HfRunGroup *group, HfPch *pch)
{
    if (pch) {
        group->pch = pch;
        group->guard = hf_pch_guard_new(run->names, pch,
                                        group->plan->directory,
                                        group->plan->args);
    }
}

/* In a worker: an empty answer is good news. */
static void build(guint job, guint attempt, GByteArray *reply, gpointer data)
{
    HfRun *run = data;
    const HfRunGroup *group = group_at(run, job);
    g_autoptr(GError) error = NULL;

    if (!hf_pch_build(run->pch_dir, &group->key, group->plan,
                      hf_cache_files(run->cache), &error)) {
        g_byte_array_append(reply, (const guint8 *)error->message,
                            strlen(error->message) + 1);
    }
}

/* Without one the group's units take longer; nothing else is lost. */
static gboolean built(const HfWorkResult *result, gpointer data)
{
    HfRun *run = data;
    HfRunGroup *group = group_at(run, result->job);

    if (result->status != HF_WORK_DONE || result->len) {
        g_debug("no shared header for %u units: %s", group->plan->units->len,
                result->why ? result->why : (const char *)result->reply);
    } else {
        use(run, group, hf_pch_load(run->pch_dir, &group->key,
                                    hf_cache_files(run->cache)));
    }
    return FALSE;
}

/* Bigger headers first, so that the last one to finish is a small one. */
static gint job_cmp(gconstpointer a, gconstpointer b, gpointer data)
{
    const HfRun *run = data;
    guint x = group_at(run, *(const guint *)a)->plan->headers->len;
    guint y = group_at(run, *(const guint *)b)->plan->headers->len;

    return x != y ? (x < y) - (x > y)
                  : (*(const guint *)a > *(const guint *)b) -
                    (*(const guint *)a < *(const guint *)b);
}

static void make_groups(HfRun *run)
{
    for (guint i = 0; i < run->plan->len; i++) {
        HfRunGroup group = { .plan = run->plan->pdata[i] };

        for (guint k = 0; k < group.plan->units->len; k++) {
            HfRunUnit *unit = hf_run_unit(run, g_array_index(
                                              group.plan->units, guint, k));

            unit->group = i;
            group.n_to_do += unit->to_do;
        }
        hf_pch_key(group.plan, &run->tool, &group.key);
        g_array_append_val(run->groups, group);
    }
}

static gboolean build_all(HfRun *run, GArray *jobs, GError **error)
{
    g_autoptr(GArray) keys = g_array_new(FALSE, FALSE, sizeof(HfHash));
    HfWorkers workers = { run->jobs, run->options->unit_timeout_s, 0, build,
                          built, run };

    if (!jobs->len) {
        return TRUE;
    }
    for (guint i = 0; i < run->groups->len; i++) {
        g_array_append_val(keys, group_at(run, i)->key);
    }
    hf_pch_prune(run->pch_dir, keys);
    g_array_sort_with_data(jobs, job_cmp, run);
    return hf_workers_run(&workers, (const guint *)jobs->data, jobs->len,
                          error);
}

gboolean hf_run_pch(HfRun *run, GError **error)
{
    g_autoptr(GPtrArray) entries = g_ptr_array_new();
    g_autofree char ***args = g_new(char **, run->units->len + 1);
    g_autoptr(GArray) jobs = g_array_new(FALSE, FALSE, sizeof(guint));

    for (guint i = 0; i < run->units->len; i++) {
        g_ptr_array_add(entries, (gpointer)hf_run_unit(run, i)->entry);
        args[i] = hf_run_unit(run, i)->args;
    }
    /* All units of the database count, so that what is shared does not
     * depend on what happens to be out of date. */
    run->plan = hf_pch_plan(run->names, entries, args);
    make_groups(run);
    for (guint i = 0; i < run->groups->len; i++) {
        HfRunGroup *group = group_at(run, i);

        if (!group->plan->headers->len || !group->n_to_do) {
            continue;
        }
        use(run, group, hf_pch_load(run->pch_dir, &group->key,
                                    hf_cache_files(run->cache)));
        if (!group->pch && group->n_to_do >= MIN_TO_DO) {
            g_array_append_val(jobs, i);
        }
    }
    return build_all(run, jobs, error);
}
