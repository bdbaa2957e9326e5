/* SPDX-License-Identifier: MIT */
/*
 * monitor.c - see monitor.h.
 *
 * Thread context: monitor_thread(), and commands with .run_oob, in the monitor
 * thread without the BQL; commands with .run in the main loop.
 */
#include "seed/monitor.h"
#include "base/error.h"
#include "base/main_loop.h"
#include "seed/machine.h"
#include "seed/incoming.h"
#include "seed/migration.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MAX_LINE 256

struct Monitor {
    VmThread *thread GUARDED_BY(bql);
    int in_fd, out_fd;
};

/* argument is "" when there is none.  Appends the value of "return", or sets
 * the error. */
typedef void MonitorFn(const char *argument, GString *reply, GError **error);

typedef struct MonitorCommand {
    const char *name;
    MonitorFn *run SLOT(GS_FN);     /* one */
    MonitorFn *run_oob SLOT(IO_FN); /* or the other */
} MonitorCommand;

/* A command on its way through the main loop; lives on the monitor's stack. */
typedef struct MonitorRequest {
    const MonitorCommand *command;
    const char *argument;
    GString *reply;
    GError *error;

    VmMutex lock LOCK_RANK(RANK_MONITOR);
    VmCond finished; /* with lock: done */
    bool done GUARDED_BY(&lock);
} MonitorRequest;

/* ---- commands ----------------------------------------------------------- */

static void cmd_query_status(const char *argument, GString *reply,
                             GError **error) GS_FN
{
    GLOBAL_STATE_CODE();
    g_string_append_printf(reply, "{\"status\": \"%s\"}",
                           run_state_name(machine_run_state()));
}

static void cmd_stop(const char *argument, GString *reply, GError **error)
    DROPS(bql) GS_FN
{
    GLOBAL_STATE_CODE();
    vm_stop();
    g_string_append(reply, "{}");
}

static void cmd_cont(const char *argument, GString *reply, GError **error)
    GS_FN
{
    GLOBAL_STATE_CODE();
    vm_start(error);
    g_string_append(reply, "{}");
}

static void cmd_migrate(const char *argument, GString *reply, GError **error)
    GS_FN
{
    guint64 rate = 0;

    GLOBAL_STATE_CODE();
    if (*argument && !g_ascii_string_to_unsigned(argument, 10, 1, G_MAXINT,
                                                 &rate, NULL)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "expected a number of pages a second");
        return;
    }
    migrate_start(rate, error);
    g_string_append(reply, "{}");
}

static void cmd_query_migrate(const char *argument, GString *reply,
                              GError **error) IO_FN
{
    MigrationInfo info;

    IO_CODE();
    migrate_query(&info);
    g_string_append_printf(reply, "{\"status\": \"%s\", \"busy\": %s, "
                           "\"pages\": %" G_GUINT64_FORMAT ", "
                           "\"rounds\": %" G_GUINT64_FORMAT ", "
                           "\"remaining\": %zu}",
                           migration_status_name(info.status),
                           info.busy ? "true" : "false", info.pages_sent,
                           info.rounds, info.remaining);
    g_free(info.error);
}

static void cmd_migrate_cancel(const char *argument, GString *reply,
                               GError **error) IO_FN
{
    IO_CODE();
    migrate_cancel();
    g_string_append(reply, "{}");
}

static void cmd_help(const char *argument, GString *reply, GError **error)
    IO_FN;

/* Ends the monitor, and with it the main loop: see monitor_thread(). */
static void cmd_quit(const char *argument, GString *reply, GError **error)
    IO_FN
{
    g_string_append(reply, "{}");
}

static const MonitorCommand commands[] = {
    { "cont", .run = cmd_cont },
    { "help", .run_oob = cmd_help },
    { "migrate", .run = cmd_migrate },
    { "migrate_cancel", .run_oob = cmd_migrate_cancel },
    { "query-migrate", .run_oob = cmd_query_migrate },
    { "query-status", .run = cmd_query_status },
    { "quit", .run_oob = cmd_quit },
    { "stop", .run = cmd_stop },
};

static void cmd_help(const char *argument, GString *reply, GError **error)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        g_string_append_printf(reply, "%s\"%s\"", i ? ", " : "[",
                               commands[i].name);
    }
    g_string_append_c(reply, ']');
}

static const MonitorCommand *find_command(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(commands); i++) {
        if (!strcmp(name, commands[i].name)) {
            return &commands[i];
        }
    }
    return NULL;
}

/* ---- running them ------------------------------------------------------- */

static void monitor_dispatch_bh(void *opaque)
{
    MonitorRequest *req = opaque;

    GLOBAL_STATE_CODE();
    req->command->run(req->argument, req->reply, &req->error);
    vm_mutex_lock(&req->lock);
    req->done = true;
    vm_cond_broadcast(&req->finished);
    /* The request is gone once this is unlocked. */
    vm_mutex_unlock(&req->lock);
}

/* Has the main loop run it, and waits. */
static void run_in_main_loop(MonitorRequest *req)
    REQUIRES(role_monitor) EXCLUDES(bql)
{
    vm_mutex_init(&req->lock, "monitor request", RANK_MONITOR);
    vm_cond_init(&req->finished);
    aio_bh_schedule_oneshot(main_loop_context(), monitor_dispatch_bh, req);
    vm_mutex_lock(&req->lock);
    while (!req->done) {
        vm_cond_wait(&req->finished, &req->lock);
    }
    vm_mutex_unlock(&req->lock);
    vm_cond_destroy(&req->finished);
    vm_mutex_destroy(&req->lock);
}

static void write_all(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno != EINTR) {
            return; /* nobody listens: that is their choice */
        }
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
}

/* One line, without its newline; false when it says to quit. */
static bool handle_line(Monitor *mon, char *line) REQUIRES(role_monitor)
{
    char *space = strchr(line, ' ');
    MonitorRequest req = { .reply = g_string_new("") };
    GString *out = g_string_new("");

    if (space) {
        *space = '\0';
    }
    req.argument = space ? g_strstrip(space + 1) : "";
    req.command = find_command(line);
    if (!req.command) {
        g_set_error(&req.error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "unknown command; try help");
    } else if (req.command->run_oob) {
        req.command->run_oob(req.argument, req.reply, &req.error);
    } else {
        run_in_main_loop(&req);
    }
    if (req.error) {
        g_string_printf(out, "{\"error\": \"%s\"}\n", req.error->message);
    } else {
        g_string_printf(out, "{\"return\": %s}\n", req.reply->str);
    }
    write_all(mon->out_fd, out->str, out->len);
    g_clear_error(&req.error);
    g_string_free(req.reply, TRUE);
    g_string_free(out, TRUE);
    return !req.command || req.command->run_oob != cmd_quit;
}

static void main_loop_quit_bh(void *opaque)
{
    GLOBAL_STATE_CODE();
    main_loop_quit();
}

static void *monitor_thread(void *opaque) ROLE_ENTRY(role_monitor)
{
    Monitor *mon = opaque;
    char line[MAX_LINE];
    size_t len = 0;
    bool go_on = true;

    ASSERT_HELD(&role_monitor);
    while (go_on && len < sizeof(line)) {
        ssize_t n = read(mon->in_fd, line + len, 1);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            break;
        }
        if (line[len] != '\n') {
            len++;
            continue;
        }
        line[len] = '\0';
        len = 0;
        if (*g_strstrip(line)) {
            go_on = handle_line(mon, line);
        }
    }
    aio_bh_schedule_oneshot(main_loop_context(), main_loop_quit_bh, NULL);
    return NULL;
}

/* ---- life --------------------------------------------------------------- */

Monitor *monitor_start(int in_fd, int out_fd, GError **error)
{
    Monitor *mon = g_new0(Monitor, 1);

    GLOBAL_STATE_CODE();
    mon->in_fd = in_fd;
    mon->out_fd = out_fd;
    mon->thread = vm_thread_create("monitor", VM_ROLE_MONITOR, monitor_thread,
                                   mon, error);
    if (!mon->thread) {
        g_free(mon);
        return NULL;
    }
    return mon;
}

void monitor_finish(Monitor *mon)
{
    VmThread *thread;

    GLOBAL_STATE_CODE();
    if (!mon) {
        return;
    }
    thread = mon->thread;
    mon->thread = NULL;
    main_loop_join(thread);
    g_free(mon);
}
