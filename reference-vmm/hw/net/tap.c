/* SPDX-License-Identifier: MIT */
/*
 * tap.c - a tap device of the host: ifname=NAME, or an open one by fd=FD.
 *
 * Scripts are not run: script=no and downscript=no are taken for granted.
 *
 * Thread context: under the BQL; callbacks in the main loop.
 */
#include "hw/net/net_int.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* One turn of the loop reads at most so many, or others would starve. */
#define BURST 64

typedef struct NetTap {
    NetClient parent;
    int fd; /* -1: none */
    bool reading, writing;
    char name[IFNAMSIZ];
    uint8_t frame[NET_PACKET_MAX];
} NetTap;

static void tap_readable(void *opaque);
static void tap_writable(void *opaque);

static GS_FN void update_handlers(NetTap *s)
{
    aio_set_fd_handler(main_loop_context(), s->fd,
                       s->reading ? tap_readable : NULL,
                       s->writing ? tap_writable : NULL, s, NULL);
}

static void tap_set_reading(NetClient *n, bool on)
{
    NetTap *s = (NetTap *)n;

    GLOBAL_STATE_CODE();
    if (s->reading != on) {
        s->reading = on;
        update_handlers(s);
    }
}

static void tap_readable(void *opaque)
{
    NetTap *s = opaque;

    GLOBAL_STATE_CODE();
    for (int i = 0; i < BURST && s->reading; i++) {
        ssize_t n = read(s->fd, s->frame, sizeof(s->frame));

        if (n <= 0) {
            break;
        }
        net_client_deliver(&s->parent, s->frame, n);
    }
}

static void tap_writable(void *opaque)
{
    NetTap *s = opaque;

    GLOBAL_STATE_CODE();
    s->writing = false;
    update_handlers(s);
    net_client_can_send(&s->parent);
}

static bool tap_send(NetClient *n, const struct iovec *iov, int count)
{
    NetTap *s = (NetTap *)n;
    ssize_t ret;

    GLOBAL_STATE_CODE();
    do {
        ret = writev(s->fd, iov, count);
    } while (ret < 0 && errno == EINTR);
    if (ret < 0 && errno == EAGAIN) {
        s->writing = true;
        update_handlers(s);
        return false;
    }
    return true; /* an interface that is down loses it */
}

/* ---- open --------------------------------------------------------------- */

static bool check_fixed(JsonObject *o, GError **error)
{
    static const char *const scripts[] = { "script", "downscript" };
    bool vhost = false, vnet_hdr = false;

    for (int i = 0; i < 2; i++) {
        const char *text = option_string(o, scripts[i]);

        if (text && strcmp(text, "no") && *text) {
            g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                        "parameter '%s': only 'no' is possible", scripts[i]);
            return false;
        }
    }
    if (!option_bool(o, "vhost", &vhost, error) ||
        !option_bool(o, "vnet_hdr", &vnet_hdr, error)) {
        return false;
    }
    if (vhost || vnet_hdr) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter '%s': only 'off' is possible",
                    vhost ? "vhost" : "vnet_hdr");
        return false;
    }
    return true;
}

static int open_device(NetTap *s, const char *name, GError **error)
{
    struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI };
    int fd;

    if (name && strlen(name) >= IFNAMSIZ) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter 'ifname': '%s' is too long", name);
        return -1;
    }
    g_strlcpy(request.ifr_name, name ? name : "tap%d", IFNAMSIZ);
    fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        vm_set_errno(error, "/dev/net/tun");
        return -1;
    }
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        vm_set_errno(error, request.ifr_name);
        close(fd);
        return -1;
    }
    g_strlcpy(s->name, request.ifr_name, sizeof(s->name));
    return fd;
}

static int take_fd(NetTap *s, uint64_t fd, GError **error)
{
    struct ifreq request;

    if (ioctl((int)fd, TUNGETIFF, &request) < 0) {
        vm_set_errno(error, "parameter 'fd': not a tap device");
        return -1;
    }
    if (!(request.ifr_flags & IFF_NO_PI) ||
        (request.ifr_flags & IFF_VNET_HDR)) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameter 'fd': a tap device with headers before its "
                    "frames");
        return -1;
    }
    g_strlcpy(s->name, request.ifr_name, sizeof(s->name));
    fcntl((int)fd, F_SETFL, fcntl((int)fd, F_GETFL) | O_NONBLOCK);
    return (int)fd;
}

static bool tap_open(NetClient *n, JsonObject *o, GError **error)
{
    NetTap *s = (NetTap *)n;
    const char *name = option_string(o, "ifname");
    uint64_t fd = 0;

    GLOBAL_STATE_CODE();
    s->fd = -1;
    if (!check_fixed(o, error) ||
        !option_uint(o, "fd", 0, INT32_MAX, &fd, error)) {
        return false;
    }
    if (json_object_has_member(o, "fd") && name) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameters 'fd' and 'ifname' exclude each other");
        return false;
    }
    s->fd = json_object_has_member(o, "fd") ? take_fd(s, fd, error)
                                            : open_device(s, name, error);
    return s->fd >= 0;
}

static void tap_close(NetClient *n)
{
    NetTap *s = (NetTap *)n;

    GLOBAL_STATE_CODE();
    if (s->fd >= 0) {
        s->reading = s->writing = false;
        update_handlers(s);
        close(s->fd);
    }
}

static char *tap_describe(const NetClient *n)
{
    return g_strdup_printf("ifname=%s,script=no,downscript=no",
                           ((const NetTap *)n)->name);
}

static const char *const tap_options[] = { "ifname", "fd", "script",
                                           "downscript", "vhost", "vnet_hdr",
                                           NULL };

extern const NetClass tap_net_class;
const NetClass tap_net_class = {
    .name = "tap",
    .help = "a tap device of the host: ifname=NAME, script=no, or fd=FD",
    .options = tap_options,
    .instance_size = sizeof(NetTap),
    .open = tap_open,
    .close = tap_close,
    .send = tap_send,
    .set_reading = tap_set_reading,
    .describe = tap_describe,
};
