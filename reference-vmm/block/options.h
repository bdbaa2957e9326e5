/* SPDX-License-Identifier: MIT */
/*
 * options.h - options of drivers as data, and how to read them.
 *
 *     static const BlockOption raw_options[] = {
 *         { "offset", BLOCK_OPT_SIZE, "where the image begins" },
 *         { NULL }
 *     };
 *     if (!block_opts_check(options, error, "driver 'raw'", raw_options,
 *                           NULL)) ...
 *     block_opt_size(options, "offset", 0, &s->offset, error)
 *
 * Values have the types of blockdev-add (strings, integers, booleans); what
 * comes from a command line is strings throughout: "on", "off", "64k".  A
 * string is good for all types.  The getters fail only for values that the
 * check refuses as well, so that a checked object can be read with NULL for
 * the error.
 *
 * Thread context: any; they touch their arguments only.
 */
#ifndef REFVMM_BLOCK_OPTIONS_H
#define REFVMM_BLOCK_OPTIONS_H

#include "base/annotate.h"
#include "base/error.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum BlockOptionType {
    BLOCK_OPT_STRING,
    BLOCK_OPT_BOOL,
    BLOCK_OPT_INT,  /* not negative */
    BLOCK_OPT_SIZE, /* bytes: 512, "64k", "1.5G" */
    BLOCK_OPT_ENUM, /* help begins with the values: "off|on|unmap" */
    BLOCK_OPT_ANY,  /* an object, array or null that the reader looks into */
} BlockOptionType;

typedef struct BlockOption {
    const char *name;
    BlockOptionType type;
    const char *help;
    const char *values; /* of ENUM: "off|on|unmap" */
} BlockOption;

/* All members of options are in one of the tables (ending with NULL), with a
 * value of the right type.  who: "driver 'raw'". */
bool block_opts_check(JsonObject *options, const char *who,
                      const BlockOption *const *tables, GError **error) IO_FN;

/* *ret is untouched on failure, and fallback when there is no such member. */
bool block_opt_bool(JsonObject *options, const char *name, bool fallback,
                    bool *ret, GError **error) IO_FN;
bool block_opt_int(JsonObject *options, const char *name, int64_t fallback,
                   int64_t *ret, GError **error) IO_FN;
bool block_opt_size(JsonObject *options, const char *name, int64_t fallback,
                    int64_t *ret, GError **error) IO_FN;
/* Borrowed; NULL when it is not there or not a string. */
const char *block_opt_string(JsonObject *options, const char *name) IO_FN;
/* Borrowed: an object, or NULL. */
JsonObject *block_opt_object(JsonObject *options, const char *name) IO_FN;
/* The index of the value in "a|b|c", fallback when there is none. */
int block_opt_enum(JsonObject *options, const char *name, const char *values,
                   int fallback) IO_FN;

/* "64k", "1.5G", "10": bytes, with binary suffixes k M G T P E (and b). */
bool block_parse_size(const char *text, int64_t *ret, GError **error) IO_FN;
/* "64 KiB", as qemu-img prints sizes; owned by the caller. */
char *block_size_to_str(uint64_t bytes) IO_FN;
/* A copy down to the leaves. */
JsonObject *block_opts_copy(JsonObject *options) IO_FN;

#endif
