/* SPDX-License-Identifier: MIT */
#include "project.h"

#include "extract/pch_plan.h"
#include <utime.h>

#define N_PLAIN 10

/* ---- what is shared ----------------------------------------------------- */

static GPtrArray *plan(Project *p, HfNames *names, HfCompileDb **db)
{
    char ***args;
    GPtrArray *groups;

    *db = project_load(p);
    args = g_new(char **, (*db)->entries->len);
    for (guint i = 0; i < (*db)->entries->len; i++) {
        args[i] = ((HfCompileEntry *)(*db)->entries->pdata[i])->args;
    }
    groups = hf_pch_plan(names, (*db)->entries, args);
    g_free(args);
    return groups;
}

/* The headers of the first group, joined by blanks. */
static void assert_planned(Project *p, const char *want)
{
    HfNames *names = hf_names_new();
    HfCompileDb *db;
    GPtrArray *groups = plan(p, names, &db);
    HfPchGroup *group = groups->pdata[0];
    g_autofree char *got = NULL, *rest = NULL;
    char **parts;

    g_ptr_array_add(group->headers, NULL);
    got = g_strjoinv(" ", (char **)group->headers->pdata);
    g_ptr_array_set_size(group->headers, (gint)group->headers->len - 1);
    parts = g_strsplit(got, p->dir, -1);
    rest = g_strjoinv("DIR", parts);
    assert_string_equal(rest, want);
    g_strfreev(parts);
    g_ptr_array_unref(groups);
    hf_compile_db_free(db);
    hf_names_free(names);
}

static void add_units(Project *p, int n, const char *flags, const char *text)
{
    for (int i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("plain%d.c", i);
        g_autofree char *all = g_strdup_printf("%s\nint plain%d;\n", text, i);

        project_write(p, name, all);
        project_unit(p, name, flags);
    }
}

static void headers_come_in_the_order_of_the_units(void **state)
{
    add_units(*state, N_PLAIN, "",
              "/* a comment */\n#include <b.h>\n"
              "#include \"a.h\" // another\n\n#  include <c.h>\n");
    assert_planned(*state, "<b.h> \"a.h\" <c.h>");
}

static void only_includes_before_anything_else_count(void **state)
{
    add_units(*state, N_PLAIN, "",
              "#include <a.h>\n#define X\n#include <b.h>\n");
    assert_planned(*state, "<a.h>");
}

static void code_before_includes_leaves_nothing(void **state)
{
    add_units(*state, N_PLAIN, "", "int x;\n#include <a.h>\n");
    assert_planned(*state, "");
}

static void few_units_share_nothing(void **state)
{
    add_units(*state, 2, "", "#include <a.h>\n");
    assert_planned(*state, "");
}

static void rare_headers_are_not_shared(void **state)
{
    Project *p = *state;

    add_units(p, N_PLAIN, "", "#include <a.h>\n");
    project_write(p, "plain1.c", "#include <a.h>\n#include <rare.h>\n");
    project_write(p, "plain2.c", "#include <a.h>\n#include <rare.h>\n");
    assert_planned(p, "<a.h>");
}

static void a_header_beside_the_unit_gets_its_path(void **state)
{
    project_write(*state, "beside.h",
                  "#ifndef BESIDE\n#define BESIDE\n#endif\n");
    add_units(*state, N_PLAIN, "", "#include \"beside.h\"\n");
    assert_planned(*state, "\"DIR/beside.h\"");
}

static void of_a_header_without_guard_its_includes_count(void **state)
{
    Project *p = *state;

    project_write(p, "open.h", "#include \"once.h\"\n#include <x.h>\n");
    project_write(p, "once.h", "#pragma once\nint once;\n");
    add_units(p, N_PLAIN, "", "#include \"open.h\"\n");
    assert_planned(p, "\"DIR/once.h\" <x.h>");
}

static void headers_that_include_themselves_end(void **state)
{
    Project *p = *state;

    project_write(p, "loop.h", "#include \"loop.h\"\n#include \"loop.h\"\n"
                               "#include \"loop.h\"\n#include <x.h>\n");
    add_units(p, N_PLAIN, "", "#include \"loop.h\"\n");
    assert_planned(p, "<x.h>");
}

static void other_flags_make_another_group(void **state)
{
    Project *p = *state;
    HfNames *names = hf_names_new();
    HfCompileDb *db;
    GPtrArray *groups;

    add_units(p, 3, "-DX", "");
    project_write(p, "y.c", "");
    project_unit(p, "y.c", "-DY");
    groups = plan(p, names, &db);
    assert_int_equal(groups->len, 2);
    assert_int_equal(((HfPchGroup *)groups->pdata[0])->units->len, 3);
    g_ptr_array_unref(groups);
    hf_compile_db_free(db);
    hf_names_free(names);
}

/* ---- the same facts with and without ------------------------------------ */

static void make_project(Project *p)
{
    project_write(p, "inc/first.h",
                  "#ifndef FIRST_H\n#define FIRST_H\n"
                  "struct first { int a; struct second *next; };\n"
                  "int take(struct first *f);\n#endif\n");
    project_write(p, "inc/second.h",
                  "#ifndef SECOND_H\n#define SECOND_H\n"
                  "#ifndef TUNE\n#define TUNE 1\n#endif\n"
                  "#define SECOND_FLAG 1\n"
                  "struct second { int b; };\n"
                  "static inline int second_tune(struct second *s)\n"
                  "{\n    s->b = TUNE;\n    return s->b;\n}\n"
                  "static inline void second_end(struct second **s)\n"
                  "{\n    second_tune(*s);\n}\n"
                  "#endif\n");
    project_write(p, "inc/third.h",
                  "#ifndef THIRD_H\n#define THIRD_H\n"
                  "int third(int x);\n"
                  "#ifdef LATE\n"
                  "static inline int late(int x) { return third(x); }\n"
                  "#else\n"
                  "static inline int late(int x) { return x; }\n"
                  "#endif\n"
                  "#ifdef SECOND_FLAG\n"
                  "static inline int mode(int x) { return third(x); }\n"
                  "#else\n"
                  "static inline int mode(int x) { return x; }\n"
                  "#endif\n#endif\n");
    for (int i = 0; i < N_PLAIN; i++) {
        g_autofree char *name = g_strdup_printf("plain%d.c", i);
        g_autofree char *text = g_strdup_printf(
            "#include \"first.h\"\n#include \"second.h\"\n"
            "#include \"third.h\"\n"
            "int plain%d(struct first *f)\n"
            "{\n    return second_tune(f->next) + third(f->a);\n}\n", i);

        project_write(p, name, text);
        project_unit(p, name, "-Iinc");
    }
}

/* n: units that may be parsed with the shared header. */
static HfExtractResult *compare(Project *p, int n)
{
    g_autofree char *plain_cache = project_path(p, "plain");
    HfExtractOptions with = { .pch = TRUE };
    HfExtractOptions without = { .cache_dir = plain_cache };
    HfExtractResult *a = project_extract(p, &with);
    HfExtractResult *b = project_extract(p, &without);

    assert_int_equal(a->units->len, b->units->len);
    for (guint i = 0; i < a->units->len; i++) {
        const HfUnitResult *unit = a->units->pdata[i];

        if (unit->status != HF_UNIT_OK) {
            fail_msg("%s", unit->message);
        }
        assert_same_facts(unit, b->units->pdata[i]);
    }
    assert_int_equal(a->n_pch, n);
    assert_int_equal(b->n_pch, 0);
    hf_extract_result_free(b);
    return a;
}

/* One more unit, and whether it may use the shared header. */
static void compare_with(Project *p, const char *text, gboolean may)
{
    make_project(p);
    project_write(p, "special.c", text);
    project_unit(p, "special.c", "-Iinc");
    hf_extract_result_free(compare(p, N_PLAIN + may));
}

static void plain_units_use_it(void **state)
{
    make_project(*state);
    hf_extract_result_free(compare(*state, N_PLAIN));
}

static void a_unit_that_includes_less_uses_it(void **state)
{
    compare_with(*state, "#include \"first.h\"\n"
                         "int special(struct first *f) { return take(f); }\n",
                 TRUE);
}

static void another_order_makes_no_difference(void **state)
{
    compare_with(*state,
                 "#include \"second.h\"\n#include \"first.h\"\n"
                 "#include \"third.h\"\n"
                 "int special(struct second *s)\n"
                 "{\n    return third(second_tune(s)) + mode(4);\n}\n",
                 TRUE);
}

/* third.h looks at a macro of second.h. */
static void an_order_that_matters_is_seen(void **state)
{
    compare_with(*state,
                 "#include \"third.h\"\n#include \"second.h\"\n"
                 "int special(void) { return mode(3); }\n", FALSE);
}

static void a_header_changed_by_another_is_seen(void **state)
{
    compare_with(*state, "#include \"third.h\"\n"
                         "int special(void) { return mode(3); }\n", FALSE);
}

static void a_cleanup_function_is_found(void **state)
{
    compare_with(*state,
                 "#include \"first.h\"\n#include \"second.h\"\n"
                 "void special(struct first *f)\n{\n"
                 "    __attribute__((cleanup(second_end)))\n"
                 "    struct second *s = f->next;\n    s->b = 3;\n}\n", TRUE);
}

static void a_foreign_macro_is_seen(void **state)
{
    compare_with(*state,
                 "#include \"first.h\"\n"
                 "#ifdef SECOND_FLAG\n"
                 "int special(struct first *f) { return f->a; }\n"
                 "#else\n"
                 "int special(struct first *f) { return take(f); }\n"
                 "#endif\n", FALSE);
}

static void a_foreign_macro_in_a_macro_is_seen(void **state)
{
    compare_with(*state,
                 "#include \"first.h\"\n"
                 "enum { plain_TUNE };\n"
                 "#define USE(x) (x) + WRAP\n#define WRAP TUNE\n"
                 "int special(struct first *f)\n{\n"
                 "    int TUNE = take(f);\n    return USE(f->a);\n}\n",
                 FALSE);
}

static void a_macro_for_a_shared_header_is_seen(void **state)
{
    compare_with(*state,
                 "#include \"first.h\"\n#define TUNE 7\n"
                 "#include \"second.h\"\n"
                 "int special(struct second *s) { return second_tune(s); }\n",
                 FALSE);
}

static void a_macro_of_an_own_header_is_seen(void **state)
{
    Project *p = *state;

    project_write(p, "inc/own.h", "#define LATE\n");
    compare_with(p, "#include \"second.h\"\n#include \"own.h\"\n"
                    "#include \"third.h\"\n"
                    "int special(void) { return late(3); }\n",
                 FALSE);
}

static void a_late_macro_does_no_harm(void **state)
{
    compare_with(*state,
                 "#include \"first.h\"\n#include \"second.h\"\n"
                 "#include \"third.h\"\n#define LATE 7\n"
                 "int special(struct first *f) { return third(LATE); }\n",
                 TRUE);
}

static void a_clash_is_seen(void **state)
{
    compare_with(*state,
                 "#include \"first.h\"\nstruct second { char c[3]; };\n"
                 "int special(struct second *s) { return s->c[0]; }\n", FALSE);
}

static void a_foreign_declaration_is_seen(void **state)
{
    compare_with(*state, "int third(int x);\n"
                         "int special(void) { return third(3); }\n", FALSE);
}

static void a_computed_include_is_seen(void **state)
{
    Project *p = *state;

    project_write(p, "inc/own.h", "#define TUNE 8\n");
    compare_with(p, "#include \"first.h\"\n#define WHICH \"own.h\"\n"
                    "#include WHICH\n#include \"second.h\"\n"
                    "int special(struct second *s)\n"
                    "{\n    return second_tune(s);\n}\n", FALSE);
}

static void a_header_without_guard_is_left_out(void **state)
{
    Project *p = *state;
    HfExtractResult *r;

    make_project(p);
    project_write(p, "inc/open.h", "static int open_count;\n");
    for (int i = 0; i < N_PLAIN; i++) {
        g_autofree char *name = g_strdup_printf("plain%d.c", i);

        project_write(p, name, "#include \"open.h\"\n#include \"third.h\"\n"
                               "int f(void)\n"
                               "{\n    return third(open_count);\n}\n");
    }
    r = compare(p, N_PLAIN);
    hf_extract_result_free(r);
}

static void headers_that_clash_are_left_out(void **state)
{
    Project *p = *state;

    make_project(p);
    project_write(p, "inc/zclash.h",
                  "#ifndef ZCLASH_H\n#define ZCLASH_H\n"
                  "struct second { long other; };\n#endif\n");
    for (int i = 0; i < 4; i++) {
        g_autofree char *name = g_strdup_printf("zclash%d.c", i);

        project_write(p, name, "#include \"zclash.h\"\n"
                               "long g(struct second *s)\n"
                               "{\n    return s->other;\n}\n");
        project_unit(p, name, "-Iinc");
    }
    /* whichever of the two is kept, the other's units do without */
    hf_extract_result_free(compare(p, N_PLAIN));
}

static void forced_includes_belong_to_the_unit(void **state)
{
    Project *p = *state;

    make_project(p);
    project_forget_units(p);
    for (int i = 0; i < N_PLAIN; i++) {
        g_autofree char *name = g_strdup_printf("plain%d.c", i);

        project_write(p, name, "#include \"third.h\"\n"
                               "int f(struct second *s)\n"
                               "{\n    return third(s->b + SECOND_FLAG);\n}\n");
        project_unit(p, name, "-Iinc -include second.h");
    }
    hf_extract_result_free(compare(p, N_PLAIN));
}

/* ---- on disk ------------------------------------------------------------ */

static void a_changed_header_makes_a_new_one(void **state)
{
    Project *p = *state;
    HfExtractOptions with = { .pch = TRUE };
    HfExtractResult *r;

    make_project(p);
    hf_extract_result_free(compare(p, N_PLAIN));
    project_write(p, "inc/second.h",
                  "#ifndef SECOND_H\n#define SECOND_H\n"
                  "struct second { char changed; int b; };\n"
                  "int second_tune(struct second *s);\n#endif\n");
    hf_extract_result_free(compare(p, N_PLAIN));
    r = project_extract(p, &with);
    assert_int_equal(r->n_cached, N_PLAIN);
    hf_extract_result_free(r);
}

/* Calls fn for every file of the header's directory with this suffix. */
static int for_each_file(Project *p, const char *suffix,
                         void (*fn)(const char *path))
{
    g_autofree char *dir = project_path(p, "cache/pch");
    GDir *d = g_dir_open(dir, 0, NULL);
    const char *name;
    int n = 0;

    assert_non_null(d);
    while ((name = g_dir_read_name(d))) {
        if (g_str_has_suffix(name, suffix)) {
            g_autofree char *path = g_build_filename(dir, name, NULL);

            fn(path);
            n++;
        }
    }
    g_dir_close(d);
    return n;
}

static void truncate_file(const char *path)
{
    g_autofree char *bytes = NULL;
    gsize len;

    assert_true(g_file_get_contents(path, &bytes, &len, NULL));
    assert_true(g_file_set_contents(path, bytes, (gssize)len / 2, NULL));
}

static void remove_file(const char *path)
{
    assert_int_equal(g_unlink(path), 0);
}

/* pch: units that use the header in the next, forced run. */
static void damage(Project *p, const char *suffix,
                   void (*fn)(const char *path), int n_pch)
{
    HfExtractOptions again = { .pch = TRUE, .force = TRUE };
    HfExtractResult *r;

    make_project(p);
    hf_extract_result_free(compare(p, N_PLAIN));
    assert_int_equal(for_each_file(p, suffix, fn), 1);
    r = project_extract(p, &again);
    for (guint i = 0; i < r->units->len; i++) {
        assert_int_equal(((HfUnitResult *)r->units->pdata[i])->status,
                         HF_UNIT_OK);
    }
    assert_int_equal(r->n_pch, n_pch);
    hf_extract_result_free(r);
}

static void a_broken_description_is_made_again(void **state)
{
    damage(*state, ".meta", truncate_file, N_PLAIN);
}

static void a_lost_header_is_made_again(void **state)
{
    damage(*state, ".pch", remove_file, N_PLAIN);
}

static void a_broken_header_is_done_without(void **state)
{
    damage(*state, ".pch", truncate_file, 0);
}

static void old_headers_do_not_pile_up(void **state)
{
    Project *p = *state;

    make_project(p);
    hf_extract_result_free(compare(p, N_PLAIN));
    project_write(p, "inc/third.h",
                  "#ifndef THIRD_H\n#define THIRD_H\n"
                  "int third(int y);\n#endif\n");
    hf_extract_result_free(compare(p, N_PLAIN));
    assert_int_equal(for_each_file(p, ".pch", remove_file), 1);
}

static void make_old(const char *path)
{
    struct utimbuf times = { 1000000000, 1000000000 };

    assert_int_equal(utime(path, &times), 0);
}

static void touch(const char *path)
{
    assert_int_equal(utime(path, NULL), 0);
}

static void forgotten_headers_are_removed(void **state)
{
    Project *p = *state;

    make_project(p);
    hf_extract_result_free(compare(p, N_PLAIN));
    for_each_file(p, "", make_old);
    project_forget_units(p);
    for (int i = 0; i < N_PLAIN; i++) {
        g_autofree char *name = g_strdup_printf("plain%d.c", i);

        project_unit(p, name, "-Iinc -DNEW");
    }
    hf_extract_result_free(compare(p, N_PLAIN));
    assert_int_equal(for_each_file(p, ".pch", touch), 1);
    assert_int_equal(for_each_file(p, ".meta", touch), 1);
    assert_int_equal(for_each_file(p, ".h", touch), 1);
}

#define TEST(name) \
    cmocka_unit_test_setup_teardown(name, project_setup, project_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(headers_come_in_the_order_of_the_units),
        TEST(only_includes_before_anything_else_count),
        TEST(code_before_includes_leaves_nothing),
        TEST(few_units_share_nothing),
        TEST(rare_headers_are_not_shared),
        TEST(a_header_beside_the_unit_gets_its_path),
        TEST(of_a_header_without_guard_its_includes_count),
        TEST(headers_that_include_themselves_end),
        TEST(other_flags_make_another_group),
        TEST(plain_units_use_it),
        TEST(a_unit_that_includes_less_uses_it),
        TEST(another_order_makes_no_difference),
        TEST(an_order_that_matters_is_seen),
        TEST(a_header_changed_by_another_is_seen),
        TEST(a_cleanup_function_is_found),
        TEST(a_foreign_macro_is_seen),
        TEST(a_foreign_macro_in_a_macro_is_seen),
        TEST(a_macro_for_a_shared_header_is_seen),
        TEST(a_macro_of_an_own_header_is_seen),
        TEST(a_late_macro_does_no_harm),
        TEST(a_clash_is_seen),
        TEST(a_foreign_declaration_is_seen),
        TEST(a_computed_include_is_seen),
        TEST(a_header_without_guard_is_left_out),
        TEST(headers_that_clash_are_left_out),
        TEST(forced_includes_belong_to_the_unit),
        TEST(a_changed_header_makes_a_new_one),
        TEST(a_broken_description_is_made_again),
        TEST(a_lost_header_is_made_again),
        TEST(a_broken_header_is_done_without),
        TEST(old_headers_do_not_pile_up),
        TEST(forgotten_headers_are_removed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
