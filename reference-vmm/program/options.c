/* SPDX-License-Identifier: MIT */
/*
 * options.c - the table of options, and how a command line is read with it.
 *
 * Thread context: the initial thread.
 */
#include "program/options.h"
#include "base/option.h"
#include "program/version.h"
#include <string.h>

#define AT(field) offsetof(CommandLine, field)

static const OptionDescription table[] = {
    { NULL, NULL, "Standard options" },
    { "h", NULL, "print this help and exit", OPTION_HELP },
    { "help", NULL, "print this help and exit", OPTION_HELP },
    { "version", NULL, "print the version and exit", OPTION_VERSION },
    { "machine", "[type=]name[,prop=value...]",
      "machine type (`-machine help' lists them), and its properties:\n"
      "accel=interp|qtest, memory-backend=id, pflash0=node, pflash1=node,\n"
      "dumpdtb=file writes the device tree and exits",
      OPTION_LIST, AT(machine) },
    { "M", "name", "as -machine", OPTION_LIST, AT(machine) },
    { "accel", "name", "what runs the guest (`-accel help' lists them)",
      OPTION_STRING, AT(accel) },
    { "cpu", "model[,extension=on|off...]",
      "CPU model (`-cpu help' lists them), and what a guest relies on",
      OPTION_STRING, AT(cpu) },
    { "smp", "[cpus=]n", "number of CPUs, 1 to 8 (default: 1)", OPTION_STRING,
      AT(smp) },
    { "m", "[size=]n[K|M|G]", "memory (default: 128M; without suffix MiB)",
      OPTION_STRING, AT(memory) },
    { "name", "string", "name of the guest", OPTION_STRING, AT(name) },
    { "uuid", "uuid", "UUID of the machine", OPTION_STRING, AT(uuid) },
    { "global", "driver.property=value|driver=d,property=p,value=v",
      "default of a property of devices made from now on", OPTION_LIST,
      AT(globals) },
    { "rtc", "base=utc|localtime|datetime[,clock=host|vm]",
      "what time of day the guest finds", OPTION_STRING, AT(rtc) },

    { NULL, NULL, "What the guest boots" },
    { "bios", "file",
      "firmware for M-mode, ELF or raw; `none': M-mode begins in the\n"
      "kernel; `default', or not given: the CPU's own SBI", OPTION_STRING,
      AT(firmware) },
    { "kernel", "file", "kernel: Linux Image, perhaps packed by gzip, or ELF",
      OPTION_STRING, AT(kernel) },
    { "append", "cmdline", "command line of the kernel", OPTION_STRING,
      AT(append) },
    { "boot", "[order=]...", "ignored: the kernel or firmware decides",
      OPTION_IGNORE },
    { "initrd", "file", "initial RAM disk", OPTION_STRING, AT(initrd) },
    { "dtb", "file", "device tree instead of the board's own", OPTION_STRING,
      AT(dtb) },

    { NULL, NULL, "Block devices" },
    { "blockdev", "[driver=]driver,node-name=N[,prop=value...]",
      "a block node; the value may be JSON", OPTION_LIST, AT(blockdevs) },
    { "drive",
      "[file=f][,if=none|virtio|pflash][,id=i][,format=f][,unit=n]\n"
      "[,readonly=on|off][,cache=mode][,discard=mode][,detect-zeroes=mode]\n"
      "[,werror=a][,rerror=a][,snapshot=on|off][,media=disk]",
      "a disk: block nodes and a name for devices; without `if', a virtio\n"
      "disk unless a -device names it", OPTION_LIST, AT(drives) },

    { NULL, NULL, "Devices" },
    { "device", "driver[,prop=value...]",
      "a device (`-device help' lists them, `-device driver,help' their\n"
      "properties)", OPTION_LIST, AT(devices) },
    { "object", "type[,prop=value...]",
      "iothread,id=i; memory-backend-ram,id=i,size=n;\n"
      "memory-backend-memfd,id=i,size=n[,share=on]; throttle-group,id=i;\n"
      "rng-random,id=i[,filename=f]; rng-builtin,id=i", OPTION_LIST,
      AT(objects) },

    { NULL, NULL, "Network" },
    { "netdev", "type,id=id[,prop=value...]",
      "network back end (`-netdev help' lists them)", OPTION_LIST,
      AT(netdevs) },
    { "nic", "type[,model=driver][,mac=address][,prop=value...]",
      "back end and device in one; `none': no default", OPTION_LIST,
      AT(nics) },
    { "net", "none", "no default network", OPTION_LIST, AT(nets) },

    { NULL, NULL, "Character devices" },
    { "chardev", "type,id=id[,mux=on|off][,prop=value...]",
      "a byte stream (`-chardev help' lists them)", OPTION_LIST,
      AT(chardevs) },
    { "serial", "dev",
      "what a serial port talks to: stdio, null, pty, file:PATH,\n"
      "pipe:PATH, unix:PATH[,server=on,wait=off], tcp:HOST:PORT[,...],\n"
      "chardev:ID, or mon:DEV, shared with a monitor (default: stdio)",
      OPTION_LIST, AT(serials) },

    { NULL, NULL, "Monitors" },
    { "monitor", "dev", "human monitor on such a device, or none",
      OPTION_LIST, AT(monitors) },
    { "qmp", "dev", "machine protocol on such a device", OPTION_LIST,
      AT(qmps) },
    { "qmp-pretty", "dev", "the same with indented answers", OPTION_LIST,
      AT(pretty_qmps) },
    { "mon", "[chardev=]id[,mode=readline|control][,pretty=on|off]",
      "a monitor on a chardev", OPTION_LIST, AT(mons) },

    { NULL, NULL, "Display" },
    { "display", "none", "there is no other", OPTION_STRING, AT(display) },
    { "nographic", NULL, "serial port and monitor share the terminal",
      OPTION_FLAG, AT(nographic) },
    { "vga", "none", "ignored", OPTION_IGNORE },

    { NULL, NULL, "Running" },
    { "S", NULL, "do not start the CPUs: use `cont'", OPTION_FLAG,
      AT(stopped) },
    { "no-reboot", NULL, "a reset of the guest ends the program", OPTION_FLAG,
      AT(no_reboot) },
    { "no-shutdown", NULL, "power-off of the guest only stops it",
      OPTION_FLAG, AT(no_shutdown) },
    { "action",
      "[reboot=reset|shutdown][,shutdown=poweroff|pause]\n"
      "[,panic=pause|shutdown|exit-failure|none]",
      "what the guest's doings lead to", OPTION_STRING, AT(action) },
    { "pidfile", "file", "write the process id there", OPTION_STRING,
      AT(pidfile) },
    { "nodefaults", NULL, "no default serial port and monitor", OPTION_FLAG,
      AT(no_defaults) },
    { "no-user-config", NULL, "ignored: there is none", OPTION_IGNORE },
    { "parallel", "none", "ignored: there is none", OPTION_IGNORE },
    { "audio", "none", "ignored: there is none", OPTION_IGNORE },

    { NULL, NULL, "Looking inside" },
    { "trace", "[enable=]pattern",
      "say on standard error when trace points are passed (`-trace help'\n"
      "lists them); * and ? match any", OPTION_LIST, AT(traces) },
    { "d", "trace:pattern[,...]", "the same", OPTION_LIST, AT(logs) },

    { NULL, NULL, "Tests" },
    { "qtest", "dev", "test programs drive the devices, with -accel qtest",
      OPTION_STRING, AT(qtest) },
    { "qtest-log", "file", "what is said on it; `none': nothing",
      OPTION_STRING, AT(qtest_log) },
};

static const size_t n_options = G_N_ELEMENTS(table);

const OptionDescription *command_line_options(void)
{
    return table;
}

static GPtrArray **list_at(CommandLine *c, const OptionDescription *o)
{
    return (GPtrArray **)((char *)c + o->offset);
}

void command_line_init(CommandLine *c)
{
    *c = (CommandLine){ .type = NULL };
    for (size_t i = 0; i < n_options; i++) {
        if (table[i].type == OPTION_LIST && table[i].name &&
            !*list_at(c, &table[i])) {
            *list_at(c, &table[i]) = g_ptr_array_new();
        }
    }
}

void command_line_clear(CommandLine *c)
{
    for (size_t i = 0; i < n_options; i++) {
        if (table[i].type == OPTION_LIST && table[i].name) {
            g_clear_pointer(list_at(c, &table[i]), g_ptr_array_unref);
        }
    }
}

/* ---- help --------------------------------------------------------------- */

static void append_lines(GString *text, const char *lines, const char *indent)
{
    char **line = g_strsplit(lines, "\n", -1);

    for (int i = 0; line[i]; i++) {
        g_string_append_printf(text, "%s%s\n", i ? indent : "", line[i]);
    }
    g_strfreev(line);
}

char *command_line_help(void)
{
    GString *text = g_string_new(NULL);

    g_string_append(text, REFVMM_VERSION_LINE "\n"
                          "usage: refvmm [options]\n");
    for (size_t i = 0; i < n_options; i++) {
        const OptionDescription *o = &table[i];

        if (!o->name) {
            g_string_append_printf(text, "\n%s:\n", o->help);
            continue;
        }
        g_string_append_printf(text, "-%s", o->name);
        if (o->argument) {
            g_string_append_c(text, ' ');
            append_lines(text, o->argument, "    ");
        } else {
            g_string_append_c(text, '\n');
        }
        g_string_append(text, "        ");
        append_lines(text, o->help, "        ");
    }
    g_string_append(text, "\nOptions may begin with one dash or two.\n");
    return g_string_free(text, FALSE);
}

/* ---- parsing ------------------------------------------------------------ */

static const OptionDescription *find_option(const char *name, GError **error)
{
    GPtrArray *known = g_ptr_array_new();
    const OptionDescription *found = NULL;

    for (size_t i = 0; i < n_options && !found; i++) {
        if (table[i].name && !strcmp(table[i].name, name)) {
            found = &table[i];
        } else if (table[i].name) {
            g_ptr_array_add(known, (gpointer)table[i].name);
        }
    }
    g_ptr_array_add(known, NULL);
    if (!found) {
        option_set_unknown(error, "command line", "option", name,
                           (const char *const *)known->pdata);
    }
    g_ptr_array_unref(known);
    return found;
}

static void store(CommandLine *c, const OptionDescription *o, char *argument)
{
    char *at = (char *)c + o->offset;

    switch (o->type) {
    case OPTION_FLAG:
        *(bool *)at = true;
        break;
    case OPTION_STRING:
        *(char **)at = argument;
        break;
    case OPTION_LIST:
        g_ptr_array_add(*list_at(c, o), argument);
        break;
    default:
        break;
    }
}

ParseResult command_line_parse(CommandLine *c, int argc, char **argv,
                               char **ret_text, GError **error)
{
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i];
        const OptionDescription *o;

        if (name[0] != '-' || !name[1]) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "'%s' is not an option; disks are given by -drive",
                        name);
            return PARSE_ERROR;
        }
        name += name[1] == '-' ? 2 : 1;
        o = find_option(name, error);
        if (!o) {
            return PARSE_ERROR;
        }
        if (o->type == OPTION_HELP || o->type == OPTION_VERSION) {
            *ret_text = o->type == OPTION_HELP
                            ? command_line_help()
                            : g_strdup(REFVMM_VERSION_LINE "\n");
            return PARSE_DONE;
        }
        if (o->argument && i + 1 == argc) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "option '-%s' requires an argument: %s", o->name,
                        o->argument);
            return PARSE_ERROR;
        }
        store(c, o, o->argument ? argv[++i] : NULL);
    }
    return PARSE_OK;
}
