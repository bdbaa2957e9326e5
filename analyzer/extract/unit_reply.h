/* SPDX-License-Identifier: MIT */
/*
 * unit_reply.h - what a worker says of a unit it has done.  Private to
 * extract.
 */
#ifndef HOLDFAST_EXTRACT_UNIT_REPLY_H
#define HOLDFAST_EXTRACT_UNIT_REPLY_H

#include "digest.h"
#include "facts/facts.h"

typedef struct {
    HfUnitStatus status;
    gboolean written;  /* there is a shard */
    gboolean keep;     /* the shard may be reused */
    gboolean used_pch;
    HfHash key;
    char *message;     /* NULL when there is none */
    GPtrArray *deps;   /* char* */
} HfUnitReply;

void hf_unit_reply_put(const HfUnitReply *reply, GByteArray *out);
/* FALSE when it is not one; out is to be cleared in any case. */
gboolean hf_unit_reply_get(const guint8 *bytes, gsize len, HfUnitReply *out);
void hf_unit_reply_clear(HfUnitReply *reply);

#endif
