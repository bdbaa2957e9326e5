#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Keys stay when a function moves to the end of its file.
. "${0%/*}/../lib.sh"

project p
keys_of p >before
[ "$(wc -l <before)" -eq 4 ] || fail "expected four keys"
sed -n '/^int queue_push/,/^}/p' p/src/queue.c >function
sed -i '/^int queue_push/,/^}/d' p/src/queue.c
cat function >>p/src/queue.c
[ "$(grep -n '^int queue_push' p/src/queue.c | cut -d: -f1)" -gt 15 ] ||
    fail "nothing was moved"
keys_of p >after
same before after keys
