#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Bytes that are no C: control characters, NULs, broken UTF-8.
. "${0%/*}/../lib.sh"

project p
for byte in $(seq 0 255); do
    printf "\\x$(printf %x "$byte")"
done >p/src/pool.c
check
has_queue_findings
has out '  pool.c: parsed with errors: pool.c:'
LC_ALL=C
! grep -q $'[\x01-\x08\x80-\xff]' out || fail "raw bytes in the report"
