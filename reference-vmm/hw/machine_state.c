/* SPDX-License-Identifier: MIT */
/*
 * machine_state.c - all of a machine's state but RAM, in one buffer.
 *
 *     offset  what
 *     0       "HFMS"
 *     4       be32 version, 1
 *     8       be64 virtual clock, ns
 *     16      sections: be8 length of the name, the name (of the vmstate),
 *             be32 instance (how many of this name came before),
 *             be32 length of the data, the data
 *     end     be8 0
 *
 * Loading takes sections in any order, each exactly once, and wants all of
 * those that the machine itself would save.  Lengths are checked on both
 * sides: a section that is not read to its end is damaged.
 *
 * The whole load is one transaction of the memory tree: remapping regions
 * costs one view, not one for each device.
 *
 * Thread context: under the BQL, with the machine stopped.
 */
#include "base/clock.h"
#include "hw/machine.h"
#include <string.h>

#define MACHINE_STATE_VERSION 1

typedef struct Section {
    const VMStateDescription *description;
    void *opaque;
    uint32_t instance;
    bool loaded;
} Section;

static void add_section(GArray *sections, const VMStateDescription *d,
                        void *opaque)
{
    Section s = { .description = d, .opaque = opaque };

    if (!d) {
        return;
    }
    for (guint i = 0; i < sections->len; i++) {
        const Section *other = &g_array_index(sections, Section, i);

        s.instance += !strcmp(other->description->name, d->name);
    }
    g_array_append_val(sections, s);
}

static GS_FN GArray *list_sections(Machine *m)
{
    GArray *sections = g_array_new(FALSE, FALSE, sizeof(Section));

    for (unsigned i = 0; i < vcpus_count(); i++) {
        add_section(sections, vcpu_vmstate(),
                    vcpu_vmstate_opaque(vcpu_by_id(i)));
    }
    for (guint i = 0; i < m->devices->len; i++) {
        DeviceState *dev = g_ptr_array_index(m->devices, i);

        add_section(sections, dev->klass->vmstate, dev);
    }
    return sections;
}

/* ---- save --------------------------------------------------------------- */

static GS_FN bool save_section(const Section *s, VMStateBuffer *b,
                               GError **error)
{
    size_t length = strlen(s->description->name);
    VMStateBuffer data;
    bool ok;

    g_assert(length > 0 && length < 256);
    vmstate_buffer_init(&data);
    ok = vmstate_save(s->description, s->opaque, &data, error);
    if (ok) {
        vmstate_put_be(b, length, 1);
        vmstate_put(b, s->description->name, length);
        vmstate_put_be(b, s->instance, 4);
        vmstate_put_be(b, data.bytes->len, 4);
        vmstate_put(b, data.bytes->data, data.bytes->len);
    }
    vmstate_buffer_clear(&data);
    return ok;
}

bool machine_save(Machine *m, VMStateBuffer *b, GError **error)
{
    GArray *sections = list_sections(m);
    bool ok = true;

    GLOBAL_STATE_CODE();
    vmstate_put(b, "HFMS", 4);
    vmstate_put_be(b, MACHINE_STATE_VERSION, 4);
    vmstate_put_be(b, vm_clock_get_ns(VM_CLOCK_VIRTUAL), 8);
    for (guint i = 0; ok && i < sections->len; i++) {
        ok = save_section(&g_array_index(sections, Section, i), b, error);
    }
    vmstate_put_be(b, 0, 1);
    g_array_unref(sections);
    return ok;
}

/* ---- load --------------------------------------------------------------- */

static bool fail(GError **error, const char *what, const char *name)
{
    g_set_error(error, VM_ERROR, VM_ERROR_STREAM, "machine state: %s%s%s%s",
                what, name ? " '" : "", name ? name : "", name ? "'" : "");
    return false;
}

static Section *find_section(GArray *sections, const char *name,
                             uint32_t instance)
{
    for (guint i = 0; i < sections->len; i++) {
        Section *s = &g_array_index(sections, Section, i);

        if (!strcmp(s->description->name, name) && s->instance == instance) {
            return s;
        }
    }
    return NULL;
}

static size_t bytes_left(const VMStateBuffer *b)
{
    return b->position < b->bytes->len ? b->bytes->len - b->position : 0;
}

static GS_FN bool load_data(Section *s, VMStateBuffer *b, uint32_t length,
                            GError **error)
{
    VMStateBuffer data;
    bool ok;

    vmstate_buffer_init(&data);
    vmstate_put(&data, b->bytes->data + b->position, length);
    b->position += length;
    ok = vmstate_load(s->description, s->opaque, &data, error);
    if (ok && (data.overrun || data.position != length)) {
        ok = fail(error, "wrong length of section", s->description->name);
    }
    vmstate_buffer_clear(&data);
    return ok;
}

/* False also at the end; then *ret_end is true. */
static GS_FN bool load_section(GArray *sections, VMStateBuffer *b,
                               bool *ret_end, GError **error)
{
    uint8_t name_length = vmstate_get_be(b, 1);
    char name[256] = "";
    uint32_t instance, length;
    Section *s;

    *ret_end = !name_length && !b->overrun;
    if (*ret_end) {
        return false;
    }
    vmstate_get(b, name, name_length);
    instance = vmstate_get_be(b, 4);
    length = vmstate_get_be(b, 4);
    if (b->overrun || length > bytes_left(b)) {
        return fail(error, "it ends too early", NULL);
    }
    s = find_section(sections, name, instance);
    if (!s) {
        char *text = g_utf8_make_valid(name, -1);

        fail(error, "this machine has no device for section", text);
        g_free(text);
        return false;
    }
    if (s->loaded) {
        return fail(error, "twice section", name);
    }
    s->loaded = true;
    return load_data(s, b, length, error);
}

static GS_FN bool load_all(GArray *sections, VMStateBuffer *b, GError **error)
{
    bool end = false;

    while (load_section(sections, b, &end, error)) {
    }
    if (!end) {
        return false;
    }
    for (guint i = 0; i < sections->len; i++) {
        const Section *s = &g_array_index(sections, Section, i);

        if (!s->loaded) {
            return fail(error, "it lacks section", s->description->name);
        }
    }
    return true;
}

/* What needs the memory that the state describes. */
static GS_FN bool tell_devices(Machine *m, GError **error)
{
    for (guint i = 0; i < m->devices->len; i++) {
        DeviceState *dev = g_ptr_array_index(m->devices, i);

        if (dev->klass->loaded && !dev->klass->loaded(dev, error)) {
            return false;
        }
    }
    return true;
}

bool machine_load(Machine *m, VMStateBuffer *b, GError **error)
{
    char magic[4];
    uint32_t version;
    int64_t clock;
    GArray *sections;
    bool ok;

    GLOBAL_STATE_CODE();
    vmstate_get(b, magic, 4);
    version = vmstate_get_be(b, 4);
    clock = vmstate_get_be(b, 8);
    if (memcmp(magic, "HFMS", 4)) {
        return fail(error, "it does not begin as one", NULL);
    }
    if (version != MACHINE_STATE_VERSION || clock < 0) {
        return fail(error, "unknown version, or a wrong time", NULL);
    }
    vm_clock_set_virtual(clock);
    /* What devices had under way ends here: within the transaction they could
     * neither drain it nor reach memory. */
    for (guint i = 0; i < m->devices->len; i++) {
        device_reset(g_ptr_array_index(m->devices, i));
    }
    sections = list_sections(m);
    memory_region_transaction_begin();
    ok = load_all(sections, b, error);
    memory_region_transaction_commit();
    g_array_unref(sections);
    return ok && tell_devices(m, error);
}
