#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The same bytes whatever the order of the database.
. "${0%/*}/../lib.sh"

large_project p
hf check -p p --format coverity-json
exits 1
mv out forward
{ tr -d '\n' <p/compile_commands.json; echo; } |
    sed 's/^\[//; s/\]$//; s/}, *{/}\n{/g' | tac |
    sed '1s/^/[/; $!s/$/,/; $s/$/]/' >reversed
! cmp -s reversed p/compile_commands.json || fail "nothing was reversed"
mv reversed p/compile_commands.json
hf check -p p --format coverity-json
exits 1
same forward out "reversed database"
