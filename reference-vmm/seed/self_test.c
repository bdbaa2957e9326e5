/* SPDX-License-Identifier: MIT */
/*
 * self_test.c - see self_test.h.
 *
 * Thread context: client_thread() and what it calls in the client thread, an
 * outsider that knows only the two pipes; all else under the BQL.
 */
#include "seed/self_test.h"
#include "base/error.h"
#include "seed/machine.h"
#include "seed/incoming.h"
#include "seed/migration.h"
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATIENCE_S 60
#define PAUSE_US 2000

struct SelfTest {
    VmThread *thread GUARDED_BY(bql);
    int monitor_in, monitor_out; /* the monitor's ends */
    FILE *to, *from;             /* ours */
    char *failure; /* the client's, until it is joined */
};

static void fail(SelfTest *st, const char *what, const char *got)
{
    if (!st->failure) {
        st->failure = g_strdup_printf("%s: %s", what, got);
    }
}

/* Sends a command and reads its answer, which lasts until the next one. */
static const char *ask(SelfTest *st, const char *command)
{
    static char answer[512];

    fprintf(st->to, "%s\n", command);
    fflush(st->to);
    if (!fgets(answer, sizeof(answer), st->from)) {
        return "(the monitor is gone)";
    }
    return g_strchomp(answer);
}

static void expect(SelfTest *st, const char *command, const char *answer)
{
    const char *got = ask(st, command);

    if (!strstr(got, answer)) {
        fail(st, command, got);
    }
}

/* Until the migration has ended in that status. */
static void expect_end(SelfTest *st, const char *status)
{
    int64_t deadline = vm_clock_ns() + PATIENCE_S * INT64_C(1000000000);
    const char *got;

    do {
        usleep(PAUSE_US);
        got = ask(st, "query-migrate");
    } while (strstr(got, "\"busy\": true") && vm_clock_ns() < deadline);
    if (!strstr(got, status)) {
        fail(st, status, got);
    }
}

static void *client_thread(void *opaque) ROLE_ENTRY(role_client)
{
    SelfTest *st = opaque;

    ASSERT_HELD(&role_client);
    expect(st, "query-status", "\"running\"");
    expect(st, "stop", "return");
    expect(st, "query-status", "\"paused\"");
    expect(st, "cont", "return");
    expect(st, "nonsense", "error");
    expect(st, "migrate fast", "error");

    /* So slow that it is cancelled under way. */
    expect(st, "migrate 100", "return");
    expect(st, "migrate", "error");
    expect(st, "migrate_cancel", "return");
    expect_end(st, "\"cancelled\"");
    expect(st, "query-status", "\"running\"");

    /* Long enough for a guest that gets little of a busy host. */
    expect(st, "migrate 8000", "return");
    expect_end(st, "\"completed\"");
    expect(st, "query-status", "\"postmigrate\"");
    expect(st, "migrate", "error");
    expect(st, "quit", "return");
    return NULL;
}

static FILE *open_pipe(int *other, int ours, const char *mode)
{
    int fds[2];

    if (pipe2(fds, O_CLOEXEC) < 0) {
        return NULL;
    }
    *other = fds[!ours];
    return fdopen(fds[ours], mode);
}

SelfTest *self_test_start(int *ret_in_fd, int *ret_out_fd, GError **error)
{
    SelfTest *st = g_new0(SelfTest, 1);

    GLOBAL_STATE_CODE();
    st->monitor_in = st->monitor_out = -1;
    st->to = open_pipe(&st->monitor_in, 1, "w");
    st->from = open_pipe(&st->monitor_out, 0, "r");
    if (!st->to || !st->from) {
        vm_set_errno(error, "cannot make a pipe");
    } else {
        st->thread = vm_thread_create("client", VM_ROLE_CLIENT, client_thread,
                                      st, error);
    }
    if (!st->thread) {
        g_free(self_test_finish(st));
        return NULL;
    }
    *ret_in_fd = st->monitor_in;
    *ret_out_fd = st->monitor_out;
    return st;
}

/* The memories, and that the guest really wrote meanwhile. */
static void compare(SelfTest *st) GS_FN
{
    const Ram *src = machine_ram(), *dst = incoming_ram();
    MigrationInfo info;
    char *text;

    GLOBAL_STATE_CODE();
    migrate_query(&info);
    g_free(info.error);
    if (!dst) {
        fail(st, "destination", "did not complete");
    } else if (ram_compare(src, dst) != src->n_pages) {
        text = g_strdup_printf("page %zu", ram_compare(src, dst));
        fail(st, "memories differ", text);
        g_free(text);
    } else if (info.rounds < 2 || info.pages_sent <= src->n_pages) {
        fail(st, "guest", "wrote nothing during the migration");
    }
}

char *self_test_finish(SelfTest *st)
{
    VmThread *thread;
    char *failure;

    GLOBAL_STATE_CODE();
    if (!st) {
        return NULL;
    }
    thread = st->thread;
    st->thread = NULL;
    /* The monitor is gone; a client that still waits for it sees that now. */
    if (st->to) {
        close(st->monitor_in);
    }
    if (st->from) {
        close(st->monitor_out);
    }
    main_loop_join(thread);
    if (thread) {
        compare(st);
    }
    if (st->to) {
        fclose(st->to);
    }
    if (st->from) {
        fclose(st->from);
    }
    failure = st->failure;
    g_free(st);
    return failure;
}
