/* SPDX-License-Identifier: MIT */
/*
 * test_chardev.c - byte streams in both directions: sockets that come and go,
 * pseudo terminals, files, pipes, ring buffers, sharing, and wrong options.
 */
#include "hw_test.h"
#include "hw/chardev/ringbuf.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

typedef struct Front {
    ChardevFrontend f;
    char got[65536];
    size_t n, room;
    int opened, closed, breaks;
} Front;

static char dir[] = "/tmp/test_chardev.XXXXXX";

static size_t front_room(void *opaque)
{
    Front *s = opaque;

    return s->room;
}

static void front_receive(void *opaque, const uint8_t *data, size_t len)
{
    Front *s = opaque;

    assert_true(len <= s->room);
    memcpy(s->got + s->n, data, len);
    s->n += len;
    s->room -= len;
}

static void front_event(void *opaque, ChardevEvent event)
{
    Front *s = opaque;

    s->opened += event == CHARDEV_EVENT_OPENED;
    s->closed += event == CHARDEV_EVENT_CLOSED;
    s->breaks += event == CHARDEV_EVENT_BREAK;
}

static void front_init(Front *s, size_t room)
{
    memset(s, 0, sizeof(*s));
    s->room = room;
    s->f = (ChardevFrontend){ front_room, front_receive, front_event, s };
}

/* %s in the text is the directory. */
static GS_FN Chardev *make(const char *format)
{
    char **parts = g_strsplit(format, "DIR", -1);
    char *text = g_strjoinv(dir, parts);
    GError *error = NULL;
    JsonObject *o = option_parse(text, "backend", NULL, &error);
    Chardev *c;

    assert_no_error(error);
    c = chardev_new(o, &error);
    assert_no_error(error);
    json_object_unref(o);
    g_free(text);
    g_strfreev(parts);
    return c;
}

static int connect_unix(const char *name)
{
    struct sockaddr_un un = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    g_snprintf(un.sun_path, sizeof(un.sun_path), "%s/%s", dir, name);
    assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void server_socket(void **state)
{
    Front f;
    Chardev *c;
    char buf[16] = "";
    int fd;

    GLOBAL_STATE_CODE();
    front_init(&f, 100);
    c = make("socket,id=c0,path=DIR/s,server=on,wait=off");
    assert_true(chardev_attach(c, &f.f, NULL));
    assert_int_equal(chardev_write(c, "lost", 4), 0);
    for (int i = 1; i <= 3; i++) {
        fd = connect_unix("s");
        hw_poll_until(f.opened == i);
        assert_int_equal(write(fd, "in", 2), 2);
        hw_poll_until(f.n == 2u * i);
        assert_int_equal(chardev_write(c, "out", 3), 3);
        hw_poll_until(read(fd, buf, sizeof(buf)) == 3);
        close(fd);
        hw_poll_until(f.closed == i);
        assert_false(chardev_is_open(c));
    }
    chardev_detach(c);
    assert_true(chardev_remove("c0", NULL));
}

static void client_reconnects(void **state)
{
    Front f;
    Chardev *server, *c;

    GLOBAL_STATE_CODE();
    front_init(&f, 100);
    c = make("socket,id=c0,path=DIR/later,reconnect=1");
    assert_true(chardev_attach(c, &f.f, NULL));
    assert_false(chardev_is_open(c));
    server = make("socket,id=c1,path=DIR/later,server=on,wait=off");
    hw_poll_until(f.opened == 1);
    hw_poll_until(chardev_is_open(server));
    chardev_detach(c);
    assert_true(chardev_remove("c0", NULL));
    assert_true(chardev_remove("c1", NULL));
}

/* Nothing is lost and nothing overtakes, though the reader stops and the
 * front end has no room most of the time. */
static void flow_control(void **state)
{
    Front f;
    Chardev *c;
    uint8_t sent = 0, got = 0, buf[4096];
    size_t total = 0, back = 0;
    int fd;

    GLOBAL_STATE_CODE();
    front_init(&f, 0);
    c = make("socket,id=c0,path=DIR/s,server=on,wait=off");
    assert_true(chardev_attach(c, &f.f, NULL));
    fd = connect_unix("s");
    hw_poll_until(f.opened == 1);
    while (total < 1000000) {
        uint8_t part[100];
        size_t n;
        ssize_t r;

        for (int i = 0; i < 100; i++) {
            part[i] = sent + i;
        }
        n = chardev_write(c, part, 100);
        sent += n;
        total += n;
        aio_poll(main_loop_context(), false);
        if (!n) {
            while ((r = read(fd, buf, sizeof(buf))) > 0) {
                for (ssize_t i = 0; i < r; i++) {
                    assert_int_equal(buf[i], got++);
                }
                back += r;
            }
        }
    }
    assert_true(back > 0);
    memset(buf, 'x', sizeof(buf));
    assert_int_equal(write(fd, buf, sizeof(buf)), sizeof(buf));
    for (size_t i = 0; i < sizeof(buf); i += 7) {
        f.room = 7;
        chardev_accept_input(c);
        hw_poll_until(f.n == MIN(i + 7, sizeof(buf)));
    }
    close(fd);
    chardev_detach(c);
    chardev_remove("c0", NULL);
}

static void pty(void **state)
{
    Front f;
    Chardev *c;
    char buf[16] = "", *name;
    int fd;

    GLOBAL_STATE_CODE();
    front_init(&f, 100);
    c = make("pty,id=c0");
    assert_true(chardev_attach(c, &f.f, NULL));
    name = chardev_describe(c);
    assert_true(g_str_has_prefix(name, "pty:/dev/"));
    for (int i = 1; i <= 2; i++) {
        fd = open(name + 4, O_RDWR | O_NOCTTY | O_NONBLOCK);
        assert_true(fd >= 0);
        hw_poll_until(f.opened == i);
        assert_int_equal(write(fd, "\3a\n", 3), 3); /* raw: C-c is a byte */
        hw_poll_until(f.n == 3u * i);
        assert_memory_equal(f.got, "\3a\n", 3);
        chardev_write_all(c, "out\n", 4);
        hw_poll_until(read(fd, buf, sizeof(buf)) == 4);
        close(fd);
        hw_poll_until(f.closed == i);
    }
    g_free(name);
    chardev_detach(c);
    chardev_remove("c0", NULL);
}

static void file_and_pipe(void **state)
{
    char *path = g_strdup_printf("%s/file", dir), *text = NULL;
    char *in = g_strdup_printf("%s/p.in", dir);
    char *out = g_strdup_printf("%s/p.out", dir);
    char buf[16];
    Front f;
    Chardev *c;
    int fd;

    GLOBAL_STATE_CODE();
    for (int i = 0; i < 2; i++) {
        c = make(i ? "file,id=c0,path=DIR/file,append=on"
                   : "file,id=c0,path=DIR/file");
        chardev_write_all(c, "words ", 6);
        chardev_remove("c0", NULL); /* which writes what is left */
    }
    assert_true(g_file_get_contents(path, &text, NULL, NULL));
    assert_string_equal(text, "words words ");

    front_init(&f, 100);
    c = make("file,id=c0,path=/dev/null,input-path=DIR/file");
    assert_true(chardev_attach(c, &f.f, NULL));
    hw_poll_until(f.n == 12);
    assert_string_equal(f.got, text);
    chardev_detach(c);
    chardev_remove("c0", NULL);

    assert_int_equal(mkfifo(in, 0600) | mkfifo(out, 0600), 0);
    front_init(&f, 100);
    c = make("pipe,id=c0,path=DIR/p");
    assert_true(chardev_attach(c, &f.f, NULL));
    fd = open(in, O_WRONLY);
    assert_int_equal(write(fd, "hi", 2), 2);
    close(fd);
    hw_poll_until(f.n == 2);
    fd = open(out, O_RDONLY | O_NONBLOCK);
    chardev_write_all(c, "ho", 2);
    hw_poll_until(read(fd, buf, sizeof(buf)) == 2);
    close(fd);
    chardev_detach(c);
    chardev_remove("c0", NULL);
    unlink(path);
    unlink(in);
    unlink(out);
    g_free(path);
    g_free(in);
    g_free(out);
    g_free(text);
}

static void ringbuf(void **state)
{
    Chardev *c;
    GBytes *bytes;

    GLOBAL_STATE_CODE();
    c = make("ringbuf,id=c0,size=8");
    chardev_write_all(c, "0123456789", 10);
    bytes = chardev_ringbuf_read(c, 100, NULL);
    assert_int_equal(g_bytes_get_size(bytes), 8);
    assert_memory_equal(g_bytes_get_data(bytes, NULL), "23456789", 8);
    g_bytes_unref(bytes);
    chardev_remove("c0", NULL);
}

static void mux(void **state)
{
    Front a, b;
    Chardev *c;
    GError *error = NULL;
    int fd;

    GLOBAL_STATE_CODE();
    front_init(&a, 100);
    front_init(&b, 100);
    c = make("socket,id=c0,path=DIR/s,server=on,wait=off,mux=on");
    assert_true(chardev_attach(c, &a.f, NULL));
    assert_true(chardev_attach(c, &b.f, NULL));
    fd = connect_unix("s");
    hw_poll_until(a.opened == 1 && b.opened == 1);
    assert_int_equal(write(fd, "b\1\1", 3), 3);
    hw_poll_until(b.n == 2);
    assert_memory_equal(b.got, "b\1", 2);
    assert_int_equal(write(fd, "\1cA\1b", 5), 5);
    hw_poll_until(a.n == 1 && a.breaks == 1);
    assert_int_equal(b.breaks, 0);
    /* What has no room waits, and the other one is not disturbed. */
    a.room = 0;
    assert_int_equal(write(fd, "wait\1cnow", 9), 9);
    hw_poll_until(b.n == 5);
    assert_int_equal(a.n, 1);
    a.room = 100;
    chardev_accept_input(c);
    hw_poll_until(a.n == 5);
    assert_memory_equal(a.got, "Await", 5);
    assert_false(chardev_remove("c0", &error));
    assert_contains(error->message, "in use");
    g_clear_error(&error);
    chardev_detach_frontend(c, &b.f);
    chardev_detach_frontend(c, &a.f);
    close(fd);
    assert_true(chardev_remove("c0", NULL));
}

static void expect_error(const char *text, const char *a, const char *b)
{
    GError *error = NULL;
    JsonObject *o = option_parse(text, "backend", NULL, &error);

    GLOBAL_STATE_CODE();
    if (o) {
        assert_null(chardev_new(o, &error));
        json_object_unref(o);
    }
    assert_contains(error->message, a);
    assert_contains(error->message, b);
    g_clear_error(&error);
}

static void wrong_options_are_named(void **state)
{
    expect_error("sokcet,id=c0", "sokcet", "did you mean 'socket'");
    expect_error("socket", "id", "missing");
    expect_error("socket,id=c0", "path", "host");
    expect_error("socket,id=c0,path=/x,host=y,port=1", "either", "path");
    expect_error("socket,id=c0,path=/x,serve=on", "serve", "'server'");
    expect_error("socket,id=c0,path=/x,server=maybe", "server", "off");
    expect_error("socket,id=c0,path=/nonexistent/s", "/nonexistent/s", "c0");
    expect_error("null,id=c0,path=/x", "path", "known");
    expect_error("null,id=0", "identifier", "'0'");
    expect_error("null,id=a,id=b", "'id'", "twice");
    expect_error("ringbuf,id=c0,size=7", "size", "power of two");
    expect_error("file,id=c0,path=/nonexistent/f", "/nonexistent/f", "c0");
    expect_error("null,=x,id=c0", "name", "=");
}

static int group_setup(void **state)
{
    assert_non_null(mkdtemp(dir));
    return hw_group_setup(state);
}

static int group_teardown(void **state)
{
    rmdir(dir);
    return hw_group_teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_socket),
        cmocka_unit_test(client_reconnects),
        cmocka_unit_test(flow_control),
        cmocka_unit_test(pty),
        cmocka_unit_test(file_and_pipe),
        cmocka_unit_test(ringbuf),
        cmocka_unit_test(mux),
        cmocka_unit_test(wrong_options_are_named),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
