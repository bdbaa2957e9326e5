#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Keys stay when the code is laid out in another way.
. "${0%/*}/../lib.sh"

project p
keys_of p >before
[ "$(wc -l <before)" -eq 4 ] || fail "expected four keys"
sed -i 's/(&q->\([a-z]*\))/( \& ( q ) -> \1 )/; s/^    /\t/' p/src/*.c
keys_of p >after
same before after keys
