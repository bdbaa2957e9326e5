/* SPDX-License-Identifier: MIT */
/*
 * qmp_client.c - talks to a monitor as a script says; for qmp_*.sh.
 *
 *     qmp_client [-t SECONDS] unix:PATH | tcp:HOST:PORT  < script
 *
 * A line of the script is
 *     > TEXT      sent, with a newline
 *     >> TEXT     sent without one; \n, \xNN and \\ are bytes
 *     < TEXT      read lines up to one that has TEXT in it
 *     = TEXT      the next line that is not an event has TEXT in it
 *     ~ TEXT      read bytes, not lines, until TEXT has come (for prompts)
 *     eof         nothing comes any more
 *     # ...       a comment
 * It tries to connect until somebody listens.  What comes is printed.  Ends
 * with 1 where it is something else, or nothing for so many seconds (30).
 */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define IN_MAX (16 << 20)

static int timeout_ms = 30000;
static int fd;
static char *in;
static size_t in_len;

static void die(const char *what, const char *text)
{
    fprintf(stderr, "qmp_client: %s: %s\n", what, text);
    exit(1);
}

/* ---- connecting --------------------------------------------------------- */

/* Until somebody listens there. */
static void connect_to(int family, const struct sockaddr *a, socklen_t len,
                       const char *name)
{
    for (int tries = 0; tries < timeout_ms / 20; tries++) {
        fd = socket(family, SOCK_STREAM, 0);
        if (connect(fd, a, len) == 0) {
            return;
        }
        close(fd);
        poll(NULL, 0, 20);
    }
    die(name, strerror(errno));
}

static void connect_unix(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };

    if (strlen(path) >= sizeof(a.sun_path)) {
        die("too long", path);
    }
    strcpy(a.sun_path, path);
    connect_to(AF_UNIX, (struct sockaddr *)&a, sizeof(a), path);
}

static void connect_tcp(char *host)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *a;
    char *port = strrchr(host, ':');

    if (!port) {
        die("expected HOST:PORT", host);
    }
    *port++ = '\0';
    if (getaddrinfo(host, port, &hints, &a)) {
        die("no such host", host);
    }
    connect_to(a->ai_family, a->ai_addr, a->ai_addrlen, host);
    freeaddrinfo(a);
}

/* ---- reading ------------------------------------------------------------ */

/* False: the end. */
static bool fill(const char *wanted)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    ssize_t n;

    if (in_len + 65536 > IN_MAX) {
        die("too much came before", wanted);
    }
    if (poll(&p, 1, timeout_ms) <= 0) {
        die("nothing comes; waited for", wanted);
    }
    n = read(fd, in + in_len, 65536);
    if (n <= 0) {
        return false;
    }
    in_len += (size_t)n;
    in[in_len] = '\0';
    return true;
}

static void consume(size_t n)
{
    fwrite(in, 1, n, stdout);
    in_len -= n;
    memmove(in, in + n, in_len + 1);
}

/* Whether the next line has the text in it. */
static bool next_line(const char *wanted, bool *ret_event)
{
    char *end;
    bool found;

    while (!(end = strchr(in, '\n'))) {
        if (!fill(wanted)) {
            die("the connection ended; waited for", wanted);
        }
    }
    *end = '\0';
    found = strstr(in, wanted) != NULL;
    *ret_event = strstr(in, "\"event\": ") != NULL;
    *end = '\n';
    consume((size_t)(end + 1 - in));
    return found;
}

static void read_until(const char *wanted)
{
    char *at;

    while (!(at = strstr(in, wanted))) {
        if (!fill(wanted)) {
            die("the connection ended; waited for", wanted);
        }
    }
    consume((size_t)(at - in) + strlen(wanted));
}

static void read_end(void)
{
    while (fill("the end")) {
        consume(in_len);
    }
}

/* ---- writing ------------------------------------------------------------ */

static size_t unescape(char *text)
{
    char *to = text;

    for (char *from = text; *from; from++) {
        if (from[0] == '\\' && from[1] == 'x') {
            char digits[3] = { from[2], from[2] ? from[3] : 0, 0 };

            *to++ = (char)strtoul(digits, NULL, 16);
            from += 3;
        } else if (from[0] == '\\' && from[1]) {
            from++;
            *to++ = *from == 'n' ? '\n' : *from == 'r' ? '\r' : *from;
        } else {
            *to++ = *from;
        }
    }
    return (size_t)(to - text);
}

static void write_all(const char *text, size_t len)
{
    while (len) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);

        if (n < 0) {
            die("cannot send", strerror(errno));
        }
        text += n;
        len -= (size_t)n;
    }
}

/* ---- the script --------------------------------------------------------- */

/* It has room for one more byte. */
static void run(char *line)
{
    bool event;

    if (!strncmp(line, ">> ", 3)) {
        size_t n = unescape(line + 3);

        write_all(line + 3, n);
    } else if (!strncmp(line, "> ", 2)) {
        size_t n = strlen(line);

        /* At once: after the last bracket the other end may be gone. */
        line[n] = '\n';
        write_all(line + 2, n - 1);
    } else if (!strncmp(line, "< ", 2)) {
        while (!next_line(line + 2, &event)) {
        }
    } else if (!strncmp(line, "= ", 2)) {
        bool found;

        do {
            found = next_line(line + 2, &event);
        } while (event);
        if (!found) {
            die("the answer is another; expected", line + 2);
        }
    } else if (!strncmp(line, "~ ", 2)) {
        read_until(line + 2);
    } else if (!strcmp(line, "eof")) {
        read_end();
    } else if (*line && *line != '#') {
        die("no such line", line);
    }
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;

    in = calloc(1, IN_MAX + 1);
    if (argc == 4 && !strcmp(argv[1], "-t")) {
        timeout_ms = 1000 * atoi(argv[2]);
        argv += 2;
        argc -= 2;
    }
    if (argc != 2 || timeout_ms <= 0 || !in) {
        die("usage", "qmp_client [-t SECONDS] unix:PATH|tcp:HOST:PORT");
    }
    if (!strncmp(argv[1], "unix:", 5)) {
        connect_unix(argv[1] + 5);
    } else if (!strncmp(argv[1], "tcp:", 4)) {
        connect_tcp(argv[1] + 4);
    } else {
        die("expected unix: or tcp:", argv[1]);
    }
    while ((n = getline(&line, &size, stdin)) >= 0) {
        if (n && line[n - 1] == '\n') {
            line[n - 1] = '\0';
            run(line);
        }
        fflush(stdout);
    }
    free(line);
    free(in);
    close(fd);
    return 0;
}
