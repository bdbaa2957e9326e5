/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include "report/checker_page.h"
#include <glib/gstdio.h>

static void check_page(HfCheckerPage *p, const char *title,
                       const char *summary, const char *category)
{
    assert_string_equal(p->title, title);
    assert_string_equal(p->summary, summary);
    assert_string_equal(p->category, category);
    assert_non_null(p->text);
    hf_checker_page_free(p);
}

static void test_page(void **state)
{
    HfCheckerPage *p = hf_checker_page_load(TEST_DIR "/pages",
                                            "MISSING_LOCK");

    assert_non_null(strstr(p->text, "## Right"));
    check_page(p, "access without the lock that usually guards the field",
               "Most accesses to a field hold one lock, and this one does "
               "not.",
               "Concurrent data access violations");
    hf_checker_page_free(NULL);
}

static void test_without_a_page(void **state)
{
    static const char *const names[] = {"ORDER_REVERSAL", "../pages/X", ""};

    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        HfCheckerPage *p = hf_checker_page_load(TEST_DIR "/pages", names[i]);

        assert_non_null(p->title);
        assert_true(p->summary[0] != '\0');
        hf_checker_page_free(p);
    }
    check_page(hf_checker_page_load(NULL, "ORDER_REVERSAL"),
               "Order reversal", "Findings of the checker ORDER_REVERSAL.",
               "Concurrent data access violations");
}

/* A name must not lead out of the directory. */
static void test_name_with_a_path(void **state)
{
    HfCheckerPage *p = hf_checker_page_load(TEST_DIR "/src",
                                            "../pages/MISSING_LOCK");

    assert_null(strstr(p->text, "## Right"));
    hf_checker_page_free(p);
}

static void check_text(const char *text, const char *title,
                       const char *summary, const char *category)
{
    char *dir = g_dir_make_tmp("hf-page-XXXXXX", NULL);
    char *path = g_build_filename(dir, "X_Y.md", NULL);

    assert_true(g_file_set_contents(path, text, -1, NULL));
    check_page(hf_checker_page_load(dir, "X_Y"), title, summary, category);
    g_unlink(path);
    g_rmdir(dir);
    g_free(path);
    g_free(dir);
}

static void test_other_forms(void **state)
{
    const char *category = "Concurrent data access violations";

    check_text("# X_Y\n\nOne.\nTwo.\n\nThree.\n", "X y", "One. Two.",
               category);
    check_text("# X_Y - a title\nCategory: API usage errors\n\nS.\n# Z\n",
               "a title", "S.", "API usage errors");
    check_text("# Other title\r\n\r\nS\r\n\r\nT\r\n", "Other title", "S",
               category);
    check_text("", "X y", "Findings of the checker X_Y.", category);
    check_text("#\n", "X y", "Findings of the checker X_Y.", category);
    check_text("no title\n", "X y", "no title", category);
}

static void test_pages_are_read_once(void **state)
{
    HfCheckerPages pages;
    const HfCheckerPage *p;

    hf_checker_pages_init(&pages, TEST_DIR "/pages");
    p = hf_checker_pages_get(&pages, "MISSING_LOCK");
    assert_ptr_equal(p, hf_checker_pages_get(&pages, "MISSING_LOCK"));
    assert_ptr_not_equal(p, hf_checker_pages_get(&pages, "LOCK"));
    hf_checker_pages_clear(&pages);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_page),
        cmocka_unit_test(test_without_a_page),
        cmocka_unit_test(test_name_with_a_path),
        cmocka_unit_test(test_other_forms),
        cmocka_unit_test(test_pages_are_read_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
