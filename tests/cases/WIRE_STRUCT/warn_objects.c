/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Addresses and padding that leave with an object. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct Stream Stream;
void qemu_put_buffer(Stream *f, const uint8_t *buf, size_t size);
int pci_dma_write(void *dev, uint64_t addr, const void *buf, uint64_t len);

typedef struct Elem {
    unsigned index;
    struct iovec_like {
        void *base;
        size_t len;
    } in_sg[4];
} Elem;

typedef struct Req {
    Elem elem;
    int kind;
} Req;

/* An element with its mappings: they mean nothing to whoever loads it. */
void save_request(Stream *f, Req *r);
void save_request(Stream *f, Req *r)
{
    qemu_put_buffer(f, (unsigned char *)&r->elem, sizeof(r->elem)); // expect: WIRE_STRUCT
}

struct header {
    uint8_t version;
    uint32_t length; /* 3 bytes before it */
    uint16_t flags;  /* 2 bytes after it */
};

void hole(void *dev, uint64_t addr);
void hole(void *dev, uint64_t addr)
{
    struct header h;

    h.version = 1;
    h.length = 0;
    h.flags = 3;
    pci_dma_write(dev, addr, &h, sizeof(h)); // expect: WIRE_STRUCT
}

int to_descriptor(int fd, uint32_t n);
int to_descriptor(int fd, uint32_t n)
{
    struct header h;

    h.version = 1;
    h.length = n;
    h.flags = 0;
    return write(fd, &h, sizeof(h)) == sizeof(h) ? 0 : -1; // expect: WIRE_STRUCT
}

typedef struct {
    uint64_t id;
    uint32_t n;
} Tail;

int tail_of_heap(FILE *f, unsigned n);
int tail_of_heap(FILE *f, unsigned n)
{
    Tail *t = malloc(n * sizeof(*t));
    int ok;

    if (!t) {
        return -1;
    }
    for (unsigned i = 0; i < n; i++) {
        t[i].id = i;
        t[i].n = n;
    }
    ok = fwrite(t, sizeof(*t), n, f) == n; // expect: WIRE_STRUCT
    free(t);
    return ok;
}

/* A helper that passes on what it is given. */
static int write_all(int fd, const void *buf, size_t len)
{
    const char *p = buf;

    while (len > 0) {
        ssize_t n = write(fd, p, len);

        if (n <= 0) {
            return -1;
        }
        p += n;
        len -= n;
    }
    return 0;
}

static int put(int fd, const void *buf, size_t len)
{
    size_t done = 0;

    while (done < len) {
        if (write_all(fd, (const char *)buf + done, len - done) == 0) {
            done = len;
        }
    }
    return 0;
}

int through_helpers(int fd);
int through_helpers(int fd)
{
    struct header h;

    h.version = 2;
    h.length = 8;
    h.flags = 0;
    return put(fd, &h, sizeof(h)); // expect: WIRE_STRUCT
}

/* One that knows the type. */
static void put_header(Stream *f, const struct header *h)
{
    qemu_put_buffer(f, (const uint8_t *)h, sizeof(*h)); // expect-low: WIRE_STRUCT
}

void typed_helper(Stream *f);
void typed_helper(Stream *f)
{
    struct header h;

    h.version = 2;
    h.length = 8;
    h.flags = 0;
    put_header(f, &h); // expect: WIRE_STRUCT
}

/* Zeroed; the address in it is still one. */
struct notice {
    void (*handler)(void *);
    uint64_t code;
};

void zeroed_but_an_address(Stream *f, void (*handler)(void *));
void zeroed_but_an_address(Stream *f, void (*handler)(void *))
{
    struct notice n;

    memset(&n, 0, sizeof(n));
    n.handler = handler;
    n.code = 4;
    qemu_put_buffer(f, (uint8_t *)&n, sizeof(n)); // expect: WIRE_STRUCT
}

void array_of_them(void *dev, unsigned n);
void array_of_them(void *dev, unsigned n)
{
    struct header h[4];

    for (unsigned i = 0; i < n; i++) {
        h[i].version = 1;
        h[i].length = i;
        h[i].flags = 0;
    }
    pci_dma_write(dev, 0, h, sizeof(h)); // expect: WIRE_STRUCT
}

struct bits {
    uint32_t kind : 3;
    uint32_t n : 28;
};

void unused_bits(void *dev);
void unused_bits(void *dev)
{
    struct bits b;

    b.kind = 1;
    b.n = 2;
    pci_dma_write(dev, 0, &b, sizeof(b)); // expect-low: WIRE_STRUCT
}

/* Ends of a pipe of its own: only within the program. */
struct worker {
    int fds[2];
};

void to_itself(struct worker *w, void *job);
void to_itself(struct worker *w, void *job)
{
    struct notice n = { .code = 1 };

    n.handler = job;
    if (write(w->fds[1], &n, sizeof(n)) < 0) { // expect-low: WIRE_STRUCT
        abort();
    }
}
