/* SPDX-License-Identifier: MIT */
/*
 * net.c - what all network back ends share: names, the device joined with
 * each, and a queue of frames that the device has no room for.
 *
 * While frames are queued the back end does not read; what a back end that
 * cannot stop delivers beyond QUEUE_MAX is dropped, as on any network.
 *
 * Thread context: under the BQL.
 */
#include "hw/net/net_int.h"
#include "base/trace.h"
#include <string.h>

#define QUEUE_MAX 256

#define NET(name) extern const NetClass name##_net_class;
#include "hw/net/net_list.h"
#undef NET

static const NetClass *const class_list[] = {
#define NET(name) &name##_net_class,
#include "hw/net/net_list.h"
#undef NET
};

static GPtrArray *clients GUARDED_BY(bql);

/* ---- life --------------------------------------------------------------- */

static const NetClass *find_class(const char *name, GError **error)
{
    const char *known[G_N_ELEMENTS(class_list) + 2] = { NULL };

    for (size_t i = 0; i < G_N_ELEMENTS(class_list); i++) {
        known[i] = class_list[i]->name;
        if (!strcmp(known[i], name)) {
            return class_list[i];
        }
    }
    known[G_N_ELEMENTS(class_list)] = "socket";
    option_set_unknown(error, "netdev", "type", name, known);
    return NULL;
}

static bool check_options(const NetClass *klass, const char *id,
                          JsonObject *options, GError **error)
{
    GPtrArray *known = g_ptr_array_new();
    char *what = g_strdup_printf("netdev '%s'", id);
    bool ok;

    for (int i = 0; klass->options[i]; i++) {
        g_ptr_array_add(known, (gpointer)klass->options[i]);
    }
    g_ptr_array_add(known, (gpointer)"id");
    g_ptr_array_add(known, (gpointer)"type");
    g_ptr_array_add(known, NULL);
    ok = option_check_known(options, what,
                            (const char *const *)known->pdata, error);
    g_ptr_array_unref(known);
    g_free(what);
    return ok;
}

static void frame_free(gpointer frame)
{
    g_bytes_unref(frame);
}

static GS_FN void destroy(NetClient *n)
{
    n->klass->close(n);
    g_queue_clear_full(&n->queue, frame_free);
    g_free(n->id);
    g_free(n);
}

static GS_FN NetClient *create(const NetClass *klass, const char *id,
                               JsonObject *options, GError **error)
{
    NetClient *n = g_malloc0(klass->instance_size);
    GError *local = NULL;

    n->klass = klass;
    n->id = g_strdup(id);
    n->link_up = true;
    g_queue_init(&n->queue);
    if (!klass->open(n, options, &local)) {
        g_propagate_prefixed_error(error, local, "netdev '%s': ", id);
        destroy(n);
        return NULL;
    }
    return n;
}

static GS_FN NetClient *new_client(JsonObject *options, GError **error)
{
    const char *type = option_need(options, "netdev", "type", error);
    const char *id = type ? option_need(options, "netdev", "id", error)
                          : NULL;
    const NetClass *klass = id ? find_class(type, error) : NULL;
    NetClient *n;

    if (!klass || !option_check_id(id, error) ||
        !check_options(klass, id, options, error)) {
        return NULL;
    }
    if (netdev_find(id)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is a netdev '%s' already", id);
        return NULL;
    }
    n = create(klass, id, options, error);
    if (n) {
        if (!clients) {
            clients = g_ptr_array_new();
        }
        g_ptr_array_add(clients, n);
    }
    return n;
}

NetClient *netdev_new(JsonObject *options, GError **error)
{
    JsonObject *translated;
    NetClient *n;

    GLOBAL_STATE_CODE();
    if (g_strcmp0(option_string(options, "type"), "socket")) {
        return new_client(options, error);
    }
    translated = net_socket_translate(options, error);
    n = translated ? new_client(translated, error) : NULL;
    if (translated) {
        json_object_unref(translated);
    }
    return n;
}

NetClient *netdev_find(const char *id)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; clients && i < clients->len; i++) {
        NetClient *n = g_ptr_array_index(clients, i);

        if (!strcmp(n->id, id)) {
            return n;
        }
    }
    return NULL;
}

bool netdev_remove(const char *id, GError **error)
{
    NetClient *n = netdev_find(id);

    GLOBAL_STATE_CODE();
    if (!n || n->frontend) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    n ? "netdev '%s' is in use" : "there is no netdev '%s'",
                    id);
        return false;
    }
    g_ptr_array_remove(clients, n);
    destroy(n);
    return true;
}

void netdevs_free(void)
{
    GLOBAL_STATE_CODE();
    while (clients && clients->len) {
        NetClient *n = g_ptr_array_index(clients, clients->len - 1);

        g_ptr_array_remove_index(clients, clients->len - 1);
        destroy(n);
    }
    g_clear_pointer(&clients, g_ptr_array_unref);
}

/* ---- names -------------------------------------------------------------- */

const char *netdev_id(const NetClient *n)
{
    GLOBAL_STATE_CODE();
    return n->id;
}

const char *netdev_type(const NetClient *n)
{
    GLOBAL_STATE_CODE();
    return n->klass->name;
}

char *netdev_describe(const NetClient *n)
{
    GLOBAL_STATE_CODE();
    return n->klass->describe ? n->klass->describe(n) : g_strdup("");
}

void netdev_foreach(void (*fn)(NetClient *n, void *opaque), void *opaque)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; clients && i < clients->len; i++) {
        fn(g_ptr_array_index(clients, i), opaque);
    }
}

char *netdev_help(void)
{
    GString *text = g_string_new("Available netdev backend types:\n");

    for (size_t i = 0; i < G_N_ELEMENTS(class_list); i++) {
        g_string_append_printf(text, "  %-7s %s\n", class_list[i]->name,
                               class_list[i]->help);
    }
    g_string_append(text, "  socket  as stream or dgram: listen=[HOST]:PORT, "
                          "connect=HOST:PORT, fd=FD,\n"
                          "          or udp=HOST:PORT,localaddr=HOST:PORT\n");
    return g_string_free(text, FALSE);
}

JsonObject *netdev_parse(const char *text, GError **error)
{
    static const char *const lists[] = { "hostfwd", "guestfwd", "dnssearch",
                                         NULL };

    IO_CODE();
    return option_parse(text, "type", lists, error);
}

/* ---- to the guest ------------------------------------------------------- */

static GS_FN void set_reading(NetClient *n, bool on)
{
    if (n->klass->set_reading) {
        n->klass->set_reading(n, on);
    }
}

/* False: the device has no room now. */
static GS_FN bool give(NetClient *n, const void *frame, size_t size)
{
    const NetFrontend *f = n->frontend;
    struct iovec iov = { (void *)frame, size };

    if (!n->link_up) {
        return true; /* nobody hears it */
    }
    return f->can_receive(f->opaque) && f->receive(f->opaque, &iov, 1);
}

void net_client_deliver(NetClient *n, const void *frame, size_t size)
{
    GLOBAL_STATE_CODE();
    TRACE(net_to_guest, "%s: %zu bytes", n->id, size);
    if (!n->frontend || size > NET_PACKET_MAX) {
        return;
    }
    if (g_queue_is_empty(&n->queue) && give(n, frame, size)) {
        return;
    }
    if (g_queue_get_length(&n->queue) < QUEUE_MAX) {
        g_queue_push_tail(&n->queue, g_bytes_new(frame, size));
    }
    set_reading(n, false);
}

void netdev_flush_queued(NetClient *n)
{
    GBytes *frame;

    GLOBAL_STATE_CODE();
    while (n->frontend && (frame = g_queue_peek_head(&n->queue))) {
        gsize size;
        gconstpointer data = g_bytes_get_data(frame, &size);

        if (!give(n, data, size)) {
            return;
        }
        g_bytes_unref(g_queue_pop_head(&n->queue));
    }
    set_reading(n, true);
}

/* ---- from the guest ----------------------------------------------------- */

size_t net_iov_copy(void *to, size_t max, const struct iovec *iov, int n)
{
    size_t done = 0;

    for (int i = 0; i < n; i++) {
        size_t part = MIN(iov[i].iov_len, max - done);

        memcpy((char *)to + done, iov[i].iov_base, part);
        done += part;
    }
    return done;
}

bool netdev_send(NetClient *n, const struct iovec *iov, int count)
{
    GLOBAL_STATE_CODE();
    TRACE(net_from_guest, "%s: %d pieces", n->id, count);
    if (!n->link_up) {
        return true;
    }
    n->send_blocked = !n->klass->send(n, iov, count);
    return !n->send_blocked || !n->frontend->can_send;
}

void net_client_can_send(NetClient *n)
{
    GLOBAL_STATE_CODE();
    if (n->send_blocked && n->frontend && n->frontend->can_send) {
        n->send_blocked = false;
        n->frontend->can_send(n->frontend->opaque);
    }
}

/* ---- the device --------------------------------------------------------- */

bool netdev_attach(NetClient *n, const NetFrontend *f, GError **error)
{
    GLOBAL_STATE_CODE();
    if (n->frontend) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "netdev '%s' is used by another device", n->id);
        return false;
    }
    n->frontend = f;
    set_reading(n, true);
    return true;
}

void netdev_detach(NetClient *n)
{
    GLOBAL_STATE_CODE();
    set_reading(n, false);
    g_queue_clear_full(&n->queue, frame_free);
    n->frontend = NULL;
    n->send_blocked = false;
}

void netdev_set_link(NetClient *n, bool up)
{
    GLOBAL_STATE_CODE();
    if (n->link_up == up) {
        return;
    }
    n->link_up = up;
    n->send_blocked = false;
    if (n->frontend) {
        n->frontend->link_changed(n->frontend->opaque, up);
        netdev_flush_queued(n);
    }
}

bool netdev_link_up(const NetClient *n)
{
    GLOBAL_STATE_CODE();
    return n->link_up;
}

JsonObject *netdev_query_rx_filter(NetClient *n)
{
    const NetFrontend *f = n->frontend;

    GLOBAL_STATE_CODE();
    return f && f->query_rx_filter ? f->query_rx_filter(f->opaque) : NULL;
}
