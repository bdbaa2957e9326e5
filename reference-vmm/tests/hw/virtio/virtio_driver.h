/* SPDX-License-Identifier: MIT */
/*
 * virtio_driver.h - a virtio driver for tests: rings in the memory of a `virt`
 * machine without CPUs, reached through its address space as a guest does.
 *
 *     m = vt_machine();
 *     vt_device(m, "virtio-rng-device");
 *     vt_init(&v, m, 0, 0);
 *     vt_queue(&v, &q, 0, 8);
 *     vt_driver_ok(&v);
 *     vt_desc(&q, 0, buffer, 64, VRING_DESC_F_WRITE, 0);
 *     vt_avail(&q, 0);
 *     vt_kick(&q);
 *     vt_wait_used(&q, 1);
 *
 * Thread context: the initial thread, under the BQL, which is the main loop.
 */
#ifndef REFVMM_TESTS_HW_VIRTIO_DRIVER_H
#define REFVMM_TESTS_HW_VIRTIO_DRIVER_H

#include "hw_test.h"
#include "hw/virtio/virtio_mmio.h"
#include "hw/virtio/vring.h"

#define VT_RAM UINT64_C(0x80000000)
#define VT_RAM_SIZE (UINT64_C(16) << 20)
#define VT_HOLE UINT64_C(0x60000000) /* nothing is there */
#define VT_UART UINT64_C(0x10000000)

enum { /* of the transport */
    VT_MAGIC = 0x000,
    VT_VERSION = 0x004,
    VT_DEVICE_ID = 0x008,
    VT_VENDOR_ID = 0x00c,
    VT_DEVICE_FEATURES = 0x010,
    VT_DEVICE_FEATURES_SEL = 0x014,
    VT_DRIVER_FEATURES = 0x020,
    VT_DRIVER_FEATURES_SEL = 0x024,
    VT_QUEUE_SEL = 0x030,
    VT_QUEUE_NUM_MAX = 0x034,
    VT_QUEUE_NUM = 0x038,
    VT_QUEUE_READY = 0x044,
    VT_QUEUE_NOTIFY = 0x050,
    VT_ISR = 0x060,
    VT_ISR_ACK = 0x064,
    VT_STATUS = 0x070,
    VT_QUEUE_DESC = 0x080,
    VT_QUEUE_AVAIL = 0x090,
    VT_QUEUE_USED = 0x0a0,
    VT_GENERATION = 0x0fc,
    VT_CONFIG = 0x100,
};

typedef struct VtDevice {
    Machine *m;
    hwaddr base; /* of its slot */
    uint64_t features;
    hwaddr free; /* memory from here on is not in use */
} VtDevice;

typedef struct VtQueue {
    VtDevice *v;
    unsigned index, num;
    hwaddr desc, avail, used;
    uint16_t avail_idx;
} VtQueue;

/* The machine runs. */
Machine *vt_machine(void) GS_FN;
void vt_machine_end(Machine *m) DROPS(bql) GS_FN;
/* Text as after -device, -blockdev and the like. */
DeviceState *vt_device(Machine *m, const char *text) GS_FN;
void vt_blockdev(const char *json) GS_FN;
/* In the chardevs' and back ends' form; the other end is returned. */
int vt_socket_chardev(const char *id) GS_FN;
int vt_socket_netdev(const char *id) GS_FN;
void vt_socket_close(int *fd);

/* ---- transport ---------------------------------------------------------- */

/* The n-th device that was added. */
hwaddr vt_slot(unsigned n);
uint32_t vt_get(const VtDevice *v, unsigned offset);
void vt_set(const VtDevice *v, unsigned offset, uint32_t value);
uint64_t vt_offered(const VtDevice *v);
/* Up to FEATURES_OK: those wanted, and VERSION_1.  False: refused. */
bool vt_try_init(VtDevice *v, Machine *m, unsigned n, uint64_t features);
void vt_init(VtDevice *v, Machine *m, unsigned n, uint64_t features);
/* As a driver finds a device again whose state was loaded. */
void vt_driver_ok(VtDevice *v);
void vt_reset(VtDevice *v);
bool vt_broken(const VtDevice *v);
#define vt_assert_broken(v) hw_poll_until(vt_broken(v))
/* Interrupt status, acknowledged. */
uint32_t vt_take_isr(const VtDevice *v);

/* ---- rings -------------------------------------------------------------- */

hwaddr vt_alloc(VtDevice *v, size_t size); /* zeroed, page-aligned */
void vt_queue(VtDevice *v, VtQueue *q, unsigned index, unsigned num);
/* With the parts where the caller says. */
void vt_queue_at(VtDevice *v, VtQueue *q, unsigned index, unsigned num,
                 hwaddr desc, hwaddr avail, hwaddr used);
void vt_table_desc(const VtDevice *v, hwaddr table, unsigned i, hwaddr addr,
                   uint32_t len, uint16_t flags, uint16_t next);
void vt_desc(const VtQueue *q, unsigned i, hwaddr addr, uint32_t len,
             uint16_t flags, uint16_t next);
/* Makes the head available; the index counts on by itself. */
void vt_avail(VtQueue *q, uint16_t head);
void vt_set_avail_idx(VtQueue *q, uint16_t idx);
void vt_set_avail_flags(const VtQueue *q, uint16_t flags);
void vt_set_used_event(const VtQueue *q, uint16_t event);
uint16_t vt_avail_event(const VtQueue *q);
uint16_t vt_used_flags(const VtQueue *q);
uint16_t vt_used_idx(const VtQueue *q);
uint32_t vt_used_id(const VtQueue *q, uint16_t i);
uint32_t vt_used_len(const VtQueue *q, uint16_t i);
void vt_kick(const VtQueue *q);
#define vt_wait_used(q, n) \
    hw_poll_until(vt_used_idx(q) == (uint16_t)(n) || vt_broken((q)->v)); \
    assert_int_equal(vt_used_idx(q), (uint16_t)(n))
/* Turns of the main loop in which nothing is expected. */
void vt_turns(unsigned n) GS_FN;

/* ---- memory ------------------------------------------------------------- */

void vt_write(const VtDevice *v, hwaddr addr, const void *data, size_t size);
void vt_read(const VtDevice *v, hwaddr addr, void *data, size_t size);
void vt_fill(const VtDevice *v, hwaddr addr, uint8_t byte, size_t size);

/* ---- state -------------------------------------------------------------- */

/* What travels: devices and memory. */
typedef struct VtState {
    VMStateBuffer devices;
    uint8_t *ram;
} VtState;

/* Of a stopped machine. */
bool vt_save(Machine *m, VtState *state, GError **error) GS_FN;
bool vt_load(Machine *m, VtState *state, GError **error) GS_FN;
void vt_state_clear(VtState *state);

#endif
