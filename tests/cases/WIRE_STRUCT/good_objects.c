/* SPDX-License-Identifier: MIT */
// profile: qemu
/* Nothing but members, or all of the memory written. */
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
int pci_dma_read(void *dev, uint64_t addr, void *buf, uint64_t len);

struct header {
    uint8_t version;
    uint32_t length;
    uint16_t flags;
};

struct __attribute__((packed)) packed {
    uint8_t version;
    uint32_t length;
    uint16_t flags;
};

struct whole {
    uint32_t length;
    uint16_t flags, kind;
    union {
        uint64_t addr;
        uint32_t words[2];
        struct {
            uint8_t a;
            uint8_t b;
        } bytes;
    } u;
    uint8_t data[];
};

void packed(void *dev);
void packed(void *dev)
{
    struct packed h;

    h.version = 1;
    h.length = 2;
    h.flags = 3;
    pci_dma_write(dev, 0, &h, sizeof(h));
}

void whole(void *dev);
void whole(void *dev)
{
    struct whole w;

    w.length = 1;
    w.flags = 0;
    w.kind = 0;
    w.u.addr = 5;
    pci_dma_write(dev, 0, &w, sizeof(w));
}

void zeroed(void *dev);
void zeroed(void *dev)
{
    struct header h;

    memset(&h, 0, sizeof(h));
    h.version = 1;
    pci_dma_write(dev, 0, &h, sizeof(h));
}

void braces(void *dev);
void braces(void *dev)
{
    struct header h = { 0 };

    h.version = 1;
    pci_dma_write(dev, 0, &h, sizeof(h));
}

static void header_init(struct header *h, uint32_t length)
{
    memset(h, 0, sizeof(*h));
    h->length = length;
}

void zeroed_by_helper(void *dev);
void zeroed_by_helper(void *dev)
{
    struct header h;

    header_init(&h, 4);
    pci_dma_write(dev, 0, &h, sizeof(h));
}

/* What came from there may go back. */
void read_and_written(void *dev);
void read_and_written(void *dev)
{
    struct header h;

    pci_dma_read(dev, 0, &h, sizeof(h));
    h.flags |= 1;
    pci_dma_write(dev, 0, &h, sizeof(h));
}

void static_storage(void *dev);
void static_storage(void *dev)
{
    static struct header h;

    h.version = 1;
    pci_dma_write(dev, 0, &h, sizeof(h));
}

int zeroed_heap(FILE *f, unsigned n);
int zeroed_heap(FILE *f, unsigned n)
{
    struct header *h = calloc(n, sizeof(*h));
    int ok;

    if (!h) {
        return -1;
    }
    h[0].version = 1;
    ok = fwrite(h, sizeof(*h), n, f) == n;
    free(h);
    return ok;
}

/* Only as far as the hole, member by member, or something else of it. */
void a_part(void *dev, struct header *h);
void a_part(void *dev, struct header *h)
{
    pci_dma_write(dev, 0, &h->version, sizeof(h->version));
    pci_dma_write(dev, 4, &h->length, sizeof(h->length));
    pci_dma_write(dev, 8, &h->flags, sizeof(h->flags));
}

struct buffer {
    size_t len;
    uint8_t *data;
};

void what_it_points_to(Stream *f, const struct buffer *b);
void what_it_points_to(Stream *f, const struct buffer *b)
{
    qemu_put_buffer(f, b->data, b->len);
}

/* Both ways: a flag says which. */
static void transfer(void *dev, void *buf, size_t len, bool out)
{
    if (out) {
        pci_dma_write(dev, 0, buf, len);
    } else {
        pci_dma_read(dev, 0, buf, len);
    }
}

uint32_t receive(void *dev);
uint32_t receive(void *dev)
{
    struct header h;

    transfer(dev, &h, sizeof(h), false);
    return h.length;
}
