#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same once more in the same function is the same key, counted.
. "${0%/*}/../lib.sh"

project p
sed -i 's/^    q->length += n;/    if (room < 1) {\n        return -2;\n    }\n&/' \
    p/src/queue.c
keys_of p >keys
[ "$(wc -l <keys)" -eq 5 ] || fail "expected five findings"
[ "$(cut -d: -f1 keys | sort -u | wc -l)" -eq 4 ] || fail "expected four keys"
[ "$(grep -c ':2$' keys)" -eq 1 ] || fail "expected one second occurrence"
