/* SPDX-License-Identifier: MIT */
/*
 * test_virtio_net.c - the network device over a socket pair: frames both ways,
 * buffers that are too small, mergeable ones, filters, and a back end or a
 * guest that takes nothing for a while.
 */
#include "virtio/virtio_driver.h"
#include "hw/net/announce.h"
#include "hw/net/net.h"
#include <arpa/inet.h>
#include <sys/socket.h>

#define HEADER 12
#define MRG VIRTIO_FEATURE(15)
#define CTRL (VIRTIO_FEATURE(17) | VIRTIO_FEATURE(18) | VIRTIO_FEATURE(20) | \
              VIRTIO_FEATURE(23))
#define WRITE VRING_DESC_F_WRITE
#define NEXT VRING_DESC_F_NEXT
#define RX (VT_RAM + 0x400000)
#define TX (VT_RAM + 0x600000)

static Machine *m;
static VtDevice v;
static VtQueue rx, tx, ctrl;
static int peer = -1;

static int setup(void **state)
{
    GLOBAL_STATE_CODE();
    peer = vt_socket_netdev("n0");
    m = vt_machine();
    vt_device(m, "virtio-net-device,netdev=n0,mac=52:54:00:aa:bb:cc,"
                 "host_mtu=1400");
    return 0;
}

static int teardown(void **state) DROPS(bql) NO_TSA;
static int teardown(void **state)
{
    vt_machine_end(m);
    netdevs_free();
    vt_socket_close(&peer);
    return 0;
}

static void start(uint64_t features)
{
    vt_init(&v, m, 0, features);
    vt_queue(&v, &rx, 0, 8);
    vt_queue(&v, &tx, 1, 8);
    vt_queue(&v, &ctrl, 2, 8);
    vt_driver_ok(&v);
}

static void give_buffer(unsigned i, uint32_t size)
{
    vt_desc(&rx, i, RX + 0x1000 * i, size, WRITE, 0);
    vt_avail(&rx, i);
    vt_kick(&rx);
}

static void make_frame(uint8_t *frame, size_t size, uint8_t to)
{
    for (size_t i = 0; i < size; i++) {
        frame[i] = i * 3;
    }
    memset(frame, to, 6);
}

static void send_to_guest(const uint8_t *frame, size_t size)
{
    uint32_t length = htonl(size);

    assert_int_equal(send(peer, &length, 4, 0), 4);
    assert_int_equal(send(peer, frame, size, 0), size);
}

/* Size of the frame; -1: none. */
static int receive(uint8_t *frame)
{
    uint32_t length;

    if (recv(peer, &length, 4, 0) != 4) {
        return -1;
    }
    length = ntohl(length);
    assert_int_equal(recv(peer, frame, length, MSG_WAITALL), length);
    return length;
}

static void configuration(void **state)
{
    static const uint8_t mac[] = { 0x52, 0x54, 0, 0xaa, 0xbb, 0xcc };
    uint8_t config[12];

    GLOBAL_STATE_CODE();
    start(CTRL);
    assert_int_equal(vt_get(&v, VT_DEVICE_ID), 1);
    for (unsigned i = 0; i < sizeof(config); i++) {
        config[i] = hw_read(m, v.base + VT_CONFIG + i, 1);
    }
    assert_memory_equal(config, mac, 6);
    assert_int_equal(config[6], 1);
    assert_int_equal(config[10] | config[11] << 8, 1400);
    netdev_set_link(netdev_find("n0"), false);
    assert_int_equal(hw_read(m, v.base + VT_CONFIG + 6, 2), 0);
    assert_true(vt_take_isr(&v) & VIRTIO_ISR_CONFIG);
}

static void both_ways(void **state)
{
    uint8_t frame[1514], got[2000];
    int size = -1;

    GLOBAL_STATE_CODE();
    start(0);
    make_frame(frame, sizeof(frame), 0x52);
    give_buffer(0, 2000);
    send_to_guest(frame, sizeof(frame));
    vt_wait_used(&rx, 1);
    assert_int_equal(vt_used_len(&rx, 0), HEADER + sizeof(frame));
    vt_read(&v, RX + HEADER, got, sizeof(frame));
    assert_memory_equal(got, frame, sizeof(frame));
    assert_int_equal(hw_read(m, RX, 8), 0);
    assert_int_equal(hw_read(m, RX + 10, 2), 1); /* num_buffers */

    /* out, cut anywhere */
    vt_write(&v, TX + HEADER, frame, sizeof(frame));
    vt_desc(&tx, 0, TX, 5, NEXT, 1);
    vt_desc(&tx, 1, TX + 5, 100, NEXT, 2);
    vt_desc(&tx, 2, TX + 105, HEADER + sizeof(frame) - 105, 0, 0);
    vt_avail(&tx, 0);
    vt_kick(&tx);
    vt_wait_used(&tx, 1);
    hw_poll_until((size = receive(got)) >= 0);
    assert_int_equal(size, sizeof(frame));
    assert_memory_equal(got, frame, sizeof(frame));
}

static void short_buffers(void **state)
{
    uint8_t frame[500];

    GLOBAL_STATE_CODE();
    start(0);
    make_frame(frame, sizeof(frame), 0x52);
    /* without mergeable buffers the frame is lost, the buffer stays */
    give_buffer(0, 200);
    send_to_guest(frame, sizeof(frame));
    send_to_guest(frame, 100);
    vt_wait_used(&rx, 1);
    assert_int_equal(vt_used_len(&rx, 0), HEADER + 100);
    /* one without room for the header */
    give_buffer(1, 8);
    send_to_guest(frame, 100);
    vt_assert_broken(&v);
}

static void mergeable(void **state)
{
    uint8_t frame[1000], got[1000];

    GLOBAL_STATE_CODE();
    start(MRG);
    make_frame(frame, sizeof(frame), 0x52);
    for (unsigned i = 0; i < 3; i++) {
        give_buffer(i, 300);
    }
    send_to_guest(frame, sizeof(frame));
    vt_turns(20);
    assert_int_equal(vt_used_idx(&rx), 0); /* not yet enough */
    give_buffer(3, 300);
    vt_wait_used(&rx, 4);
    assert_int_equal(hw_read(m, RX + 10, 2), 4);
    assert_int_equal(vt_used_len(&rx, 0), 300);
    assert_int_equal(vt_used_len(&rx, 3), HEADER + 1000 - 900);
    vt_read(&v, RX + HEADER, got, 288);
    vt_read(&v, RX + 0x1000, got + 288, 300);
    vt_read(&v, RX + 0x2000, got + 588, 300);
    vt_read(&v, RX + 0x3000, got + 888, 112);
    assert_memory_equal(got, frame, sizeof(frame));
    give_buffer(4, 300);
    send_to_guest(frame, 60);
    vt_wait_used(&rx, 5);
    assert_int_equal(hw_read(m, RX + 0x4000 + 10, 2), 1);
}

/* Frames wait for buffers, in order and without end of room somewhere. */
static void guest_takes_nothing(void **state) DROPS(bql) NO_TSA;
static void guest_takes_nothing(void **state)
{
    uint8_t frame[100];
    unsigned sent = 0;

    start(MRG);
    for (; sent < 2000; sent++) {
        uint32_t length = htonl(sizeof(frame));
        struct iovec iov[] = { { &length, 4 }, { frame, sizeof(frame) } };
        struct msghdr msg = { .msg_iov = iov, .msg_iovlen = 2 };

        make_frame(frame, sizeof(frame), 0x52);
        frame[50] = sent;
        if (sendmsg(peer, &msg, MSG_DONTWAIT) != 4 + (int)sizeof(frame)) {
            break;
        }
        vt_turns(1);
    }
    assert_true(sent > 8 && sent < 2000);
    for (unsigned i = 0; i < sent; i++) {
        give_buffer(i % 8, 300);
        vt_wait_used(&rx, i + 1);
        assert_int_equal(hw_read(m, RX + 0x1000 * (i % 8) + HEADER + 50, 1),
                         i & 0xff);
        if (i == 3) {
            vm_stop(m, RUN_STATE_PAUSED);
            vt_turns(5);
            vm_start(m);
        }
    }
}

static void back_end_takes_nothing(void **state)
{
    uint8_t *got = g_malloc(70000);
    unsigned sent = 0, received = 0;

    GLOBAL_STATE_CODE();
    start(0);
    vt_fill(&v, TX, 0, 0x10000);
    for (unsigned turns = 0; turns < 300; turns++) {
        if (sent == vt_used_idx(&tx)) {
            hw_write(m, TX + HEADER + 20, 4, sent);
            vt_desc(&tx, 0, TX, 30000, 0, 0);
            vt_avail(&tx, 0);
            vt_kick(&tx);
            sent++;
        }
        vt_turns(1);
    }
    assert_int_equal(vt_used_idx(&tx), sent - 1); /* the last one waits */
    hw_poll_until((received += receive(got) >= 0) == sent);
    assert_int_equal(vt_used_idx(&tx), sent);
    assert_memory_equal(got + 20, &(uint32_t){ sent - 1 }, 4);
    g_free(got);
}

/* ---- control ------------------------------------------------------------ */

static uint8_t command(const void *data, size_t size, uint32_t in)
{
    uint16_t n = vt_used_idx(&ctrl) + 1;

    vt_write(&v, TX, data, size);
    hw_write(m, RX, 1, 0xff);
    vt_desc(&ctrl, 0, TX, size, NEXT, 1);
    vt_desc(&ctrl, 1, RX, in, WRITE, 0);
    vt_avail(&ctrl, 0);
    vt_kick(&ctrl);
    GLOBAL_STATE_CODE();
    vt_wait_used(&ctrl, n);
    return hw_read(m, RX, 1);
}

/* Whether a frame to that address comes through. */
static bool comes_through(const uint8_t *to)
{
    uint16_t before = vt_used_idx(&rx);
    uint8_t frame[64];

    GLOBAL_STATE_CODE();
    make_frame(frame, sizeof(frame), 0);
    memcpy(frame, to, 6);
    send_to_guest(frame, sizeof(frame));
    /* and one that does for certain, behind it */
    memset(frame, 0xff, 6);
    send_to_guest(frame, 61);
    hw_poll_until(vt_used_idx(&rx) != before &&
                  vt_used_len(&rx, vt_used_idx(&rx) - 1) == HEADER + 61);
    while (rx.avail_idx - vt_used_idx(&rx) < 4) {
        give_buffer(rx.avail_idx % 8, 300);
    }
    return (uint16_t)(vt_used_idx(&rx) - before) == 2;
}

static void filters(void **state)
{
    static const uint8_t own[] = { 0x52, 0x54, 0, 0xaa, 0xbb, 0xcc };
    static const uint8_t other[] = { 0x52, 0x54, 0, 1, 2, 3 };
    static const uint8_t group[] = { 0x33, 0x33, 0, 0, 0, 1 };
    uint8_t table[2 + 4 + 6 + 4 + 6] = { 1, 0, 1, 0, 0, 0 };
    uint8_t address[8] = { 1, 1 };

    GLOBAL_STATE_CODE();
    start(CTRL);
    for (unsigned i = 0; i < 4; i++) {
        give_buffer(i, 300);
    }
    assert_true(comes_through(other)); /* promiscuous until told otherwise */
    assert_int_equal(command("\0\0\0", 3, 1), 0);
    assert_true(comes_through(own));
    assert_false(comes_through(other));
    assert_false(comes_through(group));
    assert_int_equal(command("\0\1\1", 3, 1), 0); /* all multicast */
    assert_true(comes_through(group));
    assert_int_equal(command("\0\1\0", 3, 1), 0);
    memcpy(table + 6, other, 6);
    table[12] = 1;
    memcpy(table + 16, group, 6);
    assert_int_equal(command(table, sizeof(table), 1), 0);
    assert_true(comes_through(other));
    assert_true(comes_through(group));
    assert_true(comes_through(own));
    memcpy(address + 2, group, 6);
    address[2] = 0x32;
    assert_int_equal(command(address, sizeof(address), 1), 0);
    assert_false(comes_through(own));
    assert_int_equal(hw_read(m, v.base + VT_CONFIG, 1), 0x32);
}

static void wrong_commands(void **state)
{
    uint8_t table[6 + 4] = { 1, 0, 255, 255, 255, 255 };
    uint8_t *large = g_malloc0(4000);

    GLOBAL_STATE_CODE();
    start(CTRL);
    assert_int_equal(command("\7\0\0", 3, 1), 1);
    assert_int_equal(command("\0\7\0", 3, 1), 1);
    assert_int_equal(command("\0\0", 2, 1), 1);
    assert_int_equal(command("\1\0\0", 3, 1), 1);
    assert_int_equal(command("\1\1\0\0\0", 5, 1), 1);
    assert_int_equal(command(table, sizeof(table), 1), 1);
    assert_int_equal(command(large, 4000, 1), 1);
    g_free(large);
    vt_desc(&ctrl, 0, TX, 1, 0, 0);
    vt_avail(&ctrl, 0);
    vt_kick(&ctrl);
    vt_assert_broken(&v);
}

/* ---- a hub, and announcements ------------------------------------------- */

static unsigned heard;
static uint8_t heard_frame[2000];

static bool always(void *opaque)
{
    return true;
}

static bool hear(void *opaque, const struct iovec *iov, int n)
{
    heard++;
    memset(heard_frame, 0, sizeof(heard_frame));
    for (size_t at = 0; n--; at += iov->iov_len, iov++) {
        memcpy(heard_frame + at, iov->iov_base, iov->iov_len);
    }
    return true;
}

static NetClient *GS_FN hub_port(const char *text)
{
    GError *error = NULL;
    JsonObject *o = netdev_parse(text, &error);
    NetClient *n = netdev_new(o, &error);

    assert_no_error(error);
    json_object_unref(o);
    return n;
}

/* The other end of n0's socket, the device on a port, and a listener on
 * another are all on one wire. */
static void hub(void **state) NO_TSA;
static void hub(void **state)
{
    static const NetFrontend listener = { .can_receive = always,
                                          .receive = hear };
    uint8_t frame[100], got[2000];
    int size = -1;

    vt_machine_end(m);
    hub_port("hubport,id=p0,hubid=3,netdev=n0");
    hub_port("hubport,id=p1,hubid=3");
    netdev_attach(hub_port("hubport,id=p2,hubid=3"), &listener, NULL);
    netdev_attach(hub_port("hubport,id=p3,hubid=4"), &listener, NULL);
    m = vt_machine();
    vt_device(m, "virtio-net-device,netdev=p1,mac=52:54:00:01:02:03");
    start(0);
    heard = 0;
    give_buffer(0, 2000);
    make_frame(frame, sizeof(frame), 0xff);
    send_to_guest(frame, sizeof(frame));
    vt_wait_used(&rx, 1);
    assert_int_equal(heard, 1);
    assert_memory_equal(heard_frame, frame, sizeof(frame));
    vt_write(&v, TX + HEADER, frame, sizeof(frame));
    vt_desc(&tx, 0, TX, HEADER + sizeof(frame), 0, 0);
    vt_avail(&tx, 0);
    vt_kick(&tx);
    hw_poll_until((size = receive(got)) >= 0);
    assert_int_equal(size, sizeof(frame));
    assert_int_equal(heard, 2);

    netdev_announce(netdev_find("p1"));
    assert_int_equal(heard, 3);
    assert_memory_equal(heard_frame, "\xff\xff\xff\xff\xff\xff\x52\x54\0\1\2\3"
                        "\x80\x35\0\1\x08\0\6\4\0\3\x52\x54\0\1\2\3", 28);
    hw_poll_until((size = receive(got)) >= 0);
    assert_int_equal(size, 60);
}

static void rounds_of_announcements(void **state)
{
    AnnounceParameters p = { .initial_ms = 1, .max_ms = 3, .step_ms = 1,
                             .rounds = 5 };
    const char *const others[] = { "nobody", NULL };
    uint8_t got[2000];
    unsigned n = 0;

    GLOBAL_STATE_CODE();
    net_announce_start("a", &p, NULL);
    hw_poll_until((n += receive(got) == 60) == 5);
    net_announce_start("b", &p, others);
    p.rounds = 1000;
    net_announce_start("a", &p, NULL);
    hw_poll_until((n += receive(got) == 60) == 8);
    p.rounds = 0;
    net_announce_start("a", &p, NULL);
    while (receive(got) == 60) {
    }
    vt_turns(20);
    assert_int_equal(receive(got), -1);
    net_announce_free_all();
}

static void wrong_frames(void **state)
{
    GLOBAL_STATE_CODE();
    start(0);
    /* longer than any frame: dropped */
    vt_desc(&tx, 0, TX, 0x20000, 0, 0);
    vt_avail(&tx, 0);
    vt_kick(&tx);
    vt_wait_used(&tx, 1);
    assert_false(vt_broken(&v));
    vt_desc(&tx, 0, TX, HEADER - 1, 0, 0);
    vt_avail(&tx, 0);
    vt_kick(&tx);
    vt_assert_broken(&v);
}

static void moved(void **state) DROPS(bql) NO_TSA;
static void moved(void **state)
{
    static const uint8_t other[] = { 0x52, 0x54, 0, 1, 2, 3 };
    VtState saved;
    GError *error = NULL;

    start(CTRL);
    for (unsigned i = 0; i < 4; i++) {
        give_buffer(i, 300);
    }
    assert_int_equal(command("\0\0\0", 3, 1), 0);
    vm_stop(m, RUN_STATE_PAUSED);
    vt_save(m, &saved, &error);
    assert_no_error(error);
    teardown(NULL);
    setup(NULL);
    v.m = m;
    vm_stop(m, RUN_STATE_INMIGRATE);
    vt_load(m, &saved, &error);
    assert_no_error(error);
    vm_start(m);
    assert_false(comes_through(other));
    vt_state_clear(&saved);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(configuration),
        TEST(both_ways),
        TEST(short_buffers),
        TEST(mergeable),
        TEST(guest_takes_nothing),
        TEST(back_end_takes_nothing),
        TEST(filters),
        TEST(wrong_commands),
        TEST(wrong_frames),
        TEST(hub),
        TEST(rounds_of_announcements),
        TEST(moved),
    };

    return cmocka_run_group_tests(tests, hw_group_setup, hw_group_teardown);
}
