/* SPDX-License-Identifier: MIT */
/*
 * A guest is hostile: whatever it writes to the registers of virtio devices,
 * to their rings and to the memory round them, in whatever order with stops,
 * resets, saved states and memory that comes and goes, no device does more
 * harm than to break until its reset.  After each input every device is
 * reset and must work again.
 *
 * An input is a list of operations, each a byte and its arguments (see run()).
 * One machine serves all inputs; its devices are, from slot 0 on:
 *
 *     0 disk              2 network card     4 entropy
 *     1 disk that fails   3 console, ports
 *
 *     mkdir -p found
 *     fuzz_virtqueue -max_len=4096 found tests/fuzz/corpus/virtqueue
 */
#include "base/main_loop.h"
#include "base/option.h"
#include "base/rcu.h"
#include "block/block_backend.h"
#include "block/qapi.h"
#include "hw/chardev/chardev.h"
#include "hw/chardev/ringbuf.h"
#include "hw/drive.h"
#include "hw/machine.h"
#include "hw/net/net.h"
#include "hw/virtio/virtio.h"
#include <string.h>

#define RAM UINT64_C(0x80000000)
#define RAM_SIZE (UINT64_C(4) << 20)
#define EXTRA UINT64_C(0x60000000) /* memory that comes and goes */
#define EXTRA_SIZE 65536
#define N_DEVICES 5
#define N_QUEUES 6
#define RING 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct Input {
    const uint8_t *at, *end;
} Input;

static Machine *m;
static MemoryRegion extra;
static NetClient *outside;
static unsigned inputs;
static unsigned loads; /* of this input: they take long */

static void require(bool condition, const char *what)
{
    if (!condition) {
        g_printerr("fuzz_virtqueue: %s\n", what);
        abort();
    }
}

/* ---- the machine -------------------------------------------------------- */

static void GS_FN add_device(const char *text)
{
    GError *error = NULL;
    JsonObject *o = option_parse(text, "driver", NULL, &error);

    require(o && device_add(m, o, &error), error ? error->message : text);
    json_object_unref(o);
}

static void GS_FN add_disk(const char *json)
{
    GError *error = NULL;
    JsonNode *node = json_from_string(json, &error);

    require(node && qmp_blockdev_add(json_node_get_object(node), &error),
            error ? error->message : json);
    json_node_unref(node);
}

static bool nobody_can_receive(void *opaque)
{
    return true;
}

static bool nobody_receives(void *opaque, const struct iovec *iov, int n)
{
    return true;
}

static void GS_FN add_net(void)
{
    static const NetFrontend nobody = { .can_receive = nobody_can_receive,
                                        .receive = nobody_receives };

    for (int i = 0; i < 2; i++) {
        g_autofree char *text = g_strdup_printf("hubport,hubid=0,id=n%d", i);
        JsonObject *o = netdev_parse(text, NULL);

        outside = netdev_new(o, NULL);
        require(outside != NULL, "no hub");
        json_object_unref(o);
    }
    netdev_attach(outside, &nobody, NULL);
}

static void GS_FN add_chardev(const char *id, const char *backend)
{
    JsonObject *o = json_object_new();

    json_object_set_string_member(o, "backend", backend);
    json_object_set_string_member(o, "id", id);
    require(chardev_new(o, NULL) != NULL, "no chardev");
    json_object_unref(o);
}

static void start_machine(void) NO_TSA;
static void start_machine(void)
{
    MachineConfig config = { .type = "virt", .accel = "qtest", .n_cpus = 1,
                             .ram_size = RAM_SIZE };
    GError *error = NULL;

    vm_rcu_init();
    vm_thread_enter_role(VM_ROLE_MAIN_LOOP);
    bql_lock();
    require(main_loop_init(NULL), "no main loop");
    bdrv_init();
    drive_report_errors();
    add_disk("{\"driver\": \"null-co\", \"node-name\": \"good\", \"size\": "
             "1048576, \"read-zeroes\": true}");
    add_disk("{\"driver\": \"blkdebug\", \"node-name\": \"bad\", \"image\": "
             "{\"driver\": \"null-co\", \"size\": 1048576}, \"inject-error\": "
             "[{\"event\": \"none\", \"iotype\": \"write\", \"errno\": 28, "
             "\"sector\": 3}, {\"event\": \"none\", \"iotype\": \"read\", "
             "\"errno\": 5, \"sector\": 5}]}");
    add_net();
    add_chardev("c0", "null");
    add_chardev("c1", "ringbuf");
    m = machine_new(&config, &error);
    require(m != NULL, error ? error->message : "");
    machine_set_current(m);
    add_device("virtio-blk-device,drive=good,num-queues=2,queue-size=8");
    add_device("virtio-blk-device,drive=bad,werror=stop,rerror=stop");
    add_device("virtio-net-device,netdev=n0");
    add_device("virtio-serial-device");
    add_device("virtconsole,chardev=c0");
    add_device("virtserialport,chardev=c1,name=x");
    add_device("virtio-rng-device");
    require(memory_region_init_ram(&extra, "extra", EXTRA_SIZE, NULL),
            "no memory");
    memory_region_add_subregion(&m->system_memory, EXTRA, &extra);
    require(machine_ready(m, &error), error ? error->message : "");
    vm_start(m);
}

/* ---- the guest ---------------------------------------------------------- */

static uint64_t take(Input *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes && in->at < in->end; i++) {
        value |= (uint64_t)*in->at++ << 8 * i;
    }
    return value;
}

static hwaddr slot(unsigned device)
{
    return 0x10008000 - device % 8 * 0x1000;
}

static void set(unsigned device, unsigned offset, uint32_t value)
{
    address_space_st(&m->as, slot(device) + offset, 4, value,
                     MEMTXATTRS_UNSPECIFIED);
}

static uint32_t get(unsigned device, unsigned offset)
{
    uint64_t value = 0;

    address_space_ld(&m->as, slot(device) + offset, 4, &value,
                     MEMTXATTRS_UNSPECIFIED);
    return value;
}

/* Where there is memory, an end of it, a device, or nothing. */
static hwaddr some_address(Input *in)
{
    static const hwaddr places[] = {
        RAM, RAM, RAM, RAM, RAM, EXTRA, EXTRA + EXTRA_SIZE - 64,
        RAM + RAM_SIZE - 64, 0x10008000, 0x10007000, 0x10000000, 0xc000000,
        0x20000000, 0x101000, 0, UINT64_MAX - 63,
    };
    unsigned place = take(in, 1);

    return places[place % G_N_ELEMENTS(places)] + take(in, 2);
}

static hwaddr ring_base(unsigned device, unsigned queue)
{
    return RAM + 0x100000 + (device * N_QUEUES + queue) * 0x1000;
}

static void set_address(unsigned device, unsigned offset, hwaddr addr)
{
    set(device, offset, addr);
    set(device, offset + 4, addr >> 32);
}

/* As a driver does it, so that inputs get beyond it. */
static void set_up(unsigned device, uint32_t features)
{
    set(device, 0x70, 0);
    set(device, 0x70, 3);
    set(device, 0x24, 0);
    set(device, 0x14, 0);
    set(device, 0x20, get(device, 0x10) & features);
    set(device, 0x24, 1);
    set(device, 0x20, 1);
    set(device, 0x70, 11);
    for (unsigned q = 0; q < N_QUEUES; q++) {
        hwaddr base = ring_base(device, q);

        set(device, 0x30, q);
        set(device, 0x38, RING);
        set_address(device, 0x80, base);
        set_address(device, 0x90, base + 0x400);
        set_address(device, 0xa0, base + 0x800);
        address_space_set(&m->as, base, 0, 0x1000, MEMTXATTRS_UNSPECIFIED);
        set(device, 0x44, 1);
    }
    set(device, 0x70, 15);
}

static void write_desc(Input *in, hwaddr table)
{
    unsigned i = take(in, 1) % (2 * RING);
    hwaddr at = table + 16 * i;

    address_space_st(&m->as, at, 8, some_address(in), MEMTXATTRS_UNSPECIFIED);
    address_space_st(&m->as, at + 8, 4, take(in, 2), MEMTXATTRS_UNSPECIFIED);
    address_space_st(&m->as, at + 12, 2, take(in, 1), MEMTXATTRS_UNSPECIFIED);
    address_space_st(&m->as, at + 14, 2, take(in, 1), MEMTXATTRS_UNSPECIFIED);
}

static void make_available(unsigned device, unsigned queue, uint16_t head)
{
    hwaddr avail = ring_base(device, queue) + 0x400;
    uint64_t idx = 0;

    address_space_ld(&m->as, avail + 2, 2, &idx, MEMTXATTRS_UNSPECIFIED);
    address_space_st(&m->as, avail + 4 + 2 * (idx % RING), 2, head,
                     MEMTXATTRS_UNSPECIFIED);
    address_space_st(&m->as, avail + 2, 2, idx + 1, MEMTXATTRS_UNSPECIFIED);
    set(device, 0x50, queue);
}

/* ---- the world outside -------------------------------------------------- */

static void GS_FN turns(unsigned n)
{
    while (n--) {
        aio_poll(main_loop_context(), false);
    }
}

static void stop_or_start(void) NO_TSA;
static void stop_or_start(void)
{
    if (m->run_state == RUN_STATE_RUNNING) {
        vm_stop(m, RUN_STATE_PAUSED);
    } else {
        vm_start(m);
    }
}

/* A byte of the state may be another one than was saved. */
static void save_and_load(Input *in) NO_TSA;
static void save_and_load(Input *in)
{
    unsigned at = take(in, 2), change = take(in, 1);
    GError *error = NULL;
    VMStateBuffer b;

    vm_stop(m, RUN_STATE_PAUSED);
    vmstate_buffer_init(&b);
    require(machine_save(m, &b, NULL), "a machine cannot be saved");
    if (at < b.bytes->len) {
        b.bytes->data[at] ^= change;
    }
    if (!machine_load(m, &b, &error)) {
        require((change && at < b.bytes->len) ||
                    strstr(error->message, "no memory"), error->message);
        g_error_free(error);
        machine_reset(m);
    }
    vmstate_buffer_clear(&b);
    vm_start(m);
}

static void GS_FN from_outside(Input *in)
{
    uint8_t bytes[64];
    struct iovec iov = { bytes, 1 + take(in, 1) % sizeof(bytes) };

    memset(bytes, take(in, 1), sizeof(bytes));
    netdev_send(outside, &iov, 1);
    chardev_ringbuf_write(chardev_find("c1"), bytes, iov.iov_len, NULL);
}

static void GS_FN run(Input *in)
{
    unsigned device, queue;
    hwaddr at;

    switch (take(in, 1) % 13) {
    case 0: /* any register: device, offset, value */
        device = take(in, 1);
        at = take(in, 1) * 4 % 0x200;
        set(device, at, take(in, 4));
        break;
    case 1: /* any access to one */
        device = take(in, 1);
        at = slot(device) + take(in, 2) % 0x200;
        address_space_st(&m->as, at, 1u << take(in, 1) % 4, take(in, 8),
                         MEMTXATTRS_UNSPECIFIED);
        break;
    case 2: /* any memory */
        at = some_address(in);
        if (at >= EXTRA) {
            address_space_st(&m->as, at, 1u << take(in, 1) % 4, take(in, 8),
                             MEMTXATTRS_UNSPECIFIED);
        }
        break;
    case 3:
        device = take(in, 1) % N_DEVICES;
        set_up(device, take(in, 4));
        break;
    case 4: /* a descriptor: device, queue */
        device = take(in, 1) % N_DEVICES;
        write_desc(in, ring_base(device, take(in, 1) % N_QUEUES));
        break;
    case 5: /* one of an indirect table */
        write_desc(in, RAM + take(in, 1) * 16);
        break;
    case 6:
    case 7:
        device = take(in, 1) % N_DEVICES;
        queue = take(in, 1) % N_QUEUES;
        make_available(device, queue, take(in, 1) % (RING + 2));
        break;
    case 8:
        turns(1 + take(in, 1) % 8);
        break;
    case 9:
        stop_or_start();
        break;
    case 10:
        if (loads++ < 2) {
            save_and_load(in);
        }
        break;
    case 11:
        from_outside(in);
        break;
    case 12:
        memory_region_set_enabled(&extra, !extra.enabled);
        break;
    }
}

/* ---- after an input ----------------------------------------------------- */

/* The entropy device: 16 bytes, please. */
static void GS_FN expect_service(void)
{
    hwaddr base = ring_base(4, 0);
    uint64_t used = 0;

    set_up(4, 0);
    address_space_st(&m->as, base, 8, RAM, MEMTXATTRS_UNSPECIFIED);
    address_space_st(&m->as, base + 8, 8, 16 | (uint64_t)2 << 32,
                     MEMTXATTRS_UNSPECIFIED);
    make_available(4, 0, 0);
    for (unsigned i = 0; i < 1000 && used != 1; i++) {
        turns(1);
        address_space_ld(&m->as, base + 0x802, 2, &used,
                         MEMTXATTRS_UNSPECIFIED);
    }
    require(used == 1, "a device does not work after its reset");
}

static void finish_input(void) NO_TSA;
static void finish_input(void)
{
    turns(2);
    machine_reset(m);
    for (unsigned i = 0; i < N_DEVICES; i++) {
        require(get(i, 0x70) == 0, "a device was not reset");
    }
    memory_region_set_enabled(&extra, true);
    vm_start(m);
    turns(2);
    if (m->run_state != RUN_STATE_RUNNING) {
        vm_start(m); /* a stop was under way */
    }
    expect_service();
    address_space_set(&m->as, RAM, 0, 0x20000, MEMTXATTRS_UNSPECIFIED);
    if (++inputs % 64 == 0) {
        main_loop_rcu_barrier();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) NO_TSA;
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Input in = { data, data + size };

    if (!m) {
        start_machine();
    }
    loads = 0;
    while (in.at < in.end) {
        run(&in);
    }
    finish_input();
    return 0;
}
