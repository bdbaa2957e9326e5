#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# An index of the cache that is no use is not used.
. "${0%/*}/../lib.sh"

project p
check
for size in 0 10 100 1000; do
    truncate -s "$size" p/.holdfast/deps.bin
    check
    has_all_findings
done
head -c 4096 /dev/zero | tr '\0' 'x' >p/.holdfast/deps.bin
check
has_all_findings
