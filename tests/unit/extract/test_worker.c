/* SPDX-License-Identifier: MIT */
#include "project.h"

#include "extract/worker.h"
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- the pool alone ----------------------------------------------------- */

#define N_JOBS 40

typedef struct {
    HfWorkStatus status[N_JOBS];
    guint answers[N_JOBS];
    guint attempts[N_JOBS];
    gsize lengths[N_JOBS];
    char *why[N_JOBS];
    guint bad;        /* this job misbehaves */
    void (*misbehave)(void);
    guint good_from;  /* attempt from which it does not */
    guint retries;
    gsize size;       /* of every answer */
} Jobs;

static void run_job(guint job, guint attempt, GByteArray *reply, gpointer data)
{
    Jobs *jobs = data;

    if (job == jobs->bad && attempt < jobs->good_from) {
        jobs->misbehave();
    }
    g_byte_array_set_size(reply, jobs->size);
    memset(reply->data, (int)job, jobs->size);
}

static gboolean job_done(const HfWorkResult *result, gpointer data)
{
    Jobs *jobs = data;

    assert_true(result->job < N_JOBS);
    jobs->answers[result->job]++;
    jobs->status[result->job] = result->status;
    jobs->attempts[result->job] = result->attempt;
    jobs->lengths[result->job] = result->len;
    for (gsize i = 0; i < result->len; i++) {
        assert_int_equal(result->reply[i], result->job);
    }
    g_free(jobs->why[result->job]);
    jobs->why[result->job] = g_strdup(result->why);
    return result->status != HF_WORK_DONE && result->attempt < jobs->retries;
}

static guint count_fds(void)
{
    GDir *d = g_dir_open("/proc/self/fd", 0, NULL);
    guint n = 0;

    while (d && g_dir_read_name(d)) {
        n++;
    }
    g_dir_close(d);
    return n;
}

static void run_jobs(Jobs *jobs, int n_workers, guint recycle)
{
    HfWorkers workers = { n_workers, 1, recycle, run_job, job_done, jobs };
    guint numbers[N_JOBS];
    guint fds = count_fds();
    GError *error = NULL;

    if (!jobs->size) {
        jobs->size = 8;
    }
    for (guint i = 0; i < N_JOBS; i++) {
        numbers[i] = i;
    }
    assert_true(hf_workers_run(&workers, numbers, N_JOBS, &error));
    assert_int_equal(count_fds(), fds);
    /* nobody is left */
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void free_jobs(Jobs *jobs)
{
    for (guint i = 0; i < N_JOBS; i++) {
        g_free(jobs->why[i]);
    }
}

static void assert_only_bad(const Jobs *jobs, HfWorkStatus status,
                            const char *why)
{
    for (guint i = 0; i < N_JOBS; i++) {
        assert_int_equal(jobs->status[i],
                         i == jobs->bad ? status : HF_WORK_DONE);
    }
    if (why && !strstr(jobs->why[jobs->bad], why)) {
        fail_msg("'%s' is not in '%s'", why, jobs->why[jobs->bad]);
    }
}

static void every_job_is_answered_once(void **state)
{
    for (int n = 1; n <= 5; n++) {
        for (guint recycle = 0; recycle < 3; recycle++) {
            Jobs jobs = { .bad = N_JOBS };

            run_jobs(&jobs, n, recycle);
            for (guint i = 0; i < N_JOBS; i++) {
                assert_int_equal(jobs.answers[i], 1);
                assert_int_equal(jobs.lengths[i], 8);
            }
            free_jobs(&jobs);
        }
    }
}

static void big_answers_arrive_whole(void **state)
{
    Jobs jobs = { .bad = N_JOBS, .size = 1 << 20 };

    run_jobs(&jobs, 3, 7);
    for (guint i = 0; i < N_JOBS; i++) {
        assert_int_equal(jobs.lengths[i], 1 << 20);
    }
    free_jobs(&jobs);
}

static void no_jobs_need_no_workers(void **state)
{
    HfWorkers workers = { 2, 1, 0, run_job, job_done, NULL };

    assert_true(hf_workers_run(&workers, NULL, 0, NULL));
}

static void crash(void)
{
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
}

static void hang(void)
{
    while (TRUE) {
        pause();
    }
}

static void leave(void)
{
    _exit(7);
}

static void a_crash_costs_one_job(void **state)
{
    Jobs jobs = { .bad = 5, .misbehave = crash, .good_from = 9 };

    run_jobs(&jobs, 2, 0);
    assert_only_bad(&jobs, HF_WORK_CRASHED, "SIGSEGV");
    free_jobs(&jobs);
}

static void a_hang_costs_one_job(void **state)
{
    Jobs jobs = { .bad = 5, .misbehave = hang, .good_from = 9 };
    gint64 start = g_get_monotonic_time();

    run_jobs(&jobs, 2, 0);
    assert_only_bad(&jobs, HF_WORK_TIMEOUT, "1 s");
    assert_true(g_get_monotonic_time() - start < 20 * G_USEC_PER_SEC);
    free_jobs(&jobs);
}

static void an_exit_costs_one_job(void **state)
{
    Jobs jobs = { .bad = 5, .misbehave = leave, .good_from = 9 };

    run_jobs(&jobs, 1, 0);
    assert_only_bad(&jobs, HF_WORK_CRASHED, "status 7");
    free_jobs(&jobs);
}

static void a_job_can_be_tried_again(void **state)
{
    Jobs jobs = { .bad = 5, .misbehave = crash, .good_from = 2, .retries = 3 };

    run_jobs(&jobs, 2, 0);
    assert_only_bad(&jobs, HF_WORK_DONE, NULL);
    assert_int_equal(jobs.attempts[5], 2);
    assert_int_equal(jobs.answers[5], 3);
    free_jobs(&jobs);
}

/* ---- units in workers --------------------------------------------------- */

static void make_project(Project *p)
{
    project_write(p, "common.h",
                  "#ifndef COMMON_H\n#define COMMON_H\n"
                  "struct s { int a, b; };\nint get(struct s *s);\n#endif\n");
    for (int i = 0; i < 6; i++) {
        g_autofree char *name = g_strdup_printf("unit%d.c", i);
        g_autofree char *text = g_strdup_printf(
            "#include \"common.h\"\n"
            "int f%d(struct s *s) { return s->a + get(s) + %d; }\n", i, i);

        project_write(p, name, text);
        project_unit(p, name, "-I.");
    }
}

static void with_hook(Project *p, const char *hook, HfUnitStatus status,
                      const char *why)
{
    HfExtractOptions options = { .unit_timeout_s = 60 };
    HfExtractResult *r;
    const HfUnitResult *bad;

    if (g_str_has_prefix(hook, "hang")) {
        options.unit_timeout_s = 3; /* time for the good ones, too */
    }
    make_project(p);
    g_setenv("HOLDFAST_TEST_CRASH", hook, TRUE);
    r = project_extract(p, &options);
    g_unsetenv("HOLDFAST_TEST_CRASH");
    assert_int_equal(r->units->len, 6);
    assert_int_equal(r->n_failed, 1);
    bad = project_result(r, "unit3.c");
    assert_int_equal(bad->status, status);
    assert_non_null(strstr(bad->message, "unit3.c:1: "));
    if (!strstr(bad->message, why)) {
        fail_msg("'%s' is not in '%s'", why, bad->message);
    }
    assert_non_null(bad->shard);
    hf_extract_result_free(r);
    /* and it is tried again, not remembered */
    r = project_extract(p, &options);
    assert_int_equal(r->n_failed, 0);
    assert_int_equal(r->n_cached, 5);
    assert_int_equal(r->n_extracted, 1);
    hf_extract_result_free(r);
}

static void a_crashing_unit_is_reported(void **state)
{
    with_hook(*state, "crash:unit3", HF_UNIT_CRASHED, "SIGSEGV");
}

static void a_hanging_unit_is_reported(void **state)
{
    with_hook(*state, "hang:unit3", HF_UNIT_TIMEOUT, "no result after 3 s");
}

static void an_exiting_unit_is_reported(void **state)
{
    with_hook(*state, "exit:unit3", HF_UNIT_CRASHED, "status 3");
}

static void shards_do_not_depend_on_jobs(void **state)
{
    Project *p = *state;
    g_autofree char *other = project_path(p, "cache4");
    HfExtractOptions one = { .jobs = 1, .pch = TRUE };
    HfExtractOptions four = { .jobs = 4, .pch = TRUE, .cache_dir = other };
    HfExtractResult *a, *b;

    make_project(p);
    a = project_extract(p, &one);
    b = project_extract(p, &four);
    assert_int_equal(a->units->len, b->units->len);
    for (guint i = 0; i < a->units->len; i++) {
        const HfUnitResult *x = a->units->pdata[i], *y = b->units->pdata[i];
        gsize len_x, len_y;
        g_autofree char *bytes_x = project_shard(x, &len_x);
        g_autofree char *bytes_y = project_shard(y, &len_y);

        assert_string_equal(x->file, y->file);
        assert_int_equal(len_x, len_y);
        assert_memory_equal(bytes_x, bytes_y, len_x); /* the key too */
    }
    hf_extract_result_free(a);
    hf_extract_result_free(b);
}

typedef struct {
    int calls, last, total;
} Progress;

static void see_progress(int done, int total, const char *file, gpointer data)
{
    Progress *progress = data;

    assert_non_null(file);
    assert_int_equal(done, progress->last + 1);
    progress->calls++;
    progress->last = done;
    progress->total = total;
}

static void progress_counts_every_unit(void **state)
{
    Project *p = *state;

    make_project(p);
    for (int i = 0; i < 2; i++) { /* extracted, then cached */
        Progress progress = { 0 };
        HfExtractOptions options = { .progress = see_progress,
                                     .progress_data = &progress };

        hf_extract_result_free(project_extract(p, &options));
        assert_int_equal(progress.calls, 6);
        assert_int_equal(progress.total, 6);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, project_setup, project_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_job_is_answered_once),
        cmocka_unit_test(big_answers_arrive_whole),
        cmocka_unit_test(no_jobs_need_no_workers),
        cmocka_unit_test(a_crash_costs_one_job),
        cmocka_unit_test(a_hang_costs_one_job),
        cmocka_unit_test(an_exit_costs_one_job),
        cmocka_unit_test(a_job_can_be_tried_again),
        TEST(a_crashing_unit_is_reported),
        TEST(a_hanging_unit_is_reported),
        TEST(an_exiting_unit_is_reported),
        TEST(shards_do_not_depend_on_jobs),
        TEST(progress_counts_every_unit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
