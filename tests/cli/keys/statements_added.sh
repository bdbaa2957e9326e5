#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Keys stay when statements that do not matter are added.
. "${0%/*}/../lib.sh"

project p
keys_of p >before
[ "$(wc -l <before)" -eq 4 ] || fail "expected four keys"
sed -i '/pthread_mutex_lock/s/^/    q->next = 0;\n/' p/src/pool.c
sed -i 's/^    int room = .*/&\n    int spare = room;\n\n    room = spare;/' \
    p/src/queue.c
keys_of p >after
same before after keys
