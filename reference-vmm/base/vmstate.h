/* SPDX-License-Identifier: MIT */
/*
 * vmstate.h - what of a struct is state of the machine, as data.
 *
 *     static const VMStateField rtc_fields[] = {
 *         VMSTATE_UINT64(alarm_next, GoldfishRtc),
 *         VMSTATE_BOOL(alarm_running, GoldfishRtc),
 *         VMSTATE_END
 *     };
 *     static const VMStateDescription rtc_vmstate = {
 *         .name = "goldfish_rtc", .version = 1, .fields = rtc_fields,
 *         .post_load = rtc_post_load,
 *     };
 *
 * On the wire: fields in order, big endian, arrays by their length; each
 * subsection that is needed follows under its name.  Loading checks versions,
 * names, lengths and booleans, and says which field of which description was
 * wrong.
 *
 * Thread context: under the BQL, with the guest stopped.
 */
#ifndef REFVMM_BASE_VMSTATE_H
#define REFVMM_BASE_VMSTATE_H

#include "base/annotate.h"
#include "base/error.h"
#include <stddef.h>

/* Bytes in memory, written at the end and read from the start.  Reading past
 * the end gives zeros and is remembered: see vmstate_buffer_error(). */
typedef struct VMStateBuffer {
    GByteArray *bytes; /* owned */
    size_t position;   /* of the next read */
    bool overrun;
} VMStateBuffer;

void vmstate_buffer_init(VMStateBuffer *b) IO_FN;
void vmstate_buffer_clear(VMStateBuffer *b) IO_FN;
void vmstate_put(VMStateBuffer *b, const void *data, size_t size) IO_FN;
void vmstate_put_be(VMStateBuffer *b, uint64_t value, int bytes) IO_FN;
void vmstate_get(VMStateBuffer *b, void *data, size_t size) IO_FN;
uint64_t vmstate_get_be(VMStateBuffer *b, int bytes) IO_FN;

typedef struct VMStateDescription VMStateDescription;
typedef struct VMStateField VMStateField;

/* How one kind of field travels.  get checks what it reads. */
typedef struct VMStateInfo {
    const char *name;
    void (*put)(VMStateBuffer *b, const void *at, const VMStateField *field);
    bool (*get)(VMStateBuffer *b, void *at, const VMStateField *field,
                GError **error);
} VMStateInfo;

struct VMStateField {
    const char *name; /* NULL: the end */
    size_t offset;
    size_t size; /* of one element */
    size_t n;    /* elements in the struct itself; 0 means 1 */
    /* Elements behind a pointer: offset and width of their count, which has
     * travelled before them; the pointer stays, and the count must be what
     * the destination has allocated. */
    bool pointer;
    size_t count_offset;
    const VMStateInfo *info;
    const VMStateDescription *description; /* of a struct */
    int since_version;
};

struct VMStateDescription {
    const char *name;
    int version;
    int minimum_version; /* that can be loaded; 0: version */
    const VMStateField *fields;
    const VMStateDescription *const *subsections; /* NULL-terminated */
    bool (*needed)(void *opaque); /* NULL: always */
    void (*pre_save)(void *opaque);
    bool (*pre_load)(void *opaque, GError **error);
    bool (*post_load)(void *opaque, int version, GError **error);
};

void vmstate_save(const VMStateDescription *d, void *opaque,
                  VMStateBuffer *b) GS_FN;
bool vmstate_load(const VMStateDescription *d, void *opaque,
                  VMStateBuffer *b, GError **error) GS_FN;

extern const VMStateInfo vmstate_info_uint8, vmstate_info_uint16,
    vmstate_info_uint32, vmstate_info_uint64, vmstate_info_bool,
    vmstate_info_bytes, vmstate_info_struct;

#define VMSTATE_FIELD_(field, type, info_, ctype)                            \
    { .name = #field, .offset = offsetof(type, field),                       \
      .size = sizeof(ctype), .info = &(info_) }
/* The field must really have the type said. */
#define VMSTATE_TYPED_(field, type, info_, ctype)                            \
    { .name = #field,                                                        \
      .offset = offsetof(type, field) +                                      \
                0 * sizeof((ctype *)0 == &((type *)0)->field),               \
      .size = sizeof(ctype), .info = &(info_) }
#define VMSTATE_ARRAY_(field, type, info_, ctype)                            \
    { .name = #field, .offset = offsetof(type, field),                       \
      .size = sizeof(ctype),                                                 \
      .n = sizeof(((type *)0)->field) / sizeof(ctype), .info = &(info_) }
#define VMSTATE_UINT8(f, t) VMSTATE_TYPED_(f, t, vmstate_info_uint8, uint8_t)
#define VMSTATE_UINT16(f, t) \
    VMSTATE_TYPED_(f, t, vmstate_info_uint16, uint16_t)
#define VMSTATE_UINT32(f, t) \
    VMSTATE_TYPED_(f, t, vmstate_info_uint32, uint32_t)
#define VMSTATE_UINT64(f, t) \
    VMSTATE_TYPED_(f, t, vmstate_info_uint64, uint64_t)
#define VMSTATE_INT64(f, t) VMSTATE_TYPED_(f, t, vmstate_info_uint64, int64_t)
#define VMSTATE_BOOL(f, t) VMSTATE_TYPED_(f, t, vmstate_info_bool, bool)
#define VMSTATE_UINT8_ARRAY(f, t) \
    VMSTATE_ARRAY_(f, t, vmstate_info_uint8, uint8_t)
#define VMSTATE_UINT32_ARRAY(f, t) \
    VMSTATE_ARRAY_(f, t, vmstate_info_uint32, uint32_t)
#define VMSTATE_UINT64_ARRAY(f, t) \
    VMSTATE_ARRAY_(f, t, vmstate_info_uint64, uint64_t)
#define VMSTATE_BOOL_ARRAY(f, t) VMSTATE_ARRAY_(f, t, vmstate_info_bool, bool)
#define VMSTATE_STRUCT(f, t, d, ctype)                                       \
    { .name = #f, .offset = offsetof(t, f), .size = sizeof(ctype),           \
      .info = &vmstate_info_struct, .description = &(d) }
#define VMSTATE_STRUCT_ARRAY(f, t, d, ctype)                                 \
    { .name = #f, .offset = offsetof(t, f), .size = sizeof(ctype),           \
      .n = sizeof(((t *)0)->f) / sizeof(ctype),                              \
      .info = &vmstate_info_struct, .description = &(d) }
#define VMSTATE_END { .name = NULL }

#endif
