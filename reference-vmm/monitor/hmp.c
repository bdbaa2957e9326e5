/* SPDX-License-Identifier: MIT */
/*
 * hmp.c - see hmp.h.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "monitor/hmp.h"
#include "cpu/vcpu.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_dispatch.h"
#include <string.h>

void hmp_error(HmpContext *c, const char *message)
{
    g_string_append_printf(c->out, "Error: %s\n", message);
}

JsonNode *hmp_qmp(HmpContext *c, const char *command, JsonObject *args)
{
    QmpRequest r = { .name = (char *)command,
                     .command = qmp_command_find(command),
                     .args = args ? args : json_object_new() };
    g_autoptr(JsonNode) response = qmp_dispatch(&r);
    JsonObject *o = json_node_get_object(response);
    JsonObject *error = qmp_arg_object(o, "error");

    GLOBAL_STATE_CODE();
    json_object_unref(r.args);
    if (error) {
        hmp_error(c, json_object_get_string_member(error, "desc"));
        return NULL;
    }
    return json_object_dup_member(o, "return");
}

void hmp_qmp_do(HmpContext *c, const char *command, JsonObject *args)
{
    JsonNode *result = hmp_qmp(c, command, args);

    GLOBAL_STATE_CODE();
    if (result) {
        json_node_unref(result);
    }
}

static const HmpCommand *find(const HmpCommand *table, const char *name)
{
    for (; table->name; table++) {
        if (!strcmp(table->name, name) ||
            (table->alias && !strcmp(table->alias, name))) {
            return table;
        }
    }
    return NULL;
}

/* "xp/4x" is xp with "/4x". */
static char *take_word(const char **text)
{
    size_t n = strcspn(*text, " \t/");
    char *word = g_strndup(*text, n);

    *text += n;
    *text += strspn(*text, " \t");
    return word;
}

Vcpu *hmp_cpu(HmpContext *c)
{
    Vcpu *cpu = vcpu_by_id(c->cpu);

    GLOBAL_STATE_CODE();
    if (!cpu) {
        hmp_error(c, "there is no CPU");
    }
    return cpu;
}

static GS_FN void run(HmpContext *c, const char *text)
{
    g_autofree char *name = take_word(&text);
    const HmpCommand *command = find(hmp_commands, name);

    if (command && !strcmp(name, "info") && *text) {
        g_autofree char *subject = take_word(&text);

        command = find(hmp_info_commands, subject);
        g_free(name);
        name = g_strconcat("info ", subject, NULL);
    }
    if (command) {
        command->run(c, text);
    } else if (*name || *text) {
        g_string_append_printf(c->out, "unknown command: '%s'\n", name);
    }
}

char *hmp_run(const char *line, int64_t cpu, GError **error)
{
    HmpContext c = { .out = NULL };
    g_autofree char *text = g_strstrip(g_strdup(line));

    GLOBAL_STATE_CODE();
    if (cpu != 0 && (cpu < 0 || cpu >= vcpus_count())) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "parameter 'cpu-index': there is no CPU %" G_GINT64_FORMAT,
                    cpu);
        return NULL;
    }
    c.out = g_string_new(NULL);
    c.cpu = cpu;
    run(&c, text);
    return g_string_free(c.out, FALSE);
}
