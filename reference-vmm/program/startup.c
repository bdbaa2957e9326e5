/* SPDX-License-Identifier: MIT */
/*
 * startup.c - see startup.h.
 *
 * What is made later uses what is made earlier: objects, chardevs and
 * monitors, block nodes, drives, network back ends, the board, devices,
 * images.  It all goes in the opposite order.
 *
 * Thread context: the initial thread, under the BQL.
 */
#include "program/startup.h"
#include "base/iothread.h"
#include "base/keyval.h"
#include "base/main_loop.h"
#include "base/option.h"
#include "base/thread_pool.h"
#include "block/qapi.h"
#include "hw/chardev/chardev.h"
#include "hw/drive.h"
#include "hw/net/announce.h"
#include "hw/net/net.h"
#include "monitor/monitor.h"
#include "monitor/qmp.h"
#include "monitor/user_object.h"
#include "program/nic.h"
#include "qtest/qtest.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void program_init(Program *p)
{
    *p = (Program){ .strings = g_string_chunk_new(256) };
    command_line_init(&p->options);
    drives_init(&p->drives);
}

/* ---- parts -------------------------------------------------------------- */

static bool prefix_error(GError **error, GError *local, const char *option,
                         const char *text)
{
    g_propagate_prefixed_error(error, local, "-%s %s: ", option, text);
    return false;
}

static GS_FN bool add_objects(const CommandLine *c, GError **error)
{
    for (guint i = 0; i < c->objects->len; i++) {
        if (!object_option_add(g_ptr_array_index(c->objects, i), error)) {
            return false;
        }
    }
    return true;
}

static GS_FN bool add_globals(const CommandLine *c, GError **error)
{
    for (guint i = 0; i < c->globals->len; i++) {
        if (!device_add_global(g_ptr_array_index(c->globals, i), error)) {
            return false;
        }
    }
    return true;
}

static GS_FN bool add_blockdevs(const CommandLine *c, GError **error)
{
    for (guint i = 0; i < c->blockdevs->len; i++) {
        const char *text = g_ptr_array_index(c->blockdevs, i);
        GError *local = NULL;
        JsonObject *o = keyval_parse(text, "driver", &local);
        bool ok = o && qmp_blockdev_add(o, &local);

        if (o) {
            json_object_unref(o);
        }
        if (!ok) {
            return prefix_error(error, local, "blockdev", text);
        }
    }
    return true;
}

static GS_FN bool add_drives(Program *p, GError **error)
{
    const GPtrArray *list = p->options.drives;

    for (guint i = 0; i < list->len; i++) {
        if (!drives_add(&p->drives, g_ptr_array_index(list, i), error)) {
            return false;
        }
    }
    return true;
}

static GS_FN bool add_netdevs(const CommandLine *c, GError **error)
{
    for (guint i = 0; i < c->netdevs->len; i++) {
        const char *text = g_ptr_array_index(c->netdevs, i);
        GError *local = NULL;
        JsonObject *o = netdev_parse(text, &local);
        bool ok = o && netdev_new(o, &local);

        if (o) {
            json_object_unref(o);
        }
        if (!ok) {
            return prefix_error(error, local, "netdev", text);
        }
    }
    return true;
}

static GS_FN bool add_disk(Program *p, const char *drive, GError **error)
{
    JsonObject *o = json_object_new();
    DeviceState *dev;

    json_object_set_string_member(o, "driver", "virtio-blk-device");
    json_object_set_string_member(o, "drive", drive);
    dev = device_add(p->machine, o, error);
    json_object_unref(o);
    return dev != NULL;
}

static bool device_option_names_drive(const CommandLine *c, const char *drive)
{
    bool named = false;

    for (guint i = 0; i < c->devices->len && !named; i++) {
        JsonObject *o = option_parse(g_ptr_array_index(c->devices, i),
                                     "driver", NULL, NULL);

        if (o) {
            named = !g_strcmp0(option_string(o, "drive"), drive);
            json_object_unref(o);
        }
    }
    return named;
}

/* The board's disks are virtio ones, unless a -drive says otherwise. */
static GS_FN bool add_disks(Program *p, GError **error)
{
    const GPtrArray *virtio = p->drives.virtio;
    const GPtrArray *undecided = p->drives.undecided;

    for (guint i = 0; i < virtio->len; i++) {
        if (!add_disk(p, g_ptr_array_index(virtio, i), error)) {
            return false;
        }
    }
    for (guint i = 0; i < undecided->len; i++) {
        const char *drive = g_ptr_array_index(undecided, i);

        if (!device_option_names_drive(&p->options, drive) &&
            !add_disk(p, drive, error)) {
            return false;
        }
    }
    return true;
}

static GS_FN bool add_devices(Program *p, GError **error)
{
    const CommandLine *c = &p->options;

    if (!add_disks(p, error)) {
        return false;
    }
    for (guint i = 0; i < c->devices->len; i++) {
        const char *text = g_ptr_array_index(c->devices, i);
        GError *local = NULL;
        JsonObject *o = option_parse(text, "driver", NULL, &local);
        bool ok = o && device_add(p->machine, o, &local);

        if (o) {
            json_object_unref(o);
        }
        if (!ok) {
            return prefix_error(error, local, "device", text);
        }
    }
    return true;
}

/* ---- machine ------------------------------------------------------------ */

static GS_FN bool add_machine(Program *p, GError **error)
{
    MachineConfig config;
    MachineActions actions;

    if (!machine_options_parse(&p->options, &config, p->strings, error) ||
        !action_options_parse(&p->options, &actions, error)) {
        return false;
    }
    for (int i = 0; i < 2; i++) {
        if (p->drives.pflash[i]) {
            config.pflash[i] = p->drives.pflash[i];
        }
    }
    machine_set_actions(&actions);
    p->machine = machine_new(&config, error);
    if (!p->machine) {
        return false;
    }
    machine_set_current(p->machine);
    return true;
}

static GS_FN bool start_qtest(Program *p, GError **error)
{
    const CommandLine *c = &p->options;
    Chardev *chardev;

    if (!c->qtest) {
        return true;
    }
    chardev = chardev_new_from_string("qtest", c->qtest, error);
    if (!chardev) {
        return false;
    }
    if (!c->qtest_log) {
        p->qtest_log = NULL;
    } else if (strcmp(c->qtest_log, "none")) {
        p->qtest_log = fopen(c->qtest_log, "w");
        if (!p->qtest_log) {
            vm_set_errno(error, c->qtest_log);
            return false;
        }
    }
    return qtest_start(p->machine, chardev, p->qtest_log, error);
}

static bool write_pidfile(Program *p, GError **error)
{
    const char *path = p->options.pidfile;
    char *text;

    if (!path) {
        return true;
    }
    text = g_strdup_printf("%d\n", (int)getpid());
    if (g_file_set_contents(path, text, -1, error)) {
        p->pidfile = g_strdup(path);
    }
    g_free(text);
    return p->pidfile != NULL;
}

/* What query-name and query-uuid say. */
static GS_FN bool set_identity(const CommandLine *c, GError **error)
{
    static const char *const known[] = { "guest", "process", "debug-threads",
                                         NULL };
    JsonObject *o = option_parse(c->name ? c->name : "", "guest", NULL, error);
    bool ok = o && option_check_known(o, "-name", known, error);

    if (ok) {
        monitor_set_identity(option_string(o, "guest"), c->uuid);
    }
    if (o) {
        json_object_unref(o);
    }
    return ok;
}

bool program_start(Program *p, bool *ret_dumped, GError **error)
{
    const CommandLine *c = &p->options;

    GLOBAL_STATE_CODE();
    bdrv_init();
    drive_report_errors();
    machine_set_event_hook(qmp_event);
    if (!trace_options_apply(c, error) || !add_objects(c, error) || !add_globals(c, error) ||
        !characters_add(p, error) || !add_blockdevs(c, error) ||
        !add_drives(p, error) || !add_netdevs(c, error) ||
        !add_machine(p, error) || !set_identity(c, error) ||
        !nics_add(p->machine, c->nics, c->nets, error) ||
        !add_devices(p, error) || !machine_ready(p->machine, error) ||
        !start_qtest(p, error)) {
        return false;
    }
    *ret_dumped = p->machine->config.dumpdtb != NULL;
    /* Whoever sees the file may send signals. */
    return *ret_dumped || (signals_watch(error) && write_pidfile(p, error));
}

int program_run(Program *p)
{
    GLOBAL_STATE_CODE();
    user_objects_pin();
    monitors_start();
    if (!p->options.stopped) {
        vm_start(p->machine);
    }
    main_loop_run();
    return machine_exit_status();
}

void program_finish(Program *p)
{
    GLOBAL_STATE_CODE();
    signals_unwatch();
    if (p->machine) {
        vm_stop(p->machine, RUN_STATE_SHUTDOWN);
    }
    qtest_stop();
    monitors_free();
    machine_set_event_hook(NULL);
    machine_free(p->machine);
    net_announce_free_all();
    netdevs_free();
    drives_close(&p->drives);
    bdrv_close_all();
    user_objects_free();
    chardevs_free();
    iothread_free_all();
    thread_pool_finish();
    device_globals_clear();
    if (p->qtest_log) {
        fclose(p->qtest_log);
    }
    if (p->pidfile) {
        unlink(p->pidfile);
    }
}

void program_clear(Program *p)
{
    drives_clear(&p->drives);
    g_free(p->pidfile);
    command_line_clear(&p->options);
    g_string_chunk_free(p->strings);
}
