/* SPDX-License-Identifier: MIT */
/*
 * Commands on a machine without a CPU that runs: what they do, and that their
 * results are what the schema says.
 */
#include "monitor_test.h"
#include "base/iothread.h"
#include "base/thread_pool.h"
#include "block/block_backend.h"
#include "hw/chardev/chardev.h"
#include "hw/net/net.h"
#include "hw/virtio/virtio_serial.h"
#include "monitor/hmp.h"
#include "monitor/user_object.h"

static Machine *machine;
static GString *events; /* names, each with a blank behind it */

static void note_event(const char *name, JsonObject *data)
{
    g_string_append_printf(events, "%s ", name);
    if (data) {
        json_object_unref(data);
    }
}

static int setup(void **state)
{
    MachineConfig config = { .type = "virt", .accel = "qtest", .n_cpus = 2,
                             .ram_size = 16 << 20 };
    GError *error = NULL;

    main_loop_setup(state);
    GLOBAL_STATE_CODE();
    events = g_string_new(NULL);
    bdrv_init();
    machine = machine_new(&config, &error);
    if (!machine) {
        fail_msg("%s", error->message);
    }
    machine_set_current(machine);
    machine_set_event_hook(note_event);
    return 0;
}

static int teardown(void **state)
{
    GLOBAL_STATE_CODE();
    machine_set_event_hook(NULL);
    machine_free(machine);
    netdevs_free();
    bdrv_close_all();
    user_objects_free();
    chardevs_free();
    iothread_free_all();
    thread_pool_finish();
    g_string_free(events, TRUE);
    return main_loop_teardown(state);
}

/* The whole response. */
static JsonObject *run(const char *name, const char *args)
{
    QmpRequest r = { .name = (char *)name, .command = qmp_command_find(name),
                     .args = json_parse(args) };
    g_autoptr(JsonNode) response = NULL;
    g_autoptr(GError) error = NULL;
    JsonObject *o;

    GLOBAL_STATE_CODE();
    response = qmp_dispatch(&r);
    o = json_object_ref(json_node_get_object(response));
    json_object_unref(r.args);
    if (json_object_has_member(o, "return") &&
        !qmp_check_result(r.command, json_object_get_member(o, "return"),
                          &error)) {
        fail_msg("%s: %s", name, error->message);
    }
    return o;
}

/* Its result, which must be one. */
static JsonNode *get(const char *name, const char *args)
{
    g_autoptr(JsonObject) o = run(name, args);

    if (!json_object_has_member(o, "return")) {
        fail_msg("%s %s: %s", name, args,
                 qmp_arg_str(qmp_arg_object(o, "error"), "desc"));
    }
    return json_object_dup_member(o, "return");
}

static void ok(const char *name, const char *args)
{
    json_node_unref(get(name, args));
}

static void refused(const char *name, const char *args, const char *class,
                    const char *why)
{
    g_autoptr(JsonObject) o = run(name, args);
    JsonObject *e = qmp_arg_object(o, "error");

    if (!e) {
        fail_msg("%s %s worked", name, args);
    }
    assert_string_equal(qmp_arg_str(e, "class"), class);
    if (!strstr(qmp_arg_str(e, "desc"), why)) {
        fail_msg("'%s' is not in: %s", why, qmp_arg_str(e, "desc"));
    }
}

/* Length of a list. */
static guint length(const char *name, const char *args)
{
    g_autoptr(JsonNode) node = get(name, args);

    return json_array_get_length(json_node_get_array(node));
}

static char *human(const char *line)
{
    GLOBAL_STATE_CODE();
    return hmp_run(line, 0, NULL);
}

static void expect_human(const char *line, const char *text)
{
    g_autofree char *out = human(line);

    if (!strstr(out, text)) {
        fail_msg("%s: '%s' is not in: %s", line, text, out);
    }
}

/* ---- all that can be asked ---------------------------------------------- */

static bool has_mandatory(const QmpCommand *c)
{
    return c->args && *c->args != '*';
}

static void test_queries(void **state)
{
    int n = 0;

    ok("object-add", "{'qom-type': 'iothread', 'id': 't0'}");
    ok("blockdev-add", "{'driver': 'null-co', 'node-name': 'd0'}");
    ok("chardev-add", "{'id': 'c0', 'backend': {'type': 'ringbuf', "
                      "'data': {}}}");
    for (const QmpSet *const *set = qmp_sets(); *set; set++) {
        for (const QmpCommand *c = (*set)->commands; c && c->name; c++) {
            if (!g_str_has_prefix(c->name, "query-") || has_mandatory(c) ||
                !strcmp(c->name, "query-hotpluggable-cpus")) {
                continue;
            }
            ok(c->name, "{}");
            n++;
        }
    }
    assert_true(n > 25);
    refused("query-hotpluggable-cpus", "{}", "GenericError", "CPU");
    assert_int_equal(length("query-cpus-fast", "{}"), 2);
    assert_int_equal(length("query-iothreads", "{}"), 1);
    assert_int_equal(length("query-memdev", "{}"), 1);
    assert_int_equal(length("query-command-line-options",
                            "{'option': 'mon'}"), 1);
}

static void test_run_state(void **state)
{
    g_autoptr(JsonNode) status = NULL;

    ok("cont", "{}");
    ok("stop", "{}");
    ok("stop", "{}");
    assert_string_equal(events->str, "RESUME STOP ");
    status = get("query-status", "{}");
    assert_string_equal(qmp_arg_str(json_node_get_object(status), "status"),
                        "paused");
    expect_human("info status", "VM status: paused\n");
    refused("system_wakeup", "{}", "GenericError", "");
    refused("stop", "{'x': 1}", "GenericError", "'x' is unexpected");
    refused("no-such", "{}", "CommandNotFound", "no-such");
}

/* ---- objects ------------------------------------------------------------ */

static void test_objects(void **state)
{
    g_autoptr(JsonNode) limits = NULL;

    ok("object-add", "{'qom-type': 'throttle-group', 'id': 'g0', "
                     "'limits': {'iops-total': 100}}");
    refused("object-add", "{'qom-type': 'iothread', 'id': 'g0'}",
            "GenericError", "already");
    refused("object-add", "{'qom-type': 'iothread', 'id': '8'}",
            "GenericError", "");
    refused("object-add", "{'qom-type': 'iothread', 'id': 'a', 'x': 1}",
            "GenericError", "'x' is unexpected");
    refused("object-add", "{'qom-type': 'throttle-group', 'id': 'g1', "
                          "'limits': {'iops-total': -1}}", "GenericError", "");
    ok("qom-set", "{'path': '/objects/g0', 'property': 'limits', "
                  "'value': {'bps-total': 7}}");
    limits = get("qom-get", "{'path': 'g0', 'property': 'limits'}");
    assert_int_equal(qmp_arg_int(json_node_get_object(limits), "bps-total",
                                 0), 7);
    assert_int_equal(qmp_arg_int(json_node_get_object(limits), "iops-total",
                                 0), 100);
    ok("blockdev-add", "{'driver': 'throttle', 'node-name': 'th', "
                       "'throttle-group': 'g0', "
                       "'file': {'driver': 'null-co'}}");
    refused("object-del", "{'id': 'g0'}", "GenericError", "");
    ok("blockdev-del", "{'node-name': 'th'}");
    ok("object-del", "{'id': 'g0'}");
    refused("object-del", "{'id': 'g0'}", "GenericError", "g0");
}

/* Every path that is listed can be listed, and its properties be got. */
static void walk_qom(const char *path, int *n)
{
    g_autofree char *args = g_strdup_printf("{'path': '%s'}", path);
    g_autoptr(JsonNode) list = get("qom-list", args);
    JsonArray *a = json_node_get_array(list);

    for (guint i = 0; i < json_array_get_length(a); i++) {
        JsonObject *p = json_array_get_object_element(a, i);
        const char *name = qmp_arg_str(p, "name");
        g_autofree char *one = g_strdup_printf(
            "{'path': '%s', 'property': '%s'}", path, name);
        g_autoptr(JsonNode) value = get("qom-get", one);

        (*n)++;
        if (g_str_has_prefix(qmp_arg_str(p, "type"), "child<")) {
            walk_qom(json_node_get_string(value), n);
        }
    }
}

static void test_qom(void **state)
{
    int n = 0;

    ok("object-add", "{'qom-type': 'iothread', 'id': 't0'}");
    walk_qom("/", &n);
    assert_true(n > 60);
    refused("qom-list", "{'path': '/machine/nope'}", "DeviceNotFound", "nope");
    refused("qom-get", "{'path': '/machine', 'property': 'x'}",
            "GenericError", "'x'");
    refused("qom-set", "{'path': '/machine', 'property': 'type', "
                       "'value': 1}", "GenericError", "cannot be set");
    refused("qom-set", "{'path': '/machine/unattached/device[2]', "
                       "'property': 'chardev', 'value': 'a'}",
            "GenericError", "realized");
    assert_true(length("device-list-properties",
                       "{'typename': 'virtio-blk-device'}") > 5);
    assert_true(length("qom-list-properties",
                       "{'typename': 'virt-machine'}") > 5);
    assert_int_equal(length("qom-list-types",
                            "{'implements': 'memory-backend'}"), 2);
    assert_int_equal(length("qom-list-types",
                            "{'implements': 'machine', 'abstract': true}"),
                     length("query-machines", "{}") + 1);
    refused("device-list-properties", "{'typename': 'virt-machine'}",
            "DeviceNotFound", "");
    refused("qom-list-properties", "{'typename': 'x'}", "DeviceNotFound", "");
}

static DeviceState *cold_plug(const char *args)
{
    g_autoptr(JsonObject) o = json_parse(args);
    GError *error = NULL;
    DeviceState *dev;

    GLOBAL_STATE_CODE();
    dev = device_add(machine, o, &error);
    if (!dev) {
        fail_msg("%s", error->message);
    }
    return dev;
}

static void test_hotplug(void **state)
{
    GLOBAL_STATE_CODE();
    cold_plug("{'driver': 'virtio-serial-device', 'id': 'vs'}");
    assert_true(machine_ready(machine, NULL));
    ok("chardev-add", "{'id': 'c0', 'backend': {'type': 'ringbuf', "
                      "'data': {'size': 4096}}}");
    ok("device_add", "{'driver': 'virtserialport', 'id': 'p0', "
                     "'chardev': 'c0', 'name': 'org.x', 'bus': 'vs.0'}");
    refused("device_add", "{'driver': 'virtserialport', 'id': 'p0'}",
            "GenericError", "already");
    refused("chardev-remove", "{'id': 'c0'}", "GenericError", "in use");
    refused("device_add", "{'driver': 'virtio-rng-device'}", "GenericError",
            "before the machine starts");
    refused("device_add", "{'driver': 'nope'}", "GenericError", "known:");
    refused("device_add", "{'driver': 'virtserialport', 'x': 1}",
            "GenericError", "'x'");
    refused("device_del", "{'id': 'vs'}", "GenericError",
            "before the machine starts");
    refused("device_del", "{'id': 'nope'}", "DeviceNotFound", "nope");
    ok("device_del", "{'id': '/machine/peripheral/p0'}");
    assert_string_equal(events->str, "");
    ok("device_add", "{'driver': 'virtserialport', 'id': 'p0'}");
    ok("device_del", "{'id': 'p0'}");
    ok("chardev-remove", "{'id': 'c0'}");
    expect_human("info qtree", "dev: virtio-serial-device, id \"vs\"");
    expect_human("device_add nonsense", "Error: ");
    expect_human("device_add ?", "name \"virtserialport\"");
    expect_human("device_add \"virtserialport,help\"", "nr=<");
    expect_human("netdev_add nonsense,id=n9", "Error: ");
    expect_human("object_add nonsense,id=o9", "Error: ");
    expect_human("device_add virtserialport,id=p1,nr=3", "");
    expect_human("info qtree", "nr = 3");
    expect_human("device_del p1", "");
    expect_human("device_del p1", "Error: ");
}

/* What the guest does with a port and a filter. */
static void test_device_events(void **state)
{
    VirtioSerialPort *port;

    GLOBAL_STATE_CODE();
    cold_plug("{'driver': 'virtio-serial-device', 'id': 'vs'}");
    port = (VirtioSerialPort *)cold_plug(
        "{'driver': 'virtserialport', 'id': 'p0'}");
    virtio_serial_port_set_guest_open(port, true);
    virtio_serial_port_set_guest_open(port, true);
    virtio_serial_port_set_guest_open(port, false);
    assert_string_equal(events->str, "VSERPORT_CHANGE VSERPORT_CHANGE ");
}

static void test_net(void **state)
{
    g_autoptr(JsonNode) filters = NULL;

    ok("netdev_add", "{'type': 'user', 'id': 'n0', 'restrict': true, "
                     "'dnssearch': [{'str': 'a'}, {'str': 'b'}]}");
    refused("netdev_add", "{'type': 'user', 'id': 'n0'}", "GenericError",
            "already");
    refused("netdev_add", "{'type': 'user', 'id': 'n1', 'restrict': 'on'}",
            "GenericError", "'restrict'");
    refused("netdev_add", "{'type': 'nope', 'id': 'n1'}", "GenericError",
            "it takes user");
    cold_plug("{'driver': 'virtio-net-device', 'id': 'nic', 'netdev': 'n0', "
              "'mac': '52:54:00:00:00:01'}");
    filters = get("query-rx-filter", "{'name': 'nic'}");
    assert_string_equal(
        qmp_arg_str(json_array_get_object_element(
                        json_node_get_array(filters), 0), "main-mac"),
        "52:54:00:00:00:01");
    refused("query-rx-filter", "{'name': 'n0'}", "GenericError", "back end");
    refused("query-rx-filter", "{'name': 'x'}", "GenericError", "'x'");
    ok("set_link", "{'name': 'nic', 'up': false}");
    expect_human("info network", "link=down");
    ok("set_link", "{'name': 'n0', 'up': true}");
    refused("set_link", "{'name': 'x', 'up': true}", "DeviceNotFound", "'x'");
    refused("netdev_del", "{'id': 'n0'}", "GenericError", "in use");
    refused("netdev_del", "{'id': 'x'}", "DeviceNotFound", "'x'");
}

/* ---- character devices -------------------------------------------------- */

static void expect_ringbuf(const char *args, const char *text)
{
    g_autoptr(JsonNode) node = get("ringbuf-read", args);

    assert_string_equal(json_node_get_string(node), text);
}

static void test_chardev(void **state)
{
    ok("chardev-add", "{'id': 'r', 'backend': {'type': 'memory', "
                      "'data': {'size': 16}}}");
    refused("chardev-add", "{'id': 'r', 'backend': {'type': 'null', "
                           "'data': {}}}", "GenericError", "already");
    refused("chardev-add", "{'id': 's', 'backend': {'type': 'ringbuf', "
                           "'data': {'size': 3}}}", "GenericError", "power");
    refused("chardev-add", "{'id': 's', 'backend': {'type': 'file'}}",
            "GenericError", "backend.data");
    refused("chardev-add", "{'id': 's', 'backend': {'type': 'socket', "
                           "'data': {'addr': {'type': 'fd', 'data': "
                           "{'str': 'x'}}}}}", "GenericError", "'x'");
    GLOBAL_STATE_CODE();
    chardev_write_all(chardev_find("r"), "0123456789abcdef!", 17);
    expect_ringbuf("{'device': 'r', 'size': 4}", "1234");
    expect_ringbuf("{'device': 'r', 'size': 100, 'format': 'base64'}",
                   "NTY3ODlhYmNkZWYh");
    expect_ringbuf("{'device': 'r', 'size': 100}", "");
    refused("ringbuf-read", "{'device': 'r', 'size': 0}", "GenericError",
            "'size'");
    refused("ringbuf-read", "{'device': 'x', 'size': 1}", "GenericError", "x");
    ok("chardev-send-break", "{'id': 'r'}");
    ok("chardev-remove", "{'id': 'r'}");
    refused("chardev-remove", "{'id': 'r'}", "GenericError", "'r'");
}

static size_t hear_size(void *opaque)
{
    return 4096;
}

static void hear(void *opaque, const uint8_t *data, size_t len)
{
}

/* A socket that listens, one that is connected with it, and the end of it. */
static void test_yank(void **state)
{
    g_autofree char *path = g_strdup_printf("%s/refvmm-yank-%d",
                                            g_get_tmp_dir(), (int)getpid());
    g_autofree char *add = g_strdup_printf(
        "{'id': 'l', 'backend': {'type': 'socket', 'data': {'addr': "
        "{'type': 'unix', 'data': {'path': '%s'}}}}}", path);
    g_autofree char *connect = g_strdup_printf(
        "{'id': 'k', 'backend': {'type': 'socket', 'data': {'server': false, "
        "'addr': {'type': 'unix', 'data': {'path': '%s'}}}}}", path);
    ChardevFrontend reader = { .can_receive = hear_size, .receive = hear };

    GLOBAL_STATE_CODE();
    ok("chardev-add", add);
    ok("chardev-add", connect);
    assert_int_equal(length("query-yank", "{}"), 2);
    refused("yank", "{'instances': [{'type': 'chardev', 'id': 'k'}, "
                    "{'type': 'block-node', 'node-name': 'k'}]}",
            "DeviceNotFound", "block-node 'k'");
    assert_true(chardev_attach(chardev_find("l"), &reader, NULL));
    while (!chardev_is_open(chardev_find("l"))) {
        aio_poll(main_loop_context(), true);
    }
    assert_true(chardev_is_open(chardev_find("k")));
    ok("yank", "{'instances': [{'type': 'chardev', 'id': 'k'}]}");
    while (chardev_is_open(chardev_find("l"))) {
        aio_poll(main_loop_context(), true);
    }
    chardev_detach(chardev_find("l"));
    ok("chardev-remove", "{'id': 'k'}");
    ok("chardev-remove", "{'id': 'l'}");
    assert_int_equal(length("query-yank", "{}"), 0);
}

/* ---- blocks ------------------------------------------------------------- */

#define BITMAP(name) "{'node': 'd0', 'name': '" name "'}"

static void expect_bitmaps(const char *names)
{
    g_autoptr(JsonNode) node = get("query-named-block-nodes", "{}");
    JsonObject *info = json_array_get_object_element(
        json_node_get_array(node), 0);
    JsonArray *list = qmp_arg_list(info, "dirty-bitmaps");
    g_autofree char *text = g_strdup("");

    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        JsonObject *b = json_array_get_object_element(list, i);
        char *more = g_strdup_printf("%s%s=%d%s ", text,
                                     qmp_arg_str(b, "name"),
                                     (int)qmp_arg_int(b, "count", -1),
                                     qmp_arg_bool(b, "recording", true)
                                         ? "" : "-");

        g_free(text);
        text = more;
    }
    assert_string_equal(text, names);
}

static void dirty(int64_t offset, int64_t bytes)
{
    BlockBackend *blk;
    g_autofree char *data = g_malloc0((gsize)bytes);

    GLOBAL_STATE_CODE();
    blk = blk_new(main_loop_context(), BLK_PERM_WRITE,
                  BLK_PERM_ALL);
    assert_true(blk_insert_bs(blk, bdrv_find_node("d0"), NULL));
    assert_int_equal(blk_pwrite(blk, offset, bytes, data, 0), 0);
    blk_unref(blk);
}

static void test_bitmaps(void **state)
{
    GLOBAL_STATE_CODE();
    ok("blockdev-add", "{'driver': 'null-co', 'node-name': 'd0', "
                       "'size': 1048576}");
    ok("block-dirty-bitmap-add", BITMAP("a"));
    ok("block-dirty-bitmap-add", "{'node': 'd0', 'name': 'b', "
                                 "'granularity': 512, 'disabled': true}");
    refused("block-dirty-bitmap-add", BITMAP("a"), "GenericError", "already");
    refused("block-dirty-bitmap-add", "{'node': 'd0', 'name': 'c', "
            "'granularity': 100}", "GenericError", "granularity");
    refused("block-dirty-bitmap-add", "{'node': 'd0', 'name': 'c', "
            "'persistent': true}", "GenericError", "persistent");
    refused("block-dirty-bitmap-clear", BITMAP("x"), "GenericError", "'x'");
    refused("block-dirty-bitmap-clear", "{'node': 'x', 'name': 'a'}",
            "GenericError", "'x'");
    dirty(65536, 512);
    expect_bitmaps("b=0- a=65536 ");
    ok("block-dirty-bitmap-merge", "{'node': 'd0', 'target': 'b', "
       "'bitmaps': ['a', {'node': 'd0', 'name': 'a'}]}");
    expect_bitmaps("b=65536- a=65536 ");
    refused("block-dirty-bitmap-merge", "{'node': 'd0', 'target': 'b', "
            "'bitmaps': ['a', 'x']}", "GenericError", "'x'");
    ok("block-dirty-bitmap-enable", BITMAP("b"));
    ok("block-dirty-bitmap-disable", BITMAP("a"));
    dirty(0, 512);
    expect_bitmaps("b=66048 a=65536- ");
    ok("block-dirty-bitmap-clear", BITMAP("a"));
    ok("block-dirty-bitmap-remove", BITMAP("b"));
    expect_bitmaps("a=0- ");
    ok("blockdev-del", "{'node-name': 'd0'}");
}

#define ACTION(name, data) "{'type': '" name "', 'data': " data "}"

static void test_transaction(void **state)
{
    GLOBAL_STATE_CODE();
    ok("blockdev-add", "{'driver': 'null-co', 'node-name': 'd0', "
                       "'size': 1048576}");
    ok("block-dirty-bitmap-add", BITMAP("a"));
    ok("block-dirty-bitmap-add", BITMAP("b"));
    dirty(0, 65536);
    refused("transaction", "{'actions': ["
            ACTION("block-dirty-bitmap-add", BITMAP("c")) ","
            ACTION("block-dirty-bitmap-clear", BITMAP("a")) ","
            ACTION("block-dirty-bitmap-remove", BITMAP("b")) ","
            ACTION("block-dirty-bitmap-disable", BITMAP("a")) ","
            ACTION("block-dirty-bitmap-merge", "{'node': 'd0', 'target': 'a',"
                   "'bitmaps': ['b']}") ","
            ACTION("abort", "{}") "]}", "GenericError", "abort");
    expect_bitmaps("b=65536 a=65536 ");
    refused("transaction", "{'actions': ["
            ACTION("block-dirty-bitmap-clear", BITMAP("a")) ","
            ACTION("block-dirty-bitmap-clear", BITMAP("x")) "]}",
            "GenericError", "'x'");
    expect_bitmaps("b=65536 a=65536 ");
    refused("transaction", "{'actions': [], 'properties': "
            "{'completion-mode': 'grouped'}}", "GenericError", "grouped");
    ok("transaction", "{'actions': ["
       ACTION("block-dirty-bitmap-add", BITMAP("c")) ","
       ACTION("block-dirty-bitmap-merge", "{'node': 'd0', 'target': 'c',"
              "'bitmaps': ['a']}") ","
       ACTION("block-dirty-bitmap-clear", BITMAP("a")) ","
       ACTION("block-dirty-bitmap-remove", BITMAP("b")) "]}");
    expect_bitmaps("c=65536 a=0 ");
}

static void test_block(void **state)
{
    ok("blockdev-add", "{'driver': 'null-co', 'node-name': 'd0', "
                       "'size': 1048576}");
    ok("blockdev-add", "{'driver': 'raw', 'node-name': 'r', 'file': 'd0'}");
    refused("blockdev-add", "{'driver': 'raw', 'node-name': 'q', "
                            "'file': 'nope'}", "GenericError", "nope");
    refused("blockdev-add", "{'driver': 'null-co', 'node-name': 'q', "
                            "'read-only': 'on'}", "GenericError",
            "'read-only'");
    refused("blockdev-add", "{'driver': 'null-co', 'node-name': 'q', "
                            "'x': 1}", "GenericError", "it knows");
    refused("blockdev-add", "{'driver': 'null-co'}", "GenericError",
            "node-name");
    refused("blockdev-del", "{'node-name': 'd0'}", "GenericError", "in use");
    refused("blockdev-del", "{'node-name': 'x'}", "GenericError", "x");
    refused("block_resize", "{'size': 1}", "GenericError", "node-name");
    refused("block_resize", "{'node-name': 'x', 'size': 1}", "GenericError",
            "x");
    ok("blockdev-reopen", "{'options': [{'driver': 'raw', 'node-name': 'r', "
                          "'file': 'd0', 'read-only': true}]}");
    assert_int_equal(length("query-named-block-nodes", "{'flat': true}"), 2);
    assert_int_equal(length("query-blockstats", "{'query-nodes': true}"), 2);
    ok("blockdev-del", "{'node-name': 'r'}");
    ok("blockdev-del", "{'node-name': 'd0'}");
}

/* ---- memory, and words for humans --------------------------------------- */

static void test_memory(void **state)
{
    g_autofree char *path = g_strdup_printf("%s/refvmm-memsave-%d",
                                            g_get_tmp_dir(), (int)getpid());
    g_autofree char *good = g_strdup_printf(
        "{'val': 2147483648, 'size': 5000, 'filename': '%s'}", path);
    g_autofree char *bad = g_strdup_printf(
        "{'val': 0, 'size': 9223372036854775807, 'filename': '%s'}", path);
    g_autofree char *data = NULL;
    gsize size;

    GLOBAL_STATE_CODE();
    assert_int_equal(address_space_write(&machine->as, 0x80001000,
                                         MEMTXATTRS_UNSPECIFIED,
                                         "Hi\n\xff", 4), MEMTX_OK);
    ok("pmemsave", good);
    assert_true(g_file_get_contents(path, &data, &size, NULL));
    assert_int_equal(size, 5000);
    assert_memory_equal(data + 4096, "Hi\n\xff", 4);
    ok("memsave", good);
    refused("pmemsave", bad, "GenericError", "no memory at 0x0");
    refused("pmemsave", "{'val': 0, 'size': -1, 'filename': 'x'}",
            "GenericError", "negative");
    unlink(path);
    expect_human("xp /4cb 0x80001000",
                 "0000000080001000: 'H' 'i' '\\n' '\\xff'\n");
    expect_human("x/2dw 0x80001000 - 4",
                 "0000000080000ffc:          0  -16094904\n");
    expect_human("xp/1xg 0x80001000", " 0x00000000ff0a6948\n");
    expect_human("xp 0", "Cannot access memory");
    expect_human("xp/99999999x 0x80000000", "Error: ");
    expect_human("p/d (1 + 2) * 3 - ~0", "10\n");
    expect_human("p 1 +", "Error: ");
    expect_human("p $nope", "Error: ");
}

static void test_human(void **state)
{
    g_autofree char *help = human("help");
    g_autofree char *info = human("info");
    g_auto(GStrv) lines = g_strsplit(info, "\n", -1);

    assert_non_null(strstr(help, "quit|q"));
    /* All of them, with whatever they say. */
    for (char **line = lines; *line && **line; line++) {
        g_auto(GStrv) words = g_strsplit(*line, " ", 3);
        g_autofree char *command = g_strconcat(words[0], " ", words[1], NULL);
        g_autofree char *out = human(command);

        assert_null(strstr(out, "unknown"));
        assert_null(strstr(out, "Error"));
    }
    expect_human("info registers -a", "CPU#1");
    expect_human("info mtree -f", "riscv_virt_board.ram");
    expect_human("", "");
    expect_human("frobnicate", "unknown command: 'frobnicate'\n");
    expect_human("info frobnicate", "unknown command: 'info frobnicate'\n");
    expect_human("set_link x", "Error: ");
    expect_human("block_resize x y", "Error: ");
    expect_human("object_add iothread,id=i", "");
    expect_human("info iothreads", "i:\n  thread_id=");
    refused("human-monitor-command", "{}", "GenericError", "command-line");
    refused("human-monitor-command", "{'command-line': 'info cpus', "
                                     "'cpu-index': 2}", "GenericError",
            "cpu-index");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_queries), TEST(test_run_state),   TEST(test_objects),
        TEST(test_qom),     TEST(test_hotplug),     TEST(test_chardev),
        TEST(test_device_events),                   TEST(test_net),
        TEST(test_yank),    TEST(test_bitmaps),     TEST(test_transaction),
        TEST(test_block),   TEST(test_memory),      TEST(test_human),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
