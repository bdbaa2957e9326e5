/* SPDX-License-Identifier: MIT */
/*
 * keyval.h - configuration as text, and how to read it.
 *
 *     JsonObject *o = keyval_parse("qcow2,node-name=a,file.driver=file,"
 *                                  "file.filename=x", "driver", &error);
 *     Keyval kv;
 *
 *     keyval_begin(&kv, o, "-blockdev");
 *     ok = keyval_need_str(&kv, "driver", &driver, error) &&
 *          keyval_get_bool(&kv, "read-only", &read_only, error);
 *     ok = keyval_end(&kv, error) && ok;
 *
 * Text is KEY=VALUE,... where ",," is a comma, or a JSON object.  A dot in a
 * key makes objects within objects; keys that are numbers, from 0 on without
 * gaps, make lists.  Values from KEY=VALUE are strings in the JsonObject; the
 * getters take them as well as JSON's own types.
 *
 * Getters leave *ret alone when the key is absent: it holds the default.
 * Strings and objects that they return belong to the JsonObject.  Errors are
 * in the domain VM_ERROR and name the key and what was being read.
 *
 * Thread context: any; a Keyval belongs to one thread.
 */
#ifndef REFVMM_BASE_KEYVAL_H
#define REFVMM_BASE_KEYVAL_H

#include "base/annotate.h"
#include <json-glib/json-glib.h>
#include <stdbool.h>
#include <stdint.h>

/* implied_key (NULL: none) is the key of a first value without one.  The
 * caller owns the result. */
JsonObject *keyval_parse(const char *text, const char *implied_key,
                         GError **error) IO_FN;
/* The same where a key may stand alone: "server" is server=on, "nowait" is
 * wait=off. */
JsonObject *keyval_parse_opts(const char *text, const char *implied_key,
                              GError **error) IO_FN;
/* JSON from outside; len -1: to the NUL.  Nesting is limited, so that it
 * cannot exhaust the stack. */
JsonNode *keyval_parse_json(const char *text, gssize len, GError **error)
    IO_FN;

typedef struct Keyval {
    JsonObject *object;
    const char *what; /* for messages */
    GPtrArray *known; /* keys that somebody asked for */
    bool failed;
} Keyval;

/* Both are borrowed until the end. */
void keyval_begin(Keyval *kv, JsonObject *object, const char *what) IO_FN;
/* False when there are keys that nobody asked for (the error lists those that
 * somebody did), or a getter has failed. */
bool keyval_end(Keyval *kv, GError **error) IO_FN;

bool keyval_has(Keyval *kv, const char *key) IO_FN;
JsonNode *keyval_node(Keyval *kv, const char *key) IO_FN; /* NULL: absent */
bool keyval_get_str(Keyval *kv, const char *key, const char **ret,
                    GError **error) IO_FN;
/* Absent is an error. */
bool keyval_need_str(Keyval *kv, const char *key, const char **ret,
                     GError **error) IO_FN;
/* on, yes, true or off, no, false. */
bool keyval_get_bool(Keyval *kv, const char *key, bool *ret,
                     GError **error) IO_FN;
/* Decimal, or hexadecimal with 0x. */
bool keyval_get_uint64(Keyval *kv, const char *key, uint64_t min, uint64_t max,
                       uint64_t *ret, GError **error) IO_FN;
/* Bytes; with a suffix K, M, G, T, P or E (powers of 1024) also a fraction. */
bool keyval_get_size(Keyval *kv, const char *key, uint64_t *ret,
                     GError **error) IO_FN;
/* Index into names, which NULL ends. */
bool keyval_get_enum(Keyval *kv, const char *key, const char *const *names,
                     unsigned *ret, GError **error) IO_FN;
bool keyval_get_object(Keyval *kv, const char *key, JsonObject **ret,
                       GError **error) IO_FN;
bool keyval_get_list(Keyval *kv, const char *key, JsonArray **ret,
                     GError **error) IO_FN;

/* What keyval_get_size() reads, by itself: "16M". */
bool keyval_parse_size(const char *text, uint64_t *ret) IO_FN;

#endif
