#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Keys stay when local variables and parameters get other names.
. "${0%/*}/../lib.sh"

project p
keys_of p >before
[ "$(wc -l <before)" -eq 4 ] || fail "expected four keys"
sed -i 's/\broom\b/space/g; s/\bfrom\b/victim/g; s/\bwas\b/before/g
    s/\bq\b/self/g' p/src/*.[ch]
keys_of p >after
same before after keys
