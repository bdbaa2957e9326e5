/* SPDX-License-Identifier: MIT */
/*
 * virtqueue_chain.h - the buffers of a chain of descriptors, on their way to
 * an element; for virtqueue.c and virtqueue_element.c.
 *
 *     chain = chain_begin(vq);
 *     if (chain_walk(chain, caches, head)) {
 *         e = chain_to_element(chain, size, head);
 *     } else {
 *         chain_unmap(chain);
 *     }
 *     chain_end(chain);
 *
 * Thread context: the queue's thread.
 */
#ifndef REFVMM_HW_VIRTIO_VIRTQUEUE_CHAIN_H
#define REFVMM_HW_VIRTIO_VIRTQUEUE_CHAIN_H

#include "hw/virtio/vring.h"

/* Too big for the stack of a coroutine. */
typedef struct Chain {
    VirtQueue *vq;
    bool in_use;
    unsigned out_num, in_num;
    hwaddr addr[VIRTQUEUE_MAX_SIZE];
    struct iovec sg[VIRTQUEUE_MAX_SIZE];
} Chain;

Chain *chain_begin(VirtQueue *vq) IO_FN;
void chain_end(Chain *chain) IO_FN;

/* All of these mark the device broken when they return false. */
bool chain_walk(Chain *chain, VRingCaches *c, unsigned head) IO_FN;
/* One buffer more, mapped. */
bool chain_add(Chain *chain, const VRingDesc *d) IO_FN;
void chain_unmap(Chain *chain) IO_FN;

/* The caller's struct of so many bytes, zeroed, with the arrays behind. */
VirtQueueElement *element_new(VirtQueue *vq, size_t size, unsigned index,
                              unsigned out_num, unsigned in_num) IO_FN;
/* The mapped buffers are the element's from here on. */
VirtQueueElement *chain_to_element(const Chain *chain, size_t size,
                                   unsigned head) IO_FN;
/* The device wrote the first len bytes of the writable part. */
void element_unmap(VirtQueueElement *e, size_t len) IO_FN;

#endif
