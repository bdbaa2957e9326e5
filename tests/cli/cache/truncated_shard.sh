#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A shard cut short is made again.
. "${0%/*}/../lib.sh"

project p
check
for size in 0 7 100 1000; do
    truncate -s "$size" "$(shard p pool.c)"
    rm -f p/.holdfast/result
    check
    has_all_findings
done
