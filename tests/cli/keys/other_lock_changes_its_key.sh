#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A finding about another lock has another key; the others keep theirs.
. "${0%/*}/../lib.sh"

project p
keys_of p >before
sed -i 's/q->other/q->lock/' p/src/pool.c
keys_of p >after
[ "$(comm -23 before after | wc -l)" -eq 1 ] || fail "one key goes"
[ "$(comm -13 before after | wc -l)" -eq 1 ] || fail "one key comes"
