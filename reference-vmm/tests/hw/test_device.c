/* SPDX-License-Identifier: MIT */
/*
 * test_device.c - devices by name: properties of all types and their errors,
 * defaults by -global, buses and their slots, and taking devices away.
 */
#include "hw_test.h"
#include "base/rcu.h"

static Machine *m;

static int setup(void **state)
{
    GLOBAL_STATE_CODE();
    m = hw_machine();
    return 0;
}

static int teardown(void **state) NO_TSA;
static int teardown(void **state)
{
    hw_machine_end(m);
    device_globals_clear();
    return 0;
}

static GS_FN DeviceState *try_add(const char *text, GError **error)
{
    JsonObject *o = option_parse(text, "driver", NULL, error);
    DeviceState *dev = o ? device_add(m, o, error) : NULL;

    if (o) {
        json_object_unref(o);
    }
    return dev;
}

static GS_FN DeviceState *add(const char *text)
{
    GError *error = NULL;
    DeviceState *dev = try_add(text, &error);

    assert_no_error(error);
    return dev;
}

static void expect_error(const char *text, const char *a, const char *b)
{
    GError *error = NULL;
    guint before = m->devices->len;

    GLOBAL_STATE_CODE();
    assert_null(try_add(text, &error));
    assert_contains(error->message, a);
    assert_contains(error->message, b);
    g_clear_error(&error);
    assert_int_equal(m->devices->len, before);
}

static void wrong_options_are_named(void **state)
{
    expect_error("virtio-rgn-device", "virtio-rgn-device",
                 "did you mean 'virtio-rng-device'");
    expect_error("riscv.sifive.plic", "riscv.sifive.plic", "unknown");
    expect_error("virtio-rng-device,max-byts=1", "max-byts",
                 "did you mean 'max-bytes'");
    expect_error("virtio-rng-device,max-bytes=x", "max-bytes", "number");
    expect_error("virtio-rng-device,max-bytes=-1", "max-bytes", "number");
    expect_error("virtio-rng-device,period=99999999999", "period", "number");
    expect_error("virtio-rng-device,id=1x", "identifier", "1x");
    expect_error("virtio-rng-device,bus=nowhere", "bus", "nowhere");
    expect_error("virtio-net-device,mac=1:2:3", "mac", "1:2:3");
    expect_error("virtio-net-device,mac=52:54:00:12:34:5g", "mac", "5g");
    expect_error("virtio-net-device,netdev=n9", "netdev", "n9");
    expect_error("virtio-blk-device,drive=d9", "drive", "d9");
    expect_error("virtconsole,chardev=c9", "chardev", "c9");
    expect_error("virtio-blk-device,iothread=io9", "iothread", "io9");
}

/* As under QEMU: the last slot first, then down; the ninth finds none. */
static void slots_are_taken_from_the_end(void **state)
{
    DeviceState *dev;
    char id[32], text[64];

    GLOBAL_STATE_CODE();
    for (int i = 7; i >= 0; i--) {
        g_snprintf(id, sizeof(id), "virtio-mmio-bus.%d", i);
        g_snprintf(text, sizeof(text), "virtio-rng-device,id=rng%d", i);
        dev = add(text);
        assert_string_equal(dev->bus->name, id);
        assert_int_equal(
            hw_read(m, 0x10001000 + 0x1000 * i + 8, 4), 4);
    }
    expect_error("virtio-rng-device,id=more", "no bus with room",
                 "virtio-bus");
    expect_error("virtio-rng-device,id=more,bus=virtio-mmio-bus.3",
                 "no room", "virtio-mmio-bus.3");
    expect_error("virtio-rng-device,id=rng3", "rng3", "already");
    device_free(device_find(m, "rng3"));
    assert_null(device_find(m, "rng3"));
    assert_int_equal(hw_read(m, 0x10004000 + 8, 4), 0);
    dev = add("virtio-rng-device,id=again,bus=virtio-mmio-bus.3");
    assert_string_equal(dev->bus->name, "virtio-mmio-bus.3");
}

static void children_go_with_their_parent(void **state)
{
    GLOBAL_STATE_CODE();
    add("virtio-serial-device,id=serial");
    add("virtserialport,id=p0,bus=serial.0,name=a");
    add("virtserialport,id=p1,name=b");
    assert_ptr_equal(device_find(m, "p1")->bus->parent,
                     device_find(m, "serial"));
    device_free(device_find(m, "serial"));
    assert_null(device_find(m, "p0"));
    assert_null(device_find(m, "p1"));
}

static void properties_come_back(void **state)
{
    DeviceState *dev;
    JsonNode *node;
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    dev = add("virtio-rng-device,max-bytes=0x1000,period=50");
    node = device_get_property(dev, "max-bytes", &error);
    assert_no_error(error);
    assert_int_equal(json_node_get_int(node), 4096);
    json_node_free(node);
    assert_null(device_get_property(dev, "nothing", &error));
    assert_contains(error->message, "max-bytes");
    g_clear_error(&error);
}

static void globals_are_defaults(void **state)
{
    DeviceState *dev;
    JsonNode *node;
    GError *error = NULL;

    GLOBAL_STATE_CODE();
    assert_true(device_add_global("virtio-rng-device.period=77", NULL));
    dev = add("virtio-rng-device");
    node = device_get_property(dev, "period", NULL);
    assert_int_equal(json_node_get_int(node), 77);
    json_node_free(node);
    dev = add("virtio-rng-device,period=78");
    node = device_get_property(dev, "period", NULL);
    assert_int_equal(json_node_get_int(node), 78);
    json_node_free(node);
    assert_false(device_add_global("virtio-rng-device.perod=1", &error));
    assert_contains(error->message, "period");
    g_clear_error(&error);
    assert_false(device_add_global("nothing", &error));
    assert_contains(error->message, "driver.property=value");
    g_clear_error(&error);
}

/* Every class and every property has its line. */
static void help_is_complete(void **state)
{
    size_t n;
    const DeviceClass *const *classes = device_classes(&n);
    char *all = device_help();

    for (size_t i = 0; i < n; i++) {
        const DeviceProperty *p = classes[i]->properties;
        char *text = device_class_help(classes[i]->name);

        assert_int_equal(text != NULL, classes[i]->user_creatable);
        if (!text) {
            continue;
        }
        assert_contains(all, classes[i]->name);
        for (; p && p->name; p++) {
            char *line = g_strdup_printf("  %s=<", p->name);

            assert_contains(text, line);
            assert_non_null(p->help);
            g_free(line);
        }
        g_free(text);
    }
    assert_null(device_class_help("nothing"));
    g_free(all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(wrong_options_are_named, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(slots_are_taken_from_the_end, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(children_go_with_their_parent, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(properties_come_back, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(globals_are_defaults, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(help_is_complete, setup, teardown),
    };

    return cmocka_run_group_tests(tests, hw_group_setup, hw_group_teardown);
}
