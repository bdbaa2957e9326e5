/* SPDX-License-Identifier: MIT */
#include "project.h"

#include <unistd.h>

static void add_units(Project *p)
{
    project_unit(p, "main.c", "");
    project_unit(p, "lib.c", "");
    project_unit(p, "other.c", "");
    project_unit(p, "sub/deep.c", "");
}

/* What is left, as "lib.c main.c". */
static void assert_selected(Project *p, const char *target, const char *want)
{
    const char *const targets[] = { target, NULL };
    HfCompileDb *db = project_load(p);
    GString *got = g_string_new(NULL);
    GError *error = NULL;

    if (!hf_compile_db_select_targets(db, targets, &error)) {
        fail_msg("%s", error->message);
    }
    for (guint i = 0; i < db->entries->len; i++) {
        const HfCompileEntry *entry = db->entries->pdata[i];

        g_string_append_printf(got, "%s%s", i ? " " : "",
                               entry->file + strlen(p->dir) + 1);
    }
    assert_string_equal(got->str, want);
    g_string_free(got, TRUE);
    hf_compile_db_free(db);
}

static void assert_refused(Project *p, const char *target, const char *part)
{
    const char *const targets[] = { target, NULL };
    HfCompileDb *db = project_load(p);
    GError *error = NULL;

    assert_false(hf_compile_db_select_targets(db, targets, &error));
    assert_true(g_error_matches(error, HF_EXTRACT_ERROR,
                                HF_EXTRACT_ERROR_TARGET));
    if (!strstr(error->message, part)) {
        fail_msg("'%s' is not in '%s'", part, error->message);
    }
    g_error_free(error);
    hf_compile_db_free(db);
}

/* ---- CMake's Makefiles -------------------------------------------------- */

static void make_cmake(Project *p)
{
    add_units(p);
    project_write(p, "CMakeCache.txt", "");
    project_write(p, "Makefile", "");
    project_write(p, "CMakeFiles/app.dir/link.txt",
                  "/usr/bin/cc -O2 main.c.o -o app -Wl,-x liblib.a "
                  "sub/libdeep.so -lm\n");
    project_write(p, "CMakeFiles/lib.dir/link.txt",
                  "/usr/bin/ar qc liblib.a @CMakeFiles/lib.dir/objects.rsp\n"
                  "/usr/bin/ranlib liblib.a\n");
    project_write(p, "CMakeFiles/lib.dir/objects.rsp", "lib.c.o\n");
    project_write(p, "CMakeFiles/tool.dir/link.txt",
                  "cc other.c.o -o bin/tool\n");
    project_write(p, "CMakeFiles/empty.dir/link.txt", "cc -o empty none.o\n");
    project_write(p, "sub/CMakeFiles/deep.dir/link.txt",
                  "cc -shared -o libdeep.so deep.c.o ../liblib.a\n");
}

static void cmake_libraries_are_followed(void **state)
{
    make_cmake(*state);
    assert_selected(*state, "app", "lib.c main.c sub/deep.c");
    assert_selected(*state, "lib", "lib.c");
    assert_selected(*state, "deep", "lib.c sub/deep.c");
}

static void cmake_outputs_are_targets_too(void **state)
{
    make_cmake(*state);
    assert_selected(*state, "bin/tool", "other.c");
    assert_selected(*state, "sub/libdeep.so", "lib.c sub/deep.c");
}

static void cmake_unknown_targets_are_refused(void **state)
{
    make_cmake(*state);
    assert_refused(*state, "ap",
                   "unknown target 'ap'; it can link: app, deep, empty, lib, "
                   "tool");
}

static void targets_without_units_are_refused(void **state)
{
    make_cmake(*state);
    assert_refused(*state, "empty",
                   "'empty' links none of the 4 units of the database");
}

/* ---- ninja -------------------------------------------------------------- */

static gboolean have_ninja(void)
{
    g_autofree char *ninja = g_find_program_in_path("ninja");

    return ninja != NULL;
}

static void make_ninja(Project *p)
{
    add_units(p);
    project_write(p, "build.ninja",
                  "rule c_COMPILER\n  command = cc -c $in -o $out\n"
                  "rule c_LINKER\n  command = cc $in -o $out\n"
                  "rule STATIC_LINKER\n  command = ar qc $out $in\n"
                  "build main.c.o: c_COMPILER main.c\n"
                  "build lib.c.o: c_COMPILER lib.c\n"
                  "build other.c.o: c_COMPILER other.c\n"
                  "build liblib.a: STATIC_LINKER lib.c.o\n"
                  "build app: c_LINKER ./main.c.o liblib.a\n"
                  "build tool: c_LINKER other.c.o\n");
}

static void ninja_knows_what_is_linked(void **state)
{
    if (!have_ninja()) {
        skip();
    }
    make_ninja(*state);
    assert_selected(*state, "app", "lib.c main.c");
    assert_selected(*state, "tool", "other.c");
}

static void ninja_unknown_targets_are_refused(void **state)
{
    if (!have_ninja()) {
        skip();
    }
    make_ninja(*state);
    assert_refused(*state, "ap", "unknown target 'ap'");
    assert_refused(*state, "ap", "it can link: app, tool");
}

/* ---- neither ------------------------------------------------------------ */

static void other_builds_are_refused(void **state)
{
    add_units(*state);
    assert_refused(*state, "app", "neither build.ninja nor");
}

static void a_linked_database_leads_to_its_build(void **state)
{
    Project *p = *state;
    const char *const targets[] = { "app", NULL };
    g_autofree char *link = project_path(p, "elsewhere/compile_commands.json");
    g_autofree char *real = project_path(p, "compile_commands.json");
    GError *error = NULL;
    HfCompileDb *db;

    make_cmake(p);
    hf_compile_db_free(project_load(p)); /* writes it */
    project_write(p, "elsewhere/x", "");
    assert_int_equal(symlink(real, link), 0);
    db = hf_compile_db_load(link, &error);
    assert_non_null(db);
    assert_true(hf_compile_db_select_targets(db, targets, &error));
    assert_int_equal(db->entries->len, 3);
    hf_compile_db_free(db);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, project_setup, project_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(cmake_libraries_are_followed),
        TEST(cmake_outputs_are_targets_too),
        TEST(cmake_unknown_targets_are_refused),
        TEST(targets_without_units_are_refused),
        TEST(ninja_knows_what_is_linked),
        TEST(ninja_unknown_targets_are_refused),
        TEST(other_builds_are_refused),
        TEST(a_linked_database_leads_to_its_build),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
