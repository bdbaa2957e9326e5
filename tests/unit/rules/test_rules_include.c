/* SPDX-License-Identifier: MIT */
/* Profiles as files and directories: search, includes, who wins. */
#include "rules/rules.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include <glib/gstdio.h>
#include <cmocka.h>

/* A directory of its own for each test, left empty behind it. */
typedef struct {
    char *dir;
    GPtrArray *made; /* char*: what to remove, last first */
} Fixture;

static int setup(void **state)
{
    Fixture *f = g_new0(Fixture, 1);

    f->dir = g_dir_make_tmp("hf-rules-XXXXXX", NULL);
    f->made = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(f->made, g_strdup(f->dir));
    *state = f;
    return f->dir ? 0 : -1;
}

static int teardown(void **state)
{
    Fixture *f = *state;

    while (f->made->len > 0) {
        g_remove(g_ptr_array_index(f->made, f->made->len - 1));
        g_ptr_array_set_size(f->made, f->made->len - 1);
    }
    g_ptr_array_unref(f->made);
    g_free(f->dir);
    g_free(f);
    return 0;
}

static char *path_of(Fixture *f, const char *name)
{
    return g_build_filename(f->dir, name, NULL);
}

static void make_dir(Fixture *f, const char *name)
{
    char *path = path_of(f, name);

    assert_int_equal(g_mkdir(path, 0755), 0);
    g_ptr_array_add(f->made, path);
}

static void make_file(Fixture *f, const char *name, const char *text)
{
    char *path = path_of(f, name);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    g_ptr_array_add(f->made, path);
}

/* Load by name out of f->dir, or by path when it has one. */
static HfRules *load_in(Fixture *f, const char *profile, GError **error)
{
    const char *dirs[] = { f->dir, NULL };

    return hf_rules_load(profile, dirs, error);
}

static HfRules *load(Fixture *f, const char *profile)
{
    GError *error = NULL;
    HfRules *rules = load_in(f, profile, &error);

    if (!rules)
        fail_msg("%s", error->message);
    return rules;
}

/* The message with the directory's name left out. */
static void expect_error(Fixture *f, const char *profile, HfRulesError code,
                         const char *message)
{
    GError *error = NULL;
    char *prefix = g_strconcat(f->dir, "/", NULL);
    HfRules *rules = load_in(f, profile, &error);
    GString *got;

    assert_null(rules);
    got = g_string_new(error->message);
    g_string_replace(got, prefix, "", 0);
    g_string_replace(got, f->dir, "DIR", 0);
    assert_string_equal(got->str, message);
    assert_int_equal(error->code, code);
    g_string_free(got, TRUE);
    g_free(prefix);
    g_error_free(error);
}

static void expect_cap(const HfRules *rules, const char *function,
                       const char *cap)
{
    const HfFunctionRule *f = hf_rules_function(rules, function);

    if (!cap) {
        assert_null(f);
        return;
    }
    assert_non_null(f);
    assert_int_equal(f->effects->len, 1);
    assert_string_equal(((HfEffect *)f->effects->pdata[0])->cap, cap);
}

static void test_file_and_directory(void **state)
{
    Fixture *f = *state;
    HfRules *r;

    make_file(f, "one.yaml", "functions: {f: {acquire: a}}\n");
    make_dir(f, "two");
    make_file(f, "two/20.yaml", "profile: two\nfunctions: {f: {acquire: b}}\n");
    make_file(f, "two/10.yaml",
              "functions: {f: {acquire: a}, g: {acquire: c}}\n");
    make_file(f, "two/README.md", "not a rule\n");
    make_file(f, "two/.hidden.yaml", "not: read\n");
    r = load(f, "one");
    assert_string_equal(r->profile, "one");
    expect_cap(r, "f", "a");
    hf_rules_free(r);
    r = load(f, "two");
    assert_string_equal(r->profile, "two");
    expect_cap(r, "f", "b");
    expect_cap(r, "g", "c");
    assert_int_equal(r->functions->len, 2);
    assert_int_equal(r->files->len, 2);
    assert_true(g_str_has_suffix(r->files->pdata[0], "/two/10.yaml"));
    hf_rules_free(r);
}

static void test_by_path(void **state)
{
    Fixture *f = *state;
    char *path = path_of(f, "mine.yaml"), *dir = path_of(f, "d");
    HfRules *r;

    make_file(f, "mine.yaml",
              "profile: other\ninclude: neighbour\n"
              "functions: {f: {acquire: a}}\n");
    make_file(f, "neighbour.yaml", "functions: {g: {acquire: b}}\n");
    make_dir(f, "d");
    make_file(f, "d/x.yaml", "functions: {h: {acquire: c}}\n");
    r = hf_rules_load(path, NULL, NULL);
    assert_non_null(r);
    assert_string_equal(r->profile, "other");
    expect_cap(r, "f", "a");
    expect_cap(r, "g", "b");
    hf_rules_free(r);
    r = hf_rules_load(dir, NULL, NULL);
    assert_non_null(r);
    assert_string_equal(r->profile, "d");
    expect_cap(r, "h", "c");
    hf_rules_free(r);
    g_free(path);
    g_free(dir);
}

static void test_search_order(void **state)
{
    Fixture *f = *state;
    char *a = path_of(f, "a"), *b = path_of(f, "b"), *none = path_of(f, "no");
    const char *dirs[] = { none, b, a, NULL };
    HfRules *r;

    make_dir(f, "a");
    make_dir(f, "b");
    make_file(f, "a/p.yaml", "functions: {f: {acquire: a}}\n");
    make_file(f, "b/p.yaml", "functions: {f: {acquire: b}}\n");
    make_file(f, "a/q.yaml", "include: [p]\n");
    r = hf_rules_load("q", dirs, NULL);
    assert_non_null(r);
    expect_cap(r, "f", "b");
    hf_rules_free(r);
    g_free(a);
    g_free(b);
    g_free(none);
}

/* Later wins by name, wherever the include stands in the file, and what is
 * included twice is read once. */
static void test_override(void **state)
{
    Fixture *f = *state;
    const HfCheckerRule *c;
    HfRules *r;

    make_file(f, "base.yaml",
              "capabilities: {bql: {kind: token}, rcu: {kind: token}}\n"
              "lock_types: {M: {rank: 1}}\n"
              "functions: {f: {acquire: base}, 'g*': {acquire: base},\n"
              "            h: {acquire: base}}\n"
              "annotations: {a: {io: true}}\n"
              "fields: {A.b: {guarded_by: base}}\n"
              "slots: {A.b: {entry: held}}\n"
              "roles: {r: {entries: [x], holds: bql}}\n"
              "contexts: {gs: {may_call: [gs]}, io: {may_call: [io]},\n"
              "           gs_requires: bql}\n"
              "checkers: {LOCK: {enabled: false, options: {a: 1, b: 1}}}\n"
              "extract: {define: [A=1, B], markers: [m]}\n"
              "exempt_phases: [x]\n");
    make_file(f, "left.yaml",
              "functions: {f: {acquire: left}}\ninclude: [base]\n");
    make_file(f, "top.yaml",
              "capabilities: {bql: {kind: lock}}\n"
              "lock_types: {M: {rank: 2}}\n"
              "functions: {gx: {acquire: top}, h: {}}\n"
              "annotations: {a: {gs: true}}\n"
              "fields: {A.b: {guarded_by: top}}\n"
              "slots: {A.b: {gs: true}}\n"
              "roles: {r: {entries: [y]}}\n"
              "contexts: {gs: {may_call: [io]}, gs_requires: bql|rcu}\n"
              "checkers: {LOCK: {options: {b: 2}}}\n"
              "extract: {define: [A=2], markers: [n, m]}\n"
              "exempt_phases: [y, x]\n"
              "include: [left, base]\n");
    r = load(f, "top");
    assert_int_equal(r->files->len, 3);
    assert_int_equal(r->caps->len, 2);
    assert_int_equal(((HfCapRule *)r->caps->pdata[1])->kind, HF_CAP_LOCK);
    assert_int_equal(r->lock_types->len, 1);
    assert_int_equal(((HfLockTypeRule *)r->lock_types->pdata[0])->rank, 2);
    expect_cap(r, "f", "left");
    expect_cap(r, "gx", "top");
    expect_cap(r, "gy", "base");
    assert_int_equal(hf_rules_function(r, "h")->effects->len, 0);
    assert_int_equal(r->annotations->len, 1);
    assert_string_equal(((HfEffect *)hf_rules_field(r, "A", "b")
                         ->effects->pdata[0])->cap, "top");
    assert_false(hf_rules_slot(r, "A", "b")->entry_set);
    assert_int_equal(r->roles->len, 1);
    assert_int_equal(((HfRoleRule *)r->roles->pdata[0])->holds->len, 0);
    assert_false(r->contexts.allowed[0][0]);
    assert_true(r->contexts.allowed[0][1]);
    assert_true(r->contexts.allowed[1][1]);
    assert_string_equal(r->contexts.gs_requires, "bql|rcu");
    c = hf_rules_checker(r, "LOCK");
    assert_false(c->enabled);
    assert_string_equal(g_hash_table_lookup(c->options, "a"), "1");
    assert_string_equal(g_hash_table_lookup(c->options, "b"), "2");
    assert_int_equal(r->extract.defines->len, 2);
    assert_string_equal(r->extract.defines->pdata[1], "A=2");
    assert_int_equal(r->extract.markers->len, 2);
    assert_int_equal(r->exempt_phases->len, 2);
    hf_rules_free(r);
}

static void test_wrong_includes(void **state)
{
    Fixture *f = *state;

    make_file(f, "self.yaml", "include: self\n");
    make_file(f, "a.yaml", "include:\n  - b\n");
    make_file(f, "b.yaml", "profile: b\ninclude: [c]\n");
    make_file(f, "c.yaml", "include: [a]\n");
    make_file(f, "lost.yaml", "profile: lost\ninclude: [losd, b]\n");
    make_file(f, "path.yaml", "include: [../b]\n");
    make_file(f, "bad.yaml", "include: [{}]\n");
    make_file(f, "name.yaml", "profile: nmae\n");
    make_file(f, "broken.yaml", "profile: [\n");
    make_file(f, "useful.yaml", "include: broken\n");
    expect_error(f, "self", HF_RULES_ERROR_SCHEMA,
                 "self.yaml:1:10: expected no cycle of includes, found self "
                 "-> self");
    expect_error(f, "a", HF_RULES_ERROR_SCHEMA,
                 "c.yaml:1:11: expected no cycle of includes, found a -> b -> "
                 "c -> a");
    expect_error(f, "b", HF_RULES_ERROR_SCHEMA,
                 "a.yaml:2:5: expected no cycle of includes, found b -> c -> "
                 "a -> b");
    expect_error(f, "lost", HF_RULES_ERROR_SCHEMA,
                 "lost.yaml:2:11: expected the name of a profile (a, b, bad, "
                 "broken, c, lost, name, path, self, useful), found 'losd' "
                 "(did you mean 'lost'?)");
    expect_error(f, "path", HF_RULES_ERROR_SCHEMA,
                 "path.yaml:1:11: expected the name of a profile, found "
                 "'../b'");
    expect_error(f, "bad", HF_RULES_ERROR_SCHEMA,
                 "bad.yaml:1:11: expected the name of a profile, found a "
                 "mapping");
    expect_error(f, "name", HF_RULES_ERROR_SCHEMA,
                 "name.yaml:1:10: expected profile 'name' as the file's name "
                 "says, found 'nmae'");
    expect_error(f, "useful", HF_RULES_ERROR_SYNTAX,
                 "broken.yaml:2:1: not YAML: flow sequence without a closing "
                 "bracket");
}

static void test_too_deep(void **state)
{
    Fixture *f = *state;

    for (int i = 0; i < 40; i++) {
        char *name = g_strdup_printf("p%d.yaml", i);
        char *text = g_strdup_printf("include: p%d\n", i + 1);

        make_file(f, name, text);
        g_free(name);
        g_free(text);
    }
    expect_error(f, "p0", HF_RULES_ERROR_SCHEMA,
                 "p31.yaml:1:10: expected at most 32 levels of includes, found "
                 "more");
}

static void test_missing(void **state)
{
    Fixture *f = *state;
    GError *error = NULL;

    make_file(f, "qemu.yaml", "include: pipe\n");
    make_dir(f, "empty");
    make_file(f, "in.yaml", "include: empty\n");
    expect_error(f, "qem", HF_RULES_ERROR_IO,
                 "expected the name of a profile (in, qemu), found 'qem' (did "
                 "you mean 'qemu'?) (looked in DIR)");
    expect_error(f, "../x", HF_RULES_ERROR_IO,
                 "../x: No such file or directory");
    expect_error(f, "", HF_RULES_ERROR_IO,
                 "expected the name of a profile (in, qemu), found '' (looked "
                 "in DIR)");
    expect_error(f, "empty", HF_RULES_ERROR_IO, "empty: holds no .yaml file");
    expect_error(f, "in", HF_RULES_ERROR_SCHEMA,
                 "in.yaml:1:10: expected a profile, cannot read empty: holds "
                 "no .yaml file");
    assert_null(hf_rules_load("qemu", NULL, &error));
    assert_string_equal(error->message, "expected the name of a profile, "
                        "found 'qemu' (looked in no directory)");
    g_error_free(error);
    assert_null(hf_rules_load("qemu", NULL, NULL));
    assert_null(hf_rules_load("./none.yaml", NULL, NULL));
}

/* Neither waits for a writer nor reads without end. */
static void test_not_a_file(void **state)
{
    Fixture *f = *state;
    char *pipe = path_of(f, "pipe.yaml"), *large = path_of(f, "large.yaml");
    FILE *file;

    assert_int_equal(mkfifo(pipe, 0600), 0);
    g_ptr_array_add(f->made, pipe);
    file = fopen(large, "w");
    assert_non_null(file);
    assert_int_equal(ftruncate(fileno(file), (4 << 20) + 1), 0);
    fclose(file);
    g_ptr_array_add(f->made, large);
    expect_error(f, "pipe", HF_RULES_ERROR_IO,
                 "pipe.yaml: not a regular file");
    expect_error(f, "large", HF_RULES_ERROR_IO,
                 "large.yaml: larger than 4 MiB");
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_file_and_directory),
        TEST(test_by_path),
        TEST(test_search_order),
        TEST(test_override),
        TEST(test_wrong_includes),
        TEST(test_too_deep),
        TEST(test_missing),
        TEST(test_not_a_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
