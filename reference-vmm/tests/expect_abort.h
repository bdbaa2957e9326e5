/* SPDX-License-Identifier: MIT */
/*
 * expect_abort.h - mistakes that a debug build aborts on: made in a child
 * process, whose last words are looked at.
 *
 * Include after cmocka.h; one thread in the parent, or none that holds a lock
 * of the child's.
 */
#ifndef VMM_TESTS_EXPECT_ABORT_H
#define VMM_TESTS_EXPECT_ABORT_H

#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_WORDS 512

/* Runs fn in a child, which must abort; text gets what it wrote to stderr, as
 * much as there is room for. */
static inline void last_words(void (*fn)(void), char text[LAST_WORDS])
{
    int fds[2], status;
    size_t len = 0;
    ssize_t n;
    pid_t pid;

    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (!pid) {
        signal(SIGABRT, SIG_DFL);
        dup2(fds[1], STDERR_FILENO);
        fn();
        _exit(0);
    }
    close(fds[1]);
    while ((n = read(fds[0], text + len, LAST_WORDS - 1 - len)) > 0) {
        len += (size_t)n;
    }
    text[len] = '\0';
    close(fds[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

/* The same; words must be among the last ones. */
static inline void expect_abort(void (*fn)(void), const char *words)
{
    char text[LAST_WORDS];

    last_words(fn, text);
    if (!strstr(text, words)) {
        fail_msg("'%s' is not in: %s", words, text);
    }
}

#endif
