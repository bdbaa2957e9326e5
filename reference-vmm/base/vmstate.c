/* SPDX-License-Identifier: MIT */
/*
 * vmstate.c - see vmstate.h.
 *
 *     description:  u8 length, name; body
 *     body:         be32 version; fields; subsections; u8 0
 *     subsection:   u8 5; description
 *     array:        be32 elements; each
 *     struct:       body
 *
 * Thread context: under the BQL, with the guest stopped.
 */
#include "base/vmstate.h"
#include <string.h>

enum {
    MARK_END = 0,
    MARK_SUBSECTION = 5,
};

#define MAX_SUBSECTIONS 64

/* ---- bytes -------------------------------------------------------------- */

void vmstate_buffer_init(VMStateBuffer *b)
{
    IO_CODE();
    b->bytes = g_byte_array_new();
    b->position = 0;
    b->overrun = false;
}

void vmstate_buffer_clear(VMStateBuffer *b)
{
    IO_CODE();
    if (b->bytes) {
        g_byte_array_unref(b->bytes);
    }
    b->bytes = NULL;
    b->position = 0;
    b->overrun = false;
}

void vmstate_put(VMStateBuffer *b, const void *data, size_t size)
{
    IO_CODE();
    g_assert(size <= G_MAXUINT);
    g_byte_array_append(b->bytes, data, (guint)size);
}

void vmstate_put_be(VMStateBuffer *b, uint64_t value, int bytes)
{
    uint8_t data[8];

    IO_CODE();
    for (int i = 0; i < bytes; i++) {
        data[i] = (uint8_t)(value >> (8 * (bytes - 1 - i)));
    }
    vmstate_put(b, data, (size_t)bytes);
}

void vmstate_get(VMStateBuffer *b, void *data, size_t size)
{
    IO_CODE();
    if (b->overrun || b->bytes->len - b->position < size) {
        b->overrun = true;
        memset(data, 0, size);
        return;
    }
    memcpy(data, b->bytes->data + b->position, size);
    b->position += size;
}

uint64_t vmstate_get_be(VMStateBuffer *b, int bytes)
{
    uint8_t data[8];
    uint64_t value = 0;

    IO_CODE();
    vmstate_get(b, data, (size_t)bytes);
    for (int i = 0; i < bytes; i++) {
        value = value << 8 | data[i];
    }
    return value;
}

/* ---- kinds of fields ---------------------------------------------------- */

static void put_integer(VMStateBuffer *b, const void *at,
                        const VMStateField *field)
{
    uint64_t value = 0;

    switch (field->size) {
    case 1: value = *(const uint8_t *)at; break;
    case 2: value = *(const uint16_t *)at; break;
    case 4: value = *(const uint32_t *)at; break;
    case 8: value = *(const uint64_t *)at; break;
    default: g_assert_not_reached();
    }
    vmstate_put_be(b, value, (int)field->size);
}

static bool get_integer(VMStateBuffer *b, void *at, const VMStateField *field,
                        GError **error)
{
    uint64_t value = vmstate_get_be(b, (int)field->size);

    switch (field->size) {
    case 1: *(uint8_t *)at = (uint8_t)value; break;
    case 2: *(uint16_t *)at = (uint16_t)value; break;
    case 4: *(uint32_t *)at = (uint32_t)value; break;
    case 8: *(uint64_t *)at = value; break;
    default: g_assert_not_reached();
    }
    return true;
}

static void put_bool(VMStateBuffer *b, const void *at,
                     const VMStateField *field)
{
    vmstate_put_be(b, *(const bool *)at, 1);
}

static bool get_bool(VMStateBuffer *b, void *at, const VMStateField *field,
                     GError **error)
{
    uint64_t value = vmstate_get_be(b, 1);

    if (value > 1) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "%u is no boolean", (unsigned)value);
        return false;
    }
    *(bool *)at = value;
    return true;
}

static void put_bytes(VMStateBuffer *b, const void *at,
                      const VMStateField *field)
{
    vmstate_put(b, at, field->size);
}

static bool get_bytes(VMStateBuffer *b, void *at, const VMStateField *field,
                      GError **error)
{
    vmstate_get(b, at, field->size);
    return true;
}

/* What both sides were configured with. */
static bool get_equal(VMStateBuffer *b, void *at, const VMStateField *field,
                      GError **error)
{
    uint64_t ours = 0, theirs;
    VMStateField integer = *field;

    theirs = vmstate_get_be(b, (int)field->size);
    switch (integer.size) {
    case 1: ours = *(uint8_t *)at; break;
    case 2: ours = *(uint16_t *)at; break;
    case 4: ours = *(uint32_t *)at; break;
    case 8: ours = *(uint64_t *)at; break;
    default: g_assert_not_reached();
    }
    if (!b->overrun && ours != theirs) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "it is %" G_GUINT64_FORMAT " there and %" G_GUINT64_FORMAT
                    " here", theirs, ours);
        return false;
    }
    return true;
}

const VMStateInfo vmstate_info_uint8 = { "uint8", put_integer, get_integer };
const VMStateInfo vmstate_info_uint16 = { "uint16", put_integer, get_integer };
const VMStateInfo vmstate_info_uint32 = { "uint32", put_integer, get_integer };
const VMStateInfo vmstate_info_uint64 = { "uint64", put_integer, get_integer };
const VMStateInfo vmstate_info_equal = { "equal", put_integer, get_equal };
const VMStateInfo vmstate_info_bool = { "bool", put_bool, get_bool };
const VMStateInfo vmstate_info_bytes = { "bytes", put_bytes, get_bytes };
/* Done here: it may fail, and goes on into another description. */
const VMStateInfo vmstate_info_struct = { "struct", NULL, NULL };

/* ---- fields ------------------------------------------------------------- */

static bool save_body(const VMStateDescription *d, void *opaque,
                      VMStateBuffer *b, GError **error);
static bool load_body(const VMStateDescription *d, void *opaque,
                      VMStateBuffer *b, GError **error);

static uint64_t count_in_struct(const void *opaque, const VMStateField *f)
{
    const char *at = (const char *)opaque + f->count_offset;

    switch (f->count_size) {
    case 1: return *(const uint8_t *)at;
    case 2: return *(const uint16_t *)at;
    case 4: return *(const uint32_t *)at;
    case 8: return *(const uint64_t *)at;
    default: g_assert_not_reached();
    }
}

/* Where the elements are, and how many. */
static char *elements(void *opaque, const VMStateField *f, uint64_t *ret_n)
{
    char *at = (char *)opaque + f->offset;

    if (f->pointer) {
        *ret_n = count_in_struct(opaque, f);
        return *(char **)at;
    }
    *ret_n = f->n ? f->n : 1;
    return at;
}

static bool save_field(const VMStateField *f, void *opaque, VMStateBuffer *b,
                       GError **error)
{
    uint64_t n;
    char *at = elements(opaque, f, &n);

    if (f->n || f->pointer) {
        g_assert(n <= UINT32_MAX);
        vmstate_put_be(b, n, 4);
    }
    for (uint64_t i = 0; i < n; i++, at += f->size) {
        if (f->info != &vmstate_info_struct) {
            f->info->put(b, at, f);
        } else if (!save_body(f->description, at, b, error)) {
            return false;
        }
    }
    return true;
}

static bool load_elements(const VMStateField *f, void *opaque,
                          VMStateBuffer *b, GError **error)
{
    uint64_t n, theirs;
    char *at = elements(opaque, f, &n);

    if (f->n || f->pointer) {
        theirs = vmstate_get_be(b, 4);
        if (!b->overrun && theirs != n) {
            g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                        "%" G_GUINT64_FORMAT " elements, not %"
                        G_GUINT64_FORMAT, theirs, n);
            return false;
        }
    }
    for (uint64_t i = 0; i < n && !b->overrun; i++, at += f->size) {
        bool ok = f->info == &vmstate_info_struct
                      ? load_body(f->description, at, b, error)
                      : f->info->get(b, at, f, error);

        if (!ok) {
            return false;
        }
    }
    if (b->overrun) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM, "the data ends here");
        return false;
    }
    return true;
}

static bool load_field(const VMStateField *f, void *opaque, VMStateBuffer *b,
                       GError **error)
{
    if (load_elements(f, opaque, b, error)) {
        return true;
    }
    g_prefix_error(error, "%s%s", f->name,
                   f->info == &vmstate_info_struct ? "." : ": ");
    return false;
}

/* ---- descriptions ------------------------------------------------------- */

static void put_name(const VMStateDescription *d, VMStateBuffer *b)
{
    size_t len = strlen(d->name);

    g_assert(len > 0 && len < 256);
    vmstate_put_be(b, len, 1);
    vmstate_put(b, d->name, len);
}

static void get_name(VMStateBuffer *b, char name[256])
{
    size_t len = (size_t)vmstate_get_be(b, 1);

    vmstate_get(b, name, len);
    name[len] = '\0';
}

static bool save_subsections(const VMStateDescription *d, void *opaque,
                             VMStateBuffer *b, GError **error)
{
    for (size_t i = 0; d->subsections && d->subsections[i]; i++) {
        const VMStateDescription *sub = d->subsections[i];

        g_assert(i < MAX_SUBSECTIONS);
        if (sub->needed && !sub->needed(opaque)) {
            continue;
        }
        vmstate_put_be(b, MARK_SUBSECTION, 1);
        put_name(sub, b);
        if (!save_body(sub, opaque, b, error)) {
            return false;
        }
    }
    vmstate_put_be(b, MARK_END, 1);
    return true;
}

static bool save_body(const VMStateDescription *d, void *opaque,
                      VMStateBuffer *b, GError **error)
{
    if (d->pre_save && !d->pre_save(opaque, error)) {
        g_prefix_error(error, "%s: ", d->name);
        return false;
    }
    vmstate_put_be(b, (uint64_t)d->version, 4);
    for (const VMStateField *f = d->fields; f && f->name; f++) {
        if (f->since_version <= d->version &&
            !save_field(f, opaque, b, error)) {
            return false;
        }
    }
    return save_subsections(d, opaque, b, error);
}

bool vmstate_save(const VMStateDescription *d, void *opaque,
                  VMStateBuffer *b, GError **error)
{
    GLOBAL_STATE_CODE();
    put_name(d, b);
    return save_body(d, opaque, b, error);
}

static bool load_subsection(const VMStateDescription *d, void *opaque,
                            VMStateBuffer *b, uint64_t *seen, GError **error)
{
    char name[256];
    size_t i;

    get_name(b, name);
    for (i = 0; d->subsections && d->subsections[i]; i++) {
        if (strcmp(d->subsections[i]->name, name) == 0) {
            break;
        }
    }
    if (b->overrun || !d->subsections || !d->subsections[i]) {
        char *shown = g_strescape(name, NULL);

        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    b->overrun ? "the data ends in a subsection's name"
                               : "unknown subsection '%s'", shown);
        g_free(shown);
        return false;
    }
    if (*seen >> i & 1) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "subsection '%s' comes twice", name);
        return false;
    }
    *seen |= (uint64_t)1 << i;
    if (!load_body(d->subsections[i], opaque, b, error)) {
        g_prefix_error(error, "%s/", name);
        return false;
    }
    return true;
}

static bool load_subsections(const VMStateDescription *d, void *opaque,
                             VMStateBuffer *b, GError **error)
{
    uint64_t seen = 0, mark;

    while ((mark = vmstate_get_be(b, 1)) == MARK_SUBSECTION) {
        if (!load_subsection(d, opaque, b, &seen, error)) {
            return false;
        }
    }
    if (mark != MARK_END || b->overrun) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM, "%s",
                    b->overrun ? "the data ends before its end mark"
                               : "an end mark or a subsection is missing");
        return false;
    }
    return true;
}

static bool check_version(const VMStateDescription *d, VMStateBuffer *b,
                          int *ret_version, GError **error)
{
    uint64_t version = vmstate_get_be(b, 4);
    int minimum = d->minimum_version ? d->minimum_version : d->version;

    if (b->overrun) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "the data ends at the version");
        return false;
    }
    if (version > (uint64_t)d->version || version < (uint64_t)minimum) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "version %" G_GUINT64_FORMAT
                    " where %d to %d are understood", version, minimum,
                    d->version);
        return false;
    }
    *ret_version = (int)version;
    return true;
}

static bool load_body(const VMStateDescription *d, void *opaque,
                      VMStateBuffer *b, GError **error)
{
    int version;

    if (!check_version(d, b, &version, error) ||
        (d->pre_load && !d->pre_load(opaque, error))) {
        return false;
    }
    for (const VMStateField *f = d->fields; f && f->name; f++) {
        if (f->since_version <= version && !load_field(f, opaque, b, error)) {
            return false;
        }
    }
    return load_subsections(d, opaque, b, error) &&
           (!d->post_load || d->post_load(opaque, version, error));
}

bool vmstate_load(const VMStateDescription *d, void *opaque,
                  VMStateBuffer *b, GError **error)
{
    char name[256];

    GLOBAL_STATE_CODE();
    get_name(b, name);
    if (b->overrun || strcmp(name, d->name) != 0) {
        char *shown = g_strescape(name, NULL);

        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    b->overrun ? "%s: the data ends at the name"
                               : "%s: the data is of '%s'", d->name, shown);
        g_free(shown);
        return false;
    }
    if (!load_body(d, opaque, b, error)) {
        g_prefix_error(error, "%s/", d->name);
        return false;
    }
    return true;
}
