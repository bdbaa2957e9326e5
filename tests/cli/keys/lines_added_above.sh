#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Keys stay when blank lines and comments push the code down.
. "${0%/*}/../lib.sh"

project p
keys_of p >before
[ "$(wc -l <before)" -eq 4 ] || fail "expected four keys"
for file in p/src/*.[ch]; do
    sed -i '1s,^,/* new\n * comment */\n\n\n,; /^{/s,$,\n    /* why */\n,' \
        "$file"
done
keys_of p >after
same before after keys
