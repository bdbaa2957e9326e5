/* SPDX-License-Identifier: MIT */
/*
 * monitor.c - monitors, made and freed; see monitor.h.
 *
 * Thread context: under the BQL.
 */
#include "monitor/monitor_int.h"
#include "base/option.h"
#include "monitor/monitor_thread.h"
#include "monitor/qmp.h"
#include <string.h>

static GPtrArray *monitors GUARDED_BY(bql); /* Monitor* */

static const MonitorProtocol *find_protocol(const char *mode, GError **error)
{
    static const char *const names[] = { "readline", "control", NULL };

    if (!mode || !strcmp(mode, names[0])) {
        return &monitor_hmp;
    }
    if (!strcmp(mode, names[1])) {
        return &monitor_qmp;
    }
    option_set_unknown(error, "monitor", "mode", mode, names);
    return NULL;
}

static GS_FN bool parse(Monitor *m, JsonObject *options, GError **error)
{
    const char *id = option_need(options, "monitor", "chardev", error);

    if (!id) {
        return false;
    }
    m->chardev = chardev_find(id);
    if (!m->chardev) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "monitor: there is no chardev '%s'", id);
        return false;
    }
    m->protocol = find_protocol(option_string(options, "mode"), error);
    if (!m->protocol || !option_bool(options, "pretty", &m->pretty, error)) {
        return false;
    }
    if (m->pretty && m->protocol != &monitor_qmp) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "monitor: parameter 'pretty' is for mode=control");
        return false;
    }
    return true;
}

static GS_FN void init_all(void)
{
    if (!monitors) {
        monitors = g_ptr_array_new();
        turns_init();
        qmp_sessions_init();
        qmp_events_init();
    }
}

bool monitor_new(JsonObject *options, GError **error)
{
    Monitor *m = g_new0(Monitor, 1);

    GLOBAL_STATE_CODE();
    init_all();
    if (!parse(m, options, error)) {
        g_free(m);
        return false;
    }
    m->protocol->init(m);
    m->frontend.opaque = m;
    g_ptr_array_add(monitors, m);
    if (!chardev_attach(m->chardev, &m->frontend, error)) {
        g_ptr_array_remove(monitors, m);
        m->protocol->finish(m);
        g_free(m);
        return false;
    }
    return true;
}

void monitors_start(void)
{
    GLOBAL_STATE_CODE();
    turns_allow(true);
}

void monitors_free(void)
{
    GLOBAL_STATE_CODE();
    monitor_set_identity(NULL, NULL);
    if (!monitors) {
        return;
    }
    turns_allow(false);
    for (guint i = 0; i < monitors->len; i++) {
        Monitor *m = g_ptr_array_index(monitors, i);

        m->protocol->finish(m);
        chardev_detach_frontend(m->chardev, &m->frontend);
        g_free(m);
    }
    g_clear_pointer(&monitors, g_ptr_array_unref);
    monitor_thread_stop();
    qmp_events_cleanup();
    qmp_sessions_cleanup();
    turns_cleanup();
}
