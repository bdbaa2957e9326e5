#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What is fixed takes its own key away and no other.
. "${0%/*}/../lib.sh"

project p
keys_of p >before
sed -i 's/^        return -1;/        pthread_mutex_unlock(\&q->lock);\n&/' \
    p/src/queue.c
keys_of p >after
[ "$(comm -23 before after | wc -l)" -eq 1 ] || fail "one key goes"
[ "$(comm -13 before after | wc -l)" -eq 0 ] || fail "no key comes"
