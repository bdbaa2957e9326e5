/* SPDX-License-Identifier: MIT */
/*
 * test_virtio_serial.c - the console device: control messages, data both
 * ways, ports that come and go, ends that take nothing for a while, and state.
 */
#include "virtio/virtio_driver.h"
#include "hw/virtio/virtio_serial.h"

#define MULTIPORT VIRTIO_FEATURE(1)
#define WRITE VRING_DESC_F_WRITE
#define IN (VT_RAM + 0x400000)
#define OUT (VT_RAM + 0x600000)
#define CONTROL (VT_RAM + 0x800000)

static Machine *m;
static VtDevice v;
static VtQueue in, out, control_in, control_out;
static uint16_t messages; /* read of control_in */
static int peer = -1, agent = -1;

static int setup(void **state)
{
    GLOBAL_STATE_CODE();
    peer = vt_socket_chardev("c0");
    agent = vt_socket_chardev("c1");
    m = vt_machine();
    vt_device(m, "virtio-serial-device,id=vs");
    vt_device(m, "virtconsole,chardev=c0");
    return 0;
}

static int teardown(void **state) DROPS(bql) NO_TSA;
static int teardown(void **state)
{
    vt_machine_end(m);
    chardevs_free();
    vt_socket_close(&peer);
    vt_socket_close(&agent);
    return 0;
}

static void give_control_buffers(unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        unsigned slot = control_in.avail_idx % 16;

        vt_desc(&control_in, slot, CONTROL + 64 * slot, 64, WRITE, 0);
        vt_avail(&control_in, slot);
    }
    vt_kick(&control_in);
}

static void set_up(unsigned port)
{
    unsigned first = port ? 2 * port + 2 : 0;

    vt_init(&v, m, 0, MULTIPORT);
    vt_queue(&v, &in, first, 8);
    vt_queue(&v, &out, first + 1, 8);
    vt_queue(&v, &control_in, 2, 16);
    vt_queue(&v, &control_out, 3, 16);
    messages = 0;
    vt_driver_ok(&v);
}

static void tell(uint32_t port, uint16_t event, uint16_t value)
{
    uint16_t n = vt_used_idx(&control_out) + 1;

    hw_write(m, CONTROL + 0x1000, 4, port);
    hw_write(m, CONTROL + 0x1004, 2, event);
    hw_write(m, CONTROL + 0x1006, 2, value);
    vt_desc(&control_out, 0, CONTROL + 0x1000, 8, 0, 0);
    vt_avail(&control_out, 0);
    vt_kick(&control_out);
    GLOBAL_STATE_CODE();
    vt_wait_used(&control_out, n);
}

static void expect_message(uint32_t port, uint16_t event, uint16_t value,
                           const char *name)
{
    char text[64] = "";
    hwaddr at;

    GLOBAL_STATE_CODE();
    hw_poll_until(vt_used_idx(&control_in) != messages);
    at = CONTROL + 64 * vt_used_id(&control_in, messages);
    assert_int_equal(vt_used_len(&control_in, messages), 8 + strlen(name));
    assert_int_equal(hw_read(m, at, 4), port);
    assert_int_equal(hw_read(m, at + 4, 2), event);
    assert_int_equal(hw_read(m, at + 6, 2), value);
    vt_read(&v, at + 8, text, strlen(name));
    assert_string_equal(text, name);
    messages++;
}

static void expect_no_message(void)
{
    GLOBAL_STATE_CODE();
    vt_turns(10);
    assert_int_equal(vt_used_idx(&control_in), messages);
}

static void open_console(void)
{
    set_up(0);
    give_control_buffers(8);
    tell(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
    expect_message(0, VIRTIO_CONSOLE_PORT_ADD, 1, "");
    tell(0, VIRTIO_CONSOLE_PORT_READY, 1);
    expect_message(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1, "");
    expect_message(0, VIRTIO_CONSOLE_PORT_OPEN, 1, "");
    tell(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
}

static void say(const char *text)
{
    uint16_t n = vt_used_idx(&out) + 1;

    vt_write(&v, OUT, text, strlen(text));
    vt_desc(&out, 0, OUT, strlen(text), 0, 0);
    vt_avail(&out, 0);
    vt_kick(&out);
    GLOBAL_STATE_CODE();
    vt_wait_used(&out, n);
}

static void expect_bytes(int fd, const char *text)
{
    char got[256] = "";
    size_t have = 0, want = strlen(text);
    ssize_t n;

    GLOBAL_STATE_CODE();
    hw_poll_until((n = read(fd, got + have, want - have),
                   have += n > 0 ? n : 0) == want);
    assert_memory_equal(got, text, want);
}

/* ---- ------------------------------------------------------------------- */

static void configuration(void **state)
{
    GLOBAL_STATE_CODE();
    set_up(0);
    assert_int_equal(vt_get(&v, VT_DEVICE_ID), 3);
    assert_int_equal(hw_read(m, v.base + VT_CONFIG + 4, 4), 31);
    hw_write(m, v.base + VT_CONFIG + 8, 4, 'E'); /* emergency write */
    expect_bytes(peer, "E");
    vt_set(&v, VT_QUEUE_SEL, 63);
    assert_int_equal(vt_get(&v, VT_QUEUE_NUM_MAX), 128);
    vt_set(&v, VT_QUEUE_SEL, 64);
    assert_int_equal(vt_get(&v, VT_QUEUE_NUM_MAX), 0);
}

static void console(void **state)
{
    GLOBAL_STATE_CODE();
    open_console();
    say("hello");
    expect_bytes(peer, "hello");
    vt_desc(&in, 0, IN, 4, WRITE, 0);
    vt_avail(&in, 0);
    vt_kick(&in);
    assert_int_equal(write(peer, "abcdef", 6), 6);
    vt_wait_used(&in, 1);
    assert_int_equal(vt_used_len(&in, 0), 4);
    assert_int_equal(hw_read(m, IN, 4), 'a' | 'b' << 8 | 'c' << 16 | 'd' << 24);
    vt_avail(&in, 0);
    vt_kick(&in);
    vt_wait_used(&in, 2);
    assert_int_equal(vt_used_len(&in, 1), 2);
}

static void without_multiport(void **state)
{
    GLOBAL_STATE_CODE();
    vt_init(&v, m, 0, 0);
    vt_queue(&v, &in, 0, 8);
    vt_queue(&v, &out, 1, 8);
    vt_driver_ok(&v);
    say("plain");
    expect_bytes(peer, "plain");
    vt_desc(&in, 0, IN, 64, WRITE, 0);
    vt_avail(&in, 0);
    vt_kick(&in);
    assert_int_equal(write(peer, "x", 1), 1);
    vt_wait_used(&in, 1);
}

static void strange_messages(void **state)
{
    GLOBAL_STATE_CODE();
    open_console();
    tell(30, VIRTIO_CONSOLE_PORT_READY, 1);
    tell(31, VIRTIO_CONSOLE_PORT_OPEN, 1);
    tell(UINT32_MAX, VIRTIO_CONSOLE_PORT_READY, 1);
    tell(0, 99, 1);
    tell(0, VIRTIO_CONSOLE_DEVICE_READY, 0);
    /* too short */
    vt_desc(&control_out, 0, CONTROL + 0x1000, 7, 0, 0);
    vt_avail(&control_out, 0);
    vt_kick(&control_out);
    expect_no_message();
    assert_false(vt_broken(&v));
    say("fine");
    expect_bytes(peer, "fine");
}

/* Messages wait for buffers; one that has too little room gets what fits. */
static void few_control_buffers(void **state)
{
    GLOBAL_STATE_CODE();
    set_up(0);
    tell(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
    tell(0, VIRTIO_CONSOLE_PORT_READY, 1);
    expect_no_message();
    give_control_buffers(1);
    expect_message(0, VIRTIO_CONSOLE_PORT_ADD, 1, "");
    expect_no_message();
    give_control_buffers(3);
    expect_message(0, VIRTIO_CONSOLE_CONSOLE_PORT, 1, "");
    expect_message(0, VIRTIO_CONSOLE_PORT_OPEN, 1, "");
    for (unsigned i = 0; i < 3000; i++) { /* nobody takes the answers */
        tell(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
    }
    assert_false(vt_broken(&v));
}

static void hot_plug(void **state) DROPS(bql) NO_TSA;
static void hot_plug(void **state)
{
    DeviceState *port;

    open_console();
    give_control_buffers(6);
    port = vt_device(m, "virtserialport,chardev=c1,name=org.example.agent,"
                        "id=p");
    expect_message(1, VIRTIO_CONSOLE_PORT_ADD, 1, "");
    vt_queue(&v, &in, 4, 8);
    vt_queue(&v, &out, 5, 8);
    tell(1, VIRTIO_CONSOLE_PORT_READY, 1);
    expect_message(1, VIRTIO_CONSOLE_PORT_NAME, 1, "org.example.agent");
    expect_message(1, VIRTIO_CONSOLE_PORT_OPEN, 1, "");
    tell(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
    say("agent");
    expect_bytes(agent, "agent");
    device_free(port);
    expect_message(1, VIRTIO_CONSOLE_PORT_REMOVE, 1, "");
    say("to nobody"); /* it comes back all the same */
    vt_device(m, "virtserialport,chardev=c1,nr=1");
    expect_message(1, VIRTIO_CONSOLE_PORT_ADD, 1, "");
    say("again");
    expect_bytes(agent, "again");
}

static void wrong_ports(void **state)
{
    static const char *const wrong[][2] = {
        { "virtserialport,nr=31", "port 31 is beyond" },
        { "virtserialport,nr=0", "port 0 is taken" },
        { "virtserialport,chardev=c0", "c0" },
        { "virtserialport,name=twice", "port 1 has the name 'twice'" },
    };

    GLOBAL_STATE_CODE();
    vt_device(m, "virtserialport,name=twice");
    for (unsigned i = 0; i < G_N_ELEMENTS(wrong); i++) {
        JsonObject *o = option_parse(wrong[i][0], "driver", NULL, NULL);
        GError *error = NULL;

        assert_null(device_add(m, o, &error));
        assert_contains(error->message, wrong[i][1]);
        g_error_free(error);
        json_object_unref(o);
    }
    for (unsigned i = 2; i < 31; i++) {
        vt_device(m, "virtserialport");
    }
}

static void peer_comes_and_goes(void **state)
{
    GLOBAL_STATE_CODE();
    vt_device(m, "virtserialport,chardev=c1");
    set_up(1);
    give_control_buffers(8);
    tell(0, VIRTIO_CONSOLE_DEVICE_READY, 1);
    expect_message(0, VIRTIO_CONSOLE_PORT_ADD, 1, "");
    expect_message(1, VIRTIO_CONSOLE_PORT_ADD, 1, "");
    tell(1, VIRTIO_CONSOLE_PORT_READY, 1);
    expect_message(1, VIRTIO_CONSOLE_PORT_OPEN, 1, "");
    tell(1, VIRTIO_CONSOLE_PORT_OPEN, 1);
    vt_socket_close(&agent);
    expect_message(1, VIRTIO_CONSOLE_PORT_OPEN, 0, "");
    say("lost");
}

/* The chardev is full: the rest of an element waits, and goes out later. */
static void chardev_takes_nothing(void **state) DROPS(bql) NO_TSA;
static void chardev_takes_nothing(void **state)
{
    unsigned sent = 0;
    size_t got = 0;
    char bytes[65536];
    ssize_t n;

    open_console();
    vt_fill(&v, OUT, 'z', 100000);
    for (unsigned turns = 0; turns < 200; turns++) {
        if (vt_used_idx(&out) == sent) {
            vt_desc(&out, 0, OUT, 100000, 0, 0);
            vt_avail(&out, 0);
            vt_kick(&out);
            sent++;
        }
        vt_turns(1);
    }
    assert_int_equal(vt_used_idx(&out), sent - 1);
    vm_stop(m, RUN_STATE_PAUSED);
    vm_start(m);
    hw_poll_until((n = read(peer, bytes, sizeof(bytes)),
                   got += n > 0 ? n : 0) == 100000 * (size_t)sent);
    vt_wait_used(&out, sent);
}

/* Bytes from outside wait for buffers, and not without end. */
static void guest_takes_nothing(void **state)
{
    char bytes[1000];
    size_t sent = 0, got = 0;
    ssize_t n;

    GLOBAL_STATE_CODE();
    open_console();
    memset(bytes, 'q', sizeof(bytes));
    while ((n = write(peer, bytes, sizeof(bytes))) > 0) {
        sent += n;
        vt_turns(1);
        assert_true(sent < 10000000);
    }
    for (unsigned i = 0; got < sent; i++) {
        vt_desc(&in, i % 8, IN, 3000, WRITE, 0);
        vt_avail(&in, i % 8);
        vt_kick(&in);
        vt_wait_used(&in, i + 1);
        got += vt_used_len(&in, i);
    }
    assert_int_equal(got, sent);
}

/* Nothing is taken from outside before the guest has opened the port. */
static void closed_port(void **state)
{
    GLOBAL_STATE_CODE();
    set_up(0);
    vt_desc(&in, 0, IN, 64, WRITE, 0);
    vt_avail(&in, 0);
    vt_kick(&in);
    assert_int_equal(write(peer, "early", 5), 5);
    vt_turns(10);
    assert_int_equal(vt_used_idx(&in), 0);
    tell(0, VIRTIO_CONSOLE_PORT_OPEN, 1);
    vt_wait_used(&in, 1);
    assert_int_equal(vt_used_len(&in, 0), 5);
}

/* More than any chardev can take, in one element: others have their turns. */
static void endless_element(void **state) DROPS(bql) NO_TSA;
static void endless_element(void **state)
{
    hwaddr table = VT_RAM + 0xa00000;

    vt_device(m, "virtserialport,nr=3");
    assert_non_null(chardev_new_from_string("null", "null", NULL));
    vt_device(m, "virtserialport,nr=4,chardev=null");
    vt_init(&v, m, 0, MULTIPORT | VIRTIO_FEATURE(VIRTIO_F_INDIRECT_DESC));
    vt_queue(&v, &out, 11, 8);
    vt_queue(&v, &control_out, 3, 16);
    vt_driver_ok(&v);
    for (unsigned i = 0; i < 1000; i++) {
        vt_table_desc(&v, table, i, VT_RAM, VT_RAM_SIZE,
                      i < 999 ? VRING_DESC_F_NEXT : 0, i + 1);
    }
    vt_desc(&out, 0, table, 16000, VRING_DESC_F_INDIRECT, 0);
    vt_avail(&out, 0);
    vt_kick(&out);
    tell(0, VIRTIO_CONSOLE_DEVICE_READY, 1); /* is answered */
    assert_int_equal(vt_used_idx(&out), 0);
    vt_reset(&v);
}

static void moved(void **state) DROPS(bql) NO_TSA;
static void moved(void **state)
{
    VtState saved;
    GError *error = NULL;
    unsigned sent = 0;
    size_t got = 0;
    char bytes[65536];
    ssize_t n;

    open_console();
    vt_fill(&v, OUT, 'z', 100000);
    for (unsigned turns = 0; turns < 200; turns++) {
        if (vt_used_idx(&out) == sent) {
            vt_desc(&out, 0, OUT, 100000, 0, 0);
            vt_avail(&out, 0);
            vt_kick(&out);
            sent++;
        }
        vt_turns(1);
    }
    assert_int_equal(write(peer, "pending", 7), 7);
    vt_turns(5);
    vm_stop(m, RUN_STATE_PAUSED);
    vt_save(m, &saved, &error);
    assert_no_error(error);
    while ((n = read(peer, bytes, sizeof(bytes))) > 0) {
        got += n;
    }
    vt_machine_end(m);
    chardevs_free(); /* what it holds goes out */
    while ((n = read(peer, bytes, sizeof(bytes))) > 0) {
        got += n;
    }
    vt_socket_close(&peer);
    vt_socket_close(&agent);
    setup(NULL);
    v.m = m;
    vm_stop(m, RUN_STATE_INMIGRATE);
    vt_load(m, &saved, &error);
    assert_no_error(error);
    vm_start(m);
    /* The rest of the element, and what came in. */
    hw_poll_until((n = read(peer, bytes, sizeof(bytes)),
                   got += n > 0 ? n : 0) == 100000 * (size_t)sent);
    vt_wait_used(&out, sent);
    vt_desc(&in, 0, IN, 64, WRITE, 0);
    vt_avail(&in, 0);
    vt_kick(&in);
    vt_wait_used(&in, 1);
    assert_int_equal(vt_used_len(&in, 0), 7);
    vt_state_clear(&saved);
}

static void reset_while_sending(void **state)
{
    GLOBAL_STATE_CODE();
    open_console();
    for (unsigned i = 0; i < 30; i++) {
        vt_desc(&out, i % 8, OUT, 100000, 0, 0);
        vt_avail(&out, i % 8);
        vt_kick(&out);
        vt_turns(1);
        if (vt_used_idx(&out) <= i) {
            break;
        }
    }
    vt_reset(&v);
    vt_turns(5);
    open_console();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(configuration),
        TEST(console),
        TEST(without_multiport),
        TEST(strange_messages),
        TEST(few_control_buffers),
        TEST(hot_plug),
        TEST(wrong_ports),
        TEST(peer_comes_and_goes),
        TEST(chardev_takes_nothing),
        TEST(guest_takes_nothing),
        TEST(closed_port),
        TEST(endless_element),
        TEST(moved),
        TEST(reset_while_sending),
    };

    return cmocka_run_group_tests(tests, hw_group_setup, hw_group_teardown);
}
