/* SPDX-License-Identifier: MIT */
/*
 * user.c - a network in user mode, by libslirp: the guest reaches what the
 * host reaches, and is reached through forwarded ports.
 *
 * libslirp's sockets are in an epoll descriptor of our own, which the main
 * loop watches: it changes with every packet.  After anything that libslirp
 * did, a bottom half asks it anew what it waits for.
 *
 * Thread context: under the BQL; callbacks in the main loop, and, for what
 * the guest sends, in whatever thread holds the BQL.
 */
#include "hw/net/net_int.h"
#include "hw/net/user_options.h"
#include <libslirp.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

typedef struct NetUser NetUser;

typedef struct UserPoll {
    int fd;
    uint32_t wanted;  /* EPOLL..., 0: nothing any more */
    uint32_t revents; /* of the last wait */
} UserPoll;

typedef struct UserTimer {
    AioTimer *timer;
    SlirpTimerCb callback;
    void *opaque;
    NetUser *user;
} UserTimer;

struct NetUser {
    NetClient parent;
    Slirp *slirp;
    UserOptions options;
    int epoll_fd; /* -1: none */
    bool reading;
    AioBh *refill_bh;
    AioTimer *timer; /* libslirp's own timeouts */
    GArray *polls;   /* of UserPoll, as libslirp counts them */
    GHashTable *watched; /* fd -> events in the epoll descriptor */
};

/* ---- what libslirp waits for -------------------------------------------- */

static uint32_t to_epoll(int events)
{
    return (events & SLIRP_POLL_IN ? EPOLLIN : 0) |
           (events & SLIRP_POLL_OUT ? EPOLLOUT : 0) |
           (events & SLIRP_POLL_PRI ? EPOLLPRI : 0);
}

static int from_epoll(uint32_t events)
{
    return (events & EPOLLIN ? SLIRP_POLL_IN : 0) |
           (events & EPOLLOUT ? SLIRP_POLL_OUT : 0) |
           (events & EPOLLPRI ? SLIRP_POLL_PRI : 0) |
           (events & EPOLLERR ? SLIRP_POLL_ERR : 0) |
           (events & EPOLLHUP ? SLIRP_POLL_HUP : 0);
}

static int add_poll(int fd, int events, void *opaque)
{
    NetUser *s = opaque;
    UserPoll p = { fd, to_epoll(events), 0 };

    g_array_append_val(s->polls, p);
    return (int)s->polls->len - 1;
}

static int get_revents(int index, void *opaque)
{
    NetUser *s = opaque;

    if (index < 0 || (guint)index >= s->polls->len) {
        return 0;
    }
    return from_epoll(g_array_index(s->polls, UserPoll, index).revents);
}

static void watch(NetUser *s, int fd, uint32_t events)
{
    struct epoll_event e = { .events = events, .data = { .fd = fd } };
    gpointer key = GINT_TO_POINTER(fd), old;
    bool known = g_hash_table_lookup_extended(s->watched, key, NULL, &old);

    if (known && GPOINTER_TO_UINT(old) == events) {
        return;
    }
    if (epoll_ctl(s->epoll_fd, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd,
                  &e) < 0) {
        /* Closed and opened again, or left over: the other way round. */
        epoll_ctl(s->epoll_fd, known ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, fd, &e);
    }
    g_hash_table_insert(s->watched, key, GUINT_TO_POINTER(events));
}

static gboolean drop_unwanted(gpointer key, gpointer value, gpointer opaque)
{
    NetUser *s = opaque;

    for (guint i = 0; i < s->polls->len; i++) {
        if (g_array_index(s->polls, UserPoll, i).fd == GPOINTER_TO_INT(key)) {
            return FALSE;
        }
    }
    epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, GPOINTER_TO_INT(key), NULL);
    return TRUE;
}

/* The bottom half: asks libslirp. */
static void refill(void *opaque)
{
    NetUser *s = opaque;
    uint32_t timeout_ms = UINT32_MAX;

    GLOBAL_STATE_CODE();
    g_array_set_size(s->polls, 0);
    slirp_pollfds_fill(s->slirp, &timeout_ms, add_poll, s);
    for (guint i = 0; i < s->polls->len; i++) {
        UserPoll *p = &g_array_index(s->polls, UserPoll, i);

        watch(s, p->fd, p->wanted);
    }
    g_hash_table_foreach_remove(s->watched, drop_unwanted, s);
    if (timeout_ms == UINT32_MAX) {
        aio_timer_cancel(s->timer);
    } else {
        aio_timer_mod(s->timer, vm_clock_get_ns(VM_CLOCK_REALTIME) +
                                    (int64_t)timeout_ms * 1000000);
    }
}

/* Sockets are ready, or it is time. */
static void run(void *opaque)
{
    NetUser *s = opaque;
    struct epoll_event events[64];
    int n = epoll_wait(s->epoll_fd, events, G_N_ELEMENTS(events), 0);

    GLOBAL_STATE_CODE();
    for (int i = 0; i < n; i++) {
        for (guint j = 0; j < s->polls->len; j++) {
            UserPoll *p = &g_array_index(s->polls, UserPoll, j);

            if (p->fd == events[i].data.fd) {
                p->revents = events[i].events;
            }
        }
    }
    slirp_pollfds_poll(s->slirp, n < 0, get_revents, s);
    refill(s);
}

static void user_set_reading(NetClient *n, bool on)
{
    NetUser *s = (NetUser *)n;

    GLOBAL_STATE_CODE();
    if (s->reading != on) {
        s->reading = on;
        aio_set_fd_handler(main_loop_context(), s->epoll_fd, on ? run : NULL,
                           NULL, s, NULL);
    }
}

/* ---- callbacks of libslirp ---------------------------------------------- */

static ssize_t to_guest(const void *frame, size_t size, void *opaque)
{
    GLOBAL_STATE_CODE();
    net_client_deliver(opaque, frame, size);
    return size;
}

/* The guest's mistakes are its own business. */
static void guest_error(const char *message, void *opaque)
{
}

static int64_t clock_ns(void *opaque)
{
    return vm_clock_get_ns(VM_CLOCK_VIRTUAL);
}

static void timer_due(void *opaque)
{
    UserTimer *t = opaque;

    GLOBAL_STATE_CODE();
    t->callback(t->opaque);
    aio_bh_schedule(t->user->refill_bh);
}

static void *timer_new(SlirpTimerCb callback, void *callback_opaque,
                       void *opaque)
{
    UserTimer *t = g_new0(UserTimer, 1);

    t->callback = callback;
    t->opaque = callback_opaque;
    t->user = opaque;
    t->timer = aio_timer_new(main_loop_context(), VM_CLOCK_VIRTUAL, timer_due,
                             t);
    return t;
}

static void timer_free(void *timer, void *opaque)
{
    UserTimer *t = timer;

    GLOBAL_STATE_CODE();
    aio_timer_delete(t->timer);
    g_free(t);
}

static void timer_mod(void *timer, int64_t expire_ms, void *opaque)
{
    aio_timer_mod(((UserTimer *)timer)->timer, expire_ms * 1000000);
}

static void register_fd(int fd, void *opaque)
{
}

/* It will be closed: its number may come back as another file. */
static void unregister_fd(int fd, void *opaque)
{
    NetUser *s = opaque;

    if (g_hash_table_remove(s->watched, GINT_TO_POINTER(fd))) {
        epoll_ctl(s->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
    }
}

static void notify(void *opaque)
{
    aio_bh_schedule(((NetUser *)opaque)->refill_bh);
}

static const SlirpCb callbacks = {
    .send_packet = to_guest,
    .guest_error = guest_error,
    .clock_get_ns = clock_ns,
    .timer_new = timer_new,
    .timer_free = timer_free,
    .timer_mod = timer_mod,
    .register_poll_fd = register_fd,
    .unregister_poll_fd = unregister_fd,
    .notify = notify,
};

/* ---- as a back end ------------------------------------------------------ */

static bool user_send(NetClient *n, const struct iovec *iov, int count)
{
    NetUser *s = (NetUser *)n;
    uint8_t *frame = g_malloc(NET_PACKET_MAX);
    size_t size = net_iov_copy(frame, NET_PACKET_MAX, iov, count);

    GLOBAL_STATE_CODE();
    slirp_input(s->slirp, frame, (int)size);
    g_free(frame);
    aio_bh_schedule(s->refill_bh);
    return true;
}

static bool user_open(NetClient *n, JsonObject *o, GError **error)
{
    NetUser *s = (NetUser *)n;

    GLOBAL_STATE_CODE();
    s->epoll_fd = -1;
    if (!user_options_parse(&s->options, o, error)) {
        return false;
    }
    s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll_fd < 0) {
        vm_set_errno(error, "epoll_create1");
        return false;
    }
    s->polls = g_array_new(FALSE, FALSE, sizeof(UserPoll));
    s->watched = g_hash_table_new(NULL, NULL);
    s->refill_bh = aio_bh_new(main_loop_context(), refill, s);
    s->timer = aio_timer_new(main_loop_context(), VM_CLOCK_REALTIME, run, s);
    s->slirp = slirp_new(&s->options.config, &callbacks, s);
    if (!s->slirp) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "libslirp does not take these options");
        return false;
    }
    user_set_reading(n, true);
    aio_bh_schedule(s->refill_bh);
    return user_options_forward(&s->options, s->slirp, o, error);
}

static void user_close(NetClient *n)
{
    NetUser *s = (NetUser *)n;

    GLOBAL_STATE_CODE();
    if (s->slirp) {
        user_set_reading(n, false);
        slirp_cleanup(s->slirp);
    }
    aio_bh_delete(s->refill_bh);
    aio_timer_delete(s->timer);
    if (s->epoll_fd >= 0) {
        close(s->epoll_fd);
    }
    g_clear_pointer(&s->polls, g_array_unref);
    g_clear_pointer(&s->watched, g_hash_table_unref);
    user_options_clear(&s->options);
}

static char *user_describe(const NetClient *n)
{
    const NetUser *s = (const NetUser *)n;
    char *net = user_options_describe(&s->options);
    char *text = g_strdup_printf("net=%s,restrict=%s", net,
                                 s->options.config.restricted ? "on" : "off");

    g_free(net);
    return text;
}

static const char *const lists[] = { "hostfwd", "guestfwd", "dnssearch",
                                     NULL };

extern const NetClass user_net_class;
const NetClass user_net_class = {
    .name = "user",
    .help = "user mode network by libslirp: net=ADDR/MASK, host=ADDR, "
            "dhcpstart=ADDR, dns=ADDR, restrict=on|off, hostname=NAME, "
            "hostfwd=tcp|udp:[ADDR]:PORT-[ADDR]:PORT, "
            "guestfwd=tcp:ADDR:PORT-cmd:COMMAND, tftp=DIR, bootfile=FILE, "
            "ipv4=on|off, ipv6=on|off",
    .options = user_option_names,
    .lists = lists,
    .instance_size = sizeof(NetUser),
    .open = user_open,
    .close = user_close,
    .send = user_send,
    .set_reading = user_set_reading,
    .describe = user_describe,
};
