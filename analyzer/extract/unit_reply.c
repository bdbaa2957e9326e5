/* SPDX-License-Identifier: MIT */
#include "unit_reply.h"

/* Five numbers, the key, then the message and n_deps strings. */
enum { STATUS, WRITTEN, KEEP, USED_PCH, N_DEPS, N_NUMBERS };

static void put_string(GByteArray *out, const char *s)
{
    g_byte_array_append(out, (const guint8 *)s, (guint)strlen(s) + 1);
}

void hf_unit_reply_put(const HfUnitReply *reply, GByteArray *out)
{
    guint32 numbers[N_NUMBERS] = {
        [STATUS] = reply->status, [WRITTEN] = reply->written,
        [KEEP] = reply->keep, [USED_PCH] = reply->used_pch,
        [N_DEPS] = reply->deps->len,
    };

    g_byte_array_append(out, (const guint8 *)numbers, sizeof(numbers));
    g_byte_array_append(out, reply->key.bytes, sizeof(reply->key.bytes));
    put_string(out, reply->message ? reply->message : "");
    for (guint i = 0; i < reply->deps->len; i++) {
        put_string(out, reply->deps->pdata[i]);
    }
}

static const char *get_string(const guint8 **p, const guint8 *end)
{
    const guint8 *zero = memchr(*p, 0, (gsize)(end - *p));
    const char *s = (const char *)*p;

    if (!zero) {
        return NULL;
    }
    *p = zero + 1;
    return s;
}

gboolean hf_unit_reply_get(const guint8 *bytes, gsize len, HfUnitReply *out)
{
    guint32 numbers[N_NUMBERS];
    const guint8 *p = bytes + sizeof(numbers) + sizeof(HfHash);
    const guint8 *end = bytes + len;
    const char *s;

    memset(out, 0, sizeof(*out));
    out->deps = g_ptr_array_new_with_free_func(g_free);
    if (len < sizeof(numbers) + sizeof(HfHash)) {
        return FALSE;
    }
    memcpy(numbers, bytes, sizeof(numbers));
    memcpy(&out->key, bytes + sizeof(numbers), sizeof(HfHash));
    out->status = numbers[STATUS];
    out->written = numbers[WRITTEN] != 0;
    out->keep = numbers[KEEP] != 0;
    out->used_pch = numbers[USED_PCH] != 0;
    if (!(s = get_string(&p, end))) {
        return FALSE;
    }
    out->message = *s ? g_strdup(s) : NULL;
    for (guint32 i = 0; i < numbers[N_DEPS]; i++) {
        if (!(s = get_string(&p, end))) {
            return FALSE;
        }
        g_ptr_array_add(out->deps, g_strdup(s));
    }
    return p == end && out->status <= HF_UNIT_TIMEOUT;
}

void hf_unit_reply_clear(HfUnitReply *reply)
{
    g_free(reply->message);
    if (reply->deps) {
        g_ptr_array_unref(reply->deps);
    }
    memset(reply, 0, sizeof(*reply));
}
