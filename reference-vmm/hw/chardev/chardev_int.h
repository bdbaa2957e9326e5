/* SPDX-License-Identifier: MIT */
/*
 * chardev_int.h - what a kind of chardev is, for those who write one: a
 * source file that defines `const ChardevClass NAME_chardev_class`, and a
 * line in chardev_list.h.
 *
 * Output goes into a buffer and leaves it in a bottom half, so that a guest
 * that writes byte by byte costs one system call for many bytes.
 *
 * Thread context: under the BQL; callbacks of classes in the main loop or in
 * whatever thread holds the BQL.
 */
#ifndef REFVMM_HW_CHARDEV_CHARDEV_INT_H
#define REFVMM_HW_CHARDEV_CHARDEV_INT_H

#include "base/main_loop.h"
#include "hw/chardev/chardev.h"
#include "base/option.h"
#include <sys/types.h>

typedef struct ChardevClass {
    const char *name; /* "socket" */
    const char *help;
    const char *const *options; /* known besides id, backend and mux */
    size_t instance_size;       /* begins with Chardev */
    bool (*open)(Chardev *c, JsonObject *options, GError **error);
    /* May be called after a failed open. */
    void (*close)(Chardev *c);
    /* How many bytes went out; 0: none now, chardev_can_write() follows; -1:
     * nobody is there, drop them. */
    ssize_t (*write)(Chardev *c, const void *data, size_t len);
    /* What to poll for room at the end of the program; -1: nothing. */
    int (*poll_fd)(Chardev *c);
    /* The front end may have room: read on.  NULL: never sends. */
    void (*accept_input)(Chardev *c);
    /* See chardev_claim_fd(); NULL: not such a class. */
    int (*claim_fd)(Chardev *c);
    void (*release_fd)(Chardev *c);
    /* NULL: its name. */
    char *(*describe)(const Chardev *c);
    /* Several front ends over another chardev. */
    bool is_mux;
    bool (*attach)(Chardev *c, const ChardevFrontend *f, GError **error);
    void (*detach)(Chardev *c, const ChardevFrontend *f); /* NULL: all */
    Chardev *(*target)(Chardev *c); /* where output goes */
} ChardevClass;

struct Chardev {
    const ChardevClass *klass;
    char *id;
    const ChardevFrontend *frontend; /* NULL: none */
    bool is_open;
    GByteArray *out;
    bool blocked; /* waits for chardev_can_write() */
    AioBh *flush_bh;
    GArray *waiters; /* of ChardevWaiter */
};

typedef struct ChardevWaiter {
    void (*fn)(void *opaque);
    void *opaque;
} ChardevWaiter;

/* For classes: somebody is there, or gone. */
void chardev_set_open(Chardev *c, bool is_open) GS_FN;
void chardev_can_write(Chardev *c) GS_FN;
/* How many bytes the front end takes; 0 without one. */
size_t chardev_frontend_room(Chardev *c) GS_FN;
void chardev_frontend_receive(Chardev *c, const uint8_t *data, size_t len)
    GS_FN;
void chardev_frontend_event(Chardev *c, ChardevEvent event) GS_FN;

/* mux.c: over driver, which it owns from now on. */
Chardev *chardev_mux_new(const char *id, Chardev *driver, GError **error)
    GS_FN;
/* Not registered: below a mux. */
Chardev *chardev_create(const ChardevClass *klass, const char *id,
                        JsonObject *options, GError **error) GS_FN;
void chardev_destroy(Chardev *c) GS_FN;

#endif
