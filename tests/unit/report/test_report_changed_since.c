/* SPDX-License-Identifier: MIT */
#include "fixture.h"

#include <glib/gstdio.h>
#include <stdlib.h>
#include <unistd.h>

static char *top; /* a work tree of its own */

static void run(const char *command)
{
    char *line = g_strdup_printf("cd '%s' && { %s\n} >/dev/null 2>&1", top,
                                 command);

    if (system(line) != 0) {
        fail_msg("failed: %s", command);
    }
    g_free(line);
}

static int make_tree(void **state)
{
    /* Nothing of the user's configuration, nor of a hook's environment. */
    g_setenv("GIT_CONFIG_GLOBAL", "/dev/null", TRUE);
    g_setenv("GIT_CONFIG_SYSTEM", "/dev/null", TRUE);
    g_unsetenv("GIT_DIR");
    g_unsetenv("GIT_WORK_TREE");
    g_unsetenv("GIT_INDEX_FILE");
    top = g_dir_make_tmp("hf-changed-XXXXXX", NULL);
    run("git init -q -b main . && git config user.name t &&"
        "git config user.email t@example.org && mkdir sub &&"
        "seq 1 100 > a.c && seq 1 50 > sub/b.c && seq 1 20 > 'sp ce.c' &&"
        "seq 1 20 > gr\303\266\303\237e.c && seq 1 9 > gone.c &&"
        "printf '*.o\\n' > .gitignore &&"
        "git add . && git commit -q -m first && git tag v1");
    return 0;
}

static int remove_tree(void **state)
{
    char *command = g_strdup_printf("rm -rf '%s'", top);
    int rc = system(command);

    g_free(command);
    g_free(top);
    return rc;
}

static int restore(void **state)
{
    run("git reset -q --hard v1 && git clean -q -fdx");
    return 0;
}

/* Adds a finding whose only event is at path:line. */
static void add_at(HfFindings *fs, const char *path, int line)
{
    char *file = path[0] == '/' ? g_strdup(path)
                                : g_build_filename(top, path, NULL);
    HfPlace p = place(file, line, 1, 0);
    HfFinding *f = hf_finding_new("C", "");

    hf_finding_main(f, &p, "c", 0, "%s:%d", path, line);
    hf_findings_add(fs, f);
    g_free(file);
}

/* Which of the lines 1..n of path count as changed, as "3,4,9". */
static char *changed_lines(const char *root, const char *path, int n)
{
    HfFindings *fs = hf_findings_new();
    GString *lines = g_string_new(NULL);
    GError *error = NULL;

    for (int line = 1; line <= n; line++) {
        add_at(fs, path, line);
    }
    if (!hf_findings_changed_since(fs, root, "v1", &error)) {
        fail_msg("%s", error->message);
    }
    for (guint i = 0; i < fs->list->len; i++) {
        const HfFinding *f = fs->list->pdata[i];

        g_string_append_printf(lines, "%s%d", i ? "," : "",
                               hf_finding_main_event(f)->place.line);
    }
    hf_findings_free(fs);
    return g_string_free(lines, FALSE);
}

static void check_lines(const char *path, int n, const char *expected)
{
    char *lines = changed_lines(top, path, n);

    assert_string_equal(lines, expected);
    g_free(lines);
}

static void test_nothing_changed(void **state)
{
    check_lines("a.c", 100, "");
    check_lines("/nonexistent/x.c", 5, "");
}

static void test_changed_lines(void **state)
{
    run("sed -i -e '10s/.*/x/' -e '20,22s/.*/y/' a.c && echo new >> sub/b.c");
    check_lines("a.c", 100, "10,20,21,22");
    check_lines("sub/b.c", 60, "51");
    check_lines("gone.c", 9, "");
}

static void test_committed_and_staged_count(void **state)
{
    run("sed -i '5s/.*/x/' a.c && git commit -q -am second &&"
        "sed -i '7s/.*/x/' a.c && git add a.c && sed -i '9s/.*/x/' a.c");
    check_lines("a.c", 100, "5,7,9");
}

static void test_around_removed_lines(void **state)
{
    run("sed -i 50,59d a.c");
    check_lines("a.c", 100, "49,50");
}

/* Lines of the files that look like the diff's own. */
static void test_confusing_text(void **state)
{
    run("sed -i -e '3s|.*|++ b/sub/b.c|' -e '4s|.*|@@ -1 +1,50 @@|' "
        "-e '5s|.*|-- x|' a.c");
    check_lines("a.c", 100, "3,4,5");
    check_lines("sub/b.c", 50, "");
    run("git commit -q -am odd && sed -i 4,5d a.c && git tag -f -m x odd");
    check_lines("sub/b.c", 50, "");
}

static void test_odd_names(void **state)
{
    run("sed -i '2s/.*/x/' 'sp ce.c' gr\303\266\303\237e.c");
    check_lines("sp ce.c", 20, "2");
    check_lines("gr\303\266\303\237e.c", 20, "2");
    run("printf 'a\\nb\\n' > \"$(printf 'tab\\there\\n\"q.c')\"");
    check_lines("tab\there\n\"q.c", 2, "1,2");
}

static void test_new_files_are_changed_as_a_whole(void **state)
{
    run("seq 1 4 > sub/new.c && seq 1 4 > added.c && git add added.c &&"
        "seq 1 4 > ignored.o");
    check_lines("sub/new.c", 4, "1,2,3,4");
    check_lines("added.c", 4, "1,2,3,4");
    check_lines("ignored.o", 4, "");
}

static void test_moved_files_are_not(void **state)
{
    run("git mv a.c moved.c && sed -i '8s/.*/x/' moved.c");
    check_lines("moved.c", 100, "8");
}

static void test_root_below_the_top(void **state)
{
    char *root = g_build_filename(top, "sub", NULL);
    char *slash = g_strconcat(root, "/", NULL);
    char *lines;

    run("sed -i '3s/.*/x/' sub/b.c && sed -i '4s/.*/x/' a.c &&"
        "seq 1 2 > fresh.c");
    lines = changed_lines(root, "sub/b.c", 50);
    assert_string_equal(lines, "3");
    g_free(lines);
    lines = changed_lines(slash, "a.c", 50);
    assert_string_equal(lines, "4");
    g_free(lines);
    lines = changed_lines(root, "fresh.c", 2);
    assert_string_equal(lines, "1,2");
    g_free(lines);
    g_free(slash);
    g_free(root);
}

static void test_through_a_symbolic_link(void **state)
{
    char *link = g_strconcat(top, "-link", NULL);
    char *file = g_build_filename(link, "a.c", NULL);
    char *lines;

    run("sed -i '3s/.*/x/' a.c");
    assert_int_equal(symlink(top, link), 0);
    lines = changed_lines(link, file, 50);
    assert_string_equal(lines, "3");
    g_free(lines);
    lines = changed_lines(top, file, 50);
    assert_string_equal(lines, "3");
    g_free(lines);
    g_unlink(link);
    g_free(file);
    g_free(link);
}

static void test_any_event_counts(void **state)
{
    HfFindings *fs = hf_findings_new();
    HfFinding *f = hf_finding_new("C", "");
    char *file = g_build_filename(top, "a.c", NULL);
    HfPlace p = place(file, 40, 1, 0);
    GError *error = NULL;

    run("sed -i '30s/.*/x/' a.c");
    hf_finding_main(f, &p, "c", 0, "m");
    p.line = 28;
    p.end_line = 31; /* a place of several lines */
    hf_finding_event(f, &p, "example_lock", 0, "e");
    hf_finding_event(f, NULL, "note", 0, "nowhere");
    hf_findings_add(fs, f);
    add_at(fs, "a.c", 40);
    assert_true(hf_findings_changed_since(fs, top, "v1", &error));
    assert_int_equal(fs->list->len, 1);
    g_free(file);
    hf_findings_free(fs);
}

/* The user's configuration must not change what the diff looks like. */
static void test_configuration_is_overruled(void **state)
{
    run("git config diff.noprefix true && git config color.ui always &&"
        "git config diff.mnemonicPrefix true && git config diff.context 9 &&"
        "git config diff.external /bin/true && git config core.pager false &&"
        "sed -i '6s/.*/x/' a.c");
    check_lines("a.c", 100, "6");
    run("git config --unset diff.noprefix; git config --unset color.ui;"
        "git config --unset diff.mnemonicPrefix;"
        "git config --unset diff.context;"
        "git config --unset diff.external; git config --unset core.pager");
}

static void check_error(const char *root, const char *rev,
                        const char *expected)
{
    HfFindings *fs = fixture_findings(0);
    GError *error = NULL;

    assert_false(hf_findings_changed_since(fs, root, rev, &error));
    assert_true(
        g_error_matches(error, HF_REPORT_ERROR, HF_REPORT_ERROR_GIT));
    if (!strstr(error->message, expected) || !strstr(error->message, root)) {
        fail_msg("expected %s in: %s", expected, error->message);
    }
    assert_int_equal(fs->list->len, 6);
    g_error_free(error);
    hf_findings_free(fs);
}

static void test_errors(void **state)
{
    char *outside = g_dir_make_tmp("hf-no-git-XXXXXX", NULL);
    char *path = g_strdup(g_getenv("PATH"));

    check_error(top, "no-such-rev", "unknown revision \"no-such-rev\"");
    check_error(top, "", "unknown revision");
    check_error(top, "--output=/tmp/x", "unknown revision");
    check_error(top, "v1:a.c", "unknown revision"); /* a blob */
    check_error("/nonexistent", "v1", "not in a git work tree");
    g_setenv("GIT_CEILING_DIRECTORIES", "/tmp", TRUE);
    check_error(outside, "v1", "not in a git work tree");
    g_unsetenv("GIT_CEILING_DIRECTORIES");
    g_setenv("PATH", "/nonexistent", TRUE);
    check_error(top, "v1", "cannot run git");
    g_setenv("PATH", path, TRUE);
    g_rmdir(outside);
    g_free(outside);
    g_free(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_nothing_changed, restore),
        cmocka_unit_test_teardown(test_changed_lines, restore),
        cmocka_unit_test_teardown(test_committed_and_staged_count, restore),
        cmocka_unit_test_teardown(test_around_removed_lines, restore),
        cmocka_unit_test_teardown(test_confusing_text, restore),
        cmocka_unit_test_teardown(test_odd_names, restore),
        cmocka_unit_test_teardown(test_new_files_are_changed_as_a_whole,
                                  restore),
        cmocka_unit_test_teardown(test_moved_files_are_not, restore),
        cmocka_unit_test_teardown(test_root_below_the_top, restore),
        cmocka_unit_test_teardown(test_through_a_symbolic_link, restore),
        cmocka_unit_test_teardown(test_any_event_counts, restore),
        cmocka_unit_test_teardown(test_configuration_is_overruled, restore),
        cmocka_unit_test_teardown(test_errors, restore),
    };

    return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
