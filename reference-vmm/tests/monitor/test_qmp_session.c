/* SPDX-License-Identifier: MIT */
/*
 * Sessions over socket pairs, served in the monitors' thread, while the main
 * loop runs or does not.
 */
#include "monitor_test.h"
#include "monitor/monitor_thread.h"
#include "monitor/qmp.h"
#include "monitor/qmp_session.h"
#include "monitor/turns.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

typedef struct Client {
    QmpSession *session;
    int fds[2]; /* ours, theirs */
    GString *in;
    bool over;
    bool no_fd;
    size_t window; /* of a session without an fd: takes so many bytes */
} Client;

static int setup(void **state)
{
    main_loop_setup(state);
    GLOBAL_STATE_CODE();
    turns_init();
    qmp_sessions_init();
    qmp_events_init();
    turns_allow(true);
    return 0;
}

static int teardown(void **state)
{
    GLOBAL_STATE_CODE();
    monitor_thread_stop();
    qmp_events_cleanup();
    qmp_sessions_cleanup();
    turns_cleanup();
    return main_loop_teardown(state);
}

/* ---- clients ------------------------------------------------------------ */

static void GS_FN client_over(void *opaque)
{
    ((Client *)opaque)->over = true;
}

static size_t GS_FN client_write(void *opaque, const char *data, size_t len,
                                 bool last)
{
    Client *c = opaque;
    size_t n = last ? len : MIN(len, c->window);

    g_string_append_len(c->in, data, n);
    c->window -= last ? 0 : n;
    return n;
}

static void GS_FN client_resume(void *opaque)
{
}

static Client *client_new(bool no_fd)
{
    Client *c = g_new0(Client, 1);
    QmpSessionOps ops = { client_write, client_resume, client_over, c };

    GLOBAL_STATE_CODE();
    c->in = g_string_new(NULL);
    c->no_fd = no_fd;
    c->window = SIZE_MAX;
    c->fds[0] = c->fds[1] = -1;
    if (no_fd) {
        c->session = qmp_session_new(main_loop_context(), -1, false, &ops);
        return c;
    }
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
                                c->fds), 0);
    c->session = qmp_session_new(monitor_thread_start(), c->fds[1], false,
                                 &ops);
    return c;
}

static void client_free(Client *c)
{
    GLOBAL_STATE_CODE();
    qmp_session_end(c->session);
    if (!c->no_fd) {
        close(c->fds[0]);
        close(c->fds[1]);
    }
    g_string_free(c->in, TRUE);
    g_free(c);
}

static void client_send(Client *c, const char *text)
{
    GLOBAL_STATE_CODE();
    if (c->no_fd) {
        qmp_session_feed(c->session, text, strlen(text));
    } else {
        assert_int_equal(write(c->fds[0], text, strlen(text)), strlen(text));
    }
}

/* False: the other end is closed. */
static bool client_fill(Client *c, int timeout_ms)
{
    struct pollfd p = { .fd = c->fds[0], .events = POLLIN };
    char buf[65536];
    ssize_t n;

    if (c->no_fd || poll(&p, 1, timeout_ms) <= 0) {
        return true;
    }
    n = read(c->fds[0], buf, sizeof(buf));
    g_string_append_len(c->in, buf, MAX(n, 0));
    return n > 0;
}

/* The next line; loop: the main loop runs meanwhile. */
static JsonObject *next_line(Client *c, bool loop)
{
    gint64 end = g_get_monotonic_time() + TEST_DEADLINE_MS * 1000;
    JsonObject *o;
    char *newline;

    GLOBAL_STATE_CODE();
    while (!(newline = strchr(c->in->str, '\n'))) {
        if (loop) {
            aio_poll(main_loop_context(), false);
        }
        assert_true(client_fill(c, loop ? 5 : TEST_DEADLINE_MS));
        assert_true(g_get_monotonic_time() < end);
    }
    *newline = '\0';
    o = json_parse_plain(c->in->str);
    g_string_erase(c->in, 0, newline + 1 - c->in->str);
    return o;
}

static void expect_id(Client *c, bool loop, const char *id)
{
    g_autoptr(JsonObject) o = next_line(c, loop);

    assert_non_null(qmp_arg_str(o, "id"));
    assert_string_equal(qmp_arg_str(o, "id"), id);
}

static void expect_error(Client *c, const char *class)
{
    g_autoptr(JsonObject) o = next_line(c, true);
    JsonObject *e = qmp_arg_object(o, "error");

    assert_non_null(e);
    assert_string_equal(qmp_arg_str(e, "class"), class);
}

static void expect_member(Client *c, const char *name)
{
    g_autoptr(JsonObject) o = next_line(c, true);

    assert_true(json_object_has_member(o, name));
}

static Client *ready_client(void)
{
    Client *c = client_new(false);

    expect_member(c, "QMP");
    client_send(c, "{'execute': 'qmp_capabilities', "
                   "'arguments': {'enable': ['oob']}}");
    expect_member(c, "return");
    return c;
}

/* What was sent before has been read and queued when this returns. */
static void barrier(Client *c)
{
    client_send(c, "{'exec-oob': 'query-yank', 'id': 'barrier'}");
    expect_id(c, false, "barrier");
}

/* ---- tests -------------------------------------------------------------- */

static void negotiate(Client *c)
{
    expect_member(c, "QMP");
    client_send(c, "{'execute': 'query-version'}");
    expect_error(c, "CommandNotFound");
    client_send(c, "{]\n");
    expect_error(c, "GenericError");
    client_send(c, "{'execute': 'qmp_capabilities', 'arguments': "
                   "{'enable': ['cap-does-not-exist']}}");
    expect_error(c, "GenericError");
    client_send(c, "{'exec-oob': 'query-yank'}");
    expect_error(c, "GenericError");
    client_send(c, "{'execute': 'qmp_capabilities'}");
    expect_member(c, "return");
    client_send(c, "{'execute': 'qmp_capabilities'}");
    expect_error(c, "CommandNotFound");
    client_send(c, "{'execute': 'no-such-cmd'}");
    expect_error(c, "CommandNotFound");
    client_send(c, "{'execute': true}{'arguments': {}}{}"
                   "{'execute': 'query-version', 'arguments': []}"
                   "{'execute': 'query-version', 'extra': 1}[]"
                   "{'execute': 'query-version', 'exec-oob': 'query-yank'}"
                   "{'execute': 'query-version', 'arguments': {'x': 1}}");
    for (int i = 0; i < 8; i++) {
        expect_error(c, "GenericError");
    }
    client_send(c, "{'execute': 'query-version', 'id': 'x'}{'id': 'y'}");
    expect_id(c, true, "x");
    expect_id(c, true, "y");
}

static void test_protocol(void **state)
{
    Client *c = client_new(false);

    negotiate(c);
    client_free(c);
}

/* The same without a descriptor of its own, but oob is not offered. */
static void test_without_fd(void **state)
{
    Client *c = client_new(true);

    negotiate(c);
    client_free(c);
    c = client_new(true);
    expect_member(c, "QMP");
    client_send(c, "{'execute': 'qmp_capabilities', "
                   "'arguments': {'enable': ['oob']}}");
    expect_error(c, "GenericError");
    client_free(c);
}

static void test_order(void **state)
{
    Client *c = ready_client();
    GString *text = g_string_new(NULL);

    for (int i = 0; i < 100; i++) {
        g_string_append_printf(text, "{'execute': '%s', 'id': '%d'}",
                               i % 3 ? "query-version" : "nope", i);
    }
    client_send(c, text->str);
    for (int i = 0; i < 100; i++) {
        g_autofree char *id = g_strdup_printf("%d", i);

        expect_id(c, true, id);
    }
    g_string_free(text, TRUE);
    client_free(c);
}

static void test_oob_while_blocked(void **state)
{
    Client *c = ready_client();

    client_send(c, "{'execute': 'query-version', 'id': 'a'}"
                   "{'execute': 'nope', 'id': 'b'}"
                   "{'exec-oob': 'query-yank', 'id': '1'}"
                   "{'exec-oob': 'nope', 'id': '2'}"
                   "{'exec-oob': 'query-version', 'id': '3'}");
    /* The main loop does not run. */
    expect_id(c, false, "1");
    expect_id(c, false, "2");
    expect_id(c, false, "3");
    expect_id(c, true, "a");
    expect_id(c, true, "b");
    client_free(c);
}

/* Seven wait: an out-of-band request overtakes them.  Eight wait: it is not
 * read before one of them runs. */
static void test_queue_limit(void **state)
{
    Client *c = ready_client(), *other = ready_client();
    GString *text = g_string_new(NULL);

    for (int i = 0; i < QMP_SESSION_QUEUE_MAX; i++) {
        g_string_append(text, "{'execute': 'query-version', 'id': 'in'}");
    }
    client_send(c, strchr(text->str, '}') + 1);
    barrier(c);
    for (int i = 0; i < QMP_SESSION_QUEUE_MAX - 1; i++) {
        expect_id(c, true, "in");
    }
    g_string_append(text, "{'exec-oob': 'query-yank', 'id': 'out'}");
    client_send(c, text->str);
    /* The thread that serves both looks at all that is ready in each turn. */
    barrier(other);
    barrier(other);
    assert_true(client_fill(c, 0));
    assert_string_equal(c->in->str, "");
    for (int i = 0; i < QMP_SESSION_QUEUE_MAX + 1; i++) {
        g_autoptr(JsonObject) o = next_line(c, true);

        assert_non_null(qmp_arg_str(o, "id"));
    }
    g_string_free(text, TRUE);
    client_free(c);
    client_free(other);
}

/* One that asks much does not keep another one waiting. */
static void test_turns(void **state)
{
    Client *greedy = ready_client(), *modest = ready_client();

    GLOBAL_STATE_CODE();
    for (int i = 0; i < 7; i++) {
        client_send(greedy, "{'execute': 'query-version', 'id': 'g'}");
    }
    barrier(greedy);
    client_send(modest, "{'execute': 'query-version', 'id': 'm'}");
    barrier(modest);
    /* One command each. */
    for (int i = 0; i < 4; i++) {
        aio_poll(main_loop_context(), false);
    }
    client_send(modest, "{'exec-oob': 'query-yank', 'id': 'now'}");
    expect_id(modest, false, "m");
    expect_id(modest, false, "now");
    for (int i = 0; i < 7; i++) {
        expect_id(greedy, true, "g");
    }
    client_free(greedy);
    client_free(modest);
}

static void test_many_clients(void **state)
{
    Client *c[16];

    for (int i = 0; i < 16; i++) {
        c[i] = ready_client();
    }
    for (int n = 0; n < 5; n++) {
        for (int i = 0; i < 16; i++) {
            g_autofree char *text = g_strdup_printf(
                "{'execute': 'query-version', 'id': '%d.%d'}", i, n);

            client_send(c[i], text);
        }
    }
    for (int i = 15; i >= 0; i--) {
        for (int n = 0; n < 5; n++) {
            g_autofree char *id = g_strdup_printf("%d.%d", i, n);

            expect_id(c[i], true, id);
        }
        client_free(c[i]);
    }
}

static void wait_over(Client *c)
{
    gint64 end = g_get_monotonic_time() + TEST_DEADLINE_MS * 1000;

    GLOBAL_STATE_CODE();
    while (!c->over) {
        aio_poll(main_loop_context(), true);
        assert_true(g_get_monotonic_time() < end);
    }
}

/* In the middle of an object, or with requests waiting. */
static void test_disconnect(void **state)
{
    static const char *const last_words[] = {
        "", "{'execute': 'query-ver", "{'execute': 'query-version'}",
        "{'execute': 'query-version'}{'execute': 'query-qmp-schema'}{",
    };

    for (size_t i = 0; i < G_N_ELEMENTS(last_words); i++) {
        Client *c = ready_client();

        client_send(c, last_words[i]);
        shutdown(c->fds[0], SHUT_RDWR);
        wait_over(c);
        client_free(c);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(last_words); i++) {
        Client *c = ready_client();

        client_send(c, last_words[i]);
        client_free(c); /* before anybody has noticed */
    }
}

/* Who does not read is not read either, and gets all when it does. */
static void test_slow_reader(void **state)
{
    const char *text = "{'execute': 'query-qmp-schema', 'id': 's'}";
    Client *c = ready_client();
    int sent = 0, idle = 0;

    GLOBAL_STATE_CODE();
    while (idle < 50) {
        ssize_t n = write(c->fds[0], text, strlen(text));

        idle = n < 0 ? idle + 1 : 0;
        if (n > 0) {
            assert_int_equal(n, strlen(text));
            sent++;
        } else {
            struct pollfd p = { .fd = c->fds[0], .events = POLLOUT };

            assert_int_equal(errno, EAGAIN);
            aio_poll(main_loop_context(), false);
            poll(&p, 1, 1);
        }
        assert_true(sent < 100000); /* it never stops reading */
    }
    assert_true(sent > 20);
    for (int i = 0; i < sent; i++) {
        expect_id(c, true, "s");
    }
    client_free(c);
}

static void test_narrow_window(void **state)
{
    Client *c = client_new(true);

    GLOBAL_STATE_CODE();
    c->window = 10;
    client_send(c, "{'execute': 'qmp_capabilities'}"
                   "{'execute': 'query-version', 'id': 'a'}");
    for (int i = 0; i < 1000 && !strstr(c->in->str, "\"a\""); i++) {
        aio_poll(main_loop_context(), false);
        c->window = 3;
        qmp_session_writable(c->session);
    }
    expect_member(c, "QMP");
    expect_member(c, "return");
    c->window = SIZE_MAX;
    qmp_session_writable(c->session);
    expect_id(c, true, "a");
    client_free(c);
}

/* ---- events ------------------------------------------------------------- */

static void *ROLE_ENTRY(role_worker) emit(void *opaque)
{
    qmp_event("STOP", NULL);
    return NULL;
}

static void expect_event(Client *c, const char *name, const char *id)
{
    g_autoptr(JsonObject) o = next_line(c, true);
    JsonObject *data = qmp_arg_object(o, "data");

    assert_non_null(qmp_arg_str(o, "event"));
    assert_string_equal(qmp_arg_str(o, "event"), name);
    assert_true(json_object_has_member(qmp_arg_object(o, "timestamp"),
                                       "microseconds"));
    if (id) {
        assert_string_equal(qmp_arg_str(data, "id"), id);
    }
}

static void test_events(void **state)
{
    Client *c = ready_client(), *d = ready_client();
    Client *unready = client_new(false);

    GLOBAL_STATE_CODE();
    expect_member(unready, "QMP");
    main_loop_join(vm_thread_create("event", VM_ROLE_WORKER, emit, NULL,
                                    NULL));
    expect_event(c, "STOP", NULL);
    expect_event(d, "STOP", NULL);
    client_send(unready, "{'execute': 'qmp_capabilities'}");
    expect_member(unready, "return"); /* and not the event */
    client_free(unready);
    client_free(c);
    client_free(d);
}

static void port_change(const char *id, bool open)
{
    JsonObject *data = json_object_new();

    json_object_set_string_member(data, "id", id);
    json_object_set_boolean_member(data, "open", open);
    qmp_event("VSERPORT_CHANGE", data);
}

/* The first at once, of the others the last. */
static void test_limited_events(void **state)
{
    Client *c = ready_client();
    g_autoptr(JsonObject) last = NULL;

    for (int i = 0; i < 1000; i++) {
        port_change("a", i % 2);
    }
    port_change("b", true);
    expect_event(c, "VSERPORT_CHANGE", "a");
    expect_event(c, "VSERPORT_CHANGE", "b");
    last = next_line(c, true);
    assert_string_equal(qmp_arg_str(qmp_arg_object(last, "data"), "id"), "a");
    assert_true(json_object_get_boolean_member(qmp_arg_object(last, "data"),
                                               "open"));
    barrier(c); /* nothing else is on its way */
    client_free(c);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_protocol),    TEST(test_without_fd),
        TEST(test_order),       TEST(test_oob_while_blocked),
        TEST(test_queue_limit), TEST(test_turns),
        TEST(test_many_clients), TEST(test_disconnect),
        TEST(test_slow_reader), TEST(test_narrow_window),
        TEST(test_events),      TEST(test_limited_events),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
