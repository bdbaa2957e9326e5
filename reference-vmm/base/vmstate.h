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
 * On the wire: the name, the version, fields in order, big endian, arrays
 * after their length; then each subsection that is needed, under its name.
 * Loading checks versions, names, lengths and booleans, and says which field
 * of which description was wrong: "virtio-blk/vqs.index: the data ends here".
 * What was loaded before it stays: whoever gets an error drops the machine.
 *
 * Thread context: under the BQL, with the guest stopped.
 */
#ifndef REFVMM_BASE_VMSTATE_H
#define REFVMM_BASE_VMSTATE_H

#include "base/annotate.h"
#include "base/error.h"
#include "base/lock.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes in memory, written at the end and read from the start.  Reading past
 * the end gives zeros and is remembered in overrun, until it is cleared. */
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
    /* Elements behind a pointer: where their count is, and its width.  Neither
     * pointer nor count is loaded: the destination has allocated them, and
     * the length that comes must be this count. */
    bool pointer;
    size_t count_offset, count_size;
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
    /* Refuses when the state cannot be told. */
    bool (*pre_save)(void *opaque, GError **error);
    bool (*pre_load)(void *opaque, GError **error);
    bool (*post_load)(void *opaque, int version, GError **error);
};

/* Fails only where a pre_save refuses. */
bool vmstate_save(const VMStateDescription *d, void *opaque,
                  VMStateBuffer *b, GError **error) GS_FN;
bool vmstate_load(const VMStateDescription *d, void *opaque,
                  VMStateBuffer *b, GError **error) GS_FN;

extern const VMStateInfo vmstate_info_uint8, vmstate_info_uint16,
    vmstate_info_uint32, vmstate_info_uint64, vmstate_info_bool,
    vmstate_info_bytes, vmstate_info_struct;
/* An integer that is compared, not loaded: configuration. */
extern const VMStateInfo vmstate_info_equal;

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
#define VMSTATE_INT32(f, t) VMSTATE_TYPED_(f, t, vmstate_info_uint32, int32_t)
#define VMSTATE_UINT8_EQUAL(f, t) \
    VMSTATE_TYPED_(f, t, vmstate_info_equal, uint8_t)
#define VMSTATE_UINT16_EQUAL(f, t) \
    VMSTATE_TYPED_(f, t, vmstate_info_equal, uint16_t)
#define VMSTATE_UINT32_EQUAL(f, t) \
    VMSTATE_TYPED_(f, t, vmstate_info_equal, uint32_t)
#define VMSTATE_UINT64_EQUAL(f, t) \
    VMSTATE_TYPED_(f, t, vmstate_info_equal, uint64_t)
#define VMSTATE_UINT16_ARRAY(f, t) \
    VMSTATE_ARRAY_(f, t, vmstate_info_uint16, uint16_t)
/* An array or struct of bytes, as it lies in memory. */
#define VMSTATE_BUFFER(f, t)                                                 \
    { .name = #f, .offset = offsetof(t, f), .size = sizeof(((t *)0)->f),     \
      .info = &vmstate_info_bytes }
/* Elements behind the pointer f, counted by the unsigned field count. */
#define VMSTATE_VARRAY(f, t, count, info_, ctype)                            \
    { .name = #f,                                                            \
      .offset = offsetof(t, f) +                                             \
                0 * sizeof((ctype *)0 == ((t *)0)->f),                       \
      .size = sizeof(ctype), .pointer = true,                                \
      .count_offset = offsetof(t, count),                                    \
      .count_size = sizeof(((t *)0)->count), .info = &(info_) }
#define VMSTATE_STRUCT_VARRAY(f, t, count, d, ctype)                         \
    { .name = #f,                                                            \
      .offset = offsetof(t, f) +                                             \
                0 * sizeof((ctype *)0 == ((t *)0)->f),                       \
      .size = sizeof(ctype), .pointer = true,                                \
      .count_offset = offsetof(t, count),                                    \
      .count_size = sizeof(((t *)0)->count),                                 \
      .info = &vmstate_info_struct, .description = &(d) }
#define VMSTATE_END { .name = NULL }

#endif
