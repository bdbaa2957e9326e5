/* SPDX-License-Identifier: MIT */
/*
 * refvmm.c - the program: puts the machine together and runs its main loop.
 *
 *     refvmm [--pages N]               commands on stdin, answers on stdout
 *     refvmm [--pages N] --self-test   talks to itself; exit 0 when all is well
 *
 * Thread context: the main thread, with the BQL.
 */
#include "base/main_loop.h"
#include "seed/machine.h"
#include "seed/migration.h"
#include "seed/monitor.h"
#include "seed/self_test.h"
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

static int n_pages = 1024;
static gboolean want_self_test;

static const GOptionEntry options[] = {
    { "pages", 0, 0, G_OPTION_ARG_INT, &n_pages,
      "Guest memory, in pages of 4096 bytes", "N" },
    { "self-test", 0, 0, G_OPTION_ARG_NONE, &want_self_test,
      "Migrate a running guest, and compare", NULL },
    { NULL },
};

static bool parse_options(int argc, char **argv, GError **error)
{
    GOptionContext *context = g_option_context_new("- a small VMM");
    bool ok;

    g_option_context_add_main_entries(context, options, NULL);
    ok = g_option_context_parse(context, &argc, &argv, error);
    g_option_context_free(context);
    if (ok && (argc > 1 || n_pages < 1 || n_pages > 1 << 20)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s",
                    argc > 1 ? "it takes no arguments"
                             : "--pages: from 1 to 1048576");
        ok = false;
    }
    return ok;
}

/* Returns what the self-test found wrong; NULL for nothing, or an error. */
static char *run(GError **error) DROPS(bql) GS_FN
{
    int in_fd = STDIN_FILENO, out_fd = STDOUT_FILENO;
    SelfTest *self_test = NULL;
    Monitor *monitor = NULL;

    GLOBAL_STATE_CODE();
    if (!vm_start(error)) {
        return NULL;
    }
    if (want_self_test) {
        self_test = self_test_start(&in_fd, &out_fd, error);
    }
    if (!want_self_test || self_test) {
        monitor = monitor_start(in_fd, out_fd, error);
    }
    if (monitor) {
        main_loop_run();
    }
    monitor_finish(monitor);
    return self_test_finish(self_test);
}

int main(int argc, char **argv)
{
    GError *error = NULL;
    char *failure = NULL;
    bool ok;

    signal(SIGPIPE, SIG_IGN); /* whoever writes looks at the error */
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    ok = parse_options(argc, argv, &error);
    bql_lock();
    ok = ok && main_loop_init(&error);
    if (ok && machine_init((size_t)n_pages, &error)) {
        migrate_init();
        failure = run(&error);
        migrate_shutdown();
        machine_free();
    }
    main_loop_free();
    bql_unlock();
    if (failure || error) {
        fprintf(stderr, "refvmm: %s\n", failure ? failure : error->message);
    } else if (want_self_test) {
        printf("self-test passed\n");
    }
    ok = !failure && !error;
    g_free(failure);
    g_clear_error(&error);
    return ok ? 0 : 1;
}
