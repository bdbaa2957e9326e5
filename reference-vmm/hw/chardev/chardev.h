/* SPDX-License-Identifier: MIT */
/*
 * chardev.h - byte streams to the world outside: stdio, socket, pty, file,
 * null, ring buffer.
 *
 * One front end (a serial port, a monitor) uses a chardev at a time; mux=on
 * lets several share a terminal, C-a c switches between them.
 *
 * Thread context: under the BQL in the main loop; chardev_write() from any
 * thread that holds the BQL.
 */
#ifndef REFVMM_HW_CHARDEV_CHARDEV_H
#define REFVMM_HW_CHARDEV_CHARDEV_H

#include "base/lock.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct Chardev Chardev;

typedef enum ChardevEvent {
    CHARDEV_EVENT_OPENED,
    CHARDEV_EVENT_CLOSED,
    CHARDEV_EVENT_BREAK,
    /* Of a mux: this front end has the focus now, or has lost it. */
    CHARDEV_EVENT_MUX_IN,
    CHARDEV_EVENT_MUX_OUT,
} ChardevEvent;

typedef struct ChardevFrontend {
    /* How many bytes it can take now; 0 stops reading until
     * chardev_accept_input(). */
    size_t (*can_receive)(void *opaque);
    void (*receive)(void *opaque, const uint8_t *data, size_t len);
    void (*event)(void *opaque, ChardevEvent event);
    void *opaque;
} ChardevFrontend;

/* {"backend": "socket", "id": "c0", "path": ..., "server": true, ...} */
Chardev *chardev_new(JsonObject *options, GError **error) GS_FN;
/* Short forms: "stdio", "unix:PATH,server=on,wait=off", "tcp:HOST:PORT,...",
 * "file:PATH", "pty", "null", "chardev:ID", "mon:stdio". */
Chardev *chardev_new_from_string(const char *id, const char *text,
                                 GError **error) GS_FN;
Chardev *chardev_find(const char *id) GS_FN;
bool chardev_remove(const char *id, GError **error) GS_FN;
void chardevs_free(void) GS_FN;
const char *chardev_id(const Chardev *c) GS_FN;
char *chardev_describe(const Chardev *c) GS_FN; /* "unix:PATH,server=on" */
/* What kinds there are, a line each; owned by the caller. */
char *chardev_help(void) IO_FN;
/* The i-th kind; NULL: there are no more. */
const char *chardev_backend_name(unsigned i) IO_FN;
void chardev_foreach(void (*fn)(Chardev *c, void *opaque), void *opaque)
    GS_FN;

/* f is kept, not copied; fails when there is one already. */
bool chardev_attach(Chardev *c, const ChardevFrontend *f, GError **error)
    GS_FN;
void chardev_detach(Chardev *c) GS_FN; /* all of a mux */
/* One of those of a mux, or the only one; fine when it is not attached.  What
 * chardev_when_writable() was given with the same opaque is forgotten. */
void chardev_detach_frontend(Chardev *c, const ChardevFrontend *f) GS_FN;
bool chardev_has_frontend(const Chardev *c) GS_FN;
void chardev_accept_input(Chardev *c) GS_FN;
/* As if the other end had sent a break. */
void chardev_send_break(Chardev *c) GS_FN;
bool chardev_is_open(const Chardev *c) GS_FN;
/*
 * For a front end that serves a connection in a thread of its own: the file
 * descriptor of an open stream (a connected socket), which the chardev leaves
 * alone until chardev_release_fd(); -1: not such a backend.  After the
 * release the connection counts as closed by the other end.
 */
int chardev_claim_fd(Chardev *c) GS_FN;
void chardev_release_fd(Chardev *c) GS_FN;
/* How many bytes went out, without blocking; 0: full or closed. */
size_t chardev_write(Chardev *c, const void *data, size_t len) GS_FN;
/* All of it: what does not go out at once is kept (up to 1 MiB) and sent when
 * it can; dropped while nobody is connected. */
void chardev_write_all(Chardev *c, const void *data, size_t len) GS_FN;
/* fn is called once, when bytes can go out again or the other end is gone.
 * NULL takes all such wishes back, but not those of a mux's front ends: for
 * these, chardev_detach_frontend(). */
void chardev_when_writable(Chardev *c, void (*fn)(void *opaque),
                           void *opaque) GS_FN;

#endif
