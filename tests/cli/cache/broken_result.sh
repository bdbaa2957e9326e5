#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Remembered findings that are damaged are made again.
. "${0%/*}/../lib.sh"

project p
check
has_all_findings
[ -f p/.holdfast/result ] || fail "nothing was remembered"
for offset in 3 70 140 400; do
    flip_bit p/.holdfast/result "$offset"
    check
    has_all_findings
done
for size in 0 50 128 300; do
    truncate -s "$size" p/.holdfast/result
    check
    has_all_findings
done
