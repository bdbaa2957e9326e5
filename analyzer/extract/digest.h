/* SPDX-License-Identifier: MIT */
/*
 * digest.h - XXH3-128 over a sequence of values.  Private to extract.
 */
#ifndef HOLDFAST_EXTRACT_DIGEST_H
#define HOLDFAST_EXTRACT_DIGEST_H

#include <glib.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint8_t bytes[16];
} HfHash;

typedef struct HfDigest HfDigest;

HfDigest *hf_digest_new(void);
void hf_digest_add(HfDigest *digest, gconstpointer bytes, gsize len);
/* The terminator counts, so that "a","b" is not "ab". NULL is "". */
void hf_digest_string(HfDigest *digest, const char *s);
/* All of them and how many there are. */
void hf_digest_strings(HfDigest *digest, char *const *strings);
void hf_digest_finish(HfDigest *digest, HfHash *out); /* frees digest */

char *hf_hash_hex(const HfHash *hash);
gboolean hf_hash_parse(const char *hex, HfHash *out);

static inline gboolean hf_hash_equal(const HfHash *a, const HfHash *b)
{
    return !memcmp(a, b, sizeof(*a));
}

#endif
