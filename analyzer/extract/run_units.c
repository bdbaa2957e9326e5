/* SPDX-License-Identifier: MIT */
#include "run.h"
#include "unit.h"
#include "unit_reply.h"
#include "worker.h"
#include <clang-c/Index.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* libclang keeps growing; a new process is cheaper than finding out why. */
#define UNITS_PER_WORKER 200

/* ---- in a worker -------------------------------------------------------- */

/*
 * Test hook: HOLDFAST_TEST_CRASH="crash:foo.c" (or hang:, or exit:) makes the
 * worker do that instead of the units whose path contains the text; without a
 * word before a colon it crashes.
 */
static void test_hook(const char *file)
{
    const char *hook = g_getenv("HOLDFAST_TEST_CRASH");
    const char *colon = hook ? strchr(hook, ':') : NULL;

    if (!hook || !*hook || !strstr(file, colon ? colon + 1 : hook)) {
        return;
    }
    if (g_str_has_prefix(hook, "hang:")) {
        while (TRUE) {
            pause();
        }
    } else if (g_str_has_prefix(hook, "exit:")) {
        _exit(3);
    }
    raise(SIGSEGV);
}

static void write_shard(HfRun *run, const HfRunUnit *unit,
                        const HfUnitOutcome *outcome, HfUnitReply *reply)
{
    g_autofree char *path = hf_cache_shard_path(run->cache, &unit->id,
                                                unit->entry->file);
    g_autoptr(GError) error = NULL;

    hf_cache_key(hf_cache_files(run->cache), &unit->base, outcome->deps,
                 &reply->key);
    reply->written = hf_facts_write(outcome->facts, path, reply->key.bytes,
                                    &error);
    if (!reply->written) {
        reply->status = HF_UNIT_FAILED;
        g_free(reply->message);
        reply->message = g_strdup(error->message);
    }
}

static void extract(guint job, guint attempt, GByteArray *bytes, gpointer data)
{
    HfRun *run = data;
    const HfRunUnit *unit = hf_run_unit(run, job);
    const HfRunGroup *group =
        run->plan ? &g_array_index(run->groups, HfRunGroup, unit->group)
                  : NULL;
    HfUnitJob todo = { unit->entry, unit->args, run->options->rules };
    HfUnitOutcome outcome;
    HfUnitReply reply = { 0 };

    /* So that a crash ends this process, and is told apart from nonsense. */
    g_setenv("LIBCLANG_DISABLE_CRASH_RECOVERY", "1", TRUE);
    clang_toggleCrashRecovery(0);
    test_hook(unit->entry->file);
    if (group && !attempt) {
        todo.pch = group->pch;
        todo.guard = group->guard;
    }
    hf_unit_extract(&todo, &outcome);
    reply.status = outcome.facts->status;
    reply.keep = !outcome.misses_file;
    reply.used_pch = outcome.used_pch;
    reply.message = g_strdup(outcome.message);
    reply.deps = g_ptr_array_ref(outcome.deps);
    write_shard(run, unit, &outcome, &reply);
    if (outcome.why_no_pch) {
        g_debug("%s: parsed without the shared header: %s", unit->entry->file,
                outcome.why_no_pch);
    }
    hf_unit_reply_put(&reply, bytes);
    hf_unit_reply_clear(&reply);
    hf_unit_outcome_clear(&outcome);
}

/* ---- in the parent ------------------------------------------------------ */

static void settle(HfRun *run, HfRunUnit *unit, HfUnitStatus status,
                   const char *message, gboolean has_shard)
{
    HfUnitResult *result = unit->result;

    result->status = status;
    result->message = g_strdup(message);
    if (!has_shard) {
        g_clear_pointer(&result->shard, g_free);
    }
    run->result->n_extracted++;
    hf_run_progress(run, unit);
}

/* The shard says what happened; its key is none, so it is not reused. */
static void lost(HfRun *run, HfRunUnit *unit, HfUnitStatus status,
                 const char *why)
{
    static const uint8_t no_key[16];
    g_autofree char *message = g_strdup_printf("%s:1: %s", unit->entry->file,
                                               why);
    HfFacts *facts = hf_unit_failed(unit->entry, status, why);
    gboolean ok = hf_facts_write(facts, unit->result->shard, no_key, NULL);

    hf_facts_free(facts);
    settle(run, unit, status, message, ok);
}

static gboolean extracted(const HfWorkResult *work, gpointer data)
{
    HfRun *run = data;
    HfRunUnit *unit = hf_run_unit(run, work->job);
    HfUnitReply reply;

    if (work->status == HF_WORK_CRASHED && !work->attempt && run->plan &&
        g_array_index(run->groups, HfRunGroup, unit->group).pch) {
        return TRUE; /* again, without the shared header */
    }
    if (work->status != HF_WORK_DONE) {
        lost(run, unit, work->status == HF_WORK_TIMEOUT ? HF_UNIT_TIMEOUT
                                                        : HF_UNIT_CRASHED,
             work->why);
        return FALSE;
    }
    if (!hf_unit_reply_get(work->reply, work->len, &reply)) {
        lost(run, unit, HF_UNIT_CRASHED, "the parser answered nonsense");
    } else {
        if (reply.written && reply.keep) {
            hf_cache_store(run->cache, &unit->id, &unit->base, &reply.key,
                           unit->entry->file, reply.status, reply.message,
                           reply.deps);
        }
        run->result->n_pch += reply.used_pch;
        settle(run, unit, reply.status, reply.message, reply.written);
    }
    hf_unit_reply_clear(&reply);
    return FALSE;
}

typedef struct {
    guint unit;
    gint64 size;
} Job;

/* The longest first, so that no worker is left alone with one at the end. */
static gint job_cmp(gconstpointer pa, gconstpointer pb)
{
    const Job *a = pa, *b = pb;

    return a->size != b->size ? (a->size < b->size) - (a->size > b->size)
                              : (a->unit > b->unit) - (a->unit < b->unit);
}

gboolean hf_run_units(HfRun *run, GError **error)
{
    g_autoptr(GArray) jobs = g_array_new(FALSE, FALSE, sizeof(Job));
    g_autofree guint *numbers = NULL;
    HfWorkers workers = { run->jobs, run->options->unit_timeout_s,
                          UNITS_PER_WORKER, extract, extracted, run };

    for (guint i = 0; i < run->units->len; i++) {
        Job job = { i, 0 };
        struct stat st;

        if (hf_run_unit(run, i)->to_do) {
            job.size = stat(hf_run_unit(run, i)->entry->file, &st)
                           ? 0 : st.st_size;
            g_array_append_val(jobs, job);
        }
    }
    g_array_sort(jobs, job_cmp);
    numbers = g_new(guint, jobs->len + 1);
    for (guint i = 0; i < jobs->len; i++) {
        numbers[i] = g_array_index(jobs, Job, i).unit;
    }
    return hf_workers_run(&workers, numbers, jobs->len, error);
}
