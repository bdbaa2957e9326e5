#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The JSON formats can be read back.
. "${0%/*}/../lib.sh"

command -v python3 >/dev/null || { echo "no python3"; exit 77; }
project p
printf '\n/* \x01 \xff "\\ */ int bad(struct queue *q) { return q->length; }' \
    >>p/src/pool.c
for format in sarif coverity-json gitlab; do
    check --format "$format"
    exits 1
    python3 -m json.tool out >/dev/null || fail "$format is no JSON"
done
check --format rdjsonl
while read -r line; do
    python3 -m json.tool <<<"$line" >/dev/null || fail "rdjsonl: $line"
done <out
