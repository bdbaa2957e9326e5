/* SPDX-License-Identifier: MIT */
/*
 * qmp_event.c - events, and a limit on those that a guest can cause as often
 * as it likes: of each kind the first goes out at once, of those that follow
 * within a second only the last, when the second is over.
 *
 * Thread context: any; timers in the main loop.
 */
#include "base/main_loop.h"
#include "monitor/qmp.h"
#include "monitor/qmp_args.h"
#include "monitor/qmp_session.h"
#include <string.h>

#define PERIOD_NS INT64_C(1000000000)

/* One of a kind that was sent a while ago. */
typedef struct Recent {
    char *key;
    AioTimer *timer;
    /* what came since; NULL: nothing */
    JsonNode *held SLOT(GUARDED_BY(&recent_lock));
} Recent;

static VmMutex recent_lock LOCK_RANK(RANK_QMP_EVENT) =
    VM_MUTEX_INIT("qmp events", RANK_QMP_EVENT);
static GHashTable *recent GUARDED_BY(recent_lock); /* NULL: no monitors */

/* NULL: not limited. */
static char *kind_of(const char *name, JsonObject *data)
{
    static const struct {
        const char *name;
        const char *member; /* kinds differ in it; NULL: one kind */
    } limited[] = {
        { "VSERPORT_CHANGE", "id" },
        { "BLOCK_IO_ERROR", "qom-path" },
        { "RTC_CHANGE", NULL },
    };

    for (size_t i = 0; i < G_N_ELEMENTS(limited); i++) {
        if (!strcmp(limited[i].name, name)) {
            const char *value = limited[i].member && data
                                    ? qmp_arg_str(data, limited[i].member)
                                    : NULL;

            return g_strdup_printf("%s %s", name, value ? value : "");
        }
    }
    return NULL;
}

static void rearm(Recent *r)
{
    aio_timer_mod(r->timer, vm_clock_get_ns(VM_CLOCK_REALTIME) + PERIOD_NS);
}

/* Its second is over. */
static void GS_FN period_over(void *opaque)
{
    Recent *r = opaque;
    JsonNode *held;

    vm_mutex_lock(&recent_lock);
    held = g_steal_pointer(&r->held);
    if (held) {
        rearm(r);
    } else {
        g_hash_table_steal(recent, r->key);
    }
    vm_mutex_unlock(&recent_lock);
    if (held) {
        qmp_sessions_broadcast(held);
        json_node_unref(held);
    } else {
        aio_timer_delete(r->timer);
        g_free(r->key);
        g_free(r);
    }
}

/* Whether it was taken, to be sent later or never.  Takes key over. */
static bool hold_back(char *key, JsonNode *event)
{
    Recent *r;
    bool hold = false;

    vm_mutex_lock(&recent_lock);
    r = recent ? g_hash_table_lookup(recent, key) : NULL;
    if (r) {
        g_clear_pointer(&r->held, json_node_unref);
        r->held = json_node_ref(event);
        hold = true;
    } else if (recent) {
        r = g_new0(Recent, 1);
        r->key = g_steal_pointer(&key);
        r->timer = aio_timer_new(main_loop_context(), VM_CLOCK_REALTIME,
                                 period_over, r);
        g_hash_table_insert(recent, r->key, r);
        rearm(r);
    }
    vm_mutex_unlock(&recent_lock);
    g_free(key);
    return hold;
}

static JsonNode *event_new(const char *name, JsonObject *data)
{
    gint64 now = g_get_real_time();
    JsonObject *event = json_object_new(), *timestamp = json_object_new();

    json_object_set_int_member(timestamp, "seconds", now / G_USEC_PER_SEC);
    json_object_set_int_member(timestamp, "microseconds",
                               now % G_USEC_PER_SEC);
    json_object_set_object_member(event, "timestamp", timestamp);
    json_object_set_string_member(event, "event", name);
    if (data) {
        json_object_set_object_member(event, "data", data);
    }
    return qmp_object(event);
}

void qmp_event(const char *name, JsonObject *data)
{
    char *kind = kind_of(name, data);
    g_autoptr(JsonNode) event = event_new(name, data);

    IO_CODE();
    if (!kind || !hold_back(kind, event)) {
        qmp_sessions_broadcast(event);
    }
}

void qmp_events_init(void)
{
    GLOBAL_STATE_CODE();
    vm_mutex_lock(&recent_lock);
    recent = g_hash_table_new(g_str_hash, g_str_equal);
    vm_mutex_unlock(&recent_lock);
}

void qmp_events_cleanup(void)
{
    GHashTable *old;
    GHashTableIter iter;
    gpointer value;

    GLOBAL_STATE_CODE();
    vm_mutex_lock(&recent_lock);
    old = g_steal_pointer(&recent);
    vm_mutex_unlock(&recent_lock);
    if (!old) {
        return;
    }
    g_hash_table_iter_init(&iter, old);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Recent *r = value;

        aio_timer_delete(r->timer);
        g_clear_pointer(&r->held, json_node_unref);
        g_free(r->key);
        g_free(r);
    }
    g_hash_table_unref(old);
}
