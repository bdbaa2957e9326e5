/* SPDX-License-Identifier: MIT */
/*
 * One construct a file: lower/NAME.c against lower/NAME.expected, which was
 * checked by hand and is the specification.  A comment in the source gives
 * the rules: "markers:", "macro_calls:", "noreturn:", names apart by blanks.
 *
 * HOLDFAST_UPDATE=1 writes what came out instead of comparing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "extract/extract.h"
#include "facts/check.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CASES TEST_DIR "/lower"

/* ---- rules -------------------------------------------------------------- */

static GPtrArray *names_after(const char *text, const char *word)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *start = g_strdup_printf("/* %s: ", word);
    const char *p = strstr(text, start);
    g_auto(GStrv) names = NULL;
    g_autofree char *line = NULL;

    if (p) {
        p += strlen(start);
        line = g_strndup(p, strcspn(p, "*\n"));
        names = g_strsplit_set(line, " ", -1);
        for (int i = 0; names[i]; i++) {
            if (*names[i]) {
                g_ptr_array_add(out, g_strdup(names[i]));
            }
        }
    }
    return out;
}

static void rules_init(HfRules *rules, const char *text)
{
    memset(rules, 0, sizeof(*rules));
    rules->extract.defines = names_after(text, "defines");
    rules->extract.markers = names_after(text, "markers");
    rules->extract.macro_calls = names_after(text, "macro_calls");
    rules->extract.noreturn = names_after(text, "noreturn");
}

static void rules_clear(HfRules *rules)
{
    g_ptr_array_unref(rules->extract.defines);
    g_ptr_array_unref(rules->extract.markers);
    g_ptr_array_unref(rules->extract.macro_calls);
    g_ptr_array_unref(rules->extract.noreturn);
}

/* ---- lowering ----------------------------------------------------------- */

static HfFacts *lower_file(const char *directory, const char *path)
{
    g_autofree char *text = NULL;
    char *args[] = { (char *)"-std=gnu11", NULL };
    HfCompileEntry entry = { .directory = (char *)directory,
                             .file = (char *)path,
                             .output = (char *)"",
                             .args = args };
    HfExtractOptions options = { 0 };
    GError *error = NULL;
    HfRules rules;
    HfFacts *facts;

    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    rules_init(&rules, text);
    options.rules = &rules;
    facts = hf_extract_unit(&entry, &options, &error);
    if (!facts) {
        fail_msg("%s: %s", path, error->message);
    }
    if (!hf_facts_check(facts, path, &error)) {
        fail_msg("%s", error->message);
    }
    rules_clear(&rules);
    return facts;
}

/* Without the hashes of the files. */
static char *dump(const HfFacts *facts, const char *root)
{
    g_autoptr(GString) out = g_string_new(NULL);
    char *files, *end;

    hf_facts_dump(facts, root, out);
    files = strstr(out->str, "\nfiles\n");
    end = files ? strstr(files + 1, "\n\n") : NULL;
    if (end) {
        g_string_erase(out, files - out->str, end - files);
    }
    return g_string_free(g_steal_pointer(&out), FALSE);
}

static HfFacts *lower_text(const char *text)
{
    g_autofree char *dir = g_dir_make_tmp("lower-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "t.c", NULL);
    HfFacts *facts;

    assert_true(g_file_set_contents(path, text, -1, NULL));
    facts = lower_file(dir, path);
    assert_int_equal(remove(path), 0);
    assert_int_equal(remove(dir), 0);
    return facts;
}

/* ---- the cases ---------------------------------------------------------- */

static void first_difference(const char *name, const char *got,
                             const char *expected)
{
    g_auto(GStrv) l = g_strsplit(got, "\n", -1);
    g_auto(GStrv) r = g_strsplit(expected, "\n", -1);

    for (int i = 0;; i++) {
        const char *a = l[i] ? l[i] : "(end)";
        const char *b = r[i] ? r[i] : "(end)";

        if (strcmp(a, b)) {
            fail_msg("%s.expected:%d:\n  expected %s\n  found    %s", name,
                     i + 1, b, a);
        }
    }
}

static void test_case(void **state)
{
    const char *name = *state;
    g_autofree char *source = g_strdup_printf(CASES "/%s.c", name);
    g_autofree char *golden = g_strdup_printf(CASES "/%s.expected", name);
    g_autofree char *expected = NULL;
    HfFacts *facts = lower_file(CASES, source);
    g_autofree char *got = dump(facts, CASES);

    hf_facts_free(facts);
    if (getenv("HOLDFAST_UPDATE")) {
        assert_true(g_file_set_contents(golden, got, -1, NULL));
        return;
    }
    assert_true(g_file_get_contents(golden, &expected, NULL, NULL));
    if (strcmp(got, expected)) {
        first_difference(name, got, expected);
    }
}

/* ---- what no golden shows ----------------------------------------------- */

static gboolean any_incomplete(const HfFacts *facts)
{
    for (uint32_t i = 1; i < facts->n_functions; i++) {
        if (facts->functions[i].flags & HF_FUNCTION_INCOMPLETE) {
            return TRUE;
        }
    }
    return FALSE;
}

static char *repeated(const char *before, const char *piece, int n,
                      const char *middle, const char *closing,
                      const char *after)
{
    GString *s = g_string_new(before);

    for (int i = 0; i < n; i++) {
        g_string_append(s, piece);
    }
    g_string_append(s, middle);
    for (int i = 0; i < n; i++) {
        g_string_append(s, closing);
    }
    g_string_append(s, after);
    return g_string_free(s, FALSE);
}

/* As deep as clang itself allows by default. */
static void test_deep_is_fine(void **state)
{
    g_autofree char *text = repeated("int f(int x) { return ", "(1+", 200,
                                     "x", ")", "; }\n");
    HfFacts *facts = lower_text(text);

    assert_int_equal(facts->status, HF_UNIT_OK);
    assert_false(any_incomplete(facts));
    hf_facts_free(facts);
}

static void test_too_deep_is_incomplete(void **state)
{
    g_autofree char *text = repeated("int g(void); int f(int x) { return x",
                                     "", 0, "", "", "");
    g_autoptr(GString) s = g_string_new(text);
    HfFacts *facts;

    for (int i = 0; i < 4000; i++) {
        g_string_append(s, " + g()");
    }
    g_string_append(s, "; }\nint after(int *p) { return *p; }\n");
    facts = lower_text(s->str);
    assert_true(any_incomplete(facts));
    assert_int_equal(facts->n_functions, 3);
    assert_int_equal(facts->functions[2].flags, 0);
    hf_facts_free(facts);
}

static void test_long_else_if(void **state)
{
    g_autoptr(GString) s = g_string_new("void g(int); void f(int x) {\n");
    HfFacts *facts;

    for (int i = 0; i < 700; i++) {
        g_string_append_printf(s, "if (x == %d) { g(%d); } else ", i, i);
    }
    g_string_append(s, "g(-1); }\n");
    facts = lower_text(s->str);
    assert_false(any_incomplete(facts));
    assert_int_equal(facts->functions[1].n_events, 701);
    hf_facts_free(facts);
}

static void test_same_twice(void **state)
{
    HfFacts *a = lower_file(CASES, CASES "/header.c");
    HfFacts *b = lower_file(CASES, CASES "/header.c");

    assert_int_equal(a->n_strings, b->n_strings);
    assert_memory_equal(a->strings, b->strings, a->n_strings);
#define X(member, type, name)                                   \
    assert_int_equal(a->n_##member, b->n_##member);             \
    assert_memory_equal(a->member, b->member,                   \
                        a->n_##member * sizeof(type));
    HF_FACTS_TABLES(X)
#undef X
    hf_facts_free(a);
    hf_facts_free(b);
}

static void test_empty_file(void **state)
{
    HfFacts *facts = lower_text("");

    assert_int_equal(facts->status, HF_UNIT_OK);
    assert_int_equal(facts->n_functions, 1);
    hf_facts_free(facts);
}

static void test_missing_header(void **state)
{
    HfFacts *facts = lower_text("#include \"missing.h\"\n"
                                "int f(int *p) { return *p; }\n");

    assert_int_equal(facts->status, HF_UNIT_ERRORS);
    assert_true(facts->n_diags > 1);
    assert_true(facts->diags[1].severity >= HF_DIAG_ERROR);
    hf_facts_free(facts);
}

/* Every prefix of a valid program is a broken one. */
static void test_cut_off_anywhere(void **state)
{
    static const char text[] =
        "struct s { int f; struct s *n; };\n"
        "int g(struct s *);\n"
        "struct s t[] = { { .f = 1, .n = &t[0] }, [2] = { 3 } };\n"
        "int f(struct s *p, int a) {\n"
        "  for (int i = 0; i < a && p; i++, p = p->n) {\n"
        "    switch (a) { case 1 ... 3: goto out; default: break; }\n"
        "    a = ({ int v = g(p); v ?: (p->f ? 1 : 2); });\n"
        "  }\n"
        "out: return _Generic(a, int: g(&t[a]), default: 0);\n"
        "}\n";

    for (gsize n = 1; n < sizeof(text); n += 3) {
        g_autofree char *part = g_strndup(text, n);

        hf_facts_free(lower_text(part));
    }
}

/* ---- main --------------------------------------------------------------- */

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *case_names(void)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    GDir *dir = g_dir_open(CASES, 0, NULL);
    const char *entry;

    while (dir && (entry = g_dir_read_name(dir)) != NULL) {
        if (g_str_has_suffix(entry, ".c")) {
            g_ptr_array_add(names, g_strndup(entry, strlen(entry) - 2));
        }
    }
    if (dir) {
        g_dir_close(dir);
    }
    g_ptr_array_sort(names, by_name);
    return names;
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        cmocka_unit_test(test_deep_is_fine),
        cmocka_unit_test(test_too_deep_is_incomplete),
        cmocka_unit_test(test_long_else_if),
        cmocka_unit_test(test_same_twice),
        cmocka_unit_test(test_empty_file),
        cmocka_unit_test(test_missing_header),
        cmocka_unit_test(test_cut_off_anywhere),
    };
    GPtrArray *names = case_names();
    gsize n = names->len + G_N_ELEMENTS(others);
    struct CMUnitTest *tests = g_new0(struct CMUnitTest, n);
    int failed;

    for (guint i = 0; i < names->len; i++) {
        tests[i] = (struct CMUnitTest){ names->pdata[i], test_case, NULL,
                                        NULL, names->pdata[i] };
    }
    memcpy(tests + names->len, others, sizeof(others));
    failed = names->len ? _cmocka_run_group_tests("lower", tests, n, NULL,
                                                  NULL) : 1;
    g_free(tests);
    g_ptr_array_unref(names);
    return failed;
}
