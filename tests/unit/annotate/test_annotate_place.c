/* SPDX-License-Identifier: MIT */
/* Places in the text of declarations where annotations go. */
#include "annotate/source.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static gsize at(const char *text, const char *word)
{
    return (gsize)(strstr(text, word) - text);
}

static void declarators_end_behind_their_parameters(void **state)
{
    const char *f = "int f(int (*g)(char *), /* ) */ const char *s[2])\n{";
    const char *m = "int a[N(2)] [3] , b : 2;";

    assert_string_equal(f + hf_place_after_params(f, 4), "\n{");
    assert_int_equal(hf_place_after_params("int f;", 4), 0);
    assert_string_equal(m + hf_place_after_member(m, 4), " , b : 2;");
    assert_string_equal(m + hf_place_after_member(m, at(m, "b :")), ";");
    assert_int_equal(hf_place_after_member("int (*f)(void);", 7), 0);
}

static void parameters_have_their_names(void **state)
{
    const char *f = "f(struct S *s, T, unsigned n[4], U *, void (*g)(int), T t)";
    static const char *const names[] = { "s", NULL, "n", NULL, NULL, "t",
                                         NULL };

    for (int i = 0; i < 7; i++) {
        g_autofree char *name = hf_text_param_name(f, 0, i);

        if (names[i]) {
            assert_string_equal(name, names[i]);
        } else {
            assert_null(name);
        }
    }
    assert_null(hf_text_param_name("f(void)", 0, 0));
}

static void bodies_start_with_declarations(void **state)
{
    const char *f = "int f(int n)\n{\n    int a = g(\";\");\n"
                    "    static int b;\n\n    for (int c = 0; c < n; c++) {\n"
                    "    }\n}\n";
    g_autoptr(GArray) starts = g_array_new(FALSE, FALSE, sizeof(gsize));
    gsize a = at(f, "a = "), c = at(f, "c = ");
    gsize brace = hf_place_body(f, 4);
    gboolean first;

    g_array_append_val(starts, a);
    g_array_append_val(starts, c);
    assert_int_equal(f[brace], '{');
    assert_int_equal(hf_place_after_locals(f, brace, starts, &first),
                     at(f, "b;") + 2);
    assert_false(first);
    assert_int_equal(hf_place_body("int f(int n);", 4), 0);
    assert_int_equal(hf_place_after_locals("{ return; }", 0, starts, &first),
                     1);
    assert_true(first);
}

static void includes_go_behind_the_last(void **state)
{
    const char *h = "#ifndef H\n#define H\n#include <a.h>\n#ifdef X\n"
                    "#include <b.h>\n#endif\nint x;\n#endif\n";

    assert_string_equal(h + hf_place_include(h),
                        "#ifdef X\n#include <b.h>\n#endif\nint x;\n#endif\n");
    assert_int_equal(hf_place_include("int x;\n"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(declarators_end_behind_their_parameters),
        cmocka_unit_test(parameters_have_their_names),
        cmocka_unit_test(bodies_start_with_declarations),
        cmocka_unit_test(includes_go_behind_the_last),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
