/* SPDX-License-Identifier: MIT */
/* See virtqueue.h. */
#include "virtqueue.h"

#define MAGIC 0x000
#define VERSION 0x004
#define DEVICE_ID 0x008
#define DEVICE_FEATURES 0x010
#define DEVICE_FEATURES_SEL 0x014
#define DRIVER_FEATURES 0x020
#define DRIVER_FEATURES_SEL 0x024
#define QUEUE_SEL 0x030
#define QUEUE_NUM_MAX 0x034
#define QUEUE_NUM 0x038
#define QUEUE_READY 0x044
#define QUEUE_NOTIFY 0x050
#define INTERRUPT_STATUS 0x060
#define INTERRUPT_ACK 0x064
#define STATUS 0x070
#define QUEUE_DESC 0x080
#define QUEUE_DRIVER 0x090
#define QUEUE_DEVICE 0x0a0

#define STATUS_ACKNOWLEDGE 1
#define STATUS_DRIVER 2
#define STATUS_DRIVER_OK 4
#define STATUS_FEATURES_OK 8
#define STATUS_NEEDS_RESET 64

#define NO_INTERRUPT 1
#define NO_NOTIFY 1

uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    return *state = x;
}

/* ---- device ---- */

bool vd_find(uint32_t device_id, unsigned index, struct dtb_node *node)
{
    for (unsigned i = 0; dtb_find("virtio,mmio", i, node); i++) {
        if (read32(node->reg + MAGIC) != 0x74726976 ||
            read32(node->reg + DEVICE_ID) != device_id || index--) {
            continue;
        }
        if (read32(node->reg + VERSION) != 2) {
            fail("virtio-mmio version %u at 0x%lx, not the modern 2 "
                 "(-global virtio-mmio.force-legacy=false?)",
                 read32(node->reg + VERSION), node->reg);
        }
        return true;
    }
    return false;
}

void vd_reset(uint64_t device)
{
    uint64_t end = time_now() + 10 * dtb_timebase();

    write32(device + STATUS, 0);
    while (read32(device + STATUS) != 0) {
        if (time_now() > end) {
            fail("the device at 0x%lx does not reset", device);
        }
    }
    write32(device + STATUS, STATUS_ACKNOWLEDGE);
    write32(device + STATUS, STATUS_ACKNOWLEDGE | STATUS_DRIVER);
}

uint64_t vd_features(uint64_t device)
{
    uint64_t features;

    write32(device + DEVICE_FEATURES_SEL, 1);
    features = (uint64_t)read32(device + DEVICE_FEATURES) << 32;
    write32(device + DEVICE_FEATURES_SEL, 0);
    return features | read32(device + DEVICE_FEATURES);
}

bool vd_accept(uint64_t device, uint64_t features)
{
    uint32_t status = STATUS_ACKNOWLEDGE | STATUS_DRIVER | STATUS_FEATURES_OK;

    write32(device + DRIVER_FEATURES_SEL, 0);
    write32(device + DRIVER_FEATURES, (uint32_t)features);
    write32(device + DRIVER_FEATURES_SEL, 1);
    write32(device + DRIVER_FEATURES, (uint32_t)(features >> 32));
    write32(device + STATUS, status);
    return read32(device + STATUS) == status;
}

void vd_ready(uint64_t device)
{
    write32(device + STATUS, read32(device + STATUS) | STATUS_DRIVER_OK);
}

uint32_t vd_interrupts(uint64_t device)
{
    uint32_t status = read32(device + INTERRUPT_STATUS);

    write32(device + INTERRUPT_ACK, status);
    return status;
}

/* ---- rings ---- */

unsigned vq_size_max(uint64_t device, unsigned number)
{
    unsigned size;

    write32(device + QUEUE_SEL, number);
    size = read32(device + QUEUE_NUM_MAX);
    return size < RING_MAX ? size : RING_MAX;
}

static void set_address(uint64_t reg, const volatile void *p)
{
    write32(reg, (uint32_t)(uint64_t)p);
    write32(reg + 4, (uint32_t)((uint64_t)p >> 32));
}

void vq_init(struct queue *q, uint64_t device, unsigned number, unsigned size,
             bool event_idx)
{
    memset(q->table, 0, sizeof(q->table));
    memset(&q->avail, 0, sizeof(q->avail));
    memset(&q->used, 0, sizeof(q->used));
    q->device = device;
    q->number = number;
    q->size = size;
    q->event_idx = event_idx;
    q->last_used = q->next_avail = 0;
    q->free_count = size;
    q->random = 0x9e3779b97f4a7c15 * (number + 1);
    for (unsigned i = 0; i < size; i++) {
        q->free[i] = (uint16_t)i;
        q->owner[i] = NULL;
    }
    vq_want_interrupt(q, 0);
    write32(device + QUEUE_SEL, number);
    if (read32(device + QUEUE_READY) != 0) {
        fail("queue %u is ready after a reset", number);
    }
    write32(device + QUEUE_NUM, size);
    set_address(device + QUEUE_DESC, q->table);
    set_address(device + QUEUE_DRIVER, &q->avail);
    set_address(device + QUEUE_DEVICE, &q->used);
    write32(device + QUEUE_READY, 1);
    if (read32(device + QUEUE_READY) != 1) {
        fail("queue %u does not get ready", number);
    }
}

/* Behind the used ring's last element, wherever that is for this size. */
static volatile uint16_t *avail_event(struct queue *q)
{
    return (volatile uint16_t *)((uint8_t *)&q->used + 4 + 8 * q->size);
}

static volatile uint16_t *used_event(struct queue *q)
{
    return (volatile uint16_t *)((uint8_t *)&q->avail + 4 + 2 * q->size);
}

/* Any free descriptor: chains are to be scattered over the table. */
static uint16_t take_free(struct queue *q)
{
    unsigned i = (unsigned)(next_random(&q->random) % q->free_count);
    uint16_t id = q->free[i];

    q->free[i] = q->free[--q->free_count];
    return id;
}

static void fill(struct descriptor *d, const struct segment *s, bool last,
                 uint16_t next)
{
    d->address = (uint64_t)s->start;
    d->length = s->length;
    d->flags = (uint16_t)((s->device_writes ? FLAG_WRITE : 0) |
                          (last ? 0 : FLAG_NEXT));
    d->next = last ? 0 : next;
}

static uint16_t add_indirect(struct queue *q, const struct segment *segments,
                             unsigned count)
{
    uint16_t head = take_free(q);
    struct descriptor *table = q->indirect[head];

    for (unsigned i = 0; i < count; i++) {
        fill(&table[i], &segments[i], i + 1 == count, (uint16_t)(i + 1));
    }
    q->table[head] = (struct descriptor){
        (uint64_t)table, (uint32_t)(count * sizeof(*table)), FLAG_INDIRECT, 0};
    return head;
}

static uint16_t add_direct(struct queue *q, const struct segment *segments,
                           unsigned count)
{
    uint16_t head = take_free(q), now = head;

    for (unsigned i = 0; i < count; i++) {
        bool last = i + 1 == count;
        uint16_t next = last ? 0 : take_free(q);

        fill(&q->table[now], &segments[i], last, next);
        now = next;
    }
    return head;
}

bool vq_add(struct queue *q, const struct segment *segments, unsigned count,
            bool indirect, void *owner)
{
    uint16_t head;

    if (q->free_count < (indirect ? 1 : count)) {
        return false;
    }
    head = indirect ? add_indirect(q, segments, count)
                    : add_direct(q, segments, count);
    if (q->owner[head]) {
        fail("descriptor %u of queue %u is in use", head, q->number);
    }
    q->owner[head] = owner;
    q->avail.ring[q->next_avail % q->size] = head;
    q->next_avail++;
    return true;
}

void vq_kick(struct queue *q)
{
    volatile uint16_t *index = &q->avail.index;
    uint16_t old = *index;
    bool kick;

    /* the device reads entries after the index: write them before it */
    __asm__ volatile("fence w, w" ::: "memory");
    *index = q->next_avail;
    /* its wish is read after the index is there to be seen */
    fence();
    if (q->event_idx) {
        kick = (uint16_t)(q->next_avail - *avail_event(q) - 1) <
               (uint16_t)(q->next_avail - old);
    } else {
        kick = !(*(volatile uint16_t *)&q->used.flags & NO_NOTIFY);
    }
    if (kick) {
        q->kicks++;
        write32(q->device + QUEUE_NOTIFY, q->number);
    } else {
        q->kicks_saved++;
    }
}

void *vq_take(struct queue *q, uint32_t *length)
{
    uint16_t index = *(volatile uint16_t *)&q->used.index;
    uint32_t id;
    void *owner;

    if ((uint16_t)(index - q->last_used) > q->size) {
        fail("queue %u: used index %u, %u taken, size %u", q->number, index,
             q->last_used, q->size);
    }
    if (index == q->last_used) {
        return NULL;
    }
    __asm__ volatile("fence r, rw" ::: "memory");
    id = q->used.ring[q->last_used % q->size].id;
    *length = q->used.ring[q->last_used % q->size].length;
    if (id >= q->size || !q->owner[id]) {
        fail("queue %u: used element %u has id %u, which is not in use",
             q->number, q->last_used, id);
    }
    owner = q->owner[id];
    q->owner[id] = NULL;
    q->last_used++;
    for (uint16_t i = (uint16_t)id;;) {
        struct descriptor *d = &q->table[i];

        q->free[q->free_count++] = i;
        if (!(d->flags & FLAG_NEXT)) {
            break;
        }
        i = d->next;
    }
    return owner;
}

void vq_want_interrupt(struct queue *q, unsigned more)
{
    if (q->event_idx) {
        *used_event(q) = (uint16_t)(q->last_used + (more ? more : 0x8000) - 1);
    } else {
        *(volatile uint16_t *)&q->avail.flags = more ? 0 : NO_INTERRUPT;
    }
    fence();
}
