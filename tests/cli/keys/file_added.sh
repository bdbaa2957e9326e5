#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Keys stay when another file comes before, clean or not.
. "${0%/*}/../lib.sh"

project p
keys_of p >before
[ "$(wc -l <before)" -eq 4 ] || fail "expected four keys"
cat >p/src/aaa.c <<'END'
#include "queue.h"

int aaa(struct queue *q);
int aaa(struct queue *q)
{
    int n;

    pthread_mutex_lock(&q->lock);
    n = q->length;
    pthread_mutex_unlock(&q->lock);
    return n;
}
END
database p
keys_of p >after
same before after keys
