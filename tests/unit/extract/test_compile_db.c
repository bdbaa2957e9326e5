/* SPDX-License-Identifier: MIT */
#include "project.h"

#define ENTRY(file, command)                              \
    "{\"directory\": \"/s\", \"file\": \"" file "\", "     \
    "\"command\": \"" command "\"}"

static HfCompileDb *load_text(Project *p, const char *text, GError **error)
{
    project_write(p, "compile_commands.json", text);
    return hf_compile_db_load(p->dir, error);
}

static HfCompileDb *load_ok(Project *p, const char *text)
{
    GError *error = NULL;
    HfCompileDb *db = load_text(p, text, &error);

    if (!db) {
        fail_msg("%s", error->message);
    }
    return db;
}

static void assert_error(Project *p, const char *text, const char *part)
{
    GError *error = NULL;
    HfCompileDb *db = load_text(p, text, &error);

    assert_null(db);
    assert_true(g_error_matches(error, HF_EXTRACT_ERROR,
                                HF_EXTRACT_ERROR_DATABASE));
    if (!strstr(error->message, part)) {
        fail_msg("'%s' is not in '%s'", part, error->message);
    }
    g_error_free(error);
}

static const HfCompileEntry *entry(const HfCompileDb *db, guint i)
{
    assert_true(i < db->entries->len);
    return db->entries->pdata[i];
}

static void command_is_split_and_cleaned(void **state)
{
    HfCompileDb *db = load_ok(*state,
        "[{\"directory\": \"/src/build\", \"file\": \"../a.c\",\n"
        "  \"command\": \"cc -I.. '-DX=a b' -Wall -g -MD -MF x.d -o a.o "
        "-c ../a.c\"}]");
    const HfCompileEntry *e = entry(db, 0);

    assert_string_equal(e->directory, "/src/build");
    assert_string_equal(e->file, "/src/a.c");
    assert_string_equal(e->output, "a.o");
    assert_string_equal(e->args[0], "-I..");
    assert_string_equal(e->args[1], "-DX=a b");
    assert_null(e->args[2]);
    hf_compile_db_free(db);
}

static void arguments_are_taken_as_they_are(void **state)
{
    HfCompileDb *db = load_ok(*state,
        "[{\"directory\": \"/src\", \"file\": \"/other/a.c\",\n"
        "  \"output\": \"named.o\",\n"
        "  \"arguments\": [\"/usr/bin/gcc\", \"-DX=\\\"q r\\\"\", \"-o\", "
        "\"real.o\", \"-c\", \"/other/a.c\"]}]");
    const HfCompileEntry *e = entry(db, 0);

    assert_string_equal(e->file, "/other/a.c");
    assert_string_equal(e->output, "named.o");
    assert_string_equal(e->args[0], "-DX=\"q r\"");
    assert_null(e->args[1]);
    hf_compile_db_free(db);
}

static void relative_directory_is_below_the_database(void **state)
{
    Project *p = *state;
    HfCompileDb *db = load_ok(p,
        "[{\"directory\": \"sub\", \"file\": \"a.c\", "
        "\"command\": \"cc a.c\"}]");
    char *want = project_path(p, "sub/a.c");

    assert_string_equal(entry(db, 0)->file, want);
    g_free(want);
    hf_compile_db_free(db);
}

static void entries_are_sorted_and_copies_removed(void **state)
{
    HfCompileDb *db = load_ok(*state,
        "[{\"directory\": \"/s\", \"file\": \"b.c\", \"command\": \"cc b.c\"},"
        "{\"directory\": \"/s\", \"file\": \"a.c\", "
        "\"command\": \"cc -o 2.o a.c\"},"
        "{\"directory\": \"/s\", \"file\": \"a.c\", "
        "\"command\": \"cc -o 1.o a.c\"},"
        "{\"directory\": \"/s\", \"file\": \"a.c\", "
        "\"command\": \"cc -Wall a.c -o 1.o\"},"
        "{\"directory\": \"/s\", \"file\": \"a.c\", "
        "\"command\": \"cc -DX a.c -o 1.o\"}]");

    assert_int_equal(db->entries->len, 4);
    assert_string_equal(entry(db, 0)->output, "1.o");
    assert_string_equal(entry(db, 1)->output, "1.o");
    assert_string_equal(entry(db, 1)->args[0], "-DX");
    assert_string_equal(entry(db, 2)->output, "2.o");
    assert_string_equal(entry(db, 3)->file, "/s/b.c");
    hf_compile_db_free(db);
}

static void other_languages_are_left_out_with_a_warning(void **state)
{
    HfCompileDb *db = load_ok(*state,
        "[" ENTRY("a.cc", "c++ a.cc") ",\n" ENTRY("a.S", "cc a.S") ",\n"
        ENTRY("a.m", "cc a.m") ",\n" ENTRY("a.c", "g++ a.c") ",\n"
        ENTRY("b.c", "cc -x c++ b.c") ",\n" ENTRY("c.c", "cc c.c") ",\n"
        ENTRY("c.txt", "cc -x c c.txt") "]");

    assert_int_equal(db->entries->len, 2);
    assert_int_equal(db->warnings->len, 5);
    assert_non_null(strstr(db->warnings->pdata[1], ":2: entry 1: /s/a.S"));
    hf_compile_db_free(db);
}

static void response_files_are_read(void **state)
{
    Project *p = *state;
    HfCompileDb *db;

    project_write(p, "flags.rsp", "-DA='x y'\n-DB=\"q\"  @more.rsp\n");
    project_write(p, "more.rsp", "-Iinc\\ dir");
    db = load_ok(p, "[{\"directory\": \".\", \"file\": \"a.c\", "
                    "\"command\": \"cc @flags.rsp a.c\"},"
                    "{\"directory\": \".\", \"file\": \"b.c\", "
                    "\"command\": \"cc @none.rsp b.c\"}]");
    assert_int_equal(db->entries->len, 1);
    assert_string_equal(entry(db, 0)->args[0], "-DA=x y");
    assert_string_equal(entry(db, 0)->args[1], "-DB=q");
    assert_string_equal(entry(db, 0)->args[2], "-Iinc dir");
    assert_non_null(strstr(db->warnings->pdata[0], "none.rsp"));
    hf_compile_db_free(db);
}

static void a_response_file_that_names_itself_ends(void **state)
{
    Project *p = *state;
    HfCompileDb *db;

    project_write(p, "loop.rsp", "@loop.rsp");
    db = load_ok(p, "[{\"directory\": \".\", \"file\": \"a.c\", "
                    "\"command\": \"cc @loop.rsp a.c\"}]");
    assert_int_equal(db->entries->len, 0);
    assert_non_null(strstr(db->warnings->pdata[0], "nested"));
    hf_compile_db_free(db);
}

static void broken_json_names_the_line(void **state)
{
    assert_error(*state, "[\n{\"directory\": \"/s\",\n\"file\": ,\n",
                 "compile_commands.json:3: not valid JSON");
    assert_error(*state, "", ":1: expected an array");
    assert_error(*state, "{\"a\": 1}", ":1: expected an array");
    assert_error(*state, "\xff\xfe[", "UTF-8");
}

static void deep_nesting_is_an_error(void **state)
{
    char *text = g_strnfill(200000, '[');

    assert_error(*state, text, ":1: nested more than");
    g_free(text);
}

static void wrong_shape_names_the_entry(void **state)
{
    const char *good = "[{\"directory\": \"/\", \"file\": \"a.c\", "
                       "\"command\": \"cc\"},\n";
    const struct {
        const char *entry, *message;
    } cases[] = {
        { "3", "entry 1: not an object" },
        { "{\"file\": \"a.c\"}", ":2: entry 1: \"directory\" is missing" },
        { "{\"directory\": \"/\", \"file\": 3}",
          "entry 1: \"file\" is not a string" },
        { "{\"directory\": \"/\", \"file\": \"a.c\"}",
          "entry 1: neither \"command\" nor \"arguments\"" },
        { "{\"directory\": \"/\", \"file\": \"a.c\", \"arguments\": \"cc\"}",
          "entry 1: \"arguments\" is not an array" },
        { "{\"directory\": \"/\", \"file\": \"a.c\", \"arguments\": [1]}",
          "entry 1: \"arguments\" has something not a string" },
        { "{\"directory\": \"/\", \"file\": \"a.c\", \"command\": \"cc 'x\"}",
          "entry 1: " },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        char *text = g_strconcat(good, cases[i].entry, "]", NULL);

        assert_error(*state, text, cases[i].message);
        g_free(text);
    }
}

static void a_missing_database_says_how_to_make_one(void **state)
{
    Project *p = *state;
    GError *error = NULL;

    assert_null(hf_compile_db_load(p->dir, &error));
    assert_non_null(strstr(error->message, "compile_commands.json"));
    assert_non_null(strstr(error->message, "CMAKE_EXPORT_COMPILE_COMMANDS"));
    g_clear_error(&error);
}

static void filter_takes_patterns_and_directories(void **state)
{
    static const char text[] =
        "[" ENTRY("hw/a.c", "cc") "," ENTRY("hw/net/b.c", "cc") ","
        ENTRY("hwmon.c", "cc") "," ENTRY("ui/c.c", "cc") "]";
    const struct {
        const char *pattern;
        guint n;
    } cases[] = {
        { "hw", 2 },      { "hw/", 2 },    { "hw/*.c", 2 }, { "hw/a.c", 1 },
        { "/s/ui", 1 },   { "*/c.c", 1 },  { "none", 0 },   { "/s/*/b.c", 1 },
        { "./hw/net", 1 },
    };

    for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
        HfCompileDb *db = load_ok(*state, text);
        const char *const patterns[] = { cases[i].pattern, NULL };

        hf_compile_db_filter(db, "/s", patterns);
        if (db->entries->len != cases[i].n) {
            fail_msg("%s: %u", cases[i].pattern, db->entries->len);
        }
        hf_compile_db_free(db);
    }
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, project_setup, project_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(command_is_split_and_cleaned),
        TEST(arguments_are_taken_as_they_are),
        TEST(relative_directory_is_below_the_database),
        TEST(entries_are_sorted_and_copies_removed),
        TEST(other_languages_are_left_out_with_a_warning),
        TEST(response_files_are_read),
        TEST(a_response_file_that_names_itself_ends),
        TEST(broken_json_names_the_line),
        TEST(deep_nesting_is_an_error),
        TEST(wrong_shape_names_the_entry),
        TEST(a_missing_database_says_how_to_make_one),
        TEST(filter_takes_patterns_and_directories),
    };

    hf_compile_db_free(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
