/* SPDX-License-Identifier: MIT */
/*
 * hmp_info.c - what `info` shows.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "hw/machine.h"
#include "hw/net/net.h"
#include "hw/property.h"
#include "monitor/hmp.h"
#include "monitor/qmp_args.h"
#include <string.h>

static const char *text_of(JsonObject *o, const char *name)
{
    const char *text = qmp_arg_str(o, name);

    return text ? text : "";
}

/* Calls show for each object of the command's list. */
static void GS_FN show_list(HmpContext *c, const char *command,
                            void (*show)(GString *out, JsonObject *o))
{
    g_autoptr(JsonNode) result = hmp_qmp(c, command, NULL);
    JsonArray *list = result ? json_node_get_array(result) : NULL;

    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        show(c->out, json_array_get_object_element(list, i));
    }
}

/* ---- one line ----------------------------------------------------------- */

static void GS_FN info_version(HmpContext *c, const char *args)
{
    g_autoptr(JsonNode) node = qmp_version();
    JsonObject *o = json_node_get_object(node);
    JsonObject *v = qmp_arg_object(o, "qemu");

    g_string_append_printf(c->out, "%d.%d.%d (%s)\n",
                           (int)qmp_arg_int(v, "major", 0),
                           (int)qmp_arg_int(v, "minor", 0),
                           (int)qmp_arg_int(v, "micro", 0),
                           text_of(o, "package"));
}

static void GS_FN info_status(HmpContext *c, const char *args)
{
    RunState state = machine_current()->run_state;

    g_string_append(c->out, "VM status: ");
    if (state == RUN_STATE_RUNNING) {
        g_string_append(c->out, "running\n");
    } else if (state == RUN_STATE_PAUSED) {
        g_string_append(c->out, "paused\n");
    } else {
        g_string_append_printf(c->out, "paused (%s)\n", run_state_name(state));
    }
}

static void GS_FN info_one(HmpContext *c, const char *command,
                           const char *member)
{
    g_autoptr(JsonNode) result = hmp_qmp(c, command, NULL);
    const char *text = result ? qmp_arg_str(json_node_get_object(result),
                                            member) : NULL;

    if (text) {
        g_string_append_printf(c->out, "%s\n", text);
    }
}

static void GS_FN info_name(HmpContext *c, const char *args)
{
    info_one(c, "query-name", "name");
}

static void GS_FN info_uuid(HmpContext *c, const char *args)
{
    info_one(c, "query-uuid", "UUID");
}

static void GS_FN info_kvm(HmpContext *c, const char *args)
{
    g_string_append(c->out, "kvm support: not compiled\n");
}

static void GS_FN info_jobs(HmpContext *c, const char *args)
{
    g_string_append(c->out, "No active jobs\n");
}

static void GS_FN info_migrate(HmpContext *c, const char *args)
{
}

/* ---- back ends ---------------------------------------------------------- */

static void show_chardev(GString *out, JsonObject *o)
{
    g_string_append_printf(out, "%s: filename=%s\n", text_of(o, "label"),
                           text_of(o, "filename"));
}

static void GS_FN info_chardev(HmpContext *c, const char *args)
{
    show_list(c, "query-chardev", show_chardev);
}

static void show_iothread(GString *out, JsonObject *o)
{
    static const char *const names[] = { "thread-id", "poll-max-ns",
                                         "poll-grow", "poll-shrink",
                                         "aio-max-batch" };

    g_string_append_printf(out, "%s:\n", text_of(o, "id"));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_string_append_printf(out, "  %s=%" G_GINT64_FORMAT "\n",
                               i ? names[i] : "thread_id",
                               qmp_arg_int(o, names[i], 0));
    }
}

static void GS_FN info_iothreads(HmpContext *c, const char *args)
{
    show_list(c, "query-iothreads", show_iothread);
}

static void show_netdev(NetClient *n, void *opaque)
{
    GString *out = opaque;
    g_autofree char *text = NULL;
    g_autoptr(JsonObject) filter = NULL;

    GLOBAL_STATE_CODE();
    text = netdev_describe(n);
    filter = netdev_query_rx_filter(n);
    if (filter) {
        g_string_append_printf(out, "%s: index=0,type=nic,macaddr=%s\n \\ ",
                               text_of(filter, "name"),
                               text_of(filter, "main-mac"));
    }
    g_string_append_printf(out, "%s: index=0,type=%s%s%s%s\n", netdev_id(n),
                           netdev_type(n), *text ? "," : "", text,
                           netdev_link_up(n) ? "" : ",link=down");
}

static void GS_FN info_network(HmpContext *c, const char *args)
{
    netdev_foreach(show_netdev, c->out);
}

/* ---- disks -------------------------------------------------------------- */

static void show_block(GString *out, JsonObject *o)
{
    JsonObject *inserted = qmp_arg_object(o, "inserted");
    JsonObject *cache = inserted ? qmp_arg_object(inserted, "cache") : NULL;
    const char *name = text_of(o, "device");

    if (!*name && inserted) {
        name = text_of(inserted, "node-name");
    }
    if (!inserted) {
        g_string_append_printf(out, "%s: [not inserted]\n", name);
        return;
    }
    g_string_append_printf(out, "%s", name);
    if (strcmp(name, text_of(inserted, "node-name"))) {
        g_string_append_printf(out, " (%s)", text_of(inserted, "node-name"));
    }
    g_string_append_printf(out, ": %s (%s%s)\n", text_of(inserted, "file"),
                           text_of(inserted, "drv"),
                           qmp_arg_bool(inserted, "ro", false)
                               ? ", read-only" : "");
    if (qmp_arg_str(o, "qdev")) {
        g_string_append_printf(out, "    Attached to:      %s\n",
                               text_of(o, "qdev"));
    }
    g_string_append_printf(out, "    Cache mode:       %s%s%s\n",
                           qmp_arg_bool(cache, "writeback", true)
                               ? "writeback" : "writethrough",
                           qmp_arg_bool(cache, "direct", false)
                               ? ", direct" : "",
                           qmp_arg_bool(cache, "no-flush", false)
                               ? ", ignore flushes" : "");
    if (qmp_arg_str(inserted, "backing_file")) {
        g_string_append_printf(out, "    Backing file:     %s\n",
                               text_of(inserted, "backing_file"));
    }
}

static void GS_FN info_block(HmpContext *c, const char *args)
{
    show_list(c, "query-block", show_block);
}

static void show_blockstats(GString *out, JsonObject *o)
{
    static const char *const names[] = { "rd_bytes", "wr_bytes",
                                         "rd_operations", "wr_operations",
                                         "flush_operations",
                                         "wr_total_time_ns",
                                         "rd_total_time_ns",
                                         "flush_total_time_ns" };
    JsonObject *stats = qmp_arg_object(o, "stats");
    const char *name = text_of(o, "device");

    g_string_append_printf(out, "%s:", *name ? name : text_of(o, "node-name"));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_string_append_printf(out, " %s=%" G_GINT64_FORMAT, names[i],
                               qmp_arg_int(stats, names[i], 0));
    }
    g_string_append_c(out, '\n');
}

static void GS_FN info_blockstats(HmpContext *c, const char *args)
{
    show_list(c, "query-blockstats", show_blockstats);
}

/* ---- CPUs and memory ---------------------------------------------------- */

static void GS_FN info_cpus(HmpContext *c, const char *args)
{
    for (unsigned i = 0; i < vcpus_count(); i++) {
        g_string_append_printf(c->out, "%c CPU #%u: thread_id=%d%s\n",
                               i == c->cpu ? '*' : ' ', i,
                               vcpu_thread_id(vcpu_by_id(i)),
                               vcpu_is_halted(vcpu_by_id(i)) ? " (halted)"
                                                             : "");
    }
}

static void GS_FN dump_cpu(Vcpu *cpu, void *opaque)
{
    char **text = opaque;

    *text = vcpu_dump(cpu);
}

static void show_registers(HmpContext *c, Vcpu *cpu, unsigned id)
    DROPS(bql) GS_FN;
static void show_registers(HmpContext *c, Vcpu *cpu, unsigned id)
{
    g_autofree char *text = NULL;

    vcpu_run_on(cpu, dump_cpu, &text);
    g_string_append_printf(c->out, "\nCPU#%u\n%s", id, text);
}

static void GS_FN info_registers(HmpContext *c, const char *args)
{
    if (strcmp(args, "-a")) {
        Vcpu *cpu = hmp_cpu(c);

        if (cpu) {
            show_registers(c, cpu, c->cpu);
        }
        return;
    }
    for (unsigned i = 0; i < vcpus_count(); i++) {
        show_registers(c, vcpu_by_id(i), i);
    }
}

static void GS_FN info_mtree(HmpContext *c, const char *args)
{
    Machine *m = machine_current();
    g_autofree char *text = NULL;

    if (strcmp(args, "-f")) {
        text = memory_region_dump(&m->system_memory);
        g_string_append_printf(c->out, "address-space: %s\n%s", m->as.name,
                               text);
    } else {
        FlatView *view = address_space_get_flatview(&m->as);

        text = flatview_dump(view);
        g_string_append_printf(c->out,
                               "FlatView #0\n AS \"%s\", root: %s\n%s",
                               m->as.name, m->system_memory.name, text);
        flatview_unref(view);
    }
}

/* ---- devices ------------------------------------------------------------ */

static void GS_FN show_device(GString *out, DeviceState *dev, int indent)
{
    const DeviceProperty *p = dev->klass->properties;

    g_string_append_printf(out, "%*sdev: %s, id \"%s\"\n", indent, "",
                           dev->klass->name, dev->id ? dev->id : "");
    for (; p && p->name; p++) {
        g_autoptr(JsonNode) value = property_get(dev, p);
        g_autofree char *text = json_to_string(value, FALSE);

        g_string_append_printf(out, "%*s%s = %s\n", indent + 2, "", p->name,
                               text);
    }
    for (guint i = 0; i < dev->buses->len; i++) {
        const DeviceBus *bus = g_ptr_array_index(dev->buses, i);

        g_string_append_printf(out, "%*sbus: %s\n%*stype %s\n", indent + 2,
                               "", bus->name, indent + 4, "", bus->type);
        for (guint j = 0; j < bus->devices->len; j++) {
            show_device(out, g_ptr_array_index(bus->devices, j), indent + 4);
        }
    }
}

static void GS_FN info_qtree(HmpContext *c, const char *args)
{
    const GPtrArray *all = machine_current()->devices;

    g_string_append(c->out, "bus: main-system-bus\n  type System\n");
    for (guint i = 0; i < all->len; i++) {
        DeviceState *dev = g_ptr_array_index(all, i);

        if (!dev->bus) {
            show_device(c->out, dev, 2);
        }
    }
}

const HmpCommand hmp_info_commands[] = {
    { "version", NULL, NULL, "version of the program", info_version },
    { "status", NULL, NULL, "whether the machine runs", info_status },
    { "name", NULL, NULL, "name of the machine", info_name },
    { "uuid", NULL, NULL, "UUID of the machine", info_uuid },
    { "kvm", NULL, NULL, "whether KVM runs the machine", info_kvm },
    { "cpus", NULL, NULL, "CPUs and their threads", info_cpus },
    { "registers", NULL, "[-a]", "registers of the CPU, or of all",
      info_registers },
    { "mtree", NULL, "[-f]", "memory regions, or what is visible of them",
      info_mtree },
    { "qtree", NULL, NULL, "devices and their buses", info_qtree },
    { "block", NULL, NULL, "disks", info_block },
    { "blockstats", NULL, NULL, "what was read and written",
      info_blockstats },
    { "block-jobs", NULL, NULL, "jobs of the block layer", info_jobs },
    { "jobs", NULL, NULL, "jobs", info_jobs },
    { "chardev", NULL, NULL, "character devices", info_chardev },
    { "network", NULL, NULL, "network back ends and devices", info_network },
    { "iothreads", NULL, NULL, "threads for devices", info_iothreads },
    { "migrate", NULL, NULL, "migration", info_migrate },
    { NULL }
};
