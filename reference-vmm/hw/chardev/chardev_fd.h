/* SPDX-License-Identifier: MIT */
/*
 * chardev_fd.h - a chardev over file descriptors, for the classes that have
 * them.
 *
 * Thread context: under the BQL; callbacks in the main loop.
 */
#ifndef REFVMM_HW_CHARDEV_CHARDEV_FD_H
#define REFVMM_HW_CHARDEV_CHARDEV_FD_H

#include "hw/chardev/chardev_int.h"

typedef struct ChardevFd {
    Chardev *chardev;
    int in, out; /* -1: none; may be the same */
    void (*hangup)(Chardev *c); /* the other end is gone; NULL: do nothing */
    bool reading, writing;
    bool in_ended; /* nothing comes any more */
} ChardevFd;

/* Descriptors get O_NONBLOCK, and stay the caller's. */
void chardev_fd_start(ChardevFd *f, Chardev *c, int in, int out,
                      void (*hangup)(Chardev *c)) GS_FN;
/* They may be closed afterwards.  Twice is fine. */
void chardev_fd_stop(ChardevFd *f) GS_FN;
/* As the class's. */
ssize_t chardev_fd_write(ChardevFd *f, const void *data, size_t len) GS_FN;
void chardev_fd_accept_input(ChardevFd *f) GS_FN;

#endif
