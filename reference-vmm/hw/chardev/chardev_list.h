/* SPDX-License-Identifier: MIT */
/*
 * chardev_list.h - all kinds of chardevs: one line each.
 *
 * Thread context: none.  Included several times, with CHARDEV() defined.
 */
CHARDEV(stdio)
CHARDEV(socket)
CHARDEV(pty)
CHARDEV(file)
CHARDEV(pipe)
CHARDEV(null)
CHARDEV(ringbuf)
