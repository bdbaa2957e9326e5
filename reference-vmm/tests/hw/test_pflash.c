/* SPDX-License-Identifier: MIT */
/*
 * test_pflash.c - the flash banks: query, identification, erase, program,
 * buffered program, and that all of it reaches a raw image.
 */
#include "hw_test.h"
#include "block/block.h"
#include "hw/riscv/virt.h"
#include <fcntl.h>

#define FLASH ((hwaddr)VIRT_FLASH_BASE)
#define BLOCK (256 * 1024)

static char path[] = "/tmp/test_pflash.XXXXXX";
static Machine *m;

static GS_FN void open_node(const char *name, bool read_only)
{
    JsonObject *file = json_object_new(), *o = json_object_new();
    GError *error = NULL;

    json_object_set_string_member(file, "driver", "file");
    json_object_set_string_member(file, "filename", path);
    json_object_set_string_member(o, "driver", "raw");
    json_object_set_string_member(o, "node-name", name);
    json_object_set_boolean_member(o, "read-only", read_only);
    json_object_set_boolean_member(file, "read-only", read_only);
    json_object_set_object_member(o, "file", file);
    bdrv_open(NULL, NULL, o, read_only ? 0 : BDRV_O_RDWR, &error);
    assert_no_error(error);
    json_object_unref(o);
}

static int start(bool read_only) NO_TSA;
static int start(bool read_only)
{
    MachineConfig c = { .pflash = { "flash", NULL } };
    int fd;

    strcpy(path + strlen(path) - 6, "XXXXXX");
    fd = mkstemp(path);
    assert_int_equal(ftruncate(fd, VIRT_FLASH_SIZE), 0);
    assert_int_equal(pwrite(fd, "begins", 6, 0), 6);
    close(fd);
    open_node("flash", read_only);
    m = hw_machine_with(c);
    return 0;
}

static int setup(void **state)
{
    return start(false);
}

static int setup_read_only(void **state)
{
    return start(true);
}

static int teardown(void **state) NO_TSA;
static int teardown(void **state)
{
    hw_machine_end(m);
    bdrv_unref(bdrv_find_node("flash"));
    unlink(path);
    return 0;
}

static uint32_t get(hwaddr offset)
{
    return hw_read(m, FLASH + offset, 4);
}

static void put(hwaddr offset, uint32_t value)
{
    hw_write(m, FLASH + offset, 4, value);
}

static uint32_t in_image(off_t offset)
{
    uint32_t value = 0;
    int fd = open(path, O_RDONLY);

    assert_int_equal(pread(fd, &value, 4, offset), 4);
    close(fd);
    return value;
}

static void array_mode_reads_the_image(void **state)
{
    char text[7] = "";

    assert_int_equal(address_space_read(&m->as, FLASH, MEMTXATTRS_UNSPECIFIED,
                                        text, 6), MEMTX_OK);
    assert_string_equal(text, "begins");
    assert_int_equal(get(0x1000000), 0);
}

static void query(void **state)
{
    put(0x55 * 4, 0x00980098);
    assert_int_equal(get(0x10 * 4), 'Q' | 'Q' << 16);
    assert_int_equal(get(0x11 * 4), 'R' | 'R' << 16);
    assert_int_equal(get(0x12 * 4), 'Y' | 'Y' << 16);
    assert_int_equal(get(0x27 * 4), 24 | 24 << 16);
    assert_int_equal(get(0x2d * 4) & 0xff, 127);
    /* Both chips' blocks together. */
    assert_int_equal(((get(0x2f * 4) & 0xff) << 8 |
                      (get(0x30 * 4) & 0xff) << 16) * 2, BLOCK);
    assert_int_equal(hw_read(m, FLASH + 0x10 * 4 + 2, 2), 'Q');
    put(0, 0x00900090);
    assert_int_equal(get(0), 0x00890089);
    assert_int_equal(get(4), 0x00180018);
    put(0, 0x00ff00ff);
    assert_int_equal(get(0), 0x69676562);
}

static void erase_and_program(void **state)
{
    hwaddr at = 3 * BLOCK + 0x100;

    put(at, 0x00200020);
    put(at, 0x00d000d0);
    assert_int_equal(get(at), 0x00800080); /* the status of both */
    put(at, 0x00400040);
    put(at, 0x12345678);
    assert_int_equal(get(at), 0x00800080);
    put(at, 0x00ff00ff);
    assert_int_equal(get(at), 0x12345678);
    assert_int_equal(get(at + 4), 0xffffffff);
    assert_int_equal(get(4 * BLOCK), 0); /* the next one is as it was */
    assert_int_equal(in_image(at), 0x12345678);
    assert_int_equal(in_image(4 * BLOCK - 4), 0xffffffff);
    assert_int_equal(in_image(4 * BLOCK), 0);
}

static void buffered_program(void **state)
{
    hwaddr at = 5 * BLOCK + 0x1000;

    put(at, 0x00e800e8);
    assert_int_equal(get(at) & 0x80, 0x80);
    put(at, 0x000f000f); /* 16 words */
    for (uint32_t i = 0; i < 16; i++) {
        put(at + 4 * i, 0xa0000000 + i);
    }
    assert_int_equal(in_image(at), 0); /* not before it is confirmed */
    put(at, 0x00d000d0);
    assert_int_equal(get(at), 0x00800080);
    put(at, 0x00ff00ff);
    for (uint32_t i = 0; i < 16; i++) {
        assert_int_equal(get(at + 4 * i), 0xa0000000 + i);
        assert_int_equal(in_image(at + 4 * i), 0xa0000000 + i);
    }
    assert_int_equal(get(at + 64), 0);
}

static void mistakes_set_error_bits(void **state)
{
    put(0, 0x00200020);
    put(0, 0x00000000); /* not confirmed */
    assert_int_equal(get(0) & 0xb0, 0xb0);
    put(0, 0x00500050);
    put(0, 0x00700070);
    assert_int_equal(get(0), 0x00800080);
    /* Words of a buffer that lie in different ones. */
    put(BLOCK, 0x00e800e8);
    put(BLOCK, 0x00010001);
    put(BLOCK, 1);
    put(2 * BLOCK, 2);
    put(BLOCK, 0x00d000d0);
    assert_int_equal(get(BLOCK) & 0x90, 0x90);
    put(0, 0x00500050);
    /* More words than it has, and then what is not a confirmation. */
    put(BLOCK, 0x00e800e8);
    put(BLOCK, 0xffffffff);
    for (int i = 0; i < 65536; i++) {
        put(BLOCK, 3);
    }
    put(BLOCK, 0x00d000d0);
    assert_int_equal(get(BLOCK) & 0x90, 0x90);
    put(0, 0x00ff00ff);
    assert_int_equal(get(BLOCK), 0);
    assert_int_equal(in_image(BLOCK), 0);
}

static void read_only_refuses(void **state)
{
    put(0, 0x00400040);
    put(0, 0x12345678);
    assert_int_equal(get(0) & 0x90, 0x90);
    put(0, 0x00ff00ff);
    assert_int_equal(get(0), 0x69676562);
    assert_int_equal(in_image(0), 0x69676562);
}

static void reset_returns_to_the_array(void **state) NO_TSA;
static void reset_returns_to_the_array(void **state)
{
    put(0, 0x00900090);
    machine_reset(m);
    assert_int_equal(get(0), 0x69676562);
}

static void wrong_size_is_an_error(void **state) NO_TSA;
static void wrong_size_is_an_error(void **state)
{
    MachineConfig c = { .n_cpus = 1, .ram_size = 1 << 20, .accel = "qtest",
                        .pflash = { "flash", NULL } };
    GError *error = NULL;

    strcpy(path + strlen(path) - 6, "XXXXXX");
    close(mkstemp(path));
    assert_int_equal(truncate(path, 65536), 0);
    open_node("flash", false);
    assert_null(machine_new(&c, &error));
    assert_contains(error->message, "flash");
    assert_contains(error->message, "33554432");
    g_clear_error(&error);
    bdrv_unref(bdrv_find_node("flash"));
    unlink(path);
}

static int group_setup(void **state) NO_TSA;
static int group_setup(void **state)
{
    hw_group_setup(state);
    bdrv_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(array_mode_reads_the_image, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(query, setup, teardown),
        cmocka_unit_test_setup_teardown(erase_and_program, setup, teardown),
        cmocka_unit_test_setup_teardown(buffered_program, setup, teardown),
        cmocka_unit_test_setup_teardown(mistakes_set_error_bits, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(read_only_refuses, setup_read_only,
                                        teardown),
        cmocka_unit_test_setup_teardown(reset_returns_to_the_array, setup,
                                        teardown),
        cmocka_unit_test(wrong_size_is_an_error),
    };

    return cmocka_run_group_tests(tests, group_setup, hw_group_teardown);
}
