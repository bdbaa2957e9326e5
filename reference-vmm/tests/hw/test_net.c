/* SPDX-License-Identifier: MIT */
/*
 * test_net.c - network back ends: libslirp answers ARP, DHCP and a ping of its
 * router; frames cross stream and datagram sockets whole and in order; a
 * device without room loses nothing; wrong options are named.
 */
#include "hw_test.h"
#include "hw/net/net.h"
#include <arpa/inet.h>
#include <sys/socket.h>

typedef struct Card {
    NetFrontend f;
    NetClient *n;
    uint8_t last[2048];
    size_t last_size, count;
    bool full;
    int can_sends, link_changes;
} Card;

static char dir[] = "/tmp/test_net.XXXXXX";

static bool card_can_receive(void *opaque)
{
    return !((Card *)opaque)->full;
}

static bool card_receive(void *opaque, const struct iovec *iov, int n)
{
    Card *c = opaque;

    if (c->full) {
        return false;
    }
    assert_int_equal(n, 1);
    c->last_size = MIN(iov->iov_len, sizeof(c->last));
    memcpy(c->last, iov->iov_base, c->last_size);
    c->count++;
    return true;
}

static void card_link_changed(void *opaque, bool up)
{
    ((Card *)opaque)->link_changes++;
}

static void card_can_send(void *opaque)
{
    ((Card *)opaque)->can_sends++;
}

static GS_FN void card_init(Card *c, const char *format)
{
    char **parts = g_strsplit(format, "DIR", -1);
    char *text = g_strjoinv(dir, parts);
    GError *error = NULL;
    JsonObject *o = netdev_parse(text, &error);

    assert_no_error(error);
    memset(c, 0, sizeof(*c));
    c->n = netdev_new(o, &error);
    assert_no_error(error);
    c->f = (NetFrontend){ .can_receive = card_can_receive,
                          .receive = card_receive,
                          .link_changed = card_link_changed,
                          .can_send = card_can_send, .opaque = c };
    assert_true(netdev_attach(c->n, &c->f, NULL));
    json_object_unref(o);
    g_free(text);
    g_strfreev(parts);
}

static GS_FN void card_end(Card *c)
{
    char *id = g_strdup(netdev_id(c->n));

    assert_false(netdev_remove(id, NULL));
    netdev_detach(c->n);
    assert_true(netdev_remove(id, NULL));
    g_free(id);
}

static GS_FN bool send_frame(Card *c, const void *data, size_t size)
{
    /* In two pieces, as a driver does. */
    struct iovec iov[2] = { { (void *)data, MIN(size, 14) },
                            { (char *)data + MIN(size, 14),
                              size - MIN(size, 14) } };

    return netdev_send(c->n, iov, 2);
}

/* ---- libslirp ------------------------------------------------------------ */

static const uint8_t our_mac[6] = { 0x52, 0x54, 0, 0x12, 0x34, 0x56 };

static void put16(uint8_t *p, unsigned value)
{
    p[0] = value >> 8;
    p[1] = value & 0xff;
}

static unsigned checksum(const uint8_t *p, size_t n)
{
    uint32_t sum = 0;

    for (size_t i = 0; i + 1 < n; i += 2) {
        sum += p[i] << 8 | p[i + 1];
    }
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return ~sum & 0xffff;
}

static GS_FN void ask_arp(Card *c, uint8_t last)
{
    uint8_t f[60] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

    memcpy(f + 6, our_mac, 6);
    memcpy(f + 12, "\x08\x06\0\1\x08\0\6\4\0\1", 10);
    memcpy(f + 22, our_mac, 6);
    memcpy(f + 28, "\12\0\2\17", 4);
    memcpy(f + 38, "\12\0\2", 3);
    f[41] = last;
    assert_true(send_frame(c, f, sizeof(f)));
}

static void arp_is_answered(void **state)
{
    Card c;

    GLOBAL_STATE_CODE();
    card_init(&c, "user,id=n0,ipv6=off");
    ask_arp(&c, 2);
    hw_poll_until(c.count == 1);
    assert_memory_equal(c.last + 12, "\x08\x06", 2);
    assert_int_equal(c.last[21], 2); /* a reply */
    assert_memory_equal(c.last + 28, "\12\0\2\2", 4);
    card_end(&c);
}

static size_t dhcp_discover(uint8_t *f)
{
    size_t ip = 20 + 8 + 300;

    memset(f, 0, 14 + ip);
    memset(f, 0xff, 6);
    memcpy(f + 6, our_mac, 6);
    put16(f + 12, 0x0800);
    f[14] = 0x45;
    put16(f + 16, ip);
    f[22] = 64;
    f[23] = 17;
    memset(f + 30, 0xff, 4);
    put16(f + 24, checksum(f + 14, 20));
    put16(f + 34, 68);
    put16(f + 36, 67);
    put16(f + 38, 308);
    memcpy(f + 42, "\1\1\6\0\xde\xad\xbe\xef", 8);
    memcpy(f + 70, our_mac, 6);
    memcpy(f + 278, "\x63\x82\x53\x63\x35\1\1\xff", 8);
    return 14 + ip;
}

static void dhcp_offers_an_address(void **state)
{
    uint8_t f[600];
    Card c;

    GLOBAL_STATE_CODE();
    card_init(&c, "user,id=n0,net=192.168.76.0/24,dhcpstart=192.168.76.9,"
                  "ipv6=off,hostname=guest");
    assert_true(send_frame(&c, f, dhcp_discover(f)));
    hw_poll_until(c.count >= 1);
    assert_int_equal(c.last[42], 2);
    assert_memory_equal(c.last + 46, "\xde\xad\xbe\xef", 4);
    assert_memory_equal(c.last + 58, "\xc0\xa8\x4c\x09", 4);
    card_end(&c);
}

/* TCP SYN from the host through the forwarded port reaches the guest. */
static void hostfwd_reaches_the_guest(void **state)
{
    struct sockaddr_in in = { .sin_family = AF_INET,
                              .sin_addr = { htonl(INADDR_LOOPBACK) } };
    socklen_t len = sizeof(in);
    int probe = socket(AF_INET, SOCK_STREAM, 0), fd;
    char *text;
    Card c;

    GLOBAL_STATE_CODE();
    assert_int_equal(bind(probe, (struct sockaddr *)&in, len), 0);
    getsockname(probe, (struct sockaddr *)&in, &len);
    close(probe);
    text = g_strdup_printf("user,id=n0,ipv6=off,hostfwd=tcp::%d-:22,"
                           "hostfwd=udp:127.0.0.1:%d-10.0.2.15:53",
                           ntohs(in.sin_port), ntohs(in.sin_port));
    card_init(&c, text);
    g_free(text);
    ask_arp(&c, 2); /* libslirp learns who we are */
    hw_poll_until(c.count == 1);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    connect(fd, (struct sockaddr *)&in, len);
    hw_poll_until(c.count >= 2 && c.last[12] == 8 && c.last[13] == 0);
    assert_int_equal(c.last[23], 6);
    assert_int_equal(c.last[36] << 8 | c.last[37], 22);
    close(fd);
    card_end(&c);
}

/* ---- sockets -------------------------------------------------------------- */

static GS_FN void exchange(Card *a, Card *b)
{
    uint8_t frame[1500];

    for (size_t size = 14; size <= sizeof(frame); size += 203) {
        size_t before = b->count;

        memset(frame, (int)size, sizeof(frame));
        assert_true(send_frame(a, frame, size));
        hw_poll_until(b->count == before + 1);
        assert_int_equal(b->last_size, size);
        assert_memory_equal(b->last, frame, size);
    }
}

static void streams(void **state)
{
    uint8_t frame[100];
    Card a, b;

    GLOBAL_STATE_CODE();
    card_init(&a, "stream,id=a,server=on,addr.type=unix,addr.path=DIR/s");
    /* Nobody there: lost, but no error. */
    assert_true(send_frame(&a, "12345678901234567890", 20));
    card_init(&b, "stream,id=b,addr.type=unix,addr.path=DIR/s");
    exchange(&b, &a);
    exchange(&a, &b);
    /* No room: all of it waits, also in the sender. */
    a.full = true;
    for (int i = 0; i < 1000; i++) {
        memset(frame, i, sizeof(frame));
        assert_true(send_frame(&b, frame, sizeof(frame)));
        aio_poll(main_loop_context(), false);
    }
    a.full = false;
    a.count = 0;
    netdev_flush_queued(a.n);
    hw_poll_until(a.count == 1000);
    assert_int_equal(a.last[0], (uint8_t)999);
    card_end(&b);
    card_end(&a);
}

static void back_pressure(void **state)
{
    uint8_t frame[60000] = { 0 };
    Card a, b;
    int sent = 0;

    GLOBAL_STATE_CODE();
    card_init(&a, "stream,id=a,server=on,addr.type=unix,addr.path=DIR/s");
    card_init(&b, "stream,id=b,addr.type=unix,addr.path=DIR/s");
    a.full = true;
    aio_poll(main_loop_context(), false);
    while (send_frame(&b, frame, sizeof(frame))) {
        assert_true(sent++ < 10000);
        aio_poll(main_loop_context(), false);
    }
    assert_int_equal(b.can_sends, 0);
    a.full = false;
    netdev_flush_queued(a.n);
    hw_poll_until(b.can_sends == 1);
    hw_poll_until(a.count == (size_t)sent);
    card_end(&b);
    card_end(&a);
}

static void datagrams(void **state)
{
    Card a, b;

    GLOBAL_STATE_CODE();
    card_init(&a, "dgram,id=a,local.type=unix,local.path=DIR/a,"
                  "remote.type=unix,remote.path=DIR/b");
    card_init(&b, "dgram,id=b,local.type=unix,local.path=DIR/b,"
                  "remote.type=unix,remote.path=DIR/a");
    exchange(&b, &a);
    exchange(&a, &b);
    card_end(&b);
    card_end(&a);
}

static void socket_pair(void **state)
{
    char text[64];
    int fds[2];
    Card a, b;

    GLOBAL_STATE_CODE();
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, fds), 0);
    g_snprintf(text, sizeof(text), "socket,id=a,fd=%d", fds[0]);
    card_init(&a, text);
    g_snprintf(text, sizeof(text), "socket,id=b,fd=%d", fds[1]);
    card_init(&b, text);
    exchange(&a, &b);
    /* An unplugged cable carries nothing. */
    netdev_set_link(b.n, false);
    assert_int_equal(b.link_changes, 1);
    b.count = 0;
    assert_true(send_frame(&a, "12345678901234567890", 20));
    for (int i = 0; i < 10; i++) {
        aio_poll(main_loop_context(), false);
    }
    assert_int_equal(b.count, 0);
    card_end(&a);
    card_end(&b);
}

static void expect_error(const char *text, const char *a, const char *b)
{
    GError *error = NULL;
    JsonObject *o = netdev_parse(text, &error);

    GLOBAL_STATE_CODE();
    assert_no_error(error);
    assert_null(netdev_new(o, &error));
    assert_contains(error->message, a);
    assert_contains(error->message, b);
    g_clear_error(&error);
    json_object_unref(o);
}

static void wrong_options_are_named(void **state)
{
    expect_error("usr,id=a", "usr", "did you mean 'user'");
    expect_error("user", "id", "missing");
    expect_error("user,id=a,hostfw=x", "hostfw", "did you mean 'hostfwd'");
    expect_error("user,id=a,hostfwd=x", "hostfwd", "PORT");
    expect_error("user,id=a,hostfwd=tcp::70000-:22", "hostfwd", "70000");
    expect_error("user,id=a,net=10.0.0.0/33", "net", "bits");
    expect_error("user,id=a,dns=1.2.3.4", "dns", "within");
    expect_error("user,id=a,restrict=maybe", "restrict", "off");
    expect_error("tap,id=a,script=/bin/true", "script", "no");
    expect_error("tap,id=a,vhost=on", "vhost", "off");
    expect_error("stream,id=a", "type", "inet");
    expect_error("stream,id=a,addr.type=unix,addr.path=/nonexistent/s",
                 "/nonexistent/s", "'a'");
    expect_error("dgram,id=a,local.type=unix,local.path=/tmp/x", "remote",
                 "expects");
    expect_error("socket,id=a", "listen", "connect");
    expect_error("socket,id=a,listen=x", "HOST:PORT", "x");
}

static int group_setup(void **state)
{
    assert_non_null(mkdtemp(dir));
    hw_group_setup(state);
    GLOBAL_STATE_CODE();
    vm_clock_start();
    return 0;
}

static int group_teardown(void **state)
{
    rmdir(dir);
    return hw_group_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arp_is_answered),
        cmocka_unit_test(dhcp_offers_an_address),
        cmocka_unit_test(hostfwd_reaches_the_guest),
        cmocka_unit_test(streams),
        cmocka_unit_test(back_pressure),
        cmocka_unit_test(datagrams),
        cmocka_unit_test(socket_pair),
        cmocka_unit_test(wrong_options_are_named),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
