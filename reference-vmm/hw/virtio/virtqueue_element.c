/* SPDX-License-Identifier: MIT */
/*
 * virtqueue_element.c - elements: made from a chain, and in a saved state.
 *
 * In a state, an element is: queue be16, head be16, readable be16, writable
 * be16 buffers, and for each of them address be64, length be32.  Nothing of
 * the host is in it, and nothing of it is believed: the buffers are mapped
 * again, by the rules for those of a ring.
 *
 * Thread context: the queue's thread; state under the BQL.
 */
#include "hw/virtio/virtqueue_chain.h"

/* One block: the caller's struct, then the four arrays. */
VirtQueueElement *element_new(VirtQueue *vq, size_t size, unsigned index,
                              unsigned out_num, unsigned in_num)
{
    unsigned n = out_num + in_num;
    size_t sg_at = (size + 15) & ~(size_t)15;
    size_t addr_at = sg_at + n * sizeof(struct iovec);
    uint8_t *block = g_malloc(addr_at + n * sizeof(hwaddr));
    VirtQueueElement *e = (VirtQueueElement *)block;

    IO_CODE();
    memset(block, 0, size);
    e->vq = vq;
    e->index = index;
    e->out_num = out_num;
    e->in_num = in_num;
    e->out_sg = (struct iovec *)(block + sg_at);
    e->in_sg = e->out_sg + out_num;
    e->out_addr = (hwaddr *)(block + addr_at);
    e->in_addr = e->out_addr + out_num;
    return e;
}

VirtQueueElement *chain_to_element(const Chain *chain, size_t size,
                                   unsigned head)
{
    VirtQueueElement *e = element_new(chain->vq, size, head, chain->out_num,
                                      chain->in_num);
    unsigned n = chain->out_num + chain->in_num;

    IO_CODE();
    memcpy(e->out_addr, chain->addr, n * sizeof(*chain->addr));
    memcpy(e->out_sg, chain->sg, n * sizeof(*chain->sg));
    return e;
}

void virtqueue_element_free(void *element)
{
    g_free(element);
}

void element_unmap(VirtQueueElement *e, size_t len)
{
    AddressSpace *as = e->vq->vdev->dma;

    IO_CODE();
    virtio_dma_begin();
    for (unsigned i = 0; i < e->out_num; i++) {
        address_space_unmap(as, e->out_sg[i].iov_base, e->out_sg[i].iov_len,
                            false, e->out_sg[i].iov_len);
    }
    for (unsigned i = 0; i < e->in_num; i++) {
        size_t n = MIN(len, e->in_sg[i].iov_len);

        address_space_unmap(as, e->in_sg[i].iov_base, e->in_sg[i].iov_len,
                            true, n);
        len -= n;
    }
    virtio_dma_end();
}

/* ---- state -------------------------------------------------------------- */

void virtqueue_put_element(VMStateBuffer *b, const VirtQueueElement *e)
{
    GLOBAL_STATE_CODE();
    vmstate_put_be(b, e->vq->index, 2);
    vmstate_put_be(b, e->index, 2);
    vmstate_put_be(b, e->out_num, 2);
    vmstate_put_be(b, e->in_num, 2);
    for (unsigned i = 0; i < e->out_num + e->in_num; i++) {
        vmstate_put_be(b, e->out_addr[i], 8);
        vmstate_put_be(b, e->out_sg[i].iov_len, 4);
    }
}

VirtQueueElement *virtqueue_get_element(VirtioDevice *vdev, VMStateBuffer *b,
                                        GError **error)
{
    unsigned queue = vmstate_get_be(b, 2), head = vmstate_get_be(b, 2);
    unsigned out_num = vmstate_get_be(b, 2), in_num = vmstate_get_be(b, 2);
    VirtQueueElement *e;
    VirtQueue *vq;

    GLOBAL_STATE_CODE();
    if (b->overrun || queue >= vdev->n_queues ||
        head >= vdev->queues[queue].num || !(out_num + in_num) ||
        out_num + in_num > VIRTQUEUE_MAX_SIZE) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "element %u of queue %u with %u and %u buffers", head,
                    queue, out_num, in_num);
        return NULL;
    }
    vq = &vdev->queues[queue];
    if (vq->inuse >= vq->num) {
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "more than %u elements in use in queue %u", vq->num, queue);
        return NULL;
    }
    vq->inuse++;
    e = element_new(vq, sizeof(*e), head, out_num, in_num);
    e->epoch = vq->epoch;
    for (unsigned i = 0; i < out_num + in_num; i++) {
        e->out_addr[i] = vmstate_get_be(b, 8);
        e->out_sg[i] = (struct iovec){ NULL, vmstate_get_be(b, 4) };
    }
    return e;
}

void *virtqueue_map_element(VirtQueueElement *e, size_t size, GError **error)
{
    VirtQueue *vq = e->vq;
    Chain *chain = chain_begin(vq);
    void *mapped = NULL;
    bool ok = true;

    GLOBAL_STATE_CODE();
    for (unsigned i = 0; ok && i < e->out_num + e->in_num; i++) {
        VRingDesc d = { .addr = e->out_addr[i], .len = e->out_sg[i].iov_len,
                        .flags = i < e->out_num ? 0 : VRING_DESC_F_WRITE };

        ok = chain_add(chain, &d);
    }
    if (ok) {
        VirtQueueElement *full = chain_to_element(chain, size, e->index);

        full->epoch = e->epoch;
        mapped = full;
    } else {
        g_autofree char *why = virtio_last_error();

        chain_unmap(chain);
        vq->inuse--;
        g_set_error(error, VM_ERROR, VM_ERROR_STREAM,
                    "element %u that was outstanding: %s", e->index, why);
    }
    chain_end(chain);
    virtqueue_element_free(e);
    return mapped;
}

void virtqueue_drop_unmapped(VirtQueueElement *e)
{
    GLOBAL_STATE_CODE();
    e->vq->inuse--;
    virtqueue_element_free(e);
}
