/* SPDX-License-Identifier: MIT */
/*
 * machine_options.c - -machine, -accel, -cpu, -m, -smp, -rtc, -action and the
 * images, as a MachineConfig.
 *
 * Thread context: the initial thread, under the BQL.
 */
#include "base/keyval.h"
#include "base/option.h"
#include "program/options.h"
#include <string.h>
#include <time.h>

static bool fail(GError **error, const char *format, const char *text)
{
    char *message = g_strdup_printf(format, text);

    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT, "%s", message);
    g_free(message);
    return false;
}

/* A copy that lives as long as the configuration. */
static const char *keep(GStringChunk *strings, const char *text)
{
    return text ? g_string_chunk_insert(strings, text) : NULL;
}

static JsonObject *parse(const char *text, const char *option,
                         const char *implied, const char *const *known,
                         GError **error)
{
    GError *local = NULL;
    JsonObject *o = option_parse(text, implied, NULL, &local);

    if (o && !option_check_known(o, option, known, error)) {
        json_object_unref(o);
        return NULL;
    }
    if (!o) {
        g_propagate_prefixed_error(error, local, "%s: ", option);
    }
    return o;
}

/* ---- -machine ----------------------------------------------------------- */

/*
 * Properties of QEMU's board that have one possible value here.  Programs that
 * drive devices in place of CPUs (-qtest) ask for interrupt controllers as they
 * are used to; there is no CPU to miss them.
 */
static bool check_fixed(JsonObject *o, bool is_qtest, GError **error)
{
    static const struct {
        const char *name, *value;
    } fixed[] = {
        { "aclint", "off" }, { "aia", "none" }, { "acpi", "off" },
        { "graphics", "off" }, { "usb", "off" },
    };

    for (size_t i = is_qtest ? 2 : 0; i < G_N_ELEMENTS(fixed); i++) {
        const char *value = option_string(o, fixed[i].name);

        if (value && strcmp(value, fixed[i].value)) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "-machine: parameter '%s': only '%s' is possible",
                        fixed[i].name, fixed[i].value);
            return false;
        }
    }
    return true;
}

static void take(JsonObject *o, const char *key, const char **to,
                 GStringChunk *strings)
{
    const char *value = option_string(o, key);

    if (value) {
        *to = keep(strings, value);
    }
}

static bool machine_option(const char *text, MachineConfig *config,
                           const char **ret_backend, bool is_qtest,
                           GStringChunk *strings, GError **error)
{
    static const char *const known[] = {
        "type", "accel", "memory-backend", "pflash0", "pflash1", "dumpdtb",
        "kernel", "initrd", "append", "dtb", "firmware", "aclint", "aia",
        "acpi", "graphics", "usb", NULL
    };
    JsonObject *o = parse(text, "-machine", "type", known, error);
    bool ok;

    if (!o) {
        return false;
    }
    take(o, "type", &config->type, strings);
    take(o, "accel", &config->accel, strings);
    take(o, "memory-backend", ret_backend, strings);
    take(o, "pflash0", &config->pflash[0], strings);
    take(o, "pflash1", &config->pflash[1], strings);
    take(o, "dumpdtb", &config->dumpdtb, strings);
    take(o, "kernel", &config->kernel, strings);
    take(o, "initrd", &config->initrd, strings);
    take(o, "append", &config->append, strings);
    take(o, "dtb", &config->dtb, strings);
    take(o, "firmware", &config->firmware, strings);
    ok = check_fixed(o, is_qtest, error);
    json_object_unref(o);
    return ok;
}

/* ---- -m, -smp ----------------------------------------------------------- */

/* Without a suffix in MiB. */
static bool parse_memory_size(const char *text, uint64_t *ret, GError **error)
{
    uint64_t n;

    if (option_parse_uint(text, &n)) {
        if (n && n <= UINT64_MAX >> 20) {
            *ret = n << 20;
            return true;
        }
    } else if (keyval_parse_size(text, &n) && n) {
        *ret = n;
        return true;
    }
    return fail(error, "-m: '%s' is not a size of memory", text);
}

static bool memory_option(const char *text, MachineConfig *config,
                          GError **error)
{
    static const char *const known[] = { "size", NULL };
    JsonObject *o = parse(text, "-m", "size", known, error);
    const char *size = o ? option_need(o, "-m", "size", error) : NULL;
    bool ok = size && parse_memory_size(size, &config->ram_size, error);

    if (o) {
        json_object_unref(o);
    }
    if (ok && config->ram_size > UINT64_C(1) << 40) {
        return fail(error, "-m: '%s' is more than 1 TiB", text);
    }
    return ok;
}

static bool smp_counts(JsonObject *o, MachineConfig *config, GError **error)
{
    uint64_t cpus = 0, maximum = 0, sockets = 1, cores = 1, threads = 1;
    uint64_t product;

    if (!option_uint(o, "cpus", 1, 4096, &cpus, error) ||
        !option_uint(o, "maxcpus", 1, 4096, &maximum, error) ||
        !option_uint(o, "sockets", 1, 4096, &sockets, error) ||
        !option_uint(o, "cores", 1, 4096, &cores, error) ||
        !option_uint(o, "threads", 1, 4096, &threads, error)) {
        return false;
    }
    product = sockets * cores * threads;
    if (!cpus) {
        cpus = maximum ? maximum : product;
    }
    if (maximum && maximum != cpus) {
        return fail(error, "-smp: CPUs cannot be added later: 'maxcpus' must "
                           "equal 'cpus'%s", "");
    }
    if (cpus % product) {
        return fail(error, "-smp: 'cpus' is no multiple of sockets * cores * "
                           "threads%s", "");
    }
    config->n_cpus = cpus;
    return true;
}

static bool smp_option(const char *text, MachineConfig *config,
                       GError **error)
{
    static const char *const known[] = { "cpus", "maxcpus", "sockets",
                                         "cores", "threads", NULL };
    JsonObject *o = parse(text, "-smp", "cpus", known, error);
    GError *local = NULL;

    if (!o) {
        return false;
    }
    if (!smp_counts(o, config, &local)) {
        g_propagate_prefixed_error(error, local, "%s",
                                   g_str_has_prefix(local->message, "-smp")
                                       ? "" : "-smp: ");
    }
    json_object_unref(o);
    return !local;
}

/* ---- -rtc --------------------------------------------------------------- */

/* 2006-06-17T16:01:21 or 2006-06-17, UTC. */
static bool parse_date(const char *text, int64_t *ret)
{
    struct tm tm = { .tm_mday = 0 };
    const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);

    if (!end) {
        tm = (struct tm){ .tm_mday = 0 };
        end = strptime(text, "%Y-%m-%d", &tm);
    }
    if (!end || *end) {
        return false;
    }
    *ret = timegm(&tm);
    return true;
}

static bool rtc_values(JsonObject *o, MachineConfig *config, GError **error)
{
    const char *base = option_string(o, "base");
    const char *clock = option_string(o, "clock");
    time_t now = time(NULL);
    struct tm local;
    int64_t date;

    if (base && !strcmp(base, "localtime")) {
        localtime_r(&now, &local);
        config->rtc_offset_s = local.tm_gmtoff;
    } else if (base && strcmp(base, "utc")) {
        if (!parse_date(base, &date)) {
            return fail(error, "-rtc: base '%s' is neither utc, localtime nor "
                               "a date like 2006-06-17T16:01:21", base);
        }
        config->rtc_offset_s = date - now;
    }
    if (clock && strcmp(clock, "host") && strcmp(clock, "vm") &&
        strcmp(clock, "rt")) {
        return fail(error, "-rtc: unknown clock '%s'; known: host, rt, vm",
                    clock);
    }
    config->rtc_vm_clock = clock && !strcmp(clock, "vm");
    return true;
}

static bool rtc_option(const char *text, MachineConfig *config,
                       GError **error)
{
    static const char *const known[] = { "base", "clock", "driftfix", NULL };
    JsonObject *o = parse(text, "-rtc", NULL, known, error);
    bool ok = o && rtc_values(o, config, error);

    if (o) {
        json_object_unref(o);
    }
    return ok;
}

/* ---- -object memory-backend-... ----------------------------------------- */

/* The one that -machine memory-backend names: its size and kind. */
static bool backend_option(const CommandLine *c, const char *id,
                           MachineConfig *config, GError **error)
{
    for (guint i = 0; i < c->objects->len; i++) {
        JsonObject *o = option_parse(g_ptr_array_index(c->objects, i),
                                     "qom-type", NULL, NULL);
        const char *type = o ? option_string(o, "qom-type") : NULL;
        const char *own_id = o ? option_string(o, "id") : NULL;
        bool found = type && own_id && !strcmp(own_id, id) &&
                     g_str_has_prefix(type, "memory-backend-");
        bool ok = found && option_size(o, "size", &config->ram_size, error);

        if (found) {
            config->ram_memfd = !strcmp(type, "memory-backend-memfd");
        }
        if (o) {
            json_object_unref(o);
        }
        if (found) {
            return ok;
        }
    }
    return fail(error, "-machine: there is no memory backend '%s'", id);
}

/* ---- all ---------------------------------------------------------------- */

static bool check_uuid(const char *uuid, GError **error)
{
    return !uuid || g_uuid_string_is_valid(uuid) ||
           fail(error, "-uuid: '%s' is not a UUID", uuid);
}

static bool check_display(const char *display, GError **error)
{
    return !display || !strcmp(display, "none") ||
           fail(error, "-display: unknown type '%s'; known: none", display);
}

static void take_images(const CommandLine *c, MachineConfig *config)
{
    const struct {
        const char *from;
        const char **to;
    } images[] = {
        { c->firmware, &config->firmware }, { c->kernel, &config->kernel },
        { c->initrd, &config->initrd },     { c->append, &config->append },
        { c->dtb, &config->dtb },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(images); i++) {
        if (images[i].from) {
            *images[i].to = images[i].from;
        }
    }
}

bool machine_options_parse(const CommandLine *c, MachineConfig *config,
                           GStringChunk *strings, GError **error)
{
    const char *backend = NULL;

    GLOBAL_STATE_CODE();
    *config = (MachineConfig){ .n_cpus = 1,
                               .ram_size = UINT64_C(128) << 20 };
    for (guint i = 0; i < c->machine->len; i++) {
        if (!machine_option(g_ptr_array_index(c->machine, i), config,
                            &backend, c->qtest != NULL, strings, error)) {
            return false;
        }
    }
    take_images(c, config);
    if (c->accel) {
        config->accel = c->accel;
    }
    return (!c->memory || memory_option(c->memory, config, error)) &&
           (!c->smp || smp_option(c->smp, config, error)) &&
           (!c->rtc || rtc_option(c->rtc, config, error)) &&
           (!backend || backend_option(c, backend, config, error)) &&
           (!c->cpu || cpu_option_check(c->cpu, error)) &&
           check_uuid(c->uuid, error) &&
           check_display(c->display, error);
}

/* ---- -action ------------------------------------------------------------ */

/* The index of the value in a list of choices; -1: an error. */
static int choice(JsonObject *o, const char *key, const char *const *choices,
                  int fallback, GError **error)
{
    const char *value = option_string(o, key);

    if (!value) {
        return fallback;
    }
    for (int i = 0; choices[i]; i++) {
        if (!strcmp(choices[i], value)) {
            return i;
        }
    }
    option_set_unknown(error, "-action", key, value, choices);
    return -1;
}

static bool action_values(JsonObject *o, MachineActions *a, GError **error)
{
    static const char *const reboot[] = { "reset", "shutdown", NULL };
    static const char *const shut[] = { "poweroff", "pause", NULL };
    static const char *const panic[] = { "shutdown", "pause", "exit-failure",
                                         "none", NULL };
    int r = choice(o, "reboot", reboot, a->reboot_shuts_down, error);
    int s = r < 0 ? -1 : choice(o, "shutdown", shut, a->shutdown_pauses,
                                error);
    int p = s < 0 ? -1 : choice(o, "panic", panic, a->panic_pauses, error);

    if (p < 0) {
        return false;
    }
    a->reboot_shuts_down = r;
    a->shutdown_pauses = s;
    a->panic_pauses = p == 1;
    return true;
}

bool action_options_parse(const CommandLine *c, MachineActions *actions,
                          GError **error)
{
    static const char *const known[] = { "reboot", "shutdown", "panic",
                                         "watchdog", NULL };
    JsonObject *o;
    bool ok;

    *actions = (MachineActions){ .reboot_shuts_down = c->no_reboot,
                                 .shutdown_pauses = c->no_shutdown };
    if (!c->action) {
        return true;
    }
    o = parse(c->action, "-action", NULL, known, error);
    ok = o && action_values(o, actions, error);
    if (o) {
        json_object_unref(o);
    }
    return ok;
}
