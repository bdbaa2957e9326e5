/* SPDX-License-Identifier: MIT */
/*
 * fuzz_qmp.c - any bytes that a monitor's client sends are answered, and what
 * is answered is what the schema promises.
 *
 * The machine has no CPU that runs.  Commands that would reach out of the
 * process (files, sockets, network, the end of the program), or that take
 * their time because they were told so, are left out.  Corpus:
 * tests/fuzz/corpus/qmp, requests one after the other.
 */
#include "base/iothread.h"
#include "base/main_loop.h"
#include "base/rcu.h"
#include "base/thread_pool.h"
#include "block/block.h"
#include "hw/chardev/chardev.h"
#include "hw/machine.h"
#include "hw/net/net.h"
#include "monitor/json_stream.h"
#include "monitor/json_text.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_dispatch.h"
#include "monitor/user_object.h"
#include <stdio.h>
#include <string.h>

#define INPUT_LEN_MAX (16 << 10)
#define MAX_SIZE (INT64_C(1) << 34) /* of a disk or a buffer */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static Machine *machine;

/* ---- what is left out --------------------------------------------------- */

static bool is_one_of(const char *text, const char *const *list)
{
    for (; *list; list++) {
        if (!strcmp(text, *list)) {
            return true;
        }
    }
    return false;
}

static bool is_harmless(const char *name, JsonNode *node);

static bool is_harmless_member(const char *name, JsonNode *node)
{
    /* They wait, or open files of the host. */
    static const char *const keys[] = { "latency-ns", "hostfwd", "guestfwd",
                                        "tftp", "smb", "fd", "ifname",
                                        "addr", "local", "remote", NULL };
    static const char *const values[] = { "file", "pipe", "socket", "pty",
                                          "stdio", "tap", "stream", "dgram",
                                          NULL };

    if (is_one_of(name, keys) || strstr(name, "filename") ||
        strstr(name, "ops-") || strstr(name, "bps-")) {
        return false;
    }
    if (JSON_NODE_HOLDS_VALUE(node) &&
        json_node_get_value_type(node) == G_TYPE_STRING) {
        return !is_one_of(json_node_get_string(node), values) &&
               !strstr(json_node_get_string(node), "://");
    }
    return !JSON_NODE_HOLDS_VALUE(node) ||
           json_node_get_value_type(node) != G_TYPE_INT64 ||
           json_node_get_int(node) < MAX_SIZE;
}

static bool is_harmless(const char *name, JsonNode *node)
{
    if (!is_harmless_member(name, node)) {
        return false;
    }
    if (JSON_NODE_HOLDS_ARRAY(node)) {
        JsonArray *array = json_node_get_array(node);

        for (guint i = 0; i < json_array_get_length(array); i++) {
            if (!is_harmless(name, json_array_get_element(array, i))) {
                return false;
            }
        }
    } else if (JSON_NODE_HOLDS_OBJECT(node)) {
        JsonObject *object = json_node_get_object(node);
        g_autoptr(GList) names = json_object_get_members(object);

        for (GList *l = names; l; l = l->next) {
            if (!is_harmless(l->data,
                             json_object_get_member(object, l->data))) {
                return false;
            }
        }
    }
    return true;
}

/* A command for humans. */
static bool is_harmless_line(const char *line)
{
    static const char *const words[] = { "q", "quit", "memsave", "pmemsave",
                                         "netdev_add", "object_add", NULL };
    g_autofree char *text = g_strstrip(g_strdup(line));
    g_auto(GStrv) all = g_strsplit_set(text, " \t/", 2);

    return !all[0] || !is_one_of(all[0], words);
}

static bool is_allowed(const QmpRequest *r) NO_TSA;
static bool is_allowed(const QmpRequest *r)
{
    static const char *const commands[] = { "quit", "memsave", "pmemsave",
                                            NULL };
    const char *line = qmp_arg_str(r->args, "command-line");
    JsonNode *args = json_node_new(JSON_NODE_OBJECT);
    bool ok;

    json_node_set_object(args, r->args);
    ok = !is_one_of(r->name, commands) && is_harmless("", args) &&
         (!line || is_harmless_line(line));
    json_node_unref(args);
    return ok && (strcmp(r->name, "object-add") || !user_object_nth(8));
}

/* ---- running ------------------------------------------------------------ */

static void check_response(const QmpRequest *r, JsonNode *response)
{
    JsonObject *o = json_node_get_object(response);
    g_autofree char *text = NULL;
    g_autoptr(JsonParser) parser = json_parser_new();
    g_autoptr(GError) error = NULL;

    if (r->name && !strcmp(r->name, "query-qmp-schema")) {
        return; /* long, and has a test of its own */
    }
    text = json_text(response, false);
    if (json_object_has_member(o, "return") ==
        json_object_has_member(o, "error")) {
        __builtin_trap();
    }
    if (json_object_has_member(o, "return") &&
        !qmp_check_result(r->command, json_object_get_member(o, "return"),
                          &error)) {
        fprintf(stderr, "%s: %s: %s\n", r->name, error->message, text);
        __builtin_trap();
    }
    if (!json_parser_load_from_data(parser, text, -1, NULL)) {
        __builtin_trap();
    }
}

static void run(const QmpRequest *r) NO_TSA;
static void run(const QmpRequest *r)
{
    g_autoptr(JsonNode) response = NULL;

    if (!is_allowed(r)) {
        return;
    }
    response = r->oob ? qmp_dispatch_oob(r) : qmp_dispatch(r);
    check_response(r, response);
    aio_poll(main_loop_context(), false);
}

static bool received(void *opaque, JsonNode *value, GError *error)
{
    QmpRequest r = { .oob = false };

    if (!value != !!error) {
        __builtin_trap();
    }
    if (value && qmp_request_parse(value, &r, &error)) {
        run(&r);
    }
    if (error) {
        g_autoptr(JsonNode) response = qmp_response_error(error, r.id);

        check_response(&r, response);
        g_error_free(error);
    }
    qmp_request_clear(&r);
    return true;
}

/* ---- the machine -------------------------------------------------------- */

static void note_event(const char *name, JsonObject *data)
{
    if (data) {
        json_object_unref(data);
    }
}

static DeviceState *plug(const char *text) NO_TSA;
static DeviceState *plug(const char *text)
{
    g_autoptr(JsonNode) node = json_from_string(text, NULL);

    return device_add(machine, json_node_get_object(node), NULL);
}

static void start(void) NO_TSA;
static void start(void)
{
    MachineConfig config = { .type = "virt", .accel = "qtest", .n_cpus = 1,
                             .ram_size = 1 << 20 };

    vm_rcu_init();
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    main_loop_init(NULL);
    bdrv_init();
    machine = machine_new(&config, NULL);
    machine_set_current(machine);
    plug("{\"driver\": \"virtio-serial-device\", \"id\": \"vs\"}");
    machine_ready(machine, NULL);
    machine_set_event_hook(note_event);
}

/* All that commands may have made is gone, so that the next input finds what
 * the first one did. */
static void clean_up(void) NO_TSA;
static void clean_up(void)
{
    static unsigned n;

    vm_stop(machine, RUN_STATE_PRELAUNCH);
    for (guint i = machine->devices->len; i-- > 0;) {
        DeviceState *dev = g_ptr_array_index(machine->devices, i);

        if (dev->klass->bus && !strcmp(dev->klass->bus, "virtio-serial-bus")) {
            device_free(dev);
        }
    }
    netdevs_free();
    bdrv_close_all();
    user_objects_free();
    chardevs_free();
    iothread_free_all();
    if (++n % 64 == 0) {
        main_loop_rcu_barrier();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    JsonStream s;

    if (!started) {
        start();
        started = true;
    }
    if (size > INPUT_LEN_MAX) {
        return 0;
    }
    json_stream_init(&s, received, NULL);
    /* Cut somewhere. */
    json_stream_feed(&s, (const char *)data, size / 2);
    json_stream_feed(&s, (const char *)data + size / 2, size - size / 2);
    json_stream_clear(&s);
    clean_up();
    return 0;
}
