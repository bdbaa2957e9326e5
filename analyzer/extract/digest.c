/* SPDX-License-Identifier: MIT */
#include "digest.h"
#include <stdio.h>
#include <xxhash.h>

struct HfDigest {
    XXH3_state_t *state;
};

HfDigest *hf_digest_new(void)
{
    HfDigest *digest = g_new(HfDigest, 1);

    digest->state = XXH3_createState();
    XXH3_128bits_reset(digest->state);
    return digest;
}

void hf_digest_add(HfDigest *digest, gconstpointer bytes, gsize len)
{
    XXH3_128bits_update(digest->state, bytes, len);
}

void hf_digest_string(HfDigest *digest, const char *s)
{
    if (!s) {
        s = "";
    }
    hf_digest_add(digest, s, strlen(s) + 1);
}

void hf_digest_strings(HfDigest *digest, char *const *strings)
{
    uint32_t n = 0;

    for (; strings[n]; n++) {
        hf_digest_string(digest, strings[n]);
    }
    hf_digest_add(digest, &n, sizeof(n));
}

void hf_digest_finish(HfDigest *digest, HfHash *out)
{
    XXH128_canonical_t canonical;

    XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(digest->state));
    memcpy(out->bytes, canonical.digest, sizeof(out->bytes));
    XXH3_freeState(digest->state);
    g_free(digest);
}

char *hf_hash_hex(const HfHash *hash)
{
    char *hex = g_malloc(sizeof(hash->bytes) * 2 + 1);

    for (gsize i = 0; i < sizeof(hash->bytes); i++) {
        sprintf(hex + 2 * i, "%02x", hash->bytes[i]);
    }
    return hex;
}

gboolean hf_hash_parse(const char *hex, HfHash *out)
{
    for (gsize i = 0; i < sizeof(out->bytes); i++) {
        int high = g_ascii_xdigit_value(hex[2 * i]);
        int low = high < 0 ? -1 : g_ascii_xdigit_value(hex[2 * i + 1]);

        if (low < 0) {
            return FALSE;
        }
        out->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return TRUE;
}
