/* SPDX-License-Identifier: MIT */
/*
 * virtio_blk_req.c - requests of the block device: see virtio_blk.h, and
 * 5.2.6 for their form.
 *
 * Thread context: the thread of the queues' context.
 */
#include "hw/virtio/virtio_blk.h"

enum {
    VIRTIO_BLK_T_IN = 0,
    VIRTIO_BLK_T_OUT = 1,
    VIRTIO_BLK_T_FLUSH = 4,
    VIRTIO_BLK_T_GET_ID = 8,
    VIRTIO_BLK_T_DISCARD = 11,
    VIRTIO_BLK_T_WRITE_ZEROES = 13,

    VIRTIO_BLK_S_OK = 0,
    VIRTIO_BLK_S_IOERR = 1,
    VIRTIO_BLK_S_UNSUPP = 2,

    VIRTIO_BLK_ID_BYTES = 20,
    VIRTIO_BLK_ZONE_UNMAP = 1,
};

/* struct virtio_blk_outhdr, little endian */
typedef struct RequestHeader {
    uint32_t type;
    uint32_t reserved;
    uint64_t sector;
} RequestHeader;

/* struct virtio_blk_discard_write_zeroes */
typedef struct RequestZone {
    uint64_t sector;
    uint32_t num_sectors;
    uint32_t flags;
} RequestZone;

/* ---- ends --------------------------------------------------------------- */

static void request_free(VirtioBlkRequest *req)
{
    io_vector_destroy(&req->data);
    virtqueue_element_free(req);
}

static void request_complete(VirtioBlkRequest *req, uint8_t status)
{
    VirtQueue *vq = req->element.vq;

    /* The guest looks at it after the used index only. */
    __atomic_store_n(req->status, status, __ATOMIC_RELAXED);
    /* The status is the last byte: all of it counts as written, whatever
     * became of the data. */
    virtqueue_push(vq, &req->element, req->in_len);
    virtio_notify(&req->s->virtio, vq);
    request_free(req);
}

/* The request makes no sense, so there is no status to write to. */
static void request_detach(VirtioBlkRequest *req)
{
    virtqueue_detach(req->element.vq, &req->element);
    request_free(req);
}

static void retry_append(VirtioBlk *s, VirtioBlkRequest *req)
{
    req->next = NULL;
    *s->retry_last = req;
    s->retry_last = &req->next;
}

/* Whether the request is dealt with, by whatever the drive is to do about
 * errors. */
static bool request_error(VirtioBlkRequest *req, int ret, bool is_read)
{
    BlockBackend *blk = req->s->blk;
    BlockErrorAction action = blk_get_error_action(blk, is_read, -ret);

    if (action == BLOCK_ERROR_ACTION_STOP) {
        retry_append(req->s, req);
    } else if (action == BLOCK_ERROR_ACTION_REPORT) {
        block_acct_failed(blk_get_stats(blk), &req->acct);
        request_complete(req, VIRTIO_BLK_S_IOERR);
    }
    blk_error_action(blk, action, is_read, -ret);
    return action != BLOCK_ERROR_ACTION_IGNORE;
}

static void request_done(void *opaque, int ret)
{
    VirtioBlkRequest *req = opaque;

    if (ret < 0 && request_error(req, ret, req->type == VIRTIO_BLK_T_IN)) {
        return;
    }
    block_acct_done(blk_get_stats(req->s->blk), &req->acct);
    request_complete(req, VIRTIO_BLK_S_OK);
}

/* ---- kinds -------------------------------------------------------------- */

/* Whether so many bytes from sector on lie on the disk. */
static bool range_valid(const VirtioBlk *s, uint64_t sector, uint64_t bytes)
{
    uint64_t sectors = __atomic_load_n(&s->sectors, __ATOMIC_RELAXED);

    return bytes % s->logical_block_size == 0 &&
           sector % (s->logical_block_size >> VIRTIO_BLK_SECTOR_BITS) == 0 &&
           sector <= sectors &&
           bytes >> VIRTIO_BLK_SECTOR_BITS <= sectors - sector;
}

static void IO_OR_GS_FN submit_rw(VirtioBlkRequest *req)
{
    VirtioBlk *s = req->s;
    bool is_write = req->type == VIRTIO_BLK_T_OUT;
    BlockAcctType acct = is_write ? BLOCK_ACCT_WRITE : BLOCK_ACCT_READ;
    int64_t offset;

    if ((is_write && !blk_is_writable(s->blk)) ||
        req->bytes > VIRTIO_BLK_MAX_BYTES ||
        !range_valid(s, req->sector, req->bytes)) {
        block_acct_invalid(blk_get_stats(s->blk), acct);
        request_complete(req, VIRTIO_BLK_S_IOERR);
        return;
    }
    offset = (int64_t)(req->sector << VIRTIO_BLK_SECTOR_BITS);
    block_acct_start(blk_get_stats(s->blk), &req->acct, req->bytes, acct);
    if (is_write) {
        blk_aio_pwritev(s->blk, offset, &req->data, 0, request_done, req);
    } else {
        blk_aio_preadv(s->blk, offset, &req->data, 0, request_done, req);
    }
}

static void submit_flush(VirtioBlkRequest *req)
{
    block_acct_start(blk_get_stats(req->s->blk), &req->acct, 0,
                     BLOCK_ACCT_FLUSH);
    blk_aio_flush(req->s->blk, request_done, req);
}

static void submit_get_id(VirtioBlkRequest *req)
{
    char id[VIRTIO_BLK_ID_BYTES] = "";
    const char *serial = req->s->serial ? req->s->serial : "";

    memcpy(id, serial, strnlen(serial, sizeof(id)));
    io_vector_from_buf(&req->data, 0, id, sizeof(id));
    request_complete(req, VIRTIO_BLK_S_OK);
}

/* Discard and write zeroes: one range a request. */
static void IO_OR_GS_FN submit_zone(VirtioBlkRequest *req)
{
    VirtioBlk *s = req->s;
    bool is_discard = req->type == VIRTIO_BLK_T_DISCARD;
    RequestZone zone;
    uint64_t sector, bytes;
    uint32_t flags;
    int64_t offset;

    if (!(is_discard ? s->discard : s->write_zeroes)) {
        request_complete(req, VIRTIO_BLK_S_UNSUPP);
        return;
    }
    if (req->data.size != sizeof(zone)) {
        request_complete(req, VIRTIO_BLK_S_UNSUPP);
        return;
    }
    io_vector_to_buf(&req->data, 0, &zone, sizeof(zone));
    sector = GUINT64_FROM_LE(zone.sector);
    bytes = (uint64_t)GUINT32_FROM_LE(zone.num_sectors)
            << VIRTIO_BLK_SECTOR_BITS;
    flags = GUINT32_FROM_LE(zone.flags);
    /* 5.2.6.2: unknown flags, and unmap of a discard, are not supported. */
    if (flags & ~VIRTIO_BLK_ZONE_UNMAP || (is_discard && flags)) {
        request_complete(req, VIRTIO_BLK_S_UNSUPP);
        return;
    }
    if (bytes >> VIRTIO_BLK_SECTOR_BITS > VIRTIO_BLK_MAX_ZONE_SECTORS ||
        !blk_is_writable(s->blk) || !range_valid(s, sector, bytes)) {
        block_acct_invalid(blk_get_stats(s->blk), BLOCK_ACCT_UNMAP);
        request_complete(req, VIRTIO_BLK_S_IOERR);
        return;
    }
    offset = (int64_t)(sector << VIRTIO_BLK_SECTOR_BITS);
    block_acct_start(blk_get_stats(s->blk), &req->acct, bytes,
                     is_discard ? BLOCK_ACCT_UNMAP : BLOCK_ACCT_WRITE);
    if (is_discard) {
        blk_aio_pdiscard(s->blk, offset, bytes, request_done, req);
    } else {
        blk_aio_pwrite_zeroes(s->blk, offset, bytes,
                              flags ? BDRV_REQ_MAY_UNMAP : 0, request_done,
                              req);
    }
}

static void IO_OR_GS_FN request_submit(VirtioBlkRequest *req)
{
    switch (req->type) {
    case VIRTIO_BLK_T_IN:
    case VIRTIO_BLK_T_OUT:
        submit_rw(req);
        break;
    case VIRTIO_BLK_T_FLUSH:
        submit_flush(req);
        break;
    case VIRTIO_BLK_T_GET_ID:
        submit_get_id(req);
        break;
    case VIRTIO_BLK_T_DISCARD:
    case VIRTIO_BLK_T_WRITE_ZEROES:
        submit_zone(req);
        break;
    default:
        request_complete(req, VIRTIO_BLK_S_UNSUPP);
        break;
    }
}

/* ---- parsing ------------------------------------------------------------ */

/* The header is the first 16 bytes that are readable, the status the last
 * byte that is writable, however they are cut into descriptors (2.7.4). */
static bool request_parse(VirtioBlkRequest *req)
{
    VirtQueueElement *e = &req->element;
    VirtioDevice *vdev = &req->s->virtio;
    IoVector out, in;
    RequestHeader header;
    struct iovec *last;

    io_vector_init_external(&out, e->out_sg, e->out_num);
    io_vector_init_external(&in, e->in_sg, e->in_num);
    if (out.size < sizeof(header) || !in.size) {
        virtio_error(vdev, "a block request of %zu readable and %zu writable "
                     "bytes", out.size, in.size);
        return false;
    }
    io_vector_to_buf(&out, 0, &header, sizeof(header));
    req->type = GUINT32_FROM_LE(header.type);
    req->sector = GUINT64_FROM_LE(header.sector);
    last = &e->in_sg[e->in_num - 1];
    req->status = (uint8_t *)last->iov_base + last->iov_len - 1;
    req->in_len = in.size;

    io_vector_init(&req->data, e->out_num + e->in_num);
    if (req->type == VIRTIO_BLK_T_IN || req->type == VIRTIO_BLK_T_GET_ID) {
        io_vector_concat(&req->data, &in, 0, in.size - 1);
    } else {
        io_vector_concat(&req->data, &out, sizeof(header),
                         out.size - sizeof(header));
    }
    req->bytes = req->data.size;
    return true;
}

static void IO_OR_GS_FN request_start(VirtioBlk *s, VirtioBlkRequest *req)
{
    req->s = s;
    if (request_parse(req)) {
        request_submit(req);
    } else {
        request_detach(req);
    }
}

void virtio_blk_handle_queue(VirtioDevice *vdev, VirtQueue *vq)
{
    VirtioBlk *s = (VirtioBlk *)vdev;
    VirtioBlkRequest *req;

    IO_OR_GS_CODE();
    /* What is on the retry list came first and is to be done first. */
    if (s->retry) {
        return;
    }
    do {
        virtqueue_set_notification(vq, false);
        while ((req = virtqueue_pop(vq, sizeof(*req)))) {
            request_start(s, req);
        }
        virtqueue_set_notification(vq, true);
    } while (!virtqueue_is_empty(vq));
}

/* ---- retrying ----------------------------------------------------------- */

static VirtioBlkRequest *retry_take_all(VirtioBlk *s)
{
    VirtioBlkRequest *first = s->retry;

    s->retry = NULL;
    s->retry_last = &s->retry;
    return first;
}

void virtio_blk_retry(void *opaque)
{
    VirtioBlk *s = opaque;
    VirtioBlkRequest *req, *next;

    IO_OR_GS_CODE();
    for (req = retry_take_all(s); req; req = next) {
        next = req->next;
        request_submit(req);
    }
    /* What came in meanwhile; a queue that is not ready has nothing. */
    for (unsigned i = 0; i < s->virtio.n_queues; i++) {
        virtio_blk_handle_queue(&s->virtio, &s->virtio.queues[i]);
    }
    __atomic_store_n(&s->retry_pending, 0, __ATOMIC_RELEASE);
}

void virtio_blk_drop_retry(VirtioBlk *s)
{
    VirtioBlkRequest *req, *next;

    GLOBAL_STATE_CODE();
    while (s->loaded->len) {
        virtqueue_drop_unmapped(g_ptr_array_steal_index(s->loaded, 0));
    }
    for (req = retry_take_all(s); req; req = next) {
        next = req->next;
        request_detach(req);
    }
}

unsigned virtio_blk_retry_count(const VirtioBlk *s, unsigned queue)
{
    unsigned n = 0;

    IO_CODE();
    for (VirtioBlkRequest *req = s->retry; req; req = req->next) {
        n += virtqueue_index(req->element.vq) == queue;
    }
    return n;
}

static void GS_FN put_retry(VMStateBuffer *b, const void *at,
                      const VMStateField *field)
{
    const VirtioBlk *s = at;
    unsigned n = 0;

    for (VirtioBlkRequest *req = s->retry; req; req = req->next) {
        n++;
    }
    vmstate_put_be(b, n, 4);
    for (VirtioBlkRequest *req = s->retry; req; req = req->next) {
        virtqueue_put_element(b, &req->element);
    }
}

static bool GS_FN get_retry(VMStateBuffer *b, void *at,
                            const VMStateField *field, GError **error)
{
    VirtioBlk *s = at;
    uint32_t n = vmstate_get_be(b, 4);

    /* The list is empty: the device was reset before the load. */
    while (n--) {
        VirtQueueElement *e = virtqueue_get_element(&s->virtio, b, error);

        if (!e) {
            return false;
        }
        g_ptr_array_add(s->loaded, e);
    }
    return true;
}

static bool GS_FN adopt_element(VirtioBlk *s, VirtQueueElement *e,
                                GError **error)
{
    VirtioBlkRequest *req = virtqueue_map_element(e, sizeof(*req), error);

    if (!req) {
        return false;
    }
    req->s = s;
    if (!request_parse(req)) {
        g_autofree char *why = virtio_last_error();

        request_detach(req);
        g_set_error_literal(error, VM_ERROR, VM_ERROR_STREAM, why);
        return false;
    }
    retry_append(s, req);
    return true;
}

bool virtio_blk_loaded(DeviceState *dev, GError **error)
{
    VirtioBlk *s = (VirtioBlk *)dev;

    GLOBAL_STATE_CODE();
    if (!virtio_loaded(dev, error)) {
        return false;
    }
    while (s->loaded->len) {
        if (!adopt_element(s, g_ptr_array_steal_index(s->loaded, 0), error)) {
            return false;
        }
    }
    return true;
}

const VMStateInfo vmstate_info_virtio_blk_retry = { .name = "requests",
                                                    .put = put_retry,
                                                    .get = get_retry };
