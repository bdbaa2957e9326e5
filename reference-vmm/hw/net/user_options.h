/* SPDX-License-Identifier: MIT */
/*
 * user_options.h - options of the user mode network.
 *
 * Thread context: under the BQL.
 */
#ifndef REFVMM_HW_NET_USER_OPTIONS_H
#define REFVMM_HW_NET_USER_OPTIONS_H

#include "base/annotate.h"
#include <json-glib/json-glib.h>
#include <libslirp.h>
#include <stdbool.h>

typedef struct UserOptions {
    SlirpConfig config;
    GStringChunk *strings; /* that config points to */
    char **search;         /* domains, or NULL */
} UserOptions;

extern const char *const user_option_names[];

bool user_options_parse(UserOptions *u, JsonObject *o, GError **error) IO_FN;
/* hostfwd and guestfwd. */
bool user_options_forward(UserOptions *u, Slirp *slirp, JsonObject *o,
                          GError **error) IO_FN;
void user_options_clear(UserOptions *u) IO_FN;
char *user_options_describe(const UserOptions *u) IO_FN; /* "10.0.2.0/24" */

#endif
