/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "report/source_lines.h"
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void check_line(HfSourceLines *s, const char *file, int line,
                       const char *expected)
{
    gsize n = 99;
    const char *text = hf_source_line(s, file, line, &n);

    if (!expected) {
        assert_null(text);
        assert_int_equal(n, 0);
        return;
    }
    assert_non_null(text);
    assert_int_equal(n, strlen(expected));
    assert_memory_equal(text, expected, n);
}

static void test_lines(void **state)
{
    HfSourceLines *s = hf_source_lines_new();

    check_line(s, PAGE, 1, "/* SPDX-License-Identifier: MIT */");
    check_line(s, PAGE, 4, "");
    check_line(s, PAGE, 14, "    return st->n_pages;");
    check_line(s, PAGE, 0, NULL);
    check_line(s, PAGE, -5, NULL);
    check_line(s, PAGE, G_MAXINT, NULL);
    check_line(s, ODD, 4, "int x;"); /* CR LF */
    check_line(s, ODD, 5, "last line has no end");
    check_line(s, ODD, 6, NULL);
    hf_source_lines_free(s);
    hf_source_lines_free(NULL);
}

static void test_files_that_cannot_be_read(void **state)
{
    HfSourceLines *s = hf_source_lines_new();
    char *dir = g_dir_make_tmp("hf-lines-XXXXXX", NULL);
    char *fifo = g_build_filename(dir, "fifo", NULL);

    check_line(s, NULL, 1, NULL);
    check_line(s, "", 1, NULL);
    check_line(s, "/nonexistent/x.c", 1, NULL);
    check_line(s, dir, 1, NULL);
    check_line(s, "/dev/zero", 1, NULL);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    check_line(s, fifo, 1, NULL); /* must not wait for a writer */
    hf_source_lines_free(s);
    g_unlink(fifo);
    g_rmdir(dir);
    g_free(fifo);
    g_free(dir);
}

static void test_odd_contents(void **state)
{
    HfSourceLines *s = hf_source_lines_new();
    char *dir = g_dir_make_tmp("hf-lines-XXXXXX", NULL);
    char *empty = g_build_filename(dir, "empty", NULL);
    char *nul = g_build_filename(dir, "nul", NULL);
    gsize n;
    const char *text;

    assert_true(g_file_set_contents(empty, "", 0, NULL));
    assert_true(g_file_set_contents(nul, "a\0b\n\n\r\nz", 8, NULL));
    check_line(s, empty, 1, NULL);
    text = hf_source_line(s, nul, 1, &n);
    assert_int_equal(n, 3);
    assert_memory_equal(text, "a\0b", 3);
    check_line(s, nul, 2, "");
    check_line(s, nul, 3, "");
    check_line(s, nul, 4, "z");
    hf_source_lines_free(s);
    g_unlink(empty);
    g_unlink(nul);
    g_rmdir(dir);
    g_free(empty);
    g_free(nul);
    g_free(dir);
}

static void test_more_files_than_the_cache_holds(void **state)
{
    enum { N = 40 };
    HfSourceLines *s = hf_source_lines_new();
    char *dir = g_dir_make_tmp("hf-lines-XXXXXX", NULL);
    char *path[N];

    for (int i = 0; i < N; i++) {
        char *name = g_strdup_printf("f%d", i);
        char *text = g_strdup_printf("line one\nfile %d\n", i);

        path[i] = g_build_filename(dir, name, NULL);
        assert_true(g_file_set_contents(path[i], text, -1, NULL));
        g_free(name);
        g_free(text);
    }
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < N; i++) {
            char *expected = g_strdup_printf("file %d", i);

            check_line(s, path[i], 2, expected);
            g_free(expected);
        }
    }
    hf_source_lines_free(s);
    for (int i = 0; i < N; i++) {
        g_unlink(path[i]);
        g_free(path[i]);
    }
    g_rmdir(dir);
    g_free(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_files_that_cannot_be_read),
        cmocka_unit_test(test_odd_contents),
        cmocka_unit_test(test_more_files_than_the_cache_holds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
