/* SPDX-License-Identifier: MIT */
/*
 * refvmm.c - the program.
 *
 * Exit status: that of the guest, if it says one; 0 after power-off, `quit` or
 * a signal; 1 when the command line is wrong or a thing cannot be made.
 *
 * Thread context: the initial thread, with the BQL but while it sleeps.
 */
#include "base/main_loop.h"
#include "base/rcu.h"
#include "program/startup.h"
#include <locale.h>
#include <signal.h>
#include <stdio.h>

/* False: there is nothing to be run, or an error. */
static bool parse(Program *p, int argc, char **argv, GError **error) GS_FN;
static bool parse(Program *p, int argc, char **argv, GError **error)
{
    char *text = NULL;
    ParseResult result =
        command_line_parse(&p->options, argc, argv, &text, error);

    if (result == PARSE_OK) {
        text = command_line_answer(&p->options, error);
    }
    if (text) {
        fputs(text, stdout);
        g_free(text);
        return false;
    }
    return result == PARSE_OK && !*error;
}

static int run(Program *p, GError **error) DROPS(bql) GS_FN;
static int run(Program *p, GError **error)
{
    bool dumped = false;

    if (!program_start(p, &dumped, error)) {
        return 1;
    }
    return dumped ? 0 : program_run(p);
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    Program program;
    int status = 0;

    setlocale(LC_CTYPE, "");
    signal(SIGPIPE, SIG_IGN); /* whoever writes looks at the error */
    vm_rcu_init();
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    program_init(&program);
    if (parse(&program, argc, argv, &error) && main_loop_init(&error)) {
        status = run(&program, &error);
        program_finish(&program);
        main_loop_rcu_barrier();
        main_loop_free();
    }
    program_clear(&program);
    bql_unlock();
    vm_rcu_finish();
    if (error) {
        fprintf(stderr, "refvmm: %s\n", error->message);
        g_clear_error(&error);
        status = 1;
    }
    return status;
}
