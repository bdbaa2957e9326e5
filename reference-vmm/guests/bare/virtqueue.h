/* SPDX-License-Identifier: MIT */
/*
 * The driver's side of a modern virtio-mmio device and its split rings
 * (virtio 1.2: 4.2.2, 2.7).  A queue belongs to one hart; the device to the
 * boot hart, except for notifications.
 */
#ifndef BARE_VIRTQUEUE_H
#define BARE_VIRTQUEUE_H

#include "runtime.h"

#define F_INDIRECT (1ul << 28)
#define F_EVENT_IDX (1ul << 29)
#define F_VERSION_1 (1ul << 32)

#define RING_MAX 256
#define CHAIN_MAX 8
#define FLAG_NEXT 1
#define FLAG_WRITE 2
#define FLAG_INDIRECT 4

struct descriptor {
    uint64_t address;
    uint32_t length;
    uint16_t flags, next;
};

struct avail_ring {
    uint16_t flags, index, ring[RING_MAX + 1]; /* last: used_event */
};

struct used_ring {
    uint16_t flags, index;
    struct {
        uint32_t id, length;
    } ring[RING_MAX];
    uint16_t event; /* avail_event, for RING_MAX only: see avail_event() */
};

struct queue {
    struct descriptor table[RING_MAX] __attribute__((aligned(4096)));
    struct avail_ring avail __attribute__((aligned(4096)));
    struct used_ring used __attribute__((aligned(4096)));
    struct descriptor indirect[RING_MAX][CHAIN_MAX];
    uint64_t device; /* registers */
    uint64_t random; /* state of the generator */
    uint64_t kicks, kicks_saved;
    void *owner[RING_MAX]; /* by head: what vq_add() was given */
    uint16_t free[RING_MAX];
    unsigned free_count;
    unsigned number, size;
    uint16_t last_used, next_avail;
    bool event_idx;
};

struct segment {
    void *start;
    uint32_t length;
    bool device_writes;
};

uint64_t next_random(uint64_t *state);

/* Registers.  vd_reset() ends with ACKNOWLEDGE and DRIVER set. */
bool vd_find(uint32_t device_id, unsigned index, struct dtb_node *node);
void vd_reset(uint64_t device);
uint64_t vd_features(uint64_t device);
/* False when the device refuses them. */
bool vd_accept(uint64_t device, uint64_t features);
void vd_ready(uint64_t device);
/* Reads and acknowledges the interrupt status. */
uint32_t vd_interrupts(uint64_t device);

/* The largest size the device takes, at most RING_MAX; 0 = no such queue. */
unsigned vq_size_max(uint64_t device, unsigned number);
void vq_init(struct queue *q, uint64_t device, unsigned number, unsigned size,
             bool event_idx);
/*
 * Offers a chain to the device, as a table of its own when @indirect.  False
 * when there are not enough descriptors.  Does not notify.
 */
bool vq_add(struct queue *q, const struct segment *segments, unsigned count,
            bool indirect, void *owner);
/* Notifies the device when it wants to know. */
void vq_kick(struct queue *q);
/* The owner of a chain that the device has used, NULL when there is none. */
void *vq_take(struct queue *q, uint32_t *length);
/* Interrupt after @more used chains from now (0 = never). */
void vq_want_interrupt(struct queue *q, unsigned more);

#endif
