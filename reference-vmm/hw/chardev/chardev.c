/* SPDX-License-Identifier: MIT */
/*
 * chardev.c - what all chardevs share: names, the front end, and output.
 *
 * Thread context: under the BQL.
 */
#include "hw/chardev/chardev_int.h"
#include "base/trace.h"
#include <poll.h>
#include <string.h>

#define CHARDEV(name) extern const ChardevClass name##_chardev_class;
#include "hw/chardev/chardev_list.h"
#undef CHARDEV

static const ChardevClass *const class_list[] = {
#define CHARDEV(name) &name##_chardev_class,
#include "hw/chardev/chardev_list.h"
#undef CHARDEV
};

/* chardev_write() takes no more than this, chardev_write_all() that. */
#define OUT_SOFT_MAX 4096
#define OUT_HARD_MAX (1024 * 1024)
#define FINAL_FLUSH_NS INT64_C(2000000000)

static GPtrArray *chardevs GUARDED_BY(bql);

/* ---- life --------------------------------------------------------------- */

static void flush(void *opaque);

static bool check_options(const ChardevClass *klass, const char *id,
                          JsonObject *options, GError **error)
{
    GPtrArray *known = g_ptr_array_new();
    char *what = g_strdup_printf("chardev '%s'", id);
    bool ok;

    for (int i = 0; klass->options && klass->options[i]; i++) {
        g_ptr_array_add(known, (gpointer)klass->options[i]);
    }
    g_ptr_array_add(known, (gpointer)"backend");
    g_ptr_array_add(known, (gpointer)"id");
    g_ptr_array_add(known, (gpointer)"mux");
    g_ptr_array_add(known, NULL);
    ok = option_check_known(options, what,
                            (const char *const *)known->pdata, error);
    g_ptr_array_unref(known);
    g_free(what);
    return ok;
}

Chardev *chardev_create(const ChardevClass *klass, const char *id,
                        JsonObject *options, GError **error)
{
    Chardev *c;
    GError *local = NULL;

    GLOBAL_STATE_CODE();
    if (options && !check_options(klass, id, options, error)) {
        return NULL;
    }
    c = g_malloc0(klass->instance_size);
    c->klass = klass;
    c->id = g_strdup(id);
    c->out = g_byte_array_new();
    c->waiters = g_array_new(FALSE, FALSE, sizeof(ChardevWaiter));
    c->flush_bh = aio_bh_new(main_loop_context(), flush, c);
    if (klass->open && !klass->open(c, options, &local)) {
        g_propagate_prefixed_error(error, local, "chardev '%s': ", id);
        chardev_destroy(c);
        return NULL;
    }
    return c;
}

/* The last words of a guest: whoever reads slowly gets a while. */
static GS_FN void flush_finally(Chardev *c)
{
    int64_t deadline = vm_clock_ns() + FINAL_FLUSH_NS;

    g_array_set_size(c->waiters, 0);
    flush(c);
    while (c->out->len && c->blocked && c->klass->poll_fd) {
        struct pollfd p = { .fd = c->klass->poll_fd(c), .events = POLLOUT };
        int64_t left = deadline - vm_clock_ns();

        if (p.fd < 0 || left <= 0 || poll(&p, 1, left / 1000000 + 1) <= 0) {
            break;
        }
        flush(c);
    }
}

void chardev_destroy(Chardev *c)
{
    GLOBAL_STATE_CODE();
    if (!c) {
        return;
    }
    if (c->is_open && c->out->len) {
        flush_finally(c);
    }
    if (c->klass->close) {
        c->klass->close(c);
    }
    aio_bh_delete(c->flush_bh);
    g_array_unref(c->waiters);
    g_byte_array_unref(c->out);
    g_free(c->id);
    g_free(c);
}

static const ChardevClass *find_class(const char *name, GError **error)
{
    const char *known[G_N_ELEMENTS(class_list) + 1] = { NULL };

    for (size_t i = 0; i < G_N_ELEMENTS(class_list); i++) {
        known[i] = class_list[i]->name;
        if (!strcmp(known[i], name)) {
            return class_list[i];
        }
    }
    option_set_unknown(error, "chardev", "backend", name, known);
    return NULL;
}

static GS_FN Chardev *create_with_mux(const ChardevClass *klass,
                                      const char *id, JsonObject *options,
                                      GError **error)
{
    bool mux = false;
    char *base_id;
    Chardev *c;

    if (!option_bool(options, "mux", &mux, error)) {
        return NULL;
    }
    if (!mux) {
        return chardev_create(klass, id, options, error);
    }
    base_id = g_strdup_printf("%s-base", id);
    c = chardev_create(klass, base_id, options, error);
    g_free(base_id);
    return c ? chardev_mux_new(id, c, error) : NULL;
}

Chardev *chardev_new(JsonObject *options, GError **error)
{
    const char *name = option_need(options, "chardev", "backend", error);
    const char *id = name ? option_need(options, "chardev", "id", error)
                          : NULL;
    const ChardevClass *klass = id ? find_class(name, error) : NULL;
    Chardev *c;

    GLOBAL_STATE_CODE();
    if (!klass || !option_check_id(id, error)) {
        return NULL;
    }
    if (chardev_find(id)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "there is a chardev '%s' already", id);
        return NULL;
    }
    c = create_with_mux(klass, id, options, error);
    if (c) {
        if (!chardevs) {
            chardevs = g_ptr_array_new();
        }
        g_ptr_array_add(chardevs, c);
    }
    return c;
}

Chardev *chardev_find(const char *id)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; chardevs && i < chardevs->len; i++) {
        Chardev *c = g_ptr_array_index(chardevs, i);

        if (!strcmp(c->id, id)) {
            return c;
        }
    }
    return NULL;
}

bool chardev_has_frontend(const Chardev *c)
{
    GLOBAL_STATE_CODE();
    return c->frontend != NULL;
}

bool chardev_remove(const char *id, GError **error)
{
    Chardev *c = chardev_find(id);

    GLOBAL_STATE_CODE();
    if (!c || chardev_has_frontend(c)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    c ? "chardev '%s' is in use" : "there is no chardev '%s'",
                    id);
        return false;
    }
    g_ptr_array_remove(chardevs, c);
    chardev_destroy(c);
    return true;
}

void chardevs_free(void)
{
    GLOBAL_STATE_CODE();
    while (chardevs && chardevs->len) {
        Chardev *c = g_ptr_array_index(chardevs, chardevs->len - 1);

        g_ptr_array_remove_index(chardevs, chardevs->len - 1);
        chardev_destroy(c);
    }
    g_clear_pointer(&chardevs, g_ptr_array_unref);
}

const char *chardev_id(const Chardev *c)
{
    GLOBAL_STATE_CODE();
    return c->id;
}

char *chardev_describe(const Chardev *c)
{
    GLOBAL_STATE_CODE();
    return c->klass->describe ? c->klass->describe(c)
                              : g_strdup(c->klass->name);
}

void chardev_foreach(void (*fn)(Chardev *c, void *opaque), void *opaque)
{
    GLOBAL_STATE_CODE();
    for (guint i = 0; chardevs && i < chardevs->len; i++) {
        fn(g_ptr_array_index(chardevs, i), opaque);
    }
}

const char *chardev_backend_name(unsigned i)
{
    return i < G_N_ELEMENTS(class_list) ? class_list[i]->name : NULL;
}

char *chardev_help(void)
{
    GString *text = g_string_new("Available chardev backend types:\n");

    for (size_t i = 0; i < G_N_ELEMENTS(class_list); i++) {
        g_string_append_printf(text, "  %-8s %s\n", class_list[i]->name,
                               class_list[i]->help);
    }
    return g_string_free(text, FALSE);
}

/* ---- the front end ------------------------------------------------------ */

bool chardev_attach(Chardev *c, const ChardevFrontend *f, GError **error)
{
    GLOBAL_STATE_CODE();
    if (c->klass->attach) {
        return c->klass->attach(c, f, error);
    }
    if (c->frontend) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "chardev '%s' is in use", c->id);
        return false;
    }
    c->frontend = f;
    if (c->is_open) {
        chardev_frontend_event(c, CHARDEV_EVENT_OPENED);
    }
    chardev_accept_input(c);
    return true;
}

/* Its callbacks do not come any more, also those of the buffer. */
static GS_FN void forget_waiters(Chardev *c, const void *opaque)
{
    for (guint i = c->waiters->len; i-- > 0;) {
        if (g_array_index(c->waiters, ChardevWaiter, i).opaque == opaque) {
            g_array_remove_index(c->waiters, i);
        }
    }
}

static Chardev *output_of(Chardev *c)
{
    return c->klass->target ? c->klass->target(c) : c;
}

void chardev_detach_frontend(Chardev *c, const ChardevFrontend *f)
{
    GLOBAL_STATE_CODE();
    forget_waiters(output_of(c), f->opaque);
    if (c->klass->detach) {
        c->klass->detach(c, f);
    } else if (c->frontend == f) {
        c->frontend = NULL;
    }
}

void chardev_detach(Chardev *c)
{
    GLOBAL_STATE_CODE();
    if (c->klass->detach) {
        c->klass->detach(c, NULL);
    } else if (c->frontend) {
        chardev_detach_frontend(c, c->frontend);
    }
}

void chardev_accept_input(Chardev *c)
{
    GLOBAL_STATE_CODE();
    if (c->klass->accept_input) {
        c->klass->accept_input(c);
    }
}

bool chardev_is_open(const Chardev *c)
{
    GLOBAL_STATE_CODE();
    return c->is_open;
}

int chardev_claim_fd(Chardev *c)
{
    GLOBAL_STATE_CODE();
    return c->is_open && c->klass->claim_fd ? c->klass->claim_fd(c) : -1;
}

void chardev_release_fd(Chardev *c)
{
    GLOBAL_STATE_CODE();
    if (c->klass->release_fd) {
        c->klass->release_fd(c);
    }
}

void chardev_send_break(Chardev *c)
{
    GLOBAL_STATE_CODE();
    chardev_frontend_event(c, CHARDEV_EVENT_BREAK);
}

size_t chardev_frontend_room(Chardev *c)
{
    GLOBAL_STATE_CODE();
    return c->frontend ? c->frontend->can_receive(c->frontend->opaque) : 0;
}

void chardev_frontend_receive(Chardev *c, const uint8_t *data, size_t len)
{
    GLOBAL_STATE_CODE();
    if (c->frontend) {
        c->frontend->receive(c->frontend->opaque, data, len);
    }
}

void chardev_frontend_event(Chardev *c, ChardevEvent event)
{
    GLOBAL_STATE_CODE();
    if (c->frontend && c->frontend->event) {
        c->frontend->event(c->frontend->opaque, event);
    }
}

/* ---- output ------------------------------------------------------------- */

/* Those that came while it runs wait for the next time. */
static GS_FN void call_waiters(Chardev *c)
{
    GArray *waiters = c->waiters;

    if (!waiters->len) {
        return;
    }
    c->waiters = g_array_new(FALSE, FALSE, sizeof(ChardevWaiter));
    for (guint i = 0; i < waiters->len; i++) {
        ChardevWaiter *w = &g_array_index(waiters, ChardevWaiter, i);

        w->fn(w->opaque);
    }
    g_array_unref(waiters);
}

/* The bottom half. */
static void flush(void *opaque)
{
    Chardev *c = opaque;
    size_t done = 0;
    ssize_t n = 1;

    GLOBAL_STATE_CODE();
    while (done < c->out->len && n > 0) {
        n = c->klass->write(c, c->out->data + done, c->out->len - done);
        done = n < 0 ? c->out->len : done + n;
    }
    c->blocked = n == 0;
    g_byte_array_remove_range(c->out, 0, done);
    if (c->out->len < OUT_SOFT_MAX) {
        call_waiters(c);
    }
}

void chardev_can_write(Chardev *c)
{
    GLOBAL_STATE_CODE();
    flush(c);
}

void chardev_set_open(Chardev *c, bool is_open)
{
    GLOBAL_STATE_CODE();
    if (c->is_open == is_open) {
        return;
    }
    TRACE(chardev_set_open, "%s: %s", c->id, is_open ? "open" : "closed");
    c->is_open = is_open;
    c->blocked = false;
    if (!is_open) {
        g_byte_array_set_size(c->out, 0);
    }
    chardev_frontend_event(c, is_open ? CHARDEV_EVENT_OPENED
                                      : CHARDEV_EVENT_CLOSED);
    call_waiters(c);
    if (is_open) {
        chardev_accept_input(c);
    }
}

static GS_FN size_t append(Chardev *c, const void *data, size_t len,
                           size_t max)
{
    size_t room = c->out->len < max ? max - c->out->len : 0;

    if (!c->is_open) {
        return 0;
    }
    len = MIN(len, room);
    g_byte_array_append(c->out, data, len);
    if (!c->blocked) {
        aio_bh_schedule(c->flush_bh);
    }
    return len;
}

size_t chardev_write(Chardev *c, const void *data, size_t len)
{
    GLOBAL_STATE_CODE();
    return append(output_of(c), data, len, OUT_SOFT_MAX);
}

void chardev_write_all(Chardev *c, const void *data, size_t len)
{
    GLOBAL_STATE_CODE();
    append(output_of(c), data, len, OUT_HARD_MAX);
}

void chardev_when_writable(Chardev *c, void (*fn)(void *opaque), void *opaque)
{
    ChardevWaiter w = { fn, opaque };

    GLOBAL_STATE_CODE();
    if (fn) {
        g_array_append_val(output_of(c)->waiters, w);
    } else if (!c->klass->is_mux) {
        g_array_set_size(c->waiters, 0);
    }
}
