/* SPDX-License-Identifier: MIT */
/*
 * user_options.c - see user_options.h.
 *
 * Thread context: under the BQL; it touches its arguments only.
 */
#include "hw/net/user_options.h"
#include "base/option.h"
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const char *const user_option_names[] = {
    "net", "host", "dhcpstart", "dns", "restrict", "hostname", "domainname",
    "dnssearch", "hostfwd", "guestfwd", "tftp", "bootfile",
    "tftp-server-name", "ipv4", "ipv6", NULL
};

static bool fail(GError **error, const char *key, const char *text,
                 const char *expects)
{
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "parameter '%s' expects %s, not '%s'", key, expects, text);
    return false;
}

/* ---- addresses ---------------------------------------------------------- */

/* Within the network, when it is absent: number host of it. */
static bool parse_address(UserOptions *u, JsonObject *o, const char *key,
                          uint32_t host, struct in_addr *ret, GError **error)
{
    const char *text = option_string(o, key);

    ret->s_addr = u->config.vnetwork.s_addr | htonl(host);
    if (!text) {
        return true;
    }
    if (!inet_aton(text, ret)) {
        return fail(error, key, text, "an IPv4 address");
    }
    if ((ret->s_addr & u->config.vnetmask.s_addr) !=
        u->config.vnetwork.s_addr) {
        return fail(error, key, text, "an address within the network");
    }
    return true;
}

static bool parse_mask(const char *text, struct in_addr *ret)
{
    uint64_t bits;
    uint32_t host_bits;

    if (option_parse_uint(text, &bits)) {
        if (bits < 4 || bits > 30) {
            return false;
        }
        ret->s_addr = htonl(~(uint32_t)0 << (32 - bits));
        return true;
    }
    if (!inet_aton(text, ret)) {
        return false;
    }
    host_bits = ~ntohl(ret->s_addr);
    return host_bits >= 3 && !(host_bits & (host_bits + 1));
}

static bool parse_network(UserOptions *u, JsonObject *o, GError **error)
{
    const char *text = option_string(o, "net");
    SlirpConfig *c = &u->config;
    char **parts;
    bool ok;

    c->vnetmask.s_addr = htonl(0xffffff00);
    c->vnetwork.s_addr = htonl(0x0a000200);
    if (!text) {
        return true;
    }
    parts = g_strsplit(text, "/", 2);
    ok = parts[0] && inet_aton(parts[0], &c->vnetwork) &&
         (!parts[1] || parse_mask(parts[1], &c->vnetmask));
    g_strfreev(parts);
    c->vnetwork.s_addr &= c->vnetmask.s_addr;
    return ok || fail(error, "net", text, "ADDRESS/BITS, with 4 to 30 bits");
}

static bool parse_addresses(UserOptions *u, JsonObject *o, GError **error)
{
    SlirpConfig *c = &u->config;
    /* In a network of a few addresses there is no fifteenth. */
    uint32_t hosts = ~ntohl(c->vnetmask.s_addr);
    uint32_t first = hosts > 16 ? 15 : 4;

    if (hosts < 7) {
        first = hosts - 1;
    }
    if (!parse_address(u, o, "host", 2, &c->vhost, error) ||
        !parse_address(u, o, "dns", 3, &c->vnameserver, error) ||
        !parse_address(u, o, "dhcpstart", first, &c->vdhcp_start, error)) {
        return false;
    }
    if (c->vhost.s_addr == c->vnameserver.s_addr) {
        g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                    "parameters 'host' and 'dns' are the same address");
        return false;
    }
    inet_pton(AF_INET6, "fec0::", &c->vprefix_addr6);
    c->vprefix_len = 64;
    inet_pton(AF_INET6, "fec0::2", &c->vhost6);
    inet_pton(AF_INET6, "fec0::3", &c->vnameserver6);
    return true;
}

/* ---- the rest ----------------------------------------------------------- */

static const char *keep(UserOptions *u, JsonObject *o, const char *key)
{
    const char *text = option_string(o, key);

    return text ? g_string_chunk_insert(u->strings, text) : NULL;
}

/* A list: of strings, or as QMP has it, of objects with "str" in them. */
static const char *list_item(JsonArray *list, guint i)
{
    JsonNode *node = json_array_get_element(list, i);

    if (JSON_NODE_HOLDS_OBJECT(node)) {
        return option_string(json_node_get_object(node), "str");
    }
    return JSON_NODE_HOLDS_VALUE(node) &&
                   json_node_get_value_type(node) == G_TYPE_STRING
               ? json_node_get_string(node) : NULL;
}

static JsonArray *get_list(JsonObject *o, const char *key)
{
    JsonNode *node = json_object_get_member(o, key);

    return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node)
                                               : NULL;
}

static void parse_search(UserOptions *u, JsonObject *o)
{
    JsonArray *list = get_list(o, "dnssearch");
    GPtrArray *names = g_ptr_array_new();

    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        const char *name = list_item(list, i);

        if (name) {
            g_ptr_array_add(names, g_strdup(name));
        }
    }
    g_ptr_array_add(names, NULL);
    u->search = (char **)g_ptr_array_free(names, FALSE);
    u->config.vdnssearch = u->search[0] ? (const char **)u->search : NULL;
}

bool user_options_parse(UserOptions *u, JsonObject *o, GError **error)
{
    SlirpConfig *c = &u->config;
    bool restricted = false, ipv4 = true, ipv6 = true;

    u->strings = g_string_chunk_new(256);
    if (!option_bool(o, "restrict", &restricted, error) ||
        !option_bool(o, "ipv4", &ipv4, error) ||
        !option_bool(o, "ipv6", &ipv6, error) || !parse_network(u, o, error)) {
        return false;
    }
    /* Asking for one of them alone turns the other off. */
    if (json_object_has_member(o, "ipv4") &&
        !json_object_has_member(o, "ipv6")) {
        ipv6 = !ipv4;
    } else if (json_object_has_member(o, "ipv6") &&
               !json_object_has_member(o, "ipv4")) {
        ipv4 = !ipv6;
    }
    c->version = 4;
    c->restricted = restricted;
    c->in_enabled = ipv4;
    c->in6_enabled = ipv6;
    c->vhostname = keep(u, o, "hostname");
    c->vdomainname = keep(u, o, "domainname");
    c->tftp_path = keep(u, o, "tftp");
    c->bootfile = keep(u, o, "bootfile");
    c->tftp_server_name = keep(u, o, "tftp-server-name");
    parse_search(u, o);
    return parse_addresses(u, o, error);
}

void user_options_clear(UserOptions *u)
{
    g_clear_pointer(&u->strings, g_string_chunk_free);
    g_clear_pointer(&u->search, g_strfreev);
}

char *user_options_describe(const UserOptions *u)
{
    char text[INET_ADDRSTRLEN];

    inet_ntop(AF_INET, &u->config.vnetwork, text, sizeof(text));
    return g_strdup_printf("%s/%d", text,
                           __builtin_popcount(u->config.vnetmask.s_addr));
}

/* ---- forwarding --------------------------------------------------------- */

static bool parse_port(const char *text, uint64_t minimum, int *ret)
{
    uint64_t port;

    if (!option_parse_uint(text, &port) || port > 65535 || port < minimum) {
        return false;
    }
    *ret = port;
    return true;
}

/* "[ADDR]:PORT"; an empty address is the one given. */
static bool parse_end(const char *text, struct in_addr fallback,
                      uint64_t minimum, struct in_addr *ret_addr,
                      int *ret_port)
{
    char **parts = g_strsplit(text, ":", 2);
    bool ok = parts[0] && parts[1];

    *ret_addr = fallback;
    ok = ok && (!*parts[0] || inet_aton(parts[0], ret_addr)) &&
         parse_port(parts[1], minimum, ret_port);
    g_strfreev(parts);
    return ok;
}

static bool add_hostfwd(UserOptions *u, Slirp *slirp, const char *text,
                        GError **error)
{
    const char *rest = strchr(text, ':');
    bool udp = g_str_has_prefix(text, "udp:");
    struct in_addr any = { INADDR_ANY }, host, guest;
    int host_port, guest_port;
    char **ends;
    bool ok;

    if (!rest || (rest != text && !udp && !g_str_has_prefix(text, "tcp:"))) {
        return fail(error, "hostfwd", text,
                    "[tcp|udp]:[HOST]:PORT-[GUEST]:PORT");
    }
    ends = g_strsplit(rest + 1, "-", 2);
    ok = ends[0] && ends[1] &&
         parse_end(ends[0], any, 0, &host, &host_port) &&
         parse_end(ends[1], u->config.vdhcp_start, 1, &guest, &guest_port);
    g_strfreev(ends);
    if (!ok) {
        return fail(error, "hostfwd", text,
                    "[tcp|udp]:[HOST]:PORT-[GUEST]:PORT");
    }
    if (slirp_add_hostfwd(slirp, udp, host, host_port, guest,
                          guest_port) < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS,
                    "hostfwd '%s': the host's port cannot be had", text);
        return false;
    }
    return true;
}

static bool add_guestfwd(UserOptions *u, Slirp *slirp, const char *text,
                         GError **error)
{
    const char *command = strstr(text, "-cmd:");
    struct in_addr address;
    int port;
    char *end;
    bool ok;

    if (!command || !g_str_has_prefix(text, "tcp:")) {
        return fail(error, "guestfwd", text, "tcp:ADDR:PORT-cmd:COMMAND");
    }
    end = g_strndup(text + 4, command - text - 4);
    ok = parse_end(end, u->config.vdhcp_start, 1, &address, &port) &&
         slirp_add_exec(slirp, command + strlen("-cmd:"), &address,
                        port) >= 0;
    g_free(end);
    return ok || fail(error, "guestfwd", text, "an address of the network "
                                               "that is not in use");
}

static bool add_all(UserOptions *u, Slirp *slirp, JsonObject *o,
                    const char *key,
                    bool (*add)(UserOptions *u, Slirp *slirp,
                                const char *text, GError **error),
                    GError **error)
{
    JsonArray *list = get_list(o, key);
    const char *single = option_string(o, key);

    if (single) {
        return add(u, slirp, single, error);
    }
    for (guint i = 0; list && i < json_array_get_length(list); i++) {
        const char *text = list_item(list, i);

        if (!text) {
            return fail(error, key, "?", "a list of strings");
        }
        if (!add(u, slirp, text, error)) {
            return false;
        }
    }
    return true;
}

bool user_options_forward(UserOptions *u, Slirp *slirp, JsonObject *o,
                          GError **error)
{
    return add_all(u, slirp, o, "hostfwd", add_hostfwd, error) &&
           add_all(u, slirp, o, "guestfwd", add_guestfwd, error);
}
