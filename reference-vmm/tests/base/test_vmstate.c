/* SPDX-License-Identifier: MIT */
/* Machine state: there and back, and every kind of damage on the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/vmstate.h"

typedef struct Inner {
    uint16_t a;
    bool b;
} Inner;

typedef struct Outer {
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;
    int32_t i32;
    int64_t i64;
    bool yes, no;
    uint8_t bytes[5];
    uint32_t words[3];
    Inner inner;
    Inner inners[2];
    char blob[7];
    uint16_t n_queues;
    uint32_t *queues;
    uint8_t n_rings;
    Inner *rings;
    uint32_t config;
    uint32_t newer;
    uint64_t extra;
    bool extra_needed;
    bool refuse;
    int pre_loads, post_loads, loaded_version;
} Outer;

static const VMStateField inner_fields[] = {
    VMSTATE_UINT16(a, Inner),
    VMSTATE_BOOL(b, Inner),
    VMSTATE_END
};
static const VMStateDescription inner_vmstate = {
    .name = "inner", .version = 3, .minimum_version = 2,
    .fields = inner_fields,
};

static bool extra_needed(void *opaque)
{
    return ((Outer *)opaque)->extra_needed;
}

static const VMStateField extra_fields[] = {
    VMSTATE_UINT64(extra, Outer),
    VMSTATE_END
};
static const VMStateDescription extra_vmstate = {
    .name = "outer/extra", .version = 1, .fields = extra_fields,
    .needed = extra_needed,
};
static const VMStateDescription *const subsections[] = {
    &extra_vmstate, NULL,
};

static bool pre_save(void *opaque, GError **error)
{
    if (((Outer *)opaque)->refuse) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE, "not now");
        return false;
    }
    return true;
}

static bool pre_load(void *opaque, GError **error)
{
    ((Outer *)opaque)->pre_loads++;
    return true;
}

static bool post_load(void *opaque, int version, GError **error)
{
    Outer *o = opaque;

    o->post_loads++;
    o->loaded_version = version;
    if (o->u8 == 0xee) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM, "u8 is impossible");
        return false;
    }
    return true;
}

static const VMStateField outer_fields[] = {
    VMSTATE_UINT8(u8, Outer),
    VMSTATE_UINT16(u16, Outer),
    VMSTATE_UINT32(u32, Outer),
    VMSTATE_UINT64(u64, Outer),
    VMSTATE_INT32(i32, Outer),
    VMSTATE_INT64(i64, Outer),
    VMSTATE_BOOL(yes, Outer),
    VMSTATE_BOOL(no, Outer),
    VMSTATE_UINT8_ARRAY(bytes, Outer),
    VMSTATE_UINT32_ARRAY(words, Outer),
    VMSTATE_STRUCT(inner, Outer, inner_vmstate, Inner),
    VMSTATE_STRUCT_ARRAY(inners, Outer, inner_vmstate, Inner),
    VMSTATE_BUFFER(blob, Outer),
    VMSTATE_VARRAY(queues, Outer, n_queues, vmstate_info_uint32, uint32_t),
    VMSTATE_STRUCT_VARRAY(rings, Outer, n_rings, inner_vmstate, Inner),
    VMSTATE_UINT32_EQUAL(config, Outer),
    { .name = "newer", .offset = offsetof(Outer, newer), .size = 4,
      .info = &vmstate_info_uint32, .since_version = 5 },
    VMSTATE_END
};
static const VMStateDescription outer_vmstate = {
    .name = "outer", .version = 5, .minimum_version = 4,
    .fields = outer_fields, .subsections = subsections,
    .pre_save = pre_save, .pre_load = pre_load, .post_load = post_load,
};

static uint32_t queues_a[2] = { 0x11111111, 0x22222222 };
static Inner rings_a[1] = { { 7, true } };
static const Outer example = {
    .u8 = 0x12, .u16 = 0x3456, .u32 = 0x789abcde, .u64 = 0x0123456789abcdef,
    .i32 = -5, .i64 = INT64_MIN, .yes = true, .no = false,
    .bytes = { 1, 2, 3, 4, 5 }, .words = { 9, 8, 0xffffffff },
    .inner = { 0x4242, true }, .inners = { { 1, false }, { 2, true } },
    .blob = "abcdef", .n_queues = 2, .queues = queues_a, .n_rings = 1,
    .rings = rings_a, .config = 17, .newer = 99, .extra = 77,
};

static uint32_t queues_b[2];
static Inner rings_b[1];

static Outer destination(void)
{
    Outer o = {
        .n_queues = 2, .queues = queues_b, .n_rings = 1, .rings = rings_b,
        .config = 17, .extra = 1,
    };

    memset(queues_b, 0, sizeof(queues_b));
    memset(rings_b, 0, sizeof(rings_b));
    return o;
}

static int NO_TSA setup(void **state)
{
    bql_lock();
    return 0;
}

static int NO_TSA teardown(void **state)
{
    bql_unlock();
    return 0;
}

static void save(VMStateBuffer *b, bool with_extra)
{
    Outer o = example;

    GLOBAL_STATE_CODE();
    o.extra_needed = with_extra;
    vmstate_buffer_init(b);
    assert_true(vmstate_save(&outer_vmstate, &o, b, NULL));
}

static void test_round_trip(void **state)
{
    GLOBAL_STATE_CODE();
    for (int extra = 0; extra < 2; extra++) {
        Outer o = destination();
        VMStateBuffer b;

        save(&b, extra);
        assert_true(vmstate_load(&outer_vmstate, &o, &b, NULL));
        assert_int_equal(b.position, b.bytes->len);
        assert_false(b.overrun);
        assert_int_equal(o.u8, 0x12);
        assert_int_equal(o.u16, 0x3456);
        assert_int_equal(o.u32, 0x789abcde);
        assert_true(o.u64 == 0x0123456789abcdef);
        assert_int_equal(o.i32, -5);
        assert_true(o.i64 == INT64_MIN);
        assert_true(o.yes && !o.no);
        assert_memory_equal(o.bytes, example.bytes, 5);
        assert_memory_equal(o.words, example.words, 12);
        assert_int_equal(o.inner.a, 0x4242);
        assert_true(o.inner.b && !o.inners[0].b && o.inners[1].b);
        assert_int_equal(o.inners[1].a, 2);
        assert_string_equal(o.blob, "abcdef");
        assert_ptr_equal(o.queues, queues_b);
        assert_memory_equal(queues_b, queues_a, sizeof(queues_a));
        assert_int_equal(rings_b[0].a, 7);
        assert_int_equal(o.newer, 99);
        assert_int_equal(o.extra, extra ? 77 : 1);
        assert_int_equal(o.pre_loads, 1);
        assert_int_equal(o.post_loads, 1);
        assert_int_equal(o.loaded_version, 5);
        vmstate_buffer_clear(&b);
    }
}

static void test_layout(void **state)
{
    GLOBAL_STATE_CODE();
    static const uint8_t expected[] = {
        5, 'i', 'n', 'n', 'e', 'r', 0, 0, 0, 3, 0x42, 0x43, 1, 0,
    };
    Inner inner = { 0x4243, true };
    VMStateBuffer b;

    vmstate_buffer_init(&b);
    assert_true(vmstate_save(&inner_vmstate, &inner, &b, NULL));
    assert_int_equal(b.bytes->len, sizeof(expected));
    assert_memory_equal(b.bytes->data, expected, sizeof(expected));
    vmstate_buffer_clear(&b);
}

static void test_refused(void **state)
{
    Outer o = example;
    GError *error = NULL;
    VMStateBuffer b;

    GLOBAL_STATE_CODE();
    o.refuse = true;
    vmstate_buffer_init(&b);
    assert_false(vmstate_save(&outer_vmstate, &o, &b, &error));
    assert_string_equal(error->message, "outer: not now");
    g_error_free(error);
    vmstate_buffer_clear(&b);
}

/* Every prefix is refused, and says where it ends. */
static void test_truncated(void **state)
{
    VMStateBuffer b;
    guint whole;

    GLOBAL_STATE_CODE();
    save(&b, true);
    whole = b.bytes->len;
    vmstate_buffer_clear(&b);
    for (guint len = 0; len < whole; len++) {
        Outer o = destination();
        GError *error = NULL;

        save(&b, true);
        g_byte_array_set_size(b.bytes, len);
        assert_false(vmstate_load(&outer_vmstate, &o, &b, &error));
        assert_ptr_equal(strstr(error->message, "outer"), error->message);
        assert_non_null(strstr(error->message, "the data ends"));
        assert_true(b.overrun);
        g_error_free(error);
        vmstate_buffer_clear(&b);
    }
}

/* Every bit turned: an error, or a load that stays within bounds (which the
 * sanitizers watch).  It may end early: an older version has fewer fields. */
static void test_every_bit(void **state)
{
    VMStateBuffer b;
    unsigned refused = 0;
    guint whole;

    GLOBAL_STATE_CODE();
    save(&b, true);
    whole = b.bytes->len;
    vmstate_buffer_clear(&b);
    for (guint bit = 0; bit < whole * 8; bit++) {
        Outer o = destination();
        GError *error = NULL;

        save(&b, true);
        b.bytes->data[bit / 8] ^= (guint8)(1 << bit % 8);
        if (vmstate_load(&outer_vmstate, &o, &b, &error)) {
            assert_in_range(b.position, whole - 26 - 4, whole);
        } else {
            assert_non_null(error);
            refused++;
        }
        assert_ptr_equal(o.queues, queues_b);
        assert_int_equal(o.n_queues, 2);
        g_clear_error(&error);
        vmstate_buffer_clear(&b);
    }
    /* Names, versions, lengths, booleans, marks, the configured value. */
    assert_true(refused > whole);
}

static void expect(VMStateBuffer *b, Outer *o, const char *message)
{
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    assert_false(vmstate_load(&outer_vmstate, o, b, &error));
    assert_string_equal(error->message, message);
    g_error_free(error);
    vmstate_buffer_clear(b);
}

/* In the example: name at 0, version at 6, fields from 10 on. */
static void test_messages(void **state)
{
    Outer o = destination();
    VMStateBuffer b;

    GLOBAL_STATE_CODE();
    save(&b, false);
    b.bytes->data[1] = '\n';
    expect(&b, &o, "outer: the data is of '\\nuter'");
    save(&b, false);
    b.bytes->data[9] = 6;
    expect(&b, &o, "outer/version 6 where 4 to 5 are understood");
    save(&b, false);
    b.bytes->data[9] = 3;
    expect(&b, &o, "outer/version 3 where 4 to 5 are understood");
    save(&b, false);
    b.bytes->data[10 + 27] = 2;
    expect(&b, &o, "outer/yes: 2 is no boolean");
    save(&b, false);
    b.bytes->data[10 + 29 + 3] = 6;
    expect(&b, &o, "outer/bytes: 6 elements, not 5");
    save(&b, false);
    o.config = 18;
    expect(&b, &o, "outer/config: it is 17 there and 18 here");
    o = destination();
    o.n_queues = 1;
    save(&b, false);
    expect(&b, &o, "outer/queues: 2 elements, not 1");
    o = destination();
    save(&b, false);
    b.bytes->data[10 + 54 + 3] = 1;
    expect(&b, &o, "outer/inner.version 1 where 2 to 3 are understood");
    save(&b, false);
    b.bytes->data[10] = 0xee;
    expect(&b, &o, "outer/u8 is impossible");
    save(&b, false);
    b.bytes->data[b.bytes->len - 1] = 1;
    expect(&b, &o, "outer/an end mark or a subsection is missing");
    save(&b, true);
    b.bytes->data[b.bytes->len - 1 - 1 - 8 - 4 - 1] = 'b';
    expect(&b, &o, "outer/unknown subsection 'outer/extrb'");
    save(&b, true);
    b.bytes->data[b.bytes->len - 1 - 1 - 8 - 1] = 2;
    expect(&b, &o,
           "outer/outer/extra/version 2 where 1 to 1 are understood");
    save(&b, true);
    g_byte_array_set_size(b.bytes, b.bytes->len - 1);
    g_byte_array_append(b.bytes, b.bytes->data + b.bytes->len - 26, 26);
    expect(&b, &o, "outer/subsection 'outer/extra' comes twice");
}

/* An older version has fewer fields. */
static void test_older(void **state)
{
    VMStateDescription old = outer_vmstate;
    Outer o = example, back = destination();
    VMStateBuffer b;

    GLOBAL_STATE_CODE();
    old.version = 4;
    back.newer = 1;
    vmstate_buffer_init(&b);
    assert_true(vmstate_save(&old, &o, &b, NULL));
    assert_true(vmstate_load(&outer_vmstate, &back, &b, NULL));
    assert_int_equal(back.newer, 1);
    assert_int_equal(back.loaded_version, 4);
    vmstate_buffer_clear(&b);
}

int main(void)
{
#define TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip), TEST(test_layout),    TEST(test_refused),
        TEST(test_truncated),  TEST(test_every_bit), TEST(test_messages),
        TEST(test_older),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
