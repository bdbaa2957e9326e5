/* SPDX-License-Identifier: MIT */
/*
 * Virtio hammer: drives a virtio-blk device on virtio-mmio in every way that
 * the split ring allows.  All its queues at once (one hart may drive
 * several), with and without indirect descriptors and event indices, small
 * and large rings, chains cut at random, indices going round 65536,
 * interrupts wanted, not wanted and delayed.  Each slot of a queue owns some
 * sectors and knows what must be in them.
 *
 * Arguments: ops=1000 requests a queue and configuration; wrap=66000
 * requests on the smallest ring (0: leave that out).  The disk is
 * overwritten; it needs at least 1 MiB.
 */
#include "virtqueue.h"

const char payload_name[] = "virtio_blk";

#define BLK_RO (1ul << 5)
#define BLK_FLUSH (1ul << 9)
#define BLK_MQ (1ul << 12)
#define BLK_DISCARD (1ul << 13)
#define BLK_WRITE_ZEROES (1ul << 14)

#define T_IN 0
#define T_OUT 1
#define T_FLUSH 4
#define T_GET_ID 8
#define T_DISCARD 11
#define T_WRITE_ZEROES 13
#define S_OK 0
#define S_IOERR 1
#define S_UNSUPPORTED 2

#define SECTOR 512
#define QUEUES 8
#define SLOTS 16
#define SLOT_SECTORS_MAX 64
#define REQUEST_SECTORS 16
#define UNKNOWN 0
#define ZEROES 0xffff

struct slot {
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } header;
    struct {
        uint64_t sector;
        uint32_t count, flags;
    } range;
    uint8_t data[REQUEST_SECTORS * SECTOR + 8] __attribute__((aligned(16)));
    uint8_t *status;
    uint64_t first;                       /* sector of the range it owns */
    uint16_t generation[SLOT_SECTORS_MAX]; /* what was written last */
    uint32_t at, count;                   /* of the request, in the range */
    uint32_t expect_length;
    uint8_t expect_status;
    bool busy;
};

static struct queue queues[QUEUES];
static struct slot slots[QUEUES][SLOTS];
static uint64_t device, features, capacity;
static unsigned queue_count, harts, source;
static uint32_t slot_sectors;
static uint64_t requests_done;
static uint64_t ops;

/* ---- contents ---- */

static uint64_t word_of(uint64_t sector, unsigned generation, unsigned word)
{
    return (sector << 32 | generation << 8 | word) * 0x9e3779b97f4a7c15;
}

static void fill_sector(uint8_t *to, uint64_t sector, unsigned generation)
{
    for (unsigned i = 0; i < SECTOR / 8; i++) {
        ((uint64_t *)to)[i] = word_of(sector, generation, i);
    }
}

static void verify_sector(const struct slot *s, uint32_t index)
{
    unsigned generation = s->generation[s->at + index];
    const uint64_t *data = (const uint64_t *)(s->data + index * SECTOR);
    uint64_t sector = s->first + s->at + index;

    for (unsigned i = 0; i < SECTOR / 8 && generation != UNKNOWN; i++) {
        uint64_t want =
            generation == ZEROES ? 0 : word_of(sector, generation, i);

        if (data[i] != want) {
            fail("sector %lu, word %u: 0x%lx instead of 0x%lx", sector, i,
                 data[i], want);
        }
    }
}

/* ---- requests ---- */

/* Cuts @length bytes into at most @room segments, at random places. */
static unsigned cut(struct queue *q, struct segment *to, unsigned room,
                    uint8_t *start, uint32_t length, bool device_writes)
{
    unsigned n = 0;

    while (length) {
        uint32_t part = length;

        if (n + 1 < room && length > 1 && next_random(&q->random) % 3) {
            part = 1 + (uint32_t)(next_random(&q->random) % (length - 1));
        }
        to[n++] = (struct segment){start, part, device_writes};
        start += part;
        length -= part;
    }
    return n;
}

/* Header, data as T_IN or T_OUT want it, status; false: ring full. */
static bool submit(struct queue *q, struct slot *s, uint32_t type,
                   uint64_t sector, uint8_t *data, uint32_t length)
{
    bool in = type == T_IN || type == T_GET_ID;
    bool indirect =
        (features & F_INDIRECT) && next_random(&q->random) % 4 != 0;
    struct segment seg[CHAIN_MAX];
    unsigned n;

    s->header.type = type;
    s->header.reserved = 0;
    s->header.sector = sector;
    s->expect_length = in ? length + 1 : 1;
    s->expect_status = S_OK;
    /* the status byte right behind the data, perhaps in one segment */
    s->status = (uint8_t *)&s->data[REQUEST_SECTORS * SECTOR];
    n = cut(q, seg, 2, (uint8_t *)&s->header, sizeof(s->header), false);
    if (in) {
        s->status = data + length;
        n += cut(q, seg + n, CHAIN_MAX - n, data, length + 1, true);
    } else {
        n += cut(q, seg + n, CHAIN_MAX - 1 - n, data, length, false);
        seg[n++] = (struct segment){s->status, 1, true};
    }
    *s->status = 0xee;
    s->busy = vq_add(q, seg, n, indirect, s);
    return s->busy;
}

static bool submit_random(struct queue *q, struct slot *s)
{
    uint64_t dice = next_random(&q->random) % 100;
    uint64_t sector;
    uint32_t type, length;
    bool out;

    s->count = 1 + (uint32_t)(next_random(&q->random) % REQUEST_SECTORS);
    if (s->count > slot_sectors) {
        s->count = slot_sectors;
    }
    s->at =
        (uint32_t)(next_random(&q->random) % (slot_sectors - s->count + 1));
    sector = s->first + s->at;
    length = s->count * SECTOR;
    if (dice < 4 && features & BLK_FLUSH) {
        return submit(q, s, T_FLUSH, 0, s->data, 0);
    }
    if (dice < 6) {
        return submit(q, s, T_GET_ID, 0, s->data, 20);
    }
    if ((dice < 9 && features & BLK_WRITE_ZEROES) ||
        (dice < 11 && features & BLK_DISCARD)) {
        type = dice < 9 && features & BLK_WRITE_ZEROES ? T_WRITE_ZEROES
                                                       : T_DISCARD;
        s->range.sector = sector;
        s->range.count = s->count;
        s->range.flags = 0;
        return submit(q, s, type, 0, (uint8_t *)&s->range, sizeof(s->range));
    }
    out = dice < 50;
    for (uint32_t i = 0; out && i < s->count; i++) {
        /* not yet valid: complete() stores the new generation */
        unsigned g = (s->generation[s->at + i] + 1u) % 0xfffe + 1;
        fill_sector(s->data + i * SECTOR, sector + i, g);
    }
    return submit(q, s, out ? T_OUT : T_IN, sector, s->data, length);
}

static void complete(struct queue *q, struct slot *s, uint32_t length)
{
    if (*s->status != s->expect_status) {
        fail("queue %u: request type %u, sector %lu: status %u, not %u",
             q->number, s->header.type, s->header.sector, *s->status,
             s->expect_status);
    }
    if (s->expect_status == S_OK && length != s->expect_length) {
        fail("queue %u: request type %u: used length %u, not %u", q->number,
             s->header.type, length, s->expect_length);
    }
    for (uint32_t i = 0; i < s->count && s->expect_status == S_OK; i++) {
        uint16_t *g = &s->generation[s->at + i];

        switch (s->header.type) {
        case T_IN:
            verify_sector(s, i);
            break;
        case T_OUT:
            *g = (uint16_t)((*g + 1u) % 0xfffe + 1);
            break;
        case T_WRITE_ZEROES:
            *g = ZEROES;
            break;
        case T_DISCARD:
            *g = UNKNOWN;
            break;
        }
    }
    s->busy = false;
    __atomic_fetch_add(&requests_done, 1, __ATOMIC_RELAXED);
}

/* Takes what the device has used; returns how many. */
static unsigned reap(struct queue *q)
{
    uint32_t length;
    struct slot *s;
    unsigned n = 0;

    while ((s = vq_take(q, &length)) != NULL) {
        complete(q, s, length);
        n++;
    }
    return n;
}

/* Until at least @count requests of the queue have come back. */
static void await(struct queue *q, unsigned count)
{
    uint64_t end = time_now() + 20 * dtb_timebase();

    for (unsigned n = 0; n < count;) {
        n += reap(q);
        if (time_now() > end) {
            fail("queue %u: %u of %u requests did not come back; avail %u, "
                 "used %u, taken %u",
                 q->number, count - n, count, q->avail.index, q->used.index,
                 q->last_used);
        }
    }
}

/* ---- phases ---- */

static void set_up(uint64_t wanted, unsigned size)
{
    vd_reset(device);
    features = vd_features(device) & (wanted | F_VERSION_1 | BLK_FLUSH |
                                      BLK_MQ | BLK_DISCARD | BLK_WRITE_ZEROES);
    if (!vd_accept(device, features)) {
        fail("the device refuses features 0x%lx", features);
    }
    for (unsigned i = 0; i < queue_count; i++) {
        unsigned max = vq_size_max(device, i);

        if (max == 0) {
            fail("the device has no queue %u", i);
        }
        vq_init(&queues[i], device, i, size && size < max ? size : max,
                features & F_EVENT_IDX);
    }
    vd_ready(device);
}

static void hammer_queue_step(struct queue *q, uint64_t *left,
                              unsigned *outstanding)
{
    struct slot *mine = slots[q->number];
    unsigned batch = 1 + (unsigned)(next_random(&q->random) % 6);

    for (unsigned i = 0; i < SLOTS && batch && *left; i++) {
        if (!mine[i].busy && submit_random(q, &mine[i])) {
            batch--;
            (*left)--;
            (*outstanding)++;
        }
    }
    vq_kick(q);
    if (*left == 0 || next_random(&q->random) % 4 == 0) {
        /* now and then the ring runs dry, so that the device must be told */
        await(q, *outstanding);
        *outstanding = 0;
    } else {
        *outstanding -= reap(q);
    }
}

static void hammer(void *argument)
{
    uint64_t left[QUEUES] = {0};
    unsigned outstanding[QUEUES] = {0};
    bool more = true;

    (void)argument;
    for (unsigned i = 0; i < queue_count; i++) {
        left[i] = i % harts == hart_id() ? ops : 0;
    }
    while (more) {
        more = false;
        for (unsigned i = 0; i < queue_count; i++) {
            if (left[i] || outstanding[i]) {
                hammer_queue_step(&queues[i], &left[i], &outstanding[i]);
                more = true;
            }
        }
    }
}

static void hammer_all(uint64_t wanted, unsigned size)
{
    uint64_t kicks = 0, saved = 0, before = requests_done;

    set_up(wanted, size);
    for (unsigned i = 0; i < queue_count; i++) {
        queues[i].kicks = queues[i].kicks_saved = 0;
    }
    for (unsigned i = 0; i < harts; i++) {
        if (i != boot_hart && !hart_start(i, hammer, NULL)) {
            fail("hart %u does not start", i);
        }
    }
    hammer(NULL);
    for (unsigned i = 0; i < harts; i++) {
        uint64_t end = time_now() + 120 * dtb_timebase();

        while (i != boot_hart && !hart_stopped(i)) {
            if (time_now() > end) {
                fail("hart %u does not finish", i);
            }
        }
    }
    for (unsigned i = 0; i < queue_count; i++) {
        kicks += queues[i].kicks;
        saved += queues[i].kicks_saved;
    }
    check(requests_done - before == ops * queue_count,
          "%u queues of %u%s%s: %lu requests, %lu notifications, %lu saved",
          queue_count, queues[0].size,
          features & F_INDIRECT ? ", indirect" : "",
          features & F_EVENT_IDX ? ", event index" : "",
          requests_done - before, kicks, saved);
}

/* The smallest ring, until its 16-bit indices have gone round. */
static void wrap_around(uint64_t wanted, uint64_t count)
{
    struct queue *q = &queues[0];
    struct slot *s = slots[0];

    set_up(wanted, 8);
    for (uint64_t i = 0; i < count; i += 2) {
        for (unsigned j = 0; j < 2; j++) {
            s[j].at = 0;
            s[j].count = 1;
            if (!submit(q, &s[j], T_IN, s[j].first, s[j].data, SECTOR)) {
                vq_kick(q);
                await(q, 1);
                j--;
            }
        }
        vq_kick(q);
        while (s[0].busy || s[1].busy) {
            await(q, 1);
        }
    }
    check(q->last_used == (uint16_t)count, "index goes round: %lu requests%s",
          count, features & F_EVENT_IDX ? ", event index" : "");
}

/* One request whose outcome is known. */
static void expect_status(uint32_t type, uint64_t sector, uint32_t length,
                          uint8_t status, const char *what)
{
    struct slot *s = &slots[0][0];

    s->count = 0;
    if (!submit(&queues[0], s, type, sector, s->data, length)) {
        fail("ring full for %s", what);
    }
    s->expect_status = status;
    vq_kick(&queues[0]);
    await(&queues[0], 1);
    check(true, "%s: status %u", what, status);
}

static void errors(void)
{
    set_up(0, 0);
    expect_status(0x77, 0, SECTOR, S_UNSUPPORTED, "unknown request type");
    expect_status(T_IN, capacity, SECTOR, S_IOERR, "read behind the end");
    expect_status(T_OUT, capacity - 1, 2 * SECTOR, S_IOERR,
                  "write over the end");
    expect_status(T_IN, ~0ul, SECTOR, S_IOERR, "read at the last number");
    expect_status(T_IN, 0, SECTOR, S_OK, "read after errors");
}

/* ---- interrupts ---- */

static volatile unsigned interrupts;

static void on_interrupt(unsigned irq)
{
    unsigned claimed = plic_claim(hart_id());

    (void)irq;
    if (claimed == 0) {
        return;
    }
    if (claimed != source) {
        fail("interrupt of source %u, not %u", claimed, source);
    }
    if (vd_interrupts(device) & 1) {
        interrupts++;
    }
    plic_complete(hart_id(), claimed);
}

static void submit_reads(struct queue *q, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        struct slot *s = &slots[q->number][i];

        s->at = 0;
        s->count = 1;
        if (!submit(q, s, T_IN, s->first, s->data, SECTOR)) {
            fail("ring full with %u requests", i);
        }
    }
    vq_kick(q);
}

/* With interrupts off, so that none can slip in before the wfi. */
static void sleep_until_interrupt(unsigned seen)
{
    uint64_t end = time_now() + 20 * dtb_timebase();

    while (interrupts == seen) {
        /* a wake-up in case the interrupt never comes */
        timer_set(time_now() + dtb_timebase());
        wait_for_interrupt();
        irq_on();
        irq_off();
        if (time_now() > end) {
            fail("no interrupt for a used buffer");
        }
    }
}

static void test_interrupts(uint64_t wanted)
{
    struct queue *q = &queues[queue_count - 1];
    const char *how = wanted & F_EVENT_IDX ? "event index" : "flags";
    unsigned seen, early = 0, batch = 8;

    set_up(wanted, 128);
    vd_interrupts(device);
    csr_write(CSR_IE, 1ul << IRQ_EXTERNAL | 1ul << IRQ_TIMER);
    for (unsigned i = 0; i < 200; i++) {
        seen = interrupts;
        vq_want_interrupt(q, 1);
        submit_reads(q, 1);
        sleep_until_interrupt(seen);
        await(q, 1);
    }
    check(true, "interrupts by %s: 200 requests, each waited for asleep", how);

    vq_want_interrupt(q, 0);
    vd_interrupts(device);
    irq_on();
    irq_off();
    seen = interrupts;
    for (unsigned i = 0; i < 50; i++) {
        submit_reads(q, batch);
        await(q, batch);
    }
    irq_on();
    irq_off();
    check(interrupts == seen, "interrupts by %s: %u when none is wanted", how,
          interrupts - seen);

    for (unsigned i = 0; features & F_EVENT_IDX && i < 50; i++) {
        seen = interrupts;
        vq_want_interrupt(q, batch);
        submit_reads(q, batch);
        sleep_until_interrupt(seen);
        early += (uint16_t)(*(volatile uint16_t *)&q->used.index -
                            q->last_used) < batch;
        await(q, batch);
    }
    check(early == 0, "interrupts by %s: %u before the wanted index", how,
          early);
    timer_set(UINT64_MAX);
    csr_write(CSR_IE, 0);
}

static void on_any_interrupt(unsigned irq)
{
    if (irq == IRQ_TIMER) {
        timer_set(UINT64_MAX);
    } else {
        on_interrupt(irq);
    }
}

/* ---- the whole ---- */

static void find_disk(void)
{
    struct dtb_node node;
    uint64_t offered;

    if (!vd_find(2, 0, &node)) {
        fail("there is no virtio-blk device on virtio-mmio");
    }
    device = node.reg;
    source = node.interrupt;
    vd_reset(device);
    offered = vd_features(device);
    if (!(offered & F_VERSION_1) || offered & BLK_RO) {
        fail("features 0x%lx: needs VERSION_1, not read-only", offered);
    }
    capacity = read32(device + 0x100) | (uint64_t)read32(device + 0x104) << 32;
    queue_count = 1;
    if (offered & BLK_MQ) {
        queue_count = *(volatile uint16_t *)(device + 0x100 + 34);
    }
    if (queue_count < 1 || queue_count > QUEUES) {
        print("virtio_blk: %u queues, using %u\n", queue_count, QUEUES);
        queue_count = QUEUES;
    }
    slot_sectors = SLOT_SECTORS_MAX;
    while (slot_sectors * SLOTS * queue_count > capacity) {
        slot_sectors /= 2;
    }
    if (slot_sectors < 8) {
        fail("a disk of %lu sectors is too small", capacity);
    }
    print("virtio_blk: %lu sectors, %u queues, features 0x%lx, source %u\n",
          capacity, queue_count, offered, source);
}

int payload_main(void)
{
    uint64_t wrap = dtb_argument("wrap", 66000) & ~1ul;
    static const uint64_t ways[] = {0, F_INDIRECT, F_EVENT_IDX,
                                    F_INDIRECT | F_EVENT_IDX};

    harts = hart_count();
    ops = dtb_argument("ops", 1000);
    find_disk();
    for (unsigned q = 0; q < QUEUES; q++) {
        for (unsigned i = 0; i < SLOTS; i++) {
            slots[q][i].first = (uint64_t)(q * SLOTS + i) * slot_sectors;
        }
    }
    for (unsigned i = 0; i < 4; i++) {
        hammer_all(ways[i], 0);
        hammer_all(ways[i], 8);
    }
    errors();
    irq_handler = on_any_interrupt;
    if (check(plic_init(), "there is a PLIC")) {
        plic_priority(source, 1);
        plic_threshold(hart_id(), 0);
        plic_enable(hart_id(), source, true);
        test_interrupts(0);
        test_interrupts(F_EVENT_IDX);
        plic_enable(hart_id(), source, false);
    }
    if (wrap) {
        wrap_around(0, wrap);
        wrap_around(F_INDIRECT | F_EVENT_IDX, wrap);
    }
    vd_reset(device);
    return 0;
}
