/* SPDX-License-Identifier: MIT */
/*
 * qmp_announce.c - announce-self.
 *
 * Thread context: the main loop, under the BQL.
 */
#include "hw/net/announce.h"
#include "monitor/qmp.h"
#include "monitor/qmp_schema.h"

static int64_t number(JsonObject *args, const char *key)
{
    return json_object_get_int_member(args, key);
}

static JsonNode *GS_FN run_announce_self(JsonObject *args, GError **error)
{
    AnnounceParameters p = { number(args, "initial"), number(args, "max"),
                             number(args, "step"), number(args, "rounds") };
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    JsonArray *list = json_object_has_member(args, "interfaces")
                          ? json_object_get_array_member(args, "interfaces")
                          : NULL;

    if (p.initial_ms < 0 || p.initial_ms > 100000 || p.max_ms < 0 ||
        p.max_ms > 100000 || p.step_ms < 0 || p.step_ms > 10000 ||
        p.rounds < 0 || p.rounds > 1000) {
        g_set_error(error, QMP_ERROR, QMP_ERROR_GENERIC,
                    "'initial' and 'max' are from 0 to 100000 ms, 'step' to "
                    "10000, 'rounds' to 1000");
        return NULL;
    }
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        g_ptr_array_add(names,
                        (gpointer)json_array_get_string_element(list, i));
    }
    g_ptr_array_add(names, NULL);
    net_announce_start(json_object_get_string_member_with_default(args, "id",
                                                                  ""),
                       &p, list ? (const char *const *)names->pdata : NULL);
    return NULL;
}

static const QmpCommand commands[] = {
    { .name = "announce-self",
      .args = "initial: int, max: int, rounds: int, step: int, "
              "*interfaces: [str], *id: str",
      .run = run_announce_self },
    { .name = NULL }
};

const QmpSet announce_qmp_set = { commands, NULL, NULL };
