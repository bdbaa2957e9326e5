/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "report/printable.h"

static void check_message(const char *text, const char *expected)
{
    GString *out = g_string_new(NULL);

    hf_printable_message(out, text);
    assert_string_equal(out->str, expected);
    g_string_free(out, TRUE);
}

static void test_message(void **state)
{
    check_message(NULL, "");
    check_message("", "");
    check_message("plain \"text\" %s", "plain \"text\" %s");
    check_message("two\nlines\tand\rmore", "two lines and more");
    check_message("\033[31mred\007", "\\x1b[31mred\\x07");
    check_message("größe 𝄞", "größe 𝄞");
    check_message("a\xff\xc3", "a\\xff\\xc3");
    check_message("\xe2\x80\xae" "evil", "\\u202eevil"); /* bidi override */
    check_message("\xc2\x9b", "\\u009b");                /* C1 */
    check_message("\xe2\x80\xa8", "\\u2028");
    check_message("\x7f", "\\x7f");
    check_message("\xed\xa0\x80", "\\xed\\xa0\\x80"); /* a surrogate */
}

static void test_path(void **state)
{
    GString *out = g_string_new(NULL);

    hf_printable_path(out, "a b\n\t\x01\xe9.c");
    assert_string_equal(out->str, "a b\\x0a\\x09\\x01\\xe9.c");
    g_string_free(out, TRUE);
}

static void check_code(const char *line, int col, int end_col,
                       const char *expected, int caret, int width)
{
    GString *out = g_string_new(NULL);
    HfMarked m = hf_printable_code(out, line, strlen(line), col, end_col);

    assert_string_equal(out->str, expected);
    assert_int_equal(m.caret, caret);
    assert_int_equal(m.width, width);
    g_string_free(out, TRUE);
}

static void test_code(void **state)
{
    check_code("x = y;", 5, 6, "x = y;", 4, 1);
    check_code("x = yyy;", 5, 8, "x = yyy;", 4, 3);
    check_code("x = yyy;", 5, 0, "x = yyy;", 4, 1);
    check_code("\tx\ty", 2, 0, "        x       y", 8, 1);
    check_code("\tx\ty", 4, 0, "        x       y", 16, 1);
    check_code("größe", 7, 8, "größe", 4, 1); /* ö and ß take two bytes */
    check_code("\xff\xff", 2, 0, "\\xff\\xff", 4, 4);
    check_code("漢字x", 7, 0, "漢字x", 4, 1);
    check_code("", 1, 0, "", 0, 1);
    check_code("ab", 3, 0, "ab", 2, 1);   /* just behind the line */
    check_code("ab", 9, 0, "ab", -1, 1);  /* the file has changed */
    check_code("ab", 0, 0, "ab", -1, 1);  /* no column */
    check_code("abc", 2, 900, "abc", 1, 2); /* to the end of the line */
}

static void test_long_lines_are_windowed(void **state)
{
    char *line = g_strnfill(1000000, 'a');
    GString *out = g_string_new(NULL);
    HfMarked m;

    line[500000] = 'X';
    m = hf_printable_code(out, line, strlen(line), 500001, 0);
    assert_true(out->len < 300);
    assert_true(g_str_has_prefix(out->str, "...a"));
    assert_true(g_str_has_suffix(out->str, "a..."));
    assert_int_equal(out->str[m.caret], 'X');
    g_string_truncate(out, 0);
    m = hf_printable_code(out, line, strlen(line), 3, 0);
    assert_int_equal(m.caret, 2);
    g_string_truncate(out, 0);
    m = hf_printable_code(out, line, strlen(line), 1000000, 0);
    assert_true(m.caret > 0 && m.caret < 300);
    g_string_free(out, TRUE);
    g_free(line);
}

static void test_windows_keep_characters_whole(void **state)
{
    GString *line = g_string_new(NULL);
    GString *out = g_string_new(NULL);

    for (int i = 0; i < 1000; i++) {
        g_string_append(line, "漢");
    }
    for (int col = 1; col < 600; col += 7) {
        g_string_truncate(out, 0);
        hf_printable_code(out, line->str, line->len, col, 0);
        assert_null(strstr(out->str, "\\x"));
        assert_true(g_utf8_validate(out->str, -1, NULL));
    }
    g_string_free(line, TRUE);
    g_string_free(out, TRUE);
}

static void test_any_bytes_are_safe(void **state)
{
    GRand *rand = g_rand_new_with_seed(11);
    char line[400];

    for (int round = 0; round < 3000; round++) {
        GString *out = g_string_new(NULL);
        gsize n = (gsize)g_rand_int_range(rand, 0, sizeof(line));
        int col = g_rand_int_range(rand, -2, 420);
        HfMarked m;

        for (gsize i = 0; i < n; i++) {
            line[i] = (char)g_rand_int_range(rand, 0, 256);
        }
        m = hf_printable_code(out, line, n, col,
                              g_rand_int_range(rand, -2, 420));
        assert_true(g_utf8_validate(out->str, (gssize)out->len, NULL));
        assert_true(m.width >= 1);
        for (gsize i = 0; i < out->len; i++) {
            assert_true((unsigned char)out->str[i] >= ' ');
        }
        g_string_free(out, TRUE);
    }
    g_rand_free(rand);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_path),
        cmocka_unit_test(test_code),
        cmocka_unit_test(test_long_lines_are_windowed),
        cmocka_unit_test(test_windows_keep_characters_whole),
        cmocka_unit_test(test_any_bytes_are_safe),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
