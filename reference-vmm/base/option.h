/* SPDX-License-Identifier: MIT */
/*
 * option.h - options of the command line and of commands, by name: members of
 * a JsonObject whose values are strings (of the command line) or have JSON's
 * types (of commands).
 *
 *     o = option_parse("user,id=n0,hostfwd=...", "type", lists, &error);
 *     if (!option_check_known(o, "netdev", known, error) ||
 *         !option_bool(o, "restrict", &s->restricted, error)) ...
 *
 * base/keyval.h reads what is known by reading it; this is for tables of
 * names, and says what was meant perhaps.
 *
 * Thread context: any.
 */
#ifndef REFVMM_BASE_OPTION_H
#define REFVMM_BASE_OPTION_H

#include "base/annotate.h"
#include "base/error.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/* As keyval_parse_opts(), but keys named in lists (NULL: none) may come
 * several times and become arrays, and dots have no meaning. */
JsonObject *option_parse(const char *text, const char *implied,
                         const char *const *lists, GError **error) IO_FN;

/* All members are known.  what: "chardev 'c0'". */
bool option_check_known(JsonObject *o, const char *what,
                        const char *const *known, GError **error) IO_FN;
/* WHAT: unknown KIND 'NAME' (did you mean ...?); known: ... */
void option_set_unknown(GError **error, const char *what, const char *kind,
                        const char *name, const char *const *known) IO_FN;
/* The name in known that looks most like this one; NULL: none does. */
const char *option_nearest(const char *name, const char *const *known) IO_FN;

/* Borrowed; NULL: not there, or not a string. */
const char *option_string(JsonObject *o, const char *key) IO_FN;
/* The same, but absence is an error. */
const char *option_need(JsonObject *o, const char *what, const char *key,
                        GError **error) IO_FN;
/* False: not a value of this type.  When the key is not there the result
 * stays what it was. */
bool option_bool(JsonObject *o, const char *key, bool *ret, GError **error)
    IO_FN;
bool option_uint(JsonObject *o, const char *key, uint64_t minimum,
                 uint64_t maximum, uint64_t *ret, GError **error) IO_FN;
bool option_size(JsonObject *o, const char *key, uint64_t *ret,
                 GError **error) IO_FN;

/* Decimal, or with 0x; no sign, nothing before or behind it. */
bool option_parse_uint(const char *text, uint64_t *ret) IO_FN;
/* A letter, then letters, digits, '-', '.', '_'. */
bool option_id_is_wellformed(const char *id) IO_FN;
/* Checks it, and says so. */
bool option_check_id(const char *id, GError **error) IO_FN;

#endif
