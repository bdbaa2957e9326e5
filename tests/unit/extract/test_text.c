/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "extract/text.h"
#include <string.h>

static HfText *scan(HfNames *names, const char *text)
{
    return hf_text_scan(names, text, strlen(text));
}

/* "i:a.h d:X u:Y c:" with a star after the last leading item. */
static void assert_items(const char *text, const char *want)
{
    static const char kinds[] = { 'd', 'u', 'i', 'c' };
    HfNames *names = hf_names_new();
    HfText *t = scan(names, text);
    GString *got = g_string_new(NULL);

    for (guint i = 0; i < t->items->len; i++) {
        HfTextItem *item = &g_array_index(t->items, HfTextItem, i);

        g_string_append_printf(got, "%s%c:%s%s%s", i ? " " : "",
                               kinds[item->kind], item->angled ? "<" : "",
                               hf_names_get(names, item->name),
                               i + 1 == t->n_leading ? "*" : "");
    }
    assert_string_equal(got->str, want);
    g_string_free(got, TRUE);
    hf_text_free(t);
    hf_names_free(names);
}

static gboolean mentions(const char *text, const char *name)
{
    HfNames *names = hf_names_new();
    HfText *t = scan(names, text);
    uint32_t id = hf_names_find(names, name, strlen(name));
    gboolean found = id && hf_text_mentions(t, id);

    hf_text_free(t);
    hf_names_free(names);
    return found;
}

static gboolean body_mentions(const char *text, const char *macro,
                              const char *name)
{
    HfNames *names = hf_names_new();
    HfText *t = scan(names, text);
    gboolean found = FALSE;

    for (guint i = 0; i < t->bodies->len; i++) {
        HfTextBody *body = &g_array_index(t->bodies, HfTextBody, i);

        found |= !strcmp(hf_names_get(names, body->macro), macro) &&
                 !strcmp(hf_names_get(names, body->name), name);
    }
    hf_text_free(t);
    hf_names_free(names);
    return found;
}

static void items_are_found_in_order(void **state)
{
    assert_items("#include \"a.h\"\n#include <b/c.h>\n#define X 1\n#undef Y\n"
                 "#include Z\n#include \"d.h\"\n",
                 "i:a.h i:<b/c.h* d:X u:Y c: i:d.h");
    assert_items("# /* x */ include /* y */ \"a.h\" // z\n", "i:a.h*");
    assert_items("#incl\\\nude \"a.h\"\n", "");
    assert_items("#include \\\n  \"a.h\"\n", "i:a.h*");
    assert_items("#define F(x) \\\n  x\n#define G\n", "d:F d:G");
}

static void what_only_looks_like_one_is_not(void **state)
{
    assert_items("// #include \"a.h\"\n", "");
    assert_items("/*\n#include \"a.h\"\n*/\n", "");
    assert_items("// spliced \\\n#include \"a.h\"\n", "");
    assert_items("char s[] = \"\\\n#include\";\n", "");
    assert_items("x # include \"a.h\"\n", "");
    assert_items("/* never closed\n#include \"a.h\"\n", "");
}

static void code_ends_the_leading_includes(void **state)
{
    assert_items("#include \"a.h\"\nint x;\n#include \"b.h\"\n",
                 "i:a.h* i:b.h");
    assert_items("#include \"a.h\"\n#ifdef X\n#include \"b.h\"\n#endif\n",
                 "i:a.h* i:b.h");
    assert_items("#pragma weak x\n#include \"a.h\"\n", "i:a.h");
}

static void an_include_guard_does_not(void **state)
{
    assert_items("/* c */\n#ifndef G_H\n#define G_H\n#include \"a.h\"\n#endif",
                 "i:a.h*");
    assert_items("#pragma once\n#include \"a.h\"\n", "i:a.h*");
    assert_items("#ifndef G_H\n#define OTHER\n#include \"a.h\"\n#endif",
                 "d:OTHER i:a.h");
}

static gboolean guarded(const char *text)
{
    HfNames *names = hf_names_new();
    HfText *t = hf_text_scan_head(names, text, strlen(text));
    gboolean result = t->guarded;

    hf_text_free(t);
    hf_names_free(names);
    return result;
}

static void guards_are_recognised(void **state)
{
    assert_true(guarded("#ifndef A\n#define A\nint x;\n#endif\n"));
    assert_true(guarded("/* x */ #ifndef A /* y */\n# define A 1\n#endif\n"));
    assert_true(guarded("#pragma once\n"));
    assert_false(guarded("#ifndef A\n#define B\n#endif\n"));
    assert_false(guarded("int x;\n#ifndef A\n#define A\n#endif\n"));
    assert_false(guarded("#include \"a.h\"\n"));
    assert_false(guarded(""));
}

static void mentions_leave_out_text(void **state)
{
    assert_true(mentions("int apple = 3;", "apple"));
    assert_true(mentions("#ifdef APPLE\n#endif\n", "APPLE"));
    assert_true(mentions("#if defined(A) && \\\n B\n#endif\n", "B"));
    assert_true(mentions("x = 'a' + apple;", "apple"));
    assert_true(mentions("\"a\\\"b\" apple", "apple"));
    assert_false(mentions("/* apple */ // apple\n", "apple"));
    assert_false(mentions("char *s = \"apple\";", "apple"));
    assert_false(mentions("#error apple\n", "apple"));
    assert_false(mentions("x = 0xapple;", "apple"));
    assert_false(mentions("pineapple apple2", "apple"));
}

static void macro_bodies_are_kept_apart(void **state)
{
    const char *text = "#define M(x) f(x) + \\\n  deep\nint plain;\n";

    assert_true(body_mentions(text, "M", "f"));
    assert_true(body_mentions(text, "M", "deep"));
    assert_false(body_mentions(text, "M", "plain"));
    assert_false(mentions(text, "deep"));
    assert_false(mentions(text, "M"));
    assert_true(mentions(text, "plain"));
}

static void an_apostrophe_does_not_eat_the_rest(void **state)
{
    assert_true(mentions("#if 0\ndon't\n#endif\nint apple;\n", "apple"));
}

static void any_bytes_end(void **state)
{
    static const char *const texts[] = { "\\", "#", "#include", "#include \"",
                                         "#define", "/*", "/", "\"\\", "'",
                                         "#ifndef", "#define X(", "\xff\xfe" };

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        HfNames *names = hf_names_new();

        /* not terminated: nothing behind the length may be read */
        char *exact = g_memdup2(texts[i], strlen(texts[i]));

        hf_text_free(hf_text_scan(names, exact, strlen(texts[i])));
        hf_text_free(hf_text_scan_head(names, exact, strlen(texts[i])));
        g_free(exact);
        hf_names_free(names);
    }
}

static void names_keep_their_numbers(void **state)
{
    HfNames *names = hf_names_new();

    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 1; i <= 20000; i++) {
            g_autofree char *name = g_strdup_printf("n%u", i);

            assert_int_equal(hf_names_intern(names, name, strlen(name)), i);
            assert_string_equal(hf_names_get(names, i), name);
        }
    }
    assert_int_equal(hf_names_count(names), 20000);
    assert_int_equal(hf_names_find(names, "n7x", 2), 7);
    assert_int_equal(hf_names_find(names, "none", 4), 0);
    hf_names_free(names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(items_are_found_in_order),
        cmocka_unit_test(what_only_looks_like_one_is_not),
        cmocka_unit_test(code_ends_the_leading_includes),
        cmocka_unit_test(an_include_guard_does_not),
        cmocka_unit_test(guards_are_recognised),
        cmocka_unit_test(mentions_leave_out_text),
        cmocka_unit_test(macro_bodies_are_kept_apart),
        cmocka_unit_test(an_apostrophe_does_not_eat_the_rest),
        cmocka_unit_test(any_bytes_end),
        cmocka_unit_test(names_keep_their_numbers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
