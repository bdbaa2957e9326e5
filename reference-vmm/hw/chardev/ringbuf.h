/* SPDX-License-Identifier: MIT */
/*
 * ringbuf.h - output kept in memory, for the monitor to read.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_HW_CHARDEV_RINGBUF_H
#define REFVMM_HW_CHARDEV_RINGBUF_H

#include "hw/chardev/chardev.h"

/* Takes at most max bytes out; NULL with an error: it is no ring buffer. */
GBytes *chardev_ringbuf_read(Chardev *c, size_t max, GError **error) GS_FN;
/* As if it came from outside: the front end receives it. */
bool chardev_ringbuf_write(Chardev *c, const void *data, size_t len,
                           GError **error) GS_FN;

#endif
