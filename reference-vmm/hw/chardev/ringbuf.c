/* SPDX-License-Identifier: MIT */
/*
 * ringbuf.c - see ringbuf.h.  The newest bytes stay, the oldest go.
 *
 * Thread context: under the BQL.
 */
#include "hw/chardev/ringbuf.h"
#include "hw/chardev/chardev_int.h"

#define SIZE_DEFAULT 65536
#define SIZE_MAXIMUM (UINT64_C(64) << 20)

typedef struct ChardevRingbuf {
    Chardev parent;
    uint8_t *data;
    uint64_t size;     /* a power of two */
    uint64_t from, to; /* ever growing */
} ChardevRingbuf;

extern const ChardevClass ringbuf_chardev_class;

static bool ringbuf_open(Chardev *c, JsonObject *options, GError **error)
{
    ChardevRingbuf *s = (ChardevRingbuf *)c;

    s->size = SIZE_DEFAULT;
    if (!option_size(options, "size", &s->size, error)) {
        return false;
    }
    if (!s->size || s->size > SIZE_MAXIMUM || (s->size & (s->size - 1))) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter 'size' expects a power of two up to 64M");
        return false;
    }
    s->data = g_malloc(s->size);
    c->is_open = true;
    return true;
}

static void ringbuf_close(Chardev *c)
{
    g_free(((ChardevRingbuf *)c)->data);
}

static ssize_t ringbuf_write(Chardev *c, const void *data, size_t len)
{
    ChardevRingbuf *s = (ChardevRingbuf *)c;
    const uint8_t *p = data;

    for (size_t i = 0; i < len; i++) {
        s->data[s->to++ & (s->size - 1)] = p[i];
    }
    if (s->to - s->from > s->size) {
        s->from = s->to - s->size;
    }
    return len;
}

static bool check(Chardev *c, GError **error)
{
    if (c->klass == &ringbuf_chardev_class) {
        return true;
    }
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "chardev '%s' is not a ring buffer", c->id);
    return false;
}

GBytes *chardev_ringbuf_read(Chardev *c, size_t max, GError **error)
{
    ChardevRingbuf *s = (ChardevRingbuf *)c;
    uint8_t *data;
    size_t n;

    GLOBAL_STATE_CODE();
    if (!check(c, error)) {
        return NULL;
    }
    /* What was written a moment ago may still be on its way here. */
    chardev_can_write(c);
    n = MIN(max, s->to - s->from);
    data = g_malloc(MAX(n, 1));
    for (size_t i = 0; i < n; i++) {
        data[i] = s->data[s->from++ & (s->size - 1)];
    }
    return g_bytes_new_take(data, n);
}

bool chardev_ringbuf_write(Chardev *c, const void *data, size_t len,
                           GError **error)
{
    GLOBAL_STATE_CODE();
    if (!check(c, error)) {
        return false;
    }
    if (chardev_frontend_room(c) < len) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "chardev '%s': nobody takes so many bytes now", c->id);
        return false;
    }
    chardev_frontend_receive(c, data, len);
    return true;
}

static const char *const ringbuf_options[] = { "size", NULL };

const ChardevClass ringbuf_chardev_class = {
    .name = "ringbuf",
    .help = "memory that the monitor reads: size=SIZE",
    .options = ringbuf_options,
    .instance_size = sizeof(ChardevRingbuf),
    .open = ringbuf_open,
    .close = ringbuf_close,
    .write = ringbuf_write,
};
