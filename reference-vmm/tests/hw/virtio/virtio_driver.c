/* SPDX-License-Identifier: MIT */
/*
 * virtio_driver.c - see virtio_driver.h.
 *
 * Thread context: the initial thread, under the BQL.
 */
#include "virtio/virtio_driver.h"
#include "base/clock.h"
#include "block/qapi.h"
#include "hw/net/net.h"
#include <fcntl.h>
#include <sys/socket.h>

Machine *vt_machine(void)
{
    Machine *m = hw_machine();

    GLOBAL_STATE_CODE();
    vm_start(m);
    return m;
}

void vt_machine_end(Machine *m)
{
    GLOBAL_STATE_CODE();
    vm_stop(m, RUN_STATE_SHUTDOWN);
    hw_machine_end(m);
}

DeviceState *vt_device(Machine *m, const char *text)
{
    GError *error = NULL;
    JsonObject *o = option_parse(text, "driver", NULL, &error);
    DeviceState *dev;

    GLOBAL_STATE_CODE();
    assert_no_error(error);
    dev = device_add(m, o, &error);
    assert_no_error(error);
    json_object_unref(o);
    return dev;
}

void vt_blockdev(const char *json)
{
    GError *error = NULL;
    JsonNode *node = json_from_string(json, &error);

    GLOBAL_STATE_CODE();
    assert_no_error(error);
    qmp_blockdev_add(json_node_get_object(node), &error);
    assert_no_error(error);
    json_node_unref(node);
}

static int socket_pair(char *number, size_t size)
{
    int fds[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    g_snprintf(number, size, "%d", fds[0]);
    return fds[1];
}

int vt_socket_chardev(const char *id)
{
    JsonObject *o = json_object_new();
    GError *error = NULL;
    char number[16];
    int peer = socket_pair(number, sizeof(number));

    GLOBAL_STATE_CODE();
    json_object_set_string_member(o, "backend", "socket");
    json_object_set_string_member(o, "id", id);
    json_object_set_string_member(o, "fd", number);
    chardev_new(o, &error);
    assert_no_error(error);
    json_object_unref(o);
    return peer;
}

int vt_socket_netdev(const char *id)
{
    JsonObject *o = json_object_new();
    GError *error = NULL;
    char number[16];
    int peer = socket_pair(number, sizeof(number));

    GLOBAL_STATE_CODE();
    json_object_set_string_member(o, "type", "socket");
    json_object_set_string_member(o, "id", id);
    json_object_set_string_member(o, "fd", number);
    netdev_new(o, &error);
    assert_no_error(error);
    json_object_unref(o);
    return peer;
}

void vt_socket_close(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* ---- transport ---------------------------------------------------------- */

hwaddr vt_slot(unsigned n)
{
    return 0x10008000 - n * 0x1000;
}

uint32_t vt_get(const VtDevice *v, unsigned offset)
{
    return hw_read(v->m, v->base + offset, 4);
}

void vt_set(const VtDevice *v, unsigned offset, uint32_t value)
{
    hw_write(v->m, v->base + offset, 4, value);
}

uint64_t vt_offered(const VtDevice *v)
{
    uint64_t low;

    vt_set(v, VT_DEVICE_FEATURES_SEL, 0);
    low = vt_get(v, VT_DEVICE_FEATURES);
    vt_set(v, VT_DEVICE_FEATURES_SEL, 1);
    return low | (uint64_t)vt_get(v, VT_DEVICE_FEATURES) << 32;
}

bool vt_try_init(VtDevice *v, Machine *m, unsigned n, uint64_t features)
{
    *v = (VtDevice){ .m = m, .base = vt_slot(n), .free = VT_RAM + 0x100000 };
    v->features = features | VIRTIO_FEATURE(VIRTIO_F_VERSION_1);
    vt_set(v, VT_STATUS, 0);
    assert_int_equal(vt_get(v, VT_STATUS), 0);
    vt_set(v, VT_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER);
    vt_set(v, VT_DRIVER_FEATURES_SEL, 0);
    vt_set(v, VT_DRIVER_FEATURES, (uint32_t)v->features);
    vt_set(v, VT_DRIVER_FEATURES_SEL, 1);
    vt_set(v, VT_DRIVER_FEATURES, v->features >> 32);
    vt_set(v, VT_STATUS, VIRTIO_STATUS_ACKNOWLEDGE | VIRTIO_STATUS_DRIVER |
                             VIRTIO_STATUS_FEATURES_OK);
    return vt_get(v, VT_STATUS) & VIRTIO_STATUS_FEATURES_OK;
}

void vt_init(VtDevice *v, Machine *m, unsigned n, uint64_t features)
{
    assert_true(vt_try_init(v, m, n, features));
}

void vt_driver_ok(VtDevice *v)
{
    vt_set(v, VT_STATUS, vt_get(v, VT_STATUS) | VIRTIO_STATUS_DRIVER_OK);
}

void vt_reset(VtDevice *v)
{
    vt_set(v, VT_STATUS, 0);
    assert_int_equal(vt_get(v, VT_STATUS), 0);
}

bool vt_broken(const VtDevice *v)
{
    return vt_get(v, VT_STATUS) & VIRTIO_STATUS_NEEDS_RESET;
}

uint32_t vt_take_isr(const VtDevice *v)
{
    uint32_t isr = vt_get(v, VT_ISR);

    vt_set(v, VT_ISR_ACK, isr);
    return isr;
}

/* ---- rings -------------------------------------------------------------- */

hwaddr vt_alloc(VtDevice *v, size_t size)
{
    hwaddr at = v->free;

    v->free += (size + 4095) & ~(size_t)4095;
    assert_true(v->free <= VT_RAM + VT_RAM_SIZE);
    vt_fill(v, at, 0, size);
    return at;
}

static void set_address(const VtDevice *v, unsigned offset, hwaddr addr)
{
    vt_set(v, offset, (uint32_t)addr);
    vt_set(v, offset + 4, addr >> 32);
}

void vt_queue_at(VtDevice *v, VtQueue *q, unsigned index, unsigned num,
                 hwaddr desc, hwaddr avail, hwaddr used)
{
    *q = (VtQueue){ .v = v, .index = index, .num = num, .desc = desc,
                    .avail = avail, .used = used };
    vt_set(v, VT_QUEUE_SEL, index);
    vt_set(v, VT_QUEUE_NUM, num);
    set_address(v, VT_QUEUE_DESC, desc);
    set_address(v, VT_QUEUE_AVAIL, avail);
    set_address(v, VT_QUEUE_USED, used);
    vt_set(v, VT_QUEUE_READY, 1);
}

void vt_queue(VtDevice *v, VtQueue *q, unsigned index, unsigned num)
{
    hwaddr desc = vt_alloc(v, 16 * num), avail = vt_alloc(v, 6 + 2 * num);

    vt_queue_at(v, q, index, num, desc, avail, vt_alloc(v, 6 + 8 * num));
    assert_int_equal(vt_get(v, VT_QUEUE_READY), 1);
}

void vt_table_desc(const VtDevice *v, hwaddr table, unsigned i, hwaddr addr,
                   uint32_t len, uint16_t flags, uint16_t next)
{
    hwaddr at = table + 16 * i;

    hw_write(v->m, at, 8, addr);
    hw_write(v->m, at + 8, 4, len);
    hw_write(v->m, at + 12, 2, flags);
    hw_write(v->m, at + 14, 2, next);
}

void vt_desc(const VtQueue *q, unsigned i, hwaddr addr, uint32_t len,
             uint16_t flags, uint16_t next)
{
    vt_table_desc(q->v, q->desc, i, addr, len, flags, next);
}

void vt_set_avail_idx(VtQueue *q, uint16_t idx)
{
    q->avail_idx = idx;
    hw_write(q->v->m, q->avail + 2, 2, idx);
}

void vt_avail(VtQueue *q, uint16_t head)
{
    hw_write(q->v->m, q->avail + 4 + 2 * (q->avail_idx % q->num), 2, head);
    vt_set_avail_idx(q, q->avail_idx + 1);
}

void vt_set_avail_flags(const VtQueue *q, uint16_t flags)
{
    hw_write(q->v->m, q->avail, 2, flags);
}

void vt_set_used_event(const VtQueue *q, uint16_t event)
{
    hw_write(q->v->m, q->avail + 4 + 2 * q->num, 2, event);
}

uint16_t vt_avail_event(const VtQueue *q)
{
    return hw_read(q->v->m, q->used + 4 + 8 * q->num, 2);
}

uint16_t vt_used_flags(const VtQueue *q)
{
    return hw_read(q->v->m, q->used, 2);
}

uint16_t vt_used_idx(const VtQueue *q)
{
    return hw_read(q->v->m, q->used + 2, 2);
}

uint32_t vt_used_id(const VtQueue *q, uint16_t i)
{
    return hw_read(q->v->m, q->used + 4 + 8 * (i % q->num), 4);
}

uint32_t vt_used_len(const VtQueue *q, uint16_t i)
{
    return hw_read(q->v->m, q->used + 8 + 8 * (i % q->num), 4);
}

void vt_kick(const VtQueue *q)
{
    vt_set(q->v, VT_QUEUE_NOTIFY, q->index);
}

void vt_turns(unsigned n)
{
    GLOBAL_STATE_CODE();
    while (n--) {
        aio_poll(main_loop_context(), false);
    }
}

/* ---- memory ------------------------------------------------------------- */

void vt_write(const VtDevice *v, hwaddr addr, const void *data, size_t size)
{
    assert_int_equal(address_space_write(&v->m->as, addr,
                                         MEMTXATTRS_UNSPECIFIED, data, size),
                     MEMTX_OK);
}

void vt_read(const VtDevice *v, hwaddr addr, void *data, size_t size)
{
    assert_int_equal(address_space_read(&v->m->as, addr,
                                        MEMTXATTRS_UNSPECIFIED, data, size),
                     MEMTX_OK);
}

void vt_fill(const VtDevice *v, hwaddr addr, uint8_t byte, size_t size)
{
    assert_int_equal(address_space_set(&v->m->as, addr, byte, size,
                                       MEMTXATTRS_UNSPECIFIED), MEMTX_OK);
}

/* ---- state -------------------------------------------------------------- */

bool vt_save(Machine *m, VtState *state, GError **error)
{
    GLOBAL_STATE_CODE();
    vmstate_buffer_init(&state->devices);
    state->ram = g_memdup2(memory_region_get_ram_ptr(&m->ram), VT_RAM_SIZE);
    return machine_save(m, &state->devices, error);
}

bool vt_load(Machine *m, VtState *state, GError **error)
{
    GLOBAL_STATE_CODE();
    memcpy(memory_region_get_ram_ptr(&m->ram), state->ram, VT_RAM_SIZE);
    state->devices.position = 0;
    return machine_load(m, &state->devices, error);
}

void vt_state_clear(VtState *state)
{
    vmstate_buffer_clear(&state->devices);
    g_clear_pointer(&state->ram, g_free);
}
