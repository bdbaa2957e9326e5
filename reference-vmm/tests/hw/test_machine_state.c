/* SPDX-License-Identifier: MIT */
/*
 * test_machine_state.c - the state of every device, saved from one machine
 * and read back into a second: the second one, saved, gives the same bytes.
 * And damage: whatever byte is missing or wrong leads to an error, at worst
 * to another valid state.
 */
#include "hw_test.h"
#include "hw/riscv/virt.h"
#include "hw/virtio/virtio_mmio.h"

static VMStateBuffer saved;

/* With something in the registers that are not zero after reset. */
static void disturb(Machine *m)
{
    GLOBAL_STATE_CODE();
    hw_write(m, (hwaddr)VIRT_CLINT_BASE + 0x4008, 8, 0x123456789a);
    hw_write(m, (hwaddr)VIRT_CLINT_BASE + 4, 4, 1);
    for (int i = 1; i < 96; i++) {
        hw_write(m, (hwaddr)VIRT_PLIC_BASE + 4 * i, 4, i % 8);
    }
    hw_write(m, (hwaddr)VIRT_PLIC_BASE + 0x2080, 4, 0xfffffffe);
    hw_write(m, (hwaddr)VIRT_PLIC_BASE + 0x201000, 4, 3);
    hw_write(m, (hwaddr)VIRT_UART_BASE + 7, 1, 0x77);
    hw_write(m, (hwaddr)VIRT_UART_BASE + 2, 1, 1);
    hw_write(m, (hwaddr)VIRT_UART_BASE + 4, 1, 0x10);
    hw_write(m, (hwaddr)VIRT_UART_BASE, 1, 'x'); /* into the receiver */
    hw_write(m, (hwaddr)VIRT_UART_BASE + 1, 1, 0xf);
    hw_write(m, (hwaddr)VIRT_RTC_BASE + 0x0c, 4, 0x7fffffff);
    hw_write(m, (hwaddr)VIRT_RTC_BASE + 0x08, 4, 0x12345678);
    hw_write(m, (hwaddr)VIRT_RTC_BASE + 0x10, 4, 1);
    hw_write(m, VIRT_FLASH_BASE, 4, 0x00900090);
    hw_write(m, (hwaddr)VIRT_FLASH_BASE + VIRT_FLASH_SIZE, 4, 0x00e800e8);
    for (int i = 0; i < VIRT_N_VIRTIO; i++) {
        hw_write(m, VIRT_VIRTIO_BASE + i * VIRT_VIRTIO_STRIDE + 0x14, 4, 1);
    }
}

static GS_FN void add_device(Machine *m, const char *text)
{
    GError *error = NULL;
    JsonObject *o = option_parse(text, "driver", NULL, NULL);

    device_add(m, o, &error);
    assert_no_error(error);
    json_object_unref(o);
}

/* With every virtio device that needs no back end. */
static GS_FN Machine *machine(void)
{
    MachineConfig c = { .accel = "qtest", .n_cpus = 2, .rtc_vm_clock = true,
                        .ram_size = UINT64_C(16) << 20 };
    GError *error = NULL;
    Machine *m = machine_new(&c, &error);

    assert_no_error(error);
    machine_set_current(m);
    add_device(m, "virtio-rng-device,id=rng");
    add_device(m, "virtio-serial-device,id=serial");
    add_device(m, "virtserialport,id=port,name=org.example");
    assert_true(machine_ready(m, &error));
    return m;
}

static GS_FN void save(Machine *m, VMStateBuffer *b)
{
    GError *error = NULL;

    vmstate_buffer_init(b);
    machine_save(m, b, &error);
    assert_no_error(error);
}

static int group_setup(void **state)
{
    hw_group_setup(state);
    GLOBAL_STATE_CODE();
    vm_clock_use_manual();
    return 0;
}

static bool load_bytes(Machine *m, const uint8_t *data, size_t size,
                       GError **error) GS_FN;
static bool load_bytes(Machine *m, const uint8_t *data, size_t size,
                       GError **error)
{
    VMStateBuffer b;
    bool ok;

    vmstate_buffer_init(&b);
    vmstate_put(&b, data, size);
    ok = machine_load(m, &b, error);
    vmstate_buffer_clear(&b);
    return ok;
}

static bool names(const char *section)
{
    return memmem(saved.bytes->data, saved.bytes->len, section,
                  strlen(section)) != NULL;
}

static void every_device_comes_back(void **state) NO_TSA;
static void every_device_comes_back(void **state)
{
    GError *error = NULL;
    VMStateBuffer again;
    Machine *m = machine();

    disturb(m);
    save(m, &saved);
    for (guint i = 0; i < m->devices->len; i++) {
        DeviceState *dev = g_ptr_array_index(m->devices, i);

        /* A device without a description must have no state at all. */
        assert_true(dev->klass->vmstate
                        ? names(dev->klass->vmstate->name)
                        : !strcmp(dev->klass->name, "riscv.sifive.test"));
    }
    hw_machine_end(m);

    m = machine();
    load_bytes(m, saved.bytes->data, saved.bytes->len, &error);
    assert_no_error(error);
    save(m, &again);
    assert_int_equal(again.bytes->len, saved.bytes->len);
    assert_memory_equal(again.bytes->data, saved.bytes->data,
                        saved.bytes->len);
    /* And it is what the guest sees. */
    assert_int_equal(hw_read(m, (hwaddr)VIRT_UART_BASE + 7, 1), 0x77);
    assert_int_equal(hw_read(m, (hwaddr)VIRT_UART_BASE, 1), 'x');
    assert_int_equal(hw_read(m, (hwaddr)VIRT_FLASH_BASE, 4), 0x00890089);
    assert_int_equal(hw_read(m, (hwaddr)VIRT_PLIC_BASE + 4 * 7, 4), 7);
    assert_true(hw_mip(1, RISCV_IRQ_MSIP));
    vmstate_buffer_clear(&again);
    hw_machine_end(m);
}

static void truncation_is_an_error(void **state) NO_TSA;
static void truncation_is_an_error(void **state)
{
    Machine *m = machine();

    for (size_t n = 0; n < saved.bytes->len;
         n += n < 600 ? 1 : 1 + saved.bytes->len / 600) {
        GError *error = NULL;

        assert_false(load_bytes(m, saved.bytes->data, n, &error));
        assert_non_null(error);
        g_clear_error(&error);
    }
    hw_machine_end(m);
}

static void damage_is_survived(void **state) NO_TSA;
static void damage_is_survived(void **state)
{
    Machine *m = machine();
    uint8_t *copy = g_memdup2(saved.bytes->data, saved.bytes->len);

    for (size_t i = 0; i < saved.bytes->len;
         i += 1 + saved.bytes->len / 3000) {
        static const uint8_t flips[] = { 0xff, 0x01, 0x80 };

        for (int f = 0; f < 3; f++) {
            GError *error = NULL;

            copy[i] ^= flips[f];
            if (!load_bytes(m, copy, saved.bytes->len, &error)) {
                assert_non_null(error);
            }
            g_clear_error(&error);
            copy[i] ^= flips[f];
        }
    }
    g_free(copy);
    hw_machine_end(m);
}

static void another_machine_is_refused(void **state) NO_TSA;
static void another_machine_is_refused(void **state)
{
    Machine *m = hw_machine();
    GError *error = NULL;

    assert_false(load_bytes(m, saved.bytes->data, saved.bytes->len, &error));
    assert_contains(error->message, "virtio");
    g_clear_error(&error);
    hw_machine_end(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_device_comes_back),
        cmocka_unit_test(truncation_is_an_error),
        cmocka_unit_test(damage_is_survived),
        cmocka_unit_test(another_machine_is_refused),
    };
    int ret = cmocka_run_group_tests(tests, group_setup, hw_group_teardown);

    vmstate_buffer_clear(&saved);
    return ret;
}
