/* SPDX-License-Identifier: MIT */
/*
 * Serves one file by HTTP/1.0 on the loopback interface, whatever is asked
 * for, to one client at a time; prints the port first.  Ends when its
 * standard input does, or when killed.
 *
 *     http_file FILE
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define CLIENT_SECONDS 60

/* Reads until the empty line that ends the request; false when none comes. */
static bool read_request(int client)
{
    char request[8192];
    size_t length = 0;

    while (length < sizeof(request) - 1) {
        ssize_t n = read(client, request + length,
                         sizeof(request) - 1 - length);

        if (n <= 0) {
            return false;
        }
        length += (size_t)n;
        request[length] = '\0';
        if (strstr(request, "\r\n\r\n") || strstr(request, "\n\n")) {
            return strncmp(request, "GET ", 4) == 0;
        }
    }
    return false;
}

static void serve(int client, const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    struct stat stat;
    off_t offset = 0;

    if (file < 0 || fstat(file, &stat) != 0) {
        dprintf(client, "HTTP/1.0 404 Not Found\r\n\r\n");
    } else {
        dprintf(client,
                "HTTP/1.0 200 OK\r\n"
                "Content-Type: application/octet-stream\r\n"
                "Content-Length: %lld\r\n\r\n",
                (long long)stat.st_size);
        while (offset < stat.st_size &&
               sendfile(client, file, &offset,
                        (size_t)(stat.st_size - offset)) > 0) {
        }
    }
    if (file >= 0) {
        close(file);
    }
}

static int listen_on_loopback(unsigned *port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    socklen_t length = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, length) != 0 ||
        listen(fd, 8) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

int main(int argc, char **argv)
{
    struct timeval limit = {.tv_sec = CLIENT_SECONDS};
    struct pollfd fds[2];
    unsigned port;

    if (argc != 2) {
        fprintf(stderr, "usage: http_file FILE\n");
        return 2;
    }
    signal(SIGPIPE, SIG_IGN);
    fds[0] = (struct pollfd){listen_on_loopback(&port), POLLIN, 0};
    fds[1] = (struct pollfd){STDIN_FILENO, POLLIN, 0};
    if (fds[0].fd < 0) {
        fprintf(stderr, "http_file: %s\n", strerror(errno));
        return 1;
    }
    printf("%u\n", port);
    fflush(stdout);
    for (;;) {
        char ignored[64];

        poll(fds, 2, -1);
        if (fds[1].revents &&
            read(STDIN_FILENO, ignored, sizeof(ignored)) <= 0) {
            return 0;
        }
        if (fds[0].revents) {
            int client = accept4(fds[0].fd, NULL, NULL, SOCK_CLOEXEC);

            if (client < 0) {
                continue;
            }
            setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
            setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
            if (read_request(client)) {
                serve(client, argv[1]);
            }
            shutdown(client, SHUT_WR);
            close(client);
        }
    }
}
