/* SPDX-License-Identifier: MIT */
/*
 * rng_backend.h - where a virtio-rng's bytes come from: objects rng-random
 * and rng-builtin.  Both are the host kernel's generator, by getrandom(); an
 * object only gives it a name for the device's "rng" property.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_HW_VIRTIO_RNG_BACKEND_H
#define REFVMM_HW_VIRTIO_RNG_BACKEND_H

#include "base/lock.h"
#include <glib.h>
#include <stdbool.h>

/* filename: NULL, /dev/urandom or /dev/random; id must be new. */
bool rng_backend_new(const char *id, const char *filename,
                     GError **error) GS_FN;
/* Refused while a device uses it. */
bool rng_backend_del(const char *id, GError **error) GS_FN;
/* false: there is none. */
bool rng_backend_use(const char *id, GError **error) GS_FN;
void rng_backend_unuse(const char *id) GS_FN;
/* At the end of the program. */
void rng_backends_free(void) GS_FN;

#endif
