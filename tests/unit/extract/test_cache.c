/* SPDX-License-Identifier: MIT */
#include "project.h"

#include <utime.h>

static void make_project(Project *p)
{
    project_write(p, "common.h", "int common(void);\n");
    project_write(p, "deep.h", "int deep(void);\n");
    project_write(p, "own.h", "#include \"deep.h\"\nint own(void);\n");
    project_write(p, "a.c", "#include \"common.h\"\n"
                            "int a(void) { return common(); }\n");
    project_write(p, "b.c", "#include \"common.h\"\n#include \"own.h\"\n"
                            "int b(void) { return own() + deep(); }\n");
    project_write(p, "c.c", "int c(void) { return 0; }\n");
    project_unit(p, "a.c", "");
    project_unit(p, "b.c", "");
    project_unit(p, "c.c", "");
}

static HfExtractResult *extract(Project *p)
{
    return project_extract(p, &(HfExtractOptions){ 0 });
}

/* Which units were done again, as "a.c b.c". */
static void assert_redone(Project *p, const char *want)
{
    HfExtractResult *r = extract(p);
    GString *got = g_string_new(NULL);
    int cached = 0;

    for (guint i = 0; i < r->units->len; i++) {
        const HfUnitResult *unit = r->units->pdata[i];
        g_autofree char *base = g_path_get_basename(unit->file);

        cached += unit->cached;
        if (!unit->cached) {
            g_string_append_printf(got, "%s%s", got->len ? " " : "", base);
        }
        assert_int_equal(unit->status, HF_UNIT_OK);
    }
    assert_string_equal(got->str, want);
    assert_int_equal(cached, r->n_cached);
    assert_int_equal(r->units->len, r->n_cached + r->n_extracted);
    g_string_free(got, TRUE);
    hf_extract_result_free(r);
}

static void nothing_changed_nothing_done(void **state)
{
    make_project(*state);
    assert_redone(*state, "a.c b.c c.c");
    assert_redone(*state, "");
    assert_redone(*state, "");
}

static void a_header_costs_those_who_read_it(void **state)
{
    Project *p = *state;

    make_project(p);
    assert_redone(p, "a.c b.c c.c");
    project_write(p, "deep.h", "int deep(void); int deeper(void);\n");
    assert_redone(p, "b.c");
    project_write(p, "common.h", "int common(void); /* new */\n");
    assert_redone(p, "a.c b.c");
    assert_redone(p, "");
}

static void going_back_counts_as_a_change(void **state)
{
    Project *p = *state;

    make_project(p);
    assert_redone(p, "a.c b.c c.c");
    project_write(p, "deep.h", "int deep(void); int deeper(void);\n");
    assert_redone(p, "b.c");
    project_write(p, "deep.h", "int deep(void);\n");
    assert_redone(p, "b.c");
    assert_redone(p, "");
}

static void a_touched_header_costs_nothing(void **state)
{
    Project *p = *state;
    g_autofree char *path = project_path(p, "common.h");
    struct utimbuf times = { 1000000000, 1000000000 };

    make_project(p);
    assert_redone(p, "a.c b.c c.c");
    assert_int_equal(utime(path, &times), 0);
    assert_redone(p, "");
    times.modtime++;
    assert_int_equal(utime(path, &times), 0);
    assert_redone(p, "");
}

/* Same size, same time: only the contents can tell. */
static void a_quick_change_is_noticed(void **state)
{
    Project *p = *state;
    g_autofree char *path = project_path(p, "c.c");
    GStatBuf st;
    struct utimbuf times;

    make_project(p);
    assert_redone(p, "a.c b.c c.c");
    assert_int_equal(g_stat(path, &st), 0);
    project_write(p, "c.c", "int c(void) { return 1; }\n");
    times.actime = times.modtime = st.st_mtime;
    assert_int_equal(utime(path, &times), 0);
    assert_redone(p, "c.c");
}

static void flags_cost_their_unit(void **state)
{
    Project *p = *state;

    make_project(p);
    assert_redone(p, "a.c b.c c.c");
    project_forget_units(p);
    project_unit(p, "a.c", "-DX");
    project_unit(p, "b.c", "-Wall"); /* makes no difference */
    project_unit(p, "c.c", "");
    assert_redone(p, "a.c");
}

static void rules_for_extract_cost_everything(void **state)
{
    Project *p = *state;
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    g_autoptr(GPtrArray) defines = g_ptr_array_new();
    HfRules rules = { .extract = { none, none, none, none } };
    HfExtractOptions options = { .rules = &rules };
    HfExtractResult *r;

    make_project(p);
    hf_extract_result_free(project_extract(p, &options));
    r = project_extract(p, &options);
    assert_int_equal(r->n_cached, 3);
    hf_extract_result_free(r);
    g_ptr_array_add(defines, (gpointer) "X=1");
    rules.extract.defines = defines;
    r = project_extract(p, &options);
    assert_int_equal(r->n_cached, 0);
    hf_extract_result_free(r);
    rules.extract.defines = none;
    g_ptr_array_add(defines, (gpointer) "Y");
    rules.extract.markers = defines;
    r = project_extract(p, &options);
    assert_int_equal(r->n_cached, 0);
    hf_extract_result_free(r);
}

static void force_does_everything(void **state)
{
    Project *p = *state;
    HfExtractResult *r;

    make_project(p);
    assert_redone(p, "a.c b.c c.c");
    r = project_extract(p, &(HfExtractOptions){ .force = TRUE });
    assert_int_equal(r->n_extracted, 3);
    hf_extract_result_free(r);
}

static void a_lost_shard_is_made_again(void **state)
{
    Project *p = *state;
    HfExtractResult *r;

    make_project(p);
    r = extract(p);
    assert_int_equal(g_unlink(project_result(r, "b.c")->shard), 0);
    assert_true(g_file_set_contents(project_result(r, "c.c")->shard, "junk",
                                    -1, NULL));
    hf_extract_result_free(r);
    assert_redone(p, "b.c c.c");
    assert_redone(p, "");
}

/* Every broken table counts as none; nothing crashes. */
static void a_broken_table_counts_as_none(void **state)
{
    Project *p = *state;
    g_autofree char *path = project_path(p, "cache/deps.bin"), *bytes = NULL;
    gsize len;

    make_project(p);
    assert_redone(p, "a.c b.c c.c");
    assert_true(g_file_get_contents(path, &bytes, &len, NULL));
    assert_true(g_file_set_contents(path, bytes, len - 1, NULL));
    assert_redone(p, "a.c b.c c.c");
    bytes[len / 2] ^= 1;
    assert_true(g_file_set_contents(path, bytes, len, NULL));
    assert_redone(p, "a.c b.c c.c");
    assert_true(g_file_set_contents(path, "", 0, NULL));
    assert_redone(p, "a.c b.c c.c");
    assert_redone(p, "");
}

/* ---- units that fail ---------------------------------------------------- */

static void a_missing_source_costs_its_unit(void **state)
{
    Project *p = *state;
    HfExtractResult *r;
    const HfUnitResult *bad;

    make_project(p);
    project_unit(p, "none.c", "");
    r = extract(p);
    assert_int_equal(r->n_failed, 1);
    bad = project_result(r, "none.c");
    assert_int_equal(bad->status, HF_UNIT_FAILED);
    assert_non_null(strstr(bad->message, "none.c:1: No such file"));
    assert_int_equal(project_result(r, "a.c")->status, HF_UNIT_OK);
    hf_extract_result_free(r);
    project_write(p, "none.c", "int none;\n");
    assert_redone(p, "none.c");
}

static void a_missing_directory_costs_its_unit(void **state)
{
    Project *p = *state;
    HfExtractResult *r;

    project_write(p, "a.c", "int a;\n");
    g_string_append_printf(p->db,
                           "{\"directory\": \"%s/nowhere\", "
                           "\"file\": \"%s/a.c\", \"command\": \"cc\"}",
                           p->dir, p->dir);
    r = extract(p);
    assert_int_equal(r->n_failed, 1);
    assert_non_null(strstr(project_result(r, "a.c")->message, "nowhere"));
    hf_extract_result_free(r);
}

static void errors_are_remembered(void **state)
{
    Project *p = *state;

    project_write(p, "a.c", "int a(void)\n{\n    return undeclared;\n}\n");
    project_unit(p, "a.c", "");
    for (int i = 0; i < 2; i++) {
        HfExtractResult *r = extract(p);
        const HfUnitResult *unit = project_result(r, "a.c");

        assert_int_equal(unit->status, HF_UNIT_ERRORS);
        assert_non_null(strstr(unit->message, "/a.c:3: "));
        assert_non_null(strstr(unit->message, "undeclared"));
        assert_int_equal(unit->cached, i);
        assert_non_null(unit->shard);
        hf_extract_result_free(r);
    }
}

/* Whether a header exists now is not among the files that were read. */
static void a_missing_header_is_looked_for_again(void **state)
{
    Project *p = *state;
    HfExtractResult *r;

    project_write(p, "a.c", "#include \"later.h\"\nint a = LATER;\n");
    project_unit(p, "a.c", "-I.");
    r = extract(p);
    assert_int_equal(project_result(r, "a.c")->status, HF_UNIT_ERRORS);
    assert_non_null(strstr(project_result(r, "a.c")->message, "later.h"));
    hf_extract_result_free(r);
    project_write(p, "later.h", "#define LATER 1\n");
    assert_redone(p, "a.c");
    assert_redone(p, "");
}

/* A unit may use the names of thread-safety attributes for its own ends. */
static void attribute_names_may_be_ordinary_names(void **state)
{
    Project *p = *state;

    project_write(p, "a.c",
                  "struct s { int capability, lockable, guarded_by; };\n"
                  "int f(struct s *s)\n"
                  "{\n    return s->capability + s->guarded_by;\n}\n");
    project_write(p, "b.c", "static int capability(int x) { return x; }\n"
                            "int g(void) { return capability(3); }\n");
    project_unit(p, "a.c", "");
    project_unit(p, "b.c", "");
    assert_redone(p, "a.c b.c");
}

static void shards_of_lost_sources_go(void **state)
{
    Project *p = *state;
    g_autofree char *path = project_path(p, "c.c"), *shard = NULL;
    HfExtractResult *r;

    make_project(p);
    r = extract(p);
    shard = g_strdup(project_result(r, "c.c")->shard);
    hf_extract_result_free(r);
    assert_int_equal(g_unlink(path), 0);
    project_forget_units(p);
    project_unit(p, "a.c", "-DNEW");
    project_unit(p, "b.c", "");
    assert_redone(p, "a.c");
    assert_false(g_file_test(shard, G_FILE_TEST_EXISTS));
}

/* ---- parts -------------------------------------------------------------- */

static void shards_of_a_run_add_up(void **state)
{
    Project *p = *state;
    HfExtractOptions parts[2] = { { .shard_index = 0, .shard_count = 2 },
                                  { .shard_index = 1, .shard_count = 2 } };
    guint total = 0;

    make_project(p);
    for (int i = 0; i < 2; i++) {
        HfExtractResult *r = project_extract(p, &parts[i]);

        assert_int_equal(r->n_cached, 0);
        total += r->units->len;
        hf_extract_result_free(r);
    }
    assert_int_equal(total, 3);
    assert_redone(p, ""); /* a whole run finds what the parts did */
}

static void two_outputs_of_one_file_are_two_units(void **state)
{
    Project *p = *state;
    HfExtractResult *r;

    project_write(p, "a.c", "int a = X;\n");
    for (int i = 0; i < 2; i++) {
        g_string_append_printf(p->db,
                               "%s{\"directory\": \"%s\", \"file\": \"a.c\", "
                               "\"command\": \"cc -DX=%d a.c\"}",
                               i ? "," : "", p->dir, i);
    }
    r = extract(p);
    assert_int_equal(r->units->len, 2);
    assert_string_not_equal(((HfUnitResult *)r->units->pdata[0])->shard,
                            ((HfUnitResult *)r->units->pdata[1])->shard);
    hf_extract_result_free(r);
    assert_redone(p, "");
}

static void a_cache_that_cannot_be_made_is_an_error(void **state)
{
    Project *p = *state;
    g_autofree char *file = project_path(p, "a.c/cache");
    HfExtractOptions options = { .cache_dir = file };
    GError *error = NULL;
    HfCompileDb *db;

    make_project(p);
    db = project_load(p);
    assert_null(hf_extract_run(db, &options, &error));
    assert_true(g_error_matches(error, HF_EXTRACT_ERROR,
                                HF_EXTRACT_ERROR_IO));
    assert_non_null(strstr(error->message, "a.c/cache"));
    g_error_free(error);
    hf_compile_db_free(db);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, project_setup, project_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_changed_nothing_done),
        TEST(a_header_costs_those_who_read_it),
        TEST(going_back_counts_as_a_change),
        TEST(a_touched_header_costs_nothing),
        TEST(a_quick_change_is_noticed),
        TEST(flags_cost_their_unit),
        TEST(rules_for_extract_cost_everything),
        TEST(force_does_everything),
        TEST(a_lost_shard_is_made_again),
        TEST(a_broken_table_counts_as_none),
        TEST(a_missing_source_costs_its_unit),
        TEST(a_missing_directory_costs_its_unit),
        TEST(errors_are_remembered),
        TEST(a_missing_header_is_looked_for_again),
        TEST(attribute_names_may_be_ordinary_names),
        TEST(shards_of_lost_sources_go),
        TEST(shards_of_a_run_add_up),
        TEST(two_outputs_of_one_file_are_two_units),
        TEST(a_cache_that_cannot_be_made_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
